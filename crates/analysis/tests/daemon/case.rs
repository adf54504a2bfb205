//! A recorded case, as the recordings write it.

use std::collections::BTreeMap;

use bartizan_base::{Dialect, Timestamp};
use bartizan_conformance::bytes;
use serde_json::Value;

use crate::outputs::KINDS;

/// Second in which a case begins that says nothing else.
const START: i64 = 1_764_576_000;

/// Files by their path below the home; the five main ones by their name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) struct Case {
    pub(crate) id: String,
    /// Text of the rule file; none for the stock ruleset.
    pub(crate) rules: Option<Vec<u8>>,
    pub(crate) decoders: Option<Vec<u8>>,
    /// More XML of the configuration.
    pub(crate) config: Vec<u8>,
    /// More internal options.
    pub(crate) options: String,
    pub(crate) existing: Files,
    pub(crate) start: Timestamp,
    pub(crate) datagrams: Vec<Datagram>,
    pub(crate) answers: Vec<Answer>,
    /// A file that was not recorded, to save room.
    pub(crate) left_out: Option<String>,
}

pub(crate) struct Datagram {
    pub(crate) time: Timestamp,
    pub(crate) data: Vec<u8>,
}

/// What one of the daemons did.
pub(crate) struct Answer {
    pub(crate) version: String,
    pub(crate) dialect: Dialect,
    pub(crate) outcome: Outcome,
}

pub(crate) enum Outcome {
    /// It wrote these files; what has no content is left out.
    Files(Files),
    /// It refused to start.
    Refused,
    /// It died or hung, so what it wrote says nothing.
    Died,
}

impl Case {
    /// The cases of a topic, or `None` where there are no recordings.
    pub(crate) fn of_topic(topic: &str) -> Option<Vec<Self>> {
        let lines = bartizan_conformance::json_lines(&format!("daemon/{topic}.jsonl"))?;
        Some(lines.iter().map(Self::read).collect())
    }

    fn read(case: &Value) -> Self {
        let text = |key: &str| case[key].as_str().map(bytes);
        let start = case["start"].as_i64().unwrap_or(START);
        let datagrams = case["datagrams"].as_array().expect("datagrams").iter();
        let answers = case["expect"].as_object().expect("answers").iter();
        Self {
            id: case["id"].as_str().expect("an id").to_owned(),
            rules: text("rules"),
            decoders: text("decoders"),
            config: text("config").unwrap_or_default(),
            options: case["options"].as_str().unwrap_or_default().to_owned(),
            existing: files(&case["existing_files"]),
            start: Timestamp(start),
            datagrams: datagrams.map(|datagram| Datagram::read(datagram, start)).collect(),
            answers: answers.map(|(version, answer)| Answer::read(version, answer)).collect(),
            left_out: case["note"]
                .as_str()
                .and_then(|note| note.strip_suffix(" is left out here"))
                .map(str::to_owned),
        }
    }
}

impl Datagram {
    fn read(datagram: &Value, start: i64) -> Self {
        let mut data = bytes(datagram["data"].as_str().expect("data"));
        // A sender ends its text with a NUL.
        data.push(0);
        Self { time: Timestamp(start + datagram["at"].as_i64().expect("a time")), data }
    }
}

impl Answer {
    fn read(version: &str, answer: &Value) -> Self {
        let outcome = if !answer["error"].is_null() {
            Outcome::Refused
        } else if !answer["ended"].is_null() {
            Outcome::Died
        } else {
            let mut written = files(&answer["files"]);
            for name in KINDS {
                let text = match &answer[name] {
                    Value::Array(lines) => lines
                        .iter()
                        .filter_map(Value::as_str)
                        .flat_map(|line| [bytes(line), b"\n".to_vec()].concat())
                        .collect(),
                    text => bytes(text.as_str().unwrap_or_default()),
                };
                written.insert(name.to_owned(), text);
            }
            written.retain(|_, text| !text.is_empty());
            Outcome::Files(written)
        };
        let dialect = Dialect::parse(version).expect("a known version");
        Self { version: version.to_owned(), dialect, outcome }
    }
}

fn files(texts: &Value) -> Files {
    let texts = texts.as_object().into_iter().flatten();
    texts.map(|(path, text)| (path.clone(), bytes(text.as_str().expect("a text")))).collect()
}
