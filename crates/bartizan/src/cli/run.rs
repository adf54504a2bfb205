//! `bartizan run`: watch, decide, tell.
//!
//! ```text
//! inputs (files, journal, syslog) ─▶ Watcher: engine ─▶ terminal, daily files: alerts, archives, firewalls
//!        ▲                              └▶ state files: first seen, ignored, last outputs, statistics
//!        └ places: how far each file was read
//! ```
//!
//! What a look at the inputs yields is analysed and its alerts are written before anybody looks again, so reading slows
//! down by itself when anything behind it does. Where a look yields much it is analysed on all cores.

mod account;
mod commits;
mod daily;
mod daily_files;
mod databases;
mod demo;
mod gathered;
mod inputs;
mod keeper;
mod listening;
mod places;
mod screen;
mod state_files;
mod statistics_files;
mod watcher;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use bartizan_collect::{Now, Sources};
use clap::Args;

use crate::cli::{Common, Console, complain, site};
use listening::Listening;
use watcher::Watcher;

/// Longest sleep between two looks at the inputs; whatever can wake us does so earlier.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Arguments of `bartizan run`.
///
/// What is written below the folder of state follows the configuration: `logs/alerts/alerts.log` always,
/// `alerts.json` if `jsonout_output` is yes or not given (in the dialects of OSSEC: if it is yes), archives
/// with `logall` and `logall_json`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    common: Common,
    /// Play a bundled attack into a temporary log and show what comes of it
    #[arg(long)]
    demo: bool,
    /// Folder for alerts and state; by default the home of the configuration, else /var/lib/bartizan as
    /// root, else $XDG_STATE_HOME/bartizan
    #[arg(long, value_name = "DIR", conflicts_with = "demo")]
    state: Option<PathBuf>,
    /// Show alerts of this level and above on the terminal (all are written to the files)
    #[arg(long, value_name = "LEVEL", default_value_t = 1)]
    level: u16,
    /// Read files from their beginning, not from where the last run stopped or from their end
    #[arg(long, conflicts_with = "demo")]
    from_start: bool,
    /// Threads that analyse when much comes at once; by default as many as there are cores
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Show no alerts, only write them
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) fn run(args: &RunArgs) -> anyhow::Result<u8> {
    let stop = stop_on_signals()?;
    let site = site::open(&args.common, false)?;
    if site.ruleset.rules.rules.is_empty() {
        anyhow::bail!(
            "the configuration loads no rule, so nothing could ever alert; is <rules> empty?"
        );
    }
    if !site.not_yet.is_empty() {
        let what = site.not_yet.join(", ");
        complain(&format!("bartizan: configured, but not done yet: {what}"));
    }
    if args.demo {
        return demo::run(args, site, &stop);
    }
    let inputs = inputs::find(&site, args.from_start);
    let listening = listening::plan(args, &site)?;
    let state = state_folder(args, &site)?;
    refuse_beside_ossec(&state)?;
    let mut watcher = Watcher::new(args, site, &state)?;
    let (mut sources, problems) = inputs.open();
    watcher.resume(&mut sources);
    let mut listening = listening.start(&state)?;
    let is_reading = inputs.announce(&problems) || listening.is_on();
    complain(&format!("bartizan: alerts go to {}", watcher.alert_file().display()));
    if !is_reading {
        complain("bartizan: there is nothing to read; waiting for a signal");
    }
    watch(&mut sources, &mut listening, &mut watcher, &stop);
    watcher.say_goodbye();
    listening.say_goodbye();
    Ok(0)
}

/// Watches until a signal comes.
fn watch(
    sources: &mut Sources,
    listening: &mut Listening,
    watcher: &mut Watcher,
    stop: &AtomicBool,
) {
    loop {
        let is_last = stop.load(Ordering::Relaxed);
        watcher.look();
        let progress = sources.poll(Now::read(), &mut |location, seen| watcher.see(location, seen));
        let is_more = listening.poll(watcher) || progress.is_more;
        if watcher.flush(sources) {
            listening.commit();
        }
        if is_last {
            break;
        }
        if !is_more {
            sources.wait(LOOK_EVERY, &listening.fds());
        }
    }
    // Lines without their line feed stay where they are: the next run reads them whole.
    watcher.look();
    let positions = sources.leave(&mut |location, seen| watcher.see(location, seen));
    listening.close(watcher);
    if watcher.finish(positions) {
        listening.commit();
    }
}

/// A flag that SIGTERM and SIGINT raise. A second signal ends the process at once.
fn stop_on_signals() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .context("cannot listen to signals")?;
    }
    Ok(stop)
}

fn state_folder(args: &RunArgs, site: &site::Site) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &args.state {
        return Ok(folder.clone());
    }
    if site.configuration.is_some() {
        return Ok(site.home.clone());
    }
    default_state_folder()
}

/// Where alerts and state are when neither an option nor a configuration says it.
pub(crate) fn default_state_folder() -> anyhow::Result<PathBuf> {
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
fn refuse_beside_ossec(state: &Path) -> anyhow::Result<()> {
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
                shown(state),
                shown(&entry.path())
            );
        }
    }
    Ok(())
}

/// Whether to colour alerts.
fn colour(args: &RunArgs) -> bartizan_alert::terminal::Colour {
    if Console::new(args.common.color).stdout {
        bartizan_alert::terminal::Colour::On
    } else {
        bartizan_alert::terminal::Colour::Off
    }
}

/// A path as messages show it.
fn shown(path: &Path) -> String {
    path.display().to_string()
}
