//! Every limit that outside data can reach, with what happens there.

/// Longest event, in bytes; longer ones are cut, marked and counted. OSSEC cuts at 6143 (decoding 2.1).
pub const EVENT_BYTES: usize = 65_536;
/// Objects in objects of a log of JSON whose members are kept; what is deeper is left out and counted, so that every
/// reader of alerts can read them.
pub const MEMBER_DEPTH: usize = 64;
/// Longest line `ossec-logtest` takes as one event, in bytes; used in the dialects (decoding 11.1).
pub const TESTER_LINE_BYTES: usize = 6_135;
/// Longest OS_Regex or OS_Match pattern, in bytes (decoding 4.2); error 3 beyond.
pub const PATTERN_BYTES: usize = 2_048;
/// Captures kept per match (decoding 4.1); further ones are dropped.
pub const CAPTURES: usize = 64;
/// XML text, element and attribute names and values, in bytes: the byte that would be this number fails
/// (decoding 5.6).
pub const XML_TEXT_BYTES: usize = 8_192;
/// XML nesting (decoding 5.6).
pub const XML_DEPTH: usize = 1_024;
/// XML text and names in 2.8, in bytes, counted in the same way (config 2).
pub const XML_TEXT_BYTES_2_8: usize = 2_048;
/// Elements of one XML file; far above any ruleset, and what keeps a crafted file from taking the memory.
pub const XML_ELEMENTS: usize = 2_000_000;
/// Attributes of one XML element; keeps the search for attributes given twice short.
pub const XML_ATTRIBUTES: usize = 1_024;
/// Bytes that replaced variables may add to one XML file; beyond, the file is refused.
pub const XML_EXPANDED_BYTES: usize = 64 << 20;
/// XML variable names, in bytes (decoding 5.7).
pub const XML_VARIABLE_BYTES: usize = 255;
/// Largest configuration, decoder, rule or list file that is read, in bytes.
pub const CONFIG_FILE_BYTES: u64 = 64 << 20;
/// Diagnostics kept for one file; the rest are counted.
pub const DIAGNOSTICS_PER_FILE: usize = 1_000;
/// Longest program name whose answers are kept, in bytes; patterns are asked anew for longer ones.
pub const PROGRAM_NAME_BYTES: usize = 64;
/// Bytes of new keys that wait to be written to a file; further ones are known, but not written, and counted.
pub const JOURNAL_BYTES: usize = 4 << 20;
/// Places of rules in the rule tree; the configuration is refused beyond. A rule below `n` rules has `n`
/// places, and rules below it again, so that a few `if_level` could ask for any amount of memory.
pub const RULE_NODES: usize = 1 << 20;

/// How much is remembered from event to event. Outside data can fill all of it, so each store has a limit; what
/// has been in it longest leaves then, and is counted. Internal options `bartizan.…` set them (docs/memory.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimits {
    /// Events that fired, which composite rules count (rules 5.2). `memory_size` counts where it is more, and
    /// alone where deviation `memory-eviction` is on.
    pub history_events: usize,
    /// Bytes of their texts; a quarter more is for those that are kept because they still count.
    pub history_bytes: usize,
    /// Keys of `if_fts` (rules 6). A key takes about ten bytes, however long it is.
    pub first_seen_keys: usize,
    /// Lines of the ignore list (rules 6.4), which take as much.
    pub ignored_lines: usize,
    /// Ids whose fields are accumulated (decoding 10.3).
    pub accumulated_ids: usize,
    /// Bytes of the plans of rule walks, by each thread; beyond, they are dropped and made anew. 0: as many as
    /// suit the rules ([`MemoryLimits::plan_bytes_for`]).
    pub plan_bytes: usize,
    /// Program names whose answers are kept, by each thread and by the rules; all are forgotten together beyond,
    /// since they come from the network.
    pub program_names: usize,
    /// Outputs that `check_diff` keeps in memory where it keeps no files (rules 2.10).
    pub kept_outputs: usize,
    /// Bytes of those outputs.
    pub kept_output_bytes: usize,
    /// Bytes of integrity databases in memory where there are no files; beyond, all of them begin again.
    pub database_bytes: usize,
}

impl Default for MemoryLimits {
    fn default() -> Self {
        Self {
            history_events: 16_384,
            history_bytes: 16 << 20,
            first_seen_keys: 900_000,
            ignored_lines: 900_000,
            accumulated_ids: 16_384,
            plan_bytes: 0,
            program_names: 8_192,
            kept_outputs: 65_536,
            kept_output_bytes: 16 << 20,
            database_bytes: 64 << 20,
        }
    }
}

impl MemoryLimits {
    /// Bytes that plans may take with so many places of rules: some dozens of plans, each with all of them.
    #[must_use]
    pub fn plan_bytes_for(&self, places: usize) -> usize {
        /// Of a place in all plans.
        const PLACE: usize = 10 << 10;
        const LEAST: usize = 8 << 20;
        match self.plan_bytes {
            0 => LEAST.max(places.saturating_mul(PLACE)),
            bytes => bytes,
        }
    }
}
