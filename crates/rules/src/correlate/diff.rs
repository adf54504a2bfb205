//! `check_diff` (rules 2.10): has the output changed since last time?

use bartizan_base::{Event, limits::MemoryLimits};

use super::generations::Generations;
use crate::correlate::Lines;

/// A log of this many bytes or more is not compared (rules 2.10 step 1).
const LIMIT_BYTES: usize = 8_192;

/// Where last outputs are kept: one text for each host and rule. The daemon keeps them in files.
pub trait DiffStore {
    /// Reads the text kept for `host` and `rule` into `text`; false when there is none.
    fn load(&mut self, host: &[u8], rule: u32, text: &mut Vec<u8>) -> bool;
    /// Keeps `text`.
    fn save(&mut self, host: &[u8], rule: u32, text: &[u8]);
    /// How much is kept in memory.
    fn kept(&self) -> KeptOutputs {
        KeptOutputs::default()
    }
}

/// What a [`DiffStore`] keeps in memory: zero all, where it keeps files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptOutputs {
    /// Outputs.
    pub outputs: usize,
    /// Outputs at most.
    pub most: usize,
    /// Outputs that had to leave: the next one has nothing to differ from.
    pub evicted: u64,
}

/// Last outputs in memory; the oldest leave when there are too many.
#[derive(Debug)]
pub struct MemoryDiffs {
    kept: Generations<Vec<u8>>,
    /// Rule and host of the output asked for.
    key: Vec<u8>,
}

impl MemoryDiffs {
    /// Nothing kept yet.
    #[must_use]
    pub fn new(limits: &MemoryLimits) -> Self {
        let kept = Generations::new(limits.kept_outputs, limits.kept_output_bytes);
        Self { kept, key: Vec::new() }
    }

    fn set_key(&mut self, host: &[u8], rule: u32) {
        self.key.clear();
        self.key.extend_from_slice(&rule.to_le_bytes());
        self.key.extend_from_slice(host);
    }
}

impl DiffStore for MemoryDiffs {
    fn load(&mut self, host: &[u8], rule: u32, text: &mut Vec<u8>) -> bool {
        self.set_key(host, rule);
        self.kept.touch(&self.key);
        let Some(kept) = self.kept.get(&self.key) else { return false };
        text.clear();
        text.extend_from_slice(kept);
        true
    }

    fn save(&mut self, host: &[u8], rule: u32, text: &[u8]) {
        self.set_key(host, rule);
        self.kept.insert(&self.key, text.to_vec(), text.len());
    }

    fn kept(&self) -> KeptOutputs {
        KeptOutputs {
            outputs: self.kept.len(),
            most: self.kept.most(),
            evicted: self.kept.evicted(),
        }
    }
}

/// Nothing is ever different: the tester of 2.8.3 looks for its state in the wrong place (decoding 15).
#[derive(Debug, Default)]
pub(crate) struct NoDiffs;

impl DiffStore for NoDiffs {
    fn load(&mut self, _host: &[u8], _rule: u32, _text: &mut Vec<u8>) -> bool {
        false
    }

    fn save(&mut self, _host: &[u8], _rule: u32, _text: &[u8]) {}
}

pub(super) fn differs(
    store: &mut dyn DiffStore,
    event: &Event,
    rule: u32,
    before: &mut Vec<u8>,
    context: &mut Lines,
) -> bool {
    let log = event.bytes(event.log);
    let host = host(event);
    // Host and agent names come from the network and become folder names.
    let is_safe = !host.is_empty() && !host.contains(&b'/') && host != b".." && host != b".";
    if log.len() >= LIMIT_BYTES || !is_safe {
        return false;
    }
    // The original compares up to the first NUL.
    let log = log.split(|&b| b == 0).next().unwrap_or_default();
    if !store.load(host, rule, before) {
        store.save(host, rule, log);
        return false;
    }
    if before.as_slice() == log {
        return false;
    }
    store.save(host, rule, log);
    context.clear();
    context.push(b"Previous output:");
    context.push(before);
    true
}

/// The agent's name for agents' events, else the host name.
fn host(event: &Event) -> &[u8] {
    let location = event.bytes(event.location);
    match location.strip_prefix(b"(") {
        Some(rest) => rest.split(|&b| b == b')').next().unwrap_or_default(),
        None => event.bytes(event.hostname),
    }
}
