//! Reading the files of a configuration into what a rule set is compiled from.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use bartizan_base::{Diagnostic, Dialect, Place, Severity, Source};
use bartizan_config::Configuration;
use bartizan_config::internal_options::{InternalOptions, key};
use bartizan_config::ossec_conf::codes::MISSING_FILE;
use bartizan_config::ossec_conf::files::{FileRef, ListRef, ResolvedFiles};
use bartizan_config::ossec_conf::syscheck::{Ignored, Syscheck};
use bartizan_decode::IntegrityOptions;
use bartizan_pattern::cdb::List;
use bartizan_rules::RuleOptions;

use crate::ruleset::{RulesetFiles, Settings};
use crate::statistics::StatisticsOptions;

/// A compiled list is older than its text, or damaged.
const LIST: &str = "L0001";

impl RulesetFiles {
    /// Reads the files that a configuration resolves to. What cannot be read is an error at the element that
    /// names it.
    #[must_use]
    pub fn read(
        files: &ResolvedFiles,
        dialect: Dialect,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut read = Self::default();
        for file in &files.decoder_files {
            let source = open(&file.path, file, diagnostics);
            read.may_be_empty.extend(source.iter().filter(|_| file.may_be_empty).cloned());
            read.decoders.extend(source);
        }
        for file in &files.rule_files {
            read.rules.extend(open(&file.path, file, diagnostics));
        }
        for list in &files.lists {
            let Some(loaded) = load_list(list, dialect, diagnostics).map(Arc::new) else {
                continue;
            };
            let mut compiled = list.name.clone();
            compiled.extend_from_slice(b".cdb");
            read.lists.insert(compiled, Arc::clone(&loaded));
            read.lists.insert(list.name.clone(), loaded);
        }
        read
    }
}

impl Settings {
    /// What a configuration and its internal options say about the engine.
    #[must_use]
    pub fn of(configuration: &Configuration, options: &InternalOptions, dialect: Dialect) -> Self {
        let rules = RuleOptions {
            default_timeframe: options.get(&key::DEFAULT_TIMEFRAME),
            sid_list_events: options.get(&key::SID_PREV_MATCHED_MAX) as usize,
            fts_list_size: options.get(&key::FTS_LIST_SIZE) as usize,
            fts_prefix_bytes: options.get(&key::FTS_MIN_SIZE_FOR_STR) as usize,
            fields_per_rule: options.get(&key::DECODER_ORDER_SIZE) as usize,
            memory_events: configuration.global.memory_size as usize,
            log_alert_level: u16::from(configuration.alerts.log_alert_level),
            email_alert_level: u16::from(configuration.alerts.email_alert_level),
            memory: options.memory(),
        };
        Self {
            dialect,
            rules,
            decoder_order_size: options.get(&key::DECODER_ORDER_SIZE) as usize,
            log_firewall: options.get(&key::LOG_FW) != 0,
            statistics: StatisticsOptions {
                level: u16::from(configuration.global.stats),
                percent: options.get(&key::STATS_PERCENT_DIFF),
                at_least: options.get(&key::STATS_MINDIFF),
                at_most: options.get(&key::STATS_MAXDIFF),
            },
            integrity: integrity(&configuration.syscheck, dialect),
        }
    }
}

/// What the server does with integrity messages. The original takes patterns of `<ignore>` for beginnings of
/// names, which is never wanted (integrity A2.3).
fn integrity(syscheck: &Syscheck, dialect: Dialect) -> IntegrityOptions {
    let prefix = |ignored: &Ignored| match ignored {
        Ignored::Prefix(prefix) => Some(prefix.clone()),
        Ignored::Sregex(_) => None,
    };
    IntegrityOptions {
        dialect,
        auto_ignore: syscheck.auto_ignore,
        alert_new_files: syscheck.alert_new_files,
        ignore: syscheck.ignore.iter().filter_map(prefix).collect(),
    }
}

fn open(path: &Path, file: &FileRef, diagnostics: &mut Vec<Diagnostic>) -> Option<Arc<Source>> {
    match Source::read(path, path) {
        Ok(source) => Some(source),
        Err(error) => {
            let place = file.place.clone();
            diagnostics.push(Diagnostic::new(
                Severity::Error,
                MISSING_FILE,
                place,
                error.to_string(),
            ));
            None
        }
    }
}

/// The text of a list, or its compiled form where that is newer or alone (rules 8.2).
fn load_list(list: &ListRef, dialect: Dialect, diagnostics: &mut Vec<Diagnostic>) -> Option<List> {
    let (text, compiled) = (modified(&list.text), modified(&list.compiled));
    let mut say = |severity, message: String| {
        diagnostics.push(Diagnostic::new(severity, LIST, Some(list.place.clone()), message));
    };
    if text.is_some() && text > compiled {
        if compiled.is_some() {
            say(
                Severity::Note,
                format!(
                    "{} is older than its text, which is used; `bartizan lists build` compiles it",
                    list.compiled.display()
                ),
            );
        }
        return from_text(list, dialect, diagnostics);
    }
    let data = Source::read(&list.compiled, &list.compiled);
    match data.map(|source| List::from_cdb(source.text.clone())) {
        Ok(Ok(loaded)) => Some(loaded),
        Ok(Err(error)) if text.is_some() => {
            say(
                Severity::Warning,
                format!("{}: {error}; its text is used", list.compiled.display()),
            );
            from_text(list, dialect, diagnostics)
        }
        Ok(Err(error)) => {
            say(Severity::Error, format!("{}: {error}", list.compiled.display()));
            None
        }
        Err(error) => {
            say(Severity::Error, error.to_string());
            None
        }
    }
}

fn from_text(list: &ListRef, dialect: Dialect, diagnostics: &mut Vec<Diagnostic>) -> Option<List> {
    match Source::read(&list.text, &list.text) {
        Ok(source) => Some(List::from_text(&source.text, dialect)),
        Err(error) => {
            let place: Place = list.place.clone();
            diagnostics.push(Diagnostic::error(LIST, place, error.to_string()));
            None
        }
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|meta| meta.modified()).ok()
}
