//! The folder of alerts and state: which one it is, and whether anybody else works there.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The folder that was named, else the home of the configuration, else where a machine keeps such things.
pub(crate) fn folder(named: Option<&Path>, home: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(folder) = named.or(home) {
        return Ok(folder.to_owned());
    }
    if nix::unistd::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/bartizan"));
    }
    let of = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    of("XDG_STATE_HOME")
        .or_else(|| of("HOME").map(|home| home.join(".local/state")))
        .map(|folder| folder.join("bartizan"))
        .context("no folder for alerts is known; name one with --state DIR")
}

/// Two programs must not write into one home: OSSEC links `alerts.log` to its file of the day as we do, and
/// keeps its own positions in `queue`. Whether its engine runs is told by the file it leaves in `var/run`.
pub(crate) fn refuse_beside_ossec(state: &Path) -> anyhow::Result<()> {
    let Ok(entries) = std::fs::read_dir(state.join("var/run")) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| {
            let process = name.strip_prefix("ossec-analysisd-")?.strip_suffix(".pid")?;
            process.parse::<u32>().ok()
        });
        let Some(process) = process else { continue };
        if Path::new("/proc").join(process.to_string()).exists() {
            anyhow::bail!(
                "OSSEC runs in {} (process {process}, says {}); its files are left alone and nothing was \
                 started: name a folder for ours with --state DIR",
                state.display(),
                entry.path().display()
            );
        }
    }
    Ok(())
}
