//! OS_Regex and OS_Match answer as the library of OSSEC 4.3 answered.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use bartizan_base::text::OwnedSubject;
use bartizan_conformance::{bytes, json_lines};
use bartizan_pattern::{Captures, Language, Options, Pattern};
use serde_json::{Value, json};

/// The dialect of the program that answered.
const OPTIONS: Options = Options { utf8_check: true };

/// The answer in the form of the recordings.
fn answer(language: Language, pattern: &[u8], subject: &[u8]) -> Value {
    let pattern = match Pattern::compile(language, pattern, OPTIONS) {
        Ok(pattern) => pattern,
        Err(error) => return json!({ "error": error.code }),
    };
    let owned = OwnedSubject::new(subject);
    let mut captures = Captures::default();
    let end = pattern.captures(owned.subject(), &mut captures);
    assert_eq!(end, pattern.find_end(owned.subject()), "captures and find_end differ");
    assert_eq!(end.is_some(), pattern.is_match(owned.subject()), "find_end and is_match differ");
    match (language, end) {
        (Language::OsRegex, None) => Value::Null,
        (Language::OsRegex, Some(end)) => {
            let texts: Vec<_> = captures
                .iter()
                .map(|range| bartizan_conformance::latin1(&subject[range]))
                .collect();
            json!({ "end": end, "captures": texts })
        }
        (_, end) => end.is_some().into(),
    }
}

fn check_file(name: &str) {
    let Some(lines) = json_lines(name) else { return };
    assert!(lines.len() >= 8_000, "{name} is not complete");
    let mut wrong = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let pattern = bytes(line["pattern"].as_str().unwrap());
        let subject = bytes(line["subject"].as_str().unwrap());
        for (language, member) in [(Language::OsRegex, "regex"), (Language::OsMatch, "match")] {
            let got = answer(language, &pattern, &subject);
            if got != line[member] {
                wrong.push(format!("line {}: {member} gave {got}, recorded {line}", number + 1));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong answers:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
}

#[test]
fn patterns_of_real_rulesets_answer_as_recorded() {
    check_file("regex/real.jsonl");
}

#[test]
fn generated_patterns_answer_as_recorded() {
    check_file("regex/random.jsonl");
}
