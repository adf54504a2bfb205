//! The engine: decoders and rules as one machine.
//!
//! ```text
//! configuration files ─▶ Ruleset (compiled once, shared)
//! Input (kind, location, text, time) ─▶ Engine ─▶ Report: the rule that fired, whether to alert
//!         clean ─ pre-decode ─ decode ─ firewall ─ duplicates ─ accumulate ─ statistics ─ walk ─ decide ─ remember
//! ```
//!
//! This is the one place that knows both `decode` and `rules`; the tester, the daemon, replays and tests all
//! call it, so there is no second engine to disagree with the first. Flows in: lines with the time at which
//! they were taken in. Flows out: reports. This crate must never read a clock, format an alert or do I/O
//! while analysing. Files are read only while a rule set is loaded (`files`).

mod counters;
mod databases;
mod duplicates;
mod engine;
mod files;
mod front;
mod lints;
mod pipeline;
mod plan;
#[cfg(test)]
mod random;
mod reach;
mod report;
mod ruleset;
mod statistics;
mod swap;
mod touched;

pub use counters::{Counters, Store, Unit};
pub use databases::MemoryDatabases;
pub use engine::{Engine, Input, Role};
pub use pipeline::{Batch, PipelineError};
pub use report::{Class, Loss, Report, Silence};
pub use ruleset::{Ruleset, RulesetFiles, Settings};
pub use statistics::{AverageFile, Excess, Statistics, StatisticsOptions, Totals};
