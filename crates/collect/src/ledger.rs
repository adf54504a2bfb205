//! Who reads which file: a file with several names is read once.
//!
//! The ledger also remembers the files that were let go, and how far they were read. So a file that a glob
//! finds again under its rotated name goes on where it was left, instead of being read twice.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::file::{FileId, OpenFile, Tail};
use crate::siblings::SLACK;
use crate::start::{Position, Start};

/// What the followers of one collector share.
#[derive(Debug)]
pub struct Shared {
    pub(crate) chunk: Box<[u8]>,
    pub(crate) ledger: Ledger,
    pub(crate) earlier: Option<EarlierRun>,
}

/// Where an earlier run stopped.
#[derive(Debug)]
pub(crate) struct EarlierRun {
    pub(crate) positions: HashMap<PathBuf, Position>,
    pub(crate) ended: SystemTime,
}

impl Shared {
    /// Where a file begins that is there at the first look and would be read from its end: where the earlier
    /// run stopped, and from its start if it was made after that.
    pub(crate) fn first_start(&mut self, path: &Path, start: &Start) -> Start {
        let Some(earlier) = self.earlier.as_mut().filter(|_| *start == Start::End) else {
            return start.clone();
        };
        if let Some(position) = earlier.positions.remove(path) {
            return Start::At(position);
        }
        let created = path.metadata().ok().and_then(|metadata| metadata.created().ok());
        match created {
            Some(created) if created > earlier.ended + SLACK => Start::Beginning,
            _ => Start::End,
        }
    }
}

/// Bytes per read.
const CHUNK_BYTES: usize = 64 << 10;

impl Default for Shared {
    fn default() -> Self {
        Self {
            chunk: vec![0; CHUNK_BYTES].into_boxed_slice(),
            ledger: Ledger::default(),
            earlier: None,
        }
    }
}

/// A reader, in the eyes of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner(u32);

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    next: u32,
    open: HashMap<FileId, Owner>,
    let_go: VecDeque<LetGo>,
}

#[derive(Debug)]
struct LetGo {
    id: FileId,
    created: Option<SystemTime>,
    offset: u64,
    tail: Tail,
}

/// Files remembered after they were let go; the oldest is forgotten.
const REMEMBERED: usize = 256;

impl Ledger {
    pub(crate) fn owner(&mut self) -> Owner {
        self.next = self.next.wrapping_add(1);
        Owner(self.next)
    }

    /// Whether somebody else reads that file.
    pub(crate) fn is_taken(&self, id: FileId, owner: Owner) -> bool {
        self.open.get(&id).is_some_and(|&reader| reader != owner)
    }

    /// Notes that `owner` reads the file now. If it was read before and is still the same, goes on from
    /// there and returns true.
    pub(crate) fn claim(&mut self, file: &mut OpenFile, owner: Owner) -> bool {
        self.open.insert(file.id, owner);
        let known = |entry: &LetGo| entry.id == file.id && entry.created == file.created;
        let Some(entry) = self.let_go.iter().position(known).and_then(|at| self.let_go.remove(at))
        else {
            return false;
        };
        file.resume(entry.offset, entry.tail)
    }

    /// Lets a file go; its line that still waits was handed on.
    pub(crate) fn release(&mut self, file: &OpenFile) {
        self.let_go(file, file.offset, file.tail.clone());
    }

    /// Lets a file go; its line that still waits was not handed on.
    pub(crate) fn leave(&mut self, file: &OpenFile) {
        let (offset, tail) = file.delivered();
        self.let_go(file, offset, Tail::from(tail.as_slice()));
    }

    fn let_go(&mut self, file: &OpenFile, offset: u64, tail: Tail) {
        self.open.remove(&file.id);
        if self.let_go.len() >= REMEMBERED {
            self.let_go.pop_front();
        }
        let (id, created) = (file.id, file.created);
        self.let_go.push_back(LetGo { id, created, offset, tail });
    }
}
