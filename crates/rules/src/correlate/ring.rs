//! The bytes of remembered events: one buffer in which the newest take the place of the oldest.
//!
//! ```text
//! bytes   [ 7 7 7 8 8 8 8 . . . . 4 4 4 5 5 5 5 5 6 6 6 . ]
//!                         ▲ head  ▲ tail
//! ```
//!
//! Events leave in the order in which they came, so a buffer of their own for each, which would have to grow
//! for every longer one, is not needed: once the ring is large enough, nothing is allocated.

/// Where the bytes of an event are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    start: usize,
    len: usize,
}

/// The ring.
#[derive(Debug, Default)]
pub(super) struct Ring {
    bytes: Vec<u8>,
    /// Where the oldest piece begins.
    tail: usize,
    /// Where the newest ends.
    head: usize,
    /// Bytes of all pieces.
    used: usize,
}

/// Least size of a ring that holds anything, in bytes.
const LEAST: usize = 64 << 10;
/// A ring of more bytes is made smaller when most of it is empty.
const LARGE: usize = 1 << 20;

impl Ring {
    /// Room for pieces, used or not, in bytes.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes of a piece.
    pub(super) fn get(&self, piece: Piece) -> &[u8] {
        self.bytes.get(piece.start..piece.start + piece.len).unwrap_or_default()
    }

    /// Adds two texts as one piece; `None` when there is no room: see [`Ring::resize`].
    pub(super) fn push(&mut self, first: &[u8], second: &[u8]) -> Option<Piece> {
        let len = first.len() + second.len();
        let start = self.room_for(len)?;
        let room = self.bytes.get_mut(start..start + len)?;
        let (a, b) = room.split_at_mut(first.len());
        a.copy_from_slice(first);
        b.copy_from_slice(second);
        self.head = start + len;
        self.used += len;
        Some(Piece { start, len })
    }

    /// Whether a piece of that length can be added.
    pub(super) fn has_room(&self, len: usize) -> bool {
        self.room_for(len).is_some()
    }

    /// Where a piece of that length would begin. The head never reaches the tail from behind: that would
    /// look like an empty ring.
    fn room_for(&self, len: usize) -> Option<usize> {
        let (head, tail, size) = (self.head, self.tail, self.bytes.len());
        if head < tail {
            (len < tail - head).then_some(head)
        } else if len <= size - head {
            Some(head)
        } else {
            (len < tail).then_some(0)
        }
    }

    /// Gives up the oldest piece; `next` is the one after it.
    pub(super) fn pop(&mut self, oldest: Piece, next: Option<Piece>) {
        self.used = self.used.saturating_sub(oldest.len);
        match next {
            Some(next) => self.tail = next.start,
            None => (self.tail, self.head) = (0, 0),
        }
    }

    /// The size of a ring that has room for `len` bytes more than now, whatever lies where.
    pub(super) fn size_for(&self, len: usize) -> usize {
        (self.used + len + 1).next_power_of_two().max(2 * self.bytes.len()).max(LEAST)
    }

    /// The size to which a ring should shrink that is nearly empty and large.
    pub(super) fn size_if_idle(&self) -> Option<usize> {
        let is_idle = self.bytes.len() > LARGE && self.used < self.bytes.len() / 16;
        is_idle.then(|| (4 * self.used).next_power_of_two().max(LEAST))
    }

    /// Moves all pieces, oldest first, to a buffer of that size.
    pub(super) fn resize<'a>(&mut self, size: usize, pieces: impl Iterator<Item = &'a mut Piece>) {
        let mut bytes = Vec::with_capacity(size);
        for piece in pieces {
            let start = bytes.len();
            bytes.extend_from_slice(self.get(*piece));
            piece.start = start;
        }
        (self.tail, self.head) = (0, bytes.len());
        bytes.resize(size, 0);
        self.bytes = bytes;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    /// A ring beside the plain texts that it should hold.
    #[derive(Default)]
    struct Model {
        ring: Ring,
        pieces: VecDeque<Piece>,
        texts: VecDeque<Vec<u8>>,
    }

    impl Model {
        fn push(&mut self, text: Vec<u8>) {
            let (first, second) = text.split_at(text.len() / 3);
            let piece = self.ring.push(first, second).unwrap_or_else(|| {
                let size = self.ring.size_for(text.len());
                self.ring.resize(size, self.pieces.iter_mut());
                self.ring.push(first, second).expect("room was made")
            });
            self.pieces.push_back(piece);
            self.texts.push_back(text);
        }

        fn pop(&mut self) {
            if let Some(oldest) = self.pieces.pop_front() {
                self.ring.pop(oldest, self.pieces.front().copied());
                self.texts.pop_front();
            }
            if let Some(size) = self.ring.size_if_idle() {
                self.ring.resize(size, self.pieces.iter_mut());
            }
        }

        fn check(&self) {
            assert_eq!(self.ring.used, self.texts.iter().map(Vec::len).sum::<usize>());
            for (piece, text) in self.pieces.iter().zip(&self.texts) {
                assert!(self.ring.get(*piece) == text.as_slice());
            }
        }
    }

    proptest! {
        #[test]
        fn every_piece_keeps_its_bytes(
            steps in proptest::collection::vec((0_usize..40_000, 0_usize..4), 0..60),
        ) {
            let mut model = Model::default();
            for (number, (len, pops)) in (0_u8..).zip(steps) {
                model.push(vec![number; len]);
                (0..pops / 2).for_each(|_| model.pop());
                model.check();
            }
            while !model.pieces.is_empty() {
                model.pop();
                model.check();
            }
        }
    }

    #[test]
    fn a_ring_does_not_grow_while_as_much_leaves_as_comes() {
        let mut model = Model::default();
        (0..100).for_each(|n| model.push(vec![n; 500]));
        let size = model.ring.capacity();
        for n in 0..10_000_u32 {
            model.pop();
            model.push(vec![n.to_le_bytes()[0]; 400 + (n % 200) as usize]);
        }
        model.check();
        assert_eq!(model.ring.capacity(), size);
    }

    #[test]
    fn what_a_flood_of_long_events_took_is_given_back() {
        let mut model = Model::default();
        (0..100).for_each(|n| model.push(vec![n; 60_000]));
        assert!(model.ring.capacity() > 6_000_000);
        for n in 0..100 {
            model.pop();
            model.push(vec![n; 100]);
        }
        model.check();
        assert!(model.ring.capacity() <= LARGE, "{}", model.ring.capacity());
    }
}
