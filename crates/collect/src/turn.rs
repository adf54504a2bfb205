//! One turn of one input: a bounded amount of reading, so that no input starves the others.

use std::io;

use crate::file::OpenFile;
use crate::notice::Seen;
use crate::start::{Now, Progress};

/// Who is told what is seen.
pub(crate) type Sink<'a> = dyn FnMut(Seen<'_>) + 'a;

/// Most bytes one poll reads, so that one input cannot starve the others (collection 1.1).
pub const TURN_BYTES: u64 = 256 << 10;

/// What one poll reads.
#[derive(Debug)]
pub(crate) struct Turn {
    now: Now,
    pub(crate) progress: Progress,
    pub(crate) failure: Option<io::Error>,
}

impl Turn {
    pub(crate) fn new(now: Now) -> Self {
        Self { now, progress: Progress::default(), failure: None }
    }

    /// Reads a file with what is left of the turn, or with a share of it. Returns whether its end was
    /// reached.
    pub(crate) fn read(
        &mut self,
        file: &mut OpenFile,
        share: u64,
        end: u64,
        chunk: &mut [u8],
        sink: &mut Sink<'_>,
    ) -> bool {
        let budget = TURN_BYTES.saturating_sub(self.progress.bytes) / share;
        match file.read(chunk, (budget, end), self.now, &mut |line| sink(Seen::Line(line))) {
            Ok((bytes, is_end)) => {
                self.progress.bytes += bytes;
                self.progress.is_more |= !is_end;
                is_end
            }
            Err(error) => {
                self.failure = Some(error);
                true
            }
        }
    }
}
