//! Where alerts go.
//!
//! ```text
//! text of an alert ─▶ DatedFile     logs/alerts/2026/Nov/ossec-alerts-25.log, linked as logs/alerts/alerts.log
//! ```
//!
//! Flows in: alerts as text, with their date. Flows out: bytes on disk. This crate must never decide whether
//! an alert is worth writing, and never lose one silently: what cannot be written is reported and counted.

mod dated_file;
mod day;
mod kind;

pub use dated_file::{DatedFile, WriteError};
pub use day::Day;
pub use kind::Kind;
