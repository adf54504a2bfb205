//! Which top-level decoders can still match, found without asking each.
//!
//! ```text
//! program name ─▶ Programs    decoders whose program pattern matches it, asked once for each name
//! first bytes  ─▶ Prefixes    decoders whose prematch can begin so: eight table look-ups, a bit a decoder
//! ```
//!
//! An index only leaves out what cannot match; order and everything else stay as in decoding 7.4.

use std::sync::Arc;

use bartizan_base::limits::{self, MemoryLimits};
use bartizan_base::{EventMap, Subject};
use bartizan_pattern::{Pattern, PrefixSets};

use crate::set::TopLevel;

/// For each program name the places, in the program list, of the decoders that want it.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// Names that are kept at most; all are forgotten together beyond.
    most: usize,
    by_name: EventMap<Box<[u8]>, Arc<Vec<u32>>>,
    /// The answer for a name that is not kept; its buffer is used again.
    unkept: Arc<Vec<u32>>,
}

impl Default for Programs {
    fn default() -> Self {
        Self::new(MemoryLimits::default().program_names)
    }
}

impl Programs {
    /// Keeps at most so many names.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, by_name: EventMap::default(), unkept: Arc::default() }
    }

    /// The decoders for a program name, in order.
    pub(crate) fn places(&mut self, list: &[TopLevel], name: Subject<'_>) -> Arc<Vec<u32>> {
        if let Some(places) = self.by_name.get(name.raw()) {
            return Arc::clone(places);
        }
        let wants = |top: &TopLevel| top.program.as_ref().is_none_or(|p| p.is_match(name));
        // Shared only while a caller still holds the answer before; then this is another buffer.
        let places = Arc::make_mut(&mut self.unkept);
        places.clear();
        for (place, top) in (0..).zip(list).filter(|(_, top)| wants(top)) {
            places.push(place);
            if top.prematch.is_none() {
                // It takes every log: nothing behind it is ever tried.
                break;
            }
        }
        if name.len() > limits::PROGRAM_NAME_BYTES {
            return Arc::clone(&self.unkept);
        }
        if self.by_name.len() >= self.most {
            self.by_name.clear();
        }
        let places = Arc::new(self.unkept.as_slice().to_vec());
        self.by_name.insert(name.raw().into(), Arc::clone(&places));
        places
    }
}

/// First bytes of the prematches of a list.
#[derive(Debug, Default)]
pub(crate) struct Prefixes {
    /// Words of bits a row has.
    words: usize,
    /// For each position and byte a row: which decoders may have that byte there.
    rows: Vec<u64>,
    /// For each length below [`PrefixSets::POSITIONS`] which decoders can match a log so short, and a row for
    /// all longer ones.
    by_length: Vec<u64>,
}

impl Prefixes {
    pub(crate) fn new(list: &[TopLevel]) -> Self {
        let words = list.len().div_ceil(64);
        let mut prefixes = Self {
            words,
            rows: vec![0; PrefixSets::POSITIONS * 256 * words],
            by_length: vec![0; (PrefixSets::POSITIONS + 1) * words],
        };
        for (place, top) in list.iter().enumerate() {
            prefixes.add(place, top.prematch.as_ref().and_then(Pattern::prefix_sets).as_ref());
        }
        prefixes
    }

    fn add(&mut self, place: usize, prefix: Option<&PrefixSets>) {
        let (word, bit) = (place / 64, 1_u64 << (place % 64));
        for at in 0..PrefixSets::POSITIONS * 256 {
            let (position, byte) = (at / 256, at % 256);
            let allows = prefix.is_none_or(|prefix| {
                let set = prefix.sets.get(position).and_then(|set| set.get(byte / 64));
                set.is_none_or(|set| set >> (byte % 64) & 1 != 0)
            });
            if allows && let Some(row) = self.rows.get_mut(at * self.words + word) {
                *row |= bit;
            }
        }
        let least = prefix.map_or(0, |prefix| prefix.len);
        for length in least..=PrefixSets::POSITIONS {
            if let Some(row) = self.by_length.get_mut(length * self.words + word) {
                *row |= bit;
            }
        }
    }

    /// Calls `take` with the place of each decoder that can match, in order, until it returns true.
    pub(crate) fn any(&self, folded: &[u8], mut take: impl FnMut(usize) -> bool) -> bool {
        let length = folded.len().min(PrefixSets::POSITIONS);
        for word in 0..self.words {
            let mut bits = self.by_length.get(length * self.words + word).copied().unwrap_or(0);
            for (position, &byte) in folded.iter().take(PrefixSets::POSITIONS).enumerate() {
                let row = (position * 256 + usize::from(byte)) * self.words + word;
                bits &= self.rows.get(row).copied().unwrap_or(0);
            }
            while bits != 0 {
                if take(word * 64 + bits.trailing_zeros() as usize) {
                    return true;
                }
                bits &= bits - 1;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(programs: &mut Programs, name: &[u8]) -> Arc<Vec<u32>> {
        programs.places(&[], Subject::new(name, name))
    }

    #[test]
    fn long_program_names_are_not_kept() {
        let mut programs = Programs::default();
        ask(&mut programs, &[b'a'; limits::PROGRAM_NAME_BYTES]);
        assert_eq!(programs.by_name.len(), 1);
        let first = Arc::as_ptr(&ask(&mut programs, &[b'a'; limits::PROGRAM_NAME_BYTES + 1]));
        let second = Arc::as_ptr(&ask(&mut programs, &[b'b'; limits::PROGRAM_NAME_BYTES + 1]));
        assert_eq!(programs.by_name.len(), 1);
        assert_eq!(first, second, "the buffer is used again");
    }

    #[test]
    fn program_names_without_end_start_again() {
        let mut programs = Programs::default();
        for number in 0..=programs.most {
            ask(&mut programs, number.to_string().as_bytes());
        }
        assert_eq!(programs.by_name.len(), 1);
    }
}
