//! Remembered events, and the searches composite rules make in them (rules 5).
//!
//! ```text
//! memory:  kept …… oldest ………………………………………………………… newest      events that fired, bounded
//! lists:   [ 3, 9, 17 … ]  [ 9, 11 … ]                   numbers of events, one list a sid or composite
//! ```
//!
//! When the memory is full the oldest event leaves it, and its lists. One that a rule can still count is kept
//! apart if it has company: several events of one address, or the few of a quiet rule. So those who make
//! noise, each time under another name, push out their own. What could have been counted and left is lost, and
//! counted as such.

use bartizan_base::{Deviation, Dialect, Event};

use super::list::{Bound, List, Worth};
use super::remembered::{Key, Remembered, Sameness, Seen};
use super::store::Store;
use crate::condition::{Correlation, SameTests, Search, Test};
use crate::correlate::Lines;
use crate::rule::{ListIndex, Rule, RuleIndex, RuleSet};

/// Context lines kept for one alert, at most (rules 5.7).
const CONTEXT_LINES: usize = 11;

/// Events the original drops at least when its memory overflows (rules 5.2).
const ORIGINAL_EVICTION: usize = 10;

/// How many times more events are remembered than are kept apart.
const KEPT_PART: usize = 4;

/// How many times more events a search counts that wants differences: others stand between them.
const WITH_DIFFERENCES: u64 = 8;

/// Remembered events and correlation lists.
#[derive(Debug)]
pub struct History {
    /// Every event that may be counted, by rising numbers without a gap.
    recent: Store,
    /// Those that left it and are kept.
    kept: Store,
    /// Number of the next event.
    next: u64,
    lists: Vec<List>,
    /// For each rule the lists its events stand in.
    lists_of: Vec<Vec<ListIndex>>,
    samenesses: Vec<Sameness>,
    /// Keys of the current event by sameness, as far as they were asked for.
    keys: Vec<Option<Option<Key>>>,
    bounds: Bounds,
    dialect: Dialect,
    evicted: u64,
    lost: u64,
    /// Number of the last event that was older than the one before it: time went back.
    unordered: Option<u64>,
    /// The text of an event that moves.
    moved: Vec<u8>,
}

/// How much is remembered, and what for.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Events in the memory.
    events: usize,
    /// Of those the ones that a search of the whole memory sees.
    searched: usize,
    /// Events that are kept apart.
    kept: usize,
    /// Seconds an event survives an overflow in the original; `None`: only the oldest go.
    original_seconds: Option<i64>,
    /// Seconds that any search of a list looks back.
    longest_seconds: i64,
    /// Seconds that searches of the whole memory look back; `None` if there are none.
    memory_seconds: Option<i64>,
}

impl Bounds {
    fn new(rules: &RuleSet) -> Self {
        let searched = rules.options.memory_events.max(1);
        let is_original = rules.dialect.has(Deviation::MemoryEviction);
        let events = searched.max(rules.options.memory.history_events);
        Self {
            events: if is_original { searched } else { events },
            searched,
            kept: if is_original { 0 } else { events / KEPT_PART },
            original_seconds: is_original.then_some(i64::from(rules.largest_frequency)),
            longest_seconds: 0,
            memory_seconds: None,
        }
    }

    fn keeps(&self) -> bool {
        self.kept > 0
    }
}

impl History {
    /// An empty memory for `rules`.
    #[must_use]
    pub fn new(rules: &RuleSet) -> Self {
        let starves = rules.dialect.has(Deviation::SidStarvesGroup);
        let bounds = Bounds::new(rules);
        let bytes = rules.options.memory.history_bytes;
        let bound = |sid: &Option<usize>| match *sid {
            None => Bound::Memory,
            Some(events) if bounds.keeps() => Bound::Each(events),
            Some(events) => Bound::Newest(events),
        };
        let mut history = Self {
            recent: Store::new(bounds.events + 1, bytes),
            kept: Store::new(bounds.kept, bytes / KEPT_PART),
            next: 0,
            lists: rules.lists.iter().map(|sid| List::new(bound(sid))).collect(),
            lists_of: rules.rules.iter().map(|rule| lists_of(rule, starves)).collect(),
            samenesses: Vec::new(),
            keys: Vec::new(),
            bounds,
            dialect: rules.dialect,
            evicted: 0,
            lost: 0,
            unordered: None,
            moved: Vec::new(),
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
        let timeframe = i64::from(correlation.timeframe);
        let (Search::Sid(list) | Search::Group(list)) = correlation.search else {
            let seconds = &mut self.bounds.memory_seconds;
            *seconds = Some(seconds.unwrap_or(0).max(timeframe));
            return;
        };
        self.bounds.longest_seconds = self.bounds.longest_seconds.max(timeframe);
        let sameness = Sameness::tests_of(correlation.same).map(|tests| {
            self.sameness(tests).unwrap_or_else(|| {
                self.samenesses.push(Sameness::new(tests));
                self.samenesses.len() - 1
            })
        });
        let mut events = u64::from(correlation.frequency) + 1;
        if correlation.same.has_differences() {
            events *= WITH_DIFFERENCES;
        }
        if let Some(list) = self.lists.get_mut(list.0 as usize) {
            list.expect(sameness, events, timeframe, correlation.level);
        }
    }

    fn sameness(&self, tests: SameTests) -> Option<usize> {
        self.samenesses.iter().position(|known| known.tests() == tests)
    }

    /// Events remembered now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.recent.len() + self.kept.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Events remembered at most.
    #[must_use]
    pub fn most(&self) -> usize {
        self.bounds.events + self.bounds.kept
    }

    /// Bytes that the texts of remembered events take, and the room there is for more.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.recent.bytes() + self.kept.bytes()
    }

    /// Those bytes at most; what is kept apart included.
    #[must_use]
    pub fn most_bytes(&self) -> usize {
        self.recent.most_bytes() + self.kept.most_bytes()
    }

    /// Events that had to leave because the memory was full.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Those of them that a rule could still have counted: whether one would have fired nobody knows.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// All remembered events, oldest first.
    pub(super) fn all(&self) -> impl Iterator<Item = Seen<'_>> {
        self.kept.all().chain(self.recent.all())
    }

    /// Counts what another memory has counted.
    pub(super) fn add_counts(&mut self, other: &Self) {
        self.evicted += other.evicted;
        self.lost += other.lost;
    }

    /// Remembers an event that fired the rule of that number (rules 4.5 steps 8 and 9).
    pub fn remember(&mut self, event: &Event, mark: u16, rule: RuleIndex) {
        let is_counted = self.lists_of.get(rule.0 as usize).is_some_and(|lists| !lists.is_empty());
        if !is_counted && self.bounds.keeps() && self.bounds.memory_seconds.is_none() {
            // No rule will ever look at it.
            return;
        }
        let now = event.time.0;
        let number = self.next;
        if self.recent.newest().is_some_and(|last| last.time > now) {
            self.unordered = Some(number);
        }
        let (raw, folded) = event.buffers();
        let folded = if self.bounds.memory_seconds.is_some() { folded } else { &[] };
        // Whatever the dialect: events are long if senders want, and the memory must not be theirs.
        while !self.recent.has_room(raw.len() + folded.len()) {
            self.drop_oldest(now);
        }
        self.enter_lists(event, number, mark, rule);
        self.recent.push(Remembered::new(event, number, mark, rule), raw, folded);
        self.next += 1;
        if self.recent.len() > self.bounds.events {
            self.evict(now);
        }
        self.recent.shrink();
    }

    fn enter_lists(&mut self, event: &Event, number: u64, mark: u16, rule: RuleIndex) {
        let Self { lists, lists_of, samenesses, keys, recent, lost, .. } = self;
        keys.clear();
        keys.resize(samenesses.len(), None);
        // Lists ask for the same few.
        let mut key = |sameness: usize| {
            let known = keys.get_mut(sameness)?;
            *known.get_or_insert_with(|| samenesses.get(sameness).and_then(|s| s.key(event)))
        };
        let time_of = |number| recent.get(number).map(|seen| seen.entry.time);
        for &list in lists_of.get(rule.0 as usize).into_iter().flatten() {
            let Some(list) = lists.get_mut(list.0 as usize) else { continue };
            let pushed_out = list.push(number, mark, event.time.0, time_of, &mut key);
            *lost += u64::from(pushed_out > Worth::Nothing);
        }
    }

    /// The oldest event leaves the memory; it is kept where it is worth much.
    fn drop_oldest(&mut self, now: i64) {
        let keeps = self.bounds.keeps();
        let Some(oldest) = self.recent.pop(keeps.then_some(&mut self.moved)) else { return };
        let age = now.saturating_sub(oldest.time);
        let leave = |list: &mut List| list.leave(oldest.number, age, keeps);
        let worth = worth(&mut self.lists, self.lists_of.get(oldest.rule.0 as usize), leave);
        if keeps && worth == Worth::Much {
            return self.keep(oldest, now);
        }
        let is_seen = self.bounds.memory_seconds.is_some_and(|seconds| age <= seconds);
        self.note_gone(if is_seen { Worth::Little } else { worth });
    }

    /// Keeps an event apart whose text is in `moved`.
    fn keep(&mut self, entry: Remembered, now: i64) {
        let text = std::mem::take(&mut self.moved);
        while self.kept.len() >= self.bounds.kept || !self.kept.has_room(text.len()) {
            self.drop_kept(now);
        }
        self.kept.push(entry, &text, &[]);
        self.moved = text;
        // Those that nobody counts any more.
        let longest = self.bounds.longest_seconds;
        while self.kept.oldest().is_some_and(|oldest| now.saturating_sub(oldest.time) > longest) {
            self.drop_kept(now);
        }
        self.kept.shrink();
    }

    fn drop_kept(&mut self, now: i64) {
        let Some(oldest) = self.kept.pop(None) else { return };
        let age = now.saturating_sub(oldest.time);
        let leave = |list: &mut List| list.leave_kept(oldest.number, age);
        let worth = worth(&mut self.lists, self.lists_of.get(oldest.rule.0 as usize), leave);
        self.note_gone(worth);
    }

    fn note_gone(&mut self, worth: Worth) {
        self.evicted += 1;
        self.lost += u64::from(worth > Worth::Nothing);
    }

    /// Drops the oldest events (rules 5.2).
    fn evict(&mut self, now: i64) {
        let mut dropped = 0;
        while let Some(oldest) = self.recent.oldest() {
            let enough = match self.bounds.original_seconds {
                Some(seconds) => {
                    dropped >= ORIGINAL_EVICTION && now.saturating_sub(oldest.time) <= seconds
                }
                None => self.recent.len() <= self.bounds.events,
            };
            if enough {
                break;
            }
            self.drop_oldest(now);
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
                let all = (0..self.next).rev().map(|number| (number, number));
                return self.scan(all.take(self.bounds.searched), None, rule, event);
            }
        };
        // Where time went back, an event that is too old may stand before one that is not: then every
        // event must be looked at, as the original does.
        let first = self.kept.oldest().or(self.recent.oldest()).map_or(0, |oldest| oldest.number);
        let is_ordered = self.unordered.is_none_or(|number| number < first)
            && self.recent.newest().is_none_or(|last| last.time <= event.time.0);
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
        self.recent.get(number).or_else(|| self.kept.get(number))
    }

    fn set_mark(&mut self, number: u64, level: u16) {
        let entry = self.recent.get_mut(number).or_else(|| self.kept.get_mut(number));
        let Some(entry) = entry else { return };
        entry.mark = level;
        for &list in self.lists_of.get(entry.rule.0 as usize).into_iter().flatten() {
            if let Some(list) = self.lists.get_mut(list.0 as usize) {
                list.mark(number, level);
            }
        }
    }
}

/// The most that an event is worth to a list of its rule, which it leaves.
fn worth(
    lists: &mut [List],
    of_rule: Option<&Vec<ListIndex>>,
    mut leave: impl FnMut(&mut List) -> Worth,
) -> Worth {
    let mut worth = Worth::Nothing;
    for &list in of_rule.into_iter().flatten() {
        if let Some(list) = lists.get_mut(list.0 as usize) {
            worth = worth.max(leave(list));
        }
    }
    worth
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
