//! The starter ruleset and its samples, for tests.
//!
//! ```text
//! ruleset/decoders.xml, ruleset/rules/*.xml ─▶ load ─▶ Engine
//! ruleset/tests/*.ini ─▶ samples::read ─▶ Sample ─▶ ask ─▶ Answer
//! ```
//!
//! The form of the samples is described in `ruleset/README.md`.

pub mod samples;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bartizan_analysis::{Engine, Input, Role, Ruleset, RulesetFiles, Settings};
use bartizan_base::{Diagnostic, Dialect, Source, StaticField, Timestamp};

/// When samples are asked: 25 November 2025, 09:00:00 UTC.
pub const START: i64 = 1_764_061_200;

/// The folder of the ruleset.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ruleset")
}

/// The files in a folder of the ruleset, by name.
///
/// # Panics
///
/// When the folder cannot be read.
#[expect(clippy::expect_used, reason = "tests")]
#[must_use]
pub fn files(name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder().join(name)).expect("a folder of the ruleset");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

/// The ruleset in a dialect, and what the loaders say of it.
///
/// # Panics
///
/// When a file cannot be read.
#[expect(clippy::expect_used, reason = "tests")]
#[must_use]
pub fn load(dialect: Dialect) -> (Option<Arc<Ruleset>>, Vec<Diagnostic>) {
    let read = |path: &Path| Source::read(path, path).expect("a readable file");
    let files = RulesetFiles {
        decoders: vec![read(&folder().join("decoders.xml"))],
        rules: files("rules").iter().map(|path| read(path)).collect(),
        ..RulesetFiles::default()
    };
    let mut diagnostics = Vec::new();
    let settings = Settings { dialect, ..Settings::default() };
    let ruleset = Ruleset::compile(&files, settings, &mut diagnostics).map(Arc::new);
    (ruleset, diagnostics)
}

/// What a line was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The rule, its level; `None` where no rule matched.
    pub rule: Option<(u32, u16)>,
    /// The decoder's name, or `(null)`.
    pub decoder: String,
}

/// An engine whose clock goes on by a second with each line.
#[derive(Debug)]
pub struct Home {
    engine: Engine,
    time: i64,
}

impl Home {
    /// A fresh home.
    #[must_use]
    pub fn new(ruleset: &Arc<Ruleset>) -> Self {
        let engine = Engine::new(Arc::clone(ruleset), Role::Tester, b"server", |_| 0);
        Self { engine, time: START }
    }

    /// Takes in a line of a log.
    pub fn ask(&mut self, line: &[u8]) -> Answer {
        self.ask_message(b'1', b"stdin", line)
    }

    /// A field of the line asked last.
    #[must_use]
    pub fn field(&self, field: StaticField) -> Option<String> {
        let value = self.engine.event().field(field)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    /// Takes in a message of any kind.
    pub fn ask_message(&mut self, kind: u8, location: &[u8], text: &[u8]) -> Answer {
        self.time += 1;
        let time = Timestamp(self.time);
        let report = self.engine.analyse(Input { kind, location, text, time });
        let ruleset = self.engine.ruleset();
        let decoder = self.engine.event().decoded.decoder;
        let name = &ruleset.decoders.table().info(decoder).name;
        Answer {
            rule: report.rule.map(|index| {
                let rule = ruleset.rules.rule(index);
                (rule.id, rule.level)
            }),
            decoder: if name.is_empty() {
                "(null)".to_owned()
            } else {
                String::from_utf8_lossy(name).into_owned()
            },
        }
    }
}
