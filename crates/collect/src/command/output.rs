//! What is made of a command's output (collection 5.1).

use std::sync::Arc;

use bartizan_base::limits;

use crate::line::{Line, LineBuffer, LineCounts, cut};
use crate::notice::Seen;
use crate::shape::{Shape, Shaper};
use crate::start::Now;

/// Output of one run of `command` that is used; the rest is dropped and counted. Of `full_command` it is an
/// event's size.
const LINES_BYTES: u64 = 1 << 20;

/// Makes events of output.
#[derive(Debug)]
pub(super) struct Output {
    /// The name in messages and the location: a `:` would end it there.
    name: Vec<u8>,
    /// `ossec: output: 'NAME':`
    prefix: Vec<u8>,
    is_full: bool,
    lines: LineBuffer,
    /// Bytes of this run that were used.
    used: u64,
    text: Vec<u8>,
    out: Out,
    is_cut: bool,
    /// This run has written something, and its end was not told.
    has_output: bool,
    is_open: bool,
    /// The last run wrote something.
    pub(super) had_output: bool,
}

impl Output {
    pub(super) fn new(name: &str, is_full: bool, shape: Option<Shape>) -> Self {
        let name = name.replace(':', "\\");
        Self {
            out: Out {
                event: Vec::new(),
                shaper: shape.map(|shape| Shaper::new(Arc::new(shape), name.as_bytes())),
                began: None,
                counts: LineCounts::default(),
            },
            prefix: format!("ossec: output: '{name}':").into_bytes(),
            name: name.into_bytes(),
            is_full,
            lines: LineBuffer::default(),
            used: 0,
            text: Vec::new(),
            is_cut: false,
            has_output: false,
            is_open: false,
            had_output: false,
        }
    }

    pub(super) fn location(&self) -> &[u8] {
        &self.name
    }

    pub(super) fn counts(&self) -> LineCounts {
        self.out.counts
    }

    /// Whether this run wrote more than was used.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// A run begins.
    pub(super) fn begin(&mut self, now: Now) {
        self.out.began = Some(now);
        self.lines = LineBuffer::default();
        self.text.clear();
        self.used = 0;
        self.is_cut = false;
        self.has_output = false;
        self.is_open = true;
    }

    /// Takes what the run wrote.
    pub(super) fn take(&mut self, bytes: &mut [u8], sink: &mut dyn FnMut(&[u8], Seen<'_>)) {
        if !self.is_open {
            return;
        }
        self.out.counts.bytes += bytes.len() as u64;
        self.has_output |= !bytes.is_empty();
        let limit = if self.is_full { limits::EVENT_BYTES as u64 } else { LINES_BYTES };
        let room = usize::try_from(limit.saturating_sub(self.used)).unwrap_or(usize::MAX);
        let (used, dropped) = bytes.split_at_mut(room.min(bytes.len()));
        self.used += used.len() as u64;
        self.out.counts.dropped_bytes += dropped.len() as u64;
        self.is_cut |= !dropped.is_empty();
        if self.is_full {
            self.text.extend_from_slice(used);
            return;
        }
        let Self { lines, name, prefix, out, .. } = self;
        lines.feed(used, &mut |line| {
            out.emit(&[prefix, b" ", line.text], line.is_cut, &mut |line| {
                sink(name, Seen::Line(line));
            });
        });
    }

    /// The output is over. That it is empty is told only after one that was not: "all ports are closed now".
    pub(super) fn end(&mut self, sink: &mut dyn FnMut(&[u8], Seen<'_>)) {
        if !std::mem::take(&mut self.is_open) {
            return;
        }
        let had_output = std::mem::replace(&mut self.had_output, self.has_output);
        let Self { lines, name, prefix, out, .. } = self;
        let sink = &mut |line: Line<'_>| sink(name, Seen::Line(line));
        if self.is_full {
            if self.has_output || had_output {
                tidy(&mut self.text);
                out.emit(&[prefix, b"\n", &self.text], self.is_cut, sink);
            }
            self.text = Vec::new();
            return;
        }
        // The end ends the last line too.
        let is_cut = self.is_cut;
        lines.flush(&mut |line| {
            let text = line.text.strip_suffix(b"\r").unwrap_or(line.text);
            out.emit(&[prefix, b" ", text], is_cut || line.is_cut, sink);
        });
    }

    /// The run is given up: half an output, compared with a whole one, would tell of changes that are none.
    pub(super) fn give_up(&mut self) {
        self.is_open = false;
    }
}

/// Hands events on.
#[derive(Debug)]
struct Out {
    event: Vec<u8>,
    shaper: Option<Shaper>,
    /// When the run began.
    began: Option<Now>,
    counts: LineCounts,
}

impl Out {
    fn emit(&mut self, parts: &[&[u8]], is_cut: bool, sink: &mut dyn FnMut(Line<'_>)) {
        let counts = &mut self.counts;
        counts.lines += 1;
        self.event.clear();
        parts.iter().for_each(|part| self.event.extend_from_slice(part));
        let whole = match &mut self.shaper {
            Some(shaper) => match shaper.apply(&self.event, self.began) {
                Some(text) => text,
                None => {
                    counts.left_out += 1;
                    return;
                }
            },
            None => &self.event,
        };
        let text = if whole.len() > limits::EVENT_BYTES { cut(whole) } else { whole };
        let is_cut = is_cut || text.len() < whole.len();
        counts.records += 1;
        counts.cut += u64::from(is_cut);
        counts.dropped_bytes += (whole.len() - text.len()) as u64;
        sink(Line { text, is_cut, ..Line::default() });
    }
}

/// Of a row of line feeds each pair becomes one, the last one goes, and so does every CR: the form that
/// outputs are compared in (collection 5.1). A NUL would end the text elsewhere.
fn tidy(text: &mut Vec<u8>) {
    text.retain(|&byte| byte != b'\r');
    let mut follows_newline = false;
    text.retain(|&byte| {
        let is_second = byte == b'\n' && follows_newline;
        follows_newline = byte == b'\n' && !is_second;
        !is_second
    });
    if text.last() == Some(&b'\n') {
        text.pop();
    }
    text.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b' ');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of the outputs of runs, with their locations.
    fn events(name: &str, is_full: bool, runs: &[&[u8]]) -> Vec<String> {
        let mut output = Output::new(name, is_full, None);
        let mut got = Vec::new();
        for run in runs {
            let mut sink = |location: &[u8], seen: Seen<'_>| {
                if let Seen::Line(line) = seen {
                    let (location, text) =
                        (String::from_utf8_lossy(location), String::from_utf8_lossy(line.text));
                    got.push(format!("{location}:{text}"));
                }
            };
            output.begin(Now::read());
            for part in run.chunks(3) {
                output.take(&mut part.to_vec(), &mut sink);
            }
            output.end(&mut sink);
        }
        got
    }

    #[test]
    fn a_command_gives_an_event_a_line() {
        assert_eq!(
            events("CMD", false, &[b"one\ntwo\n\nfour"]),
            [
                "CMD:ossec: output: 'CMD': one",
                "CMD:ossec: output: 'CMD': two",
                "CMD:ossec: output: 'CMD': ",
                "CMD:ossec: output: 'CMD': four",
            ]
        );
        assert_eq!(events("CMD", false, &[b""]), Vec::<String>::new());
        assert_eq!(events("CMD", false, &[b"a\0b\n"]), ["CMD:ossec: output: 'CMD': a b"]);
    }

    #[test]
    fn a_full_command_gives_one_event() {
        for (output, text) in [
            (&b"one\r\ntwo\n\n\n\nfour\n"[..], "one\ntwo\n\nfour"),
            (b"foo", "foo"),
            (b"a\nb", "a\nb"),
            (b"a\n\nb\n\n\n", "a\nb\n"),
            (b"nul\0x\n", "nul x"),
            (b"\n", ""),
        ] {
            let expected = format!("CMD:ossec: output: 'CMD':\n{text}");
            assert_eq!(events("CMD", true, &[output]), [expected]);
        }
    }

    #[test]
    fn an_output_that_became_empty_is_told_once() {
        let expected = ["C:ossec: output: 'C':\na", "C:ossec: output: 'C':\n"];
        assert_eq!(events("C", true, &[b"", b"a\n", b"", b""]), expected);
    }

    #[test]
    fn a_colon_in_the_name_does_not_end_it() {
        let expected = ["my\\ alias:ossec: output: 'my\\ alias': a:b"];
        assert_eq!(events("my: alias", false, &[b"a:b\n"]), expected);
    }

    #[test]
    fn long_outputs_are_cut_and_counted() {
        let mut output = Output::new("C", true, None);
        let mut got = Vec::new();
        let mut sink = |_: &[u8], seen: Seen<'_>| {
            if let Seen::Line(line) = seen {
                got.push((line.text.len(), line.is_cut));
            }
        };
        output.begin(Now::read());
        for _ in 0..100 {
            output.take(&mut [b'x'; 1000], &mut sink);
        }
        output.end(&mut sink);
        assert_eq!(got, [(limits::EVENT_BYTES, true)]);
        let prefix = "ossec: output: 'C':\n".len() as u64;
        assert_eq!(output.counts().dropped_bytes, 100_000 + prefix - limits::EVENT_BYTES as u64);
        assert!(output.is_cut());
    }
}
