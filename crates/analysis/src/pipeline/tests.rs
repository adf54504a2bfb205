//! Random rules that remember, on one thread and on several.

use std::sync::Arc;

use bartizan_base::{Dialect, Timestamp};
use proptest::prelude::*;

use super::Batch;
use crate::random::{compile, line, rule, ruleset};
use crate::{Engine, Report, Role, Ruleset};

/// What an event came to: the report, and the context lines.
type Answer = (Report, Vec<Vec<u8>>);

fn answers(
    ruleset: &Arc<Ruleset>,
    lines: &[String],
    threads: usize,
    batch_lines: usize,
) -> Vec<Answer> {
    let mut engine = Engine::new(Arc::clone(ruleset), Role::Daemon, b"vm", |_| 0);
    let mut rest = lines.iter().enumerate();
    let mut answers = Vec::new();
    let mut source = |batch: &mut Batch| {
        batch.start();
        batch.place(b"f");
        for (at, line) in rest.by_ref().take(batch_lines) {
            batch.push(b'1', line.as_bytes(), Timestamp(at as i64));
        }
        !batch.is_empty()
    };
    let mut sink = |engine: &Engine, report: &Report| {
        let context = engine.state().context.iter().map(<[u8]>::to_vec).collect();
        answers.push((*report, context));
    };
    engine.analyse_all(threads, &mut source, &mut sink).expect("no worker ends early");
    answers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn random_rules_answer_the_same_on_any_number_of_threads(
        rules in prop::collection::vec(rule(), 1..14),
        composites in prop::collection::vec(any::<u32>(), 1..5),
        lines in prop::collection::vec(line(), 20..120),
        original in any::<bool>(),
    ) {
        let dialect = if original { Dialect::OSSEC_4_3 } else { Dialect::OURS };
        let Some(ruleset) = compile(&ruleset(&rules, &composites), dialect) else { return Ok(()) };
        let one = answers(&ruleset, &lines, 1, 256);
        prop_assert_eq!(one.len(), lines.len());
        for (threads, batch_lines) in [(1, 1), (2, 3), (8, 5)] {
            let many = answers(&ruleset, &lines, threads, batch_lines);
            prop_assert_eq!(&one, &many, "{} threads, batches of {}", threads, batch_lines);
        }
    }
}
