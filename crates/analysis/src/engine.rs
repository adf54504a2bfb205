//! One event at a time, from line to decision.

use std::sync::Arc;

use bartizan_base::{Event, Timestamp};
use bartizan_decode::accumulate::Accumulator;
use bartizan_decode::{
    DecodeObserver, DecodeScratch, Intake, Message, MessageError, PluginContext, Silent, Taken,
    predecode,
};
use bartizan_rules::walk::{decide, remember, walk};
use bartizan_rules::{
    Decision, LocalTime, NoObserver, RuleIndex, State, Surroundings, WalkObserver,
};

use crate::duplicates::Duplicates;
use crate::plan::Plans;
use crate::ruleset::Ruleset;

/// An event as it enters analysis (decoding 2).
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Type byte of the queue message; `1` for a log line.
    pub kind: u8,
    /// Where it came from.
    pub location: &'a [u8],
    /// The text, without the line end.
    pub text: &'a [u8],
    /// When it was taken in.
    pub time: Timestamp,
}

/// For whom the engine works. The tester leaves out what only the daemon does (rules 4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The service: firewall step, duplicate suppression, statistics.
    Daemon,
    /// The tester.
    Tester,
}

/// Why an event was not given to the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Its text repeats one of the last three (rules 4.2).
    Duplicate,
    /// A firewall event without action, addresses or protocol (decoding 10.1).
    IncompleteFirewall,
    /// It is no message that analysis takes in.
    Refused(MessageError),
    /// A built-in decoder had nothing to tell (decoding 9).
    Swallowed,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Why the rules did not see it.
    pub silence: Option<Silence>,
    /// The rule it ended up with.
    pub rule: Option<RuleIndex>,
    /// What follows from that.
    pub decision: Option<Decision>,
    /// Times that rule has fired this hour, this time included.
    pub fired_times: u32,
    /// Number of the alert, counted from 1: claimed by every rule that fires (rules 10.2).
    pub alert_number: u64,
    /// Fields were filled from, or kept in, the accumulator (decoding 10.3).
    pub accumulated: bool,
    /// The line was longer than an event may be, and cut.
    pub was_cut: bool,
}

impl Report {
    /// Whether an alert is to be written.
    #[must_use]
    pub fn alerts(&self) -> bool {
        self.decision == Some(Decision::Fired { logs: true })
    }
}

/// The engine: a compiled rule set and everything it remembers.
pub struct Engine {
    ruleset: Arc<Ruleset>,
    role: Role,
    server_name: Vec<u8>,
    utc_offset: Box<dyn FnMut(Timestamp) -> i32 + Send>,
    event: Event,
    intake: Intake,
    scratch: DecodeScratch,
    accumulator: Accumulator,
    duplicates: Duplicates,
    state: State,
    plans: Option<Plans>,
    alert_number: u64,
    hour: Option<i64>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("role", &self.role).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine that has seen nothing. `server_name` is the machine's name up to its first dot;
    /// `utc_offset` gives the seconds local clocks are ahead of UTC at a time.
    #[must_use]
    pub fn new(
        ruleset: Arc<Ruleset>,
        role: Role,
        server_name: &[u8],
        utc_offset: impl FnMut(Timestamp) -> i32 + Send + 'static,
    ) -> Self {
        let mut state = State::new(&ruleset.rules);
        if role == Role::Tester && ruleset.settings.dialect.is_2_8() {
            state.never_differs();
        }
        Self {
            role,
            server_name: server_name.to_vec(),
            utc_offset: Box::new(utc_offset),
            event: Event::default(),
            intake: Intake::new(ruleset.settings.dialect),
            scratch: DecodeScratch::default(),
            accumulator: Accumulator::default(),
            duplicates: Duplicates::new(ruleset.settings.dialect),
            state,
            plans: Some(Plans::new(&ruleset.rules)),
            alert_number: 0,
            hour: None,
            ruleset,
        }
    }

    /// The rule set in force.
    #[must_use]
    pub fn ruleset(&self) -> &Arc<Ruleset> {
        &self.ruleset
    }

    /// The event analysed last.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// What the engine remembers.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the engine remembers, for loading and saving it.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// Walks the rules without plans: slower, the same answers. For comparison.
    #[must_use]
    pub fn without_plans(mut self) -> Self {
        self.plans = None;
        self
    }

    /// Analyses one event.
    pub fn analyse(&mut self, input: Input<'_>) -> Report {
        self.analyse_observed(input, &mut Silent, &mut NoObserver, |_| {})
    }

    /// Analyses one event and lets others listen. `after_header` sees the event after pre-decoding, as the
    /// tester shows it.
    pub fn analyse_observed(
        &mut self,
        input: Input<'_>,
        decoding: &mut impl DecodeObserver,
        walking: &mut impl WalkObserver,
        after_header: impl FnOnce(&Event),
    ) -> Report {
        let mut report = Report::default();
        let dialect = self.ruleset.settings.dialect;
        let message = Message { kind: input.kind, location: input.location, text: input.text };
        match self.intake.message(message, input.time, &mut self.event) {
            Ok(taken) => report.was_cut = taken == Taken::Cut,
            Err(error) => {
                report.silence = Some(Silence::Refused(error));
                return report;
            }
        }
        predecode(&mut self.event, dialect, &self.server_name);
        after_header(&self.event);
        let rule_ids = |id: u32| self.ruleset.rules.by_id.contains_key(&id);
        let plugins = PluginContext { is_rule: &rule_ids };
        self.ruleset.decoders.decode(&mut self.event, &mut self.scratch, &plugins, decoding);
        if self.role == Role::Daemon {
            if let Some(silence) = self.daemon_steps() {
                report.silence = Some(silence);
                return report;
            }
        }
        report.accumulated = self.accumulator.apply(&mut self.event, self.ruleset.decoders.table());
        self.apply_rules(&mut report, walking);
        report
    }

    /// Steps 2 and 3 of rules 4.1.
    fn daemon_steps(&mut self) -> Option<Silence> {
        self.duplicates.is_duplicate(&self.event).then_some(Silence::Duplicate)
    }

    /// Step 6 of rules 4.1: the walk, and what follows a match.
    fn apply_rules(&mut self, report: &mut Report, walking: &mut impl WalkObserver) {
        let offset = (self.utc_offset)(self.event.time);
        let local = LocalTime::at(self.event.time, offset);
        self.start_hour_if_new(offset);
        let ruleset = &*self.ruleset;
        let decoders = ruleset.decoders.table();
        let around = Surroundings { rules: &ruleset.rules, decoders, local };
        self.state.start_event();
        let rule = match self.event.decoded.reported_rule {
            Some(id) => ruleset.rules.by_id.get(&id).copied(),
            None => {
                walk_rules(&mut self.plans, ruleset, around, &self.event, &mut self.state, walking)
            }
        };
        let Some(rule) = rule else { return };
        report.rule = Some(rule);
        report.fired_times = self.state.fired_times(rule);
        let decision = decide(&ruleset.rules, decoders, &self.event, &mut self.state, rule);
        report.decision = Some(decision);
        if matches!(decision, Decision::Fired { .. }) {
            self.alert_number += 1;
            report.alert_number = self.alert_number;
            remember(&self.event, &mut self.state, rule);
        }
    }

    /// Counts of fired rules are kept for an hour (rules 7.3).
    fn start_hour_if_new(&mut self, offset: i32) {
        let hour = (self.event.time.0 + i64::from(offset)).div_euclid(3600);
        if self.hour.is_some_and(|last| last != hour) {
            self.state.start_hour();
        }
        self.hour = Some(hour);
    }
}

/// The walk: by a plan where nobody listens.
fn walk_rules<O: WalkObserver>(
    plans: &mut Option<Plans>,
    ruleset: &Ruleset,
    around: Surroundings<'_>,
    event: &Event,
    state: &mut State,
    observer: &mut O,
) -> Option<RuleIndex> {
    match plans {
        Some(plans) if !O::LISTENS => plans.walk(&ruleset.forest, around, event, state),
        _ => walk(&ruleset.forest, around, event, state, observer),
    }
}
