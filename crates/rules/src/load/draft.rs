//! A rule on its way from its element to [`crate::Rule`].
//!
//! ```text
//! <rule> ─▶ Draft (texts joined, nothing resolved) ─▶ Parts (patterns compiled) ─▶ Rule
//!                     └── parents, search: what the tree and the correlation lists need
//! ```
//!
//! [`Parts`] is what an overwrite replaces; it keeps every condition with the place it has in the order of
//! tests, so that some can be replaced and others kept (rules 3.5).

use std::collections::BTreeMap;
use std::sync::Arc;

use bartizan_base::{Category, Place, Source, Span};
use bartizan_config::xml::Element;
use bartizan_pattern::address::AddressList;
use bartizan_pattern::{Language, Pattern};

use super::attributes::Attributes;
use crate::condition::{Condition, SameTests, Test, TextField};
use crate::rule::{IgnoreKeys, Info, InfoKind};

/// Texts of one element name, joined as OSSEC joins them, and where each came from.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces {
    pub(super) text: Vec<u8>,
    parts: Vec<Piece>,
}

#[derive(Clone, Debug)]
struct Piece {
    start: usize,
    span: Span,
    /// Whether the file has exactly these bytes there: no comment inside, no variable replaced.
    is_verbatim: bool,
}

impl Pieces {
    /// Adds the text of `element`.
    pub(super) fn add(&mut self, element: &Element, source: &Source) {
        let is_verbatim = !element.text.is_empty()
            && source.text.get(element.text_span.clone()) == Some(element.text.as_slice());
        let piece = Piece { start: self.text.len(), span: text_span(element), is_verbatim };
        self.parts.push(piece);
        self.text.extend_from_slice(&element.text);
    }

    /// Where the first text is.
    pub(super) fn span(&self) -> Span {
        self.parts.first().map_or(0..0, |piece| piece.span.clone())
    }

    /// Where bytes of the joined text are in the file; the whole piece where that is not known.
    pub(super) fn span_of(&self, range: Span) -> Span {
        let Some(piece) = self.parts.iter().rev().find(|piece| piece.start <= range.start) else {
            return self.span();
        };
        if !piece.is_verbatim {
            return piece.span.clone();
        }
        let start = (piece.span.start + (range.start - piece.start)).min(piece.span.end);
        let end = (start + range.len()).clamp(start, piece.span.end);
        if start == end { start..start + 1 } else { start..end }
    }
}

/// The plain form of a text. The last element says in which language all of it is, and whether it is
/// negated (rules 14.2).
#[derive(Clone, Debug)]
pub(super) struct Plain {
    pub(super) language: Language,
    pub(super) negated: bool,
    pub(super) pieces: Pieces,
}

/// Where the text of an element is; its name when it has none.
pub(super) fn text_span(element: &Element) -> Span {
    let Span { start, end } = element.text_span;
    if start < end { start..end } else { element.name_span.clone() }
}

/// The order in which tests are made (rules 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Decoder,
    ProgramName,
    Id,
    Match,
    Regex,
    Action,
    Url,
    Field,
    SrcIp,
    DstIp,
    SrcPort,
    DstPort,
    Compiled,
    User,
    SrcGeoIp,
    DstGeoIp,
    MinSize,
    Time,
    Weekday,
    ExtraData,
    Hostname,
    Status,
    CheckDiff,
    FirstTimeSeen,
    List,
}

impl From<TextField> for Rank {
    fn from(field: TextField) -> Self {
        match field {
            TextField::ProgramName => Self::ProgramName,
            TextField::Id => Self::Id,
            TextField::Match => Self::Match,
            TextField::Regex => Self::Regex,
            TextField::Url => Self::Url,
            TextField::SrcPort => Self::SrcPort,
            TextField::DstPort => Self::DstPort,
            TextField::User => Self::User,
            TextField::SrcGeoIp => Self::SrcGeoIp,
            TextField::DstGeoIp => Self::DstGeoIp,
            TextField::ExtraData => Self::ExtraData,
            TextField::Hostname => Self::Hostname,
            TextField::Status => Self::Status,
        }
    }
}

/// A condition and its place in the order of tests.
#[derive(Debug)]
pub(super) struct Ranked {
    pub(super) rank: Rank,
    /// Written in a `_pcre2` element: not tested where the plain form is there (rules 2.2).
    pub(super) is_pcre2: bool,
    pub(super) condition: Condition,
}

impl Ranked {
    pub(super) fn new(rank: Rank, test: Test, place: Place) -> Self {
        Self { rank, is_pcre2: false, condition: Condition { test, place } }
    }

    /// Whether it survives an overwrite under deviation `partial-overwrite`.
    fn survives_overwrite(&self) -> bool {
        let survives = [Rank::Field, Rank::List, Rank::SrcGeoIp, Rank::DstGeoIp];
        self.is_pcre2 || survives.contains(&self.rank)
    }
}

/// A rule as its element says it.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) attributes: Attributes,
    /// The opening tag.
    pub(super) place: Place,
    pub(super) group: Vec<u8>,
    pub(super) description: Option<Vec<u8>>,
    pub(super) info: Vec<Info>,
    pub(super) info_text: Option<Vec<u8>>,
    pub(super) cve: Option<Vec<u8>>,
    pub(super) options: Vec<AlertOption>,
    pub(super) plain: BTreeMap<TextField, Plain>,
    pub(super) pcre2: BTreeMap<TextField, Pieces>,
    pub(super) action: Option<Pieces>,
    pub(super) srcip: Option<(AddressList, Span)>,
    pub(super) dstip: Option<(AddressList, Span)>,
    /// Conditions that need no joining.
    pub(super) conditions: Vec<Ranked>,
    pub(super) ignore: Option<IgnoreKeys>,
    pub(super) check_if_ignored: Option<IgnoreKeys>,
    pub(super) parents: Parents,
    pub(super) search: SearchDraft,
    /// Names of elements seen, to tell about repeated ones.
    pub(super) seen: Vec<&'static str>,
}

impl Draft {
    pub(super) fn new(attributes: Attributes, place: Place, group: &[u8]) -> Self {
        Self {
            attributes,
            place,
            group: group.to_vec(),
            description: None,
            info: Vec::new(),
            info_text: None,
            cve: None,
            options: Vec::new(),
            plain: BTreeMap::new(),
            pcre2: BTreeMap::new(),
            action: None,
            srcip: None,
            dstip: None,
            conditions: Vec::new(),
            ignore: None,
            check_if_ignored: None,
            parents: Parents::default(),
            search: SearchDraft::default(),
            seen: Vec::new(),
        }
    }

    /// Adds a condition of which the last one counts.
    pub(super) fn replace(&mut self, rank: Rank, test: Test, place: Place) {
        self.conditions.retain(|ranked| ranked.rank != rank);
        self.conditions.push(Ranked::new(rank, test, place));
    }

    pub(super) fn has(&self, rank: Rank) -> bool {
        self.conditions.iter().any(|ranked| ranked.rank == rank)
    }

    /// Adds a `<description>`, whose first newline becomes a blank (rules 2.11).
    pub(super) fn add_description(&mut self, text: &[u8]) {
        let description = self.description.get_or_insert_default();
        let start = description.len();
        description.extend_from_slice(text);
        let added = description.get_mut(start..).unwrap_or_default();
        if let Some(newline) = added.iter_mut().find(|byte| **byte == b'\n') {
            *newline = b' ';
        }
    }

    /// Adds an `<info>`.
    pub(super) fn add_info(&mut self, kind: InfoKind, text: &[u8]) {
        self.info_text.get_or_insert_default().extend_from_slice(text);
        self.add_detail(kind, text);
    }

    /// Adds a `<cve>`.
    pub(super) fn add_cve(&mut self, text: &[u8]) {
        self.cve.get_or_insert_default().extend_from_slice(text);
        self.add_detail(InfoKind::Cve, text);
    }

    fn add_detail(&mut self, kind: InfoKind, text: &[u8]) {
        if self.info.len() < DETAILS {
            self.info.push(Info { kind, text: text.to_vec() });
        }
    }
}

/// Details that are kept for display (rules 2.11).
const DETAILS: usize = 9;

/// A text of `<options>` (rules 2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AlertOption {
    AlertByEmail,
    NoEmailAlert,
    LogAlert,
    NoLog,
    NoAr,
}

/// Where the rule wants to stand.
#[derive(Debug, Default)]
pub(super) struct Parents {
    pub(super) if_sid: Option<Pieces>,
    pub(super) if_level: Option<Pieces>,
    pub(super) if_group: Option<Pieces>,
    pub(super) category: Option<Category>,
}

/// What a composite says about its search, nothing compiled.
#[derive(Debug, Default)]
pub(super) struct SearchDraft {
    pub(super) sid: Option<(u32, Span)>,
    pub(super) group: Option<Pieces>,
    pub(super) regex: Option<Pieces>,
    pub(super) same: SameTests,
    /// The first `same_…` or `different_…`, for messages.
    pub(super) first_same: Option<Span>,
}

/// What a rule says about its search.
#[derive(Debug, Default)]
pub(super) struct Sought {
    /// Some `if_matched_…` is there: the "is composite" flag (rules 4.3).
    pub(super) is_composite: bool,
    /// A search is attached: the flag of the rule as it was read first under deviation `partial-overwrite`.
    pub(super) has_search: bool,
    /// `if_matched_sid`; `None` also for 0 and the empty text (rules 3.4).
    pub(super) sid: Option<u32>,
    /// `if_matched_group` as written: parents are found by it with the word match.
    pub(super) group_text: Option<Vec<u8>>,
    pub(super) group: Option<Arc<Pattern>>,
    pub(super) regex: Option<Arc<Pattern>>,
    pub(super) same: SameTests,
    /// The element that names what is counted.
    pub(super) place: Option<Place>,
}

/// Everything of a rule that an overwrite can replace.
#[derive(Debug)]
pub(super) struct Parts {
    /// Level as written.
    pub(super) level: u32,
    pub(super) accuracy_zero: bool,
    pub(super) frequency: u32,
    pub(super) timeframe: u32,
    /// `timeframe` is written, not the default.
    pub(super) has_timeframe: bool,
    pub(super) ignore_seconds: u32,
    pub(super) noalert: bool,
    pub(super) group: Vec<u8>,
    pub(super) description: Option<Vec<u8>>,
    pub(super) info: Vec<Info>,
    pub(super) info_text: Option<Vec<u8>>,
    pub(super) cve: Option<Vec<u8>>,
    pub(super) logs: bool,
    pub(super) mails: bool,
    pub(super) no_active_response: bool,
    pub(super) ignore: Option<IgnoreKeys>,
    pub(super) check_if_ignored: Option<IgnoreKeys>,
    pub(super) conditions: Vec<Ranked>,
    pub(super) sought: Sought,
    pub(super) place: Place,
}

impl Parts {
    /// Replaces what an overwrite replaces; `is_partial` is deviation `partial-overwrite` (rules 3.5).
    ///
    /// An overwrite that says nothing about counting, as one that changes a level only, keeps the search of
    /// the rule: nobody wants the composite to fire on every event, which is what the original makes of it.
    pub(super) fn overwrite(&mut self, new: Self, is_partial: bool) {
        let old = std::mem::replace(self, new);
        if is_partial {
            self.sought.has_search = old.sought.has_search;
            self.sought.sid = old.sought.sid;
            self.sought.group = old.sought.group;
            self.info = old.info;
            self.ignore = old.ignore;
            self.check_if_ignored = old.check_if_ignored;
            self.conditions.retain(|ranked| !ranked.survives_overwrite());
            let kept = old.conditions.into_iter().filter(Ranked::survives_overwrite);
            self.conditions.extend(kept);
        } else if !self.sought.is_composite && old.sought.is_composite {
            self.sought = old.sought;
            self.frequency = old.frequency;
            if !self.has_timeframe {
                self.timeframe = old.timeframe;
            }
        }
    }

    /// The conditions in the order of tests.
    pub(super) fn take_conditions(&mut self) -> Vec<Condition> {
        let mut conditions = std::mem::take(&mut self.conditions);
        let plain: Vec<Rank> = conditions.iter().filter(|c| !c.is_pcre2).map(|c| c.rank).collect();
        conditions.retain(|ranked| !ranked.is_pcre2 || !plain.contains(&ranked.rank));
        conditions.sort_by_key(|ranked| ranked.rank);
        conditions.into_iter().map(|ranked| ranked.condition).collect()
    }

    pub(super) fn has(&self, rank: Rank) -> bool {
        self.conditions.iter().any(|ranked| ranked.rank == rank)
    }
}
