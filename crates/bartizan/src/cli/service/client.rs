//! The asking side of the control socket.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::protocol::{self, Answer, Request, SOCKET};

/// Longest answer that is read, in bytes: far above that of thousands of sources.
const ANSWER_BYTES: u64 = 256 << 20;

/// A connection to the running program.
pub(crate) struct Client {
    reader: BufReader<UnixStream>,
    socket: PathBuf,
}

impl Client {
    /// Connects to the program that works in `home`; `None` where none does.
    pub(crate) fn connect(home: &Path) -> anyhow::Result<Option<Self>> {
        let socket = home.join(SOCKET);
        let told = || format!("cannot ask {}", socket.display());
        match protocol::is_socket(&socket).with_context(told)? {
            None => return Ok(None),
            Some(false) => bail!("{} is no socket", socket.display()),
            Some(true) => {}
        }
        let (address, _folder) = protocol::address(&socket).with_context(told)?;
        match UnixStream::connect(address) {
            Ok(stream) => Ok(Some(Self { reader: BufReader::new(stream), socket })),
            Err(error) => match error.kind() {
                // One that was left by a program that was killed.
                io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => Ok(None),
                _ => Err(error).with_context(told),
            },
        }
    }

    /// Asks, and waits for the answer at most so long.
    pub(crate) fn ask(&mut self, request: Request, patience: Duration) -> anyhow::Result<Answer> {
        let told = || format!("no answer through {}", self.socket.display());
        let mut line = serde_json::to_vec(&request)?;
        line.push(b'\n');
        let stream = self.reader.get_mut();
        stream.set_read_timeout(Some(patience)).with_context(told)?;
        stream.write_all(&line).with_context(told)?;
        let mut answer = Vec::new();
        self.reader
            .by_ref()
            .take(ANSWER_BYTES)
            .read_until(b'\n', &mut answer)
            .with_context(told)?;
        serde_json::from_slice(&answer)
            .with_context(|| format!("{} gave no answer of ours", self.socket.display()))
    }

    /// Waits until the program has ended, at most so long: it holds the connection open until then.
    pub(crate) fn wait_for_end(&mut self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        let mut rest = [0; 256];
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || self.reader.get_ref().set_read_timeout(Some(left)).is_err() {
                return false;
            }
            match self.reader.read(&mut rest) {
                Ok(1..) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                    ) =>
                {
                    return false;
                }
                Ok(0) | Err(_) => return true,
            }
        }
    }
}
