//! Words every part of Bartizan shares.
//!
//! ```text
//! Source ─▶ readers ─▶ (value, Vec<Diagnostic>)          what a person wrote, and what is wrong with it
//! Event  ─▶ decode  ─▶ Decoded ─▶ rules ─▶ verdict       one log line on its way through the engine
//! Dialect                                                which of OSSEC's oddities are reproduced
//! ```
//!
//! Flows in: nothing. Flows out: types. This crate must never do I/O apart from [`source`],
//! start a thread, read a clock, or depend on another crate of the workspace.

pub mod decoder;
pub mod diagnostic;
pub mod dialect;
pub mod event;
pub mod field;
pub mod hash;
pub mod limits;
pub mod source;
pub mod suggest;
pub mod text;

pub use decoder::{Category, DecoderId, DecoderIndex, DecoderInfo, DecoderTable, FtsKeys};
pub use diagnostic::{Diagnostic, Severity};
pub use dialect::{Deviation, Dialect, Flavour};
pub use event::{Decoded, Event, FileChange, FileState, Member, MemberValue, Timestamp};
pub use field::{FieldName, FieldNames, Named, StaticField};
pub use hash::{EventHash, EventMap};
pub use source::{Place, Source, Span};
pub use text::{Subject, Text};
