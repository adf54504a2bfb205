//! The figures of a status as OpenMetrics text (docs/service.md has their names).

use std::fmt;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::cli::service::protocol::{Lines, OutputStatus, Status};

/// The type of the text.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;
type Counters = Family<Labels, Counter>;
type Gauges = Family<Labels, Gauge<u64, AtomicU64>>;

/// The text.
pub(super) fn text(status: &Status) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("bartizan");
    let build = Info::new(vec![("version", status.version.clone())]);
    registry.register("build", "Which version runs", build);
    let none = || Labels::new();
    let uptime = gauges([(none(), status.uptime_seconds)]);
    registry.register_with_unit("uptime", "Since it was started", Unit::Seconds, uptime);
    registry.register("alerts", "Alerts written", counters([(none(), status.alerts)]));
    registry.register("reloads", "Configurations taken over", counters([(none(), status.reloads)]));
    let lost = counters([(none(), status.log_lines_lost)]);
    registry.register("log_lines_lost", "Lines of its own log that nobody took", lost);
    add_lines(&mut registry, status);
    add_outputs(&mut registry, &status.outputs);
    add_memory(&mut registry, status);
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

fn add_lines(registry: &mut Registry, status: &Status) {
    let of = |figure: fn(&Lines) -> u64| {
        let sources = status.sources.iter();
        sources.map(move |source| (vec![("source", source.source.clone())], figure(&source.lines)))
    };
    let outcome = |name: &str, figure: fn(&Lines) -> u64| {
        let name = name.to_owned();
        of(figure).map(move |(mut labels, count)| {
            labels.push(("outcome", name.clone()));
            (labels, count)
        })
    };
    registry.register("lines_read", "Lines taken in", counters(of(|lines| lines.read)));
    let outcomes = outcome("alerted", |lines| lines.alerted)
        .chain(outcome("quiet", |lines| lines.quiet))
        .chain(outcome("filtered", |lines| lines.filtered))
        .chain(outcome("suppressed", |lines| lines.suppressed))
        .chain(outcome("dropped", Lines::all_dropped));
    registry.register("lines", "Lines dealt with, by what became of them", counters(outcomes));
    let reasons = status.lines.dropped.iter();
    let reasons = reasons.map(|(reason, count)| (vec![("reason", reason.clone())], *count));
    registry.register("lines_dropped", "Lines lost, by reason", counters(reasons));
    registry.register("lines_queued", "Lines that wait", gauges(of(|lines| lines.queued)));
    let silent = status
        .sources
        .iter()
        .map(|source| (vec![("source", source.source.clone())], u64::from(source.is_silent)));
    registry.register("source_silent", "Whether it is quiet for too long", gauges(silent));
    let lag = status.sources.iter().filter_map(|source| {
        Some((vec![("source", source.source.clone())], source.place.as_ref()?.lag_bytes?))
    });
    registry.register_with_unit("source_lag", "Not read yet", Unit::Bytes, gauges(lag));
}

fn add_outputs(registry: &mut Registry, outputs: &[OutputStatus]) {
    let of = |figure: fn(&OutputStatus) -> u64| {
        outputs.iter().map(move |output| (vec![("output", output.output.clone())], figure(output)))
    };
    let waiting = gauges(of(|output| output.waiting_entries));
    registry.register("output_waiting", "Entries that wait to be written", waiting);
    let dropped = counters(of(|output| output.dropped_entries));
    registry.register("output_dropped", "Entries given up", dropped);
    let failing = gauges(of(|output| u64::from(output.is_failing)));
    registry.register("output_failing", "Whether writing fails now", failing);
}

fn add_memory(registry: &mut Registry, status: &Status) {
    let stores = status.memory.as_array();
    let of = |figure: &'static str| {
        stores.into_iter().flatten().filter_map(move |store| {
            let text = |key: &str| store.get(key).and_then(|value| value.as_str());
            let labels =
                vec![("store", text("store")?.to_owned()), ("unit", text("unit")?.to_owned())];
            Some((labels, store.get(figure)?.as_u64()?))
        })
    };
    registry.register("memory_used", "What is remembered", gauges(of("used")));
    registry.register("memory_most", "What may be remembered", gauges(of("most")));
    registry.register("memory_evicted", "What had to leave", counters(of("evicted")));
    let lost = status.lost.iter().map(|(what, count)| (vec![("what", what.clone())], *count));
    registry.register("memory_lost", "What limits have cost", counters(lost));
}

fn counters(values: impl IntoIterator<Item = (Labels, u64)>) -> Counters {
    let family = Counters::default();
    for (labels, value) in values {
        family.get_or_create(&labels).inc_by(value);
    }
    family
}

fn gauges(values: impl IntoIterator<Item = (Labels, u64)>) -> Gauges {
    let family = Gauges::default();
    for (labels, value) in values {
        family.get_or_create(&labels).set(value);
    }
    family
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::service::protocol::SourceStatus;

    #[test]
    fn names_of_sources_stay_within_their_quotes() {
        let source = "a\"b\\c\nd".to_owned();
        let lines = Lines { read: 3, quiet: 3, ..Lines::default() };
        let sources = vec![SourceStatus { source, lines, place: None, is_silent: false }];
        let text = text(&Status { sources, ..Status::default() }).expect("text");
        assert!(
            text.contains("bartizan_lines_read_total{source=\"a\\\"b\\\\c\\nd\"} 3\n"),
            "{text}"
        );
        assert!(text.ends_with("# EOF\n"));
    }
}
