//! One connection: what comes of it is read, cut into messages, and nothing is ever sent.

use std::io::{self, Read as _};
use std::net::{IpAddr, TcpStream};
use std::time::Instant;

use nix::sys::socket::{setsockopt, sockopt};

use crate::frame::{Frame, Splitter};

/// A sender that is connected.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    /// Number of the listener that accepted it.
    pub(crate) listener: u16,
    pub(crate) sender: IpAddr,
    /// Whether its messages of RFC 5424 are left as they are.
    pub(crate) keeps_rfc5424: bool,
    splitter: Splitter,
    /// When it was accepted, or something useful came last.
    pub(crate) active: Instant,
    /// Whether something useful came ever.
    pub(crate) is_proven: bool,
    /// Set by whoever waits: there may be something to read.
    pub(crate) is_ready: bool,
}

/// How a reading ended.
#[derive(Debug)]
pub(crate) enum Read {
    /// There may be more later.
    Open,
    /// There will be no more.
    Ended,
    /// It makes no sense, or it broke: why.
    Malformed(String),
}

impl Connection {
    pub(crate) fn new(
        stream: TcpStream,
        listener: u16,
        keeps_rfc5424: bool,
        sender: IpAddr,
        now: Instant,
    ) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        // So that a sender that vanished is noticed, by the kernel.
        setsockopt(&stream, sockopt::KeepAlive, &true)?;
        let splitter = Splitter::default();
        let (active, is_proven, is_ready) = (now, false, true);
        Ok(Self { stream, listener, sender, keeps_rfc5424, splitter, active, is_proven, is_ready })
    }

    /// Reads once, at most as much as `chunk` holds.
    pub(crate) fn read(
        &mut self,
        chunk: &mut [u8],
        now: Instant,
        sink: &mut dyn FnMut(Frame<'_>),
    ) -> Read {
        match self.stream.read(chunk) {
            Ok(0) => Read::Ended,
            Ok(length) => {
                (self.active, self.is_proven) = (now, true);
                match self.splitter.feed(chunk.get(..length).unwrap_or_default(), sink) {
                    Ok(()) => Read::Open,
                    Err(error) => Read::Malformed(error.to_string()),
                }
            }
            Err(error) if is_nothing(&error) => {
                self.is_ready = false;
                Read::Open
            }
            // A sender that was killed; what it sent before was read.
            Err(_) => Read::Ended,
        }
    }

    /// Hands on what waits for its end.
    pub(crate) fn finish(&mut self, sink: &mut dyn FnMut(Frame<'_>)) {
        self.splitter.finish(sink);
    }
}

pub(crate) fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
