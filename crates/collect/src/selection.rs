//! Which files are read, and how much of what came while nothing was read (collection 9.1).

use std::fs::Metadata;
use std::time::Duration;

use bartizan_config::ossec_conf::localfile::Localfile;

use crate::start::Now;

/// What the settings say of the files of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Files that were not changed for so long are not read until they are.
    pub age: Option<Duration>,
    /// Files that are no text are not read.
    pub text_only: bool,
    /// If more bytes than this came while nothing was read, they are skipped.
    pub backlog: Option<u64>,
}

impl Selection {
    pub(crate) fn of(options: &Localfile) -> Self {
        let Localfile { age, ignore_binaries, max_size, .. } = *options;
        Self { age, text_only: ignore_binaries, backlog: max_size }
    }

    pub(crate) fn is_too_old(&self, metadata: &Metadata, now: Now) -> bool {
        let since = || now.wall.duration_since(metadata.modified().ok()?).ok();
        self.age.is_some_and(|age| since().is_some_and(|since| since >= age))
    }
}

/// Whether what a file begins with is no text: it has NULs, or is neither ASCII nor UTF-8.
pub(crate) fn is_binary(start: &[u8]) -> bool {
    let is_text = match std::str::from_utf8(start) {
        Ok(_) => true,
        // A character may end after what was looked at.
        Err(error) => error.error_len().is_none(),
    };
    !is_text || memchr::memchr(0, start).is_some()
}
