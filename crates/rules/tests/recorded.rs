//! What the original programs load is loaded, and what they refuse is refused.

mod ruleset;

use std::sync::Arc;

use bartizan_base::Diagnostic;
use bartizan_conformance::{bytes, folder};
use bartizan_pattern::cdb::List;
use bartizan_rules::RuleSet;
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
    let mut diagnostics = Vec::new();
    let rules = load(line, case, dialect, &mut diagnostics);
    match (rules, error) {
        (Some(_), None) | (None, Some(_)) => Ok(()),
        (None, None) => Err(format!("refused\n{}", shown(&diagnostics))),
        (Some(_), Some(error)) => Err(format!("accepted, but recorded is: {error}")),
    }
}

/// Loads the decoders and then the rules of a case.
fn load(
    line: &str,
    case: &Value,
    dialect: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<RuleSet> {
    let mut texts = texts_of(line, case, dialect);
    let mut files = vec![("etc/decoder.xml", text(&case["decoders"]))];
    let local = &case["files"]["etc/local_decoder.xml"];
    files.extend(local.is_string().then(|| ("etc/local_decoder.xml", text(local))));
    let found = decoders(&files, texts.dialect, diagnostics)?;
    (texts.decoders, texts.field_names) = found;
    let (rules, messages) = texts.load();
    diagnostics.extend(messages);
    rules
}

fn text(value: &Value) -> Vec<u8> {
    bytes(value.as_str().unwrap_or_default())
}

fn texts_of(line: &str, case: &Value, dialect: &str) -> Texts {
    let mut texts = Texts::new(dialect).file("rules/case_rules.xml", text(&case["rules"]));
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
