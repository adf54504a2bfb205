//! Commands.
//!
//! ```text
//! argv[0] is an old name ─▶ old_names      OSSEC's options, texts and exit codes
//! otherwise              ─▶ clap ─▶ one file per command
//! ```
//!
//! Exit codes: 0 done, nothing found; 1 done, and something was found; 2 could not be done.

mod built_in;
mod check;
mod clock;
mod facts;
mod link;
mod lists;
mod log;
mod logtest;
mod losses;
mod old_control;
mod old_names;
mod pattern;
mod replay;
mod run;
mod screen;
mod service;
mod show;
mod site;
mod state;
mod verify;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bartizan_base::{Deviation, Dialect};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use show::{Console, complain, fail, inform};

/// Done, and something was found: an error in a configuration, a difference.
pub(crate) const FOUND: u8 = 1;
/// Could not be done: usage, an unreadable or invalid configuration.
pub(crate) const IMPOSSIBLE: u8 = 2;

/// Watches this machine's logs, decides with rules, tells and answers.
#[derive(Debug, Parser)]
#[command(name = "bartizan", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Watch: what the configuration says, or what is found on this machine
    Run(run::RunArgs),
    /// Start the service: `run`, in the background
    Start(service::StartArgs),
    /// Stop the service, and wait for its end
    Stop(service::StopArgs),
    /// Stop the service and start it, if its configuration can be used
    Restart(service::RestartArgs),
    /// Have the running service read its configuration and rules again
    Reload(service::ReloadArgs),
    /// How the service does
    Status(service::StatusArgs),
    /// Test lines against decoders and rules, as ossec-logtest
    Logtest(logtest::LogtestArgs),
    /// Stored logs through the engine at full speed
    Replay(replay::ReplayArgs),
    /// Look for mistakes in a whole configuration and its rules
    Check(check::CheckArgs),
    /// Check the files of alerts, archives and firewalls: was anything altered, and which bytes
    Verify(verify::VerifyArgs),
    /// Explain a pattern, or try patterns on subjects
    Pattern(pattern::PatternArgs),
    /// CDB lists
    #[command(subcommand)]
    Lists(lists::ListsCommand),
    /// Make links with the names of OSSEC's programs
    Link(link::LinkArgs),
}

/// Where the configuration is and whose behaviour is wanted.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Common {
    /// Configuration file (an ossec.conf)
    #[arg(short, long, value_name = "FILE", env = "BARTIZAN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of an OSSEC installation
    #[arg(short = 'D', long, value_name = "DIR", env = "BARTIZAN_HOME")]
    pub(crate) home: Option<PathBuf>,
    /// Whose behaviour: bartizan, ossec (also ossec-4.3), ossec-2.8
    #[arg(long, value_name = "NAME", default_value = "bartizan", value_parser = parse_dialect)]
    pub(crate) dialect: Dialect,
    /// Turn one deviation of the original on, by its name (docs/deviations.md)
    #[arg(long = "deviation", value_name = "NAME", value_parser = parse_deviation)]
    pub(crate) on: Vec<Deviation>,
    /// Turn one deviation off
    #[arg(long = "no-deviation", value_name = "NAME", value_parser = parse_deviation)]
    pub(crate) off: Vec<Deviation>,
    /// Colour: auto, always or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
}

impl Common {
    /// The dialect with its single switches turned.
    pub(crate) fn dialect(&self) -> Dialect {
        let on = self.on.iter().fold(self.dialect, |d, &deviation| d.with(deviation, true));
        self.off.iter().fold(on, |d, &deviation| d.with(deviation, false))
    }
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn parse_dialect(name: &str) -> Result<Dialect, String> {
    Dialect::parse(name).ok_or_else(|| {
        let near = bartizan_base::suggest::nearest(name, Dialect::NAMES);
        let hint = near.map_or_else(|| ".".to_owned(), |near| format!(", did you mean {near}?"));
        format!("there is no such dialect{hint} Known: {}", Dialect::NAMES.join(", "))
    })
}

fn parse_deviation(name: &str) -> Result<Deviation, String> {
    let names = || bartizan_base::dialect::DEVIATIONS.iter().map(|row| row.name);
    Deviation::parse(name).ok_or_else(|| {
        let near = bartizan_base::suggest::nearest(name, names());
        let hint = near.map_or_else(|| ".".to_owned(), |near| format!(", did you mean {near}?"));
        format!(
            "there is no such deviation{hint} Known: {}",
            names().collect::<Vec<_>>().join(", ")
        )
    })
}

/// How many threads to use: as many as wanted, else one for each core.
pub(crate) fn threads(wanted: Option<u16>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    wanted.map_or_else(cores, usize::from)
}

/// Runs the command that `arguments` name.
pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    let name = arguments.first().map(Path::new).and_then(Path::file_name).unwrap_or_default();
    if let Some(program) = old_names::Program::named(&name.to_string_lossy()) {
        return finish(old_names::run(program, arguments));
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let status = if error.use_stderr() { IMPOSSIBLE } else { 0 };
            // A closed pipe is no reason to complain about a help text.
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    finish(match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Start(args) => service::start(&args),
        Command::Stop(args) => service::stop(&args),
        Command::Restart(args) => service::restart(&args),
        Command::Reload(args) => service::reload(&args),
        Command::Status(args) => service::status(&args),
        Command::Logtest(args) => logtest::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Pattern(args) => pattern::run(&args),
        Command::Lists(command) => lists::run(&command),
        Command::Link(args) => link::run(&args),
    })
}

/// Reports what made a command impossible.
fn finish(result: anyhow::Result<u8>) -> ExitCode {
    let status = match result {
        Ok(status) => ExitCode::from(status),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            fail(&format!("bartizan: {error:#}"));
            ExitCode::from(IMPOSSIBLE)
        }
    };
    log::finish();
    status
}

/// The reader of our output has left (`| head`): nothing is wrong.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = error
        .downcast_ref::<std::io::Error>()
        .map(std::io::Error::kind)
        .or_else(|| error.downcast_ref::<serde_json::Error>()?.io_error_kind());
    kind == Some(std::io::ErrorKind::BrokenPipe)
}
