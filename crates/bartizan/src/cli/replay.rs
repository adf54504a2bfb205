//! `bartizan replay`: stored logs through the engine at full speed.
//!
//! ```text
//! FILE… (plain or gzip, - for stdin) ─▶ batches ─▶ engine on all cores ─▶ alerts on stdout, or counts
//! ```
//!
//! The same engine as the daemon's, from line to alert text; nothing is remembered on disk.

mod log_time;
mod reader;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use bartizan_alert::{Calendar, json as alert_json, text};
use bartizan_analysis::{Engine, Report, Role};
use bartizan_rules::RuleIndex;
use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;
use serde_json::json;

use crate::cli::{Common, clock, complain, facts, losses, site};
use reader::Reader;

/// Alert text written at once, in bytes.
const WRITE_BYTES: usize = 64 << 10;

/// Arguments of `bartizan replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    common: Common,
    /// Logs, plain or gzip; `-` for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Alerts, or counts, as JSON, one object a line
    #[arg(long)]
    json: bool,
    /// Threads; by default as many as there are cores
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// When lines count as received
    #[arg(long, value_enum, default_value_t = Time::Now)]
    time: Time,
    /// Show counts by rule instead of alerts
    #[arg(long)]
    summary: bool,
}

/// When a line counts as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Time {
    /// When it is read.
    Now,
    /// At its own time stamp, never going back; a line without one at that of the line before.
    Log,
}

pub(crate) fn run(args: &ReplayArgs) -> anyhow::Result<u8> {
    let site = site::open(&args.common, false)?;
    let threads = crate::cli::threads(args.threads);
    let server = clock::server_name();
    let mut engine = Engine::new(site.ruleset, Role::Daemon, &server, clock::utc_offset());
    let mut reader = Reader::new(&args.files, args.time == Time::Log);
    let mut teller = Teller::new(args);
    // Set when standard output can no longer be written: then nothing more is read.
    let failed = OnceCell::new();
    engine.analyse_all(
        threads,
        &mut |batch| failed.get().is_none() && reader.fill(batch),
        &mut |engine, report| {
            if failed.get().is_none()
                && let Err(error) = teller.tell(engine, report)
            {
                let _ = failed.set(error);
            }
        },
    )?;
    if let Some(error) = failed.into_inner() {
        return Err(error.into());
    }
    teller.finish(&engine)?;
    let problems = reader.problems();
    for problem in problems {
        complain(&format!("bartizan: {problem}"));
    }
    if problems.is_empty() && teller.refused == 0 { Ok(0) } else { Ok(crate::cli::IMPOSSIBLE) }
}

/// What came of the lines.
struct Teller {
    json: bool,
    counts: Option<HashMap<RuleIndex, u64>>,
    calendar: Calendar,
    waiting: Vec<u8>,
    out: BufWriter<std::io::StdoutLock<'static>>,
    events: u64,
    alerts: u64,
    cut: u64,
    suppressed: u64,
    refused: u64,
}

impl Teller {
    fn new(args: &ReplayArgs) -> Self {
        Self {
            json: args.json,
            counts: args.summary.then(HashMap::new),
            calendar: Calendar::new(TimeZone::system()),
            waiting: Vec::with_capacity(2 * WRITE_BYTES),
            out: BufWriter::with_capacity(0, std::io::stdout().lock()),
            events: 0,
            alerts: 0,
            cut: 0,
            suppressed: 0,
            refused: 0,
        }
    }

    fn tell(&mut self, engine: &Engine, report: &Report) -> std::io::Result<()> {
        self.events += 1;
        self.cut += u64::from(report.was_cut);
        match report.silence {
            Some(silence) if silence.is_loss() => self.refused += 1,
            Some(_) => self.suppressed += 1,
            None => {}
        }
        if let (Some(counts), Some(rule)) = (&mut self.counts, report.rule) {
            *counts.entry(rule).or_default() += 1;
        }
        if report.excess.is_none() && !report.alerts() {
            return Ok(());
        }
        let date = *self.calendar.date(engine.event().time);
        facts::alerts(engine, report, &date, 0, |alert| {
            self.alerts += 1;
            if self.counts.is_some() {
                return;
            }
            if self.json {
                alert_json::write(alert, &mut self.waiting);
            } else {
                text::write(alert, &mut self.waiting);
            }
        });
        if self.waiting.len() >= WRITE_BYTES {
            self.out.write_all(&self.waiting)?;
            self.waiting.clear();
        }
        Ok(())
    }

    fn finish(&mut self, engine: &Engine) -> anyhow::Result<()> {
        self.out.write_all(&self.waiting)?;
        if self.counts.is_some() {
            self.summarise(engine)?;
        }
        self.out.flush().context("cannot write to standard output")?;
        let Self { events, alerts, cut, suppressed, refused, .. } = self;
        let mut text = format!(
            "bartizan: {events} events, {alerts} alerts, {suppressed} suppressed, {cut} cut"
        );
        text += &losses::list(&[(*refused, "refused")]);
        text += &losses::list(&engine.counters().losses());
        complain(&text);
        Ok(())
    }
    /// Counts by rule, then the memory of the engine.
    fn summarise(&mut self, engine: &Engine) -> std::io::Result<()> {
        let counts = self.counts.iter().flatten();
        let mut rows: Vec<_> = counts.map(|(&rule, &count)| (count, rule)).collect();
        rows.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        for (count, index) in rows {
            let rule = engine.ruleset().rules.rule(index);
            let description = rule.description.as_deref().unwrap_or(b"(null)");
            let description = String::from_utf8_lossy(description);
            let (rule, level) = (rule.id, rule.level);
            if self.json {
                let row = json!({
                    "rule": rule, "level": level, "count": count, "description": description,
                });
                writeln!(self.out, "{row}")?;
            } else {
                let description = description.escape_debug();
                writeln!(self.out, "{count:>10}  {rule:>6}  level {level:>2}  {description}")?;
            }
        }
        let stores = engine.stores();
        if self.json {
            let lost = losses::lost(&engine.counters().losses());
            return writeln!(
                self.out,
                "{}",
                json!({ "memory": losses::object(&stores), "lost": lost })
            );
        }
        writeln!(self.out, "\nmemory:\n{}", losses::table(&stores).trim_end())
    }
}
