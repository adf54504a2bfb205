//! How many events there are, and how many there should be (rules 7).
//!
//! ```text
//! event ─▶ turn: has a new hour begun? ─▶ totals of the old one; with a new day: averages brought up to date
//!       ─▶ count: far more than this hour has on average? ─▶ Excess, an alert before the event's own
//! ```
//!
//! Averages and totals are kept as texts that somebody else reads and writes: this module knows their form,
//! not where they are.

mod averages;

use std::io::Write as _;

use bartizan_base::{Deviation, Dialect, Timestamp};

pub use averages::AverageFile;
use averages::Averages;

/// Statistical alerts a day, at most (rules 7.2 step 2).
const ALERTS_A_DAY: u32 = 3;
/// Updates before averages are believed (rules 7.2 step 1).
const TRUSTED_UPDATES: u32 = 2;
/// Hours after which a clock that was set back is believed. Before that the hour never goes back
/// (rules 11.2).
const BELIEVED_HOURS: i64 = 24;

const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// When a number of events is too high (rules 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatisticsOptions {
    /// `<stats>`: level of the alert, 0 for none.
    pub level: u16,
    /// `analysisd.stats_percent_diff`: how far above the average, in percent.
    pub percent: u32,
    /// `analysisd.stats_mindiff`: at least so many events above the average.
    pub at_least: u32,
    /// `analysisd.stats_maxdiff`: at most so many.
    pub at_most: u32,
}

impl Default for StatisticsOptions {
    fn default() -> Self {
        Self { level: 4, percent: 150, at_least: 1_250, at_most: 999_000 }
    }
}

impl StatisticsOptions {
    /// The number above which an hour with this average is alarming.
    fn threshold(&self, average: u32) -> u64 {
        let (average, percent) = (u64::from(average), u64::from(self.percent));
        let difference = average * percent / 100 + 1;
        let (least, most) = (u64::from(self.at_least), u64::from(self.at_most));
        average
            + match difference {
                small if small < least => least,
                large if large > most => most,
                difference => difference,
            }
    }

    fn is_excess(&self, average: u32, count: u32) -> bool {
        average > 0 && count > average && u64::from(count) > self.threshold(average)
    }
}

/// Many more events than there are on average in this hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excess {
    /// The hour of the day.
    pub hour: u8,
    /// The day of the week, 0 being Sunday, if the average is that of this day.
    pub weekday: Option<u8>,
    /// Events in this hour on average.
    pub average: u32,
    /// Events in this hour until now.
    pub count: u32,
}

impl Excess {
    /// Id of the rule that the alert names.
    pub const RULE: u32 = 11;
    /// Its group.
    pub const GROUP: &'static [u8] = b"stats,";
    /// Its description.
    pub const DESCRIPTION: &'static [u8] = b"Excessive number of events (above normal).";

    /// The log of the alert.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { hour, average, count, .. } = self;
        let on = match self.weekday.and_then(|day| WEEKDAYS.get(usize::from(day))) {
            Some(day) => format!(" on {day}"),
            None => String::new(),
        };
        let next = hour + 1;
        format!(
            "The average number of logs between {hour}:00 and {next}:00{on} is {average}. \
             We reached {count}."
        )
    }
}

/// A piece to be appended to the totals of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// A second of that day: the file is `stats/totals/YYYY/Mon/ossec-totals-DD.log`.
    pub day: Timestamp,
    /// What is appended.
    pub text: Vec<u8>,
}

/// A rule that fired, as totals tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fired {
    pub(crate) rule: u32,
    pub(crate) level: u16,
    pub(crate) times: u32,
}

/// An hour of local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hour {
    /// Hours of local time since 1970.
    number: i64,
    /// When it was first seen.
    seen: Timestamp,
}

impl Hour {
    fn of(time: Timestamp, utc_offset: i32) -> Self {
        let local = time.0.saturating_add(i64::from(utc_offset));
        Self { number: local.div_euclid(3_600), seen: time }
    }

    fn day(self) -> i64 {
        self.number.div_euclid(24)
    }

    fn of_day(self) -> usize {
        self.number.rem_euclid(24) as usize
    }

    /// 0 is Sunday; 1970 began on a Thursday.
    fn weekday(self) -> usize {
        (self.day() + 4).rem_euclid(7) as usize
    }
}

/// What is counted in an hour, for its totals.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    alerts: u64,
    events: u64,
    syscheck: u64,
    firewall: u64,
}

/// Numbers of events by hour and day, and their averages.
#[derive(Debug)]
pub struct Statistics {
    options: StatisticsOptions,
    dialect: Dialect,
    hour: Option<Hour>,
    counts: Counts,
    daily: Averages,
    weekly: [Averages; 7],
    alerts_today: u32,
    alerted_this_hour: bool,
    /// Whether somebody takes what files have to gain.
    is_journalled: bool,
    totals: Vec<Totals>,
    changed: Vec<AverageFile>,
}

impl Statistics {
    /// Goes on with other options.
    pub(crate) fn change(&mut self, options: StatisticsOptions, dialect: Dialect) {
        (self.options, self.dialect) = (options, dialect);
    }

    pub(crate) fn new(options: StatisticsOptions, dialect: Dialect) -> Self {
        Self {
            options,
            dialect,
            hour: None,
            counts: Counts::default(),
            daily: Averages::default(),
            weekly: [const { Averages::ZERO }; 7],
            alerts_today: 0,
            alerted_this_hour: false,
            is_journalled: false,
            totals: Vec::new(),
            changed: Vec::new(),
        }
    }

    /// Takes in an average, as its file has it. Text that is no number, or a negative one, counts as 0.
    pub fn load(&mut self, file: AverageFile, text: &[u8]) {
        let number = averages::number(text);
        if let Some(averages) = self.averages_mut(file) {
            averages.set(file.slot, number);
        }
    }

    /// What the file of an average has to hold.
    #[must_use]
    pub fn text(&self, file: AverageFile) -> String {
        let averages = match file.weekday {
            None => Some(&self.daily),
            Some(day) => self.weekly.get(usize::from(day)),
        };
        averages.map_or(0, |averages| averages.get(file.slot)).to_string()
    }

    /// Collects what files have to gain, from now on. Whoever asks for it must take it.
    pub fn keep_journals(&mut self) {
        self.is_journalled = true;
    }

    /// The files of averages that changed since the last call.
    pub fn take_changed(&mut self) -> Vec<AverageFile> {
        std::mem::take(&mut self.changed)
    }

    /// What files of totals have to gain, in order, since the last call.
    pub fn take_totals(&mut self) -> Vec<Totals> {
        std::mem::take(&mut self.totals)
    }

    /// Whether there is something for [`Statistics::take_changed`] or [`Statistics::take_totals`] to give.
    #[must_use]
    pub fn has_fresh(&self) -> bool {
        !self.changed.is_empty() || !self.totals.is_empty()
    }

    fn averages_mut(&mut self, file: AverageFile) -> Option<&mut Averages> {
        match file.weekday {
            None => Some(&mut self.daily),
            Some(day) => self.weekly.get_mut(usize::from(day)),
        }
    }

    /// Begins to count at `time`.
    pub(crate) fn start(&mut self, time: Timestamp, utc_offset: i32) {
        self.hour = Some(Hour::of(time, utc_offset));
    }

    /// Whether `time` is in another hour than the one that is counted. An hour that has begun stays until a
    /// later one begins; only a clock that was set back by more than a day is believed.
    pub(crate) fn is_new_hour(&mut self, time: Timestamp, utc_offset: i32) -> bool {
        let new = Hour::of(time, utc_offset);
        let old = self.hour.get_or_insert(new).number;
        new.number > old || new.number < old - BELIEVED_HOURS
    }

    /// Ends the hour: its totals are due, and with another day its averages. `fired` are the rules of that
    /// hour in the order of the tree.
    pub(crate) fn turn(
        &mut self,
        time: Timestamp,
        utc_offset: i32,
        fired: impl Iterator<Item = Fired>,
    ) {
        let new = Hour::of(time, utc_offset);
        let Some(old) = self.hour.replace(new) else { return };
        let mut text = Vec::new();
        self.write_hour(old, fired, &mut text);
        self.counts = Counts::default();
        self.alerted_this_hour = false;
        // The original looks at the hour alone and so misses a day that begins in the same hour.
        if new.day() > old.day() {
            self.daily.write_day(&mut text);
            self.end_day(old.weekday());
        }
        if self.is_journalled {
            self.totals.push(Totals { day: old.seen, text });
        } else {
            self.changed.clear();
        }
    }

    fn write_hour(&self, hour: Hour, fired: impl Iterator<Item = Fired>, text: &mut Vec<u8>) {
        let hour = hour.of_day();
        let Counts { alerts, events, syscheck, firewall } = self.counts;
        for Fired { rule, level, times } in fired {
            let _ = writeln!(text, "{hour}-{rule}-{level}-{times}");
        }
        let _ = writeln!(text, "{hour}--{alerts}--{events}--{syscheck}--{firewall}\n");
    }

    /// The daily update (rules 7.3).
    fn end_day(&mut self, ended: usize) {
        let was_loud = self.alerts_today >= ALERTS_A_DAY;
        self.alerts_today = 0;
        let changed = &mut self.changed;
        self.daily.end_day(true, was_loud, |slot| changed.push(AverageFile::of_day(slot)));
        // The original counts updates of a week day where nobody looks (deviation `weekly-statistics`).
        let counts_updates = !self.dialect.has(Deviation::WeeklyStatistics);
        for (weekday, averages) in (0..).zip(&mut self.weekly) {
            let counts_update = counts_updates && usize::from(weekday) == ended;
            averages.end_day(counts_update, was_loud, |slot| {
                changed.push(AverageFile::of_weekday(weekday, slot));
            });
        }
    }

    /// Counts an event that is analysed; tells when there are far too many of them in this hour.
    pub(crate) fn count(&mut self) -> Option<Excess> {
        let hour = self.hour?;
        let (slot, weekday) = (hour.of_day(), hour.weekday());
        let today = self.daily.count(slot);
        let weekly = self.weekly.get_mut(weekday)?;
        let on_weekday = weekly.count(slot);
        if self.options.level == 0 || self.daily.updates() <= TRUSTED_UPDATES {
            return None;
        }
        if self.alerted_this_hour || self.alerts_today >= ALERTS_A_DAY {
            return None;
        }
        let excess = |average, count, weekday| {
            let hour = u8::try_from(slot).unwrap_or(0);
            let is_excess = self.options.is_excess(average, count);
            is_excess.then_some(Excess { hour, weekday, average, count })
        };
        let of_day = excess(self.daily.average(slot), today, None);
        let of_weekday = || {
            let is_trusted = weekly.updates() > TRUSTED_UPDATES;
            let weekday = u8::try_from(weekday).ok();
            is_trusted.then(|| excess(weekly.average(slot), on_weekday, weekday)).flatten()
        };
        let excess = of_day.or_else(of_weekday)?;
        self.alerted_this_hour = true;
        self.alerts_today += 1;
        Some(excess)
    }

    pub(crate) fn note_event(&mut self) {
        self.counts.events += 1;
    }

    pub(crate) fn note_alert(&mut self) {
        self.counts.alerts += 1;
    }

    pub(crate) fn note_syscheck(&mut self) {
        self.counts.syscheck += 1;
    }

    pub(crate) fn note_firewall(&mut self) {
        self.counts.firewall += 1;
    }
}

#[cfg(test)]
mod tests;
