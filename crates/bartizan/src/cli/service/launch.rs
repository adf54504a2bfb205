//! Starting the service: `bartizan run` in the background, with its own session and log, waited for until it watches.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use bartizan_base::source::open_regular;

use super::client::Client;
use super::protocol::{Answer, Request};
use crate::cli::{Common, state};

/// The log of the service, below the folder of state: where OSSEC's programs write theirs.
const LOG: &str = "logs/ossec.log";
/// Between two looks whether it watches already.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// What is shown of the log of a service that did not come up, in bytes.
const SHOWN_BYTES: u64 = 16 << 10;

/// What a service is started with.
pub(super) struct Launch<'a> {
    pub(super) common: &'a Common,
    /// As named on the command line.
    pub(super) state: Option<&'a Path>,
    /// The folder of state.
    pub(super) home: &'a Path,
    pub(super) log: Option<&'a Path>,
    pub(super) metrics: Option<std::net::SocketAddr>,
    pub(super) patience: Duration,
}

impl Launch<'_> {
    /// Starts it and waits until it watches. Gives its process.
    ///
    /// # Errors
    ///
    /// When it does not come up: with what it wrote to its log.
    pub(super) fn run(&self) -> anyhow::Result<u32> {
        state::refuse_beside_ossec(self.home)?;
        let path = self.log.map_or_else(|| self.home.join(LOG), Path::to_owned);
        let mut log =
            open_log(&path).with_context(|| format!("cannot open the log {}", path.display()))?;
        let before = log.seek(SeekFrom::End(0)).unwrap_or(0);
        let program = std::env::current_exe().context("cannot find this program's own path")?;
        let mut child = Command::new(program)
            // It may have been called by one of OSSEC's names.
            .arg0("bartizan")
            .args(self.arguments(&path)?)
            // Whoever starts it may want to unmount its own folder.
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.try_clone().context("cannot copy a descriptor")?)
            .spawn()
            .context("cannot start a process")?;
        match self.wait_for(&mut child) {
            Ok(()) => Ok(child.id()),
            Err(error) => {
                let said = said(&log, before);
                Err(error.context(format!("it did not start; {} says\n{said}", path.display())))
            }
        }
    }

    fn wait_for(&self, child: &mut Child) -> anyhow::Result<()> {
        let end = Instant::now() + self.patience;
        loop {
            if let Some(status) = child.try_wait().context("cannot look at the process")? {
                bail!("it ended at once, with {status}");
            }
            if is_watching(self.home, child.id()) {
                return Ok(());
            }
            if Instant::now() >= end {
                // It is asked to end, not killed: it may be busy with files of ours.
                let process = i32::try_from(child.id()).unwrap_or(0);
                let process = nix::unistd::Pid::from_raw(process);
                let _ = nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGTERM);
                bail!("it did not get ready within {} seconds", self.patience.as_secs());
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// `run` with the options this one was called with. Paths are made whole: it runs in another folder.
    fn arguments(&self, log: &Path) -> anyhow::Result<Vec<OsString>> {
        let mut arguments: Vec<OsString> = ["run", "--detach", "--quiet"].map(Into::into).to_vec();
        let Common { config, home, dialect: _, on, off, color: _ } = self.common;
        let paths = [("--config", config.as_deref()), ("--home", home.as_deref())];
        let paths = paths.into_iter().chain([("--state", self.state), ("--log", Some(log))]);
        for (option, path) in paths {
            if let Some(path) = path {
                let path = std::path::absolute(path)
                    .with_context(|| format!("cannot tell where {} is", path.display()))?;
                arguments.extend([option.into(), path.into_os_string()]);
            }
        }
        arguments.extend(["--dialect".into(), self.common.dialect.name().into()]);
        let deviations = [("--deviation", on), ("--no-deviation", off)];
        for (option, names) in deviations {
            for deviation in names {
                arguments.extend([option.into(), deviation.row().name.into()]);
            }
        }
        if let Some(address) = self.metrics {
            arguments.extend(["--metrics".into(), address.to_string().into()]);
        }
        Ok(arguments)
    }
}

fn is_watching(home: &Path, process: u32) -> bool {
    let Ok(Some(mut client)) = Client::connect(home) else { return false };
    let answer = client.ask(Request::Status, Duration::from_secs(5));
    matches!(answer, Ok(Answer::Status(status)) if status.process == process)
}

fn open_log(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o750).create(folder)?;
    }
    open_regular(OpenOptions::new().read(true).append(true).create(true).mode(0o660), path)
}

/// What was written to the log since, or the end of it.
fn said(mut log: &File, before: u64) -> String {
    let length = log.metadata().map_or(0, |data| data.len());
    let start = before.max(length.saturating_sub(SHOWN_BYTES));
    let mut text = Vec::new();
    let read = log.seek(SeekFrom::Start(start)).and_then(|_| log.read_to_end(&mut text));
    match read {
        Ok(_) => String::from_utf8_lossy(&text).trim_end().to_owned(),
        Err(error) => format!("nothing that can be read: {error}"),
    }
}

/// Where the log of the service in `home` is.
pub(super) fn log_below(home: &Path) -> PathBuf {
    home.join(LOG)
}
