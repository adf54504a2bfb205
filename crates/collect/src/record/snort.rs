//! `snort-full`: what, how bad, and between whom, from three lines (collection 2.3).

use super::Out;
use super::held::Held;
use super::one::OneRecord;
use super::stamp::has_shape;
use crate::line::Line;
use crate::start::Now;

/// In the place of a second line that names no class.
const NO_CLASS: &[u8] = b"[Classification: Preprocessor] [Priority: 3] ";

#[derive(Debug, Default)]
pub(super) struct SnortFull {
    /// The line with the class came.
    has_class: bool,
}

impl OneRecord for SnortFull {
    fn line(&mut self, held: &mut Held, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        let text = line.text;
        if text.starts_with(b"[**] [") {
            held.end(out);
            held.begin(line, now, out);
            self.has_class = false;
        } else if !held.is_open() {
            // Details of the packet, and what is no alert.
            out.leave_out();
        } else if has_shape(text, b"00/00-") {
            if !self.has_class {
                held.append(b"", NO_CLASS, line, now, out);
            }
            let blank = memchr::memchr(b' ', text).map_or(text.len(), |at| at + 1);
            held.append(b"", text.get(blank..).unwrap_or_default(), line, now, out);
            held.end(out);
        } else if !self.has_class && text.starts_with(b"[Classification: ") {
            held.append(b"", text, line, now, out);
            self.has_class = true;
        } else if !self.has_class && text.starts_with(b"[Priority: ") {
            held.append(b"", NO_CLASS, line, now, out);
            self.has_class = true;
        } else {
            out.unfit();
        }
    }
}
