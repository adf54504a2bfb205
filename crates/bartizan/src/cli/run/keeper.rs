//! Seals, compresses and deletes the files of ended days, beside everything else.
//!
//! ```text
//! midnight, day_wait seconds, everything written ─▶ the files of earlier days are closed ─▶ a thread seals them
//! ```
//!
//! The thread works on a piece at a time and rests as long as each took, so it never takes more than half a core, and
//! it ends with the program: what was not done is done after the next start.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bartizan_config::internal_options;
use bartizan_output::{Day, Done, Keeping, SealError, seal_before};

use crate::cli::complain;

/// After how long something that failed is tried again.
const RETRY: Duration = Duration::from_secs(3600);

/// How long the journal of `commits` may speak of a file after it was written (`places` clears it more often).
const SHORTEST_WAIT: Duration = Duration::from_secs(10);

/// Longest sleep without a look at whether the program ends.
const NAP: Duration = Duration::from_millis(20);

/// When what is done, and who does it.
pub(super) struct Keeper {
    home: PathBuf,
    keeping: Keeping,
    wait: Duration,
    /// The day before which files have been closed.
    closed: Option<Day>,
    /// When the work is to begin, once something is to be done.
    due: Option<Instant>,
    work: Option<Work>,
    summary: Summary,
}

struct Work {
    thread: JoinHandle<()>,
    stop: Arc<AtomicBool>,
    told: Receiver<Result<Done, SealError>>,
}

/// What one round of work did.
#[derive(Default)]
struct Summary {
    sealed: u64,
    compressed: u64,
    deleted: u64,
    deleted_bytes: u64,
    failed: u64,
    /// The last sealed file of each kind and what its chain hangs on.
    heads: Vec<(String, String)>,
}

impl Keeper {
    pub(super) fn new(home: &Path, options: internal_options::Keeping) -> Self {
        let internal_options::Keeping { wait, compress, days, bytes } = options;
        Self {
            home: home.to_owned(),
            keeping: Keeping { compress, days, bytes },
            wait: Duration::from_secs(wait).max(SHORTEST_WAIT),
            closed: None,
            due: None,
            work: None,
            summary: Summary::default(),
        }
    }

    /// Keeps as `options` say from now on; work that has begun ends as it was begun.
    pub(super) fn change(&mut self, options: internal_options::Keeping) {
        let internal_options::Keeping { wait, compress, days, bytes } = options;
        self.keeping = Keeping { compress, days, bytes };
        self.wait = Duration::from_secs(wait).max(SHORTEST_WAIT);
    }

    /// Whether the files of days before `today` are to be closed and given to [`Keeper::start`] now. Only when
    /// everything is on disk, since what waits may belong to them.
    pub(super) fn is_due(&mut self, now: Instant, today: Day, is_written: bool) -> bool {
        match self.closed {
            // After a start there may be days that were missed.
            None => self.due = self.due.or(Some(now)),
            Some(closed) if closed < today => self.due = self.due.or(Some(now + self.wait)),
            // It was far ahead and has been put right.
            Some(closed) if closed > today.next() => self.closed = Some(today),
            Some(_) => {}
        }
        if !is_written {
            self.due = self.due.map(|due| due.max(now + self.wait));
        }
        is_written && self.work.is_none() && self.due.is_some_and(|due| now >= due)
    }

    /// Begins to work on days before `today`.
    pub(super) fn start(&mut self, now: Instant, today: Day) {
        self.closed = Some(today);
        self.due = None;
        let stop = Arc::new(AtomicBool::new(false));
        let (sender, told) = mpsc::channel();
        let (home, keeping, stopped) = (self.home.clone(), self.keeping, Arc::clone(&stop));
        let thread = std::thread::Builder::new().name("keeper".into()).spawn(move || {
            let mut since = Instant::now();
            let mut pace = |_| rest(&mut since, &stopped);
            // Who does not listen any more is about to end.
            let mut tell = |done| drop(sender.send(done));
            seal_before(&home, today, keeping, &mut pace, &mut tell);
        });
        match thread {
            Ok(thread) => self.work = Some(Work { thread, stop, told }),
            Err(error) => {
                complain(&format!("bartizan: cannot seal the files of ended days now: {error}"));
                self.due = Some(now + RETRY);
            }
        }
    }

    /// Takes what was done since the last call. What rules should hear of comes back.
    pub(super) fn take_events(&mut self, now: Instant) -> Vec<String> {
        let Some(work) = &self.work else { return Vec::new() };
        // Asked first: what was told before the end must not be missed.
        let is_over = work.thread.is_finished();
        let told: Vec<_> = work.told.try_iter().collect();
        let mut events = Vec::new();
        for done in told {
            match done {
                Ok(done) => self.summary.add(done),
                Err(error) => {
                    self.summary.failed += 1;
                    let text = match &error {
                        SealError::Altered(_) => format!("bartizan: {error}"),
                        _ => {
                            format!("bartizan: cannot seal or compress {error}; it is tried again")
                        }
                    };
                    complain(&text);
                    events.push(text);
                }
            }
        }
        if is_over && let Some(work) = self.work.take() {
            let summary = std::mem::take(&mut self.summary);
            if work.thread.join().is_err() || summary.failed > 0 {
                self.due = Some(now + RETRY);
            }
            summary.say();
        }
        events
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            work.stop.store(true, Ordering::Relaxed);
            // Whether it panicked makes no difference any more.
            let _ = work.thread.join();
        }
    }
}

/// Sleeps as long as was worked since the last call. False when the program ends.
fn rest(since: &mut Instant, stop: &AtomicBool) -> bool {
    let end = Instant::now() + since.elapsed();
    while !stop.load(Ordering::Relaxed) {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        std::thread::sleep(left.min(NAP));
    }
    *since = Instant::now();
    !stop.load(Ordering::Relaxed)
}

impl Summary {
    fn add(&mut self, done: Done) {
        match done {
            Done::Sealed { file, head } => {
                self.sealed += 1;
                // Names of one kind differ in the digits of their day only.
                let kind = |file: &str| {
                    file.rsplit('/')
                        .next()
                        .map(|name| name.replace(|c: char| c.is_ascii_digit(), ""))
                };
                self.heads.retain(|(other, _)| kind(other) != kind(&file));
                self.heads.push((file, head));
            }
            Done::Compressed { .. } => self.compressed += 1,
            Done::Deleted { bytes, .. } => {
                self.deleted += 1;
                self.deleted_bytes += bytes;
            }
        }
    }

    fn say(&self) {
        let Self { sealed, compressed, deleted, deleted_bytes, .. } = self;
        for (file, head) in &self.heads {
            complain(&format!("bartizan: sealed {file}, its chain ends with {head}"));
        }
        if sealed + compressed + deleted > 0 {
            complain(&format!(
                "bartizan: of ended days {sealed} files were sealed, {compressed} compressed, {deleted} deleted \
                 ({deleted_bytes} bytes)"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> Day {
        Day::new(2026, 11, day).unwrap()
    }

    fn keeper(home: &Path) -> Keeper {
        let options = internal_options::Keeping { wait: 10, compress: true, days: 0, bytes: 0 };
        Keeper::new(home, options)
    }

    /// Lets it work on nothing.
    fn work(keeper: &mut Keeper, now: Instant, today: Day) {
        keeper.start(now, today);
        while keeper.work.is_some() {
            assert_eq!(keeper.take_events(now), [] as [&str; 0]);
        }
    }

    #[test]
    fn it_works_at_the_start_and_some_seconds_after_each_midnight() {
        let home = tempfile::tempdir().unwrap();
        let (mut keeper, now) = (keeper(home.path()), Instant::now());
        let after = |seconds| now + Duration::from_secs(seconds);
        assert!(keeper.is_due(now, day(24), true));
        work(&mut keeper, now, day(24));
        assert!(!keeper.is_due(after(60), day(24), true));
        assert!(!keeper.is_due(after(70), day(25), true), "it waits");
        assert!(!keeper.is_due(after(79), day(25), true));
        assert!(!keeper.is_due(after(80), day(25), false), "something waits to be written");
        assert!(!keeper.is_due(after(89), day(25), true), "it was written just now");
        assert!(keeper.is_due(after(90), day(25), true));
        work(&mut keeper, after(90), day(25));
        assert!(!keeper.is_due(after(3600), day(24), true), "the clock was set back an hour");
        assert!(!keeper.is_due(after(7200), day(25), true));
    }

    #[test]
    fn a_clock_that_was_years_ahead_does_not_keep_it_from_its_work() {
        let home = tempfile::tempdir().unwrap();
        let (mut keeper, now) = (keeper(home.path()), Instant::now());
        let ahead = Day::new(2036, 1, 1).unwrap();
        assert!(keeper.is_due(now, ahead, true));
        work(&mut keeper, now, ahead);
        assert!(!keeper.is_due(now, day(24), true));
        assert!(!keeper.is_due(now, day(25), true));
        assert!(keeper.is_due(now + Duration::from_secs(10), day(25), true));
    }

    #[test]
    fn what_failed_is_told_and_tried_again() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(home.path().join("logs/alerts/2026/Nov/ossec-alerts-23.log"))
            .unwrap();
        let (mut keeper, now) = (keeper(home.path()), Instant::now());
        keeper.start(now, day(24));
        let mut events = Vec::new();
        while keeper.work.is_some() {
            events.extend(keeper.take_events(now));
        }
        assert_eq!(events.len(), 1);
        assert!(events[0].starts_with("bartizan: cannot seal or compress "), "{events:?}");
        assert!(!keeper.is_due(now + Duration::from_secs(3500), day(24), true));
        assert!(keeper.is_due(now + RETRY, day(24), true));
    }
}
