//! What the engine remembers, on disk where OSSEC keeps it: `queue/fts/fts-queue`, `queue/fts/ig-queue`,
//! `queue/diff/HOST/RULE/last-entry` (rules 2.10, 6), and what the modules `databases` and `statistics_files`
//! keep.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bartizan_alert::Calendar;
use bartizan_analysis::Engine;
use bartizan_base::source::open_regular;
use bartizan_base::{Source, limits};
use bartizan_rules::correlate::DiffStore;

use super::databases::Databases;
use super::statistics_files::StatisticsFiles;
use crate::cli::complain;

/// The open files.
pub(super) struct StateFiles {
    /// Held as long as we work here.
    _lock: File,
    first_seen: Appended,
    ignored: Appended,
    statistics: StatisticsFiles,
}

/// A file that only grows, and what it has still to take.
struct Appended {
    path: PathBuf,
    file: File,
    waiting: Vec<u8>,
    is_failing: bool,
}

impl StateFiles {
    /// Opens the files below `home`, makes what is missing, and gives `engine` what they hold.
    pub(super) fn open(home: &Path, engine: &mut Engine) -> anyhow::Result<Self> {
        let folder = home.join("queue/fts");
        make_folder(&folder)?;
        let lock = lock(home)?;
        let statistics = StatisticsFiles::open(home, engine.statistics_mut());
        engine.keep_databases_in(Box::new(Databases::new(home)));
        let state = engine.state_mut();
        let first_seen = folder.join("fts-queue");
        let ignored = folder.join("ig-queue");
        load(&first_seen, &mut |lines| state.first_seen.load(lines))?;
        load(&ignored, &mut |lines| state.ignore_list.load(lines))?;
        state.keep_journals();
        state.diffs = Box::new(DiffFiles { folder: home.join("queue/diff") });
        let (first_seen, ignored) = (Appended::open(first_seen)?, Appended::open(ignored)?);
        Ok(Self { _lock: lock, first_seen, ignored, statistics })
    }

    /// Writes what `engine` learned since the last call.
    pub(super) fn save(&mut self, engine: &mut Engine, calendar: &mut Calendar) {
        self.statistics.save(engine.statistics_mut(), calendar);
        let state = engine.state_mut();
        if state.first_seen.has_fresh() {
            self.first_seen.take(state.first_seen.take_fresh());
        }
        if state.ignore_list.has_fresh() {
            self.ignored.take(state.ignore_list.take_fresh());
        }
        self.first_seen.flush();
        self.ignored.flush();
    }
}

impl Appended {
    fn open(path: PathBuf) -> anyhow::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o640);
        let file = open_regular(&mut options, &path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        // A program that was killed may have left half a line: the next one must not become part of it.
        let mut last = [b'\n'];
        let length = file.metadata().map_or(0, |meta| meta.len());
        let is_torn = length > 0 && file.read_exact_at(&mut last, length - 1).is_ok();
        let waiting = if is_torn && last != [b'\n'] { vec![b'\n'] } else { Vec::new() };
        Ok(Self { path, file, waiting, is_failing: false })
    }

    /// Lines to be written. While the file cannot be written they wait, up to a limit.
    fn take(&mut self, mut lines: Vec<u8>) {
        if self.waiting.len() + lines.len() <= limits::JOURNAL_BYTES {
            self.waiting.append(&mut lines);
        }
    }

    fn flush(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let before = self.file.metadata().map_or(0, |meta| meta.len());
        match self.file.write_all(&self.waiting) {
            Ok(()) => {
                self.waiting.clear();
                self.is_failing = false;
            }
            Err(error) => {
                // Take back a half-written line; what waits is written again later.
                let _ = self.file.set_len(before);
                if !std::mem::replace(&mut self.is_failing, true) {
                    complain(&format!("bartizan: cannot write {}: {error}", self.path.display()));
                }
            }
        }
    }
}

/// Gives `take` the lines of a file that only grows. Of one that has grown too large the newest are read, and how
/// much is left out is said: that is no reason to watch nothing.
fn load(path: &Path, take: &mut impl FnMut(&[u8])) -> anyhow::Result<()> {
    let told = || format!("cannot read {}", path.display());
    let mut file = match open_regular(OpenOptions::new().read(true), path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file.with_context(told)?,
    };
    let size = file.metadata().with_context(told)?.len();
    let left_out = size.saturating_sub(limits::CONFIG_FILE_BYTES);
    file.seek(SeekFrom::Start(left_out)).with_context(told)?;
    if left_out > 0 {
        complain(&format!(
            "bartizan: {}: the oldest {left_out} of {size} bytes are left out",
            path.display()
        ));
    }
    let mut rest = file.take(limits::CONFIG_FILE_BYTES);
    let mut lines = Vec::new();
    // Where the beginning is left out the first line is not whole.
    let mut is_torn = left_out > 0;
    while rest.by_ref().take(LOADED_BYTES).read_to_end(&mut lines).with_context(told)? > 0 {
        let Some(end) = lines.iter().rposition(|&byte| byte == b'\n') else { continue };
        let whole = lines.get(..end).unwrap_or_default();
        let start = if std::mem::take(&mut is_torn) {
            whole.iter().position(|&byte| byte == b'\n').map_or(end, |at| at + 1)
        } else {
            0
        };
        take(whole.get(start..).unwrap_or_default());
        lines.drain(..=end);
    }
    take(if is_torn { &[] } else { &lines });
    Ok(())
}

/// Bytes of a file that are read at once.
const LOADED_BYTES: u64 = 1 << 20;

/// Last outputs, a file for each host and rule. The text is followed by one NUL byte.
struct DiffFiles {
    folder: PathBuf,
}

impl DiffFiles {
    /// The engine has already refused hosts that are no plain name.
    fn path(&self, host: &[u8], rule: u32) -> PathBuf {
        self.folder
            .join(std::ffi::OsStr::from_bytes(host))
            .join(rule.to_string())
            .join("last-entry")
    }
}

impl DiffStore for DiffFiles {
    fn load(&mut self, host: &[u8], rule: u32, text: &mut Vec<u8>) -> bool {
        let path = self.path(host, rule);
        let Ok(source) = Source::read(&path, &path) else { return false };
        text.clear();
        text.extend(source.text.iter().copied().take_while(|&byte| byte != 0));
        true
    }

    fn save(&mut self, host: &[u8], rule: u32, text: &[u8]) {
        let path = self.path(host, rule);
        let mut ended = text.to_vec();
        ended.push(0);
        let fresh = path.with_extension("new");
        let written = path
            .parent()
            .map_or(Ok(()), |folder| {
                fs::DirBuilder::new().recursive(true).mode(0o770).create(folder)
            })
            .and_then(|()| {
                let mut options = OpenOptions::new();
                options.write(true).create(true).truncate(true).mode(0o640);
                open_regular(&mut options, &fresh)?.write_all(&ended)
            })
            .and_then(|()| fs::rename(&fresh, &path));
        if let Err(error) = written {
            complain(&format!("bartizan: cannot keep {}: {error}", path.display()));
        }
    }
}

/// Two programs that write into one folder would spoil each other's files.
fn lock(home: &Path) -> anyhow::Result<File> {
    let path = home.join("queue/bartizan.lock");
    let mut options = OpenOptions::new();
    let file = open_regular(options.append(true).create(true).mode(0o640), &path);
    let file = file.with_context(|| format!("cannot open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            anyhow::bail!("another `bartizan run` works in {}", home.display())
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

fn make_folder(folder: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o770)
        .create(folder)
        .with_context(|| format!("cannot make {}", folder.display()))
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn of_a_file_that_is_too_large_the_newest_lines_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fts-queue");
        let line = format!("{}\n", "x".repeat(1_023));
        let lines = usize::try_from(limits::CONFIG_FILE_BYTES).unwrap() / line.len();
        fs::write(&path, format!("oldest\n{}newest", line.repeat(lines))).unwrap();
        let mut loaded = Vec::new();
        load(&path, &mut |part| loaded.extend(part.split(|&b| b == b'\n').map(<[u8]>::to_vec)))
            .unwrap();
        assert_eq!(loaded.last().map(Vec::as_slice), Some(&b"newest"[..]));
        assert!(!loaded.contains(&b"oldest".to_vec()));
        assert!(loaded.iter().all(|line| [0, 6, 1_023].contains(&line.len())));
        assert_eq!(loaded.iter().filter(|line| line.len() == 1_023).count(), lines - 1);
        load(&folder.path().join("absent"), &mut |_| panic!("there is nothing")).unwrap();
    }
}
