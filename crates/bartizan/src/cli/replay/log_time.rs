//! The time stamp a line carries, for `replay --time log`.
//!
//! Known are `Dec 10 06:55:46` (of the last twelve months) and `2025-12-10T06:55:46+01:00` with or without a
//! fraction, `Z` and blanks. Times never go back: events of one second may be written in any order.

use bartizan_base::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Reads times of lines that come in order.
#[derive(Debug)]
pub(super) struct LogTime {
    now: Timestamp,
    zone: TimeZone,
    last: Option<Timestamp>,
    /// The last stamp that was worked out, and what it means: stamps repeat.
    known: Option<(Vec<u8>, Timestamp)>,
}

impl LogTime {
    /// A reader for logs written until `now`.
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now, zone: TimeZone::system(), last: None, known: None }
    }

    /// The time of the next line: its own, or that of the line before.
    pub(super) fn next(&mut self, line: &[u8]) -> Timestamp {
        let time = self.stamp(line).max(self.last).unwrap_or(self.now);
        self.last = Some(time);
        time
    }

    fn stamp(&mut self, line: &[u8]) -> Option<Timestamp> {
        let stamp = line.get(..line.len().min(35))?;
        let is_syslog = stamp.get(3) == Some(&b' ') && stamp.get(9) == Some(&b':');
        let stamp = if is_syslog { stamp.get(..15)? } else { stamp };
        if let Some((known, time)) = &self.known
            && known == stamp
        {
            return Some(*time);
        }
        let time = if is_syslog { self.syslog(stamp)? } else { self.iso(stamp)? };
        self.known = Some((stamp.to_vec(), time));
        Some(time)
    }

    /// `Dec 10 06:55:46`: no year, so the last such day that is not in the future.
    fn syslog(&self, stamp: &[u8]) -> Option<Timestamp> {
        let month = MONTHS.iter().position(|name| stamp.starts_with(name))? as i8 + 1;
        let day = number(stamp.get(4..6)?)?;
        let (hour, minute, second) =
            (number(stamp.get(7..9)?)?, number(stamp.get(10..12)?)?, number(stamp.get(13..15)?)?);
        let today = self.zone.to_datetime(jiff::Timestamp::from_second(self.now.0).ok()?);
        // A day ahead may be a clock that is wrong, more is the year before.
        (0..2).find_map(|back| {
            let date =
                DateTime::new(today.year() - back, month, day, hour, minute, second, 0).ok()?;
            let time = self.zone.to_timestamp(date).ok()?.as_second();
            (time <= self.now.0 + 86_400).then_some(Timestamp(time))
        })
    }

    /// `2025-12-10T06:55:46.123+01:00`
    fn iso(&self, stamp: &[u8]) -> Option<Timestamp> {
        if stamp.get(4) != Some(&b'-') || stamp.get(7) != Some(&b'-') {
            return None;
        }
        let text = std::str::from_utf8(stamp).ok()?;
        let text = text.split_whitespace().next()?;
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Some(Timestamp(time.as_second()));
        }
        let date: DateTime = std::str::from_utf8(stamp.get(..19)?).ok()?.parse().ok()?;
        Some(Timestamp(self.zone.to_timestamp(date).ok()?.as_second()))
    }
}

fn number(text: &[u8]) -> Option<i8> {
    std::str::from_utf8(text).ok()?.trim_start().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(lines: &[&str]) -> Vec<i64> {
        // 25 November 2026, noon.
        let mut times = LogTime { zone: TimeZone::UTC, ..LogTime::new(Timestamp(1_795_608_000)) };
        lines.iter().map(|line| times.next(line.as_bytes()).0).collect()
    }

    #[test]
    fn a_stamp_without_year_is_the_last_such_day() {
        assert_eq!(times(&["Nov 25 06:55:46 host x"]), [1_795_589_746]);
        assert_eq!(times(&["Dec 10 06:55:46 host x"]), [1_765_349_746]);
        assert_eq!(times(&["Feb 30 06:55:46 host x"]), [1_795_608_000]);
    }

    #[test]
    fn a_stamp_with_a_zone_is_taken_as_it_is() {
        assert_eq!(times(&["2025-12-10T07:55:46.25+01:00 host x"]), [1_765_349_746]);
        assert_eq!(times(&["2025-12-10 06:55:46 host x"]), [1_765_349_746]);
    }

    #[test]
    fn times_never_go_back_and_lines_without_one_follow() {
        let lines = ["Dec 10 06:55:46 a", "Dec 10 06:55:45 b", "no time", "Dec 10 06:55:47 c"];
        assert_eq!(times(&lines), [1_765_349_746, 1_765_349_746, 1_765_349_746, 1_765_349_747]);
    }
}
