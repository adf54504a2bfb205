//! Names of decoded fields.

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

/// The dynamic field names that decoders declare, each once, as written (bytes, case kept).
#[derive(Clone, Debug, Default)]
pub struct FieldNames {
    names: Vec<Vec<u8>>,
}

impl FieldNames {
    /// The number of `name`, added if it is new. Names are case-sensitive here.
    pub fn intern(&mut self, name: &[u8]) -> Named {
        let at = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_vec());
            self.names.len() - 1
        });
        Named(at as u32)
    }

    /// The name as it was written; empty for a number that is not from this table.
    #[must_use]
    pub fn name(&self, named: Named) -> &[u8] {
        self.names.get(named.0 as usize).map_or(&[], Vec::as_slice)
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
