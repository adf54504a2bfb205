//! All decoders, compiled and linked: what evaluation walks.
//!
//! ```text
//! program list: [T, T, …]   plain list: [T, T, …]          each T with a range of entries
//! entries:      [e, e, e | e, e | …]                        the child lists, one behind the other
//! children:     [c, c, c, …]                                each child once, shared by its parents
//! ```
//!
//! There are two levels only (decoding 7.2). What the deviation `interleaved-chain` changes is worked out when
//! entries are made; evaluation just follows them.

use std::ops::Range;

use bartizan_base::decoder::BUILT_IN_NAMES;
use bartizan_base::{DecoderIndex, DecoderInfo, DecoderTable, Dialect, FieldName, FieldNames};
use bartizan_pattern::Pattern;

use crate::index::Prefixes;
use crate::plugins::{Plugin, json};

/// The decoders of an installation.
#[derive(Debug)]
pub struct DecoderSet {
    pub(crate) dialect: Dialect,
    pub(crate) table: DecoderTable,
    pub(crate) field_names: FieldNames,
    pub(crate) program: Vec<TopLevel>,
    pub(crate) plain: Vec<TopLevel>,
    pub(crate) prefixes: Prefixes,
    pub(crate) entries: Vec<Entry>,
    pub(crate) children: Vec<Child>,
}

/// Which top-level decoders an event is tried against; there is no way from one list to the other
/// (decoding 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// Decoders with a program name, for events with one.
    Program,
    /// Decoders without, for events without.
    Plain,
}

/// A decoder without parent.
#[derive(Debug)]
pub struct TopLevel {
    /// Its place in the table.
    pub decoder: DecoderIndex,
    /// Must match the program name; present exactly in the program list.
    pub program: Option<Pattern>,
    /// Must match the log.
    pub prematch: Option<Pattern>,
    /// Whether anything below continues where the prematch ended: otherwise yes or no is enough.
    pub needs_end: bool,
    /// Its child list, for [`DecoderSet::entries`].
    pub children: Range<u32>,
    /// What it does when it has no children.
    pub action: Action,
}

/// A decoder with a parent.
#[derive(Debug)]
pub struct Child {
    /// Its place in the table.
    pub decoder: DecoderIndex,
    /// Must match the log, or its rest behind the parent's match; without it the child is selected at once.
    pub prematch: Option<Prematch>,
    /// What it does when it is selected or its chain comes to it.
    pub action: Action,
}

/// The prematch of a child.
#[derive(Debug)]
pub struct Prematch {
    /// The pattern.
    pub pattern: Pattern,
    /// Whether it looks at what the parent's match left, not at the whole log.
    pub after_parent: bool,
}

/// What a decoder does with a log it is chosen for.
#[derive(Debug, Default)]
pub enum Action {
    /// Nothing: its name is all.
    #[default]
    Nothing,
    /// Reads fields with a pattern.
    Extract(Extract),
    /// Reads fields with code.
    Plugin(Plugin),
}

/// A pattern and the names of what it captures.
#[derive(Debug)]
pub struct Extract {
    /// The pattern.
    pub pattern: Pattern,
    /// From where it looks.
    pub offset: Offset,
    /// Names of the captures, in order.
    pub fields: Box<[FieldName]>,
}

/// Where a pattern starts to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Offset {
    /// At the start of the log.
    #[default]
    Start,
    /// Behind the match of the top-level decoder.
    AfterParent,
    /// Behind the match of the child's own prematch.
    AfterPrematch,
    /// Behind the last pattern of the chain that matched.
    AfterRegex,
}

/// A child's place in the list of one parent. Places count through the lists of all
/// parents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which child of the set.
    pub child: u32,
    /// The next member of its chain.
    pub next: Option<u32>,
    /// Where selection goes on when the prematch fails.
    pub after_miss: u32,
    /// Whether the chain continues where the prematch ended.
    pub needs_end: bool,
}

impl DecoderSet {
    /// What rules and alerts need to know of the decoders.
    #[must_use]
    pub fn table(&self) -> &DecoderTable {
        &self.table
    }

    /// The place in the table of a decoder that is built in.
    #[must_use]
    pub fn built_in(&self, name: &str) -> Option<DecoderIndex> {
        let infos = &self.table.infos;
        let first = infos.len().saturating_sub(BUILT_IN_NAMES.len());
        let is_named = |info: &DecoderInfo| info.own_name == name.as_bytes();
        let at = first + infos.get(first..)?.iter().position(is_named)?;
        u16::try_from(at).ok().map(DecoderIndex)
    }

    /// The dynamic fields that decoders declare.
    #[must_use]
    pub fn field_names(&self) -> &FieldNames {
        &self.field_names
    }

    /// Adds the names of dynamic fields that rules mention, where logs may bring fields of any name: only those are
    /// looked for.
    pub fn mention_fields<'a>(&mut self, names: impl IntoIterator<Item = &'a [u8]>) {
        if self.table.infos.iter().any(|info| info.sets_any) {
            let dynamic = names.into_iter().filter(|name| json::static_field(name).is_none());
            dynamic.for_each(|name| self.field_names.mention(name));
        }
    }

    /// The dialect the decoders were loaded for.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The top-level decoders of a list, in load order.
    #[must_use]
    pub fn top_level(&self, list: List) -> &[TopLevel] {
        match list {
            List::Program => &self.program,
            List::Plain => &self.plain,
        }
    }

    /// The child list of a top-level decoder.
    #[must_use]
    pub fn entries(&self, of: &TopLevel) -> &[Entry] {
        self.entries.get(of.children.start as usize..of.children.end as usize).unwrap_or_default()
    }

    /// The child of an entry; `None` only for an entry of another set.
    #[must_use]
    pub fn child(&self, entry: Entry) -> Option<&Child> {
        self.children.get(entry.child as usize)
    }
}
