//! What became of everything that was received.

use std::fmt;
use std::ops::AddAssign;

/// Why an event was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Memory and disk hold as much as they may.
    Full,
    /// It could not be written to the disk.
    Unwritten,
    /// What was written to the disk could not be read again.
    Damaged,
    /// The kernel dropped it: its buffer of the socket was full. Such a datagram was never received.
    Kernel,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "too many are waiting",
            Self::Unwritten => "the spool cannot be written",
            Self::Damaged => "the spool is damaged",
            Self::Kernel => "the receive buffer was full",
        })
    }
}

/// What a listener received, and what became of it.
///
/// A datagram counts once. Of a stream each message counts once, and so does a connection that was refused for its
/// sender, and a place where a stream made no sense.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Everything that was received, or was found in the spool of an earlier run.
    pub received: u64,
    /// Events given to whoever asked for them.
    pub handed_on: u64,
    /// Events that wait in memory.
    pub queued: u64,
    /// Events that wait on the disk.
    pub spooled: u64,
    /// Datagrams and connections of senders that may not send.
    pub denied: u64,
    /// Empty datagrams; counts and handshakes that are wrong.
    pub malformed: u64,
    /// Events dropped because too many were waiting.
    pub dropped_full: u64,
    /// Events dropped because the disk did not take them.
    pub dropped_unwritten: u64,
    /// Events dropped because the disk did not give them back.
    pub dropped_damaged: u64,

    /// Datagrams that the kernel dropped, and that are in no other number.
    pub lost_in_kernel: u64,
    /// Events that were cut.
    pub cut: u64,
    /// Events whose stream ended in them.
    pub incomplete: u64,
    /// Events with a priority that means nothing.
    pub odd: u64,
    /// Events written in another form than that of RFC 5424.
    pub converted: u64,
    /// Connections that were accepted.
    pub connections: u64,
    /// Connections closed because they were silent and others came, or for too long.
    pub closed_idle: u64,
    /// Connections closed at once because there were too many.
    pub refused: u64,
}

impl Counts {
    /// Events that were dropped, for whatever reason.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped_full + self.dropped_unwritten + self.dropped_damaged
    }

    /// Whether it is known of everything received what became of it.
    #[must_use]
    pub fn is_conserved(&self) -> bool {
        let known = self.handed_on + self.queued + self.spooled + self.denied + self.malformed;
        self.received == known + self.dropped()
    }

    pub(crate) fn drop(&mut self, loss: Loss, count: u64) {
        match loss {
            Loss::Full => self.dropped_full += count,
            Loss::Unwritten => self.dropped_unwritten += count,
            Loss::Damaged => self.dropped_damaged += count,
            Loss::Kernel => self.lost_in_kernel += count,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.received += other.received;
        self.handed_on += other.handed_on;
        self.queued += other.queued;
        self.spooled += other.spooled;
        self.denied += other.denied;
        self.malformed += other.malformed;
        self.dropped_full += other.dropped_full;
        self.dropped_unwritten += other.dropped_unwritten;
        self.dropped_damaged += other.dropped_damaged;
        self.lost_in_kernel += other.lost_in_kernel;
        self.cut += other.cut;
        self.incomplete += other.incomplete;
        self.odd += other.odd;
        self.converted += other.converted;
        self.connections += other.connections;
        self.closed_idle += other.closed_idle;
        self.refused += other.refused;
    }
}
