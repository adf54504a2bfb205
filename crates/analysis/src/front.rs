//! The part of the engine that remembers nothing: from line to decoded event, and as far through the rules as the
//! event alone decides.
//!
//! Every event can be prepared on any thread, in any order: the result depends on the line and the rule set
//! alone. What remembers is in [`crate::Engine`] and sees events in their order of arrival.

use std::sync::Arc;

use bartizan_base::{Category, Event, Timestamp};
use bartizan_decode::{
    DecodeObserver, DecodeScratch, Intake, Integrity, Message, MessageError, PluginContext, Silent,
    Taken, predecode,
};

use bartizan_rules::{LocalTime, Surroundings};

use crate::engine::Input;
use crate::plan::{PlanList, Plans, Stage, Walk};
use crate::ruleset::Ruleset;

/// Prepares events; one for each thread.
#[derive(Debug)]
pub(crate) struct Front {
    ruleset: Arc<Ruleset>,
    server_name: Vec<u8>,
    intake: Intake,
    scratch: DecodeScratch,
    /// `None`: rules are walked without plans.
    plans: Option<Plans>,
}

impl Front {
    pub(crate) fn new(ruleset: Arc<Ruleset>, server_name: &[u8]) -> Self {
        Self {
            intake: Intake::new(ruleset.settings.dialect),
            server_name: server_name.to_vec(),
            scratch: DecodeScratch::new(ruleset.settings.rules.memory.program_names),
            plans: Some(Plans::new(&ruleset.rules)),
            ruleset,
        }
    }

    /// The machine's name up to its first dot.
    pub(crate) fn server_name(&self) -> &[u8] {
        &self.server_name
    }

    /// Another one, for another thread.
    pub(crate) fn another(&self) -> Self {
        let mut other = Self::new(Arc::clone(&self.ruleset), &self.server_name);
        other.plans = other.plans.filter(|_| self.plans.is_some());
        other
    }

    /// From now on no plans are used.
    pub(crate) fn leave_plans(&mut self) {
        self.plans = None;
    }

    /// The plans that walks are in, by their numbers.
    pub(crate) fn plans(&self) -> Option<&PlanList> {
        self.plans.as_ref().map(Plans::list)
    }

    /// The plans, for those who count them.
    pub(crate) fn counted(&self) -> Option<&Plans> {
        self.plans.as_ref()
    }

    /// Forgets plans if there are too many: numbers of plans are worth nothing afterwards.
    pub(crate) fn make_room(&mut self) {
        if let Some(plans) = &mut self.plans {
            plans.make_room();
        }
    }

    /// Takes a line in, decodes it into `event`, and begins its walk through the rules.
    pub(crate) fn prepare(
        &mut self,
        input: Input<'_>,
        event: &mut Event,
        walk: &mut Walk,
    ) -> Taken {
        let taken = self.prepare_observed(input, event, &mut Silent, |_| {});
        if self.is_settled(event) {
            self.begin_walk(event, walk);
        } else {
            walk.stage = Stage::Unplanned;
        }
        taken
    }

    /// Begins the walk of a decoded event through the rules.
    pub(crate) fn begin_walk(&mut self, event: &Event, walk: &mut Walk) {
        walk.stage = Stage::Unplanned;
        let Some(plans) = &mut self.plans else { return };
        let ruleset = &*self.ruleset;
        let decoders = ruleset.decoders.table();
        let local = LocalTime::default();
        let around = Surroundings { rules: &ruleset.rules, decoders, local };
        walk.begin(plans, &ruleset.forest, around, event);
    }

    /// Whether rules will see the event as it is now: no database, firewall step or accumulation stands between.
    fn is_settled(&self, event: &Event) -> bool {
        let decoded = &event.decoded;
        !Integrity::decodes(event.kind)
            && decoded.category != Category::Firewall
            && decoded.reported_rule.is_none()
            && !self.ruleset.decoders.table().info(decoded.decoder).accumulate
    }

    pub(crate) fn prepare_observed(
        &mut self,
        input: Input<'_>,
        event: &mut Event,
        observer: &mut impl DecodeObserver,
        after_header: impl FnOnce(&Event),
    ) -> Taken {
        let message = Message { kind: input.kind, location: input.location, text: input.text };
        let taken = self.intake.message(message, input.time, event);
        self.decode(event, observer, after_header);
        taken
    }

    pub(crate) fn prepare_datagram(
        &mut self,
        datagram: &[u8],
        time: Timestamp,
        event: &mut Event,
    ) -> Result<Taken, MessageError> {
        let taken = self.intake.datagram(datagram, time, event)?;
        self.decode(event, &mut Silent, |_| {});
        Ok(taken)
    }

    /// Messages of the integrity decoders are decoded where their databases are, in order.
    fn decode(
        &mut self,
        event: &mut Event,
        observer: &mut impl DecodeObserver,
        after_header: impl FnOnce(&Event),
    ) {
        predecode(event, self.ruleset.settings.dialect, &self.server_name);
        after_header(event);
        if Integrity::decodes(event.kind) {
            return;
        }
        let rule_ids = |id: u32| self.ruleset.rules.by_id.contains_key(&id);
        let plugins = PluginContext { is_rule: &rule_ids };
        self.ruleset.decoders.decode(event, &mut self.scratch, &plugins, observer);
    }
}
