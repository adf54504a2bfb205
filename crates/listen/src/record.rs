//! Events as bytes, one behind the other: in memory and on the disk.
//!
//! ```text
//! length of the text (4) │ listener (2) │ priority (2) │ marks (1) │ length of the location (1) │ location │ text
//! ```

use crate::notice::Event;

/// An event, where it comes from, and who received it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// Number of the listener.
    pub(crate) listener: u16,
    /// At most 255 bytes.
    pub(crate) location: &'a [u8],
    pub(crate) event: Event<'a>,
}

const HEADER_BYTES: usize = 10;
const NO_PRIORITY: u16 = u16::MAX;
const CUT: u8 = 1;
const INCOMPLETE: u8 = 2;

impl Record<'_> {
    /// Bytes it takes.
    pub(crate) fn size(&self) -> usize {
        HEADER_BYTES + self.location.len() + self.event.text.len()
    }

    pub(crate) fn append_to(&self, out: &mut Vec<u8>) {
        let Event { text, priority, is_cut, is_incomplete } = self.event;
        let location = self.location.get(..usize::from(u8::MAX)).unwrap_or(self.location);
        // Both are bounded where they are made.
        let text_bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let location_bytes = u8::try_from(location.len()).unwrap_or(u8::MAX);
        let marks = u8::from(is_cut) * CUT + u8::from(is_incomplete) * INCOMPLETE;
        out.extend_from_slice(&text_bytes.to_le_bytes());
        out.extend_from_slice(&self.listener.to_le_bytes());
        out.extend_from_slice(&priority.unwrap_or(NO_PRIORITY).to_le_bytes());
        out.extend_from_slice(&[marks, location_bytes]);
        out.extend_from_slice(location);
        out.extend_from_slice(text);
    }
}

/// Takes the first record off; `None` if the bytes do not hold a whole one.
pub(crate) fn first(bytes: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let (text_bytes, rest) = bytes.split_first_chunk::<4>()?;
    let (listener, rest) = rest.split_first_chunk::<2>()?;
    let (priority, rest) = rest.split_first_chunk::<2>()?;
    let (&[marks, location_bytes], rest) = rest.split_first_chunk::<2>()?;
    let (location, rest) = rest.split_at_checked(usize::from(location_bytes))?;
    let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*text_bytes) as usize)?;
    let priority = u16::from_le_bytes(*priority);
    let event = Event {
        text,
        priority: (priority != NO_PRIORITY).then_some(priority),
        is_cut: marks & CUT != 0,
        is_incomplete: marks & INCOMPLETE != 0,
    };
    Some((Record { listener: u16::from_le_bytes(*listener), location, event }, rest))
}

/// All records, one after the other.
pub(crate) fn all(mut bytes: &[u8]) -> impl Iterator<Item = Record<'_>> {
    std::iter::from_fn(move || {
        let (record, rest) = first(bytes)?;
        bytes = rest;
        Some(record)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_they_were_written() {
        let event =
            |text, priority, is_cut, is_incomplete| Event { text, priority, is_cut, is_incomplete };
        let records = [
            Record { listener: 0, location: b"10.0.0.1", event: event(b"", None, false, false) },
            Record {
                listener: 700,
                location: b"fd00::2",
                event: event(b"a\0b", Some(191), true, false),
            },
            Record { listener: 1, location: b"", event: event(&[7; 70_000], Some(0), false, true) },
        ];
        let mut bytes = Vec::new();
        for record in &records {
            let before = bytes.len();
            record.append_to(&mut bytes);
            assert_eq!(bytes.len() - before, record.size());
        }
        assert_eq!(all(&bytes).collect::<Vec<_>>(), records);
        bytes.pop();
        assert_eq!(all(&bytes).count(), 2);
    }
}
