//! Lines of stored logs, in batches.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use bartizan_analysis::Batch;
use bartizan_base::limits;
use bartizan_collect::line::LOCAL_FILE;
use flate2::bufread::MultiGzDecoder;

use super::log_time::LogTime;
use crate::cli::clock;

/// Lines that travel together: enough to make a wake-up cheap, few enough for the caches.
const BATCH_LINES: usize = 256;
/// Read at once, in bytes.
const READ_BYTES: usize = 256 << 10;
/// Longest line that is held, in bytes; what is longer is cut here, and again by the engine, which says so.
const LINE_BYTES: usize = 2 * limits::EVENT_BYTES;

/// Reads files one after the other.
pub(super) struct Reader {
    files: VecDeque<PathBuf>,
    open: Option<Open>,
    log_time: Option<LogTime>,
    problems: Vec<String>,
    line: Vec<u8>,
}

struct Open {
    name: PathBuf,
    input: Box<dyn BufRead>,
}

impl Reader {
    /// A reader of `files`; with `by_log` lines count as received at their own time stamps.
    pub(super) fn new(files: &[PathBuf], by_log: bool) -> Self {
        Self {
            files: files.iter().cloned().collect(),
            open: None,
            log_time: by_log.then(|| LogTime::new(clock::now())),
            problems: Vec::new(),
            line: Vec::new(),
        }
    }

    /// Files that could not be read, or not to their end.
    pub(super) fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Fills a batch; false when nothing is left.
    pub(super) fn fill(&mut self, batch: &mut Batch) -> bool {
        loop {
            if self.open.is_none() && !self.next_file() {
                return false;
            }
            let Some(open) = &mut self.open else { continue };
            batch.start();
            batch.place(open.name.as_os_str().as_bytes());
            let now = clock::now();
            let mut is_ended = false;
            while batch.len() < BATCH_LINES {
                let log_time = &mut self.log_time;
                let take = |line: &[u8]| {
                    let time = log_time.as_mut().map_or(now, |times| times.next(line));
                    batch.push(LOCAL_FILE, line, time);
                };
                match read_line(&mut *open.input, &mut self.line, take) {
                    Ok(true) => {}
                    Ok(false) => is_ended = true,
                    Err(error) => {
                        self.problems.push(format!("{}: {error}", open.name.display()));
                        is_ended = true;
                    }
                }
                if is_ended {
                    break;
                }
            }
            if is_ended {
                self.open = None;
            }
            if !batch.is_empty() {
                return true;
            }
        }
    }

    /// Opens the next file that can be opened.
    fn next_file(&mut self) -> bool {
        while let Some(name) = self.files.pop_front() {
            match open(&name) {
                Ok(input) => {
                    self.open = Some(Open { name, input });
                    return true;
                }
                Err(error) => self.problems.push(format!("{}: {error}", name.display())),
            }
        }
        false
    }
}

fn open(name: &Path) -> std::io::Result<Box<dyn BufRead>> {
    let plain: Box<dyn Read> = if name == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(name)?)
    };
    let mut input = BufReader::with_capacity(READ_BYTES, plain);
    // A gzip file begins with these two bytes, whatever its name.
    if input.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::with_capacity(READ_BYTES, MultiGzDecoder::new(input))));
    }
    Ok(Box::new(input))
}

/// Hands the next line without its end to `take`, straight from the input's buffer where it stands there whole; false
/// at the end of the input. `held` collects lines that do not.
fn read_line(
    input: &mut dyn BufRead,
    held: &mut Vec<u8>,
    take: impl FnOnce(&[u8]),
) -> std::io::Result<bool> {
    held.clear();
    let mut is_any = false;
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            if is_any {
                take(held);
            }
            return Ok(is_any);
        }
        let end = memchr::memchr(b'\n', chunk);
        let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or(chunk);
        let used = end.map_or(chunk.len(), |end| end + 1);
        if end.is_some() && !is_any && part.len() <= LINE_BYTES {
            take(part.strip_suffix(b"\r").unwrap_or(part));
            input.consume(used);
            return Ok(true);
        }
        is_any = true;
        let room = LINE_BYTES.saturating_sub(held.len());
        held.extend_from_slice(part.get(..room).unwrap_or(part));
        input.consume(used);
        if end.is_some() {
            take(held.strip_suffix(b"\r").unwrap_or(held));
            return Ok(true);
        }
    }
}
