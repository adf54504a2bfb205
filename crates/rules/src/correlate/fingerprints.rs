//! A set of texts that outside data fills and that still ends.
//!
//! Of each text only a fingerprint is kept, a hash of 63 bits under a secret key: a million texts take ten
//! megabytes, however long they are, and nobody can look for two with one fingerprint. That two of a million have
//! one by chance happens once in ten million such sets.
//!
//! Two generations, the older of which is dropped when the younger one is full. What is asked for stays.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};

use super::chain::AsIs;

/// Texts, within a number of them, each with or without a mark.
#[derive(Debug)]
pub(super) struct Fingerprints {
    young: Set,
    old: Set,
    /// Texts of one generation.
    most: usize,
    evicted: u64,
    state: RandomState,
}

type Set = HashSet<Fingerprint, BuildHasherDefault<AsIs>>;

/// The hash of a text; the lowest bit is its mark.
#[derive(Clone, Copy, Debug)]
struct Fingerprint(u64);

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        self.0 >> 1 == other.0 >> 1
    }
}

impl Eq for Fingerprint {}

impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0 | 1);
    }
}

impl Fingerprints {
    /// An empty set of at most so many texts.
    pub(super) fn new(texts: usize) -> Self {
        Self {
            young: Set::default(),
            old: Set::default(),
            most: (texts / 2).max(1),
            evicted: 0,
            state: RandomState::new(),
        }
    }

    fn of(&self, text: &[u8], mark: bool) -> Fingerprint {
        Fingerprint(self.state.hash_one(text) & !1 | u64::from(mark))
    }

    /// The mark of a text; `None` when it is not there.
    pub(super) fn mark(&self, text: &[u8]) -> Option<bool> {
        let wanted = self.of(text, false);
        let found = self.young.get(&wanted).or_else(|| self.old.get(&wanted));
        found.map(|found| found.0 & 1 != 0)
    }

    /// Whether `text` is there; then it counts as new.
    pub(super) fn touch(&mut self, text: &[u8]) -> bool {
        let wanted = self.of(text, false);
        if self.young.contains(&wanted) {
            return true;
        }
        let Some(found) = self.old.take(&wanted) else { return false };
        self.put(found);
        true
    }

    /// Puts `text` in, with that mark.
    pub(super) fn insert(&mut self, text: &[u8], mark: bool) {
        let new = self.of(text, mark);
        self.old.remove(&new);
        self.put(new);
    }

    fn put(&mut self, new: Fingerprint) {
        if self.young.len() >= self.most && !self.young.contains(&new) {
            self.evicted += self.old.len() as u64;
            self.old.clear();
            std::mem::swap(&mut self.young, &mut self.old);
        }
        self.young.replace(new);
    }

    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Texts it may hold.
    pub(super) fn most(&self) -> usize {
        2 * self.most
    }

    /// Texts that had to leave.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_without_end_do_not_fill_the_memory_and_what_is_asked_for_stays() {
        let mut set = Fingerprints::new(100);
        set.insert(b"kept", true);
        for number in 0..1_000 {
            set.insert(format!("text {number}").as_bytes(), false);
            assert!(set.touch(b"kept"), "{number}");
            assert!(set.len() <= set.most());
        }
        assert_eq!(set.mark(b"kept"), Some(true));
        assert_eq!((set.mark(b"text 999"), set.mark(b"text 0")), (Some(false), None));
        assert_eq!(set.evicted() as usize + set.len(), 1_001);
    }

    #[test]
    fn a_text_that_comes_again_has_its_last_mark_and_evicts_nothing() {
        let mut set = Fingerprints::new(2);
        for mark in [true, false, true] {
            set.insert(b"one", mark);
            assert_eq!(set.mark(b"one"), Some(mark));
        }
        assert_eq!((set.len(), set.evicted()), (1, 0));
    }
}
