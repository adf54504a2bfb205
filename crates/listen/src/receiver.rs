//! The thread that receives: all sockets and all connections in one set that is waited for.
//!
//! ```text
//! wait (poll) ─▶ turn: datagrams, new connections, one reading of each connection, what is due ─▶ publish ─▶ wait
//! ```
//!
//! While there is no room for more events, connections are not read: their senders wait (collection 6). Datagrams are
//! always received, since nobody would keep them.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::connections::Connections;
use crate::counts::Loss;
use crate::endpoint::{Endpoint, Socket};
use crate::intake::Intake;
use crate::message::{Origin, Reader};
use crate::notice::{Event, Notice};
use crate::queue::Shared;
use crate::record::Record;
use crate::settings::{Limits, Settings};
use crate::spool::Spool;
use crate::strangers::Deed;
use crate::udp::Datagrams;

/// Longest wait: so often is looked at what is due.
const TICK: Duration = Duration::from_secs(1);
/// Receptions of one socket in a turn.
const RECEPTIONS: usize = 16;
/// Connections of one socket that are accepted in a turn.
const ACCEPTED: usize = 64;
/// Receptions of one socket at the end, so that it comes.
const LAST_RECEPTIONS: usize = 4_096;
/// Readings of one connection at the end.
const LAST_READINGS: usize = 64;

/// Everything the thread works on.
#[derive(Debug)]
pub(crate) struct Receiver {
    shared: Arc<Shared>,
    settings: Settings,
    endpoints: Vec<Endpoint>,
    connections: Connections,
    intake: Intake,
    next_tick: Option<Instant>,
}

impl Receiver {
    /// Opens the sockets; those that cannot be opened are tried again.
    pub(crate) fn new(
        settings: Settings,
        limits: &Limits,
        spool: Option<Spool>,
        shared: Arc<Shared>,
        now: Instant,
    ) -> Self {
        let mut intake = Intake::new(settings.listeners.len(), limits.queue_bytes, spool);
        let endpoints = (0..).zip(&settings.listeners);
        let mut endpoints: Vec<Endpoint> = endpoints
            .map(|(number, setting)| Endpoint::new(number, setting, limits, now))
            .collect();
        for endpoint in &mut endpoints {
            endpoint.open_if_due(now, &mut |number, notice| intake.tell(number, notice));
        }
        Self {
            shared,
            settings,
            endpoints,
            connections: Connections::new(limits),
            intake,
            next_tick: None,
        }
    }

    /// Where the sockets listen; `None` for those that do not.
    pub(crate) fn addresses(&self) -> Vec<Option<SocketAddr>> {
        self.endpoints.iter().map(Endpoint::address).collect()
    }

    pub(crate) fn tell(&mut self, notice: Notice) {
        let earlier = self.intake.earlier();
        self.intake.tell(earlier, notice);
    }

    /// Receives until it is told to stop. Gives what is left on the disk.
    pub(crate) fn run(mut self) -> Option<Spool> {
        // Made here: it holds pointers that do not change threads.
        let mut datagrams = Datagrams::default();
        while !self.turn(&mut datagrams, Instant::now(), SystemTime::now()) {
            self.wait();
        }
        self.finish(&mut datagrams, Instant::now(), SystemTime::now());
        self.intake.into_spool()
    }

    /// Does what there is to do, without waiting. True when it was told to stop.
    fn turn(&mut self, datagrams: &mut Datagrams, now: Instant, wall: SystemTime) -> bool {
        let is_stopping = self.intake.begin(&self.shared);
        self.receive_datagrams(datagrams, RECEPTIONS, wall, now);
        self.accept(now);
        self.connections.read(&mut self.intake, now, wall);
        if self.next_tick.is_none_or(|at| now >= at) {
            self.next_tick = Some(now + TICK);
            self.do_what_is_due(now, wall);
        }
        self.intake.publish(&self.shared, now, false);
        is_stopping
    }

    fn receive_datagrams(
        &mut self,
        datagrams: &mut Datagrams,
        receptions: usize,
        wall: SystemTime,
        now: Instant,
    ) {
        let Self { endpoints, intake, settings, .. } = self;
        for endpoint in endpoints.iter_mut().filter(|endpoint| endpoint.is_ready) {
            let Endpoint { number, socket: Socket::Udp(socket), reader, .. } = endpoint else {
                continue;
            };
            let (number, mut location) = (*number, Vec::new());
            for _ in 0..receptions {
                let mut sink = |bytes: &[u8], sender: IpAddr| {
                    if !is_allowed(settings, sender) {
                        intake.blame(number, Deed::Denied, sender, &String::new, now);
                        return;
                    }
                    location.clear();
                    // Writing into a Vec cannot fail.
                    let _ = write!(location, "{sender}");
                    let origin = Origin { sender, received: wall };
                    take_datagram(intake, number, reader, bytes, &location, origin);
                };
                // An error of a socket for datagrams is about one of them that was sent, and we send none.
                if !datagrams.receive(socket, &mut sink).unwrap_or(false) {
                    break;
                }
            }
            endpoint.had_traffic = true;
        }
    }

    fn accept(&mut self, now: Instant) {
        let Self { endpoints, intake, connections, settings, .. } = self;
        for endpoint in endpoints.iter_mut().filter(|endpoint| endpoint.is_ready) {
            let Endpoint { number, setting, socket: Socket::Stream(listener), .. } = &*endpoint
            else {
                continue;
            };
            let number = *number;
            for _ in 0..ACCEPTED {
                match listener.accept() {
                    Ok((stream, peer)) => {
                        let sender = peer.ip().to_canonical();
                        if is_allowed(settings, sender) {
                            connections.add(stream, (number, setting), sender, now, intake);
                        } else {
                            intake.blame(number, Deed::Denied, sender, &String::new, now);
                        }
                    }
                    Err(error) if is_out_of_descriptors(&error) => {
                        // It would be ready again at once: make place, or look again at the next tick.
                        if !connections.make_place(now, intake) {
                            endpoint.is_paused = true;
                            break;
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                    Err(_) => break,
                }
            }
        }
    }

    fn do_what_is_due(&mut self, now: Instant, wall: SystemTime) {
        let Self { endpoints, intake, connections, .. } = self;
        for endpoint in endpoints {
            endpoint.is_paused = false;
            let number = endpoint.number;
            endpoint.open_if_due(now, &mut |number, notice| intake.tell(number, notice));
            match endpoint.new_drops() {
                Ok(count) => intake.lose(number, Loss::Kernel, count),
                Err(notice) => intake.tell(number, notice),
            }
        }
        connections.close_idle(now, wall, intake);
    }

    /// Takes what came before the end, and gives up the sockets.
    fn finish(&mut self, datagrams: &mut Datagrams, now: Instant, wall: SystemTime) {
        for endpoint in &mut self.endpoints {
            endpoint.is_ready = true;
        }
        self.intake.begin_last();
        self.receive_datagrams(datagrams, LAST_RECEPTIONS, wall, now);
        self.accept(now);
        self.connections.finish(LAST_READINGS, &mut self.intake, now, wall);
        for endpoint in &mut self.endpoints {
            if let Ok(count) = endpoint.new_drops() {
                self.intake.lose(endpoint.number, Loss::Kernel, count);
            }
        }
        self.endpoints.clear();
        self.intake.publish(&self.shared, now, true);
    }

    /// Sleeps until something can be received, or somebody rings.
    fn wait(&mut self) {
        let readable = |fd| PollFd::new(fd, PollFlags::POLLIN);
        let alarm: BorrowedFd<'_> = self.shared.thread.0.as_fd();
        let mut fds = vec![readable(alarm)];
        let sockets = self.endpoints.iter().filter(|endpoint| !endpoint.is_paused);
        fds.extend(sockets.filter_map(|endpoint| Some(readable(endpoint.socket.fd()?))));
        if self.intake.has_room() {
            fds.extend(self.connections.fds());
        }
        let until = self.next_tick.map(|at| at.saturating_duration_since(Instant::now()));
        // Rounded up, or the last millisecond would be spent awake.
        let timeout = until.unwrap_or(TICK).min(TICK) + Duration::from_millis(1);
        // An interrupted wait is a short one.
        let _ = poll(&mut fds, PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX));
        let mut ready: VecDeque<bool> =
            fds.iter().skip(1).map(|fd| fd.any().unwrap_or(true)).collect();
        drop(fds);
        for endpoint in &mut self.endpoints {
            let is_asked = !endpoint.is_paused && endpoint.socket.fd().is_some();
            endpoint.is_ready = is_asked && ready.pop_front().unwrap_or(false);
        }
        self.connections.mark_ready(&mut ready);
    }
}

fn take_datagram(
    intake: &mut Intake,
    number: u16,
    reader: &mut Reader,
    bytes: &[u8],
    location: &[u8],
    origin: Origin,
) {
    let Some(message) = reader.datagram(bytes, origin) else {
        let counts = intake.counts(number);
        counts.received += 1;
        counts.malformed += 1;
        return;
    };
    let counts = intake.counts(number);
    counts.odd += u64::from(message.is_odd);
    counts.converted += u64::from(message.is_converted);
    let event = Event {
        text: message.text,
        priority: message.priority,
        is_cut: message.is_cut,
        is_incomplete: false,
    };
    intake.datagram(&Record { listener: number, location, event });
}

/// Who is in the list of those denied is out, whatever else is said (collection 8.3).
fn is_allowed(settings: &Settings, sender: IpAddr) -> bool {
    !settings.denied.contains(sender) && settings.allowed.contains(sender)
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    use nix::errno::Errno;
    matches!(
        error.raw_os_error().map(Errno::from_raw),
        Some(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM)
    )
}
