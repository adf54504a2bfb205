//! Which nodes of a plan can match: bits, of which nearly all are unset.
//!
//! ```text
//! summary   1 0 0 1          a bit for each word that has one
//! active    …1.1 … … 1…      a bit for each node
//! ```
//!
//! A site may have ten thousand rules, and an event touches a dozen: nothing here looks at the words between.

/// The marks of one walk; the buffers are used again.
#[derive(Debug, Default)]
pub(super) struct Marks {
    active: Vec<u64>,
    /// Of the marked nodes those whose trigger holds for sure.
    sure: Vec<u64>,
    summary: Vec<u64>,
}

const BITS: usize = u64::BITS as usize;

impl Marks {
    /// Unmarks all, and makes room for so many nodes.
    pub(super) fn start(&mut self, nodes: usize) {
        for (at, summary) in self.summary.iter_mut().enumerate() {
            let mut words = std::mem::take(summary);
            while words != 0 {
                let word = at * BITS + words.trailing_zeros() as usize;
                for bits in
                    [self.active.get_mut(word), self.sure.get_mut(word)].into_iter().flatten()
                {
                    *bits = 0;
                }
                words &= words - 1;
            }
        }
        let words = nodes.div_ceil(BITS);
        if self.active.len() < words {
            self.active.resize(words, 0);
            self.sure.resize(words, 0);
            self.summary.resize(words.div_ceil(BITS), 0);
        }
    }

    /// Marks nodes of one word.
    pub(super) fn set_word(&mut self, word: usize, bits: u64) {
        if let (Some(active), Some(summary)) =
            (self.active.get_mut(word), self.summary.get_mut(word / BITS))
        {
            *active |= bits;
            *summary |= 1 << (word % BITS);
        }
    }

    /// Marks a node; its trigger may be known to hold.
    pub(super) fn set(&mut self, node: u32, is_sure: bool) {
        let (word, bit) = (node as usize / BITS, 1 << (node as usize % BITS));
        self.set_word(word, bit);
        if is_sure && let Some(sure) = self.sure.get_mut(word) {
            *sure |= bit;
        }
    }

    /// Marks the first `nodes` nodes.
    pub(super) fn set_all(&mut self, nodes: usize) {
        for word in 0..nodes / BITS {
            self.set_word(word, u64::MAX);
        }
        if !nodes.is_multiple_of(BITS) {
            self.set_word(nodes / BITS, (1 << (nodes % BITS)) - 1);
        }
    }

    /// Whether the trigger of a node is known to hold.
    pub(super) fn is_sure(&self, node: usize) -> bool {
        self.sure.get(node / BITS).is_some_and(|word| word >> (node % BITS) & 1 != 0)
    }

    /// The first marked node from `from` on.
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        let word = from / BITS;
        let bits = self.active.get(word)? & (u64::MAX << (from % BITS));
        if bits != 0 {
            return Some(word * BITS + bits.trailing_zeros() as usize);
        }
        let after = word + 1;
        let mut at = after / BITS;
        let mut words = self.summary.get(at)? & (u64::MAX << (after % BITS));
        while words == 0 {
            at += 1;
            words = *self.summary.get(at)?;
        }
        let word = at * BITS + words.trailing_zeros() as usize;
        Some(word * BITS + self.active.get(word)?.trailing_zeros() as usize)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn all(marks: &Marks) -> Vec<usize> {
        let next = |from| marks.next(from);
        std::iter::successors(next(0), |&at| next(at + 1)).collect()
    }

    proptest! {
        #[test]
        fn exactly_the_marked_nodes_are_found(
            rounds in prop::collection::vec(
                (1_usize..20_000, prop::collection::vec(any::<prop::sample::Index>(), 0..40)),
                1..4,
            ),
        ) {
            let mut marks = Marks::default();
            for (nodes, picks) in rounds {
                marks.start(nodes);
                let expected: BTreeSet<usize> = picks.iter().map(|pick| pick.index(nodes)).collect();
                for &node in &expected {
                    marks.set(node as u32, node % 2 == 0);
                }
                prop_assert_eq!(all(&marks), Vec::from_iter(expected.iter().copied()));
                for node in expected {
                    prop_assert_eq!(marks.is_sure(node), node % 2 == 0);
                }
            }
        }
    }

    #[test]
    fn all_nodes_can_be_marked() {
        for nodes in [1, 63, 64, 65, 4_096, 5_000] {
            let mut marks = Marks::default();
            marks.start(nodes);
            marks.set_all(nodes);
            assert_eq!(all(&marks), Vec::from_iter(0..nodes));
        }
    }
}
