//! A calendar day, as daily files are named and ordered by it.

use std::fmt;

use bartizan_alert::LocalDate;

/// English abbreviations of the months, in the names of folders (rules 11.1).
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day of the calendar. Earlier days are smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// Year, 0 to 9999.
    pub year: u32,
    /// Month, 1 to 12.
    pub month: u32,
    /// Day of the month, 1 to 31.
    pub day: u32,
}

impl From<&LocalDate> for Day {
    fn from(date: &LocalDate) -> Self {
        Self { year: date.year, month: date.month, day: date.day }
    }
}

impl Day {
    /// The day with that date, if the calendar has it.
    #[must_use]
    pub fn new(year: u32, month: u32, day: u32) -> Option<Self> {
        let fits = year <= 9999 && (1..=12).contains(&month) && day >= 1;
        (fits && day <= days_in(year, month)).then_some(Self { year, month, day })
    }

    /// Reads `YYYY-MM-DD`, as it is displayed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-').map(|part| {
            let is_digits = part.bytes().all(|byte| byte.is_ascii_digit());
            is_digits.then(|| part.parse::<u32>().ok()).flatten()
        });
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        Self::new(year, month, day)
    }

    /// The number of the month with that English abbreviation.
    #[must_use]
    pub fn month_named(name: &str) -> Option<u32> {
        let at = MONTHS.iter().position(|&month| month == name)?;
        u32::try_from(at + 1).ok()
    }

    /// The English abbreviation of the month.
    #[must_use]
    pub fn month_name(self) -> &'static str {
        MONTHS.get(self.month.saturating_sub(1) as usize).copied().unwrap_or("Jan")
    }

    /// The following day.
    #[must_use]
    pub fn next(self) -> Self {
        let Self { year, month, day } = self;
        if day < days_in(year, month) {
            Self { year, month, day: day + 1 }
        } else if month < 12 {
            Self { year, month: month + 1, day: 1 }
        } else {
            Self { year: year + 1, month: 1, day: 1 }
        }
    }

    /// The day before.
    #[must_use]
    pub fn previous(self) -> Self {
        let Self { year, month, day } = self;
        match (month, day) {
            (1, 1) => Self { year: year.saturating_sub(1), month: 12, day: 31 },
            (_, 1) => Self { year, month: month - 1, day: days_in(year, month - 1) },
            _ => Self { year, month, day: day - 1 },
        }
    }

    /// Days since 1 March of the year 0, so that days can be counted between two.
    #[must_use]
    pub fn number(self) -> i64 {
        // The year begins in March here, which puts the leap day at its end.
        let (year, month) = if self.month > 2 {
            (i64::from(self.year), i64::from(self.month) - 3)
        } else {
            (i64::from(self.year) - 1, i64::from(self.month) + 9)
        };
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        year * 365 + leap_days + (153 * month + 2) / 5 + i64::from(self.day) - 1
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn days_in(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_each_other_and_are_numbered_without_a_gap() {
        let mut day = Day::new(1999, 12, 30).unwrap();
        for _ in 0..1600 {
            let next = day.next();
            assert!(next > day && next.number() == day.number() + 1, "{day} {next}");
            assert_eq!(next.previous(), day);
            assert_eq!(Day::parse(&next.to_string()), Some(next));
            assert_eq!(Day::month_named(next.month_name()), Some(next.month));
            day = next;
        }
        assert_eq!(day, Day::new(2004, 5, 17).unwrap());
    }

    #[test]
    fn what_is_no_date_is_no_day() {
        for text in ["", "2026", "2026-11", "2026-13-01", "2026-02-29", "2026-11-31", "a-b-c"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
        for text in ["2026-11-00", "+2026-1-1", "2026-11-25-1", "99999-01-01"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
        assert!(Day::parse("2024-02-29").is_some());
    }
}
