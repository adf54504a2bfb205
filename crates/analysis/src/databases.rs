//! Databases of integrity messages kept in memory, for who has no files: the tester, replays, tests.

use std::collections::{HashMap, HashSet};
use std::io;

use bartizan_decode::IntegrityStore;
use bartizan_decode::builtin::Database;

#[derive(Debug, PartialEq, Eq, Hash)]
enum Name {
    Syscheck(Vec<u8>),
    Rootcheck(Vec<u8>),
    Hostinfo,
}

impl From<Database<'_>> for Name {
    fn from(database: Database<'_>) -> Self {
        match database {
            Database::Syscheck(location) => Self::Syscheck(location.to_vec()),
            Database::Rootcheck(location) => Self::Rootcheck(location.to_vec()),
            Database::Hostinfo => Self::Hostinfo,
        }
    }
}

/// Databases in memory; nothing outlives it.
#[derive(Debug, Default)]
pub struct MemoryDatabases {
    texts: HashMap<Name, Vec<u8>>,
    complete: HashSet<Vec<u8>>,
}

impl IntegrityStore for MemoryDatabases {
    fn read(&mut self, database: Database<'_>) -> io::Result<Vec<u8>> {
        Ok(self.texts.get(&database.into()).cloned().unwrap_or_default())
    }

    fn append(&mut self, database: Database<'_>, line: &[u8]) -> io::Result<()> {
        self.texts.entry(database.into()).or_default().extend_from_slice(line);
        Ok(())
    }

    fn overwrite(&mut self, database: Database<'_>, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let text = self.texts.entry(database.into()).or_default();
        let start = usize::try_from(offset).ok();
        let place = start.and_then(|start| text.get_mut(start..start.checked_add(bytes.len())?));
        place.ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(bytes);
        Ok(())
    }

    fn complete(&mut self, location: &[u8]) -> io::Result<()> {
        self.complete.insert(location.to_vec());
        Ok(())
    }

    fn is_complete(&mut self, location: &[u8]) -> bool {
        self.complete.contains(location)
    }
}
