//! A file a person wrote, kept so that messages can quote it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::fcntl::OFlag;

use crate::limits;

/// A byte range in a [`Source`].
pub type Span = Range<usize>;

/// A file as it was read.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as the user would type it.
    pub path: PathBuf,
    /// The whole text, as bytes: nothing says which encoding it has.
    pub text: Vec<u8>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub source: Arc<Source>,
    /// The bytes meant.
    pub span: Span,
}

/// Line and column, both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line number, from 1.
    pub line: usize,
    /// Column, in characters, from 1.
    pub column: usize,
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error("cannot read {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// It is larger than any sane file of its kind.
    #[error("{path} is larger than {limit} bytes: is it the right file?")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit, in bytes.
        limit: u64,
    },
}

/// Opens `path` as `options` say if it is a regular file: never waits for the other end of a pipe, and never
/// begins to read what has no end.
///
/// # Errors
///
/// What the operating system says; [`io::ErrorKind::InvalidInput`] when it is no regular file.
pub fn open_regular(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = options.custom_flags(flags.bits()).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"))
}

impl Source {
    /// A source from memory.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) -> Arc<Self> {
        Arc::new(Self { path: path.into(), text: text.into() })
    }

    /// Reads `path`, known to the user as `shown`.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when it cannot be read, is no regular file, or is larger than
    /// [`limits::CONFIG_FILE_BYTES`].
    pub fn read(path: &Path, shown: &Path) -> Result<Arc<Self>, ReadError> {
        Self::read_limited(path, shown, limits::CONFIG_FILE_BYTES)
    }

    /// The same with a limit of one's own, in bytes.
    ///
    /// # Errors
    ///
    /// As [`Source::read`].
    pub fn read_limited(path: &Path, shown: &Path, limit: u64) -> Result<Arc<Self>, ReadError> {
        let io = |error| ReadError::Io { path: shown.to_owned(), error };
        let file = open_regular(OpenOptions::new().read(true), path).map_err(io)?;
        let mut text = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut text).map_err(io)?;
        if text.len() as u64 > limit {
            return Err(ReadError::TooLarge { path: shown.to_owned(), limit });
        }
        Ok(Self::new(shown, text))
    }

    /// Where a byte offset is.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let start = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
        let lead = before.get(start..).unwrap_or_default();
        Position {
            line: memchr::memchr_iter(b'\n', before).count() + 1,
            column: String::from_utf8_lossy(lead).chars().count() + 1,
        }
    }
}

impl Place {
    /// A place in `source`.
    #[must_use]
    pub fn new(source: &Arc<Source>, span: Span) -> Self {
        Self { source: Arc::clone(source), span }
    }

    /// Line and column of its start.
    #[must_use]
    pub fn position(&self) -> Position {
        self.source.position(self.span.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(path: &Path, limit: u64, expected: &str) {
        let error = Source::read_limited(path, path, limit).expect_err("refused").to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn pipes_devices_and_folders_are_refused_at_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        check_refused(&pipe, 10, "no regular file");
        check_refused(Path::new("/dev/zero"), 10, "no regular file");
        check_refused(folder.path(), 10, "no regular file");
    }

    #[test]
    fn a_file_may_be_as_long_as_the_limit() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), b"12345").expect("written");
        let source = Source::read_limited(file.path(), file.path(), 5).expect("read");
        assert_eq!(source.text, b"12345");
        check_refused(file.path(), 4, "larger than 4 bytes");
    }
}
