//! Archives: every analysed event, alerting or not (rules 10.4, 10.7).

use bartizan_base::{Deviation, StaticField};

use crate::facts::{EventFacts, RuleFacts};
use crate::json::{self, Object};
use crate::safe::{self, Among};
use crate::text;

/// Appends the event's line of `archives.log`. Keep-alive messages are left out; says whether it was
/// written.
pub fn write_text(facts: &EventFacts<'_>, out: &mut Vec<u8>) -> bool {
    if is_keep_alive(facts.event.bytes(facts.event.location)) {
        return false;
    }
    text::write_head(facts, out);
    out.push(b' ');
    let log = facts.event.bytes(facts.event.full_log);
    if facts.is_raw() {
        out.extend_from_slice(log);
        out.push(b'\n');
    } else {
        safe::push_log(out, log, Among::Archive, true);
    }
    true
}

/// Whether `location` is that of the messages that only say an agent is alive.
#[must_use]
pub fn is_keep_alive(location: &[u8]) -> bool {
    location == b"ossec-keepalive" || location.ends_with(b"->ossec-keepalive")
}

/// Appends the event's line of `archives.json`. `rule` is the one that fired; it shows from level 1 on.
/// Keep-alive messages are not left out here.
pub fn write_json(facts: &EventFacts<'_>, rule: Option<&RuleFacts<'_>>, out: &mut Vec<u8>) {
    const FIELDS: [(&str, StaticField); 13] = [
        ("srcip", StaticField::SrcIp),
        ("dstip", StaticField::DstIp),
        ("srcport", StaticField::SrcPort),
        ("dstport", StaticField::DstPort),
        ("protocol", StaticField::Protocol),
        ("action", StaticField::Action),
        ("srcuser", StaticField::SrcUser),
        ("dstuser", StaticField::DstUser),
        ("id", StaticField::Id),
        ("status", StaticField::Status),
        ("command", StaticField::Command),
        ("url", StaticField::Url),
        ("data", StaticField::Data),
    ];
    let event = facts.event;
    let mut object = Object::begin(out, facts.is_raw());
    object.optional("program_name", event.program_name.map(|text| event.bytes(text)));
    object.string("log", event.bytes(event.log));
    for (name, field) in FIELDS {
        object.optional(name, event.field(field));
    }
    object.optional("systemname", event.field(StaticField::SystemName));
    if let Some(name) = event.field(StaticField::Filename) {
        object.string("filename", name);
        write_pairs(facts, &mut object);
    }
    if let Some(rule) = rule.filter(|rule| rule.level > 0) {
        json::write_rule(facts, rule, object.member("rule"));
    }
    json::write_dynamic(facts, &mut object);
    json::write_decoder(facts, object.member("decoder"));
    object.string("full_log", event.bytes(event.full_log));
    object.string("timestamp", facts.date.text());
    let place = facts.place();
    object.string("agent_name", place.name);
    object.optional("agentip", place.address);
    object.string("logfile", place.file);
    object.end();
    out.push(b'\n');
}

/// What changed in a file, as pairs of keys. The original tests three of them the wrong way round
/// (deviation `json-archive-pairs`).
fn write_pairs(facts: &EventFacts<'_>, object: &mut Object<'_>) {
    let Some(file) = facts.event.decoded.file else { return };
    let (before, after) = (&file.before, &file.after);
    let is_inverted = facts.dialect.has(Deviation::JsonArchivePairs);
    let pairs = [
        ("md5_before", "md5_after", before.md5, after.md5, false),
        ("sha1_before", "sha1_after", before.sha1, after.sha1, is_inverted),
        ("sha256_before", "sha256_after", before.sha256, after.sha256, false),
        ("owner_before", "owner_after", before.owner, after.owner, is_inverted),
        ("gowner_before", "gowner_after", before.gowner, after.gowner, is_inverted),
    ];
    for (key_before, key_after, before, after, when_equal) in pairs {
        let (Some(before), Some(after)) = (before, after) else { continue };
        let (before, after) = (facts.event.bytes(before), facts.event.bytes(after));
        if (before == after) == when_equal {
            object.string(key_before, before);
            object.string(key_after, after);
        }
    }
    json::write_perm(&file, object);
}
