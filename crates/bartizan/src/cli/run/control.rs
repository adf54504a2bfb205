//! The control socket: what others ask of the running program, and what they are answered.
//!
//! ```text
//! client ─▶ queue/bartizan.sock ─▶ Server, a thread ─▶ orders, and a byte that wakes ─▶ main loop
//!        ◀─────────────────────────            ◀─ answers, snapshot ◀─────────────
//! ```
//!
//! The thread answers though the main loop is held up: it has the snapshot that was published last.

mod connection;
mod http;
mod server;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::snapshot::Snapshot;
use super::wake::{self, Waker};
use crate::cli::service::protocol::{self, Answer, SOCKET};
use server::Server;

/// Without anybody asking a snapshot is this old at most.
const PUBLISH_EVERY: Duration = Duration::from_secs(10);

/// Who asked, to give the answer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// What the main loop is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Take over the configuration, and answer.
    Reload(Ticket),
    /// End.
    Stop,
}

/// What the main loop and the thread share.
#[derive(Default)]
struct Shared {
    snapshot: Mutex<Option<Arc<Snapshot>>>,
    /// Somebody wants a newer snapshot.
    is_wanted: AtomicBool,
    answers: Mutex<Vec<(Ticket, Answer)>>,
}

impl Shared {
    fn answers(&self) -> MutexGuard<'_, Vec<(Ticket, Answer)>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn snapshot(&self) -> MutexGuard<'_, Option<Arc<Snapshot>>> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The main loop's end.
pub(super) struct Control {
    orders: Receiver<Order>,
    shared: Arc<Shared>,
    server: Waker,
    socket: PathBuf,
    published: Option<Instant>,
}

impl Control {
    /// Opens the socket below `home`, which must be locked, and serves it. `main` wakes the main loop; `metrics` is
    /// where they can be fetched.
    pub(super) fn open(
        home: &Path,
        main: Waker,
        metrics: Option<SocketAddr>,
    ) -> anyhow::Result<Self> {
        let socket = home.join(SOCKET);
        let listener = listen(&socket)
            .with_context(|| format!("cannot make the control socket {}", socket.display()))?;
        let metrics = metrics.map(http::listen).transpose()?;
        let (give, orders) = channel();
        let (server, wakened) = wake::pair().context("cannot make a pair of sockets")?;
        let shared = Arc::new(Shared::default());
        let thread = Server::new(listener, metrics, wakened, Arc::clone(&shared), give, main);
        thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || thread.serve())
            .context("cannot start a thread")?;
        Ok(Self { orders, shared, server, socket, published: None })
    }

    /// The next order, if there is one.
    pub(super) fn order(&self) -> Option<Order> {
        self.orders.try_recv().ok()
    }

    /// Answers whoever asked.
    pub(super) fn answer(&self, ticket: Ticket, answer: Answer) {
        self.shared.answers().push((ticket, answer));
        self.server.wake();
    }

    /// Publishes how it is going, if somebody wants to know or it is time.
    pub(super) fn publish(&mut self, snapshot: impl FnOnce() -> Snapshot) {
        let is_due = self.published.is_none_or(|last| last.elapsed() >= PUBLISH_EVERY);
        if self.shared.is_wanted.swap(false, Ordering::Relaxed) || is_due {
            *self.shared.snapshot() = Some(Arc::new(snapshot()));
            self.published = Some(Instant::now());
            self.server.wake();
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // Whoever waits for the end keeps its connection; nobody new finds the way.
        let _ = fs::remove_file(&self.socket);
    }
}

/// A socket that only its owner and group may use. One that an earlier run left is replaced; anything else that has
/// the name is left alone, and an error.
fn listen(path: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o770).create(folder)?;
    }
    let fresh = path.with_extension("new");
    for path in [path, &fresh] {
        if protocol::is_socket(path)? == Some(false) {
            let message = format!("{} is there and is no socket", path.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
        }
    }
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let (address, _folder) = protocol::address(&fresh)?;
    let listener = UnixListener::bind(address)?;
    fs::set_permissions(&fresh, fs::Permissions::from_mode(0o660))?;
    fs::rename(&fresh, path)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(test)]
mod tests;
