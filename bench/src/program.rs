//! The program as a whole: what a user pays.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::child::{self, Cost};
use crate::material::Material;
use crate::more_rules;

/// What was measured.
pub(crate) struct Figures {
    /// From the start until the ruleset is loaded and the program ends.
    pub(crate) start: Cost,
    /// The same with many more rules.
    pub(crate) start_with_more: Cost,
    /// The tester with the whole corpus.
    pub(crate) logtest: Cost,
    /// `bartizan replay` with one thread and with one for each core, from a file to the text of its alerts.
    pub(crate) replays: Vec<(usize, Cost)>,
}

/// Runs the built program on the corpus; `folder` is for files.
pub(crate) fn measure(
    program: &Path,
    material: &Material,
    folder: &Path,
    passes: usize,
) -> Result<Figures> {
    let options = installation(&folder.join("home"), material, None)?;
    let with_more = installation(&folder.join("more"), material, Some(crate::MORE_RULES))?;
    let input = folder.join("mixed.log");
    let mut text = material.lines.join(&b'\n');
    text.push(b'\n');
    fs::write(&input, text)?;
    let cost = |words: &[&str], options: &[String], input: Option<&Path>, times: usize| {
        let own = std::iter::once(program.to_string_lossy().into_owned());
        let words = words.iter().map(|&word| word.to_owned());
        let command: Vec<String> = own.chain(words).chain(options.iter().cloned()).collect();
        best(times, || child::run(&command, input))
    };
    let path = input.to_string_lossy();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut numbers = vec![1, cores];
    numbers.dedup();
    let replay = |threads: usize| {
        let words = ["replay", &path, "--threads", &threads.to_string()];
        Ok((threads, cost(&words, &options, None, passes)?))
    };
    Ok(Figures {
        start: cost(&["logtest", "-t"], &options, None, passes * 3)?,
        start_with_more: cost(&["logtest", "-t"], &with_more, None, passes)?,
        logtest: cost(&["logtest", "-a"], &options, Some(&input), passes)?,
        replays: numbers.into_iter().map(replay).collect::<Result<_>>()?,
    })
}

/// The least of each kind of some runs.
fn best(times: usize, run: impl Fn() -> Result<Cost>) -> Result<Cost> {
    let mut best = run()?;
    for _ in 1..times {
        let cost = run()?;
        best.cpu = best.cpu.min(cost.cpu);
        best.clock = best.clock.min(cost.clock);
        best.resident_kib = best.resident_kib.min(cost.resident_kib);
    }
    Ok(best)
}

/// Lays out a folder as OSSEC's, maybe with so many more rules, and returns the options that name it. Nothing is
/// laid out for our own ruleset, which is part of the program.
pub(crate) fn installation(
    home: &Path,
    material: &Material,
    more: Option<usize>,
) -> Result<Vec<String>> {
    let Some(stock) = &material.stock else { return Ok(Vec::new()) };
    let copy = |from: PathBuf, to: PathBuf| -> Result<()> {
        fs::copy(&from, to).with_context(|| from.display().to_string())?;
        Ok(())
    };
    fs::create_dir_all(home.join("etc"))?;
    fs::create_dir_all(home.join("rules"))?;
    copy(stock.join("decoder.xml"), home.join("etc/decoder.xml"))?;
    for entry in fs::read_dir(stock.join("rules"))? {
        let path = entry?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            copy(path.clone(), home.join("rules").join(name))?;
        }
    }
    let config = home.join("etc/ossec.conf");
    let mut text = fs::read_to_string(stock.join("ossec.conf"))?;
    if let Some(count) = more {
        fs::write(home.join("rules/more_rules.xml"), more_rules::text(count, true))?;
        text = text.replacen("</rules>", "<include>more_rules.xml</include></rules>", 1);
    }
    fs::write(&config, text)?;
    let (home, config) = (home.display().to_string(), config.display().to_string());
    let words = ["-D", &home, "-c", &config, "--dialect", material.name];
    Ok(words.map(str::to_owned).to_vec())
}

/// Counts instructions with valgrind: this program with one pass over the corpus and with two; the difference is what
/// a pass costs.
#[expect(clippy::print_stdout, reason = "its whole purpose is to print")]
pub(crate) fn instructions(ruleset: &str, lines: usize) -> Result<()> {
    let lines = lines.min(20_000);
    let count = |work: &str, passes: usize| -> Result<f64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe()?)
            .args(["--ruleset", ruleset, "--lines", &lines.to_string()])
            .args(["--work", work, "--passes", &passes.to_string()])
            .output()
            .context("valgrind cannot be started: `apt-get install valgrind`")?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let number = text.lines().find_map(|line| line.split_once("Collected :"));
        number
            .and_then(|(_, number)| number.trim().parse().ok())
            .with_context(|| format!("valgrind counted nothing:\n{text}"))
    };
    println!("{ruleset:<20} {:>12}", "instructions");
    for (work, unit) in [("yardstick", "a line"), ("engine", "an event")] {
        let cost = (count(work, 2)? - count(work, 1)?) / lines as f64;
        println!("{work:<20} {cost:>12.0} {unit}");
    }
    Ok(())
}
