//! A correlation list: numbers of events, oldest first, with chains through those that share values.
//!
//! ```text
//! ordinals   7     8     9     10    11          a list's own count, never reused
//! numbers    103   110   110   131   140         events; one may stand several times (rules 3.4)
//! chain      └─────┼─────┘     │     │           for each set of same_… tests: the one before with the
//!                  └───────────┴─────┘           same values
//! marked     (9, level 10)                       where a search of that level stops
//! ```
//!
//! Searching for events that share an address follows a chain instead of looking at every event.
//!
//! An event that leaves the memory leaves its lists. Where a search could still count it, a list says so
//! ([`Worth`]) and keeps its number: the event then moves to where events are kept apart.

use std::collections::VecDeque;

use super::chain::{Chain, NONE};
use super::remembered::Key;

/// A list.
#[derive(Debug)]
pub(super) struct List {
    /// Of events in the memory.
    numbers: VecDeque<u64>,
    /// Ordinal of the oldest of them.
    first: u64,
    /// Ordinals and numbers of events that left the memory and were kept, oldest first.
    kept: VecDeque<(u64, u64)>,
    bound: Bound,
    chains: Vec<Chain>,
    /// Newest marked entries: ordinals rising, marks falling.
    marked: Vec<(u64, u16)>,
    asked: Asked,
}

/// How many of its events a search of a list may see (rules 5.2).
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {
    /// All that are remembered.
    Memory,
    /// The newest, and there are no others: the original.
    Newest(usize),
    /// The newest of those that share the values of the current event.
    Each(usize),
}

/// What is asked of a list, by all searches together.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    /// The longest time that one looks back, in seconds.
    timeframe: i64,
    /// Events that the most demanding one counts.
    events: u64,
    /// The same of those that look at every event of the list.
    events_of_any: u64,
    /// The highest level: marks of this level stop all searches.
    level: u16,
}

/// What an event that leaves is worth to those who search the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worth {
    /// No search would count it any more.
    Nothing,
    /// A search could count it, if enough others came; nothing else says that they will.
    Little,
    /// It is one of several with the same values, or one of the few of a list.
    Much,
}

/// Entries that room is made for at once, at most.
const ROOM: usize = 256;
/// Levels there are: of each, only the newest mark counts.
const MARKS: usize = 17;

impl List {
    pub(super) fn new(bound: Bound) -> Self {
        Self {
            numbers: VecDeque::new(),
            first: 0,
            kept: VecDeque::new(),
            bound,
            chains: Vec::new(),
            marked: Vec::new(),
            asked: Asked::default(),
        }
    }

    /// A search of this list counts so many events, of those that share the values of that sameness; `None`: of
    /// all.
    pub(super) fn expect(
        &mut self,
        sameness: Option<usize>,
        events: u64,
        timeframe: i64,
        level: u16,
    ) {
        let asked = &mut self.asked;
        asked.timeframe = asked.timeframe.max(timeframe);
        asked.level = asked.level.max(level);
        asked.events = asked.events.max(events);
        let Some(sameness) = sameness else {
            asked.events_of_any = asked.events_of_any.max(events);
            return;
        };
        match self.chains.iter_mut().find(|chain| chain.sameness == sameness) {
            Some(chain) => chain.events = chain.events.max(events),
            None => self.chains.push(Chain::new(sameness, events)),
        }
    }

    fn chain(&self, sameness: usize) -> Option<&Chain> {
        self.chains.iter().find(|chain| chain.sameness == sameness)
    }

    /// Adds an event. In the original one beyond the bound is pushed out: what it was worth.
    pub(super) fn push(
        &mut self,
        number: u64,
        mark: u16,
        now: i64,
        time_of: impl Fn(u64) -> Option<i64>,
        mut key: impl FnMut(usize) -> Option<Key>,
    ) -> Worth {
        let mut worth = Worth::Nothing;
        if let Bound::Newest(bound) = self.bound
            && self.numbers.len() >= bound
            && let Some(&front) = self.numbers.front()
        {
            worth = time_of(front).map_or(worth, |time| self.worth(now.saturating_sub(time)));
            self.pop_front(false);
        }
        if self.marked.capacity() == 0 {
            self.make_room();
        }
        let ordinal = self.next_ordinal();
        self.numbers.push_back(number);
        for chain in &mut self.chains {
            chain.push(ordinal, key(chain.sameness));
        }
        if mark > 0 {
            self.note_mark(ordinal, mark);
        }
        worth
    }

    fn next_ordinal(&self) -> u64 {
        self.first + self.numbers.len() as u64
    }

    /// Room for all that it may hold, once it holds anything: most lists never do. One without a bound, or
    /// with a very high one, grows beyond that as it must.
    fn make_room(&mut self) {
        let entries = match self.bound {
            Bound::Newest(bound) => bound.min(ROOM),
            Bound::Memory | Bound::Each(_) => ROOM,
        };
        self.numbers.reserve_exact(entries);
        self.marked.reserve_exact(MARKS);
        if !matches!(self.bound, Bound::Newest(_)) {
            self.kept.reserve_exact(ROOM);
        }
        self.chains.iter_mut().for_each(|chain| chain.make_room(entries));
    }

    /// The oldest event of the memory, of that number and age, is about to leave: what it is worth to this list.
    /// Where that is much and `keeps`, it stays in the list.
    pub(super) fn leave(&mut self, number: u64, age: i64, keeps: bool) -> Worth {
        if self.numbers.front() != Some(&number) {
            return Worth::Nothing;
        }
        let worth = self.worth(age);
        self.pop_front(keeps && worth == Worth::Much);
        worth
    }

    /// The oldest event of those kept apart, of that number and age, is about to leave: what it is worth.
    pub(super) fn leave_kept(&mut self, number: u64, age: i64) -> Worth {
        if self.kept.front().map(|&(_, number)| number) != Some(number) {
            return Worth::Nothing;
        }
        let worth = self.worth_of_kept(age);
        let gone = self.kept.pop_front();
        for chain in &mut self.chains {
            chain.pop_kept(gone.map_or(NONE, |(ordinal, _)| ordinal));
        }
        worth
    }

    /// What the oldest entry of the memory is worth.
    fn worth(&self, age: i64) -> Worth {
        self.judge(self.first, age, |chain| chain.link(0).map(|link| chain.worth(link)))
    }

    fn worth_of_kept(&self, age: i64) -> Worth {
        let Some(&(ordinal, _)) = self.kept.front() else { return Worth::Nothing };
        self.judge(ordinal, age, |chain| chain.kept_link(0).map(|link| chain.worth(link)))
    }

    fn judge(&self, ordinal: u64, age: i64, of: impl Fn(&Chain) -> Option<Worth>) -> Worth {
        let is_stopped = self.barrier(self.asked.level).is_some_and(|at| ordinal <= at);
        if age > self.asked.timeframe || is_stopped {
            return Worth::Nothing;
        }
        let newer = self.next_ordinal().saturating_sub(ordinal + 1);
        if newer < self.asked.events_of_any {
            return Worth::Much;
        }
        let worth = self.chains.iter().filter_map(of).max().unwrap_or(Worth::Nothing);
        // One of few events of a quiet rule.
        if worth == Worth::Little && newer < self.asked.events { Worth::Much } else { worth }
    }

    fn pop_front(&mut self, keeps: bool) {
        let Some(number) = self.numbers.pop_front() else { return };
        if keeps {
            self.kept.push_back((self.first, number));
        }
        for chain in &mut self.chains {
            chain.pop(self.first, keeps);
        }
        self.first += 1;
    }

    /// The entries that a search may see as `(ordinal, number)`, newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let recent = self.numbers.iter().enumerate();
        let recent = recent.rev().map(|(at, &number)| (self.first + at as u64, number));
        recent.chain(self.kept.iter().rev().copied()).take(self.most())
    }

    fn most(&self) -> usize {
        match self.bound {
            Bound::Memory => usize::MAX,
            Bound::Newest(most) | Bound::Each(most) => most,
        }
    }

    /// The entries that share the values of `key` and that a search may see, newest first.
    pub(super) fn sharing(
        &self,
        sameness: usize,
        key: Key,
    ) -> Option<impl Iterator<Item = (u64, u64)> + '_> {
        let chain = self.chain(sameness)?;
        let mut next = chain.newest(key).unwrap_or(NONE);
        let entries = std::iter::from_fn(move || {
            let ordinal = next;
            if let Some(place) = ordinal.checked_sub(self.first) {
                let place = usize::try_from(place).ok()?;
                next = chain.link(place)?.before;
                return Some((ordinal, *self.numbers.get(place)?));
            }
            let place = self.kept.binary_search_by_key(&ordinal, |&(kept, _)| kept).ok()?;
            next = chain.kept_link(place)?.before;
            self.kept.get(place).copied()
        });
        Some(entries.take(self.most()))
    }

    /// The newest entry.
    pub(super) fn newest(&self) -> Option<u64> {
        self.numbers.back().copied().or_else(|| self.kept.back().map(|&(_, number)| number))
    }

    /// Ordinal of the newest entry whose mark is `level` or more.
    pub(super) fn barrier(&self, level: u16) -> Option<u64> {
        self.marked.iter().rev().find(|&&(_, mark)| mark >= level).map(|&(ordinal, _)| ordinal)
    }

    /// An event of that number has been marked.
    pub(super) fn mark(&mut self, number: u64, mark: u16) {
        // The last entry of that number, where it stands several times.
        let behind = self.numbers.partition_point(|&known| known <= number);
        let recent = behind.checked_sub(1).map(|at| (self.first + at as u64, at));
        if let Some((ordinal, _)) = recent.filter(|&(_, at)| self.numbers.get(at) == Some(&number))
        {
            return self.note_mark(ordinal, mark);
        }
        let behind = self.kept.partition_point(|&(_, known)| known <= number);
        let kept = behind.checked_sub(1).and_then(|at| self.kept.get(at));
        if let Some(&(ordinal, _)) = kept.filter(|&&(_, known)| known == number) {
            self.note_mark(ordinal, mark);
        }
    }

    fn note_mark(&mut self, ordinal: u64, mark: u16) {
        // What is older and not higher never decides again.
        self.marked.retain(|&(older, lower)| older > ordinal || lower > mark);
        let at = self.marked.partition_point(|&(older, _)| older < ordinal);
        let is_hidden =
            self.marked.get(at..).is_some_and(|newer| newer.iter().any(|&(_, m)| m >= mark));
        if !is_hidden {
            self.marked.insert(at, (ordinal, mark));
        }
    }
}
