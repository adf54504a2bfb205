//! The journal that ties lines to their alerts: `queue/commits`, so that a program that was killed neither loses a
//! line nor writes an alert twice.
//!
//! ```text
//! lines analysed ─▶ 1. record: by what each daily file will grow, and how far every log was read for it
//!                   2. the daily files are appended to
//! every few seconds  3. all places are saved, and the journal begins anew
//! ```
//!
//! After a start the last record counts whose growth is all there: what the files have beyond it was written by an
//! append that did not end, or without a record, and is taken back; its lines are read again. So every line's alerts
//! are in the files exactly once whatever the moment of the end. Nothing waits for the disk here: what the machine
//! itself loses when its power fails may come twice.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

use bartizan_base::source::open_regular;
use bartizan_collect::Position;
use serde_json::{Value, json};

use super::places::{bytes, latin1, object, position};

/// By what a file grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Growth {
    /// The file, below the home.
    pub(super) path: PathBuf,
    /// Its length before.
    pub(super) from: u64,
    /// Its length after.
    pub(super) to: u64,
}

/// What belongs together: alerts, and the lines they came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) growths: Vec<Growth>,
    /// Of inputs that were read since the record before.
    pub(super) positions: Vec<Position>,
}

/// The journal.
pub(super) struct Commits {
    file: File,
    length: u64,
}

impl Commits {
    /// The journal below `home`, empty. What it held before must have been used: see [`recover`].
    pub(super) fn open(home: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o640);
        let file = open_regular(&mut options, &path(home))?;
        file.set_len(0)?;
        Ok(Self { file, length: 0 })
    }

    /// Adds a record. Where that fails nothing of it stays.
    pub(super) fn add(&mut self, record: &Record) -> io::Result<()> {
        let growths: Vec<Value> = record.growths.iter().map(growth_object).collect();
        let positions: Vec<Value> = record.positions.iter().map(object).collect();
        let mut text = json!({ "growths": growths, "positions": positions }).to_string();
        text.push('\n');
        if let Err(error) = self.file.write_all(text.as_bytes()) {
            let _ = self.file.set_len(self.length);
            return Err(error);
        }
        self.length += text.len() as u64;
        Ok(())
    }

    /// Begins anew: all places have been saved.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        if self.length > 0 {
            self.file.set_len(0)?;
            self.length = 0;
        }
        Ok(())
    }
}

/// Makes the daily files below `home` what they were when the last whole record had been written, and gives the
/// places of all records up to it, oldest first.
pub(super) fn recover(home: &Path) -> io::Result<Vec<Position>> {
    let records = read(home);
    let whole = records.iter().rposition(|record| record.growths.iter().all(|g| is_there(home, g)));
    let kept = whole.map_or(0, |at| at + 1);
    let (done, undone) = records.split_at_checked(kept).unwrap_or((&records, &[]));
    // The first growth of a file behind the last whole record begins where that left it.
    let mut ends: Vec<(&Path, u64)> = Vec::new();
    for growth in undone.iter().flat_map(|record| &record.growths) {
        if !ends.iter().any(|(path, _)| *path == growth.path) {
            ends.push((&growth.path, growth.from));
        }
    }
    for growth in done.iter().rev().flat_map(|record| &record.growths) {
        if !ends.iter().any(|(path, _)| *path == growth.path) {
            ends.push((&growth.path, growth.to));
        }
    }
    for (path, end) in ends {
        shorten(&home.join(path), end)?;
    }
    Ok(done.iter().flat_map(|record| record.positions.iter().cloned()).collect())
}

/// The records, as far as they are whole.
fn read(home: &Path) -> Vec<Record> {
    let Ok(mut file) = open_regular(OpenOptions::new().read(true), &path(home)) else {
        return Vec::new();
    };
    let mut text = Vec::new();
    if io::Read::read_to_end(&mut file, &mut text).is_err() {
        return Vec::new();
    }
    let end = memchr::memrchr(b'\n', &text).unwrap_or(0);
    let lines = text.get(..end).unwrap_or_default().split(|&byte| byte == b'\n');
    lines.map_while(|line| record(&serde_json::from_slice(line).ok()?)).collect()
}

/// Whether a file has grown as a record says. One that was moved away since is no reason to write it again.
fn is_there(home: &Path, growth: &Growth) -> bool {
    match fs::metadata(home.join(&growth.path)) {
        Ok(metadata) => metadata.len() >= growth.to,
        Err(_) => growth.from > 0,
    }
}

fn shorten(path: &Path, end: u64) -> io::Result<()> {
    let file = match open_regular(OpenOptions::new().write(true), path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file?,
    };
    if file.metadata()?.len() > end { file.set_len(end) } else { Ok(()) }
}

fn path(home: &Path) -> PathBuf {
    home.join("queue/commits")
}

fn growth_object(growth: &Growth) -> Value {
    let path = latin1(growth.path.as_os_str().as_bytes());
    json!({ "path": path, "from": growth.from, "to": growth.to })
}

fn record(object: &Value) -> Option<Record> {
    let all = |key| object.get(key).and_then(Value::as_array);
    Some(Record {
        growths: all("growths")?.iter().map(growth).collect::<Option<_>>()?,
        positions: all("positions")?.iter().map(position).collect::<Option<_>>()?,
    })
}

fn growth(object: &Value) -> Option<Growth> {
    let number = |key| object.get(key).and_then(Value::as_u64);
    let path = object.get("path").and_then(Value::as_str).and_then(bytes)?;
    let path = PathBuf::from(OsString::from_vec(path));
    // Nothing but daily files is ever shortened.
    let is_ours = path.starts_with("logs")
        && path.components().all(|part| matches!(part, Component::Normal(_)));
    is_ours.then_some(Growth { path, from: number("from")?, to: number("to")? })
}

#[cfg(test)]
mod tests {
    use bartizan_collect::FileId;

    use super::*;

    fn position(offset: u64) -> Position {
        let file = FileId { device: 1, inode: 2 };
        Position {
            path: "/var/log/x".into(),
            file,
            offset,
            tail: b"tail".to_vec(),
            older: Vec::new(),
        }
    }

    fn growth(name: &str, from: u64, to: u64) -> Growth {
        Growth { path: Path::new("logs").join(name), from, to }
    }

    /// Files `a` and `b` of these lengths after the records; what is left of them, and the last place.
    #[track_caller]
    fn check(records: &[&[Growth]], lengths: [usize; 2], expected: ([u64; 2], Option<u64>)) {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("queue")).unwrap();
        fs::create_dir(home.path().join("logs")).unwrap();
        let mut commits = Commits::open(home.path()).unwrap();
        for (number, growths) in (1..).zip(records) {
            let record = Record { growths: growths.to_vec(), positions: vec![position(number)] };
            commits.add(&record).unwrap();
        }
        for (name, length) in ["logs/a", "logs/b"].iter().zip(lengths) {
            fs::write(home.path().join(name), vec![b'x'; length]).unwrap();
        }
        let last = recover(home.path()).unwrap().last().map(|position| position.offset);
        let left =
            ["logs/a", "logs/b"].map(|name| fs::metadata(home.path().join(name)).unwrap().len());
        assert_eq!((left, last), expected, "{records:?} {lengths:?}");
    }

    #[test]
    fn the_last_record_counts_whose_growth_is_all_there() {
        let first: &[Growth] = &[growth("a", 10, 20), growth("b", 5, 9)];
        let second: &[Growth] = &[growth("a", 20, 30), growth("b", 9, 12)];
        check(&[], [10, 5], ([10, 5], None));
        check(&[first], [10, 5], ([10, 5], None));
        check(&[first], [20, 5], ([10, 5], None));
        check(&[first], [20, 9], ([20, 9], Some(1)));
        check(&[first, second], [27, 9], ([20, 9], Some(1)));
        check(&[first, second], [30, 10], ([20, 9], Some(1)));
        check(&[first, second], [30, 12], ([30, 12], Some(2)));
        check(&[first, &[growth("b", 9, 12)]], [20, 12], ([20, 12], Some(2)));
    }

    #[test]
    fn what_was_written_without_a_record_is_taken_back() {
        check(&[&[growth("a", 0, 20)]], [33, 5], ([20, 5], Some(1)));
    }

    #[test]
    fn a_record_that_was_cut_off_counts_for_nothing() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("queue")).unwrap();
        let mut commits = Commits::open(home.path()).unwrap();
        let record = Record { growths: Vec::new(), positions: vec![position(1)] };
        commits.add(&record).unwrap();
        commits.add(&record).unwrap();
        let text = fs::read(path(home.path())).unwrap();
        fs::write(path(home.path()), &text[..text.len() - 1]).unwrap();
        assert_eq!(read(home.path()), [record]);
    }

    #[test]
    fn a_journal_cannot_name_other_files() {
        for path in ["/etc/passwd", "logs/../etc/x", "etc/x", "../logs/x"] {
            assert_eq!(super::growth(&json!({ "path": path, "from": 0, "to": 1 })), None, "{path}");
        }
    }
}
