//! The backtracking engine: a pattern as a list of operations.
//!
//! ```text
//! Tree ─▶ compile ─▶ Program { ops, scans, literals } ─▶ run (one attempt) ◀─ search (where to attempt)
//! ```
//!
//! It matches as PCRE2 does, in the same order, and is the fastest engine on real log lines: most
//! repetitions are followed by something that they exclude, so nothing is ever tried twice. Where that is not
//! so an attempt could take very long, so every search has a budget of steps. What happens beyond it is the
//! caller's business.

mod compile;
mod run;
mod scan;
mod scratch;
mod search;

use crate::byte_set::ByteSet;
use crate::first::First;
use crate::node::Anchor;

use compile::compile;
pub(crate) use scratch::Scratch;
pub(crate) use search::Search;

/// A compiled pattern.
#[derive(Debug, Default)]
pub(crate) struct Program {
    ops: Vec<Op>,
    scans: Vec<Scan>,
    sets: Vec<ByteSet>,
    firsts: Vec<(First, First)>,
    literals: Vec<u8>,
    /// For each reference the slots of its groups' starts.
    references: Vec<Vec<u32>>,
    /// Slots for captures and for the places where loops started.
    slots: usize,
    /// Slots of captures; those behind are not for the caller.
    capture_slots: usize,
    marks: usize,
    /// Captures must be kept even if the caller does not ask for them.
    keeps_captures: bool,
}

/// One operation. Numbers named `…s` are indices into the program's tables.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    /// These bytes of the literals.
    Literal {
        from: u32,
        to: u32,
    },
    Byte(u8),
    Set {
        sets: u32,
    },
    Scan {
        scans: u32,
    },
    /// Goes on at `first`, and at `second` when that fails.
    Split {
        first: u32,
        second: u32,
        firsts: u32,
    },
    Jump(u32),
    /// Stores the position in a slot.
    Save(u32),
    /// Stores the position in `slot + 1` and the one in `opened` in `slot`.
    Close {
        slot: u32,
        opened: u32,
    },
    Assert(Anchor),
    /// Ends a turn of a loop that started at the position in `slot`: leaves it when nothing was consumed.
    Progress {
        slot: u32,
        exit: u32,
    },
    /// Remembers position and height of the stack.
    Enter(u32),
    /// The same, and goes on at `otherwise` if what follows fails.
    EnterOr {
        mark: u32,
        otherwise: u32,
    },
    /// Forgets the ways not tried since the mark.
    Cut(u32),
    /// The same, and goes back to the mark's position.
    CutBack(u32),
    /// Undoes everything since the mark, and fails: the end of a negative look-around.
    Refute(u32),
    /// Goes back this many bytes.
    Back(u32),
    /// What one of these groups captured.
    Reference {
        references: u32,
        caseless: bool,
    },
    /// Goes on at `otherwise` if none of these groups took part.
    IfGroup {
        references: u32,
        otherwise: u32,
    },
    Fail,
    Match,
}

/// A repetition of one set.
#[derive(Clone, Debug, PartialEq)]
struct Scan {
    set: ByteSet,
    extent: Extent,
    min: u32,
    max: u32,
    order: Order,
    next: Next,
}

/// How far a set reaches.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Extent {
    /// It accepts everything.
    ToEnd,
    /// It accepts all but this byte.
    Until(u8),
    Table,
}

/// What a scan tries, and in which order.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    /// Only the longest: nothing shorter can lead to a match, or may be tried.
    Longest,
    /// Only the shortest: whatever follows matches.
    Shortest,
    Greedy,
    Lazy,
}

impl Program {
    /// The literal every match starts with.
    fn first_literal(&self) -> Option<&[u8]> {
        let is_save = |op: &&Op| matches!(op, Op::Save(_));
        match self.ops.iter().find(|op| !is_save(op)) {
            Some(Op::Literal { from, to }) => self.literals.get(*from as usize..*to as usize),
            _ => None,
        }
    }
}

impl Program {
    /// The set with whose unlimited repetition every match starts, if nothing depends on where that is.
    fn first_run(&self) -> Option<ByteSet> {
        // Not those for the place where a loop started: that counts.
        let is_save =
            |op: &&Op| matches!(op, Op::Save(slot) if (*slot as usize) < self.capture_slots);
        let scans = match self.ops.iter().find(|op| !is_save(op)) {
            Some(Op::Scan { scans }) if !self.keeps_captures => *scans,
            _ => return None,
        };
        let is_run = |scan: &&Scan| scan.max == u32::MAX && scan.order != Order::Shortest;
        self.scans.get(scans as usize).filter(is_run).map(|scan| scan.set)
    }
}

/// What must come behind a scan.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Next {
    Unknown,
    Byte(u8),
    First(First),
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The end of the match.
    Match(usize),
    NoMatch,
    /// The budget was used up.
    Exceeded,
}
