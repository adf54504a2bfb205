//! Every limit that outside data can reach, with what happens there.

/// Longest event, in bytes; longer ones are cut, marked and counted. OSSEC cuts at 6143 (decoding 2.1).
pub const EVENT_BYTES: usize = 65_536;
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
/// Program names whose answers are kept, at most; all are forgotten together beyond, since they come from the
/// network.
pub const PROGRAM_NAMES: usize = 65_536;
/// Longest program name whose answers are kept, in bytes; patterns are asked anew for longer ones.
pub const PROGRAM_NAME_BYTES: usize = 64;
/// Bytes that remembered events take, at most (rules 5.2); the oldest leave beyond.
pub const MEMORY_BYTES: usize = 32 << 20;
/// Keys of `if_fts`, and lines of the ignore list, that are known at most (rules 6); the oldest leave beyond.
pub const KNOWN_KEYS: usize = 1_000_000;
/// Bytes of those keys, and as many of those lines.
pub const KNOWN_KEYS_BYTES: usize = 128 << 20;
/// Bytes of new keys that wait to be written to a file; further ones are known, but not written.
pub const JOURNAL_BYTES: usize = 16 << 20;
/// Outputs that `check_diff` keeps in memory where it keeps no files (rules 2.10), and their bytes.
pub const KEPT_OUTPUTS: usize = 65_536;
/// Bytes of those outputs.
pub const KEPT_OUTPUTS_BYTES: usize = 64 << 20;
/// Bytes of integrity databases in memory where there are no files; beyond, all of them begin again.
pub const MEMORY_DATABASES_BYTES: usize = 256 << 20;
/// Bytes that the plans of rule walks take, at most; all are dropped together beyond and made anew.
pub const PLAN_BYTES: usize = 64 << 20;
/// Places of rules in the rule tree; the configuration is refused beyond. A rule below `n` rules has `n`
/// places, and rules below it again, so that a few `if_level` could ask for any amount of memory.
pub const RULE_NODES: usize = 1 << 20;
