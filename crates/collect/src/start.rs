//! What a follower is told: the time, where to start, how long to wait.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use crate::command::COMMAND_TIMEOUT;
use crate::file::FileId;

/// What time it is.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// For durations.
    pub monotonic: Instant,
    /// For comparison with the times of files.
    pub wall: SystemTime,
}

impl Now {
    /// Reads both clocks.
    #[must_use]
    pub fn read() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    /// The same moment, later.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        Self { monotonic: self.monotonic + time, wall: self.wall + time }
    }
}

/// Where reading a file begins that is there at the first look. Files that appear later are always read
/// from their beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// What is there already is not read.
    #[default]
    End,
    /// All of it is read.
    Beginning,
    /// Reading goes on where it stopped.
    At(Position),
}

/// How patient a follower is.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// After this time without growth a line without newline is handed on, marked; `None` for never.
    pub incomplete: Option<Duration>,
    /// A rotated file is kept open at least so long …
    pub rotated: Duration,
    /// … and until it has not grown for this long.
    pub quiet: Duration,
    /// A deleted file is kept open until it has not grown for this long: its writer may still have it open.
    pub deleted: Duration,
    /// A command that runs longer is ended.
    pub command: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            incomplete: Some(Duration::from_secs(5)),
            rotated: Duration::from_secs(60),
            quiet: Duration::from_secs(10),
            deleted: Duration::from_secs(300),
            command: COMMAND_TIMEOUT,
        }
    }
}

/// What a poll did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub bytes: u64,
    /// There is more to read at once; the turn was over.
    pub is_more: bool,
}

/// How far an input was read, to be kept across restarts (collection 4.6).
///
/// Of a command it tells when it ran last: the path is `command:` with the command line, the offset seconds
/// since 1970, the tail whether there was output. Of the journal it is the last entry: the path is `journal:`,
/// the offset the entry's time in microseconds since 1970, the tail its cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The name it was read under.
    pub path: PathBuf,
    /// Which file it was.
    pub file: FileId,
    /// End of the last line that was handed on.
    pub offset: u64,
    /// The bytes before the offset, to recognise the file by.
    pub tail: Vec<u8>,
    /// Files that had the name before and are still read, oldest first.
    pub older: Vec<Older>,
}

/// How far a file was read that lost its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Older {
    /// Which file it is.
    pub file: FileId,
    /// End of the last line that was handed on.
    pub offset: u64,
    /// The bytes before the offset.
    pub tail: Vec<u8>,
}
