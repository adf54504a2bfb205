//! Options of ours: how much is remembered from event to event. OSSEC does not know them and refuses to start
//! when it finds them in its file, so they belong in `local_internal_options.conf` of installations that we run.

use std::ops::RangeInclusive;

use bartizan_base::limits::MemoryLimits;

use super::{InternalOption, InternalOptions};

const fn option(
    key: &'static str,
    range: RangeInclusive<u32>,
    default: u32,
    help: &'static str,
) -> InternalOption {
    InternalOption { key, also: None, range, default, default_2_8: None, help }
}

/// [`MemoryLimits::history_events`]
pub static HISTORY_EVENTS: InternalOption = option(
    "bartizan.history_events",
    2_048..=4_000_000,
    16_384,
    "Events that rules can count; memory_size of ossec.conf counts where it is more",
);
/// [`MemoryLimits::history_bytes`], in MiB
pub static HISTORY_MIB: InternalOption =
    option("bartizan.history_mib", 1..=2_048, 16, "Text of those events, in MiB");
/// [`MemoryLimits::first_seen_keys`]
pub static FIRST_SEEN_KEYS: InternalOption = option(
    "bartizan.first_seen_keys",
    1_000..=100_000_000,
    900_000,
    "Keys known for the first time seen; each takes about ten bytes",
);
/// [`MemoryLimits::ignored_lines`]
pub static IGNORED_LINES: InternalOption = option(
    "bartizan.ignored_lines",
    1_000..=100_000_000,
    900_000,
    "Lines of the ignore list that are known; each takes about ten bytes",
);
/// [`MemoryLimits::accumulated_ids`]
pub static ACCUMULATED_IDS: InternalOption = option(
    "bartizan.accumulated_ids",
    100..=1_000_000,
    16_384,
    "Ids whose fields are taken over from earlier events; each takes up to a KiB",
);
/// [`MemoryLimits::plan_bytes`], in MiB
pub static PLAN_MIB: InternalOption = option(
    "bartizan.plan_mib",
    0..=4_096,
    0,
    "Plans of rule walks, by each thread, in MiB; 0 is what suits the rules",
);
/// [`MemoryLimits::program_names`]
pub static PROGRAM_NAMES: InternalOption = option(
    "bartizan.program_names",
    16..=1_000_000,
    8_192,
    "Program names whose answers are kept, by each thread; each takes about 150 bytes",
);
/// [`MemoryLimits::kept_outputs`]
pub static KEPT_OUTPUTS: InternalOption = option(
    "bartizan.kept_outputs",
    16..=1_000_000,
    65_536,
    "Outputs of commands that replay and logtest compare the next ones with",
);
/// [`MemoryLimits::kept_output_bytes`], in MiB
pub static KEPT_OUTPUTS_MIB: InternalOption =
    option("bartizan.kept_outputs_mib", 1..=2_048, 16, "Those outputs, in MiB");
/// [`MemoryLimits::database_bytes`], in MiB
pub static DATABASES_MIB: InternalOption = option(
    "bartizan.databases_mib",
    1..=4_096,
    64,
    "Integrity databases of replay and logtest, in MiB",
);

impl InternalOptions {
    /// The limits of what is remembered.
    #[must_use]
    pub fn memory(&self) -> MemoryLimits {
        let number = |option| self.get(option) as usize;
        let mib = |option| number(option) << 20;
        MemoryLimits {
            history_events: number(&HISTORY_EVENTS),
            history_bytes: mib(&HISTORY_MIB),
            first_seen_keys: number(&FIRST_SEEN_KEYS),
            ignored_lines: number(&IGNORED_LINES),
            accumulated_ids: number(&ACCUMULATED_IDS),
            plan_bytes: mib(&PLAN_MIB),
            program_names: number(&PROGRAM_NAMES),
            kept_outputs: number(&KEPT_OUTPUTS),
            kept_output_bytes: mib(&KEPT_OUTPUTS_MIB),
            database_bytes: mib(&DATABASES_MIB),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_means_the_limits_that_hold_without_a_file() {
        assert_eq!(InternalOptions::default().memory(), MemoryLimits::default());
    }

    #[test]
    fn mebibytes_are_bytes_to_the_engine() {
        let mut options = InternalOptions::default();
        assert!(options.set(&HISTORY_MIB, 3) && options.set(&HISTORY_EVENTS, 5_000));
        let memory = options.memory();
        assert_eq!((memory.history_bytes, memory.history_events), (3 << 20, 5_000));
    }
}
