//! A bounded number of events with their bytes, oldest first.
//!
//! ```text
//! recent  every event that fired, one number after the other
//! kept    events that left it because there was no room, and that a rule can still count: numbers with gaps
//! ```

use std::collections::VecDeque;

use super::remembered::{Remembered, Seen};
use super::ring::Ring;

/// Events, by their rising numbers.
#[derive(Debug)]
pub(super) struct Store {
    events: VecDeque<Remembered>,
    ring: Ring,
    most_bytes: usize,
}

/// Events that room is made for at the beginning, at most.
const ROOM: usize = 65_536;

impl Store {
    /// An empty store for so many events, and of at most so many bytes of text.
    pub(super) fn new(events: usize, most_bytes: usize) -> Self {
        // Pages that are not touched take no memory.
        let events = VecDeque::with_capacity(events.min(ROOM));
        Self { events, ring: Ring::default(), most_bytes }
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// The newest event.
    pub(super) fn newest(&self) -> Option<&Remembered> {
        self.events.back()
    }

    /// The oldest event.
    pub(super) fn oldest(&self) -> Option<&Remembered> {
        self.events.front()
    }

    /// Bytes of texts, and the room there is for more.
    pub(super) fn bytes(&self) -> usize {
        self.ring.capacity()
    }

    /// Bytes that texts may take.
    pub(super) fn most_bytes(&self) -> usize {
        self.most_bytes
    }

    /// Makes room for a text of that length; false when the oldest events must leave first. An empty store has
    /// room for any.
    pub(super) fn has_room(&mut self, len: usize) -> bool {
        if self.ring.has_room(len) {
            return true;
        }
        let size = self.ring.size_for(len);
        let fits = size <= self.most_bytes || self.events.is_empty();
        if fits {
            self.resize(size);
        }
        fits
    }

    /// Adds an event, newer than all, whose text has two parts. There must be room.
    pub(super) fn push(&mut self, mut entry: Remembered, first: &[u8], second: &[u8]) {
        entry.piece = self.ring.push(first, second).unwrap_or_default();
        self.events.push_back(entry);
    }

    /// Takes the oldest event out and writes its text to `bytes`, if somebody wants it.
    pub(super) fn pop(&mut self, bytes: Option<&mut Vec<u8>>) -> Option<Remembered> {
        let oldest = self.events.pop_front()?;
        if let Some(bytes) = bytes {
            bytes.clear();
            bytes.extend_from_slice(self.ring.get(oldest.piece));
        }
        self.ring.pop(oldest.piece, self.events.front().map(|entry| entry.piece));
        Some(oldest)
    }

    /// Gives memory back that a flood of long events took.
    pub(super) fn shrink(&mut self) {
        if let Some(size) = self.ring.size_if_idle() {
            self.resize(size);
        }
    }

    fn resize(&mut self, size: usize) {
        self.ring.resize(size, self.events.iter_mut().map(|entry| &mut entry.piece));
    }

    /// All events, oldest first.
    pub(super) fn all(&self) -> impl Iterator<Item = Seen<'_>> {
        self.events.iter().map(|entry| Seen { entry, bytes: self.ring.get(entry.piece) })
    }

    /// The event of that number.
    pub(super) fn get(&self, number: u64) -> Option<Seen<'_>> {
        let entry = self.events.get(self.place(number)?)?;
        Some(Seen { entry, bytes: self.ring.get(entry.piece) })
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Remembered> {
        let place = self.place(number)?;
        self.events.get_mut(place)
    }

    fn place(&self, number: u64) -> Option<usize> {
        let first = self.events.front()?.number;
        // Without gaps the number is the place.
        let guess = usize::try_from(number.checked_sub(first)?).ok()?;
        if self.events.get(guess).is_some_and(|entry| entry.number == number) {
            return Some(guess);
        }
        self.events.binary_search_by_key(&number, |entry| entry.number).ok()
    }
}
