//! What the engine remembers from event to event.
//!
//! ```text
//! State ─┬─ History      events that fired, and the lists composite rules search       (rules 5)
//!        ├─ FirstSeen    keys of `if_fts`                                              (rules 6.1–6.3)
//!        ├─ IgnoreList   lines of `ignore` and `check_if_ignored`                      (rules 6.4)
//!        ├─ DiffStore    last output of each rule with `check_diff`                    (rules 2.10)
//!        └─ per rule     times fired this hour, ignore timer                           (rules 4.3, 4.5)
//! ```
//!
//! Nothing else in the engine may touch this state. It is changed in the order of arrival of events, and
//! only by the four tests with side effects and by what follows a match.

mod carry;
mod chain;
mod diff;
mod fingerprints;
mod first_seen;
mod generations;
mod history;
mod ignore_list;
mod journal;
mod list;
mod remembered;
mod ring;
mod store;

use bartizan_base::{DecoderTable, Event};

use crate::options::RuleOptions;
use crate::rule::{RuleIndex, RuleSet};

pub use diff::{DiffStore, KeptOutputs, MemoryDiffs};
pub use first_seen::FirstSeen;
pub use history::History;
pub use ignore_list::IgnoreList;

/// Lines collected for an alert, in one reused buffer.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Lines {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Adds a line.
    pub fn push(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.ends.push(self.bytes.len());
    }

    /// The lines in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..).map_while(|at| self.get(at))
    }

    /// The line at `at`, from 0.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&[u8]> {
        let end = *self.ends.get(at)?;
        let start =
            at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.bytes.get(start..end)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// Everything a rule set remembers.
pub struct State {
    /// Events that fired.
    pub history: History,
    /// First-time-seen keys.
    pub first_seen: FirstSeen,
    /// The ignore list.
    pub ignore_list: IgnoreList,
    /// Last outputs for `check_diff`.
    pub diffs: Box<dyn DiffStore + Send>,
    /// Context lines of the current event.
    pub context: Lines,
    /// Mark of the current event: the level of the composite that found it (rules 5.3).
    pub mark: u16,
    fired_times: Vec<u32>,
    ignore_since: Vec<Option<i64>>,
    pub(crate) passed: Vec<(RuleIndex, u32)>,
    key: Vec<u8>,
    options: RuleOptions,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("history", &self.history).finish_non_exhaustive()
    }
}

impl State {
    /// The state of an engine that has seen nothing.
    #[must_use]
    pub fn new(rules: &RuleSet) -> Self {
        Self {
            history: History::new(rules),
            first_seen: FirstSeen::new(rules.options.memory.first_seen_keys),
            ignore_list: IgnoreList::new(rules.dialect, rules.options.memory.ignored_lines),
            diffs: Box::new(MemoryDiffs::new(&rules.options.memory)),
            context: Lines::default(),
            mark: 0,
            fired_times: vec![0; rules.rules.len()],
            ignore_since: vec![None; rules.rules.len()],
            passed: Vec::new(),
            key: Vec::new(),
            options: rules.options,
        }
    }

    /// Collects new keys and ignored lines for files, from now on. Whoever asks for it must take them.
    pub fn keep_journals(&mut self) {
        self.first_seen.keep_journal();
        self.ignore_list.keep_journal();
    }

    /// Makes `check_diff` never true, as in the tester of 2.8.3 (decoding 15).
    pub fn never_differs(&mut self) {
        self.diffs = Box::new(diff::NoDiffs);
    }

    /// Forgets what belonged to the event before.
    pub fn start_event(&mut self) {
        self.context.clear();
        self.mark = 0;
    }

    /// Times a rule fired since the hour began (rules 4.3 step 4, 7.3).
    #[must_use]
    pub fn fired_times(&self, rule: RuleIndex) -> u32 {
        self.fired_times.get(rule.0 as usize).copied().unwrap_or(0)
    }

    /// Times a rule fired since the hour began; its count starts again.
    pub fn take_fired_times(&mut self, rule: RuleIndex) -> u32 {
        self.fired_times.get_mut(rule.0 as usize).map_or(0, std::mem::take)
    }

    /// Starts the counts of [`State::fired_times`] again.
    pub fn start_hour(&mut self) {
        self.fired_times.fill(0);
    }

    /// Counts a rule that an event ended up with.
    pub fn count_fired(&mut self, rule: RuleIndex) {
        if let Some(times) = self.fired_times.get_mut(rule.0 as usize) {
            *times = times.saturating_add(1);
        }
    }

    /// Whether the rule's ignore time keeps it silent now; otherwise the time starts (rules 4.5 step 2).
    pub(crate) fn is_in_ignore_time(&mut self, rule: RuleIndex, seconds: u32, now: i64) -> bool {
        let Some(since) = self.ignore_since.get_mut(rule.0 as usize) else { return false };
        if since.is_some_and(|since| now.saturating_sub(since) < i64::from(seconds)) {
            return true;
        }
        *since = Some(now);
        false
    }

    /// `if_fts` (rules 6).
    pub(crate) fn is_first_time(&mut self, event: &Event, decoders: &DecoderTable) -> bool {
        if event.kind == b'9' {
            return event.decoded.is_first_seen;
        }
        let info = decoders.info(event.decoded.decoder);
        if info.fts.is_empty() {
            return false;
        }
        if let Some(fts) = info.fts.of_original() {
            first_seen::write_key(event, info, fts, &mut self.key);
            if self.first_seen.file_has(&self.key) {
                return false;
            }
        }
        first_seen::write_key(event, info, info.fts, &mut self.key);
        self.first_seen.record(&self.key, event.decoded.category, &self.options)
    }

    /// `check_diff` (rules 2.10): whether the log differs from the one kept for this host and rule.
    pub(crate) fn differs(&mut self, event: &Event, rule: u32) -> bool {
        diff::differs(&mut *self.diffs, event, rule, &mut self.key, &mut self.context)
    }

    pub(crate) fn ignores(&mut self, event: &Event, keys: crate::IgnoreKeys, dec: &[u8]) -> bool {
        ignore_list::write_line(event, keys, dec, &mut self.key);
        self.ignore_list.contains(&self.key)
    }

    pub(crate) fn add_ignored(&mut self, event: &Event, keys: crate::IgnoreKeys, dec: &[u8]) {
        ignore_list::write_line(event, keys, dec, &mut self.key);
        self.ignore_list.add(&self.key);
    }
}
