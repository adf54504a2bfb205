//! Where alerts go.
//!
//! ```text
//! text of an alert ─▶ DatedFile     logs/alerts/2026/Nov/ossec-alerts-25.log, linked as logs/alerts/alerts.log
//! an ended day     ─▶ seal_before   its .sum and .blocks, then .gz; what is too old goes
//!                     verify        whether all of it is as it was, and which bytes are not
//! ```
//!
//! Flows in: alerts as text, with their date. Flows out: bytes on disk. This crate must never decide whether
//! an alert is worth writing, and never lose one silently: what cannot be written is reported and counted. What
//! takes long (sealing, verifying) asks after each piece whether to go on, so whoever calls sets the pace.

mod dated_file;
mod day;
mod kind;
mod seal;
mod survey;

pub use dated_file::{DatedFile, WriteError};
pub use day::Day;
pub use kind::Kind;
pub use seal::{
    Done, Finding, Keeping, Pace, Problem, SealError, Series, last_sealed, seal_before, verify,
};
