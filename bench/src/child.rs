//! What a program costs that runs to its end: time and memory.
//!
//! A program's most memory counts from before it was started: what starts it is copied, and what that had is its
//! own for a moment. This process holds a corpus. So it starts itself anew, small, and that starts the program
//! and asks the system what its child took.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// What a program took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// CPU seconds of all its threads.
    pub(crate) cpu: f64,
    /// Seconds by the clock.
    pub(crate) clock: f64,
    /// Most memory resident, in KiB.
    pub(crate) resident_kib: u64,
}

/// The option that turns this program into what starts another one.
pub(crate) const OPTION: &str = "--child";

/// Runs a program to its end; it must succeed. What it prints is dropped, but for errors.
pub(crate) fn run(command: &[String], input: Option<&Path>) -> Result<Cost> {
    let stdin = match input {
        Some(path) => Stdio::from(File::open(path).with_context(|| path.display().to_string())?),
        None => Stdio::null(),
    };
    let output = Command::new(std::env::current_exe()?)
        .arg(OPTION)
        .args(command)
        .stdin(stdin)
        .stderr(Stdio::piped())
        .output()?;
    if !output.status.success() {
        bail!("{}: {}", command.join(" "), String::from_utf8_lossy(&output.stderr).trim_end());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace();
    let mut next = || numbers.next().and_then(|number| number.parse::<f64>().ok());
    match (next(), next(), next()) {
        (Some(cpu), Some(clock), Some(resident)) => {
            Ok(Cost { cpu, clock, resident_kib: resident as u64 })
        }
        _ => bail!("{OPTION} said `{text}`"),
    }
}

/// What [`run`] starts: runs the program and prints what it took.
#[expect(clippy::print_stdout, reason = "it answers so")]
pub(crate) fn start(command: &[String]) -> Result<()> {
    let (program, arguments) = command.split_first().context("no program")?;
    let clock = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {program}"))?;
    let clock = clock.elapsed().as_secs_f64();
    if !status.success() {
        bail!("{program}: {status}");
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    println!("{} {clock} {}", micros as f64 / 1e6, usage.max_rss());
    Ok(())
}

/// The path of a program among those that can be started by name alone.
pub(crate) fn find(name: &str) -> Option<String> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).chain(["/var/ossec/bin".into()]);
    let mut files = folders.map(|folder| folder.join(name));
    files.find(|file| file.is_file()).map(|file| file.to_string_lossy().into_owned())
}
