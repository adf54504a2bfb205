//! The engine in this process: line to verdict, one thread.

use std::sync::Arc;

use anyhow::{Result, bail};
use bartizan_analysis::{Engine, Input, Role, Ruleset, RulesetFiles, Settings};
use bartizan_base::Timestamp;

use crate::cpu;
use crate::material::Material;

/// Time at which the corpus begins.
const START: i64 = 1_765_349_746;
/// How many events come in a second, for rules that ask about time.
const EVENTS_PER_SECOND: usize = 100_000;

/// What was measured.
pub(crate) struct Figures {
    /// CPU seconds an event, the best of all passes, each with a fresh engine.
    pub(crate) seconds: f64,
    /// The same of a second pass with each engine, which has learned all there is to learn.
    pub(crate) warm: f64,
    /// CPU seconds from the texts of the ruleset to an engine.
    pub(crate) load: f64,
    /// Rules of the ruleset.
    pub(crate) rules: usize,
    /// Events that a rule matched.
    pub(crate) fired: usize,
    /// Events that alert.
    pub(crate) alerts: usize,
}

pub(crate) fn measure(material: &Material, files: &RulesetFiles, passes: usize) -> Result<Figures> {
    let (ruleset, load) = cpu::timed(|| compile(material, files))?;
    let ruleset = Arc::new(ruleset?);
    let rules = ruleset.rules.rules.len();
    let (fresh, warm) = (f64::INFINITY, f64::INFINITY);
    let mut figures = Figures { seconds: fresh, warm, load, rules, fired: 0, alerts: 0 };
    let events = material.lines.len().max(1) as f64;
    for _ in 0..passes {
        let mut engine = Engine::new(Arc::clone(&ruleset), Role::Tester, b"server", |_| 0);
        let (counts, seconds) = cpu::timed(|| pass(&mut engine, material, 0))?;
        (figures.fired, figures.alerts) = counts;
        figures.seconds = figures.seconds.min(seconds / events);
        let (_, seconds) = cpu::timed(|| pass(&mut engine, material, 1))?;
        figures.warm = figures.warm.min(seconds / events);
    }
    Ok(figures)
}

/// One engine and so many passes, for a tool that watches the process.
pub(crate) fn work(material: &Material, passes: usize) -> Result<()> {
    let ruleset = Arc::new(compile(material, &material.files)?);
    let mut engine = Engine::new(ruleset, Role::Tester, b"server", |_| 0);
    for number in 0..passes {
        pass(&mut engine, material, number);
    }
    Ok(())
}

fn compile(material: &Material, files: &RulesetFiles) -> Result<Ruleset> {
    let mut diagnostics = Vec::new();
    let settings = Settings { dialect: material.dialect, ..Settings::default() };
    match Ruleset::compile(files, settings, &mut diagnostics) {
        Some(ruleset) => Ok(ruleset),
        None => {
            let errors = diagnostics.iter().filter(|d| d.is_error()).map(ToString::to_string);
            bail!("the ruleset has errors:\n{}", errors.collect::<Vec<_>>().join("\n"))
        }
    }
}

/// All lines once more; how many events a rule matched, and how many alert. Time goes on where the pass before
/// ended.
fn pass(engine: &mut Engine, material: &Material, before: usize) -> (usize, usize) {
    let start = START + (before * (material.lines.len() / EVENTS_PER_SECOND + 1)) as i64;
    let (mut fired, mut alerts) = (0, 0);
    for (number, line) in material.lines.iter().enumerate() {
        let time = Timestamp(start + (number / EVENTS_PER_SECOND) as i64);
        let report = engine.analyse(Input { kind: b'1', location: b"mixed.log", text: line, time });
        fired += usize::from(report.rule.is_some());
        alerts += usize::from(report.alerts());
    }
    (fired, alerts)
}
