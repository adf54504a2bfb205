//! The stock `ossec.conf` with one thing broken at a time: each mistake is told, at its place, and most
//! misspelt names with the right one.

use std::collections::BTreeMap;

use bartizan_base::{Diagnostic, Dialect, Severity, Source, Span};
use bartizan_config::ossec_conf;
use bartizan_config::xml::{self, Element, ReadOptions};

/// Both stock configurations.
fn stock() -> Vec<Vec<u8>> {
    let Some(folder) = bartizan_conformance::folder() else { return Vec::new() };
    let read = |flavour| std::fs::read(folder.join(flavour).join("ossec.conf")).expect("readable");
    vec![read("ossec-4.3"), read("ossec-2.8")]
}

/// Every element, parents first.
fn elements(text: &[u8]) -> Vec<Element> {
    let source = Source::new("ossec.conf", text);
    let options = ReadOptions { dialect: Dialect::OURS, variables: false };
    let roots = xml::read(&source, options, &mut Vec::new()).expect("well-formed").roots;
    let (mut all, mut left) = (Vec::new(), roots);
    while let Some(element) = left.pop() {
        left.extend(element.children.iter().cloned());
        all.push(element);
    }
    all
}

fn errors(text: &[u8]) -> Vec<Diagnostic> {
    let (_, diagnostics) = ossec_conf::read(&Source::new("ossec.conf", text), Dialect::OURS);
    diagnostics.into_iter().filter(|d| d.severity == Severity::Error).collect()
}

fn replace(text: &[u8], span: Span, with: &str) -> Vec<u8> {
    [&text[..span.start], with.as_bytes(), &text[span.end..]].concat()
}

/// The name in the closing tag.
fn closing_name(element: &Element) -> Span {
    let end = element.span.end - 1;
    end - element.name.len()..end
}

/// One letter left out, doubled, swapped with its neighbour, or replaced; `-` and `_` taken for each other.
fn misspellings(name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for at in 0..name.len() {
        let (before, rest) = name.split_at(at);
        let (letter, behind) = rest.split_at(1);
        wrong.push(format!("{before}{behind}"));
        wrong.push(format!("{before}{letter}{letter}{behind}"));
        wrong.push(format!("{before}z{behind}"));
        if let Some(next) = behind.get(..1).filter(|next| *next != letter) {
            wrong.push(format!("{before}{next}{letter}{}", &behind[1..]));
        }
    }
    wrong.push(name.replace('_', "-"));
    wrong.push(name.to_ascii_uppercase());
    wrong.retain(|w| w != name && !w.is_empty());
    wrong
}

#[test]
fn a_misspelt_element_is_told_at_its_name_with_the_right_one() {
    let (mut tried, mut suggested, mut missed) = (0, 0, BTreeMap::<String, usize>::new());
    for text in stock() {
        for element in elements(&text) {
            let name = String::from_utf8(element.name.clone()).unwrap();
            for wrong in misspellings(&name) {
                // In `<remote>`, names are compared in any case (config 2).
                if name == "connection" && wrong.eq_ignore_ascii_case(&name) {
                    continue;
                }
                let broken = replace(&text, closing_name(&element), &wrong);
                let broken = replace(&broken, element.name_span.clone(), &wrong);
                let errors = errors(&broken);
                let at = |d: &&Diagnostic| {
                    d.place.as_ref().is_some_and(|p| p.span.start == element.name_span.start)
                };
                let Some(error) = errors.iter().find(at) else {
                    panic!("<{wrong}> for <{name}>: not told at its place: {errors:?}");
                };
                let place = error.place.as_ref().unwrap();
                let lines = text[..element.name_span.start].iter().filter(|&&b| b == b'\n').count();
                assert_eq!(place.position().line, lines + 1);
                assert!(error.to_string().contains(&wrong), "{error}");
                tried += 1;
                if error.help.as_deref() == Some(&format!("did you mean `{name}`?")) {
                    suggested += 1;
                } else {
                    *missed.entry(format!("{wrong} for {name}: {:?}", error.help)).or_default() +=
                        1;
                }
            }
        }
    }
    if tried == 0 {
        return;
    }
    let share = suggested as f64 / f64::from(tried);
    eprintln!("{suggested} of {tried} misspelt names found");
    assert!(share >= 0.9, "{suggested} of {tried}: {missed:#?}");
}

#[test]
fn a_closing_tag_that_is_misspelt_or_missing_is_told() {
    for text in stock() {
        for element in elements(&text) {
            let name = String::from_utf8(element.name.clone()).unwrap();
            let tag = closing_name(&element).start - 2..element.span.end;
            let wrong = format!("</{name}x>");
            let told = errors(&replace(&text, tag.clone(), &wrong));
            let at_tag = told.iter().any(|d| d.place.as_ref().unwrap().span.start == tag.start);
            assert!(at_tag, "{wrong}: {told:?}");
            assert!(told.len() == 1, "one mistake, one message: {wrong}: {told:?}");

            let told = errors(&replace(&text, tag, ""));
            // Seen where the element opens, or where its outer one closes if both have the same name.
            let seen = told.iter().any(|d| {
                let start = d.place.as_ref().unwrap().span.start;
                start >= element.name_span.start || d.message.contains(&name)
            });
            assert!(seen, "without </{name}>: {told:?}");
        }
    }
}

#[test]
fn a_missing_bracket_is_told() {
    for text in stock() {
        for element in elements(&text) {
            for at in [element.name_span.start - 1, element.name_span.end] {
                // An attribute may follow instead.
                if b"<>".contains(&text[at]) {
                    let told = errors(&replace(&text, at..at + 1, ""));
                    let near = |d: &Diagnostic| {
                        d.place.as_ref().unwrap().span.start.abs_diff(at) <= 200
                            || d.message.contains(std::str::from_utf8(&element.name).unwrap())
                    };
                    assert!(told.iter().any(near), "{at} {:?}: {told:?}", element.name);
                }
            }
        }
    }
}

/// Options that take any text.
const FREE: &[&str] = &[
    "include",
    "ignore",
    "allow_list",
    "white_list",
    "rootkit_files",
    "rootkit_trojans",
    "system_audit",
    "name",
    "executable",
    "expect",
    "directories",
    "email_from",
    "smtp_server",
];

#[test]
fn a_wrong_value_is_told_at_its_place() {
    for text in stock() {
        for element in elements(&text).iter().filter(|e| e.children.is_empty()) {
            let name = std::str::from_utf8(&element.name).unwrap();
            for wrong in ["~wrong~", "", "99999999999999999999"] {
                let told = errors(&replace(&text, element.text_span.clone(), wrong));
                let free = FREE.contains(&name) || (name == "location" && !wrong.is_empty());
                if free || (name == "command" && wrong.is_empty()) {
                    continue;
                }
                let near = |d: &Diagnostic| {
                    let start = d.place.as_ref().unwrap().span.start;
                    start == element.text_span.start || start == element.name_span.start
                };
                assert!(told.iter().any(near), "<{name}>{wrong}: {told:?}");
            }
        }
    }
}

#[test]
fn all_mistakes_of_a_file_are_told_in_order() {
    let text = b"<ossec_config>\n <globl><logall>no</logall></globl>\n <alerts>\n  <log_alert_level>x</log_alert_level>\n  \
        <log_alert_lvl>1</log_alert_lvl>\n </alerts>\n <localfile>\n  <log_format>sylog</log_format>\n </localfile>\n\
        </ossec_config>";
    let told: Vec<String> = errors(text)
        .iter()
        .map(|d| {
            let at = d.place.as_ref().unwrap().position();
            format!("{} {}:{} {}", d.code, at.line, at.column, d.help.clone().unwrap_or_default())
        })
        .collect();
    assert_eq!(
        told,
        [
            "C0002 2:3 did you mean `global`?",
            "C0004 4:20 ",
            "C0003 5:4 did you mean `log_alert_level`?",
            "C0004 8:15 did you mean `syslog`?",
        ]
    );
}
