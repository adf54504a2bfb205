//! Remembered events, and the searches composite rules make in them (rules 5).
//!
//! ```text
//! memory:  oldest ……………………………………………………………… newest      every event that fired, bounded
//! lists:   [ 3, 9, 17 … ]  [ 9, 11 … ]                   numbers of events, one list a sid or composite
//! ```
//!
//! Events are numbered from 0 for ever; a list holds numbers, so an event that leaves the memory leaves every
//! list by being older than the oldest that is left. Buffers of events that leave are used again.

use std::collections::VecDeque;

use bartizan_base::{Category, Deviation, Dialect, Event, StaticField, Subject, Text};

use crate::condition::{Correlation, SameTests, Search};
use crate::correlate::Lines;
use crate::rule::{ListIndex, Rule, RuleSet};

/// Context lines kept for one alert, at most (rules 5.7).
const CONTEXT_LINES: usize = 11;

/// Events the original drops at least when its memory overflows (rules 5.2).
const ORIGINAL_EVICTION: usize = 10;

/// Fields that `same_…` and `different_…` compare.
const COMPARED: [StaticField; 7] = [
    StaticField::SrcIp,
    StaticField::Id,
    StaticField::DstUser,
    StaticField::SrcPort,
    StaticField::DstPort,
    StaticField::Url,
    StaticField::SrcGeoIp,
];

/// An event that fired.
#[derive(Debug, Default)]
struct Remembered {
    raw: Vec<u8>,
    folded: Vec<u8>,
    time: i64,
    mark: u16,
    category: Category,
    full_log: Text,
    log: Text,
    hostname: Text,
    fields: [Option<Text>; COMPARED.len()],
}

impl Remembered {
    fn fill(&mut self, event: &Event, mark: u16, keep_folded: bool) {
        let (raw, folded) = event.buffers();
        self.raw.clear();
        self.raw.extend_from_slice(raw);
        self.folded.clear();
        if keep_folded {
            self.folded.extend_from_slice(folded);
        }
        self.time = event.time.0;
        self.mark = mark;
        self.category = event.decoded.category;
        self.full_log = event.full_log;
        self.log = event.log;
        self.hostname = event.hostname;
        self.fields = COMPARED.map(|field| event.decoded.field(field));
    }

    fn bytes(&self, text: Text) -> &[u8] {
        self.raw.get(text.range()).unwrap_or_default()
    }

    fn log(&self) -> Subject<'_> {
        let range = self.log.range();
        Subject::new(self.bytes(self.log), self.folded.get(range).unwrap_or_default())
    }

    /// The `same_…` and `different_…` tests against the current event (rules 5.4).
    fn qualifies(&self, event: &Event, same: SameTests) -> bool {
        let equal = |at: usize| match (self.fields[at], event.field(COMPARED[at])) {
            (Some(old), Some(new)) => Some(self.bytes(old) == new),
            _ => None,
        };
        (!same.same_source_ip || equal(0) == Some(true))
            && (!same.same_id || equal(1) == Some(true))
            && (!same.same_user || equal(2) == Some(true))
            && (!same.same_src_port || equal(3) == Some(true))
            && (!same.same_dst_port || equal(4) == Some(true))
            && (!same.same_location || self.bytes(self.hostname) == event.bytes(event.hostname))
            && (!same.different_url || equal(5) == Some(false))
            && (!same.different_srcip || equal(0) == Some(false))
            && (!same.different_srcgeoip || equal(6) == Some(false))
    }
}

/// Remembered events and correlation lists.
#[derive(Debug)]
pub struct History {
    events: VecDeque<Remembered>,
    /// Number of the oldest event in `events`.
    first: u64,
    lists: Vec<List>,
    spare: Vec<Remembered>,
    bound: usize,
    /// Seconds an event survives an overflow in the original; `None`: only the oldest go.
    original_seconds: Option<i64>,
    keep_folded: bool,
    dialect: Dialect,
    evicted: u64,
}

#[derive(Debug)]
struct List {
    numbers: VecDeque<u64>,
    bound: Option<usize>,
}

impl History {
    /// An empty memory for `rules`.
    #[must_use]
    pub fn new(rules: &RuleSet) -> Self {
        let is_memory_search = |rule: &Rule| {
            rule.conditions.iter().any(|c| {
                matches!(
                    &c.test,
                    crate::Test::Correlation(Correlation { search: Search::Memory(_), .. })
                )
            })
        };
        let eviction = rules.dialect.has(Deviation::MemoryEviction);
        Self {
            events: VecDeque::new(),
            first: 0,
            lists: rules
                .lists
                .iter()
                .map(|&bound| List { numbers: VecDeque::new(), bound })
                .collect(),
            spare: Vec::new(),
            bound: rules.options.memory_events.max(1),
            original_seconds: eviction.then_some(i64::from(rules.largest_frequency)),
            keep_folded: rules.rules.iter().any(is_memory_search),
            dialect: rules.dialect,
            evicted: 0,
        }
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

    /// Events that had to leave because the memory was full.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Remembers an event that fired `rule` (rules 4.5 steps 8 and 9).
    pub fn remember(&mut self, event: &Event, mark: u16, rule: &Rule) {
        let number = self.first + self.events.len() as u64;
        if let Some(list) = rule.sid_list {
            self.append(list, number);
        }
        let starved = rule.sid_list.is_some() && self.dialect.has(Deviation::SidStarvesGroup);
        if !starved {
            for &list in &rule.group_lists {
                self.append(list, number);
            }
        }
        let mut entry = self.spare.pop().unwrap_or_default();
        entry.fill(event, mark, self.keep_folded);
        self.events.push_back(entry);
        if self.events.len() > self.bound {
            self.evict(event.time.0);
        }
    }

    fn append(&mut self, list: ListIndex, number: u64) {
        let first = self.first;
        let Some(list) = self.lists.get_mut(list.0 as usize) else { return };
        while list.numbers.front().is_some_and(|&oldest| oldest < first) {
            list.numbers.pop_front();
        }
        if list.bound.is_some_and(|bound| list.numbers.len() >= bound) {
            list.numbers.pop_front();
        }
        list.numbers.push_back(number);
    }

    /// Drops the oldest events (rules 5.2).
    fn evict(&mut self, now: i64) {
        let mut dropped = 0;
        while let Some(oldest) = self.events.front() {
            let enough = match self.original_seconds {
                Some(seconds) => dropped >= ORIGINAL_EVICTION && now - oldest.time <= seconds,
                None => self.events.len() <= self.bound,
            };
            if enough {
                break;
            }
            if let Some(entry) = self.events.pop_front() {
                self.spare.push(entry);
            }
            self.first += 1;
            dropped += 1;
        }
        self.evicted += dropped as u64;
    }

    /// The search of a composite rule (rules 5.3). On success the marks are set, `context` holds the lines
    /// for the alert, and the caller marks the current event with the composite's level.
    pub fn search(&mut self, rule: &Correlation, event: &Event, context: &mut Lines) -> bool {
        let found = match &rule.search {
            Search::Sid(list) | Search::Group(list) => {
                let Some(list) = self.lists.get(list.0 as usize) else { return false };
                self.scan(list.numbers.iter().rev().copied(), rule, event)
            }
            Search::Memory(_) => {
                let next = self.first + self.events.len() as u64;
                self.scan((self.first..next).rev(), rule, event)
            }
        };
        let Some(found) = found else { return false };
        context.clear();
        for &number in found.lines.get(..found.line_count).unwrap_or_default() {
            if let Some(entry) = self.get(number) {
                context.push(entry.bytes(entry.full_log));
            }
        }
        self.set_mark(found.oldest, rule.level);
        self.set_mark(found.restart, rule.level);
        true
    }

    fn scan(
        &self,
        numbers: impl Iterator<Item = u64>,
        rule: &Correlation,
        event: &Event,
    ) -> Option<Found> {
        // The original asks for marks before it asks whether an event qualifies at all, and marks the newest
        // event of the list whatever it is: so one address restarts the count of all (rules 5.5).
        let foreign = self.dialect.has(Deviation::ForeignRestart);
        let is_sid = matches!(rule.search, Search::Sid(_));
        let mut found = Found::default();
        let mut newest = None;
        let mut count = 0;
        for number in numbers {
            let Some(entry) = self.get(number) else { break };
            if event.time.0 - entry.time > i64::from(rule.timeframe) {
                return None;
            }
            if foreign {
                newest.get_or_insert(number);
                if entry.mark >= rule.level {
                    return None;
                }
            }
            if !is_candidate(entry, rule, event) {
                continue;
            }
            if !foreign {
                newest.get_or_insert(number);
                if entry.mark >= rule.level {
                    return None;
                }
            }
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

    fn get(&self, number: u64) -> Option<&Remembered> {
        self.events.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    fn set_mark(&mut self, number: u64, level: u16) {
        let Some(at) = number.checked_sub(self.first).and_then(|at| usize::try_from(at).ok())
        else {
            return;
        };
        if let Some(entry) = self.events.get_mut(at) {
            entry.mark = level;
        }
    }
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

fn is_candidate(entry: &Remembered, rule: &Correlation, event: &Event) -> bool {
    if let Search::Memory(pattern) = &rule.search {
        if entry.category != event.decoded.category {
            return false;
        }
        if pattern.as_ref().is_some_and(|pattern| !pattern.is_match(entry.log())) {
            return false;
        }
    }
    entry.qualifies(event, rule.same)
}
