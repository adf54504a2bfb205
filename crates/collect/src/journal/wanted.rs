//! Which entries of the journal are handed on: names and filters (collection 9.5, 10.3).
//!
//! The conditions of a block must all hold, of the blocks any one.

use std::path::Path;

use bartizan_base::Subject;
use bartizan_config::ossec_conf::localfile::{JournalFilter, Localfile};
use bartizan_pattern::{Language, Options, Pattern};

use crate::export::{Entry, Field, Fields, Slot};

/// One `<localfile>` block of the journal.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// The identifier or unit that is wanted; `None` for all.
    pub name: Option<String>,
    /// Tests of fields.
    pub filters: Vec<JournalFilter>,
}

impl Block {
    /// `location` may be `all`, `journald` or a path, for everything.
    pub(crate) fn of(location: &Path, options: &Localfile) -> Self {
        let location = location.to_string_lossy();
        let is_all =
            matches!(location.as_ref(), "" | "all" | "journald") || location.starts_with('/');
        Self { name: (!is_all).then(|| location.into_owned()), filters: options.filters.clone() }
    }

    fn is_all(&self) -> bool {
        self.name.is_none() && self.filters.is_empty()
    }
}

/// Which of the blocks add nothing, because others have filters and they have no condition (collection 9.5).
pub(crate) fn without_effect(blocks: &[Block]) -> impl Iterator<Item = usize> {
    let has_filters = blocks.iter().any(|block| !block.filters.is_empty());
    let idle = blocks.iter().enumerate().filter(move |(_, block)| has_filters && block.is_all());
    idle.map(|(at, _)| at).collect::<Vec<_>>().into_iter()
}

/// What the blocks want together.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Empty: everything.
    blocks: Vec<Conditions>,
    folded: Vec<u8>,
}

#[derive(Debug)]
struct Conditions {
    name: Option<String>,
    tests: Vec<Test>,
}

#[derive(Debug)]
struct Test {
    slot: Slot,
    pattern: Pattern,
    keeps_missing: bool,
}

impl Wanted {
    /// Also says which fields must be kept for it.
    pub(super) fn of(blocks: &[Block]) -> (Self, Fields) {
        let mut fields = Fields::default();
        let has_filters = blocks.iter().any(|block| !block.filters.is_empty());
        if !has_filters && blocks.iter().any(Block::is_all) {
            return (Self::default(), fields);
        }
        let blocks = blocks.iter().filter(|block| !block.is_all());
        let conditions = |block: &Block| {
            let mut test = |filter: &JournalFilter| {
                let pattern =
                    Pattern::compile(Language::Pcre2, &filter.pattern, Options::default()).ok()?;
                let keeps_missing = filter.ignore_if_missing;
                Some(Test { slot: fields.slot(&filter.field), pattern, keeps_missing })
            };
            let tests = block.filters.iter().filter_map(&mut test).collect();
            Conditions { name: block.name.clone(), tests }
        };
        let blocks = blocks.map(conditions).collect();
        (Self { blocks, folded: Vec::new() }, fields)
    }

    pub(super) fn has(&mut self, entry: &Entry) -> bool {
        let folded = &mut self.folded;
        self.blocks.is_empty()
            || self.blocks.iter().any(|block| {
                block.name.as_ref().is_none_or(|name| is_named(entry, name.as_bytes()))
                    && block.tests.iter().all(|test| test.holds(entry, folded))
            })
    }
}

impl Test {
    fn holds(&self, entry: &Entry, folded: &mut Vec<u8>) -> bool {
        let Some(value) = entry.at(self.slot) else { return self.keeps_missing };
        folded.clear();
        folded.extend(value.iter().map(u8::to_ascii_lowercase));
        self.pattern.is_match(Subject::new(value, folded))
    }
}

/// Identifier, or unit with or without `.service`.
fn is_named(entry: &Entry, name: &[u8]) -> bool {
    let unit = entry.get(Field::Unit).unwrap_or_default();
    entry.get(Field::Identifier) == Some(name)
        || unit == name
        || unit.strip_suffix(b".service") == Some(name)
}
