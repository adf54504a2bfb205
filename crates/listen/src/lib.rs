//! What other machines send, as events: syslog over UDP, TCP and TLS.
//!
//! ```text
//! datagrams ─────────────────▶ Reader ─┐                     ┌▶ memory ─┐
//! connections ─▶ Splitter ───▶ Reader ─┴▶ Event ─▶ Intake ───┼▶ disk ───┴▶ Listener::poll
//! strangers ─▶ counted                                       └▶ dropped: counted and told
//! └──────────────────────── one thread ────────────────────────────────┘   └ whoever analyses ┘
//! ```
//!
//! Flows in: settings, and what comes from the network. Flows out: events and notices, through the caller's function.
//! Nothing here prints. One thread receives, for all sockets and connections together, so that a burst of datagrams is
//! taken from the kernel while events are analysed; it is the only place that reads clocks. This crate never interprets
//! what it receives further than the standards for syslog do, and it knows of everything it received what became of it.

mod connections;
pub mod counts;
mod endpoint;
pub mod frame;
mod intake;
pub mod listener;
pub mod message;
pub mod notice;
mod queue;
mod receiver;
mod record;
pub mod rfc5424;
pub mod settings;
mod spool;
mod strangers;
mod stream;
pub mod tls;
mod udp;

pub use counts::{Counts, Loss};
pub use listener::Listener;
pub use notice::{Event, Notice, Seen};
pub use settings::{Limits, Setting, Settings, Surroundings, Transport};
pub use tls::Identity;
