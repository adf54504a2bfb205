//! Remembered events, and the searches composite rules make in them (rules 5).
//!
//! ```text
//! memory:  oldest ……………………………………………………………… newest      every event that fired, bounded
//! lists:   [ 3, 9, 17 … ]  [ 9, 11 … ]                   numbers of events, one list a sid or composite
//! ```
//!
//! Events are numbered from 0 for ever; a list holds numbers, so an event that leaves the memory leaves every
//! list by being older than the oldest that is left. Their bytes stand in a ring, where those that leave make
//! room for those that come.

use std::collections::VecDeque;

use bartizan_base::{Deviation, Dialect, Event, limits};

use super::list::List;
use super::remembered::{Key, Remembered, Sameness, Seen};
use super::ring::{Piece, Ring};
use crate::condition::{Correlation, SameTests, Search, Test};
use crate::correlate::Lines;
use crate::rule::{ListIndex, Rule, RuleIndex, RuleSet};

/// Context lines kept for one alert, at most (rules 5.7).
const CONTEXT_LINES: usize = 11;

/// Events the original drops at least when its memory overflows (rules 5.2).
const ORIGINAL_EVICTION: usize = 10;

/// Remembered events and correlation lists.
#[derive(Debug)]
pub struct History {
    events: VecDeque<Remembered>,
    ring: Ring,
    /// Number of the oldest event in `events`.
    first: u64,
    lists: Vec<List>,
    /// For each rule the lists its events stand in.
    lists_of: Vec<Vec<ListIndex>>,
    samenesses: Vec<Sameness>,
    bound: usize,
    /// Seconds an event survives an overflow in the original; `None`: only the oldest go.
    original_seconds: Option<i64>,
    keep_folded: bool,
    dialect: Dialect,
    evicted: u64,
    /// Number of the last event that was older than the one before it: time went back.
    unordered: Option<u64>,
}

impl History {
    /// An empty memory for `rules`.
    #[must_use]
    pub fn new(rules: &RuleSet) -> Self {
        let starves = rules.dialect.has(Deviation::SidStarvesGroup);
        let mut history = Self {
            events: VecDeque::new(),
            ring: Ring::default(),
            first: 0,
            lists: rules.lists.iter().map(|&bound| List::new(bound)).collect(),
            lists_of: rules.rules.iter().map(|rule| lists_of(rule, starves)).collect(),
            samenesses: Vec::new(),
            bound: rules.options.memory_events.max(1),
            original_seconds: rules
                .dialect
                .has(Deviation::MemoryEviction)
                .then_some(i64::from(rules.largest_frequency)),
            keep_folded: false,
            dialect: rules.dialect,
            evicted: 0,
            unordered: None,
        };
        for condition in rules.rules.iter().flat_map(|rule| &rule.conditions) {
            if let Test::Correlation(correlation) = &condition.test {
                history.prepare(correlation);
            }
        }
        history
    }

    /// Makes ready what a composite will search.
    fn prepare(&mut self, correlation: &Correlation) {
        let (Search::Sid(list) | Search::Group(list)) = correlation.search else {
            self.keep_folded = true;
            return;
        };
        let Some(tests) = Sameness::tests_of(correlation.same) else { return };
        let at = self.sameness(tests).unwrap_or_else(|| {
            self.samenesses.push(Sameness::new(tests));
            self.samenesses.len() - 1
        });
        if let Some(list) = self.lists.get_mut(list.0 as usize) {
            list.add_chain(at);
        }
    }

    fn sameness(&self, tests: SameTests) -> Option<usize> {
        self.samenesses.iter().position(|known| known.tests() == tests)
    }

    /// Events remembered now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Bytes that the texts of remembered events take, and the room there is for more.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.ring.capacity()
    }

    /// Events that had to leave because the memory was full.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Remembers an event that fired the rule of that number (rules 4.5 steps 8 and 9).
    pub fn remember(&mut self, event: &Event, mark: u16, rule: RuleIndex) {
        let number = self.first + self.events.len() as u64;
        if self.events.back().is_some_and(|last| last.time > event.time.0) {
            self.unordered = Some(number);
        }
        let samenesses = &self.samenesses;
        let key = |sameness: usize| samenesses.get(sameness).and_then(|s| s.key(event));
        for &list in self.lists_of.get(rule.0 as usize).into_iter().flatten() {
            if let Some(list) = self.lists.get_mut(list.0 as usize) {
                list.push(number, mark, self.first, key);
            }
        }
        let piece = self.keep_bytes(event);
        self.events.push_back(Remembered::new(event, piece, mark, rule));
        if self.events.len() > self.bound {
            self.evict(event.time.0);
        }
        if let Some(size) = self.ring.size_if_idle() {
            self.resize(size);
        }
    }

    /// Whatever the dialect: events are long if senders want, and the memory must not be theirs.
    fn keep_bytes(&mut self, event: &Event) -> Piece {
        let (raw, folded) = event.buffers();
        let folded = if self.keep_folded { folded } else { &[] };
        loop {
            if let Some(piece) = self.ring.push(raw, folded) {
                return piece;
            }
            let size = self.ring.size_for(raw.len() + folded.len());
            if size <= limits::MEMORY_BYTES || self.events.is_empty() {
                self.resize(size);
            } else {
                self.drop_oldest();
            }
        }
    }

    fn resize(&mut self, size: usize) {
        self.ring.resize(size, self.events.iter_mut().map(|entry| &mut entry.piece));
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.events.pop_front() else { return };
        self.ring.pop(oldest.piece, self.events.front().map(|entry| entry.piece));
        self.first += 1;
        self.evicted += 1;
    }

    /// Drops the oldest events (rules 5.2).
    fn evict(&mut self, now: i64) {
        let mut dropped = 0;
        while let Some(oldest) = self.events.front() {
            let enough = match self.original_seconds {
                Some(seconds) => {
                    dropped >= ORIGINAL_EVICTION && now.saturating_sub(oldest.time) <= seconds
                }
                None => self.events.len() <= self.bound,
            };
            if enough {
                break;
            }
            self.drop_oldest();
            dropped += 1;
        }
    }

    /// The search of a composite rule (rules 5.3). On success the marks are set, `context` holds the lines
    /// for the alert, and the caller marks the current event with the composite's level.
    pub fn search(&mut self, rule: &Correlation, event: &Event, context: &mut Lines) -> bool {
        let Some(found) = self.find(rule, event) else { return false };
        context.clear();
        for &number in found.lines.get(..found.line_count).unwrap_or_default() {
            if let Some(entry) = self.get(number) {
                context.push(entry.full_log());
            }
        }
        self.set_mark(found.oldest, rule.level);
        self.set_mark(found.restart, rule.level);
        true
    }

    fn find(&self, rule: &Correlation, event: &Event) -> Option<Found> {
        let list = match &rule.search {
            Search::Sid(list) | Search::Group(list) => self.lists.get(list.0 as usize)?,
            Search::Memory(_) => {
                let next = self.first + self.events.len() as u64;
                let all = (self.first..next).rev().map(|number| (number, number));
                return self.scan(all, None, rule, event);
            }
        };
        // Where time went back, an event that is too old may stand before one that is not: then every
        // event must be looked at, as the original does.
        let is_ordered = self.unordered.is_none_or(|number| number < self.first)
            && self.events.back().is_none_or(|last| last.time <= event.time.0);
        if is_ordered
            && let Some(tests) = Sameness::tests_of(rule.same)
            && let Some(sameness) = self.sameness(tests)
        {
            let key: Key = self.samenesses.get(sameness)?.key(event)?;
            let sharing = list.sharing(sameness, key)?;
            return self.scan(sharing, Some(list), rule, event);
        }
        self.scan(list.newest_first(), None, rule, event)
    }

    /// Goes through events newest first, `(ordinal in the list, number)` each. With a `list`, only those that
    /// share the values of the current event are given.
    fn scan(
        &self,
        entries: impl Iterator<Item = (u64, u64)>,
        list: Option<&List>,
        rule: &Correlation,
        event: &Event,
    ) -> Option<Found> {
        // The original marks the newest event of the list whatever it is, and so one address restarts the count
        // of all; by default the newest that qualifies is marked (rules 5.5). Any mark stops a search.
        let foreign = self.dialect.has(Deviation::ForeignRestart);
        let barrier = list.and_then(|list| list.barrier(rule.level));
        let is_sid = matches!(rule.search, Search::Sid(_));
        let mut found = Found::default();
        let mut newest = list.filter(|_| foreign).and_then(List::newest);
        let mut count = 0;
        for (ordinal, number) in entries {
            let Some(seen) = self.get(number) else { break };
            let entry = seen.entry;
            if event.time.0.saturating_sub(entry.time) > i64::from(rule.timeframe) {
                return None;
            }
            if foreign {
                newest.get_or_insert(number);
            }
            if entry.mark >= rule.level || barrier.is_some_and(|at| ordinal <= at) {
                return None;
            }
            if !is_candidate(seen, rule, event) {
                continue;
            }
            newest.get_or_insert(number);
            if (is_sid || count < rule.frequency) && found.line_count < CONTEXT_LINES {
                found.lines[found.line_count] = number;
                found.line_count += 1;
            }
            if count < rule.frequency {
                count += 1;
                continue;
            }
            found.oldest = number;
            found.restart = newest.unwrap_or(number);
            return Some(found);
        }
        None
    }

    fn get(&self, number: u64) -> Option<Seen<'_>> {
        let entry = self.events.get(usize::try_from(number.checked_sub(self.first)?).ok()?)?;
        Some(Seen { entry, bytes: self.ring.get(entry.piece) })
    }

    fn set_mark(&mut self, number: u64, level: u16) {
        let at = number.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        let Some(entry) = at.and_then(|at| self.events.get_mut(at)) else { return };
        entry.mark = level;
        for &list in self.lists_of.get(entry.rule.0 as usize).into_iter().flatten() {
            if let Some(list) = self.lists.get_mut(list.0 as usize) {
                list.mark(number, level);
            }
        }
    }
}

/// The lists that events of a rule go to. In the original a rule with a sid list feeds no group list
/// (rules 4.5 step 8).
fn lists_of(rule: &Rule, starves: bool) -> Vec<ListIndex> {
    let groups: &[ListIndex] =
        if starves && rule.sid_list.is_some() { &[] } else { &rule.group_lists };
    rule.sid_list.into_iter().chain(groups.iter().copied()).collect()
}

/// A successful search.
#[derive(Default)]
struct Found {
    /// The event that completed the count.
    oldest: u64,
    /// The event at which later searches stop.
    restart: u64,
    lines: [u64; CONTEXT_LINES],
    line_count: usize,
}

fn is_candidate(seen: Seen<'_>, rule: &Correlation, event: &Event) -> bool {
    if let Search::Memory(pattern) = &rule.search {
        if seen.entry.category != event.decoded.category {
            return false;
        }
        if pattern.as_ref().is_some_and(|pattern| !pattern.is_match(seen.log())) {
            return false;
        }
    }
    seen.qualifies(event, rule.same)
}
