//! Reading every file an OSSEC installation has.
//!
//! ```text
//! Source ─▶ xml::read ─▶ Document (elements with byte positions) ─▶ typed sections ─▶ Configuration
//! ```
//!
//! Flows in: files as bytes. Flows out: typed structures, and diagnostics that point at the characters they
//! are about. This crate must never decide what a configuration does, and never stop at the first mistake.

pub mod internal_options;
pub mod ossec_conf;
pub mod xml;

pub use ossec_conf::Configuration;
