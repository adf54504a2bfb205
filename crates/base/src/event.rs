//! One event on its way through the engine.
//!
//! ```text
//! raw:    [ full_log …………………………… ][ location ][ what decoding had to make, e.g. a joined url ]
//! folded: the same with ASCII letters in lower case
//!            └── log, hostname, program_name, fields: ranges, never copies ──┘
//! ```
//!
//! An [`Event`] is a reusable buffer: [`Event::reset`] starts the next one without giving memory back,
//! so a warm engine allocates nothing.

use crate::decoder::{Category, DecoderIndex};
use crate::field::{FieldName, Named, StaticField};
use crate::limits::MEMBER_DEPTH;
use crate::text::{Subject, Text};

/// Seconds since 1970-01-01 00:00:00 UTC at which analysis took an event in. The time stamp inside a log
/// line is never interpreted (decoding 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

/// An event: its text, where it came from, and what decoding found in it.
#[derive(Clone, Debug, Default)]
pub struct Event {
    raw: Vec<u8>,
    folded: Vec<u8>,
    is_ascii: bool,
    /// The type byte of the queue message (decoding 2.2): `1` for a log line.
    pub kind: u8,
    /// When it was taken in.
    pub time: Timestamp,
    /// Where it came from: a file name, `(agent) address->file`, …
    pub location: Text,
    /// The message after the location, cleaned.
    pub full_log: Text,
    /// What is left after pre-decoding; the only text that decoders and rule patterns see.
    pub log: Text,
    /// Host name; the whole location for events of agents (decoding 3.6).
    pub hostname: Text,
    /// Program name; may be present and empty.
    pub program_name: Option<Text>,
    /// What decoding found.
    pub decoded: Decoded,
}

/// What decoding found in an event.
#[derive(Clone, Debug, Default)]
pub struct Decoded {
    /// The decoder that applied last.
    pub decoder: DecoderIndex,
    /// Kind of log: the decoder's `<type>`, unless a plugin changed it for this event.
    pub category: Category,
    /// Values of the static fields, indexed by [`StaticField`].
    pub fields: [Option<Text>; StaticField::COUNT],
    /// Dynamic fields as rules see them. Where a name occurs twice the first value counts.
    pub dynamic: Vec<(Named, Text)>,
    /// Every assignment in order, for the tester; most plugins add nothing here (decoding 9.5).
    pub assigned: Vec<(FieldName, Text)>,
    /// Members of the objects that a log of JSON is, for the outputs: an object stands before what is in it.
    pub members: Vec<Member>,
    /// Members that were left out because there are too many.
    pub left_out: u32,
    /// Rule whose alert this event reports, set by the OSSEC-alert plugin.
    pub reported_rule: Option<u32>,
    /// Rootcheck found this text for the first time (decoding 9.2).
    pub is_first_seen: bool,
    /// What an integrity message says of its file, for the JSON outputs (decoding 9.1, 9.2).
    pub file: Option<FileChange>,
}

/// A member of an object in a log of JSON, by the name it has there (decoding 13.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its own name, without those of the objects it is in.
    pub name: Text,
    /// The number of the object it is in, among [`Decoded::members`]; [`Member::TOP`] for the outermost.
    pub above: u32,
    /// Its value.
    pub value: MemberValue,
    /// The dynamic field that it is as well, where a rule asks for one of its path.
    pub named: Option<Named>,
}

impl Member {
    /// The number of the outermost object.
    pub const TOP: u32 = u32::MAX;
}

/// The value of a [`Member`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberValue {
    /// An object: its members follow.
    Object,
    /// Text, without escapes; numbers and words are text too.
    Text(Text),
    /// An array, as the text of JSON that rules see.
    Array(Text),
}

impl MemberValue {
    /// The text that rules see.
    #[must_use]
    pub fn text(self) -> Option<Text> {
        match self {
            Self::Object => None,
            Self::Text(text) | Self::Array(text) => Some(text),
        }
    }
}

/// A file before and after a change. Only what differs is set, on both sides; a new file, or one that
/// rootcheck names, has no side before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileChange {
    /// What the database held.
    pub before: FileState,
    /// What the message says.
    pub after: FileState,
}

/// One side of a [`FileChange`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileState {
    /// Size in bytes, as the message writes it.
    pub size: Option<Text>,
    /// `st_mode`, as the number the message writes in decimal digits; 0 when unknown.
    pub perm: u32,
    /// User id.
    pub owner: Option<Text>,
    /// Group id.
    pub gowner: Option<Text>,
    /// MD5, hexadecimal.
    pub md5: Option<Text>,
    /// SHA-1, hexadecimal.
    pub sha1: Option<Text>,
    /// SHA-256, hexadecimal.
    pub sha256: Option<Text>,
}

impl Decoded {
    fn reset(&mut self) {
        self.decoder = DecoderIndex::NONE;
        self.category = Category::Syslog;
        self.fields = [None; StaticField::COUNT];
        self.dynamic.clear();
        self.assigned.clear();
        self.members.clear();
        self.left_out = 0;
        self.reported_rule = None;
        self.is_first_seen = false;
        self.file = None;
    }

    /// The value of a static field.
    #[must_use]
    pub fn field(&self, field: StaticField) -> Option<Text> {
        self.fields[field as usize]
    }

    /// Sets a static field; a later value replaces an earlier one (decoding 8.1).
    pub fn set(&mut self, field: StaticField, value: Text) {
        self.fields[field as usize] = Some(value);
    }

    /// The value of the dynamic field with one of these names.
    #[must_use]
    pub fn dynamic(&self, names: &[Named]) -> Option<Text> {
        self.dynamic.iter().find(|(name, _)| names.contains(name)).map(|&(_, value)| value)
    }
}

impl Event {
    /// Starts a new event from a cleaned message. Keeps the buffers of the one before.
    pub fn reset(&mut self, kind: u8, location: &[u8], full_log: &[u8], time: Timestamp) {
        self.raw.clear();
        self.folded.clear();
        self.is_ascii = true;
        self.kind = kind;
        self.time = time;
        self.full_log = self.append(full_log);
        self.log = self.full_log;
        self.location = self.append(location);
        self.hostname = Text::default();
        self.program_name = None;
        self.decoded.reset();
    }

    /// Adds text that decoding had to make (a joined url, a value from the accumulator).
    pub fn append(&mut self, text: &[u8]) -> Text {
        let start = self.raw.len();
        self.raw.extend_from_slice(text);
        self.folded.extend_from_slice(text);
        if let Some(new) = self.folded.get_mut(start..) {
            new.make_ascii_lowercase();
        }
        self.is_ascii &= text.is_ascii();
        Text::new(start, self.raw.len())
    }

    /// The whole text as received, and folded, for a memory that keeps the event: every [`Text`] of this
    /// event is a range in a copy, too.
    #[must_use]
    pub fn buffers(&self) -> (&[u8], &[u8]) {
        (&self.raw, &self.folded)
    }

    /// Starts a new event from the buffer of another, [`Event::buffers`]: every [`Text`] of that one is a range in
    /// this one, too. Who calls it sets the fields.
    pub fn refill(&mut self, raw: &[u8]) {
        self.reset(b'1', b"", b"", Timestamp::default());
        self.append(raw);
    }

    /// Adds a text made of parts that are there already.
    pub fn join(&mut self, parts: &[Text]) -> Text {
        let start = self.raw.len();
        for part in parts {
            let range = part.range();
            if range.end <= start {
                self.raw.extend_from_within(range.clone());
                self.folded.extend_from_within(range);
            }
        }
        Text::new(start, self.raw.len())
    }

    /// Whether every byte of every text is ASCII.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// The bytes of `text` as received.
    #[must_use]
    pub fn bytes(&self, text: Text) -> &[u8] {
        self.raw.get(text.range()).unwrap_or_default()
    }

    /// The bytes of `text`, as received and folded.
    #[must_use]
    pub fn subject(&self, text: Text) -> Subject<'_> {
        Subject::new(
            self.raw.get(text.range()).unwrap_or_default(),
            self.folded.get(text.range()).unwrap_or_default(),
        )
        .known_ascii(self.is_ascii)
    }

    /// The bytes of a static field.
    #[must_use]
    pub fn field(&self, field: StaticField) -> Option<&[u8]> {
        self.decoded.field(field).map(|text| self.bytes(text))
    }

    /// Sets a static field to text that is not part of the event yet.
    pub fn set_field(&mut self, field: StaticField, value: &[u8]) {
        let text = self.append(value);
        self.decoded.set(field, text);
    }

    /// The members with a value, in order.
    pub fn leaves(&self) -> impl Iterator<Item = (&Member, Text)> {
        self.decoded.members.iter().filter_map(|member| Some((member, member.value.text()?)))
    }

    /// Appends the path of a member: the names from the outermost object inwards, with dots between.
    pub fn push_path(&self, member: &Member, path: &mut Vec<u8>) {
        let mut names = [Text::default(); MEMBER_DEPTH];
        let mut next = Some(member);
        let mut count = 0;
        for name in &mut names {
            let Some(member) = next else { break };
            *name = member.name;
            count += 1;
            next = self.decoded.members.get(member.above as usize);
        }
        for (at, name) in names.iter().take(count).rev().enumerate() {
            if at > 0 {
                path.push(b'.');
            }
            path.extend_from_slice(self.bytes(*name));
        }
    }

    /// Whether the event came from an agent: its location starts with `(`.
    #[must_use]
    pub fn is_from_agent(&self) -> bool {
        self.bytes(self.location).first() == Some(&b'(')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reused_event_keeps_nothing_of_the_one_before() {
        let mut event = Event::default();
        event.reset(b'1', b"stdin", b"Hello \xff", Timestamp(7));
        event.set_field(StaticField::Url, b"/X");
        assert!(!event.is_ascii());
        let joined = event.join(&[event.location, event.full_log]);
        assert_eq!(event.bytes(joined), b"stdinHello \xff");
        assert_eq!(event.subject(joined).folded(), b"stdinhello \xff");
        event.reset(b'1', b"stdin", b"Other", Timestamp(8));
        assert!(event.is_ascii());
        assert_eq!(event.field(StaticField::Url), None);
        assert_eq!(event.bytes(event.full_log), b"Other");
        assert_eq!(event.subject(event.full_log).folded(), b"other");
        assert_eq!(event.bytes(event.location), b"stdin");
    }

    #[test]
    fn the_path_of_a_member_begins_with_the_outermost_name() {
        let mut event = Event::default();
        event.reset(b'1', b"stdin", b"abc", Timestamp(0));
        for (at, above) in [(0, Member::TOP), (1, 0), (2, 1)] {
            let name = event.log.slice(at, at + 1);
            let value = if at == 2 { MemberValue::Text(event.log) } else { MemberValue::Object };
            event.decoded.members.push(Member { name, above, value, named: None });
        }
        let mut path = Vec::new();
        event.push_path(&event.decoded.members[2], &mut path);
        assert_eq!(path, b"a.b.c");
        assert_eq!(event.leaves().count(), 1);
    }
}
