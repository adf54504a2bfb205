//! One kind of daily file, and the entries that it has still to take.
//!
//! An entry waits with its day until its file takes it: on a full disk, or where nobody may write, the day may have
//! ended by then. What waits is bounded; beyond that entries are dropped and counted. That a file cannot be written
//! is told to the person at the terminal and to the rules, when it begins and when it ends.

use std::time::{Duration, Instant};

use bartizan_alert::LocalDate;
use bartizan_output::{DatedFile, Day};

use super::commits::Growth;
use crate::cli::complain;
use crate::cli::service::protocol::OutputStatus;

/// Text that waits for a disk with room, at most, in bytes and for each file. Beyond it entries are dropped
/// and counted.
const WAITING_BYTES: usize = 16 << 20;

/// How long rules hear nothing more of a file that cannot be written, whatever becomes of it: on a disk with
/// little room it may be written now and then.
const EVENTS_EVERY: Duration = Duration::from_secs(60);

/// One of the files and what it has still to take.
pub(super) struct Daily {
    pub(super) file: DatedFile,
    /// Oldest first. The last one stays when it is empty, for its buffer.
    waiting: Vec<Waiting>,
    is_failing: bool,
    dropped: u64,
    /// What rules are to hear of.
    events: Vec<String>,
    last_event: Option<Instant>,
}

/// Entries of one day.
struct Waiting {
    day: Day,
    text: Vec<u8>,
    entries: u64,
}

impl Daily {
    pub(super) fn new(file: DatedFile) -> Self {
        Self {
            file,
            waiting: Vec::new(),
            is_failing: false,
            dropped: 0,
            events: Vec::new(),
            last_event: None,
        }
    }

    /// Opens the file of `today`, so that one that cannot be written is known before it is needed.
    pub(super) fn prepare(&mut self, today: &LocalDate) {
        let day = self.file.day_for(today);
        self.write(day, &[], 0);
    }

    /// Adds an entry, if `write` writes one.
    pub(super) fn add(&mut self, date: &LocalDate, write: impl FnOnce(&mut Vec<u8>)) {
        if self.waiting_bytes() > WAITING_BYTES {
            self.drop_entry();
            return;
        }
        let wanted = Day::from(date);
        let last = self.waiting.last().filter(|last| !last.text.is_empty());
        let day = match last {
            Some(last) if last.day == wanted || last.day == wanted.next() => last.day,
            _ => self.file.day_for(date),
        };
        if last.is_some_and(|last| last.day != day) || self.waiting.is_empty() {
            self.waiting.push(Waiting { day, text: Vec::new(), entries: 0 });
        }
        let Some(last) = self.waiting.last_mut() else { return };
        last.day = day;
        let before = last.text.len();
        write(&mut last.text);
        last.entries += u64::from(last.text.len() > before);
    }

    fn drop_entry(&mut self) {
        if self.dropped == 0 {
            let path = self.file.link();
            let text =
                format!("bartizan: {}: too many entries wait, new ones are lost", path.display());
            complain(&text);
            self.events.push(text);
        }
        self.dropped += 1;
    }

    /// Writes what waits. When that fails it is said once, and tried again at the next call.
    pub(super) fn flush(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        let written = waiting
            .iter()
            .take_while(|part| {
                part.text.is_empty() || self.write(part.day, &part.text, part.entries)
            })
            .count();
        let kept = written.min(waiting.len().saturating_sub(1));
        waiting.drain(..kept);
        if written > kept
            && let Some(last) = waiting.last_mut()
        {
            last.text.clear();
            last.entries = 0;
        }
        self.waiting = waiting;
    }

    /// True if it was written.
    fn write(&mut self, day: Day, text: &[u8], entries: u64) -> bool {
        let written = self.file.append_to(day, text);
        if let Some(problem) = self.file.take_link_problem() {
            complain(&format!("bartizan: {problem}; only the file of the day is written"));
        }
        match written {
            Ok(()) => {
                if std::mem::take(&mut self.is_failing) {
                    let (path, lost) = (self.file.link(), self.dropped);
                    let text = format!("bartizan: {} can be written again", path.display());
                    complain(&format!(
                        "{text}: {entries} entries were written late, {lost} are lost"
                    ));
                    self.tell(format!("{text}, {lost} entries are lost"));
                }
                true
            }
            Err(error) => {
                if !std::mem::replace(&mut self.is_failing, true) {
                    let text = format!("bartizan: {error}; entries are kept and written later");
                    complain(&text);
                    self.tell(text);
                }
                false
            }
        }
    }

    /// Something for rules, unless they heard of this file just now.
    fn tell(&mut self, event: String) {
        if self.last_event.is_none_or(|last| last.elapsed() >= EVENTS_EVERY) {
            self.last_event = Some(Instant::now());
            self.events.push(event);
        }
    }

    /// What happened that rules should hear of, since the last call.
    pub(super) fn take_events(&mut self) -> Vec<String> {
        std::mem::take(&mut self.events)
    }

    /// By what the file, or several of them, will grow with the next [`Daily::flush`].
    pub(super) fn growths(&self) -> Vec<Growth> {
        let mut growths: Vec<Growth> = Vec::new();
        for part in self.waiting.iter().filter(|part| !part.text.is_empty()) {
            let (path, length) = self.file.next_place(part.day);
            let earlier = growths.iter().rev().find(|earlier| earlier.path == path);
            let from = earlier.map_or(length, |earlier| earlier.to);
            growths.push(Growth { path, from, to: from + part.text.len() as u64 });
        }
        growths
    }

    /// Bytes that wait.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting.iter().map(|part| part.text.len()).sum()
    }

    /// Entries that are not on disk, whether given up or still waiting.
    pub(super) fn unwritten(&self) -> u64 {
        self.dropped + self.waiting_entries()
    }

    fn waiting_entries(&self) -> u64 {
        self.waiting.iter().map(|part| part.entries).sum()
    }

    /// How it does.
    pub(super) fn status(&self) -> OutputStatus {
        OutputStatus {
            output: self.file.link().display().to_string(),
            waiting_entries: self.waiting_entries(),
            waiting_bytes: self.waiting_bytes() as u64,
            dropped_entries: self.dropped,
            is_failing: self.is_failing,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use bartizan_base::Timestamp;
    use bartizan_output::Kind;
    use jiff::tz::TimeZone;

    use super::*;

    /// 30 November 2025, 23:30, and so many hours.
    fn date(hours: i64) -> LocalDate {
        LocalDate::new(Timestamp(1_764_545_400 + hours * 3600), &TimeZone::UTC)
    }

    fn add(daily: &mut Daily, hours: i64, text: &str) {
        daily.add(&date(hours), |out| out.extend_from_slice(text.as_bytes()));
    }

    fn daily(home: &tempfile::TempDir) -> Daily {
        Daily::new(DatedFile::new(home.path(), Kind::AlertJson))
    }

    fn read(daily: &Daily, hours: i64) -> String {
        fs::read_to_string(daily.file.path_of(&date(hours))).unwrap_or_default()
    }

    #[test]
    fn entries_that_wait_over_midnight_go_to_the_file_of_their_day() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("logs"), "in the way").unwrap();
        let mut daily = daily(&home);
        add(&mut daily, 0, "1\n");
        daily.flush();
        add(&mut daily, 1, "2\n");
        add(&mut daily, 49, "3\n");
        daily.flush();
        assert_eq!((daily.unwritten(), daily.waiting_bytes()), (3, 6));
        assert_eq!(daily.take_events().len(), 1, "it is told when it begins");
        fs::remove_file(home.path().join("logs")).unwrap();
        let growths = daily.growths();
        daily.flush();
        assert_eq!(daily.unwritten(), 0);
        let hours = [0, 1, 49];
        assert_eq!(hours.map(|hours| read(&daily, hours)), ["1\n", "2\n", "3\n"]);
        for (growth, hours) in growths.iter().zip(hours) {
            assert_eq!((growth.from, growth.to), (0, 2));
            assert_eq!(home.path().join(&growth.path), daily.file.path_of(&date(hours)));
        }
        assert_eq!(growths.len(), 3);
    }

    #[test]
    fn an_hour_that_comes_twice_at_midnight_stays_in_the_newer_file_and_its_growth_is_foretold() {
        let home = tempfile::tempdir().unwrap();
        let mut daily = daily(&home);
        add(&mut daily, 0, "1\n");
        daily.flush();
        for (hours, text) in [(1, "2\n"), (0, "3\n"), (1, "4\n")] {
            add(&mut daily, hours, text);
        }
        let growths = daily.growths();
        assert_eq!(growths.iter().map(|growth| growth.to).collect::<Vec<_>>(), [6]);
        daily.flush();
        add(&mut daily, 0, "5\n");
        assert_eq!(daily.growths().first().map(|growth| (growth.from, growth.to)), Some((6, 8)));
        daily.flush();
        assert_eq!((read(&daily, 0), read(&daily, 1)), ("1\n".into(), "2\n3\n4\n5\n".into()));
    }

    #[test]
    fn a_clock_that_goes_days_ahead_and_back_loses_nothing() {
        let home = tempfile::tempdir().unwrap();
        let mut daily = daily(&home);
        for (hours, text) in [(0, "1\n"), (24 * 40, "ahead\n"), (0, "2\n")] {
            add(&mut daily, hours, text);
        }
        let growths = daily.growths();
        assert_eq!(growths.iter().map(|growth| growth.to).collect::<Vec<_>>(), [2, 6, 4]);
        daily.flush();
        assert_eq!((read(&daily, 0), read(&daily, 24 * 40)), ("1\n2\n".into(), "ahead\n".into()));
    }

    #[test]
    fn what_waits_is_bounded_and_what_is_lost_is_counted_and_told() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("logs"), "in the way").unwrap();
        let mut daily = daily(&home);
        let entry = "x".repeat(1 << 20);
        for _ in 0..20 {
            add(&mut daily, 0, &entry);
            daily.flush();
        }
        assert_eq!((daily.waiting_bytes(), daily.dropped), (17 << 20, 3));
        let events = daily.take_events();
        assert_eq!(events.len(), 2, "{events:?}");
        assert!(events[0].contains("cannot write") && events[1].contains("are lost"), "{events:?}");
    }
}
