//! Adds rules to the tree one after the other, in the order in which they are read, and builds the rule
//! set when all are there.

use bartizan_base::{Category, Deviation, Diagnostic, Place, Severity, Span};
use bartizan_config::xml::{Document, Element};
use bartizan_pattern::Options;

use super::draft::{Draft, Parents, Parts};
use super::patterns::Patterns;
use super::read::Reader;
use super::report::Report;
use super::search::{self, NothingCounted};
use super::tree::{self, FIRST_ORDINARY_ID, Loaded, Tree};
use super::{LoadContext, codes};
use crate::rule::{Rule, RuleIndex, RuleSet};

/// The rules read so far.
pub(super) struct Loader<'a, 'r> {
    pub(super) context: &'a LoadContext<'a>,
    pub(super) report: &'a mut Report<'r>,
    pub(super) tree: Tree,
    /// Categories without a template that were reported.
    pub(super) missing_templates: Vec<Category>,
    documents: &'a [Document],
    patterns: Patterns,
    lists: Vec<Option<usize>>,
    largest_frequency: u32,
    /// Some rule could not be read so far that others may name: a missing parent is then no news.
    is_incomplete: bool,
}

impl<'a, 'r> Loader<'a, 'r> {
    pub(super) fn new(
        context: &'a LoadContext<'a>,
        documents: &'a [Document],
        report: &'a mut Report<'r>,
        is_incomplete: bool,
    ) -> Self {
        let options = Options { utf8_check: context.dialect.has(Deviation::Utf8Check) };
        Self {
            context,
            report,
            tree: Tree::default(),
            missing_templates: Vec::new(),
            documents,
            patterns: Patterns::new(options),
            lists: Vec::new(),
            largest_frequency: 0,
            is_incomplete,
        }
    }

    /// Reads a `<rule>` and adds it.
    pub(super) fn read_rule(&mut self, document: &'a Document, rule: &Element, group: &[u8]) {
        let mut reader = Reader {
            context: self.context,
            document,
            report: self.report,
            patterns: &mut self.patterns,
        };
        let draft: Draft = reader.read(rule, group);
        let id_span = rule.attribute("id").map_or(&rule.name_span, |id| &id.value_span);
        let (id, overwrite) = (draft.attributes.id, draft.attributes.overwrite);
        let (parts, parents) = reader.resolve(draft);
        self.largest_frequency = self.largest_frequency.max(parts.frequency);
        match id {
            // Others may name the id that could not be read.
            None => self.is_incomplete = true,
            Some(id) if overwrite && id >= FIRST_ORDINARY_ID => {
                self.overwrite(id, id_span, parts, &parents);
            }
            Some(id) => self.add(id, id_span, parts, &parents, overwrite),
        }
    }

    fn add(&mut self, id: u32, span: &Span, parts: Parts, parents: &Parents, overwrite: bool) {
        if let Some(first) = self.tree.by_id.get(&id).and_then(|first| self.tree.rule(*first)) {
            if !overwrite {
                let first = described(&first.parts.place);
                let message = format!("rule {id} is already defined, at {first}");
                let error = self.report.new_error(codes::DUPLICATE_ID, span, message);
                let error = error.help("give it another id, or overwrite=\"yes\" to replace it");
                return self.report.push(error);
            }
            let message = "rules with an id below 10 cannot be overwritten: \
                           this one stands beside the first";
            self.report.warning(codes::OVERWRITE_TEMPLATE, span, message);
        }
        let category = parents.category.unwrap_or_default();
        let key = tree::sort_key(parts.level, parts.accuracy_zero, self.context.dialect);
        let group = parts.group.clone();
        let rule = self.tree.add(id, parts, key, category);
        if id < FIRST_ORDINARY_ID {
            self.tree.attach_root(rule);
        } else if !self.stand(rule, parents) {
            self.tree.rules.pop();
            return;
        }
        self.tree.by_id.entry(id).or_insert(rule);
        self.tree.groups.add(&group, rule);
        if self.context.dialect.has(Deviation::GroupFeeders) {
            self.attach_search(rule);
        }
    }

    /// Changes a rule in place (rules 3.5).
    fn overwrite(&mut self, id: u32, span: &Span, parts: Parts, parents: &Parents) {
        let Some(rule) = self.tree.by_id.get(&id).copied() else {
            let message = format!("there is no rule {id} before this one to overwrite");
            let error = self.new_missing(codes::OVERWRITE_UNKNOWN, span, message);
            let error = self.say_where_it_is(id, error);
            return self.report.push(error);
        };
        self.warn_of_other_parents(rule, parents);
        self.warn_of_lost_search(rule, &parts);
        let dialect = self.context.dialect;
        let key = tree::sort_key(parts.level, parts.accuracy_zero, dialect);
        self.tree.change_key(rule, key);
        let Some(loaded) = self.tree.rule_mut(rule) else { return };
        let is_partial = dialect.has(Deviation::PartialOverwrite);
        let old_group = loaded.parts.group.clone();
        let new_group = parts.group.clone();
        let has_search = parts.sought.is_composite;
        loaded.parts.overwrite(parts, is_partial);
        if old_group != new_group {
            self.tree.groups.remove(&old_group, rule);
            self.tree.groups.add(&new_group, rule);
        }
        if has_search && !is_partial && dialect.has(Deviation::GroupFeeders) {
            self.attach_search(rule);
        }
    }

    fn warn_of_lost_search(&mut self, rule: RuleIndex, parts: &Parts) {
        let Some(old) = self.tree.rule(rule) else { return };
        let was_composite = old.parts.sought.is_composite;
        let is_composite = parts.sought.is_composite;
        let is_partial = self.context.dialect.has(Deviation::PartialOverwrite);
        let span = &parts.place.span;
        if was_composite && !is_composite {
            let message = match is_partial {
                true => {
                    "the rule it overwrites counts events; without an if_matched_… of its own \
                     this one fires whenever its other conditions hold"
                }
                false => {
                    "it says nothing about counting and keeps what the rule it overwrites counts; \
                     in OSSEC it fires whenever its other conditions hold"
                }
            };
            self.report.warning(codes::OVERWRITE_SEARCH, span, message);
        } else if is_partial && !old.parts.sought.has_search && is_composite {
            let message = "OSSEC attaches no search to a rule that was none before: \
                           it fires whenever its other conditions hold";
            self.report.warning(codes::OVERWRITE_SEARCH, span, message);
        }
    }

    /// An error about something that is not there; only a note when some rule could not be read that may be
    /// the missing one.
    pub(super) fn new_missing(
        &self,
        code: &'static str,
        span: &Span,
        message: String,
    ) -> Diagnostic {
        let error = self.report.new_error(code, span, message);
        let severity = if self.is_incomplete { Severity::Note } else { Severity::Error };
        Diagnostic { severity, ..error }
    }

    pub(super) fn unknown_parent(&mut self, child: RuleIndex, id: Option<u32>, span: &Span) {
        let Some(id) = id else {
            let message = "this is no rule id: ids have at most six digits";
            return self.report.error(codes::UNKNOWN_PARENT, span, message);
        };
        if self.tree.rule(child).is_some_and(|child| child.id == id) {
            let message = "a rule cannot be its own parent";
            return self.report.error(codes::UNKNOWN_PARENT, span, message);
        }
        let message = format!("there is no rule {id} before this one");
        let error = self.new_missing(codes::UNKNOWN_PARENT, span, message);
        let error = self.say_where_it_is(id, error);
        self.report.push(error);
    }

    /// Says where the rule is that was looked for too early.
    fn say_where_it_is(&self, id: u32, error: Diagnostic) -> Diagnostic {
        let found = if self.report.is_full() { None } else { self.find_rule(id) };
        match found {
            Some(place) => {
                let later = described(&place);
                error.help(format!("rule {id} comes later, at {later}: it must come first"))
            }
            None => error,
        }
    }

    /// Any rule of this id in any file.
    fn find_rule(&self, id: u32) -> Option<Place> {
        let has_id = |rule: &&Element| {
            let value = rule.attribute("id").map(|attribute| attribute.value.as_slice());
            value.and_then(super::attributes::parse_digits) == Some(id)
        };
        self.documents.iter().find_map(|document| {
            let mut rules = document.roots.iter().flat_map(|group| &group.children);
            let rule = rules.find(has_id)?;
            Some(document.place(&rule.name_span))
        })
    }

    fn attach_search(&mut self, rule: RuleIndex) {
        // 2.8 does not bound the list (rules 5.2).
        let bound = self.context.options.sid_list_events;
        let bound = Some(bound).filter(|_| !self.context.dialect.is_2_8());
        let dialect = self.context.dialect;
        let attached = self.tree.attach_search(rule, &mut self.lists, bound, dialect);
        if let Err(NothingCounted { id, place }) = attached {
            // Without if_sid and the like the id is the parent as well, and was reported.
            if self.tree.rule(rule).is_some_and(|rule| rule.nodes.is_empty()) {
                return;
            }
            let message = format!("there is no rule {id} to count: the rule never fires");
            let code = codes::UNKNOWN_COUNTED;
            let warning = Diagnostic::new(Severity::Warning, code, Some(place), message);
            self.report.push(warning);
        }
    }

    /// Builds the rule set once all rules are there.
    pub(super) fn finish(mut self) -> RuleSet {
        if !self.context.dialect.has(Deviation::GroupFeeders) {
            for at in 0..self.tree.rules.len() {
                self.attach_search(RuleIndex(at as u32));
            }
        }
        let dialect = self.context.dialect;
        let loaded = std::mem::take(&mut self.tree.rules);
        let rules: Vec<Rule> = loaded.into_iter().map(|rule| build(rule, dialect)).collect();
        RuleSet {
            rules,
            nodes: self.tree.nodes,
            roots: self.tree.roots,
            lists: self.lists,
            by_id: self.tree.by_id,
            largest_frequency: self.largest_frequency,
            options: self.context.options,
            dialect,
        }
    }
}

fn build(mut loaded: Loaded, dialect: bartizan_base::Dialect) -> Rule {
    let level = tree::final_level(&loaded, dialect);
    let correlation = search::correlation(&mut loaded, level, dialect);
    let mut parts = loaded.parts;
    let mut conditions = parts.take_conditions();
    conditions.extend(correlation);
    let mut check_if_ignored = parts.check_if_ignored;
    // The original asks `ignore` whether `data` is looked up (rules 6.4); 2.8 has its own way, in `values`.
    if let Some(keys) = &mut check_if_ignored
        && dialect.has(Deviation::IgnoreData)
        && !dialect.is_2_8()
    {
        keys.data = parts.ignore.is_some_and(|ignore| ignore.data);
    }
    Rule {
        id: loaded.id,
        level,
        group: parts.group,
        description: parts.description,
        info: parts.info,
        info_text: parts.info_text,
        cve: parts.cve,
        conditions,
        frequency: parts.frequency,
        timeframe: parts.timeframe,
        noalert: parts.noalert,
        ignore_seconds: parts.ignore_seconds,
        ignore: parts.ignore,
        check_if_ignored,
        logs: parts.logs,
        mails: parts.mails,
        no_active_response: parts.no_active_response,
        accuracy_zero: parts.accuracy_zero,
        sid_list: loaded.sid_list,
        group_lists: loaded.group_lists,
        category: loaded.category,
        place: parts.place,
    }
}

/// A place as `file:line`.
fn described(place: &Place) -> String {
    format!("{}:{}", place.source.path.display(), place.position().line)
}
