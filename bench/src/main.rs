//! Measures the engine and the program, and prints a yardstick beside every figure.
//!
//! ```text
//! ruleset, lines ─▶ yardstick: one DFA pass over all literals of the ruleset     how fast this machine is now
//!                ├▶ engine:    line to verdict, in this process, one thread
//!                └▶ program:   `bartizan logtest -a` as a whole; start; memory
//! ```
//!
//! Machines differ by a factor of two, and so does one machine from hour to hour: a figure means little, its
//! number of yardsticks more. All times are CPU time, which other programs disturb less than the clock.
//! `cargo xtask bench` builds and starts this.

#![expect(clippy::print_stdout, reason = "its whole purpose is to print")]

mod cpu;
mod engine;
mod history;
mod literals;
mod material;
mod program;
mod yardstick;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use material::Material;

/// Lines of a corpus, unless told otherwise.
const LINES: usize = 200_000;
/// Times each measurement is repeated; the best counts.
const PASSES: usize = 3;

const USAGE: &str = "\
cargo xtask bench [OPTIONS]

  --ruleset NAME    ossec-4.3 (default), ossec-2.8 or own
  --lines N         lines of the corpus (200,000)
  --passes N        measure N times, the best counts (3)
  --record          append the figures to bench/history/results.csv
  --instructions    count instructions with valgrind instead: slow, but the same on every machine
";

#[derive(Debug, Default)]
struct Options {
    ruleset: Option<String>,
    lines: Option<usize>,
    passes: Option<usize>,
    record: bool,
    instructions: bool,
    /// The built program, for figures of whole processes.
    program: Option<PathBuf>,
    /// Do one thing only and print nothing: what is run under valgrind.
    work: Option<String>,
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Options> {
    let mut options = Options::default();
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value\n\n{USAGE}"));
        match word.as_str() {
            "--ruleset" => options.ruleset = Some(value()?),
            "--lines" => {
                let number = value()?.replace([',', '_'], "");
                options.lines = Some(number.parse().context("--lines needs a number")?);
            }
            "--record" => options.record = true,
            "--instructions" => options.instructions = true,
            "--program" => options.program = Some(value()?.into()),
            "--passes" => {
                options.passes = Some(value()?.parse().context("--passes needs a number")?);
            }
            "--work" => options.work = Some(value()?),
            _ => bail!("unknown option `{word}`\n\n{USAGE}"),
        }
    }
    Ok(options)
}

fn main() -> Result<()> {
    let options = parse(std::env::args().skip(1))?;
    let lines = options.lines.unwrap_or(LINES);
    let passes = options.passes.unwrap_or(PASSES);
    let material = Material::find(options.ruleset.as_deref(), lines)?;
    if let Some(work) = &options.work {
        return do_only(work, &material, passes);
    }
    if options.instructions {
        return program::instructions(material.name, lines);
    }
    println!("{material}\n{}\n", cpu::machine());
    report(&options, &material, passes)
}

/// Measures and prints, part by part.
fn report(options: &Options, material: &Material, passes: usize) -> Result<()> {
    let literals = literals::of_ruleset(&material.files);
    let yardstick = yardstick::measure(material, &literals, passes)?;
    let row = |what: &str, seconds: f64, unit: &str| {
        println!("{what:<50} {:>8.3} µs {unit:<8} {:>10.1}", seconds * 1e6, seconds / yardstick);
    };
    println!("{:<50} {:<20} {:>10}", "", "CPU time", "yardsticks");
    row(&format!("yardstick: DFA over {} literals", literals.len()), yardstick, "a line");
    let engine = engine::measure(material, passes)?;
    row("engine, in process, one thread", engine.seconds, "an event");
    let engine::Figures { rules, fired, alerts, load, .. } = engine;
    println!("    {rules} rules; {fired} events with a rule, {alerts} alerts");
    println!("{:<50} {:>8.1} ms", "ruleset from text to engine, in process", load * 1e3);
    let program = match &options.program {
        Some(program) => Some(program::measure(program, material, passes)?),
        None => None,
    };
    if let Some(program) = &program {
        row("`bartizan logtest -a`, whole process", program.seconds, "an event");
        for replay in &program.replays {
            let what = format!("`bartizan replay --threads {}`, whole process", replay.threads);
            row(&what, replay.seconds, "an event");
            println!("    {:.0} events a second by the clock", replay.events_per_second);
        }
        let (start, start_cpu) = (program.start * 1e3, program.start_cpu * 1e3);
        let resident = program.resident_kib as f64 / 1024.0;
        println!("{:<50} {start_cpu:>8.1} ms ({start:.1} by the clock)", "start with the ruleset");
        println!("{:<50} {resident:>8.1} MiB", "most memory resident, logtest");
    }
    if options.record {
        let path = history::record(material, yardstick, &engine, program.as_ref())?;
        println!("\nrecorded in {}", path.display());
    }
    Ok(())
}

/// Runs one part, for a tool that watches the process.
fn do_only(work: &str, material: &Material, passes: usize) -> Result<()> {
    match work {
        "engine" => engine::measure(material, passes).map(drop),
        "yardstick" => {
            let literals = literals::of_ruleset(&material.files);
            yardstick::measure(material, &literals, passes).map(drop)
        }
        other => bail!("unknown work `{other}`"),
    }
}
