//! What the writers of alerts must know, taken from the engine after an event.

use bartizan_alert::{Alert, AlertId, EventFacts, LocalDate, RuleFacts, facts::no_context};
use bartizan_analysis::{Engine, Excess, Report, Ruleset, Settings};
use bartizan_base::Event;
use bartizan_rules::Rule;

/// Hands on the alerts that the event analysed last comes to: one about too many events first (rules 7.2),
/// then its own. Their numbers go on from `base`.
pub(crate) fn alerts(
    engine: &Engine,
    report: &Report,
    date: &LocalDate,
    base: u64,
    mut take: impl FnMut(&Alert<'_>),
) {
    let ruleset = engine.ruleset();
    let id = |number| AlertId { epoch: engine.event().time.0, n: base + number };
    if let Some((excess, number)) = &report.excess {
        let too_many = engine.event_in_excess(excess);
        let rule = excess_rule(&ruleset.settings);
        if rule.level >= ruleset.settings.rules.log_alert_level {
            let event = of_event(ruleset, &too_many, date);
            take(&Alert { event, rule, id: id(*number), context: &no_context });
        }
    }
    let Some(index) = report.rule.filter(|_| report.alerts()) else { return };
    let context = &engine.state().context;
    take(&Alert {
        event: event(engine, date),
        rule: rule(ruleset.rules.rule(index), report.fired_times),
        id: id(report.alert_number),
        context: &|at| context.get(at),
    });
}

/// The event analysed last.
pub(crate) fn event<'a>(engine: &'a Engine, date: &'a LocalDate) -> EventFacts<'a> {
    of_event(engine.ruleset(), engine.event(), date)
}

/// Any event.
fn of_event<'a>(ruleset: &'a Ruleset, event: &'a Event, date: &'a LocalDate) -> EventFacts<'a> {
    EventFacts {
        event,
        decoder: ruleset.decoders.table().info(event.decoded.decoder),
        names: ruleset.decoders.field_names(),
        date,
        dialect: ruleset.settings.dialect,
    }
}

/// A rule, at the moment it fired.
pub(crate) fn rule(rule: &Rule, fired_times: u32) -> RuleFacts<'_> {
    RuleFacts {
        id: rule.id,
        level: rule.level,
        description: rule.description.as_deref(),
        group: &rule.group,
        info_text: rule.info_text.as_deref(),
        cve: rule.cve.as_deref(),
        frequency: rule.frequency,
        fired_times,
        mails: rule.mails,
    }
}

/// The rule of alerts about too many events; its flags come from the thresholds as those of any other
/// (rules 7.2).
fn excess_rule(settings: &Settings) -> RuleFacts<'static> {
    let level = settings.statistics.level;
    RuleFacts {
        id: Excess::RULE,
        level,
        description: Some(Excess::DESCRIPTION),
        group: Excess::GROUP,
        mails: level >= settings.rules.email_alert_level,
        ..RuleFacts::default()
    }
}
