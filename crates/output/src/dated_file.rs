//! One of OSSEC's daily files (rules 11.1).
//!
//! Today's file stands below folders for year and month; the undated name is a **hard link** to it, since
//! consumers notice a new day by the inode. Files are opened for appending, so a restart continues the day. The
//! date decides about the file, never the hour alone, and it never goes back (rules 11.2).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use bartizan_alert::LocalDate;

/// Which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `alerts.log`
    AlertText,
    /// `alerts.json`
    AlertJson,
    /// `archives.log`
    ArchiveText,
    /// `archives.json`
    ArchiveJson,
    /// `firewall.log`
    FirewallText,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::AlertText | Self::AlertJson => "logs/alerts",
            Self::ArchiveText | Self::ArchiveJson => "logs/archives",
            Self::FirewallText => "logs/firewall",
        }
    }

    /// The undated name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AlertText => "alerts.log",
            Self::AlertJson => "alerts.json",
            Self::ArchiveText => "archives.log",
            Self::ArchiveJson => "archives.json",
            Self::FirewallText => "firewall.log",
        }
    }

    fn dated(self) -> (&'static str, &'static str) {
        match self {
            Self::AlertText => ("ossec-alerts", "log"),
            Self::AlertJson => ("ossec-alerts", "json"),
            Self::ArchiveText => ("ossec-archive", "log"),
            Self::ArchiveJson => ("ossec-archive", "json"),
            Self::FirewallText => ("ossec-firewall", "log"),
        }
    }
}

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
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    path: PathBuf,
    day: (u32, u32, u32),
    /// A write failed half-way at this length: the next one starts a line of its own.
    is_torn: bool,
}

impl DatedFile {
    /// The file of `kind` below `home`. Nothing is opened yet.
    #[must_use]
    pub fn new(home: &Path, kind: Kind) -> Self {
        Self { home: home.to_owned(), kind, open: None }
    }

    /// The undated path, for messages.
    #[must_use]
    pub fn link(&self) -> PathBuf {
        self.home.join(self.kind.folder()).join(self.kind.name())
    }

    /// Bytes in the file of that day now; 0 when there is none.
    #[must_use]
    pub fn size(&self, date: &LocalDate) -> u64 {
        fs::metadata(self.path(date)).map_or(0, |meta| meta.len())
    }

    /// Appends `text` with one write, to the file of `date` or of the latest date seen.
    ///
    /// # Errors
    ///
    /// [`WriteError`] when a folder cannot be made or the file cannot be opened or written. What was written
    /// before stays whole; the caller may try again.
    pub fn append(&mut self, date: &LocalDate, text: &[u8]) -> Result<(), WriteError> {
        let day = (date.year, date.month, date.day);
        if self.open.as_ref().is_none_or(|open| open.day < day) {
            self.open = Some(self.open_day(date, day)?);
        }
        let Some(open) = self.open.as_mut() else { return Ok(()) };
        let failed = |error| WriteError { path: open.path.clone(), error };
        if open.is_torn {
            (&open.file).write_all(b"\n\n").map_err(failed)?;
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

    fn path(&self, date: &LocalDate) -> PathBuf {
        let (stem, extension) = self.kind.dated();
        self.home
            .join(self.kind.folder())
            .join(date.year.to_string())
            .join(date.month_name())
            .join(format!("{stem}-{:02}.{extension}", date.day))
    }

    fn open_day(&self, date: &LocalDate, day: (u32, u32, u32)) -> Result<Open, WriteError> {
        let path = self.path(date);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| WriteError { path, error }
        };
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o770)
                .create(folder)
                .map_err(failed(folder))?;
        }
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o640)
            .open(&path)
            .map_err(failed(&path))?;
        let link = self.link();
        let target = file.metadata().map_err(failed(&path))?;
        let is_linked = fs::symlink_metadata(&link)
            .is_ok_and(|meta| meta.ino() == target.ino() && meta.dev() == target.dev());
        if !is_linked {
            // Made beside and renamed, so that the undated name is never missing.
            let fresh = link.with_extension("new");
            let _ = fs::remove_file(&fresh);
            fs::hard_link(&path, &fresh).map_err(failed(&fresh))?;
            fs::rename(&fresh, &link).map_err(failed(&link))?;
        }
        Ok(Open { file, path, day, is_torn: false })
    }
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
        DatedFile::new(home.path(), Kind::AlertText).append(&date(START), b"1\n").unwrap();
        let mut again = DatedFile::new(home.path(), Kind::AlertText);
        assert_eq!(again.size(&date(START)), 2);
        again.append(&date(START), b"2\n").unwrap();
        assert_eq!(fs::read(again.link()).unwrap(), b"1\n2\n");
    }

    #[test]
    fn what_cannot_be_written_is_reported_with_its_path() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("logs"), b"a file where a folder should be").unwrap();
        let error = DatedFile::new(home.path(), Kind::AlertText).append(&date(START), b"x");
        assert!(error.unwrap_err().to_string().contains("logs/alerts/2025/Dec"));
    }
}
