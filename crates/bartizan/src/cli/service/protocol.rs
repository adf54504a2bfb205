//! What is said through the control socket: one JSON object a line, requests there and answers back
//! (docs/service.md, docs/schema/status.json).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The socket, below the folder of state.
pub(crate) const SOCKET: &str = "queue/bartizan.sock";

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// How it is going.
    Status,
    /// Read the configuration and the rules again.
    Reload,
    /// End. The connection stays open until the program has ended.
    Stop,
}

/// What is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub(crate) enum Answer {
    /// To [`Request::Status`].
    Status(Box<Status>),
    /// To [`Request::Reload`], when all went well.
    Reloaded(Reloaded),
    /// To [`Request::Stop`].
    Stopping {
        /// The process that is about to end.
        process: u32,
    },
    /// To anything that could not be done.
    Failed {
        /// Why.
        error: String,
        /// What is wrong with the configuration, as `check --json` has it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        diagnostics: Vec<Value>,
    },
}

impl Answer {
    /// Nothing was done.
    pub(crate) fn failed(error: impl Into<String>) -> Self {
        Self::Failed { error: error.into(), diagnostics: Vec::new() }
    }
}

/// A configuration that was taken over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reloaded {
    pub(crate) rules: usize,
    pub(crate) decoders: usize,
    /// Inputs as configured.
    pub(crate) inputs: usize,
    pub(crate) warnings: usize,
    /// How long reading and compiling took, beside everything else.
    pub(crate) load_milliseconds: f64,
    /// How long nothing was analysed.
    pub(crate) pause_milliseconds: f64,
}

/// How it is going.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Status {
    pub(crate) version: String,
    pub(crate) process: u32,
    /// `running`, `reloading` or `stopping`.
    pub(crate) state: String,
    pub(crate) started_at: String,
    pub(crate) uptime_seconds: u64,
    /// How old these figures are; more than a second or two means that it is held up.
    pub(crate) age_seconds: f64,
    pub(crate) home: String,
    /// `null` for the rules it brings along.
    pub(crate) configuration: Option<String>,
    pub(crate) rules: usize,
    pub(crate) decoders: usize,
    pub(crate) threads: usize,
    pub(crate) lines: Lines,
    pub(crate) alerts: u64,
    pub(crate) sources: Vec<SourceStatus>,
    pub(crate) outputs: Vec<OutputStatus>,
    /// As in `replay --summary --json`.
    pub(crate) memory: Value,
    pub(crate) lost: BTreeMap<String, u64>,
    pub(crate) reloads: u64,
    pub(crate) last_reload: Option<LastReload>,
    /// Lines of its own log that nobody took.
    pub(crate) log_lines_lost: u64,
}

/// The account of lines: `read` is the sum of all others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lines {
    pub(crate) read: u64,
    pub(crate) alerted: u64,
    pub(crate) quiet: u64,
    pub(crate) filtered: u64,
    pub(crate) suppressed: u64,
    pub(crate) queued: u64,
    /// By reason.
    pub(crate) dropped: BTreeMap<String, u64>,
}

impl Lines {
    /// Those lost for any reason.
    pub(crate) fn all_dropped(&self) -> u64 {
        self.dropped.values().sum()
    }
}

/// One source of lines.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SourceStatus {
    pub(crate) source: String,
    pub(crate) lines: Lines,
    /// Of files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<Place>,
    /// It has been quiet for far longer than usual.
    #[serde(default)]
    pub(crate) is_silent: bool,
}

/// How far a file was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) offset: u64,
    /// What is there beyond it; `null` where the name belongs to another file now.
    pub(crate) lag_bytes: Option<u64>,
}

/// Where alerts and events go.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct OutputStatus {
    pub(crate) output: String,
    pub(crate) waiting_entries: u64,
    pub(crate) waiting_bytes: u64,
    pub(crate) dropped_entries: u64,
    pub(crate) is_failing: bool,
}

/// The last attempt to take over a configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LastReload {
    pub(crate) at: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    #[serde(flatten)]
    pub(crate) reloaded: Option<Reloaded>,
}

/// A path of a socket that may be longer than the 107 bytes that a socket's address holds: it goes through the folder's
/// descriptor, which must be kept while the address is used.
pub(crate) fn address(path: &Path) -> io::Result<(PathBuf, Option<File>)> {
    const ADDRESS_BYTES: usize = 107;
    if path.as_os_str().as_bytes().len() <= ADDRESS_BYTES {
        return Ok((path.to_owned(), None));
    }
    let folder = File::open(path.parent().unwrap_or(Path::new("/")))?;
    let through = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string());
    Ok((through.join(path.file_name().unwrap_or_default()), Some(folder)))
}

/// Whether a socket stands there; `None` where nothing does. Links are not followed.
pub(crate) fn is_socket(path: &Path) -> io::Result<Option<bool>> {
    match fs::symlink_metadata(path) {
        Ok(data) => Ok(Some(data.file_type().is_socket())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_known_by_their_names_and_nothing_else_is_taken() {
        let read = |text: &str| serde_json::from_str::<Request>(text).ok();
        assert_eq!(read(r#"{"request":"status"}"#), Some(Request::Status));
        assert_eq!(read(r#"{"request":"stop"}"#), Some(Request::Stop));
        for text in [r#"{"request":"halt"}"#, r#"{"reload":1}"#, "[]", "", r#""stop""#] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
