//! An alert as text.
//!
//! ```text
//! Event, decoder, rule, id, date ─▶ Alert ─┬▶ text       alerts.log                    (rules 10.1)
//!                                          ├▶ custom     custom_alert_output           (rules 10.3)
//!                                          ├▶ json       alerts.json                   (rules 10.6)
//!                                          └▶ terminal   for a person's eyes
//! EventFacts, the same without a rule ─────┬▶ archive    archives.log, archives.json   (rules 10.4, 10.7)
//!                                          ├▶ firewall   firewall.log                  (rules 10.5)
//!                                          └▶ tester     what ossec-logtest prints     (decoding 11.2)
//! ```
//!
//! Writers append to a caller's buffer and allocate nothing once it has grown. They borrow everything: an
//! [`Alert`] lives as long as its event is in the engine.
//!
//! What a stranger wrote must not look like what we write; the module `safe` says how. In the dialects the bytes of
//! the original come out instead.
//!
//! Not here: files and their rotation, mail, syslog and database forms (`output`), deciding anything
//! (`rules`).

pub mod archive;
pub mod custom;
pub mod date;
pub mod facts;
pub mod firewall;
pub mod json;
mod number;
mod safe;
pub mod terminal;
pub mod tester;
pub mod text;

pub use date::{Calendar, LocalDate};
pub use facts::{Alert, AlertId, EventFacts, RuleFacts};
