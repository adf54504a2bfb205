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

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::file::{Change, FileId, OpenFile, kind};
use crate::ledger::{Owner, Shared};
use crate::line::LineCounts;
use crate::notice::{Kind, Notice, Seen};
use crate::record::{Recipe, Records};
use crate::siblings::{SLACK, siblings};
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
}

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
        let (offset, tail) = file.delivered();
        let older = self.retiring.iter().map(|old| {
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
        self.check_current(sink);
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

    /// Closes all files, leaving what waits in them there; gives the place where to go on.
    pub fn leave(&mut self, shared: &mut Shared) -> Option<Position> {
        let position = self.position();
        let retiring = std::mem::take(&mut self.retiring).into_iter().map(|old| old.file);
        for file in retiring.chain(self.current.take()) {
            self.closed_counts += file.counts();
            shared.ledger.release(&file);
        }
        position
    }

    fn look(&mut self, now: Now, shared: &mut Shared, sink: &mut Sink<'_>) {
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) => return self.become_unreadable(error, sink),
        };
        if let Some(kind) = kind(&metadata) {
            return self.become_state(State::NotAFile(kind), Notice::NotAFile(kind), sink);
        }
        let id = FileId::of(&metadata);
        let owner = *self.owner.get_or_insert_with(|| shared.ledger.owner());
        if self.current.as_ref().is_some_and(|file| file.id == id) {
            self.become_state(State::Present, Notice::Back, sink);
        } else if shared.ledger.is_taken(id, owner) {
            self.become_duplicate(sink);
        } else if let Some(at) = self.retiring.iter().position(|old| old.file.id == id) {
            // It got its name back.
            if let Some(old) = self.retiring.remove(at) {
                self.retire_current(now);
                self.current = Some(old.file);
                self.become_state(State::Present, Notice::Back, sink);
            }
        } else {
            self.open(&metadata, now, shared, sink);
        }
    }

    /// Opens what the name belongs to now.
    fn open(
        &mut self,
        metadata: &fs::Metadata,
        now: Now,
        shared: &mut Shared,
        sink: &mut Sink<'_>,
    ) {
        let mut file = match self.open_file(&self.path) {
            Ok(Ok(file)) => file,
            Ok(Err(kind)) => {
                return self.become_state(State::NotAFile(kind), Notice::NotAFile(kind), sink);
            }
            Err(error) => {
                if self.state == State::New && self.start == Start::End {
                    // Should it become readable, what is in it now is old.
                    self.start = Start::At(Position {
                        path: self.path.to_path_buf(),
                        file: FileId::of(metadata),
                        offset: metadata.len(),
                        tail: Vec::new(),
                        older: Vec::new(),
                    });
                }
                return self.become_unreadable(error, sink);
            }
        };
        let Some(owner) = self.owner.filter(|&owner| !shared.ledger.is_taken(file.id, owner))
        else {
            return self.become_duplicate(sink);
        };
        // It may have been exchanged since it was looked at; the next poll sees that.
        if self.current.as_ref().is_some_and(|current| current.id == file.id) {
            return;
        }
        let start = std::mem::replace(&mut self.start, Start::Beginning);
        if !shared.ledger.claim(&mut file, owner) {
            self.go_to_start(&mut file, start, now, shared);
        }
        if self.current.is_some() {
            sink(Seen::Notice(Notice::Rotated));
            self.retire_current_and_between(file.id, now, shared, sink);
            self.state = State::Present;
        } else {
            self.become_state(State::Present, Notice::Back, sink);
        }
        sink(Seen::Notice(Notice::Opened { from: file.offset }));
        self.current = Some(file);
    }

    /// Goes to the first byte that has not been seen yet. Where that fails, to the file's start.
    fn go_to_start(&mut self, file: &mut OpenFile, start: Start, now: Now, shared: &mut Shared) {
        let gone_to = match (start, self.last_look) {
            (Start::End, None) => file.go_to_end(),
            (Start::At(position), _) if position.tail.is_empty() => {
                let is_it = position.file == file.id;
                if is_it { file.go_to(position.offset) } else { Ok(()) }
            }
            (Start::At(position), _) => {
                self.resume_older(&position.older, now, shared);
                if position.file == file.id {
                    file.resume(position.offset, position.tail.as_slice().into());
                } else {
                    self.resume_rotated(&position, file.id, now, shared);
                }
                Ok(())
            }
            (_, Some(last_look)) => {
                // A symbolic link that was turned to an old file: what is in it is old (rule 7).
                let is_link = fs::symlink_metadata(&self.path).is_ok_and(|m| m.is_symlink());
                let is_old = file.created.is_some_and(|created| created + SLACK < last_look);
                if is_link && is_old { file.go_to_end() } else { Ok(()) }
            }
            (Start::Beginning, None) => Ok(()),
        };
        if gone_to.is_err() {
            file.offset = 0; // It became shorter meanwhile.
        }
    }

    /// Files that had lost their name before, and were not done with, are read on under their new names.
    fn resume_older(&mut self, older: &[Older], now: Now, shared: &mut Shared) {
        let Some(owner) = self.owner.filter(|_| !older.is_empty()) else { return };
        for sibling in siblings(&self.path) {
            let Some(place) = older.iter().find(|place| place.file == sibling.id) else { continue };
            let Ok(Ok(mut file)) = self.open_file(&sibling.path) else { continue };
            if !shared.ledger.is_taken(file.id, owner)
                && file.resume(place.offset, place.tail.as_slice().into())
            {
                shared.ledger.claim(&mut file, owner);
                self.retiring.push_back(Retiring::new(file, now));
            }
        }
    }

    /// The file was rotated while nobody looked: its rest is read under its new name, then the files after
    /// it.
    fn resume_rotated(&mut self, position: &Position, new: FileId, now: Now, shared: &mut Shared) {
        let Some(owner) = self.owner else { return };
        let mut is_after = false;
        for sibling in siblings(&self.path) {
            let is_it = sibling.id == position.file;
            let is_known = self.retiring.iter().any(|old| old.file.id == sibling.id);
            if !(is_it || is_after) || sibling.id == new || is_known {
                continue;
            }
            let Ok(Ok(mut file)) = self.open_file(&sibling.path) else { continue };
            if shared.ledger.is_taken(file.id, owner)
                || (is_it && !file.resume(position.offset, position.tail.as_slice().into()))
            {
                continue;
            }
            is_after = true;
            shared.ledger.claim(&mut file, owner);
            self.retiring.push_back(Retiring::new(file, now));
        }
    }

    fn retire_current(&mut self, now: Now) {
        if let Some(file) = self.current.take() {
            self.retiring.push_back(Retiring::new(file, now));
        }
    }

    /// Retires the current file, and after it the files that had the name since the last look and lost it
    /// again (collection 4.3, rule 5).
    fn retire_current_and_between(
        &mut self,
        new: FileId,
        now: Now,
        shared: &mut Shared,
        sink: &mut Sink<'_>,
    ) {
        let modified = self.current.as_ref().and_then(OpenFile::modified);
        self.retire_current(now);
        let (Some(owner), Some(last_look)) = (self.owner, self.last_look) else { return };
        for sibling in siblings(&self.path) {
            let is_known = sibling.id == new
                || self.retiring.iter().any(|old| old.file.id == sibling.id)
                || shared.ledger.is_taken(sibling.id, owner);
            if is_known || !sibling.is_new(last_look, modified) {
                continue;
            }
            if let Ok(Ok(mut file)) = self.open_file(&sibling.path) {
                shared.ledger.claim(&mut file, owner);
                self.retiring.push_back(Retiring::new(file, now));
            }
        }
        while self.retiring.len() > RETIRING {
            let Some(old) = self.retiring.pop_front() else { break };
            let length = old.file.length().unwrap_or(old.file.offset);
            if length > old.file.offset {
                sink(Seen::Notice(Notice::Lost { bytes: length - old.file.offset }));
            }
            self.let_go(old.file, shared, sink);
        }
    }

    fn check_current(&mut self, sink: &mut Sink<'_>) {
        let Some(file) = &mut self.current else { return };
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

    fn let_go(&mut self, mut file: OpenFile, shared: &mut Shared, sink: &mut Sink<'_>) {
        file.end(&mut |line| sink(Seen::Line(line)));
        self.closed_counts += file.counts();
        shared.ledger.release(&file);
    }

    fn become_state(&mut self, state: State, notice: Notice, sink: &mut Sink<'_>) {
        let old = std::mem::replace(&mut self.state, state);
        // The first look is told by `Opened`.
        if old != state && !(old == State::New && state == State::Present) {
            sink(Seen::Notice(notice));
        }
    }

    fn become_unreadable(&mut self, error: io::Error, sink: &mut Sink<'_>) {
        match error.kind() {
            io::ErrorKind::NotFound => self.become_state(State::Missing, Notice::Missing, sink),
            kind => self.become_state(State::Unreadable(kind), Notice::Unreadable(error), sink),
        }
    }

    /// Told only at the first look: later it is how rotation looks from the name it rotates to.
    fn become_duplicate(&mut self, sink: &mut Sink<'_>) {
        if self.state == State::New {
            sink(Seen::Notice(Notice::Duplicate));
        }
        self.state = State::Duplicate;
    }
}
