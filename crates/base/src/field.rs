//! Names of decoded fields.

use crate::hash::EventMap;

/// A field every event may have (decoding 1, 6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "each variant is the field of that name")]
pub enum StaticField {
    SrcUser,
    DstUser,
    SrcIp,
    DstIp,
    SrcPort,
    DstPort,
    Protocol,
    Action,
    Id,
    Url,
    Data,
    Status,
    SystemName,
    Filename,
    SrcGeoIp,
    DstGeoIp,
    Command,
}

impl StaticField {
    /// How many there are.
    pub const COUNT: usize = 17;

    /// All of them, in the order of their numbers.
    pub const ALL: [Self; Self::COUNT] = [
        Self::SrcUser,
        Self::DstUser,
        Self::SrcIp,
        Self::DstIp,
        Self::SrcPort,
        Self::DstPort,
        Self::Protocol,
        Self::Action,
        Self::Id,
        Self::Url,
        Self::Data,
        Self::Status,
        Self::SystemName,
        Self::Filename,
        Self::SrcGeoIp,
        Self::DstGeoIp,
        Self::Command,
    ];

    /// The name under which the tester prints it (decoding 6.6): `proto`, `extra_data` and
    /// `system_name` differ from the names used elsewhere.
    #[must_use]
    pub fn tester_label(self) -> &'static str {
        match self {
            Self::SrcUser => "srcuser",
            Self::DstUser => "dstuser",
            Self::SrcIp => "srcip",
            Self::DstIp => "dstip",
            Self::SrcPort => "srcport",
            Self::DstPort => "dstport",
            Self::Protocol => "proto",
            Self::Action => "action",
            Self::Id => "id",
            Self::Url => "url",
            Self::Data => "extra_data",
            Self::Status => "status",
            Self::SystemName => "system_name",
            Self::Filename => "filename",
            Self::SrcGeoIp => "srcgeoip",
            Self::DstGeoIp => "dstgeoip",
            Self::Command => "command",
        }
    }
}

/// Number of a dynamic field name in [`FieldNames`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Named(pub u32);

/// A name in a decoder's `<order>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldName {
    /// One of the fields every event may have.
    Static(StaticField),
    /// A dynamic field.
    Dynamic(Named),
}

/// The dynamic field names that decoders declare and rules mention, each once, as written (bytes, case kept).
#[derive(Clone, Debug, Default)]
pub struct FieldNames {
    names: Vec<Vec<u8>>,
    /// The first of the names that are equal without regard to ASCII case, in lower case.
    by_folded: EventMap<Box<[u8]>, Named>,
    longest: usize,
    declared: usize,
}

impl FieldNames {
    /// The number of `name`, which a decoder declares; added if it is new. Names are case-sensitive here.
    pub fn intern(&mut self, name: &[u8]) -> Named {
        let at =
            self.names.iter().position(|known| known == name).unwrap_or_else(|| self.add(name));
        self.declared = self.declared.max(at + 1);
        Named(at as u32)
    }

    /// Adds a name that a rule mentions, unless a name is there that rules take for the same. To be called when
    /// decoders have declared theirs.
    pub fn mention(&mut self, name: &[u8]) {
        if self.find(&name.to_ascii_lowercase()).is_none() {
            self.add(name);
        }
    }

    fn add(&mut self, name: &[u8]) -> usize {
        let at = self.names.len();
        self.names.push(name.to_vec());
        self.longest = self.longest.max(name.len());
        let folded = name.to_ascii_lowercase().into_boxed_slice();
        self.by_folded.entry(folded).or_insert(Named(at as u32));
        at
    }

    /// The name as it was written; empty for a number that is not from this table.
    #[must_use]
    pub fn name(&self, named: Named) -> &[u8] {
        self.names.get(named.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The names that decoders declare.
    pub fn declared(&self) -> impl Iterator<Item = &[u8]> {
        self.names.iter().take(self.declared).map(Vec::as_slice)
    }

    /// How many names there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// Number of bytes of the longest name.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// The number under which rules find the value of a name that an event brings, whatever the case of its
    /// letters; `folded` is the name in lower case. `None` if nobody asks for it.
    #[must_use]
    pub fn find(&self, folded: &[u8]) -> Option<Named> {
        self.by_folded.get(folded).copied()
    }

    /// All numbers whose name equals `name` without regard to ASCII case: rules compare so
    /// (decoding 8.2).
    #[must_use]
    pub fn lookup(&self, name: &[u8]) -> Vec<Named> {
        (0..)
            .zip(&self.names)
            .filter(|(_, n)| n.eq_ignore_ascii_case(name))
            .map(|(i, _)| Named(i))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_rule_mentions_is_found_in_any_case_and_not_declared() {
        let mut names = FieldNames::default();
        let declared = names.intern(b"Kind");
        names.mention(b"kind");
        names.mention(b"user.Name");
        assert_eq!(names.count(), 2);
        assert_eq!(names.find(b"kind"), Some(declared));
        assert_eq!(names.find(b"user.name"), Some(Named(1)));
        assert_eq!(names.find(b"other"), None);
        assert_eq!(names.declared().collect::<Vec<_>>(), [b"Kind"]);
        assert_eq!(names.longest(), 9);
    }
}
