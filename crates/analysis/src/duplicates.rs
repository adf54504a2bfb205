//! Duplicate suppression (rules 4.2): a text equal to one of the last three distinct ones is not analysed.

use bartizan_base::{Category, Deviation, Dialect, Event};

/// How many distinct texts are remembered.
const REMEMBERED: usize = 3;

/// The last distinct texts.
#[derive(Debug)]
pub(crate) struct Duplicates {
    texts: [Option<Remembered>; REMEMBERED],
    next: usize,
    across_locations: bool,
}

#[derive(Debug, Default)]
struct Remembered {
    text: Vec<u8>,
    location: Vec<u8>,
}

impl Duplicates {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            texts: [const { None }; REMEMBERED],
            next: 0,
            across_locations: dialect.has(Deviation::DuplicatesAcrossLocations),
        }
    }

    /// Whether the event repeats one of the last texts; otherwise it pushes out the oldest. A repetition
    /// does not refresh its place.
    pub(crate) fn is_duplicate(&mut self, event: &Event) -> bool {
        if event.decoded.category != Category::Syslog {
            return false;
        }
        let (text, location) = (event.bytes(event.full_log), event.bytes(event.location));
        let equals = |known: &Remembered| {
            known.text == text && (self.across_locations || known.location == location)
        };
        if self.texts.iter().flatten().any(equals) {
            return true;
        }
        let Some(slot) = self.texts.get_mut(self.next) else { return false };
        let slot = slot.get_or_insert_default();
        slot.text.clear();
        slot.text.extend_from_slice(text);
        slot.location.clear();
        slot.location.extend_from_slice(location);
        self.next = (self.next + 1) % REMEMBERED;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bartizan_base::Timestamp;

    fn survivors(dialect: Dialect, input: &[(&str, &str)]) -> Vec<String> {
        let mut duplicates = Duplicates::new(dialect);
        let mut event = Event::default();
        let mut kept = Vec::new();
        for (location, text) in input {
            event.reset(b'1', location.as_bytes(), text.as_bytes(), Timestamp(0));
            if !duplicates.is_duplicate(&event) {
                kept.push((*text).to_owned());
            }
        }
        kept
    }

    #[test]
    fn a_duplicate_does_not_refresh_its_place() {
        let lines = ["same", "same", "1", "same", "2", "3", "same", "3", "4"];
        let input: Vec<(&str, &str)> = lines.iter().map(|&line| ("f", line)).collect();
        assert_eq!(survivors(Dialect::OURS, &input), ["same", "1", "2", "3", "same", "4"]);
    }

    #[test]
    fn equal_texts_of_two_places_are_one_event_only_in_the_dialects() {
        let input = [("a", "same"), ("b", "same")];
        assert_eq!(survivors(Dialect::OURS, &input).len(), 2);
        assert_eq!(survivors(Dialect::OSSEC_4_3, &input).len(), 1);
    }
}
