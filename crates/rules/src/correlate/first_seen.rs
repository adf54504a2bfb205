//! First time seen (rules 6.1 to 6.3).

use std::collections::VecDeque;

use bartizan_base::{Category, DecoderInfo, Event, FtsKeys, StaticField, limits::MemoryLimits};

use super::fingerprints::Fingerprints;
use super::journal::Journal;
use crate::options::RuleOptions;

/// Longest key, in bytes (rules 6.2).
const KEY_BYTES: usize = 255;

/// IDS lines with a long common prefix after which the prefix alone is the key (rules 6.3).
const SIMILAR_LINES: usize = 3;

/// Keys that were seen. Marked are those of the file, which the original may have written.
#[derive(Debug)]
pub struct FirstSeen {
    known: Fingerprints,
    recent_ids: VecDeque<Vec<u8>>,
    journal: Journal,
}

impl Default for FirstSeen {
    fn default() -> Self {
        Self::new(MemoryLimits::default().first_seen_keys)
    }
}

impl FirstSeen {
    /// No key yet, and at most so many.
    #[must_use]
    pub fn new(keys: usize) -> Self {
        let known = Fingerprints::new(keys);
        Self { known, recent_ids: VecDeque::new(), journal: Journal::default() }
    }

    /// Takes in the text of a file of keys, one a line.
    pub fn load(&mut self, text: &[u8]) {
        for line in text.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
            self.known.insert(line, true);
        }
    }

    /// Collects new keys for a file, from now on.
    pub fn keep_journal(&mut self) {
        self.journal.start();
    }

    /// Keys that had to leave because there were too many.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.known.evicted()
    }

    /// Keys stored since the last call, one a line: what the file has to gain. The buffer is emptied.
    pub fn take_fresh(&mut self) -> Vec<u8> {
        self.journal.take()
    }

    /// Whether there is something for [`FirstSeen::take_fresh`] to give.
    #[must_use]
    pub fn has_fresh(&self) -> bool {
        !self.journal.is_empty()
    }

    /// How many keys are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Keys known at most.
    #[must_use]
    pub fn most(&self) -> usize {
        self.known.most()
    }

    /// Keys that there was no room to write down: they will be new again after a restart.
    #[must_use]
    pub fn unwritten(&self) -> u64 {
        self.journal.dropped()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.len() == 0
    }

    /// Whether the file has `key`. Keys of the original say dstuser where ours say srcuser; what it has seen
    /// stays seen (rules 6.2).
    pub(super) fn file_has(&self, key: &[u8]) -> bool {
        self.known.mark(key) == Some(true)
    }

    /// Stores `key`; true when it was not known before.
    pub(super) fn record(&mut self, key: &[u8], category: Category, options: &RuleOptions) -> bool {
        if self.known.touch(key) {
            return false;
        }
        let mut stored = key;
        if category == Category::Ids {
            let similar = |line: &&Vec<u8>| common_prefix(line, key) > options.fts_prefix_bytes;
            if self.recent_ids.iter().rev().filter(similar).take(SIMILAR_LINES).count()
                == SIMILAR_LINES
            {
                stored = key.get(..options.fts_prefix_bytes).unwrap_or(key);
            }
            if self.recent_ids.len() >= options.fts_list_size {
                self.recent_ids.pop_front();
            }
            self.recent_ids.push_back(stored.to_vec());
            if self.known.touch(stored) {
                return false;
            }
        }
        self.known.insert(stored, false);
        self.journal.add(stored);
        true
    }
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// Writes the key of an event for a decoder that declares `fts` (rules 6.2). The loader has already turned
/// `srcuser` into dstuser where the dialect wants that.
pub(super) fn write_key(event: &Event, info: &DecoderInfo, fts: FtsKeys, key: &mut Vec<u8>) {
    use StaticField::{Data, DstIp, DstUser, Id, SrcIp, SrcUser, SystemName};
    key.clear();
    key.extend_from_slice(&info.name);
    for field in [Id, DstUser, SrcUser, SrcIp, DstIp, Data, SystemName] {
        key.push(b' ');
        if fts.has(FtsKeys::of(field)) {
            key.extend_from_slice(event.field(field).unwrap_or_default());
        }
    }
    key.push(b' ');
    if fts.has(FtsKeys::LOCATION) {
        key.extend_from_slice(event.bytes(event.location));
    }
    key.truncate(KEY_BYTES);
    // A key is a line of a file: a line feed that our dialect leaves in an event must not split it.
    for byte in key.iter_mut().filter(|byte| **byte == b'\n') {
        *byte = b' ';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lines_with_a_long_common_prefix_become_one_key() {
        let mut seen = FirstSeen::default();
        let options = RuleOptions::default();
        let mut first = |n: u32| {
            let key = format!("snort common prefix of all {n}");
            seen.record(key.as_bytes(), Category::Ids, &options)
        };
        let answers: Vec<bool> = (0..10).map(&mut first).collect();
        assert_eq!(answers, [true, true, true, true, false, false, false, false, false, false]);
    }

    /// rules 6.2: the keys of the original, which have dstuser for srcuser, are read beside ours.
    #[test]
    fn what_the_original_wrote_under_its_own_key_is_seen() {
        let mut seen = FirstSeen::default();
        seen.load(b"tst  bob     \n");
        assert!(seen.file_has(b"tst  bob     "));
        assert!(seen.record(b"tst  eve     ", Category::Syslog, &RuleOptions::default()));
        assert!(!seen.file_has(b"tst  eve     "), "what an event stored is one of our keys");
    }

    #[test]
    fn what_was_stored_is_handed_out_once_for_the_file() {
        let mut seen = FirstSeen::default();
        seen.keep_journal();
        seen.load(b"old key\n\n");
        let options = RuleOptions::default();
        assert!(!seen.record(b"old key", Category::Syslog, &options));
        assert!(seen.record(b"new key", Category::Syslog, &options));
        assert_eq!(seen.take_fresh(), b"new key\n");
        assert!(!seen.has_fresh());
    }
}
