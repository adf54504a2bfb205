//! Where every message goes: into memory, onto the disk, or away.
//!
//! ```text
//! datagram ─┬─ room, and nothing waits on the disk ─▶ memory
//!           ├─ else ─▶ disk
//!           └─ else dropped: the newest goes, and it is counted and told
//! stream   ─── memory: nobody reads it unless there is room
//! ```
//!
//! Datagrams stay in order: while some wait on the disk, all go there. What comes back from there and streams have half
//! of the memory each then, so that neither waits for the end of the other.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::counts::{Counts, Loss};
use crate::notice::Notice;
use crate::queue::{BLOCK_BYTES, Block, Shared};
use crate::record::Record;
use crate::spool::Spool;
use crate::strangers::{Deed, Strangers};

/// How often losses are told.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// Blocks of events that come back from the disk in a turn, at most.
const REFILLS: usize = 4;

/// The way in for all listeners.
#[derive(Debug)]
pub(crate) struct Intake {
    blocks: VecDeque<Block>,
    /// Empty ones.
    spare: Vec<Block>,
    notices: VecDeque<(u16, Notice)>,
    /// Bytes that memory still takes.
    room: usize,
    /// Those of them that streams may use, and what comes back from the disk.
    stream_room: usize,
    disk_room: usize,
    queue_bytes: usize,
    spool: Option<Spool>,
    /// Events that came since the disk was written last go there, too.
    spools: bool,
    /// The disk did not take the last ones, which was told.
    is_spool_broken: bool,
    /// The end has come: what was sent is kept where there is place.
    is_last: bool,
    ledgers: Vec<Ledger>,
    counts: Vec<Counts>,
}

/// What is to be told about one listener.
#[derive(Debug, Default)]
struct Ledger {
    strangers: Strangers,
    losses: Vec<LossRow>,
}

#[derive(Debug)]
struct LossRow {
    loss: Loss,
    /// Not told yet.
    count: u64,
    told: Option<Instant>,
}

impl Intake {
    /// For so many listeners. One more stands for what earlier runs left on the disk.
    pub(crate) fn new(listeners: usize, queue_bytes: usize, spool: Option<Spool>) -> Self {
        let rows = listeners + 1;
        Self {
            blocks: VecDeque::new(),
            spare: Vec::new(),
            notices: VecDeque::new(),
            room: queue_bytes,
            stream_room: queue_bytes,
            disk_room: queue_bytes / 2,
            queue_bytes,
            spool,
            spools: false,
            is_spool_broken: false,
            is_last: false,
            ledgers: (0..rows).map(|_| Ledger::default()).collect(),
            counts: vec![Counts::default(); rows],
        }
    }

    /// The listener that stands for earlier runs.
    pub(crate) fn earlier(&self) -> u16 {
        u16::try_from(self.counts.len().saturating_sub(1)).unwrap_or(u16::MAX)
    }

    /// Whether more of a stream may be read.
    pub(crate) fn has_room(&self) -> bool {
        self.stream_room > 0 || self.is_last && self.spool.is_some()
    }

    /// From now on nobody makes room, so streams use the disk, too.
    pub(crate) fn begin_last(&mut self) {
        self.is_last = true;
    }

    pub(crate) fn counts(&mut self, listener: u16) -> &mut Counts {
        let last = self.counts.len().saturating_sub(1);
        // There is a row for every listener.
        &mut self.counts[usize::from(listener).min(last)]
    }

    pub(crate) fn tell(&mut self, listener: u16, notice: Notice) {
        self.notices.push_back((listener, notice));
    }

    /// Takes an event of a datagram.
    pub(crate) fn datagram(&mut self, record: &Record<'_>) {
        self.count(record);
        let is_first = self.spool.is_none() || !self.spools;
        if is_first && record.size() <= self.room {
            self.queue(record);
            return;
        }
        let is_kept = self.spool.as_mut().is_some_and(|spool| spool.append(record).is_ok());
        if is_kept {
            self.spools = true;
        } else {
            self.lose(record.listener, Loss::Full, 1);
        }
    }

    /// Takes an event of a stream.
    pub(crate) fn stream(&mut self, record: &Record<'_>) {
        if self.is_last {
            self.datagram(record);
            return;
        }
        self.count(record);
        self.queue(record);
    }

    /// Notes what a sender did and should not have.
    pub(crate) fn blame(
        &mut self,
        listener: u16,
        deed: Deed,
        sender: IpAddr,
        why: &dyn Fn() -> String,
        now: Instant,
    ) {
        let counts = self.counts(listener);
        match deed {
            Deed::Denied => {
                counts.received += 1;
                counts.denied += 1;
            }
            Deed::Malformed => {
                counts.received += 1;
                counts.malformed += 1;
            }
            Deed::Refused => counts.refused += 1,
        }
        let Some(ledger) = self.ledgers.get_mut(usize::from(listener)) else { return };
        if let Some(notice) = ledger.strangers.note(deed, sender, why, now) {
            self.tell(listener, notice);
        }
    }

    /// Notes that events were lost. It is told with the next [`Intake::publish`].
    pub(crate) fn lose(&mut self, listener: u16, loss: Loss, count: u64) {
        if count == 0 {
            return;
        }
        self.counts(listener).drop(loss, count);
        let Some(ledger) = self.ledgers.get_mut(usize::from(listener)) else { return };
        match ledger.losses.iter_mut().find(|row| row.loss == loss) {
            Some(row) => row.count += count,
            None => ledger.losses.push(LossRow { loss, count, told: None }),
        }
    }

    /// Begins a turn: finds out how much room there is, and whether the end has come.
    pub(crate) fn begin(&mut self, shared: &Shared) -> bool {
        shared.thread.silence();
        let (waiting, committed, is_stopping) = {
            let mut state = shared.state();
            if self.spare.is_empty() {
                state.take_spare(&mut self.spare);
            }
            (state.waiting(), state.committed.take(), state.is_stopping)
        };
        let half = self.queue_bytes / 2;
        self.room = self.queue_bytes.saturating_sub(waiting.fresh + waiting.from_disk);
        self.disk_room = half.saturating_sub(waiting.from_disk).min(self.room);
        if let (Some(mark), Some(spool)) = (committed, &mut self.spool) {
            spool.commit(mark);
        }
        self.refill();
        self.stream_room = self.room;
        if self.spools {
            self.stream_room = half.saturating_sub(waiting.fresh).min(self.room);
        }
        is_stopping
    }

    /// Ends a turn: writes to the disk what belongs there, and hands on the rest.
    pub(crate) fn publish(&mut self, shared: &Shared, now: Instant, is_last: bool) {
        self.flush();
        self.tell_losses(now, is_last);
        let wants_room = !self.has_room() || self.spools;
        shared.publish(&mut self.blocks, &mut self.notices, &self.counts, wants_room);
    }

    /// The spool, when everything else is done with.
    pub(crate) fn into_spool(self) -> Option<Spool> {
        self.spool
    }

    fn count(&mut self, record: &Record<'_>) {
        let counts = self.counts(record.listener);
        counts.received += 1;
        counts.cut += u64::from(record.event.is_cut);
        counts.incomplete += u64::from(record.event.is_incomplete);
    }

    fn queue(&mut self, record: &Record<'_>) {
        let size = record.size();
        let has_space =
            |block: &Block| block.mark.is_none() && block.bytes.len() + size <= BLOCK_BYTES;
        if !self.blocks.back().is_some_and(has_space) {
            self.blocks.push_back(self.spare.pop().unwrap_or_default());
        }
        if let Some(block) = self.blocks.back_mut() {
            record.append_to(&mut block.bytes);
        }
        self.room = self.room.saturating_sub(size);
        self.stream_room = self.stream_room.saturating_sub(size);
        self.counts(record.listener).queued += 1;
    }

    fn flush(&mut self) {
        let Some(spool) = &mut self.spool else { return };
        match spool.flush(self.counts.len()) {
            Ok(written) => {
                self.is_spool_broken &= written.iter().all(|&count| count == 0);
                for (counts, written) in self.counts.iter_mut().zip(written) {
                    counts.spooled += written;
                }
            }
            Err((unwritten, error)) => {
                for (listener, count) in (0..).zip(unwritten) {
                    self.lose(listener, Loss::Unwritten, count);
                }
                if !std::mem::replace(&mut self.is_spool_broken, true) {
                    let earlier = self.earlier();
                    self.tell(earlier, Notice::NoSpool(error));
                }
            }
        }
    }

    /// Takes events from the disk back into memory.
    fn refill(&mut self) {
        let earlier = self.earlier();
        for _ in 0..REFILLS {
            let Some(spool) = &mut self.spool else { return };
            if self.disk_room == 0 {
                return;
            }
            let mut block = self.spare.pop().unwrap_or_default();
            let Some(reading) = spool.read(&mut block.bytes, earlier) else {
                self.spare.push(block);
                self.spools = false;
                return;
            };
            self.spools = true;
            self.room = self.room.saturating_sub(block.bytes.len());
            self.disk_room = self.disk_room.saturating_sub(block.bytes.len());
            block.mark = Some(reading.mark);
            self.blocks.push_back(block);
            for (counts, read) in self.counts.iter_mut().zip(&reading.read) {
                counts.spooled -= read;
                counts.queued += read;
            }
            let counts = self.counts(earlier);
            counts.received += reading.earlier + reading.damaged_earlier;
            counts.queued += reading.earlier;
            self.lose(earlier, Loss::Damaged, reading.damaged_earlier);
            for (listener, count) in (0..).zip(reading.damaged) {
                self.counts(listener).spooled -= count;
                self.lose(listener, Loss::Damaged, count);
            }
        }
    }

    fn tell_losses(&mut self, now: Instant, is_last: bool) {
        for (listener, ledger) in (0..).zip(&mut self.ledgers) {
            let notices = &mut self.notices;
            ledger.strangers.tell(now, is_last, |notice| notices.push_back((listener, notice)));
            for row in &mut ledger.losses {
                let is_due = |told| now.saturating_duration_since(told) >= TELL_EVERY;
                if row.count > 0 && (is_last || row.told.is_none_or(is_due)) {
                    row.told = Some(now);
                    let count = std::mem::take(&mut row.count);
                    notices.push_back((listener, Notice::Lost { count, loss: row.loss }));
                }
            }
        }
    }
}
