//! The files that one `location` stands for: one, those that match a pattern, or the one of the hour.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;

use crate::follow::Follower;
use crate::glob;
use crate::ledger::Shared;
use crate::notice::{Notice, Seen};
use crate::record::Recipe;
use crate::selection::Selection;
use crate::siblings::{SLACK, is_compressed};
use crate::sources::LocalFile;
use crate::start::{Now, Patience, Position, Progress, Start};
use crate::watch::Wait;

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) setting: LocalFile,
    /// As configured.
    pub(crate) location: PathBuf,
    start: Start,
    patience: Patience,
    recipe: Arc<Recipe>,
    selection: Selection,
    /// Patterns of files that are left out.
    exclude: Vec<PathBuf>,
    /// What came while nothing was read is skipped.
    future_only: bool,
    followers: Vec<Follower>,
    /// Files of past times that are still written to, and when they last grew.
    leaving: Vec<(Follower, Instant)>,
    /// The second for which the name was made, and the name.
    named: Option<(u64, PathBuf)>,
    is_scanned: bool,
    is_full: bool,
}

/// Most files of one pattern.
const FILES: usize = 4096;

type Sink<'a> = dyn FnMut(&[u8], Seen<'_>) + 'a;

impl Group {
    pub(crate) fn new(setting: &LocalFile, patience: Patience, recipe: Recipe) -> Self {
        Self {
            setting: setting.clone(),
            location: setting.location.clone(),
            start: setting.start.clone(),
            patience,
            recipe: Arc::new(recipe),
            selection: Selection::of(&setting.options),
            exclude: setting.options.exclude.clone(),
            future_only: setting.options.only_future_events == Some(true),
            followers: Vec::new(),
            leaving: Vec::new(),
            named: None,
            is_scanned: false,
            is_full: false,
        }
    }

    pub(crate) fn followers_mut(&mut self) -> impl Iterator<Item = &mut Follower> {
        self.followers.iter_mut().chain(self.leaving.iter_mut().map(|(follower, _)| follower))
    }

    fn follower(&self, path: PathBuf, start: Start) -> Follower {
        Follower::new(path, start, self.patience)
            .with_recipe(Arc::clone(&self.recipe))
            .with_selection(self.selection)
    }

    /// Where a file begins that is there at the first look.
    fn first_start(&self, path: &Path, shared: &mut Shared) -> Start {
        if self.future_only { self.start.clone() } else { shared.first_start(path, &self.start) }
    }

    pub(crate) fn followers(&self) -> impl Iterator<Item = &Follower> {
        self.followers.iter().chain(self.leaving.iter().map(|(follower, _)| follower))
    }

    pub(crate) fn poll(
        &mut self,
        now: Now,
        time_zone: &TimeZone,
        shared: &mut Shared,
        sink: &mut Sink<'_>,
    ) -> Progress {
        if !glob::is_pattern(&self.location) {
            self.name(now, time_zone, shared);
        }
        let mut all = Progress::default();
        let grace = self.patience.rotated;
        self.leaving.retain_mut(|(follower, last_growth)| {
            let progress = poll_one(follower, now, shared, sink);
            if progress.bytes > 0 {
                *last_growth = now.monotonic;
            }
            all.bytes += progress.bytes;
            all.is_more |= progress.is_more;
            let is_done = now.monotonic.saturating_duration_since(*last_growth) >= grace;
            if is_done {
                close_one(follower, shared, sink);
            }
            !is_done
        });
        for follower in &mut self.followers {
            let progress = poll_one(follower, now, shared, sink);
            all.bytes += progress.bytes;
            all.is_more |= progress.is_more;
        }
        all
    }

    /// Expands a pattern again.
    pub(crate) fn scan(
        &mut self,
        now: Now,
        started: SystemTime,
        time_zone: &TimeZone,
        shared: &mut Shared,
        sink: &mut Sink<'_>,
    ) {
        if !glob::is_pattern(&self.location) {
            return self.name(now, time_zone, shared);
        }
        let pattern = at_time(&self.location, now.wall, time_zone);
        let mut found = glob::expand(&pattern);
        let exclude: Vec<PathBuf> =
            self.exclude.iter().map(|path| at_time(path, now.wall, time_zone)).collect();
        let is_excluded = |path: &Path| exclude.iter().any(|e| glob::matches_path(e, path));
        found.retain(|path| !is_excluded(path));
        self.followers.retain_mut(|follower| {
            let is_missing = found.binary_search(&follower.path().into()).is_err();
            let is_over = (follower.is_gone(now) && is_missing) || is_excluded(follower.path());
            if is_over {
                close_one(follower, shared, sink);
            }
            !is_over
        });
        let is_first_scan = !std::mem::replace(&mut self.is_scanned, true);
        let keeps_compressed = is_compressed(&self.location);
        for path in found {
            let is_known = self.followers.iter().any(|follower| follower.path() == path);
            if is_known || (is_compressed(&path) && !keeps_compressed) || !path.is_file() {
                continue;
            }
            if self.followers.len() >= FILES {
                if !std::mem::replace(&mut self.is_full, true) {
                    let location = self.location.as_os_str().as_bytes();
                    sink(location, Seen::Notice(Notice::TooManyFiles { limit: FILES }));
                }
                break;
            }
            let start = if is_first_scan {
                self.first_start(&path, shared)
            } else {
                start_of_new(&path, started)
            };
            self.followers.push(self.follower(path, start));
        }
    }

    /// Makes the name of this second the one that is followed.
    fn name(&mut self, now: Now, time_zone: &TimeZone, shared: &mut Shared) {
        let second = now.wall.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        if self
            .named
            .as_ref()
            .is_some_and(|(named, _)| *named == second || !has_time(&self.location))
        {
            return;
        }
        let path = at_time(&self.location, now.wall, time_zone);
        let is_first = self.named.is_none();
        let is_same = self.named.as_ref().is_some_and(|(_, old)| *old == path);
        self.named = Some((second, path.clone()));
        if is_same {
            return;
        }
        self.leaving.extend(self.followers.drain(..).map(|old| (old, now.monotonic)));
        if let Some(at) = self.leaving.iter().position(|(old, _)| old.path() == path) {
            // The clock was set back.
            self.followers.push(self.leaving.remove(at).0);
            return;
        }
        let start = if is_first { self.first_start(&path, shared) } else { Start::Beginning };
        self.followers.push(self.follower(path, start));
    }

    pub(crate) fn watch(&self, wait: &mut Wait) {
        for follower in self.followers() {
            wait.watch(follower.path());
        }
        if glob::is_pattern(&self.location) {
            for folder in glob::folders(&self.location) {
                wait.watch_for_new_names(&folder);
            }
        }
    }

    pub(crate) fn close(&mut self, shared: &mut Shared, sink: &mut Sink<'_>) {
        let leaving = self.leaving.iter_mut().map(|(follower, _)| follower);
        for follower in leaving.chain(&mut self.followers) {
            close_one(follower, shared, sink);
        }
        self.leaving.clear();
        self.followers.clear();
    }
}

impl Group {
    /// As [`Group::close`], but lines that wait in files that still have their name stay there; gives the
    /// places where to go on.
    pub(crate) fn leave(&mut self, shared: &mut Shared, sink: &mut Sink<'_>) -> Vec<Position> {
        let mut positions = Vec::new();
        for mut follower in self.followers.drain(..) {
            let path = follower.location();
            let mut sink = |seen: Seen<'_>| sink(path.as_os_str().as_bytes(), seen);
            positions.extend(follower.leave(shared, &mut sink));
        }
        for (mut follower, _) in self.leaving.drain(..) {
            close_one(&mut follower, shared, sink);
        }
        positions
    }
}

fn poll_one(
    follower: &mut Follower,
    now: Now,
    shared: &mut Shared,
    sink: &mut Sink<'_>,
) -> Progress {
    let path = follower.location();
    follower.poll(now, shared, &mut |seen| sink(path.as_os_str().as_bytes(), seen))
}

fn close_one(follower: &mut Follower, shared: &mut Shared, sink: &mut Sink<'_>) {
    let path = follower.location();
    follower.close(shared, &mut |seen| sink(path.as_os_str().as_bytes(), seen));
}

/// A file that a later scan finds is new if it was made after the start (collection 4.4).
fn start_of_new(path: &Path, started: SystemTime) -> Start {
    let created = path.metadata().ok().and_then(|metadata| metadata.created().ok());
    match created {
        Some(created) if created + SLACK < started => Start::End,
        _ => Start::Beginning,
    }
}

fn has_time(path: &Path) -> bool {
    memchr::memchr(b'%', path.as_os_str().as_bytes()).is_some()
}

/// Fills the time in. A name that is no time pattern after all is taken as it is.
fn at_time(path: &Path, wall: SystemTime, time_zone: &TimeZone) -> PathBuf {
    let filled = || {
        let time = jiff::Timestamp::try_from(wall).ok()?;
        let time = time_zone.to_datetime(time);
        jiff::fmt::strtime::format(path.to_str()?, time).ok()
    };
    if has_time(path) {
        filled().map_or_else(|| path.to_owned(), PathBuf::from)
    } else {
        path.into()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_filled_in_and_other_names_stay() {
        let wall = UNIX_EPOCH + Duration::from_secs(1_795_580_062);
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let name = |path: &str| at_time(Path::new(path), wall, &zone).display().to_string();
        assert_eq!(name("/l/app-%Y-%m-%d.%H%M%S.log"), "/l/app-2026-11-25.061422.log");
        assert_eq!(name("/l/%b %e %j.log"), "/l/Nov 25 329.log");
        assert_eq!(name("/l/100%.log"), "/l/100%.log");
        assert_eq!(name("/l/plain"), "/l/plain");
    }
}
