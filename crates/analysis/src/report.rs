//! What became of an event.

use std::io;

use bartizan_decode::MessageError;
use bartizan_rules::{Decision, RuleIndex};

use crate::statistics::Excess;

/// Why an event was not given to the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Its text repeats one of the last three (rules 4.2).
    Duplicate,
    /// A firewall event without action, addresses or protocol (decoding 10.1).
    IncompleteFirewall,
    /// It is no message that analysis takes in.
    Refused(MessageError),
    /// A built-in decoder had nothing to tell (decoding 9).
    Swallowed,
    /// It has the type of an integrity message, and is none: to be logged, and counted.
    Malformed,
    /// The database of an integrity message cannot be read or written: to be logged, and counted.
    Database(io::ErrorKind),
    /// An alert of another server that names no rule of ours (decoding 9.5).
    UnknownAlert,
}

impl Silence {
    /// Whether something is lost that should have been analysed, and people must be told.
    #[must_use]
    pub fn is_loss(self) -> bool {
        matches!(self, Self::Refused(_) | Self::Malformed | Self::Database(_))
    }
}

/// In which of few ways an event ended. Every report has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// An alert is to be written.
    Alerted,
    /// The rules saw it, and there is nothing to tell.
    Quiet,
    /// Left out before the rules: it tells nothing, or not enough.
    Filtered,
    /// Kept silent: it repeats another one, or its rule is silent for a time.
    Suppressed,
    /// Lost, though it should have been analysed.
    Dropped(Loss),
}

/// Why an event that came could not be analysed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It is no message that analysis takes in.
    Refused,
    /// It has not the form of its type.
    Malformed,
    /// The database it belongs to cannot be used.
    Database,
}

impl Loss {
    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Malformed => "malformed",
            Self::Database => "database",
        }
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Why the rules did not see it. Such an event is not archived either.
    pub silence: Option<Silence>,
    /// The rule it ended up with.
    pub rule: Option<RuleIndex>,
    /// What follows from that.
    pub decision: Option<Decision>,
    /// Times that rule has fired this hour, this time included.
    pub fired_times: u32,
    /// Number of the alert, counted from 1; 0 where none is to be written (rules 10.2).
    pub alert_number: u64,
    /// It is one event too many in this hour: an alert that comes before the event's own, and the number
    /// of that alert (rules 7.2).
    pub excess: Option<(Excess, u64)>,
    /// A line of the firewall log is due (decoding 10.1).
    pub logs_firewall: bool,
    /// Fields were filled from, or kept in, the accumulator (decoding 10.3).
    pub accumulated: bool,
    /// The line was longer than an event may be, and cut.
    pub was_cut: bool,
}

impl Report {
    /// Whether an alert is to be written.
    #[must_use]
    pub fn alerts(&self) -> bool {
        self.decision == Some(Decision::Fired { logs: true })
    }

    /// In which way the event ended.
    #[must_use]
    pub fn class(&self) -> Class {
        match (self.silence, self.decision) {
            (Some(Silence::Duplicate), _) => Class::Suppressed,
            (Some(Silence::Refused(_)), _) => Class::Dropped(Loss::Refused),
            (Some(Silence::Malformed), _) => Class::Dropped(Loss::Malformed),
            (Some(Silence::Database(_)), _) => Class::Dropped(Loss::Database),
            (Some(Silence::IncompleteFirewall | Silence::Swallowed | Silence::UnknownAlert), _) => {
                Class::Filtered
            }
            (None, Some(Decision::Fired { logs: true })) => Class::Alerted,
            (None, Some(Decision::IgnoreTime | Decision::IgnoreListed)) => Class::Suppressed,
            (None, Some(Decision::Ignored | Decision::Fired { logs: false }) | None) => {
                Class::Quiet
            }
        }
    }

    /// Whether the event belongs in the archives (rules 10.4).
    #[must_use]
    pub fn is_archived(&self) -> bool {
        self.silence.is_none()
    }

    /// The rule as archives tell it: only one that fired (rules 4.5 step 3).
    #[must_use]
    pub fn fired_rule(&self) -> Option<RuleIndex> {
        self.rule.filter(|_| matches!(self.decision, Some(Decision::Fired { .. })))
    }
}
