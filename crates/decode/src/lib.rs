//! From a queue message to a decoded event.
//!
//! ```text
//! datagram ─▶ message (split, checks, cleaning) ─▶ predecode (host, program, log)
//!          ─▶ DecoderSet::decode (decoder tree, plugins) or builtin (integrity messages)
//!          ─▶ accumulate, firewall ─▶ an Event with its Decoded part filled, for rules
//! ```
//!
//! Decoding never fails: a log that no decoder knows is an event with the null decoder. Flows in: decoder
//! files as read by `config`, datagrams, lines. Flows out: events. This crate must never do I/O, read a
//! clock, or know what a rule is.

pub mod accumulate;
pub mod builtin;
pub mod evaluate;
pub mod firewall;
mod index;
pub mod load;
pub mod message;
pub mod plugins;
pub mod predecode;
pub mod set;

pub use builtin::{Integrity, IntegrityOptions, IntegrityStore};
pub use evaluate::{Attempt, DecodeObserver, DecodeScratch, Silent};
pub use load::DecoderOptions;
pub use message::{Intake, Message, MessageError, Taken};
pub use plugins::PluginContext;
pub use predecode::predecode;
pub use set::DecoderSet;
