//! The local date of an event, as outputs print it and rules test it.
//!
//! Many events share a second, so a [`Calendar`] works a date out once a second and keeps its text.

use bartizan_base::Timestamp;
use jiff::tz::TimeZone;

use crate::number;

/// English abbreviations of the months; never translated (rules 10).
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The last second that is in year 9999 in every time zone. Later times print as this one.
const LAST_SECOND: i64 = 253_402_207_200;

/// A point in time, in local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalDate {
    /// Year, 1969 to 9999.
    pub year: u32,
    /// Month, 1 to 12.
    pub month: u32,
    /// Day of the month, 1 to 31.
    pub day: u32,
    /// Hour, 0 to 23.
    pub hour: u32,
    /// Minute, 0 to 59.
    pub minute: u32,
    /// Second, 0 to 59.
    pub second: u32,
    /// Day of the week, 0 being Sunday.
    pub weekday: u32,
    text: [u8; LocalDate::TEXT_BYTES],
}

impl LocalDate {
    /// Length of [`LocalDate::text`].
    pub const TEXT_BYTES: usize = 20;

    /// The local date of `time` in `zone`. Times before 1970 count as 1970, times after 9999 as its end.
    #[must_use]
    pub fn new(time: Timestamp, zone: &TimeZone) -> Self {
        let second = time.0.clamp(0, LAST_SECOND);
        let instant = jiff::Timestamp::from_second(second).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let local = zone.to_datetime(instant);
        let part = |number: i8| u32::from(number.unsigned_abs());
        let mut date = Self {
            year: u32::from(local.year().unsigned_abs()),
            month: part(local.month()),
            day: part(local.day()),
            hour: part(local.hour()),
            minute: part(local.minute()),
            second: part(local.second()),
            weekday: part(local.weekday().to_sunday_zero_offset()),
            text: [0; Self::TEXT_BYTES],
        };
        date.text = date.render();
        date
    }

    /// `YYYY Mon DD HH:MM:SS`
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// `HH:MM:SS`
    #[must_use]
    pub fn time_text(&self) -> &[u8] {
        self.text.get(12..).unwrap_or_default()
    }

    /// The English abbreviation of the month.
    #[must_use]
    pub fn month_name(&self) -> &'static str {
        MONTHS.get(self.month.saturating_sub(1) as usize).copied().unwrap_or("Jan")
    }

    /// Minutes since midnight, for `<time>`.
    #[must_use]
    pub fn minute_of_day(&self) -> u32 {
        self.hour * 60 + self.minute
    }

    fn render(&self) -> [u8; Self::TEXT_BYTES] {
        let [y0, y1] = number::two_digits(self.year / 100);
        let [y2, y3] = number::two_digits(self.year);
        let [m0, m1, m2] = match self.month_name().as_bytes() {
            &[a, b, c] => [a, b, c],
            _ => *b"Jan",
        };
        let [d0, d1] = number::two_digits(self.day);
        let [h0, h1] = number::two_digits(self.hour);
        let [n0, n1] = number::two_digits(self.minute);
        let [s0, s1] = number::two_digits(self.second);
        [y0, y1, y2, y3, b' ', m0, m1, m2, b' ', d0, d1, b' ', h0, h1, b':', n0, n1, b':', s0, s1]
    }
}

/// Works out local dates, once a second.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    last: Timestamp,
    date: LocalDate,
}

impl Calendar {
    /// A calendar of the time zone `zone`.
    #[must_use]
    pub fn new(zone: TimeZone) -> Self {
        let last = Timestamp::default();
        let date = LocalDate::new(last, &zone);
        Self { zone, last, date }
    }

    /// The local date of `time`.
    pub fn date(&mut self, time: Timestamp) -> &LocalDate {
        if time != self.last {
            self.last = time;
            self.date = LocalDate::new(time, &self.zone);
        }
        &self.date
    }

    /// The time zone.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(time: i64, zone: &TimeZone, text: &str, weekday: u32, minute: u32) {
        let mut calendar = Calendar::new(zone.clone());
        let date = *calendar.date(Timestamp(time));
        assert_eq!(String::from_utf8_lossy(date.text()), text);
        assert_eq!((date.weekday, date.minute_of_day()), (weekday, minute), "{text}");
        assert_eq!(*calendar.date(Timestamp(time)), date);
    }

    #[test]
    fn prints_english_months_and_two_digits() {
        check(1_764_576_000, &TimeZone::UTC, "2025 Dec 01 08:00:00", 1, 480);
        check(1_795_509_650, &TimeZone::UTC, "2026 Nov 24 08:40:50", 2, 520);
        check(951_825_599, &TimeZone::UTC, "2000 Feb 29 11:59:59", 2, 719);
        check(1_764_547_200, &TimeZone::UTC, "2025 Dec 01 00:00:00", 1, 0);
        check(1_764_547_199, &TimeZone::UTC, "2025 Nov 30 23:59:59", 0, 1439);
    }

    #[test]
    fn follows_the_time_zone() {
        let kathmandu = TimeZone::fixed(jiff::tz::Offset::from_seconds(20_700).unwrap());
        check(1_764_576_000, &kathmandu, "2025 Dec 01 13:45:00", 1, 825);
    }

    #[test]
    fn summer_time_begins_where_the_zone_says() {
        // Central Europe as a POSIX rule: no time zone database is needed.
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        check(1_774_745_999, &zone, "2026 Mar 29 01:59:59", 0, 119);
        check(1_774_746_000, &zone, "2026 Mar 29 03:00:00", 0, 180);
    }

    #[test]
    fn times_that_no_calendar_holds_are_moved_to_its_ends() {
        for time in [0, -1, i64::MIN] {
            check(time, &TimeZone::UTC, "1970 Jan 01 00:00:00", 4, 0);
        }
        for time in [LAST_SECOND, i64::MAX] {
            check(time, &TimeZone::UTC, "9999 Dec 30 22:00:00", 4, 1320);
        }
    }
}
