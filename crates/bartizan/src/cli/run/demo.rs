//! `bartizan run --demo`: a bundled attack, played into temporary logs at a human pace.
//!
//! A writer appends lines to files in a temporary folder; the rest is what `run` does with any log.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bartizan_collect::{Now, Sources};
use jiff::ZonedDateTime;

use super::RunArgs;
use super::inputs::Inputs;
use super::watcher::Watcher;
use crate::cli::{built_in, complain, site};

/// How long the last lines may take to be read and judged.
const AFTERWARDS: Duration = Duration::from_millis(1500);

/// Longest sleep between two looks at the logs.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A line of the scenario.
struct Step {
    wait: Duration,
    file: PathBuf,
    text: &'static str,
}

pub(super) fn run(args: &RunArgs, site: site::Site, stop: &Arc<AtomicBool>) -> anyhow::Result<u8> {
    let folder = TemporaryFolder::new()?;
    let steps: Vec<Step> =
        built_in::ATTACK.lines().filter_map(|line| step(line, &folder.0)).collect();
    let mut files: Vec<PathBuf> = steps.iter().map(|step| step.file.clone()).collect();
    files.sort();
    files.dedup();
    for file in &files {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(file)
            .with_context(|| format!("cannot make {}", file.display()))?;
    }
    let length: Duration = steps.iter().map(|step| step.wait).sum();
    complain(&format!(
        "bartizan: playing an attack for {} seconds into {}; nothing of it is real",
        length.as_secs(),
        folder.0.display()
    ));
    let mut watcher = Watcher::new(args, site, &folder.0.join("state"))?;
    let inputs = Inputs::of_files(files);
    let (mut sources, problems) = inputs.open();
    inputs.announce(&problems);
    let writer_stop = Arc::clone(stop);
    let writer = std::thread::spawn(move || play(&steps, &writer_stop));
    watch(&mut sources, &mut watcher, stop, Instant::now() + length + AFTERWARDS);
    let played = writer.join().map_err(|_| anyhow::anyhow!("the player stopped early"))?;
    played.context("cannot write the demonstration's logs")?;
    watcher.say_goodbye();
    complain("bartizan: that was the demonstration; `bartizan run` watches this machine");
    Ok(0)
}

/// Watches until `end`, or until a signal comes.
fn watch(sources: &mut Sources, watcher: &mut Watcher, stop: &AtomicBool, end: Instant) {
    while !stop.load(Ordering::Relaxed) && Instant::now() < end {
        watcher.look();
        let progress = sources.poll(Now::read(), &mut |location, seen| watcher.see(location, seen));
        watcher.flush(sources);
        if !progress.is_more {
            sources.wait(LOOK_EVERY, &[]);
        }
    }
    sources.close(&mut |location, seen| watcher.see(location, seen));
    watcher.finish(Vec::new());
}

/// `MILLISECONDS`, `FILE`, `TEXT`, tabs between them; remarks and empty lines are no steps.
fn step(line: &'static str, folder: &Path) -> Option<Step> {
    if line.starts_with('#') {
        return None;
    }
    let mut parts = line.splitn(3, '\t');
    let wait = Duration::from_millis(parts.next()?.parse().ok()?);
    let name = Path::new(parts.next()?).file_name()?;
    Some(Step { wait, file: folder.join(name), text: parts.next()? })
}

fn play(steps: &[Step], stop: &AtomicBool) -> std::io::Result<()> {
    for step in steps {
        let end = Instant::now() + step.wait;
        while Instant::now() < end {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let left = end.saturating_duration_since(Instant::now());
            std::thread::sleep(left.min(Duration::from_millis(100)));
        }
        let now = ZonedDateTime::now();
        let text = step
            .text
            .replace("{syslog}", &now.strftime("%b %e %H:%M:%S").to_string())
            .replace("{clf}", &now.strftime("%d/%b/%Y:%H:%M:%S %z").to_string());
        OpenOptions::new()
            .append(true)
            .open(&step.file)?
            .write_all(format!("{text}\n").as_bytes())?;
    }
    Ok(())
}

/// A folder that goes with the demonstration.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn new() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("bartizan-demo-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What cannot be removed stays in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
