//! Checking daily files against their checksums, and the chain from each day to the one before.
//!
//! ```text
//! .blocks ─▶ which blocks of the content are altered; is the .sum the one that was written; is the list before it
//! .sum    ─▶ where there is no list (OSSEC sealed the day): is the content; is the .sum before it
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

use super::SealError;
use super::blocks::BlockList;
use super::content::{Pace, Stop, each_piece, open_content, read_text};
use super::digests::{BLOCK_BYTES, Digests, Sums, hex, md5_and_sha1, sha256};
use super::expire::{is_deleted, kept_from};
use super::sum::Sum;
use crate::survey::{BLOCKS, PACKED, Present, SUM, survey};
use crate::{Day, Kind};

/// What was found in the files of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Which files.
    pub kind: Kind,
    /// Sealed days that were looked at.
    pub days: u64,
    /// Bytes of content that agree with their checksums.
    pub bytes: u64,
    /// The earliest and the latest sealed day.
    pub range: Option<(Day, Day)>,
    /// SHA-256 of the list of the latest sealed day, which all earlier ones hang on; none if OSSEC sealed it.
    pub head: Option<String>,
    /// What is wrong, by days.
    pub findings: Vec<Finding>,
    /// SHA-256 of every list, to look for one that was noted elsewhere.
    pub heads: Vec<String>,
}

/// Something worth telling about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, below the home.
    pub file: String,
    /// What it is.
    pub problem: Problem,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Bytes are not what they were.
    Altered(Range<u64>),
    /// Bytes are gone from the end.
    Cut(Range<u64>),
    /// Bytes came to the end.
    Grown(Range<u64>),
    /// From this byte on nothing can be read.
    Unreadable {
        /// The first byte that cannot be read.
        from: u64,
        /// Why.
        reason: String,
    },
    /// A file is gone though checksums speak of it.
    Missing,
    /// Checksums are not what they were.
    ChecksumsAltered,
    /// The chain was begun anew though there are earlier days.
    ChainRestarted,
    /// No damage: OSSEC began its chain anew, as it does after a day without monitord.
    Restarted,
    /// No damage: there are no checksums yet.
    NotCovered,
}

impl Problem {
    /// Whether it means that something was altered or lost.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        !matches!(self, Self::Restarted | Self::NotCovered)
    }

    /// A word for it that never changes.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Altered(_) => "altered",
            Self::Cut(_) => "cut",
            Self::Grown(_) => "grown",
            Self::Unreadable { .. } => "unreadable",
            Self::Missing => "missing",
            Self::ChecksumsAltered => "checksums-altered",
            Self::ChainRestarted => "chain-restarted",
            Self::Restarted => "restarted",
            Self::NotCovered => "not-covered",
        }
    }

    /// The bytes it is about, of the uncompressed content.
    #[must_use]
    pub fn range(&self) -> Option<Range<u64>> {
        match self {
            Self::Altered(range) | Self::Cut(range) | Self::Grown(range) => Some(range.clone()),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered(range) => {
                write!(f, "altered somewhere in bytes {} to {}", range.start, range.end)
            }
            Self::Cut(range) => {
                write!(f, "bytes {} to {} are gone", range.start, range.end)?;
                let begun = range.start - range.start % BLOCK_BYTES as u64;
                if begun < range.start {
                    write!(f, ", and those from {begun} on cannot be checked without them")?;
                }
                Ok(())
            }
            Self::Grown(range) => write!(f, "bytes {} to {} were added", range.start, range.end),
            Self::Unreadable { from, reason } => {
                write!(f, "cannot be read from byte {from} on: {reason}")
            }
            Self::Missing => f.write_str("gone, though checksums speak of it"),
            Self::ChecksumsAltered => {
                f.write_str("these checksums are not the ones that were written")
            }
            Self::ChainRestarted => {
                f.write_str("names no day before it, though there are earlier ones")
            }
            Self::Restarted => f.write_str("OSSEC began its chain of checksums anew here"),
            Self::NotCovered => f.write_str("no checksums cover it yet"),
        }
    }
}

/// Checks all files of `kind` below `home`.
///
/// # Errors
///
/// [`SealError`] if the folders cannot be read, or `pace` ended it. What is wrong with files is no error.
pub fn verify(home: &Path, kind: Kind, pace: Pace<'_>) -> Result<Series, SealError> {
    let folder = home.join(kind.folder());
    let days = survey(home, kind).map_err(SealError::io(&folder))?;
    let series = Series {
        kind,
        days: 0,
        bytes: 0,
        range: None,
        head: None,
        findings: Vec::new(),
        heads: Vec::new(),
    };
    let mut checking = Checking { home, kind, days: &days, pace, series, told: BTreeSet::new() };
    for (&day, &there) in &days {
        if is_deleted(home, kind, day, there) {
            continue;
        }
        checking.day(day, there)?;
    }
    let mut series = checking.series;
    series.head = series.head.filter(|_| series.range.is_some());
    Ok(series)
}

struct Checking<'a> {
    home: &'a Path,
    kind: Kind,
    days: &'a BTreeMap<Day, Present>,
    pace: Pace<'a>,
    series: Series,
    /// Files of which a finding says that they are gone or their checksums altered: once is enough.
    told: BTreeSet<String>,
}

impl Checking<'_> {
    fn day(&mut self, day: Day, there: Present) -> Result<(), SealError> {
        let file = self.kind.file_of(day);
        if !there.sum && !there.blocks {
            self.find(file, Problem::NotCovered);
            return Ok(());
        }
        if !there.sum && there.has_content() && self.is_last(day) {
            // Sealing it was interrupted, and goes on with the next start.
            self.find(file, Problem::NotCovered);
            return Ok(());
        }
        self.series.days += 1;
        let first = self.series.range.map_or(day, |(first, _)| first);
        self.series.range = Some((first, day));
        let sum = self.sum(day)?;
        let list = self.list(day, there)?;
        let is_other = |(text, _): &(String, Option<Sum>)| {
            list.as_ref().is_some_and(|list| sha256(text.as_bytes()) != list.sum)
        };
        if sum.as_ref().is_some_and(is_other) {
            self.find_once(format!("{file}{SUM}"), Problem::ChecksumsAltered);
        }
        // One that is known to be altered says nothing about others.
        let sum = sum.filter(|read| !is_other(read)).and_then(|(_, sum)| sum);
        if let Some(sum) = &sum {
            self.sum_chain(day, sum, list.is_some())?;
        }
        match (&list, &sum) {
            (Some(list), _) => {
                self.content(day, there, list.length, &|sums| against_blocks(list, sums))
            }
            (None, Some(Sum { md5: Some(md5), sha1: Some(sha1), .. })) => {
                self.content(day, there, u64::MAX, &|sums| against_sum(md5, sha1, sums))
            }
            // OSSEC found no file that day.
            (None, Some(_)) if !there.has_content() => Ok(()),
            _ => {
                self.find(file, Problem::NotCovered);
                Ok(())
            }
        }
    }

    fn is_last(&self, day: Day) -> bool {
        self.days.range(day..).skip(1).all(|(_, there)| !there.sum)
    }

    /// The `.sum` of a day, if it can be read, and what it says, if that can be understood.
    fn sum(&mut self, day: Day) -> Result<Option<(String, Option<Sum>)>, SealError> {
        let name = format!("{}{SUM}", self.kind.file_of(day));
        let Some(text) = self.text(&name)? else { return Ok(None) };
        let sum = Sum::parse(&text);
        let own = format!("/{}", self.kind.file_of(day));
        let sum = sum.filter(|sum| sum.file == own);
        if sum.is_none() {
            self.find_once(name, Problem::ChecksumsAltered);
        }
        Ok(Some((text, sum)))
    }

    /// The list of blocks of a day, if there is one that can be believed; its chain is checked.
    fn list(&mut self, day: Day, there: Present) -> Result<Option<BlockList>, SealError> {
        self.series.head = None;
        if !there.blocks {
            return Ok(None);
        }
        let file = self.kind.file_of(day);
        let name = format!("{file}{BLOCKS}");
        let Some(text) = self.text(&name)? else { return Ok(None) };
        let own = format!("/{file}");
        let Some(list) = BlockList::parse(&text).filter(|list| list.file == own) else {
            self.find_once(name, Problem::ChecksumsAltered);
            return Ok(None);
        };
        let head = hex(&sha256(text.as_bytes()));
        self.series.heads.push(head.clone());
        self.series.head = Some(head);
        match &list.previous {
            None if self.days.range(..day).any(|(_, earlier)| earlier.blocks) => {
                self.find_once(name, Problem::ChainRestarted);
            }
            None => {}
            Some((path, hash)) => {
                let is_same = |text: &str| sha256(text.as_bytes()) == *hash;
                self.previous(day, path, BLOCKS, &is_same)?;
            }
        }
        Ok(Some(list))
    }

    fn sum_chain(&mut self, day: Day, sum: &Sum, is_ours: bool) -> Result<(), SealError> {
        let name = || format!("{}{SUM}", self.kind.file_of(day));
        if let (Some(md5), Some(sha1)) = (&sum.previous_md5, &sum.previous_sha1) {
            let is_same = |text: &str| md5_and_sha1(text.as_bytes()) == (md5.clone(), sha1.clone());
            return self.previous(day, &sum.previous, SUM, &is_same);
        }
        if self.days.range(..day).any(|(_, earlier)| earlier.sum) {
            let problem = if is_ours { Problem::ChainRestarted } else { Problem::Restarted };
            self.find(name(), problem);
        }
        Ok(())
    }

    /// Whether the checksums that those of `day` name are the ones that were there then.
    fn previous(
        &mut self,
        day: Day,
        path: &str,
        suffix: &str,
        is_same: &dyn Fn(&str) -> bool,
    ) -> Result<(), SealError> {
        let Some(previous) = self.named(path, suffix).filter(|&previous| previous < day) else {
            self.find_once(
                format!("{}{suffix}", self.kind.file_of(day)),
                Problem::ChecksumsAltered,
            );
            return Ok(());
        };
        let name = format!("{}{suffix}", self.kind.file_of(previous));
        match self.text(&name)? {
            Some(text) if is_same(&text) => {}
            Some(_) => self.find_once(name, Problem::ChecksumsAltered),
            // It was deleted, as the configuration says.
            None if kept_from(self.home, self.kind).is_some_and(|first| previous < first) => {}
            None => self.find_once(name, Problem::Missing),
        }
        Ok(())
    }

    /// The day of which `/logs/alerts/2026/Nov/ossec-alerts-24.log` and a suffix speaks.
    fn named(&self, path: &str, suffix: &str) -> Option<Day> {
        let below = path.strip_prefix('/')?.strip_prefix(self.kind.folder())?.strip_prefix('/')?;
        let mut parts = below.splitn(3, '/');
        let (year, month, name) = (parts.next()?, parts.next()?, parts.next()?);
        let (day, found) = self.kind.parse_name(name)?;
        let day = Day::new(year.parse().ok()?, Day::month_named(month)?, day)?;
        (found == suffix && path == format!("/{}{suffix}", self.kind.file_of(day))).then_some(day)
    }

    /// Compares the content of a day, in every form that is there.
    fn content(
        &mut self,
        day: Day,
        there: Present,
        sealed: u64,
        compare: &dyn Fn(&Sums) -> Vec<Problem>,
    ) -> Result<(), SealError> {
        let file = self.kind.file_of(day);
        let mut is_found = false;
        for (is_there, suffix) in [(there.plain, ""), (there.packed || there.plain, PACKED)] {
            // The plain form may be packed while we look.
            let name = format!("{file}{suffix}");
            let path = self.home.join(&name);
            if !is_there || !path.exists() {
                continue;
            }
            is_found = true;
            let problems = self.compare(&path, sealed, compare)?;
            problems.into_iter().for_each(|problem| self.find(name.clone(), problem));
        }
        if !is_found {
            self.find(file, Problem::Missing);
        }
        Ok(())
    }

    fn compare(
        &mut self,
        path: &Path,
        sealed: u64,
        compare: &dyn Fn(&Sums) -> Vec<Problem>,
    ) -> Result<Vec<Problem>, SealError> {
        let (sums, failed) = as_far_as_possible(path, sealed, self.pace)?;
        let mut problems = compare(&sums);
        let Some(error) = failed else {
            if problems.is_empty() {
                self.series.bytes += sums.length;
            }
            return Ok(problems);
        };
        // The last block that was read is a part of one; what follows is known to be unreadable.
        let from = sums.length;
        let begun = from - from % BLOCK_BYTES as u64;
        problems.retain_mut(|problem| match problem {
            Problem::Altered(range) => {
                range.end = range.end.min(begun);
                range.start < range.end
            }
            _ => false,
        });
        problems.push(Problem::Unreadable { from, reason: error.to_string() });
        Ok(problems)
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, SealError> {
        match read_text(&self.home.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if self.is_expected(name) {
                    self.find_once(name.to_owned(), Problem::Missing);
                }
                Ok(None)
            }
            Err(error) => {
                let reason = error.to_string();
                self.find_once(name.to_owned(), Problem::Unreadable { from: 0, reason });
                Ok(None)
            }
        }
    }

    /// Whether checksums of that name must be there: the other ones of their day are.
    fn is_expected(&self, name: &str) -> bool {
        let path = format!("/{name}");
        let day = self.named(&path, SUM).or_else(|| self.named(&path, BLOCKS));
        day.and_then(|day| Some((day, *self.days.get(&day)?))).is_some_and(|(day, there)| {
            (there.sum || there.blocks) && !is_deleted(self.home, self.kind, day, there)
        })
    }

    fn find(&mut self, file: String, problem: Problem) {
        self.series.findings.push(Finding { file, problem });
    }

    fn find_once(&mut self, file: String, problem: Problem) {
        if self.told.insert(file.clone()) {
            self.find(file, problem);
        }
    }
}

/// The checksums of what can be read of a file, and why no more can be. A block ends at `sealed`, as it did when
/// the file had that length.
fn as_far_as_possible(
    path: &Path,
    sealed: u64,
    pace: Pace<'_>,
) -> Result<(Sums, Option<io::Error>), SealError> {
    let mut digests = Digests::with_end_at(sealed);
    let read = open_content(path).map_err(Stop::Failed).and_then(|mut reader| {
        each_piece(&mut *reader, pace, &mut |piece| {
            digests.update(piece);
            Ok(())
        })
    });
    match read {
        Ok(()) => Ok((digests.finish(), None)),
        Err(Stop::Failed(error)) => Ok((digests.finish(), Some(error))),
        Err(Stop::Stopped) => Err(SealError::Stopped),
    }
}

fn against_blocks(list: &BlockList, sums: &Sums) -> Vec<Problem> {
    let mut problems = Vec::new();
    let common = list.length.min(sums.length);
    for (at, (wanted, found)) in list.blocks.iter().zip(&sums.blocks).enumerate() {
        let start = at as u64 * BLOCK_BYTES as u64;
        let end = (start + BLOCK_BYTES as u64).min(list.length);
        // Of a block whose end is gone nothing can be said.
        if wanted == found || end > sums.length {
            continue;
        }
        match problems.last_mut() {
            Some(Problem::Altered(range)) if range.end == start => range.end = end,
            _ => problems.push(Problem::Altered(start..end)),
        }
    }
    match list.length.cmp(&sums.length) {
        std::cmp::Ordering::Greater => problems.push(Problem::Cut(common..list.length)),
        std::cmp::Ordering::Less => problems.push(Problem::Grown(common..sums.length)),
        std::cmp::Ordering::Equal => {}
    }
    problems
}

/// OSSEC's checksums know the whole file only.
fn against_sum(md5: &str, sha1: &str, sums: &Sums) -> Vec<Problem> {
    let is_same = sums.md5 == md5 && sums.sha1 == sha1;
    if is_same { Vec::new() } else { vec![Problem::Altered(0..sums.length)] }
}
