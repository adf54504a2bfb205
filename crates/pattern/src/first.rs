//! What may come next: the bytes at which a part of a pattern can go on.
//!
//! This decides which repetitions never have to give anything back: in `\d+\.` no digit can be the dot.

use crate::byte_set::ByteSet;
use crate::node::{Anchor, Node, Repeat, RepeatKind, Tree};

/// Where a part of a pattern can go on. May promise less than is true, never more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct First {
    /// If one of these bytes comes next.
    pub(crate) bytes: ByteSet,
    /// At the end of the text.
    pub(crate) end: bool,
    /// Anywhere.
    pub(crate) open: bool,
    /// Nothing is asked any more: this part of the pattern is at its end.
    pub(crate) done: bool,
}

impl First {
    /// Nothing is asked: the pattern is at its end.
    pub(crate) const DONE: Self = Self { done: true, ..Self::OPEN };
    /// Nothing is known.
    const OPEN: Self = Self { bytes: ByteSet::EMPTY, end: true, open: true, done: false };
    const NOWHERE: Self = Self { bytes: ByteSet::EMPTY, end: false, open: false, done: false };

    fn bytes(bytes: ByteSet) -> Self {
        Self { bytes, ..Self::NOWHERE }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.union(other.bytes),
            end: self.end || other.end,
            open: self.open || other.open,
            done: self.done && other.done,
        }
    }

    /// Whether it can go on where `next` comes (`None`: at the end).
    pub(crate) fn allows(&self, next: Option<u8>) -> bool {
        self.open || next.map_or(self.end, |byte| self.bytes.contains(byte))
    }

    /// Whether it cannot go on before a byte of `set`.
    pub(crate) fn excludes(&self, set: ByteSet) -> bool {
        !self.open && self.bytes.is_disjoint(set)
    }

    /// Where `node` can go on if `follow` stands behind it.
    pub(crate) fn of(node: &Node, follow: Self) -> Self {
        match node {
            Node::Empty => follow,
            Node::Fail => Self::NOWHERE,
            Node::Set(set) => Self::bytes(*set),
            // `k` and `s` in both cases fold with a character outside ASCII.
            Node::Char(_) => Self::bytes(ByteSet::HIGH.union(ByteSet::of(b"kKsS"))),
            Node::Stray(_) => Self::bytes(ByteSet::HIGH),
            Node::Anchor(Anchor::End) => Self { end: true, ..Self::NOWHERE },
            Node::Anchor(Anchor::SoftEnd | Anchor::LineEnd) => {
                Self { bytes: ByteSet::of(b"\n"), end: true, ..Self::NOWHERE }
            }
            Node::Anchor(_) | Node::Look(_) => Self { done: false, ..follow },
            Node::Group(_, node) | Node::Atomic(node) => Self::of(node, follow),
            Node::Concat(nodes) => {
                nodes.iter().rev().fold(follow, |follow, node| Self::of(node, follow))
            }
            Node::Alternate(nodes) => {
                nodes.iter().fold(Self::NOWHERE, |first, node| first.or(Self::of(node, follow)))
            }
            Node::Repeat(repeat) => Self::of_repeat(repeat, follow),
            Node::Reference { .. } => Self::OPEN,
            Node::Choice(choice) => Self::of(&choice.yes, follow).or(Self::of(&choice.no, follow)),
        }
    }

    fn of_repeat(repeat: &Repeat, follow: Self) -> Self {
        if repeat.max == Some(0) {
            return follow;
        }
        let first = Self::of(&repeat.node, follow);
        if repeat.min == 0 || repeat.node.is_nullable() { first.or(follow) } else { first }
    }
}

/// Drops what makes a part of a pattern need backtracking under a budget where it changes nothing: a
/// possessive repetition whose bytes cannot be what follows, an atomic group that matches in one way only.
pub(crate) fn relax(tree: &mut Tree) {
    relax_node(&mut tree.node, First::DONE);
}

fn relax_node(node: &mut Node, follow: First) {
    match node {
        Node::Group(_, node) => relax_node(node, follow),
        Node::Concat(nodes) => {
            let mut follow = follow;
            for node in nodes.iter_mut().rev() {
                relax_node(node, follow);
                follow = First::of(node, follow);
            }
        }
        Node::Alternate(nodes) => nodes.iter_mut().for_each(|node| relax_node(node, follow)),
        Node::Repeat(repeat) => {
            let again = First::of_repeat(repeat, follow).or(follow);
            relax_node(&mut repeat.node, again);
            if repeat.kind == RepeatKind::Possessive
                && let Node::Set(set) = repeat.node
                && (follow.excludes(set) || repeat.max == Some(repeat.min))
            {
                repeat.kind = RepeatKind::Greedy;
            }
        }
        Node::Atomic(inner) => {
            relax_node(inner, First::DONE);
            if let Node::Repeat(repeat) = &mut **inner
                && repeat.kind == RepeatKind::Greedy
                && matches!(repeat.node, Node::Set(set) if follow.excludes(set))
            {
                *node = std::mem::replace(&mut **inner, Node::Empty);
            } else if matches_one_way(inner) {
                *node = std::mem::replace(&mut **inner, Node::Empty);
            }
        }
        Node::Look(look) => relax_node(&mut look.node, First::DONE),
        Node::Choice(choice) => {
            relax_node(&mut choice.yes, follow);
            relax_node(&mut choice.no, follow);
        }
        _ => {}
    }
}

fn matches_one_way(node: &Node) -> bool {
    match node {
        Node::Empty | Node::Fail | Node::Set(_) | Node::Anchor(_) => true,
        Node::Group(_, node) => matches_one_way(node),
        Node::Concat(nodes) => nodes.iter().all(matches_one_way),
        Node::Repeat(repeat) => repeat.max == Some(repeat.min) && matches_one_way(&repeat.node),
        _ => false,
    }
}
