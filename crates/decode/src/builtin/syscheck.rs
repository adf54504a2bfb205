//! Integrity messages: `SUM NAME`, optionally a line feed and a diff (decoding 9.1, integrity A7 to A9).

use std::collections::HashMap;
use std::io;

use bartizan_base::{Deviation, Event, FileChange, StaticField};

use super::escape::escape;
use super::sum::{self, Hashes, MD5};
use super::table::{Table, lines};
use super::text::{self, Report};
use super::{Database, Integrity, IntegrityStore, Outcome, database_name};

/// The text that ends the first scan of a location.
const COMPLETED: &[u8] = b"syscheck-db-completed";
/// Flags of an entry by the number of changes reported; the last stays.
const FLAGS: [[u8; 3]; 5] = [*b"+++", *b"!++", *b"!!+", *b"!!!", *b"!!?"];
/// Changes that are reported before a file is ignored.
const REPORTED: usize = 3;

/// The files of a location, by name.
#[derive(Debug, Default)]
pub(super) struct Files {
    entries: HashMap<Box<[u8]>, Entry>,
    /// Length of the database.
    length: u64,
}

/// What is known of a file.
#[derive(Clone, Debug)]
struct Entry {
    /// Where its line is.
    offset: u64,
    flags: [u8; 3],
    sum: Box<[u8]>,
    /// The hashes it had last, where its sum has none now.
    known: Option<Box<Hashes>>,
}

impl Entry {
    /// How many changes were reported of it.
    fn changes(&self) -> usize {
        FLAGS.iter().position(|flags| *flags == self.flags).unwrap_or(0)
    }
}

/// The hashes known after `sum`, given those known before; `None` where the sum says all there is to know.
fn known_after(before: Option<&Hashes>, sum: &[u8]) -> Option<Box<Hashes>> {
    let fields = sum::fields(sum);
    let mut is_needed = false;
    let known: Hashes = std::array::from_fn(|hash| {
        let own = fields[MD5 + hash].filter(|own| sum::is_real(own));
        let before = before.map(|known| known[hash].as_ref()).filter(|hash| sum::is_real(hash));
        is_needed |= own.is_none() && before.is_some();
        own.or(before).unwrap_or_default().into()
    });
    is_needed.then(|| Box::new(known))
}

/// The hashes a sum holds together with those known before it.
fn all_known(entry: &Entry) -> Hashes {
    let fields = sum::fields(&entry.sum);
    std::array::from_fn(|hash| {
        let own = fields[MD5 + hash].filter(|own| sum::is_real(own));
        let before = entry.known.as_ref().map(|known| known[hash].as_ref());
        own.or(before).unwrap_or_default().into()
    })
}

impl Table for Files {
    /// Lines are `PPPSUM !TIME NAME`, the time absent in very old files. The last live line of a name counts;
    /// struck out lines, which begin with `#`, still tell the hashes it had.
    fn parse(text: &[u8]) -> Self {
        let mut files = Self { length: text.len() as u64, ..Self::default() };
        let mut past: HashMap<Box<[u8]>, Hashes> = HashMap::new();
        for (offset, line) in lines(text) {
            let Some((&flags, rest)) = line.split_first_chunk::<3>() else { continue };
            let Some((sum, mut name)) = split(rest, b' ') else { continue };
            if let Some(timed) = name.strip_prefix(b"!") {
                name = split(timed, b' ').map_or(&[][..], |(_, name)| name);
            }
            let known = known_after(past.get(name), sum);
            let entry = Entry { offset, flags, sum: sum.into(), known };
            let hashes = all_known(&entry);
            if hashes.iter().any(|hash| sum::is_real(hash)) {
                past.insert(name.into(), hashes);
            }
            if flags[0] != b'#' {
                files.entries.insert(name.into(), entry);
            }
        }
        files
    }
}

impl Files {
    /// Writes a new line for `name`, then strikes out the old one: if that fails the later line counts.
    fn write(
        &mut self,
        place: &mut Place<'_>,
        name: &[u8],
        flags: [u8; 3],
        sum: &[u8],
    ) -> io::Result<()> {
        let mut line = flags.to_vec();
        line.extend_from_slice(sum);
        line.extend_from_slice(format!(" !{} ", place.now).as_bytes());
        line.extend_from_slice(name);
        line.push(b'\n');
        let offset = self.length;
        place.store.append(Database::Syscheck(place.location), &line)?;
        self.length += line.len() as u64;
        let old = self.entries.get(name);
        let known = old.and_then(|old| known_after(Some(&all_known(old)), sum));
        if let Some(old) = old {
            place.store.overwrite(Database::Syscheck(place.location), old.offset, b"#")?;
        }
        self.entries.insert(name.into(), Entry { offset, flags, sum: sum.into(), known });
        Ok(())
    }
}

/// Where a message is to be stored.
struct Place<'a> {
    location: &'a [u8],
    store: &'a mut dyn IntegrityStore,
    now: i64,
}

/// What a message says.
struct Message {
    sum: Vec<u8>,
    name: Vec<u8>,
    diff: Option<Vec<u8>>,
}

/// What a message means, compared with what is known of its file.
enum Finding {
    Silent,
    New,
    Changed { changes: usize, old: Vec<u8>, known: Hashes },
}

impl Integrity {
    pub(super) fn syscheck(
        &mut self,
        event: &mut Event,
        store: &mut dyn IntegrityStore,
    ) -> io::Result<Outcome> {
        let log = event.bytes(event.log);
        let Some((sum, rest)) = split(log, b' ') else {
            return if log == COMPLETED {
                self.completed(event, store)
            } else {
                Ok(Outcome::Invalid)
            };
        };
        let (name, diff) = self.name_and_diff(rest);
        let message = Message { sum: sum.to_vec(), name, diff };
        if message.name.is_empty() {
            return Ok(Outcome::Invalid);
        }
        let is_ignored = |start: &Vec<u8>| {
            message.name.get(..start.len()).is_some_and(|name| name.eq_ignore_ascii_case(start))
        };
        if self.options.ignore.iter().any(is_ignored) {
            return Ok(Outcome::Silent);
        }
        let location = database_name(event)?;
        let mut place = Place { location: &location, store, now: event.time.0 };
        let finding = self.compare(&message, &mut place);
        if finding.is_err() {
            self.syscheck.forget(&location);
        }
        Ok(self.report(event, &message, &finding?))
    }

    /// The marker is due only once a sum of the location was taken in.
    fn completed(&mut self, event: &Event, store: &mut dyn IntegrityStore) -> io::Result<Outcome> {
        let location = database_name(event)?;
        if self.syscheck.is_open(&location) {
            store.complete(&location)?;
        }
        Ok(Outcome::Silent)
    }

    /// A line feed ends the name if a diff follows it; else it is part of the name, which is written with an
    /// escape then. In 2.8 it always ends the name, and 4.3 deletes it before it comes here (decoding 2.4).
    fn name_and_diff(&self, text: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
        let is_2_8 = self.options.dialect.is_2_8();
        let (name, diff) = match split(text, b'\n') {
            Some((name, diff)) if is_2_8 || text::is_diff(diff) => (name, Some(diff)),
            _ => (text, None),
        };
        if is_2_8 || self.has(Deviation::ControlCharacters) {
            return (name.to_vec(), diff.map(<[u8]>::to_vec));
        }
        let is_kept = |b: &u8| (*b >= 0x20 && *b != 0x7F) || matches!(b, b'\n' | b'\t');
        let diff = diff.map(|diff| diff.iter().copied().filter(is_kept).collect());
        (escape(name).into_owned(), diff)
    }

    /// Compares a message with the database and brings that up to date (integrity A8.3).
    fn compare(&mut self, message: &Message, place: &mut Place<'_>) -> io::Result<Finding> {
        let Message { sum, name, .. } = message;
        let is_2_8 = self.options.dialect.is_2_8();
        let auto_ignore = self.options.auto_ignore;
        let database = Database::Syscheck(place.location);
        let files = self.syscheck.open(place.location, database, place.store)?;
        let is_in_maintenance = place.store.is_in_maintenance(place.location);
        let Some(entry) = files.entries.get(name.as_slice()) else {
            files.write(place, name, FLAGS[0], sum)?;
            if is_in_maintenance {
                place.store.accepted(place.location, name, true);
                return Ok(Finding::Silent);
            }
            return Ok(self.new_file(sum, place));
        };
        if *entry.sum == **sum {
            return Ok(Finding::Silent);
        }
        let known = all_known(entry);
        // 2.8 takes every difference of the texts for a change.
        let is_change = is_2_8 || sum::is_real_change(&sum::pairs(&entry.sum, Some(&known), sum));
        if !is_change || is_in_maintenance {
            files.write(place, name, FLAGS[0], sum)?;
            if is_change {
                place.store.accepted(place.location, name, false);
            }
            return Ok(Finding::Silent);
        }
        let changes = entry.changes();
        if auto_ignore && changes >= REPORTED {
            return Ok(Finding::Silent);
        }
        let old = entry.sum.to_vec();
        let flags = FLAGS.get(changes + 1).or(FLAGS.last()).copied().unwrap_or_default();
        files.write(place, name, flags, sum)?;
        Ok(Finding::Changed { changes: if auto_ignore { changes } else { 0 }, old, known })
    }

    /// A file that is gone before it was ever known is nothing new. 2.8 waits for the end of the first scan.
    fn new_file(&self, sum: &[u8], place: &mut Place<'_>) -> Finding {
        let is_due = !self.options.dialect.is_2_8() || place.store.is_complete(place.location);
        if self.options.alert_new_files && is_due && !sum::is_deletion(sum) {
            Finding::New
        } else {
            Finding::Silent
        }
    }

    /// Turns the event into what it reports.
    fn report(&self, event: &mut Event, message: &Message, finding: &Finding) -> Outcome {
        let Message { sum, name, diff } = message;
        let mut report = Report::new(event, name, self.options.dialect);
        let (decoder, file) = match finding {
            Finding::Silent => return Outcome::Silent,
            Finding::New => (self.decoders.new_entry, report.new_file(sum)),
            Finding::Changed { .. } if sum::is_deletion(sum) => {
                report.deleted();
                (self.decoders.deleted, FileChange::default())
            }
            Finding::Changed { old, .. } if sum::is_deletion(old) => {
                report.added_again();
                (self.decoders.new_entry, FileChange::default())
            }
            Finding::Changed { changes, old, known } => {
                let decoder = self.decoders.changed.get(*changes).copied().unwrap_or_default();
                (decoder, report.changed(old, known, sum, diff.as_deref()))
            }
        };
        let text = report.text();
        let text = event.append(&text);
        event.log = text;
        event.full_log = text;
        event.set_field(StaticField::Filename, name);
        event.decoded.file = Some(file);
        // 4.3 makes another text of the host name, and so prints the location of agents twice.
        if event.is_from_agent() && self.has(Deviation::LocationTwice) {
            event.hostname = event.join(&[event.location]);
        }
        self.decided(event, decoder);
        Outcome::Event
    }
}

fn split(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(byte, text)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}
