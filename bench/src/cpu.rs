//! Time the processor spent, and which processor it is.

use std::fs;

use anyhow::Result;
use nix::time::{ClockId, clock_gettime};

/// Runs `work` and returns what it returned and the CPU seconds this thread spent.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> Result<(T, f64)> {
    let now = || -> Result<f64> {
        let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?;
        Ok(time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9)
    };
    let before = now()?;
    let result = work();
    Ok((result, now()? - before))
}

/// The processor, how many of it, and how busy they are with other things.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?");
    format!("{}, {cores} cores, load {load}", model())
}

/// The name of the processor.
pub(crate) fn model() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let name = line.trim_start_matches([' ', '\t', ':']);
    if name.is_empty() { "unknown processor".to_owned() } else { name.to_owned() }
}
