//! `bartizan logtest`: lines through the daemon's own engine.
//!
//! ```text
//! stdin, a line an event ─▶ Engine ─▶ text as ossec-logtest prints it    (-v, -a, -U)
//!        or {"at","line"}          └▶ a JSON object an event             (--json)
//! ```

mod json;
mod text;

use std::io::{BufRead as _, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use bartizan_analysis::{Engine, Input, Role};
use bartizan_base::{Dialect, Flavour, Source, Timestamp, limits};
use bartizan_rules::State;
use clap::Args;

use crate::cli::{Common, IMPOSSIBLE, clock, complain, site};

/// Arguments of `bartizan logtest`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct LogtestArgs {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Print alerts as they would stand in alerts.log, no phases
    #[arg(short)]
    pub(crate) alerts: bool,
    /// Show which rules are tried
    #[arg(short)]
    pub(crate) verbose: bool,
    /// Do not announce files
    #[arg(short)]
    pub(crate) quiet: bool,
    /// Set the exit status from the last line: what it should be answered
    #[arg(short = 'U', value_name = "RULE:LEVEL:DECODER")]
    pub(crate) unit_test: Option<String>,
    /// Load everything and exit
    #[arg(short)]
    pub(crate) test: bool,
    /// Answer with one JSON object an event
    #[arg(long, conflicts_with_all = ["alerts", "verbose", "unit_test"])]
    pub(crate) json: bool,
    /// With --json: read {"at": SECONDS, "line": TEXT} objects, the clock standing at `at`
    #[arg(long, requires = "json")]
    pub(crate) timed: bool,
    /// Called by the old name: phases go to standard error
    #[arg(skip)]
    pub(crate) as_original: bool,
}

/// What a line should be answered (decoding 11.3).
struct Expected {
    rule: String,
    level: String,
    decoder: String,
}

impl Expected {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':').map(str::to_owned);
        Some(Self { rule: parts.next()?, level: parts.next()?, decoder: parts.next()? })
    }
}

pub(crate) fn run(args: &LogtestArgs) -> anyhow::Result<u8> {
    let expected = match args.unit_test.as_deref().map(Expected::parse) {
        Some(None) => {
            complain("bartizan: -U takes RULE:LEVEL:DECODER");
            return Ok(if args.as_original { 1 } else { IMPOSSIBLE });
        }
        Some(expected) => expected,
        None => None,
    };
    let site = site::open(&args.common, false)?;
    if args.test {
        return Ok(0);
    }
    let server = clock::server_name();
    let mut engine = Engine::new(site.ruleset, Role::Tester, &server, clock::utc_offset());
    if site.configuration.is_some() {
        recall(&site.home, engine.state_mut());
    }
    if args.json {
        return json::answer(engine, args.timed);
    }
    text::answer(engine, args, expected.as_ref())
}

/// What the daemon has seen and ignores, the tester knows too; it never adds to it (decoding 11.1).
fn recall(home: &Path, state: &mut State) {
    let read = |name: &str| {
        let path = home.join(name);
        if !path.exists() {
            return None;
        }
        Source::read(&path, &path).map_err(|error| complain(&format!("bartizan: {error}"))).ok()
    };
    if let Some(keys) = read("queue/fts/fts-queue") {
        state.first_seen.load(&keys.text);
    }
    if let Some(lines) = read("queue/fts/ig-queue") {
        state.ignore_list.load(&lines.text);
    }
}

/// Longest line that is held, in bytes. It is far beyond the longest event, so the engine cuts what is longer
/// once more, and says so; the rest of such a line is dropped.
const LINE_BYTES: u64 = 16 << 20;

/// Reads lines from standard input until it ends; `take` ends the reading by returning a status.
fn read_lines(
    mut take: impl FnMut(&[u8]) -> anyhow::Result<Option<u8>>,
) -> anyhow::Result<Option<u8>> {
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = std::io::Read::take(&mut input, LINE_BYTES)
            .read_until(b'\n', &mut line)
            .context("cannot read standard input")?;
        if read == 0 {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if read as u64 == LINE_BYTES {
            input.skip_until(b'\n').context("cannot read standard input")?;
        }
        if let Some(status) = take(&line)? {
            return Ok(Some(status));
        }
    }
}

/// The events of a line: ours is one, which the engine cuts; the testers take a limited piece at a time, and
/// what is longer becomes several (decoding 11.1). They skip pieces of fewer than two bytes.
fn events(line: &[u8], dialect: Dialect) -> impl Iterator<Item = &[u8]> {
    let piece = match dialect.flavour() {
        Flavour::Bartizan => line.len().max(1),
        Flavour::Ossec43 | Flavour::Ossec28 => limits::TESTER_LINE_BYTES,
    };
    line.chunks(piece).filter(|text| text.len() >= 2)
}

/// A line as the tester hands it to the engine.
fn input(text: &[u8], time: Timestamp) -> Input<'_> {
    Input { kind: b'1', location: b"stdin", text, time }
}

/// Standard output, written in large pieces: whoever reads answers line by line flushes it.
fn stdout() -> BufWriter<std::io::StdoutLock<'static>> {
    BufWriter::with_capacity(64 << 10, std::io::stdout().lock())
}

/// Ends with status 2 when an answer cannot be written, except that a reader may leave.
fn flush(out: &mut impl Write) -> anyhow::Result<()> {
    out.flush()?;
    Ok(())
}
