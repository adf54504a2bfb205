//! `json`: what a log of JSON brought, in objects as it was there (decoding 13.7).
//!
//! Values are texts as rules see them, arrays are arrays. Members that became fields which every event may have are
//! not repeated. Of two members of one name in an object the first counts.

use bartizan_base::{Event, Member, MemberValue};

use super::Object;

/// Appends the member `json`, if there is anything in it.
pub(super) fn write(event: &Event, object: &mut Object<'_>) {
    if !event.decoded.members.is_empty() {
        Writer { event, next: 0 }.below(Member::TOP, object.member("json"));
    }
}

struct Writer<'a> {
    event: &'a Event,
    /// Number of the member that is written next.
    next: usize,
}

impl Writer<'_> {
    /// Writes the members of the object with this number, and ends it. Objects in objects are as deep as decoding keeps
    /// them, so this may call itself.
    fn below(&mut self, above: u32, mut object: Object<'_>) {
        let event = self.event;
        while let Some(member) = event.decoded.members.get(self.next).filter(|m| m.above == above) {
            let number = self.next;
            self.next += 1;
            let name = event.bytes(member.name);
            match member.value {
                _ if self.is_taken(number, member) => self.leave(number),
                MemberValue::Object => self.below(number as u32, object.member_named(name)),
                MemberValue::Text(text) => object.string_named(name, event.bytes(text)),
                MemberValue::Array(text) => object.json_named(name, event.bytes(text)),
            }
        }
        object.end();
    }

    /// Whether an earlier member of the same object has the name.
    fn is_taken(&self, number: usize, member: &Member) -> bool {
        let name = self.event.bytes(member.name);
        let earlier = self.event.decoded.members.iter().take(number);
        let mut siblings = earlier.filter(|earlier| earlier.above == member.above);
        siblings.any(|sibling| self.event.bytes(sibling.name) == name)
    }

    /// Leaves out what is below a member that is not written: it has higher numbers above it.
    fn leave(&mut self, number: usize) {
        let members = &self.event.decoded.members;
        let is_below =
            |member: &&Member| member.above != Member::TOP && member.above as usize >= number;
        while members.get(self.next).filter(is_below).is_some() {
            self.next += 1;
        }
    }
}
