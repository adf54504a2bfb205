//! Deciding whether text matches.
//!
//! ```text
//! text of a pattern + Language ─▶ Pattern            OS_Regex, OS_Match (sregex), PCRE2: one type
//! Pattern + Subject            ─▶ yes/no, end offset, captures
//! word match, address lists, CDB lists: the smaller languages of rule conditions
//! ```
//!
//! Flows in: patterns from decoder and rule files, subjects from events. Flows out: answers. Time is linear
//! in the subject; what truly needs backtracking runs under a step budget. This crate must never do I/O
//! (lists are handed in as bytes), never panic on any pattern or subject, and never allocate while matching
//! once warm.

pub mod address;
mod automaton;
mod byte_set;
mod captures;
pub mod cdb;
mod character;
mod engine;
mod error;
pub mod explain;
mod first;
mod literals;
mod node;
mod os_match;
mod os_regex;
mod pattern;
mod pcre2;
mod plain;
mod prefix;
mod program;
#[doc(hidden)]
pub mod reference;
mod regular;
mod requirement;
pub mod word;

pub use captures::Captures;
pub use character::has_letters_outside_ascii;
pub use error::PatternError;
pub use pattern::{Language, Options, Pattern};
pub use prefix::PrefixSets;
pub use requirement::{Literal, Requirement};
