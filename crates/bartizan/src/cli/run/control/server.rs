//! The thread that serves the control socket, and metrics where they are wanted. It never waits for one client alone.

use std::net::TcpListener;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::connection::{Connection, Stream, Waits};
use super::{Order, Shared, Ticket, http};
use crate::cli::run::snapshot::Snapshot;
use crate::cli::run::wake::{Wakened, Waker};
use crate::cli::service::protocol::{Answer, Request};

/// Connections at once; whoever comes then is turned away.
const CONNECTIONS: usize = 32;
/// How long a status waits for the main loop before it tells what was published last.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks while somebody waits for something.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Between two looks for idle clients.
const LOOK_SELDOM: Duration = Duration::from_secs(5);
/// Metrics are this old at most: whoever fetches them all the time does not hold up the main loop.
const FRESH: Duration = Duration::from_secs(1);

/// The thread's state.
pub(super) struct Server {
    listener: UnixListener,
    metrics: Option<TcpListener>,
    wakened: Wakened,
    shared: Arc<Shared>,
    orders: Sender<Order>,
    main: Waker,
    connections: Vec<Connection>,
    next_ticket: u64,
}

/// What can be read.
#[derive(Default)]
struct Ready {
    listener: bool,
    metrics: bool,
    /// And whether the other side hung up.
    connections: Vec<(bool, bool)>,
}

impl Server {
    pub(super) fn new(
        listener: UnixListener,
        metrics: Option<TcpListener>,
        wakened: Wakened,
        shared: Arc<Shared>,
        orders: Sender<Order>,
        main: Waker,
    ) -> Self {
        let connections = Vec::new();
        Self { listener, metrics, wakened, shared, orders, main, connections, next_ticket: 0 }
    }

    /// Serves for ever.
    pub(super) fn serve(mut self) {
        loop {
            let ready = self.wait();
            self.wakened.rest();
            for (connection, ready) in self.connections.iter_mut().zip(&ready.connections) {
                let (is_ready, is_hung_up) = *ready;
                if is_ready {
                    connection.read(is_hung_up);
                    connection.write();
                }
            }
            self.hand_on_answers();
            self.tell_status();
            for at in 0..self.connections.len() {
                self.take_requests(at);
            }
            self.connections.retain(|connection| !connection.is_over());
            self.accept(&ready);
        }
    }

    fn wait(&self) -> Ready {
        let read = PollFlags::POLLIN;
        let mut fds =
            vec![PollFd::new(self.wakened.as_fd(), read), PollFd::new(self.listener.as_fd(), read)];
        fds.extend(self.metrics.iter().map(|metrics| PollFd::new(metrics.as_fd(), read)));
        let before = fds.len();
        fds.extend(self.connections.iter().map(|connection| {
            let mut flags = PollFlags::empty();
            flags.set(read, connection.wants_to_read());
            flags.set(PollFlags::POLLOUT, connection.wants_to_write());
            PollFd::new(connection.fd(), flags)
        }));
        let timeout = if self.connections.iter().any(|c| matches!(c.waits, Waits::Snapshot(_))) {
            LOOK_EVERY
        } else {
            LOOK_SELDOM
        };
        // An interrupted wait is a short one.
        let _ = poll(&mut fds, PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX));
        let is_ready = |fd: &PollFd<'_>| fd.any().unwrap_or(true);
        let hung_up = PollFlags::POLLHUP | PollFlags::POLLERR;
        let is_hung_up =
            |fd: &PollFd<'_>| fd.revents().is_some_and(|flags| flags.intersects(hung_up));
        Ready {
            listener: fds.get(1).is_some_and(is_ready),
            metrics: before > 2 && fds.get(2).is_some_and(is_ready),
            connections: fds.iter().skip(before).map(|fd| (is_ready(fd), is_hung_up(fd))).collect(),
        }
    }

    fn accept(&mut self, ready: &Ready) {
        if ready.listener
            && let Ok((stream, _)) = self.listener.accept()
            && stream.set_nonblocking(true).is_ok()
        {
            self.admit(Stream::Control(stream));
        }
        if ready.metrics
            && let Some(Ok((stream, _))) = self.metrics.as_ref().map(TcpListener::accept)
            && stream.set_nonblocking(true).is_ok()
        {
            self.admit(Stream::Http(stream));
        }
    }

    fn admit(&mut self, stream: Stream) {
        // Local commands always find room: those who fetch metrics have half of it.
        let is_http = |stream: &Stream| matches!(stream, Stream::Http(_));
        let https = self.connections.iter().filter(|c| is_http(&c.stream)).count();
        let room = if is_http(&stream) { https < CONNECTIONS / 2 } else { true };
        if room && self.connections.len() < CONNECTIONS {
            self.connections.push(Connection::new(stream));
        }
    }

    fn hand_on_answers(&mut self) {
        let answers = std::mem::take(&mut *self.shared.answers());
        for (Ticket(number), answer) in answers {
            let waits = Waits::Answer(number);
            if let Some(asked) = self.connections.iter_mut().find(|c| c.waits == waits) {
                asked.answer(&line(&answer), false);
            }
        }
    }

    /// Answers those who wait for a snapshot, if it came or they waited long enough.
    fn tell_status(&mut self) {
        let snapshot = self.shared.snapshot().clone();
        let now = Instant::now();
        for connection in &mut self.connections {
            let Waits::Snapshot(asked) = connection.waits else { continue };
            let is_fresh = snapshot.as_ref().is_some_and(|snapshot| snapshot.taken >= asked);
            if is_fresh || now.saturating_duration_since(asked) >= PATIENCE {
                tell(connection, snapshot.as_deref());
            } else {
                self.shared.is_wanted.store(true, Ordering::Relaxed);
                self.main.wake();
            }
        }
    }

    fn take_requests(&mut self, at: usize) {
        let Some(connection) = self.connections.get_mut(at) else { return };
        match connection.stream {
            Stream::Control(_) => {
                while let Some(text) = connection.request(b"\n") {
                    let Some(ticket) = self.next_ticket.checked_add(1) else { return };
                    self.next_ticket = ticket;
                    match serde_json::from_slice(&text) {
                        Ok(Request::Status) => self.want_snapshot(at, Duration::ZERO),
                        Ok(Request::Reload) => {
                            self.order(at, Order::Reload(Ticket(ticket)), Waits::Answer(ticket));
                        }
                        Ok(Request::Stop) => self.order(at, Order::Stop, Waits::End),
                        Err(error) => {
                            let answer = Answer::failed(format!("no request: {error}"));
                            connection.answer(&line(&answer), false);
                            continue;
                        }
                    }
                    return;
                }
            }
            Stream::Http(_) => {
                let Some(request) = connection.request(b"\r\n\r\n") else { return };
                match http::refuse(&request) {
                    Some(answer) => connection.answer(&answer, true),
                    None => self.want_snapshot(at, FRESH),
                }
            }
        }
    }

    /// Has a snapshot told that is not older than `age`.
    fn want_snapshot(&mut self, at: usize, age: Duration) {
        let Some(connection) = self.connections.get_mut(at) else { return };
        let now = Instant::now();
        connection.waits = Waits::Snapshot(now.checked_sub(age).unwrap_or(now));
        self.tell_status();
    }

    fn order(&mut self, at: usize, order: Order, waits: Waits) {
        let Some(connection) = self.connections.get_mut(at) else { return };
        if self.orders.send(order).is_err() {
            connection.answer(&line(&Answer::failed("it is ending")), false);
            return;
        }
        self.main.wake();
        if order == Order::Stop {
            connection.answer(&line(&Answer::Stopping { process: std::process::id() }), false);
        }
        connection.waits = waits;
    }
}

fn tell(connection: &mut Connection, snapshot: Option<&Snapshot>) {
    match (&connection.stream, snapshot) {
        (Stream::Control(_), Some(snapshot)) => {
            let answer = Answer::Status(Box::new(snapshot.status()));
            connection.answer(&line(&answer), false);
        }
        (Stream::Control(_), None) => {
            connection.answer(&line(&Answer::failed("it is still starting")), false);
        }
        (Stream::Http(_), snapshot) => {
            let answer = http::answer(snapshot.map(Snapshot::status).as_ref());
            connection.answer(&answer, true);
        }
    }
}

fn line(answer: &Answer) -> Vec<u8> {
    let mut line = serde_json::to_vec(answer).unwrap_or_else(|_| b"{}".to_vec());
    line.push(b'\n');
    line
}
