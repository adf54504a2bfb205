//! What the thread that receives and whoever analyses have in common: events that wait, and an alarm each.
//!
//! ```text
//! thread ─ publish ─▶ blocks of events, notices, counts ─▶ take ─ daemon
//!        ◀─ alarm ─ room again, commit, stop       alarm ─▶
//! ```
//!
//! Blocks are passed on whole, so the lock is held for moments only. How much waits is bounded by the thread, which
//! asks for the room there is before it receives.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::counts::Counts;
use crate::notice::Notice;
use crate::spool::Mark;

/// Bytes of events that travel together.
pub(crate) const BLOCK_BYTES: usize = 256 << 10;
/// Empty blocks that are kept for later.
const SPARE_BLOCKS: usize = 8;
/// Notices that wait at most; the numbers in [`Counts`] tell about what later ones would.
const NOTICES: usize = 1_000;

/// Events that travel together.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Records.
    pub(crate) bytes: Vec<u8>,
    /// If they come from the disk: how far it is read with them.
    pub(crate) mark: Option<Mark>,
}

/// Bytes of events that wait.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Waiting {
    /// Those that came straight from the network.
    pub(crate) fresh: usize,
    /// Those that came back from the disk.
    pub(crate) from_disk: usize,
}

impl Waiting {
    fn of(&mut self, block: &Block) -> &mut usize {
        if block.mark.is_some() { &mut self.from_disk } else { &mut self.fresh }
    }
}

/// The common part.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    /// Rings for the daemon.
    pub(crate) daemon: Alarm,
    /// Rings for the thread.
    pub(crate) thread: Alarm,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    blocks: VecDeque<Block>,
    spare: Vec<Block>,
    waiting: Waiting,
    pub(crate) notices: VecDeque<(u16, Notice)>,
    /// By listener, as the thread last told; `queued` is everything that ever was.
    counts: Vec<Counts>,
    /// By listener.
    handed_on: Vec<u64>,
    /// How far of what came from the disk is done with.
    pub(crate) committed: Option<Mark>,
    pub(crate) is_stopping: bool,
    /// The thread wants to know when there is room.
    wants_room: bool,
}

impl Shared {
    pub(crate) fn new(listeners: usize) -> io::Result<Self> {
        let state = State {
            counts: vec![Counts::default(); listeners],
            handed_on: vec![0; listeners],
            ..State::default()
        };
        Ok(Self { state: Mutex::new(state), daemon: Alarm::new()?, thread: Alarm::new()? })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock can leave it half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands everything in `blocks` and `notices` over.
    pub(crate) fn publish(
        &self,
        blocks: &mut VecDeque<Block>,
        notices: &mut VecDeque<(u16, Notice)>,
        counts: &[Counts],
        wants_room: bool,
    ) {
        let is_news = !blocks.is_empty() || !notices.is_empty();
        {
            let mut state = self.state();
            for block in blocks.iter() {
                *state.waiting.of(block) += block.bytes.len();
            }
            state.blocks.append(blocks);
            let room = NOTICES.saturating_sub(state.notices.len()).min(notices.len());
            state.notices.extend(notices.drain(..room));
            notices.clear();
            state.counts.clear();
            state.counts.extend_from_slice(counts);
            state.wants_room = wants_room;
        }
        if is_news {
            self.daemon.ring();
        }
    }
}

impl State {
    pub(crate) fn waiting(&self) -> Waiting {
        self.waiting
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.notices.is_empty()
    }

    /// Moves empty blocks to where they are filled.
    pub(crate) fn take_spare(&mut self, to: &mut Vec<Block>) {
        to.append(&mut self.spare);
    }

    /// Takes the oldest block; the second value tells whether the thread waits for that.
    pub(crate) fn take(&mut self) -> Option<(Block, bool)> {
        let block = self.blocks.pop_front()?;
        *self.waiting.of(&block) -= block.bytes.len();
        Some((block, std::mem::take(&mut self.wants_room)))
    }

    /// Notes that the events of a block were handed on, and keeps its memory for later.
    pub(crate) fn give_back(&mut self, mut block: Block, handed_on: &mut [u64]) {
        for (sum, count) in self.handed_on.iter_mut().zip(handed_on) {
            *sum += std::mem::take(count);
        }
        if self.spare.len() < SPARE_BLOCKS && block.bytes.capacity() <= 2 * BLOCK_BYTES {
            block.bytes.clear();
            block.mark = None;
            self.spare.push(block);
        }
    }

    /// What became of everything, by listener.
    pub(crate) fn counts(&self) -> impl Iterator<Item = Counts> + '_ {
        self.counts.iter().zip(&self.handed_on).map(|(counts, &handed_on)| Counts {
            handed_on,
            queued: counts.queued.saturating_sub(handed_on),
            ..*counts
        })
    }
}

/// A descriptor that can be read from when it rang.
#[derive(Debug)]
pub(crate) struct Alarm(pub(crate) EventFd);

impl Alarm {
    fn new() -> io::Result<Self> {
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        Ok(Self(EventFd::from_flags(flags)?))
    }

    pub(crate) fn ring(&self) {
        // It fails only if it rang 2^64 times without being heard.
        let _ = self.0.write(1);
    }

    pub(crate) fn silence(&self) {
        // It fails if it did not ring.
        let _ = self.0.read();
    }
}
