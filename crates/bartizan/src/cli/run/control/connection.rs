//! One connection: what came through it and was not understood yet, and what has still to be sent.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// Longest request, in bytes. Who sends more is cut off.
const REQUEST_BYTES: usize = 8 << 10;
/// Who neither sends nor takes anything for so long is cut off.
const IDLE: Duration = Duration::from_secs(30);

/// Either end of the thread's work.
pub(super) enum Stream {
    /// The control socket.
    Control(UnixStream),
    /// HTTP.
    Http(TcpStream),
}

impl Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Control(stream) => stream.read(bytes),
            Self::Http(stream) => stream.read(bytes),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Control(stream) => stream.write(bytes),
            Self::Http(stream) => stream.write(bytes),
        }
    }
}

/// For what a connection waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    /// For a request.
    Request,
    /// For a newer snapshot than there was at this moment; at that time it takes what there is.
    Snapshot(Instant),
    /// For the answer to the order of this number.
    Answer(u64),
    /// For the end of the program.
    End,
}

/// A connection.
pub(super) struct Connection {
    pub(super) stream: Stream,
    pub(super) waits: Waits,
    input: Vec<u8>,
    output: Vec<u8>,
    /// Nothing more will come; what was asked is answered.
    is_input_over: bool,
    is_ended: bool,
    /// It is closed when everything is sent.
    is_last: bool,
    active: Instant,
}

impl Connection {
    pub(super) fn new(stream: Stream) -> Self {
        Self {
            stream,
            waits: Waits::Request,
            input: Vec::new(),
            output: Vec::new(),
            is_input_over: false,
            is_ended: false,
            is_last: false,
            active: Instant::now(),
        }
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        match &self.stream {
            Stream::Control(stream) => stream.as_fd(),
            Stream::Http(stream) => stream.as_fd(),
        }
    }

    /// Reads what is there. `is_hung_up` says that the other side takes nothing either.
    pub(super) fn read(&mut self, is_hung_up: bool) {
        let mut bytes = [0; 1024];
        while self.input.len() <= REQUEST_BYTES && !self.is_input_over {
            match self.stream.read(&mut bytes) {
                Ok(count @ 1..) => {
                    self.input.extend_from_slice(bytes.get(..count).unwrap_or_default());
                    self.active = Instant::now();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Ok(0) => self.is_input_over = true,
                Err(_) => {
                    self.is_ended = true;
                    return;
                }
            }
        }
        self.is_ended |= is_hung_up || self.input.len() > REQUEST_BYTES;
    }

    pub(super) fn wants_to_read(&self) -> bool {
        !self.is_input_over
    }

    /// The next request, up to `end` and with it. One at a time: the next one when this one has its answer.
    pub(super) fn request(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        if self.waits != Waits::Request || !self.output.is_empty() || self.is_last {
            return None;
        }
        let at = memchr::memmem::find(&self.input, end)?;
        Some(self.input.drain(..at + end.len()).collect())
    }

    /// Sends `bytes`; afterwards it waits for the next request, or is closed.
    pub(super) fn answer(&mut self, bytes: &[u8], is_last: bool) {
        self.output.extend_from_slice(bytes);
        self.is_last = is_last;
        self.waits = Waits::Request;
        self.write();
    }

    /// Sends what can be sent now.
    pub(super) fn write(&mut self) {
        while !self.output.is_empty() {
            match self.stream.write(&self.output) {
                Ok(count @ 1..) => {
                    self.output.drain(..count);
                    self.active = Instant::now();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Ok(_) | Err(_) => {
                    self.is_ended = true;
                    return;
                }
            }
        }
    }

    pub(super) fn wants_to_write(&self) -> bool {
        !self.output.is_empty()
    }

    /// Whether it can be forgotten.
    pub(super) fn is_over(&self) -> bool {
        let is_done =
            || self.is_input_over && self.waits == Waits::Request && self.output.is_empty();
        let is_idle = || self.waits == Waits::Request && self.active.elapsed() >= IDLE;
        self.is_ended || (self.is_last && self.output.is_empty()) || is_done() || is_idle()
    }
}
