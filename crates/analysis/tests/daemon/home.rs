//! The home folder of a daemon, in memory: what it keeps below `queue/` and `stats/`.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use bartizan_conformance::latin1;
use bartizan_decode::IntegrityStore;
use bartizan_decode::builtin::Database;
use bartizan_rules::correlate::DiffStore;

use crate::case::Files;

/// Files that the engine and its stores share.
#[derive(Clone)]
pub(crate) struct Home {
    files: Arc<Mutex<Files>>,
}

impl Home {
    pub(crate) fn new(files: Files) -> Self {
        Self { files: Arc::new(Mutex::new(files)) }
    }

    pub(crate) fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().expect("no holder panics")
    }

    pub(crate) fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.files().get(path).cloned()
    }

    pub(crate) fn append(&self, path: &str, text: &[u8]) {
        if !text.is_empty() {
            self.files().entry(path.to_owned()).or_default().extend_from_slice(text);
        }
    }
}

fn path(database: Database<'_>) -> String {
    match database {
        Database::Syscheck(location) => format!("queue/syscheck/{}", latin1(location)),
        Database::Rootcheck(location) => format!("queue/rootcheck/{}", latin1(location)),
        Database::Hostinfo => "queue/fts/hostinfo".to_owned(),
    }
}

fn marker(location: &[u8]) -> String {
    format!("queue/syscheck/.{}.cpt", latin1(location))
}

impl IntegrityStore for Home {
    fn read(&mut self, database: Database<'_>) -> io::Result<Vec<u8>> {
        Ok(Home::read(self, &path(database)).unwrap_or_default())
    }

    fn append(&mut self, database: Database<'_>, line: &[u8]) -> io::Result<()> {
        Home::append(self, &path(database), line);
        Ok(())
    }

    fn overwrite(&mut self, database: Database<'_>, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut files = self.files();
        let text = files.get_mut(&path(database)).expect("what is overwritten is there");
        let start = usize::try_from(offset).expect("within the text");
        text[start..start + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn complete(&mut self, location: &[u8]) -> io::Result<()> {
        self.files().insert(marker(location), b"#!X".to_vec());
        Ok(())
    }

    fn is_complete(&mut self, location: &[u8]) -> bool {
        self.files().contains_key(&marker(location))
    }
}

fn last_entry(host: &[u8], rule: u32) -> String {
    format!("queue/diff/{}/{rule}/last-entry", latin1(host))
}

impl DiffStore for Home {
    fn load(&mut self, host: &[u8], rule: u32, text: &mut Vec<u8>) -> bool {
        let Some(kept) = Home::read(self, &last_entry(host, rule)) else { return false };
        text.clear();
        text.extend(kept.into_iter().take_while(|&byte| byte != 0));
        true
    }

    fn save(&mut self, host: &[u8], rule: u32, text: &[u8]) {
        // The file ends with a NUL.
        self.files().insert(last_entry(host, rule), [text, b"\0"].concat());
    }
}
