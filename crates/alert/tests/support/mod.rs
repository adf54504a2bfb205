//! Events made again from what the originals recorded of them.

#![allow(dead_code, reason = "each test file uses a part of it")]

use bartizan_alert::{Alert, AlertId, Calendar, EventFacts, LocalDate, RuleFacts};
use bartizan_base::{
    DecoderInfo, Dialect, Event, FieldNames, FileChange, FtsKeys, StaticField, Timestamp,
};
use bartizan_conformance::bytes;
use serde_json::Value;

/// Everything an alert borrows.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) event: Event,
    pub(crate) decoder: DecoderInfo,
    pub(crate) names: FieldNames,
    pub(crate) date: LocalDate,
    pub(crate) group: Vec<u8>,
    pub(crate) description: Option<Vec<u8>>,
    pub(crate) info: Option<Vec<u8>>,
    pub(crate) cve: Option<Vec<u8>>,
    pub(crate) rule: RuleFacts<'static>,
    pub(crate) id: AlertId,
    pub(crate) context: Vec<Vec<u8>>,
    pub(crate) dialect: Dialect,
}

/// A plain event from `location` with the text `full_log`, and a rule that fired for it.
pub(crate) fn made(time: i64, location: &[u8], full_log: &[u8]) -> Made {
    let mut event = Event::default();
    event.reset(b'1', location, full_log, Timestamp(time));
    event.hostname =
        if location.first() == Some(&b'(') { event.location } else { event.append(b"vm") };
    let mut calendar = Calendar::new(jiff::tz::TimeZone::UTC);
    Made {
        date: *calendar.date(event.time),
        event,
        decoder: DecoderInfo::default(),
        names: FieldNames::default(),
        group: b"t,".to_vec(),
        description: Some(b"rule 100001".to_vec()),
        info: None,
        cve: None,
        rule: RuleFacts { id: 100_001, level: 3, fired_times: 1, ..RuleFacts::default() },
        id: AlertId { epoch: time, n: 1 },
        context: Vec::new(),
        dialect: Dialect::OURS,
    }
}

impl Made {
    pub(crate) fn facts(&self) -> EventFacts<'_> {
        EventFacts {
            event: &self.event,
            decoder: &self.decoder,
            names: &self.names,
            date: &self.date,
            dialect: self.dialect,
        }
    }

    pub(crate) fn rule(&self) -> RuleFacts<'_> {
        RuleFacts {
            group: &self.group,
            description: self.description.as_deref(),
            info_text: self.info.as_deref(),
            cve: self.cve.as_deref(),
            ..self.rule
        }
    }

    /// Writes the alert with one of the writers.
    pub(crate) fn write(&self, writer: impl Fn(&Alert<'_>, &mut Vec<u8>)) -> Vec<u8> {
        let context = |n: usize| self.context.get(n).map(Vec::as_slice);
        let alert =
            Alert { event: self.facts(), rule: self.rule(), id: self.id, context: &context };
        let mut out = Vec::new();
        writer(&alert, &mut out);
        out
    }

    pub(crate) fn set(&mut self, field: StaticField, value: &[u8]) {
        self.event.set_field(field, value);
    }
}

/// Keys of the static fields in both JSON forms.
const FIELDS: [(&str, StaticField); 15] = [
    ("action", StaticField::Action),
    ("protocol", StaticField::Protocol),
    ("srcip", StaticField::SrcIp),
    ("srcport", StaticField::SrcPort),
    ("srcuser", StaticField::SrcUser),
    ("dstip", StaticField::DstIp),
    ("dstport", StaticField::DstPort),
    ("dstuser", StaticField::DstUser),
    ("status", StaticField::Status),
    ("command", StaticField::Command),
    ("url", StaticField::Url),
    ("data", StaticField::Data),
    ("systemname", StaticField::SystemName),
    ("filename", StaticField::Filename),
    ("id", StaticField::Id),
];

/// Keys that are neither fields nor the names of dynamic ones.
const OTHER: [&str; 17] = [
    "rule",
    "id",
    "TimeStamp",
    "decoder",
    "decoder_parent",
    "location",
    "full_log",
    "log",
    "previous_output",
    "SyscheckFile",
    "hostname",
    "program_name",
    "decoder_desc",
    "agent_name",
    "agentip",
    "timestamp",
    "logfile",
];

fn text(value: &Value, key: &str) -> Option<Vec<u8>> {
    value.get(key).and_then(Value::as_str).map(bytes)
}

fn number(value: &Value, key: &str) -> u32 {
    value.get(key).and_then(Value::as_u64).unwrap_or(0) as u32
}

/// The event and alert behind a line of `alerts.json`.
pub(crate) fn from_alert_json(line: &str) -> Made {
    let json: Value = serde_json::from_str(line).expect("JSON");
    let time = json["TimeStamp"].as_i64().expect("a time") / 1000;
    let location = text(&json, "location").expect("a location");
    let mut made = made(time, &location, &text(&json, "full_log").expect("a log"));
    let hostname = text(&json, "hostname").expect("a host name");
    made.event.hostname = made.event.append(&hostname);
    let desc = &json["decoder_desc"];
    read_common(&json, desc, &mut made);
    for (key, field) in FIELDS.into_iter().filter(|&(key, _)| key != "id") {
        if let Some(value) = text(&json, key) {
            made.set(field, &value);
        }
    }
    let (epoch, n) = json["id"].as_str().and_then(|id| id.split_once('.')).expect("an id");
    made.id = AlertId { epoch: epoch.parse().expect("digits"), n: n.parse().expect("digits") };
    if let Some(before) = text(&json, "previous_output") {
        made.context = vec![b"?".to_vec(), before];
    }
    if let Some(file) = json.get("SyscheckFile") {
        made.set(StaticField::Filename, &text(file, "path").expect("a path"));
        read_file(file, &mut made);
    }
    made
}

/// The event behind a line of `archives.json`.
pub(crate) fn from_archive_json(line: &str, time: i64) -> Made {
    let json: Value = serde_json::from_str(line).expect("JSON");
    let name = text(&json, "agent_name").expect("a name");
    let file = text(&json, "logfile").expect("a file");
    let location = match text(&json, "agentip") {
        Some(ip) => [&b"("[..], &name, b") ", &ip, b"->", &file].concat(),
        None => file,
    };
    let mut made = made(time, &location, &text(&json, "full_log").expect("a log"));
    if made.event.hostname != made.event.location {
        made.event.hostname = made.event.append(&name);
    }
    let log = text(&json, "log").expect("a log");
    made.event.log = made.event.append(&log);
    read_common(&json, &json["decoder"], &mut made);
    for (key, field) in FIELDS {
        if let Some(value) = text(&json, key) {
            made.set(field, &value);
        }
    }
    read_file(&json, &mut made);
    made
}

fn read_common(json: &Value, decoder: &Value, made: &mut Made) {
    if let Some(program) = text(json, "program_name") {
        made.event.program_name = Some(made.event.append(&program));
    }
    for (key, value) in json.as_object().expect("an object") {
        let is_side = key.ends_with("_before") || key.ends_with("_after");
        let is_known = FIELDS.iter().any(|(name, _)| name == key) || OTHER.contains(&key.as_str());
        if !is_known && !is_side {
            let name = made.names.intern(&bytes(key));
            let value = made.event.append(&bytes(value.as_str().expect("a string")));
            made.event.decoded.dynamic.push((name, value));
        }
    }
    let fts = number(decoder, "fts");
    made.event.decoded.is_first_seen = fts & 4096 != 0;
    made.decoder = DecoderInfo {
        name: text(decoder, "name").unwrap_or_default(),
        parent: text(decoder, "parent"),
        fts: FtsKeys(fts & !4096),
        accumulate: number(decoder, "accumulate") != 0,
        fts_comment: text(decoder, "ftscomment"),
        ..DecoderInfo::default()
    };
    if made.decoder.name == b"syscheck_integrity_changed" {
        made.event.kind = b'8';
    }
    if let Some(rule) = json.get("rule") {
        made.group = text(rule, "group").expect("a group");
        made.description = text(rule, "comment");
        made.info = text(rule, "info");
        made.cve = text(rule, "cve");
        made.rule = RuleFacts {
            id: number(rule, "sidid"),
            level: number(rule, "level") as u16,
            frequency: number(rule, "frequency"),
            fired_times: number(rule, "firedtimes"),
            ..RuleFacts::default()
        };
    }
}

fn read_file(json: &Value, made: &mut Made) {
    let mut file = FileChange::default();
    for (suffix, side) in [("before", &mut file.before), ("after", &mut file.after)] {
        side.perm = number(json, &format!("perm_{suffix}"));
        for (key, place) in [
            ("md5", &mut side.md5),
            ("sha1", &mut side.sha1),
            ("sha256", &mut side.sha256),
            ("owner", &mut side.owner),
            ("gowner", &mut side.gowner),
        ] {
            *place = text(json, &format!("{key}_{suffix}")).map(|value| made.event.append(&value));
        }
    }
    made.event.decoded.file = Some(file);
}

/// The alerts of a text log, each with its empty line. An alert ends where the next begins.
pub(crate) fn split_alerts(log: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = log.match_indices("\n** Alert ").map(|(at, _)| at + 1).collect();
    if log.starts_with("** Alert ") {
        starts.insert(0, 0);
    }
    starts.push(log.len());
    starts.windows(2).map(|pair| &log[pair[0]..pair[1]]).collect()
}

/// Gives `made` what its recorded text says and its JSON does not: the mail mark and the context lines.
pub(crate) fn take_mail_and_context(made: &mut Made, recorded: &[u8]) {
    let head = recorded.split(|&b| b == b'\n').next().unwrap_or_default();
    let after_id = head.split(|&b| b == b':').nth(1).unwrap_or_default();
    made.rule.mails = after_id.starts_with(b" mail ");
    made.context.clear();
    let without = made.write(bartizan_alert::text::write);
    let common = without.strip_suffix(b"\n").expect("an empty line");
    if let Some(rest) = recorded.strip_prefix(common).and_then(|rest| rest.strip_suffix(b"\n\n")) {
        made.context = rest.split(|&b| b == b'\n').map(<[u8]>::to_vec).collect();
    }
}
