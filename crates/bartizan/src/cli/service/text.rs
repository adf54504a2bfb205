//! A status for people.

use std::fmt::Write as _;

use serde_json::Value;

use super::protocol::{LastReload, Lines, Status};

/// The whole text.
pub(super) fn status(status: &Status) -> String {
    let mut text = String::new();
    let Status { version, process, state, started_at, uptime_seconds, .. } = status;
    let lasting = span(*uptime_seconds);
    let mut line = |name: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<14} {value}");
    };
    line("Bartizan", &format!("{version}, {state}, process {process}"));
    line("since", &format!("{started_at}, {lasting}"));
    if status.age_seconds > 5.0 {
        line("held up", &format!("these figures are {:.0} s old", status.age_seconds));
    }
    line("folder", &status.home);
    let rules = status.configuration.as_deref().unwrap_or("none, with the rules it brings along");
    let Status { rules: count, decoders, .. } = status;
    line("configuration", &format!("{rules}; {count} rules, {decoders} decoders"));
    if let Some(reload) = &status.last_reload {
        line("last reload", &last_reload(reload));
    }
    line("lines", &sum(&status.lines));
    line("alerts", &status.alerts.to_string());
    text += &sources(status);
    text += &outputs(status);
    text += &memory(status);
    text
}

fn last_reload(reload: &LastReload) -> String {
    match (&reload.error, &reload.reloaded) {
        (Some(error), _) => format!("{}, failed: {error}", reload.at),
        (None, Some(done)) => format!("{}, a pause of {} ms", reload.at, done.pause_milliseconds),
        (None, None) => reload.at.clone(),
    }
}

fn sum(lines: &Lines) -> String {
    let Lines { read, alerted, quiet, filtered, suppressed, queued, .. } = lines;
    let dropped = lines.all_dropped();
    let mut text = format!(
        "{read} read = {alerted} alerted + {quiet} quiet + {filtered} filtered + {suppressed} suppressed + {queued} \
         queued + {dropped} dropped"
    );
    let reasons = lines.dropped.iter().filter(|(_, count)| **count > 0);
    let reasons: Vec<_> = reasons.map(|(reason, count)| format!("{count} {reason}")).collect();
    if !reasons.is_empty() {
        text += &format!(" ({})", reasons.join(", "));
    }
    text
}

fn sources(status: &Status) -> String {
    let columns = ["read", "alerted", "quiet", "filtered", "suppr.", "queued", "dropped", "behind"];
    let mut text = String::from("\n");
    for column in columns {
        text += &format!("{column:>10}");
    }
    text += "  source\n";
    for source in &status.sources {
        let Lines { read, alerted, quiet, filtered, suppressed, queued, .. } = source.lines;
        let dropped = source.lines.all_dropped();
        for count in [read, alerted, quiet, filtered, suppressed, queued, dropped] {
            text += &format!("{count:>10}");
        }
        let behind = source.place.as_ref().map_or_else(
            || "-".to_owned(),
            |place| place.lag_bytes.map_or_else(|| "moved".to_owned(), |bytes| bytes.to_string()),
        );
        let silent = if source.is_silent { " (silent)" } else { "" };
        text += &format!("{behind:>10}  {}{silent}\n", source.source);
    }
    text
}

fn outputs(status: &Status) -> String {
    let mut text = String::from("\n   waiting   dropped  output\n");
    for output in &status.outputs {
        let failing = if output.is_failing { " (cannot be written)" } else { "" };
        let (waiting, dropped) = (output.waiting_entries, output.dropped_entries);
        text += &format!("{waiting:>10}{dropped:>10}  {}{failing}\n", output.output);
    }
    text
}

fn memory(status: &Status) -> String {
    let mut text = String::from("\n            used            of   evicted  memory\n");
    for store in status.memory.as_array().into_iter().flatten() {
        let number = |key: &str| store.get(key).and_then(Value::as_u64).unwrap_or(0);
        let word = |key: &str| store.get(key).and_then(Value::as_str).unwrap_or("-");
        let (used, most, evicted) = (number("used"), number("most"), number("evicted"));
        let what = format!("{} ({})", word("store"), word("unit"));
        text += &format!("{used:>16}{most:>14}{evicted:>10}  {what}\n");
    }
    for (what, count) in status.lost.iter().filter(|(_, count)| **count > 0) {
        text += &format!("{count:>16} {what}\n");
    }
    text
}

/// A time span as people say it.
fn span(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// A diagnostic that came as JSON, as a line.
pub(super) fn diagnostic(diagnostic: &Value) -> String {
    let text = |key: &str| diagnostic.get(key).and_then(Value::as_str).unwrap_or_default();
    let number = |key: &str| diagnostic.get(key).and_then(Value::as_u64);
    let mut line = String::new();
    if let (Some(at), Some(column)) = (number("line"), number("column")) {
        line += &format!("{}:{at}:{column}: ", text("file"));
    }
    line += &format!("{}[{}]: {}", text("severity"), text("code"), text("message"));
    if !text("help").is_empty() {
        line += &format!(" ({})", text("help"));
    }
    line
}
