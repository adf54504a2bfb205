//! PCRE2 elements answer as PCRE2 answers: yes or no, the end of the match, the captures.
//!
//! The original is at hand as a development dependency and only there; it is never part of the program.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod generated;
mod named;
mod oracle;
#[path = "../rulesets/mod.rs"]
mod rulesets;
mod stock;
