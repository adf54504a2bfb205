//! How it is going at one moment, taken in the main loop and told by the control thread.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::time::Instant;

use bartizan_collect::{Position, Sources};
use jiff::Timestamp;

use super::account::{Account, Counts, Drop};
use super::silences::Silences;
use crate::cli::log;
use crate::cli::service::protocol::{Lines, Place, SourceStatus, Status};

/// A moment.
pub(super) struct Snapshot {
    pub(super) taken: Instant,
    /// When the program was started.
    pub(super) started: (Instant, Timestamp),
    /// Everything but what is known only when it is told: ages, what waits in files.
    pub(super) status: Status,
    /// Where each file was read to, and which of the sources it is.
    pub(super) places: Vec<(usize, Position)>,
}

impl Snapshot {
    /// What can be told of it now.
    pub(super) fn status(&self) -> Status {
        let (started, at) = self.started;
        let mut status = self.status.clone();
        status.version = env!("CARGO_PKG_VERSION").to_owned();
        status.process = std::process::id();
        status.started_at = time(at);
        status.uptime_seconds = started.elapsed().as_secs();
        status.age_seconds = self.taken.elapsed().as_secs_f64();
        status.log_lines_lost = log::lost();
        for (source, position) in &self.places {
            if let Some(source) = status.sources.get_mut(*source) {
                let (offset, lag_bytes) = (position.offset, lag(position));
                source.place = Some(Place { offset, lag_bytes });
            }
        }
        status
    }
}

/// Bytes behind a position, where its file is the one that has its name now.
fn lag(position: &Position) -> Option<u64> {
    let data = fs::metadata(&position.path).ok()?;
    let is_same = (data.dev(), data.ino()) == (position.file.device, position.file.inode);
    is_same.then(|| data.len().saturating_sub(position.offset))
}

/// The sources of the account and those from which nothing came yet, with the places of those that are files.
pub(super) fn sources(
    account: &Account,
    silences: &Silences,
    sources: &Sources,
) -> (Vec<SourceStatus>, Vec<(usize, Position)>) {
    let mut numbers = HashMap::new();
    let mut told = Vec::new();
    for (number, source) in account.numbered_sources() {
        numbers.insert(source.name.to_vec(), told.len());
        told.push(SourceStatus {
            source: name(&source.name),
            lines: lines(&source.counts),
            place: None,
            is_silent: silences.is_silent(number),
        });
    }
    for (location, _) in sources.counts() {
        numbers.entry(location.to_vec()).or_insert_with(|| {
            let source = name(location);
            let lines = lines(&Counts::default());
            told.push(SourceStatus { source, lines, place: None, is_silent: false });
            told.len() - 1
        });
    }
    let places = sources.positions().filter_map(|position| {
        let number = numbers.get(position.path.as_os_str().as_bytes())?;
        Some((*number, position))
    });
    (told, places.collect())
}

/// Counts as they are told.
pub(super) fn lines(counts: &Counts) -> Lines {
    let dropped: BTreeMap<String, u64> = Drop::ALL
        .iter()
        .map(|&reason| (reason.name().to_owned(), counts.dropped(reason)))
        .collect();
    Lines {
        read: counts.read,
        alerted: counts.alerted,
        quiet: counts.quiet,
        filtered: counts.filtered,
        suppressed: counts.suppressed,
        queued: counts.queued,
        dropped,
    }
}

/// A time, RFC 3339 in UTC, in whole seconds.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Bytes of a name as text: what is not UTF-8 is escaped.
fn name(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.escape_ascii().to_string(),
    }
}
