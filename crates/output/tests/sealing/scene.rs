//! A home with daily files.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bartizan_output::{Day, Done, Keeping, Kind, SealError, Series, seal_before, verify};
use flate2::read::MultiGzDecoder;

pub(crate) const COMPRESS: Keeping = Keeping { compress: true, days: 0, bytes: 0 };
pub(crate) const PLAIN: Keeping = Keeping { compress: false, days: 0, bytes: 0 };
pub(crate) const BLOCK: usize = 64 << 10;

/// A day of November 2026.
pub(crate) fn day(day: u32) -> Day {
    Day::new(2026, 11, day).unwrap()
}

pub(crate) struct Scene {
    pub(crate) home: tempfile::TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    /// With entries of these days.
    pub(crate) fn of_days(days: &[u32]) -> Self {
        let scene = Self::new();
        for &number in days {
            scene.write(Kind::AlertText, day(number), format!("entry of {number}\n\n").as_bytes());
        }
        scene
    }

    pub(crate) fn path(&self, day: Day, suffix: &str) -> PathBuf {
        self.path_of(Kind::AlertText, day, suffix)
    }

    pub(crate) fn path_of(&self, kind: Kind, day: Day, suffix: &str) -> PathBuf {
        self.home.path().join(format!("{}{suffix}", kind.file_of(day)))
    }

    pub(crate) fn write(&self, kind: Kind, day: Day, content: &[u8]) {
        let path = self.path_of(kind, day, "");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn seal(&self, today: u32, keeping: Keeping) -> Vec<Result<Done, SealError>> {
        let mut told = Vec::new();
        let ended =
            seal_before(self.home.path(), day(today), keeping, &mut |_| true, &mut |done| {
                told.push(done);
            });
        assert!(ended);
        told
    }

    /// The same, where nothing may go wrong.
    pub(crate) fn seal_well(&self, today: u32, keeping: Keeping) -> Vec<Done> {
        self.seal(today, keeping).into_iter().map(Result::unwrap).collect()
    }

    pub(crate) fn text(&self, day: Day, suffix: &str) -> String {
        fs::read_to_string(self.path(day, suffix)).unwrap()
    }

    pub(crate) fn unpacked(&self, day: Day) -> Vec<u8> {
        let mut content = Vec::new();
        let file = fs::File::open(self.path(day, ".gz")).unwrap();
        MultiGzDecoder::new(file).read_to_end(&mut content).unwrap();
        content
    }

    pub(crate) fn verify(&self) -> Series {
        verify(self.home.path(), Kind::AlertText, &mut |_| true).unwrap()
    }

    /// What is wrong, as `file: problem`, files by their last name.
    pub(crate) fn findings(&self) -> Vec<String> {
        let short = |file: &str| file.rsplit_once("ossec-alerts-").unwrap().1.to_owned();
        let findings = self.verify().findings;
        findings.iter().map(|found| format!("{}: {}", short(&found.file), found.problem)).collect()
    }

    /// Every file below the home and its content.
    pub(crate) fn all(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(self.home.path(), &mut found);
        found
    }
}

fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}

/// Content of that many bytes that does not repeat.
pub(crate) fn content(length: usize) -> Vec<u8> {
    let numbers = (0_u32..).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes());
    numbers.take(length).collect()
}

/// Changes the byte at `at` of a file.
pub(crate) fn flip(path: &Path, at: usize) {
    let mut content = fs::read(path).unwrap();
    content[at] ^= 1;
    fs::write(path, content).unwrap();
}
