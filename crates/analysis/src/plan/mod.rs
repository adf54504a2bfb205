//! Plans: the rule walk without what cannot match.
//!
//! ```text
//! event ─▶ Key (decoder, category, class of program name, fields present)
//!            └▶ Plan, built at first use: the nodes that can still match, with the conditions still open
//! folded log ─▶ Filter ─▶ bits of the nodes whose literals stand in it
//! walk the set bits in tree order; first final rule wins
//! ```
//!
//! Much of a rule is decided by the key alone: another decoder, a program name, a field that is absent. Of the
//! nodes that are left most ask for a text in the log. A node that does is *triggered*: its bit is set only
//! when one of the literals that every match of its pattern contains was found; where the literal is the
//! whole pattern the hit is the match. Nodes without such a pattern have their bit set from the start, those
//! below a triggered node when it is.
//!
//! A walk needs nothing but the event until it meets a condition that asks what the engine remembers, or the clock.
//! So it begins wherever the event is decoded, on any thread, and goes on, if it must, where the events come in order
//! ([`Walk`]).
//!
//! A plan answers exactly as [`bartizan_rules::walk::walk`], side effects included; tests compare the two.

mod build;
mod cache;
mod filter;
mod known;
mod marks;
mod program;
#[cfg(test)]
mod tests;
mod walk;
mod wants;

use bartizan_base::EventMap;
use bartizan_rules::{RuleIndex, TextField};

use filter::Filter;

pub(crate) use cache::{PlanList, Plans};
pub(crate) use walk::{Stage, Walk};

/// A node that can match, in tree order.
#[derive(Clone, Copy, Debug)]
struct Node {
    rule: RuleIndex,
    /// Number of the node above, [`NO_NODE`] at the top.
    parent: u32,
    /// Number of the node behind the subtree.
    end: u32,
    /// First of its open conditions in [`Plan::checks`], and how many there are.
    first_check: u32,
    checks: u16,
    /// Which of them its trigger stands for, counted from its first; [`NO_CHECK`] without one.
    trigger: u16,
    noalert: bool,
}

const NO_NODE: u32 = u32::MAX;
const NO_CHECK: u16 = u16::MAX;

/// What finding a literal or a value means for a node.
#[derive(Clone, Copy, Debug)]
struct Effect {
    node: u32,
    /// The trigger's condition holds.
    is_match: bool,
}

/// A range of [`Plan::effects`].
#[derive(Clone, Copy, Debug)]
struct Effects {
    from: u32,
    to: u32,
}

/// What each whole value of a field, folded, means.
type Values = EventMap<Box<[u8]>, Effects>;

/// What an entry of [`Values`] takes besides its text, in bytes.
const VALUE_BYTES: usize = 48;

/// The rule walk for events of one key.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    nodes: Vec<Node>,
    /// Numbers of open conditions, in [`bartizan_rules::Rule::conditions`].
    checks: Vec<u16>,
    /// Nodes that are marked from the start: numbers of words, and their bits.
    untriggered: Vec<(u32, u64)>,
    /// Literals of the log.
    filter: Filter,
    /// For each literal of the filter its range in `effects`.
    literal_effects: Vec<Effects>,
    /// Fields of which whole values are triggers: value, folded, to a range in `effects`.
    values: Vec<(TextField, Values)>,
    effects: Vec<Effect>,
}

impl Plan {
    /// The memory it takes, roughly.
    fn bytes(&self) -> usize {
        let values = self.values.iter().flat_map(|(_, values)| values.keys());
        size_of::<Self>()
            + self.nodes.capacity() * size_of::<Node>()
            + self.checks.capacity() * size_of::<u16>()
            + self.untriggered.capacity() * size_of::<(u32, u64)>()
            + self.filter.bytes()
            + self.literal_effects.capacity() * size_of::<Effects>()
            + values.map(|value| value.len() + VALUE_BYTES).sum::<usize>()
            + self.effects.capacity() * size_of::<Effect>()
    }
}
