//! What all three languages are parsed into.
//!
//! A pattern is a tree of [`Node`]s over sets of bytes. Case is settled when it is built: a letter that
//! matches in both cases is a set of two bytes. PCRE2 elements see bytes; OS_Regex and OS_Match see
//! *characters* (decoding 4.6): there, a set says which ASCII characters it accepts, its upper half is
//! either full (every character outside ASCII, and every byte that is no UTF-8) or empty, and the two
//! characters outside ASCII that fold with an ASCII letter follow that letter.

use crate::byte_set::ByteSet;

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// Matches everywhere, without consuming.
    Empty,
    /// One byte or character of a set.
    Set(ByteSet),
    /// One character outside ASCII, in any case. Only in patterns over characters.
    Char(char),
    /// A byte that is part of no character and equals only itself. Only in patterns over characters.
    Stray(u8),
    /// A place.
    Anchor(Anchor),
    /// A capture group.
    Group(u32, Box<Node>),
    /// One after the other.
    Concat(Vec<Node>),
    /// The first that leads to a match.
    Alternate(Vec<Node>),
    /// Several times the same.
    Repeat(Box<Repeat>),
}

/// A place in the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Anchor {
    /// Offset 0.
    Start,
    /// The end of the subject, plainly.
    End,
}

/// A repetition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Repeat {
    pub(crate) node: Node,
    pub(crate) min: u32,
    /// No limit where `None`.
    pub(crate) max: Option<u32>,
    pub(crate) kind: RepeatKind,
}

/// What a repetition tries first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RepeatKind {
    /// As often as possible, giving back when what follows fails.
    Greedy,
    /// As rarely as possible.
    Lazy,
}

/// A parsed pattern.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) node: Node,
    /// Number of capture groups.
    pub(crate) groups: u32,
    /// Whether it sees characters, or else bytes.
    pub(crate) characters: bool,
}

impl Node {
    /// These nodes one after the other.
    pub(crate) fn concat(mut nodes: Vec<Self>) -> Self {
        match nodes.len() {
            0 => Self::Empty,
            1 => nodes.pop().unwrap_or(Self::Empty),
            _ => Self::Concat(nodes),
        }
    }

    /// One of these nodes.
    pub(crate) fn alternate(mut nodes: Vec<Self>) -> Self {
        match nodes.len() {
            0 => Self::Empty,
            1 => nodes.pop().unwrap_or(Self::Empty),
            _ => Self::Alternate(nodes),
        }
    }

    /// One byte in both cases.
    pub(crate) fn caseless(byte: u8) -> Self {
        Self::Set(ByteSet::of(&[byte]).closed())
    }
}
