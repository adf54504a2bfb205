//! Which daily files there are, whole, packed and sealed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Day, Kind};

/// What is added to a file's name when it is compressed.
pub(crate) const PACKED: &str = ".gz";
/// What is added to a file's name for OSSEC's checksums.
pub(crate) const SUM: &str = ".sum";
/// What is added to a file's name for the list of its blocks.
pub(crate) const BLOCKS: &str = ".blocks";

/// What there is of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Present {
    pub(crate) plain: bool,
    pub(crate) packed: bool,
    pub(crate) sum: bool,
    pub(crate) blocks: bool,
    /// All of it together.
    pub(crate) bytes: u64,
}

impl Present {
    /// Whether there are entries, in whatever form.
    pub(crate) fn has_content(self) -> bool {
        self.plain || self.packed
    }
}

/// The days of which `home` has a file of `kind`.
pub(crate) fn survey(home: &Path, kind: Kind) -> io::Result<BTreeMap<Day, Present>> {
    let mut days = BTreeMap::new();
    for (year, folder) in numbered(&home.join(kind.folder()), year)? {
        for (month, folder) in numbered(&folder, Day::month_named)? {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let name = entry.file_name();
                let parsed = name.to_str().and_then(|name| kind.parse_name(name));
                let Some((day, suffix)) = parsed else { continue };
                let Some(day) = Day::new(year, month, day) else { continue };
                note(days.entry(day).or_default(), suffix, &entry);
            }
        }
    }
    days.retain(|_, present: &mut Present| *present != Present::default());
    Ok(days)
}

fn note(present: &mut Present, suffix: &str, entry: &fs::DirEntry) {
    let slot = match suffix {
        "" => &mut present.plain,
        PACKED => &mut present.packed,
        SUM => &mut present.sum,
        BLOCKS => &mut present.blocks,
        _ => return,
    };
    *slot = true;
    present.bytes += entry.metadata().map_or(0, |metadata| metadata.len());
}

/// The folders in `folder` whose names `number` understands. There are none where there is no folder.
fn numbered(
    folder: &Path,
    number: impl Fn(&str) -> Option<u32>,
) -> io::Result<Vec<(u32, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if let Some(number) = name.to_str().and_then(&number).filter(|_| entry.path().is_dir()) {
            found.push((number, entry.path()));
        }
    }
    Ok(found)
}

fn year(name: &str) -> Option<u32> {
    let is_year = name.len() == 4 && name.bytes().all(|byte| byte.is_ascii_digit());
    name.parse().ok().filter(|_| is_year)
}

/// The path with something added to its name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dated_files_in_their_folders_are_found() {
        let home = tempfile::tempdir().unwrap();
        for name in [
            "2026/Nov/ossec-alerts-24.log.gz",
            "2026/Nov/ossec-alerts-24.log.sum",
            "2026/Nov/ossec-alerts-25.log",
            "2026/Nov/ossec-alerts-25.log.gz.new",
            "2026/Nov/ossec-alerts-31.log",
            "2026/Nov/ossec-alerts-26.log.new",
            "2026/Nov/ossec-alerts-25.json",
            "2026/Foo/ossec-alerts-25.log",
            "26/Nov/ossec-alerts-23.log",
        ] {
            let path = home.path().join("logs/alerts").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "12345").unwrap();
        }
        fs::write(home.path().join("logs/alerts/2025"), "no folder").unwrap();
        let found = survey(home.path(), Kind::AlertText).unwrap();
        let sealed = Present { packed: true, sum: true, bytes: 10, ..Present::default() };
        let open = Present { plain: true, bytes: 5, ..Present::default() };
        let day = |day| Day::new(2026, 11, day).unwrap();
        assert_eq!(found, BTreeMap::from([(day(24), sealed), (day(25), open)]));
        assert_eq!(survey(home.path(), Kind::FirewallText).unwrap(), BTreeMap::new());
    }
}
