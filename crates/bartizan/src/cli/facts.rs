//! What the writers of alerts must know, taken from the engine after an event.

use bartizan_alert::{EventFacts, LocalDate, RuleFacts};
use bartizan_analysis::Engine;
use bartizan_rules::Rule;

/// The event analysed last.
pub(crate) fn event<'a>(engine: &'a Engine, date: &'a LocalDate) -> EventFacts<'a> {
    let ruleset = engine.ruleset();
    let event = engine.event();
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
