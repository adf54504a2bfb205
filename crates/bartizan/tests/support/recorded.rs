//! The recorded small cases, for the engine in the test's own process.

use serde_json::Value;

use super::direct::Case;
use super::{amend, not_required};

/// Topics of the recorded cases.
pub const TOPICS: [&str; 13] = [
    "pre-decoding",
    "decoders",
    "patterns",
    "conditions",
    "rule-tree",
    "correlation",
    "fts",
    "lists",
    "scenarios",
    "systems",
    "xml",
    "errors",
    "files",
];

/// Second in which a case begins that says nothing else.
const START: i64 = 1_764_576_000;

/// A recorded case.
#[derive(Debug)]
pub struct Recorded {
    /// Its id without the title: `rule-tree-021`.
    pub id: String,
    /// The rule set and the events.
    pub case: Case,
    expect: Value,
}

/// What a program answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Expected<'a> {
    /// It refused to start.
    Refused,
    /// One answer an event.
    Answers(&'a [Value]),
}

impl Recorded {
    /// What the program of that dialect answered; `None` when it was not asked.
    pub fn expected(&self, dialect: &str) -> Option<Expected<'_>> {
        let expected = &self.expect[dialect];
        if expected.is_null() {
            return None;
        }
        Some(expected.as_array().map_or(Expected::Refused, |all| Expected::Answers(all)))
    }
}

/// The cases of a topic; `None` where the recordings are absent.
pub fn topic(topic: &str) -> Option<Vec<Recorded>> {
    let file = format!("cases/{topic}.jsonl");
    let mut cases = bartizan_conformance::json_lines(&file)?;
    for entry in not_required(&file) {
        let at = |key: &str| entry[key].as_u64().unwrap_or_default() as usize;
        let dialect = entry["dialect"].as_str().unwrap_or_default();
        amend(&mut cases[at("line") - 1]["expect"][dialect][at("event")], &entry["answer"]);
    }
    Some(cases.iter().map(|case| recorded(case, topic)).collect())
}

fn recorded(value: &Value, topic: &str) -> Recorded {
    let id = value["id"].as_str().expect("an id");
    Recorded {
        id: id.get(..topic.len() + 4).expect("TOPIC-NUMBER-TITLE").to_owned(),
        case: case(value),
        expect: value["expect"].clone(),
    }
}

fn case(value: &Value) -> Case {
    let text = |value: &Value| bartizan_conformance::bytes(value.as_str().unwrap_or_default());
    let mut case = Case::with_templates();
    case.decoders.push(("etc/decoder.xml".into(), text(&value["decoders"])));
    case.rules.push(("rules/case.xml".into(), text(&value["rules"])));
    for (name, file) in value["files"].as_object().into_iter().flatten() {
        let files = if name.starts_with("rules/") { &mut case.rules } else { &mut case.decoders };
        files.push((name.clone(), text(file)));
    }
    for (name, list) in value["lists"].as_object().into_iter().flatten() {
        case.lists.push((format!("lists/{name}"), text(list)));
    }
    configure(&mut case, value["config"].as_str().unwrap_or_default());
    let start = value["start"].as_i64().unwrap_or(START);
    case.events = value["events"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|event| (start + event["at"].as_i64().unwrap_or(0), text(&event["line"])))
        .collect();
    case
}

/// What the recorded configurations set: one of two numbers.
fn configure(case: &mut Case, config: &str) {
    let number = |name: &str| {
        let (_, rest) = config.split_once(&format!("<{name}>"))?;
        rest.split('<').next()?.parse::<u16>().ok()
    };
    let rules = &mut case.settings.rules;
    match (number("log_alert_level"), number("memory_size")) {
        (Some(level), None) => rules.log_alert_level = level,
        (None, Some(events)) => rules.memory_events = usize::from(events),
        _ => assert!(config.is_empty(), "an unknown configuration: {config}"),
    }
}
