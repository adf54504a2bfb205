//! Plans against the plain walk, on random rules and lines.

use std::sync::Arc;

use bartizan_base::{Dialect, Timestamp};
use proptest::prelude::*;

use bartizan_base::StaticField;
use bartizan_rules::Surroundings;

use super::{Plans, Stage, Walk};
use crate::random::{compile, line, rule, ruleset};
use crate::{Engine, Input, Role};

#[test]
fn most_random_rule_sets_compile() {
    let rules = vec![
        (3, String::new(), vec!["<match>failed|root</match>".to_owned()], None),
        (5, String::new(), vec!["<if_fts />".to_owned()], None),
    ];
    assert!(compile(&ruleset(&rules, &[0, 1]), Dialect::OSSEC_4_3).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_plan_answers_as_the_plain_walk(
        rules in prop::collection::vec(rule(), 1..14),
        composites in prop::collection::vec(any::<u32>(), 0..4),
        lines in prop::collection::vec(line(), 1..40),
        original in any::<bool>(),
    ) {
        let dialect = if original { Dialect::OSSEC_4_3 } else { Dialect::OURS };
        let Some(ruleset) = compile(&ruleset(&rules, &composites), dialect) else { return Ok(()) };
        let engine = || Engine::new(Arc::clone(&ruleset), Role::Tester, b"vm", |_| 0);
        let (mut planned, mut plain) = (engine(), engine().without_plans());
        for (at, line) in (0..).zip(&lines) {
            let input =
                Input { kind: b'1', location: b"f", text: line.as_bytes(), time: Timestamp(at) };
            prop_assert_eq!(planned.analyse(input), plain.analyse(input), "{}", line);
            let contexts = [&planned, &plain].map(|e| e.state().context.iter().map(<[u8]>::to_vec).collect::<Vec<_>>());
            prop_assert_eq!(&contexts[0], &contexts[1]);
        }
    }
}

/// However few plans fit, there is always one: nothing falls back to the slow walk.
#[test]
fn plans_beyond_their_memory_are_dropped_and_made_anew() {
    let rules = [(3, String::new(), vec!["<match>failed</match>".to_owned()], None)];
    let ruleset = compile(&ruleset(&rules, &[]), Dialect::OURS).expect("compiles, as above");
    let (decoders, mut event) = (ruleset.decoders.table(), bartizan_base::Event::default());
    let (mut plans, mut walk) = (Plans::new(&ruleset.rules), Walk::default());
    plans.most_bytes = 4_096;
    for round in 0..10 {
        for field in [StaticField::Id, StaticField::Url, StaticField::SrcIp, StaticField::Data] {
            event.reset(b'1', b"f", b"failed", Timestamp(round));
            event.set_field(field, b"1");
            let local = bartizan_rules::LocalTime::at(event.time, 0);
            let around = Surroundings { rules: &ruleset.rules, decoders, local };
            plans.make_room();
            walk.begin(&mut plans, &ruleset.forest, around, &event);
            assert!(matches!(walk.stage, Stage::Decided(Some(_))), "{:?}", walk.stage);
        }
    }
    assert!(plans.dropped() > 0);
    assert!(plans.len() < 4, "{}", plans.len());
}

/// Who writes a log of JSON chooses its fields: each choice must not be a plan.
#[test]
fn events_of_json_share_a_plan_whatever_fields_they_have() {
    let rules = [(3, String::new(), vec!["<user>root</user>".to_owned()], None)];
    let ruleset = compile(&ruleset(&rules, &[]), Dialect::OURS).expect("compiles, as above");
    let mut engine = Engine::new(Arc::clone(&ruleset), Role::Tester, b"vm", |_| 0);
    let mut alerts = 0;
    for fields in 0_u32..64 {
        let names = ["user", "srcip", "id", "url", "status", "other"];
        let chosen = names.iter().enumerate().filter(|(at, _)| fields & (1 << at) != 0);
        let members: Vec<_> = chosen.map(|(_, name)| format!("\"{name}\":\"root\"")).collect();
        let text = format!("{{{}}}", members.join(","));
        let input = Input { kind: b'1', location: b"f", text: text.as_bytes(), time: Timestamp(0) };
        alerts += u32::from(engine.analyse(input).alerts());
    }
    assert_eq!(alerts, 32);
    assert_eq!(engine.front.counted().map(Plans::len), Some(1));
}
