//! The report: what was measured of one ruleset, a line each.

use std::path::Path;

use anyhow::Result;
use tempfile::TempDir;

use crate::child::Cost;
use crate::material::Material;
use crate::{MORE_RULES, engine, history, literals, more_rules, peers, program, yardstick};

/// What was measured.
pub(crate) struct Measured {
    /// CPU seconds a line.
    pub(crate) yardstick: f64,
    /// The engine in this process.
    pub(crate) engine: engine::Figures,
    /// What many more rules add to an event, in per cent, once the engine is warm.
    pub(crate) more_percent: f64,
    /// The built program, if it was given.
    pub(crate) program: Option<program::Figures>,
}

/// Prints rows with figures in microseconds and in yardsticks.
struct Rows {
    yardstick: f64,
}

#[expect(clippy::print_stdout, reason = "its whole purpose is to print")]
impl Rows {
    fn time(&self, what: &str, seconds: f64, unit: &str) {
        let yardsticks = seconds / self.yardstick;
        println!("{what:<52} {:>8.3} µs {unit:<8} {yardsticks:>10.1}", seconds * 1e6);
    }

    fn text(&self, what: &str, figure: &str) {
        println!("{what:<52} {figure}");
    }

    fn start(&self, what: &str, cost: Cost) {
        let (cpu, clock) = (cost.cpu * 1e3, cost.clock * 1e3);
        let resident = mib(cost);
        self.text(what, &format!("{cpu:>8.1} ms, {clock:.1} by the clock, {resident:.1} MiB"));
    }
}

fn mib(cost: Cost) -> f64 {
    cost.resident_kib as f64 / 1024.0
}

/// Measures and prints, part by part.
#[expect(clippy::print_stdout, reason = "its whole purpose is to print")]
pub(crate) fn run(
    program: Option<&Path>,
    material: &Material,
    passes: usize,
    is_recorded: bool,
) -> Result<()> {
    println!("{material}\n");
    let literals = literals::of_ruleset(&material.files);
    let yardstick = yardstick::measure(material, &literals, passes)?;
    let rows = Rows { yardstick };
    println!("{:<52} {:<20} {:>10}", "", "CPU time", "yardsticks");
    rows.time(&format!("yardstick: DFA over {} literals", literals.len()), yardstick, "a line");
    let (engine, more_percent) = in_process(&rows, material, passes)?;
    let folder = TempDir::new()?;
    let program = match program {
        Some(program) => Some(whole(&rows, program, material, folder.path(), passes)?),
        None => None,
    };
    for peer in peers::ask(material, folder.path())? {
        match peer.seconds {
            Ok(seconds) => rows.time(&peer.title, seconds, "a line"),
            Err(why) => rows.text(&peer.title, &format!("skipped: {why}")),
        }
    }
    if is_recorded {
        let measured = Measured { yardstick, engine, more_percent, program };
        let path = history::record(material, &measured)?;
        println!("\nrecorded in {}", path.display());
    }
    println!();
    Ok(())
}

fn in_process(rows: &Rows, material: &Material, passes: usize) -> Result<(engine::Figures, f64)> {
    let engine = engine::measure(material, &material.files, passes)?;
    rows.time("engine, in process, one thread", engine.seconds, "an event");
    rows.time("    the same corpus again", engine.warm, "an event");
    let engine::Figures { rules, fired, alerts, load, .. } = engine;
    rows.text("", &format!("{rules} rules; {fired} events with a rule, {alerts} alerts"));
    rows.text("ruleset from text to engine", &format!("{:>8.1} ms", load * 1e3));
    let files = more_rules::added_to(&material.files, MORE_RULES, material.stock.is_some());
    let more = engine::measure(material, &files, passes)?;
    let percent = (more.warm / engine.warm - 1.0) * 100.0;
    rows.time(&format!("engine with {MORE_RULES} more rules"), more.seconds, "an event");
    rows.time("    the same corpus again", more.warm, "an event");
    rows.text("", &format!("{percent:+.1} % an event; loaded in {:.1} ms", more.load * 1e3));
    Ok((engine, percent))
}

fn whole(
    rows: &Rows,
    program: &Path,
    material: &Material,
    folder: &Path,
    passes: usize,
) -> Result<program::Figures> {
    let figures = program::measure(program, material, folder, passes)?;
    let events = material.lines.len().max(1) as f64;
    rows.start("start of `bartizan` with the ruleset", figures.start);
    if material.stock.is_some() {
        rows.start(&format!("start with {MORE_RULES} more rules"), figures.start_with_more);
    }
    rows.time("`bartizan logtest -a`, whole process", figures.logtest.cpu / events, "an event");
    rows.text("", &format!("{:>8.1} MiB", mib(figures.logtest)));
    for &(threads, cost) in &figures.replays {
        let what = format!("`bartizan replay --threads {threads}`, whole process");
        rows.time(&what, cost.cpu / events, "an event");
        let speed = events / cost.clock;
        rows.text("", &format!("{:>8.1} MiB; {speed:.0} events a second by the clock", mib(cost)));
    }
    Ok(figures)
}
