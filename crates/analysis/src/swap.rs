//! Another rule set between two events, without forgetting.

use std::sync::Arc;

use bartizan_decode::accumulate::Accumulator;
use bartizan_decode::{Integrity, IntegrityOptions};

use crate::duplicates::Duplicates;
use crate::engine::{Engine, Role};
use crate::front::Front;
use crate::ruleset::Ruleset;

impl Engine {
    /// Goes on with `ruleset`. What rules have counted, first-seen keys, ignored lines, last outputs, statistics and
    /// databases stay; of a rule that is gone everything is forgotten.
    ///
    /// Takes some microseconds for each remembered event: a hundredth of a second or less.
    pub fn swap(&mut self, ruleset: Arc<Ruleset>) {
        let fresh = bartizan_rules::State::new(&ruleset.rules);
        let state = std::mem::replace(&mut self.state, fresh);
        self.state = state.carried_over(&self.ruleset.rules, &ruleset.rules);
        let (before, settings) = (&self.ruleset.settings, &ruleset.settings);
        let dialect = settings.dialect;
        if self.role == Role::Tester && dialect.is_2_8() {
            self.state.never_differs();
        }
        if before.dialect != dialect {
            self.duplicates = Duplicates::new(dialect);
        }
        let ids = settings.rules.memory.accumulated_ids;
        if before.rules.memory.accumulated_ids != ids {
            self.accumulator = Accumulator::new(ids);
        }
        let integrity = IntegrityOptions { dialect, ..settings.integrity.clone() };
        self.integrity = Integrity::new(&ruleset.decoders, integrity);
        self.statistics.change(settings.statistics, dialect);
        self.front = Front::new(Arc::clone(&ruleset), self.front.server_name());
        self.workers.clear();
        self.ruleset = ruleset;
    }
}
