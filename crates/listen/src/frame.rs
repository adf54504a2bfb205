//! Cutting a stream of bytes into messages.
//!
//! ```text
//! bytes as they are read ─▶ Splitter ─┬─ "<13>one\n"      up to a line feed or a NUL (RFC 6587, 3.4.2)
//!                                     └─ "7 <13>two"      as many bytes as the number says (RFC 6587, 3.4.1)
//! ```
//!
//! Each message says by its first byte which of the two it is, so both may be mixed. A message that lies whole in what
//! was read is not copied. Nothing here grows without bound: of a message longer than an event the start is handed on
//! at once, and the rest is skipped (collection 8.4).

use bartizan_base::limits;

/// What is kept of one message: an event, and the priority and header before it.
const KEPT_BYTES: usize = limits::EVENT_BYTES + 256;
/// Most digits of a count.
const COUNT_DIGITS: usize = 6;
/// A buffer that grew beyond this is given back when its message is done.
const SPARE_BYTES: usize = 4 << 10;

/// One message, without what ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// It was longer than what is kept.
    pub is_cut: bool,
    /// The stream ended in it.
    pub is_incomplete: bool,
}

/// What should have been a count is none, so nobody knows where the next message begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message begins with no valid count of its bytes")]
pub struct BadCount;

/// Collects the bytes of one connection into messages.
#[derive(Debug, Default)]
pub struct Splitter {
    state: State,
    pending: Vec<u8>,
    /// A counted message came before: digits at the start of a message can be nothing but a count.
    has_counted: bool,
    skipped_bytes: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Between messages.
    #[default]
    Start,
    /// In digits at the start, which are pending.
    Count,
    /// In a message that ends with a line feed or a NUL.
    Line,
    /// In a message of which so many bytes are missing.
    Counted(usize),
    /// As the two, behind what was handed on.
    SkippedLine,
    SkippedCounted(usize),
}

impl Splitter {
    /// Takes bytes in and hands on the messages they complete.
    ///
    /// # Errors
    ///
    /// [`BadCount`] if the connection cannot be made sense of any more: it is to be closed.
    pub fn feed(&mut self, chunk: &[u8], sink: &mut dyn FnMut(Frame<'_>)) -> Result<(), BadCount> {
        let mut rest = chunk;
        while let Some(&first) = rest.first() {
            rest = match self.state {
                State::Start => {
                    match first {
                        // Ends that belong to nothing: behind a NUL, behind a counted message.
                        b'\n' | 0 => rest = rest.get(1..).unwrap_or_default(),
                        b'1'..=b'9' => self.state = State::Count,
                        _ => self.state = State::Line,
                    }
                    rest
                }
                State::Count => self.take_count(rest)?,
                State::Line => self.take_line(rest, sink),
                State::Counted(missing) => self.take_counted(rest, missing, sink),
                State::SkippedLine => self.skip_line(rest),
                State::SkippedCounted(missing) => self.skip_counted(rest, missing),
            };
        }
        Ok(())
    }

    /// Hands on what waits for its end, which will not come.
    pub fn finish(&mut self, sink: &mut dyn FnMut(Frame<'_>)) {
        if !without_end(&self.pending).is_empty() {
            let bytes = without_end(&self.pending);
            sink(Frame { bytes, is_cut: false, is_incomplete: true });
        }
        self.reset();
    }

    /// Bytes of messages that were too long.
    #[must_use]
    pub fn skipped_bytes(&self) -> u64 {
        self.skipped_bytes
    }

    fn reset(&mut self) {
        self.state = State::Start;
        self.pending.clear();
        if self.pending.capacity() > SPARE_BYTES {
            self.pending = Vec::new();
        }
    }

    fn take_count<'a>(&mut self, rest: &'a [u8]) -> Result<&'a [u8], BadCount> {
        for (at, &byte) in rest.iter().enumerate() {
            if byte.is_ascii_digit() && self.pending.len() < COUNT_DIGITS {
                self.pending.push(byte);
                continue;
            }
            let after = rest.get(at..).unwrap_or_default();
            return match (byte, number(&self.pending)) {
                (b' ', Some(count)) => {
                    self.has_counted = true;
                    self.pending.clear();
                    self.state = State::Counted(count);
                    Ok(after.get(1..).unwrap_or_default())
                }
                _ if self.has_counted => {
                    self.reset();
                    Err(BadCount)
                }
                // Text that begins with digits, a date for instance, from a sender that does not count.
                _ => {
                    self.state = State::Line;
                    Ok(after)
                }
            };
        }
        Ok(&[])
    }

    fn take_line<'a>(&mut self, rest: &'a [u8], sink: &mut dyn FnMut(Frame<'_>)) -> &'a [u8] {
        let Some(end) = memchr::memchr2(b'\n', 0, rest) else {
            if self.keep(rest, sink) {
                self.state = State::SkippedLine;
            }
            return &[];
        };
        let (part, after) = (rest.get(..end).unwrap_or_default(), rest.get(end + 1..));
        if self.pending.is_empty() && part.len() <= KEPT_BYTES {
            hand_on_line(part, sink);
        } else if !self.keep(part, sink) {
            hand_on_line(&self.pending, sink);
        }
        self.reset();
        after.unwrap_or_default()
    }

    fn take_counted<'a>(
        &mut self,
        rest: &'a [u8],
        missing: usize,
        sink: &mut dyn FnMut(Frame<'_>),
    ) -> &'a [u8] {
        let (part, after) = rest.split_at(missing.min(rest.len()));
        let missing = missing - part.len();
        if missing == 0 && self.pending.is_empty() && part.len() <= KEPT_BYTES {
            hand_on_line(part, sink);
            self.reset();
            return after;
        }
        let was_cut = self.keep(part, sink);
        self.state = match (missing, was_cut) {
            (0, false) => {
                hand_on_line(&self.pending, sink);
                State::Start
            }
            (0, true) => State::Start,
            (missing, false) => State::Counted(missing),
            (missing, true) => State::SkippedCounted(missing),
        };
        if self.state == State::Start {
            self.reset();
        }
        after
    }

    fn skip_line<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let end = memchr::memchr2(b'\n', 0, rest);
        self.skipped_bytes += end.unwrap_or(rest.len()) as u64;
        let Some(end) = end else { return &[] };
        self.reset();
        rest.get(end + 1..).unwrap_or_default()
    }

    fn skip_counted<'a>(&mut self, rest: &'a [u8], missing: usize) -> &'a [u8] {
        let (part, after) = rest.split_at(missing.min(rest.len()));
        self.skipped_bytes += part.len() as u64;
        self.state = State::SkippedCounted(missing - part.len());
        if missing == part.len() {
            self.reset();
        }
        after
    }

    /// Adds to what waits. When that becomes too long it is handed on, and true returned.
    fn keep(&mut self, part: &[u8], sink: &mut dyn FnMut(Frame<'_>)) -> bool {
        let room = KEPT_BYTES.saturating_sub(self.pending.len());
        let (kept, surplus) = part.split_at(room.min(part.len()));
        self.pending.extend_from_slice(kept);
        if surplus.is_empty() {
            return false;
        }
        self.skipped_bytes += surplus.len() as u64;
        sink(Frame { bytes: &self.pending, is_cut: true, is_incomplete: false });
        self.pending = Vec::new();
        true
    }
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Hands a message on. An empty line is none: it is what stands between ends of two kinds.
fn hand_on_line(bytes: &[u8], sink: &mut dyn FnMut(Frame<'_>)) {
    let bytes = without_end(bytes);
    if !bytes.is_empty() {
        sink(Frame { bytes, is_cut: false, is_incomplete: false });
    }
}

/// Without the NULs, the line feed and the carriage return that may stand at the end.
fn without_end(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let bytes = bytes.get(..end).unwrap_or_default();
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

#[cfg(test)]
#[path = "frame/tests.rs"]
mod tests;
