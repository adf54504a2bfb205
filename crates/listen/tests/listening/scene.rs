//! A listener that is polled until what was sent is there.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use bartizan_config::ossec_conf::senders::SenderList;
use bartizan_listen::{
    Counts, Limits, Listener, Notice, Seen, Setting, Settings, Surroundings, Transport,
};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// How long something may take that takes a moment on an idle machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What is listened on, before it is started.
pub(crate) struct Plan {
    pub(crate) settings: Settings,
    pub(crate) surroundings: Surroundings,
}

/// A list of senders.
pub(crate) fn list(entries: &[&str]) -> SenderList {
    let mut list = SenderList::default();
    for entry in entries {
        list.add(entry.as_bytes()).expect("an entry");
    }
    list
}

impl Plan {
    pub(crate) fn new(transports: &[Transport]) -> Self {
        let setting = |&transport| Setting {
            transport,
            address: Some("127.0.0.1".parse().expect("an address")),
            port: 0,
            keeps_rfc5424: false,
            identity: None,
        };
        let listeners = transports.iter().map(setting).collect();
        let settings = Settings { listeners, allowed: list(&["any"]), denied: list(&[]) };
        Self { settings, surroundings: Surroundings::default() }
    }

    pub(crate) fn at(mut self, address: Option<&str>) -> Self {
        for listener in &mut self.settings.listeners {
            listener.address = address.map(|address| address.parse().expect("an address"));
        }
        self
    }

    pub(crate) fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.surroundings.limits);
        self
    }

    pub(crate) fn spool(mut self, folder: PathBuf) -> Self {
        self.surroundings.spool = Some(folder);
        self
    }

    pub(crate) fn start(self) -> Scene {
        let listener = Listener::start(self.settings, self.surroundings).expect("a thread");
        Scene { listener, events: Vec::new(), said: Vec::new(), cut: 0, incomplete: 0 }
    }
}

/// A listener, and what it yielded.
pub(crate) struct Scene {
    pub(crate) listener: Listener,
    /// Location and text.
    pub(crate) events: Vec<(String, Vec<u8>)>,
    /// What notices say.
    pub(crate) said: Vec<String>,
    pub(crate) cut: usize,
    pub(crate) incomplete: usize,
}

impl Scene {
    pub(crate) fn address(&self, listener: usize) -> SocketAddr {
        self.listener.addresses()[listener].expect("it listens")
    }

    pub(crate) fn udp(&self) -> UdpSocket {
        let to = self.address(0);
        let from = if to.is_ipv6() { "[::1]:0" } else { "127.0.0.1:0" };
        let socket = UdpSocket::bind(from).expect("a socket");
        socket.connect(to).expect("connected");
        socket
    }

    pub(crate) fn tcp(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address(0)).expect("connected");
        stream.set_nodelay(true).expect("set");
        stream
    }

    pub(crate) fn poll(&mut self) -> bool {
        let Self { listener, events, said, cut, incomplete } = self;
        let mut take = taker(events, said, cut, incomplete);
        listener.poll(&mut take)
    }

    pub(crate) fn close(&mut self) {
        let Self { listener, events, said, cut, incomplete } = self;
        let mut take = taker(events, said, cut, incomplete);
        listener.close(&mut take);
    }

    #[track_caller]
    pub(crate) fn poll_until(&mut self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            let is_more = self.poll();
            if holds(self) {
                return;
            }
            assert!(
                Instant::now() < end,
                "waited in vain until {what}: {} events, {:?}, {:#?}",
                self.events.len(),
                self.said,
                self.listener.counts()
            );
            if !is_more {
                let mut fds = [PollFd::new(self.listener.fd(), PollFlags::POLLIN)];
                poll(&mut fds, PollTimeout::from(50u8)).expect("waited");
            }
        }
    }

    #[track_caller]
    pub(crate) fn wait_for(&mut self, count: usize) {
        self.poll_until(&format!("{count} events"), |scene| scene.events.len() >= count);
        assert_eq!(self.events.len(), count, "{:?}", self.texts());
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.events.iter().map(|(_, text)| String::from_utf8_lossy(text).into_owned()).collect()
    }

    pub(crate) fn counts(&self, listener: usize) -> Counts {
        let counts = self.listener.counts()[listener].1;
        assert!(counts.is_conserved(), "{counts:#?}");
        counts
    }

    /// Waits until the counts are as wanted; they follow events within moments.
    #[track_caller]
    pub(crate) fn wait_for_counts(
        &mut self,
        what: &str,
        holds: impl Fn(&Counts) -> bool,
    ) -> Counts {
        self.poll_until(what, |scene| holds(&scene.counts(0)));
        self.counts(0)
    }

    /// Sends a stream in one connection and closes it; gives the texts that come of it.
    #[track_caller]
    pub(crate) fn stream(&mut self, stream: &[u8], expected: &[&str]) {
        self.events.clear();
        let mut connection = self.tcp();
        connection.write_all(stream).expect("sent");
        drop(connection);
        self.wait_for(expected.len());
        assert_eq!(self.texts(), expected);
    }
}

fn taker<'a>(
    events: &'a mut Vec<(String, Vec<u8>)>,
    said: &'a mut Vec<String>,
    cut: &'a mut usize,
    incomplete: &'a mut usize,
) -> impl FnMut(&[u8], Seen<'_>) + 'a {
    |location, seen| match seen {
        Seen::Event(event) => {
            *cut += usize::from(event.is_cut);
            *incomplete += usize::from(event.is_incomplete);
            events.push((String::from_utf8_lossy(location).into_owned(), event.text.to_vec()));
        }
        Seen::Notice(Notice::SmallBuffer { .. }) => {}
        Seen::Notice(notice) => {
            let name = String::from_utf8_lossy(location);
            said.push(format!("{name}: {}", notice.message()));
            said.extend(notice.event_text(&name));
        }
    }
}
