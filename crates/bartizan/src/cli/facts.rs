//! What the writers of alerts must know, taken from the engine after an event.

use bartizan_alert::{EventFacts, LocalDate, RuleFacts};
use bartizan_analysis::Ruleset;
use bartizan_analysis::{Engine, Excess, Settings};
use bartizan_base::Event;
use bartizan_rules::Rule;

/// The event analysed last.
pub(crate) fn event<'a>(engine: &'a Engine, date: &'a LocalDate) -> EventFacts<'a> {
    of_event(engine.ruleset(), engine.event(), date)
}

/// Any event.
pub(crate) fn of_event<'a>(
    ruleset: &'a Ruleset,
    event: &'a Event,
    date: &'a LocalDate,
) -> EventFacts<'a> {
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
pub(crate) fn excess_rule(settings: &Settings) -> RuleFacts<'static> {
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
