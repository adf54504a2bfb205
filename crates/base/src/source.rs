//! A file a person wrote, kept so that messages can quote it.

use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// Line and column, both from 1, the column in characters; and the line itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line number, from 1.
    pub line: usize,
    /// Column, in characters, from 1.
    pub column: usize,
    /// The text of the line, invalid UTF-8 replaced, without its line end.
    pub text: String,
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
        error: std::io::Error,
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
    /// [`ReadError`] when it cannot be read or is larger than [`limits::CONFIG_FILE_BYTES`].
    pub fn read(path: &Path, shown: &Path) -> Result<Arc<Self>, ReadError> {
        let io = |error| ReadError::Io { path: shown.to_owned(), error };
        let file = std::fs::File::open(path).map_err(io)?;
        let mut text = Vec::new();
        file.take(limits::CONFIG_FILE_BYTES + 1).read_to_end(&mut text).map_err(io)?;
        if text.len() as u64 > limits::CONFIG_FILE_BYTES {
            return Err(ReadError::TooLarge {
                path: shown.to_owned(),
                limit: limits::CONFIG_FILE_BYTES,
            });
        }
        Ok(Self::new(shown, text))
    }

    /// Where a byte offset is.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let (before, after) = self.text.split_at(offset);
        let start = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
        let end = offset + memchr::memchr(b'\n', after).unwrap_or(after.len());
        let lead = self.text.get(start..offset).unwrap_or_default();
        Position {
            line: memchr::memchr_iter(b'\n', before).count() + 1,
            column: String::from_utf8_lossy(lead).chars().count() + 1,
            text: String::from_utf8_lossy(self.text.get(start..end).unwrap_or_default())
                .trim_end_matches('\r')
                .to_owned(),
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
