//! Deleting the oldest days when they are too old or all files are too much.
//!
//! What is deleted is noted first, in `alerts.log.kept-from` and the like, so that a chain that begins later than its
//! first link is no damage.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::content::{Pace, read_text, write_whole};
use super::{Done, Keeping, SealError};
use crate::survey::{BLOCKS, PACKED, Present, SUM, survey, with_suffix};
use crate::{Day, Kind};

/// Deletes what is to be kept no longer. Files of `today` and later are never touched.
pub(super) fn expire(
    home: &Path,
    today: Day,
    keeping: Keeping,
    pace: Pace<'_>,
    tell: &mut dyn FnMut(Result<Done, SealError>),
) -> Result<(), SealError> {
    if keeping.days == 0 && keeping.bytes == 0 {
        return Ok(());
    }
    let (mut ended, mut total) = (Vec::new(), 0_u64);
    for kind in Kind::ALL {
        let folder = home.join(kind.folder());
        for (day, there) in survey(home, kind).map_err(SealError::io(&folder))? {
            total = total.saturating_add(there.bytes);
            if day < today {
                ended.push((day, kind, there));
            }
        }
    }
    ended.sort_by_key(|&(day, kind, _)| (day, kind));
    // A clock that jumps years ahead must not make everything old: ages count from the newest file there is.
    let newest = ended.iter().rev().find(|(_, _, there)| there.has_content());
    let Some(now) = newest.map(|(day, ..)| day.next()) else { return Ok(()) };
    for (day, kind, there) in ended {
        let age = now.number() - day.number();
        let is_old = keeping.days > 0 && age > i64::from(keeping.days);
        let is_too_much = keeping.bytes > 0 && total > keeping.bytes;
        if !is_old && !is_too_much {
            continue;
        }
        delete(home, kind, day)?;
        total = total.saturating_sub(there.bytes);
        let file = kind.file_of(day);
        tell(Ok(Done::Deleted { file, bytes: there.bytes, is_old }));
        if !pace(0) {
            return Err(SealError::Stopped);
        }
    }
    Ok(())
}

fn delete(home: &Path, kind: Kind, day: Day) -> Result<(), SealError> {
    if kept_from(home, kind).is_none_or(|noted| noted <= day) {
        write_whole(&note(home, kind), &format!("{}\n", day.next()))?;
    }
    let path = kind.path_of(home, day);
    // The checksums go last: as long as one is there, the day is found again.
    for suffix in ["", PACKED, BLOCKS, SUM] {
        let path = with_suffix(&path, suffix);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(SealError::io(&path)(error));
            }
            _ => {}
        }
    }
    // Folders go with their last file.
    let folders = path.ancestors().skip(1).take(2);
    for folder in folders {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

fn note(home: &Path, kind: Kind) -> PathBuf {
    with_suffix(&kind.link_below(home), ".kept-from")
}

/// The first day that was not deleted, if some were.
pub(super) fn kept_from(home: &Path, kind: Kind) -> Option<Day> {
    Day::parse(read_text(&note(home, kind)).ok()?.trim_end())
}

/// Whether there is anything of a day but a rest that a deletion left.
pub(super) fn is_deleted(home: &Path, kind: Kind, day: Day, there: Present) -> bool {
    !there.has_content() && kept_from(home, kind).is_some_and(|first| day < first)
}
