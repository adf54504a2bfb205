//! What patterns want to find in a text, worked out once for each pattern: plans share nearly all of them.

use std::sync::Arc;

use bartizan_base::EventMap;
use bartizan_pattern::{Literal, Pattern, Requirement};

use super::filter::{SHORTEST, SHORTEST_AT_START};
use super::program::address;

/// Literals of which every match contains one.
type Literals = Option<Arc<[Literal]>>;
/// All texts that match.
type Values = Option<Arc<[Box<[u8]>]>>;

/// What is known of patterns, by their addresses: the rule set keeps them alive as long as its plans.
#[derive(Debug, Default)]
pub(super) struct Wants {
    literals: EventMap<usize, Literals>,
    values: EventMap<usize, Values>,
}

impl Wants {
    /// The literals of which every text that matches contains one, if all can be looked for.
    pub(super) fn literals(&mut self, pattern: &Arc<Pattern>) -> Literals {
        self.literals.entry(address(pattern)).or_insert_with(|| literals(pattern)).clone()
    }

    /// The texts that match, folded, if these are a few whole ones.
    pub(super) fn values(&mut self, pattern: &Arc<Pattern>) -> Values {
        let values = |pattern: &Pattern| {
            let values = pattern.complete_strings()?;
            Some(values.into_iter().map(Vec::into_boxed_slice).collect())
        };
        self.values.entry(address(pattern)).or_insert_with(|| values(pattern)).clone()
    }
}

fn literals(pattern: &Pattern) -> Literals {
    let Requirement::AnyOf(literals) = pattern.requirement() else { return None };
    let is_usable = |literal: &Literal| {
        let least = if literal.at_start { SHORTEST_AT_START } else { SHORTEST };
        literal.bytes.len() >= least
    };
    let are_usable = !literals.is_empty() && literals.iter().all(is_usable);
    are_usable.then(|| literals.into())
}
