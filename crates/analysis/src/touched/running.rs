//! Deviations that show while events are analysed: which rules they can touch is read off the rules.

use bartizan_base::{DecoderIndex, Deviation, FieldName, FtsKeys, StaticField};
use bartizan_decode::plugins::Plugin;
use bartizan_decode::set::{Action, List, TopLevel};
use bartizan_pattern::{Language, Pattern};
use bartizan_rules::{Correlation, Rule, SameTests, Search, Test, TextField};

use crate::reach::{Decoders, fields_of};
use crate::ruleset::Ruleset;

/// Whether `rule` can be touched. `through` are the decoders of the events that its conditions let through,
/// one set for each of its places.
pub(super) type Touches<'a> = Box<dyn Fn(&Rule, &[&Decoders]) -> bool + 'a>;

/// The question to ask of every rule; `None` for deviations of another kind.
pub(super) fn question(deviation: Deviation, ruleset: &Ruleset) -> Option<Touches<'_>> {
    Some(match deviation {
        Deviation::ControlCharacters => {
            Box::new(|rule, _| patterns(rule).any(|(pattern, _)| names_control_character(pattern)))
        }
        Deviation::Utf8Check => Box::new(|rule, _| {
            patterns(rule).any(|(pattern, is_log)| is_log && is_blinded(pattern))
        }),
        Deviation::SidStarvesGroup => {
            Box::new(|rule, _| rule.sid_list.is_some() && !rule.group_lists.is_empty())
        }
        Deviation::ForeignRestart => Box::new(|rule, _| {
            correlation(rule).is_some_and(|correlation| correlation.same != SameTests::default())
        }),
        Deviation::MemoryEviction => {
            let seconds = ruleset.rules.largest_frequency;
            Box::new(move |rule, _| {
                correlation(rule).is_some_and(|correlation| correlation.timeframe > seconds)
            })
        }
        Deviation::FtsSrcuser => {
            let decoders = with_source_user(ruleset);
            Box::new(move |rule, through| {
                rule.conditions.iter().any(|c| matches!(c.test, Test::FirstTimeSeen))
                    && through.iter().any(|through| through.has_any_of(&decoders))
            })
        }
        Deviation::DynamicFields => {
            let decoders = chained(ruleset);
            Box::new(move |rule, through| {
                rule.conditions.iter().any(|c| matches!(c.test, Test::Dynamic { .. }))
                    && through.iter().any(|through| through.has_any_of(&decoders))
            })
        }
        Deviation::PfIpv6 => {
            let decoders = of_pf(ruleset);
            Box::new(move |rule, through| {
                asks_for_addresses(rule)
                    && through.iter().any(|through| through.has_any_of(&decoders))
            })
        }
        _ => return None,
    })
}

fn correlation(rule: &Rule) -> Option<&Correlation> {
    rule.conditions.iter().find_map(|condition| match &condition.test {
        Test::Correlation(correlation) => Some(correlation),
        _ => None,
    })
}

/// The patterns of a rule, and whether each looks at something of the event.
fn patterns(rule: &Rule) -> impl Iterator<Item = (&Pattern, bool)> {
    rule.conditions.iter().filter_map(|condition| match &condition.test {
        Test::Text { pattern, .. } | Test::Dynamic { pattern, .. } => Some((&**pattern, true)),
        Test::List(lookup) => lookup.check_value.as_deref().map(|pattern| (pattern, false)),
        Test::Correlation(Correlation { search: Search::Memory(Some(pattern)), .. }) => {
            Some((&**pattern, true))
        }
        _ => None,
    })
}

/// Whether a pattern speaks of a tab or a line feed, which 4.3 deletes from events.
fn names_control_character(pattern: &Pattern) -> bool {
    let source = pattern.source();
    let is_escape = |pair: &[u8]| match pair {
        [b'\\', b't'] => pattern.language() != Language::OsMatch,
        [b'\\', b'n'] => pattern.language() == Language::Pcre2,
        _ => false,
    };
    let mut at = 0;
    while let Some(&byte) = source.get(at) {
        if matches!(byte, b'\t' | b'\n') || source.get(at..at + 2).is_some_and(is_escape) {
            return true;
        }
        at += if byte == b'\\' { 2 } else { 1 };
    }
    false
}

/// Whether one byte that is not UTF-8 keeps the pattern from matching in 4.3 (decoding 4.6).
fn is_blinded(pattern: &Pattern) -> bool {
    let is_translated = matches!(pattern.language(), Language::OsRegex | Language::OsMatch);
    is_translated && !pattern.is_plain_anchored()
}

fn with_source_user(ruleset: &Ruleset) -> Decoders {
    let is_loose = ruleset.settings.dialect.has(Deviation::FtsSrcuser);
    // Where the switch is on, `srcuser` has already become dstuser: whoever has that may have written it.
    let key = if is_loose { StaticField::DstUser } else { StaticField::SrcUser };
    let infos = (0..).zip(&ruleset.decoders.table().infos);
    let named = infos.filter(|(_, info)| info.fts.has(FtsKeys::of(key)));
    named.map(|(at, _)| DecoderIndex(at)).collect()
}

/// Decoders of one parent and their parent.
fn families(ruleset: &Ruleset) -> impl Iterator<Item = (&TopLevel, Vec<DecoderIndex>)> {
    let set = &ruleset.decoders;
    let lists = [List::Program, List::Plain].map(|list| set.top_level(list));
    lists.into_iter().flatten().map(move |top| {
        let children = set.entries(top).iter().filter_map(|&entry| set.child(entry));
        (top, children.map(|child| child.decoder).collect())
    })
}

/// Decoders with dynamic fields that are members of a chain.
fn chained(ruleset: &Ruleset) -> Decoders {
    let table = ruleset.decoders.table();
    let has_dynamic = |decoder: DecoderIndex| {
        table.info(decoder).sets.iter().any(|field| matches!(field, FieldName::Dynamic(_)))
    };
    let mut found = Decoders::default();
    for (_, children) in families(ruleset) {
        for &child in children.iter().filter(|&&child| has_dynamic(child)) {
            let name = &table.info(child).own_name;
            let members = children.iter().filter(|&&other| table.info(other).own_name == *name);
            if members.count() > 1 {
                found.insert(child);
            }
        }
    }
    found
}

fn of_pf(ruleset: &Ruleset) -> Decoders {
    let set = &ruleset.decoders;
    let is_pf = |action: &Action| matches!(action, Action::Plugin(Plugin::Pf));
    let mut found = Decoders::default();
    for (top, children) in families(ruleset) {
        let entries = set.entries(top).iter().filter_map(|&entry| set.child(entry));
        if is_pf(&top.action) || entries.into_iter().any(|child| is_pf(&child.action)) {
            found.insert(top.decoder);
            children.into_iter().for_each(|child| found.insert(child));
        }
    }
    found
}

/// Whether a rule asks for an address or a port.
fn asks_for_addresses(rule: &Rule) -> bool {
    use StaticField::{DstIp, DstPort, SrcIp, SrcPort};
    let is_address = |field: &StaticField| [SrcIp, DstIp, SrcPort, DstPort].contains(field);
    let of_text = |field: TextField| fields_of(field).iter().any(is_address);
    rule.conditions.iter().any(|condition| match &condition.test {
        Test::SrcIp(_) | Test::DstIp(_) => true,
        Test::Text { field, .. } => of_text(*field),
        Test::List(lookup) => crate::reach::listed_fields(lookup.field).iter().any(is_address),
        Test::Correlation(Correlation { same, .. }) => {
            same.same_source_ip || same.same_src_port || same.same_dst_port || same.different_srcip
        }
        _ => false,
    })
}

/// Decoders that have other neighbours in their chains in `other`, the same files read with
/// `interleaved-chain` turned.
pub(super) fn rechained(ruleset: &Ruleset, other: &Ruleset) -> Decoders {
    let mut found = Decoders::default();
    for ((top, children), (twin, _)) in families(ruleset).zip(families(other)) {
        let entries = ruleset.decoders.entries(top);
        if entries != other.decoders.entries(twin) {
            found.insert(top.decoder);
            children.into_iter().for_each(|child| found.insert(child));
        }
    }
    found
}
