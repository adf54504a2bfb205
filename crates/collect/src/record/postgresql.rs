//! `postgresql_log`: a line with a time and the lines after it that begin with a tab (collection 2.7).

use super::held::{Held, PATIENCE};
use super::stamp::{DATE_AND_TIME, has_shape};
use super::{Format, Out};
use crate::line::Line;
use crate::start::Now;

/// The type of its messages (decoding 2.2).
const KIND: u8 = b'b';

#[derive(Debug)]
pub(super) struct Postgresql {
    held: Held,
}

impl Default for Postgresql {
    fn default() -> Self {
        Self { held: Held::of_kind(KIND) }
    }
}

/// In brackets, as OSSEC wants it, or as the server writes it if nothing else is configured.
fn is_start(text: &[u8]) -> bool {
    let is_bracketed = text.len() > 32 && has_shape(text, b"[????-??-?? ??:??:??");
    is_bracketed || (text.len() > DATE_AND_TIME.len() && has_shape(text, DATE_AND_TIME))
}

impl Format for Postgresql {
    fn line(&mut self, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        if is_start(line.text) {
            self.held.end(out);
            self.held.begin(line, now, out);
        } else if line.text.first() == Some(&b'\t') && self.held.is_open() {
            self.held.append(b" ", line.text, line, now, out);
        } else if line.text.is_empty() {
            out.leave_out();
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
