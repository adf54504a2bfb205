//! What a host sees, as lines: followed files, the output of commands, the journal.
//!
//! ```text
//! discover ─┐
//! settings ─┴▶ Sources ─┬▶ Follower (a file by its name) ─▶ OpenFile ─▶ LineBuffer ─┐
//!                       │                                                   Records ┤
//!                       ├▶ Command (sh -c, every so often)                          ┤
//!                       └▶ Journal (journalctl)          ─▶ export   ─▶ entry text ─┴▶ Seen
//!              Wait: sleeps until a file changes
//! ```
//!
//! Flows in: settings and the time. Flows out: lines and notices, through the caller's function. Nothing
//! here prints or starts a thread. Time comes with each poll (`Now::read` reads the clocks for whoever polls;
//! the age of rotated files is compared with it); a poll never waits and does a bounded amount of work.
//! The process that collects needs rights that others do not, so this crate never interprets what it reads.

mod command;
pub mod discover;
mod export;
mod file;
pub mod follow;
mod glob;
mod group;
pub mod journal;
mod ledger;
pub mod line;
pub mod notice;
pub mod record;
pub mod selection;
mod settings;
pub mod shape;
mod siblings;
pub mod sources;
pub mod start;
mod turn;
pub mod watch;

pub use command::COMMAND_TIMEOUT;
pub use file::FileId;
pub use follow::Follower;
pub use ledger::Shared;
pub use line::{Line, LineCounts};
pub use notice::{Notice, Seen};
pub use sources::{LocalFile, Sources};
pub use start::{Now, Older, Patience, Position, Progress, Start};
pub use turn::TURN_BYTES;
