//! One open log file: reading on, and noticing that it is no longer what it was.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

use bartizan_base::limits;
use nix::fcntl::OFlag;

use crate::line::{Line, LineBuffer, LineCounts};
use crate::notice::Kind;
use crate::record::Records;
use crate::selection::is_binary;
use crate::start::Now;

/// Which file it is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// Number of the file system.
    pub device: u64,
    /// Number of the file in it.
    pub inode: u64,
}

impl FileId {
    /// The identity that the metadata tell.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// What kind of thing it is, if not one that is read: files and named pipes are.
pub(crate) fn kind(metadata: &Metadata) -> Option<Kind> {
    let file_type = metadata.file_type();
    if file_type.is_file() || file_type.is_fifo() {
        None
    } else if file_type.is_dir() {
        Some(Kind::Directory)
    } else if file_type.is_socket() {
        Some(Kind::Socket)
    } else {
        Some(Kind::Device)
    }
}

/// The last bytes before the offset: if they are no longer there, the file was written anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tail(Vec<u8>);

const TAIL_BYTES: usize = 256;

/// Bytes of a file that tell whether it is text.
const LOOKED_AT: usize = 4096;

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        let bytes = bytes.get(bytes.len().saturating_sub(TAIL_BYTES)..).unwrap_or_default();
        let surplus = (self.0.len() + bytes.len()).saturating_sub(TAIL_BYTES);
        self.0.drain(..surplus.min(self.0.len()));
        self.0.extend_from_slice(bytes);
    }

    /// Whether the bytes before `offset` are these.
    fn is_before(&self, file: &File, offset: u64) -> bool {
        let mut found = [0; TAIL_BYTES];
        let (Some(start), Some(found)) =
            (offset.checked_sub(self.0.len() as u64), found.get_mut(..self.0.len()))
        else {
            return false;
        };
        file.read_exact_at(found, start).is_ok() && found == self.0.as_slice()
    }
}

impl From<&[u8]> for Tail {
    fn from(bytes: &[u8]) -> Self {
        let mut tail = Self::default();
        tail.push(bytes);
        tail
    }
}

/// What became of a file since it was last looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It only grew, if anything.
    None,
    /// It is shorter than the offset.
    Truncated,
    /// The bytes before the offset changed.
    Rewritten,
}

#[derive(Debug)]
pub(crate) struct OpenFile {
    file: File,
    /// A named pipe: what was read is gone, and there are no places in it.
    pub(crate) is_pipe: bool,
    pub(crate) id: FileId,
    /// When it was made, where the file system knows.
    pub(crate) created: Option<SystemTime>,
    /// The next byte to read.
    pub(crate) offset: u64,
    pub(crate) tail: Tail,
    lines: LineBuffer,
    records: Records,
    /// When bytes were last read.
    pub(crate) last_growth: Option<Now>,
    stamp: Stamp,
}

/// Length, modification and change time: if all are the same, nothing happened.
type Stamp = (u64, i64, i64, i64, i64);

fn stamp(metadata: &Metadata) -> Stamp {
    let m = metadata;
    (m.len(), m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec())
}

impl OpenFile {
    /// Opens a file, to be read from its start. Never waits, whatever stands there by now.
    ///
    /// `Ok(Err(kind))` if it is no file.
    pub(crate) fn open(path: &Path, records: Records) -> io::Result<Result<Self, Kind>> {
        // Looked at first, because opening a device can do things.
        let metadata = std::fs::metadata(path)?;
        if let Some(kind) = kind(&metadata) {
            return Ok(Err(kind));
        }
        let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let open = |write| {
            OpenOptions::new().read(true).write(write).custom_flags(flags.bits()).open(path)
        };
        // A pipe that we could write to as well never ends (collection 4.5).
        let is_pipe = metadata.file_type().is_fifo();
        let file = if is_pipe { open(true).or_else(|_| open(false))? } else { open(false)? };
        let metadata = file.metadata()?;
        if metadata.file_type().is_fifo() != is_pipe {
            return Err(io::Error::other("it was exchanged while it was opened"));
        }
        if let Some(kind) = kind(&metadata) {
            return Ok(Err(kind));
        }
        Ok(Ok(Self {
            file,
            is_pipe,
            id: FileId::of(&metadata),
            created: metadata.created().ok(),
            offset: 0,
            tail: Tail::default(),
            lines: LineBuffer::default(),
            records,
            last_growth: None,
            stamp: Stamp::default(),
        }))
    }

    /// Goes to the end. A line that is being written there is read from its start (collection 4.1), but not
    /// handed on before something is added to it.
    pub(crate) fn go_to_end(&mut self) -> io::Result<()> {
        self.go_to(self.length()?)
    }

    /// Goes to a byte; in the middle of a line the line's start waits as if it had just been read.
    pub(crate) fn go_to(&mut self, offset: u64) -> io::Result<()> {
        if self.is_pipe {
            return Ok(());
        }
        let window = limits::EVENT_BYTES.min(usize::try_from(offset).unwrap_or(usize::MAX));
        let mut before = vec![0; window];
        self.file.read_exact_at(&mut before, offset - window as u64)?;
        self.offset = offset;
        self.tail = Tail::from(before.as_slice());
        match memchr::memrchr(b'\n', &before) {
            Some(newline) => {
                self.lines.preload(before.get(newline + 1..).unwrap_or_default(), offset);
            }
            None if window as u64 == offset => self.lines.preload(&before, offset),
            None => self.lines.skip_line(offset),
        }
        Ok(())
    }

    /// Goes on where another reader stopped, if the file still is what that one read.
    pub(crate) fn resume(&mut self, offset: u64, tail: Tail) -> bool {
        if self.is_pipe || !tail.is_before(&self.file, offset) {
            return false;
        }
        self.offset = offset;
        self.tail = tail;
        if offset == 0 || self.tail.0.last() == Some(&b'\n') {
            self.lines.restart(offset);
        } else if self.is_in_cut_line() {
            self.lines.skip_line(offset);
        } else {
            self.lines.go_on_in_line(offset);
        }
        true
    }

    /// Whether what is before the offset is a line so long that it was cut there.
    fn is_in_cut_line(&self) -> bool {
        let mut before = vec![0; limits::EVENT_BYTES];
        let Some(start) = self.offset.checked_sub(before.len() as u64) else { return false };
        // A hole is no line (see `LineBuffer`).
        self.file.read_exact_at(&mut before, start).is_ok()
            && memchr::memchr(b'\n', &before).is_none()
            && before.iter().any(|&byte| byte != 0)
    }

    pub(crate) fn length(&self) -> io::Result<u64> {
        if self.is_pipe {
            return Ok(u64::MAX);
        }
        Ok(self.file.metadata()?.len())
    }

    /// Whether what it begins with is no text; of what is not read yet nobody knows.
    pub(crate) fn is_binary(&self) -> bool {
        let mut start = [0; LOOKED_AT];
        let count = if self.is_pipe { 0 } else { self.file.read_at(&mut start, 0).unwrap_or(0) };
        is_binary(start.get(..count).unwrap_or_default())
    }

    /// Whether no name leads to it any more.
    pub(crate) fn is_deleted(&self) -> bool {
        self.file.metadata().is_ok_and(|metadata| metadata.nlink() == 0)
    }

    /// When it was last written to.
    pub(crate) fn modified(&self) -> Option<SystemTime> {
        self.file.metadata().ok()?.modified().ok()
    }

    /// Looks whether what was read is still there (collection 4.3, rule 4).
    pub(crate) fn change(&mut self) -> io::Result<Change> {
        if self.is_pipe {
            return Ok(Change::None);
        }
        let metadata = self.file.metadata()?;
        if metadata.len() < self.offset {
            return Ok(Change::Truncated);
        }
        let stamp = stamp(&metadata);
        if stamp == self.stamp {
            return Ok(Change::None);
        }
        self.stamp = stamp;
        let is_same = self.tail.is_before(&self.file, self.offset);
        Ok(if is_same { Change::None } else { Change::Rewritten })
    }

    /// Starts anew at byte 0; what waited is handed on, since its rest never comes.
    pub(crate) fn restart(&mut self, sink: &mut dyn FnMut(Line<'_>)) {
        self.end(sink);
        self.lines.restart(0);
        self.offset = 0;
        self.tail = Tail::default();
    }

    /// Hands on the line that waits for its newline and the record that waits for its lines: nothing more
    /// comes.
    pub(crate) fn end(&mut self, sink: &mut dyn FnMut(Line<'_>)) {
        self.flush_line(sink);
        self.records.flush(sink);
    }

    /// Hands on what waited long enough; the line without its newline, if nothing came for `patience`.
    pub(crate) fn expire(
        &mut self,
        now: Now,
        patience: Option<Duration>,
        sink: &mut dyn FnMut(Line<'_>),
    ) {
        let quiet = |last: Now| now.monotonic.saturating_duration_since(last.monotonic);
        if patience.is_some_and(|patience| self.last_growth.map(quiet) >= Some(patience)) {
            self.flush_line(sink);
        }
        self.records.expire(now, sink);
    }

    /// Hands on the line that waits for its newline, unless all of it is older than the reading.
    fn flush_line(&mut self, sink: &mut dyn FnMut(Line<'_>)) {
        if let Some(last_growth) = self.last_growth {
            let records = &mut self.records;
            self.lines.flush(&mut |line| records.line(line, last_growth, sink));
        }
    }

    /// What was done with the bytes read.
    pub(crate) fn counts(&self) -> LineCounts {
        let mut counts = self.lines.counts();
        counts += self.records.counts();
        counts
    }

    /// Reads at most about `budget` bytes and nothing from byte `end` on. Returns how many bytes, and whether
    /// there is no more to read before `end`.
    pub(crate) fn read(
        &mut self,
        chunk: &mut [u8],
        (budget, end): (u64, u64),
        now: Now,
        sink: &mut dyn FnMut(Line<'_>),
    ) -> io::Result<(u64, bool)> {
        let mut total = 0;
        while total < budget {
            let left = usize::try_from(end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
            let wanted = left.min(chunk.len());
            let wanted = chunk.get_mut(..wanted).unwrap_or_default();
            let read = match self.is_pipe {
                true => (&self.file).read(wanted),
                false => self.file.read_at(wanted, self.offset),
            };
            let count = match read {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let part = chunk.get_mut(..count).unwrap_or_default();
            if part.is_empty() {
                if total == 0 {
                    self.lines.shrink();
                }
                return Ok((total, true));
            }
            if !self.is_pipe {
                self.tail.push(part);
            }
            self.offset += count as u64;
            self.last_growth = Some(now);
            total += count as u64;
            let records = &mut self.records;
            self.lines.feed(part, &mut |line| records.line(line, now, sink));
        }
        Ok((total, self.offset >= end))
    }

    /// Offset up to which everything was handed on.
    pub(crate) fn consumed(&self) -> u64 {
        self.records.held_from().unwrap_or_else(|| self.lines.consumed())
    }

    /// End of the last line that is done with, and the bytes before it.
    pub(crate) fn delivered(&self) -> (u64, Vec<u8>) {
        let offset = self.consumed();
        let start = offset.saturating_sub(TAIL_BYTES as u64);
        let mut tail = vec![0; usize::try_from(offset - start).unwrap_or_default()];
        match self.file.read_exact_at(&mut tail, start) {
            Ok(()) => (offset, tail),
            Err(_) => (offset, Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::record::Recipe;

    #[test]
    fn after_a_read_error_reading_goes_on_at_the_same_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, "1\n2\n").unwrap();
        let records = Records::new(&Recipe::default(), &path);
        let mut file = OpenFile::open(&path, records).unwrap().unwrap();
        let mut lines = Vec::new();
        let mut read = |file: &mut OpenFile, end| {
            let (mut chunk, limits) = ([0; 8], (u64::MAX, end));
            file.read(&mut chunk, limits, Now::read(), &mut |line| lines.push(line.text.to_vec()))
        };
        assert_eq!(read(&mut file, 2).unwrap(), (2, true));
        // It cannot be read through a handle that was opened for writing.
        let closed = OpenOptions::new().append(true).open(&path).unwrap();
        let open = std::mem::replace(&mut file.file, closed);
        assert!(read(&mut file, u64::MAX).is_err());
        assert_eq!(file.consumed(), 2);
        file.file = open;
        assert_eq!(read(&mut file, u64::MAX).unwrap(), (2, true));
        assert_eq!(lines, [b"1", b"2"]);
    }
}
