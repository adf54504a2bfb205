//! Codes of the messages about decoder files. A code never changes its meaning.

/// A root element that is no decoder.
pub const NOT_A_DECODER: &str = "D0001";
/// A decoder without a name, or with attributes it cannot have.
pub const DECODER_ATTRIBUTES: &str = "D0002";
/// A decoder without any element.
pub const EMPTY_DECODER: &str = "D0003";
/// An element that decoders do not have.
pub const UNKNOWN_ELEMENT: &str = "D0004";
/// A `type` that does not exist.
pub const UNKNOWN_TYPE: &str = "D0005";
/// A `plugin_decoder` that does not exist.
pub const UNKNOWN_PLUGIN: &str = "D0006";
/// A plugin together with a pattern or an order.
pub const PLUGIN_WITH_PATTERN: &str = "D0007";
/// A decoder that nothing selects: no prematch, program name or parent.
pub const NOTHING_SELECTS: &str = "D0008";
/// A pattern without `order`, or `order` or `fts` without a pattern.
pub const PATTERN_AND_ORDER: &str = "D0009";
/// An offset that does not exist.
pub const UNKNOWN_OFFSET: &str = "D0010";
/// An attribute that the element cannot have.
pub const WRONG_ATTRIBUTE: &str = "D0011";
/// An offset on a later part of a joined pattern.
pub const LATE_OFFSET: &str = "D0012";
/// An offset that has nothing to continue from.
pub const IMPOSSIBLE_OFFSET: &str = "D0013";
/// A name in `order` that is no field.
pub const WRONG_FIELD: &str = "D0014";
/// Too many names in `order`.
pub const TOO_MANY_FIELDS: &str = "D0015";
/// A key that `fts` does not have.
pub const UNKNOWN_FTS_KEY: &str = "D0016";
/// A parent that does not exist (yet), or is a child itself.
pub const WRONG_PARENT: &str = "D0017";
/// A child that repeats a sibling's name and cannot be chained to it.
pub const WRONG_REPETITION: &str = "D0018";
/// A pattern that does not compile.
pub const WRONG_PATTERN: &str = "D0019";
/// Joined parts that are too long together.
pub const TOO_LONG: &str = "D0020";
/// A pattern with more groups than an event can have fields.
pub const TOO_MANY_GROUPS: &str = "D0021";
/// A literal, anchored pattern that has no groups and that the original refuses.
pub const PLAIN_PATTERN: &str = "D0022";
/// More decoders than can be numbered.
pub const TOO_MANY_DECODERS: &str = "D0023";
/// A pattern type that does not exist or is not allowed here.
pub const WRONG_PATTERN_TYPE: &str = "D0024";

/// Warning: an element or attribute without effect.
pub const IGNORED: &str = "D0101";
/// Warning: an earlier sibling without prematch hides this child.
pub const UNREACHABLE: &str = "D0102";
/// Warning: a top-level decoder with children never uses its own pattern.
pub const UNUSED_PATTERN: &str = "D0103";
/// Warning: members of a chain with another decoder between them.
pub const INTERLEAVED_CHAIN: &str = "D0104";
/// Warning: a pattern with `order` but without groups.
pub const NO_GROUPS: &str = "D0105";
/// Warning: a dynamic field whose name is nearly that of a static one.
pub const NEAR_FIELD: &str = "D0106";
/// Warning: more names in `order` than groups in the pattern.
pub const FIELD_COUNT: &str = "D0107";
/// Warning: `srcuser` in `fts` stands for dstuser in this dialect.
pub const FTS_SRCUSER: &str = "D0108";
/// More messages than are shown.
pub const MORE_MESSAGES: &str = "D0099";
