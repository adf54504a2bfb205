//! Lines that wait to be written to a file, for who has files.

use bartizan_base::limits;

/// Lines to be written. Empty until it is started: who drains it must say so.
#[derive(Debug, Default)]
pub(super) struct Journal {
    is_kept: bool,
    lines: Vec<u8>,
    dropped: u64,
}

impl Journal {
    pub(super) fn start(&mut self) {
        self.is_kept = true;
    }

    pub(super) fn add(&mut self, line: &[u8]) {
        if !self.is_kept {
            return;
        }
        if self.lines.len() + line.len() < limits::JOURNAL_BYTES {
            self.lines.extend_from_slice(line);
            self.lines.push(b'\n');
        } else {
            self.dropped += 1;
        }
    }

    /// Lines that there was no room for: no file will have them.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.lines)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_that_nobody_drains_does_not_grow() {
        let mut journal = Journal::default();
        journal.add(b"line");
        assert!(journal.is_empty(), "nobody asked for it");
        journal.start();
        for _ in 0..=limits::JOURNAL_BYTES / 1_024 {
            journal.add(&[b'x'; 1_024]);
        }
        assert!(journal.take().len() <= limits::JOURNAL_BYTES);
        assert!(journal.dropped() > 0);
    }
}
