//! What is remembered, how much of it there may be, and what the limits have cost.

use bartizan_base::limits::MemoryLimits;
use bartizan_decode::IntegrityStore;
use bartizan_decode::accumulate::Accumulator;
use bartizan_rules::{RuleSet, State};

use crate::databases::MemoryDatabases;
use crate::plan::Plans;

/// How many stores there are.
pub(crate) const STORES: usize = 9;

/// Something that is remembered up to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Store {
    /// What it holds: `events`.
    pub name: &'static str,
    /// How much it holds now.
    pub used: u64,
    /// How much it holds at most.
    pub most: u64,
    /// What `used` and `most` count: `bytes` or single things.
    pub unit: Unit,
    /// The internal option that sets the limit.
    pub option: &'static str,
    /// What had to leave since the engine was made, in single things.
    pub evicted: u64,
}

impl Store {
    /// The stores of an engine with these rules that has seen nothing.
    #[must_use]
    pub fn empty(rules: &RuleSet) -> Vec<Self> {
        let limits = &rules.options.memory;
        let memory = Memory {
            limits,
            places: rules.nodes.len(),
            state: &State::new(rules),
            plans: Vec::new(),
            unplanned: 0,
            fields_left_out: 0,
            accumulator: &Accumulator::default(),
            databases: &MemoryDatabases::default(),
        };
        memory.stores().to_vec()
    }
}

/// What a [`Store`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Events, keys, lines.
    Entries,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Entries => "entries",
            Self::Bytes => "bytes",
        }
    }
}

/// What was lost since the engine was made: zero all, where nobody sends too much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Plans of rule walks that were dropped, to be made anew. Costs time only.
    pub plans_dropped: u64,
    /// Events walked without a plan: messages of integrity checks.
    pub unplanned: u64,
    /// Remembered events that left because there was no room. Most could not be counted any more.
    pub history_evicted: u64,
    /// Those of them that a composite rule could still have counted.
    pub history_lost: u64,
    /// Keys of `if_fts` that left: they will be new again.
    pub first_seen_evicted: u64,
    /// Keys that no file will have: new again after a restart.
    pub first_seen_unwritten: u64,
    /// Lines that left the ignore list: they are ignored no longer.
    pub ignore_evicted: u64,
    /// Lines that no file will have: not ignored after a restart.
    pub ignore_unwritten: u64,
    /// Entries of accumulating decoders that left before their time.
    pub accumulator_evicted: u64,
    /// Outputs that left: the next one has nothing to differ from.
    pub outputs_evicted: u64,
    /// How often the integrity databases in memory began again.
    pub databases_forgotten: u64,
    /// Fields of logs of JSON that were left out, because an event has so many or they are too deep.
    pub fields_left_out: u64,
}

impl Counters {
    /// Those that tell of something lost, with what they count, zero or not.
    #[must_use]
    pub fn losses(&self) -> [(u64, &'static str); 10] {
        [
            (self.plans_dropped, "plans dropped"),
            (self.history_lost, "events forgotten that rules could still count"),
            (self.first_seen_evicted, "first-seen keys forgotten"),
            (self.first_seen_unwritten, "first-seen keys not written"),
            (self.ignore_evicted, "ignored lines forgotten"),
            (self.ignore_unwritten, "ignored lines not written"),
            (self.accumulator_evicted, "accumulated entries forgotten"),
            (self.outputs_evicted, "outputs forgotten"),
            (self.databases_forgotten, "times all integrity databases forgotten"),
            (self.fields_left_out, "fields of JSON left out"),
        ]
    }
}

/// The parts of an engine that remember.
pub(crate) struct Memory<'a> {
    pub(crate) limits: &'a MemoryLimits,
    /// Places of rules.
    pub(crate) places: usize,
    pub(crate) state: &'a State,
    /// Of all threads.
    pub(crate) plans: Vec<&'a Plans>,
    pub(crate) unplanned: u64,
    pub(crate) fields_left_out: u64,
    pub(crate) accumulator: &'a Accumulator,
    pub(crate) databases: &'a dyn IntegrityStore,
}

impl Memory<'_> {
    pub(crate) fn counters(&self) -> Counters {
        let State { history, first_seen, ignore_list, diffs, .. } = self.state;
        Counters {
            plans_dropped: self.plans.iter().map(|plans| plans.dropped()).sum(),
            unplanned: self.unplanned,
            history_evicted: history.evicted(),
            history_lost: history.lost(),
            first_seen_evicted: first_seen.evicted(),
            first_seen_unwritten: first_seen.unwritten(),
            ignore_evicted: ignore_list.evicted(),
            ignore_unwritten: ignore_list.unwritten(),
            accumulator_evicted: self.accumulator.evicted(),
            outputs_evicted: diffs.kept().evicted,
            databases_forgotten: self.databases.forgotten(),
            fields_left_out: self.fields_left_out,
        }
    }

    pub(crate) fn stores(&self) -> [Store; STORES] {
        use Unit::{Bytes, Entries};
        let Self { limits, places, state, plans, accumulator, databases, .. } = self;
        let State { history, first_seen, ignore_list, diffs, .. } = state;
        let (lost, kept) = (self.counters(), diffs.kept());
        let history_bytes = (history.bytes(), history.most_bytes());
        let threads = plans.len().max(1);
        let plan_bytes = plans.iter().map(|plans| plans.bytes()).sum();
        let names = plans.iter().map(|plans| plans.names()).sum();
        let row = |name, (used, most): (usize, usize), unit, option, evicted| {
            let (used, most) = (used as u64, most as u64);
            Store { name, used, most, unit, option, evicted }
        };
        #[rustfmt::skip]
        let stores = [
            row("events", (history.len(), history.most()), Entries, "bartizan.history_events", lost.history_evicted),
            row("texts of events", history_bytes, Bytes, "bartizan.history_mib", 0),
            row("first-seen keys", (first_seen.len(), first_seen.most()), Entries, "bartizan.first_seen_keys", lost.first_seen_evicted),
            row("ignored lines", (ignore_list.len(), ignore_list.most()), Entries, "bartizan.ignored_lines", lost.ignore_evicted),
            row("accumulated ids", (accumulator.len(), limits.accumulated_ids), Entries, "bartizan.accumulated_ids", lost.accumulator_evicted),
            row("plans", (plan_bytes, threads * limits.plan_bytes_for(*places)), Bytes, "bartizan.plan_mib", lost.plans_dropped),
            row("program names", (names, threads * limits.program_names), Entries, "bartizan.program_names", 0),
            row("kept outputs", (kept.outputs, kept.most), Entries, "bartizan.kept_outputs", lost.outputs_evicted),
            row("integrity databases", (databases.held_bytes(), limits.database_bytes), Bytes, "bartizan.databases_mib", lost.databases_forgotten),
        ];
        stores
    }
}
