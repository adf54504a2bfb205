//! Memory that attempts use: ways to go back to, captures, marks.

use super::Program;
use super::scan::Reader;

/// Reusable; grows to what the worst subject needed, within bounds.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(super) stack: Vec<Frame>,
    slots: Vec<usize>,
    marks: Vec<Mark>,
    slots_used: bool,
}

/// A slot without a position.
pub(super) const UNSET: usize = usize::MAX;
/// Most ways kept open at once: 24 MB, about ten for each byte of the longest event.
const STACK: usize = 1 << 20;
/// Ways for which memory is kept between searches: 1.5 MB.
const KEPT: usize = 1 << 16;

/// What to do when a way turns out wrong.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame {
    /// Go on here.
    Retry { op: u32, position: usize },
    /// Let the scan at `op` give back: ends from `low` to before `high` are left.
    Shorten { op: u32, low: usize, high: usize },
    /// Let the scan at `op`, which ends at `position`, take one more, up to `limit` more.
    Lengthen { op: u32, position: usize, limit: u32 },
    /// Put back an old position.
    Undo { slot: u32, old: usize },
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    height: usize,
    pub(super) position: usize,
}

impl Scratch {
    /// Makes ready for a program.
    pub(super) fn prepare(&mut self, program: &Program) {
        self.slots.clear();
        self.slots.resize(program.slots, UNSET);
        self.marks.clear();
        self.marks.resize(program.marks, Mark::default());
        self.slots_used = false;
        if self.stack.capacity() > KEPT {
            self.stack.clear();
            self.stack.shrink_to(KEPT);
        }
    }

    /// Makes ready for an attempt.
    pub(super) fn reset(&mut self) {
        self.stack.clear();
        if self.slots_used {
            self.slots.fill(UNSET);
            self.slots_used = false;
        }
    }

    /// Leaves a way to go back to.
    pub(super) fn push(&mut self, frame: Frame, reader: &mut Reader<'_>) {
        if self.stack.len() >= STACK {
            reader.budget = 0;
        }
        self.stack.push(frame);
    }

    pub(super) fn save(&mut self, slot: u32, position: usize) {
        if let Some(place) = self.slots.get_mut(slot as usize) {
            let old = std::mem::replace(place, position);
            self.slots_used = true;
            // Without anything to go back to, the whole attempt would fail and start afresh.
            if !self.stack.is_empty() {
                self.stack.push(Frame::Undo { slot, old });
            }
        }
    }

    pub(super) fn slot(&self, slot: u32) -> usize {
        self.slots.get(slot as usize).copied().unwrap_or(UNSET)
    }

    /// The slots from `first` to before `end`.
    pub(super) fn slots(&self, first: usize, end: usize) -> &[usize] {
        self.slots.get(first..end).unwrap_or_default()
    }

    pub(super) fn put_back(&mut self, slot: u32, old: usize) {
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = old;
        }
    }

    pub(super) fn enter(&mut self, mark: u32, position: usize) {
        let height = self.stack.len();
        if let Some(place) = self.marks.get_mut(mark as usize) {
            *place = Mark { height, position };
        }
    }

    fn mark(&self, mark: u32) -> Mark {
        self.marks.get(mark as usize).copied().unwrap_or_default()
    }

    /// Forgets the ways not tried since the mark, but not what must be put back.
    pub(super) fn cut(&mut self, mark: u32) -> Mark {
        let mark = self.mark(mark);
        let mut kept = mark.height;
        for at in mark.height..self.stack.len() {
            if let Some(&frame @ Frame::Undo { .. }) = self.stack.get(at) {
                if let Some(place) = self.stack.get_mut(kept) {
                    *place = frame;
                }
                kept += 1;
            }
        }
        self.stack.truncate(kept);
        mark
    }

    /// Puts back everything since the mark.
    pub(super) fn undo(&mut self, mark: u32) {
        let height = self.mark(mark).height;
        while self.stack.len() > height {
            if let Some(Frame::Undo { slot, old }) = self.stack.pop() {
                self.put_back(slot, old);
            }
        }
    }
}
