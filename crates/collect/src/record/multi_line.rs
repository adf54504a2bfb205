//! `multi-line:N`: so many lines are a record (collection 2.4).

use super::held::{Held, PATIENCE};
use super::{Format, Out};
use crate::line::Line;
use crate::start::Now;

#[derive(Debug)]
pub(super) struct MultiLine {
    lines: u32,
    held: Held,
    count: u32,
}

impl MultiLine {
    pub(super) fn new(lines: u32) -> Self {
        Self { lines, held: Held::default(), count: 0 }
    }
}

impl Format for MultiLine {
    fn line(&mut self, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        if line.is_continuation && self.held.is_open() {
            return self.held.append(b"", line.text, line, now, out);
        }
        if self.held.is_open() {
            // Empty lines at the start add nothing, later ones a blank.
            let blank: &[u8] = if self.held.text().is_empty() { b"" } else { b" " };
            self.held.append(blank, line.text, line, now, out);
        } else {
            self.count = 0;
            self.held.begin(line, now, out);
        }
        self.count += 1;
        if self.count >= self.lines {
            self.held.end(out);
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
