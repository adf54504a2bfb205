//! One run of a command: a shell in a process group of its own, and the pipe it writes to.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::journal::without_waiting;

/// The environment of commands: nothing of whoever started us (collection 5.3).
const ENVIRONMENT: [(&str, &str); 2] =
    [("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ("LC_ALL", "C")];

#[derive(Debug)]
pub(super) struct Run {
    child: Child,
    /// `None` when its output is over.
    output: Option<File>,
    started: Instant,
    bytes: u64,
    is_killed: bool,
    status: Option<ExitStatus>,
}

/// How a run ended.
#[derive(Debug)]
pub(super) enum Ended {
    Well,
    Killed,
    Badly(String),
}

impl Run {
    pub(super) fn start(line: &str, now: Instant) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(line).env_clear().envs(ENVIRONMENT).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.process_group(0);
        let mut child = command.spawn()?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("it has no output"));
        let (output, failure) = match output.and_then(|pipe| without_waiting(pipe.into())) {
            Ok(output) => (Some(output), None),
            Err(error) => (None, Some(error)),
        };
        // Dropped, the child is ended.
        let run = Self { child, output, started: now, bytes: 0, is_killed: false, status: None };
        failure.map_or(Ok(run), Err)
    }

    pub(super) fn started(&self) -> Instant {
        self.started
    }

    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.output.as_ref().map(|output| output.as_fd())
    }

    /// What it wrote so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes what is there, about `budget` bytes at most. Whether more may come.
    pub(super) fn read(&mut self, budget: u64, sink: &mut dyn FnMut(&mut [u8])) -> bool {
        let Some(output) = &mut self.output else { return false };
        let mut chunk = [0; 8192];
        let mut taken = 0;
        while taken < budget {
            match output.read(&mut chunk) {
                Ok(0) => {
                    self.output = None;
                    return false;
                }
                Ok(count) => {
                    taken += count as u64;
                    self.bytes += count as u64;
                    sink(chunk.get_mut(..count).unwrap_or_default());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.output = None;
                    return false;
                }
            }
        }
        true
    }

    /// Whether it was told to end.
    pub(super) fn is_killed(&self) -> bool {
        self.is_killed
    }

    /// Takes no more output.
    pub(super) fn close(&mut self) {
        self.output = None;
    }

    /// Whether and how it ended.
    pub(super) fn ended(&mut self) -> Option<Ended> {
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
        }
        let status = self.status?;
        Some(match (status.code(), status.signal()) {
            _ if self.is_killed => Ended::Killed,
            (Some(0), _) => Ended::Well,
            (Some(127), _) => Ended::Badly("was not found (exit status 127)".to_owned()),
            (Some(code), _) => Ended::Badly(format!("ended with exit status {code}")),
            (None, Some(signal)) => Ended::Badly(format!("was ended by signal {signal}")),
            (None, None) => Ended::Badly("ended, nobody knows how".to_owned()),
        })
    }

    /// Ends it and its children; true the first time. It may take until it is gone: one that hangs in the
    /// kernel cannot be ended, and is not waited for.
    pub(super) fn kill(&mut self) -> bool {
        if self.is_killed {
            return false;
        }
        self.is_killed = true;
        // While it has not been waited for, its number is nobody else's.
        if self.status.is_none()
            && let Ok(group) = i32::try_from(self.child.id())
        {
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        true
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.kill();
            let _ = self.child.try_wait();
        }
    }
}
