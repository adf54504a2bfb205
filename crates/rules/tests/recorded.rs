//! What the original programs load is loaded, and what they refuse is refused.

mod ruleset;

use std::sync::Arc;

use bartizan_base::{Dialect, Source};
use bartizan_config::xml::{self, ReadOptions};
use bartizan_conformance::{bytes, folder};
use bartizan_pattern::cdb::List;
use bartizan_pattern::{Language, Options, Pattern};
use ruleset::{Texts, decoders, shown};
use serde_json::Value;

const TOPICS: [&str; 13] = [
    "conditions",
    "correlation",
    "decoders",
    "errors",
    "files",
    "fts",
    "lists",
    "patterns",
    "pre-decoding",
    "rule-tree",
    "scenarios",
    "systems",
    "xml",
];

#[test]
fn every_case_is_loaded_or_refused_as_recorded() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for topic in TOPICS {
        let Some(folder) = folder() else { return };
        let text = std::fs::read_to_string(folder.join(format!("cases/{topic}.jsonl"))).unwrap();
        for line in text.lines() {
            let case = &serde_json::from_str::<Value>(line).unwrap();
            for dialect in ["ossec-4.3", "ossec-2.8"] {
                let Some(expected) = case["expect"].get(dialect) else { continue };
                checked += 1;
                if let Err(problem) = check(line, case, dialect, expected) {
                    let id = case["id"].as_str().unwrap_or_default();
                    wrong.push(format!("{id} in {dialect}: {problem}"));
                }
            }
        }
    }
    assert!(checked > 1_500, "{checked}");
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
}

fn check(line: &str, case: &Value, dialect: &str, expected: &Value) -> Result<(), String> {
    let error = expected.get("error").and_then(Value::as_str);
    if error.is_some_and(is_about_decoders) {
        return Ok(());
    }
    let texts = texts_of(line, case, dialect);
    let (rules, diagnostics) = texts.load();
    let rules = rules.filter(|_| !has_broken_pattern(case, texts.dialect));
    match (rules, error) {
        (Some(_), None) | (None, Some(_)) => Ok(()),
        (None, None) => Err(format!("refused\n{}", shown(&diagnostics))),
        (Some(_), Some(error)) => Err(format!("accepted, but recorded is: {error}")),
    }
}

fn is_about_decoders(error: &str) -> bool {
    ["decoder.xml", "(2", "(1230)", "for decoder", "decoder type", "decode-xml", "(1451)"]
        .iter()
        .any(|part| error.contains(part))
}

fn texts_of(line: &str, case: &Value, dialect: &str) -> Texts {
    let text = |value: &Value| bytes(value.as_str().unwrap_or_default());
    let mut texts = Texts::new(dialect).file("rules/case_rules.xml", text(&case["rules"]));
    (texts.decoders, texts.field_names) = decoders(&text(&case["decoders"]), texts.dialect);
    let files = case["files"].as_object().into_iter().flatten();
    let mut files: Vec<_> = files.filter(|(path, _)| path.starts_with("rules/")).collect();
    // The order of the recording is the load order; the JSON reader sorts keys.
    files.sort_by_key(|(path, _)| line.find(&format!("\"{path}\":")));
    for (path, content) in files {
        texts = texts.file(path, text(content));
    }
    for (name, content) in case["lists"].as_object().into_iter().flatten() {
        let list = Arc::new(List::from_text(&text(content), texts.dialect));
        texts.lists.insert(format!("lists/{name}").into_bytes(), Arc::clone(&list));
        texts.lists.insert(format!("lists/{name}.cdb").into_bytes(), list);
    }
    texts
}

/// Whether a decoder has a pattern that does not compile; all else about decoders is left to their tests.
fn has_broken_pattern(case: &Value, dialect: Dialect) -> bool {
    let text = bytes(case["decoders"].as_str().unwrap_or_default());
    let options = ReadOptions { dialect, variables: true };
    let document = xml::read(&Source::new("decoder.xml", text), options, &mut Vec::new());
    let elements = document.iter().flat_map(|document| &document.roots).flat_map(|d| &d.children);
    elements.filter(|element| element.is("regex") || element.is("prematch")).any(|element| {
        Pattern::compile(Language::OsRegex, &element.text, Options::default()).is_err()
    })
}
