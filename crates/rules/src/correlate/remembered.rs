//! An event that fired, as later events see it.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use bartizan_base::{Category, Event, StaticField, Subject, Text, limits};

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

/// An event that fired.
#[derive(Debug)]
pub(super) struct Remembered {
    raw: Vec<u8>,
    folded: Vec<u8>,
    pub(super) time: i64,
    pub(super) mark: u16,
    pub(super) rule: RuleIndex,
    pub(super) category: Category,
    full_log: Text,
    log: Text,
    hostname: Text,
    fields: [Option<Text>; COMPARED.len()],
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            raw: Vec::new(),
            folded: Vec::new(),
            time: 0,
            mark: 0,
            rule: RuleIndex(0),
            category: Category::Syslog,
            full_log: Text::default(),
            log: Text::default(),
            hostname: Text::default(),
            fields: [None; COMPARED.len()],
        }
    }
}

/// Least room of a buffer that holds anything, in bytes: buffers go from event to event, and one that fits
/// nearly every line need not grow again.
const ROOM_BYTES: usize = 512;

fn copy(text: &[u8], buffer: &mut Vec<u8>) {
    buffer.clear();
    if buffer.capacity() < text.len() {
        buffer.reserve_exact(text.len().next_power_of_two().max(ROOM_BYTES));
    }
    buffer.extend_from_slice(text);
}

impl Remembered {
    /// Takes an event in; the buffers of whatever was here are used again.
    pub(super) fn fill(&mut self, event: &Event, mark: u16, rule: RuleIndex, keep_folded: bool) {
        let (raw, folded) = event.buffers();
        copy(raw, &mut self.raw);
        copy(if keep_folded { folded } else { &[] }, &mut self.folded);
        self.time = event.time.0;
        self.mark = mark;
        self.rule = rule;
        self.category = event.decoded.category;
        self.full_log = event.full_log;
        self.log = event.log;
        self.hostname = event.hostname;
        self.fields = COMPARED.map(|field| event.decoded.field(field));
    }

    /// Bytes its buffers take.
    pub(super) fn buffer_bytes(&self) -> usize {
        self.raw.capacity() + self.folded.capacity()
    }

    /// Makes large buffers smaller before they wait for the next event. What is in them is lost.
    pub(super) fn shrink(&mut self) {
        for buffer in [&mut self.raw, &mut self.folded] {
            buffer.clear();
            buffer.shrink_to(limits::SPARE_BYTES);
        }
    }

    fn bytes(&self, text: Text) -> &[u8] {
        self.raw.get(text.range()).unwrap_or_default()
    }

    /// The line for an alert's context.
    pub(super) fn full_log(&self) -> &[u8] {
        self.bytes(self.full_log)
    }

    /// The log, for `if_matched_regex`.
    pub(super) fn log(&self) -> Subject<'_> {
        let folded = self.folded.get(self.log.range()).unwrap_or_default();
        Subject::new(self.bytes(self.log), folded)
    }

    /// The `same_…` and `different_…` tests against the current event (rules 5.4).
    pub(super) fn qualifies(&self, event: &Event, same: SameTests) -> bool {
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

/// The values that events must share, for one set of `same_…` tests.
#[derive(Debug)]
pub(super) struct Sameness {
    tests: SameTests,
    /// Keyed, since the values come from the network.
    state: RandomState,
}

/// A hash of the values an event shares with others; events with equal values have equal keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(pub(super) u64);

impl Sameness {
    pub(super) fn new(tests: SameTests) -> Self {
        Self { tests, state: RandomState::new() }
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
