//! `cargo xtask fuzz`: libFuzzer on everything that reads what strangers send.
//!
//! ```text
//! fuzz/targets/NAME.rs ─▶ nightly compiler with coverage and address sanitizer ─▶ target/fuzz
//! fuzz/seeds/NAME      written by us, kept
//! fuzz/corpus/NAME     what libFuzzer found worth keeping, on this machine only
//! fuzz/artifacts/NAME  inputs that broke something
//! ```
//!
//! The compiler gets the flags that cargo-fuzz would give it, so that nothing has to be installed.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;

use anyhow::{Context as _, Result, bail};

use crate::process::{must, nightly_cargo, program, root, succeeds, target};

/// Coverage that libFuzzer can read, and the address sanitizer.
const FLAGS: &str = "-Cpasses=sancov-module \
     -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
     -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares \
     -Cllvm-args=-simplifycfg-branch-fold-threshold=0 \
     -Zsanitizer=address \
     --cfg fuzzing";

/// How long a target runs unless told otherwise.
const SECONDS: u64 = 60;
/// How long each runs as a part of `cargo xtask test`.
pub(crate) const SMOKE_SECONDS: u64 = 20;
/// One input may take this long, with sanitizer and assertions, on a busy machine.
const TIMEOUT: &str = "-timeout=20";
/// Longest input, in bytes. The limits that matter are lower or are tested elsewhere.
const LONGEST: &str = "-max_len=8192";

/// `cargo xtask fuzz [TARGET…] [--seconds N]`
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let mut seconds = SECONDS;
    let mut names = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--seconds" {
            let number = words.next().context("--seconds needs a number")?;
            seconds =
                number.parse().with_context(|| format!("not a number of seconds: {number}"))?;
        } else {
            names.push(word.clone());
        }
    }
    let known = targets()?;
    if let Some(wrong) = names.iter().find(|name| !known.contains(name)) {
        bail!("there is no target `{wrong}`; the targets are {}", known.join(", "));
    }
    if let Some(missing) = missing() {
        bail!("{missing}");
    }
    let names = if names.is_empty() { known } else { names };
    build()?;
    for name in &names {
        eprintln!("── {name}, {seconds} s");
        let corpus = root().join("fuzz/corpus").join(name);
        if !fuzzer(name, corpus, seconds)?.status()?.success() {
            eprintln!("{name} broke; the input is the last one in fuzz/artifacts/{name}");
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What fuzzing needs and this machine lacks.
pub(crate) fn missing() -> Option<String> {
    if !succeeds(program("rustup").args(["run", "nightly", "cargo", "--version"])) {
        return Some("no nightly toolchain: `rustup toolchain install nightly`".to_owned());
    }
    if !succeeds(program("c++").arg("--version")) {
        return Some("no C++ compiler, which libFuzzer needs: `apt-get install g++`".to_owned());
    }
    None
}

/// Runs every target for a short time, as many at once as there are processors; says how much was tried.
///
/// # Errors
///
/// When a target cannot be built, or an input breaks one. Where that input lies is printed.
pub(crate) fn smoke(seconds: u64) -> Result<String> {
    build()?;
    let queue = Mutex::new(targets()?);
    let results = Mutex::new(Vec::new());
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(name) = queue.lock().ok().and_then(|mut queue| queue.pop()) {
                    let result = smoke_one(&name, seconds);
                    if let Ok(mut results) = results.lock() {
                        results.push((name, result));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut tried = Vec::new();
    let mut broken = Vec::new();
    for (name, result) in results {
        match result {
            Ok(runs) => tried.push(format!("{name} {runs}")),
            Err(error) => {
                eprintln!("── {name}\n{error:#}");
                broken.push(name);
            }
        }
    }
    if !broken.is_empty() {
        bail!("these targets broke: {}", broken.join(", "));
    }
    Ok(format!("inputs tried: {}", tried.join(", ")))
}

/// Runs one target and returns how many inputs it tried.
fn smoke_one(name: &str, seconds: u64) -> Result<u64> {
    let corpus = target().join("fuzz/smoke").join(name);
    if corpus.exists() {
        fs::remove_dir_all(&corpus)?;
    }
    // The same start every time: a smoke run should not fail for one person only.
    let output = fuzzer(name, corpus, seconds)?.arg("-seed=1").stdout(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let lines: Vec<&str> = text.lines().collect();
        bail!("{}", lines.get(lines.len().saturating_sub(60)..).unwrap_or_default().join("\n"));
    }
    let runs = text
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units: "))
        .and_then(|number| number.trim().parse().ok())
        .unwrap_or(0);
    if runs == 0 {
        bail!("it ran, but tried no input:\n{text}");
    }
    Ok(runs)
}

/// The names of all targets.
fn targets() -> Result<Vec<String>> {
    let folder = root().join("fuzz/targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Where the built targets are.
fn built() -> Result<PathBuf> {
    Ok(target().join("fuzz").join(host()?).join("release"))
}

/// The machine the nightly compiler runs on. Named to it as the target, so that the flags reach no build
/// script.
fn host() -> Result<String> {
    let output = program("rustup").args(["run", "nightly", "rustc", "-vV"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not say which machine it runs on")
}

fn build() -> Result<()> {
    let mut cargo = nightly_cargo(&["build", "--release", "--locked", "--bins"]);
    cargo
        .args(["--manifest-path", "fuzz/Cargo.toml", "--target", &host()?])
        .env("CARGO_TARGET_DIR", target().join("fuzz"))
        .env("RUSTFLAGS", FLAGS);
    must(&mut cargo)
}

/// The command that runs a built target: new inputs go to `corpus`, the seeds are read as well.
fn fuzzer(name: &str, corpus: PathBuf, seconds: u64) -> Result<Command> {
    let folder = root().join("fuzz");
    let artifacts = folder.join("artifacts").join(name);
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&artifacts)?;
    let mut command = program(built()?.join(name));
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        // Safe code may leak; growth is what the memory limit is for.
        .args([TIMEOUT, LONGEST, "-print_final_stats=1", "-rss_limit_mb=2048", "-detect_leaks=0"]);
    let dictionary = folder.join("dictionaries").join(format!("{name}.dict"));
    if dictionary.exists() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    command.arg(corpus);
    let seeds = folder.join("seeds").join(name);
    if seeds.exists() {
        command.arg(seeds);
    }
    Ok(command)
}
