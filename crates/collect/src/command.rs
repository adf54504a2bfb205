//! The output of commands that are run every so often (collection 5).
//!
//! ```text
//! Command::poll: due? ─▶ Run (sh -c, a process group of its own) ─▶ pipe, never waited for ─▶ text ─▶ Seen
//!                        └ ended, or killed when its time is over
//! ```
//!
//! A run stops nobody: its output is taken as it comes, a bounded amount a poll, and one that takes too long
//! is ended with its children. There is one run of a command at a time. When it ran last is kept across
//! restarts, so that a daily command is a daily one.

mod output;
mod run;

use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bartizan_config::ossec_conf::localfile::{COMMAND_FREQUENCY, LogFormat};

use crate::file::FileId;
use crate::line::LineCounts;
use crate::notice::{Notice, Seen};
use crate::settings::{LocalFile, Machine};
use crate::shape::Shape;
use crate::start::{Now, Position, Progress};
use crate::turn::TURN_BYTES;
use output::Output;
use run::{Ended, Run};

/// A run that takes longer is ended (collection 5.3).
pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// Time between the runs of a command with frequency 0: what OSSEC makes of it (collection 5.2).
const SHORTEST: Duration = Duration::from_secs(4);
/// A run that writes more is ended: nobody reads that.
const OUTPUT_BYTES: u64 = 16 << 20;
/// What the position of a command is called.
const POSITION: &str = "command:";

/// Runs one command.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) setting: LocalFile,
    /// The command line.
    line: String,
    every: Duration,
    timeout: Duration,
    /// When it is run next; `None` before the first poll.
    next: Option<Instant>,
    last_run: Option<SystemTime>,
    run: Option<Run>,
    output: Output,
    /// How the last run ended, if not well.
    failure: Option<String>,
    was_too_long: bool,
    reported: Option<Position>,
}

impl Command {
    /// `None` if there is no command line.
    pub(crate) fn new(setting: &LocalFile, machine: &Machine, timeout: Duration) -> Option<Self> {
        let line = setting.location.to_string_lossy().into_owned();
        if line.trim().is_empty() {
            return None;
        }
        let options = &setting.options;
        let every = options.frequency.unwrap_or(COMMAND_FREQUENCY);
        let name = options.alias.as_deref().filter(|alias| !alias.is_empty()).unwrap_or(&line);
        let is_full = setting.log_format == LogFormat::FullCommand;
        Some(Self {
            setting: setting.clone(),
            every: if every.is_zero() { SHORTEST } else { every },
            timeout,
            next: None,
            last_run: None,
            run: None,
            output: Output::new(name, is_full, Shape::of(options, machine)),
            failure: None,
            was_too_long: false,
            reported: None,
            line,
        })
    }

    /// Where its events come from: its alias, or the command line.
    pub(crate) fn location(&self) -> &[u8] {
        self.output.location()
    }

    pub(crate) fn counts(&self) -> LineCounts {
        self.output.counts()
    }

    /// What can be waited for.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.run.as_ref().and_then(Run::fd)
    }

    /// When there will be something to do even if no output comes.
    pub(crate) fn due(&self) -> Option<Instant> {
        match &self.run {
            Some(run) if run.is_killed() => None,
            Some(run) => Some(run.started() + self.timeout),
            None => self.next,
        }
    }

    /// Goes on with what an earlier run of the program noted.
    pub(crate) fn resume(&mut self, earlier: &Position) {
        self.last_run = UNIX_EPOCH.checked_add(Duration::from_secs(earlier.offset));
        self.output.had_output = earlier.tail == [1];
    }

    /// What its position is called.
    pub(crate) fn position_path(&self) -> PathBuf {
        PathBuf::from(format!("{POSITION}{}", self.line))
    }

    /// When it ran last, and whether that gave output.
    pub(crate) fn position(&self) -> Option<Position> {
        let since = self.last_run?.duration_since(UNIX_EPOCH).ok()?;
        Some(Position {
            path: self.position_path(),
            file: FileId { device: 0, inode: 0 },
            offset: since.as_secs(),
            tail: vec![u8::from(self.output.had_output)],
            older: Vec::new(),
        })
    }

    /// The same, if it is another one than this gave before.
    pub(crate) fn changed_position(&mut self) -> Option<Position> {
        let position = self.position();
        if position == self.reported {
            return None;
        }
        self.reported.clone_from(&position);
        position
    }

    /// Runs it if that is due, and takes output that came. Never waits.
    pub(crate) fn poll(&mut self, now: Now, sink: &mut dyn FnMut(&[u8], Seen<'_>)) -> Progress {
        let next = *self.next.get_or_insert_with(|| first_run(now, self.last_run, self.every));
        if self.run.is_none() && now.monotonic >= next {
            self.start(now, sink);
        }
        self.read(now, sink)
    }

    fn start(&mut self, now: Now, sink: &mut dyn FnMut(&[u8], Seen<'_>)) {
        self.next = Some(now.monotonic + self.every);
        self.last_run = Some(now.wall);
        self.output.begin(now);
        match Run::start(&self.line, now.monotonic) {
            Ok(run) => self.run = Some(run),
            Err(error) => self.note_failure(Some(format!("cannot be run: {error}")), sink),
        }
    }

    fn read(&mut self, now: Now, sink: &mut dyn FnMut(&[u8], Seen<'_>)) -> Progress {
        let mut progress = Progress::default();
        let Some(run) = &mut self.run else { return progress };
        // Looked at first: what it wrote before its end is in the pipe by now.
        let ended = run.ended();
        let output = &mut self.output;
        let is_open = run.read(TURN_BYTES, &mut |bytes| {
            progress.bytes += bytes.len() as u64;
            output.take(bytes, sink);
        });
        progress.is_more = is_open && progress.bytes >= TURN_BYTES;
        let is_too_long = run.bytes() > OUTPUT_BYTES;
        if is_too_long {
            run.kill();
        } else if now.monotonic.saturating_duration_since(run.started()) >= self.timeout
            && run.kill()
        {
            self.output.give_up();
            sink(self.output.location(), Seen::Notice(Notice::TimedOut(self.timeout)));
        }
        // Whatever of its children still has the pipe: with the command its output is over.
        let is_over = !is_open || (ended.is_some() && !progress.is_more);
        if is_over || is_too_long {
            run.close();
            self.output.end(sink);
            let is_cut = self.output.is_cut();
            if is_cut && !std::mem::replace(&mut self.was_too_long, is_cut) {
                sink(self.output.location(), Seen::Notice(Notice::OutputCut));
            }
            self.was_too_long = is_cut;
        }
        if is_over && let Some(ended) = ended {
            self.run = None;
            match ended {
                Ended::Well | Ended::Killed => self.note_failure(None, sink),
                Ended::Badly(how) => self.note_failure(Some(how), sink),
            }
        }
        progress
    }

    /// Tells how it ended if that is not well, and not as the last time.
    fn note_failure(&mut self, failure: Option<String>, sink: &mut dyn FnMut(&[u8], Seen<'_>)) {
        if let Some(how) = failure.as_ref().filter(|how| self.failure.as_ref() != Some(how)) {
            sink(self.output.location(), Seen::Notice(Notice::CommandFailed(how.clone())));
        }
        self.failure = failure;
    }
}

/// At the start it is run at once, unless it ran not long ago. A wall clock that was set back delays it by
/// its own period at most.
fn first_run(now: Now, last_run: Option<SystemTime>, every: Duration) -> Instant {
    let Some(last_run) = last_run else { return now.monotonic };
    let since = now.wall.duration_since(last_run).unwrap_or_default();
    now.monotonic + every.saturating_sub(since)
}
