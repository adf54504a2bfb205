//! The same answers on any number of threads, with any size of batches.

use std::collections::HashMap;
use std::sync::Arc;

use bartizan_analysis::{Batch, Engine, Report, Role, Ruleset, RulesetFiles, Settings};
use bartizan_base::{Dialect, Source, Timestamp};

/// Decoders and rules with everything that remembers: counting, first seen, ignore times, accumulation.
const DECODERS: &str = r#"
<decoder name="plain"><prematch>^zz </prematch></decoder>
<decoder name="tst"><program_name>^tst$</program_name></decoder>
<decoder name="kv"><parent>tst</parent><regex>user=(\S+) src=(\S+) id=(\S+)</regex>
  <order>user, srcip, id</order><fts>name, user</fts><accumulate /></decoder>
"#;

const RULES: &str = r#"
<group name="syslog"><rule id="1" level="0" noalert="1"><category>syslog</category></rule></group>
<group name="t,">
  <rule id="100" level="3"><decoded_as>tst</decoded_as><description>a</description></rule>
  <rule id="101" level="5"><if_sid>100</if_sid><if_fts /><description>new</description></rule>
  <rule id="102" level="4"><if_sid>100</if_sid><match>fail</match><group>failed,</group><description>f</description></rule>
  <rule id="103" level="10" frequency="2" timeframe="30"><if_matched_sid>102</if_matched_sid>
    <same_source_ip /><description>many</description></rule>
  <rule id="104" level="12" frequency="3" ignore="5"><if_matched_group>failed</if_matched_group>
    <same_user /><description>group</description></rule>
</group>
"#;

fn ruleset() -> Arc<Ruleset> {
    let files = RulesetFiles {
        decoders: vec![Source::new("d", DECODERS)],
        rules: vec![Source::new("r", RULES)],
        lists: HashMap::new(),
        ..RulesetFiles::default()
    };
    let mut diagnostics = Vec::new();
    let settings = Settings { dialect: Dialect::OURS, ..Settings::default() };
    let ruleset = Ruleset::compile(&files, settings, &mut diagnostics);
    assert_eq!(diagnostics, []);
    Arc::new(ruleset.expect("nothing is wrong"))
}

/// Lines from a generator, so that they need not be stored: users and addresses come again and again.
fn lines(count: u32) -> Vec<String> {
    let mut seed = 7_u32;
    let mut next = |limit: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % limit
    };
    (0..count)
        .map(|at| {
            let word = if next(3) == 0 { "ok" } else { "fail" };
            let (user, address, id) = (next(6), next(9), next(40));
            format!("Dec  1 08:00:00 h tst: {word} user=u{user} src=10.0.0.{address} id={id} n{at}")
        })
        .collect()
}

/// What an event came to: the report, its fields and its context lines.
type Answer = (Report, Vec<Vec<u8>>, Vec<Vec<u8>>);

fn answers(threads: usize, batch_lines: usize, lines: &[String]) -> Vec<Answer> {
    let mut engine = Engine::new(ruleset(), Role::Daemon, b"vm", |_| 0);
    let mut given = 0;
    let mut answers = Vec::new();
    engine
        .analyse_all(
            threads,
            &mut |batch: &mut Batch| {
                batch.start();
                batch.place(b"/var/log/x");
                while batch.len() < batch_lines && given < lines.len() {
                    batch.push(
                        b'1',
                        lines[given].as_bytes(),
                        Timestamp(1_764_576_000 + given as i64 / 7),
                    );
                    given += 1;
                }
                !batch.is_empty()
            },
            &mut |engine, report| {
                let event = engine.event();
                let fields =
                    event.decoded.fields.iter().flatten().map(|&t| event.bytes(t).to_vec());
                let context = engine.state().context.iter().map(<[u8]>::to_vec);
                answers.push((*report, fields.collect(), context.collect()));
            },
        )
        .expect("no worker ends early");
    answers
}

#[test]
fn answers_do_not_depend_on_threads_or_batches() {
    let lines = lines(3_000);
    let one = answers(1, 256, &lines);
    assert_eq!(one.len(), lines.len());
    let fired =
        |id: usize| one.iter().filter(|(r, ..)| r.rule.is_some_and(|r| r.0 as usize == id)).count();
    assert!(fired(4) > 10 && fired(5) > 10, "the composites fire: {} {}", fired(4), fired(5));
    for (threads, batch_lines) in [(1, 1), (2, 1), (2, 256), (3, 17), (8, 5), (8, 4096)] {
        let many = answers(threads, batch_lines, &lines);
        let first = one.iter().zip(&many).position(|(a, b)| a != b);
        assert_eq!(first, None, "{threads} threads, batches of {batch_lines}");
        assert_eq!(many.len(), one.len());
    }
}
