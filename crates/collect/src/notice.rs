//! What happens to an input apart from its lines.

use std::io;
use std::path::Path;
use std::time::Duration;

use bartizan_config::ossec_conf::localfile::LogFormat;

use crate::line::Line;

/// What an input yields: a line, or something worth telling.
#[derive(Debug)]
pub enum Seen<'a> {
    /// The next line.
    Line(Line<'a>),
    /// A fact about the input. Each is told when it begins, not again while it lasts.
    Notice(Notice),
}

/// A fact about an input.
#[derive(Debug)]
pub enum Notice {
    /// The file is being read, from this byte on.
    Opened {
        /// Offset of the first byte read.
        from: u64,
    },
    /// The name belongs to another file now; the old one is still read to its end.
    Rotated,
    /// The file is shorter than what was read of it: it is read from its start.
    Truncated,
    /// What was read is no longer in the file, which is not shorter: it was truncated and written again, and
    /// is read from its start.
    Rewritten,
    /// There is no file of that name. It is waited for.
    Missing,
    /// The file cannot be opened or looked at. It is tried again.
    Unreadable(io::Error),
    /// Reading failed. It is tried again at the same byte.
    ReadFailed(io::Error),
    /// The name belongs to something that is no file.
    NotAFile(Kind),
    /// The file is there again.
    Back,
    /// The same file is already read under another name.
    Duplicate,
    /// Bytes of a rotated file were given up: there were too many rotated files at once.
    Lost {
        /// How many.
        bytes: u64,
    },
    /// So many bytes came while nothing was read, and were skipped: that is more than the settings want.
    Skipped {
        /// How many.
        bytes: u64,
    },
    /// The file was not changed for longer than the settings want; it is read when it is.
    TooOld,
    /// The file is no text, which the settings want.
    Binary,
    /// Lines have not the form of their log format and were left out.
    Unfit {
        /// How many since the last time.
        lines: u64,
        /// The log format.
        format: LogFormat,
    },
    /// More files match the pattern than are read.
    TooManyFiles {
        /// How many are read.
        limit: usize,
    },
    /// An input that is a process ended; it is started again.
    Ended(String),
    /// Entries of the journal were removed before they were read: those between these times, in
    /// microseconds since 1970.
    EntriesLost {
        /// Of the last entry that was read.
        after: i64,
        /// Of the next one that was; `None` if there is none yet.
        before: Option<i64>,
    },
    /// A command took longer than this and was ended.
    TimedOut(Duration),
    /// A command could not be run, or did not end well. Told when it is not as the last time.
    CommandFailed(String),
    /// A command wrote more than is used of it.
    OutputCut,
}

/// What stands where a file was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A device.
    Device,
}

impl Kind {
    /// As it is called in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Directory => "a directory",
            Self::Fifo => "a named pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
        }
    }
}

/// Where events about inputs come from, as rules know it (collection 7.1).
pub const OWN_LOCATION: &str = "ossec-logcollector";

impl Notice {
    /// The event about it, for the location [`OWN_LOCATION`]: OSSEC's rules 591 and 592 expect two of them.
    #[must_use]
    pub fn event_text(&self, path: &Path) -> Option<String> {
        let path = path.display();
        match self {
            Self::Rotated => Some(format!("ossec: File rotated (inode changed): '{path}'.")),
            Self::Truncated | Self::Rewritten => {
                Some(format!("ossec: File size reduced (inode remained): '{path}'."))
            }
            Self::Unfit { lines, format } => Some(format!(
                "ossec: Events lost: {lines} from '{path}' (not of the log format {format})."
            )),
            Self::EntriesLost { .. } => Some(format!(
                "ossec: Events lost: unknown number from '{path}' (removed before they were read)."
            )),
            Self::TimedOut(_) => Some(format!("ossec: command timed out: '{path}'.")),
            _ => None,
        }
    }

    /// One sentence for the program's own log, without the name of the input.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Opened { from: 0 } => "reading from its start".into(),
            Self::Opened { from } => format!("reading from byte {from}"),
            Self::Rotated => "rotated".into(),
            Self::Truncated => "became shorter, reading from its start".into(),
            Self::Rewritten => "was written anew, reading from its start".into(),
            Self::Missing => "does not exist, waiting for it".into(),
            Self::Unreadable(error) => format!("cannot be opened: {error}"),
            Self::ReadFailed(error) => format!("cannot be read: {error}"),
            Self::NotAFile(kind) => format!("is {}, not a file", kind.name()),
            Self::Back => "is there again".into(),
            Self::Duplicate => "is the same file as another one, which is read".into(),
            Self::Lost { bytes } => {
                format!("rotated too often at once, {bytes} bytes were not read")
            }
            Self::Skipped { bytes } => {
                format!("{bytes} bytes came while nothing was read, and are skipped")
            }
            Self::TooOld => "was not changed for longer than `age`, waiting for a change".into(),
            Self::Binary => "is no text, and not read".into(),
            Self::Unfit { lines, format } => {
                format!("{lines} lines are not of the log format {format} and were left out")
            }
            Self::TooManyFiles { limit } => {
                format!("matches more than {limit} files, the others are not read")
            }
            Self::Ended(reason) => format!("ended, starting it again: {reason}"),
            Self::EntriesLost { after, before } => {
                let time = |time: i64| jiff::Timestamp::from_microsecond(time).unwrap_or_default();
                let before = before.map(|before| format!(" and before {:.0}", time(before)));
                let before = before.unwrap_or_default();
                let after = time(*after);
                format!("entries after {after:.0}{before} were removed before they were read")
            }
            Self::TimedOut(after) => {
                format!("took longer than {} s and was ended", after.as_secs())
            }
            Self::CommandFailed(how) => how.clone(),
            Self::OutputCut => "wrote more than is used of a command's output".into(),
        }
    }
}
