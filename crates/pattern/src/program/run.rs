//! One attempt to match at one place.

use crate::node::Anchor;

use super::{Extent, Next, Op, Order, Outcome, Program, Scan};

/// Memory that attempts use. Reusable; grows to what the worst subject needed.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    stack: Vec<Frame>,
    pub(crate) slots: Vec<usize>,
    marks: Vec<Mark>,
    slots_used: bool,
}

/// Most ways kept open at once: 24 MB, about ten for each byte of the longest event.
const STACK: usize = 1 << 20;
/// Ways for which memory is kept between searches: 1.5 MB.
const KEPT: usize = 1 << 16;

/// A slot without a position.
pub(crate) const UNSET: usize = usize::MAX;

#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    height: usize,
    position: usize,
}

/// What to do when a way turns out wrong.
#[derive(Clone, Copy, Debug)]
enum Frame {
    /// Go on here.
    Retry { op: u32, position: usize },
    /// Let the scan at `op` give back: ends from `low` to before `high` are left.
    Shorten { op: u32, low: usize, high: usize },
    /// Let the scan at `op`, which ends at `position`, take one more, up to `limit` more.
    Lengthen { op: u32, position: usize, limit: u32 },
    /// Put back an old position.
    Undo { slot: u32, old: usize },
}

impl Scratch {
    /// Makes ready for a program.
    pub(crate) fn prepare(&mut self, program: &Program) {
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

    fn save(&mut self, slot: u32, position: usize) {
        if let Some(place) = self.slots.get_mut(slot as usize) {
            let old = std::mem::replace(place, position);
            self.slots_used = true;
            // Without anything to go back to, the whole attempt would fail and start afresh.
            if !self.stack.is_empty() {
                self.stack.push(Frame::Undo { slot, old });
            }
        }
    }

    fn slot(&self, slot: u32) -> usize {
        self.slots.get(slot as usize).copied().unwrap_or(UNSET)
    }

    fn enter(&mut self, mark: u32, position: usize) {
        let height = self.stack.len();
        if let Some(place) = self.marks.get_mut(mark as usize) {
            *place = Mark { height, position };
        }
    }

    fn mark(&self, mark: u32) -> Mark {
        self.marks.get(mark as usize).copied().unwrap_or_default()
    }

    /// Forgets the ways not tried since the mark, but not what must be put back.
    fn cut(&mut self, mark: u32) -> Mark {
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
    fn undo(&mut self, mark: u32) {
        let height = self.mark(mark).height;
        while self.stack.len() > height {
            if let Some(Frame::Undo { slot, old }) = self.stack.pop()
                && let Some(place) = self.slots.get_mut(slot as usize)
            {
                *place = old;
            }
        }
    }
}

impl Program {
    /// Tries to match at `start`. With `CAPTURES` the slots are filled. Takes its steps from `budget`.
    pub(super) fn attempt<const CAPTURES: bool>(
        &self,
        text: &[u8],
        start: usize,
        scratch: &mut Scratch,
        budget: &mut u64,
    ) -> Outcome {
        scratch.stack.clear();
        if scratch.slots_used {
            scratch.slots.fill(UNSET);
            scratch.slots_used = false;
        }
        let mut pc = 0;
        let mut position = start;
        loop {
            let Some(left) = budget.checked_sub(1) else { return Outcome::Exceeded };
            *budget = left;
            let Some(op) = self.ops.get(pc) else { return Outcome::NoMatch };
            pc += 1;
            let goes_on = match *op {
                Op::Literal { from, to } => {
                    let literal = self.literals.get(from as usize..to as usize).unwrap_or_default();
                    let found = text.get(position..).is_some_and(|rest| rest.starts_with(literal));
                    position += literal.len();
                    found
                }
                Op::Byte(byte) => {
                    let found = text.get(position) == Some(&byte);
                    position += 1;
                    found
                }
                Op::Set { sets } => {
                    let set = self.sets.get(sets as usize);
                    let byte = text.get(position);
                    position += 1;
                    byte.is_some_and(|&byte| set.is_some_and(|set| set.contains(byte)))
                }
                Op::Scan { scans } => {
                    let at = pc as u32 - 1;
                    match self.scans.get(scans as usize) {
                        Some(scan) => scan.start(at, text, &mut position, scratch, budget),
                        None => false,
                    }
                }
                Op::Split { first, second, firsts } => {
                    let next = text.get(position).copied();
                    let (may_first, may_second) = match self.firsts.get(firsts as usize) {
                        Some((first, second)) => (first.allows(next), second.allows(next)),
                        None => (true, true),
                    };
                    pc = if may_first { first } else { second } as usize;
                    if may_first && may_second {
                        scratch.stack.push(Frame::Retry { op: second, position });
                    }
                    may_first || may_second
                }
                Op::Jump(to) => {
                    pc = to as usize;
                    true
                }
                Op::Save(slot) => {
                    if CAPTURES || slot as usize >= self.capture_slots {
                        scratch.save(slot, position);
                    }
                    true
                }
                Op::Match => {
                    if CAPTURES {
                        scratch.save(1, position);
                        scratch.save(0, start);
                    }
                    return Outcome::Match(position);
                }
                Op::Fail => false,
                Op::Assert(anchor) => anchor.holds(text, position),
                rare => self.rare(rare, text, &mut pc, &mut position, scratch, budget),
            };
            if !goes_on && !self.back(text, &mut pc, &mut position, scratch, budget) {
                return if *budget == 0 { Outcome::Exceeded } else { Outcome::NoMatch };
            }
            if scratch.stack.len() > STACK {
                return Outcome::Exceeded;
            }
        }
    }

    /// Operations that few patterns have. Whether the attempt goes on.
    fn rare(
        &self,
        op: Op,
        text: &[u8],
        pc: &mut usize,
        position: &mut usize,
        scratch: &mut Scratch,
        budget: &mut u64,
    ) -> bool {
        match op {
            Op::Progress { slot, exit } => {
                if scratch.slot(slot) == *position {
                    *pc = exit as usize;
                }
            }
            Op::Close { slot, opened } => {
                scratch.save(slot, scratch.slot(opened));
                scratch.save(slot + 1, *position);
            }
            Op::Enter(mark) => scratch.enter(mark, *position),
            Op::EnterOr { mark, otherwise } => {
                scratch.enter(mark, *position);
                scratch.stack.push(Frame::Retry { op: otherwise, position: *position });
            }
            Op::Cut(mark) => {
                scratch.cut(mark);
            }
            Op::CutBack(mark) => *position = scratch.cut(mark).position,
            Op::Refute(mark) => {
                scratch.undo(mark);
                return false;
            }
            Op::Back(length) => match position.checked_sub(length as usize) {
                Some(back) => *position = back,
                None => return false,
            },
            Op::Reference { references, caseless } => {
                let Some((from, to)) = self.captured(references, scratch) else { return false };
                let captured = text.get(from..to).unwrap_or_default();
                *budget = budget.saturating_sub(captured.len() as u64 / 8);
                let Some(here) = text.get(*position..*position + captured.len()) else {
                    return false;
                };
                *position += captured.len();
                return captured == here || caseless && captured.eq_ignore_ascii_case(here);
            }
            Op::IfGroup { references, otherwise } => {
                if self.captured(references, scratch).is_none() {
                    *pc = otherwise as usize;
                }
            }
            _ => return false,
        }
        true
    }

    /// What the first of these groups that took part captured.
    fn captured(&self, references: u32, scratch: &Scratch) -> Option<(usize, usize)> {
        let slots = self.references.get(references as usize)?;
        let of = |&slot: &u32| (scratch.slot(slot), scratch.slot(slot + 1));
        slots.iter().map(of).find(|&(from, to)| from != UNSET && to != UNSET)
    }

    /// Goes back to the last way that was not tried. False if there is none.
    fn back(
        &self,
        text: &[u8],
        pc: &mut usize,
        position: &mut usize,
        scratch: &mut Scratch,
        budget: &mut u64,
    ) -> bool {
        while let Some(frame) = scratch.stack.pop() {
            let (op, found) = match frame {
                Frame::Undo { slot, old } => {
                    if let Some(place) = scratch.slots.get_mut(slot as usize) {
                        *place = old;
                    }
                    continue;
                }
                Frame::Retry { op, position: at } => {
                    *pc = op as usize;
                    *position = at;
                    return true;
                }
                Frame::Shorten { op, low, high } => {
                    let scan = self.scan(op);
                    (op, scan.and_then(|s| s.shorten(op, text, low, high, scratch, budget)))
                }
                Frame::Lengthen { op, position, limit } => {
                    let scan = self.scan(op);
                    (op, scan.and_then(|s| s.lengthen(op, text, position, limit, scratch, budget)))
                }
            };
            if let Some(at) = found {
                *pc = op as usize + 1;
                *position = at;
                return true;
            }
            if *budget == 0 {
                // The loop of the attempt notices.
                return true;
            }
        }
        false
    }

    fn scan(&self, op: u32) -> Option<&Scan> {
        match self.ops.get(op as usize) {
            Some(Op::Scan { scans }) => self.scans.get(*scans as usize),
            _ => None,
        }
    }
}

impl Scan {
    /// Runs the scan at `position` and moves there; leaves a frame for other ways. False if it fails.
    fn start(
        &self,
        op: u32,
        text: &[u8],
        position: &mut usize,
        scratch: &mut Scratch,
        budget: &mut u64,
    ) -> bool {
        let from = *position;
        let Some(low) = from.checked_add(self.min as usize).filter(|&low| low <= text.len()) else {
            return false;
        };
        if self.order == Order::Lazy {
            if self.reach(text, from, low, budget) < low {
                return false;
            }
            let limit = self.max.saturating_sub(self.min);
            let Some(at) = self.next_place(op, text, low, limit, scratch, budget) else {
                return false;
            };
            *position = at;
            return true;
        }
        let limit = from.saturating_add(self.max as usize).min(text.len());
        let high = self.reach(text, from, limit, budget);
        if high < low {
            return false;
        }
        if self.order == Order::Longest {
            *position = high;
            return true;
        }
        match self.shorten(op, text, low, high + 1, scratch, budget) {
            Some(at) => {
                *position = at;
                true
            }
            None => false,
        }
    }

    /// How far the set reaches from `from`, at most to `limit`.
    fn reach(&self, text: &[u8], from: usize, limit: usize, budget: &mut u64) -> usize {
        let window = text.get(from..limit).unwrap_or_default();
        let length = match self.extent {
            Extent::ToEnd => return limit.max(from),
            Extent::Until(stop) => memchr::memchr(stop, window),
            Extent::Table => window.iter().position(|&byte| !self.set.contains(byte)),
        };
        let length = length.unwrap_or(window.len());
        *budget = budget.saturating_sub(length as u64 / 8);
        from + length
    }

    /// The last end from `low` to before `high` at which the pattern may go on. Leaves a frame for those
    /// before it.
    fn shorten(
        &self,
        op: u32,
        text: &[u8],
        low: usize,
        high: usize,
        scratch: &mut Scratch,
        budget: &mut u64,
    ) -> Option<usize> {
        let found = match self.next {
            Next::Unknown => high.checked_sub(1).filter(|&at| at >= low),
            Next::Byte(byte) => {
                let window = text.get(low..high.min(text.len()))?;
                let found = memchr::memrchr(byte, window);
                let passed = window.len() - found.unwrap_or(0);
                *budget = budget.saturating_sub(passed as u64 / 8);
                found.map(|at| low + at)
            }
            Next::First(first) => {
                let found = (low..high).rev().find(|&at| first.allows(text.get(at).copied()));
                *budget = budget.saturating_sub((high - found.unwrap_or(low)) as u64 / 8);
                found
            }
        }?;
        if found > low {
            scratch.stack.push(Frame::Shorten { op, low, high: found });
        }
        Some(found)
    }

    /// The next end of a lazy scan behind `position`.
    fn lengthen(
        &self,
        op: u32,
        text: &[u8],
        position: usize,
        limit: u32,
        scratch: &mut Scratch,
        budget: &mut u64,
    ) -> Option<usize> {
        let limit = limit.checked_sub(1)?;
        if !text.get(position).is_some_and(|&byte| self.set.contains(byte)) {
            return None;
        }
        self.next_place(op, text, position + 1, limit, scratch, budget)
    }

    /// The first end from `from` on at which the pattern may go on, taking at most `limit` more.
    fn next_place(
        &self,
        op: u32,
        text: &[u8],
        from: usize,
        limit: u32,
        scratch: &mut Scratch,
        budget: &mut u64,
    ) -> Option<usize> {
        let mut at = from;
        let mut left = limit;
        loop {
            let next = text.get(at).copied();
            let may = match self.next {
                Next::Unknown => true,
                Next::Byte(byte) => next == Some(byte),
                Next::First(first) => first.allows(next),
            };
            if may {
                break;
            }
            left = left.checked_sub(1)?;
            if !next.is_some_and(|byte| self.set.contains(byte)) {
                return None;
            }
            at += 1;
            if (at - from).is_multiple_of(8) {
                *budget = budget.checked_sub(1)?;
            }
        }
        if left > 0 {
            scratch.stack.push(Frame::Lengthen { op, position: at, limit: left });
        }
        Some(at)
    }
}

impl Anchor {
    fn holds(self, text: &[u8], position: usize) -> bool {
        let rest = || text.get(position..).unwrap_or_default();
        let before = || position.checked_sub(1).and_then(|before| text.get(before));
        match self {
            Self::Start => position == 0,
            Self::End => position == text.len(),
            Self::SoftEnd => matches!(rest(), [] | [b'\n']),
            Self::LineStart => position == 0 || before() == Some(&b'\n') && position < text.len(),
            Self::LineEnd => matches!(rest(), [] | [b'\n', ..]),
            Self::WordBoundary => is_word(before()) != is_word(text.get(position)),
            Self::NotWordBoundary => is_word(before()) == is_word(text.get(position)),
        }
    }
}

fn is_word(byte: Option<&u8>) -> bool {
    byte.is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
