//! Figures kept, to see where they go.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::material::{Material, root};
use crate::{cpu, engine, program};

const HEADER: &str = "commit,ruleset,corpus,lines,yardstick_ns,engine_ns,engine_yardsticks,load_ms,process_ns,start_ms,resident_kib,replay_ns,replay_events_per_s,processor";

/// Appends a row and returns the file.
pub(crate) fn record(
    material: &Material,
    yardstick: f64,
    engine: &engine::Figures,
    program: Option<&program::Figures>,
) -> Result<PathBuf> {
    let path = root().join("bench/history/results.csv");
    let is_new = !path.exists();
    std::fs::create_dir_all(root().join("bench/history"))?;
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    if is_new {
        writeln!(file, "{HEADER}")?;
    }
    let whole = program.map_or_else(
        || ",,,,".to_owned(),
        |p| {
            // One thread says what an event costs, all of them what the machine can do.
            let one = p.replays.first().map_or(0.0, |replay| replay.seconds * 1e9);
            let all = p.replays.last().map_or(0.0, |replay| replay.events_per_second);
            let (whole, start) = (p.seconds * 1e9, p.start * 1e3);
            format!("{whole:.0},{start:.1},{},{one:.0},{all:.0}", p.resident_kib)
        },
    );
    writeln!(
        file,
        "{},{},{},{},{:.1},{:.1},{:.2},{:.1},{whole},{}",
        commit(),
        material.name,
        material.corpus,
        material.lines.len(),
        yardstick * 1e9,
        engine.seconds * 1e9,
        engine.seconds / yardstick,
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
    let is_changed = git(&["status", "--porcelain"]).is_some_and(|text| !text.is_empty());
    if is_changed { format!("{name}+") } else { name }
}
