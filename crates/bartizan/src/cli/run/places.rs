//! How far each file was read, kept in `queue/positions.json`, so that a restart goes on there
//! (collection 4.6).
//!
//! Written only when all alerts of what was read are on disk. In between, the journal of `commits` has what is newer:
//! together they tell exactly which lines were dealt with, whatever the moment of the end.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bartizan_base::Source;
use bartizan_base::source::open_regular;
use bartizan_collect::{FileId, Now, Older, Position, Sources};
use serde_json::{Value, json};

use super::commits::{self, Commits, Growth, Record};
use crate::cli::complain;

/// How often places are written while lines come.
const EVERY: Duration = Duration::from_secs(5);

/// The file of places.
pub(super) struct Places {
    home: PathBuf,
    path: PathBuf,
    /// `None` where it cannot be written.
    commits: Option<Commits>,
    /// Places of the journal that an earlier run left, newer than those of the file.
    recovered: Vec<Position>,
    last: Vec<Position>,
    next: Option<Instant>,
    is_failing: bool,
}

impl Places {
    /// The file below `home`. Undoes what an earlier run left half done; nobody else may work there, and no daily
    /// file may be open.
    pub(super) fn below(home: &Path) -> Self {
        let path = home.join("queue/positions.json");
        let recovered = commits::recover(home).unwrap_or_else(|error| {
            complain(&format!(
                "bartizan: cannot take back what {}/queue/commits says was left half done: {error}; alerts of the \
                 last seconds before the end may come twice",
                home.display()
            ));
            Vec::new()
        });
        Self {
            home: home.to_owned(),
            path,
            commits: None,
            recovered,
            last: Vec::new(),
            next: None,
            is_failing: false,
        }
    }

    /// Lets `sources` go on where an earlier run stopped, if there was one, and begins a journal of its own.
    pub(super) fn resume(&mut self, sources: &mut Sources) {
        let recovered = std::mem::take(&mut self.recovered);
        let saved = if self.path.exists() { self.read() } else { Some((Vec::new(), None)) };
        if saved.is_none() {
            let path = self.path.display();
            complain(&format!(
                "bartizan: {path} cannot be understood; files are read from their ends, or where alerts were last \
                 written"
            ));
        }
        let (saved, ended) = saved.unwrap_or_default();
        let is_known = |place: &Position| recovered.iter().any(|newer| newer.path == place.path);
        let mut positions: Vec<Position> = saved.into_iter().filter(|p| !is_known(p)).collect();
        for place in recovered.iter().rev() {
            if !positions.iter().any(|known| known.path == place.path) {
                positions.push(place.clone());
            }
        }
        let ended = ended.unwrap_or_else(SystemTime::now);
        // The journal begins anew: what it knew must be saved first.
        let saved = if recovered.is_empty() { Ok(()) } else { self.write(&positions, ended) };
        match saved.and_then(|()| Commits::open(&self.home)) {
            Ok(commits) => self.commits = Some(commits),
            Err(error) => self.note_failure(&error),
        }
        if !positions.is_empty() {
            sources.resume(positions, ended);
        }
    }

    /// Notes what is about to be written, together with the places up to which it is about.
    pub(super) fn commit(&mut self, growths: Vec<Growth>, sources: &mut Sources) {
        if growths.is_empty() {
            return;
        }
        let Some(commits) = &mut self.commits else { return };
        let record = Record { growths, positions: sources.changed_positions().collect() };
        if let Err(error) = commits.add(&record) {
            self.note_failure(&error);
        }
    }

    /// Writes the places of `sources`, if that is due.
    pub(super) fn save_if_due(&mut self, sources: &Sources, now: Now) {
        if self.next.is_none_or(|next| now.monotonic >= next) {
            self.next = Some(now.monotonic + EVERY);
            self.save(sources.positions().collect(), now);
        }
    }

    /// Writes places, if they changed.
    pub(super) fn save(&mut self, positions: Vec<Position>, now: Now) {
        let written =
            if positions == self.last { Ok(()) } else { self.write(&positions, now.wall) };
        let result = written.and_then(|()| {
            self.last = positions;
            match &mut self.commits {
                Some(commits) => commits.clear(),
                None => {
                    self.commits = Some(Commits::open(&self.home)?);
                    Ok(())
                }
            }
        });
        match result {
            Ok(()) => self.is_failing = false,
            Err(error) => self.note_failure(&error),
        }
    }

    fn note_failure(&mut self, error: &std::io::Error) {
        if !std::mem::replace(&mut self.is_failing, true) {
            complain(&format!("bartizan: cannot write {}: {error}", self.path.display()));
        }
    }

    fn write(&self, positions: &[Position], time: SystemTime) -> std::io::Result<()> {
        let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let files: Vec<Value> = positions.iter().map(object).collect();
        let text = json!({ "saved_at": seconds, "files": files }).to_string();
        let fresh = self.path.with_extension("new");
        // Whatever was left there under this name.
        let _ = fs::remove_file(&fresh);
        let mut options = OpenOptions::new();
        let mut file = open_regular(options.write(true).create_new(true).mode(0o640), &fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        fs::rename(&fresh, &self.path)
    }

    fn read(&self) -> Option<(Vec<Position>, Option<SystemTime>)> {
        let text = Source::read(&self.path, &self.path).ok()?;
        let document: Value = serde_json::from_slice(&text.text).ok()?;
        let seconds = document.get("saved_at")?.as_u64()?;
        let files = document.get("files")?.as_array()?;
        let positions = files.iter().map(position).collect::<Option<Vec<_>>>()?;
        Some((positions, UNIX_EPOCH.checked_add(Duration::from_secs(seconds))))
    }
}

pub(super) fn object(position: &Position) -> Value {
    let older: Vec<Value> = position
        .older
        .iter()
        .map(|place| file_object(place.file, place.offset, &place.tail))
        .collect();
    let mut object = file_object(position.file, position.offset, &position.tail);
    object["path"] = latin1(position.path.as_os_str().as_bytes()).into();
    if !older.is_empty() {
        object["older"] = older.into();
    }
    object
}

fn file_object(file: FileId, offset: u64, tail: &[u8]) -> Value {
    let (device, inode) = (file.device, file.inode);
    json!({ "device": device, "inode": inode, "offset": offset, "tail": latin1(tail) })
}

pub(super) fn position(object: &Value) -> Option<Position> {
    let path = object.get("path").and_then(Value::as_str).and_then(bytes)?;
    let Older { file, offset, tail } = place(object)?;
    let older = object.get("older").and_then(Value::as_array);
    let older = older.into_iter().flatten().map(place).collect::<Option<_>>()?;
    Some(Position { path: PathBuf::from(OsString::from_vec(path)), file, offset, tail, older })
}

fn place(object: &Value) -> Option<Older> {
    let number = |key| object.get(key).and_then(Value::as_u64);
    Some(Older {
        file: FileId { device: number("device")?, inode: number("inode")? },
        offset: number("offset")?,
        tail: object.get("tail").and_then(Value::as_str).and_then(bytes)?,
    })
}

/// A code point for each byte: neither names nor lines need be UTF-8.
pub(super) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_were_written() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("queue")).unwrap();
        let position = Position {
            path: PathBuf::from(OsString::from_vec(b"/var/log/\xff\x1b\"x".to_vec())),
            file: FileId { device: 5, inode: u64::MAX },
            offset: 77,
            tail: (0..=255).collect(),
            older: vec![Older {
                file: FileId { device: 5, inode: 6 },
                offset: 1,
                tail: vec![b'\n'],
            }],
        };
        let mut places = Places::below(home.path());
        places.save(vec![position.clone()], Now::read());
        let (read, ended) = Places::below(home.path()).read().unwrap();
        assert_eq!(read, [position]);
        assert!(ended.unwrap().elapsed().unwrap() < Duration::from_secs(10));
        fs::write(home.path().join("queue/positions.json"), "{\"saved_at\":1").unwrap();
        assert!(Places::below(home.path()).read().is_none());
    }
}
