//! `ossec-control`: the service by the words, lines and exit codes of OSSEC's script (config 24).
//!
//! One program does the work of `ossec-logcollector` and `ossec-analysisd`; these are the names that are told. Unlike
//! the script it checks a configuration before it stops anything, and asks for a process by its socket, not by a number
//! that somebody else may have by now.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use bartizan_base::Dialect;
use bartizan_base::source::open_regular;

use crate::cli::service::{self, Service, StartArgs, StopArgs, Stopped};
use crate::cli::{Common, fail, site};

/// Whose work is done, in the order in which they are started.
const DAEMONS: [&str; 2] = ["ossec-analysisd", "ossec-logcollector"];

/// What can be switched on, and what the script notes of it.
const OPTIONS: [(&str, &str, &str); 4] = [
    ("database", "DB_DAEMON", "ossec-dbd"),
    ("client-syslog", "CSYSLOG_DAEMON", "ossec-csyslogd"),
    ("agentless", "AGENTLESS_DAEMON", "ossec-agentlessd"),
    ("debug", "DEBUG_CLI", "-d"),
];

/// Said when the configuration cannot be used.
const BROKEN: &str = "OSSEC analysisd: Testing rules failed. Configuration error. Exiting.";

/// Runs `ossec-control WORD …`.
pub(crate) fn run(arguments: &[OsString], home: &Path) -> anyhow::Result<u8> {
    let mut out = std::io::stdout().lock();
    let word = arguments.get(1).map(|word| word.to_string_lossy().into_owned());
    let control = Control { home: home_of(arguments, home) };
    match word.as_deref() {
        Some("start") => control.start(&mut out),
        Some("stop") => control.stop(&mut out),
        Some("restart") => control.restart(&mut out),
        Some("reload") => control.reload(&mut out),
        Some("status") => control.status(&mut out),
        Some(word @ ("enable" | "disable")) => control.switch(word, arguments, &mut out),
        _ => {
            let path = called(arguments);
            let words = "start|stop|reload|restart|status|enable|disable";
            writeln!(out, "\nUsage: {path} {{{words}}}\n")?;
            Ok(1)
        }
    }
}

fn called(arguments: &[OsString]) -> String {
    arguments.first().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The script lies in `bin` of its installation. One that lies elsewhere means the usual one.
fn home_of(arguments: &[OsString], usual: &Path) -> PathBuf {
    let called = arguments.first().map(Path::new);
    let folder = called.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
    let home = folder.and_then(|folder| folder.canonicalize().ok());
    let home = home.and_then(|folder| folder.parent().map(Path::to_owned));
    let is_home = |home: &PathBuf| home.join("etc/ossec.conf").exists();
    home.filter(is_home).unwrap_or_else(|| usual.to_owned())
}

struct Control {
    home: PathBuf,
}

impl Control {
    fn service(&self) -> Service {
        let common = Common {
            home: Some(self.home.clone()),
            dialect: Dialect::OSSEC_4_3,
            ..Common::default()
        };
        Service { common, state: None }
    }

    fn start_args(&self) -> StartArgs {
        StartArgs { service: self.service(), log: None, metrics: None, timeout: 60 }
    }

    fn start(&self, out: &mut impl Write) -> anyhow::Result<u8> {
        if !self.is_usable(out)? {
            return Ok(1);
        }
        writeln!(out, "Starting Bartizan v{}...", env!("CARGO_PKG_VERSION"))?;
        if service::running(&self.home)?.is_some() {
            for daemon in DAEMONS {
                writeln!(out, "{daemon} already running...")?;
            }
        } else if let Err(error) = service::up(&self.start_args()) {
            fail(&format!("{error:#}"));
            writeln!(out, "{} did not start correctly.", DAEMONS[0])?;
            return Ok(1);
        } else {
            for daemon in DAEMONS {
                writeln!(out, "Started {daemon}...")?;
            }
        }
        writeln!(out, "Completed.")?;
        Ok(0)
    }

    fn stop(&self, out: &mut impl Write) -> anyhow::Result<u8> {
        let is_running = service::running(&self.home)?.is_some();
        for daemon in DAEMONS.iter().rev() {
            if is_running {
                writeln!(out, "Killing {daemon} .. ")?;
            } else {
                writeln!(out, "{daemon} not running ..")?;
            }
        }
        out.flush()?;
        let args = StopArgs { service: self.service(), timeout: 45, kill: true };
        if let Stopped::Killed { process } = service::down(&args)? {
            writeln!(out, "Process {process} did not exit; sending SIGKILL ..")?;
        }
        writeln!(out, "Bartizan v{} Stopped", env!("CARGO_PKG_VERSION"))?;
        Ok(0)
    }

    fn restart(&self, out: &mut impl Write) -> anyhow::Result<u8> {
        if !self.is_usable(out)? {
            return Ok(1);
        }
        self.stop(out)?;
        self.start(out)
    }

    fn reload(&self, out: &mut impl Write) -> anyhow::Result<u8> {
        if service::running(&self.home)?.is_none() {
            return self.start(out);
        }
        let args = service::ReloadArgs { service: self.service(), json: false };
        let status = service::reload(&args)?;
        writeln!(out, "{}", if status == 0 { "Completed." } else { BROKEN })?;
        Ok(status.min(1))
    }

    fn status(&self, out: &mut impl Write) -> anyhow::Result<u8> {
        let is_running = service::running(&self.home)?.is_some();
        for daemon in DAEMONS.iter().rev() {
            let how = if is_running { "is running" } else { "not running" };
            writeln!(out, "{daemon} {how}...")?;
        }
        Ok(u8::from(!is_running))
    }

    /// Whether the configuration can be used; if not, it is told why.
    fn is_usable(&self, out: &mut impl Write) -> anyhow::Result<bool> {
        if let Err(error) = site::open(&self.service().common, false) {
            fail(&format!("{error:#}"));
            writeln!(out, "{BROKEN}")?;
            return Ok(false);
        }
        Ok(true)
    }

    /// `enable OPTION`, `disable OPTION`: a line more in `bin/.process_list`, as the script writes it.
    fn switch(
        &self,
        word: &str,
        arguments: &[OsString],
        out: &mut impl Write,
    ) -> anyhow::Result<u8> {
        let option = arguments.get(2).map(|option| option.to_string_lossy().into_owned());
        let known = OPTIONS.iter().find(|(name, ..)| Some(*name) == option.as_deref());
        let Some((_, name, value)) = known else {
            if option.is_some() {
                writeln!(out, "\nInvalid {word} option.")?;
            }
            let title = if word == "enable" { "Enable" } else { "Disable" };
            let path = called(arguments);
            writeln!(out, "\n{title} options: database, client-syslog, agentless, debug")?;
            writeln!(out, "Usage: {path} {word} [database|client-syslog|agentless|debug]\n")?;
            return Ok(1);
        };
        let value = if word == "enable" { value } else { "" };
        let path = self.home.join("bin/.process_list");
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o640);
        let written = open_regular(&mut options, &path)
            .and_then(|mut file| writeln!(file, "{name}=\"{value}\""));
        written.with_context(|| format!("cannot write {}", path.display()))?;
        Ok(0)
    }
}
