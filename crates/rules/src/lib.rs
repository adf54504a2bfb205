//! Decoded event to verdict: the rule tree and stateful correlation.
//!
//! ```text
//! rule files ─▶ load ─▶ RuleSet (rules, nodes, correlation lists)         once, at start and reload
//! Event      ─▶ walk ─▶ the one rule that fired                            pure conditions, then
//!                └─▶ correlate (History, first time seen, ignore lists)    the four with side effects
//! ```
//!
//! Flows in: decoded events and the time, handed in with each event. Flows out: a verdict. This crate must
//! never read a clock or a file, never format an alert, and never know how an event was decoded.

pub mod condition;
pub mod correlate;
pub mod load;
pub mod options;
pub mod rule;
pub mod test;
pub mod walk;

pub use condition::{
    CompiledRule, Condition, Correlation, DaySet, ListField, ListLookup, Lookup, SameTests, Search,
    Test, TextField, TimeRange,
};
pub use correlate::State;
pub use options::RuleOptions;
pub use rule::{IgnoreKeys, Info, InfoKind, ListIndex, Node, NodeIndex, Rule, RuleIndex, RuleSet};
pub use test::LocalTime;
pub use walk::{Decision, Forest, NoObserver, Surroundings, WalkObserver};
