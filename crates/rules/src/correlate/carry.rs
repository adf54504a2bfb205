//! What is remembered goes over to other rules, when a configuration is read anew.
//!
//! Rules are known by their ids. What a rule that is still there has counted stays counted, whatever else changed
//! about it; what belonged to a rule that is gone is forgotten.

use bartizan_base::Event;

use super::{History, State};
use crate::rule::{RuleIndex, RuleSet};

impl State {
    /// The state of an engine with the rules `new` that has seen what this one, with the rules `old`, has seen.
    #[must_use]
    pub fn carried_over(mut self, old: &RuleSet, new: &RuleSet) -> Self {
        let mut state = Self::new(new);
        let new_place = |at: usize| new.by_id.get(&old.rules.get(at)?.id).copied();
        state.history.take_over(&self.history, |rule| new_place(rule.0 as usize));
        for at in 0..old.rules.len() {
            let Some(RuleIndex(to)) = new_place(at) else { continue };
            if let (Some(to), Some(from)) =
                (state.fired_times.get_mut(to as usize), self.fired_times.get(at))
            {
                *to = *from;
            }
            if let (Some(to), Some(from)) =
                (state.ignore_since.get_mut(to as usize), self.ignore_since.get(at))
            {
                *to = *from;
            }
        }
        std::mem::swap(&mut state.first_seen, &mut self.first_seen);
        std::mem::swap(&mut state.ignore_list, &mut self.ignore_list);
        std::mem::swap(&mut state.diffs, &mut self.diffs);
        state
    }
}

impl History {
    /// Remembers what another memory remembers, oldest first, each event with the rule that `place` gives for its
    /// own.
    fn take_over(&mut self, other: &Self, place: impl Fn(RuleIndex) -> Option<RuleIndex>) {
        let mut event = Event::default();
        for seen in other.all() {
            if let Some(rule) = place(seen.entry.rule) {
                seen.entry.restore(seen.bytes, &mut event);
                self.remember(&event, seen.entry.mark, rule);
            }
        }
        self.add_counts(other);
    }
}
