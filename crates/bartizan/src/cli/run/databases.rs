//! Databases of integrity messages, on disk where OSSEC keeps them: `queue/syscheck/LOCATION`,
//! `queue/rootcheck/LOCATION`, `queue/fts/hostinfo` (integrity A8.1, B7).
//!
//! The engine holds in memory what it read. Tools and people change the files too, so each is looked at
//! before it is relied on.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use bartizan_base::source::open_regular;
use bartizan_decode::IntegrityStore;
use bartizan_decode::builtin::Database;

/// What the marker of a location whose first scan is complete holds.
const COMPLETE: &[u8] = b"#!X";

/// Largest database that is read, in bytes: far above that of any machine.
const DATABASE_BYTES: u64 = 1 << 30;

/// The files below a home.
pub(super) struct Databases {
    home: PathBuf,
    seen: HashMap<PathBuf, Look>,
}

/// How a file looked after it was read or written here.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    file: u64,
    length: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl Look {
    fn at(file: &File) -> io::Result<Self> {
        file.metadata().map(|metadata| Self::of(&metadata))
    }

    fn of(metadata: &fs::Metadata) -> Self {
        Self {
            file: metadata.ino(),
            length: metadata.len(),
            seconds: metadata.mtime(),
            nanoseconds: metadata.mtime_nsec(),
        }
    }
}

impl Databases {
    pub(super) fn new(home: &Path) -> Self {
        Self { home: home.to_owned(), seen: HashMap::new() }
    }

    /// The engine has already refused locations that are no plain name.
    fn path(&self, database: Database<'_>) -> PathBuf {
        let (folder, name) = match database {
            Database::Syscheck(location) => ("queue/syscheck", location),
            Database::Rootcheck(location) => ("queue/rootcheck", location),
            Database::Hostinfo => ("queue/fts", &b"hostinfo"[..]),
        };
        self.home.join(folder).join(OsStr::from_bytes(name))
    }

    fn marker(&self, location: &[u8]) -> PathBuf {
        let name = [b".", location, b".cpt"].concat();
        self.home.join("queue/syscheck").join(OsStr::from_bytes(&name))
    }
}

impl IntegrityStore for Databases {
    fn read(&mut self, database: Database<'_>) -> io::Result<Vec<u8>> {
        let path = self.path(database);
        let file = match open_regular(OpenOptions::new().read(true), &path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.seen.remove(&path);
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        };
        let mut text = Vec::new();
        (&file).take(DATABASE_BYTES + 1).read_to_end(&mut text)?;
        if text.len() as u64 > DATABASE_BYTES {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is too large"));
        }
        self.seen.insert(path, Look::at(&file)?);
        Ok(text)
    }

    fn append(&mut self, database: Database<'_>, line: &[u8]) -> io::Result<()> {
        let path = self.path(database);
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o770).create(folder)?;
        }
        let mut options = OpenOptions::new();
        let mut file = open_regular(options.append(true).create(true).mode(0o640), &path)?;
        let before = file.metadata()?.len();
        if let Err(error) = file.write_all(line) {
            // Take back a half-written line.
            let _ = file.set_len(before);
            return Err(error);
        }
        self.seen.insert(path, Look::at(&file)?);
        Ok(())
    }

    fn overwrite(&mut self, database: Database<'_>, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(database);
        let file = open_regular(OpenOptions::new().write(true), &path)?;
        file.write_all_at(bytes, offset)?;
        self.seen.insert(path, Look::at(&file)?);
        Ok(())
    }

    fn is_changed(&mut self, database: Database<'_>) -> bool {
        let path = self.path(database);
        let now = fs::metadata(&path).ok().map(|metadata| Look::of(&metadata));
        now != self.seen.get(&path).copied()
    }

    fn complete(&mut self, location: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o640);
        open_regular(&mut options, &self.marker(location))?.write_all(COMPLETE)
    }

    fn is_complete(&mut self, location: &[u8]) -> bool {
        self.marker(location).exists()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATABASE: Database<'_> = Database::Syscheck(b"(web 1) 10.0.0.5->syscheck");

    #[test]
    fn a_database_is_a_file_named_as_its_location() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut databases = Databases::new(home.path());
        assert_eq!(databases.read(DATABASE).expect("nothing yet"), b"");
        databases.append(DATABASE, b"+++1 !5 /a\n").expect("written");
        databases.append(DATABASE, b"+++2 !6 /b\n").expect("written");
        databases.overwrite(DATABASE, 11, b"#").expect("written");
        let path = home.path().join("queue/syscheck/(web 1) 10.0.0.5->syscheck");
        assert_eq!(fs::read(path).expect("a file"), b"+++1 !5 /a\n#++2 !6 /b\n");
        assert!(!databases.is_changed(DATABASE));
    }

    #[test]
    fn what_somebody_else_wrote_or_removed_is_noticed() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut databases = Databases::new(home.path());
        assert!(!databases.is_changed(DATABASE));
        databases.append(DATABASE, b"+++1 !5 /a\n").expect("written");
        let path = databases.path(DATABASE);
        fs::write(&path, b"").expect("written");
        assert!(databases.is_changed(DATABASE));
        assert_eq!(databases.read(DATABASE).expect("empty"), b"");
        assert!(!databases.is_changed(DATABASE));
        fs::remove_file(&path).expect("removed");
        assert!(databases.is_changed(DATABASE));
    }

    #[test]
    fn a_complete_location_has_a_marker() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut databases = Databases::new(home.path());
        assert!(!databases.is_complete(b"syscheck"));
        databases.append(Database::Syscheck(b"syscheck"), b"+++1 !5 /a\n").expect("written");
        databases.complete(b"syscheck").expect("written");
        assert!(databases.is_complete(b"syscheck"));
        let marker = home.path().join("queue/syscheck/.syscheck.cpt");
        assert_eq!(fs::read(marker).expect("a file"), b"#!X");
    }
}
