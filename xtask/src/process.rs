//! Starting other programs.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// The folder of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    let folder =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    root().join(folder)
}

/// Whether this is a run of CI, where nothing may pass by skipping what can be had.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some()
}

/// A program, started in the checkout.
///
/// Cargo tells the programs that it runs about the package that it built them from. Passed on to another
/// cargo, that would make some packages build again, so it is taken away.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).stdin(Stdio::null());
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&variable);
        }
    }
    command
}

/// Cargo of the toolchain in use.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Cargo of the nightly toolchain.
pub(crate) fn nightly_cargo(arguments: &[&str]) -> Command {
    let mut command = program("rustup");
    // These point to the toolchain in use, and would be stronger than what rustup is told.
    command.env_remove("CARGO").env_remove("RUSTC").env_remove("RUSTDOC");
    command.args(["run", "nightly", "cargo"]).args(arguments);
    command
}

/// Runs it and fails unless it succeeds.
pub(crate) fn must(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command.status().with_context(|| format!("cannot start {shown}"))?;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(())
}

/// Whether it can be run and succeeds; what it prints is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs it as [`must`] does, shows what it prints and gives each line to `listen` too.
pub(crate) fn must_listening(command: &mut Command, listen: impl FnMut(&str) + Send) -> Result<()> {
    let shown = shown(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {shown}"))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let listen = std::sync::Mutex::new(listen);
    let pass_on = |stream: Option<Box<dyn Read + Send>>, to_stderr: bool| {
        for line in BufReader::new(stream.unwrap_or_else(|| Box::new(std::io::empty())))
            .split(b'\n')
            .map_while(std::io::Result::ok)
        {
            let line = String::from_utf8_lossy(&line).into_owned();
            if let Ok(mut listen) = listen.lock() {
                listen(&line);
            }
            if to_stderr {
                eprintln!("{line}");
            } else {
                println!("{line}");
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| pass_on(err.map(|s| Box::new(s) as _), true));
        pass_on(out.map(|s| Box::new(s) as _), false);
    });
    let status = child.wait()?;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(())
}

/// The command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
