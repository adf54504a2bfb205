//! `djb-multilog`: lines that begin with a TAI64N time (collection 2.9).

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::stamp::has_shape;
use super::{Format, Out, Recipe};
use crate::line::Line;
use crate::start::Now;

/// The type of its messages (decoding 2.2).
const KIND: u8 = b'a';
/// 1970 in the count of TAI64, with the ten leap seconds of its convention.
const EPOCH: i64 = (1 << 62) + 10;

#[derive(Debug)]
pub(super) struct Multilog {
    program: Vec<u8>,
    hostname: Arc<str>,
    time_zone: TimeZone,
    text: Vec<u8>,
}

/// The program whose log it is: `/PROGRAM/current`.
pub(super) fn program(path: &Path) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt as _;
    let is_current = path.file_name().is_some_and(|name| name == "current");
    let program = path.parent()?.file_name()?;
    is_current.then(|| program.as_bytes().to_vec())
}

impl Multilog {
    pub(super) fn new(recipe: &Recipe, path: &Path) -> Self {
        let program = program(path).unwrap_or_else(|| b"multilog".to_vec());
        let (hostname, time_zone) = (Arc::clone(&recipe.hostname), recipe.time_zone.clone());
        Self { program, hostname, time_zone, text: Vec::new() }
    }

    /// `Mon DD hh:mm:ss HOST PROGRAM: `.
    fn write_head(&mut self, time: Timestamp) {
        let offset = self.time_zone.to_offset(time);
        let t = offset.to_datetime(time);
        let hostname = self.hostname.split('.').next().unwrap_or_default();
        self.text.clear();
        // Writing to memory does not fail.
        let _ = write!(
            self.text,
            "{} {:02} {:02}:{:02}:{:02} {hostname} ",
            month(t.month()),
            t.day(),
            t.hour(),
            t.minute(),
            t.second(),
        );
        self.text.extend_from_slice(&self.program);
        self.text.extend_from_slice(b": ");
    }
}

impl Format for Multilog {
    fn line(&mut self, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        let Some((label, text)) = split(line.text) else {
            return if line.text.is_empty() { out.leave_out() } else { out.unfit() };
        };
        // Its own header says more, so it is kept (a FIX of 2.9).
        if has_shape(text, b"??? _0 00:00:00 ?") {
            return out.emit(Line { text, kind: KIND, ..*line });
        }
        let time = tai64n(label).or_else(|| Timestamp::try_from(now.wall).ok());
        self.write_head(time.unwrap_or_default());
        self.text.extend_from_slice(text);
        out.emit(Line { text: &self.text, kind: KIND, ..*line });
    }
}

/// `@`, 24 letters or digits, a blank; and the rest.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (label, rest) = line.strip_prefix(b"@")?.split_at_checked(24)?;
    let text = rest.strip_prefix(b" ")?;
    label.iter().all(u8::is_ascii_alphanumeric).then_some((label, text))
}

fn tai64n(label: &[u8]) -> Option<Timestamp> {
    let seconds = std::str::from_utf8(label.get(..16)?).ok()?;
    let seconds = i64::from_str_radix(seconds, 16).ok()?;
    Timestamp::from_second(seconds.checked_sub(EPOCH)?).ok()
}

fn month(number: i8) -> &'static str {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let at = usize::try_from(number).unwrap_or_default().saturating_sub(1);
    MONTHS.get(at).copied().unwrap_or("Jan")
}
