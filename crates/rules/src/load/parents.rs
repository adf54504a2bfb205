//! Where a rule stands: exactly one of `if_sid`, `if_level`, `if_group` and the category decides
//! (rules 3.3).

use bartizan_base::{Category, Deviation, Span};

use super::attributes::parse_digits;
use super::codes;
use super::draft::{Parents, Pieces};
use super::report::shown;
use super::rules::Loader;
use super::tree::TooManyNodes;
use crate::rule::{NodeIndex, RuleIndex};

/// An id in an `if_sid`.
#[derive(Debug, PartialEq, Eq)]
struct Item {
    /// `None` when it is too large to be one.
    id: Option<u32>,
    span: Span,
}

impl Loader<'_, '_> {
    /// Places a new rule. False when it is left out (rules 2.11: an `if_level` of 0).
    pub(super) fn stand(&mut self, rule: RuleIndex, parents: &Parents) -> bool {
        self.warn_of_unused_parents(parents);
        let sought = self.tree.rule(rule).map(|rule| &rule.parts.sought);
        let counted = sought.and_then(|sought| sought.sid);
        let counted_group = sought.and_then(|sought| sought.group_text.clone());
        let span = self.search_span(rule);
        if let Some(pieces) = &parents.if_sid {
            self.below_ids(rule, pieces);
        } else if let (Some(id), None, None) = (counted, &parents.if_group, &counted_group) {
            // if_matched_sid alone: its rule is the parent, too.
            self.below_id(rule, Some(id), &span);
        } else if let Some(pieces) = &parents.if_level {
            return self.below_level(rule, pieces);
        } else if let Some(pieces) = &parents.if_group {
            self.below_group(rule, &pieces.text, &pieces.span());
        } else if let Some(text) = counted_group {
            self.below_group(rule, &text, &span);
        } else {
            self.below_category(rule);
        }
        true
    }

    fn search_span(&self, rule: RuleIndex) -> Span {
        self.tree.rule(rule).map_or(0..0, |rule| rule.parts.search_place().span)
    }

    fn warn_of_unused_parents(&mut self, parents: &Parents) {
        let all = [
            ("if_sid", &parents.if_sid),
            ("if_level", &parents.if_level),
            ("if_group", &parents.if_group),
        ];
        let mut given = all.iter().filter_map(|(name, pieces)| Some((name, pieces.as_ref()?)));
        if let Some((winner, _)) = given.next() {
            for (_, pieces) in given {
                let message = format!("not used, because {winner} says where the rule stands");
                self.report.warning(codes::UNUSED_PARENT, &pieces.span(), message);
            }
        }
    }

    fn below_ids(&mut self, rule: RuleIndex, pieces: &Pieces) {
        let Some(items) = self.read_ids(pieces) else { return };
        let mut seen = Vec::new();
        let mut is_attached = false;
        for item in &items {
            if item.id == Some(0) {
                is_attached |= self.below_stray(rule, &item.span);
                continue;
            }
            if seen.contains(&item.id) {
                let message = "this id stands twice: the rule is tried twice";
                self.report.warning(codes::PARENT_TWICE, &item.span, message);
            }
            seen.push(item.id);
            self.below_id(rule, item.id, &item.span);
            is_attached = true;
        }
        if !is_attached {
            self.below_category(rule);
        }
    }

    /// An empty item or 0: also below the category (deviation `stray-parents`).
    fn below_stray(&mut self, rule: RuleIndex, span: &Span) -> bool {
        let is_stray = self.context.dialect.has(Deviation::StrayParents);
        let message = match is_stray {
            true => {
                "an empty item or 0 also attaches the rule to its category: \
                     it is tried on every event of it"
            }
            false => {
                "an empty item or 0 names no rule and is left out; \
                      OSSEC also attaches the rule to its category"
            }
        };
        self.report.warning(codes::EMPTY_PARENT, span, message);
        if is_stray {
            self.below_category(rule);
        }
        is_stray
    }

    /// The ids of an `if_sid`; `None` after a mistake. A separator at the end, or nothing at all, is an
    /// item of its own, 0.
    fn read_ids(&mut self, pieces: &Pieces) -> Option<Vec<Item>> {
        let text = pieces.text.as_slice();
        let mut items = Vec::new();
        let mut start = None;
        for (at, &byte) in text.iter().enumerate() {
            match byte {
                b'0'..=b'9' => {
                    start.get_or_insert(at);
                }
                _ if !self.is_separator(byte, pieces, at) => return None,
                _ => {
                    if let Some(start) = start.take() {
                        items.push(item(pieces, start..at));
                    }
                }
            }
        }
        let start = start.unwrap_or(text.len());
        // White space at the end is layout to us; OSSEC takes it for an empty item.
        let is_layout = start == text.len() && !items.is_empty() && !self.is_stray(text);
        if !is_layout {
            items.push(item(pieces, start..text.len()));
        }
        Some(items)
    }

    /// Whether what stands at the end of an `if_sid` is an empty item.
    fn is_stray(&self, text: &[u8]) -> bool {
        self.context.dialect.has(Deviation::StrayParents) || text.trim_ascii_end().ends_with(b",")
    }

    fn is_separator(&mut self, byte: u8, pieces: &Pieces, at: usize) -> bool {
        let is_strict = self.context.dialect.has(Deviation::StrictLoading);
        match byte {
            b' ' | b',' => true,
            b'\t' | b'\n' | b'\r' if !is_strict => true,
            _ => {
                let rest = pieces.text.get(at..).unwrap_or_default();
                let wrong = rest.split(|&b| b == b' ' || b == b',').next().unwrap_or_default();
                let message = format!(
                    "if_sid takes rule ids separated by commas or blanks, not `{}`",
                    shown(wrong).escape_debug()
                );
                let span = pieces.span_of(at..at + wrong.len().max(1));
                self.report.error(codes::IF_SID, &span, message);
                false
            }
        }
    }

    /// Below every reached node of the rule with this id, whose category the new rule takes.
    fn below_id(&mut self, rule: RuleIndex, id: Option<u32>, span: &Span) {
        let Some(parent) = id.and_then(|id| self.tree.by_id.get(&id).copied()) else {
            return self.unknown_parent(rule, id, span);
        };
        self.take_category(rule, parent);
        let nodes = self.parent_nodes(id, parent);
        self.attach(rule, &nodes, span);
    }

    fn take_category(&mut self, rule: RuleIndex, parent: RuleIndex) {
        let category = self.tree.rule(parent).map(|parent| parent.category);
        if let (Some(rule), Some(category)) = (self.tree.rule_mut(rule), category) {
            rule.category = category;
        }
    }

    /// Templates can share an id; the first of them in the walk is the parent (rules 3.1).
    fn parent_nodes(&self, id: Option<u32>, parent: RuleIndex) -> Vec<NodeIndex> {
        if id >= Some(super::tree::FIRST_ORDINARY_ID) {
            return self.tree.reached_nodes(parent);
        }
        let rule_of = |root: &&NodeIndex| {
            let node = self.tree.nodes.get(root.0 as usize)?;
            self.tree.rule(node.rule).map(|rule| rule.id)
        };
        self.tree.roots.iter().find(|root| rule_of(root) == id).copied().into_iter().collect()
    }

    fn below_level(&mut self, rule: RuleIndex, pieces: &Pieces) -> bool {
        let text = pieces.text.as_slice();
        let span = pieces.span();
        let level = parse_digits(text).filter(|_| text.iter().all(u8::is_ascii_digit));
        let dialect = self.context.dialect;
        match level {
            Some(0) if dialect.has(Deviation::LaxLoading) => {
                let message = "OSSEC drops a rule with an if_level of 0 or nothing";
                self.report.warning(codes::IF_LEVEL, &span, message);
                return false;
            }
            None | Some(0) => {
                let message = format!("if_level takes a level above 0, not `{}`", shown(text));
                self.report.error(codes::IF_LEVEL, &span, message);
            }
            Some(level) => {
                let rules = self.tree.rules_of_level(level.min(9_999), dialect);
                let nodes = self.tree.nodes_of(&rules);
                if nodes.is_empty() {
                    let message =
                        format!("no rule before this one has level {level}: it is never tried");
                    self.report.warning(codes::IF_LEVEL, &span, message);
                }
                if let Some(first) = rules.first() {
                    self.take_category(rule, *first);
                }
                self.attach(rule, &nodes, &span);
            }
        }
        true
    }

    fn below_group(&mut self, rule: RuleIndex, word: &[u8], span: &Span) {
        let rules = self.tree.groups.with_word(word);
        let Some(first) = rules.first() else {
            return self.unknown_group(word, span);
        };
        self.take_category(rule, *first);
        let nodes = self.tree.nodes_of(&rules);
        self.attach(rule, &nodes, span);
    }

    fn unknown_group(&mut self, word: &[u8], span: &Span) {
        let word = shown(word);
        let message = format!("no rule before this one has a group with `{word}` in it");
        let error = self.new_missing(codes::UNKNOWN_GROUP, span, message);
        let error = if self.report.is_full() {
            error
        } else if word.ends_with('$') {
            error.help("$ has no meaning here: add an if_group without it")
        } else {
            error.suggest(word.trim_end_matches(','), self.tree.groups.names())
        };
        self.report.push(error);
    }

    fn below_category(&mut self, rule: RuleIndex) {
        let Some((category, place)) =
            self.tree.rule(rule).map(|rule| (rule.category, rule.parts.place.clone()))
        else {
            return;
        };
        match self.tree.template(category) {
            Some(node) => self.attach(rule, &[node], &place.span),
            None if self.missing_templates.contains(&category) => {}
            None => {
                self.missing_templates.push(category);
                let name = category_name(category);
                let message = format!("there is no template for rules of category {name} yet");
                let error = self.new_missing(codes::NO_TEMPLATE, &place.span, message);
                self.report.push(error.help("rules_config.xml must be the first rule file"));
            }
        }
    }

    fn attach(&mut self, rule: RuleIndex, nodes: &[NodeIndex], span: &Span) {
        if self.tree.attach(rule, nodes) == Err(TooManyNodes) {
            let most = bartizan_base::limits::RULE_NODES;
            let message = format!("the rules would stand in more than {most} places of the tree");
            self.report.error(codes::TOO_MANY_NODES, span, message);
        }
    }

    /// An overwrite keeps the place of the rule; says so when its `if_sid` names another (rules 3.5).
    pub(super) fn warn_of_other_parents(&mut self, rule: RuleIndex, parents: &Parents) {
        let Some(pieces) = &parents.if_sid else { return };
        let ids: std::collections::HashSet<u32> = pieces
            .text
            .split(|b| !b.is_ascii_digit())
            .filter_map(parse_digits)
            .filter(|&id| id != 0)
            .collect();
        if ids != self.tree.parent_ids(rule) {
            let message = "an overwrite keeps the parents of the rule: this if_sid has no effect";
            self.report.warning(codes::UNUSED_PARENT, &pieces.span(), message);
        }
    }
}

fn item(pieces: &Pieces, range: Span) -> Item {
    let digits = pieces.text.get(range.clone()).unwrap_or_default();
    Item { id: parse_digits(digits), span: pieces.span_of(range) }
}

fn category_name(category: Category) -> &'static str {
    Category::NAMES.iter().find(|(_, c)| *c == category).map_or("ossec", |(name, _)| name)
}
