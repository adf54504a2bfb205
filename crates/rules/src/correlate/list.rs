//! A correlation list: numbers of events, oldest first, with chains through those that share values.
//!
//! ```text
//! ordinals   7     8     9     10    11          a list's own count, never reused
//! numbers    103   110   110   131   140         events; one may stand several times (rules 3.4)
//! chain      └─────┼─────┘     │     │           for each set of same_… tests: the one before with the
//!                  └───────────┴─────┘           same values
//! marked     (9, level 10)                       where a search of that level stops
//! ```
//!
//! Searching for events that share an address follows a chain instead of looking at every event.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use super::remembered::Key;

/// A list.
#[derive(Debug)]
pub(super) struct List {
    numbers: VecDeque<u64>,
    /// Ordinal of the oldest entry.
    first: u64,
    bound: Option<usize>,
    chains: Vec<Chain>,
    /// Newest marked entries: ordinals rising, marks falling.
    marked: Vec<(u64, u16)>,
}

/// Entries that room is made for at once, at most.
const ROOM: usize = 256;
/// Levels there are: of each, only the newest mark counts.
const MARKS: usize = 17;

/// Entries that share values, for one set of tests.
#[derive(Debug, Default)]
struct Chain {
    /// Which [`super::remembered::Sameness`] it belongs to.
    sameness: usize,
    newest: HashMap<u64, u64, BuildHasherDefault<AsIs>>,
    /// For each entry of the list its key and the ordinal of the one before.
    links: VecDeque<Link>,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    key: Option<Key>,
    before: Option<u64>,
}

/// Keys are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0 << 8 | u64::from(byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

impl List {
    pub(super) fn new(bound: Option<usize>) -> Self {
        Self { numbers: VecDeque::new(), first: 0, bound, chains: Vec::new(), marked: Vec::new() }
    }

    /// Keeps chains for the sameness of that number.
    pub(super) fn add_chain(&mut self, sameness: usize) {
        if self.chain(sameness).is_none() {
            self.chains.push(Chain { sameness, ..Chain::default() });
        }
    }

    fn chain(&self, sameness: usize) -> Option<&Chain> {
        self.chains.iter().find(|chain| chain.sameness == sameness)
    }

    /// Adds an event; drops those that are older than `oldest` or beyond the bound.
    pub(super) fn push(
        &mut self,
        number: u64,
        mark: u16,
        oldest: u64,
        key: impl Fn(usize) -> Option<Key>,
    ) {
        while self.numbers.front().is_some_and(|&front| front < oldest) {
            self.pop_front();
        }
        if self.bound.is_some_and(|bound| self.numbers.len() >= bound) {
            self.pop_front();
        }
        if self.marked.capacity() == 0 {
            self.make_room();
        }
        let ordinal = self.first + self.numbers.len() as u64;
        self.numbers.push_back(number);
        for chain in &mut self.chains {
            let key = key(chain.sameness);
            let before = key.and_then(|key| chain.newest.insert(key.0, ordinal));
            chain.links.push_back(Link { key, before });
        }
        if mark > 0 {
            self.note_mark(ordinal, mark);
        }
    }

    /// Room for all that it may hold, once it holds anything: most lists never do. One without a bound, or
    /// with a very high one, grows beyond that as it must.
    fn make_room(&mut self) {
        let entries = self.bound.unwrap_or(ROOM).min(ROOM);
        self.numbers.reserve_exact(entries);
        self.marked.reserve_exact(MARKS);
        for chain in &mut self.chains {
            chain.links.reserve_exact(entries);
            // Entries that leave still take places in a map for a while.
            chain.newest.reserve(2 * entries);
        }
    }

    fn pop_front(&mut self) {
        self.numbers.pop_front();
        for chain in &mut self.chains {
            let gone = chain.links.pop_front();
            if let Some(key) = gone.and_then(|link| link.key)
                && chain.newest.get(&key.0) == Some(&self.first)
            {
                chain.newest.remove(&key.0);
            }
        }
        self.first += 1;
    }

    /// All entries as `(ordinal, number)`, newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.numbers.iter().enumerate().rev().map(|(at, &number)| (self.first + at as u64, number))
    }

    /// The entries that share the values of `key`, newest first.
    pub(super) fn sharing(
        &self,
        sameness: usize,
        key: Key,
    ) -> Option<impl Iterator<Item = (u64, u64)> + '_> {
        let chain = self.chain(sameness)?;
        let mut next = chain.newest.get(&key.0).copied();
        Some(std::iter::from_fn(move || {
            let ordinal = next?;
            let at = usize::try_from(ordinal.checked_sub(self.first)?).ok()?;
            next = chain.links.get(at)?.before;
            Some((ordinal, *self.numbers.get(at)?))
        }))
    }

    /// The newest entry.
    pub(super) fn newest(&self) -> Option<u64> {
        self.numbers.back().copied()
    }

    /// Ordinal of the newest entry whose mark is `level` or more.
    pub(super) fn barrier(&self, level: u16) -> Option<u64> {
        self.marked.iter().rev().find(|&&(_, mark)| mark >= level).map(|&(ordinal, _)| ordinal)
    }

    /// An event of that number has been marked.
    pub(super) fn mark(&mut self, number: u64, mark: u16) {
        // The last entry of that number, where it stands several times.
        let behind = self.numbers.partition_point(|&known| known <= number);
        let Some(at) = behind.checked_sub(1) else { return };
        if self.numbers.get(at) == Some(&number) {
            self.note_mark(self.first + at as u64, mark);
        }
    }

    fn note_mark(&mut self, ordinal: u64, mark: u16) {
        // What is older and not higher never decides again.
        self.marked.retain(|&(older, lower)| older > ordinal || lower > mark);
        let at = self.marked.partition_point(|&(older, _)| older < ordinal);
        let is_hidden =
            self.marked.get(at..).is_some_and(|newer| newer.iter().any(|&(_, m)| m >= mark));
        if !is_hidden {
            self.marked.insert(at, (ordinal, mark));
        }
    }
}
