//! Which of many literals stand in a text.
//!
//! A table indexed by a hash of four bytes. Each literal is entered with two neighbouring windows of its bytes, so
//! the text need be sampled at every second position only; a literal that must stand at the start is entered
//! with its first window. A hit leads to a short list of literals whose bytes are compared: no automaton, no
//! chain of dependent loads, nothing but byte comparisons.

/// Bytes in a window.
const WINDOW: usize = 4;
/// Shortest literal that can be found anywhere: two windows must fit.
pub(crate) const SHORTEST: usize = WINDOW + 1;
/// Shortest literal that can be found at the start.
pub(crate) const SHORTEST_AT_START: usize = WINDOW;

const SMALLEST_TABLE_BITS: u32 = 10;
const LARGEST_TABLE_BITS: u32 = 19;
/// Slots a window gets: a fuller table has more hits that lead nowhere.
const SLOTS_PER_WINDOW: usize = 16;

/// A literal to look for, in folded text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wanted {
    pub(crate) bytes: Box<[u8]>,
    pub(crate) at_start: bool,
    pub(crate) at_end: bool,
}

/// The literals, ready to be looked for. They are numbered in the order given.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// Number of a bucket plus one, 0 for none.
    table: Box<[u16]>,
    shift: u32,
    /// First entry of each bucket, and one more.
    buckets: Vec<u32>,
    entries: Vec<Entry>,
    /// The bytes of all literals, one after the other.
    bytes: Vec<u8>,
}

/// A window of a literal. What is compared stands in it, so that a hit touches little memory.
#[derive(Clone, Copy, Debug)]
struct Entry {
    literal: u32,
    /// Where the literal begins in the bytes of all.
    from: u32,
    len: u32,
    /// Offset of the window in the literal.
    offset: u32,
    at_start: bool,
    at_end: bool,
}

impl Filter {
    /// Builds the table. Literals too short for a window, and those beyond what the table can number, must not
    /// be given; see [`SHORTEST`].
    pub(crate) fn new(literals: &[Wanted]) -> Self {
        let mut windows: Vec<([u8; WINDOW], Entry)> = Vec::with_capacity(2 * literals.len());
        let shared = Shared::of(literals);
        let mut bytes = Vec::new();
        for (literal, wanted) in (0..).zip(literals) {
            let (from, len) = (bytes.len() as u32, wanted.bytes.len() as u32);
            bytes.extend_from_slice(&wanted.bytes);
            let Wanted { at_start, at_end, .. } = *wanted;
            let offsets = shared.best_offsets(wanted);
            for offset in offsets {
                if let Some(window) = window_at(&wanted.bytes, offset) {
                    let offset = offset as u32;
                    windows.push((window, Entry { literal, from, len, offset, at_start, at_end }));
                }
            }
        }
        let bits = (windows.len() * SLOTS_PER_WINDOW)
            .next_power_of_two()
            .trailing_zeros()
            .clamp(SMALLEST_TABLE_BITS, LARGEST_TABLE_BITS);
        let shift = u32::BITS - bits;
        windows.sort_by_key(|(window, _)| hash(*window, shift));
        let mut filter = Self {
            table: vec![0; 1 << bits].into_boxed_slice(),
            shift,
            buckets: Vec::new(),
            entries: Vec::with_capacity(windows.len()),
            bytes,
        };
        let mut last = None;
        for (window, entry) in windows {
            let slot = hash(window, shift);
            if last != Some(slot) {
                filter.buckets.push(filter.entries.len() as u32);
                let number = u16::try_from(filter.buckets.len()).unwrap_or(u16::MAX);
                if let Some(place) = filter.table.get_mut(slot) {
                    *place = number;
                }
                last = Some(slot);
            }
            filter.entries.push(entry);
        }
        filter.buckets.push(filter.entries.len() as u32);
        filter
    }

    /// The memory it takes, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.table.len() * size_of::<u16>()
            + self.buckets.capacity() * size_of::<u32>()
            + self.entries.capacity() * size_of::<Entry>()
            + self.bytes.capacity()
    }

    /// Calls `found` with the number of each literal that stands in `text`, possibly more than once.
    #[inline]
    pub(crate) fn scan(&self, text: &[u8], mut found: impl FnMut(usize)) {
        if self.entries.is_empty() {
            return;
        }
        for (at, window) in text.array_windows::<WINDOW>().enumerate().step_by(2) {
            let slot = self.table.get(hash(*window, self.shift)).copied().unwrap_or(0);
            if slot != 0 {
                self.compare(slot, text, at, &mut found);
            }
        }
    }

    fn compare(&self, slot: u16, text: &[u8], at: usize, found: &mut impl FnMut(usize)) {
        let bucket = usize::from(slot);
        let (Some(&from), Some(&to)) = (self.buckets.get(bucket - 1), self.buckets.get(bucket))
        else {
            return;
        };
        for entry in self.entries.get(from as usize..to as usize).unwrap_or_default() {
            let Some(start) = at.checked_sub(entry.offset as usize) else { continue };
            let end = start + entry.len as usize;
            // Cheapest first: many literals are anchored, and stand where they may not.
            if (entry.at_start && start != 0) || (entry.at_end && end != text.len()) {
                continue;
            }
            let from = entry.from as usize;
            let literal = self.bytes.get(from..from + entry.len as usize);
            if literal.is_some() && text.get(start..end) == literal {
                found(entry.literal as usize);
            }
        }
    }
}

#[inline]
fn window_at(text: &[u8], at: usize) -> Option<[u8; WINDOW]> {
    text.get(at..)?.first_chunk().copied()
}

#[inline]
fn hash(window: [u8; WINDOW], shift: u32) -> usize {
    (u32::from_le_bytes(window).wrapping_mul(0x9E37_79B1) >> shift) as usize
}

/// How many literals share a window, roughly.
struct Shared {
    counts: Vec<u16>,
}

/// Windows told apart when they are counted, as a power of two.
const COUNTED_BITS: u32 = 16;

impl Shared {
    fn of(literals: &[Wanted]) -> Self {
        let mut counts = vec![0_u16; 1 << COUNTED_BITS];
        for window in literals.iter().flat_map(|wanted| wanted.bytes.array_windows::<WINDOW>()) {
            if let Some(count) = counts.get_mut(hash(*window, u32::BITS - COUNTED_BITS)) {
                *count = count.saturating_add(1);
            }
        }
        Self { counts }
    }

    /// Where the windows of a literal stand: two neighbouring ones of rare bytes that few other literals have, since a
    /// window in the text costs a comparison for each literal that is entered with it. The first one of a literal at
    /// the start is enough, if nobody else has it.
    fn best_offsets(&self, wanted: &Wanted) -> std::ops::Range<usize> {
        let bytes = &wanted.bytes;
        if wanted.at_start && (bytes.len() < SHORTEST || self.count(bytes, 0) == 1) {
            return 0..1;
        }
        let last = bytes.len().saturating_sub(SHORTEST);
        let cost = |at: &usize| {
            let pair = bytes.get(*at..at + SHORTEST).unwrap_or_default();
            let common: u32 = pair.iter().map(|&b| commonness(b)).sum();
            let sharing = self.count(bytes, *at) + self.count(bytes, at + 1);
            common + SHARING_COST * sharing.ilog2()
        };
        let at = (0..=last).min_by_key(cost).unwrap_or(0);
        at..at + 2
    }

    /// Literals that have the window at that offset; at least 1.
    fn count(&self, bytes: &[u8], at: usize) -> u32 {
        let slot = window_at(bytes, at).map(|window| hash(window, u32::BITS - COUNTED_BITS));
        let count = slot.and_then(|slot| self.counts.get(slot));
        u32::from(count.copied().unwrap_or(1)).max(1)
    }
}

/// What twice as many literals with the same window weigh, against [`commonness`].
const SHARING_COST: u32 = 8;

/// How often a byte stands in folded log text, roughly.
fn commonness(byte: u8) -> u32 {
    match byte {
        b' ' | b'e' | b'0' | b'1' => 8,
        b'a' | b'i' | b'n' | b'o' | b'r' | b's' | b't' | b'2'..=b'9' | b':' | b'.' => 6,
        b'c' | b'd' | b'l' | b'm' | b'p' | b'u' | b'-' | b'/' | b'=' => 4,
        b'a'..=b'z' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wanted(bytes: &[u8], at_start: bool, at_end: bool) -> Wanted {
        Wanted { bytes: bytes.into(), at_start, at_end }
    }

    fn found(filter: &Filter, text: &[u8]) -> Vec<usize> {
        let mut all = Vec::new();
        filter.scan(text, |literal| all.push(literal));
        all.sort_unstable();
        all.dedup();
        all
    }

    #[test]
    fn literals_are_found_at_even_and_odd_places() {
        let filter =
            Filter::new(&[wanted(b"failed password", false, false), wanted(b"root", true, false)]);
        assert_eq!(found(&filter, b"failed password"), [0]);
        assert_eq!(found(&filter, b"xfailed password"), [0]);
        assert_eq!(found(&filter, b"root failed passwor"), [1]);
        assert_eq!(found(&filter, b"xroot"), [] as [usize; 0]);
    }

    proptest! {
        #[test]
        fn every_literal_that_stands_in_the_text_is_found_and_no_other(
            literals in prop::collection::vec(("[ab]{5,9}", any::<bool>(), any::<bool>()), 1..12),
            text in "[ab]{0,60}",
        ) {
            let all: Vec<Wanted> =
                literals.iter().map(|(l, s, e)| wanted(l.as_bytes(), *s, *e)).collect();
            let expected: Vec<usize> = (0..all.len())
                .filter(|&at| {
                    let (literal, start, end) = &literals[at];
                    (0..=text.len().saturating_sub(literal.len())).any(|from| {
                        text[from..].starts_with(literal.as_str())
                            && (!start || from == 0)
                            && (!end || from + literal.len() == text.len())
                    })
                })
                .collect();
            prop_assert_eq!(found(&Filter::new(&all), text.as_bytes()), expected);
        }
    }
}
