//! The program as a whole: what a user pays.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::cpu;
use crate::material::Material;

/// What was measured.
pub(crate) struct Figures {
    /// CPU seconds an event, start included.
    pub(crate) seconds: f64,
    /// Seconds by the clock until the ruleset is loaded and the program ends.
    pub(crate) start: f64,
    /// CPU seconds of the same.
    pub(crate) start_cpu: f64,
    /// Most memory resident while the corpus was read, in KiB.
    pub(crate) resident_kib: i64,
    /// `bartizan replay` with one thread and with one for each core.
    pub(crate) replays: Vec<Replay>,
}

/// From a file to the text of its alerts.
pub(crate) struct Replay {
    /// Threads it was told to use.
    pub(crate) threads: usize,
    /// CPU seconds an event, start included.
    pub(crate) seconds: f64,
    /// Events a second by the clock: less on a machine that is busy with other things.
    pub(crate) events_per_second: f64,
}

/// Runs the built program on the corpus.
pub(crate) fn measure(program: &Path, material: &Material, passes: usize) -> Result<Figures> {
    let folder = TempDir::new()?;
    let arguments = installation(folder.path(), material)?;
    let input = folder.path().join("mixed.log");
    let mut text = Vec::new();
    for line in &material.lines {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    File::create(&input)?.write_all(&text)?;
    let mut figures = Figures {
        seconds: f64::INFINITY,
        start: f64::INFINITY,
        start_cpu: f64::INFINITY,
        resident_kib: 0,
        replays: Vec::new(),
    };
    for _ in 0..passes.max(1) * 3 {
        let clock = Instant::now();
        let cpu = run(program, &["logtest", "-t"], &arguments, None)?;
        figures.start = figures.start.min(clock.elapsed().as_secs_f64());
        figures.start_cpu = figures.start_cpu.min(cpu);
    }
    for _ in 0..passes {
        let cpu = run(program, &["logtest", "-a"], &arguments, Some(&input))?;
        figures.seconds = figures.seconds.min(cpu / material.lines.len().max(1) as f64);
    }
    figures.resident_kib = cpu::of_children()?.1;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut numbers = vec![1, cores];
    numbers.dedup();
    for threads in numbers {
        figures.replays.push(replay(program, &arguments, &input, (threads, material), passes)?);
    }
    Ok(figures)
}

fn replay(
    program: &Path,
    options: &[String],
    input: &Path,
    (threads, material): (usize, &Material),
    passes: usize,
) -> Result<Replay> {
    let events = material.lines.len().max(1) as f64;
    let mut best = Replay { threads, seconds: f64::INFINITY, events_per_second: 0.0 };
    let command = ["replay", &input.to_string_lossy(), "--threads", &threads.to_string()];
    for _ in 0..passes {
        let clock = Instant::now();
        let cpu = run(program, &command, options, None)?;
        best.seconds = best.seconds.min(cpu / events);
        best.events_per_second = best.events_per_second.max(events / clock.elapsed().as_secs_f64());
    }
    Ok(best)
}

/// Lays out a folder as OSSEC's and returns the options that name it.
fn installation(home: &Path, material: &Material) -> Result<Vec<String>> {
    let Some(stock) = &material.stock else { return Ok(Vec::new()) };
    let copy = |from: PathBuf, to: PathBuf| -> Result<()> {
        fs::copy(&from, to).with_context(|| from.display().to_string())?;
        Ok(())
    };
    fs::create_dir_all(home.join("etc"))?;
    fs::create_dir_all(home.join("rules"))?;
    for name in ["ossec.conf", "decoder.xml"] {
        copy(stock.join(name), home.join("etc").join(name))?;
    }
    for entry in fs::read_dir(stock.join("rules"))? {
        let path = entry?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            copy(path.clone(), home.join("rules").join(name))?;
        }
    }
    let home = home.display();
    let config = format!("{home}/etc/ossec.conf");
    let words = ["-D", &home.to_string(), "-c", &config, "--dialect", material.name];
    Ok(words.map(str::to_owned).to_vec())
}

/// Runs the program once and returns the CPU seconds it took.
fn run(program: &Path, command: &[&str], options: &[String], input: Option<&Path>) -> Result<f64> {
    let before = cpu::of_children()?.0;
    let stdin = match input {
        Some(path) => Stdio::from(File::open(path)?),
        None => Stdio::null(),
    };
    let output = Command::new(program)
        .args(command)
        .args(options)
        .stdin(stdin)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .with_context(|| program.display().to_string())?;
    if !output.status.success() {
        bail!(
            "{} {}: {}\n{}",
            program.display(),
            command.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(cpu::of_children()?.0 - before)
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
    println!("{:<20} {:>12}", "", "instructions");
    for (work, unit) in [("yardstick", "a line"), ("engine", "an event")] {
        let cost = (count(work, 2)? - count(work, 1)?) / lines as f64;
        println!("{work:<20} {cost:>12.0} {unit}");
    }
    Ok(())
}
