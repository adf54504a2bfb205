//! The ignore list (rules 6.4): lines that `ignore` adds and `check_if_ignored` looks up.
//!
//! Rules communicate through it by selecting the same parts; a line holds no rule id.

use std::collections::HashSet;

use bartizan_base::{Event, StaticField};

use crate::rule::IgnoreKeys;

/// Lines that are ignored. They never expire.
#[derive(Debug, Default)]
pub struct IgnoreList {
    lines: HashSet<Box<[u8]>>,
    fresh: Vec<u8>,
}

impl IgnoreList {
    /// Takes in the text of a file, one entry a line.
    pub fn load(&mut self, text: &[u8]) {
        for line in text.split(|&b| b == b'\n') {
            self.lines.insert(line.into());
        }
    }

    /// Lines added since the last call: what the file has to gain, every firing once (no
    /// de-duplication, as the original). The buffer is emptied.
    pub fn take_fresh(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.fresh)
    }

    /// Whether there is something for [`IgnoreList::take_fresh`] to give.
    #[must_use]
    pub fn has_fresh(&self) -> bool {
        !self.fresh.is_empty()
    }

    pub(super) fn contains(&self, line: &[u8]) -> bool {
        self.lines.contains(line)
    }

    pub(super) fn add(&mut self, line: &[u8]) {
        self.fresh.extend_from_slice(line);
        self.fresh.push(b'\n');
        if !self.lines.contains(line) {
            self.lines.insert(line.into());
        }
    }
}

/// Writes the line of an event: eight parts joined by single spaces, unselected ones empty.
pub(super) fn write_line(event: &Event, keys: IgnoreKeys, decoder: &[u8], line: &mut Vec<u8>) {
    let field = |wanted: bool, field| {
        if wanted { event.field(field).unwrap_or_default() } else { &[] }
    };
    let parts: [&[u8]; 8] = [
        if keys.name { decoder } else { &[] },
        field(keys.id, StaticField::Id),
        field(keys.user, StaticField::DstUser),
        field(keys.srcip, StaticField::SrcIp),
        field(keys.dstip, StaticField::DstIp),
        field(keys.data, StaticField::Data),
        &[], // systemname cannot be selected
        if keys.location { event.bytes(event.location) } else { &[] },
    ];
    line.clear();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            line.push(b' ');
        }
        line.extend(part.iter().map(|&b| if b == b'\n' { b' ' } else { b }));
    }
}
