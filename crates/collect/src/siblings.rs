//! Finding the files that a name belonged to between two looks (collection 4.3, rule 5).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::file::FileId;

/// A file that may be a rotated one.
#[derive(Debug)]
pub(crate) struct Sibling {
    pub(crate) path: PathBuf,
    pub(crate) id: FileId,
    created: Option<SystemTime>,
    modified: SystemTime,
}

/// Files made up to this long before the last look count as made after it: clocks of file systems are
/// coarse.
pub(crate) const SLACK: Duration = Duration::from_secs(1);

const COMPRESSED: [&str; 7] = ["gz", "bz2", "xz", "zst", "lz4", "lzma", "Z"];

pub(crate) fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| COMPRESSED.iter().any(|end| extension == *end))
}

/// Uncompressed files beside `path` whose names begin with its name and `.` or `-`.
pub(crate) fn siblings(path: &Path) -> Vec<Sibling> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Vec::new();
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let is_sibling = |other: &Path| {
        let other_name = other.file_name().unwrap_or_default().as_encoded_bytes();
        let rest = other_name.strip_prefix(name.as_encoded_bytes());
        matches!(rest, Some([b'.' | b'-', ..])) && !is_compressed(other)
    };
    let mut found: Vec<Sibling> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| is_sibling(path))
        .filter_map(|path| {
            let metadata = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
            Some(Sibling {
                id: FileId::of(&metadata),
                created: metadata.created().ok(),
                modified: metadata.modified().ok()?,
                path,
            })
        })
        .collect();
    found.sort_by_key(|sibling| sibling.created.unwrap_or(sibling.modified));
    found
}

impl Sibling {
    /// Whether it was made after the last look. Without the time of its making: whether it was written to
    /// after the file that was read until then.
    pub(crate) fn is_new(&self, last_look: SystemTime, old_modified: Option<SystemTime>) -> bool {
        match self.created {
            Some(created) => created + SLACK >= last_look,
            None => old_modified.is_none_or(|old| self.modified >= old),
        }
    }
}
