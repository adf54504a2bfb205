//! `mssql_log`: a line with a date and the undated ones after it (collection 2.8).

use super::held::{Held, PATIENCE};
use super::stamp::{DATE_AND_TIME, has_shape};
use super::{Format, Out};
use crate::line::Line;
use crate::start::Now;

#[derive(Debug, Default)]
pub(super) struct Mssql {
    held: Held,
}

impl Format for Mssql {
    fn line(&mut self, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        if has_shape(line.text, DATE_AND_TIME) && line.text.len() > DATE_AND_TIME.len() {
            self.held.end(out);
            self.held.begin(line, now, out);
        } else if line.text.len() < 2 {
            out.leave_out();
        } else if self.held.is_open() {
            self.held.append(b" ", line.text, line, now, out);
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
