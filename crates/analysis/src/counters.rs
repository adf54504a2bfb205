//! What limits of memory have cost: zero all, where nobody sends too much.

/// Counts since the engine was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Plans of rule walks that were dropped, to be made anew.
    pub plans_dropped: u64,
    /// Events walked without a plan: messages of integrity checks.
    pub unplanned: u64,
    /// Remembered events that left: composite rules no longer see them.
    pub history_evicted: u64,
    /// Keys of `if_fts` that left: they will be new again.
    pub first_seen_evicted: u64,
    /// Lines that left the ignore list: they are ignored no longer.
    pub ignore_evicted: u64,
    /// Entries of accumulating decoders that left before their time.
    pub accumulator_evicted: u64,
}

impl Counters {
    /// Those that tell of something lost, with what they count, zero or not.
    #[must_use]
    pub fn losses(&self) -> [(u64, &'static str); 5] {
        [
            (self.plans_dropped, "plans dropped"),
            (self.history_evicted, "events forgotten"),
            (self.first_seen_evicted, "first-seen keys forgotten"),
            (self.ignore_evicted, "ignored lines forgotten"),
            (self.accumulator_evicted, "accumulated entries forgotten"),
        ]
    }
}
