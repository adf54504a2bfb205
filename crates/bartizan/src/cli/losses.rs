//! Telling what limits of memory cost (docs/memory.md): in the last line, and while `run` runs.

use bartizan_analysis::{Engine, Store, Unit};
use bartizan_base::Timestamp;
use serde_json::{Value, json};

/// Seconds between two notices of losses: a flood goes on, and one line tells of it.
const NOTICE_EVERY: i64 = 600;

/// What was lost, as the end of a sentence: `, 12 first-seen keys forgotten`.
pub(crate) fn list(losses: &[(u64, &'static str)]) -> String {
    let some = losses.iter().filter(|(count, _)| *count > 0);
    some.map(|(count, what)| format!(", {count} {what}")).collect()
}

/// Tells of new losses, now and then.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    told: Vec<u64>,
    silent_until: i64,
}

impl Watch {
    /// A line about what was lost since the last one, if it is time for one.
    pub(crate) fn notice(&mut self, engine: &Engine, now: Timestamp) -> Option<String> {
        let losses = engine.counters().losses();
        self.told.resize(losses.len(), 0);
        // What began anew, with other rules or limits, is less than it was.
        let grown = |now: u64, told: u64| now.checked_sub(told).unwrap_or(now);
        let new = losses.iter().zip(&self.told);
        let new = new.map(|(&(now, what), &told)| (grown(now, told), what));
        let new: Vec<_> = new.collect();
        if new.iter().all(|(count, _)| *count == 0) || now.0 < self.silent_until {
            return None;
        }
        self.told = losses.iter().map(|(count, _)| *count).collect();
        self.silent_until = now.0 + NOTICE_EVERY;
        let all = list(&new);
        Some(format!(
            "bartizan: a limit is reached{all}; {} sets the limits",
            bartizan_config::internal_options::LOCAL_FILE
        ))
    }
}

/// The stores of an engine, a line each.
pub(crate) fn table(stores: &[Store]) -> String {
    let mut text = String::new();
    for store in stores {
        let Store { name, used, most, option, evicted, .. } = store;
        let amount = match store.unit {
            Unit::Entries => format!("{used} of {most}"),
            Unit::Bytes => {
                format!("{:.1} of {} MiB", *used as f64 / f64::from(1 << 20), most >> 20)
            }
        };
        text += &format!("{name:<22} {amount:>22}, {evicted:>10} evicted   {option}\n");
    }
    text
}

/// The stores of an engine as JSON.
pub(crate) fn object(stores: &[Store]) -> Value {
    let object = |store: &Store| {
        json!({
            "store": store.name,
            "unit": store.unit.name(),
            "used": store.used,
            "most": store.most,
            "evicted": store.evicted,
            "option": store.option,
        })
    };
    stores.iter().map(object).collect()
}

/// What was lost as JSON: all kinds, zero or not.
pub(crate) fn lost(losses: &[(u64, &'static str)]) -> Value {
    losses.iter().map(|&(count, what)| (what.to_owned(), Value::from(count))).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bartizan_analysis::{Input, Role, Ruleset, Settings};

    use super::*;
    use crate::cli::built_in;

    /// An engine that remembers next to nothing.
    fn engine() -> Engine {
        let mut settings = Settings::default();
        settings.rules.memory_events = 4;
        settings.rules.memory.history_events = 4;
        let ruleset = Ruleset::compile(&built_in::files(), settings, &mut Vec::new());
        let ruleset = Arc::new(ruleset.expect("our own rules are right"));
        Engine::new(ruleset, Role::Daemon, b"server", |_| 0)
    }

    fn flood(engine: &mut Engine, time: i64, addresses: std::ops::Range<u8>) {
        for address in addresses {
            let text = format!(
                "Dec  1 08:00:00 web1 sshd[1]: Failed password for root from 10.0.0.{address} port 1 ssh2"
            );
            let (text, time) = (text.as_bytes(), Timestamp(time));
            engine.analyse(Input { kind: b'1', location: b"f", text, time });
        }
    }

    #[test]
    fn losses_are_told_when_they_begin_and_then_now_and_then() {
        let (mut engine, mut watch) = (engine(), Watch::default());
        assert_eq!(watch.notice(&engine, Timestamp(1_000)), None, "nothing is lost yet");
        flood(&mut engine, 1_000, 0..50);
        let notice = watch.notice(&engine, Timestamp(1_000)).expect("events were lost");
        assert!(notice.contains("events forgotten that rules could still count"), "{notice}");
        flood(&mut engine, 1_001, 50..60);
        assert_eq!(watch.notice(&engine, Timestamp(1_001)), None, "it was told a second ago");
        let later = Timestamp(1_000 + NOTICE_EVERY);
        let notice = watch.notice(&engine, later).expect("more were lost since");
        assert!(notice.contains(", 10 events forgotten"), "what is new is told: {notice}");
        assert_eq!(watch.notice(&engine, Timestamp(9_000)), None, "nothing new");
    }
}
