//! `postgresql_log`: a line with a time and the lines after it that begin with a tab (collection 2.7).

use super::Out;
use super::held::Held;
use super::one::OneRecord;
use super::stamp::{DATE_AND_TIME, has_shape};
use crate::line::Line;
use crate::start::Now;

/// The type of its messages (decoding 2.2).
pub(super) const KIND: u8 = b'b';

#[derive(Debug)]
pub(super) struct Postgresql;

/// In brackets, as OSSEC wants it, or as the server writes it if nothing else is configured.
fn is_start(text: &[u8]) -> bool {
    let is_bracketed = text.len() > 32 && has_shape(text, b"[????-??-?? ??:??:??");
    is_bracketed || (text.len() > DATE_AND_TIME.len() && has_shape(text, DATE_AND_TIME))
}

impl OneRecord for Postgresql {
    fn line(&mut self, held: &mut Held, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        if is_start(line.text) {
            held.end(out);
            held.begin(line, now, out);
        } else if line.text.first() == Some(&b'\t') && held.is_open() {
            held.append(b" ", line.text, line, now, out);
        } else if line.text.is_empty() {
            out.leave_out();
        } else {
            out.unfit();
        }
    }
}
