//! The XML reader against the recorded files, and against anything at all.

use std::path::Path;

use bartizan_base::{Dialect, Source};
use bartizan_config::xml::{self, Element, ReadOptions};
use proptest::prelude::*;

fn read(text: &[u8], dialect: Dialect) -> (Option<xml::Document>, String) {
    let source = Source::new("file.xml", text);
    let mut diagnostics = Vec::new();
    let options = ReadOptions { dialect, variables: true };
    let document = xml::read(&source, options, &mut diagnostics);
    (document, diagnostics.iter().map(|d| format!("{d}\n")).collect())
}

/// The texts of a case that are XML.
fn texts(case: &serde_json::Value) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    for key in ["decoders", "rules"] {
        texts.extend(case[key].as_str().map(bartizan_conformance::bytes));
    }
    let files = case["files"].as_object().into_iter().flatten();
    texts.extend(files.filter_map(|(_, t)| t.as_str()).map(bartizan_conformance::bytes));
    texts
}

fn dialects() -> [(&'static str, Dialect); 2] {
    [("ossec-4.3", Dialect::OSSEC_4_3), ("ossec-2.8", Dialect::ossec_2_8())]
}

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
fn files_are_read_or_refused_as_recorded() {
    let (mut refused, mut loaded, mut wrong) = (0, 0, Vec::new());
    for topic in TOPICS {
        let Some(cases) = bartizan_conformance::json_lines(&format!("cases/{topic}.jsonl")) else {
            return;
        };
        for case in &cases {
            for (flavour, dialect) in dialects() {
                let expected = &case["expect"][flavour];
                if expected.is_null() {
                    continue;
                }
                let error = expected["error"].as_str().unwrap_or_default();
                let said: Vec<_> = texts(case).iter().map(|t| read(t, dialect)).collect();
                let sound = said.iter().all(|(document, _)| document.is_some());
                // Other errors are for the reader of rules; the file is well-formed.
                let should = !error.contains("XMLERR");
                if sound != should {
                    let said: String = said.into_iter().map(|(_, text)| text).collect();
                    wrong.push(format!("{} {flavour}: {error}\n{said}", case["id"]));
                }
                if should { loaded += 1 } else { refused += 1 }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(refused >= 79 && loaded >= 1551, "{refused} refused, {loaded} loaded");
}

#[test]
fn every_stock_file_is_read_without_a_word() {
    let Some(folder) = bartizan_conformance::folder() else { return };
    let mut files = 0;
    for (flavour, dialect) in dialects() {
        let home = folder.join(flavour);
        for file in list(&home).into_iter().chain(list(&home.join("rules"))) {
            let Ok(text) = std::fs::read(&file) else { continue };
            for dialect in [dialect, Dialect::OURS] {
                let (document, said) = read(&text, dialect);
                assert!(document.is_some() && said.is_empty(), "{}:\n{said}", file.display());
                files += 1;
            }
        }
    }
    assert!(files > 200, "{files}");
}

fn list(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "xml" || e == "conf"))
        .collect()
}

fn check_spans(elements: &[Element], text: &[u8]) {
    for e in elements {
        assert!(e.span.end <= text.len());
        assert!(e.span.start < e.name_span.start && e.name_span.end <= e.span.end);
        assert!(e.span.start < e.text_span.start && e.text_span.end <= e.span.end);
        assert!(e.text_span.start <= e.text_span.end);
        for a in &e.attributes {
            assert!(a.name_span.end < a.value_span.start && a.value_span.end < e.span.end);
        }
        check_spans(&e.children, text);
    }
}

/// Any bytes, and bytes that are nearly a file.
fn nearly_xml() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "<",
        ">",
        "/",
        "</",
        "/>",
        "a",
        "b",
        "<a>",
        "</a>",
        "<b ",
        "=",
        "\"",
        "'",
        " ",
        "\n",
        "\\",
        "<!",
        "-->",
        "!>",
        "<!--",
        "<var name=\"a\">",
        "</var>",
        "$a",
        "$",
        "name=",
        "<a c='d'>",
        "\0",
        "<?xml",
        "?>",
        "\u{feff}",
        "<a/>",
        "é",
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(pieces, 0..60).prop_map(|p| p.concat().into_bytes()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn nothing_makes_the_reader_panic_and_spans_are_inside(text in nearly_xml()) {
        for dialect in [Dialect::OURS, Dialect::OSSEC_4_3, Dialect::ossec_2_8()] {
            for variables in [true, false] {
                let source = Source::new("f", text.clone());
                let mut diagnostics = Vec::new();
                let options = ReadOptions { dialect, variables };
                let document = xml::read(&source, options, &mut diagnostics);
                for d in &diagnostics {
                    let span = &d.place.as_ref().unwrap().span;
                    prop_assert!(span.start <= span.end && span.end <= text.len(), "{d}");
                    let _ = d.to_string();
                }
                let errors = diagnostics.iter().any(bartizan_base::Diagnostic::is_error);
                prop_assert_eq!(document.is_none(), errors);
                if let Some(document) = document {
                    check_spans(&document.roots, &text);
                }
            }
        }
    }
}
