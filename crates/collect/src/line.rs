//! Cutting a stream of bytes into lines.
//!
//! ```text
//! chunks as they are read ─▶ LineBuffer ─▶ Line, Line, …      the rest waits for its newline
//! ```
//!
//! A line that is complete within a chunk is handed on without being copied. Nothing here grows without
//! bound: a line longer than [`limits::EVENT_BYTES`] is handed on once, cut, and skipped to its newline
//! (collection 3.2).

use std::ops::AddAssign;

use bartizan_base::limits;

/// One line, without its end; or a record of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The bytes. A CR before the newline and NULs at the start are gone; other NULs became spaces.
    pub text: &'a [u8],
    /// The type of its message, for analysis (decoding 2.2): `1`, and for some formats another.
    pub kind: u8,
    /// Offset in the file of its first byte.
    pub start: u64,
    /// Offset in the file of the first byte that is not part of it. Everything before it was handed on, so
    /// reading can go on there when this is done with; of the journal the entry's time, as in
    /// [`Position`](crate::Position). 0 for what has no place to go on at.
    pub end: u64,
    /// What is known of it besides its text: names and values, of journal entries.
    pub fields: &'a [(&'a str, &'a [u8])],
    /// It was longer than [`limits::EVENT_BYTES`]; the rest was dropped.
    pub is_cut: bool,
    /// Its newline did not come in time, or never can.
    pub is_incomplete: bool,
    /// The line before this one was incomplete, and this is what followed it.
    pub is_continuation: bool,
}

/// The type of the message of an ordinary log line (decoding 2.2).
pub const LOCAL_FILE: u8 = b'1';

impl Default for Line<'_> {
    fn default() -> Self {
        Self {
            text: &[],
            kind: LOCAL_FILE,
            start: 0,
            end: 0,
            fields: &[],
            is_cut: false,
            is_incomplete: false,
            is_continuation: false,
        }
    }
}

/// What was done with the bytes of an input, for its state output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// Lines read.
    pub lines: u64,
    /// Records handed on: of plain formats the lines, of others what is made of them.
    pub records: u64,
    /// Lines that have not the form of their format. They are left out, except of `json`.
    pub unfit: u64,
    /// Lines and records that the format or the settings leave out on purpose.
    pub left_out: u64,
    /// Bytes taken in, newlines included.
    pub bytes: u64,
    /// Lines and records that were cut.
    pub cut: u64,
    /// Bytes that were not handed on: the rest of cut lines and records, and NULs at the start of lines.
    pub dropped_bytes: u64,
    /// Lines handed on without their newline.
    pub incomplete: u64,
}

impl AddAssign for LineCounts {
    fn add_assign(&mut self, other: Self) {
        self.lines += other.lines;
        self.records += other.records;
        self.unfit += other.unfit;
        self.left_out += other.left_out;
        self.bytes += other.bytes;
        self.cut += other.cut;
        self.dropped_bytes += other.dropped_bytes;
        self.incomplete += other.incomplete;
    }
}

/// Collects the bytes of one input into lines.
#[derive(Debug, Default)]
pub struct LineBuffer {
    pending: Vec<u8>,
    /// Offset of the next byte that is fed.
    offset: u64,
    /// Offset of the first byte of what waits.
    pending_from: u64,
    /// The line was cut; its rest is skipped.
    is_skipping: bool,
    is_continuation: bool,
    counts: LineCounts,
}

/// What is kept of a line: a CR at the very end may still be removed.
const KEPT_BYTES: usize = limits::EVENT_BYTES + 1;

impl LineBuffer {
    /// Takes bytes in and hands on the lines they complete. The bytes may be changed.
    pub fn feed(&mut self, chunk: &mut [u8], sink: &mut dyn FnMut(Line<'_>)) {
        self.counts.bytes += chunk.len() as u64;
        let mut rest = chunk;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at_mut(end);
            if self.pending.is_empty() {
                self.pending_from = self.offset;
            }
            self.offset += end as u64 + 1;
            self.end_line(line, sink);
            rest = after.get_mut(1..).unwrap_or_default();
        }
        if self.pending.is_empty() {
            self.pending_from = self.offset;
        }
        self.offset += rest.len() as u64;
        self.keep(rest, sink);
    }

    /// Hands on what waits for its newline. What follows it will be marked as its continuation.
    pub fn flush(&mut self, sink: &mut dyn FnMut(Line<'_>)) {
        if self.pending.is_empty() {
            return;
        }
        self.counts.incomplete += 1;
        self.hand_on_pending(false, true, sink);
        self.is_continuation = true;
    }

    /// Takes the start of a line that was there before reading begins at `offset`.
    pub(crate) fn preload(&mut self, start: &[u8], offset: u64) {
        self.restart(offset);
        self.pending_from = offset.saturating_sub(start.len() as u64);
        self.append(start);
    }

    /// Skips the rest, from `offset` on, of a line that was cut or whose start is too far back.
    pub(crate) fn skip_line(&mut self, offset: u64) {
        self.restart(offset);
        self.is_skipping = true;
    }

    /// What comes next, from `offset` on, follows a line that was handed on incomplete.
    pub(crate) fn go_on_in_line(&mut self, offset: u64) {
        self.restart(offset);
        self.is_continuation = true;
    }

    /// Forgets what waits: the next byte is the one at `offset`, where a line starts.
    pub fn restart(&mut self, offset: u64) {
        self.pending.clear();
        self.offset = offset;
        self.is_skipping = false;
        self.is_continuation = false;
    }

    /// Offset up to which everything was handed on or dropped: the start of what waits for its newline.
    #[must_use]
    pub fn consumed(&self) -> u64 {
        if self.pending.is_empty() { self.offset } else { self.pending_from }
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> LineCounts {
        self.counts
    }

    /// Gives memory back that a long line needed.
    pub fn shrink(&mut self) {
        if self.pending.is_empty() && self.pending.capacity() > 4096 {
            self.pending = Vec::new();
        }
    }

    fn end_line(&mut self, line: &mut [u8], sink: &mut dyn FnMut(Line<'_>)) {
        if self.is_skipping {
            self.is_skipping = false;
            self.counts.dropped_bytes += line.len() as u64;
        } else if self.pending.is_empty() {
            // Nothing but the newline came after an incomplete line: it was complete after all.
            if !(self.is_continuation && line.is_empty()) {
                let (start, end) = (self.pending_from, self.offset);
                let mark = Line { start, end, ..Line::default() };
                hand_on(line, mark, self.is_continuation, &mut self.counts, sink);
            }
        } else {
            let is_cut = self.append(line);
            self.hand_on_pending(is_cut, false, sink);
        }
        self.is_continuation = false;
    }

    fn keep(&mut self, part: &[u8], sink: &mut dyn FnMut(Line<'_>)) {
        if self.is_skipping {
            self.counts.dropped_bytes += part.len() as u64;
        } else if self.append(part) {
            if self.pending.iter().all(|&byte| byte == 0) {
                // The hole that copytruncate leaves when the writer does not append: the line behind it
                // is whole.
                self.counts.dropped_bytes += self.pending.len() as u64;
                self.pending.clear();
                return;
            }
            self.hand_on_pending(true, false, sink);
            self.is_skipping = true;
        }
    }

    /// Whether the line became too long; the surplus is dropped then.
    fn append(&mut self, part: &[u8]) -> bool {
        let room = KEPT_BYTES - self.pending.len().min(KEPT_BYTES);
        let (kept, surplus) = part.split_at(room.min(part.len()));
        self.pending.extend_from_slice(kept);
        self.counts.dropped_bytes += surplus.len() as u64;
        !surplus.is_empty()
    }

    fn hand_on_pending(
        &mut self,
        is_cut: bool,
        is_incomplete: bool,
        sink: &mut dyn FnMut(Line<'_>),
    ) {
        let (start, end) = (self.pending_from, self.offset);
        let mark = Line { start, end, is_cut, is_incomplete, ..Line::default() };
        hand_on(&mut self.pending, mark, self.is_continuation, &mut self.counts, sink);
        self.pending.clear();
    }
}

fn hand_on(
    text: &mut [u8],
    mut mark: Line<'_>,
    is_continuation: bool,
    counts: &mut LineCounts,
    sink: &mut dyn FnMut(Line<'_>),
) {
    let has_cr = !mark.is_cut && !mark.is_incomplete && text.last() == Some(&b'\r');
    let end = text.len() - usize::from(has_cr);
    let text = text.get_mut(..end).unwrap_or_default();
    let nuls = text.iter().take_while(|&&byte| byte == 0).count();
    let text = text.get_mut(nuls..).unwrap_or_default();
    if let Some(first) = memchr::memchr(0, text) {
        for byte in text.get_mut(first..).unwrap_or_default() {
            if *byte == 0 {
                *byte = b' ';
            }
        }
    }
    let text = &*text;
    let kept = if text.len() > limits::EVENT_BYTES || mark.is_cut { cut(text) } else { text };
    mark.is_cut |= kept.len() < text.len();
    mark.is_continuation = is_continuation;
    counts.lines += 1;
    counts.cut += u64::from(mark.is_cut);
    counts.dropped_bytes += (nuls + text.len() - kept.len()) as u64;
    sink(Line { text: kept, ..mark });
}

/// At most [`limits::EVENT_BYTES`], and not in the middle of a UTF-8 character.
pub(crate) fn cut(text: &[u8]) -> &[u8] {
    let text = text.get(..limits::EVENT_BYTES).unwrap_or(text);
    let start = text.len().saturating_sub(4);
    // The last character starts within the last four bytes, or the text is not UTF-8.
    let lead = text.iter().skip(start).rposition(|&byte| byte & 0xc0 != 0x80);
    let Some(lead) = lead.map(|at| start + at) else { return text };
    let (whole, last) = text.split_at(lead);
    let length = match last.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => 1,
    };
    if last.len() < length { whole } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lines as text, with `~` for cut, `…` for incomplete and `+` for a continuation.
    fn lines(chunks: &[&[u8]], flush: bool) -> Vec<String> {
        let mut buffer = LineBuffer::default();
        let mut got = Vec::new();
        let mut sink = |line: Line<'_>| {
            let mut text = String::from_utf8_lossy(line.text).into_owned();
            text.insert_str(0, if line.is_continuation { "+" } else { "" });
            text.push_str(if line.is_cut { "~" } else { "" });
            text.push_str(if line.is_incomplete { "…" } else { "" });
            got.push(text);
        };
        for chunk in chunks {
            buffer.feed(&mut chunk.to_vec(), &mut sink);
            if flush {
                buffer.flush(&mut sink);
            }
        }
        got
    }

    #[test]
    fn lines_wait_for_their_newline_across_chunks() {
        assert_eq!(lines(&[b"one\ntw", b"o", b"\n\nthree"], false), ["one", "two", ""]);
    }

    #[test]
    fn an_incomplete_line_is_handed_on_when_asked_and_its_rest_marked() {
        assert_eq!(
            lines(&[b"a\nb", b"c\n", b"d", b"\n", b"e\n"], true),
            ["a", "b…", "+c", "d…", "e"]
        );
    }

    #[test]
    fn a_carriage_return_goes_only_at_the_end() {
        assert_eq!(lines(&[b"a\r\nb\rc\n\r\n", b"d\r", b"\n"], false), ["a", "b\rc", "", "d"]);
    }

    #[test]
    fn nul_bytes_become_spaces_and_vanish_at_the_start() {
        assert_eq!(lines(&[b"a\0b\0\n\0\n\0\0c\n"], false), ["a b ", "", "c"]);
    }

    fn line_of(length: usize) -> Vec<u8> {
        let mut line = vec![b'x'; length];
        line.extend_from_slice(b"\nnext\n");
        line
    }

    /// Lengths of the lines, whether they are cut, and how many bytes were dropped.
    fn lengths(bytes: &[u8], chunk: usize) -> (Vec<(usize, bool)>, u64) {
        let mut buffer = LineBuffer::default();
        let mut got = Vec::new();
        for part in bytes.chunks(chunk) {
            buffer.feed(&mut part.to_vec(), &mut |line| got.push((line.text.len(), line.is_cut)));
        }
        (got, buffer.counts().dropped_bytes)
    }

    #[test]
    fn the_limit_cuts_once_and_the_next_line_is_whole() {
        const MAX: usize = limits::EVENT_BYTES;
        for (length, expected) in [
            (MAX - 1, (MAX - 1, false)),
            (MAX, (MAX, false)),
            (MAX + 1, (MAX, true)),
            (MAX + 2, (MAX, true)),
            (1 << 20, (MAX, true)),
        ] {
            for chunk in [1000, 65_536, 3 << 20] {
                let (got, dropped) = lengths(&line_of(length), chunk);
                assert_eq!(got, [expected, (4, false)], "{length} bytes in chunks of {chunk}");
                assert_eq!(dropped, length.saturating_sub(MAX) as u64);
            }
        }
        let mut crlf = vec![b'x'; MAX];
        crlf.extend_from_slice(b"\r\nnext\n");
        assert_eq!(lengths(&crlf, 65_536).0, [(MAX, false), (4, false)]);
    }

    #[test]
    fn a_cut_keeps_utf8_characters_whole() {
        let mut line = vec![b'x'; limits::EVENT_BYTES - 1];
        line.extend_from_slice("ääää\n".as_bytes());
        assert_eq!(lengths(&line, 65_536).0, [(limits::EVENT_BYTES - 1, true)]);
        let mut bytes = vec![0x80; limits::EVENT_BYTES + 9];
        bytes.push(b'\n');
        assert_eq!(lengths(&bytes, 65_536).0, [(limits::EVENT_BYTES, true)]);
    }

    #[test]
    fn a_hole_of_nuls_does_not_hide_the_line_behind_it() {
        let mut bytes = vec![0; 1 << 20];
        bytes.extend_from_slice(b"line\n");
        let (got, dropped) = lengths(&bytes, 65_536);
        assert_eq!((got.as_slice(), dropped), (&[(4, false)][..], 1 << 20));
    }

    proptest! {
        #[test]
        fn how_the_bytes_are_cut_into_chunks_does_not_matter(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(0u8), any::<u8>()], 0..200),
            cuts in proptest::collection::vec(0usize..200, 0..6),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|at| at.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            prop_assert_eq!(lines(&chunks, false), lines(&[&bytes], false));
        }
    }
}
