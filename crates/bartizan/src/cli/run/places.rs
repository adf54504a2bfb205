//! How far each file was read, kept in `queue/positions.json`, so that a restart goes on there
//! (collection 4.6).
//!
//! Written only when all alerts of what was read are on disk: after a crash a few lines may come twice, none
//! is lost.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bartizan_base::Source;
use bartizan_collect::{FileId, Now, Position, Sources};
use serde_json::{Value, json};

use crate::cli::complain;

/// How often places are written while lines come.
const EVERY: Duration = Duration::from_secs(5);

/// The file of places.
pub(super) struct Places {
    path: PathBuf,
    last: Vec<Position>,
    next: Option<Instant>,
    is_failing: bool,
}

impl Places {
    /// The file below `home`.
    pub(super) fn below(home: &Path) -> Self {
        let path = home.join("queue/positions.json");
        Self { path, last: Vec::new(), next: None, is_failing: false }
    }

    /// Lets `sources` go on where an earlier run stopped, if there was one.
    pub(super) fn resume(&mut self, sources: &mut Sources) {
        if !self.path.exists() {
            return;
        }
        match self.read() {
            Some((positions, ended)) => sources.resume(positions, ended),
            None => complain(&format!(
                "bartizan: {} cannot be understood; files are read from their ends",
                self.path.display()
            )),
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
        if positions == self.last {
            return;
        }
        match self.write(&positions, now.wall) {
            Ok(()) => {
                self.last = positions;
                self.is_failing = false;
            }
            Err(error) => {
                if !std::mem::replace(&mut self.is_failing, true) {
                    complain(&format!("bartizan: cannot write {}: {error}", self.path.display()));
                }
            }
        }
    }

    fn write(&self, positions: &[Position], time: SystemTime) -> std::io::Result<()> {
        let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let files: Vec<Value> = positions.iter().map(object).collect();
        let text = json!({ "saved_at": seconds, "files": files }).to_string();
        let fresh = self.path.with_extension("new");
        let mut file = File::create(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        fs::rename(&fresh, &self.path)
    }

    fn read(&self) -> Option<(Vec<Position>, SystemTime)> {
        let text = Source::read(&self.path, &self.path).ok()?;
        let document: Value = serde_json::from_slice(&text.text).ok()?;
        let seconds = document.get("saved_at")?.as_u64()?;
        let files = document.get("files")?.as_array()?;
        let positions = files.iter().map(position).collect::<Option<Vec<_>>>()?;
        Some((positions, UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?))
    }
}

fn object(position: &Position) -> Value {
    json!({
        "path": latin1(position.path.as_os_str().as_bytes()),
        "device": position.file.device,
        "inode": position.file.inode,
        "offset": position.offset,
        "tail": latin1(&position.tail),
    })
}

fn position(object: &Value) -> Option<Position> {
    let number = |key| object.get(key).and_then(Value::as_u64);
    let text = |key| object.get(key).and_then(Value::as_str).and_then(bytes);
    Some(Position {
        path: PathBuf::from(OsString::from_vec(text("path")?)),
        file: FileId { device: number("device")?, inode: number("inode")? },
        offset: number("offset")?,
        tail: text("tail")?,
    })
}

/// A code point for each byte: neither names nor lines need be UTF-8.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn bytes(text: &str) -> Option<Vec<u8>> {
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
        };
        let mut places = Places::below(home.path());
        places.save(vec![position.clone()], Now::read());
        let (read, ended) = Places::below(home.path()).read().unwrap();
        assert_eq!(read, [position]);
        assert!(ended.elapsed().unwrap() < Duration::from_secs(10));
        fs::write(home.path().join("queue/positions.json"), "{\"saved_at\":1").unwrap();
        assert!(Places::below(home.path()).read().is_none());
    }
}
