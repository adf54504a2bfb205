//! Inputs as they are configured, and what may be wrong with them.

use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bartizan_config::ossec_conf::localfile::{Localfile, LogFormat};
use jiff::tz::TimeZone;

use crate::journal::journalctl;
use crate::record::{Labels, LinePattern, Recipe};
use crate::shape::Shape;
use crate::start::Start;

/// One input, as configured (config 13).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalFile {
    /// `log_format`.
    pub log_format: LogFormat,
    /// `location`: a path, with `*?[` a pattern, with `%` a time; for `journald` `all` or a name.
    pub location: PathBuf,
    /// Where reading begins.
    pub start: Start,
    /// The options of its block.
    pub options: Arc<Localfile>,
}

impl LocalFile {
    /// How its records are made.
    pub(crate) fn recipe(&self, machine: &Machine) -> Recipe {
        let labels = self.options.labels.iter();
        Recipe {
            format: self.log_format,
            pattern: self.options.multiline_regex.as_ref().and_then(LinePattern::of).map(Arc::new),
            labels: Labels::new(labels.map(|(key, value)| (key.as_str(), value.as_str()))),
            hostname: machine.hostname.as_str().into(),
            time_zone: machine.time_zone.clone(),
            shape: Shape::of(&self.options, machine).map(Arc::new),
        }
    }

    /// Whether its events go to analysis: nowhere else do they go yet.
    pub(crate) fn is_analysed(&self) -> bool {
        let targets = &self.options.targets;
        targets.is_empty() || targets.iter().any(|name| name == "agent")
    }
}

/// What inputs need to know about the machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its name, for journal entries without one.
    pub hostname: String,
    /// For names with times and for the journal's lines.
    pub time_zone: TimeZone,
    /// `journalctl`; `None` where it is not installed.
    pub journalctl: Option<PathBuf>,
}

impl Machine {
    /// This machine, of that name.
    #[must_use]
    pub fn new(hostname: impl Into<String>) -> Self {
        Self {
            hostname: hostname.into(),
            time_zone: TimeZone::system(),
            journalctl: journalctl(Path::new("/")),
        }
    }

    /// The address it would speak from; empty if there is none. Nothing is sent to find out.
    pub(crate) fn address(&self) -> String {
        let address = || {
            let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
            // Of the addresses that are set aside for documentation.
            socket.connect("192.0.2.1:9").ok()?;
            Some(socket.local_addr().ok()?.ip().to_string())
        };
        address().unwrap_or_default()
    }
}

/// Why an input is not read, or not as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which of the settings, by number.
    pub setting: usize,
    /// The location, for messages.
    pub location: PathBuf,
    /// What is wrong.
    pub reason: Reason,
}

impl Reason {
    /// Whether the input is not read.
    #[must_use]
    pub fn is_left_out(&self) -> bool {
        !matches!(self, Self::NoMatch | Self::SeenTwice)
    }
}

/// What is wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// There is no command to run.
    #[error("log format \"{0}\" needs a command; the input is left out")]
    NoCommand(LogFormat),
    /// The name is not one that multilog gives.
    #[error("a log of multilog is named PROGRAM/current; the input is left out")]
    NotMultilog,
    /// A format of Windows or macOS.
    #[error("log format \"{0}\" belongs to another system; the input is left out")]
    OtherSystem(LogFormat),
    /// Its events go to sockets, which are not implemented yet.
    #[error("`target` names sockets only, which are not implemented yet; the input is left out")]
    NoTarget,
    /// The same location was given before.
    #[error("the same location was given before; it is read once")]
    Duplicate,
    /// Nothing matches yet.
    #[error("no file matches yet; new files will be read")]
    NoMatch,
    /// There is no `location`.
    #[error("location is missing")]
    NoLocation,
    /// One of its filters cannot be used.
    #[error("one of its filters cannot be used; the block is left out")]
    BadFilter,
    /// It has no filter, others of the journal have.
    #[error("without a filter it adds nothing to the blocks of the journal that have some")]
    NoFilter,
    /// The journal, which is read too, has the same.
    #[error("the journal is read, too: what is in both is seen twice")]
    SeenTwice,
    /// There is no `journalctl`.
    #[error("the journal is read through journalctl, which is not installed")]
    NoJournalctl,
}
