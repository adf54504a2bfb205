//! Databases of integrity messages kept in memory, for who has no files: the tester, replays, tests.

use std::collections::{HashMap, HashSet};
use std::io;

use bartizan_base::limits::MemoryLimits;
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

/// Databases in memory; nothing outlives it. When they are too large together, all begin again: parts of one
/// cannot leave, since others say where in it they stand.
#[derive(Debug)]
pub struct MemoryDatabases {
    most: usize,
    texts: HashMap<Name, Vec<u8>>,
    complete: HashSet<Vec<u8>>,
    bytes: usize,
    forgotten: u64,
}

impl Default for MemoryDatabases {
    fn default() -> Self {
        Self::new(MemoryLimits::default().database_bytes)
    }
}

impl MemoryDatabases {
    /// No database yet, and at most so many bytes of them.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self {
            most: bytes,
            texts: HashMap::new(),
            complete: HashSet::new(),
            bytes: 0,
            forgotten: 0,
        }
    }

    fn make_room(&mut self, bytes: usize) {
        self.bytes += bytes;
        if self.bytes > self.most {
            self.texts.clear();
            self.complete.clear();
            self.bytes = bytes;
            self.forgotten += 1;
        }
    }
}

/// What a new database takes besides its text, in bytes.
const ENTRY_BYTES: usize = 128;

impl IntegrityStore for MemoryDatabases {
    fn read(&mut self, database: Database<'_>) -> io::Result<Vec<u8>> {
        Ok(self.texts.get(&database.into()).cloned().unwrap_or_default())
    }

    fn append(&mut self, database: Database<'_>, line: &[u8]) -> io::Result<()> {
        let name = database.into();
        let is_new = !self.texts.contains_key(&name);
        self.make_room(line.len() + if is_new { ENTRY_BYTES } else { 0 });
        self.texts.entry(name).or_default().extend_from_slice(line);
        Ok(())
    }

    fn overwrite(&mut self, database: Database<'_>, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let text = self.texts.get_mut(&database.into());
        let start = usize::try_from(offset).ok();
        let place = text
            .zip(start)
            .and_then(|(text, start)| text.get_mut(start..start.checked_add(bytes.len())?));
        place.ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(bytes);
        Ok(())
    }

    fn complete(&mut self, location: &[u8]) -> io::Result<()> {
        if !self.complete.contains(location) {
            self.make_room(location.len() + ENTRY_BYTES);
            self.complete.insert(location.to_vec());
        }
        Ok(())
    }

    fn is_complete(&mut self, location: &[u8]) -> bool {
        self.complete.contains(location)
    }

    fn held_bytes(&self) -> usize {
        self.bytes
    }

    fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_without_end_do_not_fill_the_memory() -> io::Result<()> {
        let mut databases = MemoryDatabases::new(16 << 20);
        let line = vec![b'x'; 1 << 20];
        // What a database takes besides its text makes the last line one too many.
        for _ in 0..16 {
            databases.append(Database::Syscheck(b"one agent"), &line)?;
        }
        assert_eq!(databases.forgotten(), 1);
        assert_eq!(databases.read(Database::Syscheck(b"one agent"))?.len(), line.len());
        Ok(())
    }
}
