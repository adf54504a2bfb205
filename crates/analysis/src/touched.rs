//! Which rules of a site each deviation of the original touches: what to look at before switching it off.
//!
//! ```text
//! decided while loading   the files are compiled again with the switch turned; a rule whose
//!                         fingerprint differs, or at which loading fails, is touched
//! decided while running   a question to each rule: does it have a pattern, a test, a list of that kind
//! neither                 log lines, outputs and responses decide, not rules: not listed
//! ```

mod fingerprint;
mod running;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bartizan_base::dialect::DEVIATIONS;
use bartizan_base::{Deviation, Diagnostic, Place};

use crate::reach::{Decoders, Reach};
use crate::ruleset::{Ruleset, RulesetFiles, Settings};

/// Deviations that loading decides, and texts one of which a file must have to be touched.
const LOADING: [(Deviation, &[&str]); 11] = [
    (Deviation::StrictLoading, &[]),
    (Deviation::LaxLoading, &[]),
    (Deviation::DynamicFields, &["<field"]),
    (Deviation::Level99, &["99", "accuracy"]),
    (Deviation::TimeRanges, &["<time"]),
    (Deviation::StrayParents, &["<if_sid", "<if_level"]),
    (Deviation::GroupFeeders, &["<if_matched_"]),
    (Deviation::PartialOverwrite, &["overwrite"]),
    (Deviation::UnevaluatedTests, &["<different_srcip", "<if_matched_"]),
    (Deviation::IgnoreData, &["<check_if_ignored"]),
    (Deviation::ListLookups, &["<list"]),
];

impl Ruleset {
    /// The ids of the rules that each deviation touches, sorted; deviations that touch none are left out.
    /// `files` are those that this rule set was compiled from.
    #[must_use]
    pub fn touched_by_deviations(&self, files: &RulesetFiles) -> BTreeMap<&'static str, Vec<u32>> {
        let mut all: BTreeMap<&'static str, BTreeSet<u32>> = BTreeMap::new();
        let own = fingerprint::fingerprints(&self.rules);
        let folded: Vec<Vec<u8>> =
            files.rules.iter().map(|file| file.text.to_ascii_lowercase()).collect();
        let is_there = |text: &&str| {
            folded.iter().any(|file| memchr::memmem::find(file, text.as_bytes()).is_some())
        };
        for (deviation, texts) in LOADING {
            if texts.is_empty() || texts.iter().any(is_there) {
                let ids = self.loaded_otherwise(files, deviation, &own);
                all.entry(deviation.row().name).or_default().extend(ids);
            }
        }
        let places = Places::of(self);
        for row in &DEVIATIONS {
            if let Some(touches) = running::question(row.deviation, self) {
                let ids = places.rules(self, &*touches);
                all.entry(row.name).or_default().extend(ids);
            }
        }
        let chains = self.with_other_chains(files, &places);
        all.entry(Deviation::InterleavedChain.row().name).or_default().extend(chains);
        let all = all.into_iter().filter(|(_, ids)| !ids.is_empty());
        all.map(|(name, ids)| (name, ids.into_iter().collect())).collect()
    }

    /// The same files with one switch turned; `None` where they do not load then, with what is wrong.
    fn turned(
        &self,
        files: &RulesetFiles,
        deviation: Deviation,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let dialect = self.settings.dialect;
        let dialect = dialect.with(deviation, !dialect.has(deviation));
        let settings = Settings { dialect, ..self.settings.clone() };
        let other = Self::compile(files, settings, diagnostics);
        other.filter(|_| !bartizan_base::diagnostic::any_error(diagnostics))
    }

    fn loaded_otherwise(
        &self,
        files: &RulesetFiles,
        deviation: Deviation,
        own: &BTreeMap<u32, Vec<String>>,
    ) -> BTreeSet<u32> {
        let mut diagnostics = Vec::new();
        let Some(other) = self.turned(files, deviation, &mut diagnostics) else {
            let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
            return errors.filter_map(|error| self.rule_at(error.place.as_ref()?)).collect();
        };
        let other = fingerprint::fingerprints(&other.rules);
        let ids = own.keys().chain(other.keys());
        ids.filter(|id| own.get(id) != other.get(id)).copied().collect()
    }

    /// The rule that a place in a rule file belongs to.
    fn rule_at(&self, place: &Place) -> Option<u32> {
        let rules =
            self.rules.rules.iter().filter(|rule| Arc::ptr_eq(&rule.place.source, &place.source));
        let before = rules.filter(|rule| rule.place.span.start <= place.span.start);
        before.max_by_key(|rule| rule.place.span.start).map(|rule| rule.id)
    }

    /// Rules that only events of decoders with other chains get to.
    fn with_other_chains(&self, files: &RulesetFiles, places: &Places) -> BTreeSet<u32> {
        let other = self.turned(files, Deviation::InterleavedChain, &mut Vec::new());
        let Some(decoders) = other.map(|other| running::rechained(self, &other)) else {
            return BTreeSet::new();
        };
        if decoders.is_empty() {
            return BTreeSet::new();
        }
        places.rules(self, &|_, through| {
            through.iter().any(|through| !through.is_empty() && through.is_within(&decoders))
        })
    }
}

/// What gets through the conditions of each rule.
struct Places {
    reach: Reach,
    of_rule: Vec<Vec<bartizan_rules::NodeIndex>>,
}

impl Places {
    fn of(ruleset: &Ruleset) -> Self {
        let mut of_rule = vec![Vec::new(); ruleset.rules.rules.len()];
        for (at, node) in (0..).zip(&ruleset.rules.nodes) {
            if let Some(places) = of_rule.get_mut(node.rule.0 as usize) {
                places.push(bartizan_rules::NodeIndex(at));
            }
        }
        Self { reach: Reach::of(ruleset), of_rule }
    }

    /// The rules for which `touches` is true.
    fn rules(
        &self,
        ruleset: &Ruleset,
        touches: &dyn Fn(&bartizan_rules::Rule, &[&Decoders]) -> bool,
    ) -> BTreeSet<u32> {
        let rules = ruleset.rules.rules.iter().zip(&self.of_rule);
        let touched = rules.filter(|(rule, places)| {
            let through: Vec<&Decoders> =
                places.iter().map(|&place| self.reach.through(place)).collect();
            touches(rule, &through)
        });
        touched.map(|(rule, _)| rule.id).collect()
    }
}
