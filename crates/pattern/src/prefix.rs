//! Which bytes can stand at the first positions, for patterns anchored at the start.
//!
//! Like [`requirement`](crate::requirement) these are claims about folded text, with the same exception
//! for patterns over characters.

use crate::byte_set::ByteSet;
use crate::node::{Anchor, Node, Repeat};

/// The first positions of every match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixSets {
    /// For each position the bytes that may stand there, as bits: byte `b` is bit `b % 64` of word `b / 64`.
    /// All ones from position `len` on.
    pub sets: [[u64; 4]; Self::POSITIONS],
    /// How many positions every match has bytes for. A shorter subject cannot match.
    pub len: usize,
}

impl PrefixSets {
    /// How many positions are looked at.
    pub const POSITIONS: usize = 8;

    pub(crate) fn of_literal(literal: &[u8]) -> Self {
        Self::new(literal.iter().map(|&byte| ByteSet::of(&[byte])))
    }

    pub(crate) fn of(node: &Node, characters: bool) -> Self {
        let mut finder = Finder { characters, fuel: 20_000 };
        match finder.prefix(node, Some(Vec::new())) {
            Some(sets) => Self::new(sets.into_iter().map(|set| set.closed().folded())),
            // Nothing matches.
            None => Self::new([ByteSet::EMPTY; Self::POSITIONS]),
        }
    }

    fn new(sets: impl IntoIterator<Item = ByteSet>) -> Self {
        let mut all = Self { sets: [ByteSet::ALL.words(); Self::POSITIONS], len: 0 };
        for (slot, set) in all.sets.iter_mut().zip(sets) {
            *slot = set.words();
            all.len += 1;
        }
        all
    }

    /// Whether a subject with this folded text can match.
    #[must_use]
    pub fn allows(&self, folded: &[u8]) -> bool {
        folded.len() >= self.len
            && folded.iter().zip(&self.sets).all(|(&byte, set)| {
                let word = set.get(usize::from(byte >> 6)).copied().unwrap_or_default();
                word >> (byte & 63) & 1 != 0
            })
    }
}

/// Sets of the positions that are known, or `None` where nothing can match.
type Prefix = Option<Vec<ByteSet>>;

struct Finder {
    characters: bool,
    /// Parts that may still be looked at; then nothing more is claimed.
    fuel: u32,
}

impl Finder {
    /// The first positions of `node` with `follow` behind it.
    fn prefix(&mut self, node: &Node, follow: Prefix) -> Prefix {
        let Some(fuel) = self.fuel.checked_sub(1) else { return Some(Vec::new()) };
        self.fuel = fuel;
        match node {
            Node::Fail => None,
            Node::Empty | Node::Look(_) => follow,
            Node::Set(set) if set.is_empty() => None,
            Node::Set(set) => {
                // A character outside ASCII takes more than one position.
                let is_byte = !self.characters || set.is_disjoint(ByteSet::HIGH);
                let behind = if is_byte { follow? } else { follow.map(|_| Vec::new())? };
                let sets = std::iter::once(*set).chain(behind);
                Some(sets.take(PrefixSets::POSITIONS).collect())
            }
            // The two that fold with an ASCII letter may also be that letter.
            Node::Char(_) => Some(vec![ByteSet::HIGH.union(ByteSet::of(b"ks"))]),
            Node::Stray(byte) => Some(vec![ByteSet::of(&[*byte])]),
            Node::Anchor(Anchor::End | Anchor::SoftEnd | Anchor::LineEnd) => Some(Vec::new()),
            Node::Anchor(_) => follow,
            Node::Group(_, node) | Node::Atomic(node) => self.prefix(node, follow),
            Node::Concat(nodes) => {
                nodes.iter().rev().fold(follow, |follow, node| self.prefix(node, follow))
            }
            Node::Alternate(nodes) => nodes
                .iter()
                .map(|node| self.prefix(node, follow.clone()))
                .reduce(either)
                .unwrap_or(None),
            Node::Repeat(repeat) => self.repeat(repeat, &follow),
            Node::Reference { .. } => Some(Vec::new()),
            Node::Choice(choice) => {
                let yes = self.prefix(&choice.yes, follow.clone());
                either(yes, self.prefix(&choice.no, follow))
            }
        }
    }

    fn repeat(&mut self, repeat: &Repeat, follow: &Prefix) -> Prefix {
        let optional = repeat.max.map_or(u32::MAX, |max| max.saturating_sub(repeat.min));
        // Each turn of this loop makes one more repetition known; none known is true of any number.
        let mut sets = if repeat.max.is_none() { Some(Vec::new()) } else { follow.clone() };
        for _ in 0..optional.min(PrefixSets::POSITIONS as u32) {
            let again = self.prefix(&repeat.node, sets);
            sets = either(follow.clone(), again);
        }
        if repeat.max.is_some() && optional > PrefixSets::POSITIONS as u32 {
            // What stands behind further repetitions is beyond the last position, if each has a byte.
            sets = sets.filter(|_| !repeat.node.is_nullable()).or(Some(Vec::new()));
        }
        for _ in 0..repeat.min.min(PrefixSets::POSITIONS as u32) {
            sets = self.prefix(&repeat.node, sets);
        }
        sets
    }
}

/// The positions that both have.
fn either(a: Prefix, b: Prefix) -> Prefix {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.into_iter().zip(b).map(|(a, b)| a.union(b)).collect()),
        (one, other) => one.or(other),
    }
}
