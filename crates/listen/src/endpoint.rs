//! One socket that is listened on, and is tried again while it cannot be opened.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Instant;

use crate::message::Reader;
use crate::notice::Notice;
use crate::settings::{Limits, Setting, Transport};
use crate::udp::{dropped_by_kernel, open_tcp, open_udp};

/// A socket and what belongs to it.
#[derive(Debug)]
pub(crate) struct Endpoint {
    /// Number of the listener.
    pub(crate) number: u16,
    pub(crate) setting: Setting,
    limits: Limits,
    pub(crate) socket: Socket,
    pub(crate) reader: Reader,
    next_try: Instant,
    was_told: bool,
    /// Set by whoever waits: there may be something to receive.
    pub(crate) is_ready: bool,
    /// It is left alone until the next tick.
    pub(crate) is_paused: bool,
    /// Datagrams came since the kernel was asked last.
    pub(crate) had_traffic: bool,
    /// What the kernel said then; `None` if it does not.
    drops: Option<u32>,
}

/// What is listened with.
#[derive(Debug)]
pub(crate) enum Socket {
    /// Nothing, as yet.
    None,
    /// Datagrams.
    Udp(UdpSocket),
    /// Connections.
    Stream(TcpListener),
}

impl Socket {
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::None => None,
            Self::Udp(socket) => Some(socket.as_fd()),
            Self::Stream(socket) => Some(socket.as_fd()),
        }
    }
}

impl Endpoint {
    pub(crate) fn new(number: u16, setting: &Setting, limits: &Limits, now: Instant) -> Self {
        let reader = Reader::new(setting.keeps_rfc5424);
        Self {
            number,
            setting: setting.clone(),
            limits: limits.clone(),
            socket: Socket::None,
            reader,
            next_try: now,
            was_told: false,
            is_ready: false,
            is_paused: false,
            had_traffic: false,
            drops: Some(0),
        }
    }

    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::None => None,
            Socket::Udp(socket) => socket.local_addr().ok(),
            Socket::Stream(socket) => socket.local_addr().ok(),
        }
    }

    /// Opens the socket if it is closed and time for that. A failure is told once.
    pub(crate) fn open_if_due(&mut self, now: Instant, tell: &mut dyn FnMut(u16, Notice)) {
        if !matches!(self.socket, Socket::None) || now < self.next_try {
            return;
        }
        match self.open(tell) {
            Ok(socket) => {
                self.socket = socket;
                tell(self.number, Notice::Listening);
            }
            Err(error) => {
                self.next_try = now + self.limits.reopen;
                if !std::mem::replace(&mut self.was_told, true) {
                    tell(self.number, Notice::NotListening(error));
                }
            }
        }
    }

    fn open(&self, tell: &mut dyn FnMut(u16, Notice)) -> io::Result<Socket> {
        let (address, port) = (self.setting.address, self.setting.port);
        if self.setting.transport != Transport::Udp {
            return open_tcp(address, port).map(Socket::Stream);
        }
        let (socket, bytes) = open_udp(address, port, self.limits.receive_buffer)?;
        if bytes < self.limits.receive_buffer {
            tell(self.number, Notice::SmallBuffer { bytes });
        }
        Ok(Socket::Udp(socket))
    }

    /// How many datagrams the kernel dropped since it was asked last.
    pub(crate) fn new_drops(&mut self) -> Result<u64, Notice> {
        let (Socket::Udp(socket), Some(before)) = (&self.socket, self.drops) else { return Ok(0) };
        if !std::mem::take(&mut self.had_traffic) {
            return Ok(0);
        }
        self.drops = dropped_by_kernel(socket);
        let drops = self.drops.ok_or(Notice::DropsUnknown)?;
        Ok(u64::from(drops.wrapping_sub(before)))
    }
}
