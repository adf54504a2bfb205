//! The part of the engine that remembers nothing: from line to decoded event.
//!
//! Every event can be prepared on any thread, in any order: the result depends on the line and the rule set
//! alone. What remembers is in [`crate::Engine`] and sees events in their order of arrival.

use std::sync::Arc;

use bartizan_base::{Event, Timestamp};
use bartizan_decode::{
    DecodeObserver, DecodeScratch, Intake, Integrity, Message, MessageError, PluginContext, Silent,
    Taken, predecode,
};

use crate::engine::Input;
use crate::ruleset::Ruleset;

/// Prepares events; one for each thread.
#[derive(Debug)]
pub(crate) struct Front {
    ruleset: Arc<Ruleset>,
    server_name: Vec<u8>,
    intake: Intake,
    scratch: DecodeScratch,
}

impl Front {
    pub(crate) fn new(ruleset: Arc<Ruleset>, server_name: &[u8]) -> Self {
        Self {
            intake: Intake::new(ruleset.settings.dialect),
            server_name: server_name.to_vec(),
            scratch: DecodeScratch::default(),
            ruleset,
        }
    }

    /// Another one, for another thread.
    pub(crate) fn another(&self) -> Self {
        Self::new(Arc::clone(&self.ruleset), &self.server_name)
    }

    /// Takes a line in and decodes it into `event`.
    pub(crate) fn prepare(&mut self, input: Input<'_>, event: &mut Event) -> Taken {
        self.prepare_observed(input, event, &mut Silent, |_| {})
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
