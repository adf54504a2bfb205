//! The rule files that OSSEC ships: they load, and slips in them are understood.

#![expect(clippy::unwrap_used, reason = "a test stops at a surprise")]

mod ruleset;

use std::collections::BTreeSet;

use bartizan_base::{Diagnostic, Source, Span};
use bartizan_config::xml::{self, Document, Element, ReadOptions};
use bartizan_conformance::folder;
use bartizan_rules::load::{ATTRIBUTES, ELEMENTS, Known};
use ruleset::{Texts, shown, stock};

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

/// One letter less, one letter more, two letters swapped, one letter changed.
fn misspellings(name: &str) -> [String; 4] {
    let middle = name.len() / 2;
    let (start, end) = name.split_at(middle);
    let mut swapped: Vec<char> = name.chars().collect();
    swapped.swap(middle - 1, middle);
    [
        format!("{}{end}", start.get(..start.len() - 1).unwrap()),
        format!("{start}x{end}"),
        swapped.into_iter().collect(),
        format!("{start}x{}", end.get(1..).unwrap()),
    ]
}

#[test]
fn a_misspelt_element_of_the_stock_rules_is_recognised() {
    let Some(folder) = folder() else { return };
    let (mut tried, mut understood, mut not) = (0, 0, Vec::new());
    for version in ["ossec-4.3", "ossec-2.8"] {
        let mut seen = BTreeSet::new();
        for (path, text) in stock(&folder.join(version), version).rules {
            let source = Source::new(path, text);
            let options = ReadOptions { variables: true, ..ReadOptions::default() };
            let document = xml::read(&source, options, &mut Vec::new()).unwrap();
            for name in names_in(&document).into_iter().filter(|name| seen.insert(*name)) {
                for wrong in misspellings(name) {
                    if ELEMENTS.iter().any(|kind| kind.name == wrong) {
                        continue;
                    }
                    tried += 1;
                    if is_understood(version, &document, name, &wrong) {
                        understood += 1;
                    } else {
                        not.push(format!("{wrong} for {name}"));
                    }
                }
            }
        }
    }
    assert!(tried > 200, "{tried}");
    assert!(understood * 10 >= tried * 9, "{understood} of {tried}: {not:?}");
}

/// Names of elements of rules in a file.
fn names_in(document: &Document) -> BTreeSet<&'static str> {
    let known = ELEMENTS.iter().filter(|kind| kind.known != Known::Wazuh && kind.name.len() > 2);
    let is_there = |name: &&str| elements_of(document).any(|element| element.is(name));
    known.map(|kind| kind.name).filter(is_there).collect()
}

fn elements_of(document: &Document) -> impl Iterator<Item = &Element> {
    document.roots.iter().flat_map(|group| &group.children).flat_map(|rule| &rule.children)
}

/// The file with every element `name` of a rule called `wrong`.
fn misspelt(document: &Document, name: &str, wrong: &str) -> Vec<u8> {
    let text = &document.source.text;
    let mut names: Vec<Span> = Vec::new();
    for element in elements_of(document).filter(|element| element.is(name)) {
        names.push(element.name_span.clone());
        let end = element.span.end - 1;
        let closing = end - name.len()..end;
        if text.get(closing.clone()) == Some(name.as_bytes()) && closing != element.name_span {
            names.push(closing);
        }
    }
    let mut changed = text.clone();
    for span in names.into_iter().rev() {
        changed.splice(span, wrong.bytes());
    }
    changed
}

/// Whether that file gives a message that says `name`.
fn is_understood(dialect: &str, document: &Document, name: &str, wrong: &str) -> bool {
    let text = misspelt(document, name, wrong);
    let (_, diagnostics) = Texts::new(dialect).file("misspelt.xml", text).load();
    let help = format!("did you mean `{name}`?");
    let of_name = |d: &&Diagnostic| d.message.contains(&format!("<{wrong}>"));
    let about: Vec<_> = diagnostics.iter().filter(of_name).collect();
    !about.is_empty() && about.iter().all(|d| d.help.as_deref() == Some(&help))
}

#[test]
fn a_misspelt_attribute_is_recognised() {
    for kind in ATTRIBUTES.iter().filter(|kind| kind.name.len() > 2) {
        for wrong in misspellings(kind.name) {
            let rule =
                format!("<rule id=\"100001\" level=\"3\" {wrong}=\"1\"><match>a</match></rule>");
            let text = format!("<group name=\"t,\">{rule}</group>");
            let (_, diagnostics) = Texts::new("bartizan").file("a.xml", text).load();
            let help = format!("did you mean `{}`?", kind.name);
            assert!(shown(&diagnostics).contains(&help), "{wrong}: {}", shown(&diagnostics));
        }
    }
}
