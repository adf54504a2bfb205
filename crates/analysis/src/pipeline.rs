//! Many lines on many threads, the same answers as on one.
//!
//! ```text
//! source ─▶ Batch ─┬▶ worker: prepare each event ─┐
//!                  ├▶ worker: prepare each event ─┼▶ batches taken in the order given out ─▶ Engine ─▶ sink
//!                  └▶ this thread, when it would wait ┘
//! ```
//!
//! To prepare an event depends on nothing but the line, so any thread may; the engine sees events in their order of
//! arrival, whatever the number of threads and the size of batches. Batches go round and are filled again.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

use bartizan_base::{Event, Timestamp};
use bartizan_decode::Taken;

use crate::engine::{Engine, Input};
use crate::front::Front;
use crate::plan::{PlanList, Walk};
use crate::report::Report;

/// Batches on their way for each worker: one is prepared while the next waits.
const BATCHES_PER_WORKER: usize = 3;

/// Lines that travel together.
#[derive(Debug, Default)]
pub struct Batch {
    /// Where lines come from, one after the other.
    locations: Vec<u8>,
    /// Where the next lines come from, in `locations`.
    location: Range<usize>,
    text: Vec<u8>,
    lines: Vec<Line>,
    events: Vec<Event>,
    walks: Vec<Walk>,
    taken: Vec<Taken>,
    /// The plans that the walks are in.
    plans: Option<PlanList>,
}

#[derive(Clone, Debug)]
struct Line {
    /// Type byte of its message (decoding 2.2).
    kind: u8,
    location: Range<usize>,
    /// Where its text ends.
    end: usize,
    time: Timestamp,
}

impl Batch {
    /// Empties the batch.
    pub fn start(&mut self) {
        self.locations.clear();
        self.location = 0..0;
        self.text.clear();
        self.lines.clear();
        self.taken.clear();
    }

    /// Says where the lines come from that follow.
    pub fn place(&mut self, location: &[u8]) {
        if self.locations.get(self.location.clone()) != Some(location) {
            let start = self.locations.len();
            self.locations.extend_from_slice(location);
            self.location = start..self.locations.len();
        }
    }

    /// Adds a line, with the type of its message and the second at which it counts as received.
    pub fn push(&mut self, kind: u8, line: &[u8], time: Timestamp) {
        self.text.extend_from_slice(line);
        let location = self.location.clone();
        self.lines.push(Line { kind, location, end: self.text.len(), time });
    }

    /// Bytes of all lines.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
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
            self.walks.resize_with(self.lines.len(), Walk::default);
        }
        front.make_room();
        let mut start = 0;
        let room = self.events.iter_mut().zip(&mut self.walks);
        for (line, (event, walk)) in self.lines.iter().zip(room) {
            let text = self.text.get(start..line.end).unwrap_or_default();
            start = line.end;
            let location = self.locations.get(line.location.clone()).unwrap_or_default();
            let input = Input { kind: line.kind, location, text, time: line.time };
            self.taken.push(front.prepare(input, event, walk));
        }
        self.plans = front.plans().cloned();
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
        sink: &mut dyn FnMut(&Self, &Report),
    ) -> Result<(), PipelineError> {
        let workers = threads.saturating_sub(1);
        if workers == 0 {
            let mut batch = self.batches.pop().unwrap_or_default();
            while source(&mut batch) {
                batch.prepare(self.front());
                self.conclude(&mut batch, sink);
            }
            self.batches.push(batch);
            return Ok(());
        }
        let mut fronts = self.take_workers(workers);
        let result = std::thread::scope(|scope| {
            let mut lanes = Vec::with_capacity(workers);
            for front in fronts.iter_mut().take(workers) {
                let (give, work) = sync_channel(BATCHES_PER_WORKER);
                let (done, take) = sync_channel(BATCHES_PER_WORKER);
                std::thread::Builder::new()
                    .spawn_scoped(scope, move || run_worker(front, &work, &done))?;
                lanes.push(Lane { give, take, away: 0 });
            }
            let (places, free) = (VecDeque::new(), std::mem::take(&mut self.batches));
            Course { lanes, source, is_ended: false, places, free }.run(self, sink)
        });
        self.keep_workers(fronts);
        result
    }

    fn conclude(&mut self, batch: &mut Batch, sink: &mut dyn FnMut(&Self, &Report)) {
        let Batch { taken, events, walks, plans, .. } = batch;
        for ((taken, event), walk) in taken.iter().zip(events).zip(walks) {
            let report = self.analyse_prepared(*taken, event, walk, plans.as_ref());
            sink(self, &report);
        }
        batch.plans = None;
    }
}

/// The way to a worker and back.
struct Lane {
    give: SyncSender<Batch>,
    take: Receiver<Batch>,
    /// Batches given and not taken back.
    away: usize,
}

fn run_worker(front: &mut Front, work: &Receiver<Batch>, done: &SyncSender<Batch>) {
    for mut batch in work {
        batch.prepare(front);
        if done.send(batch).is_err() {
            return;
        }
    }
}

/// Where a batch is that was not concluded yet.
enum Place {
    /// With the worker of this number.
    Away(usize),
    /// Prepared.
    Here(Batch),
}

/// Batches on their way.
struct Course<'a> {
    lanes: Vec<Lane>,
    source: &'a mut dyn FnMut(&mut Batch) -> bool,
    is_ended: bool,
    /// Oldest first.
    places: VecDeque<Place>,
    free: Vec<Batch>,
}

impl Course<'_> {
    fn run(
        mut self,
        engine: &mut Engine,
        sink: &mut dyn FnMut(&Engine, &Report),
    ) -> Result<(), PipelineError> {
        loop {
            self.give_out()?;
            let mut batch = match self.places.pop_front() {
                None => {
                    engine.batches = self.free;
                    return Ok(());
                }
                Some(Place::Here(batch)) => batch,
                Some(Place::Away(number)) => match self.take_back(number)? {
                    Some(batch) => batch,
                    None => {
                        self.places.push_front(Place::Away(number));
                        if let Some(mut batch) = self.next() {
                            batch.prepare(engine.front());
                            self.places.push_back(Place::Here(batch));
                        }
                        continue;
                    }
                },
            };
            engine.conclude(&mut batch, sink);
            self.free.push(batch);
        }
    }

    /// The next batch from the source.
    fn next(&mut self) -> Option<Batch> {
        if self.is_ended {
            return None;
        }
        let mut batch = self.free.pop().unwrap_or_default();
        self.is_ended = !(self.source)(&mut batch);
        if self.is_ended {
            self.free.push(batch);
            return None;
        }
        Some(batch)
    }

    /// Gives every worker as much as it can hold.
    fn give_out(&mut self) -> Result<(), PipelineError> {
        for turn in 0..self.lanes.len() * BATCHES_PER_WORKER {
            let number = turn % self.lanes.len();
            if self.lanes.get(number).is_none_or(|lane| lane.away >= BATCHES_PER_WORKER) {
                continue;
            }
            let Some(batch) = self.next() else { return Ok(()) };
            let lane = self.lanes.get_mut(number).ok_or(PipelineError::WorkerGone)?;
            lane.give.send(batch).map_err(|_| PipelineError::WorkerGone)?;
            lane.away += 1;
            self.places.push_back(Place::Away(number));
        }
        Ok(())
    }

    /// The oldest batch of a worker. `None` if it is not ready and there is something better to do than wait: to
    /// prepare one here.
    fn take_back(&mut self, number: usize) -> Result<Option<Batch>, PipelineError> {
        let has_work =
            !self.is_ended && self.places.len() < self.lanes.len() * BATCHES_PER_WORKER * 2;
        let lane = self.lanes.get_mut(number).ok_or(PipelineError::WorkerGone)?;
        let batch = match lane.take.try_recv() {
            Ok(batch) => batch,
            Err(TryRecvError::Empty) if has_work => return Ok(None),
            Err(_) => lane.take.recv().map_err(|_| PipelineError::WorkerGone)?,
        };
        lane.away -= 1;
        Ok(Some(batch))
    }
}

#[cfg(test)]
mod tests;
