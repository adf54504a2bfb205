//! From settings to inputs: names with patterns, names with times, the journal.
//!
//! ```text
//! LocalFile {format, location} ─▶ Group ─▶ Follower, Follower, …     poll: one turn each, in order
//!                              ├▶ Command
//!                              └▶ Journal
//! ```
//!
//! A format that cannot be read yet is named in a [`Problem`], never left out in silence.

mod change;

use std::collections::HashMap;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bartizan_config::ossec_conf::localfile::LogFormat;
use jiff::tz::TimeZone;

use crate::command::Command;
use crate::follow::Follower;
use crate::glob;
use crate::group::Group;
use crate::journal::{self, Block, Journal, JournalOptions};
use crate::ledger::{EarlierRun, Shared};
use crate::line::LineCounts;
use crate::notice::Seen;
use crate::record::is_multilog_name;
use crate::shape::Shape;
use crate::start::{Now, Patience, Position, Progress};
use crate::watch::{Wait, Woken};

pub use crate::settings::{LocalFile, Machine, Problem, Reason};

/// All inputs of a host.
#[derive(Debug)]
pub struct Sources {
    groups: Vec<Group>,
    commands: Vec<Command>,
    journal: Option<Journal>,
    /// What came to the journal while nothing was read is skipped.
    skips_journal: bool,
    journal_settings: Vec<LocalFile>,
    shared: Shared,
    wait: Wait,
    started: SystemTime,
    time_zone: TimeZone,
    next_scan: Option<Instant>,
    last_poll: Option<Instant>,
}

/// Patterns are expanded again after this time, if nothing was noticed before (collection 4.4: 60 s).
const SCAN_EVERY: Duration = Duration::from_secs(10);

impl Sources {
    /// Prepares the inputs. Files are opened by the first poll, which should follow at once.
    #[must_use]
    pub fn new(
        settings: &[LocalFile],
        machine: Machine,
        patience: Patience,
        now: Now,
    ) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut groups: Vec<Group> = Vec::new();
        let mut commands = Vec::new();
        let mut blocks: Vec<(usize, Block)> = Vec::new();
        for (at, setting) in settings.iter().enumerate() {
            let mut problem = |reason| {
                let location = setting.location.clone();
                problems.push(Problem { setting: at, location, reason });
            };
            match setting.log_format {
                format if format.is_foreign() => problem(Reason::OtherSystem(format)),
                _ if !setting.is_analysed() => problem(Reason::NoTarget),
                format if format.is_command() => {
                    match Command::new(setting, &machine, patience.command) {
                        Some(command) => commands.push(command),
                        None => problem(Reason::NoCommand(format)),
                    }
                }
                LogFormat::Journald if machine.journalctl.is_none() => {
                    problem(Reason::NoJournalctl);
                }
                LogFormat::Journald if setting.options.has_bad_filter => {
                    problem(Reason::BadFilter);
                }
                LogFormat::Journald => {
                    blocks.push((at, Block::of(&setting.location, &setting.options)));
                }
                _ if setting.location.as_os_str().is_empty() => problem(Reason::NoLocation),
                LogFormat::DjbMultilog if !is_multilog_name(&setting.location) => {
                    problem(Reason::NotMultilog);
                }
                _ if groups.iter().any(|g| g.location == setting.location) => {
                    problem(Reason::Duplicate);
                }
                _ => {
                    let is_pattern = glob::is_pattern(&setting.location);
                    if is_pattern && glob::expand(&setting.location).is_empty() {
                        problem(Reason::NoMatch);
                    }
                    groups.push(Group::new(setting, patience, setting.recipe(&machine)));
                }
            }
        }
        let is_journal = |setting: &&LocalFile| setting.log_format == LogFormat::Journald;
        let journal_settings: Vec<_> = settings.iter().filter(is_journal).cloned().collect();
        let journal = journal(settings, blocks, &machine, now, &mut problems);
        let sources = Self {
            groups,
            commands,
            skips_journal: journal_settings
                .iter()
                .all(|setting| setting.options.only_future_events == Some(true)),
            journal_settings,
            last_poll: None,
            journal,
            shared: Shared::default(),
            wait: Wait::default(),
            started: now.wall,
            time_zone: machine.time_zone,
            next_scan: None,
        };
        (sources, problems)
    }

    /// Whether there is nothing to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.commands.is_empty() && self.journal.is_none()
    }

    /// Gives each input one turn. `sink` is told the location and what was seen there. Never waits.
    pub fn poll(&mut self, now: Now, sink: &mut dyn FnMut(&[u8], Seen<'_>)) -> Progress {
        self.last_poll = Some(now.monotonic);
        if self.next_scan.is_none_or(|at| now.monotonic >= at) {
            self.scan(now, sink);
        }
        let mut progress = Progress::default();
        let mut add = |one: Progress| {
            progress.bytes += one.bytes;
            progress.is_more |= one.is_more;
        };
        for group in &mut self.groups {
            add(group.poll(now, &self.time_zone, &mut self.shared, sink));
        }
        for command in &mut self.commands {
            add(command.poll(now, sink));
        }
        if let Some(journal) = &mut self.journal {
            let location = journal::LOCATION.as_bytes();
            add(journal.poll(now, &mut |seen| sink(location, seen)));
        }
        progress
    }

    /// Sleeps until there may be something to poll, at most for `timeout`; a second is a good one. Whatever of `others`
    /// can be read ends the sleep, too. Not to be called while [`Progress::is_more`].
    pub fn wait(&mut self, timeout: Duration, others: &[BorrowedFd<'_>]) {
        let mut inputs = others.to_vec();
        inputs.extend(self.journal.as_ref().and_then(Journal::fd));
        inputs.extend(self.commands.iter().filter_map(Command::fd));
        let due = self.commands.iter().filter_map(Command::due).min();
        let until_due =
            due.zip(self.last_poll).map(|(due, now)| due.saturating_duration_since(now));
        let timeout = until_due.map_or(timeout, |until| until.min(timeout));
        if self.wait.wait(timeout, &inputs) == Woken::NewName {
            self.next_scan = None;
        }
    }

    /// Hands on every line that waits for its newline, and closes all inputs.
    pub fn close(&mut self, sink: &mut dyn FnMut(&[u8], Seen<'_>)) {
        for group in &mut self.groups {
            group.close(&mut self.shared, sink);
        }
        self.journal = None;
        self.commands.clear();
    }

    /// Every input that is read now, and what was read from it.
    pub fn counts(&self) -> impl Iterator<Item = (&[u8], LineCounts)> + '_ {
        let files = self.groups.iter().flat_map(Group::followers);
        let files = files.map(|f| (f.path().as_os_str().as_bytes(), f.counts()));
        let files = files.chain(self.commands.iter().map(|c| (c.location(), c.counts())));
        files.chain(self.journal.iter().map(|j| (journal::LOCATION.as_bytes(), j.counts())))
    }

    /// As [`Sources::close`], but lines that wait in files that can be found again stay there. Gives the
    /// places where to go on, for [`Sources::resume`].
    pub fn leave(&mut self, sink: &mut dyn FnMut(&[u8], Seen<'_>)) -> Vec<Position> {
        let (groups, shared) = (&mut self.groups, &mut self.shared);
        let mut positions: Vec<Position> =
            groups.iter_mut().flat_map(|group| group.leave(shared, sink)).collect();
        positions.extend(self.commands.iter().filter_map(Command::position));
        positions.extend(self.journal.as_ref().and_then(Journal::position));
        self.journal = None;
        self.commands.clear();
        positions
    }

    /// Goes on where an earlier run stopped, which ended at that time. To be called before the first poll.
    /// Only inputs that would be read from their end are concerned.
    pub fn resume(&mut self, positions: impl IntoIterator<Item = Position>, ended: SystemTime) {
        let positions: HashMap<PathBuf, Position> =
            positions.into_iter().map(|place| (place.path.clone(), place)).collect();
        for command in &mut self.commands {
            if let Some(earlier) = positions.get(&command.position_path()) {
                command.resume(earlier);
            }
        }
        if let Some(journal) = self.journal.as_mut().filter(|_| !self.skips_journal) {
            positions.values().any(|position| journal.resume(position));
        }
        self.shared.earlier = Some(EarlierRun { positions, ended });
    }

    /// Where to go on after a restart.
    pub fn positions(&self) -> impl Iterator<Item = Position> + '_ {
        let files = self.groups.iter().flat_map(Group::followers).filter_map(Follower::position);
        let commands = self.commands.iter().filter_map(Command::position);
        files.chain(commands).chain(self.journal.as_ref().and_then(Journal::position))
    }

    /// Where to go on after a restart, of inputs that were read since this was last asked.
    pub fn changed_positions(&mut self) -> impl Iterator<Item = Position> + '_ {
        let followers = self.groups.iter_mut().flat_map(Group::followers_mut);
        let commands = self.commands.iter_mut().filter_map(Command::changed_position);
        let journal = self.journal.as_mut().and_then(Journal::changed_position);
        followers.filter_map(Follower::changed_position).chain(commands).chain(journal)
    }

    /// Expands patterns again, and watches what has to be watched.
    fn scan(&mut self, now: Now, sink: &mut dyn FnMut(&[u8], Seen<'_>)) {
        self.next_scan = Some(now.monotonic + SCAN_EVERY);
        self.wait.forget_names();
        for group in &mut self.groups {
            group.scan(now, self.started, &self.time_zone, &mut self.shared, sink);
            group.watch(&mut self.wait);
        }
        self.wait.release();
    }
}

/// Logs of a syslog daemon, which has from the journal what it writes there.
const OF_SYSLOG: [&str; 4] =
    ["/var/log/messages", "/var/log/syslog", "/var/log/auth.log", "/var/log/secure"];

/// The journal, as those of the settings want it.
fn journal(
    settings: &[LocalFile],
    blocks: Vec<(usize, Block)>,
    machine: &Machine,
    now: Now,
    problems: &mut Vec<Problem>,
) -> Option<Journal> {
    let program = machine.journalctl.clone()?;
    let options = Arc::clone(&settings.get(blocks.first()?.0)?.options);
    let (numbers, blocks): (Vec<usize>, Vec<Block>) = blocks.into_iter().unzip();
    let mut problem = |at: usize, reason| {
        if let Some(setting) = settings.get(at) {
            problems.push(Problem { setting: at, location: setting.location.clone(), reason });
        }
    };
    for idle in journal::without_effect(&blocks) {
        problem(numbers.get(idle).copied().unwrap_or_default(), Reason::NoFilter);
    }
    for (at, setting) in settings.iter().enumerate() {
        if OF_SYSLOG.iter().any(|name| setting.location == Path::new(name)) {
            problem(at, Reason::SeenTwice);
        }
    }
    let (hostname, time_zone) = (machine.hostname.clone(), machine.time_zone.clone());
    let shape = Shape::of(&options, machine).map(Arc::new);
    let options = JournalOptions { program, folder: None, blocks, hostname, time_zone, shape };
    Some(Journal::new(options, now))
}
