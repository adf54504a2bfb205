//! What is listened on, as configured.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bartizan_base::Diagnostic;
use bartizan_config::ossec_conf::remote::{self, Connection, Remote};
use bartizan_config::ossec_conf::senders::SenderList;

use crate::tls::Identity;

pub use bartizan_config::ossec_conf::remote::Transport;

/// One socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// How messages come.
    pub transport: Transport,
    /// Where it listens; `None` is every address of this machine, of both families.
    pub address: Option<IpAddr>,
    /// The port; 0 takes any.
    pub port: u16,
    /// Whether messages of RFC 5424 are left as they are.
    pub keeps_rfc5424: bool,
    /// What is shown to senders; of [`Transport::Tls`] only.
    pub identity: Option<Identity>,
}

/// All that is listened on, and for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The sockets.
    pub listeners: Vec<Setting>,
    /// Who may send.
    pub allowed: SenderList,
    /// Who may not, even if allowed.
    pub denied: SenderList,
}

impl Settings {
    /// What the `<remote>` blocks ask for, with files below `home`. Nothing is opened if nobody may send (config 11).
    /// The diagnostics are errors about certificates; listeners that need them are left out.
    #[must_use]
    pub fn of(blocks: &[Remote], home: &Path) -> (Self, Vec<Diagnostic>) {
        let (allowed, denied) = remote::senders(blocks);
        let (mut listeners, mut diagnostics) = (Vec::new(), Vec::new());
        let is_syslog = |block: &&Remote| block.connection == Some(Connection::Syslog);
        for block in blocks.iter().filter(is_syslog).filter(|_| !allowed.is_empty()) {
            for transport in block.transports() {
                let mut identity = None;
                if transport == Transport::Tls {
                    match Identity::load(block, home) {
                        Ok(loaded) => identity = Some(loaded),
                        Err(error) => {
                            diagnostics.push(error);
                            continue;
                        }
                    }
                }
                listeners.push(Setting {
                    transport,
                    address: block.local_ip,
                    port: block.port(transport),
                    keeps_rfc5424: block.keeps_rfc5424,
                    identity,
                });
            }
        }
        (Self { listeners, allowed, denied }, diagnostics)
    }
}

impl Setting {
    /// As it is called in messages: `syslog udp port 514`.
    #[must_use]
    pub fn name(&self) -> String {
        let transport = match self.transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
            Transport::Tls => "tls",
        };
        match self.address {
            None => format!("syslog {transport} port {}", self.port),
            Some(address) => format!("syslog {transport} {}", SocketAddr::new(address, self.port)),
        }
    }
}

/// How much is kept, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of events that wait in memory.
    pub queue_bytes: usize,
    /// Bytes of events that wait on the disk.
    pub spool_bytes: u64,
    /// Connections at once, of all listeners.
    pub connections: usize,
    /// Connections at once of one sender.
    pub connections_of_sender: usize,
    /// A connection that was silent so long is closed when another one needs its place.
    pub spare_after: Duration,
    /// A connection that was silent so long is closed.
    pub idle: Duration,
    /// A connection by TLS whose beginnings are not over after so long is closed.
    pub handshake: Duration,
    /// A socket that cannot be opened is tried again so often.
    pub reopen: Duration,
    /// Bytes of datagrams that wait in the kernel, if it allows so many.
    pub receive_buffer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_bytes: 16 << 20,
            spool_bytes: 256 << 20,
            connections: 1_024,
            connections_of_sender: 32,
            spare_after: Duration::from_secs(10),
            idle: Duration::from_secs(300),
            handshake: Duration::from_secs(30),
            reopen: Duration::from_secs(10),
            receive_buffer: 8 << 20,
        }
    }
}

/// What a listener needs to know beside the configuration.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Where events wait that memory does not hold; `None` for nowhere.
    pub spool: Option<PathBuf>,
    /// How much is kept.
    pub limits: Limits,
}
