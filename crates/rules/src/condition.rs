//! What a rule asks of an event.
//!
//! Conditions are data: [`crate::rule::Rule::conditions`] lists them in the order in which they are tested,
//! and the walk, the plans and every explanation read the same list.

use std::sync::Arc;

use bartizan_base::{DecoderId, Named, Place};
use bartizan_pattern::Pattern;
use bartizan_pattern::address::AddressList;
use bartizan_pattern::cdb::List;

use crate::rule::ListIndex;

/// A condition and where it was written.
#[derive(Debug)]
pub struct Condition {
    /// What is asked.
    pub test: Test,
    /// Where, for messages and explanations.
    pub place: Place,
}

/// What is asked. The variants stand in the order in which they are tested (rules 4.3); several of one
/// variant keep the order of [`TextField`] or of the file.
#[derive(Debug)]
pub enum Test {
    /// `decoded_as`
    Decoder(DecoderId),
    /// A pattern on a text of the event; an absent text is no match.
    Text {
        /// Which text.
        field: TextField,
        /// What it must match.
        pattern: Arc<Pattern>,
        /// Wazuh's `negate="yes"`: must not match; an absent text is no match still (rules 14.2). A filter
        /// that looks for the pattern must leave such a condition out.
        negated: bool,
    },
    /// `action`: exact, case-sensitive.
    Action(Vec<u8>),
    /// `field name="…"`: no such field, or no decoder, is no match.
    Dynamic {
        /// The numbers of that name in any case; empty when no decoder declares it: never true.
        names: Vec<Named>,
        /// The name as written.
        name: Vec<u8>,
        /// What the value must match.
        pattern: Arc<Pattern>,
        /// As for a text.
        negated: bool,
    },
    /// `srcip` (all elements together, rules 2.5).
    SrcIp(AddressList),
    /// `dstip`
    DstIp(AddressList),
    /// `compiled_rule`
    Compiled(CompiledRule),
    /// `maxsize`, which is a minimum: `size >= n`.
    MinSize(u32),
    /// `time`
    Time(TimeRange),
    /// `weekday`
    Weekday(DaySet),
    /// `check_diff`; side effect: rewrites its state (rules 2.10).
    CheckDiff,
    /// `if_fts`; side effect: records the value (rules 6).
    FirstTimeSeen,
    /// `list`
    List(ListLookup),
    /// The search of a composite rule; side effect: sets marks (rules 5.3).
    Correlation(Correlation),
    /// Never true: an undeclared list in the dialects (rules 8.4), a composite whose list does not exist
    /// (rules 3.4).
    Never,
}

/// A text that patterns look at, in the order in which rules test them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is the field of that name")]
pub enum TextField {
    ProgramName,
    Id,
    /// `match`: the log.
    Match,
    /// `regex`: the log.
    Regex,
    Url,
    SrcPort,
    DstPort,
    /// dstuser if present, else srcuser.
    User,
    SrcGeoIp,
    DstGeoIp,
    /// The `data` field.
    ExtraData,
    Hostname,
    Status,
}

/// A built-in function (rules 2.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the function of that name")]
pub enum CompiledRule {
    CheckIdSize,
    CompSrcuserDstuser,
    CompMswinTargetuserCalleruserDiff,
    IsSimpleHttpRequest,
    IsValidCrawler,
}

/// A range of the day, compared as the texts `HH:MM` of the spec (rules 2.6). How the dialects treat
/// midnight is decided at load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// First minute as `HH:MM`; empty text when missing.
    pub from: Vec<u8>,
    /// Last minute.
    pub to: Vec<u8>,
    /// True when the range is `!`.
    pub negated: bool,
    /// The original's over-midnight rule: boundary minutes outside, `!` without effect (deviation
    /// `time-ranges`). A range without its end keeps it in every dialect: `9:00 -` is from 9:01 on.
    pub original_midnight: bool,
}

impl TimeRange {
    /// Whether `minute`, minutes since midnight, is in the range.
    #[must_use]
    pub fn contains(&self, minute: u32) -> bool {
        let now = [
            b'0' + (minute / 600) as u8,
            b'0' + (minute / 60 % 10) as u8,
            b':',
            b'0' + (minute % 60 / 10) as u8,
            b'0' + (minute % 10) as u8,
        ];
        let now = now.as_slice();
        let (from, to) = (self.from.as_slice(), self.to.as_slice());
        if from <= to {
            (from <= now && now <= to) != self.negated
        } else if self.original_midnight {
            !(to <= now && now <= from)
        } else {
            (now >= from || now <= to) != self.negated
        }
    }
}

/// Days of the week, bit 0 being Sunday.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DaySet(pub u8);

/// A CDB lookup (rules 8.3).
#[derive(Clone, Debug)]
pub struct ListLookup {
    /// The list; `None` when it is not declared (2.8: some lookups are then true, decoding 15).
    pub list: Option<Arc<List>>,
    /// Its name as written.
    pub name: Vec<u8>,
    /// Which field is looked up.
    pub field: ListField,
    /// How.
    pub lookup: Lookup,
    /// What the value must match.
    pub check_value: Option<Arc<Pattern>>,
}

/// A field that lists can be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the field of that name")]
pub enum ListField {
    SrcIp,
    SrcPort,
    DstIp,
    DstPort,
    /// srcuser if present, else dstuser: the opposite of `<user>`.
    User,
    Url,
    Id,
    Hostname,
    ProgramName,
    Status,
    Action,
}

/// How a list is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the lookup of that name")]
pub enum Lookup {
    MatchKey,
    NotMatchKey,
    MatchKeyValue,
    AddressMatchKey,
    NotAddressMatchKey,
    AddressMatchKeyValue,
    /// `address_match_key_value` as the original does it: true when the key is missing or the value does
    /// not match (deviation `list-lookups`).
    AddressMatchKeyValueInverted,
}

/// The search of a composite rule (rules 5).
#[derive(Debug)]
pub struct Correlation {
    /// Where earlier events are looked for.
    pub search: Search,
    /// Fires when `frequency + 1` earlier events qualify.
    pub frequency: u32,
    /// Seconds; an event exactly this old still counts.
    pub timeframe: u32,
    /// Level of the composite: marks at or above it stop the search.
    pub level: u16,
    /// What earlier events must share with the current one, or not.
    pub same: SameTests,
}

/// Where a composite looks.
#[derive(Debug)]
pub enum Search {
    /// `if_matched_sid`
    Sid(ListIndex),
    /// `if_matched_group`
    Group(ListIndex),
    /// `if_matched_regex`, the whole event memory; `None` passes every event (empty `if_matched_sid`,
    /// rules 3.4).
    Memory(Option<Arc<Pattern>>),
}

/// The `same_…` and `different_…` flags that are evaluated (rules 5.4). The loader has already applied
/// `not_same_…`, and has left out what the dialect never evaluates for this search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each flag is the element of that name")]
pub struct SameTests {
    pub same_source_ip: bool,
    pub same_id: bool,
    pub same_user: bool,
    pub same_location: bool,
    pub same_src_port: bool,
    pub same_dst_port: bool,
    pub different_url: bool,
    pub different_srcip: bool,
    pub different_srcgeoip: bool,
}

impl SameTests {
    /// Whether some value must differ.
    #[must_use]
    pub fn has_differences(self) -> bool {
        self.different_url || self.different_srcip || self.different_srcgeoip
    }
}
