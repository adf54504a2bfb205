//! Measures the engine and the program, and prints a yardstick beside every figure.
//!
//! ```text
//! ruleset, lines ─▶ yardstick: one DFA pass over all literals of the ruleset     how fast this machine is now
//!                ├▶ engine:    line to verdict, in this process, one thread; the same with 10,000 more rules
//!                ├▶ program:   `bartizan logtest` and `replay` as a whole; start; memory
//!                └▶ peers:     other programs that are installed
//! ```
//!
//! Machines differ by a factor of two, and so does one machine from hour to hour: a figure means little, its
//! number of yardsticks more. All times are CPU time, which other programs disturb less than the clock.
//! `cargo xtask bench` builds and starts this.

#![expect(clippy::print_stdout, reason = "its whole purpose is to print")]

mod child;
mod cpu;
mod engine;
mod history;
mod literals;
mod material;
mod more_rules;
mod peers;
mod program;
mod random;
mod report;
mod soak;
mod yardstick;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use material::Material;

/// Lines of a corpus, unless told otherwise.
const LINES: usize = 1_000_000;
/// Times each measurement is repeated; the best counts.
const PASSES: usize = 3;
/// Rules that are added to see what rules cost.
const MORE_RULES: usize = 10_000;

const USAGE: &str = "\
cargo xtask bench [OPTIONS]

  --ruleset NAME    ossec-4.3, ossec-2.8 or own; by default both of OSSEC, where they are
  --lines N         lines of the corpus (1,000,000)
  --passes N        measure N times, the best counts (3)
  --record          append the figures to bench/history/results.csv
  --instructions    count instructions with valgrind instead: slow, but the same on every machine
  --soak N          N events of random addresses and users through `replay`, and its memory on the way
";

#[derive(Debug, Default)]
struct Options {
    ruleset: Option<String>,
    lines: Option<usize>,
    passes: Option<usize>,
    soak: Option<u64>,
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
            "--lines" => options.lines = Some(number(&value()?)?),
            "--soak" => options.soak = Some(number(&value()?)? as u64),
            "--record" => options.record = true,
            "--instructions" => options.instructions = true,
            "--program" => options.program = Some(value()?.into()),
            "--passes" => options.passes = Some(number(&value()?)?),
            "--work" => options.work = Some(value()?),
            _ => bail!("unknown option `{word}`\n\n{USAGE}"),
        }
    }
    Ok(options)
}

fn number(text: &str) -> Result<usize> {
    let digits = text.replace([',', '_'], "");
    let number: usize = digits.parse().with_context(|| format!("`{text}` is no number"))?;
    if number == 0 { bail!("0 is too few") } else { Ok(number) }
}

fn main() -> Result<()> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == child::OPTION) {
        return child::start(&words.split_off(1));
    }
    let options = parse(words.into_iter())?;
    let passes = options.passes.unwrap_or(PASSES);
    let names: Vec<&str> = match &options.ruleset {
        Some(name) => vec![name],
        None => Material::names().to_vec(),
    };
    if let Some(work) = &options.work {
        let lines = options.lines.unwrap_or(LINES);
        let name = names.first().copied().unwrap_or_default();
        return do_only(work, &Material::find(name, lines)?, passes);
    }
    if let Some(events) = options.soak {
        let program = options.program.as_deref().context("--soak needs --program")?;
        let name = names.first().copied().unwrap_or_default();
        return soak::run(program, &Material::find(name, 1)?, events);
    }
    println!("{}\n", cpu::machine());
    for name in names {
        let lines = options.lines.unwrap_or(LINES);
        if options.instructions {
            program::instructions(name, lines)?;
            continue;
        }
        let material = Material::find(name, lines)?;
        report::run(options.program.as_deref(), &material, passes, options.record)?;
    }
    Ok(())
}

/// Runs one part, for a tool that watches the process.
fn do_only(work: &str, material: &Material, passes: usize) -> Result<()> {
    match work {
        "engine" => engine::work(material, passes),
        "yardstick" => {
            let literals = literals::of_ruleset(&material.files);
            yardstick::measure(material, &literals, passes).map(drop)
        }
        other => bail!("unknown work `{other}`"),
    }
}
