//! Where to attempt a match, and in which text.

use crate::first::First;
use crate::node::{Anchor, Node, Tree};
use crate::regular::Text;

use super::run::{Scratch, UNSET};
use super::{Outcome, Program, compile};

/// A program and what is known about where it can match.
#[derive(Debug)]
pub(crate) struct Search {
    program: Program,
    /// Every match starts at offset 0.
    anchored: bool,
    first: First,
}

impl Search {
    pub(crate) fn new(tree: &Tree, text: Text) -> Self {
        Self {
            program: compile(tree, text),
            anchored: is_anchored(&tree.node),
            first: First::of(&tree.node, First::OPEN),
        }
    }

    /// Whether every match starts at offset 0.
    pub(crate) fn is_anchored(&self) -> bool {
        self.anchored
    }

    /// Looks for the leftmost match.
    pub(crate) fn find<const CAPTURES: bool>(
        &self,
        text: &[u8],
        scratch: &mut Scratch,
        budget: &mut u64,
    ) -> Outcome {
        scratch.prepare(&self.program);
        let last = if self.anchored { 0 } else { text.len() };
        let mut at = 0;
        while at <= last {
            if self.first.allows(text.get(at).copied()) {
                let outcome = if self.program.keeps_captures {
                    self.program.attempt::<true>(text, at, scratch, budget)
                } else {
                    self.program.attempt::<CAPTURES>(text, at, scratch, budget)
                };
                if outcome != Outcome::NoMatch {
                    return outcome;
                }
            }
            at += 1;
        }
        Outcome::NoMatch
    }

    /// The captured ranges of the last search, in order of their groups.
    pub(crate) fn captured<'a>(
        &self,
        scratch: &'a Scratch,
    ) -> impl Iterator<Item = (usize, usize)> + 'a {
        let slots = scratch.slots.get(2..self.program.capture_slots).unwrap_or_default();
        slots.chunks_exact(2).filter_map(|pair| match *pair {
            [from, to] if from != UNSET && to != UNSET => Some((from, to)),
            _ => None,
        })
    }
}

/// Whether every match starts at offset 0.
fn is_anchored(node: &Node) -> bool {
    match node {
        Node::Anchor(Anchor::Start) | Node::Fail => true,
        Node::Group(_, node) | Node::Atomic(node) => is_anchored(node),
        // Only what is in front counts: nothing before it may consume.
        Node::Concat(nodes) => nodes
            .iter()
            .take_while(|node| matches!(node.fixed_length(), Some(0)) || is_anchored(node))
            .any(is_anchored),
        Node::Alternate(nodes) => nodes.iter().all(is_anchored),
        Node::Repeat(repeat) => repeat.min > 0 && is_anchored(&repeat.node),
        _ => false,
    }
}
