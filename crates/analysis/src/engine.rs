//! One event at a time, from line to decision.

use std::sync::Arc;

use bartizan_base::{Category, Event, Timestamp};
use bartizan_decode::accumulate::Accumulator;
use bartizan_decode::builtin::Outcome;
use bartizan_decode::firewall::{self, Firewall};
use bartizan_decode::{DecodeObserver, Integrity, IntegrityOptions, IntegrityStore, Taken};
use bartizan_rules::walk::{decide, remember, walk as walk_plainly};
use bartizan_rules::{
    Decision, LocalTime, NoObserver, RuleIndex, State, Surroundings, WalkObserver,
};

use crate::counters::{Counters, Memory, STORES, Store};
use crate::databases::MemoryDatabases;
use crate::duplicates::Duplicates;
use crate::front::Front;
use crate::pipeline::Batch;
use crate::plan::{PlanList, Stage, Walk};
use crate::report::{Report, Silence};
use crate::ruleset::Ruleset;
use crate::statistics::{Excess, Fired, Statistics};

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

/// The engine: a compiled rule set and everything it remembers.
pub struct Engine {
    pub(crate) ruleset: Arc<Ruleset>,
    pub(crate) role: Role,
    pub(crate) front: Front,
    /// Those of worker threads, kept for what they have learned.
    pub(crate) workers: Vec<Front>,
    /// Batches that are not on their way, kept for their buffers.
    pub(crate) batches: Vec<Batch>,
    utc_offset: Box<dyn FnMut(Timestamp) -> i32 + Send>,
    event: Event,
    /// The walk of the event, where it is prepared here.
    walk: Walk,
    pub(crate) accumulator: Accumulator,
    pub(crate) duplicates: Duplicates,
    pub(crate) integrity: Integrity,
    databases: Box<dyn IntegrityStore + Send>,
    pub(crate) statistics: Statistics,
    pub(crate) state: State,
    unplanned: u64,
    fields_left_out: u64,
    alert_number: u64,
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
        let settings = &ruleset.settings;
        let dialect = settings.dialect;
        if role == Role::Tester && dialect.is_2_8() {
            state.never_differs();
        }
        let integrity = IntegrityOptions { dialect, ..settings.integrity.clone() };
        Self {
            role,
            front: Front::new(Arc::clone(&ruleset), server_name),
            workers: Vec::new(),
            batches: Vec::new(),
            utc_offset: Box::new(utc_offset),
            event: Event::default(),
            walk: Walk::default(),
            accumulator: Accumulator::new(settings.rules.memory.accumulated_ids),
            duplicates: Duplicates::new(dialect),
            integrity: Integrity::new(&ruleset.decoders, integrity),
            databases: Box::new(MemoryDatabases::new(settings.rules.memory.database_bytes)),
            statistics: Statistics::new(settings.statistics, dialect),
            state,
            unplanned: 0,
            fields_left_out: 0,
            alert_number: 0,
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
        self.front.leave_plans();
        self
    }

    /// What limits of memory have cost.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.memory().counters()
    }

    /// How much is remembered now, and how much there may be.
    #[must_use]
    pub fn stores(&self) -> [Store; STORES] {
        self.memory().stores()
    }

    fn memory(&self) -> Memory<'_> {
        Memory {
            limits: &self.ruleset.settings.rules.memory,
            places: self.ruleset.rules.nodes.len(),
            state: &self.state,
            plans: self.workers.iter().chain([&self.front]).filter_map(Front::counted).collect(),
            unplanned: self.unplanned,
            fields_left_out: self.fields_left_out,
            accumulator: &self.accumulator,
            databases: &*self.databases,
        }
    }

    /// Counts and averages, for loading and saving them.
    pub fn statistics_mut(&mut self) -> &mut Statistics {
        &mut self.statistics
    }

    /// Keeps the databases of integrity messages in `databases`, not in memory. To be called before the
    /// first event.
    pub fn keep_databases_in(&mut self, databases: Box<dyn IntegrityStore + Send>) {
        self.databases = databases;
    }

    /// Begins to count events at `time`, not with the first event.
    pub fn start(&mut self, time: Timestamp) {
        let offset = (self.utc_offset)(time);
        self.statistics.start(time, offset);
    }

    /// The event analysed last as the alert about too many events shows it: with the sentence as its log.
    #[must_use]
    pub fn event_in_excess(&self, excess: &Excess) -> Event {
        let mut event = self.event.clone();
        event.full_log = event.append(excess.sentence().as_bytes());
        event
    }

    /// The number of a further alert: for a response to an event whose rule writes none (rules 10.2).
    pub(crate) fn claim_alert_number(&mut self) -> u64 {
        self.alert_number += 1;
        self.alert_number
    }

    /// Analyses one event.
    pub fn analyse(&mut self, input: Input<'_>) -> Report {
        let mut walk = std::mem::take(&mut self.walk);
        self.front.make_room();
        let taken = self.front.prepare(input, &mut self.event, &mut walk);
        let report = self.analyse_taken(taken, (&mut walk, None), &mut NoObserver);
        self.walk = walk;
        report
    }

    /// Analyses a message of the queue (decoding 2).
    pub fn analyse_datagram(&mut self, datagram: &[u8], time: Timestamp) -> Report {
        match self.front.prepare_datagram(datagram, time, &mut self.event) {
            Ok(taken) => self.analyse_unwalked(taken, &mut NoObserver),
            Err(error) => Report { silence: Some(Silence::Refused(error)), ..Report::default() },
        }
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
        let taken = self.front.prepare_observed(input, &mut self.event, decoding, after_header);
        self.analyse_unwalked(taken, walking)
    }

    /// What prepares events here, and at least `workers` others for other threads. To be given back to
    /// [`Engine::keep_workers`].
    pub(crate) fn take_workers(&mut self, workers: usize) -> Vec<Front> {
        let mut fronts = std::mem::take(&mut self.workers);
        while fronts.len() < workers {
            fronts.push(self.front.another());
        }
        fronts
    }

    /// Takes back what [`Engine::take_workers`] gave.
    pub(crate) fn keep_workers(&mut self, workers: Vec<Front>) {
        self.workers = workers;
    }

    /// What prepares events on this thread.
    pub(crate) fn front(&mut self) -> &mut Front {
        &mut self.front
    }

    /// Analyses an event that was prepared elsewhere. It becomes the engine's, and the one before goes back
    /// in its place, for its buffers. `plans` are those that its walk was begun with.
    pub(crate) fn analyse_prepared(
        &mut self,
        taken: Taken,
        event: &mut Event,
        walk: &mut Walk,
        plans: Option<&PlanList>,
    ) -> Report {
        std::mem::swap(&mut self.event, event);
        self.analyse_taken(taken, (walk, plans), &mut NoObserver)
    }

    fn analyse_unwalked(&mut self, taken: Taken, walking: &mut impl WalkObserver) -> Report {
        let mut walk = std::mem::take(&mut self.walk);
        walk.stage = Stage::Unplanned;
        let report = self.analyse_taken(taken, (&mut walk, None), walking);
        self.walk = walk;
        report
    }

    /// `begun` is the walk as far as it came, and the plans its number is of: none where it is of this engine's
    /// own.
    fn analyse_taken(
        &mut self,
        taken: Taken,
        begun: (&mut Walk, Option<&PlanList>),
        walking: &mut impl WalkObserver,
    ) -> Report {
        let mut report = Report { was_cut: taken == Taken::Cut, ..Report::default() };
        self.fields_left_out += u64::from(self.event.decoded.left_out);
        let offset = (self.utc_offset)(self.event.time);
        let is_2_8 = self.ruleset.settings.dialect.is_2_8();
        // 2.8 looks at the clock before anything else, later versions only for events that come so far.
        if is_2_8 {
            self.start_hour_if_new(offset);
            self.statistics.note_event();
        }
        report.silence = self.decode_integrity().or_else(|| self.daemon_steps(&mut report));
        if report.silence.is_some() {
            return report;
        }
        report.accumulated = self.accumulator.apply(&mut self.event, self.ruleset.decoders.table());
        if !is_2_8 {
            // The event that reveals a new hour counts in the old one (rules 7.3).
            self.statistics.note_event();
            self.start_hour_if_new(offset);
        }
        if self.role == Role::Daemon {
            self.count(&mut report);
        }
        self.apply_rules(&mut report, offset, begun, walking);
        report
    }

    /// What is left of step 1 of rules 4.1: messages whose decoders keep databases.
    fn decode_integrity(&mut self) -> Option<Silence> {
        if !Integrity::decodes(self.event.kind) {
            return None;
        }
        if self.event.kind == b'8' {
            self.statistics.note_syscheck();
        }
        match self.integrity.decode(&mut self.event, &mut *self.databases) {
            Outcome::Event => None,
            Outcome::Silent => Some(Silence::Swallowed),
            Outcome::Invalid => Some(Silence::Malformed),
            Outcome::Failed(error) => Some(Silence::Database(error.kind())),
        }
    }

    /// Steps 2 and 3 of rules 4.1.
    fn daemon_steps(&mut self, report: &mut Report) -> Option<Silence> {
        if self.role != Role::Daemon {
            return None;
        }
        if self.event.decoded.category == Category::Firewall {
            self.statistics.note_firewall();
            if self.ruleset.settings.log_firewall {
                match firewall::normalise(&mut self.event, self.ruleset.settings.dialect) {
                    Firewall::Incomplete => return Some(Silence::IncompleteFirewall),
                    Firewall::Normalised => report.logs_firewall = true,
                    Firewall::Other => {}
                }
            }
        }
        self.duplicates.is_duplicate(&self.event).then_some(Silence::Duplicate)
    }

    /// Step 5 of rules 4.1: counts the event, and claims a number for an alert about too many.
    fn count(&mut self, report: &mut Report) {
        if let Some(excess) = self.statistics.count() {
            report.excess = Some((excess, self.claim_alert_number()));
        }
    }

    /// Step 6 of rules 4.1: the walk, and what follows a match.
    fn apply_rules(
        &mut self,
        report: &mut Report,
        offset: i32,
        begun: (&mut Walk, Option<&PlanList>),
        walking: &mut impl WalkObserver,
    ) {
        self.state.start_event();
        let reported = self.event.decoded.reported_rule;
        let rule = match reported {
            Some(id) => self.ruleset.rules.by_id.get(&id).copied(),
            None => self.walk_rules(LocalTime::at(self.event.time, offset), begun, walking),
        };
        let ruleset = &*self.ruleset;
        let decoders = ruleset.decoders.table();
        let Some(rule) = rule else {
            let is_alert = self.event.decoded.category == Category::OssecAlert;
            report.silence = is_alert.then_some(Silence::UnknownAlert);
            return;
        };
        if reported.is_none() {
            self.statistics.note_alert();
        }
        report.rule = Some(rule);
        report.fired_times = self.state.fired_times(rule);
        let decision = decide(&ruleset.rules, decoders, &self.event, &mut self.state, rule);
        report.decision = Some(decision);
        if let Decision::Fired { logs } = decision {
            if logs {
                report.alert_number = self.claim_alert_number();
            }
            remember(&self.event, &mut self.state, rule);
        }
    }

    /// Counts of fired rules are kept for an hour (rules 7.3).
    fn start_hour_if_new(&mut self, offset: i32) {
        let time = self.event.time;
        if !self.statistics.is_new_hour(time, offset) {
            return;
        }
        if self.role == Role::Daemon {
            let (rules, state) = (&self.ruleset.rules, &mut self.state);
            let fired = self.ruleset.forest.steps().iter().filter_map(|step| {
                let rule = rules.rule(step.rule);
                let times = state.take_fired_times(step.rule);
                (times > 0).then_some(Fired { rule: rule.id, level: rule.level, times })
            });
            self.statistics.turn(time, offset, fired);
        } else {
            self.statistics.start(time, offset);
        }
        self.state.start_hour();
    }

    /// The walk: by a plan where nobody listens. Messages of the integrity decoders are rare and carry state of
    /// their own: no plan for them.
    fn walk_rules<O: WalkObserver>(
        &mut self,
        local: LocalTime,
        (walk, plans): (&mut Walk, Option<&PlanList>),
        observer: &mut O,
    ) -> Option<RuleIndex> {
        let ruleset = &*self.ruleset;
        let decoders = ruleset.decoders.table();
        let around = Surroundings { rules: &ruleset.rules, decoders, local };
        let (event, state) = (&self.event, &mut self.state);
        let mut plans = plans;
        if walk.stage == Stage::Unplanned && !O::LISTENS && !Integrity::decodes(event.kind) {
            self.front.make_room();
            self.front.begin_walk(event, walk);
            plans = None;
        }
        let fired = match walk.stage {
            Stage::Decided(rule) => rule,
            Stage::Open(number) => {
                let plan = plans.or(self.front.plans())?.get(number as usize)?;
                walk.finish(plan, around, event, state)
            }
            Stage::Unplanned => {
                self.unplanned += 1;
                return walk_plainly(&ruleset.forest, around, event, state, observer);
            }
        };
        if let Some(rule) = fired {
            state.count_fired(rule);
        }
        fired
    }
}
