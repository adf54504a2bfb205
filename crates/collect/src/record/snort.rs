//! `snort-full`: what, how bad, and between whom, from three lines (collection 2.3).

use super::held::{Held, PATIENCE};
use super::stamp::has_shape;
use super::{Format, Out};
use crate::line::Line;
use crate::start::Now;

/// In the place of a second line that names no class.
const NO_CLASS: &[u8] = b"[Classification: Preprocessor] [Priority: 3] ";

#[derive(Debug, Default)]
pub(super) struct SnortFull {
    held: Held,
    /// The line with the class came.
    has_class: bool,
}

impl Format for SnortFull {
    fn line(&mut self, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        let text = line.text;
        if text.starts_with(b"[**] [") {
            self.held.end(out);
            self.held.begin(line, now, out);
            self.has_class = false;
        } else if !self.held.is_open() {
            // Details of the packet, and what is no alert.
            out.leave_out();
        } else if has_shape(text, b"00/00-") {
            if !self.has_class {
                self.held.append(b"", NO_CLASS, line, now, out);
            }
            let blank = memchr::memchr(b' ', text).map_or(text.len(), |at| at + 1);
            self.held.append(b"", text.get(blank..).unwrap_or_default(), line, now, out);
            self.held.end(out);
        } else if !self.has_class && text.starts_with(b"[Classification: ") {
            self.held.append(b"", text, line, now, out);
            self.has_class = true;
        } else if !self.has_class && text.starts_with(b"[Priority: ") {
            self.held.append(b"", NO_CLASS, line, now, out);
            self.has_class = true;
        } else {
            out.unfit();
        }
    }

    fn expire(&mut self, now: Now, out: &mut Out<'_>) {
        if self.held.is_due(now, PATIENCE) {
            self.held.end(out);
        }
    }

    fn flush(&mut self, out: &mut Out<'_>) {
        self.held.end(out);
    }

    fn held_from(&self) -> Option<u64> {
        self.held.start()
    }
}
