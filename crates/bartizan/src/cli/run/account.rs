//! The account of lines: what came from each source, and what became of it.
//!
//! ```text
//! Watcher::take ─▶ read, queued  ── waiting: whose lines they are, in order ──▶ one class for each report
//! ```
//!
//! For every source, and so for all together, read = alerted + quiet + filtered + suppressed + queued + dropped, at any
//! moment: a line is entered once where it is taken in, and leaves the queue into exactly one class. Reports come in
//! the order of lines, so nothing has to be looked up for them.

use std::collections::VecDeque;
use std::sync::Arc;

use bartizan_analysis::{Class, Loss};
use bartizan_base::EventMap;

/// Logs of this machine with a count of their own.
const MOST_LOCAL: usize = 4_096;
/// Senders on the network with a count of their own: addresses are easily forged, and must not take the place of logs.
const MOST_SENDERS: usize = 4_096;
/// Whose name is longer is counted with the others.
const MOST_NAME_BYTES: usize = 4_096;

/// What all are called that have no count of their own.
pub(super) const OTHERS: &str = "others";

/// Why lines were dropped that had been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drop {
    /// Analysis could not take it in.
    Analysis(Loss),
    /// The thread that had it ended early.
    Worker,
}

impl Drop {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [
        Self::Analysis(Loss::Refused),
        Self::Analysis(Loss::Malformed),
        Self::Analysis(Loss::Database),
        Self::Worker,
    ];

    /// Its word.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Analysis(loss) => loss.name(),
            Self::Worker => "worker",
        }
    }

    fn number(self) -> usize {
        match self {
            Self::Analysis(Loss::Refused) => 0,
            Self::Analysis(Loss::Malformed) => 1,
            Self::Analysis(Loss::Database) => 2,
            Self::Worker => 3,
        }
    }
}

/// What came from a source, in lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Taken in.
    pub(super) read: u64,
    /// An alert was written.
    pub(super) alerted: u64,
    /// Analysed, and nothing to tell.
    pub(super) quiet: u64,
    /// Left out before the rules.
    pub(super) filtered: u64,
    /// Kept silent: repeated, or ignored for a time.
    pub(super) suppressed: u64,
    /// Taken in and not analysed yet.
    pub(super) queued: u64,
    /// Lost, by reason, as in [`Drop::ALL`].
    dropped: [u64; Drop::ALL.len()],
}

impl Counts {
    /// Lost, for that reason.
    pub(super) fn dropped(&self, reason: Drop) -> u64 {
        self.dropped.get(reason.number()).copied().unwrap_or(0)
    }

    /// Everything but what was read. Equal to it.
    #[cfg(test)]
    pub(super) fn accounted(&self) -> u64 {
        self.alerted
            + self.quiet
            + self.filtered
            + self.suppressed
            + self.queued
            + self.dropped.iter().sum::<u64>()
    }

    fn drop(&mut self, reason: Drop) {
        if let Some(count) = self.dropped.get_mut(reason.number()) {
            *count += 1;
        }
    }

    fn settle(&mut self, class: Class) {
        self.queued -= 1;
        match class {
            Class::Alerted => self.alerted += 1,
            Class::Quiet => self.quiet += 1,
            Class::Filtered => self.filtered += 1,
            Class::Suppressed => self.suppressed += 1,
            Class::Dropped(loss) => self.drop(Drop::Analysis(loss)),
        }
    }

    fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.alerted += other.alerted;
        self.quiet += other.quiet;
        self.filtered += other.filtered;
        self.suppressed += other.suppressed;
        self.queued += other.queued;
        for (count, more) in self.dropped.iter_mut().zip(other.dropped) {
            *count += more;
        }
    }
}

/// A source and what came from it.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// As locations name it.
    pub(super) name: Arc<[u8]>,
    pub(super) counts: Counts,
}

/// Lines that wait, of one source.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    source: usize,
    lines: u64,
}

/// The account.
#[derive(Debug)]
pub(super) struct Account {
    /// The first are the others.
    sources: Vec<Source>,
    by_name: EventMap<Arc<[u8]>, usize>,
    locals: usize,
    /// The source of the last line: mostly that of the next one.
    last: usize,
    /// Oldest first.
    waiting: VecDeque<Waiting>,
}

impl Default for Account {
    fn default() -> Self {
        let others = Source { name: OTHERS.as_bytes().into(), counts: Counts::default() };
        Self {
            sources: vec![others],
            by_name: EventMap::default(),
            locals: 0,
            last: 0,
            waiting: VecDeque::new(),
        }
    }
}

impl Account {
    /// Enters a line that was taken in. Gives the number of its source.
    pub(super) fn take(&mut self, location: &[u8]) -> usize {
        let source = self.number(location);
        self.last = source;
        if let Some(known) = self.sources.get_mut(source) {
            known.counts.read += 1;
            known.counts.queued += 1;
        }
        match self.waiting.back_mut() {
            Some(back) if back.source == source => back.lines += 1,
            _ => self.waiting.push_back(Waiting { source, lines: 1 }),
        }
        source
    }

    /// Enters what became of the line that waits longest.
    pub(super) fn settle(&mut self, class: Class) {
        self.leave_queue(|counts| counts.settle(class));
    }

    /// Enters that of the lines that wait only the newest are still there.
    pub(super) fn lose_all_but(&mut self, left: usize) {
        let queued = self.waiting.iter().map(|waiting| waiting.lines).sum::<u64>();
        for _ in left as u64..queued {
            self.leave_queue(|counts| {
                counts.queued -= 1;
                counts.drop(Drop::Worker);
            });
        }
    }

    /// All together.
    pub(super) fn sum(&self) -> Counts {
        let mut sum = Counts::default();
        self.sources.iter().for_each(|source| sum.add(&source.counts));
        sum
    }

    #[cfg(test)]
    pub(super) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.numbered_sources().map(|(_, source)| source)
    }

    /// Every source from which something came, in order of appearance, with its number; the others at the end.
    pub(super) fn numbered_sources(&self) -> impl Iterator<Item = (usize, &Source)> {
        let numbered = self.sources.iter().enumerate();
        let known = numbered.clone().skip(1).chain(numbered.take(1));
        known.filter(|(_, source)| source.counts.read > 0)
    }

    fn leave_queue(&mut self, enter: impl FnOnce(&mut Counts)) {
        let Some(front) = self.waiting.front_mut() else { return };
        front.lines -= 1;
        let Waiting { source, lines } = *front;
        if lines == 0 {
            self.waiting.pop_front();
        }
        if let Some(source) = self.sources.get_mut(source) {
            enter(&mut source.counts);
        }
    }

    /// The name of the source of that number.
    pub(super) fn name(&self, number: usize) -> Option<&[u8]> {
        self.sources.get(number).map(|source| &*source.name)
    }

    /// The number of a source: a new one if there is room for it, else 0, that of the others.
    pub(super) fn number(&mut self, location: &[u8]) -> usize {
        let is_last = |source: &Source| self.last > 0 && *source.name == *location;
        if self.sources.get(self.last).is_some_and(is_last) {
            return self.last;
        }
        if let Some(&known) = self.by_name.get(location) {
            return known;
        }
        let is_local = location.first() == Some(&b'/');
        let (here, most) = if is_local {
            (self.locals, MOST_LOCAL)
        } else {
            (self.by_name.len() - self.locals, MOST_SENDERS)
        };
        if here >= most || location.len() > MOST_NAME_BYTES {
            return 0;
        }
        self.locals += usize::from(is_local);
        let (name, number): (Arc<[u8]>, _) = (location.into(), self.sources.len());
        self.by_name.insert(Arc::clone(&name), number);
        self.sources.push(Source { name, counts: Counts::default() });
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_comes_there_is_a_bound_and_nothing_goes_uncounted() {
        let mut account = Account::default();
        for number in 0..MOST_SENDERS + 100 {
            account.take(format!("10.0.{}.{}", number / 256, number % 256).as_bytes());
        }
        account.take(b"/var/log/messages");
        account.take(&[b'x'; MOST_NAME_BYTES + 1]);
        assert_eq!(account.sources().count(), MOST_SENDERS + 2);
        let last = account.sources().last().expect("the others");
        assert_eq!((&*last.name, last.counts.read), (OTHERS.as_bytes(), 101));
        assert_eq!(account.sum().queued, MOST_SENDERS as u64 + 102);
        while account.sum().queued > 0 {
            account.settle(Class::Quiet);
        }
        assert!(account.sources().all(|source| source.counts.quiet == source.counts.read));
    }

    #[test]
    fn lines_lost_with_a_thread_are_those_that_waited_longest() {
        let mut account = Account::default();
        for location in [b"/a", b"/a", b"/b", b"/b", b"/a"] {
            account.take(location);
        }
        account.settle(Class::Alerted);
        account.lose_all_but(2);
        let of = |at: usize| account.sources().nth(at).expect("known").counts;
        assert_eq!(
            of(0),
            Counts { read: 3, alerted: 1, queued: 1, dropped: [0, 0, 0, 1], ..of(0) }
        );
        assert_eq!(of(1), Counts { read: 2, queued: 1, dropped: [0, 0, 0, 1], ..of(1) });
        assert_eq!(account.sum().accounted(), account.sum().read);
    }
}
