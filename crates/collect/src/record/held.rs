//! A record that is being put together.

use std::time::{Duration, Instant};

use bartizan_base::limits;

use super::Out;
use crate::line::{LOCAL_FILE, Line, cut};
use crate::start::Now;

/// So long a record waits for its next line, where its format has no other time (collection 2.4–2.8).
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The lines of a record so far, joined.
#[derive(Debug)]
pub(super) struct Held {
    text: Vec<u8>,
    kind: u8,
    /// The record's range in the file.
    start: u64,
    end: u64,
    /// When its first and its last line came; `None` while there is no record.
    times: Option<(Instant, Instant)>,
    is_cut: bool,
    is_incomplete: bool,
    is_continuation: bool,
}

impl Default for Held {
    fn default() -> Self {
        Self::of_kind(LOCAL_FILE)
    }
}

impl Held {
    pub(super) fn of_kind(kind: u8) -> Self {
        Self {
            text: Vec::new(),
            kind,
            start: 0,
            end: 0,
            times: None,
            is_cut: false,
            is_incomplete: false,
            is_continuation: false,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.times.is_some()
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(super) fn start(&self) -> Option<u64> {
        self.times.map(|_| self.start)
    }

    /// Begins a record with a line. What was open must have been ended.
    pub(super) fn begin(&mut self, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        self.text.clear();
        self.start = line.start;
        self.is_cut = false;
        self.is_continuation = line.is_continuation;
        self.times = Some((now.monotonic, now.monotonic));
        self.append(b"", line.text, line, now, out);
    }

    /// Adds a line, or what is used of it, behind a separator. What is too much is dropped.
    pub(super) fn append(
        &mut self,
        separator: &[u8],
        text: &[u8],
        line: &Line<'_>,
        now: Now,
        out: &mut Out<'_>,
    ) {
        self.end = line.end;
        self.is_incomplete = line.is_incomplete;
        self.is_cut |= line.is_cut;
        if let Some((_, last)) = &mut self.times {
            *last = now.monotonic;
        }
        let before = self.text.len();
        self.text.extend_from_slice(separator);
        self.text.extend_from_slice(text);
        if self.text.len() > limits::EVENT_BYTES {
            let kept = cut(&self.text).len().max(before);
            out.counts.dropped_bytes += (self.text.len() - kept) as u64;
            self.text.truncate(kept);
            self.mark_cut(out);
        }
    }

    /// Notes that something of it was left out.
    pub(super) fn mark_cut(&mut self, out: &mut Out<'_>) {
        out.counts.cut += u64::from(!self.is_cut);
        self.is_cut = true;
    }

    /// Hands on the record, if there is one.
    pub(super) fn end(&mut self, out: &mut Out<'_>) {
        if self.times.take().is_some() {
            out.emit(self.record(&self.text));
        }
        self.shrink();
    }

    /// Takes the record back; `text` is what was made of it, `None` if nothing can be.
    pub(super) fn end_as(&mut self, text: Option<&[u8]>, out: &mut Out<'_>) {
        if self.times.take().is_some() {
            match text {
                Some(text) => out.emit(self.record(text)),
                None => out.unfit(),
            }
        }
        self.shrink();
    }

    fn record<'a>(&self, text: &'a [u8]) -> Line<'a> {
        Line {
            text,
            kind: self.kind,
            start: self.start,
            end: self.end,
            fields: &[],
            is_cut: self.is_cut,
            is_incomplete: self.is_incomplete,
            is_continuation: self.is_continuation,
        }
    }

    /// Gives memory back that a long record needed.
    fn shrink(&mut self) {
        if self.text.capacity() > 8192 {
            self.text = Vec::new();
        }
    }

    /// Whether its last line came so long ago.
    pub(super) fn is_due(&self, now: Now, patience: Duration) -> bool {
        self.times.is_some_and(|(_, last)| passed(last, now) >= patience)
    }

    /// Whether its first line came so long ago.
    pub(super) fn is_old(&self, now: Now, patience: Duration) -> bool {
        self.times.is_some_and(|(first, _)| passed(first, now) >= patience)
    }
}

fn passed(since: Instant, now: Now) -> Duration {
    now.monotonic.saturating_duration_since(since)
}
