//! Events of each hour of a day: today's numbers, and what they were on average.

use std::io::Write as _;

/// Hours of a day.
const HOURS: usize = 24;
/// Weight of the past, in days, at most (rules 7.3).
const LONGEST_PAST: u64 = 7;

/// One number of the averages, kept in a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AverageFile {
    /// The day of the week, 0 being Sunday; `None` for the averages over all days.
    pub(super) weekday: Option<u8>,
    /// The hour; 24 is the number of updates.
    pub(super) slot: u8,
}

impl AverageFile {
    pub(super) fn of_day(slot: u8) -> Self {
        Self { weekday: None, slot }
    }

    pub(super) fn of_weekday(weekday: u8, slot: u8) -> Self {
        Self { weekday: Some(weekday), slot }
    }

    /// Every file there may be.
    pub fn all() -> impl Iterator<Item = Self> {
        let weekdays = std::iter::once(None).chain((0..7).map(Some));
        weekdays.flat_map(|weekday| (0..=24).map(move |slot| Self { weekday, slot }))
    }

    /// Its path below the folder of statistics, `stats` in the original.
    #[must_use]
    pub fn path(self) -> String {
        let Self { weekday, slot } = self;
        match weekday {
            None => format!("hourly-average/{slot}"),
            Some(weekday) => format!("weekly-average/{weekday}/{slot}"),
        }
    }
}

/// Averages and the numbers of the day that is counted.
#[derive(Debug, Default)]
pub(super) struct Averages {
    averages: [u32; HOURS],
    updates: u32,
    counts: [u32; HOURS],
}

impl Averages {
    pub(super) const ZERO: Self = Self { averages: [0; HOURS], updates: 0, counts: [0; HOURS] };

    pub(super) fn set(&mut self, slot: u8, number: u32) {
        match self.averages.get_mut(usize::from(slot)) {
            Some(average) => *average = number,
            None => self.updates = number,
        }
    }

    pub(super) fn get(&self, slot: u8) -> u32 {
        self.averages.get(usize::from(slot)).copied().unwrap_or(self.updates)
    }

    pub(super) fn average(&self, hour: usize) -> u32 {
        self.averages.get(hour).copied().unwrap_or(0)
    }

    pub(super) fn updates(&self) -> u32 {
        self.updates
    }

    /// Counts an event; how many the hour has now.
    pub(super) fn count(&mut self, hour: usize) -> u32 {
        let Some(count) = self.counts.get_mut(hour) else { return 0 };
        *count = count.saturating_add(1);
        *count
    }

    /// The lines that end the totals of a day.
    pub(super) fn write_day(&self, text: &mut Vec<u8>) {
        for (hour, count) in self.counts.iter().enumerate() {
            let _ = writeln!(text, "Hour totals - {hour}:{count}");
        }
        let total: u64 = self.counts.iter().map(|&count| u64::from(count)).sum();
        let _ = writeln!(text, "Total events for day:{total}");
    }

    /// Takes the day's numbers into the averages and starts again from nothing (rules 7.3). `counts_update`:
    /// whether the number of updates grows; `was_loud`: the day had all the statistical alerts a day may
    /// have; `changed` hears which numbers are to be kept.
    pub(super) fn end_day(
        &mut self,
        counts_update: bool,
        was_loud: bool,
        mut changed: impl FnMut(u8),
    ) {
        // Averages whose updates are not counted have always had one, as it were.
        let past = u64::from(self.updates) + 1;
        if counts_update {
            self.updates = self.updates.saturating_add(1);
        }
        changed(HOURS as u8);
        let past = past.min(LONGEST_PAST);
        for ((hour, average), count) in (0..).zip(&mut self.averages).zip(&mut self.counts) {
            let (before, today) = (u64::from(*average), u64::from(std::mem::take(count)));
            if today == 0 {
                continue;
            }
            let after = match before {
                0 => today + 20,
                _ if was_loud => (3 * today + past * before) / (past + 3) + 25,
                _ => (today + past * before) / (past + 1) + 5,
            };
            *average = u32::try_from(after).unwrap_or(u32::MAX);
            changed(hour);
        }
    }
}

/// The number a text begins with, after blanks; 0 for none and for what is below.
pub(super) fn number(text: &[u8]) -> u32 {
    let text = text.trim_ascii_start();
    let text = text.strip_prefix(b"+").unwrap_or(text);
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    let most = u64::from(u32::MAX);
    let number = digits.fold(0, |n: u64, &digit| (n * 10 + u64::from(digit - b'0')).min(most));
    u32::try_from(number).unwrap_or(u32::MAX)
}
