//! `multi-line:N`: so many lines are a record (collection 2.4).

use super::Out;
use super::held::Held;
use super::one::OneRecord;
use crate::line::Line;
use crate::start::Now;

#[derive(Debug)]
pub(super) struct MultiLine {
    lines: u32,
    count: u32,
}

impl MultiLine {
    pub(super) fn new(lines: u32) -> Self {
        Self { lines, count: 0 }
    }
}

impl OneRecord for MultiLine {
    fn line(&mut self, held: &mut Held, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        if line.is_continuation && held.is_open() {
            return held.append(b"", line.text, line, now, out);
        }
        if held.is_open() {
            // Empty lines at the start add nothing, later ones a blank.
            let blank: &[u8] = if held.text().is_empty() { b"" } else { b" " };
            held.append(blank, line.text, line, now, out);
        } else {
            self.count = 0;
            held.begin(line, now, out);
        }
        self.count += 1;
        if self.count >= self.lines {
            held.end(out);
        }
    }

    fn takes_rests(&self) -> bool {
        true
    }
}
