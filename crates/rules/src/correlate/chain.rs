//! Entries of a list that share values, for one set of `same_…` tests.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use super::list::Worth;
use super::remembered::Key;

/// No ordinal.
pub(super) const NONE: u64 = u64::MAX;

/// A chain for each key.
#[derive(Debug)]
pub(super) struct Chain {
    /// Which [`super::remembered::Sameness`] it belongs to.
    pub(super) sameness: usize,
    /// Events of a key that the most demanding search counts.
    pub(super) events: u64,
    newest: HashMap<u64, Newest, BuildHasherDefault<AsIs>>,
    /// For each entry of the list its key and the entry before.
    links: VecDeque<Link>,
    /// The same for the entries that were kept.
    kept: VecDeque<Link>,
}

/// The newest entry of a key.
#[derive(Clone, Copy, Debug)]
struct Newest {
    ordinal: u64,
    count: u32,
}

/// Where an entry stands in its chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    key: Option<Key>,
    /// Ordinal of the entry before, [`NONE`] if there is none; it may have left.
    pub(super) before: u64,
    /// The how manieth of its chain, from 1; it starts again when all have left.
    count: u32,
}

/// Keys are hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AsIs(u64);

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

impl Chain {
    pub(super) fn new(sameness: usize, events: u64) -> Self {
        let (links, kept) = (VecDeque::new(), VecDeque::new());
        Self { sameness, events, newest: HashMap::default(), links, kept }
    }

    pub(super) fn make_room(&mut self, entries: usize) {
        self.links.reserve_exact(entries);
        self.kept.reserve_exact(entries);
        // Entries that leave still take places in a map for a while.
        self.newest.reserve(2 * entries);
    }

    /// Adds the entry of that ordinal.
    pub(super) fn push(&mut self, ordinal: u64, key: Option<Key>) {
        let mut link = Link { key, before: NONE, count: 1 };
        if let Some(key) = key {
            let newest = self.newest.entry(key.0).or_insert(Newest { ordinal: NONE, count: 0 });
            newest.count = newest.count.wrapping_add(1);
            link.before = std::mem::replace(&mut newest.ordinal, ordinal);
            link.count = newest.count;
        }
        self.links.push_back(link);
    }

    /// Takes out the oldest entry, which has that ordinal.
    pub(super) fn pop(&mut self, ordinal: u64, keeps: bool) {
        let Some(link) = self.links.pop_front() else { return };
        if keeps {
            self.kept.push_back(link);
        } else {
            self.forget(link, ordinal);
        }
    }

    /// The same of those that were kept.
    pub(super) fn pop_kept(&mut self, ordinal: u64) {
        if let Some(link) = self.kept.pop_front() {
            self.forget(link, ordinal);
        }
    }

    fn forget(&mut self, link: Link, ordinal: u64) {
        if let Some(key) = link.key
            && self.newest.get(&key.0).is_some_and(|newest| newest.ordinal == ordinal)
        {
            self.newest.remove(&key.0);
        }
    }

    /// The newest entry of `key`.
    pub(super) fn newest(&self, key: Key) -> Option<u64> {
        self.newest.get(&key.0).map(|newest| newest.ordinal)
    }

    /// Of the entry at that place.
    pub(super) fn link(&self, place: usize) -> Option<&Link> {
        self.links.get(place)
    }

    /// Of the kept entry at that place.
    pub(super) fn kept_link(&self, place: usize) -> Option<&Link> {
        self.kept.get(place)
    }

    /// What the entry is worth to searches for events of its key.
    pub(super) fn worth(&self, link: &Link) -> Worth {
        let newest = link.key.and_then(|key| self.newest.get(&key.0));
        let Some(newest) = newest else { return Worth::Nothing };
        let newer = newest.count.wrapping_sub(link.count);
        if u64::from(newer) >= self.events {
            Worth::Nothing
        } else if newest.count > 1 {
            Worth::Much
        } else {
            Worth::Little
        }
    }
}
