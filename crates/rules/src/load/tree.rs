//! The forest while it grows (rules 3.1–3.3).

use std::collections::{HashMap, HashSet};

use bartizan_base::limits::RULE_NODES;
use bartizan_base::{Category, Deviation, Dialect};

use super::draft::Parts;
use super::group::Groups;
use super::search::Attached;
use crate::rule::{ListIndex, Node, NodeIndex, RuleIndex};

/// Ids below this one are templates: they stand at the top (rules 3.1).
pub(super) const FIRST_ORDINARY_ID: u32 = 10;

/// A rule that was read.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) id: u32,
    pub(super) parts: Parts,
    /// Its key among siblings, highest first (rules 3.2).
    pub(super) key: u32,
    pub(super) category: Category,
    pub(super) nodes: Vec<NodeIndex>,
    pub(super) attached: Attached,
    pub(super) sid_list: Option<ListIndex>,
    pub(super) group_lists: Vec<ListIndex>,
}

/// The rules read so far and where they stand.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) rules: Vec<Loaded>,
    pub(super) nodes: Vec<Node>,
    pub(super) roots: Vec<NodeIndex>,
    pub(super) by_id: HashMap<u32, RuleIndex>,
    pub(super) groups: Groups,
    /// Sibling lists, by the node above, whose keys an overwrite has changed: no longer sorted.
    unsorted: HashSet<Option<NodeIndex>>,
}

/// The rule would make the forest larger than [`RULE_NODES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooManyNodes;

/// The key of a rule among its siblings: level 0 first, then by level, `accuracy="0"` last (rules 3.2).
///
/// The dialects need the original's numbers, because it turns them back into levels (deviation
/// `level-99`). Ours leave room for levels above 16 between "level 0" and the others.
pub(super) fn sort_key(level: u32, accuracy_zero: bool, dialect: Dialect) -> u32 {
    let (zero, factor) =
        if dialect.has(Deviation::Level99) { (99, 100) } else { (10_000, 100_000) };
    let level = if level == 0 { zero } else { level };
    if accuracy_zero { level } else { level * factor }
}

/// The level of a rule once all files are read.
pub(super) fn final_level(rule: &Loaded, dialect: Dialect) -> u16 {
    let level = match rule.key {
        _ if !dialect.has(Deviation::Level99) => rule.parts.level,
        9900 => 0,
        key @ 100.. => key / 100,
        key => key,
    };
    u16::try_from(level).unwrap_or(u16::MAX)
}

impl Tree {
    /// Adds a rule that stands nowhere yet.
    pub(super) fn add(&mut self, id: u32, parts: Parts, key: u32, category: Category) -> RuleIndex {
        let rule = RuleIndex(self.rules.len() as u32);
        self.rules.push(Loaded {
            id,
            parts,
            key,
            category,
            nodes: Vec::new(),
            attached: Attached::Nothing,
            sid_list: None,
            group_lists: Vec::new(),
        });
        rule
    }

    pub(super) fn rule(&self, rule: RuleIndex) -> Option<&Loaded> {
        self.rules.get(rule.0 as usize)
    }

    pub(super) fn rule_mut(&mut self, rule: RuleIndex) -> Option<&mut Loaded> {
        self.rules.get_mut(rule.0 as usize)
    }

    /// Places `rule` at the top.
    pub(super) fn attach_root(&mut self, rule: RuleIndex) {
        self.insert(rule, None);
    }

    /// Places `rule` below each of `parents`.
    pub(super) fn attach(
        &mut self,
        rule: RuleIndex,
        parents: &[NodeIndex],
    ) -> Result<(), TooManyNodes> {
        if self.nodes.len().saturating_add(parents.len()) > RULE_NODES {
            return Err(TooManyNodes);
        }
        for parent in parents {
            self.insert(rule, Some(*parent));
        }
        Ok(())
    }

    /// Inserts a node before the first sibling whose key is smaller.
    fn insert(&mut self, rule: RuleIndex, parent: Option<NodeIndex>) {
        let key = self.key(rule);
        let siblings = self.siblings(parent);
        let at = if self.unsorted.contains(&parent) {
            let smaller = siblings.iter().position(|node| self.key_of(*node) < key);
            smaller.unwrap_or(siblings.len())
        } else {
            siblings.partition_point(|node| self.key_of(*node) >= key)
        };
        let node = NodeIndex(self.nodes.len() as u32);
        self.nodes.push(Node { rule, parent, children: Vec::new() });
        match parent.and_then(|parent| self.nodes.get_mut(parent.0 as usize)) {
            Some(parent) => parent.children.insert(at, node),
            None => self.roots.insert(at, node),
        }
        if let Some(rule) = self.rule_mut(rule) {
            rule.nodes.push(node);
        }
    }

    fn siblings(&self, parent: Option<NodeIndex>) -> &[NodeIndex] {
        match parent {
            Some(parent) => self.nodes.get(parent.0 as usize).map_or(&[], |node| &node.children),
            None => &self.roots,
        }
    }

    fn key(&self, rule: RuleIndex) -> u32 {
        self.rule(rule).map_or(0, |rule| rule.key)
    }

    fn key_of(&self, node: NodeIndex) -> u32 {
        self.nodes.get(node.0 as usize).map_or(0, |node| self.key(node.rule))
    }

    /// Gives an overwritten rule the key of its new level. It keeps its place, so that later insertions
    /// meet lists that are not sorted (rules 3.5).
    pub(super) fn change_key(&mut self, rule: RuleIndex, key: u32) {
        let Some(loaded) = self.rules.get_mut(rule.0 as usize).filter(|rule| rule.key != key)
        else {
            return;
        };
        loaded.key = key;
        let parents = loaded.nodes.iter().filter_map(|node| self.nodes.get(node.0 as usize));
        self.unsorted.extend(parents.map(|node| node.parent));
    }

    /// The nodes of a rule that the original's walk for `if_sid` reaches: in each sibling list it stops at
    /// the first one, so that what stands behind that one is not searched (rules 3.3).
    pub(super) fn reached_nodes(&self, rule: RuleIndex) -> Vec<NodeIndex> {
        let Some(loaded) = self.rule(rule) else { return Vec::new() };
        if let [only] = loaded.nodes.as_slice() {
            return vec![*only];
        }
        let mut lists: HashMap<Option<NodeIndex>, Vec<NodeIndex>> = HashMap::new();
        for node in &loaded.nodes {
            lists.entry(self.parent(*node)).or_default().push(*node);
        }
        // Where scanning stops in each list that has a node of the rule.
        let stops: HashMap<Option<NodeIndex>, (usize, NodeIndex)> = lists
            .into_iter()
            .filter_map(|(parent, nodes)| {
                let mut siblings = self.siblings(parent).iter().copied().enumerate();
                let first = siblings.find(|(_, node)| nodes.contains(node))?;
                Some((parent, first))
            })
            .collect();
        let reached = loaded.nodes.iter().filter(|node| self.is_reached(**node, &stops));
        reached.copied().collect()
    }

    fn is_reached(
        &self,
        node: NodeIndex,
        stops: &HashMap<Option<NodeIndex>, (usize, NodeIndex)>,
    ) -> bool {
        let mut current = Some(node);
        while let Some(at) = current {
            let parent = self.parent(at);
            if let Some((stop, first)) = stops.get(&parent) {
                let siblings = self.siblings(parent);
                let is_behind = || siblings.iter().take(*stop).all(|sibling| *sibling != at);
                if *first != at && is_behind() {
                    return false;
                }
            }
            current = parent;
        }
        true
    }

    fn parent(&self, node: NodeIndex) -> Option<NodeIndex> {
        self.nodes.get(node.0 as usize).and_then(|node| node.parent)
    }

    /// Ids of the rules above the nodes of `rule`.
    pub(super) fn parent_ids(&self, rule: RuleIndex) -> HashSet<u32> {
        let nodes = self.rule(rule).map_or(&[][..], |rule| rule.nodes.as_slice());
        let parents = nodes.iter().filter_map(|node| self.parent(*node));
        let rules = parents.filter_map(|node| self.nodes.get(node.0 as usize));
        rules.filter_map(|node| self.rule(node.rule)).map(|rule| rule.id).collect()
    }

    /// All nodes of these rules.
    pub(super) fn nodes_of(&self, rules: &[RuleIndex]) -> Vec<NodeIndex> {
        let rules = rules.iter().filter_map(|rule| self.rule(*rule));
        rules.flat_map(|rule| rule.nodes.iter().copied()).collect()
    }

    /// Rules that `if_level` makes parents: by key, or by level (deviation `stray-parents`, rules 3.3).
    pub(super) fn rules_of_level(&self, level: u32, dialect: Dialect) -> Vec<RuleIndex> {
        let by_key = dialect.has(Deviation::StrayParents);
        let least = sort_key(level, false, dialect);
        let qualifies = |rule: &Loaded| match by_key {
            true => rule.key >= least,
            false => rule.parts.level >= level,
        };
        let rules = (0..).zip(&self.rules).filter(|(_, rule)| qualifies(rule));
        rules.map(|(at, _)| RuleIndex(at)).collect()
    }

    /// The first top-level node of that category.
    pub(super) fn template(&self, category: Category) -> Option<NodeIndex> {
        self.roots.iter().copied().find(|root| {
            let rule = self.nodes.get(root.0 as usize).and_then(|node| self.rule(node.rule));
            rule.is_some_and(|rule| rule.category == category)
        })
    }
}
