//! Following the systemd journal through `journalctl` (collection 10).
//!
//! ```text
//! journalctl -f -o export ─▶ pipe, never waited for ─▶ Parser ─▶ Entry ─▶ one line
//! ```
//!
//! When the child ends it is started again, at the last entry that was handed on; if the journal no longer
//! has that entry, the loss is told. Only fields that the journal daemon itself sets identify anything.

mod wanted;

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use bartizan_base::limits;
use jiff::tz::TimeZone;
use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::export::{Entry, Field, Fields, Parser, number, write_line};
use crate::file::FileId;
use crate::line::{Line, LineCounts, cut};
use crate::notice::{Notice, Seen};
use crate::shape::{Shape, Shaper};
use crate::start::{Now, Position, Progress};
use crate::turn::TURN_BYTES;

pub use wanted::Block;
use wanted::Wanted;
pub(crate) use wanted::without_effect;

/// The location of the journal's events, as rules know it.
pub const LOCATION: &str = "journald";

/// How the journal is read.
#[derive(Clone, Debug)]
pub struct JournalOptions {
    /// The program to run.
    pub program: PathBuf,
    /// The folder of journal files; `None` for the machine's own.
    pub folder: Option<PathBuf>,
    /// Which entries are handed on; empty for all.
    pub blocks: Vec<Block>,
    /// The machine's name, for entries that have none.
    pub hostname: String,
    /// In which the lines' times are written.
    pub time_zone: TimeZone,
    /// The form of the lines.
    pub shape: Option<Arc<Shape>>,
}

/// Where `journalctl` is, if it is installed. `PATH` is not asked: it belongs to whoever starts us.
#[must_use]
pub fn journalctl(root: &Path) -> Option<PathBuf> {
    let places = ["usr/bin/journalctl", "bin/journalctl"];
    places.iter().map(|place| root.join(place)).find(|path| path.is_file())
}

/// Follows the journal.
#[derive(Debug)]
pub struct Journal {
    options: JournalOptions,
    running: Option<Running>,
    place: Place,
    retry: Retry,
    counts: LineCounts,
    line: Vec<u8>,
    wanted: Wanted,
    fields: Fields,
    shaper: Option<Shaper>,
    reported: Vec<u8>,
    now: Option<Now>,
}

/// What the position of the journal is called.
const POSITION: &str = "journal:";

#[derive(Debug)]
struct Running {
    child: Child,
    output: File,
    errors: File,
    said: Vec<u8>,
    parser: Parser,
    chunk: Box<[u8]>,
}

/// How far the journal was read.
#[derive(Debug, Default)]
struct Place {
    /// Of the last entry that came.
    cursor: Vec<u8>,
    /// Entries up to this time, in microseconds since 1970, are old.
    time: i64,
    /// The next entry is the first one of this child.
    is_first: bool,
}

#[derive(Debug)]
struct Retry {
    at: Option<Instant>,
    delay: Duration,
    /// Children in a row that ended without an entry.
    failures: u32,
}

const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(60);
/// After so many failures the cursor is taken to be the reason.
const CURSOR_FAILURES: u32 = 3;
/// What is kept of the child's error output.
const SAID_BYTES: usize = 1024;

impl Journal {
    /// Prepares to follow; the first poll starts the child. Entries before `now` are not handed on.
    #[must_use]
    pub fn new(options: JournalOptions, now: Now) -> Self {
        let since = now.wall.duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        let (wanted, fields) = Wanted::of(&options.blocks);
        let shape = options.shape.as_ref().map(Arc::clone);
        Self {
            wanted,
            fields,
            shaper: shape.map(|shape| Shaper::new(shape, LOCATION.as_bytes())),
            reported: Vec::new(),
            now: None,
            options,
            running: None,
            place: Place { time, ..Place::default() },
            retry: Retry { at: None, delay: FIRST_DELAY, failures: 0 },
            counts: LineCounts::default(),
            line: Vec::new(),
        }
    }

    /// Goes on behind the entry that an earlier run handed on last; true if the position is the journal's. To
    /// be called before the first poll.
    pub fn resume(&mut self, position: &Position) -> bool {
        let is_ours = position.path == Path::new(POSITION) && !position.tail.is_empty();
        if is_ours {
            self.place.cursor.clone_from(&position.tail);
            self.place.time = i64::try_from(position.offset).unwrap_or(i64::MAX);
        }
        is_ours
    }

    /// The last entry that was handed on or left out.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        (!self.place.cursor.is_empty()).then(|| Position {
            path: POSITION.into(),
            file: FileId { device: 0, inode: 0 },
            offset: u64::try_from(self.place.time).unwrap_or_default(),
            tail: self.place.cursor.clone(),
            older: Vec::new(),
        })
    }

    /// The same, if it is another one than this gave before.
    pub fn changed_position(&mut self) -> Option<Position> {
        if self.reported == self.place.cursor {
            return None;
        }
        self.reported.clone_from(&self.place.cursor);
        self.position()
    }

    /// What can be waited for.
    #[must_use]
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.running.as_ref().map(|running| running.output.as_fd())
    }

    /// What was handed on so far.
    #[must_use]
    pub fn counts(&self) -> LineCounts {
        self.counts
    }

    /// Reads what is there, a bounded amount. Never waits.
    pub fn poll(&mut self, now: Now, sink: &mut dyn FnMut(Seen<'_>)) -> Progress {
        self.now = Some(now);
        if self.running.is_none() {
            if self.retry.at.is_some_and(|at| now.monotonic < at) {
                return Progress::default();
            }
            match start(&self.options, &self.place.cursor, &self.fields) {
                Ok(running) => self.running = Some(running),
                Err(error) => {
                    sink(Seen::Notice(Notice::Ended(error.to_string())));
                    self.wait_before_retry(now, sink);
                    return Progress::default();
                }
            }
            self.place.is_first = true;
        }
        let mut progress = Progress::default();
        while progress.bytes < TURN_BYTES {
            match self.read(sink) {
                Ok(0) => {
                    self.end(now, None, sink);
                    return progress;
                }
                Ok(bytes) => progress.bytes += bytes as u64,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return progress,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.end(now, Some(error), sink);
                    return progress;
                }
            }
        }
        progress.is_more = true;
        progress
    }

    fn read(&mut self, sink: &mut dyn FnMut(Seen<'_>)) -> io::Result<usize> {
        let Some(running) = &mut self.running else { return Ok(0) };
        // What it says must be taken, or it would wait for that; the last part is kept.
        running.listen();
        let count = running.output.read(&mut running.chunk)?;
        let bytes = running.chunk.get(..count).unwrap_or_default();
        self.counts.bytes += count as u64;
        let (place, retry, counts) = (&mut self.place, &mut self.retry, &mut self.counts);
        let (options, line, wanted) = (&self.options, &mut self.line, &mut self.wanted);
        let (shaper, now) = (&mut self.shaper, self.now);
        let fed = running.parser.feed(bytes, &mut |entry| {
            *retry = Retry { at: None, delay: FIRST_DELAY, failures: 0 };
            if !place.is_new(entry, sink) {
                return;
            }
            counts.lines += 1;
            if !wanted.has(entry) {
                counts.left_out += 1;
                return;
            }
            if write_line(entry, options.hostname.as_bytes(), &options.time_zone, line) {
                let line = match shaper {
                    Some(shaper) => shaper.apply(line, now).unwrap_or_default(),
                    None => line.as_slice(),
                };
                let text = if line.len() > limits::EVENT_BYTES { cut(line) } else { line };
                let is_cut = text.len() < line.len() || entry.is_cut(Field::Message);
                counts.records += 1;
                counts.cut += u64::from(is_cut);
                counts.dropped_bytes += (line.len() - text.len()) as u64;
                let end = u64::try_from(place.time).unwrap_or_default();
                let mut kept = [("", &b""[..]); ATTRIBUTES.len()];
                let fields = attributes(entry, &mut kept);
                sink(Seen::Line(Line { text, end, is_cut, fields, ..Line::default() }));
            }
        });
        fed.map_err(|malformed| io::Error::new(io::ErrorKind::InvalidData, malformed))?;
        Ok(count)
    }

    fn end(&mut self, now: Now, error: Option<io::Error>, sink: &mut dyn FnMut(Seen<'_>)) {
        let Some(mut running) = self.running.take() else { return };
        running.listen();
        let said = String::from_utf8_lossy(&running.said);
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        let reason = match (error, last) {
            (Some(error), _) => error.to_string(),
            (None, Some(last)) => last.to_owned(),
            (None, None) => "it closed its output".to_owned(),
        };
        sink(Seen::Notice(Notice::Ended(reason)));
        self.wait_before_retry(now, sink);
    }

    fn wait_before_retry(&mut self, now: Now, sink: &mut dyn FnMut(Seen<'_>)) {
        self.retry.failures += 1;
        self.retry.at = Some(now.monotonic + self.retry.delay);
        self.retry.delay = (self.retry.delay * 2).min(LONGEST_DELAY);
        if self.retry.failures >= CURSOR_FAILURES && !self.place.cursor.is_empty() {
            self.place.cursor.clear();
            let after = self.place.time;
            sink(Seen::Notice(Notice::EntriesLost { after, before: None }));
        }
    }
}

impl Place {
    /// Whether an entry was not handed on before; the place is moved to it.
    ///
    /// A child starts at the entry of the cursor, or without one at the last entry there is, so that
    /// the first entry is known. `--after-cursor` would skip one unseen entry if that of the cursor is
    /// gone (collection 10.2).
    fn is_new(&mut self, entry: &Entry, sink: &mut dyn FnMut(Seen<'_>)) -> bool {
        let cursor = entry.get(Field::Cursor).unwrap_or_default();
        let time = number(entry, Field::Realtime).unwrap_or(i64::MAX);
        let is_first = std::mem::take(&mut self.is_first);
        let is_new = if !is_first {
            true
        } else if self.cursor.is_empty() {
            time > self.time
        } else if self.cursor == cursor {
            false
        } else {
            let before = (time != i64::MAX).then_some(time);
            sink(Seen::Notice(Notice::EntriesLost { after: self.time, before }));
            true
        };
        self.cursor.clear();
        self.cursor.extend_from_slice(cursor);
        if time != i64::MAX {
            self.time = self.time.max(time);
        }
        is_new
    }
}

/// Fields that go with a line (collection 10.3).
const ATTRIBUTES: [(&str, Field); 6] = [
    ("PRIORITY", Field::Priority),
    ("SYSLOG_FACILITY", Field::Facility),
    ("_SYSTEMD_UNIT", Field::Unit),
    ("_UID", Field::Uid),
    ("_TRANSPORT", Field::Transport),
    ("__CURSOR", Field::Cursor),
];

/// Those of them that the entry has.
fn attributes<'a, 'b>(
    entry: &'a Entry,
    kept: &'b mut [(&'a str, &'a [u8])],
) -> &'b [(&'a str, &'a [u8])] {
    let mut count = 0;
    for (name, field) in ATTRIBUTES {
        if let (Some(value), Some(place)) = (entry.get(field), kept.get_mut(count)) {
            *place = (name, value);
            count += 1;
        }
    }
    kept.get(..count).unwrap_or_default()
}

fn start(options: &JournalOptions, cursor: &[u8], fields: &Fields) -> io::Result<Running> {
    let mut command = Command::new(&options.program);
    command.args(["--follow", "--output=export", "--no-pager", "--quiet"]);
    if let Some(folder) = &options.folder {
        command.arg("--directory").arg(folder);
    }
    match std::str::from_utf8(cursor) {
        Ok(cursor) if !cursor.is_empty() => {
            command.arg("--no-tail").arg(format!("--cursor={cursor}"));
        }
        _ => {
            command.arg("--lines=1");
        }
    }
    command.env_clear().env("LC_ALL", "C.UTF-8").current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let pipes = child.stdout.take().zip(child.stderr.take());
    let pipes = pipes.ok_or_else(|| io::Error::other("the child has no output"));
    let opened = pipes.and_then(|(output, errors)| {
        Ok((without_waiting(output.into())?, without_waiting(errors.into())?))
    });
    match opened {
        Ok((output, errors)) => Ok(Running {
            child,
            output,
            errors,
            said: Vec::new(),
            parser: Parser::new(fields.clone()),
            chunk: vec![0; 64 << 10].into_boxed_slice(),
        }),
        Err(error) => {
            let _ = child.kill();
            let _ = child.wait();
            Err(error)
        }
    }
}

/// The pipe, so that reading never waits.
pub(crate) fn without_waiting(fd: OwnedFd) -> io::Result<File> {
    let flags = OFlag::from_bits_retain(fcntl(&fd, FcntlArg::F_GETFL)?);
    fcntl(&fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(File::from(fd))
}

impl Running {
    fn listen(&mut self) {
        let mut part = [0; 512];
        // Bounded: what is left over is taken the next time.
        for _ in 0..16 {
            let Ok(count @ 1..) = self.errors.read(&mut part) else { return };
            self.said.extend_from_slice(part.get(..count).unwrap_or_default());
            let surplus = self.said.len().saturating_sub(SAID_BYTES);
            self.said.drain(..surplus);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already; waiting for a killed child takes no time.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
