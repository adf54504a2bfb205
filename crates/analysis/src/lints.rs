//! What can be told of a rule set that loads: rules that nothing gets to, patterns that may give up.
//!
//! Only what is certain is said. A rule that can match, however unlikely, is never named.

use bartizan_base::{Diagnostic, Place, Severity};
use bartizan_decode::set::{Action, List};
use bartizan_pattern::Pattern;
use bartizan_rules::load::codes;
use bartizan_rules::{
    CompiledRule, Condition, NodeIndex, Rule, RuleIndex, Search, Test, TextField,
};

use crate::reach::{Decoders, Reach};
use crate::ruleset::Ruleset;

impl Ruleset {
    /// Warnings about rules that can never match, and notes about patterns that a hostile subject can make
    /// give up.
    #[must_use]
    pub fn lints(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let tree = Tree::of(self);
        for (at, rule) in (0..).zip(&self.rules.rules) {
            found.extend(tree.never_matches(RuleIndex(at), rule));
        }
        found.extend(self.backtracking());
        found
    }

    fn backtracking(&self) -> impl Iterator<Item = Diagnostic> {
        let of_rules = self.rules.rules.iter().flat_map(|rule| {
            let patterns = rule.conditions.iter().filter_map(|condition| {
                let pattern = pattern_of(&condition.test)?;
                Some((pattern, Some(condition.place.clone()), format!("rule {}", rule.id)))
            });
            patterns.collect::<Vec<_>>()
        });
        let of_decoders = self.decoder_patterns().into_iter().map(|(pattern, decoder)| {
            let decoder = String::from_utf8_lossy(decoder);
            (pattern, None, format!("decoder `{decoder}`"))
        });
        let all = of_rules.chain(of_decoders);
        all.filter(|(pattern, ..)| pattern.needs_backtracking()).map(|(pattern, place, of)| {
            let source = String::from_utf8_lossy(pattern.source());
            let message = format!(
                "pattern of {of} needs backtracking, which is limited: a hostile text can make it give up \
                 and count as no match: `{source}`"
            );
            Diagnostic::new(Severity::Note, codes::BACKTRACKING, place, message)
                .help("look-around, back-references and atomic groups need it; most patterns do without")
        })
    }

    fn decoder_patterns(&self) -> Vec<(&Pattern, &[u8])> {
        let set = &self.decoders;
        let mut patterns = Vec::new();
        let name = |decoder| set.table().info(decoder).own_name.as_slice();
        for top in [List::Program, List::Plain].into_iter().flat_map(|list| set.top_level(list)) {
            let own = [top.program.as_ref(), top.prematch.as_ref(), extracted(&top.action)];
            patterns.extend(own.into_iter().flatten().map(|p| (p, name(top.decoder))));
            for child in set.entries(top).iter().filter_map(|&entry| set.child(entry)) {
                let prematch = child.prematch.as_ref().map(|prematch| &prematch.pattern);
                let own = [prematch, extracted(&child.action)];
                patterns.extend(own.into_iter().flatten().map(|p| (p, name(child.decoder))));
            }
        }
        patterns
    }
}

fn extracted(action: &Action) -> Option<&Pattern> {
    match action {
        Action::Extract(extract) => Some(&extract.pattern),
        Action::Nothing | Action::Plugin(_) => None,
    }
}

fn pattern_of(test: &Test) -> Option<&Pattern> {
    match test {
        Test::Text { pattern, .. } | Test::Dynamic { pattern, .. } => Some(pattern),
        Test::List(lookup) => lookup.check_value.as_deref(),
        Test::Correlation(correlation) => match &correlation.search {
            Search::Memory(pattern) => pattern.as_deref(),
            Search::Sid(_) | Search::Group(_) => None,
        },
        _ => None,
    }
}

/// The rule tree with what gets through it.
struct Tree<'a> {
    ruleset: &'a Ruleset,
    reach: Reach,
    /// Places of each rule.
    places: Vec<Vec<NodeIndex>>,
    /// For each node a sibling before it that takes every event.
    hider: Vec<Option<NodeIndex>>,
}

/// Why a node never matches.
enum Dead {
    /// At this condition the last events go.
    Condition(usize),
    /// This sibling takes every event.
    Hidden(NodeIndex),
    /// What stands above never matches, which is said there.
    Above,
}

impl<'a> Tree<'a> {
    fn of(ruleset: &'a Ruleset) -> Self {
        let rules = &ruleset.rules;
        let reach = Reach::of(ruleset);
        let mut places = vec![Vec::new(); rules.rules.len()];
        for (at, node) in (0..).zip(&rules.nodes) {
            if let Some(places) = places.get_mut(node.rule.0 as usize) {
                places.push(NodeIndex(at));
            }
        }
        let mut tree = Self { ruleset, reach, places, hider: vec![None; rules.nodes.len()] };
        for at in 0..rules.nodes.len() {
            tree.find_hider(NodeIndex(at as u32));
        }
        tree
    }

    fn rule(&self, node: NodeIndex) -> &'a Rule {
        self.ruleset.rules.rule(self.ruleset.rules.node(node).rule)
    }

    /// Marks the children of `parent` that stand behind one that takes every event which gets there.
    fn find_hider(&mut self, parent: NodeIndex) {
        let rules = &self.ruleset.rules;
        let to_children = self.reach.through(parent).clone();
        let mut hider = None;
        for &child in &rules.node(parent).children {
            if let Some(hidden) = self.hider.get_mut(child.0 as usize) {
                *hidden = hider;
            }
            if hider.is_none() && self.takes_all(child, &to_children) {
                hider = Some(child);
            }
        }
    }

    /// Whether every event that gets to the node ends there or below.
    fn takes_all(&self, node: NodeIndex, arriving: &Decoders) -> bool {
        let rule = self.rule(node);
        let is_decoder = |condition: &Condition| matches!(condition.test, Test::Decoder(_));
        // Conditions on the decoder alone, which all events have that get here.
        !rule.noalert
            && !arriving.is_empty()
            && rule.conditions.iter().all(is_decoder)
            && arriving.is_within(self.reach.through(node))
    }

    fn why_dead(&self, node: NodeIndex) -> Option<Dead> {
        if let Some(number) = self.reach.stopped(node) {
            return Some(Dead::Condition(number));
        }
        if let Some(hider) = self.hider.get(node.0 as usize).copied().flatten() {
            return Some(Dead::Hidden(hider));
        }
        let mut above = self.ruleset.rules.node(node).parent;
        while let Some(parent) = above {
            let is_hidden = self.hider.get(parent.0 as usize).is_some_and(Option::is_some);
            if is_hidden || self.reach.through(parent).is_empty() {
                return Some(Dead::Above);
            }
            above = self.ruleset.rules.node(parent).parent;
        }
        None
    }

    /// A warning, if no place of the rule can match.
    fn never_matches(&self, index: RuleIndex, rule: &'a Rule) -> Option<Diagnostic> {
        let places = self.places.get(index.0 as usize)?;
        let reasons: Option<Vec<(NodeIndex, Dead)>> =
            places.iter().map(|&node| Some((node, self.why_dead(node)?))).collect();
        let reasons = reasons?;
        // The most useful reason: a condition of its own, else what stands before it.
        let told = reasons
            .iter()
            .find(|(_, dead)| matches!(dead, Dead::Condition(_)))
            .or_else(|| reasons.iter().find(|(_, dead)| matches!(dead, Dead::Hidden(_))));
        match told {
            Some((_, Dead::Condition(number))) => {
                let condition = rule.conditions.get(*number)?;
                let what = self.what_fails(&condition.test)?;
                let message = format!("rule {} never matches: {what}", rule.id);
                Some(Diagnostic::warning(codes::DEAD_RULE, condition.place.clone(), message))
            }
            Some((_, Dead::Hidden(hider))) => {
                let hider = self.rule(*hider);
                let message = format!(
                    "rule {} is never tried: rule {} stands before it and takes every event",
                    rule.id, hider.id
                );
                let help = format!("rule {} is at {}", hider.id, described(&hider.place));
                let warning = Diagnostic::warning(codes::HIDDEN_RULE, rule.place.clone(), message);
                Some(warning.help(help))
            }
            _ => None,
        }
    }

    /// What is wrong with a condition; `None` where loading has said it already.
    fn what_fails(&self, test: &Test) -> Option<String> {
        let fields = |names: &str| format!("no decoder that leads here sets {names}");
        Some(match test {
            Test::Decoder(id) => {
                let names = &self.ruleset.decoders.table().names;
                let name = usize::from(id.0).checked_sub(1).and_then(|at| names.get(at))?;
                let name = String::from_utf8_lossy(name);
                format!("no event of decoder `{name}` gets here")
            }
            Test::Text { field, .. } => fields(text_name(*field)),
            Test::Action(_) => fields("`action`"),
            Test::Dynamic { names, .. } if names.is_empty() => return None,
            Test::Dynamic { name, .. } => fields(&format!("`{}`", String::from_utf8_lossy(name))),
            Test::SrcIp(_) => fields("`srcip`"),
            Test::DstIp(_) => fields("`dstip`"),
            Test::Compiled(CompiledRule::CheckIdSize) => fields("`id`"),
            Test::Compiled(_) => fields("`url`"),
            Test::FirstTimeSeen => "no decoder that leads here has <fts>".into(),
            Test::List(_) => fields("the field that is looked up"),
            _ => return None,
        })
    }
}

fn text_name(field: TextField) -> &'static str {
    match field {
        TextField::Id => "`id`",
        TextField::Url => "`url`",
        TextField::SrcPort => "`srcport`",
        TextField::DstPort => "`dstport`",
        TextField::User => "`user`",
        TextField::SrcGeoIp => "`srcgeoip`",
        TextField::DstGeoIp => "`dstgeoip`",
        TextField::ExtraData => "`extra_data`",
        TextField::Status => "`status`",
        TextField::ProgramName | TextField::Match | TextField::Regex | TextField::Hostname => {
            "its text"
        }
    }
}

fn described(place: &Place) -> String {
    format!("{}:{}", place.source.path.display(), place.position().line)
}
