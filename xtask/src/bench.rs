//! `cargo xtask bench`: builds the program and what measures it with the same profile, and measures.

use std::process::{ExitCode, Stdio};

use anyhow::Result;

use crate::process::{cargo, must, program, target};
use crate::run::PROFILE;

/// All arguments go to the measuring program, which explains them.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let packages = ["--package", "bartizan", "--package", "bartizan-bench"];
    must(cargo(&["build", "--locked", "--profile", PROFILE]).args(packages))?;
    let built = target().join(PROFILE);
    let mut bench = program(built.join("bartizan-bench"));
    bench.arg("--program").arg(built.join("bartizan")).args(arguments);
    let status = bench.stdin(Stdio::null()).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
