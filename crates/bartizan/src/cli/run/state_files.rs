//! What the engine remembers, on disk where OSSEC keeps it: `queue/fts/fts-queue`, `queue/fts/ig-queue`,
//! `queue/diff/HOST/RULE/last-entry` (rules 2.10, 6), and what the modules `databases` and `statistics_files`
//! keep.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bartizan_alert::Calendar;
use bartizan_analysis::Engine;
use bartizan_base::Source;
use bartizan_base::source::open_regular;
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
        if first_seen.exists() {
            state.first_seen.load(&Source::read(&first_seen, &first_seen)?.text);
        }
        if ignored.exists() {
            state.ignore_list.load(&Source::read(&ignored, &ignored)?.text);
        }
        state.diffs = Box::new(DiffFiles { folder: home.join("queue/diff") });
        let (first_seen, ignored) = (Appended::open(first_seen)?, Appended::open(ignored)?);
        Ok(Self { _lock: lock, first_seen, ignored, statistics })
    }

    /// Writes what `engine` learned since the last call.
    pub(super) fn save(&mut self, engine: &mut Engine, calendar: &mut Calendar) {
        self.statistics.save(engine.statistics_mut(), calendar);
        let state = engine.state_mut();
        if state.first_seen.has_fresh() {
            self.first_seen.waiting.append(&mut state.first_seen.take_fresh());
        }
        if state.ignore_list.has_fresh() {
            self.ignored.waiting.append(&mut state.ignore_list.take_fresh());
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
    let file = OpenOptions::new().append(true).create(true).mode(0o640).open(&path);
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
