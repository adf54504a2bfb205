//! `alerts.json` (rules 10.6), and what it shares with `archives.json`.
//!
//! One object a line, no spaces, keys in a fixed order, those without a value left out. Where the original
//! prints rubbish (the end of `pci_dss_` and `cis_` items, more compliance items than it has room for) the
//! right text comes out, in the dialects too.

mod members;
mod object;
mod rule;

use bartizan_base::{Decoded, FileChange, Member, StaticField};

use crate::facts::{Alert, EventFacts};
use crate::number;

pub(crate) use object::Object;
pub(crate) use rule::write_rule;

/// The mark of a rootcheck text that was new, in the `fts` number of a decoder (rules 10.6).
const FIRST_SEEN: u32 = 4096;

/// Appends the alert and a line feed.
pub fn write(alert: &Alert<'_>, out: &mut Vec<u8>) {
    let facts = &alert.event;
    let event = facts.event;
    let mut object = Object::begin(out, facts.is_raw());
    write_rule(facts, &alert.rule, object.member("rule"));
    object.quoted("id", |out| {
        number::push_signed(out, alert.id.epoch);
        out.push(b'.');
        number::push(out, alert.id.n);
    });
    object.number("TimeStamp", event.time.0.saturating_mul(1000));
    object.optional("decoder", not_empty(&facts.decoder.name));
    object.optional("decoder_parent", facts.decoder.parent.as_deref());
    write_fields(facts, &NETWORK_FIELDS, &mut object);
    object.string("location", event.bytes(event.location));
    object.string("full_log", event.bytes(event.full_log));
    object.optional("previous_output", (alert.context)(1));
    write_file(facts, &mut object);
    object.string("hostname", event.bytes(event.hostname));
    object.optional("program_name", event.program_name.map(|text| event.bytes(text)));
    write_fields(facts, &OTHER_FIELDS, &mut object);
    write_dynamic(facts, &mut object);
    write_decoder(facts, object.member("decoder_desc"));
    let place = facts.place();
    object.string("agent_name", place.name);
    object.optional("agentip", place.address);
    object.string("timestamp", facts.date.text());
    object.string("logfile", place.file);
    object.end();
    out.push(b'\n');
}

const NETWORK_FIELDS: [(&str, StaticField); 10] = [
    ("action", StaticField::Action),
    ("protocol", StaticField::Protocol),
    ("srcip", StaticField::SrcIp),
    ("srcgeoip", StaticField::SrcGeoIp),
    ("srcport", StaticField::SrcPort),
    ("srcuser", StaticField::SrcUser),
    ("dstip", StaticField::DstIp),
    ("dstgeoip", StaticField::DstGeoIp),
    ("dstport", StaticField::DstPort),
    ("dstuser", StaticField::DstUser),
];

const OTHER_FIELDS: [(&str, StaticField); 5] = [
    ("status", StaticField::Status),
    ("command", StaticField::Command),
    ("url", StaticField::Url),
    ("data", StaticField::Data),
    ("systemname", StaticField::SystemName),
];

fn write_fields(facts: &EventFacts<'_>, fields: &[(&str, StaticField)], object: &mut Object<'_>) {
    for &(name, field) in fields {
        object.optional(name, facts.event.field(field));
    }
}

/// `SyscheckFile`: of each attribute both sides where they differ, or the new one where there is no old.
fn write_file(facts: &EventFacts<'_>, object: &mut Object<'_>) {
    let event = facts.event;
    let Some(name) = event.field(StaticField::Filename) else { return };
    let mut object = object.member("SyscheckFile");
    object.string("path", name);
    if let Some(file) = &event.decoded.file {
        let (before, after) = (&file.before, &file.after);
        let pairs = [
            ("md5_before", "md5_after", before.md5, after.md5, true),
            ("sha1_before", "sha1_after", before.sha1, after.sha1, true),
            ("sha256_before", "sha256_after", before.sha256, after.sha256, true),
            ("owner_before", "owner_after", before.owner, after.owner, false),
            ("gowner_before", "gowner_after", before.gowner, after.gowner, false),
        ];
        for (key_before, key_after, before, after, also_new) in pairs {
            let before = before.map(|text| event.bytes(text));
            let after = after.map(|text| event.bytes(text));
            match (before, after) {
                (Some(before), Some(after)) if before != after => {
                    object.string(key_before, before);
                    object.string(key_after, after);
                }
                (None, Some(after)) if also_new => object.string(key_after, after),
                _ => {}
            }
        }
        write_perm(file, &mut object);
    }
    object.end();
}

/// Modes before and after, where both are known and differ.
pub(crate) fn write_perm(file: &FileChange, object: &mut Object<'_>) {
    let (before, after) = (file.before.perm, file.after.perm);
    if before != 0 && after != 0 && before != after {
        object.number("perm_before", i64::from(before));
        object.number("perm_after", i64::from(after));
    }
}

/// Dynamic fields, a key each. A name that occurs twice has its first value. What a log of JSON brought stands
/// together under one key: whoever wrote the log chose the names, and could otherwise give the alert another level.
pub(crate) fn write_dynamic(facts: &EventFacts<'_>, object: &mut Object<'_>) {
    let Decoded { dynamic: fields, members, .. } = &facts.event.decoded;
    for (at, &(name, value)) in fields.iter().enumerate() {
        let is_first = !fields.iter().take(at).any(|&(earlier, _)| earlier == name);
        let is_member =
            |member: &Member| member.named == Some(name) && member.value.text() == Some(value);
        if is_first && !members.iter().any(is_member) {
            object.string_named(facts.names.name(name), facts.event.bytes(value));
        }
    }
    members::write(facts.event, object);
}

/// What is known of the decoder; empty without one.
pub(crate) fn write_decoder(facts: &EventFacts<'_>, mut object: Object<'_>) {
    let decoder = facts.decoder;
    let first_seen = if facts.event.decoded.is_first_seen { FIRST_SEEN } else { 0 };
    // A decoder may carry the mark for all its events; only the event knows.
    let fts = (decoder.fts.0 & !FIRST_SEEN) | first_seen;
    if fts != 0 {
        object.number("fts", i64::from(fts));
    }
    if decoder.accumulate {
        object.number("accumulate", 1);
    }
    object.optional("parent", decoder.parent.as_deref());
    object.optional("name", not_empty(&decoder.name));
    // The original reads the comment and never shows it.
    object.optional("ftscomment", decoder.fts_comment.as_deref().filter(|_| !facts.is_raw()));
    object.end();
}

fn not_empty(text: &[u8]) -> Option<&[u8]> {
    (!text.is_empty()).then_some(text)
}
