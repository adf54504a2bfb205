//! Fills fields from earlier events of the same id (decoding 10.3).
//!
//! Some logs tell who and from where in different lines that share an id. A decoder with `<accumulate>` says
//! so; what its events lack is taken from those before, for two minutes.

use std::collections::HashMap;

use bartizan_base::limits::MemoryLimits;
use bartizan_base::{DecoderTable, Event, StaticField, Timestamp};

/// The fields that are remembered.
pub const FIELDS: [StaticField; 7] = [
    StaticField::DstUser,
    StaticField::SrcUser,
    StaticField::DstIp,
    StaticField::SrcIp,
    StaticField::DstPort,
    StaticField::SrcPort,
    StaticField::Data,
];

/// How long an entry lives after its last event, in seconds.
const LIFE_SECONDS: i64 = 120;
/// Longest key, in bytes; a longer one is not accumulated.
const KEY_BYTES: usize = 255;
/// Longest value that is copied, in bytes.
const VALUE_BYTES: usize = 80;
/// Lookups between two removals of expired entries.
const PURGE_EVERY: u32 = 200;

#[derive(Clone, Debug, Default)]
struct Entry {
    time: i64,
    values: [Vec<u8>; FIELDS.len()],
}

/// What was seen lately.
#[derive(Clone, Debug)]
pub struct Accumulator {
    /// Most entries. Senders choose ids, so there must be an end; the oldest go first, an eighth at a time.
    most: usize,
    entries: HashMap<Vec<u8>, Entry>,
    lookups: u32,
    evicted: u64,
    key: Vec<u8>,
}

impl Default for Accumulator {
    fn default() -> Self {
        Self::new(MemoryLimits::default().accumulated_ids)
    }
}

impl Accumulator {
    /// Nothing was seen yet; at most so many ids are remembered.
    #[must_use]
    pub fn new(ids: usize) -> Self {
        Self { most: ids.max(1), entries: HashMap::new(), lookups: 0, evicted: 0, key: Vec::new() }
    }

    /// Ids remembered now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Fills what the event lacks and remembers what it has. Whether it is an event to accumulate: its
    /// decoder asks for it, and it has an id.
    pub fn apply(&mut self, event: &mut Event, decoders: &DecoderTable) -> bool {
        let decoder = decoders.info(event.decoded.decoder);
        let Some(id) = event.decoded.field(StaticField::Id).filter(|_| decoder.accumulate) else {
            return false;
        };
        self.key.clear();
        self.key.extend_from_slice(event.bytes(event.hostname));
        self.key.push(b' ');
        self.key.extend_from_slice(&decoder.name);
        self.key.push(b' ');
        self.key.extend_from_slice(event.bytes(id));
        if self.key.len() > KEY_BYTES {
            return false;
        }
        self.make_room(event.time);
        let Timestamp(now) = event.time;
        if !self.entries.contains_key(&self.key) {
            self.entries.insert(self.key.clone(), Entry::default());
        }
        let Some(entry) = self.entries.get_mut(&self.key) else { return false };
        if now.saturating_sub(entry.time) > LIFE_SECONDS {
            *entry = Entry::default();
        }
        entry.time = now;
        for (&field, value) in FIELDS.iter().zip(&mut entry.values) {
            exchange(event, field, value);
        }
        true
    }

    /// How many entries had to go before their time.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    fn make_room(&mut self, Timestamp(now): Timestamp) {
        self.lookups += 1;
        if self.lookups >= PURGE_EVERY || self.entries.len() >= self.most {
            self.lookups = 0;
            self.entries.retain(|_, entry| now.saturating_sub(entry.time) <= LIFE_SECONDS);
        }
        if self.entries.len() < self.most {
            return;
        }
        let leaving = (self.most / 8).max(1);
        let mut times: Vec<i64> = self.entries.values().map(|entry| entry.time).collect();
        let (_, &mut limit, _) = times.select_nth_unstable(leaving - 1);
        let before = self.entries.len();
        let mut left = leaving;
        self.entries.retain(|_, entry| {
            let goes = entry.time <= limit && left > 0;
            left -= usize::from(goes);
            !goes
        });
        self.evicted += (before - self.entries.len()) as u64;
    }
}

/// Fills the field from the entry where the event has nothing, else the entry from the event where it has
/// nothing: what an entry has is never replaced.
fn exchange(event: &mut Event, field: StaticField, value: &mut Vec<u8>) {
    let is_copied = |text: &[u8]| !text.is_empty() && text.len() <= VALUE_BYTES;
    let own = event.field(field).unwrap_or_default();
    if own.is_empty() {
        if !value.is_empty() {
            event.set_field(field, value);
        }
    } else if value.is_empty() && is_copied(own) {
        value.extend_from_slice(own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bartizan_base::{DecoderIndex, DecoderInfo};

    fn decoders() -> DecoderTable {
        let mut table = DecoderTable::default();
        table.infos.push(DecoderInfo {
            name: b"acc".to_vec(),
            accumulate: true,
            ..DecoderInfo::default()
        });
        table
    }

    fn event(at: i64, id: &str, fields: &[(StaticField, &str)]) -> Event {
        let mut event = Event::default();
        event.reset(b'1', b"stdin", b"log", Timestamp(at));
        event.decoded.decoder = DecoderIndex(1);
        event.set_field(StaticField::Id, id.as_bytes());
        for (field, value) in fields {
            event.set_field(*field, value.as_bytes());
        }
        event
    }

    #[test]
    fn a_later_event_gets_what_an_earlier_one_had_for_120_seconds() {
        for (age, expected) in [(119, Some(&b"bob"[..])), (120, Some(b"bob")), (121, None)] {
            let mut accumulator = Accumulator::default();
            let mut first = event(1000, "1", &[(StaticField::DstUser, "bob")]);
            assert!(accumulator.apply(&mut first, &decoders()));
            let mut second = event(1000 + age, "1", &[(StaticField::SrcIp, "10.1.1.1")]);
            accumulator.apply(&mut second, &decoders());
            assert_eq!(second.field(StaticField::DstUser), expected, "{age}");
            let mut other = event(1001, "2", &[]);
            accumulator.apply(&mut other, &decoders());
            assert_eq!(other.field(StaticField::DstUser), None);
        }
    }

    #[test]
    fn what_an_entry_has_is_kept_and_long_values_are_not_copied() {
        let mut accumulator = Accumulator::default();
        let long = "x".repeat(VALUE_BYTES + 1);
        for user in ["ann", "bob", &long] {
            let mut event = event(1000, "1", &[(StaticField::DstUser, user)]);
            accumulator.apply(&mut event, &decoders());
            assert_eq!(event.field(StaticField::DstUser), Some(user.as_bytes()));
        }
        let mut later = event(1001, "1", &[]);
        accumulator.apply(&mut later, &decoders());
        assert_eq!(later.field(StaticField::DstUser), Some(&b"ann"[..]));
    }

    #[test]
    fn times_far_apart_are_no_overflow() {
        let mut accumulator = Accumulator::default();
        for time in [i64::MIN, i64::MAX, i64::MIN].repeat(PURGE_EVERY as usize) {
            assert!(accumulator.apply(&mut event(time, "1", &[]), &decoders()));
        }
    }

    #[test]
    fn ids_without_end_do_not_fill_the_memory() {
        let mut accumulator = Accumulator::new(4_000);
        for id in 0..4_100 {
            let mut event = event(1000 + (id / 1000) as i64, &id.to_string(), &[]);
            accumulator.apply(&mut event, &decoders());
        }
        assert!(accumulator.entries.len() <= 4_000);
        assert_eq!(accumulator.evicted() as usize, 500);
    }
}
