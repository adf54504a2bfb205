//! `mssql_log`: a line with a date and the undated ones after it (collection 2.8).

use super::Out;
use super::held::Held;
use super::one::OneRecord;
use super::stamp::{DATE_AND_TIME, has_shape};
use crate::line::Line;
use crate::start::Now;

#[derive(Debug)]
pub(super) struct Mssql;

impl OneRecord for Mssql {
    fn line(&mut self, held: &mut Held, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        if has_shape(line.text, DATE_AND_TIME) && line.text.len() > DATE_AND_TIME.len() {
            held.end(out);
            held.begin(line, now, out);
        } else if line.text.len() < 2 {
            out.leave_out();
        } else if held.is_open() {
            held.append(b" ", line.text, line, now, out);
        } else {
            out.unfit();
        }
    }
}
