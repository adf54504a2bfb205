//! What the original programs load is loaded, and what they refuse is refused.

mod ruleset;

use std::sync::Arc;

use bartizan_base::decoder::BUILT_IN_NAMES;
use bartizan_base::{DecoderTable, Dialect, FieldNames, Source, StaticField};
use bartizan_config::xml::{self, ReadOptions};
use bartizan_conformance::{bytes, folder, json_lines};
use bartizan_pattern::cdb::List;
use ruleset::{Texts, shown};
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
        let Some(cases) = json_lines(&format!("cases/{topic}.jsonl")) else { return };
        for case in &cases {
            for dialect in ["ossec-4.3", "ossec-2.8"] {
                let Some(expected) = case["expect"].get(dialect) else { continue };
                checked += 1;
                if let Err(problem) = check(case, dialect, expected) {
                    let id = case["id"].as_str().unwrap_or_default();
                    wrong.push(format!("{id} in {dialect}: {problem}"));
                }
            }
        }
    }
    assert!(checked > 1_500, "{checked}");
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
}

fn check(case: &Value, dialect: &str, expected: &Value) -> Result<(), String> {
    let error = expected.get("error").and_then(Value::as_str);
    if error.is_some_and(is_about_decoders) {
        return Ok(());
    }
    let (rules, diagnostics) = texts_of(case, dialect).load();
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

fn texts_of(case: &Value, dialect: &str) -> Texts {
    let text = |value: &Value| bytes(value.as_str().unwrap_or_default());
    let mut texts = Texts::new(dialect).file("rules/case_rules.xml", text(&case["rules"]));
    (texts.decoders, texts.field_names) = decoders(&text(&case["decoders"]), texts.dialect);
    for (path, content) in case["files"].as_object().into_iter().flatten() {
        if path.starts_with("rules/") {
            texts = texts.file(path, text(content));
        }
    }
    for (name, content) in case["lists"].as_object().into_iter().flatten() {
        let list = Arc::new(List::from_text(&text(content), texts.dialect));
        texts.lists.insert(format!("lists/{name}").into_bytes(), Arc::clone(&list));
        texts.lists.insert(format!("lists/{name}.cdb").into_bytes(), list);
    }
    texts
}

/// Names of decoders and dynamic fields, which is all that rules see of a decoder file.
fn decoders(text: &[u8], dialect: Dialect) -> (DecoderTable, FieldNames) {
    let mut names: Vec<Vec<u8>> = BUILT_IN_NAMES.iter().map(|n| n.as_bytes().to_vec()).collect();
    let mut fields = FieldNames::default();
    let options = ReadOptions { dialect, variables: true };
    let source = Source::new("decoder.xml", text);
    let document = xml::read(&source, options, &mut Vec::new());
    for decoder in document.iter().flat_map(|document| &document.roots) {
        names.extend(decoder.attribute("name").map(|name| name.value.clone()));
        let orders = decoder.children.iter().filter(|child| child.is("order"));
        for name in orders.flat_map(|order| order.text.split(|&b| b == b',')) {
            let name = name.trim_ascii();
            let is_static =
                StaticField::ALL.iter().any(|field| field.tester_label().as_bytes() == name);
            if !is_static {
                fields.intern(name);
            }
        }
    }
    names.sort();
    names.dedup();
    (DecoderTable { names, ..DecoderTable::default() }, fields)
}

#[test]
fn the_stock_rules_of_both_versions_load() {
    let Some(folder) = folder() else { return };
    for (version, least) in [("ossec-4.3", 1_100), ("ossec-2.8", 900)] {
        let folder = folder.join(version);
        for dialect in [version, "bartizan"] {
            let texts = stock(&folder, dialect);
            let (rules, diagnostics) = texts.load();
            let rules = rules.unwrap_or_else(|| panic!("{}", shown(&diagnostics)));
            assert!(rules.rules.len() > least, "{}", rules.rules.len());
        }
    }
}

/// The rules that `ossec.conf` in `folder` includes.
fn stock(folder: &std::path::Path, dialect: &str) -> Texts {
    let mut texts = Texts::new(dialect);
    texts.rules.clear();
    let read = |path: &str| std::fs::read(folder.join(path)).unwrap();
    let config = String::from_utf8_lossy(&read("ossec.conf")).into_owned();
    let includes = config.split("<include>").skip(1);
    for include in includes.filter_map(|rest| rest.split("</include>").next()) {
        if !config.contains(&format!("<!-- <include>{include}</include> -->")) {
            let path = format!("rules/{include}");
            let text = read(&path);
            texts = texts.file(&path, text);
        }
    }
    (texts.decoders, texts.field_names) = decoders(&read("decoder.xml"), texts.dialect);
    texts
}
