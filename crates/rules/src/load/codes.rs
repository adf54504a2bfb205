//! Codes of the messages about rule files, one for each kind of mistake.
//!
//! A code never changes its meaning: editors and scripts tell messages apart by it.

/// The file has no element.
pub const EMPTY_FILE: &str = "R0001";
/// A root element is no `<group>`.
pub const ROOT_ELEMENT: &str = "R0002";
/// A `<group>` has no `name`, or another attribute.
pub const GROUP_ATTRIBUTES: &str = "R0003";
/// A `<group>` has no rule.
pub const EMPTY_GROUP: &str = "R0004";
/// An element of a `<group>` is no `<rule>`.
pub const GROUP_ELEMENT: &str = "R0005";
/// A `<rule>` has no element.
pub const EMPTY_RULE: &str = "R0006";

/// Unknown attribute of `<rule>`.
pub const UNKNOWN_ATTRIBUTE: &str = "R0010";
/// `id` or `level` is missing.
pub const MISSING_ATTRIBUTE: &str = "R0011";
/// An attribute is no number.
pub const NOT_A_NUMBER: &str = "R0012";
/// An attribute has too many digits.
pub const TOO_MANY_DIGITS: &str = "R0013";
/// `overwrite` is neither `yes` nor `no`.
pub const OVERWRITE_VALUE: &str = "R0014";
/// The level is above 16.
pub const LEVEL_ABOVE_16: &str = "R0015";
/// `noalert="0"` and the like turn it on.
pub const NOALERT_VALUE: &str = "R0016";
/// Two rules have one id.
pub const DUPLICATE_ID: &str = "R0017";
/// The rule to be overwritten does not exist.
pub const OVERWRITE_UNKNOWN: &str = "R0018";
/// A template cannot be overwritten.
pub const OVERWRITE_TEMPLATE: &str = "R0019";

/// Unknown element of a rule.
pub const UNKNOWN_ELEMENT: &str = "R0020";
/// Only Wazuh knows it.
pub const WAZUH_ONLY: &str = "R0021";
/// A repeated element of which only the last counts.
pub const REPEATED: &str = "R0023";
/// An attribute without effect.
pub const UNUSED_ATTRIBUTE: &str = "R0024";
/// Elements inside an element without effect.
pub const NESTED: &str = "R0025";
/// A flag with a text, which has no effect.
pub const FLAG_TEXT: &str = "R0026";

/// No decoder has that name.
pub const UNKNOWN_DECODER: &str = "R0030";
/// Unknown category.
pub const UNKNOWN_CATEGORY: &str = "R0031";
/// Unknown option.
pub const UNKNOWN_OPTION: &str = "R0032";
/// Unknown built-in function.
pub const UNKNOWN_FUNCTION: &str = "R0033";
/// Not a range of the day.
pub const TIME: &str = "R0034";
/// Not days of the week.
pub const WEEKDAY: &str = "R0035";
/// `12 am` means different things to OSSEC and to us.
pub const TWELVE_AM: &str = "R0036";
/// `ignore` or `check_if_ignored` names no part of an event.
pub const IGNORE_KEYS: &str = "R0037";
/// Not an address or a network.
pub const ADDRESS: &str = "R0038";
/// `<field>` without `name`.
pub const FIELD_NAME: &str = "R0039";
/// A pattern that is not of its language.
pub const PATTERN: &str = "R0040";
/// A PCRE2 form without effect, because the plain form is there.
pub const PCRE2_UNUSED: &str = "R0041";
/// Too many `<field>` elements.
pub const TOO_MANY_FIELDS: &str = "R0042";
/// No decoder sets that field.
pub const UNKNOWN_FIELD: &str = "R0043";
/// A wrong or missing attribute of `<list>`.
pub const LIST_ATTRIBUTE: &str = "R0044";
/// The list is not declared.
pub const UNKNOWN_LIST: &str = "R0045";
/// Lists that are never looked up.
pub const UNUSED_LIST: &str = "R0046";
/// A wrong attribute of `<info>`.
pub const INFO_TYPE: &str = "R0047";

/// `if_sid` holds something that is no id.
pub const IF_SID: &str = "R0050";
/// The parent does not exist before the rule.
pub const UNKNOWN_PARENT: &str = "R0051";
/// An empty item or 0 in `if_sid`.
pub const EMPTY_PARENT: &str = "R0052";
/// `if_level` is not a level of any rule.
pub const IF_LEVEL: &str = "R0053";
/// No rule before this one has that group.
pub const UNKNOWN_GROUP: &str = "R0054";
/// No template for the category.
pub const NO_TEMPLATE: &str = "R0055";
/// A rule would stand in too many places.
pub const TOO_MANY_NODES: &str = "R0056";
/// A way to find parents that is not used.
pub const UNUSED_PARENT: &str = "R0057";
/// An id that stands twice in `if_sid`.
pub const PARENT_TWICE: &str = "R0058";

/// `frequency`, `same_…` or `different_…` without a search.
pub const NO_SEARCH: &str = "R0060";
/// `if_matched_sid` is no id.
pub const IF_MATCHED_SID: &str = "R0061";
/// The rule that is counted does not exist.
pub const UNKNOWN_COUNTED: &str = "R0062";
/// A search that is not used.
pub const UNUSED_SEARCH: &str = "R0063";
/// A `not_same_…` with nothing to take back.
pub const NOT_SAME_ALONE: &str = "R0064";
/// The composite can never fire.
pub const NEVER_FIRES: &str = "R0065";
/// A test that the dialect never evaluates.
pub const UNEVALUATED: &str = "R0066";
/// An overwrite that says nothing about counting, or is the first to do so.
pub const OVERWRITE_SEARCH: &str = "R0067";
/// No event can meet all conditions of the rule and of those above it.
pub const DEAD_RULE: &str = "R0070";
/// A sibling before it takes every event.
pub const HIDDEN_RULE: &str = "R0071";
/// A pattern that needs backtracking.
pub const BACKTRACKING: &str = "P0001";
/// Too many messages about one file.
pub const MORE_MESSAGES: &str = "R0099";
