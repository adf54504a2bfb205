//! `--json`: an object an event, with the keys of the recorded answers.

use std::borrow::Cow;
use std::io::Write as _;

use anyhow::{Context as _, bail};
use bartizan_analysis::{Engine, Report};
use bartizan_base::{Event, FieldName, Timestamp};
use bartizan_decode::Silent;
use bartizan_rules::NoObserver;
use serde_json::{Map, Value, json};

use crate::cli::clock;

/// Answers every line of standard input.
pub(super) fn answer(mut engine: Engine, timed: bool) -> anyhow::Result<u8> {
    let dialect = engine.ruleset().settings.dialect;
    let mut out = super::stdout();
    let mut number = 0_u64;
    super::read_lines(|line| {
        number += 1;
        let (time, text) = if timed && line.len() >= 2 {
            let (at, text) =
                timed_line(line).with_context(|| format!("line {number} of the input"))?;
            (Timestamp(at), Cow::Owned(text))
        } else {
            (clock::now(), Cow::Borrowed(line))
        };
        for text in super::events(&text, dialect) {
            let mut header = Map::new();
            let report = engine.analyse_observed(
                super::input(text, time),
                &mut Silent,
                &mut NoObserver,
                |event| header = header_of(event),
            );
            let object = object(&engine, &report, header);
            serde_json::to_writer(&mut out, &object)?;
            out.write_all(b"\n")?;
            super::flush(&mut out)?;
        }
        Ok(None)
    })?;
    Ok(0)
}

/// `{"at": SECONDS, "line": TEXT}`; the text is bytes read as Latin-1.
fn timed_line(line: &[u8]) -> anyhow::Result<(i64, Vec<u8>)> {
    let object: Value =
        serde_json::from_slice(line).context("expected {\"at\": …, \"line\": …}")?;
    let Some(at) = object.get("at").and_then(Value::as_i64) else {
        bail!("`at` must be whole seconds since 1970");
    };
    let Some(text) = object.get("line").and_then(Value::as_str) else {
        bail!("`line` must be a text");
    };
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let Some(bytes) = bytes else {
        bail!("`line` holds bytes as Latin-1: no character above U+00FF");
    };
    Ok((at, bytes))
}

/// What phase 1 shows: the event after pre-decoding, before any decoder ran.
fn header_of(event: &Event) -> Map<String, Value> {
    let mut header = Map::new();
    header.insert("event".into(), latin1(event.bytes(event.full_log)));
    header.insert("hostname".into(), latin1(event.bytes(event.hostname)));
    let program = event.program_name.map_or(&b"(null)"[..], |text| event.bytes(text));
    header.insert("program_name".into(), latin1(program));
    header.insert("log".into(), latin1(event.bytes(event.log)));
    header
}

fn object(engine: &Engine, report: &Report, mut object: Map<String, Value>) -> Value {
    let event = engine.event();
    let ruleset = engine.ruleset();
    object.insert("decoder".into(), decoder(engine));
    let mut fields = Map::new();
    for &(name, value) in &event.decoded.assigned {
        let label = match name {
            FieldName::Static(field) => field.tester_label().to_owned(),
            FieldName::Dynamic(named) => {
                String::from_utf8_lossy(ruleset.decoders.field_names().name(named)).into_owned()
            }
        };
        fields.insert(label, latin1(event.bytes(value)));
    }
    for (member, value) in event.leaves() {
        let mut path = Vec::new();
        event.push_path(member, &mut path);
        // Rules see the first of several values.
        let label = String::from_utf8_lossy(&path).into_owned();
        fields.entry(label).or_insert_with(|| latin1(event.bytes(value)));
    }
    object.insert("fields".into(), Value::Object(fields));
    let rule = report.rule.map(|index| ruleset.rules.rule(index));
    object.insert("rule".into(), json!(rule.map(|rule| rule.id)));
    object.insert("level".into(), json!(rule.map(|rule| rule.level)));
    let description = rule.map(|rule| latin1(rule.description.as_deref().unwrap_or(b"(null)")));
    object.insert("description".into(), description.unwrap_or(Value::Null));
    object.insert("alert".into(), report.alerts().into());
    if report.was_cut {
        object.insert("cut".into(), true.into());
    }
    Value::Object(object)
}

/// The decoder's name; without one `(null)`, but null in 2.8, which also shows the top-level decoder where a
/// child with its own name decoded (decoding 15).
fn decoder(engine: &Engine) -> Value {
    let ruleset = engine.ruleset();
    let is_2_8 = ruleset.settings.dialect.is_2_8();
    let info = ruleset.decoders.table().info(engine.event().decoded.decoder);
    if info.name.is_empty() && info.id.0 == 0 {
        return if is_2_8 { Value::Null } else { "(null)".into() };
    }
    match &info.parent {
        Some(parent) if is_2_8 => latin1(parent),
        _ => latin1(&info.name),
    }
}

/// Bytes as the recordings write them: one code point a byte.
fn latin1(bytes: &[u8]) -> Value {
    Value::String(bytes.iter().map(|&b| char::from(b)).collect())
}
