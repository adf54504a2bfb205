//! Sealing the daily files of ended days (rules 11.3).
//!
//! ```text
//! ossec-alerts-24.log ─▶ .blocks, then .sum, each naming the one of the day before ─▶ .gz, and the file goes
//! ```
//!
//! Each step leaves a whole file under its name or none, and what the next step needs is there before it begins, so
//! the work can end at any moment and goes on from where it was. A day with a `.sum` is sealed: its file takes no more
//! entries and its checksums are never made again. A day is sealed only after all earlier ones of its kind.

mod blocks;
mod content;
mod digests;
mod expire;
mod sum;
mod verify;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

pub use content::Pace;
pub use verify::{Finding, Problem, Series, verify};

use crate::survey::{BLOCKS, PACKED, Present, SUM, survey, with_suffix};
use crate::{Day, Kind};
use blocks::BlockList;
use content::{Fresh, each_piece, open, read_text, sums_of, sync_folder, write_whole};
use digests::{Digests, Sums, hex, md5_and_sha1, sha256};
use sum::Sum;

/// What is to be done with ended days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keeping {
    /// Whether sealed files are compressed.
    pub compress: bool,
    /// Files of days longer ago are deleted; 0: none.
    pub days: u32,
    /// Above this many bytes of all files together the oldest are deleted; 0: none.
    pub bytes: u64,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// A day got its checksums.
    Sealed {
        /// The file, below the home.
        file: String,
        /// SHA-256 of its list of blocks, which all earlier ones hang on.
        head: String,
    },
    /// A file was compressed.
    Compressed {
        /// The file, below the home.
        file: String,
    },
    /// All that there was of a day was deleted.
    Deleted {
        /// The file, below the home.
        file: String,
        /// Bytes of it, its packed form and its checksums.
        bytes: u64,
        /// Whether it was too old; otherwise there was too much of all.
        is_old: bool,
    },
}

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The pace said so.
    #[error("stopped")]
    Stopped,
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// A file of an ended day became longer or shorter while it was read.
    #[error("{0}: it changes, though its day has ended")]
    Changing(PathBuf),
    /// A file is not what its checksums say.
    #[error(
        "{0}: it was altered after it was sealed, and is left as it is; `bartizan verify` tells where"
    )]
    Altered(PathBuf),
}

impl SealError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io { path, error }
    }
}

/// Seals, compresses and deletes files of days before `today` below `home`. `tell` hears what was done and what
/// failed; failures end the work on that kind of file, for this time. False if `pace` ended it early.
pub fn seal_before(
    home: &Path,
    today: Day,
    keeping: Keeping,
    pace: Pace<'_>,
    tell: &mut dyn FnMut(Result<Done, SealError>),
) -> bool {
    for kind in Kind::ALL {
        let mut sealing = Sealing { home, kind, keeping, pace: &mut *pace, tell: &mut *tell };
        match sealing.days_before(today) {
            Ok(()) => {}
            Err(SealError::Stopped) => return false,
            Err(error) => tell(Err(error)),
        }
    }
    match expire::expire(home, today, keeping, pace, tell) {
        Ok(()) => true,
        Err(SealError::Stopped) => false,
        Err(error) => {
            tell(Err(error));
            true
        }
    }
}

/// The latest sealed day of `kind` before `today`: nothing may be added to it and to earlier ones.
#[must_use]
pub fn last_sealed(home: &Path, kind: Kind, today: Day) -> Option<Day> {
    let days = survey(home, kind).ok()?;
    days.range(..today).rev().find(|(_, present)| present.sum).map(|(&day, _)| day)
}

struct Sealing<'a> {
    home: &'a Path,
    kind: Kind,
    keeping: Keeping,
    pace: Pace<'a>,
    tell: &'a mut dyn FnMut(Result<Done, SealError>),
}

impl Sealing<'_> {
    fn days_before(&mut self, today: Day) -> Result<(), SealError> {
        let folder = self.home.join(self.kind.folder());
        let days = survey(self.home, self.kind).map_err(SealError::io(&folder))?;
        let mut last = days.range(..today).rev().find(|(_, there)| there.sum).map(|(&day, _)| day);
        for (&day, &there) in days.range(..today) {
            let mut is_sealed = there.sum;
            if !there.sum && there.has_content() && last.is_none_or(|last| last < day) {
                is_sealed = self.seal(day, there, last)?;
                last = if is_sealed { Some(day) } else { last };
            }
            if is_sealed && there.plain && self.keeping.compress {
                match self.pack(day, there) {
                    // Later days are no worse for it.
                    Err(error @ SealError::Altered(_)) => (self.tell)(Err(error)),
                    done => done?,
                }
            }
        }
        Ok(())
    }

    /// Writes the checksums of a day. False if there is nothing to be sealed.
    fn seal(&mut self, day: Day, there: Present, last: Option<Day>) -> Result<bool, SealError> {
        let path = self.kind.path_of(self.home, day);
        let content = if there.plain { path.clone() } else { with_suffix(&path, PACKED) };
        let sums = sums_of(&content, self.pace)?;
        let length = fs::metadata(&content).map_err(SealError::io(&content))?.len();
        if there.plain && length != sums.length {
            return Err(SealError::Changing(path));
        }
        if sums.length == 0 {
            // OSSEC keeps no empty files of earlier days either (rules 11.2).
            fs::remove_file(&content).map_err(SealError::io(&content))?;
            return Ok(false);
        }
        let file = self.kind.file_of(day);
        let sum = self.sum(&file, day, &sums, last)?.render();
        let list = BlockList::new(format!("/{file}"), &sums, &sum, self.previous_list(last)?);
        let list = list.render();
        write_whole(&with_suffix(&path, BLOCKS), &list)?;
        write_whole(&with_suffix(&path, SUM), &sum)?;
        (self.tell)(Ok(Done::Sealed { file, head: hex(&sha256(list.as_bytes())) }));
        Ok(true)
    }

    fn sum(&self, file: &str, day: Day, sums: &Sums, last: Option<Day>) -> Result<Sum, SealError> {
        let previous = match last {
            Some(last) => {
                let path = with_suffix(&self.kind.path_of(self.home, last), SUM);
                let text = read_text(&path).map_err(SealError::io(&path))?;
                let (md5, sha1) = md5_and_sha1(text.as_bytes());
                (last, Some(md5), Some(sha1))
            }
            None => (day.previous(), None, None),
        };
        let (last, previous_md5, previous_sha1) = previous;
        Ok(Sum {
            file: format!("/{file}"),
            md5: Some(sums.md5.clone()),
            sha1: Some(sums.sha1.clone()),
            previous: format!("/{}{SUM}", self.kind.file_of(last)),
            previous_md5,
            previous_sha1,
        })
    }

    /// The list before this one and its checksum. Days that OSSEC sealed have none.
    fn previous_list(&self, last: Option<Day>) -> Result<Option<(String, [u8; 32])>, SealError> {
        let Some(last) = last else { return Ok(None) };
        let name = format!("{}{BLOCKS}", self.kind.file_of(last));
        let path = self.home.join(&name);
        match read_text(&path) {
            Ok(text) => Ok(Some((format!("/{name}"), sha256(text.as_bytes())))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SealError::io(&path)(error)),
        }
    }

    /// Replaces a sealed file by its packed form, if it still is what was sealed.
    fn pack(&mut self, day: Day, there: Present) -> Result<(), SealError> {
        let path = self.kind.path_of(self.home, day);
        let packed = with_suffix(&path, PACKED);
        let Some(sealed) = Sealed::read(&path)? else { return Ok(()) };
        // It may have been made before the program ended, or the machine.
        let is_made = there.packed && self.holds(&packed, &sealed)?;
        if is_made {
            // Nothing is removed that is not in it.
            if !sealed.is_of(&sums_of(&path, self.pace)?) {
                return Err(SealError::Altered(path));
            }
        } else {
            self.write_packed(&path, &packed, &sealed)?;
            if !self.holds(&packed, &sealed)? {
                let error = io::Error::other("it reads back as something else than was written");
                return Err(SealError::io(&packed)(error));
            }
        }
        fs::remove_file(&path).and_then(|()| sync_folder(&path)).map_err(SealError::io(&path))?;
        (self.tell)(Ok(Done::Compressed { file: self.kind.file_of(day) }));
        Ok(())
    }

    /// Whether the packed file is whole and what was sealed.
    fn holds(&mut self, packed: &Path, sealed: &Sealed) -> Result<bool, SealError> {
        match sums_of(packed, self.pace) {
            Ok(sums) => Ok(sealed.is_of(&sums)),
            Err(SealError::Io { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn write_packed(
        &mut self,
        path: &Path,
        packed: &Path,
        sealed: &Sealed,
    ) -> Result<(), SealError> {
        let mut file = open(path).map_err(SealError::io(path))?;
        let fresh = Fresh::begin(packed).map_err(SealError::io(packed))?;
        match compress(&mut file, &fresh.file, self.pace) {
            Ok(sums) if sealed.is_of(&sums) => fresh.finish().map_err(SealError::io(packed)),
            Ok(_) => {
                fresh.abandon();
                Err(SealError::Altered(path.to_owned()))
            }
            Err(stop) => {
                fresh.abandon();
                Err(stop.at(packed))
            }
        }
    }
}

fn compress(from: &mut File, to: &File, pace: Pace<'_>) -> Result<Sums, content::Stop> {
    use std::io::Write as _;
    let mut digests = Digests::new();
    let mut encoder = GzEncoder::new(to, Compression::default());
    each_piece(from, pace, &mut |piece| {
        digests.update(piece);
        encoder.write_all(piece)
    })?;
    encoder.finish().map_err(content::Stop::Failed)?;
    Ok(digests.finish())
}

/// What the checksums of a day say about its content.
enum Sealed {
    Blocks(BlockList),
    Sum { md5: String, sha1: String },
}

impl Sealed {
    /// The checksums beside `path`; none if they say nothing.
    fn read(path: &Path) -> Result<Option<Self>, SealError> {
        let list = with_suffix(path, BLOCKS);
        match read_text(&list) {
            Ok(text) => return Ok(BlockList::parse(&text).map(Self::Blocks)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(SealError::io(&list)(error)),
        }
        let sum = with_suffix(path, SUM);
        let text = read_text(&sum).map_err(SealError::io(&sum))?;
        let sum = Sum::parse(&text);
        Ok(sum.and_then(|sum| Some(Self::Sum { md5: sum.md5?, sha1: sum.sha1? })))
    }

    fn is_of(&self, sums: &Sums) -> bool {
        match self {
            Self::Blocks(list) => (list.length, list.sha256) == (sums.length, sums.sha256),
            Self::Sum { md5, sha1 } => (md5, sha1) == (&sums.md5, &sums.sha1),
        }
    }
}
