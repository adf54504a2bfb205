//! What people read while the program runs, written by a thread of its own: a terminal that was stopped (^S) or a reader
//! that does not read stops neither the detection nor the end of the program.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// What waits for a slow screen, at most, in bytes. What does not fit is lost, and counted.
const WAITING_BYTES: usize = 1 << 20;
/// How long a full queue is waited for before anything is lost; once, until the screen takes something again.
const PATIENCE: Duration = Duration::from_millis(100);

/// The screen, or whatever stands for it, and what it has still to take.
pub(crate) struct Screen {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// Something was added or taken.
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<u8>,
    waiting_entries: u64,
    /// Entries that are being written now.
    writing_entries: u64,
    /// Entries that did not fit.
    lost: u64,
    /// It was waited for in vain, and has taken nothing since.
    is_stuck: bool,
}

impl Shared {
    /// The queue; its numbers are right whoever panicked.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what comes, for ever.
    fn write_to(&self, mut out: impl Write) {
        let mut text = Vec::new();
        let mut queue = self.lock();
        loop {
            if queue.waiting.is_empty() {
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            std::mem::swap(&mut text, &mut queue.waiting);
            queue.writing_entries = std::mem::take(&mut queue.waiting_entries);
            drop(queue);
            self.changed.notify_all();
            // A closed terminal is no reason to stop watching: the files have the alerts.
            let _ = out.write_all(&text).and_then(|()| out.flush());
            text.clear();
            queue = self.lock();
            queue.writing_entries = 0;
            queue.is_stuck = false;
            self.changed.notify_all();
        }
    }
}

impl Screen {
    /// Standard output.
    pub(crate) fn stdout() -> io::Result<Self> {
        Self::new(io::stdout())
    }

    /// Anything that is written to and may not take it at once.
    pub(crate) fn new(out: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared { queue: Mutex::default(), changed: Condvar::new() });
        let writer = Arc::clone(&shared);
        thread::Builder::new().name("screen".to_owned()).spawn(move || writer.write_to(out))?;
        Ok(Self { shared })
    }

    /// Adds an entry. It is shown after the next [`Screen::flush`] at the latest.
    pub(crate) fn add(&self, entry: &[u8]) {
        let is_full = |queue: &mut Queue| queue.waiting.len() + entry.len() > WAITING_BYTES;
        let mut queue = self.shared.lock();
        if is_full(&mut queue) && !queue.is_stuck {
            self.shared.changed.notify_all();
            let waited = self.shared.changed.wait_timeout_while(queue, PATIENCE, is_full);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if is_full(&mut queue) {
            queue.is_stuck = true;
            queue.lost += 1;
            return;
        }
        queue.waiting.extend_from_slice(entry);
        queue.waiting_entries += 1;
    }

    /// Lets the screen show what was added. Does not wait for it.
    pub(crate) fn flush(&self) {
        self.shared.changed.notify_all();
    }

    /// Waits for the screen, at most so long. The number of entries that were not shown.
    pub(crate) fn finish(&self, patience: Duration) -> u64 {
        self.flush();
        let left = |queue: &mut Queue| queue.waiting_entries + queue.writing_entries;
        let waited =
            self.shared
                .changed
                .wait_timeout_while(self.shared.lock(), patience, |queue| left(queue) > 0);
        let mut queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        queue.lost + left(&mut queue)
    }

    /// Entries that were given up so far.
    pub(crate) fn lost(&self) -> u64 {
        self.shared.lock().lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Takes what it is given only when it is allowed to.
    struct Slow {
        allowed: Receiver<()>,
        taken: Sender<Vec<u8>>,
    }

    impl Write for Slow {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            let _ = self.allowed.recv();
            let _ = self.taken.send(text.to_vec());
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_screen_that_takes_nothing_loses_what_does_not_fit_and_blocks_nobody() {
        let (allow, allowed) = channel();
        let (taken, takes) = channel();
        let screen = Screen::new(Slow { allowed, taken }).expect("a thread");
        let entry = vec![b'x'; WAITING_BYTES / 4];
        screen.add(&entry);
        screen.flush();
        for _ in 0..10 {
            screen.add(&entry);
        }
        let unseen = screen.finish(Duration::from_millis(10));
        assert_eq!(unseen, 11);
        let lost = screen.lost();
        // Up to four are in the hands of the writer, and four wait.
        assert!((3..=7).contains(&lost), "{lost}");
        drop(allow);
        assert_eq!(screen.finish(Duration::from_secs(20)), lost);
        let shown: usize = takes.try_iter().map(|text| text.len()).sum();
        assert_eq!(shown as u64, (11 - lost) * entry.len() as u64);
    }

    #[test]
    fn a_screen_that_takes_everything_loses_nothing() {
        let screen = Screen::new(io::sink()).expect("a thread");
        for _ in 0..100_000 {
            screen.add(&[b'x'; 100]);
        }
        assert_eq!(screen.finish(Duration::from_secs(20)), 0);
    }
}
