//! Which of OSSEC's oddities are reproduced.
//!
//! The register of `rules` appendix B as one table: a row, a switch. A deviation that is *on* answers as the
//! original does; by default all are off. Behaviour that is never reproduced (a crash, a lost event) has no
//! row here, and no code may have a switch without a row.

use std::fmt;

/// An oddity of the original that shows in its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "each variant is described by its row in DEVIATIONS")]
pub enum Deviation {
    ControlCharacters,
    Utf8Check,
    HeaderRemainders,
    LocationTwice,
    StrictLoading,
    LaxLoading,
    DynamicFields,
    FtsSrcuser,
    InterleavedChain,
    PfIpv6,
    IntegrityMessages,
    Level99,
    TimeRanges,
    StrayParents,
    GroupFeeders,
    SidStarvesGroup,
    PartialOverwrite,
    DuplicatesAcrossLocations,
    MemoryEviction,
    UnevaluatedTests,
    ForeignRestart,
    IgnoreData,
    WeeklyStatistics,
    ListLookups,
    JsonArchivePairs,
    AllowListNegation,
}

/// A row of the register.
#[derive(Debug)]
pub struct Row {
    /// The switch.
    pub deviation: Deviation,
    /// Its name, as users write it.
    pub name: &'static str,
    /// Whether 2.8.3 does it too.
    pub in_2_8: bool,
    /// What the original does.
    pub original: &'static str,
    /// What Bartizan does by default.
    pub corrected: &'static str,
    /// The version of Bartizan that does so first.
    pub since: &'static str,
}

macro_rules! row {
    ($deviation:ident, $name:literal, $in_2_8:literal, $original:literal, $corrected:literal) => {
        Row {
            deviation: Deviation::$deviation,
            name: $name,
            in_2_8: $in_2_8,
            original: $original,
            corrected: $corrected,
            since: "0.1.0",
        }
    };
}

/// The register, in the order of [`Deviation`].
#[rustfmt::skip]
pub const DEVIATIONS: [Row; 26] = [
    row!(ControlCharacters, "control-characters", false, "every control byte is deleted from the event", "tab and line feed stay"),
    row!(Utf8Check, "utf8-check", false, "one byte that is not UTF-8 makes every OS_Regex and OS_Match pattern fail", "patterns match on bytes"),
    row!(HeaderRemainders, "header-remainders", true, "a stray colon is taken for a time zone's; odd AIX headers leave the wrong rest", "such lines stay whole, without a program"),
    row!(LocationTwice, "location-twice", false, "alerts of agents' integrity messages name the location twice", "once"),
    row!(StrictLoading, "strict-loading", true, "harmless constructs are refused: anchored literal decoder regex, attribute var, status of a decoder, ! in weekday, tab in if_sid", "accepted"),
    row!(LaxLoading, "lax-loading", true, "wrong constructs are accepted: numbers with too many digits, / without prefix, undeclared lists, var without name", "refused"),
    row!(DynamicFields, "dynamic-fields", false, "a dynamic value belongs to a position in the last decoder's order", "name and value are stored when assigned"),
    row!(FtsSrcuser, "fts-srcuser", true, "srcuser in fts means dstuser", "it means srcuser"),
    row!(InterleavedChain, "interleaved-chain", true, "a chain of decoders of one name runs through whatever stands between them", "its members are linked to each other"),
    row!(PfIpv6, "pf-ipv6", true, "the pf decoder cuts IPv6 addresses at a colon", "they are read whole"),
    row!(IntegrityMessages, "integrity-messages", true, "integrity messages are pre-decoded as log lines; SHA-256 sticks to SHA-1; host information compares prefixes", "none of these"),
    row!(Level99, "level-99", true, "level 99 becomes 0; level 0 with accuracy 0 becomes 99", "the level that is written"),
    row!(TimeRanges, "time-ranges", true, "12 am is noon; a range over midnight leaves out its boundary minutes and ignores !", "12 am is midnight; included; honoured"),
    row!(StrayParents, "stray-parents", true, "an empty item or 0 in if_sid also attaches to the category; if_level attaches to every level 0 rule", "only what is written"),
    row!(GroupFeeders, "group-feeders", true, "rules loaded after a composite do not feed its group; a rule in n places feeds it n times", "all feed it, once"),
    row!(SidStarvesGroup, "sid-starves-group", true, "a rule that an if_matched_sid names feeds no if_matched_group", "it feeds both"),
    row!(PartialOverwrite, "partial-overwrite", true, "pcre2, field, list, geoip and ignore conditions and the correlation survive an overwrite", "they are replaced; what is counted stays only where the overwrite says nothing about counting"),
    row!(DuplicatesAcrossLocations, "duplicates-across-locations", true, "equal texts from different places are one event", "they are kept apart"),
    row!(MemoryEviction, "memory-eviction", true, "a full event memory drops everything older than the largest frequency, taken as seconds; of a rule's events only the newest are seen, whoever they are about", "only the oldest events go, last those that a rule may still count; the newest of each address are seen"),
    row!(UnevaluatedTests, "unevaluated-tests", true, "different_srcip is never evaluated, ports and location not with if_matched_regex", "evaluated"),
    row!(ForeignRestart, "foreign-restart", true, "firing for one address restarts the count of all others", "only its own"),
    row!(IgnoreData, "ignore-data", true, "check_if_ignored with data never agrees with what ignore wrote", "it does"),
    row!(WeeklyStatistics, "weekly-statistics", true, "weekly averages never alert", "they do"),
    row!(ListLookups, "list-lookups", true, "address_match_key_value is inverted; of three or more lists two are tested", "as written"),
    row!(JsonArchivePairs, "json-archive-pairs", false, "archives.json has sha1, owner and group pairs only when equal", "when different"),
    row!(AllowListNegation, "allow-list-negation", true, "an allow list that ends with a ! entry protects every other address", "such an address is not listed"),
];

impl Deviation {
    /// Its row in the register.
    #[must_use]
    pub fn row(self) -> &'static Row {
        &DEVIATIONS[self as usize]
    }

    /// The deviation of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        DEVIATIONS.iter().find(|row| row.name == name).map(|row| row.deviation)
    }
}

/// Whose behaviour is the base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// Ours.
    #[default]
    Bartizan,
    /// OSSEC HIDS 4.3.
    Ossec43,
    /// OSSEC HIDS 2.8.3 (decoding 15).
    Ossec28,
}

/// A flavour and the switches of the register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dialect {
    flavour: Flavour,
    deviations: u32,
}

impl Dialect {
    /// Ours: every deviation corrected.
    pub const OURS: Self = Self { flavour: Flavour::Bartizan, deviations: 0 };
    /// OSSEC 4.3: every deviation as the original does it.
    pub const OSSEC_4_3: Self =
        Self { flavour: Flavour::Ossec43, deviations: (1 << DEVIATIONS.len()) - 1 };

    /// OSSEC 2.8.3.
    #[must_use]
    pub fn ossec_2_8() -> Self {
        let deviations = DEVIATIONS
            .iter()
            .filter(|row| row.in_2_8)
            .fold(0, |set, row| set | 1 << row.deviation as u32);
        Self { flavour: Flavour::Ossec28, deviations }
    }

    /// The names [`Dialect::parse`] knows.
    pub const NAMES: [&'static str; 4] = ["bartizan", "ossec", "ossec-4.3", "ossec-2.8"];

    /// The dialect of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "bartizan" => Some(Self::OURS),
            "ossec" | "ossec-4.3" => Some(Self::OSSEC_4_3),
            "ossec-2.8" => Some(Self::ossec_2_8()),
            _ => None,
        }
    }

    /// The name of its flavour; single switches are not told.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.flavour {
            Flavour::Bartizan => "bartizan",
            Flavour::Ossec43 => "ossec-4.3",
            Flavour::Ossec28 => "ossec-2.8",
        }
    }

    /// Whether the original's behaviour is reproduced here.
    #[must_use]
    pub fn has(self, deviation: Deviation) -> bool {
        self.deviations & (1 << deviation as u32) != 0
    }

    /// The same dialect with one switch turned.
    #[must_use]
    pub fn with(mut self, deviation: Deviation, on: bool) -> Self {
        let bit = 1 << deviation as u32;
        self.deviations = if on { self.deviations | bit } else { self.deviations & !bit };
        self
    }

    /// Whose behaviour is the base.
    #[must_use]
    pub fn flavour(self) -> Flavour {
        self.flavour
    }

    /// Whether the differences of decoding section 15 apply.
    #[must_use]
    pub fn is_2_8(self) -> bool {
        self.flavour == Flavour::Ossec28
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.flavour {
            Flavour::Bartizan => "bartizan",
            Flavour::Ossec43 => "ossec-4.3",
            Flavour::Ossec28 => "ossec-2.8",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deviation_has_its_own_row() {
        for (at, row) in DEVIATIONS.iter().enumerate() {
            assert_eq!(row.deviation as usize, at, "{}", row.name);
            assert_eq!(Deviation::parse(row.name), Some(row.deviation));
        }
    }

    #[test]
    fn our_dialect_reproduces_nothing_and_4_3_everything() {
        for row in &DEVIATIONS {
            assert!(!Dialect::OURS.has(row.deviation));
            assert!(Dialect::OSSEC_4_3.has(row.deviation));
            assert_eq!(Dialect::ossec_2_8().has(row.deviation), row.in_2_8);
        }
    }

    #[test]
    fn one_switch_turns_one_deviation() {
        let d = Dialect::OURS.with(Deviation::Level99, true);
        assert!(d.has(Deviation::Level99) && !d.has(Deviation::TimeRanges));
        assert_eq!(d.with(Deviation::Level99, false), Dialect::OURS);
    }
}
