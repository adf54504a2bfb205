//! Many lines on many threads, the same answers as on one.
//!
//! ```text
//! source ─▶ Batch ─┬▶ worker: prepare each event ─┐
//!                  ├▶ worker: prepare each event ─┼▶ batches taken in the order given out ─▶ Engine ─▶ sink
//!                  └▶ …                           ┘
//! ```
//!
//! Workers only prepare, which depends on nothing but the line; the engine sees events in their order of
//! arrival, whatever the number of threads and the size of batches. Batches go round and are filled again.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use bartizan_base::{Event, Timestamp};
use bartizan_decode::Taken;

use crate::engine::{Engine, Input};
use crate::front::Front;
use crate::report::Report;

/// Batches on their way for each worker: one is prepared while the next waits.
const BATCHES_PER_WORKER: usize = 3;

/// Lines of one source that travel together.
#[derive(Debug, Default)]
pub struct Batch {
    location: Vec<u8>,
    text: Vec<u8>,
    lines: Vec<Line>,
    events: Vec<Event>,
    taken: Vec<Taken>,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    end: usize,
    time: Timestamp,
}

impl Batch {
    /// Empties the batch and says where its lines come from.
    pub fn start(&mut self, location: &[u8]) {
        self.location.clear();
        self.location.extend_from_slice(location);
        self.text.clear();
        self.lines.clear();
        self.taken.clear();
    }

    /// Adds a line, with the second at which it counts as received.
    pub fn push(&mut self, line: &[u8], time: Timestamp) {
        self.text.extend_from_slice(line);
        self.lines.push(Line { end: self.text.len(), time });
    }

    /// Number of lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is no line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn prepare(&mut self, front: &mut Front) {
        if self.events.len() < self.lines.len() {
            self.events.resize_with(self.lines.len(), Event::default);
        }
        let mut start = 0;
        for (line, event) in self.lines.iter().zip(&mut self.events) {
            let text = self.text.get(start..line.end).unwrap_or_default();
            start = line.end;
            let input = Input { kind: b'1', location: &self.location, text, time: line.time };
            self.taken.push(front.prepare(input, event));
        }
    }
}

/// Why not everything was analysed.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// A worker ended before its work was done; what it had was not analysed.
    #[error("a worker thread ended early; the events it had were not analysed")]
    WorkerGone,
    /// The system gives no more threads; nothing was analysed.
    #[error("cannot start so many threads: {0}")]
    NoThread(#[from] std::io::Error),
}

impl Engine {
    /// Analyses everything `source` gives, on `threads` threads in all, and hands each report to `sink` in
    /// order of arrival. `source` fills a batch, which it must [`start`](Batch::start), and returns false when
    /// there is nothing more.
    ///
    /// # Errors
    ///
    /// [`PipelineError`] when a worker cannot start or ended early.
    pub fn analyse_all(
        &mut self,
        threads: usize,
        source: &mut dyn FnMut(&mut Batch) -> bool,
        sink: &mut dyn FnMut(&Engine, &Report),
    ) -> Result<(), PipelineError> {
        let workers = threads.saturating_sub(1);
        if workers == 0 {
            let mut front = self.another_front();
            let mut batch = Batch::default();
            while source(&mut batch) {
                batch.prepare(&mut front);
                self.conclude(&mut batch, sink);
            }
            return Ok(());
        }
        std::thread::scope(|scope| {
            let mut lanes = Vec::with_capacity(workers);
            for _ in 0..workers {
                let (give, work) = sync_channel(BATCHES_PER_WORKER);
                let (done, take) = sync_channel(BATCHES_PER_WORKER);
                let front = self.another_front();
                std::thread::Builder::new()
                    .spawn_scoped(scope, move || run_worker(front, &work, &done))?;
                lanes.push(Lane { give, take });
            }
            self.run_lanes(&lanes, source, sink)
        })
    }

    /// Gives batches out in turn and takes them back in the same turn: no numbers are needed to keep order.
    fn run_lanes(
        &mut self,
        lanes: &[Lane],
        source: &mut dyn FnMut(&mut Batch) -> bool,
        sink: &mut dyn FnMut(&Engine, &Report),
    ) -> Result<(), PipelineError> {
        let most = lanes.len() * BATCHES_PER_WORKER;
        let mut free: Vec<Batch> = Vec::new();
        let (mut given, mut taken, mut is_more) = (0, 0, true);
        loop {
            while is_more && given - taken < most {
                let mut batch = free.pop().unwrap_or_default();
                is_more = source(&mut batch);
                if is_more {
                    let lane = lanes.get(given % lanes.len()).ok_or(PipelineError::WorkerGone)?;
                    lane.give.send(batch).map_err(|_| PipelineError::WorkerGone)?;
                    given += 1;
                }
            }
            if taken == given {
                return Ok(());
            }
            let lane = lanes.get(taken % lanes.len()).ok_or(PipelineError::WorkerGone)?;
            let mut batch = lane.take.recv().map_err(|_| PipelineError::WorkerGone)?;
            taken += 1;
            self.conclude(&mut batch, sink);
            free.push(batch);
        }
    }

    fn conclude(&mut self, batch: &mut Batch, sink: &mut dyn FnMut(&Engine, &Report)) {
        for (taken, event) in batch.taken.iter().zip(&mut batch.events) {
            let report = self.analyse_prepared(*taken, event);
            sink(self, &report);
        }
    }
}

/// The way to a worker and back.
struct Lane {
    give: SyncSender<Batch>,
    take: Receiver<Batch>,
}

fn run_worker(mut front: Front, work: &Receiver<Batch>, done: &SyncSender<Batch>) {
    for mut batch in work {
        batch.prepare(&mut front);
        if done.send(batch).is_err() {
            return;
        }
    }
}
