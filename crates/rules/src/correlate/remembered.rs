//! An event that fired, as later events see it.

use std::hash::{BuildHasher as _, Hasher as _};

use bartizan_base::{Category, Event, EventHash, StaticField, Subject, Text, Timestamp};

use super::ring::Piece;
use crate::condition::SameTests;
use crate::rule::RuleIndex;

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

/// An event that fired. Its bytes are in the ring: the event as received, then folded if that is wanted.
#[derive(Debug)]
pub(super) struct Remembered {
    /// Events are numbered from 0 for ever.
    pub(super) number: u64,
    /// Set by the store that has it.
    pub(super) piece: Piece,
    pub(super) time: i64,
    pub(super) mark: u16,
    pub(super) rule: RuleIndex,
    pub(super) category: Category,
    /// Where the folded bytes begin in the piece.
    folded: usize,
    full_log: Text,
    log: Text,
    hostname: Text,
    fields: [Option<Text>; COMPARED.len()],
}

impl Remembered {
    /// The event, not yet in a store.
    pub(super) fn new(event: &Event, number: u64, mark: u16, rule: RuleIndex) -> Self {
        Self {
            number,
            piece: Piece::default(),
            time: event.time.0,
            mark,
            rule,
            category: event.decoded.category,
            folded: event.buffers().0.len(),
            full_log: event.full_log,
            log: event.log,
            hostname: event.hostname,
            fields: COMPARED.map(|field| event.decoded.field(field)),
        }
    }
}

impl Remembered {
    /// Makes `event` what it was, as far as it is remembered; `bytes` are those of its piece.
    pub(super) fn restore(&self, bytes: &[u8], event: &mut Event) {
        event.refill(bytes.get(..self.folded).unwrap_or(bytes));
        event.time = Timestamp(self.time);
        (event.full_log, event.log, event.hostname) = (self.full_log, self.log, self.hostname);
        event.decoded.category = self.category;
        for (field, value) in COMPARED.into_iter().zip(self.fields) {
            if let Some(value) = value {
                event.decoded.set(field, value);
            }
        }
    }
}

/// A remembered event with its bytes.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) entry: &'a Remembered,
    pub(super) bytes: &'a [u8],
}

impl<'a> Seen<'a> {
    fn text(&self, text: Text) -> &'a [u8] {
        self.bytes.get(text.range()).unwrap_or_default()
    }

    /// The line for an alert's context.
    pub(super) fn full_log(&self) -> &'a [u8] {
        self.text(self.entry.full_log)
    }

    /// The log, for `if_matched_regex`.
    pub(super) fn log(&self) -> Subject<'a> {
        let folded = self.bytes.get(self.entry.folded..).unwrap_or_default();
        let folded = folded.get(self.entry.log.range()).unwrap_or_default();
        Subject::new(self.text(self.entry.log), folded)
    }

    /// The `same_…` and `different_…` tests against the current event (rules 5.4).
    pub(super) fn qualifies(&self, event: &Event, same: SameTests) -> bool {
        let entry = self.entry;
        let equal = |at: usize| match (entry.fields[at], event.field(COMPARED[at])) {
            (Some(old), Some(new)) => Some(self.text(old) == new),
            _ => None,
        };
        (!same.same_source_ip || equal(0) == Some(true))
            && (!same.same_id || equal(1) == Some(true))
            && (!same.same_user || equal(2) == Some(true))
            && (!same.same_src_port || equal(3) == Some(true))
            && (!same.same_dst_port || equal(4) == Some(true))
            && (!same.same_location || self.text(entry.hostname) == event.bytes(event.hostname))
            && (!same.different_url || equal(5) == Some(false))
            && (!same.different_srcip || equal(0) == Some(false))
            && (!same.different_srcgeoip || equal(6) == Some(false))
    }
}

/// The values that events must share, for one set of `same_…` tests.
#[derive(Debug)]
pub(super) struct Sameness {
    tests: SameTests,
    /// Keyed, since the values come from the network.
    state: EventHash,
}

/// A hash of the values an event shares with others; events with equal values have equal keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(pub(super) u64);

impl Sameness {
    pub(super) fn new(tests: SameTests) -> Self {
        Self { tests, state: EventHash::default() }
    }

    /// The equality tests of `same`; `None` when it has none.
    pub(super) fn tests_of(same: SameTests) -> Option<SameTests> {
        let equal = SameTests {
            different_url: false,
            different_srcip: false,
            different_srcgeoip: false,
            ..same
        };
        (equal != SameTests::default()).then_some(equal)
    }

    pub(super) fn tests(&self) -> SameTests {
        self.tests
    }

    /// The key of an event; `None` when a field is missing: then nothing equals it.
    pub(super) fn key(&self, event: &Event) -> Option<Key> {
        let SameTests { same_source_ip, same_id, same_user, same_src_port, same_dst_port, .. } =
            self.tests;
        let wanted = [same_source_ip, same_id, same_user, same_src_port, same_dst_port];
        let mut hasher = self.state.build_hasher();
        for (field, _) in COMPARED.iter().zip(wanted).filter(|(_, wanted)| *wanted) {
            hasher.write(event.field(*field)?);
            hasher.write_u8(0xff);
        }
        if self.tests.same_location {
            hasher.write(event.bytes(event.hostname));
        }
        Some(Key(hasher.finish()))
    }
}
