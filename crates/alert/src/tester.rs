//! What `ossec-logtest` prints, blank lines included (decoding 11.2, 15).
//!
//! ```text
//! phase1, decoder runs, phase2, rules run, phase3
//! ```
//!
//! Phase 1 must be written before the decoder runs: a plugin may replace what it shows. Control characters
//! are escaped, in the dialects they come out as they are.

use bartizan_base::{DecoderInfo, Dialect, Event, FieldName};

use crate::facts::{self, EventFacts, RuleFacts};
use crate::number;
use crate::safe;

/// Appends phase 1: the event before any decoder ran.
pub fn phase1(event: &Event, dialect: Dialect, out: &mut Vec<u8>) {
    let is_raw = facts::is_raw(dialect);
    out.extend_from_slice(b"\n\n**Phase 1: Completed pre-decoding.\n");
    line(b"full event", Some(event.bytes(event.full_log)), is_raw, out);
    line(b"hostname", Some(event.bytes(event.hostname)), is_raw, out);
    line(b"program_name", event.program_name.map(|text| event.bytes(text)), is_raw, out);
    line(b"log", Some(event.bytes(event.log)), is_raw, out);
}

/// Appends phase 2: the fields in order of assignment, then those of a log of JSON, and the decoder. The decoder stands last, in 2.8
/// first.
pub fn phase2(facts: &EventFacts<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\n**Phase 2: Completed decoding.\n");
    let is_2_8 = facts.dialect.is_2_8();
    let name = shown_decoder(facts);
    if name.is_none() {
        out.extend_from_slice(b"       No decoder matched.\n");
    }
    if is_2_8 && name.is_some() {
        line(b"decoder", name, facts.is_raw(), out);
    }
    for &(field, value) in &facts.event.decoded.assigned {
        let label = match field {
            FieldName::Static(field) => field.tester_label().as_bytes(),
            FieldName::Dynamic(name) => facts.names.name(name),
        };
        line(label, Some(facts.event.bytes(value)), facts.is_raw(), out);
    }
    let mut path = Vec::new();
    for (member, value) in facts.event.leaves() {
        path.clear();
        facts.event.push_path(member, &mut path);
        labelled(&path, Some(facts.event.bytes(value)), facts.is_raw(), out);
    }
    if !is_2_8 {
        line(b"decoder", name, facts.is_raw(), out);
    }
}

/// The decoder's name, if there is a decoder. 2.8 shows the top-level decoder where a child with a name of its
/// own decoded.
fn shown_decoder<'a>(facts: &EventFacts<'a>) -> Option<&'a [u8]> {
    let DecoderInfo { id, name, parent, .. } = facts.decoder;
    match parent {
        Some(parent) if facts.dialect.is_2_8() => Some(parent),
        _ => (id.0 != 0 || !name.is_empty()).then_some(name),
    }
}

/// Appends phase 3, for an event that a rule matched: the rule, its details (label and text of each
/// `info`), and whether an alert would be written.
pub fn phase3<'a>(
    rule: &RuleFacts<'_>,
    details: impl Iterator<Item = (&'a str, &'a [u8])>,
    alerts: bool,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"\n**Phase 3: Completed filtering (rules).\n       Rule id: '");
    number::push(out, u64::from(rule.id));
    out.extend_from_slice(b"'\n       Level: '");
    number::push(out, u64::from(rule.level));
    out.extend_from_slice(b"'\n");
    line(b"Description", rule.description, true, out);
    for (label, text) in details {
        out.extend_from_slice(b"       Info - ");
        out.extend_from_slice(label.as_bytes());
        out.extend_from_slice(b": '");
        out.extend_from_slice(text);
        out.extend_from_slice(b"'\n");
    }
    if alerts {
        out.extend_from_slice(b"**Alert to be generated.\n\n\n");
    }
}

/// The mark of an event that the accumulator completed (decoding 10.3).
pub const ACCUMULATED: &[u8] = b"\n**ACCUMULATOR: LEVEL UP!!**\n\n";
/// What `-v` prints before the walk through the rules.
pub const DEBUGGING: &[u8] = b"\n**Rule debugging:\n";
/// What `-v` prints for a rule that matched.
pub const MATCHED: &[u8] = b"       *Rule ";
/// What `-v` prints before the children of a rule that matched.
pub const CHILDREN: &[u8] = b"       *Trying child rules.\n";

/// Appends what `-v` prints before a rule is looked at.
pub fn trying(rule: &RuleFacts<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"    Trying rule: ");
    number::push(out, u64::from(rule.id));
    out.extend_from_slice(b" - ");
    out.extend_from_slice(rule.shown_description());
    out.push(b'\n');
}

/// Appends what `-v` prints for a rule that matched.
pub fn matched(rule: &RuleFacts<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(MATCHED);
    number::push(out, u64::from(rule.id));
    out.extend_from_slice(b" matched.\n");
}

/// A line whose label is somebody else's text.
fn labelled(label: &[u8], value: Option<&[u8]>, is_raw: bool, out: &mut Vec<u8>) {
    if is_raw {
        return line(label, value, is_raw, out);
    }
    let mut safe = Vec::new();
    safe::push_value(&mut safe, label);
    line(&safe, value, is_raw, out);
}

fn line(label: &[u8], value: Option<&[u8]>, is_raw: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(b"       ");
    out.extend_from_slice(label);
    out.extend_from_slice(b": '");
    let value = value.unwrap_or(b"(null)");
    if is_raw {
        out.extend_from_slice(value);
    } else {
        safe::push_value(out, value);
    }
    out.extend_from_slice(b"'\n");
}
