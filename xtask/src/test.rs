//! `cargo xtask test`: everything that must hold before a change lands.
//!
//! The steps run in order, cheapest first, and the first that fails ends the run. The last line printed sums
//! up the tests of all test programs.

use std::fmt::Write as _;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Result, bail};

use crate::counts::Counts;
use crate::fuzz;
use crate::packages;
use crate::process::{cargo, in_ci, must, must_listening, program, succeeds, target};

/// One thing that is checked.
struct Step {
    name: &'static str,
    check: fn(&mut Counts) -> Result<Outcome>,
}

/// How a step that found no fault ended.
enum Outcome {
    Passed,
    PassedWith(String),
    Skipped(String),
}

const STEPS: &[Step] = &[
    Step { name: "packages", check: install_packages },
    Step { name: "format", check: format },
    Step { name: "tidy", check: tidy },
    Step { name: "clippy", check: clippy },
    Step { name: "tests", check: tests },
    Step { name: "docs", check: docs },
    Step { name: "licences", check: licences },
    Step { name: "fuzz", check: fuzz_smoke },
];

/// Runs the steps that are named, or all.
pub(crate) fn run(names: &[String]) -> Result<ExitCode> {
    if let Some(wrong) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        let known: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        bail!("there is no step `{wrong}`; the steps are {}", known.join(", "));
    }
    let chosen = |step: &&Step| names.is_empty() || names.iter().any(|name| name == step.name);
    let mut counts = Counts::default();
    let mut summary = String::new();
    let mut failed = None;
    for step in STEPS.iter().filter(chosen) {
        eprintln!("── {}", step.name);
        let start = Instant::now();
        let outcome = (step.check)(&mut counts);
        let seconds = start.elapsed().as_secs_f64();
        let word = match &outcome {
            Ok(Outcome::Passed) => "passed".to_owned(),
            Ok(Outcome::PassedWith(remark)) => format!("passed: {remark}"),
            Ok(Outcome::Skipped(reason)) => format!("skipped: {reason}"),
            Err(error) => format!("FAILED: {error:#}"),
        };
        writeln!(summary, "{:<9} {seconds:>7.1} s  {word}", step.name)?;
        if outcome.is_err() {
            failed = Some(step.name);
            break;
        }
    }
    println!("\n{summary}");
    if let Some(name) = failed {
        println!("the step `{name}` failed; `cargo xtask test {name}` runs it alone");
    }
    println!("{counts}");
    Ok(if failed.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn install_packages(_: &mut Counts) -> Result<Outcome> {
    Ok(packages::install()?.map_or(Outcome::Passed, Outcome::PassedWith))
}

fn format(_: &mut Counts) -> Result<Outcome> {
    must(&mut cargo(&["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

/// The rules of layout and style, before anything large is built.
fn tidy(counts: &mut Counts) -> Result<Outcome> {
    count(
        &mut cargo(&["test", "--locked", "--no-fail-fast", "--package", "bartizan-tidy"]),
        counts,
    )?;
    Ok(Outcome::Passed)
}

fn clippy(_: &mut Counts) -> Result<Outcome> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    must(&mut cargo(&arguments))?;
    Ok(Outcome::Passed)
}

/// Unit and behaviour tests, then the examples in the documentation, which only cargo itself can run.
fn tests(counts: &mut Counts) -> Result<Outcome> {
    let chosen = ["--workspace", "--exclude", "bartizan-tidy", "--locked"];
    if succeeds(&mut cargo(&["nextest", "--version"])) {
        count(cargo(&["nextest", "run", "--no-fail-fast"]).args(chosen), counts)?;
        count(cargo(&["test", "--doc"]).args(chosen), counts)?;
    } else {
        count(cargo(&["test", "--no-fail-fast"]).args(chosen), counts)?;
    }
    Ok(Outcome::PassedWith(format!("{counts}")))
}

fn count(command: &mut Command, counts: &mut Counts) -> Result<()> {
    must_listening(command, |line| counts.read(line))
}

fn docs(_: &mut Counts) -> Result<Outcome> {
    let arguments = ["doc", "--workspace", "--no-deps", "--locked", "--document-private-items"];
    must(cargo(&arguments).env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::Passed)
}

/// Licences, banned crates, duplicates and sources of the dependencies. Advisories need a database that is
/// fetched from elsewhere, so `cargo deny check advisories` is left to people.
fn licences(_: &mut Counts) -> Result<Outcome> {
    let tools = target().join("tools");
    let own = tools.join("bin/cargo-deny");
    let deny = if succeeds(program("cargo-deny").arg("--version")) {
        "cargo-deny".into()
    } else if own.exists() {
        own.into_os_string()
    } else if in_ci() {
        // Not optimised: it takes a third of the time to build, and a second to run.
        let install = ["install", "cargo-deny", "--locked", "--quiet", "--debug", "--root"];
        must(cargo(&install).arg(&tools))?;
        own.into_os_string()
    } else {
        return Ok(Outcome::Skipped("`cargo install cargo-deny` brings it".to_owned()));
    };
    must(program(deny).args(["--locked", "--offline", "check", "bans", "licenses", "sources"]))?;
    Ok(Outcome::Passed)
}

/// A short run of each fuzz target: enough to find what the last change broke.
fn fuzz_smoke(_: &mut Counts) -> Result<Outcome> {
    if let Some(missing) = fuzz::missing() {
        return Ok(Outcome::Skipped(missing));
    }
    Ok(Outcome::PassedWith(fuzz::smoke(fuzz::SMOKE_SECONDS)?))
}
