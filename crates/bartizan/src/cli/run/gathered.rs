//! What one look at the inputs yielded, until it is analysed.
//!
//! Lines are analysed together when there are many, on all cores; a line alone is analysed at once.

use std::collections::VecDeque;

use bartizan_analysis::Batch;
use bartizan_base::Timestamp;

/// Lines that travel together: enough to make a wake-up cheap, few enough for the caches.
const BATCH_LINES: usize = 256;
/// Bytes that travel together, at most, unless one line is longer.
const BATCH_BYTES: usize = 256 << 10;
/// Batches gathered before they must be analysed: what bounds the memory.
const BATCHES: usize = 64;
/// Lines from which on more than one thread pays: starting them costs as much as analysing some dozens.
const MANY_LINES: usize = 512;

/// Lines in the order in which they came.
#[derive(Default)]
pub(super) struct Gathered {
    waiting: VecDeque<Batch>,
    spare: Vec<Batch>,
    lines: usize,
}

impl Gathered {
    /// Adds a line: the type of its message, where it comes from, its text, and when it counts as received.
    pub(super) fn push(&mut self, kind: u8, location: &[u8], line: &[u8], time: Timestamp) {
        let has_room =
            |batch: &Batch| batch.len() < BATCH_LINES && batch.bytes() + line.len() <= BATCH_BYTES;
        if !self.waiting.back().is_some_and(has_room) {
            let mut batch = self.spare.pop().unwrap_or_default();
            batch.start();
            self.waiting.push_back(batch);
        }
        if let Some(batch) = self.waiting.back_mut() {
            batch.place(location);
            batch.push(kind, line, time);
            self.lines += 1;
        }
    }

    /// Whether what is here must be analysed before more is read.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= BATCHES
    }

    /// How many lines are here.
    pub(super) fn lines(&self) -> usize {
        self.lines
    }

    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether so much is here that several threads analyse it sooner than one.
    pub(super) fn is_much(&self) -> bool {
        self.lines >= MANY_LINES
    }

    /// Exchanges `batch` for the oldest one here; false when nothing is left.
    pub(super) fn next(&mut self, batch: &mut Batch) -> bool {
        let Some(mut next) = self.waiting.pop_front() else { return false };
        self.lines -= next.len();
        std::mem::swap(batch, &mut next);
        if self.spare.len() < BATCHES {
            self.spare.push(next);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_leave_in_the_order_in_which_they_came() {
        let mut gathered = Gathered::default();
        assert!(gathered.is_empty());
        for number in 0..2_000_u32 {
            gathered.push(b'1', b"f", number.to_string().as_bytes(), Timestamp(0));
        }
        gathered.push(b'1', b"g", &[b'x'; 2 * BATCH_BYTES], Timestamp(0));
        assert!(gathered.is_much() && !gathered.is_full());
        let (mut batch, mut sizes) = (Batch::default(), Vec::new());
        while gathered.next(&mut batch) {
            sizes.push((batch.len(), batch.bytes()));
        }
        assert_eq!(sizes.iter().map(|(lines, _)| lines).sum::<usize>(), 2_001);
        assert_eq!(sizes.last(), Some(&(1, 2 * BATCH_BYTES)));
        assert!(gathered.is_empty() && !gathered.is_much());
    }
}
