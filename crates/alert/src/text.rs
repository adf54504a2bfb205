//! `alerts.log` (rules 10.1), and the head that all text logs begin a line with.
//!
//! ```text
//! ** Alert 1795509650.4: mail  - syslog,sshd,
//! 2026 Nov 24 08:40:50 web1->/var/log/auth.log
//! Rule: 5716 (level 5) -> 'SSHD authentication failed.'
//! Src IP: 192.0.2.7
//! User: root
//! <log, then the context lines>
//!
//! ```
//!
//! How a log is kept from looking like anything but a log stands in `safe`.

use bartizan_base::StaticField;

use crate::facts::{Alert, EventFacts};
use crate::number;
use crate::safe::{self, Among};

/// Bytes shown of a log or context line (rules 10.1).
pub const SHOWN_BYTES: usize = 1256;

/// The fields an alert names, in order.
const FIELDS: [(&[u8], StaticField); 7] = [
    (b"Src IP: ", StaticField::SrcIp),
    (b"Src Location: ", StaticField::SrcGeoIp),
    (b"Src Port: ", StaticField::SrcPort),
    (b"Dst IP: ", StaticField::DstIp),
    (b"Dst Location: ", StaticField::DstGeoIp),
    (b"Dst Port: ", StaticField::DstPort),
    (b"User: ", StaticField::DstUser),
];

/// Appends the alert, with the empty line that ends it.
pub fn write(alert: &Alert<'_>, out: &mut Vec<u8>) {
    let facts = &alert.event;
    out.extend_from_slice(b"** Alert ");
    number::push_signed(out, alert.id.epoch);
    out.push(b'.');
    number::push(out, alert.id.n);
    out.extend_from_slice(if alert.rule.mails { b": mail  - " } else { b": - " });
    push_value(facts, alert.rule.group, out);
    out.push(b'\n');
    write_head(facts, out);
    out.extend_from_slice(b"\nRule: ");
    number::push(out, u64::from(alert.rule.id));
    out.extend_from_slice(b" (level ");
    number::push(out, u64::from(alert.rule.level));
    out.extend_from_slice(b") -> '");
    push_value(facts, alert.rule.shown_description(), out);
    out.extend_from_slice(b"'\n");
    for (label, field) in FIELDS {
        if let Some(value) = facts.event.field(field) {
            out.extend_from_slice(label);
            push_value(facts, value, out);
            out.push(b'\n');
        }
    }
    write_logs(alert, out);
    out.push(b'\n');
}

fn write_logs(alert: &Alert<'_>, out: &mut Vec<u8>) {
    let facts = &alert.event;
    let log = facts.event.bytes(facts.event.full_log);
    let mut context = alert.context_lines().peekable();
    let among = if facts.event.kind == b'8' { Among::SyscheckAlert } else { Among::Alert };
    push_log(facts, log, among, context.peek().is_none(), out);
    while let Some(line) = context.next() {
        push_log(facts, line, Among::Alert, context.peek().is_none(), out);
    }
}

fn push_log(facts: &EventFacts<'_>, log: &[u8], among: Among, is_last: bool, out: &mut Vec<u8>) {
    let shown = log.get(..SHOWN_BYTES).unwrap_or(log);
    if facts.is_raw() {
        out.extend_from_slice(shown);
        out.push(b'\n');
    } else {
        safe::push_log(out, shown, among, is_last);
    }
}

/// Appends the date and the place of an event: `YYYY Mon DD HH:MM:SS [HOST->]LOCATION`.
pub(crate) fn write_head(facts: &EventFacts<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(facts.date.text());
    out.push(b' ');
    if let Some(hostname) = facts.host_in_header() {
        push_value(facts, hostname, out);
        out.extend_from_slice(b"->");
    }
    push_value(facts, facts.event.bytes(facts.event.location), out);
}

/// Appends a value that has, or ends with, its own line.
pub(crate) fn push_value(facts: &EventFacts<'_>, value: &[u8], out: &mut Vec<u8>) {
    if facts.is_raw() {
        out.extend_from_slice(value);
    } else {
        safe::push_value(out, value);
    }
}
