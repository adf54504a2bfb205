//! One condition against one event (rules 2, 5, 6, 8).

use bartizan_base::{Event, StaticField, Subject, Timestamp};

use crate::condition::{CompiledRule, ListField, ListLookup, Lookup, Test, TextField};
use crate::correlate::State;
use crate::rule::Rule;
use crate::walk::Surroundings;

/// Local time of an event, as far as rules ask for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalTime {
    /// Minutes since local midnight, 0 to 1439.
    pub minute: u32,
    /// Day of the week, 0 being Sunday.
    pub weekday: u8,
}

impl LocalTime {
    /// The local time at `time` where clocks are `offset` seconds ahead of UTC.
    #[must_use]
    pub fn at(time: Timestamp, offset: i32) -> Self {
        let local = time.0.saturating_add(i64::from(offset));
        let day = local.div_euclid(86_400);
        Self {
            minute: (local.rem_euclid(86_400) / 60) as u32,
            // 1970-01-01 was a Thursday.
            weekday: (day + 4).rem_euclid(7) as u8,
        }
    }
}

/// Whether `test` of `rule` holds. The four tests with side effects change `state` here.
pub fn is_true(
    test: &Test,
    rule: &Rule,
    around: Surroundings<'_>,
    event: &Event,
    state: &mut State,
) -> bool {
    match test {
        Test::CheckDiff => state.differs(event, rule.id),
        Test::FirstTimeSeen => state.is_first_time(event, around.decoders),
        Test::Correlation(correlation) => {
            let found = state.history.search(correlation, event, &mut state.context);
            if found {
                state.mark = correlation.level;
            }
            found
        }
        pure => is_true_alone(pure, around, event),
    }
}

/// Whether a test without side effects holds; false for the others.
#[must_use]
pub fn is_true_alone(test: &Test, around: Surroundings<'_>, event: &Event) -> bool {
    match test {
        Test::Decoder(id) => around.decoders.info(event.decoded.decoder).id == *id,
        Test::Text { field, pattern, negated } => {
            text(event, *field).is_some_and(|subject| pattern.is_match(subject) != *negated)
        }
        Test::Action(action) => event.field(StaticField::Action) == Some(action),
        Test::Dynamic { names, pattern, negated, .. } => event
            .decoded
            .dynamic(names)
            .is_some_and(|value| pattern.is_match(event.subject(value)) != *negated),
        Test::SrcIp(list) => event.field(StaticField::SrcIp).is_some_and(|v| list.matches(v)),
        Test::DstIp(list) => event.field(StaticField::DstIp).is_some_and(|v| list.matches(v)),
        Test::Compiled(function) => compiled(*function, event),
        Test::MinSize(size) => event.log.len() >= *size as usize,
        Test::Time(range) => range.contains(around.local.minute),
        Test::Weekday(days) => days.0 & (1 << around.local.weekday) != 0,
        Test::List(lookup) => listed(lookup, event),
        Test::CheckDiff | Test::FirstTimeSeen | Test::Correlation(_) | Test::Never => false,
    }
}

/// The text a pattern looks at; `None` when the event has none.
#[must_use]
pub fn text(event: &Event, field: TextField) -> Option<Subject<'_>> {
    let decoded = &event.decoded;
    let text = match field {
        TextField::ProgramName => event.program_name,
        TextField::Id => decoded.field(StaticField::Id),
        TextField::Match | TextField::Regex => Some(event.log),
        TextField::Url => decoded.field(StaticField::Url),
        TextField::SrcPort => decoded.field(StaticField::SrcPort),
        TextField::DstPort => decoded.field(StaticField::DstPort),
        TextField::User => {
            decoded.field(StaticField::DstUser).or(decoded.field(StaticField::SrcUser))
        }
        TextField::SrcGeoIp => decoded.field(StaticField::SrcGeoIp),
        TextField::DstGeoIp => decoded.field(StaticField::DstGeoIp),
        TextField::ExtraData => decoded.field(StaticField::Data),
        TextField::Hostname => Some(event.hostname),
        TextField::Status => decoded.field(StaticField::Status),
    };
    text.map(|text| event.subject(text))
}

/// CDB lookups (rules 8.3). An absent field is false, also for the negated lookups.
fn listed(lookup: &ListLookup, event: &Event) -> bool {
    let Some(value) = list_value(event, lookup.field) else { return false };
    let Some(list) = &lookup.list else {
        // A list that is not declared, in 2.8.3 (decoding 15).
        return matches!(
            lookup.lookup,
            Lookup::NotMatchKey
                | Lookup::NotAddressMatchKey
                | Lookup::AddressMatchKeyValue
                | Lookup::AddressMatchKeyValueInverted
        );
    };
    let agrees = |found: Option<&[u8]>| {
        found.is_some_and(|found| {
            lookup.check_value.as_ref().is_none_or(|pattern| {
                // Values are short and lookups of this kind rare: folding them here costs little.
                let folded = found.to_ascii_lowercase();
                pattern.is_match(Subject::new(found, &folded))
            })
        })
    };
    match lookup.lookup {
        Lookup::MatchKey => list.get(value).is_some(),
        Lookup::NotMatchKey => list.get(value).is_none(),
        Lookup::MatchKeyValue => agrees(list.get(value)),
        Lookup::AddressMatchKey => list.get_by_address(value).is_some(),
        Lookup::NotAddressMatchKey => list.get_by_address(value).is_none(),
        Lookup::AddressMatchKeyValue => agrees(list.get_by_address(value)),
        Lookup::AddressMatchKeyValueInverted => !agrees(list.get_by_address(value)),
    }
}

fn list_value(event: &Event, field: ListField) -> Option<&[u8]> {
    let field = match field {
        ListField::SrcIp => StaticField::SrcIp,
        ListField::SrcPort => StaticField::SrcPort,
        ListField::DstIp => StaticField::DstIp,
        ListField::DstPort => StaticField::DstPort,
        ListField::User => {
            return event.field(StaticField::SrcUser).or(event.field(StaticField::DstUser));
        }
        ListField::Url => StaticField::Url,
        ListField::Id => StaticField::Id,
        ListField::Status => StaticField::Status,
        ListField::Action => StaticField::Action,
        ListField::Hostname => return Some(event.bytes(event.hostname)),
        ListField::ProgramName => return event.program_name.map(|text| event.bytes(text)),
    };
    event.field(field)
}

/// Built-in functions (rules 2.9).
fn compiled(function: CompiledRule, event: &Event) -> bool {
    match function {
        CompiledRule::CheckIdSize => event.field(StaticField::Id).is_some_and(|id| id.len() >= 10),
        CompiledRule::CompSrcuserDstuser => {
            match (event.field(StaticField::SrcUser), event.field(StaticField::DstUser)) {
                (Some(source), Some(target)) => source == target,
                _ => true,
            }
        }
        CompiledRule::CompMswinTargetuserCalleruserDiff => {
            target_is_not_caller(event.bytes(event.log))
        }
        CompiledRule::IsSimpleHttpRequest => is_simple_http_request(event),
        CompiledRule::IsValidCrawler => {
            // Only the prefixes: asking name servers has no place in the matching path (rules 2.9).
            const NETWORKS: [&[u8]; 7] =
                [b"72.14.", b"209.85.", b"65.55.", b"207.46.", b"74.6.", b"72.30.", b"67.195."];
            NETWORKS.iter().any(|network| event.bytes(event.log).starts_with(network))
        }
    }
}

fn is_simple_http_request(event: &Event) -> bool {
    let Some(url) = event.field(StaticField::Url) else { return false };
    let is_get = event.field(StaticField::Action).is_none_or(|a| a.eq_ignore_ascii_case(b"GET"));
    is_get && (url == b"/" || !url.contains(&b'?'))
}

/// Whether the target account of a Windows event is not its caller: the texts after the two labels' colons,
/// compared as the original does (rules 2.9).
fn target_is_not_caller(log: &[u8]) -> bool {
    let after = |label: &[u8]| {
        let at = memchr::memmem::find(log, label)?;
        let rest = log.get(at..)?;
        let colon = memchr::memchr(b':', rest)?;
        rest.get(colon + 1..)
    };
    let (Some(target), Some(caller)) = (after(b"Target Account Name"), after(b"Caller User Name"))
    else {
        return false;
    };
    // The names are the same when the texts agree through a tab or the second of two blanks.
    let mut before = 0;
    for at in 0.. {
        match (target.get(at), caller.get(at)) {
            (Some(a), Some(b)) if a == b => {
                if *a == b'\t' || (*a == b' ' && before == b' ') {
                    return false;
                }
                before = *a;
            }
            _ => return true,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_december_2025_was_a_monday() {
        let local = LocalTime::at(Timestamp(1_764_576_000), 0);
        assert_eq!(local, LocalTime { minute: 480, weekday: 1 });
        assert_eq!(LocalTime::at(Timestamp(1_764_576_000), -8 * 3600 - 60).weekday, 0);
    }

    #[test]
    fn target_and_caller_are_compared_up_to_two_blanks() {
        let log = |target: &str, caller: &str| {
            format!("Target Account Name: {target}  Caller User Name: {caller}")
        };
        assert!(!target_is_not_caller(log("bob", "bob  x").as_bytes()));
        assert!(target_is_not_caller(log("bob", "bobby  x").as_bytes()));
        assert!(target_is_not_caller(log("bob", "bo").as_bytes()));
        assert!(target_is_not_caller(log("bob", "bob").as_bytes()));
        assert!(target_is_not_caller(log("bob", "bob y").as_bytes()));
        assert!(!target_is_not_caller(b"Target Account Name: bob"));
    }
}
