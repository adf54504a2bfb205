//! Findings about a host: the whole log is one (decoding 9.2, integrity B7).

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;

use bartizan_base::{Event, FileChange, StaticField, Text};

use super::escape::escape;
use super::table::{Table, lines};
use super::{Database, Integrity, IntegrityStore, Outcome, database_name};

/// Where the line of a finding is, and how many digits its last time has; none in very old lines.
#[derive(Clone, Copy, Debug)]
struct Line {
    offset: u64,
    digits: Option<usize>,
}

/// The findings of a location, by their text.
#[derive(Debug, Default)]
pub(super) struct Findings {
    known: HashMap<Box<[u8]>, Line>,
    length: u64,
}

impl Table for Findings {
    /// Lines are `!LAST!FIRST TEXT`, or `TEXT` alone in very old files. The first line of a text counts.
    fn parse(text: &[u8]) -> Self {
        let mut findings = Self { length: text.len() as u64, ..Self::default() };
        for (offset, line) in lines(text) {
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let (digits, text) = match after_times(line) {
                Some((digits, text)) => (Some(digits), text),
                None => (None, line),
            };
            findings.known.entry(text.into()).or_insert(Line { offset, digits });
        }
        findings
    }
}

/// The digits of the last time and the text, of a line `!LAST!FIRST TEXT`.
fn after_times(line: &[u8]) -> Option<(usize, &[u8])> {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    let last = line.strip_prefix(b"!")?;
    let length = digits(last);
    let first = last.get(length..)?.strip_prefix(b"!")?;
    let text = first.get(digits(first)..)?.strip_prefix(b" ")?;
    let is_timed = length > 0 && digits(first) > 0;
    is_timed.then_some((length, text))
}

impl Integrity {
    pub(super) fn rootcheck(
        &mut self,
        event: &mut Event,
        store: &mut dyn IntegrityStore,
    ) -> io::Result<Outcome> {
        let log = event.log;
        if log.is_empty() {
            return Ok(Outcome::Invalid);
        }
        let location = database_name(event)?;
        let is_new = self.note(event, &location, store).inspect_err(|_| {
            self.rootcheck.forget(&location);
        })?;
        event.decoded.is_first_seen = is_new;
        read_file(event);
        self.decided(event, self.decoders.rootcheck);
        Ok(Outcome::Event)
    }

    /// Notes the finding in the database; whether it is new.
    fn note(
        &mut self,
        event: &Event,
        location: &[u8],
        store: &mut dyn IntegrityStore,
    ) -> io::Result<bool> {
        let database = Database::Rootcheck(location);
        // Only TAB and LF can be left in a text, and one line is one finding.
        let text: Cow<'_, [u8]> = escape(event.bytes(event.log));
        let findings = self.rootcheck.open(location, database, store)?;
        let now = event.time.0;
        match findings.known.get(text.as_ref()) {
            Some(&Line { offset, digits }) => {
                let last = format!("!{now}");
                // A time of another length would not fit in the place of the old one.
                if digits.is_some_and(|digits| digits + 1 == last.len()) {
                    store.overwrite(database, offset, last.as_bytes())?;
                }
                Ok(false)
            }
            None => {
                let mut line = format!("!{now}!{now} ").into_bytes();
                line.extend_from_slice(&text);
                line.push(b'\n');
                store.append(database, &line)?;
                let digits = Some(now.to_string().len());
                let offset = findings.length;
                findings.known.insert(text.into(), Line { offset, digits });
                findings.length += line.len() as u64;
                Ok(true)
            }
        }
    }
}

/// Reads the file a finding is about, and its hashes.
fn read_file(event: &mut Event) {
    let log = event.bytes(event.log);
    let find = |key: &[u8]| memchr::memmem::find(log, key).map(|at| at + key.len());
    let hash = |key: &[u8], length: usize| {
        let start = find(key)?;
        let rest = log.get(start..)?;
        let end = rest.iter().take_while(|b| !matches!(b, b' ' | b'\t' | b'\n')).count();
        (end == length).then(|| event.log.slice(start, start + end))
    };
    let name = find(b" file '").and_then(|start| {
        let end = start + memchr::memchr(b'\'', log.get(start..)?)?;
        Some(event.log.slice(start, end))
    });
    let mut file = FileChange::default();
    let hashes: [Option<Text>; 3] =
        [hash(b" MD5=", 32), hash(b" SHA1=", 40), hash(b" SHA256=", 64)];
    [file.after.md5, file.after.sha1, file.after.sha256] = hashes;
    if hashes.iter().any(Option::is_some) {
        event.decoded.file = Some(file);
    }
    if let Some(name) = name {
        event.decoded.set(StaticField::Filename, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_whatever_their_length() {
        assert_eq!(after_times(b"!1764576004!1764576000 A b"), Some((10, &b"A b"[..])));
        assert_eq!(after_times(b"!1!2 "), Some((1, &b""[..])));
        assert_eq!(after_times(b"!x"), None);
        assert_eq!(after_times(b"A"), None);
        assert_eq!(after_times(b"!1!2"), None);
    }
}
