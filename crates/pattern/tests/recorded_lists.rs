//! Address lists and CDB lists answer as OSSEC did, in the recorded cases whose only condition they are.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use bartizan_base::Dialect;
use bartizan_conformance::{bytes, json_lines};
use bartizan_pattern::address::AddressList;
use bartizan_pattern::cdb::List;
use serde_json::Value;

/// The values of the field `name` in the answers of a case, and whether rule 100001 fired.
fn answers(case: &Value, program: &str, name: &str) -> Vec<(Option<Vec<u8>>, bool)> {
    let Some(answers) = case["expect"][program].as_array() else {
        return Vec::new();
    };
    answers.iter().map(|a| (a["fields"][name].as_str().map(bytes), a["rule"] == 100_001)).collect()
}

/// The inside of the first `<name …>` and its attributes, and the text after the element.
fn next_element<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (_, rest) = text.split_once(&format!("<{name}"))?;
    let (attributes, rest) = rest.split_once('>')?;
    let (inside, rest) = rest.split_once(&format!("</{name}>"))?;
    Some((attributes, inside, rest))
}

/// Rule 100001 of a case, if nothing but `decoded_as` and elements of that name are in it.
fn only_condition(case: &Value, name: &str) -> Option<String> {
    let rules = case["rules"].as_str()?;
    let (_, rest) = rules.split_once("<rule id=\"100001\" level=\"5\">")?;
    let (rule, others) = rest.split_once("</rule>")?;
    let mut bare = rule.replace("<decoded_as>tst</decoded_as>", "");
    let (_, _, tail) = next_element(&bare, "description")?;
    assert!(tail.trim().is_empty());
    bare.truncate(bare.find("<description>")?);
    let conditions = bare.clone();
    while let Some((attributes, inside, _)) = next_element(&bare, name) {
        bare = bare.replacen(&format!("<{name}{attributes}>{inside}</{name}>"), "", 1);
    }
    let is_plain = bare.trim().is_empty() && others.matches("<rule ").count() == 1;
    is_plain.then_some(conditions)
}

fn check_addresses(program: &str, dialect: Dialect) {
    let Some(cases) = json_lines("cases/conditions.jsonl") else {
        return;
    };
    let mut checked = 0;
    for case in &cases {
        for name in ["srcip", "dstip"] {
            let Some(conditions) = only_condition(case, name) else {
                continue;
            };
            let answers = answers(case, program, name);
            if answers.is_empty() {
                continue;
            }
            let mut list = AddressList::default();
            let mut rest = conditions.as_str();
            while let Some((_, inside, tail)) = next_element(rest, name) {
                list.add(&bytes(inside), dialect).unwrap();
                rest = tail;
            }
            if list.is_empty() {
                continue;
            }
            for (value, fired) in answers {
                let got = value.as_deref().is_some_and(|value| list.matches(value));
                assert_eq!(got, fired, "{} {program} {conditions} on {value:?}", case["id"]);
                checked += 1;
            }
        }
    }
    assert!(checked > 30, "only {checked} answers were found");
}

#[test]
fn address_lists_answer_as_4_3() {
    check_addresses("ossec-4.3", Dialect::OSSEC_4_3);
}

#[test]
fn address_lists_answer_as_2_8() {
    check_addresses("ossec-2.8", Dialect::ossec_2_8());
}

fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    attributes.split_once(&format!("{name}=\""))?.1.split_once('"').map(|(value, _)| value)
}

fn check_lists(program: &str, dialect: Dialect) {
    let Some(cases) = json_lines("cases/lists.jsonl") else {
        return;
    };
    let mut checked = 0;
    for case in &cases {
        let Some(conditions) = only_condition(case, "list") else {
            continue;
        };
        let Some((attributes, name, tail)) = next_element(&conditions, "list") else {
            continue;
        };
        let lookup = attribute(attributes, "lookup").unwrap_or("match_key");
        let field = attribute(attributes, "field").unwrap_or_default();
        let text = case["lists"][name.trim_start_matches("lists/")].as_str();
        let (Some(text), "", true) =
            (text, tail.trim(), ["srcip", "dstip", "id", "status", "action"].contains(&field))
        else {
            continue;
        };
        let list = List::from_text(&bytes(text), dialect);
        let compiled = List::from_cdb(list.to_cdb().unwrap()).unwrap();
        for (value, fired) in answers(case, program, field) {
            let Some(value) = value else { continue };
            for list in [&list, &compiled] {
                let got = match lookup {
                    "match_key" => list.get(&value).is_some(),
                    "not_match_key" => list.get(&value).is_none(),
                    "address_match_key" => list.get_by_address(&value).is_some(),
                    "not_address_match_key" => list.get_by_address(&value).is_none(),
                    _ => continue,
                };
                assert_eq!(got, fired, "{} {program} {conditions} on {value:?}", case["id"]);
                checked += 1;
            }
        }
    }
    assert!(checked > 100, "only {checked} answers were found");
}

#[test]
fn cdb_lists_answer_as_4_3() {
    check_lists("ossec-4.3", Dialect::OSSEC_4_3);
}

#[test]
fn cdb_lists_answer_as_2_8() {
    check_lists("ossec-2.8", Dialect::ossec_2_8());
}
