//! `modsec-audit`: a transaction from its section A to its section Z (collection 2.12).
//!
//! Whoever makes a long request writes a long transaction. So that it cannot push out what matters, the
//! sections with the request line, the headers and the findings have room of their own, before bodies.

use std::time::Duration;

use bartizan_base::limits;

use super::held::Held;
use super::{Format, Out};
use crate::line::Line;
use crate::start::Now;

/// So long after its start a transaction without an end is over.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest id.
const ID_BYTES: usize = 63;

#[derive(Debug, Default)]
pub(super) struct ModSecurity {
    /// Which transaction, and from where to where it is. Its text is put together at the end.
    held: Held,
    id: Vec<u8>,
    /// The lines that are kept, each with whether it is of a section that comes first, and its length.
    lines: Vec<(bool, usize)>,
    text: Vec<u8>,
    /// Bytes of lines of the two sorts: the others, and those that come first.
    bytes: [usize; 2],
    is_first: bool,
    joined: Vec<u8>,
}

/// The id and the section of a line that begins one: `--ID-S--`.
fn marker(text: &[u8]) -> Option<(&[u8], u8)> {
    let inner = text.strip_prefix(b"--")?.strip_suffix(b"--")?;
    let (id, section) = inner.split_at_checked(inner.len().checked_sub(2)?)?;
    let [b'-', section @ b'A'..=b'Z'] = *section else { return None };
    let is_id = (1..=ID_BYTES).contains(&id.len()) && id.iter().all(u8::is_ascii_alphanumeric);
    is_id.then_some((id, section))
}

/// Whether the section has room of its own. The others are bodies, and what is computed from them.
fn comes_first(section: u8) -> bool {
    b"ABFHZ".contains(&section)
}

impl ModSecurity {
    fn begin(&mut self, id: &[u8], line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        self.id.clear();
        self.id.extend_from_slice(id);
        self.lines.clear();
        self.text.clear();
        self.bytes = [0; 2];
        self.is_first = true;
        self.held.begin(&Line { text: b"", ..*line }, now, out);
        self.keep(line.text, out);
    }

    fn keep(&mut self, text: &[u8], out: &mut Out<'_>) {
        let Some(used) = self.bytes.get_mut(usize::from(self.is_first)) else { return };
        // With the blank before it.
        let room = limits::EVENT_BYTES.saturating_sub(*used);
        if text.len() >= room {
            out.counts.dropped_bytes += text.len() as u64;
            return self.held.mark_cut(out);
        }
        *used += text.len() + 1;
        self.lines.push((self.is_first, text.len()));
        self.text.extend_from_slice(text);
    }

    fn end(&mut self, out: &mut Out<'_>) {
        let [others, first] = self.bytes;
        let mut room = limits::EVENT_BYTES.saturating_sub(first);
        let has_room = others <= room;
        self.joined.clear();
        let mut rest = self.text.as_slice();
        for &(is_first, length) in &self.lines {
            let (line, after) = rest.split_at_checked(length).unwrap_or((rest, b""));
            rest = after;
            if !is_first && !has_room {
                let Some(left) = room.checked_sub(length + 1) else {
                    room = 0;
                    self.held.mark_cut(out);
                    out.counts.dropped_bytes += length as u64;
                    continue;
                };
                room = left;
            }
            if !self.joined.is_empty() {
                self.joined.push(b' ');
            }
            self.joined.extend_from_slice(line);
        }
        self.held.end_as(Some(&self.joined), out);
        for buffer in [&mut self.text, &mut self.joined] {
            if buffer.capacity() > 8192 {
                *buffer = Vec::new();
            }
        }
    }
}

impl Format for ModSecurity {
    fn line(&mut self, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        let marker = marker(line.text);
        if !self.held.is_open() {
            return match marker {
                Some((id, b'A')) => self.begin(id, line, now, out),
                _ if line.text.is_empty() => out.leave_out(),
                _ => out.unfit(),
            };
        }
        // Markers of other transactions are data: whoever makes a request can write them.
        let section =
            marker.filter(|(id, _)| *id == self.id.as_slice()).map(|(_, section)| section);
        if let Some(section) = section {
            self.is_first = comes_first(section);
        }
        self.held.append(b"", b"", line, now, out);
        self.keep(line.text, out);
        if section == Some(b'Z') {
            self.end(out);
        }
    }

    fn expire(&mut self, now: Now, out: &mut Out<'_>) {
        if self.held.is_old(now, PATIENCE) {
            self.end(out);
        }
    }

    fn flush(&mut self, out: &mut Out<'_>) {
        if self.held.is_open() {
            self.end(out);
        }
    }

    fn held_from(&self) -> Option<u64> {
        self.held.start()
    }
}
