//! One connection: what comes of it is read, by TLS deciphered, and cut into messages. No answer is ever sent.

use std::io::{self, Read as _};
use std::net::{IpAddr, TcpStream};
use std::time::Instant;

use nix::sys::socket::{setsockopt, sockopt};

use crate::frame::{Frame, Splitter};
use crate::settings::Setting;
use crate::tls::Session;

/// A sender that is connected.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    /// `None` for plain text.
    session: Option<Session>,
    /// Number of the listener that accepted it.
    pub(crate) listener: u16,
    pub(crate) sender: IpAddr,
    /// Whether its messages of RFC 5424 are left as they are.
    pub(crate) keeps_rfc5424: bool,
    splitter: Splitter,
    /// When it was accepted, or something came last.
    pub(crate) active: Instant,
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
        (listener, setting): (u16, &Setting),
        sender: IpAddr,
        now: Instant,
    ) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        // So that a sender that vanished is noticed, by the kernel.
        setsockopt(&stream, sockopt::KeepAlive, &true)?;
        let session = setting.identity.as_ref().map(Session::new).transpose()?;
        Ok(Self {
            stream,
            session,
            listener,
            sender,
            keeps_rfc5424: setting.keeps_rfc5424,
            splitter: Splitter::default(),
            active: now,
            is_ready: true,
        })
    }

    /// Whether it may send messages already.
    pub(crate) fn is_open(&self) -> bool {
        !self.session.as_ref().is_some_and(Session::is_beginning)
    }

    /// Whether something is to be sent, which by TLS is so at the beginning.
    pub(crate) fn wants_to_send(&self) -> bool {
        self.session.as_ref().is_some_and(Session::wants_to_send)
    }

    /// Reads once, about as much as `chunk` holds.
    pub(crate) fn read(
        &mut self,
        chunk: &mut [u8],
        now: Instant,
        sink: &mut dyn FnMut(Frame<'_>),
    ) -> Read {
        let Self { stream, session, splitter, active, is_ready, .. } = self;
        if let Some(session) = session {
            *active = now;
            return session.read(stream, chunk, is_ready, &mut |text| splitter.feed(text, sink));
        }
        match stream.read(chunk) {
            Ok(0) => Read::Ended,
            Ok(length) => {
                *active = now;
                match splitter.feed(chunk.get(..length).unwrap_or_default(), sink) {
                    Ok(()) => Read::Open,
                    Err(error) => Read::Malformed(error.to_string()),
                }
            }
            Err(error) if is_nothing(&error) => {
                *is_ready = false;
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
