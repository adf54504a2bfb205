//! Decoders and rules of a configuration, compiled once.

use std::collections::HashMap;
use std::sync::Arc;

use bartizan_base::{Diagnostic, Dialect, Source};
use bartizan_config::xml::{self, Document, ReadOptions};
use bartizan_decode::{DecoderOptions, DecoderSet, IntegrityOptions};
use bartizan_pattern::cdb::List;
use bartizan_rules::load::{LoadContext, codes};
use bartizan_rules::{Forest, RuleOptions, RuleSet};

use crate::statistics::StatisticsOptions;

/// The texts a rule set is made of, in load order.
#[derive(Clone, Debug, Default)]
pub struct RulesetFiles {
    /// Decoder files.
    pub decoders: Vec<Arc<Source>>,
    /// Rule files.
    pub rules: Vec<Arc<Source>>,
    /// Those of them that may hold no element: `etc/local_decoder.xml`.
    pub may_be_empty: Vec<Arc<Source>>,
    /// CDB lists by every name a rule may use.
    pub lists: HashMap<Vec<u8>, Arc<List>>,
}

/// What the rest of the configuration says about the engine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whose behaviour.
    pub dialect: Dialect,
    /// For rules.
    pub rules: RuleOptions,
    /// `analysisd.decoder_order_size`
    pub decoder_order_size: usize,
    /// `analysisd.log_fw`
    pub log_firewall: bool,
    /// When a number of events is too high.
    pub statistics: StatisticsOptions,
    /// What is done with integrity messages. Their dialect is that of these settings.
    pub integrity: IntegrityOptions,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dialect: Dialect::OURS,
            rules: RuleOptions::default(),
            decoder_order_size: 256,
            log_firewall: true,
            statistics: StatisticsOptions::default(),
            integrity: IntegrityOptions::default(),
        }
    }
}

/// Decoders and rules as one machine. Immutable; shared by every thread that analyses.
#[derive(Debug)]
pub struct Ruleset {
    /// The decoders.
    pub decoders: DecoderSet,
    /// The rules.
    pub rules: RuleSet,
    /// The rules in the order of the walk.
    pub forest: Forest,
    /// What the configuration says.
    pub settings: Settings,
}

impl Ruleset {
    /// Compiles `files`. All mistakes of all files are reported; with an error there is no rule set, so that
    /// a broken one never starts half-loaded.
    pub fn compile(
        files: &RulesetFiles,
        settings: Settings,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let decoder_files = read_all(&files.decoders, settings.dialect, diagnostics);
        let rule_files = read_all(&files.rules, settings.dialect, diagnostics);
        let options =
            DecoderOptions { dialect: settings.dialect, order_size: settings.decoder_order_size };
        let documents = &decoder_files.documents;
        let (mut decoders, are_right) =
            DecoderSet::load_what_can_be(documents, &options, diagnostics);
        let are_right = are_right && decoder_files.is_whole;
        decoders.mention_fields(bartizan_rules::load::mentioned_fields(&rule_files.documents));
        let before = diagnostics.len();
        let context = LoadContext {
            decoders: decoders.table(),
            field_names: decoders.field_names(),
            lists: &files.lists,
            options: settings.rules,
            dialect: settings.dialect,
        };
        let rules = bartizan_rules::load::load(&rule_files.documents, &context, diagnostics);
        if !are_right {
            // Rules are read even when decoders are broken, so that one run shows every mistake; but what
            // they say about unknown decoders would only be noise.
            let about_rules = diagnostics.split_off(before);
            let noise = [codes::UNKNOWN_DECODER, codes::UNKNOWN_FIELD];
            diagnostics.extend(about_rules.into_iter().filter(|said| !noise.contains(&said.code)));
            return None;
        }
        let rules = rules.filter(|_| rule_files.is_whole)?;
        let forest = Forest::new(&rules);
        Some(Self { decoders, rules, forest, settings })
    }
}

struct Read {
    documents: Vec<Document>,
    is_whole: bool,
}

fn read_all(files: &[Arc<Source>], dialect: Dialect, diagnostics: &mut Vec<Diagnostic>) -> Read {
    let options = ReadOptions { dialect, variables: true };
    let documents: Vec<Document> =
        files.iter().filter_map(|file| xml::read(file, options, diagnostics)).collect();
    let is_whole = documents.len() == files.len();
    Read { documents, is_whole }
}
