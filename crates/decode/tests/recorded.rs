//! What the original programs answered, decoded again: host name, program name, log, decoder and fields of
//! every recorded event, each in the dialect of the program that answered.

#![expect(clippy::panic, clippy::print_stdout, reason = "tests speak to the person who runs them")]

use std::collections::HashMap;

use bartizan_base::{DecoderIndex, Dialect, Event, FieldName, Source, Timestamp, diagnostic};
use bartizan_config::xml;
use bartizan_conformance::{bytes, folder, json_lines, latin1};
use bartizan_decode::accumulate::Accumulator;
use bartizan_decode::{
    DecodeScratch, DecoderOptions, DecoderSet, Intake, Message, PluginContext, Silent, predecode,
};
use serde_json::{Map, Value, json};

const DIALECTS: [&str; 2] = ["ossec-4.3", "ossec-2.8"];

fn dialect(name: &str) -> Dialect {
    Dialect::parse(name).expect("a known dialect")
}

/// Loads decoders; the messages if they do not load.
fn load(texts: &[(&str, Vec<u8>)], dialect: Dialect) -> Result<DecoderSet, String> {
    let mut diagnostics = Vec::new();
    let options = xml::ReadOptions { dialect, variables: true };
    let read = |(name, text): &(&str, Vec<u8>)| {
        xml::read(&Source::new(*name, text.clone()), options, &mut diagnostics)
    };
    let documents: Vec<_> = texts.iter().filter_map(read).collect();
    let is_read = !diagnostic::any_error(&diagnostics);
    let options = DecoderOptions { dialect, ..DecoderOptions::default() };
    let set = DecoderSet::load(&documents, &options, &mut diagnostics).filter(|_| is_read);
    set.ok_or_else(|| diagnostics.iter().map(|d| format!("{d}\n")).collect())
}

/// A tester that stops before the rules.
struct Tester {
    set: DecoderSet,
    dialect: Dialect,
    intake: Intake,
    event: Event,
    scratch: DecodeScratch,
    accumulator: Accumulator,
}

impl Tester {
    fn new(set: DecoderSet, dialect: Dialect) -> Self {
        let intake = Intake::new(dialect);
        let (event, scratch) = (Event::default(), DecodeScratch::default());
        Self { set, dialect, intake, event, scratch, accumulator: Accumulator::default() }
    }

    /// The answer to a line, in the form of the recordings.
    fn ask(&mut self, at: i64, line: &str) -> Map<String, Value> {
        let event = &mut self.event;
        let message = Message { kind: b'1', location: b"stdin", text: &bytes(line) };
        let _whole = self.intake.message(message, Timestamp(at), event);
        predecode(event, self.dialect, b"vm");
        let text = |event: &Event, text| Value::from(latin1(event.bytes(text)));
        let mut answer = Map::new();
        answer.insert("hostname".into(), text(event, event.hostname));
        let program = event.program_name.map(|program| text(event, program));
        answer.insert("program_name".into(), program.unwrap_or_else(|| "(null)".into()));
        answer.insert("log".into(), text(event, event.log));
        let context = PluginContext::default();
        self.set.decode(event, &mut self.scratch, &context, &mut Silent);
        let mut fields = Map::new();
        for &(name, value) in &event.decoded.assigned {
            let label = match name {
                FieldName::Static(field) => field.tester_label().to_owned(),
                FieldName::Dynamic(name) => latin1(self.set.field_names().name(name)),
            };
            fields.insert(label, text(event, value));
        }
        answer.insert("fields".into(), Value::Object(fields));
        let info = self.set.table().info(event.decoded.decoder);
        let decoder = match &info.parent {
            _ if event.decoded.decoder == DecoderIndex::NONE && self.dialect.is_2_8() => {
                Value::Null
            }
            _ if event.decoded.decoder == DecoderIndex::NONE => "(null)".into(),
            Some(parent) if self.dialect.is_2_8() => latin1(parent).into(),
            _ => latin1(&info.name).into(),
        };
        answer.insert("decoder".into(), decoder);
        self.accumulator.apply(event, self.set.table());
        answer
    }
}

/// Recorded answers that are not required: file, line, dialect and event to the members expected instead.
type Exceptions = HashMap<(String, u64, String, u64), Map<String, Value>>;

fn exceptions() -> Exceptions {
    let Some(folder) = folder() else { return HashMap::new() };
    let path = folder.join("expected/not-required.json");
    let text = std::fs::read(path).expect("the list of exceptions");
    let list: Vec<Value> = serde_json::from_slice(&text).expect("JSON");
    let key = |entry: &Value| {
        let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| entry[key].as_u64().unwrap_or_default();
        (text("file"), number("line"), text("dialect"), number("event"))
    };
    let answer = |entry: &Value| entry["answer"].as_object().cloned().unwrap_or_default();
    list.iter().map(|entry| (key(entry), answer(entry))).collect()
}

/// The members that decoding answers for; the rest are for rules.
const MEMBERS: [&str; 5] = ["hostname", "program_name", "log", "decoder", "fields"];

/// What differs, side by side.
fn difference(expected: &Value, replaced: &Map<String, Value>, got: &Map<String, Value>) -> String {
    let mut text = String::new();
    for member in MEMBERS {
        let expected = replaced.get(member).unwrap_or(&expected[member]);
        let got = &got[member];
        if expected != got {
            text.push_str(&format!(
                "  {member}: recorded {expected}\n  {member}: got      {got}\n"
            ));
        }
    }
    text
}

/// Counts answers and keeps the first differences.
#[derive(Default)]
struct Score {
    same: usize,
    different: Vec<String>,
}

impl Score {
    fn add(&mut self, what: &str, difference: &str) {
        if difference.is_empty() {
            self.same += 1;
        } else {
            self.different.push(format!("{what}\n{difference}"));
        }
    }

    fn assert(self, what: &str) {
        println!("{what}: {} answers as recorded", self.same);
        let all = self.same + self.different.len();
        let shown: String = self.different.iter().take(5).map(String::as_str).collect();
        assert!(
            self.different.is_empty(),
            "{what}: {} of {all} differ:\n{shown}",
            self.different.len()
        );
    }
}

/// Asks the stock decoders of a version for all recorded corpora.
fn check_stock(name: &str) {
    let Some(folder) = folder() else { return };
    let exceptions = exceptions();
    let dialect = dialect(name);
    let text = std::fs::read(folder.join(name).join("decoder.xml")).expect("stock decoders");
    let set = load(&[("etc/decoder.xml", text)], dialect)
        .unwrap_or_else(|error| panic!("the stock decoders of {name} load:\n{error}"));
    let mut tester = Tester::new(set, dialect);
    let mut score = Score::default();
    for corpus in ["Linux", "OpenSSH", "ini"] {
        let file = format!("expected/{name}.{corpus}.jsonl");
        for (line, recorded) in (1..).zip(json_lines(&file).unwrap_or_default()) {
            let got = tester.ask(1_764_576_000, recorded["event"].as_str().unwrap_or_default());
            let key = (file.clone(), line, String::new(), 0);
            let replaced = exceptions.get(&key).cloned().unwrap_or_default();
            let what = format!("{file}:{line}: {}", recorded["event"]);
            score.add(&what, &difference(&recorded, &replaced, &got));
        }
    }
    score.assert(name);
}

#[test]
fn stock_decoders_of_4_3_answer_as_recorded() {
    check_stock("ossec-4.3");
}

#[test]
fn stock_decoders_of_2_8_answer_as_recorded() {
    check_stock("ossec-2.8");
}

/// Runs a case in one dialect.
fn case(case: &Value, at: (&str, u64, &str), exceptions: &Exceptions, score: &mut Score) {
    let (file, line, name) = at;
    let expected = &case["expect"][name];
    let what = format!("{file}:{line} {} in {name}", case["id"].as_str().unwrap_or_default());
    let decoders = bytes(case["decoders"].as_str().unwrap_or_default());
    let mut texts = vec![("etc/decoder.xml", decoders)];
    if let Some(local) = case["files"]["etc/local_decoder.xml"].as_str() {
        texts.push(("etc/local_decoder.xml", bytes(local)));
    }
    let dialect = dialect(name);
    let set = match (load(&texts, dialect), expected) {
        (Ok(set), _) => set,
        // The recorded refusal may be about rules, which nobody looks at here.
        (Err(_), Value::Object(_)) => return,
        (Err(messages), _) => return score.add(&what, &messages),
    };
    let Value::Array(answers) = expected else {
        let error = expected["error"].as_str().unwrap_or_default();
        let is_about_decoders = ["etc/decoder.xml", "(21", "decoder '", "decoder type"]
            .iter()
            .any(|sign| error.contains(sign));
        let is_missed = is_about_decoders && !error.starts_with("Invalid decoder name");
        return score.add(&what, if is_missed { error } else { "" });
    };
    let mut tester = Tester::new(set, dialect);
    let start = case["start"].as_i64().unwrap_or(1_764_576_000);
    for (at, (event, recorded)) in
        (0..).zip(case["events"].as_array().into_iter().flatten().zip(answers))
    {
        let line_text = event["line"].as_str().unwrap_or_default();
        let got = tester.ask(start + event["at"].as_i64().unwrap_or_default(), line_text);
        let key = (file.to_owned(), line, name.to_owned(), at);
        let replaced = exceptions.get(&key).cloned().unwrap_or_default();
        let what = format!("{what}, event {at}: {}", json!(line_text));
        score.add(&what, &difference(recorded, &replaced, &got));
    }
}

#[test]
fn small_cases_answer_as_recorded() {
    let exceptions = exceptions();
    let mut score = Score::default();
    for topic in [
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
    ] {
        let file = format!("cases/{topic}.jsonl");
        for (line, recorded) in (1..).zip(json_lines(&file).unwrap_or_default()) {
            for name in DIALECTS.iter().filter(|name| !recorded["expect"][**name].is_null()) {
                case(&recorded, (&file, line, name), &exceptions, &mut score);
            }
        }
    }
    score.assert("cases");
}

#[test]
fn stock_decoders_load_in_their_dialect_and_in_ours() {
    let Some(folder) = folder() else { return };
    for name in DIALECTS {
        for dialect in [dialect(name), Dialect::OURS] {
            let text = std::fs::read(folder.join(name).join("decoder.xml")).expect("decoders");
            if let Err(error) = load(&[("etc/decoder.xml", text)], dialect) {
                panic!("{name} in {dialect}:\n{error}");
            }
        }
    }
}
