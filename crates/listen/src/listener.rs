//! The side of whoever analyses: take events, say when they are done with, stop.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use crate::counts::Counts;
use crate::notice::{Notice, Seen};
use crate::queue::{BLOCK_BYTES, Block, Shared};
use crate::receiver::Receiver;
use crate::record;
use crate::settings::{Setting, Settings, Surroundings};
use crate::spool::{Mark, Spool};

/// Bytes of events that one poll hands on, about.
const TURN_BYTES: usize = 4 * BLOCK_BYTES;

/// All that is listened on. Dropping it stops listening; events that wait in memory are lost then, unless it was
/// closed.
#[derive(Debug)]
pub struct Listener {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<Option<Spool>>>,
    /// Of each socket, and of what earlier runs left.
    names: Vec<String>,
    addresses: Vec<Option<SocketAddr>>,
    /// Handed on of one block, by listener.
    handed_on: Vec<u64>,
    /// How far what came from the disk was handed on.
    taken: Option<Mark>,
    committed: Option<Mark>,
    /// After the end.
    spool: Option<Spool>,
}

impl Listener {
    /// Opens the sockets and starts the thread that receives. A socket that cannot be opened is tried again; a notice
    /// says so.
    ///
    /// # Errors
    ///
    /// If there are no descriptors or threads to be had.
    pub fn start(settings: Settings, surroundings: Surroundings) -> io::Result<Self> {
        let Surroundings { spool: folder, limits } = surroundings;
        let mut names: Vec<String> = settings.listeners.iter().map(Setting::name).collect();
        names.push("syslog spool of an earlier run".to_owned());
        let shared = Arc::new(Shared::new(names.len())?);
        let (spool, notice) = match folder.map(|folder| Spool::open(&folder, limits.spool_bytes)) {
            None => (None, None),
            Some(Err(error)) => (None, Some(Notice::NoSpool(error))),
            Some(Ok(spool)) => {
                let bytes = spool.unread_bytes();
                (Some(spool), (bytes > 0).then_some(Notice::Recovering { bytes }))
            }
        };
        let now = Instant::now();
        let mut receiver = Receiver::new(settings, &limits, spool, Arc::clone(&shared), now);
        if let Some(notice) = notice {
            receiver.tell(notice);
        }
        let addresses = receiver.addresses();
        let thread = std::thread::Builder::new().name("syslog".to_owned());
        let thread = Some(thread.spawn(move || receiver.run())?);
        let handed_on = vec![0; names.len()];
        let (taken, committed, spool) = (None, None, None);
        Ok(Self { shared, thread, names, addresses, handed_on, taken, committed, spool })
    }

    /// Becomes readable when there is something to poll.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.shared.daemon.0.as_fd()
    }

    /// Where each socket of the settings listened when it was started.
    #[must_use]
    pub fn addresses(&self) -> &[Option<SocketAddr>] {
        &self.addresses
    }

    /// Hands on what came, a bounded amount. `sink` is told an event with the address of its sender, a notice with the
    /// name of its listener. Never waits. True if there is more.
    pub fn poll(&mut self, sink: &mut dyn FnMut(&[u8], Seen<'_>)) -> bool {
        self.shared.daemon.silence();
        let notices = std::mem::take(&mut self.shared.state().notices);
        for (listener, notice) in notices {
            let name = self.names.get(usize::from(listener)).map_or("syslog", String::as_str);
            sink(name.as_bytes(), Seen::Notice(notice));
        }
        let mut bytes = 0;
        while bytes < TURN_BYTES {
            let Some((block, wants_room)) = self.shared.state().take() else { return false };
            if wants_room {
                self.shared.thread.ring();
            }
            bytes += block.bytes.len();
            self.hand_on(block, sink);
        }
        !self.shared.state().is_empty()
    }

    /// Says that everything handed on so far is done with: what of it came from the disk is deleted there.
    pub fn commit(&mut self) {
        if self.taken == self.committed {
            return;
        }
        self.committed = self.taken;
        match (&mut self.spool, self.taken) {
            (Some(spool), Some(mark)) => spool.commit(mark),
            (_, mark) => {
                self.shared.state().committed = mark;
                self.shared.thread.ring();
            }
        }
    }

    /// Stops listening and hands on everything that waits in memory. What waits on the disk stays there for the next
    /// run. [`Listener::commit`] may follow.
    pub fn close(&mut self, sink: &mut dyn FnMut(&[u8], Seen<'_>)) {
        self.stop();
        while self.poll(sink) {}
    }

    /// What became of everything received, by listener; the last one stands for what earlier runs left on the disk.
    #[must_use]
    pub fn counts(&self) -> Vec<(&str, Counts)> {
        let counts: Vec<Counts> = self.shared.state().counts().collect();
        self.names.iter().map(String::as_str).zip(counts).collect()
    }

    fn hand_on(&mut self, block: Block, sink: &mut dyn FnMut(&[u8], Seen<'_>)) {
        for record in record::all(&block.bytes) {
            if let Some(count) = self.handed_on.get_mut(usize::from(record.listener)) {
                *count += 1;
            }
            sink(record.location, Seen::Event(record.event));
        }
        self.taken = block.mark.or(self.taken);
        self.shared.state().give_back(block, &mut self.handed_on);
    }

    fn stop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.shared.state().is_stopping = true;
        self.shared.thread.ring();
        // It fails only if the thread panicked, and then there is nothing left to stop.
        self.spool = thread.join().ok().flatten();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop();
    }
}
