//! One of OSSEC's daily files (rules 11.1).
//!
//! Today's file stands below folders for year and month; the undated name is a **hard link** to it, since
//! consumers notice a new day by the inode. Files are opened for appending, so a restart continues the day. The
//! date decides about the file, never the hour alone, and it does not go back to the day before (rules 11.2): an
//! hour that is lived twice stays in the newer file. A clock that was days ahead and is put right is followed.
//!
//! Whoever opens a file that another program left in the middle of a record (it was killed, or the machine
//! was switched off) takes that piece back, so that every record is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use bartizan_alert::LocalDate;
use bartizan_base::source::open_regular;

use crate::survey::{SUM, survey, with_suffix};
use crate::{Day, Kind};

/// How many sealed days are passed over in search of one that is not: the clock was set back by no more.
const SEALED_DAYS: u32 = 3660;

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {error}")]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What the operating system said.
    pub error: io::Error,
}

/// A daily file with its undated link.
#[derive(Debug)]
pub struct DatedFile {
    home: PathBuf,
    kind: Kind,
    records: Records,
    first_open: Day,
    open: Option<Open>,
    link_problem: Option<WriteError>,
}

#[derive(Debug)]
struct Open {
    file: File,
    path: PathBuf,
    day: Day,
    /// A write failed half-way at this length: the next one starts a line of its own.
    is_torn: bool,
}

impl Open {
    /// It was moved or deleted: what is written to it would not be found.
    fn is_gone(&self) -> bool {
        let Ok(open) = self.file.metadata() else { return false };
        match fs::symlink_metadata(&self.path) {
            Ok(named) => !is_same(&named, &open),
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }
}

impl DatedFile {
    /// The file of `kind` below `home`. Nothing is opened yet.
    #[must_use]
    pub fn new(home: &Path, kind: Kind) -> Self {
        let records = if kind == Kind::AlertText { Records::Blocks } else { Records::Lines };
        Self {
            home: home.to_owned(),
            kind,
            records,
            first_open: Day { year: 0, month: 1, day: 1 },
            open: None,
            link_problem: None,
        }
    }

    /// The same with a line for each record, whatever the kind: for a form of one's own.
    #[must_use]
    pub fn with_lines(mut self) -> Self {
        self.records = Records::Lines;
        self
    }

    /// The undated path, for messages.
    #[must_use]
    pub fn link(&self) -> PathBuf {
        self.kind.link_below(&self.home)
    }

    /// The day whose file takes what has that date: its own, or that of the day after if that file is open
    /// already, or the first one behind it that is not closed.
    #[must_use]
    pub fn day_for(&self, date: &LocalDate) -> Day {
        let mut wanted = Day::from(date).max(self.first_open);
        let open = self.open.as_ref().map(|open| open.day);
        for _ in 0..SEALED_DAYS {
            if let Some(open) = open.filter(|&open| open == wanted || open == wanted.next()) {
                return open;
            }
            if !with_suffix(&self.path_of(wanted), SUM).exists() {
                break;
            }
            wanted = wanted.next();
        }
        wanted
    }

    /// Where the next [`append_to`](Self::append_to) that day begins: the file, below the home, and its length then.
    #[must_use]
    pub fn next_place(&self, day: Day) -> (PathBuf, u64) {
        let open = self.open.as_ref().filter(|open| open.day == day && !open.is_gone());
        let length = match open {
            Some(open) => {
                let length = open.file.metadata().map_or(0, |meta| meta.len());
                length + if open.is_torn { TORN_END.len() as u64 } else { 0 }
            }
            None => self.len(day),
        };
        (PathBuf::from(self.kind.file_of(day)), length)
    }

    /// From now on the files that there are of days before `today` take nothing more, so that they can be sealed:
    /// what has an earlier date goes to the day behind them. Looks at the disk.
    pub fn close_before(&mut self, today: Day) {
        let last = survey(&self.home, self.kind)
            .map(|days| days.range(..today).next_back().map(|(&day, _)| day));
        // Not simply today: it may be years ahead, by a clock that will be put right.
        let first_open = last.map_or(Some(today), |last| last.map(Day::next));
        self.first_open = self.first_open.max(first_open.unwrap_or(self.first_open));
        self.open.take_if(|open| open.day < today);
    }

    /// Where the file of `day` stands, whether it is there or not.
    #[must_use]
    pub fn path_of(&self, day: impl Into<Day>) -> PathBuf {
        self.kind.path_of(&self.home, day.into())
    }

    /// Bytes in the file of `day` now; 0 when there is none.
    #[must_use]
    pub fn len(&self, day: impl Into<Day>) -> u64 {
        fs::metadata(self.path_of(day)).map_or(0, |meta| meta.len())
    }

    /// Appends `text` with one write, to the file of [`day_for`](Self::day_for) its date.
    ///
    /// # Errors
    ///
    /// As for [`append_to`](Self::append_to).
    pub fn append(&mut self, date: &LocalDate, text: &[u8]) -> Result<(), WriteError> {
        self.append_to(self.day_for(date), text)
    }

    /// Appends `text` with one write, to the file of `day`.
    ///
    /// # Errors
    ///
    /// [`WriteError`] when a folder cannot be made or the file cannot be opened or written. What was written
    /// before stays whole; the caller may try again.
    pub fn append_to(&mut self, day: Day, text: &[u8]) -> Result<(), WriteError> {
        if self.open.as_ref().is_none_or(|open| open.day != day || open.is_gone()) {
            let open = self.open_day(day)?;
            // Without the undated name the entries are still where they are kept.
            self.link_problem = make_link(&open.file, &open.path, &self.link()).err();
            self.open = Some(open);
        }
        let Some(open) = self.open.as_mut() else { return Ok(()) };
        let failed = |error| WriteError { path: open.path.clone(), error };
        if open.is_torn {
            (&open.file).write_all(TORN_END).map_err(failed)?;
            open.is_torn = false;
        }
        let before = open.file.metadata().map_or(0, |meta| meta.len());
        if let Err(error) = (&open.file).write_all(text) {
            // A full disk leaves a part of the text: take it back, or remember that it is there.
            open.is_torn = open.file.set_len(before).is_err();
            return Err(WriteError { path: open.path.clone(), error });
        }
        Ok(())
    }

    /// Why the undated name could not be made, once after each attempt.
    pub fn take_link_problem(&mut self) -> Option<WriteError> {
        self.link_problem.take()
    }

    fn open_day(&self, day: Day) -> Result<Open, WriteError> {
        let path = self.path_of(day);
        let file = open_to_append(&path)?;
        take_back_torn(&file, self.records)
            .map_err(|error| WriteError { path: path.clone(), error })?;
        Ok(Open { file, path, day, is_torn: false })
    }
}

/// Opens a file for appending; what is missing of it and its folders is made.
fn open_to_append(path: &Path) -> Result<File, WriteError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| WriteError { path, error }
    };
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o770).create(folder).map_err(failed(folder))?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o640);
    open_regular(&mut options, path).map_err(failed(path))
}

/// What ends a record that was left half-written.
const TORN_END: &[u8] = b"\n\n";

/// Makes `link` another name of `path`, which is open as `file`.
fn make_link(file: &File, path: &Path, link: &Path) -> Result<(), WriteError> {
    let failed = |error| WriteError { path: link.to_owned(), error };
    let target = file.metadata().map_err(failed)?;
    if fs::symlink_metadata(link).is_ok_and(|metadata| is_same(&metadata, &target)) {
        return Ok(());
    }
    // Made beside and renamed, so that the undated name is never missing.
    let fresh = link.with_extension("new");
    let _ = fs::remove_file(&fresh);
    fs::hard_link(path, &fresh).and_then(|()| fs::rename(&fresh, link)).map_err(failed)
}

fn is_same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    one.ino() == other.ino() && one.dev() == other.dev()
}

/// How far back the beginning of a torn record is looked for, in bytes.
const LONGEST_RECORD: u64 = 8 << 20;

/// Shortens a file that ends in the middle of a record to its last whole one. What does not look like the
/// beginning of a record of ours stays, and is ended.
fn take_back_torn(file: &File, records: Records) -> io::Result<()> {
    let length = file.metadata()?.len();
    let start = length.saturating_sub(LONGEST_RECORD);
    let end: &[u8] = match records {
        Records::Lines => b"\n",
        Records::Blocks => b"\n\n",
    };
    let mut tail = [0; 2];
    let tail = tail.get_mut(..end.len().min(length as usize)).unwrap_or_default();
    file.read_exact_at(tail, length - tail.len() as u64)?;
    if length == 0 || tail == end {
        return Ok(());
    }
    let mut tail = vec![0; usize::try_from(length - start).unwrap_or_default()];
    file.read_exact_at(&mut tail, start)?;
    let whole = memchr::memmem::rfind(&tail, end).map_or(0, |at| at + end.len());
    let is_bounded = whole > 0 || start == 0;
    let torn = tail.get(whole..).unwrap_or_default();
    let is_ours = records == Records::Lines || torn.starts_with(MARK) || MARK.starts_with(torn);
    if is_bounded && is_ours { file.set_len(start + whole as u64) } else { (&*file).write_all(end) }
}

/// What a record in [`Records::Blocks`] begins with.
const MARK: &[u8] = b"** Alert ";

/// How the records of a file are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Records {
    /// Each is a line.
    Lines,
    /// Each is followed by an empty line.
    Blocks,
}

#[cfg(test)]
mod tests {
    use super::*;
    use bartizan_base::Timestamp;
    use jiff::tz::TimeZone;

    fn date(seconds: i64) -> LocalDate {
        LocalDate::new(Timestamp(seconds), &TimeZone::UTC)
    }

    const DAY: i64 = 86_400;
    const START: i64 = 1_764_576_000;

    #[test]
    fn the_undated_name_is_a_hard_link_to_todays_file() {
        let home = tempfile::tempdir().unwrap();
        let mut file = DatedFile::new(home.path(), Kind::AlertText);
        file.append(&date(START), b"one\n").unwrap();
        let link = home.path().join("logs/alerts/alerts.log");
        let dated = home.path().join("logs/alerts/2025/Dec/ossec-alerts-01.log");
        assert_eq!(fs::metadata(&link).unwrap().ino(), fs::metadata(&dated).unwrap().ino());
        assert_eq!(fs::read(&link).unwrap(), b"one\n");
    }

    #[test]
    fn a_new_day_starts_a_new_file_even_in_the_same_hour_and_never_goes_back() {
        let home = tempfile::tempdir().unwrap();
        let mut file = DatedFile::new(home.path(), Kind::AlertJson);
        file.append(&date(START), b"1\n").unwrap();
        file.append(&date(START + DAY), b"2\n").unwrap();
        file.append(&date(START + DAY - 7200), b"late\n").unwrap();
        let read = |name: &str| fs::read(home.path().join("logs/alerts").join(name)).unwrap();
        assert_eq!(read("2025/Dec/ossec-alerts-01.json"), b"1\n");
        assert_eq!(read("2025/Dec/ossec-alerts-02.json"), b"2\nlate\n");
        assert_eq!(read("alerts.json"), b"2\nlate\n");
    }

    #[test]
    fn a_restart_continues_the_day() {
        let home = tempfile::tempdir().unwrap();
        DatedFile::new(home.path(), Kind::AlertText).append(&date(START), b"1\n\n").unwrap();
        let mut again = DatedFile::new(home.path(), Kind::AlertText);
        assert_eq!(again.len(&date(START)), 3);
        again.append(&date(START), b"2\n\n").unwrap();
        assert_eq!(fs::read(again.link()).unwrap(), b"1\n\n2\n\n");
    }

    #[test]
    fn a_clock_that_was_days_ahead_and_is_put_right_is_followed() {
        let home = tempfile::tempdir().unwrap();
        let mut file = DatedFile::new(home.path(), Kind::AlertJson);
        file.append(&date(START), b"1\n").unwrap();
        file.append(&date(START + 9 * DAY), b"ahead\n").unwrap();
        file.append(&date(START), b"2\n").unwrap();
        file.close_before(Day::from(&date(START + 3 * DAY)));
        file.append(&date(START), b"3\n").unwrap();
        let read = |day: i64| fs::read(file.path_of(&date(START + day * DAY))).unwrap();
        assert_eq!(read(0), b"1\n2\n");
        assert_eq!(read(1), b"3\n");
        assert_eq!(read(9), b"ahead\n");
    }

    #[test]
    fn a_sealed_day_takes_nothing_more() {
        let home = tempfile::tempdir().unwrap();
        let mut file = DatedFile::new(home.path(), Kind::AlertJson);
        for day in [0, 1] {
            let path = file.path_of(&date(START + day * DAY));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(with_suffix(&path, SUM), "sealed").unwrap();
        }
        let day = file.day_for(&date(START));
        assert_eq!(day, Day::new(2025, 12, 3).unwrap());
        assert_eq!(file.next_place(day), (PathBuf::from(Kind::AlertJson.file_of(day)), 0));
        file.append(&date(START), b"1\n").unwrap();
        assert_eq!(fs::read(file.path_of(day)).unwrap(), b"1\n");
    }

    #[track_caller]
    fn check_torn(kind: Kind, left: &str, expected: &str) {
        let home = tempfile::tempdir().unwrap();
        let mut file = DatedFile::new(home.path(), kind);
        file.append(&date(START), left.as_bytes()).unwrap();
        DatedFile::new(home.path(), kind).append(&date(START), b"next\n\n").unwrap();
        let text = fs::read_to_string(file.link()).unwrap();
        assert_eq!(text, format!("{expected}next\n\n"), "after {left:?}");
    }

    #[test]
    fn a_record_that_was_torn_is_taken_back() {
        for torn in ["** Alert 2", "** Alert 2.1: - b,\n", "** Alert 2.1: - b,\nRule: 1", "*"] {
            let whole = "** Alert 1.1: - a,\nRule: 1\n\n";
            check_torn(Kind::AlertText, &format!("{whole}{torn}"), whole);
            check_torn(Kind::AlertText, torn, "");
        }
        check_torn(
            Kind::AlertText,
            "** Alert 1.1: - a,\n** Alert in a log\n\n",
            "** Alert 1.1: - a,\n** Alert in a log\n\n",
        );
        let mixed = "** Alert 1.1: - a,\n\nanother form\n";
        check_torn(Kind::AlertText, mixed, &format!("{mixed}\n\n"));
        check_torn(Kind::AlertText, "what somebody else wrote", "what somebody else wrote\n\n");
        check_torn(Kind::AlertJson, "{\"a\":1}\n{\"b\"", "{\"a\":1}\n");
        check_torn(Kind::AlertJson, "{\"b\"", "");
        check_torn(Kind::ArchiveText, "one\n", "one\n");
        check_torn(Kind::ArchiveText, "", "");
    }

    #[test]
    fn a_file_that_was_deleted_is_made_again() {
        let home = tempfile::tempdir().unwrap();
        let mut file = DatedFile::new(home.path(), Kind::FirewallText);
        file.append(&date(START), b"1\n").unwrap();
        fs::remove_dir_all(home.path().join("logs")).unwrap();
        file.append(&date(START), b"2\n").unwrap();
        let link = home.path().join("logs/firewall/firewall.log");
        let dated = home.path().join("logs/firewall/2025/Dec/ossec-firewall-01.log");
        assert_eq!(fs::read(link).unwrap(), b"2\n");
        assert_eq!(fs::read(dated).unwrap(), b"2\n");
    }

    #[test]
    fn an_obstacle_at_the_undated_name_does_not_stop_the_file() {
        for obstacle in ["logs/alerts/alerts.log", "logs/alerts/alerts.new"] {
            let home = tempfile::tempdir().unwrap();
            fs::create_dir_all(home.path().join(obstacle)).unwrap();
            let mut file = DatedFile::new(home.path(), Kind::AlertText);
            file.append(&date(START), b"1\n").unwrap();
            assert!(file.take_link_problem().unwrap().to_string().contains("alerts.log"));
            file.append(&date(START), b"2\n").unwrap();
            assert!(file.take_link_problem().is_none());
            let dated = home.path().join("logs/alerts/2025/Dec/ossec-alerts-01.log");
            assert_eq!(fs::read(dated).unwrap(), b"1\n2\n");
        }
    }

    #[test]
    fn a_file_that_was_moved_is_made_again() {
        let home = tempfile::tempdir().unwrap();
        let mut file = DatedFile::new(home.path(), Kind::AlertText);
        file.append(&date(START), b"1\n").unwrap();
        let dated = home.path().join("logs/alerts/2025/Dec/ossec-alerts-01.log");
        fs::rename(&dated, home.path().join("moved")).unwrap();
        file.append(&date(START), b"2\n").unwrap();
        assert_eq!(fs::read(&dated).unwrap(), b"2\n");
        assert_eq!(fs::read(file.link()).unwrap(), b"2\n");
    }

    #[test]
    fn what_cannot_be_written_is_reported_with_its_path() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("logs"), b"a file where a folder should be").unwrap();
        let error = DatedFile::new(home.path(), Kind::AlertText).append(&date(START), b"x");
        assert!(error.unwrap_err().to_string().contains("logs/alerts/2025/Dec"));
    }
}
