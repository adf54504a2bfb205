//! Following one log file by its name, through everything that happens to it.
//!
//! ```text
//! Follower::poll:  look at the name ─▶ rotated? the old file goes to the retiring ones, the new one is opened
//!                  look at the file ─▶ truncated? start anew
//!                  read             ─▶ the retiring ones to their end, then the current one; a bounded amount
//!                  tidy             ─▶ lines whose newline does not come, files that nobody writes to any more
//! ```
//!
//! There is no clock and no waiting here: the caller says what time it is and when to look. What is read is
//! cut into lines, and records are made of those (`record`).
//!
//! What cannot be helped: copytruncate loses what is written between its copy and its truncation
//! (collection 4.3, rule 8).

mod look;

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bartizan_config::ossec_conf::localfile::LogFormat;

use crate::file::{Change, FileId, OpenFile};
use crate::ledger::{Owner, Shared};
use crate::line::LineCounts;
use crate::notice::{Kind, Notice, Seen};
use crate::record::{Recipe, Records};
use crate::selection::Selection;
use crate::start::{Now, Older, Patience, Position, Progress, Start};
use crate::turn::{Sink, Turn};

/// Most rotated files kept open for one name.
const RETIRING: usize = 64;

/// Follows one name.
#[derive(Debug)]
pub struct Follower {
    path: Arc<Path>,
    start: Start,
    patience: Patience,
    recipe: Arc<Recipe>,
    selection: Selection,
    owner: Option<Owner>,
    current: Option<OpenFile>,
    retiring: VecDeque<Retiring>,
    state: State,
    last_look: Option<SystemTime>,
    /// Since when the name does not belong to the current file.
    gone_since: Option<Instant>,
    is_read_failing: bool,
    /// Counts of files that were closed.
    closed_counts: LineCounts,
    /// What [`Follower::changed_position`] gave last.
    reported: Option<(FileId, u64, usize, u64)>,
    /// A file that is no text, and its length then.
    refused: Option<(FileId, u64)>,
    losses: Losses,
}

/// What was told of lines that are not of the format.
#[derive(Debug, Default)]
struct Losses {
    told: u64,
    next: Option<Instant>,
}

/// Losses are told so often (collection 7.2).
const LOSSES_EVERY: Duration = Duration::from_secs(60);

/// A file that lost its name.
#[derive(Debug)]
struct Retiring {
    file: OpenFile,
    since: Instant,
    /// Its end was reached since.
    is_drained: bool,
    /// Up to here it may be read in this turn.
    end: u64,
}

impl Retiring {
    fn new(file: OpenFile, now: Now) -> Self {
        Self { file, since: now.monotonic, is_drained: false, end: 0 }
    }
}

/// What the name was at the last look; a change is told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Present,
    Missing,
    Unreadable(io::ErrorKind),
    NotAFile(Kind),
    Duplicate,
    TooOld,
    Binary,
}

impl Follower {
    /// Follows `path`, whose lines are its records. Nothing is opened before the first poll.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, start: Start, patience: Patience) -> Self {
        Self {
            path: path.into().into(),
            start,
            patience,
            recipe: Arc::default(),
            selection: Selection::default(),
            refused: None,
            losses: Losses::default(),
            owner: None,
            current: None,
            retiring: VecDeque::new(),
            state: State::New,
            last_look: None,
            gone_since: None,
            is_read_failing: false,
            closed_counts: LineCounts::default(),
            reported: None,
        }
    }

    /// The same, making records by that recipe.
    #[must_use]
    pub fn with_recipe(self, recipe: Arc<Recipe>) -> Self {
        Self { recipe, ..self }
    }

    /// The same, reading only such files.
    #[must_use]
    pub fn with_selection(self, selection: Selection) -> Self {
        Self { selection, ..self }
    }

    fn open_file(&self, path: &Path) -> io::Result<Result<OpenFile, Kind>> {
        OpenFile::open(path, Records::new(&self.recipe, &self.path))
    }

    /// The name that is followed.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name, to be kept while the follower works.
    pub(crate) fn location(&self) -> Arc<Path> {
        Arc::clone(&self.path)
    }

    /// What was read so far, over all files that had the name.
    #[must_use]
    pub fn counts(&self) -> LineCounts {
        let open = self.current.iter().chain(self.retiring.iter().map(|old| &old.file));
        let mut counts = self.closed_counts;
        open.for_each(|file| counts += file.counts());
        counts
    }

    /// Where to go on after a restart.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        let Some(file) = &self.current else {
            // It was not seen since the start.
            return match &self.start {
                Start::At(position) => Some(position.clone()),
                Start::End | Start::Beginning => None,
            };
        };
        if file.is_pipe {
            return None;
        }
        let (offset, tail) = file.delivered();
        let older = self.retiring.iter().filter(|old| !old.file.is_pipe).map(|old| {
            let (offset, tail) = old.file.delivered();
            Older { file: old.file.id, offset, tail }
        });
        let (path, older) = (self.path.to_path_buf(), older.collect());
        Some(Position { path, file: file.id, offset, tail, older })
    }

    /// The same, if it is another place than this gave before.
    pub fn changed_position(&mut self) -> Option<Position> {
        let file = self.current.as_ref()?;
        let older: u64 = self.retiring.iter().map(|old| old.file.consumed()).sum();
        let place = (file.id, file.consumed(), self.retiring.len(), older);
        if self.reported == Some(place) {
            return None;
        }
        self.reported = Some(place);
        self.position()
    }

    /// Looks at the file and reads at most [`TURN_BYTES`](crate::TURN_BYTES) of what is new. Never waits.
    pub fn poll(
        &mut self,
        now: Now,
        shared: &mut Shared,
        sink: &mut dyn FnMut(Seen<'_>),
    ) -> Progress {
        self.look(now, shared, sink);
        self.check_current(shared, sink);
        let progress = self.read(now, shared, sink);
        self.tidy(now, shared, sink);
        self.last_look = Some(now.wall);
        progress
    }

    /// Hands on every line that waits and closes all files.
    pub fn close(&mut self, shared: &mut Shared, sink: &mut dyn FnMut(Seen<'_>)) {
        let retiring = std::mem::take(&mut self.retiring).into_iter().map(|old| old.file);
        for file in retiring.chain(self.current.take()) {
            self.let_go(file, shared, sink);
        }
    }

    /// As [`Follower::close`], but what waits in files that can be found again stays there; gives the place
    /// where to go on.
    pub fn leave(
        &mut self,
        shared: &mut Shared,
        sink: &mut dyn FnMut(Seen<'_>),
    ) -> Option<Position> {
        let position = self.position();
        let retiring = std::mem::take(&mut self.retiring).into_iter().map(|old| old.file);
        for file in retiring.chain(self.current.take()) {
            // What was read from a pipe, or has no name, is nowhere else.
            if file.is_pipe || file.is_deleted() {
                self.let_go(file, shared, sink);
            } else {
                self.closed_counts += file.counts();
                shared.ledger.leave(&file);
            }
        }
        position
    }

    fn check_current(&mut self, shared: &mut Shared, sink: &mut Sink<'_>) {
        let Some(file) = &mut self.current else { return };
        if self.selection.text_only && file.offset == 0 && file.is_binary() {
            self.refused = Some((file.id, file.length().unwrap_or_default()));
            if let Some(file) = self.current.take() {
                self.let_go(file, shared, sink);
            }
            return self.become_state(State::Binary, Notice::Binary, sink);
        }
        let notice = match file.change() {
            Ok(Change::None) | Err(_) => return,
            Ok(Change::Truncated) => Notice::Truncated,
            Ok(Change::Rewritten) => Notice::Rewritten,
        };
        sink(Seen::Notice(notice));
        file.restart(&mut |line| sink(Seen::Line(line)));
    }

    /// Reads the retiring files, oldest first, then the current one.
    ///
    /// A writer that goes on to a new file has written everything to the old one before. So that no line
    /// overtakes another, a file is read only up to the length it had before its predecessor was read.
    fn read(&mut self, now: Now, shared: &mut Shared, sink: &mut Sink<'_>) -> Progress {
        let mut turn = Turn::new(now);
        let length = |file: &OpenFile| file.length().unwrap_or(u64::MAX);
        let current_end = match &self.current {
            Some(file) if !self.retiring.is_empty() => length(file),
            _ => u64::MAX,
        };
        for at in (0..self.retiring.len()).rev() {
            if let Some(old) = self.retiring.get_mut(at) {
                old.end = if at == 0 { u64::MAX } else { length(&old.file) };
            }
        }
        for old in &mut self.retiring {
            let age = now.monotonic.saturating_duration_since(old.since);
            // A file that is still written to after so long has no order with its successor.
            let share = if age > self.patience.rotated { 4 } else { 1 };
            let is_end = turn.read(&mut old.file, share, old.end, &mut shared.chunk, sink);
            old.is_drained |= is_end;
            if !is_end && share == 1 {
                return self.end_turn(turn, sink);
            }
        }
        if let Some(file) = &mut self.current {
            turn.read(file, 1, current_end, &mut shared.chunk, sink);
        }
        self.end_turn(turn, sink)
    }

    fn end_turn(&mut self, turn: Turn, sink: &mut Sink<'_>) -> Progress {
        let was_failing = std::mem::replace(&mut self.is_read_failing, turn.failure.is_some());
        if let Some(error) = turn.failure.filter(|_| !was_failing) {
            sink(Seen::Notice(Notice::ReadFailed(error)));
        }
        turn.progress
    }

    /// Hands on lines whose newline does not come, and closes files that are done.
    fn tidy(&mut self, now: Now, shared: &mut Shared, sink: &mut Sink<'_>) {
        let quiet_for = |file: &OpenFile| {
            file.last_growth.map(|last| now.monotonic.saturating_duration_since(last.monotonic))
        };
        let patience = self.patience;
        let retiring = self.retiring.iter_mut().map(|old| &mut old.file);
        let open = retiring.chain(&mut self.current);
        for file in open {
            file.expire(now, patience.incomplete, &mut |line| sink(Seen::Line(line)));
        }
        self.tell_losses(now, sink);
        let is_done = |old: &Retiring| {
            let age = now.monotonic.saturating_duration_since(old.since);
            old.is_drained
                && age >= patience.rotated
                && quiet_for(&old.file).unwrap_or(age) >= patience.quiet
        };
        while let Some(at) = self.retiring.iter().position(is_done) {
            let Some(old) = self.retiring.remove(at) else { break };
            self.let_go(old.file, shared, sink);
        }
        if self.state == State::Present {
            self.gone_since = None;
        } else if self.is_gone(now) && self.current.as_ref().is_some_and(OpenFile::is_deleted) {
            let file = self.current.take();
            file.into_iter().for_each(|file| self.let_go(file, shared, sink));
        }
    }

    /// Tells of lines that are not of the format, at once and then every so often.
    fn tell_losses(&mut self, now: Now, sink: &mut Sink<'_>) {
        let format = self.recipe.format;
        // Lines that are no JSON are events all the same.
        if format.is_plain_lines() || format == LogFormat::Json {
            return;
        }
        if self.losses.next.is_some_and(|next| now.monotonic < next) {
            return;
        }
        let unfit = self.counts().unfit;
        if unfit > self.losses.told {
            sink(Seen::Notice(Notice::Unfit { lines: unfit - self.losses.told, format }));
            self.losses = Losses { told: unfit, next: Some(now.monotonic + LOSSES_EVERY) };
        }
    }

    /// Whether its name is gone, and the file that had it has not grown, for longer than patience lasts.
    pub(crate) fn is_gone(&mut self, now: Now) -> bool {
        if self.state == State::Present {
            return false;
        }
        let gone_since = *self.gone_since.get_or_insert(now.monotonic);
        let growth = self.current.as_ref().and_then(|file| file.last_growth);
        let growth = growth.map(|growth| growth.monotonic);
        let last = growth.map_or(gone_since, |growth| growth.max(gone_since));
        self.retiring.is_empty()
            && now.monotonic.saturating_duration_since(last) >= self.patience.deleted
    }

    pub(super) fn let_go(&mut self, mut file: OpenFile, shared: &mut Shared, sink: &mut Sink<'_>) {
        file.end(&mut |line| sink(Seen::Line(line)));
        self.closed_counts += file.counts();
        shared.ledger.release(&file);
    }
}
