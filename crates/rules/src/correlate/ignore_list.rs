//! The ignore list (rules 6.4): lines that `ignore` adds and `check_if_ignored` looks up.
//!
//! Rules communicate through it by selecting the same parts; a line holds no rule id.

use bartizan_base::{Dialect, Event, StaticField};

use super::fingerprints::Fingerprints;
use super::journal::Journal;
use crate::rule::IgnoreKeys;

/// Lines that are ignored. They leave only when there are too many.
#[derive(Debug)]
pub struct IgnoreList {
    lines: Fingerprints,
    journal: Journal,
    /// The original writes a line again each time (rules 6.4).
    repeats: bool,
}

impl IgnoreList {
    /// An empty list of at most so many lines.
    #[must_use]
    pub fn new(dialect: Dialect, lines: usize) -> Self {
        let lines = Fingerprints::new(lines);
        Self { lines, journal: Journal::default(), repeats: dialect != Dialect::OURS }
    }

    /// Collects lines for a file, from now on.
    pub fn keep_journal(&mut self) {
        self.journal.start();
    }

    /// Lines that had to leave because there were too many.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.lines.evicted()
    }

    /// How many lines are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lines known at most.
    #[must_use]
    pub fn most(&self) -> usize {
        self.lines.most()
    }

    /// Lines that there was no room to write down: they will not be ignored after a restart.
    #[must_use]
    pub fn unwritten(&self) -> u64 {
        self.journal.dropped()
    }

    /// Takes in the text of a file, one entry a line.
    pub fn load(&mut self, text: &[u8]) {
        for line in text.split(|&b| b == b'\n') {
            self.lines.insert(line, false);
        }
    }

    /// Lines added since the last call: what the file has to gain. In the dialects of OSSEC every
    /// firing adds its line, known or not. The buffer is emptied.
    pub fn take_fresh(&mut self) -> Vec<u8> {
        self.journal.take()
    }

    /// Whether there is something for [`IgnoreList::take_fresh`] to give.
    #[must_use]
    pub fn has_fresh(&self) -> bool {
        !self.journal.is_empty()
    }

    pub(super) fn contains(&self, line: &[u8]) -> bool {
        self.lines.mark(line).is_some()
    }

    pub(super) fn add(&mut self, line: &[u8]) {
        let is_known = self.lines.touch(line);
        if !is_known {
            self.lines.insert(line, false);
        }
        if !is_known || self.repeats {
            self.journal.add(line);
        }
    }
}

/// Writes the line of an event: eight parts joined by single spaces, unselected ones empty.
pub(super) fn write_line(event: &Event, keys: IgnoreKeys, decoder: &[u8], line: &mut Vec<u8>) {
    let field = |wanted: bool, field| {
        if wanted { event.field(field).unwrap_or_default() } else { &[] }
    };
    let parts: [&[u8]; 8] = [
        if keys.name { decoder } else { &[] },
        field(keys.id, StaticField::Id),
        field(keys.user, StaticField::DstUser),
        field(keys.srcip, StaticField::SrcIp),
        field(keys.dstip, StaticField::DstIp),
        field(keys.data, StaticField::Data),
        &[], // systemname cannot be selected
        if keys.location { event.bytes(event.location) } else { &[] },
    ];
    line.clear();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            line.push(b' ');
        }
        line.extend(part.iter().map(|&b| if b == b'\n' { b' ' } else { b }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_line_is_written_again_only_in_the_dialects() {
        for (dialect, expected) in [(Dialect::OURS, &b"a\n"[..]), (Dialect::OSSEC_4_3, b"a\na\n")] {
            let mut list = IgnoreList::new(dialect, 100);
            list.keep_journal();
            list.add(b"a");
            list.add(b"a");
            assert_eq!(list.take_fresh(), expected);
        }
    }
}
