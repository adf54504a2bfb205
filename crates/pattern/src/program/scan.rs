//! Repetitions of one set: the inner loops.
//!
//! Over characters (`CHARACTERS`) a set that accepts bytes outside ASCII accepts whole characters; all its
//! ends lie between characters. Over bytes each byte stands for itself.

use crate::byte_set::ByteSet;
use crate::character;

use super::scratch::{Frame, Scratch};
use super::{Extent, Next, Order, Scan};

/// One search's text and what is left of its budget.
pub(super) struct Reader<'t> {
    pub(super) text: &'t [u8],
    pub(super) budget: u64,
}

impl Reader<'_> {
    /// Pays for bytes that a loop passed: cheaper than steps.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.budget = self.budget.saturating_sub(bytes as u64 / 4);
    }

    /// Pays for bytes that were searched many at a time.
    pub(super) fn skim(&mut self, bytes: usize) {
        self.budget = self.budget.saturating_sub(bytes as u64 / 32);
    }

    pub(super) fn get(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    /// The length of the character at `at`; 1 for bytes.
    pub(super) fn width<const CHARACTERS: bool>(&self, at: usize) -> usize {
        if !CHARACTERS || self.get(at).is_none_or(|byte| byte.is_ascii()) {
            return 1;
        }
        character::decode(self.text.get(at..).unwrap_or_default()).map_or(1, |(_, length)| length)
    }

    /// The length of the character that ends at `end`; 1 for bytes.
    fn width_before<const CHARACTERS: bool>(&self, end: usize) -> usize {
        let is_ascii = |at: usize| self.get(at).is_none_or(|byte| byte.is_ascii());
        if !CHARACTERS || end == 0 || is_ascii(end - 1) {
            return 1;
        }
        let is_one = |&length: &usize| {
            end >= length && self.width::<true>(end - length) == length && !is_ascii(end - length)
        };
        (2..=4).find(is_one).unwrap_or(1)
    }
}

impl Scan {
    /// Runs the scan at `from`; leaves a frame for other ways. The end, or `None` if it fails.
    pub(super) fn start<const CHARACTERS: bool>(
        &self,
        op: u32,
        from: usize,
        reader: &mut Reader<'_>,
        scratch: &mut Scratch,
    ) -> Option<usize> {
        let low = self.advance::<CHARACTERS>(from, self.min, reader)?;
        match self.order {
            Order::Shortest => Some(low),
            Order::Lazy => {
                let limit = self.max.saturating_sub(self.min);
                self.next_place::<CHARACTERS>(op, low, limit, reader, scratch)
            }
            Order::Longest => Some(self.reach::<CHARACTERS>(low, reader)),
            Order::Greedy => {
                let high = self.reach::<CHARACTERS>(low, reader);
                self.shorten::<CHARACTERS>(op, low, high, true, reader, scratch)
            }
        }
    }

    /// The place behind `count` more.
    fn advance<const CHARACTERS: bool>(
        &self,
        from: usize,
        count: u32,
        reader: &mut Reader<'_>,
    ) -> Option<usize> {
        if !CHARACTERS {
            let to = from.checked_add(count as usize)?;
            let window = reader.text.get(from..to)?;
            reader.pass(window.len());
            return window.iter().all(|&byte| self.set.contains(byte)).then_some(to);
        }
        let mut at = from;
        for _ in 0..count {
            if !self.set.contains(reader.get(at)?) {
                return None;
            }
            at += reader.width::<true>(at);
        }
        reader.pass(at - from);
        Some(at)
    }

    /// How far the set reaches from `low`, where the fewest allowed end.
    fn reach<const CHARACTERS: bool>(&self, low: usize, reader: &mut Reader<'_>) -> usize {
        let more = self.max.saturating_sub(self.min);
        if CHARACTERS && self.max != u32::MAX {
            let mut at = low;
            for _ in 0..more {
                if !reader.get(at).is_some_and(|byte| self.set.contains(byte)) {
                    break;
                }
                at += reader.width::<true>(at);
            }
            reader.pass(at - low);
            return at;
        }
        let limit = low.saturating_add(more as usize).min(reader.text.len());
        let window = reader.text.get(low..limit).unwrap_or_default();
        match self.extent {
            Extent::ToEnd => limit,
            Extent::Until(stop) => {
                let length = memchr::memchr(stop, window).unwrap_or(window.len());
                reader.skim(length);
                low + length
            }
            Extent::Table => {
                let stop = window.iter().position(|&byte| !self.set.contains(byte));
                let length = stop.unwrap_or(window.len());
                reader.pass(length);
                low + length
            }
        }
    }

    /// The last end from `low` to `high` (or before it) at which the pattern may go on. Leaves a frame for
    /// those before it.
    pub(super) fn shorten<const CHARACTERS: bool>(
        &self,
        op: u32,
        low: usize,
        high: usize,
        with_high: bool,
        reader: &mut Reader<'_>,
        scratch: &mut Scratch,
    ) -> Option<usize> {
        let found = match &self.next {
            Next::Byte(byte) => {
                let window = reader.text.get(low..high + usize::from(with_high));
                let window = window.or_else(|| reader.text.get(low..)).unwrap_or_default();
                let found = memchr::memrchr(*byte, window);
                reader.skim(window.len() - found.unwrap_or(0));
                low + found?
            }
            next => {
                let mut at = high;
                let mut may_end = with_high && next.allows(reader.get(at));
                while !may_end && at > low {
                    at -= reader.width_before::<CHARACTERS>(at);
                    may_end = next.allows(reader.get(at));
                }
                reader.pass(high - at);
                may_end.then_some(at)?
            }
        };
        if found > low {
            scratch.push(Frame::Shorten { op, low, high: found }, reader);
        }
        Some(found)
    }

    /// The next end of a lazy scan behind `position`.
    pub(super) fn lengthen<const CHARACTERS: bool>(
        &self,
        op: u32,
        position: usize,
        limit: u32,
        reader: &mut Reader<'_>,
        scratch: &mut Scratch,
    ) -> Option<usize> {
        let limit = limit.checked_sub(1)?;
        if !self.set.contains(reader.get(position)?) {
            return None;
        }
        let from = position + reader.width::<CHARACTERS>(position);
        self.next_place::<CHARACTERS>(op, from, limit, reader, scratch)
    }

    /// The first end from `from` on at which the pattern may go on, taking at most `limit` more.
    fn next_place<const CHARACTERS: bool>(
        &self,
        op: u32,
        from: usize,
        limit: u32,
        reader: &mut Reader<'_>,
        scratch: &mut Scratch,
    ) -> Option<usize> {
        let mut at = from;
        let mut left = limit;
        if let (Next::Byte(byte), u32::MAX) = (&self.next, self.max) {
            at = self.next_byte(*byte, from, reader)?;
        } else {
            let mut reaches = true;
            while reaches && !self.next.allows(reader.get(at)) {
                reaches = left > 0 && reader.get(at).is_some_and(|byte| self.set.contains(byte));
                if reaches {
                    left -= 1;
                    at += reader.width::<CHARACTERS>(at);
                }
            }
            reader.pass(at - from);
            reaches.then_some(())?;
        }
        if left > 0 {
            scratch.push(Frame::Lengthen { op, position: at, limit: left }, reader);
        }
        Some(at)
    }

    /// The next place of `byte` that the set reaches. A byte that must come next is never part of a longer
    /// character.
    fn next_byte(&self, byte: u8, from: usize, reader: &mut Reader<'_>) -> Option<usize> {
        let window = reader.text.get(from..)?;
        let is_last = |this: u8| this == byte || !self.set.contains(this);
        let found = match self.extent {
            Extent::ToEnd => memchr::memchr(byte, window),
            Extent::Until(stop) => memchr::memchr2(byte, stop, window),
            Extent::Table => window.iter().position(|&this| is_last(this)),
        };
        let passed = found.unwrap_or(window.len());
        if self.extent == Extent::Table {
            reader.pass(passed);
        } else {
            reader.skim(passed);
        }
        found.filter(|&at| window.get(at) == Some(&byte)).map(|at| from + at)
    }
}

impl Next {
    fn allows(&self, next: Option<u8>) -> bool {
        match self {
            Self::Unknown => true,
            Self::Byte(byte) => next == Some(*byte),
            Self::First(first) => first.allows(next),
        }
    }
}

/// How far a set reaches, by what it does not accept.
pub(super) fn extent(missing: ByteSet) -> Extent {
    if missing.is_empty() {
        Extent::ToEnd
    } else if let Some(stop) = missing.single() {
        Extent::Until(stop)
    } else {
        Extent::Table
    }
}
