//! The journal's export format (collection 10.2), and the line an entry becomes (10.3).
//!
//! ```text
//! NAME=value\n                               a text field
//! NAME\n  8 bytes length  bytes  \n          a binary field
//! \n                                         the end of an entry
//! ```
//!
//! The parser takes bytes as they come and keeps only the fields of [`Field`], each up to
//! [`limits::EVENT_BYTES`]. A field with `=` in its line is text; the binary form of any field is accepted.

use std::io::Write as _;

use bartizan_base::limits;
use jiff::tz::TimeZone;

/// The fields that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Field {
    Cursor,
    Realtime,
    SourceRealtime,
    Hostname,
    Identifier,
    Comm,
    Exe,
    Unit,
    Transport,
    SyslogPid,
    Pid,
    Message,
    Priority,
    Facility,
    Uid,
}

const FIELDS: [(&[u8], Field); 15] = [
    (b"__CURSOR", Field::Cursor),
    (b"__REALTIME_TIMESTAMP", Field::Realtime),
    (b"_SOURCE_REALTIME_TIMESTAMP", Field::SourceRealtime),
    (b"_HOSTNAME", Field::Hostname),
    (b"SYSLOG_IDENTIFIER", Field::Identifier),
    (b"_COMM", Field::Comm),
    (b"_EXE", Field::Exe),
    (b"_SYSTEMD_UNIT", Field::Unit),
    (b"_TRANSPORT", Field::Transport),
    (b"SYSLOG_PID", Field::SyslogPid),
    (b"_PID", Field::Pid),
    (b"MESSAGE", Field::Message),
    (b"PRIORITY", Field::Priority),
    (b"SYSLOG_FACILITY", Field::Facility),
    (b"_UID", Field::Uid),
];

/// Where a value is in an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(usize);

/// Fields that are kept besides those of [`Field`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<String>);

impl Fields {
    /// Where that field will be; it is kept from now on.
    pub(crate) fn slot(&mut self, name: &str) -> Slot {
        self.find(name.as_bytes()).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            Slot(FIELDS.len() + self.0.len() - 1)
        })
    }

    fn find(&self, name: &[u8]) -> Option<Slot> {
        let known = FIELDS.iter().position(|(known, _)| *known == name);
        let more = || self.0.iter().position(|more| more.as_bytes() == name);
        known.or_else(|| more().map(|at| FIELDS.len() + at)).map(Slot)
    }
}

/// Longest field name that is looked at; the journal allows 64.
const NAME_BYTES: usize = 64;
/// Longest value that can be in a journal; a length beyond it is no length.
const VALUE_BYTES: u64 = 1 << 32;

/// One entry: of every field the first value.
#[derive(Debug)]
pub(crate) struct Entry {
    values: Vec<Value>,
}

#[derive(Debug, Default)]
struct Value {
    bytes: Vec<u8>,
    is_present: bool,
    is_cut: bool,
}

impl Entry {
    pub(crate) fn get(&self, field: Field) -> Option<&[u8]> {
        self.at(Slot(field as usize))
    }

    pub(crate) fn at(&self, slot: Slot) -> Option<&[u8]> {
        let value = self.values.get(slot.0)?;
        value.is_present.then_some(value.bytes.as_slice())
    }

    pub(crate) fn is_cut(&self, field: Field) -> bool {
        self.values.get(field as usize).is_some_and(|value| value.is_cut)
    }

    fn clear(&mut self) {
        for value in &mut self.values {
            value.bytes.clear();
            value.is_present = false;
            value.is_cut = false;
        }
    }

    /// Begins a value, unless the field has one already.
    fn begin(&mut self, slot: Slot) -> Option<Slot> {
        let value = self.values.get_mut(slot.0)?;
        if value.is_present {
            return None;
        }
        value.is_present = true;
        Some(slot)
    }

    fn append(&mut self, slot: Option<Slot>, bytes: &[u8]) {
        let Some(value) = slot.and_then(|slot| self.values.get_mut(slot.0)) else {
            return;
        };
        let room = limits::EVENT_BYTES.saturating_sub(value.bytes.len());
        let kept = bytes.get(..room).unwrap_or(bytes);
        value.bytes.extend_from_slice(kept);
        value.is_cut |= kept.len() < bytes.len();
    }
}

/// The bytes are not the export format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what the journal sends is not its export format")]
pub(crate) struct Malformed;

/// Where the parser is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// In a field's name.
    #[default]
    Name,
    /// In the value of a text field; `None` for one that is not kept.
    Text(Option<Slot>),
    /// In the length of a binary field.
    Length(Option<Slot>),
    /// In the value of a binary field, of which so many bytes are to come.
    Binary(Option<Slot>, u64),
    /// Before the newline that ends a binary field.
    BinaryEnd,
}

/// Turns bytes into entries.
#[derive(Debug)]
pub(crate) struct Parser {
    fields: Fields,
    state: State,
    /// The name, or the length, as far as it came.
    word: Vec<u8>,
    entry: Entry,
    has_fields: bool,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new(Fields::default())
    }
}

impl Parser {
    /// That keeps those fields, too.
    pub(crate) fn new(fields: Fields) -> Self {
        let mut values = Vec::new();
        values.resize_with(FIELDS.len() + fields.0.len(), Value::default);
        let (state, word) = (State::default(), Vec::new());
        Self { fields, state, word, entry: Entry { values }, has_fields: false }
    }

    /// Takes bytes in and hands on the entries they complete.
    pub(crate) fn feed(
        &mut self,
        mut bytes: &[u8],
        sink: &mut dyn FnMut(&Entry),
    ) -> Result<(), Malformed> {
        while let Some(&first) = bytes.first() {
            let used = match self.state {
                State::Name => self.name(bytes, sink),
                State::Text(field) => self.text(field, bytes),
                State::Length(field) => self.length(field, bytes)?,
                State::Binary(field, left) => self.binary(field, left, bytes),
                State::BinaryEnd if first == b'\n' => {
                    self.state = State::Name;
                    1
                }
                State::BinaryEnd => return Err(Malformed),
            };
            bytes = bytes.get(used..).unwrap_or_default();
        }
        Ok(())
    }

    fn name(&mut self, bytes: &[u8], sink: &mut dyn FnMut(&Entry)) -> usize {
        let end = memchr::memchr2(b'=', b'\n', bytes);
        let part = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        let room = (NAME_BYTES + 1).saturating_sub(self.word.len());
        self.word.extend_from_slice(part.get(..room).unwrap_or(part));
        let Some(end) = end else { return bytes.len() };
        if self.word.is_empty() && bytes.get(end) == Some(&b'\n') {
            if self.has_fields {
                sink(&self.entry);
            }
            self.entry.clear();
            self.has_fields = false;
            return end + 1;
        }
        self.has_fields = true;
        let slot = self.fields.find(&self.word);
        let field = slot.and_then(|slot| self.entry.begin(slot));
        self.word.clear();
        let is_text = bytes.get(end) == Some(&b'=');
        self.state = if is_text { State::Text(field) } else { State::Length(field) };
        end + 1
    }

    fn text(&mut self, field: Option<Slot>, bytes: &[u8]) -> usize {
        let end = memchr::memchr(b'\n', bytes);
        let part = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        self.entry.append(field, part);
        match end {
            Some(end) => {
                self.state = State::Name;
                end + 1
            }
            None => bytes.len(),
        }
    }

    fn length(&mut self, field: Option<Slot>, bytes: &[u8]) -> Result<usize, Malformed> {
        let needed = 8 - self.word.len().min(8);
        let part = bytes.get(..needed).unwrap_or(bytes);
        self.word.extend_from_slice(part);
        if let Some(length) = self.word.first_chunk::<8>() {
            let length = u64::from_le_bytes(*length);
            if length > VALUE_BYTES {
                return Err(Malformed);
            }
            self.word.clear();
            self.state = State::Binary(field, length);
        }
        Ok(part.len())
    }

    fn binary(&mut self, field: Option<Slot>, left: u64, bytes: &[u8]) -> usize {
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        self.entry.append(field, bytes.get(..length).unwrap_or_default());
        let left = left - length as u64;
        self.state = if left == 0 { State::BinaryEnd } else { State::Binary(field, left) };
        length
    }
}

/// Writes the line of an entry, as a syslog daemon would: `TIME HOST PROGRAM[PID]: MESSAGE`. Returns whether
/// there is one: entries without a message have none.
pub(crate) fn write_line(
    entry: &Entry,
    host: &[u8],
    time_zone: &TimeZone,
    out: &mut Vec<u8>,
) -> bool {
    out.clear();
    let message = entry.get(Field::Message).unwrap_or_default();
    let message = message.strip_suffix(b"\n").unwrap_or(message);
    if message.is_empty() {
        return false;
    }
    let time = number(entry, Field::SourceRealtime).or_else(|| number(entry, Field::Realtime));
    write_time(time.unwrap_or_default(), time_zone, out);
    out.push(b' ');
    write_word(entry.get(Field::Hostname).filter(|name| !name.is_empty()).unwrap_or(host), out);
    out.push(b' ');
    write_word(program(entry), out);
    let pid = [Field::SyslogPid, Field::Pid].iter().find_map(|&field| entry.get(field));
    if let Some(pid) = pid.filter(|pid| !pid.is_empty() && pid.iter().all(u8::is_ascii_digit)) {
        out.push(b'[');
        out.extend_from_slice(pid);
        out.push(b']');
    }
    out.extend_from_slice(b": ");
    let start = out.len();
    out.extend_from_slice(message);
    for byte in out.iter_mut().skip(start).filter(|byte| **byte == 0) {
        *byte = b' ';
    }
    true
}

/// Microseconds since 1970.
pub(crate) fn number(entry: &Entry, field: Field) -> Option<i64> {
    std::str::from_utf8(entry.get(field)?).ok()?.parse().ok()
}

fn program(entry: &Entry) -> &[u8] {
    let present = |field| entry.get(field).filter(|value| !value.is_empty());
    if let Some(name) = present(Field::Identifier) {
        return name;
    }
    if entry.get(Field::Transport) == Some(b"kernel") {
        return b"kernel";
    }
    if let Some(name) = present(Field::Comm) {
        return name;
    }
    if let Some(path) = present(Field::Exe) {
        return path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    }
    match present(Field::Unit) {
        Some(unit) => unit.get(..memchr::memrchr(b'.', unit).unwrap_or(unit.len())).unwrap_or(unit),
        None => b"unknown",
    }
}

/// Bytes that cannot be in a header's name would make the whole header fail (decoding 3.3).
fn write_word(word: &[u8], out: &mut Vec<u8>) {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"()-./@_".contains(&byte);
    out.extend(word.iter().map(|&byte| if is_name(byte) { byte } else { b'_' }));
}

/// Local time with seconds and the true offset: `2026-11-25T04:14:22+05:30`.
fn write_time(microseconds: i64, time_zone: &TimeZone, out: &mut Vec<u8>) {
    let time = jiff::Timestamp::from_microsecond(microseconds).unwrap_or_default();
    let offset = time_zone.to_offset(time);
    let t = offset.to_datetime(time);
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    // Writing to memory does not fail.
    let _ = write!(
        out,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{sign}{:02}:{:02}",
        t.year(),
        t.month(),
        t.day(),
        t.hour(),
        t.minute(),
        t.second(),
        minutes.abs() / 60,
        minutes.abs() % 60,
    );
}

#[cfg(test)]
#[path = "export/tests.rs"]
mod tests;
