//! Cuts the header off a log line and reads host and program from it (decoding 3).
//!
//! ```text
//! Dec 29 10:00:01 host prog[12]: hello
//! └── format ───┘ └ syslog ────┘ └ log
//!     fixed bytes   name bytes
//! ```
//!
//! Formats are told apart by single bytes at fixed positions and by nothing else, as rule sets expect: no
//! month name, digit or range is checked. Nothing is copied: the results are ranges of the event's text.

mod asl;
mod format;
mod syslog;

use bartizan_base::{Deviation, Dialect, Event, Text};

use format::Format;
pub(crate) use syslog::NAME_BYTES;

/// What a header says: ranges in the text it was read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) hostname: Option<Text>,
    pub(crate) program_name: Option<Text>,
    pub(crate) log: Text,
}

impl Header {
    /// A text without host or program: what is left is the log.
    fn only_log(start: usize, end: usize) -> Self {
        Self { hostname: None, program_name: None, log: Text::new(start, end) }
    }
}

/// Sets the log, host name and program name of an event that was just reset.
///
/// `server_name` stands in where a header names no host: the machine's name up to its first dot, or
/// `ossec-server` if it cannot be determined. Integrity messages (types 8, 9, 3) are left whole unless the
/// deviation `integrity-messages` is on.
pub fn predecode(event: &mut Event, dialect: Dialect, server_name: &[u8]) {
    let base = event.full_log.start as usize;
    let is_integrity = matches!(event.kind, b'8' | b'9' | b'3');
    let hostname = if is_integrity && !dialect.has(Deviation::IntegrityMessages) {
        event.log = event.full_log;
        None
    } else {
        let header = read(event.bytes(event.full_log), dialect);
        event.log = header.log.moved(base);
        event.program_name = header.program_name.map(|name| name.moved(base));
        header.hostname.map(|name| name.moved(base))
    };
    // For an agent it is the location itself, whatever the header says (decoding 3.6): the same range, so
    // that alerts can tell that both are one.
    event.hostname = match hostname {
        _ if event.is_from_agent() => event.location,
        Some(hostname) => hostname,
        None => event.append(server_name),
    };
}

/// Reads the header of `text`.
pub(crate) fn read(text: &[u8], dialect: Dialect) -> Header {
    let length = text.len();
    match format::recognise(text, dialect) {
        Some(Format::Syslog(cut)) => syslog::read(text, cut, dialect),
        Some(Format::Cut(cut)) => Header::only_log(cut.min(length), length),
        Some(Format::Asl) => asl::read(text),
        None => Header::only_log(0, length),
    }
}

#[cfg(test)]
mod tests;
