//! `mysql_log`: a line, with the time of an earlier one where it has none (collection 2.6).

use super::stamp::{has_shape, without_blanks};
use super::{Format, Out};
use crate::line::Line;
use crate::start::Now;

/// The type of its messages (decoding 2.2).
const KIND: u8 = b'a';
const PREFIX: &[u8] = b"MySQL log: ";
/// What a line without a time begins with.
const NO_TIME: &[u8] = b"\t\t      ";
/// Longest time that is remembered.
const TIME_BYTES: usize = 40;

#[derive(Debug, Default)]
pub(super) struct Mysql {
    /// Of the last line that had one.
    time: Vec<u8>,
    text: Vec<u8>,
}

/// The time and the rest. Hours are padded with a blank by old servers; MySQL from 5.7 on and MariaDB from 10
/// on write ISO times.
fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    const OLD: &[u8] = b"000000 _0:00:00";
    let length = if has_shape(text, OLD) && text.len() > 18 {
        OLD.len()
    } else if has_shape(text, b"0000-00-00T00:00:00") || has_shape(text, b"0000-00-00 _0:00:00") {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        11 + text.get(12..)?.iter().position(is_blank)? + 1
    } else {
        return None;
    };
    let (time, rest) = text.split_at_checked(length)?;
    (time.len() <= TIME_BYTES && !rest.is_empty()).then_some((time, rest))
}

impl Format for Mysql {
    fn line(&mut self, line: &Line<'_>, _now: Now, out: &mut Out<'_>) {
        let rest = if let Some((time, rest)) = split(line.text) {
            self.time.clear();
            self.time.extend_from_slice(time);
            rest
        } else if let Some(rest) = line.text.strip_prefix(NO_TIME) {
            rest
        } else if line.text.is_empty() {
            return out.leave_out();
        } else {
            return out.unfit();
        };
        self.text.clear();
        self.text.extend_from_slice(PREFIX);
        if !self.time.is_empty() {
            self.text.extend_from_slice(&self.time);
            self.text.push(b' ');
        }
        self.text.extend_from_slice(without_blanks(rest));
        out.emit(Line { text: &self.text, kind: KIND, ..*line });
    }
}
