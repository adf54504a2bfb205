//! Options of ours: how long daily files are kept. OSSEC keeps all; see `memory` for where ours belong.
//!
//! Wazuh's `monitord.keep_log_days` is about the program's own log, and 31 in the file that it ships: whoever comes
//! from there must not lose his alerts by it.

use super::{InternalOption, InternalOptions, key};

/// Days that alerts, archives and firewall logs are kept.
pub static KEEP_DAYS: InternalOption = InternalOption {
    key: "bartizan.keep_days",
    also: None,
    range: 0..=36_500,
    default: 0,
    default_2_8: None,
    help: "Days that files of alerts, archives and firewalls are kept; 0 keeps all",
};
/// How much of them is kept, in MiB.
pub static KEEP_MIB: InternalOption = InternalOption {
    key: "bartizan.keep_mib",
    also: None,
    range: 0..=1_000_000_000,
    default: 0,
    default_2_8: None,
    help: "MiB of such files together above which the oldest are deleted; 0 keeps all",
};

/// What is to be done with the daily files of ended days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// Seconds after midnight before anything is done.
    pub wait: u64,
    /// Whether they are compressed.
    pub compress: bool,
    /// Days that they are kept; 0 keeps all.
    pub days: u32,
    /// Bytes that are kept of all together; 0 keeps all.
    pub bytes: u64,
}

impl InternalOptions {
    /// What is to be done with the daily files of ended days.
    #[must_use]
    pub fn keeping(&self) -> Keeping {
        Keeping {
            wait: self.get(&key::DAY_WAIT).into(),
            compress: self.get(&key::MONITORD_COMPRESS) == 1,
            days: self.get(&KEEP_DAYS),
            bytes: u64::from(self.get(&KEEP_MIB)) << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_means_that_files_are_compressed_and_all_are_kept() {
        let expected = Keeping { wait: 10, compress: true, days: 0, bytes: 0 };
        assert_eq!(InternalOptions::default().keeping(), expected);
        let mut options = InternalOptions::default();
        assert!(options.set(&key::MONITORD_COMPRESS, 0) && options.set(&KEEP_MIB, 5_000));
        let keeping = options.keeping();
        assert_eq!((keeping.compress, keeping.bytes), (false, 5_000 << 20));
    }
}
