//! Whole logs through the stock rule sets: the same answers as the testers of OSSEC 4.3 and 2.8.3.

mod support;

use serde_json::Value;
use support::{Home, amend, compare, not_required, objects, timed};

fn recorded(name: &str) -> Option<Vec<Value>> {
    let file = format!("expected/{name}.jsonl");
    let mut all = bartizan_conformance::json_lines(&file)?;
    for entry in not_required(&file) {
        let line = entry["line"].as_u64().expect("a line number") as usize;
        amend(&mut all[line - 1], &entry["answer"]);
    }
    Some(all)
}

#[track_caller]
fn check(ruleset: &str, corpus: &str) {
    let Some(expected) = recorded(&format!("{ruleset}.{corpus}")) else { return };
    let home = Home::stock(ruleset).expect("recorded beside the answers");
    let events = expected.iter().map(|event| {
        let at = event.get("at").and_then(Value::as_i64).unwrap_or(0) + 1_765_349_746;
        (at, event["event"].as_str().expect("a line").to_owned())
    });
    let output = home.run(&["logtest", "--json", "--timed", "--dialect", ruleset], &timed(events));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let difference = compare(&format!("{ruleset} {corpus}"), &expected, &objects(&output)).err();
    assert!(difference.is_none(), "{}", difference.unwrap_or_default());
}

#[test]
fn the_linux_log_is_answered_as_by_4_3() {
    check("ossec-4.3", "Linux");
}

#[test]
fn the_openssh_log_is_answered_as_by_4_3() {
    check("ossec-4.3", "OpenSSH");
}

#[test]
fn the_openssh_log_with_passing_time_is_answered_as_by_4_3() {
    check("ossec-4.3", "OpenSSH-timed");
}

#[test]
fn the_rule_test_lines_are_answered_as_by_4_3() {
    check("ossec-4.3", "ini");
}

#[test]
fn the_linux_log_is_answered_as_by_2_8() {
    check("ossec-2.8", "Linux");
}

#[test]
fn the_openssh_log_is_answered_as_by_2_8() {
    check("ossec-2.8", "OpenSSH");
}

#[test]
fn the_openssh_log_with_passing_time_is_answered_as_by_2_8() {
    check("ossec-2.8", "OpenSSH-timed");
}

#[test]
fn the_rule_test_lines_are_answered_as_by_2_8() {
    check("ossec-2.8", "ini");
}
