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
    /// Matches nowhere.
    Fail,
    /// A look at the text around, without consuming.
    Look(Box<Look>),
    /// Once matched, never tried another way.
    Atomic(Box<Node>),
    /// The text that one of these groups captured, as an index into [`Tree::references`].
    Reference { index: usize, caseless: bool },
    /// `(?(…)yes|no)`.
    Choice(Box<Choice>),
}

/// A look-around.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Look {
    pub(crate) behind: bool,
    pub(crate) negative: bool,
    pub(crate) node: Node,
}

/// A conditional group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) condition: Condition,
    pub(crate) yes: Node,
    pub(crate) no: Node,
}

/// What a conditional group asks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    /// Whether one of these groups took part: an index into [`Tree::references`].
    Group(usize),
    Look(Look),
}

/// A place in the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Anchor {
    /// Offset 0.
    Start,
    /// The end of the subject, plainly.
    End,
    /// The end, or before a line feed that is the last byte.
    SoftEnd,
    /// Offset 0, or behind a line feed that is not the last byte.
    LineStart,
    /// The end, or before a line feed.
    LineEnd,
    /// Between a byte of `[0-9A-Za-z_]` and another or none.
    WordBoundary,
    NotWordBoundary,
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
    /// As often as possible, giving nothing back.
    Possessive,
}

/// A parsed pattern.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) node: Node,
    /// Number of capture groups.
    pub(crate) groups: u32,
    /// Whether it sees characters, or else bytes.
    pub(crate) characters: bool,
    /// Groups by the places that refer to them; several where a name stands for several groups.
    pub(crate) references: Vec<Vec<u32>>,
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

impl Look {
    /// How far back each alternative of a look-behind starts, or `None` where one has no fixed length.
    pub(crate) fn lengths(&self) -> Option<Vec<usize>> {
        match &self.node {
            Node::Alternate(nodes) => nodes.iter().map(Node::fixed_length).collect(),
            node => Some(vec![node.fixed_length()?]),
        }
    }
}

impl Node {
    /// The number of bytes every match of this has, if it is always the same.
    pub(crate) fn fixed_length(&self) -> Option<usize> {
        match self {
            Self::Empty | Self::Anchor(_) | Self::Fail | Self::Look(_) => Some(0),
            Self::Set(_) | Self::Stray(_) => Some(1),
            Self::Char(_) | Self::Reference { .. } => None,
            Self::Group(_, node) | Self::Atomic(node) => node.fixed_length(),
            Self::Concat(nodes) => nodes.iter().map(Self::fixed_length).sum(),
            Self::Alternate(nodes) => {
                let first = nodes.first()?.fixed_length()?;
                nodes.iter().all(|node| node.fixed_length() == Some(first)).then_some(first)
            }
            Self::Repeat(repeat) if repeat.max == Some(repeat.min) => {
                repeat.node.fixed_length()?.checked_mul(repeat.min as usize)
            }
            Self::Repeat(_) => None,
            Self::Choice(choice) => {
                let yes = choice.yes.fixed_length()?;
                (choice.no.fixed_length()? == yes).then_some(yes)
            }
        }
    }

    /// Whether it may match without consuming anything.
    pub(crate) fn is_nullable(&self) -> bool {
        match self {
            Self::Empty | Self::Anchor(_) | Self::Look(_) | Self::Reference { .. } => true,
            Self::Set(_) | Self::Char(_) | Self::Stray(_) | Self::Fail => false,
            Self::Group(_, node) | Self::Atomic(node) => node.is_nullable(),
            Self::Concat(nodes) => nodes.iter().all(Self::is_nullable),
            Self::Alternate(nodes) => nodes.iter().any(Self::is_nullable),
            Self::Repeat(repeat) => repeat.min == 0 || repeat.node.is_nullable(),
            Self::Choice(choice) => choice.yes.is_nullable() || choice.no.is_nullable(),
        }
    }

    /// How many items it has when repetitions are written out.
    pub(crate) fn size(&self) -> usize {
        let sum =
            |nodes: &[Self]| nodes.iter().fold(1, |n: usize, node| n.saturating_add(node.size()));
        match self {
            Self::Group(_, node) | Self::Atomic(node) => node.size().saturating_add(2),
            Self::Look(look) => look.node.size().saturating_add(2),
            Self::Concat(nodes) | Self::Alternate(nodes) => sum(nodes),
            Self::Repeat(repeat) => {
                let times = repeat.max.unwrap_or(repeat.min).max(1) as usize;
                repeat.node.size().saturating_mul(times).saturating_add(1)
            }
            Self::Choice(choice) => {
                let condition = match &choice.condition {
                    Condition::Look(look) => look.node.size(),
                    Condition::Group(_) => 1,
                };
                condition.saturating_add(choice.yes.size()).saturating_add(choice.no.size())
            }
            _ => 1,
        }
    }

    /// Calls `visit` with this node and everything in it.
    pub(crate) fn walk(&self, visit: &mut impl FnMut(&Self)) {
        visit(self);
        match self {
            Self::Group(_, node) | Self::Atomic(node) => node.walk(visit),
            Self::Look(look) => look.node.walk(visit),
            Self::Concat(nodes) | Self::Alternate(nodes) => {
                nodes.iter().for_each(|node| node.walk(visit));
            }
            Self::Repeat(repeat) => repeat.node.walk(visit),
            Self::Choice(choice) => {
                if let Condition::Look(look) = &choice.condition {
                    look.node.walk(visit);
                }
                choice.yes.walk(visit);
                choice.no.walk(visit);
            }
            _ => {}
        }
    }
}
