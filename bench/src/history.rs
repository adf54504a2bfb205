//! Figures kept, to see where they go.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::cpu;
use crate::material::{Material, root};
use crate::report::Measured;

/// Times are CPU time but for the events a second; `more_rules_percent` is what so many more rules add to an event.
const HEADER: &str = "commit,ruleset,corpus,lines,yardstick_ns,engine_ns,engine_yardsticks,engine_warm_ns,\
    more_rules_percent,load_ms,start_ms,start_more_rules_ms,logtest_ns,logtest_kib,replay_ns,replay_kib,\
    replay_threads,replay_events_per_s,replay_threads_kib,processor";

/// Appends a row and returns the file.
pub(crate) fn record(material: &Material, measured: &Measured) -> Result<PathBuf> {
    let folder = root().join("bench/history");
    let path = folder.join("results.csv");
    let is_new = !path.exists();
    std::fs::create_dir_all(folder)?;
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    if is_new {
        writeln!(file, "{HEADER}")?;
    }
    let Measured { yardstick, engine, more_percent, program } = measured;
    let events = material.lines.len().max(1) as f64;
    let whole = program.as_ref().map_or_else(
        || ",".repeat(8),
        |p| {
            // One thread says what an event costs, all of them what the machine can do.
            let (one, all) = (p.replays.first(), p.replays.last());
            let one = one.map_or((0.0, 0), |(_, cost)| (cost.cpu / events, cost.resident_kib));
            let all = all.map_or((0, 0.0, 0), |(threads, cost)| {
                (*threads, events / cost.clock, cost.resident_kib)
            });
            format!(
                "{:.1},{:.1},{:.0},{},{:.0},{},{},{:.0},{}",
                p.start.cpu * 1e3,
                p.start_with_more.cpu * 1e3,
                p.logtest.cpu / events * 1e9,
                p.logtest.resident_kib,
                one.0 * 1e9,
                one.1,
                all.0,
                all.1,
                all.2
            )
        },
    );
    writeln!(
        file,
        "{},{},{},{},{:.1},{:.1},{:.2},{:.1},{more_percent:.1},{:.1},{whole},{}",
        commit(),
        material.name,
        material.corpus,
        material.lines.len(),
        yardstick * 1e9,
        engine.seconds * 1e9,
        engine.seconds / yardstick,
        engine.warm * 1e9,
        engine.load * 1e3,
        cpu::model().replace(',', " ")
    )?;
    Ok(path)
}

/// The commit of the checkout, marked when it was changed since.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(root()).args(arguments).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let name = git(&["rev-parse", "--short=10", "HEAD"]).unwrap_or_default();
    // The history itself changes while it is written.
    let changes = git(&["status", "--porcelain", "--", ".", ":!bench/history"]);
    if changes.is_some_and(|text| !text.is_empty()) { format!("{name}+") } else { name }
}
