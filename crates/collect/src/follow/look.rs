//! Looking at the name that is followed: what it belongs to now, and where reading begins there.

use std::fs;
use std::io;
use std::path::Path;

use super::{Follower, RETIRING, Retiring, State};
use crate::file::{FileId, OpenFile, kind};
use crate::ledger::Shared;
use crate::notice::{Notice, Seen};
use crate::siblings::{SLACK, siblings};
use crate::start::{Now, Older, Position, Start};
use crate::turn::Sink;

impl Follower {
    pub(super) fn look(&mut self, now: Now, shared: &mut Shared, sink: &mut Sink<'_>) {
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
        } else if self.selection.is_too_old(&metadata, now) {
            // What is in it is not wanted; what comes is.
            if !matches!(self.start, Start::At(_)) {
                self.start = Start::At(end_of(&self.path, &metadata));
            }
            self.become_state(State::TooOld, Notice::TooOld, sink);
        } else if self.refused != Some((id, metadata.len())) {
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
                    self.start = Start::At(end_of(&self.path, metadata));
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
        if self.selection.text_only && file.is_binary() {
            self.refused = Some((file.id, metadata.len()));
            return self.become_state(State::Binary, Notice::Binary, sink);
        }
        let start = std::mem::replace(&mut self.start, Start::Beginning);
        let is_resumed = matches!(start, Start::At(_));
        if !shared.ledger.claim(&mut file, owner) {
            self.go_to_start(&mut file, start, now, shared);
        }
        if is_resumed {
            self.skip_backlog(&mut file, sink);
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

    /// Goes to the end if too much came while nothing was read.
    fn skip_backlog(&self, file: &mut OpenFile, sink: &mut Sink<'_>) {
        let unread = file.length().unwrap_or_default().saturating_sub(file.offset);
        if self.selection.backlog.is_some_and(|most| unread > most) && !file.is_pipe {
            if file.go_to_end().is_err() {
                file.offset = 0; // It became shorter meanwhile.
            }
            sink(Seen::Notice(Notice::Skipped { bytes: unread }));
        }
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

    pub(super) fn become_state(&mut self, state: State, notice: Notice, sink: &mut Sink<'_>) {
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

/// The end of a file that is not opened.
fn end_of(path: &Path, metadata: &fs::Metadata) -> Position {
    let (file, offset) = (FileId::of(metadata), metadata.len());
    Position { path: path.to_path_buf(), file, offset, tail: Vec::new(), older: Vec::new() }
}
