//! `bartizan link`: links with the names of OSSEC's programs.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::cli::old_names::Program;
use crate::cli::{FOUND, complain};

/// Arguments of `bartizan link`.
#[derive(Debug, Args)]
pub(crate) struct LinkArgs {
    /// Folder the links are made in
    dir: PathBuf,
}

pub(crate) fn run(args: &LinkArgs) -> anyhow::Result<u8> {
    let program = std::env::current_exe().context("cannot find this program's own path")?;
    let mut status = 0;
    for old in Program::ALL {
        let link = args.dir.join(old.name());
        match std::os::unix::fs::symlink(&program, &link) {
            Ok(()) => {}
            Err(_) if std::fs::read_link(&link).is_ok_and(|target| target == program) => {}
            Err(error) => {
                complain(&format!("bartizan: cannot make {}: {error}", link.display()));
                status = FOUND;
            }
        }
    }
    Ok(status)
}
