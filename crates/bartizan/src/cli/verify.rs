//! `bartizan verify`: whether the files of alerts, archives and firewalls are what they were.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use bartizan_output::{Finding, Kind, Problem, Series, verify};
use clap::Args;
use serde_json::{Value, json};

use crate::cli::FOUND;
use crate::cli::state;

/// Arguments of `bartizan verify`.
///
/// Checks every sealed file of alerts, archives and firewall logs against its checksums, and the chain of
/// checksums from each day to the one before. Says which bytes were altered. Exit status: 0 all is as it was,
/// 1 something is not, 2 nothing could be looked at.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Folder whose `logs` are checked; by default where `run` writes without a configuration
    #[arg(short = 'D', long, value_name = "DIR", env = "BARTIZAN_HOME")]
    home: Option<PathBuf>,
    /// A checksum that `run` or `verify` told and that was noted elsewhere; it must still be in the chain
    #[arg(long = "head", value_name = "SHA256", value_parser = parse_head)]
    heads: Vec<String>,
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
}

fn parse_head(text: &str) -> Result<String, String> {
    let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { Ok(text.to_ascii_lowercase()) } else { Err("expected 64 hex digits".into()) }
}

pub(crate) fn run(args: &VerifyArgs) -> anyhow::Result<u8> {
    let home = match &args.home {
        Some(home) => home.clone(),
        None => state::folder(None, None)?,
    };
    let logs = home.join("logs");
    std::fs::read_dir(&logs).with_context(|| format!("cannot look into {}", logs.display()))?;
    let mut all = Vec::new();
    for kind in Kind::ALL {
        match verify(&home, kind, &mut |_| true) {
            Ok(series) => all.push(series),
            Err(error) => bail!("cannot check {}: {error}", kind.name()),
        }
    }
    let is_known = |head: &&String| !all.iter().any(|series| series.heads.contains(head));
    let lost: Vec<&String> = args.heads.iter().filter(is_known).collect();
    let damage = all.iter().flat_map(|series| &series.findings);
    let damage = damage.filter(|found| found.problem.is_damage()).count() + lost.len();
    if args.json {
        write_json(&all, &lost, damage)?;
    } else {
        write_text(&all, &lost, damage)?;
    }
    Ok(if damage > 0 { FOUND } else { 0 })
}

fn write_text(all: &[Series], lost: &[&String], damage: usize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for series in all {
        for Finding { file, problem } in &series.findings {
            let mark = if problem.is_damage() { "DAMAGE " } else { "" };
            writeln!(out, "{mark}{file}: {problem}")?;
        }
        let Some((first, last)) = series.range else { continue };
        let Series { kind, days, bytes, .. } = series;
        let name = kind.name();
        writeln!(out, "{name}: {days} sealed from {first} to {last}, {bytes} bytes as they were")?;
        if let Some(head) = &series.head {
            writeln!(out, "{name}: its chain ends with {head}")?;
        }
    }
    for head in lost {
        writeln!(out, "DAMAGE no chain has the checksum {head}")?;
    }
    if all.iter().all(|series| series.range.is_none()) {
        writeln!(out, "nothing is sealed yet")?;
    }
    match damage {
        0 => writeln!(out, "no damage")?,
        1 => writeln!(out, "1 damage")?,
        more => writeln!(out, "{more} damages")?,
    }
    Ok(())
}

fn write_json(all: &[Series], lost: &[&String], damage: usize) -> anyhow::Result<()> {
    let series: Vec<Value> = all.iter().map(series_object).collect();
    let findings = all.iter().flat_map(|series| &series.findings).map(finding_object);
    let document = json!({
        "damage": damage,
        "series": series,
        "findings": findings.collect::<Vec<_>>(),
        "unknown_heads": lost,
    });
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &document)?;
    writeln!(out)?;
    Ok(())
}

fn series_object(series: &Series) -> Value {
    let (first, last) = series.range.unzip();
    json!({
        "name": series.kind.name(),
        "sealed": series.days,
        "bytes": series.bytes,
        "first": first.map(|day| day.to_string()),
        "last": last.map(|day| day.to_string()),
        "head": series.head,
    })
}

fn finding_object(found: &Finding) -> Value {
    let mut object = json!({
        "file": found.file,
        "problem": found.problem.name(),
        "damage": found.problem.is_damage(),
        "message": found.problem.to_string(),
    });
    if let Some(range) = found.problem.range() {
        object["from"] = range.start.into();
        object["to"] = range.end.into();
    } else if let Problem::Unreadable { from, .. } = &found.problem {
        object["from"] = (*from).into();
    }
    object
}
