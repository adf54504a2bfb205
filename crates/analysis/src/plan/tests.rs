//! Plans against the plain walk, on random rules and lines.

use std::sync::Arc;

use bartizan_base::{Dialect, Source, Timestamp};
use proptest::prelude::*;

use bartizan_base::StaticField;
use bartizan_rules::Surroundings;

use super::Plans;
use crate::{Engine, Input, Role, Ruleset, RulesetFiles, Settings};

const DECODERS: &str = r#"
<decoder name="plain"><prematch>^zz </prematch></decoder>
<decoder name="tst"><program_name>^tst|^prog</program_name></decoder>
<decoder name="kv"><parent>tst</parent><regex> src=(\S+)</regex><order>srcip</order>
  <fts>name, srcip</fts></decoder>
<decoder name="kv"><parent>tst</parent><regex> user=(\S+)</regex><order>user</order></decoder>
<decoder name="kv"><parent>tst</parent><regex> id=(\S+)</regex><order>id</order></decoder>
<decoder name="web"><type>web-log</type><program_name>^web</program_name><regex>(\S+) (\d+)</regex>
  <order>url, id</order></decoder>
"#;

const TEMPLATES: &str = r#"
<group name="syslog"><rule id="1" level="0" noalert="1"><category>syslog</category></rule></group>
<group name="web-log"><rule id="4" level="0" noalert="1"><category>web-log</category></rule></group>
"#;

const WORDS: [&str; 8] =
    ["failed", "accepted", "password", "root", "session", "invalid user", "x", "opened"];

/// One condition as XML.
fn condition() -> impl Strategy<Value = String> {
    let word = prop::sample::select(WORDS.to_vec());
    prop_oneof![
        (word.clone(), prop::sample::select(vec!["", "^"]), prop::sample::select(vec!["", "$"]))
            .prop_map(|(w, a, z)| format!("<match>{a}{w}{z}</match>")),
        (word.clone(), word.clone()).prop_map(|(a, b)| format!("<match>{a}|{b}</match>")),
        word.clone().prop_map(|w| format!("<regex>{w}\\s\\S+</regex>")),
        (word.clone(), word).prop_map(|(a, b)| format!("<pcre2>(?:{a}|{b}) \\w+</pcre2>")),
        prop::sample::select(vec!["^1$|^2$", "^3$", "1"]).prop_map(|p| format!("<id>{p}</id>")),
        prop::sample::select(vec!["^root$", "bob|eve"]).prop_map(|p| format!("<user>{p}</user>")),
        prop::sample::select(vec!["10.0.0.1", "!10.0.0.0/8"])
            .prop_map(|p| format!("<srcip>{p}</srcip>")),
        prop::sample::select(vec!["tst", "web", "plain"])
            .prop_map(|d| format!("<decoded_as>{d}</decoded_as>")),
        prop::sample::select(vec!["^tst$", "prog", "web"])
            .prop_map(|p| format!("<program_name>{p}</program_name>")),
        Just("<if_fts />".to_owned()),
        Just("<check_diff />".to_owned()),
    ]
}

/// A rule without its id: level, attributes, conditions, and which earlier rule it stands below.
fn rule() -> impl Strategy<Value = (u32, String, Vec<String>, Option<prop::sample::Index>)> {
    let attributes = prop::sample::select(vec!["", "", "", " noalert=\"1\"", " ignore=\"3\""]);
    (
        0_u32..12,
        attributes.prop_map(str::to_owned),
        prop::collection::vec(condition(), 0..3),
        prop::option::of(any::<prop::sample::Index>()),
    )
}

fn ruleset(
    rules: &[(u32, String, Vec<String>, Option<prop::sample::Index>)],
    composites: &[u32],
) -> String {
    let mut text = String::from("<group name=\"t,\">\n");
    for (at, (level, attributes, conditions, parent)) in rules.iter().enumerate() {
        let parent = match parent {
            Some(index) if at > 0 => format!("<if_sid>{}</if_sid>", 100 + index.index(at)),
            _ => String::new(),
        };
        let category =
            if at % 5 == 4 && parent.is_empty() { "<category>web-log</category>" } else { "" };
        text += &format!(
            "<rule id=\"{}\" level=\"{level}\"{attributes}>{parent}{category}{}<description>d</description></rule>\n",
            100 + at,
            conditions.concat()
        );
    }
    for (at, of) in composites.iter().enumerate() {
        let of = 100 + *of as usize % rules.len();
        let same = if at % 2 == 0 { "<same_source_ip />" } else { "" };
        text += &format!(
            "<rule id=\"{}\" level=\"{}\" frequency=\"{}\" timeframe=\"20\"><if_matched_sid>{of}</if_matched_sid>{same}\
             <description>c</description></rule>\n",
            500 + at,
            10 + at,
            at % 3
        );
    }
    text + "</group>\n"
}

fn line() -> impl Strategy<Value = String> {
    let word = prop::sample::select(WORDS.to_vec());
    let program = prop::sample::select(vec!["tst: ", "prog[12]: ", "web: ", "other: ", ""]);
    let pair = prop::sample::select(vec![
        " src=10.0.0.1",
        " src=1.2.3.4",
        " user=root",
        " user=bob",
        " id=1",
        " id=3",
        " é",
        "",
    ]);
    (program, prop::collection::vec(word, 0..4), prop::collection::vec(pair, 0..4)).prop_map(
        |(program, words, pairs)| {
            let header = if program.is_empty() { "" } else { "Dec  1 08:00:00 host " };
            format!("{header}{program}{}{}", words.join(" "), pairs.concat())
        },
    )
}

fn compile(rules: &str, dialect: Dialect) -> Option<Arc<Ruleset>> {
    let files = RulesetFiles {
        decoders: vec![Source::new("d", DECODERS)],
        rules: vec![Source::new("t", TEMPLATES), Source::new("r", rules)],
        ..RulesetFiles::default()
    };
    let mut diagnostics = Vec::new();
    let settings = Settings { dialect, ..Settings::default() };
    let ruleset = Ruleset::compile(&files, settings, &mut diagnostics).map(Arc::new);
    if ruleset.is_none() {
        // Random rules may be refused; what a failing test prints shows why.
        diagnostics.iter().for_each(|d| eprintln!("{d}"));
    }
    ruleset
}

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
    let mut state = bartizan_rules::State::new(&ruleset.rules);
    let mut plans = Plans::new(&ruleset.rules);
    plans.most_bytes = 4_096;
    for round in 0..10 {
        for field in [StaticField::Id, StaticField::Url, StaticField::SrcIp, StaticField::Data] {
            event.reset(b'1', b"f", b"failed", Timestamp(round));
            event.set_field(field, b"1");
            let local = bartizan_rules::LocalTime::at(event.time, 0);
            let around = Surroundings { rules: &ruleset.rules, decoders, local };
            assert!(plans.walk(&ruleset.forest, around, &event, &mut state).is_some());
        }
    }
    assert!(plans.dropped() > 0 && plans.unplanned() == 0);
    assert!(plans.by_key.len() < 4, "{}", plans.by_key.len());
}
