//! Stable codes of the messages about `ossec.conf`.

/// A root element that is not `<ossec_config>`.
pub const UNKNOWN_ROOT: &str = "C0001";
/// A section nobody knows.
pub const UNKNOWN_SECTION: &str = "C0002";
/// An option its section does not have.
pub const UNKNOWN_OPTION: &str = "C0003";
/// A value that is not what was expected.
pub const INVALID_VALUE: &str = "C0004";
/// An option that is needed and missing.
pub const MISSING: &str = "C0005";
/// Options that do not go together.
pub const CONTRADICTION: &str = "C0006";
/// A name that nothing in the file has.
pub const UNDEFINED: &str = "C0007";
/// An attribute, or its value, that is wrong.
pub const INVALID_ATTRIBUTE: &str = "C0008";
/// A file that is named and cannot be read.
pub const MISSING_FILE: &str = "C0009";
/// A pattern that does not compile.
pub const BAD_PATTERN: &str = "C0010";
/// Something that is named twice.
pub const TWICE: &str = "C0011";
/// The configuration itself cannot be read.
pub const UNREADABLE: &str = "C0012";
/// Blanks around a value.
pub const BLANKS: &str = "C0101";
/// An element inside an option.
pub const IGNORED_ELEMENT: &str = "C0102";
/// An attribute nothing looks at.
pub const IGNORED_ATTRIBUTE: &str = "C0103";
/// Something is missing for a part to work.
pub const INCOMPLETE: &str = "C0104";
/// A value that has no effect.
pub const NO_EFFECT_HERE: &str = "C0105";
/// A `!` in an allow list.
pub const NEGATED_ALLOW: &str = "C0106";
/// Several sections that OSSEC does not join.
pub const JOINED: &str = "C0107";
/// A directory that is named and is not there.
pub const MISSING_DIRECTORY: &str = "C0108";
/// An entry of a list of senders that lets more of them in with OSSEC.
pub const WIDER_IN_OSSEC: &str = "C0109";
/// Accepted, but not implemented yet.
pub const NOT_YET: &str = "C0900";
/// Without effect, in OSSEC neither.
pub const NO_EFFECT: &str = "C0901";
/// A section of Wazuh that is ignored.
pub const IGNORED_SECTION: &str = "C0902";
/// More messages than are shown.
pub const MORE_MESSAGES: &str = "C0099";
