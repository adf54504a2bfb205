//! `bartizan check`: every mistake of a whole configuration, in one run.

use std::collections::BTreeMap;
use std::io::Write as _;

use bartizan_base::dialect::DEVIATIONS;
use bartizan_base::{Diagnostic, Severity};
use clap::Args;
use serde_json::{Value, json};

use crate::cli::{Common, Console, FOUND, IMPOSSIBLE, losses, site};

/// Arguments of `bartizan check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    common: Common,
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
    /// Count warnings as errors
    #[arg(long)]
    strict: bool,
    /// Show errors only
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<u8> {
    let mut loaded = site::load(&args.common);
    let touched = loaded.ruleset.as_ref().map(|ruleset| {
        loaded.diagnostics.extend(ruleset.lints());
        ruleset.touched_by_deviations(&loaded.files)
    });
    bartizan_base::diagnostic::sort(&mut loaded.diagnostics);
    let count = |severity| loaded.diagnostics.iter().filter(|d| d.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let is_bad = errors > 0 || (args.strict && warnings > 0) || loaded.ruleset.is_none();
    if args.json {
        write_json(args, &loaded, errors, warnings, touched.as_ref())?;
    } else {
        write_text(args, &loaded, errors, warnings, touched.as_ref())?;
    }
    let unreadable = loaded.configuration.is_none() && site::find(&args.common).is_some();
    let missing = unreadable && loaded.diagnostics.iter().all(|d| d.place.is_none());
    Ok(if missing && is_bad {
        IMPOSSIBLE
    } else if is_bad {
        FOUND
    } else {
        0
    })
}

fn write_text(
    args: &CheckArgs,
    loaded: &site::Loaded,
    errors: usize,
    warnings: usize,
    touched: Option<&BTreeMap<&'static str, Vec<u32>>>,
) -> anyhow::Result<()> {
    let console = Console::new(args.common.color);
    let mut out = std::io::stdout().lock();
    for diagnostic in &loaded.diagnostics {
        if args.quiet && !diagnostic.is_error() {
            continue;
        }
        writeln!(out, "{}\n", Console::diagnostic(console.stdout, diagnostic))?;
    }
    if let Some(ruleset) = &loaded.ruleset {
        writeln!(
            out,
            "{} decoders, {} rules in {} places",
            ruleset.decoders.table().infos.len().saturating_sub(1),
            ruleset.rules.rules.len(),
            ruleset.rules.nodes.len()
        )?;
    }
    if let Some(touched) = touched.filter(|touched| !args.quiet && !touched.is_empty()) {
        writeln!(out, "\nRules that a deviation of the original touches (docs/deviations.md):")?;
        for row in &DEVIATIONS {
            let Some(rules) = touched.get(row.name) else { continue };
            let shown: Vec<String> = rules.iter().take(8).map(u32::to_string).collect();
            let more = rules.len().saturating_sub(8);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            writeln!(out, "  {:28} {}{more}", row.name, shown.join(" "))?;
        }
    }
    writeln!(out, "{errors} error(s), {warnings} warning(s)")?;
    Ok(())
}

fn write_json(
    args: &CheckArgs,
    loaded: &site::Loaded,
    errors: usize,
    warnings: usize,
    touched: Option<&BTreeMap<&'static str, Vec<u32>>>,
) -> anyhow::Result<()> {
    let shown = loaded.diagnostics.iter().filter(|d| !args.quiet || d.is_error());
    let diagnostics: Vec<Value> = shown.map(object).collect();
    let mut document =
        json!({ "errors": errors, "warnings": warnings, "diagnostics": diagnostics });
    if let Some(touched) = touched.filter(|_| !args.quiet) {
        document["deviations"] = json!(touched);
    }
    if let Some(ruleset) = loaded.ruleset.as_ref().filter(|_| !args.quiet) {
        document["memory"] = losses::object(&bartizan_analysis::Store::empty(&ruleset.rules));
    }
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &document)?;
    writeln!(out)?;
    Ok(())
}

/// A diagnostic as JSON.
pub(crate) fn object(diagnostic: &Diagnostic) -> Value {
    let mut object = json!({
        "severity": diagnostic.severity.to_string(),
        "code": diagnostic.code,
        "message": diagnostic.message,
    });
    if let Some(place) = &diagnostic.place {
        let at = place.position();
        let text = place.source.text.get(place.span.clone()).unwrap_or_default();
        object["file"] = place.source.path.to_string_lossy().into();
        object["line"] = at.line.into();
        object["column"] = at.column.into();
        object["text"] = String::from_utf8_lossy(text).into();
    }
    if let Some(help) = &diagnostic.help {
        object["help"] = help.as_str().into();
    }
    object
}
