//! Logs that are an object of JSON (decoding 13.7).
//!
//! ```text
//! {"srcip":"10.0.0.9","user":{"name":"eve"},"tags":["a","b"]}
//!    │                   └ user.name: a dynamic field where a rule asks for it (FieldNames::find),
//!    │                                and a member, which the outputs show
//!    └ a name of a static field, outermost: that field
//! ```
//!
//! An object is read to its end before anything is set, so that a broken one sets nothing; what stands behind it
//! is ignored. Nothing is allocated once buffers are warm: values are ranges of the log, and those that are not
//! written there as rules see them (escapes, numbers, arrays) are added to the event's text in one piece.
//!
//! Whoever writes a log must not be able to hide a field of it, so what is harmless in a string is let through:
//! control characters and bytes that are not UTF-8 stay, an escape that JSON does not have stays as written, half
//! a surrogate pair becomes U+FFFD. A field that a rule asks for is kept however many others stand before it.

mod array;
mod read;
mod value;

use bartizan_base::{Event, FieldNames, Member, MemberValue, Named, StaticField, Text};

use crate::set::Offset;

/// The static fields it may set.
pub(super) const FIELDS: [StaticField; 13] = [
    StaticField::SrcIp,
    StaticField::DstIp,
    StaticField::SrcPort,
    StaticField::DstPort,
    StaticField::Protocol,
    StaticField::Action,
    StaticField::SrcUser,
    StaticField::DstUser,
    StaticField::Id,
    StaticField::Status,
    StaticField::Url,
    StaticField::Data,
    StaticField::SystemName,
];

/// The names of static fields, exact, in the outermost object.
const NAMES: [(&str, StaticField); 15] = [
    ("srcip", StaticField::SrcIp),
    ("dstip", StaticField::DstIp),
    ("srcport", StaticField::SrcPort),
    ("dstport", StaticField::DstPort),
    ("protocol", StaticField::Protocol),
    ("action", StaticField::Action),
    ("srcuser", StaticField::SrcUser),
    ("dstuser", StaticField::DstUser),
    ("user", StaticField::DstUser),
    ("id", StaticField::Id),
    ("status", StaticField::Status),
    ("url", StaticField::Url),
    ("data", StaticField::Data),
    ("extra_data", StaticField::Data),
    ("systemname", StaticField::SystemName),
];

/// The static field that an outermost member of this name sets.
#[must_use]
pub fn static_field(name: &[u8]) -> Option<StaticField> {
    // None is longer, and the first byte tells most apart.
    if name.len() > 10 {
        return None;
    }
    NAMES.iter().find(|(known, _)| known.as_bytes() == name).map(|&(_, field)| field)
}

/// What becomes of `null`: `<json_null_field>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Null {
    /// The text `null`.
    #[default]
    Text,
    /// No field.
    Discarded,
}

/// What an array becomes: `<json_array_structure>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Arrays {
    /// Text of JSON, with a blank behind each comma.
    #[default]
    Json,
    /// Its plain values with commas between.
    Csv,
}

/// What the elements and attributes of a decoder say about its plugin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// Where the object begins.
    pub offset: Offset,
    /// `<json_null_field>`
    pub null: Null,
    /// `<json_array_structure>`
    pub arrays: Arrays,
    /// Members that are kept at most, those that rules ask for not counted: `analysisd.decoder_order_size`.
    pub most: usize,
}

/// Buffers that are used again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    /// Texts that do not stand in the log.
    made: Vec<u8>,
    statics: Vec<(StaticField, Piece)>,
    dynamic: Vec<(Named, Piece)>,
    members: Vec<Pending>,
    left_out: u32,
    /// The path of the member that is read, in lower case, as long as it may be one that a rule asks for.
    path: Vec<u8>,
    /// Objects that are open.
    levels: Vec<read::Level>,
    /// Arrays, and objects in arrays, that are open.
    containers: Vec<array::Container>,
    /// A string in an array, without escapes.
    string: Vec<u8>,
    /// A bit for each name that has its value.
    seen: Vec<u64>,
}

/// A text that was found: a range of the log, or of what was made.
#[derive(Clone, Copy, Debug, Default)]
struct Piece {
    text: Text,
    is_made: bool,
}

/// A member that was found.
#[derive(Clone, Copy, Debug)]
struct Pending {
    name: Piece,
    above: u32,
    value: Value,
    named: Option<Named>,
}

/// What a member's value is.
#[derive(Clone, Copy, Debug)]
enum Value {
    Object,
    Text(Piece),
    Array(Piece),
}

/// Reads the object that begins at `from` in the log, and sets the event's fields.
pub(super) fn decode(
    options: &Options,
    from: usize,
    event: &mut Event,
    names: &FieldNames,
    scratch: &mut Scratch,
) {
    let log = event.log.slice(from, usize::MAX);
    let has_user = event.decoded.field(StaticField::DstUser).is_some();
    scratch.clear(names);
    let reader = read::Reader::new(event.bytes(log), options, names, scratch, has_user);
    if reader.object().is_some() {
        scratch.set(event, log);
    }
}

impl Scratch {
    fn clear(&mut self, names: &FieldNames) {
        self.made.clear();
        self.statics.clear();
        self.dynamic.clear();
        self.members.clear();
        self.left_out = 0;
        self.path.clear();
        self.levels.clear();
        self.containers.clear();
        self.seen.clear();
        self.seen.resize(names.count().div_ceil(64), 0);
    }

    /// Whether a name has its value: the first counts.
    fn has(&self, named: Named) -> bool {
        let word = self.seen.get(named.0 as usize / 64).copied().unwrap_or(u64::MAX);
        word & (1 << (named.0 % 64)) != 0
    }

    fn set_named(&mut self, named: Named, value: Piece) {
        if let Some(word) = self.seen.get_mut(named.0 as usize / 64) {
            *word |= 1 << (named.0 % 64);
        }
        self.dynamic.push((named, value));
    }

    /// Gives the event what was found in `log`.
    fn set(&self, event: &mut Event, log: Text) {
        let made = if self.made.is_empty() { Text::default() } else { event.append(&self.made) };
        let place = |piece: Piece| {
            piece.text.moved(if piece.is_made { made.start as usize } else { log.start as usize })
        };
        let decoded = &mut event.decoded;
        for &(field, piece) in &self.statics {
            decoded.set(field, place(piece));
            decoded.assigned.push((bartizan_base::FieldName::Static(field), place(piece)));
        }
        decoded.dynamic.extend(self.dynamic.iter().map(|&(name, piece)| (name, place(piece))));
        let before = decoded.members.len() as u32;
        decoded.members.extend(self.members.iter().map(|pending| Member {
            name: place(pending.name),
            above: match pending.above {
                Member::TOP => Member::TOP,
                above => above + before,
            },
            value: match pending.value {
                Value::Object => MemberValue::Object,
                Value::Text(piece) => MemberValue::Text(place(piece)),
                Value::Array(piece) => MemberValue::Array(place(piece)),
            },
            named: pending.named,
        }));
        decoded.left_out += self.left_out;
    }
}

#[cfg(test)]
mod tests;
