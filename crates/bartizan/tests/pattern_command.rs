//! `bartizan pattern`: every recorded answer of OSSEC's library, explanations, exit codes.

mod support;

use std::process::Output;

use serde_json::{Value, json};
use support::{bartizan, objects};

/// Asks all recorded cases at once, and compares each answer.
#[track_caller]
fn check_recorded(name: &str, count: usize) {
    let Some(cases) = bartizan_conformance::json_lines(&format!("regex/{name}.jsonl")) else {
        return;
    };
    let mut input = Vec::new();
    for case in &cases {
        let asked = json!({ "pattern": case["pattern"], "subject": case["subject"] });
        input.extend_from_slice(asked.to_string().as_bytes());
        input.push(b'\n');
    }
    let output = bartizan(&["pattern", "--json", "--dialect", "ossec"], &input);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = objects(&output);
    assert_eq!((cases.len(), answers.len()), (count, count));
    for (number, (case, answer)) in (1..).zip(cases.iter().zip(&answers)) {
        for key in ["regex", "match"] {
            assert_eq!(answer[key], case[key], "{key} of line {number} of {name}: {case}");
        }
    }
}

#[test]
fn patterns_of_real_rulesets_answer_as_recorded() {
    check_recorded("real", 8_810);
}

#[test]
fn random_patterns_answer_as_recorded() {
    check_recorded("random", 8_000);
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn check_says(args: &[&str], status: i32, expected: &[&str]) {
    let mut all = vec!["pattern"];
    all.extend(args);
    let output = bartizan(&all, b"");
    let shown = text(&output);
    for line in expected {
        assert!(shown.lines().any(|shown| shown.contains(line)), "{line} in\n{shown}");
    }
    assert_eq!(output.status.code(), Some(status), "{shown}");
}

#[test]
fn a_pattern_is_explained_and_tried() {
    check_says(
        &["--language", "regex", r"^user (\w+)$|^root", "user bob", "user bob x", "rooted"],
        0,
        &[
            r"OS_Regex   ^user (\w+)$|^root",
            "captures   1 group",
            "matched    in linear time",
            r#"matches:   "user bob", then "", captured "bob""#,
            r#"no match:  "user bob x""#,
            r#"matches:   "rooted", then "ed""#,
        ],
    );
}

#[test]
fn without_a_language_all_three_are_shown() {
    check_says(&["a|b", "cab"], 0, &["OS_Regex", "OS_Match", "PCRE2"]);
}

#[test]
fn a_mistake_is_underlined_and_found() {
    check_says(
        &["--language", "regex", "ab(c"],
        1,
        &["1:3: error[P0001]: error 6", "1 | ab(c", "|   ^"],
    );
    check_says(&["--language", "pcre2", "a(b"], 1, &["error "]);
    // Where one language of three refuses it, the others are still shown.
    check_says(&["a(b", "a(b"], 1, &["error ", r#"matches:   "a(b""#]);
}

#[test]
fn what_cannot_be_done_ends_with_2() {
    for (args, input) in [
        (&["pattern"][..], &b""[..]),
        (&["pattern", "--json"], b"no object\n"),
        (&["pattern", "--json"], b"{\"pattern\":\"a\"}\n"),
        (&["pattern", "--json"], "{\"pattern\":\"\u{20ac}\",\"subject\":\"\"}\n".as_bytes()),
        (&["pattern", "--json", "a"], b""),
        (&["pattern", "--language", "perl", "a"], b""),
    ] {
        let output = bartizan(args, input);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
        assert!(!output.stderr.is_empty());
    }
    let second = bartizan(&["pattern", "--json"], b"{\"pattern\":\"a\",\"subject\":\"a\"}\nx\n");
    assert!(String::from_utf8_lossy(&second.stderr).contains("line 2 of the input"));
}

#[test]
fn objects_are_answered_one_a_line() {
    let input = br#"{"pattern": "^(a)", "subject": "ab"}
{"pattern": "(", "subject": ""}

{"pattern": "b", "subject": "a"}
"#;
    let answers = objects(&bartizan(&["pattern", "--json"], input));
    let expected: [Value; 3] = [
        json!({ "regex": { "end": 1, "captures": ["a"] }, "match": false }),
        json!({ "regex": { "error": 6 }, "match": false }),
        json!({ "regex": null, "match": false }),
    ];
    assert_eq!(answers, expected);
}
