//! Decoders of the messages that are no log lines: integrity (type 8), host policy (9) and host information
//! (3) (decoding 9, integrity A7 to A9, B7).
//!
//! ```text
//! message ─▶ parse ─▶ compare with the database of its location ─▶ text of the alert, or silence
//!                              │ append, overwrite
//!                              ▼
//!                       IntegrityStore (files, elsewhere)
//! ```
//!
//! The databases keep the format of OSSEC. Each is read once and then held in memory; what has to be written is
//! asked of the store, which alone knows of files.

mod escape;
mod hostinfo;
mod rootcheck;
mod sum;
mod syscheck;
mod table;
mod text;

use std::io;

use bartizan_base::{Category, DecoderIndex, Deviation, Dialect, Event};

use crate::set::DecoderSet;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Database<'a> {
    /// Files of a location: `queue/syscheck/LOCATION`.
    Syscheck(&'a [u8]),
    /// Findings of a location: `queue/rootcheck/LOCATION`.
    Rootcheck(&'a [u8]),
    /// Open ports of all hosts: `queue/fts/hostinfo`.
    Hostinfo,
}

/// Where the databases are kept. A location never holds a `/` and is never empty.
pub trait IntegrityStore {
    /// The whole database; empty if there is none yet.
    ///
    /// # Errors
    ///
    /// When it exists and cannot be read.
    fn read(&mut self, database: Database<'_>) -> io::Result<Vec<u8>>;

    /// Appends a line, which ends in a line feed.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn append(&mut self, database: Database<'_>, line: &[u8]) -> io::Result<()>;

    /// Replaces the bytes at an offset by as many others.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    fn overwrite(&mut self, database: Database<'_>, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Whether somebody else changed the database since it was last read or written here: it is read again.
    fn is_changed(&mut self, database: Database<'_>) -> bool {
        let _ = database;
        false
    }

    /// A first scan of the location is complete: its marker is due, and the end of a maintenance window that
    /// waits for it.
    ///
    /// # Errors
    ///
    /// When the marker cannot be written.
    fn complete(&mut self, location: &[u8]) -> io::Result<()>;

    /// Whether the marker of the location is there.
    fn is_complete(&mut self, location: &[u8]) -> bool;

    /// Bytes that it takes of the memory; 0 where databases are files.
    fn held_bytes(&self) -> usize {
        0
    }

    /// How often all databases had to begin again, because they were too large for the memory.
    fn forgotten(&self) -> u64 {
        0
    }

    /// Whether changes of the location are accepted silently now (integrity A13).
    fn is_in_maintenance(&mut self, location: &[u8]) -> bool {
        let _ = location;
        false
    }

    /// A file was taken into the database during maintenance, new or changed.
    fn accepted(&mut self, location: &[u8], name: &[u8], is_new: bool) {
        let _ = (location, name, is_new);
    }
}

/// The server's side of the integrity configuration.
#[derive(Clone, Debug)]
pub struct IntegrityOptions {
    /// The dialect.
    pub dialect: Dialect,
    /// Stop reporting a file after its third change: `auto_ignore`.
    pub auto_ignore: bool,
    /// Report files that are new: `alert_new_files`.
    pub alert_new_files: bool,
    /// Names that begin so, in any case of ASCII letters, are left out.
    pub ignore: Vec<Vec<u8>>,
}

impl Default for IntegrityOptions {
    fn default() -> Self {
        Self {
            dialect: Dialect::OURS,
            auto_ignore: true,
            alert_new_files: false,
            ignore: Vec::new(),
        }
    }
}

/// What a message came to.
#[derive(Debug)]
#[must_use]
pub enum Outcome {
    /// An event for rules; its log is the text of the alert.
    Event,
    /// Nothing to report.
    Silent,
    /// It is not of its type's form: to be logged, and counted.
    Invalid,
    /// The database cannot be read or written: to be logged, and counted.
    Failed(io::Error),
}

/// Decoders of the table that are not written in a file.
#[derive(Clone, Copy, Debug, Default)]
struct Decoders {
    rootcheck: DecoderIndex,
    changed: [DecoderIndex; 3],
    new_entry: DecoderIndex,
    deleted: DecoderIndex,
    host_new: DecoderIndex,
    host_modified: DecoderIndex,
}

impl Decoders {
    fn of(set: &DecoderSet) -> Self {
        let index = |name: &str| set.built_in(name).unwrap_or_default();
        Self {
            rootcheck: index("rootcheck"),
            changed: [
                index("syscheck_integrity_changed"),
                index("syscheck_integrity_changed_2nd"),
                index("syscheck_integrity_changed_3rd"),
            ],
            new_entry: index("syscheck_new_entry"),
            deleted: index("syscheck_deleted"),
            host_new: index("hostinfo_new"),
            host_modified: index("hostinfo_modified"),
        }
    }
}

/// The decoders of integrity messages, with their databases.
#[derive(Debug)]
pub struct Integrity {
    options: IntegrityOptions,
    decoders: Decoders,
    syscheck: table::Locations<syscheck::Files>,
    rootcheck: table::Locations<rootcheck::Findings>,
    hostinfo: Option<hostinfo::Hosts>,
}

impl Integrity {
    /// Starts without any database read. `set` tells the decoders' numbers.
    #[must_use]
    pub fn new(set: &DecoderSet, options: IntegrityOptions) -> Self {
        Self {
            options,
            decoders: Decoders::of(set),
            syscheck: table::Locations::default(),
            rootcheck: table::Locations::default(),
            hostinfo: None,
        }
    }

    /// Whether events of this type byte are decoded here, not by the decoders of files.
    #[must_use]
    pub fn decodes(kind: u8) -> bool {
        matches!(kind, b'8' | b'9' | b'3')
    }

    /// Decodes an event of one of the three types, after pre-decoding.
    pub fn decode(&mut self, event: &mut Event, store: &mut dyn IntegrityStore) -> Outcome {
        let result = match event.kind {
            b'8' => self.syscheck(event, store),
            b'9' => self.rootcheck(event, store),
            b'3' => self.hostinfo(event, store),
            _ => return Outcome::Silent,
        };
        result.unwrap_or_else(Outcome::Failed)
    }

    /// Makes `decoder` that of the event.
    fn decided(&self, event: &mut Event, decoder: DecoderIndex) {
        event.decoded.decoder = decoder;
        event.decoded.category = Category::Ossec;
    }

    fn has(&self, deviation: Deviation) -> bool {
        self.options.dialect.has(deviation)
    }
}

/// The location as the name of a database.
///
/// # Errors
///
/// A location with a `/` would be a path, an empty one none, and `.` and `..` are folders: the original fails
/// to open these. Datagrams climb nowhere, but other inputs name their locations as they like.
fn database_name(event: &Event) -> io::Result<Vec<u8>> {
    let location = event.bytes(event.location);
    if matches!(location, b"" | b"." | b"..") || location.contains(&b'/') {
        let message = "the location cannot be the name of a database";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    Ok(location.to_vec())
}
