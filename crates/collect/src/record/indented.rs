//! `multi-line_indented`: a line and the indented ones after it (collection 2.5).

use super::Out;
use super::held::Held;
use super::one::OneRecord;
use crate::line::Line;
use crate::start::Now;

#[derive(Debug)]
pub(super) struct Indented;

impl OneRecord for Indented {
    fn line(&mut self, held: &mut Held, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        let is_indented = matches!(line.text.first(), Some(b' ' | b'\t'));
        if line.is_continuation && held.is_open() {
            held.append(b"", line.text, line, now, out);
        } else if line.text.trim_ascii().is_empty() {
            held.end(out);
            out.leave_out();
        } else if is_indented && held.is_open() {
            held.append(b" ", line.text, line, now, out);
        } else {
            held.end(out);
            held.begin(line, now, out);
        }
    }

    fn takes_rests(&self) -> bool {
        true
    }
}
