//! Databases held in memory, one for each location.

use std::collections::HashMap;
use std::io;

use super::{Database, IntegrityStore};

/// Databases held at once. The one not asked for longest goes when there are more: its file has it all.
const LOCATIONS: usize = 4_096;

/// A database that was read.
pub(super) trait Table: Sized {
    /// Reads the text of a database.
    fn parse(text: &[u8]) -> Self;
}

#[derive(Debug)]
struct Held<T> {
    table: T,
    used: u64,
}

/// The databases of all locations.
#[derive(Debug)]
pub(super) struct Locations<T> {
    held: HashMap<Vec<u8>, Held<T>>,
    clock: u64,
}

impl<T> Default for Locations<T> {
    fn default() -> Self {
        Self { held: HashMap::new(), clock: 0 }
    }
}

impl<T: Table> Locations<T> {
    /// The database of a location, read if it is not held or was changed by somebody else.
    pub(super) fn open(
        &mut self,
        location: &[u8],
        database: Database<'_>,
        store: &mut dyn IntegrityStore,
    ) -> io::Result<&mut T> {
        self.clock += 1;
        let used = self.clock;
        if self.held.contains_key(location) && store.is_changed(database) {
            self.held.remove(location);
        }
        if !self.held.contains_key(location) {
            self.make_room();
            let table = T::parse(&store.read(database)?);
            self.held.insert(location.to_vec(), Held { table, used });
        }
        let held = self.held.get_mut(location).ok_or(io::ErrorKind::NotFound)?;
        held.used = used;
        Ok(&mut held.table)
    }

    /// Whether the database of a location is held.
    pub(super) fn is_open(&self, location: &[u8]) -> bool {
        self.held.contains_key(location)
    }

    /// Forgets what is held of a location after a write failed: the file decides.
    pub(super) fn forget(&mut self, location: &[u8]) {
        self.held.remove(location);
    }

    fn make_room(&mut self) {
        if self.held.len() < LOCATIONS {
            return;
        }
        let oldest =
            self.held.iter().min_by_key(|(_, held)| held.used).map(|(name, _)| name.clone());
        if let Some(oldest) = oldest {
            self.held.remove(&oldest);
        }
    }
}

/// The lines of a database with their offsets, without their line ends.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let mut offset = 0;
    text.split_inclusive(|&b| b == b'\n').map(move |line| {
        let at = offset;
        offset += line.len() as u64;
        (at, line.strip_suffix(b"\n").unwrap_or(line))
    })
}
