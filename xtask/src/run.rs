//! `cargo xtask run`: builds Bartizan and watches this machine's logs.

use std::os::unix::process::CommandExt as _;
use std::process::{ExitCode, Stdio};

use anyhow::{Context as _, Result};

use crate::process::{cargo, must, program, target};

/// Optimised, but without the link-time optimisation of a release, so that the first build does not take
/// minutes.
pub(crate) const PROFILE: &str = "bench-dev";

/// Builds the program and becomes it, so that signals reach it directly. Returns only when that fails.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let arguments = arguments.strip_prefix(&["--".to_owned()]).unwrap_or(arguments);
    must(&mut cargo(&["build", "--locked", "--profile", PROFILE, "--package", "bartizan"]))?;
    let built = target().join(PROFILE).join("bartizan");
    let mut command = program(&built);
    if let Some(folder) = std::env::var_os("PWD") {
        command.current_dir(folder);
    }
    command.stdin(Stdio::inherit()).arg("run").args(arguments);
    Err(command.exec()).with_context(|| format!("cannot start {}", built.display()))
}
