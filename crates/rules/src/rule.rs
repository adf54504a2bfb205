//! Rules, and the forest they stand in.

use std::collections::HashMap;

use bartizan_base::{Category, Dialect, Place};

use crate::condition::Condition;
use crate::options::RuleOptions;

/// Place of a rule in [`RuleSet::rules`], in load order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleIndex(pub u32);

/// Place of a node in [`RuleSet::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeIndex(pub u32);

/// Number of a correlation list (rules 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListIndex(pub u32);

/// A rule. Several nodes may share it (rules 3.1).
#[derive(Debug)]
pub struct Rule {
    /// Its id.
    pub id: u32,
    /// Severity; 0 is ignored. Not bounded by 16 in the dialects (rules 2.1).
    pub level: u16,
    /// Group text: the enclosing group's name and the rule's own groups, as written.
    pub group: Vec<u8>,
    /// Description; `(null)` is shown where there is none.
    pub description: Option<Vec<u8>>,
    /// Details the tester shows, at most nine.
    pub info: Vec<Info>,
    /// Concatenated plain `info` texts, for JSON (rules 2.11).
    pub info_text: Option<Vec<u8>>,
    /// Concatenated `cve` texts, for JSON.
    pub cve: Option<Vec<u8>>,
    /// All conditions, in the order in which they are tested (rules 4.3).
    pub conditions: Vec<Condition>,
    /// `frequency` as written, 0 when absent; JSON shows it even for rules that are no composites.
    pub frequency: u32,
    /// `timeframe`, seconds.
    pub timeframe: u32,
    /// Matches, but is never the rule that fires.
    pub noalert: bool,
    /// `ignore="S"`: seconds of silence after it fired; 0 for none (rules 4.5).
    pub ignore_seconds: u32,
    /// `<ignore>`: what is added to the ignore list when it fires (rules 6.4).
    pub ignore: Option<IgnoreKeys>,
    /// `<check_if_ignored>`: what is looked up there.
    pub check_if_ignored: Option<IgnoreKeys>,
    /// Write the alert.
    pub logs: bool,
    /// The alert carries the mail mark.
    pub mails: bool,
    /// `<options>no_ar</options>`
    pub no_active_response: bool,
    /// `accuracy="0"`: last among its siblings; no active response is bound (rules 13.1).
    pub accuracy_zero: bool,
    /// The sid list its events go to, if some `if_matched_sid` names it.
    pub sid_list: Option<ListIndex>,
    /// The group lists its events go to, one entry for each time an event is added (rules 3.4: a rule with
    /// n nodes feeds n times in the dialects).
    pub group_lists: Vec<ListIndex>,
    /// The category it stands under.
    pub category: Category,
    /// Where it was read, for messages: the opening tag.
    pub place: Place,
}

/// A detail of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// Its kind.
    pub kind: InfoKind,
    /// Its text.
    pub text: Vec<u8>,
}

/// Kind of an `<info>` (rules 2.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the type of that name")]
pub enum InfoKind {
    Text,
    Link,
    Cve,
    Osvdb,
    BugtrackId,
}

impl InfoKind {
    /// As the tester prints it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Link => "Link",
            Self::Cve => "CVE",
            Self::Osvdb => "OSVDB",
            Self::BugtrackId => "BUGTRACKID",
        }
    }
}

/// Parts of an event that form a line of the ignore list (rules 6.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each flag selects the part of that name")]
pub struct IgnoreKeys {
    pub user: bool,
    pub srcip: bool,
    pub dstip: bool,
    pub id: bool,
    pub location: bool,
    pub data: bool,
    pub name: bool,
}

/// A place in the forest.
#[derive(Clone, Debug)]
pub struct Node {
    /// The rule that stands here.
    pub rule: RuleIndex,
    /// The node above; `None` at the top.
    pub parent: Option<NodeIndex>,
    /// Nodes below, in the order in which they are tried (rules 3.2).
    pub children: Vec<NodeIndex>,
}

/// All rules, compiled. Immutable; what changes from event to event is in `correlate::State`.
#[derive(Debug)]
pub struct RuleSet {
    /// In load order.
    pub rules: Vec<Rule>,
    /// The forest.
    pub nodes: Vec<Node>,
    /// Top-level nodes in the order in which they are tried.
    pub roots: Vec<NodeIndex>,
    /// For each correlation list how many events it may hold: `Some` for sid lists, `None` for group lists,
    /// which only the event memory bounds (rules 5.2).
    pub lists: Vec<Option<usize>>,
    /// Index of a rule by its id.
    pub by_id: HashMap<u32, RuleIndex>,
    /// The largest `frequency` of any rule, for deviation `memory-eviction`.
    pub largest_frequency: u32,
    /// What the configuration says.
    pub options: RuleOptions,
    /// Whose behaviour.
    pub dialect: Dialect,
}

impl RuleSet {
    /// The rule at `index`.
    #[must_use]
    pub fn rule(&self, index: RuleIndex) -> &Rule {
        &self.rules[index.0 as usize]
    }

    /// The node at `index`.
    #[must_use]
    pub fn node(&self, index: NodeIndex) -> &Node {
        &self.nodes[index.0 as usize]
    }
}
