//! `audit`: all records of one event of the kernel's audit, by its serial (collection 2.11).
//!
//! Events may be interleaved. One is over at its `EOE`, or some time after its first line: which of them is
//! the last cannot be seen.

use std::collections::VecDeque;
use std::time::Duration;

use super::held::Held;
use super::{Format, Out};
use crate::line::Line;
use crate::start::Now;

/// So long after its first line an event is over.
const PATIENCE: Duration = Duration::from_secs(2);
/// Events that are put together at once, most; the oldest is taken to be over beyond.
const EVENTS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Audit {
    /// In the order of their first lines.
    events: VecDeque<Event>,
    spare: Vec<Event>,
}

#[derive(Debug, Default)]
struct Event {
    /// Machine, time and serial.
    id: Vec<u8>,
    held: Held,
}

impl Audit {
    fn end(&mut self, at: usize, out: &mut Out<'_>) {
        let Some(mut event) = self.events.remove(at) else { return };
        let oldest = self.events.front().and_then(|event| event.held.start());
        let sink = &mut *out.sink;
        // Where lines of other events that began earlier still wait, reading has to go on there.
        let mut sink = |line: Line<'_>| {
            sink(Line { end: oldest.map_or(line.end, |start| start.min(line.end)), ..line });
        };
        let shaper = out.shaper.as_deref_mut();
        event.held.end(&mut Out { counts: out.counts, shaper, time: out.time, sink: &mut sink });
        self.spare.push(event);
    }
}

impl Format for Audit {
    fn line(&mut self, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        let Some(record) = Record::of(line.text) else {
            return if line.text.is_empty() { out.leave_out() } else { out.unfit() };
        };
        let is_it = |event: &Event| {
            event.id.split_at_checked(record.node.len()) == Some((record.node, record.id))
        };
        let at = match self.events.iter().rposition(is_it) {
            Some(at) => at,
            None => {
                if self.events.len() >= EVENTS {
                    self.end(0, out);
                }
                let mut event = self.spare.pop().unwrap_or_default();
                event.id.clear();
                event.id.extend_from_slice(record.node);
                event.id.extend_from_slice(record.id);
                self.events.push_back(event);
                self.events.len() - 1
            }
        };
        if let Some(event) = self.events.get_mut(at) {
            if event.held.is_open() {
                event.held.append(b" ", line.text, line, now, out);
            } else {
                event.held.begin(line, now, out);
            }
        }
        if record.kind == b"EOE" {
            self.end(at, out);
        }
    }

    fn expire(&mut self, now: Now, out: &mut Out<'_>) {
        while self.events.front().is_some_and(|event| event.held.is_old(now, PATIENCE)) {
            self.end(0, out);
        }
    }

    fn flush(&mut self, out: &mut Out<'_>) {
        while !self.events.is_empty() {
            self.end(0, out);
        }
    }

    fn held_from(&self) -> Option<u64> {
        self.events.front().and_then(|event| event.held.start())
    }
}

/// `[node=NAME ]type=KIND msg=audit(ID): …`.
struct Record<'a> {
    node: &'a [u8],
    kind: &'a [u8],
    id: &'a [u8],
}

impl<'a> Record<'a> {
    fn of(text: &'a [u8]) -> Option<Self> {
        let (node, rest) = match text.strip_prefix(b"node=") {
            Some(rest) => {
                let blank = memchr::memchr(b' ', rest)?;
                (rest.get(..blank)?, rest.get(blank + 1..)?)
            }
            None => (&b""[..], text),
        };
        let rest = rest.strip_prefix(b"type=")?;
        let blank = memchr::memchr(b' ', rest)?;
        let (kind, rest) = (rest.get(..blank)?, rest.get(blank + 1..)?);
        let rest = rest.strip_prefix(b"msg=audit(")?;
        let end = memchr::memchr(b')', rest)?;
        let id = rest.get(..end)?;
        let is_id = id.iter().all(|byte| byte.is_ascii_digit() || b".:".contains(byte));
        let has_serial = memchr::memchr(b':', id).is_some();
        (is_id && has_serial && rest.get(end + 1) == Some(&b':')).then_some(Self { node, kind, id })
    }
}
