//! Logs of JSON with the starter ruleset, and the examples of docs/json.md.

use std::path::Path;
use std::sync::Arc;

use bartizan_analysis::{Engine, Input, Role, Ruleset, RulesetFiles, Settings};
use bartizan_base::{Diagnostic, Dialect, Severity, Source, StaticField, Timestamp};
use bartizan_ruleset_tests::{Home, START, load};

/// The blocks of the page in a language.
fn blocks(language: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/json.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let blocks = page.split("```").skip(1).step_by(2);
    blocks
        .filter_map(|block| block.strip_prefix(&format!("{language}\n")))
        .map(str::to_owned)
        .collect()
}

/// The starter ruleset with more decoders and rules.
fn with(decoders: &str, rules: &str, dialect: Dialect) -> (Option<Arc<Ruleset>>, Vec<Diagnostic>) {
    let folder = bartizan_ruleset_tests::folder();
    let read = |path: &Path| Source::read(path, path).expect("a readable file");
    let mut files = RulesetFiles {
        decoders: vec![read(&folder.join("decoders.xml"))],
        rules: bartizan_ruleset_tests::files("rules").iter().map(|path| read(path)).collect(),
        ..RulesetFiles::default()
    };
    files
        .decoders
        .push(Source::new("local_decoder.xml", format!("{decoders}<var name=\"X\">x</var>")));
    files.rules.push(Source::new("local_rules.xml", format!("{rules}<var name=\"X\">x</var>")));
    let mut said = Vec::new();
    let settings = Settings { dialect, ..Settings::default() };
    (Ruleset::compile(&files, settings, &mut said).map(Arc::new), said)
}

#[test]
fn a_log_of_json_has_a_decoder_and_its_fields() {
    let ruleset = load(Dialect::OURS).0.expect("the ruleset loads");
    let mut home = Home::new(&ruleset);
    let object = r#"{"srcip":"203.0.113.7","user":"carol","text":"nothing"}"#;
    for line in [object.to_owned(), format!("Nov 25 09:00:01 web1 shop[7]: {object}")] {
        assert_eq!(home.ask(line.as_bytes()).decoder, "json");
        assert_eq!(home.field(StaticField::SrcIp).as_deref(), Some("203.0.113.7"));
        assert_eq!(home.field(StaticField::DstUser).as_deref(), Some("carol"));
    }
    let ruleset = load(Dialect::OSSEC_4_3).0.expect("the ruleset loads");
    assert_eq!(Home::new(&ruleset).ask(object.as_bytes()).decoder, "(null)");
}

#[test]
fn the_rules_of_the_page_answer_its_line() {
    let (ruleset, said) = with("", &blocks("xml")[0], Dialect::OURS);
    assert!(said.is_empty(), "{said:#?}");
    let mut home = Home::new(&ruleset.expect("it loads"));
    let line = blocks("text")[0].trim().to_owned();
    assert_eq!(home.ask(line.as_bytes()).rule, Some((100_101, 6)));
    let other = line.replace("admin", "guest");
    assert_eq!(home.ask(other.as_bytes()).rule, Some((100_100, 3)));
    assert_eq!(home.ask(line.replace("login", "logout").as_bytes()).rule, None);
}

#[test]
fn the_decoder_of_the_page_reads_what_stands_behind_a_word() {
    let rules = r#"<group name="local,"><rule id="100100" level="3"><decoded_as>shop</decoded_as>
        <field name="roles">^staff,admin$</field><description>d</description></rule></group>"#;
    let (ruleset, said) = with(&blocks("xml")[1], rules, Dialect::OURS);
    assert!(said.is_empty(), "{said:#?}");
    let mut home = Home::new(&ruleset.expect("it loads"));
    let line = br#"Nov 25 09:00:01 web1 shop: INFO {"roles":["staff","admin"],"srcip":null}"#;
    assert_eq!(home.ask(line).rule, Some((100_100, 3)));
    assert_eq!(home.field(StaticField::SrcIp), None);
    let (ruleset, said) = with(&blocks("xml")[1], rules, Dialect::OSSEC_4_3);
    assert!(ruleset.is_none() && said.iter().any(|d| d.severity == Severity::Error));
}

#[test]
fn a_field_that_is_nearly_one_that_a_decoder_declares_is_told() {
    let decoders = r#"<decoder name="kv"><prematch>^kv </prematch><regex>kind=(\S+)</regex>
        <order>kind</order></decoder>"#;
    let warned = |name: &str| {
        let rules = format!(
            r#"<group name="local,"><rule id="100100" level="3"><field name="{name}">x</field>
            <description>d</description></rule></group>"#
        );
        let (ruleset, said) = with(decoders, &rules, Dialect::OURS);
        assert!(ruleset.is_some());
        said.iter().map(|d| d.code).collect::<Vec<_>>()
    };
    assert_eq!(warned("kidn"), ["R0043"]);
    assert_eq!(warned("srcip"), ["R0043"]);
    assert!(
        warned("kind").is_empty() && warned("KIND").is_empty() && warned("user.name").is_empty()
    );
}

#[test]
fn fields_that_are_left_out_are_counted() {
    let ruleset = load(Dialect::OURS).0.expect("the ruleset loads");
    let mut engine = Engine::new(ruleset, Role::Tester, b"server", |_| 0);
    let members: Vec<String> = (0..300).map(|n| format!("\"k{n}\":{n}")).collect();
    let text = format!("{{{}}}", members.join(","));
    let input = Input { kind: b'1', location: b"f", text: text.as_bytes(), time: Timestamp(START) };
    engine.analyse(input);
    assert_eq!(engine.counters().fields_left_out, 44);
}
