//! Events that wait on the disk, for when memory holds as many as it may.
//!
//! ```text
//! append ─▶ 00000007.events, 00000008.events, …  ─▶ read ─▶ commit: what is done with is deleted
//!           position: how far it is done with
//! ```
//!
//! What was written survives the end of the process, however it ends: it is read again from where the last commit
//! was, so some events may come twice, but none is lost. (Against the machine itself failing nothing is done:
//! waiting for the disk would lose more.) What earlier runs left comes first.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::queue::BLOCK_BYTES;
use crate::record::{self, Record};

/// A place in the spool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    segment: u64,
    offset: u64,
}

/// Files are this part of what the spool may hold, so that space comes back in time.
const SEGMENTS: u64 = 32;
/// Length and checksum before each record.
const FRAME_BYTES: usize = 8;
/// Longest record: an event, its location and header, and something to spare.
const RECORD_BYTES: usize = 80 << 10;

/// The folder.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    /// Bytes that files may take.
    limit: u64,
    segments: VecDeque<Segment>,
    /// The last segment, if it is written to.
    writer: Option<File>,
    /// The segment that is read.
    reader: Option<(u64, File)>,
    /// What is appended and not written yet.
    pending: Vec<u8>,
    read: Mark,
    committed: Mark,
    next_number: u64,
}

#[derive(Debug, Default)]
struct Segment {
    number: u64,
    bytes: u64,
    /// By listener, how many of its records were not read yet; empty for those of earlier runs.
    unread: Vec<u64>,
    is_earlier: bool,
}

/// Why an event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// What one reading yields.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// How far the spool is read with it.
    pub(crate) mark: Mark,
    /// By listener, how many were read.
    pub(crate) read: Vec<u64>,
    /// How many were read that earlier runs left; they belong to no listener.
    pub(crate) earlier: u64,
    /// By listener, how many were lost because they cannot be read.
    pub(crate) damaged: Vec<u64>,
    /// The same of earlier runs: how many places could not be read.
    pub(crate) damaged_earlier: u64,
}

impl Spool {
    /// Opens or makes the folder.
    ///
    /// # Errors
    ///
    /// If it cannot be made or looked at.
    pub(crate) fn open(folder: &Path, limit: u64) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o750).create(folder)?;
        let committed = read_position(folder).unwrap_or_default();
        let mut segments = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Some(number) = number_of(&entry.path()) else { continue };
            if number < committed.segment {
                fs::remove_file(entry.path())?;
                continue;
            }
            let bytes = entry.metadata()?.len();
            segments.push(Segment { number, bytes, is_earlier: true, ..Segment::default() });
        }
        segments.sort_by_key(|segment| segment.number);
        let last = segments.last().map_or(0, |segment| segment.number);
        let first = segments.first().map_or(0, |segment| segment.number);
        let read =
            if first == committed.segment { committed } else { Mark { segment: first, offset: 0 } };
        let spool = Self {
            folder: folder.to_owned(),
            limit,
            segments: segments.into(),
            writer: None,
            reader: None,
            pending: Vec::new(),
            read,
            committed,
            next_number: last.max(committed.segment) + 1,
        };
        spool.probe()?;
        Ok(spool)
    }

    /// Bytes that are not read yet.
    pub(crate) fn unread_bytes(&self) -> u64 {
        let read = |segment: &Segment| match segment.number.cmp(&self.read.segment) {
            std::cmp::Ordering::Less => segment.bytes,
            std::cmp::Ordering::Equal => self.read.offset.min(segment.bytes),
            std::cmp::Ordering::Greater => 0,
        };
        let written: u64 = self.segments.iter().map(|segment| segment.bytes - read(segment)).sum();
        written + self.pending.len() as u64
    }

    /// Adds an event. It is kept when [`Spool::flush`] was well.
    pub(crate) fn append(&mut self, record: &Record<'_>) -> Result<(), Full> {
        let size = record.size() + FRAME_BYTES;
        let held: u64 = self.segments.iter().map(|segment| segment.bytes).sum();
        if held + (self.pending.len() + size) as u64 > self.limit {
            return Err(Full);
        }
        let start = self.pending.len();
        self.pending.extend_from_slice(&[0; FRAME_BYTES]);
        record.append_to(&mut self.pending);
        let (before, bytes) = self.pending.split_at_mut(start + FRAME_BYTES);
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        if let Some(frame) = before.last_chunk_mut::<FRAME_BYTES>() {
            let (length_place, sum_place) = frame.split_at_mut(4);
            length_place.copy_from_slice(&length.to_le_bytes());
            sum_place.copy_from_slice(&checksum(bytes).to_le_bytes());
        }
        Ok(())
    }

    /// Writes what was appended. On success and on failure gives how many events that were, by listener.
    pub(crate) fn flush(&mut self, listeners: usize) -> Result<Vec<u64>, (Vec<u64>, io::Error)> {
        let mut counts = vec![0; listeners];
        if self.pending.is_empty() {
            return Ok(counts);
        }
        for record in frames(&self.pending).map_while(Result::ok) {
            if let Some(count) = counts.get_mut(usize::from(record.0.listener)) {
                *count += 1;
            }
        }
        let written = self.write();
        self.pending.clear();
        match written {
            Ok(()) => {
                if let Some(segment) = self.segments.back_mut() {
                    segment.unread.resize(listeners, 0);
                    for (sum, count) in segment.unread.iter_mut().zip(&counts) {
                        *sum += count;
                    }
                }
                Ok(counts)
            }
            Err(error) => Err((counts, error)),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let is_long = self.segments.back().is_some_and(|s| s.bytes >= self.limit / SEGMENTS);
        if self.writer.is_none() || is_long {
            let number = self.next_number;
            let path = self.path_of(number);
            let mut options = OpenOptions::new();
            self.writer = Some(options.append(true).create_new(true).mode(0o640).open(path)?);
            self.next_number += 1;
            self.segments.push_back(Segment { number, ..Segment::default() });
            if self.segments.len() == 1 {
                self.read = Mark { segment: number, offset: 0 };
            }
        }
        let (Some(file), Some(segment)) = (&mut self.writer, self.segments.back_mut()) else {
            return Ok(());
        };
        if let Err(error) = file.write_all(&self.pending) {
            // What was written of it would look like damage.
            file.set_len(segment.bytes)?;
            return Err(error);
        }
        segment.bytes += self.pending.len() as u64;
        Ok(())
    }

    /// Reads some events and adds them to `out`, those of earlier runs as of the listener `earlier`. `None` if there
    /// are none.
    pub(crate) fn read(&mut self, out: &mut Vec<u8>, earlier: u16) -> Option<Reading> {
        let at = self.segments.iter().position(|segment| {
            segment.number > self.read.segment
                || segment.number == self.read.segment && segment.bytes > self.read.offset
        })?;
        let segment = self.segments.get_mut(at)?;
        if segment.number != self.read.segment {
            self.read = Mark { segment: segment.number, offset: 0 };
        }
        let mut reading = Reading { read: vec![0; segment.unread.len()], ..Reading::default() };
        let wanted = (segment.bytes - self.read.offset).min((BLOCK_BYTES + RECORD_BYTES) as u64);
        let mut chunk = vec![0; wanted as usize];
        let path = self.folder.join(name_of(segment.number));
        let is_read =
            read_at(&mut self.reader, segment.number, &path, &mut chunk, self.read.offset);
        if is_read.is_err() {
            chunk.clear();
        }
        let (mut taken, mut is_damaged) = (0, is_read.is_err());
        for frame in frames(&chunk) {
            let Ok((mut record, bytes)) = frame else {
                // It is damaged, unless it only goes on behind the chunk.
                is_damaged = taken == 0;
                break;
            };
            if segment.is_earlier {
                reading.earlier += 1;
                record.listener = earlier;
            } else if let Some(count) = reading.read.get_mut(usize::from(record.listener)) {
                *count += 1;
            }
            record.append_to(out);
            taken += bytes;
            if taken >= BLOCK_BYTES {
                break;
            }
        }
        for (sum, count) in segment.unread.iter_mut().zip(&reading.read) {
            *sum = sum.saturating_sub(*count);
        }
        self.read.offset += taken as u64;
        if is_damaged {
            self.read.offset = segment.bytes;
            reading.damaged = std::mem::take(&mut segment.unread);
            // A process that was killed while it wrote left a part: that was never accepted.
            reading.damaged_earlier =
                u64::from(segment.is_earlier && (is_read.is_err() || !is_torn(&chunk)));
        }
        reading.mark = self.read;
        Some(reading)
    }

    /// Deletes what is done with. What cannot be deleted is tried again the next time.
    pub(crate) fn commit(&mut self, mark: Mark) {
        if mark <= self.committed {
            return;
        }
        let is_all = self.pending.is_empty()
            && self
                .segments
                .back()
                .is_none_or(|last| mark >= Mark { segment: last.number, offset: last.bytes });
        // Fails where the disk is full; the events would come again after a restart.
        let _ = self.write_position(mark);
        self.committed = mark;
        if is_all {
            (self.writer, self.reader) = (None, None);
        }
        while let Some(first) = self.segments.front() {
            let is_done = first.number < mark.segment || is_all && first.number == mark.segment;
            if !is_done || fs::remove_file(self.path_of(first.number)).is_err() {
                break;
            }
            self.segments.pop_front();
        }
    }

    fn write_position(&self, mark: Mark) -> io::Result<()> {
        let fresh = self.folder.join("position.new");
        fs::write(&fresh, format!("{} {}\n", mark.segment, mark.offset))?;
        fs::rename(fresh, self.folder.join(POSITION))
    }

    /// Finds out whether files can be written, so that it is told at the start and not when it matters.
    fn probe(&self) -> io::Result<()> {
        let path = self.folder.join("position.new");
        File::create(&path)?;
        fs::remove_file(path)
    }

    fn path_of(&self, number: u64) -> PathBuf {
        self.folder.join(name_of(number))
    }
}

const POSITION: &str = "position";

fn name_of(number: u64) -> String {
    format!("{number:08}.events")
}

fn number_of(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(".events")?.parse().ok()
}

fn read_position(folder: &Path) -> Option<Mark> {
    let mut text = [0; 64];
    let file = File::open(folder.join(POSITION)).ok()?;
    let length = file.read_at(&mut text, 0).ok()?;
    let (segment, offset) =
        std::str::from_utf8(text.get(..length)?).ok()?.trim().split_once(' ')?;
    Some(Mark { segment: segment.parse().ok()?, offset: offset.parse().ok()? })
}

fn read_at(
    reader: &mut Option<(u64, File)>,
    number: u64,
    path: &Path,
    chunk: &mut [u8],
    offset: u64,
) -> io::Result<()> {
    let is_open = reader.as_ref().is_some_and(|(open, _)| *open == number);
    if !is_open {
        *reader = Some((number, File::open(path)?));
    }
    match reader {
        Some((_, file)) => file.read_exact_at(chunk, offset),
        None => Ok(()),
    }
}

/// The records in what was written, with the bytes each takes; an error where they cannot be read any further.
fn frames(mut bytes: &[u8]) -> impl Iterator<Item = Result<(Record<'_>, usize), Full>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let Some((record, rest)) = first_frame(bytes) else {
            bytes = &[];
            return Some(Err(Full));
        };
        let taken = bytes.len() - rest.len();
        bytes = rest;
        Some(Ok((record, taken)))
    })
}

fn first_frame(bytes: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    let (body, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let is_right = checksum(body) == u32::from_le_bytes(*sum);
    let (record, behind) = record::first(body).filter(|_| is_right)?;
    behind.is_empty().then_some((record, rest))
}

/// Whether bytes are the beginning of a record, and no more.
fn is_torn(bytes: &[u8]) -> bool {
    match bytes.split_first_chunk::<4>() {
        Some((length, rest)) => {
            let length = u32::from_le_bytes(*length) as usize;
            length <= RECORD_BYTES && rest.len() < length + 4
        }
        None => true,
    }
}

/// FNV-1a: what is damaged is noticed, what is forged need not be.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, &byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
#[path = "spool/tests.rs"]
mod tests;
