//! `bartizan start`, `stop`, `restart`, `reload`, `status`: the service, from outside.
//!
//! All of them find the running program by the socket in its folder of state (docs/service.md).

pub(crate) mod client;
mod launch;
pub(crate) mod protocol;
mod text;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use serde_json::json;

use crate::cli::{Common, FOUND, IMPOSSIBLE, complain, fail, site, state};
use client::Client;
use launch::Launch;
use protocol::{Answer, Request, Status};

/// How long a running program may take for an answer that needs no work.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long reading a configuration may take.
const RELOAD_PATIENCE: Duration = Duration::from_secs(300);

/// Which service is meant.
#[derive(Debug, Args)]
pub(crate) struct Service {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Folder for alerts and state, as `bartizan run --state` has it
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
}

impl Service {
    /// Its folder of state.
    fn home(&self) -> anyhow::Result<PathBuf> {
        let home = site::find(&self.common).map(|found| found.home);
        state::folder(self.state.as_deref(), home.as_deref())
    }
}

/// Arguments of `bartizan start`.
#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    #[command(flatten)]
    pub(crate) service: Service,
    /// Where the service writes what it says; by default logs/ossec.log below its folder of state
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Serve figures as OpenMetrics, on this address of the machine itself
    #[arg(long, value_name = "ADDR")]
    pub(crate) metrics: Option<SocketAddr>,
    /// How long it may take to get ready
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u64,
}

/// Arguments of `bartizan stop`.
#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    #[command(flatten)]
    pub(crate) service: Service,
    /// How long it may take to end
    #[arg(long, value_name = "SECONDS", default_value_t = 45)]
    pub(crate) timeout: u64,
    /// Kill it when it takes longer
    #[arg(long)]
    pub(crate) kill: bool,
}

/// Arguments of `bartizan restart`.
#[derive(Debug, Args)]
pub(crate) struct RestartArgs {
    #[command(flatten)]
    pub(crate) start: StartArgs,
}

/// Arguments of `bartizan reload`.
#[derive(Debug, Args)]
pub(crate) struct ReloadArgs {
    #[command(flatten)]
    pub(crate) service: Service,
    /// One JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Arguments of `bartizan status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) service: Service,
    /// One JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// What came of stopping.
pub(crate) enum Stopped {
    /// Nothing ran.
    NotRunning,
    /// It ended by itself.
    Ended,
    /// It had to be killed.
    Killed {
        /// The process.
        process: u32,
    },
}

pub(crate) fn start(args: &StartArgs) -> anyhow::Result<u8> {
    let home = args.service.home()?;
    if let Some(status) = running(&home)? {
        say(&format!("Bartizan runs already in {}, process {}", home.display(), status.process))?;
        return Ok(0);
    }
    site::open(&args.service.common, false)?;
    launch(args)
}

fn launch(args: &StartArgs) -> anyhow::Result<u8> {
    let process = up(args)?;
    let home = args.service.home()?;
    let log = args.log.clone().unwrap_or_else(|| launch::log_below(&home));
    say(&format!("Bartizan watches, process {process}; its log is {}", log.display()))?;
    Ok(0)
}

/// Starts the service, whose configuration has been checked. Gives its process.
pub(crate) fn up(args: &StartArgs) -> anyhow::Result<u32> {
    let home = args.service.home()?;
    let launch = Launch {
        common: &args.service.common,
        state: args.service.state.as_deref(),
        home: &home,
        log: args.log.as_deref(),
        metrics: args.metrics,
        patience: Duration::from_secs(args.timeout),
    };
    launch.run()
}

pub(crate) fn stop(args: &StopArgs) -> anyhow::Result<u8> {
    match down(args)? {
        Stopped::NotRunning => {
            say(&format!("Bartizan does not run in {}", args.service.home()?.display()))?;
        }
        Stopped::Ended => say("Bartizan has stopped")?,
        Stopped::Killed { process } => {
            complain(&format!("bartizan: process {process} did not end and was killed"));
        }
    }
    Ok(0)
}

/// Stops the service and waits for its end.
pub(crate) fn down(args: &StopArgs) -> anyhow::Result<Stopped> {
    let Some(mut client) = Client::connect(&args.service.home()?)? else {
        return Ok(Stopped::NotRunning);
    };
    let process = match client.ask(Request::Stop, PATIENCE)? {
        Answer::Stopping { process } => process,
        Answer::Failed { error, .. } => bail!("{error}"),
        _ => bail!("it answered something else"),
    };
    if client.wait_for_end(Duration::from_secs(args.timeout)) {
        return Ok(Stopped::Ended);
    }
    if !args.kill {
        bail!("process {process} has not ended after {} seconds; --kill kills it", args.timeout);
    }
    // Its connection is open, so it is the same process still.
    let id = nix::unistd::Pid::from_raw(i32::try_from(process)?);
    nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGKILL)?;
    client.wait_for_end(PATIENCE);
    Ok(Stopped::Killed { process })
}

pub(crate) fn restart(args: &RestartArgs) -> anyhow::Result<u8> {
    let StartArgs { service, .. } = &args.start;
    // First of all: nothing is stopped that could not be started again.
    site::open(&service.common, false)?;
    let (common, state) = (service.common.clone(), service.state.clone());
    let stop = StopArgs { service: Service { common, state }, timeout: 45, kill: false };
    down(&stop)?;
    launch(&args.start)
}

pub(crate) fn reload(args: &ReloadArgs) -> anyhow::Result<u8> {
    let home = args.service.home()?;
    let Some(mut client) = Client::connect(&home)? else {
        bail!("Bartizan does not run in {}", home.display());
    };
    let answer = client.ask(Request::Reload, RELOAD_PATIENCE)?;
    if args.json {
        say(&serde_json::to_string_pretty(&answer)?)?;
    }
    match answer {
        Answer::Reloaded(_) if args.json => Ok(0),
        Answer::Reloaded(done) => {
            say(&format!(
                "{} rules, {} decoders, {} inputs taken over, {} warning(s); nothing was analysed for {} ms",
                done.rules, done.decoders, done.inputs, done.warnings, done.pause_milliseconds
            ))?;
            Ok(0)
        }
        Answer::Failed { error, diagnostics } => {
            if !args.json {
                diagnostics.iter().for_each(|d| fail(&text::diagnostic(d)));
                fail(&format!("bartizan: {error}; the old configuration stays in force"));
            }
            Ok(IMPOSSIBLE)
        }
        _ => bail!("it answered something else"),
    }
}

pub(crate) fn status(args: &StatusArgs) -> anyhow::Result<u8> {
    let home = args.service.home()?;
    let Some(status) = running(&home)? else {
        if args.json {
            let home = home.display().to_string();
            say(&serde_json::to_string_pretty(&json!({ "state": "stopped", "home": home }))?)?;
        } else {
            say(&format!("Bartizan does not run in {}", home.display()))?;
        }
        return Ok(FOUND);
    };
    if args.json {
        say(&serde_json::to_string_pretty(&status)?)?;
    } else {
        say(text::status(&status).trim_end())?;
    }
    Ok(0)
}

/// How the service in `home` does; `None` where none runs.
pub(crate) fn running(home: &std::path::Path) -> anyhow::Result<Option<Status>> {
    let Some(mut client) = Client::connect(home)? else { return Ok(None) };
    match client.ask(Request::Status, PATIENCE)? {
        Answer::Status(status) => Ok(Some(*status)),
        Answer::Failed { error, .. } => bail!("{error}"),
        _ => bail!("it answered something else"),
    }
}

/// Results go to standard output. Names in them may be a stranger's.
fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{}", crate::cli::show::tame(text))?;
    Ok(())
}
