//! What rules and alerts need to know of a decoder.
//!
//! The decoder tree itself lives in `decode`; rules never see it. They see this table.

use crate::field::StaticField;

/// Kind of log a decoder reads: `<type>` of decoders, `<category>` of rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// `syslog`; also events without decoder.
    #[default]
    Syslog,
    /// `firewall`
    Firewall,
    /// `ids`
    Ids,
    /// `web-log`
    WebLog,
    /// `squid`
    Squid,
    /// `windows`
    Windows,
    /// `host-information`: a decoder type that no rule category equals (rules 2.3).
    HostInformation,
    /// `ossec`
    Ossec,
    /// Set by the plugin that reads alerts of other servers (decoding 9.5); cannot be written in a file.
    OssecAlert,
}

impl Category {
    /// The category of that name, as written in decoder files; `None` for an unknown one.
    #[must_use]
    pub fn parse(name: &[u8]) -> Option<Self> {
        Self::NAMES.iter().find(|(n, _)| n.as_bytes() == name).map(|&(_, c)| c)
    }

    /// The names a file may use.
    pub const NAMES: [(&'static str, Self); 8] = [
        ("syslog", Self::Syslog),
        ("firewall", Self::Firewall),
        ("ids", Self::Ids),
        ("web-log", Self::WebLog),
        ("squid", Self::Squid),
        ("windows", Self::Windows),
        ("host-information", Self::HostInformation),
        ("ossec", Self::Ossec),
    ];
}

/// The number a decoder's name has among all names (decoding 6.8); 0 is "no decoder".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DecoderId(pub u16);

/// Place of a decoder in a [`DecoderTable`]; 0 is the null decoder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DecoderIndex(pub u16);

impl DecoderIndex {
    /// "No decoder matched."
    pub const NONE: Self = Self(0);
}

/// Which parts of an event form its first-time-seen key (decoding 6.7, rules 6.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FtsKeys(pub u32);

impl FtsKeys {
    /// The location.
    pub const LOCATION: Self = Self(256);
    /// The decoder name (always part of the key; the flag only shows in JSON).
    pub const NAME: Self = Self(512);

    /// The flag of a static field, 0 for one that cannot be a key. Values as in `decoder_desc.fts` of
    /// alerts.json (rules 10.6).
    #[must_use]
    pub fn of(field: StaticField) -> Self {
        Self(match field {
            StaticField::Id => 8,
            StaticField::Data => 16,
            StaticField::SystemName => 32,
            StaticField::SrcIp => 64,
            StaticField::DstIp => 128,
            StaticField::SrcUser => 1024,
            StaticField::DstUser => 2048,
            _ => 0,
        })
    }

    /// Whether every flag of `other` is set.
    #[must_use]
    pub fn has(self, other: Self) -> bool {
        other.0 != 0 && self.0 & other.0 == other.0
    }

    /// Both sets together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The keys as the original reads them, where these say something else: `srcuser` is dstuser there
    /// (deviation `fts-srcuser`).
    #[must_use]
    pub fn of_original(self) -> Option<Self> {
        let (source, target) = (Self::of(StaticField::SrcUser), Self::of(StaticField::DstUser));
        self.has(source).then(|| Self(self.0 & !source.0).with(target))
    }

    /// Whether the decoder declares no `<fts>`.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// A decoder as rules and alerts see it.
#[derive(Clone, Debug, Default)]
pub struct DecoderInfo {
    /// The id that `decoded_as` compares.
    pub id: DecoderId,
    /// The name reported everywhere: its parent's unless it has `use_own_name` (decoding 6.8).
    pub name: Vec<u8>,
    /// The name written on the element itself.
    pub own_name: Vec<u8>,
    /// The parent's name; `None` for a top-level decoder (the JSON outputs show the difference, rules 10.6).
    pub parent: Option<Vec<u8>>,
    /// `<type>`; not inherited.
    pub category: Category,
    /// `<fts>`.
    pub fts: FtsKeys,
    /// `<ftscomment>`.
    pub fts_comment: Option<Vec<u8>>,
    /// `<accumulate>`.
    pub accumulate: bool,
    /// The fields an event may have whose decoder this is in the end, for plans that leave out rules on other
    /// fields: those of its `<order>`, of its chain, of its plugin, and what is accumulated.
    pub sets: Vec<crate::field::FieldName>,
    /// Such an event may also have dynamic fields of any name: whoever wrote the log chose which.
    pub sets_any: bool,
}

/// All decoders, index 0 being the null decoder, and all names that have an id.
#[derive(Clone, Debug)]
pub struct DecoderTable {
    /// Indexed by [`DecoderIndex`].
    pub infos: Vec<DecoderInfo>,
    /// Sorted bytewise; the id of a name is its place counted from 1 (decoding 6.8).
    pub names: Vec<Vec<u8>>,
}

impl Default for DecoderTable {
    fn default() -> Self {
        Self { infos: vec![DecoderInfo::default()], names: Vec::new() }
    }
}

impl DecoderTable {
    /// The decoder at `index`; the null decoder for an index that is not from this table.
    #[must_use]
    pub fn info(&self, index: DecoderIndex) -> &DecoderInfo {
        static NULL: std::sync::LazyLock<DecoderInfo> =
            std::sync::LazyLock::new(DecoderInfo::default);
        self.infos.get(index.0 as usize).unwrap_or(&NULL)
    }

    /// The id of `name`, exact; `None` if no decoder has it.
    #[must_use]
    pub fn id_of(&self, name: &[u8]) -> Option<DecoderId> {
        let at = self.names.binary_search_by(|known| known.as_slice().cmp(name)).ok()?;
        u16::try_from(at + 1).ok().map(DecoderId)
    }
}

/// Names of decoders that are built in and may stand in `decoded_as` (decoding 6.8).
pub const BUILT_IN_NAMES: [&str; 8] = [
    "rootcheck",
    "syscheck_integrity_changed",
    "syscheck_integrity_changed_2nd",
    "syscheck_integrity_changed_3rd",
    "syscheck_new_entry",
    "syscheck_deleted",
    "hostinfo_new",
    "hostinfo_modified",
];
