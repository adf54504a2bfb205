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
mod control;
mod daily;
mod daily_files;
mod databases;
mod demo;
mod gathered;
mod inputs;
mod keeper;
mod listening;
mod metrics;
mod notify;
mod places;
mod reload;
mod requests;
mod rhythm;
mod silences;
mod snapshot;
mod state_files;
mod statistics_files;
mod wake;
mod watcher;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bartizan_collect::{Now, Sources};
use clap::Args;

use crate::cli::{Common, Console, complain, inform, log, show, site, state};
use listening::Listening;
use requests::{Asked, Requests, Signals};
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
    /// Write what the program says of itself to this file, not to standard error
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Serve figures as OpenMetrics, on `http://ADDR/metrics`: 127.0.0.1:9797, say
    #[arg(long, value_name = "ADDR", conflicts_with = "demo")]
    metrics: Option<SocketAddr>,
    /// Serve them on an address that other machines can reach, too
    #[arg(long, requires = "metrics")]
    metrics_for_all: bool,
    /// Leave the terminal, as `bartizan start` does
    #[arg(long, hide = true)]
    detach: bool,
}

/// What is said of a configuration without rules.
const NO_RULES: &str =
    "the configuration loads no rule, so nothing could ever alert; is <rules> empty?";

pub(crate) fn run(args: &RunArgs) -> anyhow::Result<u8> {
    if args.detach {
        // It fails where we lead a session already.
        let _ = nix::unistd::setsid();
    }
    log::begin(args.log.as_deref())?;
    let signals = Signals::listen()?;
    if let Some(metrics) = args.metrics.filter(|address| !address.ip().is_loopback())
        && !args.metrics_for_all
    {
        anyhow::bail!(
            "{metrics} can be reached by others; add --metrics-for-all if that is wanted"
        );
    }
    let site = site::open(&args.common, false)?;
    if site.ruleset.rules.rules.is_empty() {
        anyhow::bail!(NO_RULES);
    }
    if !site.not_yet.is_empty() {
        let what = site.not_yet.join(", ");
        complain(&format!("bartizan: configured, but not done yet: {what}"));
    }
    if args.demo {
        return demo::run(args, site, &signals.stop);
    }
    let inputs = inputs::find(&site, args.from_start);
    let listening = listening::plan(&site).map_err(|diagnostics| {
        show::diagnostics(&diagnostics, Console::new(args.common.color));
        anyhow::anyhow!("{}; nothing was started", site::errors(&diagnostics))
    })?;
    let configured_home = site.configuration.as_ref().map(|_| &*site.home);
    let state = state::folder(args.state.as_deref(), configured_home)?;
    state::refuse_beside_ossec(&state)?;
    let mut watcher = Watcher::new(args, site, &state)?;
    let asked = Asked {
        common: &args.common,
        from_start: args.from_start,
        metrics: args.metrics,
        home: &state,
    };
    let mut requests = Requests::listen(signals, &asked)?;
    let (mut sources, problems) = inputs.open();
    watcher.resume(&mut sources);
    let listening = listening.start(&state)?;
    let is_reading = inputs.announce(&problems) || listening.is_on();
    inform(&format!("bartizan: alerts go to {}", watcher.alert_file().display()));
    if !is_reading {
        complain("bartizan: there is nothing to read; waiting for a signal");
    }
    let mut running = Running { sources, listening, watcher, home: state };
    watch(&mut running, &mut requests);
    running.watcher.say_goodbye();
    running.listening.say_goodbye();
    Ok(0)
}

/// What watches.
struct Running {
    sources: Sources,
    listening: Listening,
    watcher: Watcher,
    /// The folder of state.
    home: PathBuf,
}

/// Watches until the end is asked for.
fn watch(running: &mut Running, requests: &mut Requests) {
    loop {
        requests.attend(running);
        let is_last = requests.is_stopping();
        let Running { sources, listening, watcher, .. } = running;
        watcher.look();
        let progress = sources.poll(Now::read(), &mut |location, seen| watcher.see(location, seen));
        let is_more = listening.poll(watcher) || progress.is_more;
        if watcher.flush(sources) {
            listening.commit();
        }
        requests.be_ready(running);
        if is_last {
            break;
        }
        if !is_more {
            let Running { sources, listening, .. } = running;
            let mut others = listening.fds();
            others.push(requests.fd());
            sources.wait(LOOK_EVERY, &others);
        }
    }
    let Running { sources, listening, watcher, .. } = running;
    // Lines without their line feed stay where they are: the next run reads them whole.
    watcher.look();
    let positions = sources.leave(&mut |location, seen| watcher.see(location, seen));
    listening.close(watcher);
    if watcher.finish(positions) {
        listening.commit();
    }
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
