//! `--soak N`: a flood of N events, each from another address and about another user, through `bartizan replay`,
//! and the memory that it takes on the way.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::material::Material;
use crate::program;
use crate::random::Random;

/// Events written at once.
const CHUNK: u64 = 2_000;
/// Rows of the table.
const ROWS: u64 = 20;
/// The most memory that may be resident, in MiB.
const MOST_MIB: f64 = 64.0;
/// How much more it may be in the end than after a tenth of the events, in MiB.
const GROWTH_MIB: f64 = 4.0;
/// Events after which every store is full, ten times over: fewer say nothing about growth.
const ENOUGH: u64 = 100_000_000;

/// Runs the flood; an error when memory was not as small and flat as it has to be.
#[expect(clippy::print_stdout, reason = "its whole purpose is to print")]
pub(crate) fn run(program: &Path, material: &Material, events: u64) -> Result<()> {
    let folder = tempfile::TempDir::new()?;
    let options = program::installation(folder.path(), material, None)?;
    let mut child = Command::new(program)
        .args(["replay", "--summary", "-"])
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| program.display().to_string())?;
    println!("soak: ruleset {}, {events} events of random addresses and users\n", material.name);
    println!("{:>12} {:>10} {:>12} {:>10}", "events", "seconds", "events/s", "MiB");
    let samples = feed(&mut child, events);
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let samples = samples.with_context(|| said.into_owned())?;
    let table = String::from_utf8_lossy(&output.stdout);
    println!("\n{}", table.split_once("\nmemory:").map_or("", |(_, memory)| memory.trim_end()));
    println!("\n{}", String::from_utf8_lossy(&output.stderr).trim_end());
    let most = samples.iter().copied().fold(0.0, f64::max);
    let early = samples.get(samples.len() / 10).copied().unwrap_or(most);
    let growth = samples.last().copied().unwrap_or(0.0) - early;
    println!("\nmost {most:.1} MiB; {growth:+.1} MiB since a tenth of the events");
    if most > MOST_MIB || (events >= ENOUGH && growth > GROWTH_MIB) {
        bail!("memory must stay below {MOST_MIB} MiB and flat");
    }
    Ok(())
}

/// Writes the events and looks at the memory on the way, in MiB.
#[expect(clippy::print_stdout, reason = "its whole purpose is to print")]
fn feed(child: &mut Child, events: u64) -> Result<Vec<f64>> {
    let process = child.id();
    let mut input = child.stdin.take().context("no standard input")?;
    let (mut flood, mut text) = (Flood { random: Random(1) }, Vec::new());
    let (clock, mut samples) = (Instant::now(), Vec::new());
    let every = (events / ROWS).max(1);
    let (mut written, mut row, mut before) = (0, 0, 0.0);
    while written < events {
        text.clear();
        let chunk = CHUNK.min(events - written);
        (0..chunk).for_each(|_| flood.line(&mut text));
        input.write_all(&text)?;
        written += chunk;
        if written / every > row || written == events {
            let seconds = clock.elapsed().as_secs_f64();
            let mib = resident(process)?;
            let speed = (every as f64 / (seconds - before)).max(0.0);
            println!("{written:>12} {seconds:>10.1} {speed:>12.0} {mib:>10.1}");
            samples.push(mib);
            (row, before) = (written / every, seconds);
        }
    }
    Ok(samples)
}

/// The memory that a process has resident now, in MiB.
fn resident(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    Ok(kib.context("no VmRSS: the program has ended")? / 1024.0)
}

/// Log lines without end.
struct Flood {
    random: Random,
}

impl Flood {
    fn line(&mut self, text: &mut Vec<u8>) {
        text.extend_from_slice(b"Nov 25 10:00:00 web1 ");
        match self.random.below(32) {
            0..16 => self.ssh(b"Failed password for ", text),
            16..20 => self.ssh(b"Failed password for invalid user ", text),
            20..24 => self.ssh(b"Accepted password for ", text),
            24..27 => {
                text.extend_from_slice(b"sshd[77]: Invalid user ");
                self.user(text);
                self.from(text);
            }
            27..30 => {
                text.extend_from_slice(b"su[9]: pam_unix(su:auth): authentication failure; user=");
                self.user(text);
            }
            _ => {
                text.extend_from_slice(b"vsftpd[5]: FAIL LOGIN: Client \"");
                self.address(text);
                text.push(b'"');
            }
        }
        text.push(b'\n');
    }

    fn ssh(&mut self, what: &[u8], text: &mut Vec<u8>) {
        text.extend_from_slice(b"sshd[77]: ");
        text.extend_from_slice(what);
        self.user(text);
        self.from(text);
        text.extend_from_slice(b" port 4022 ssh2");
    }

    fn from(&mut self, text: &mut Vec<u8>) {
        text.extend_from_slice(b" from ");
        self.address(text);
    }

    fn address(&mut self, text: &mut Vec<u8>) {
        for (at, byte) in (self.random.next() as u32).to_be_bytes().into_iter().enumerate() {
            if at > 0 {
                text.push(b'.');
            }
            let digits = [byte / 100, byte / 10 % 10, byte % 10].map(|digit| b'0' + digit);
            let start = usize::from(byte < 100) + usize::from(byte < 10);
            text.extend_from_slice(digits.get(start..).unwrap_or_default());
        }
    }

    fn user(&mut self, text: &mut Vec<u8>) {
        let mut number = self.random.next();
        text.extend((0..9).map(|_| {
            let letter = b'a' + (number % 26) as u8;
            number /= 26;
            letter
        }));
    }
}
