//! Rules that are read anew while events come.

use std::sync::Arc;

use bartizan_analysis::{Engine, Input, Role, Ruleset, RulesetFiles, Settings};
use bartizan_base::{Dialect, Source, Timestamp};

const DECODERS: &str = r#"
<decoder name="app"><program_name>^app</program_name><regex>^(\S+) from (\S+)</regex>
  <order>user, srcip</order><fts>name, user</fts></decoder>
"#;

const TEMPLATE: &str = r#"<group name="syslog"><rule id="1" level="0" noalert="1"><category>syslog</category></rule></group>"#;

/// Four of one address, within a minute.
const RULES: &str = r#"
  <rule id="100" level="3"><decoded_as>app</decoded_as><description>a</description></rule>
  <rule id="101" level="5"><if_sid>100</if_sid><if_fts /><description>new</description></rule>
  <rule id="102" level="4"><if_sid>100</if_sid><match>bad</match><description>bad</description></rule>
  <rule id="103" level="10" frequency="2" timeframe="60"><if_matched_sid>102</if_matched_sid><same_source_ip />
    <description>many</description></rule>
"#;

fn compile(rules: &str) -> Arc<Ruleset> {
    let text = format!("<group name=\"t,\">{rules}</group>");
    let files = RulesetFiles {
        decoders: vec![Source::new("d", DECODERS)],
        rules: vec![Source::new("t", TEMPLATE), Source::new("r", text)],
        ..RulesetFiles::default()
    };
    let mut diagnostics = Vec::new();
    let settings = Settings { dialect: Dialect::OURS, ..Settings::default() };
    let ruleset = Ruleset::compile(&files, settings, &mut diagnostics);
    assert_eq!(diagnostics, []);
    Arc::new(ruleset.expect("nothing is wrong"))
}

/// The id of the rule that a line ends up with.
fn rule(engine: &mut Engine, text: &str, second: i64) -> u32 {
    let line = format!("Dec  1 08:00:00 h app: {text}");
    let time = Timestamp(1_764_576_000 + second);
    let report = engine.analyse(Input { kind: b'1', location: b"f", text: line.as_bytes(), time });
    report.rule.map_or(0, |rule| engine.ruleset().rules.rule(rule).id)
}

/// Events before and after rules are exchanged, all of one kind; the rules of those after.
#[track_caller]
fn check(after: &str, expected: [u32; 3]) {
    let mut engine = Engine::new(compile(RULES), Role::Daemon, b"vm", |_| 0);
    let before = [
        rule(&mut engine, "bob from 10.0.0.1 bad 1", 0),
        rule(&mut engine, "bob from 10.0.0.1 bad 2", 1),
        rule(&mut engine, "bob from 10.0.0.2 bad 3", 2),
    ];
    assert_eq!(before, [101, 102, 102]);
    rule(&mut engine, "bob from 10.0.0.1 bad 4", 3);
    rule(&mut engine, "bob from 10.0.0.1 bad 4 again", 3);
    engine.swap(compile(after));
    let got = [
        rule(&mut engine, "bob from 10.0.0.2 bad 5", 4),
        rule(&mut engine, "bob from 10.0.0.1 bad 6", 5),
        rule(&mut engine, "eve from 10.0.0.9 bad 7", 6),
    ];
    assert_eq!(got, expected, "{after}");
}

#[test]
fn what_was_counted_and_seen_stays_counted_and_seen() {
    check(RULES, [102, 103, 101]);
}

#[test]
fn rules_keep_their_counts_when_others_come_and_go() {
    let more = r#"<rule id="90" level="2"><decoded_as>app</decoded_as><match>never</match>
      <description>x</description></rule>"#;
    check(&format!("{more}{RULES}"), [102, 103, 101]);
    let first = RULES.replace(
        r#"<rule id="101" level="5"><if_sid>100</if_sid><if_fts />"#,
        r#"<rule id="99" level="5"><if_sid>100</if_sid><match>nothing</match>"#,
    );
    check(&first, [102, 103, 102]);
}

#[test]
fn a_changed_rule_looks_at_what_was_seen_before_it_changed() {
    check(&RULES.replace("frequency=\"2\"", "frequency=\"0\""), [103, 103, 101]);
}

#[test]
fn a_rule_that_is_gone_is_forgotten() {
    let mut engine = Engine::new(compile(RULES), Role::Daemon, b"vm", |_| 0);
    for second in 0..4 {
        rule(&mut engine, &format!("bob from 10.0.0.1 bad {second}"), second);
    }
    engine.swap(compile(&RULES.replace("102", "112")));
    engine.swap(compile(RULES));
    assert_eq!(rule(&mut engine, "bob from 10.0.0.1 bad", 4), 102);
}
