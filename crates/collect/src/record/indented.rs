//! `multi-line_indented`: a line and the indented ones after it (collection 2.5).

use super::held::{Held, PATIENCE};
use super::{Format, Out};
use crate::line::Line;
use crate::start::Now;

#[derive(Debug, Default)]
pub(super) struct Indented {
    held: Held,
}

impl Format for Indented {
    fn line(&mut self, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        let is_indented = matches!(line.text.first(), Some(b' ' | b'\t'));
        if line.is_continuation && self.held.is_open() {
            self.held.append(b"", line.text, line, now, out);
        } else if line.text.trim_ascii().is_empty() {
            self.held.end(out);
            out.leave_out();
        } else if is_indented && self.held.is_open() {
            self.held.append(b" ", line.text, line, now, out);
        } else {
            self.held.end(out);
            self.held.begin(line, now, out);
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

    fn takes_rests(&self) -> bool {
        true
    }
}
