//! All connections: how many there may be, and which must go when another one comes (collection 8.4).

use std::collections::VecDeque;
use std::io::Write as _;
use std::net::{IpAddr, TcpStream};
use std::os::fd::AsFd as _;
use std::time::{Instant, SystemTime};

use nix::poll::{PollFd, PollFlags};

use crate::frame::Frame;
use crate::intake::Intake;
use crate::message::{Origin, Reader};
use crate::notice::Event;
use crate::record::Record;
use crate::settings::{Limits, Setting};
use crate::strangers::Deed;
use crate::stream::{Connection, Read};

/// What is read of a connection in a turn.
const CHUNK_BYTES: usize = 64 << 10;

/// The connections of all listeners.
#[derive(Debug)]
pub(crate) struct Connections {
    open: Vec<Connection>,
    limits: Limits,
    desk: Desk,
    chunk: Vec<u8>,
}

/// Makes events of messages.
#[derive(Debug, Default)]
struct Desk {
    reader: Reader,
    location: Vec<u8>,
}

impl Connections {
    pub(crate) fn new(limits: &Limits) -> Self {
        let (limits, desk) = (limits.clone(), Desk::default());
        Self { open: Vec::new(), limits, desk, chunk: vec![0; CHUNK_BYTES] }
    }

    /// Takes a connection in, if there is place or can be made.
    pub(crate) fn add(
        &mut self,
        stream: TcpStream,
        (listener, setting): (u16, &Setting),
        sender: IpAddr,
        now: Instant,
        intake: &mut Intake,
    ) {
        let of_sender = self.open.iter().filter(|open| open.sender == sender).count();
        let has_place = if of_sender >= self.limits.connections_of_sender {
            self.close_oldest(now, intake, |open| open.sender == sender)
        } else {
            self.open.len() < self.limits.connections || self.make_place(now, intake)
        };
        let connection = Connection::new(stream, (listener, setting), sender, now);
        match connection {
            Ok(connection) if has_place => {
                intake.counts(listener).connections += 1;
                self.open.push(connection);
            }
            _ => intake.blame(listener, Deed::Refused, sender, &String::new, now),
        }
    }

    /// Closes the connection that was silent longest, if it was silent long enough.
    pub(crate) fn make_place(&mut self, now: Instant, intake: &mut Intake) -> bool {
        self.close_oldest(now, intake, |_| true)
    }

    fn close_oldest(
        &mut self,
        now: Instant,
        intake: &mut Intake,
        may_go: impl Fn(&Connection) -> bool,
    ) -> bool {
        let candidates = self.open.iter().enumerate().filter(|(_, open)| may_go(open));
        let oldest = candidates.min_by_key(|(_, open)| open.active);
        let is_spare = |open: &Connection| {
            now.saturating_duration_since(open.active) >= self.limits.spare_after
        };
        let Some((at, _)) = oldest.filter(|(_, open)| is_spare(open)) else { return false };
        let mut closed = self.open.swap_remove(at);
        intake.counts(closed.listener).closed_idle += 1;
        self.desk.finish(&mut closed, intake, SystemTime::UNIX_EPOCH);
        true
    }

    /// Reads each that is ready once, while there is room. Those that had to wait are the first the next time.
    pub(crate) fn read(&mut self, intake: &mut Intake, now: Instant, wall: SystemTime) {
        let Self { open, desk, chunk, .. } = self;
        let (mut kept, mut first_waiting) = (0, None);
        open.retain_mut(|connection| {
            let has_room = intake.has_room();
            if connection.is_ready && !has_room && first_waiting.is_none() {
                first_waiting = Some(kept);
            }
            let is_kept = !(connection.is_ready && has_room)
                || desk.read(connection, chunk, intake, now, wall);
            kept += usize::from(is_kept);
            is_kept
        });
        open.rotate_left(first_waiting.unwrap_or(0));
    }

    /// Closes those that were silent for too long.
    pub(crate) fn close_idle(&mut self, now: Instant, wall: SystemTime, intake: &mut Intake) {
        // While nobody reads them they cannot but be silent.
        if !intake.has_room() {
            for connection in &mut self.open {
                connection.active = now;
            }
            return;
        }
        let Self { open, desk, limits, .. } = self;
        open.retain_mut(|connection| {
            let most = if connection.is_open() { limits.idle } else { limits.handshake };
            if now.saturating_duration_since(connection.active) < most.min(limits.idle) {
                return true;
            }
            intake.counts(connection.listener).closed_idle += 1;
            desk.finish(connection, intake, wall);
            false
        });
    }

    /// Reads what came before the end, and closes all.
    pub(crate) fn finish(
        &mut self,
        readings: usize,
        intake: &mut Intake,
        now: Instant,
        wall: SystemTime,
    ) {
        let Self { open, desk, chunk, .. } = self;
        for mut connection in open.drain(..) {
            let mut is_open = true;
            connection.is_ready = true;
            for _ in 0..readings {
                if !is_open || !connection.is_ready || !intake.has_room() {
                    break;
                }
                is_open = desk.read(&mut connection, chunk, intake, now, wall);
            }
            if is_open {
                desk.finish(&mut connection, intake, wall);
            }
        }
    }

    /// What is to be waited for.
    pub(crate) fn fds(&self) -> impl Iterator<Item = PollFd<'_>> {
        self.open.iter().map(|open| {
            let sends = if open.wants_to_send() { PollFlags::POLLOUT } else { PollFlags::empty() };
            PollFd::new(open.stream.as_fd(), PollFlags::POLLIN | sends)
        })
    }

    /// Takes what came of that, in the same order.
    pub(crate) fn mark_ready(&mut self, ready: &mut VecDeque<bool>) {
        for connection in &mut self.open {
            connection.is_ready = ready.pop_front().unwrap_or(false);
        }
    }
}

impl Desk {
    /// Reads a connection once. False when it is done with.
    fn read(
        &mut self,
        connection: &mut Connection,
        chunk: &mut [u8],
        intake: &mut Intake,
        now: Instant,
        wall: SystemTime,
    ) -> bool {
        let from = self.begin(connection, wall);
        let ended = connection.read(chunk, now, &mut |frame| self.take(from, frame, intake));
        match ended {
            Read::Open => return true,
            Read::Ended => {}
            Read::Malformed(why) => {
                let (listener, sender) = (connection.listener, connection.sender);
                intake.blame(listener, Deed::Malformed, sender, &|| why.clone(), now);
            }
        }
        self.finish(connection, intake, wall);
        false
    }

    /// Hands on what waits for its end.
    fn finish(&mut self, connection: &mut Connection, intake: &mut Intake, wall: SystemTime) {
        let from = self.begin(connection, wall);
        connection.finish(&mut |frame| self.take(from, frame, intake));
    }

    fn begin(&mut self, connection: &Connection, received: SystemTime) -> (u16, Origin) {
        self.reader.keeps_rfc5424 = connection.keeps_rfc5424;
        self.location.clear();
        // Writing into a Vec cannot fail.
        let _ = write!(self.location, "{}", connection.sender);
        (connection.listener, Origin { sender: connection.sender, received })
    }

    fn take(&mut self, (listener, origin): (u16, Origin), frame: Frame<'_>, intake: &mut Intake) {
        let message = self.reader.message(frame.bytes, origin);
        let counts = intake.counts(listener);
        counts.odd += u64::from(message.is_odd);
        counts.converted += u64::from(message.is_converted);
        let event = Event {
            text: message.text,
            priority: message.priority,
            is_cut: message.is_cut || frame.is_cut,
            is_incomplete: frame.is_incomplete,
        };
        intake.stream(&Record { listener, location: &self.location, event });
    }
}
