//! `ossecalert`: an alert of another server's `alerts.log`, as one line (collection 2.13).

use super::held::{Held, PATIENCE};
use super::stamp::has_shape;
use super::{Format, Out};
use crate::line::Line;
use crate::start::Now;

#[derive(Debug, Default)]
pub(super) struct OssecAlert {
    /// The alert's lines, with line feeds between them.
    held: Held,
    text: Vec<u8>,
}

impl OssecAlert {
    fn end(&mut self, out: &mut Out<'_>) {
        let is_alert = write(self.held.text(), &mut self.text).is_some();
        self.held.end_as(is_alert.then_some(self.text.as_slice()), out);
    }
}

impl Format for OssecAlert {
    fn line(&mut self, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        if line.text.starts_with(b"** Alert ") {
            self.end(out);
            self.held.begin(line, now, out);
        } else if line.text.is_empty() {
            self.end(out);
            out.leave_out();
        } else if self.held.is_open() {
            self.held.append(b"\n", line.text, line, now, out);
        } else {
            out.unfit();
        }
    }

    fn expire(&mut self, now: Now, out: &mut Out<'_>) {
        if self.held.is_due(now, PATIENCE) {
            self.end(out);
        }
    }

    fn flush(&mut self, out: &mut Out<'_>) {
        self.end(out);
    }

    fn held_from(&self) -> Option<u64> {
        self.held.start()
    }
}

/// What an alert may say of its event, in this order.
const FIELDS: [&[u8]; 7] = [
    b"Src IP: ",
    b"Src Location: ",
    b"Src Port: ",
    b"Dst IP: ",
    b"Dst Location: ",
    b"Dst Port: ",
    b"User: ",
];
/// Which of them are told, and under which name.
const TOLD: [(&[u8], &[u8]); 2] = [(b"Src IP: ", b" srcip: "), (b"User: ", b" user: ")];

/// Writes the alert as a line; `None` if it is none.
fn write(alert: &[u8], text: &mut Vec<u8>) -> Option<()> {
    let mut rest = alert;
    let mut next = || {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..end)?;
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(line)
    };
    next()?;
    let place = next()?;
    let location = place.get(21..).filter(|_| has_shape(place, b"0000 ??? 00 00:00:00 "))?;
    let (level, id, description) = rule(next()?)?;
    text.clear();
    for part in [b"ossec: Alert Level: ", level, b"; Rule: ", id, b" - ", description] {
        text.extend_from_slice(part);
    }
    for part in [b"; Location: ", location, b";"] {
        text.extend_from_slice(part);
    }
    let mut fields = FIELDS.iter();
    while let Some(name) = fields.by_ref().find(|name| rest.starts_with(name)) {
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let value = rest.get(name.len()..end).unwrap_or_default();
        rest = rest.get(end + 1..).unwrap_or_default();
        let told = TOLD.iter().find(|(known, _)| known == name);
        if let Some((_, told)) = told.filter(|_| value != b"(none)") {
            text.extend_from_slice(told);
            text.extend_from_slice(value);
            text.push(b';');
        }
        if !FIELDS.iter().any(|name| rest.starts_with(name)) {
            break;
        }
    }
    text.extend_from_slice(b"  ");
    text.extend_from_slice(rest);
    if memchr::memchr(b'\n', rest).is_some() {
        text.push(b'\n');
    }
    Some(())
}

/// Level, id and description of `Rule: ID (level N) -> 'DESCRIPTION'`.
fn rule(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let rest = line.strip_prefix(b"Rule: ")?;
    let blank = memchr::memchr(b' ', rest)?;
    let (id, rest) = (rest.get(..blank)?, rest.get(blank..)?.strip_prefix(b" (level ")?);
    let end = memchr::memchr(b')', rest)?;
    let (level, rest) = (rest.get(..end)?, rest.get(end..)?.strip_prefix(b") -> '")?);
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let description = rest.strip_suffix(b"'").unwrap_or(rest);
    (is_number(id) && is_number(level)).then_some((level, id, description))
}
