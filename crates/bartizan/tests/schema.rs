//! What `--json` prints is what the schemas in docs/schema promise.

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::{Home, bartizan, small};

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema").join(name);
    serde_json::from_slice(&std::fs::read(path).expect("a schema")).expect("JSON")
}

/// What of `value` is not as `schema` says; it understands the words that our schemas use.
fn wrong(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(schemas) = schema["oneOf"].as_array() {
        let fits = |schema: &&Value| {
            let mut found = Vec::new();
            wrong(schema, value, at, &mut found);
            found.is_empty()
        };
        if schemas.iter().filter(fits).count() != 1 {
            found.push(format!("{at} is {value}, not one of {}", schemas.len()));
        }
    }
    if let Some(kinds) = schema.get("type") {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let is_one =
            kinds == kind || kinds.as_array().is_some_and(|all| all.contains(&json!(kind)));
        if !is_one {
            found.push(format!("{at} is {value}, not of type {kinds}"));
        }
    }
    if let Some(values) = schema["enum"].as_array().filter(|values| !values.contains(value)) {
        found.push(format!("{at} is {value}, none of {values:?}"));
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        wrong(&schema["items"], item, &format!("{at}[{number}]"), found);
    }
    let Some(object) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(name) {
            found.push(format!("{at} has no {name}"));
        }
    }
    for (name, member) in object {
        let at = format!("{at}.{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => found.push(format!("{at} is not in the schema")),
            (Value::Null, others) => wrong(others, member, &at, found),
            (own, _) => wrong(own, member, &at, found),
        }
    }
}

#[track_caller]
fn check(name: &str, document: &[u8]) {
    let value: Value = serde_json::from_slice(document).expect("JSON");
    let mut found = Vec::new();
    wrong(&schema(name), &value, "", &mut found);
    assert!(found.is_empty(), "{name}: {found:#?}\n{value:#}");
}

#[track_caller]
fn check_lines(name: &str, output: &[u8], count: usize) {
    let lines = output.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    assert_eq!(lines.clone().count(), count, "{}", String::from_utf8_lossy(output));
    lines.for_each(|line| check(name, line));
}

fn home(rules: &str) -> Home {
    let home = Home::empty();
    let config = "<ossec_config><rules><include>templates.xml</include>\
        <include>case.xml</include></rules></ossec_config>";
    home.write("etc/ossec.conf", config.as_bytes());
    let case = small::case(rules, &[]);
    home.write("etc/decoder.xml", &case.decoders[0].1);
    home.write("rules/templates.xml", &case.rules[0].1);
    home.write("rules/case.xml", &case.rules[1].1);
    home
}

const RULES: &str = "100001 3: <match>AAA</match><group>pci_dss_1.2,</group>\n\
    100002 9 frequency=\"1\": <if_matched_sid>100001</if_matched_sid>\n\
    100003 5: <decoded_as>tst</decoded_as>";

const LINES: &[u8] = b"AAA 1\nAAA 2\nAAA 3\nnothing of the kind\n\
    Dec  1 08:00:00 web1 tst: src=1.1.1.1 user=bob\n";

#[test]
fn a_schema_refuses_what_it_does_not_allow() {
    let refused = |document: Value| {
        let mut found = Vec::new();
        wrong(&schema("check.json"), &document, "", &mut found);
        found.len()
    };
    assert_eq!(refused(json!({"errors": 0, "warnings": 0, "diagnostics": []})), 0);
    assert_eq!(refused(json!({"errors": "0", "more": 1, "diagnostics": [{"severity": "bad"}]})), 6);
}

#[test]
fn check_prints_what_its_schema_says() {
    for rules in [RULES, "100001 20: <match>AAA</match>", "100001 3: <matsh>AAA</matsh>"] {
        check("check.json", &home(rules).run(&["check", "--json"], b"").stdout);
    }
}

#[test]
fn logtest_prints_what_its_schema_says() {
    let home = home(RULES);
    for dialect in ["bartizan", "ossec-4.3", "ossec-2.8"] {
        let options: &[&str] = if dialect == "bartizan" { &[] } else { &["--dialect", dialect] };
        let args = [&["logtest", "--json"], options].concat();
        check_lines("logtest.json", &home.run(&args, LINES).stdout, 5);
    }
}

#[test]
fn replay_prints_what_its_schema_says() {
    let home = home(RULES);
    let output = home.run(&["replay", "--json", "--threads", "1", "-"], LINES);
    check_lines("alert.json", &output.stdout, 4);
    let output = home.run(&["replay", "--summary", "--json", "--threads", "1", "-"], LINES);
    // Three rules, and the memory.
    check_lines("summary.json", &output.stdout, 4);
}

#[test]
fn limits_that_were_set_show_in_check_and_replay() {
    let home = home(RULES);
    home.write("etc/local_internal_options.conf", b"bartizan.history_events=20000\n");
    let events = |output: &[u8]| {
        let last = output.split(|&byte| byte == b'\n').rfind(|line| !line.is_empty());
        let document: Value = serde_json::from_slice(output)
            .or_else(|_| serde_json::from_slice(last.unwrap_or_default()))
            .expect("JSON");
        let stores = document["memory"].as_array().expect("stores").clone();
        stores.into_iter().find(|store| store["store"] == "events").expect("one of them")
    };
    // A quarter more is kept apart.
    let expected = |used: u32| {
        json!({
            "store": "events", "unit": "entries", "used": used, "most": 25_000, "evicted": 0,
            "option": "bartizan.history_events",
        })
    };
    assert_eq!(events(&home.run(&["check", "--json"], b"").stdout), expected(0));
    let replay = ["replay", "--summary", "--json", "--threads", "1", "-"];
    // No rule counts events of 100003 and 100002.
    assert_eq!(events(&home.run(&replay, LINES).stdout), expected(2));
    let table = home.run(&["replay", "--summary", "--threads", "1", "-"], LINES).stdout;
    assert!(String::from_utf8_lossy(&table).contains("2 of 25000"));
}

#[test]
fn verify_prints_what_its_schema_says() {
    let home = Home::empty();
    let folder = home.path().to_string_lossy().into_owned();
    let verify = || bartizan(&["verify", "--json", "-D", &folder], b"").stdout;
    home.write("logs/alerts/2026/Nov/ossec-alerts-24.log", b"** Alert 1.1: - a,\n\n");
    check("verify.json", &verify());
    // What OSSEC wrote for a day without a file, and for another file.
    let name = "/logs/alerts/2026/Nov/ossec-alerts-23.log";
    let pair = |name: &str| format!("MD5  ({name}) = none\nSHA1 ({name}) = none\n\n");
    let before = name.replace("23.log", "22.log.sum");
    let sum = format!("Current checksum:\n{}Chained checksum:\n{}", pair(name), pair(&before));
    home.write("logs/alerts/2026/Nov/ossec-alerts-23.log.sum", sum.as_bytes());
    home.write("logs/alerts/2026/Nov/ossec-alerts-24.log.sum", sum.as_bytes());
    let found = verify();
    check("verify.json", &found);
    assert!(String::from_utf8_lossy(&found).contains("checksums-altered"));
}

#[test]
fn status_prints_what_its_schema_says() {
    let home = home(RULES);
    check("status.json", &home.run(&["status", "--json"], b"").stdout);
    assert!(home.run(&["start"], b"").status.success());
    let (status, reload) = (home.run(&["status", "--json"], b""), home.run(&["reload"], b""));
    let after = home.run(&["status", "--json"], b"");
    home.run(&["stop", "--kill"], b"");
    check("status.json", &status.stdout);
    check("status.json", &after.stdout);
    assert!(reload.status.success());
}
