//! Which rules have which group text.
//!
//! Many rules share one text, so patterns are tried on distinct texts, and each pattern only on the texts
//! that are new since it was asked last.

use std::collections::HashMap;

use bartizan_base::text::OwnedSubject;
use bartizan_pattern::{Pattern, word};

use crate::rule::RuleIndex;

/// Number of a distinct group text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct GroupId(usize);

/// All group texts and their rules.
#[derive(Debug, Default)]
pub(super) struct Groups {
    by_text: HashMap<Vec<u8>, GroupId>,
    groups: Vec<Group>,
    by_word: HashMap<Vec<u8>, Asked>,
    by_pattern: HashMap<Vec<u8>, Asked>,
}

#[derive(Debug)]
struct Group {
    text: Vec<u8>,
    rules: Vec<RuleIndex>,
}

/// What a pattern was tried on, and what it matched.
#[derive(Debug, Default)]
struct Asked {
    tried: usize,
    matching: Vec<GroupId>,
}

impl Groups {
    /// Adds a rule with this text.
    pub(super) fn add(&mut self, text: &[u8], rule: RuleIndex) {
        let id = self.by_text.get(text).copied().unwrap_or_else(|| {
            let id = GroupId(self.groups.len());
            self.by_text.insert(text.to_vec(), id);
            self.groups.push(Group { text: text.to_vec(), rules: Vec::new() });
            id
        });
        if let Some(group) = self.groups.get_mut(id.0) {
            group.rules.push(rule);
        }
    }

    /// Takes a rule away from the text it had.
    pub(super) fn remove(&mut self, text: &[u8], rule: RuleIndex) {
        let group = self.by_text.get(text).and_then(|id| self.groups.get_mut(id.0));
        if let Some(group) = group {
            group.rules.retain(|known| *known != rule);
        }
    }

    /// Rules whose text contains a word of `if_group` (rules 2.4).
    pub(super) fn with_word(&mut self, pattern: &[u8]) -> Vec<RuleIndex> {
        let asked = self.by_word.entry(pattern.to_vec()).or_default();
        ask(&self.groups, asked, |text| word::matches(pattern, text))
    }

    /// Rules whose text matches the pattern of an `if_matched_group` (OS_Match).
    pub(super) fn matching(&mut self, pattern: &Pattern) -> Vec<RuleIndex> {
        let asked = self.by_pattern.entry(pattern.source().to_vec()).or_default();
        ask(&self.groups, asked, |text| pattern.is_match(OwnedSubject::new(text).subject()))
    }

    /// Names that stand in the texts, for suggestions; not all of very many.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        const SUGGESTED: usize = 1_000;
        let used = self.groups.iter().filter(|group| !group.rules.is_empty());
        used.flat_map(|group| group.text.split(|&b| b == b','))
            .filter_map(|name| std::str::from_utf8(name).ok())
            .filter(|name| !name.is_empty())
            .take(SUGGESTED)
    }
}

fn ask(groups: &[Group], asked: &mut Asked, matches: impl Fn(&[u8]) -> bool) -> Vec<RuleIndex> {
    for (at, group) in groups.iter().enumerate().skip(asked.tried) {
        if matches(&group.text) {
            asked.matching.push(GroupId(at));
        }
    }
    asked.tried = groups.len();
    let matching = asked.matching.iter().filter_map(|id| groups.get(id.0));
    matching.flat_map(|group| group.rules.iter().copied()).collect()
}
