//! Options of ours: when the silence of a source of logs means something; see `memory` for where ours belong.

use std::time::Duration;

use super::{InternalOption, InternalOptions};

const fn option(
    key: &'static str,
    range: std::ops::RangeInclusive<u32>,
    default: u32,
    help: &'static str,
) -> InternalOption {
    InternalOption { key, also: None, range, default, default_2_8: None, help }
}

/// Whether it is told at all.
pub static SILENCE: InternalOption =
    option("bartizan.silence", 0..=1, 1, "1 tells of sources that went silent, 0 does not");
/// [`Tolerance::least`]
pub static SILENCE_LEAST: InternalOption = option(
    "bartizan.silence_least",
    60..=2_592_000,
    3_600,
    "Seconds of silence that are never told",
);
/// [`Tolerance::learning`]
pub static SILENCE_LEARNING: InternalOption = option(
    "bartizan.silence_learning",
    0..=2_592_000,
    86_400,
    "Seconds that a source must be known before its silence is told",
);
/// [`Tolerance::gaps`]
pub static SILENCE_GAPS: InternalOption = option(
    "bartizan.silence_gaps",
    12..=100_000,
    48,
    "Gaps between lines of a source that must be known before its silence is told",
);
/// [`Tolerance::factor`]
pub static SILENCE_FACTOR: InternalOption = option(
    "bartizan.silence_factor",
    1..=1_000,
    8,
    "Mean deviations above the mean gap from which on silence is told",
);

/// When the silence of a source is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Whether it is told at all.
    pub is_on: bool,
    /// Silence shorter than this is never told.
    pub least: Duration,
    /// So long a source must be known.
    pub learning: Duration,
    /// So many gaps must be known.
    pub gaps: u32,
    /// How many mean deviations above the mean are far.
    pub factor: f64,
}

impl InternalOptions {
    /// When the silence of a source is told.
    #[must_use]
    pub fn tolerance(&self) -> Tolerance {
        let seconds = |option| Duration::from_secs(self.get(option).into());
        Tolerance {
            is_on: self.get(&SILENCE) != 0,
            least: seconds(&SILENCE_LEAST),
            learning: seconds(&SILENCE_LEARNING),
            gaps: self.get(&SILENCE_GAPS),
            factor: self.get(&SILENCE_FACTOR).into(),
        }
    }
}
