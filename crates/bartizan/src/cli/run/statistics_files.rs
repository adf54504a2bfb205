//! Averages and totals, on disk where OSSEC keeps them: `stats/hourly-average`, `stats/weekly-average`,
//! `stats/totals/YYYY/Mon/ossec-totals-DD.log` (rules 7.3).

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use bartizan_alert::Calendar;
use bartizan_analysis::{AverageFile, Statistics, Totals};
use bartizan_base::source::{ReadError, Source, open_regular};

use crate::cli::complain;

/// Totals that wait for a disk with room, at most: those of some days.
const WAITING: usize = 200;

/// Longest file of an average, in bytes: it holds a number.
const AVERAGE_BYTES: u64 = 64;

/// The folder of statistics.
pub(super) struct StatisticsFiles {
    folder: PathBuf,
    waiting: Vec<Totals>,
    is_failing: bool,
}

impl StatisticsFiles {
    /// Gives `statistics` the averages that are kept below `home`.
    pub(super) fn open(home: &Path, statistics: &mut Statistics) -> Self {
        statistics.keep_journals();
        let folder = home.join("stats");
        for file in AverageFile::all() {
            let path = folder.join(file.path());
            match Source::read_limited(&path, &path, AVERAGE_BYTES) {
                Ok(source) => statistics.load(file, &source.text),
                Err(ReadError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => complain(&format!("bartizan: {error}; this average starts anew")),
            }
        }
        Self { folder, waiting: Vec::new(), is_failing: false }
    }

    /// Writes what changed since the last call. What cannot be written is said once; totals wait.
    pub(super) fn save(&mut self, statistics: &mut Statistics, calendar: &mut Calendar) {
        if !statistics.has_fresh() && self.waiting.is_empty() {
            return;
        }
        self.waiting.extend(statistics.take_totals());
        let excess = self.waiting.len().saturating_sub(WAITING);
        self.waiting.drain(..excess);
        let averages = statistics.take_changed();
        let written = averages
            .into_iter()
            .try_for_each(|file| self.replace(&file.path(), statistics.text(file).as_bytes()))
            .and_then(|()| self.write_totals(calendar));
        match written {
            Ok(()) => self.is_failing = false,
            Err(error) => {
                if !std::mem::replace(&mut self.is_failing, true) {
                    let folder = self.folder.display();
                    complain(&format!("bartizan: cannot write statistics in {folder}: {error}"));
                }
            }
        }
    }

    fn write_totals(&mut self, calendar: &mut Calendar) -> io::Result<()> {
        while let Some(totals) = self.waiting.first() {
            let date = calendar.date(totals.day);
            let name = format!(
                "totals/{}/{}/ossec-totals-{:02}.log",
                date.year,
                date.month_name(),
                date.day
            );
            let path = self.folder.join(name);
            make_parent(&path)?;
            let mut options = OpenOptions::new();
            let mut file = open_regular(options.append(true).create(true).mode(0o640), &path)?;
            let before = file.metadata()?.len();
            if let Err(error) = file.write_all(&totals.text) {
                // Take back what was half written: it is written again later.
                let _ = file.set_len(before);
                return Err(error);
            }
            self.waiting.remove(0);
        }
        Ok(())
    }

    /// Replaces a file at once, so that a reader never sees a half-written number.
    fn replace(&self, name: &str, text: &[u8]) -> io::Result<()> {
        let path = self.folder.join(name);
        let fresh = path.with_extension("new");
        make_parent(&path)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o640);
        open_regular(&mut options, &fresh)?.write_all(text)?;
        fs::rename(&fresh, &path)
    }
}

fn make_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => fs::DirBuilder::new().recursive(true).mode(0o770).create(folder),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bartizan_analysis::{Engine, Input, Role, Ruleset, Settings};
    use bartizan_base::Timestamp;
    use jiff::tz::TimeZone;

    /// 2025-12-01 00:00:00 UTC, a Monday.
    const MONDAY: i64 = 1_764_547_200;

    fn engine() -> Engine {
        let files = crate::cli::built_in::files();
        let ruleset = Ruleset::compile(&files, Settings::default(), &mut Vec::new());
        Engine::new(ruleset.expect("our own rules compile").into(), Role::Daemon, b"vm", |_| 0)
    }

    fn see(engine: &mut Engine, time: i64, text: &[u8]) {
        engine.analyse(Input { kind: b'1', location: b"f", text, time: Timestamp(time) });
    }

    #[test]
    fn averages_and_totals_outlive_the_engine() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut calendar = Calendar::new(TimeZone::UTC);
        let mut first = engine();
        let mut files = StatisticsFiles::open(home.path(), first.statistics_mut());
        see(&mut first, MONDAY + 8 * 3_600, b"one");
        files.save(first.statistics_mut(), &mut calendar);
        see(&mut first, MONDAY + 86_400, b"two");
        files.save(first.statistics_mut(), &mut calendar);
        let stats = home.path().join("stats");
        let read = |name: &str| fs::read_to_string(stats.join(name)).expect("a file");
        assert_eq!(read("hourly-average/8"), "21");
        assert_eq!(read("weekly-average/1/24"), "1");
        let totals = read("totals/2025/Dec/ossec-totals-01.log");
        assert!(totals.ends_with("Hour totals - 23:0\nTotal events for day:1\n"), "{totals}");

        let mut second = engine();
        StatisticsFiles::open(home.path(), second.statistics_mut());
        for file in AverageFile::all() {
            assert_eq!(second.statistics_mut().text(file), first.statistics_mut().text(file));
        }
    }
}
