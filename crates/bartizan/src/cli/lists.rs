//! `bartizan lists`: CDB lists.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bartizan_base::{Dialect, Source};
use bartizan_pattern::cdb;
use clap::{Args, Subcommand};

use crate::cli::{Common, Console, complain, show, site};

/// What to do with lists.
#[derive(Debug, Subcommand)]
pub(crate) enum ListsCommand {
    /// Compile the lists of a configuration, or the files named, as ossec-makelists
    Build(BuildArgs),
}

/// Arguments of `bartizan lists build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    common: Common,
    /// Compile even what is up to date, and show every key
    #[arg(short = 'F', long)]
    force: bool,
    /// Sources to compile instead of those of the configuration
    files: Vec<PathBuf>,
}

pub(crate) fn run(command: &ListsCommand) -> anyhow::Result<u8> {
    let ListsCommand::Build(args) = command;
    let dialect = args.common.dialect();
    let files = if args.files.is_empty() { configured(&args.common)? } else { args.files.clone() };
    build_all(&files, args.force, dialect)
}

/// Compiles all sources; one that cannot be compiled does not keep the others from it.
pub(crate) fn build_all(files: &[PathBuf], force: bool, dialect: Dialect) -> anyhow::Result<u8> {
    let mut failures = 0;
    for file in files {
        if let Err(error) = build(file, force, dialect) {
            complain(&format!("bartizan: {error:#}"));
            failures += 1;
        }
    }
    if failures > 0 {
        anyhow::bail!("{failures} of {} lists could not be compiled", files.len());
    }
    Ok(0)
}

/// The sources that the configuration declares.
pub(crate) fn configured(common: &Common) -> anyhow::Result<Vec<PathBuf>> {
    let Some(found) = site::find(common) else {
        anyhow::bail!("name a configuration (-c, -D) or the files to compile");
    };
    let mut diagnostics = Vec::new();
    let lists = site::declared_lists(&found, common.dialect(), &mut diagnostics);
    show::diagnostics(&diagnostics, Console::new(common.color));
    lists.context("the configuration cannot be read")
}

/// Compiles one source, if it is newer than its compiled form or `force` is given. Lists every key then.
fn build(source: &Path, force: bool, dialect: Dialect) -> anyhow::Result<()> {
    let mut target = source.as_os_str().to_owned();
    target.push(".cdb");
    let target = PathBuf::from(target);
    let mut out = std::io::stdout().lock();
    if !force && is_up_to_date(source, &target) {
        writeln!(out, " * File {} does not need to be compiled", target.display())?;
        return Ok(());
    }
    let text = Source::read(source, source)?;
    let list = cdb::List::from_text(&text.text, dialect);
    if force {
        for (key, value) in list.iter() {
            let line =
                format!("{} => {}", String::from_utf8_lossy(key), String::from_utf8_lossy(value));
            writeln!(out, "  -- {}", line.escape_debug())?;
        }
    }
    let compiled = list.to_cdb().with_context(|| format!("cannot compile {}", source.display()))?;
    let mut temporary = source.as_os_str().to_owned();
    temporary.push(".tmp");
    // Written beside and renamed: a reader never sees half a list.
    std::fs::write(&temporary, &compiled)
        .and_then(|()| std::fs::rename(&temporary, &target))
        .with_context(|| format!("cannot write {}", target.display()))?;
    writeln!(out, " * File {} needs to be updated, done: {} keys", target.display(), list.len())?;
    Ok(())
}

fn is_up_to_date(source: &Path, target: &Path) -> bool {
    let time = |path: &Path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    match (time(source), time(target)) {
        (Some(source), Some(target)) => target >= source,
        (None, Some(_)) => {
            complain(&format!(
                "bartizan: {} is missing; its compiled form is kept",
                source.display()
            ));
            true
        }
        _ => false,
    }
}
