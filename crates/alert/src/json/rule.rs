//! The `rule` object of the JSON outputs (rules 10.6).

use crate::facts::{EventFacts, RuleFacts};
use crate::json::Object;

/// Compliance items of one rootcheck text that are looked at. The original has room for 10.
const COMPLIANCE_ITEMS: usize = 64;

/// Keys of the rule object that a rootcheck text cannot set.
const OWN_KEYS: [&[u8]; 11] = [
    b"level",
    b"comment",
    b"sidid",
    b"cve",
    b"info",
    b"frequency",
    b"firedtimes",
    b"group",
    b"groups",
    b"PCI_DSS",
    b"CIS",
];

/// Writes the rule into `object`, and ends it.
pub(crate) fn write_rule(facts: &EventFacts<'_>, rule: &RuleFacts<'_>, mut object: Object<'_>) {
    if rule.level != 0 {
        object.number("level", i64::from(rule.level));
    }
    object.optional("comment", rule.description);
    object.number("sidid", i64::from(rule.id));
    object.optional("cve", rule.cve);
    object.optional("info", rule.info_text);
    if rule.frequency != 0 {
        object.number("frequency", i64::from(rule.frequency));
    }
    if rule.fired_times != 0 {
        object.number("firedtimes", i64::from(rule.fired_times));
    }
    object.string("group", rule.group);
    let is_plain = |item: &&[u8]| !PREFIXES.iter().any(|(prefix, _)| item.starts_with(prefix));
    object.strings("groups", items(rule.group).filter(is_plain));
    let reported = if is_rootcheck(rule) { facts.event.bytes(facts.event.full_log) } else { b"" };
    for (prefix, key) in PREFIXES {
        let mut standards =
            items(rule.group).filter_map(|item| item.strip_prefix(prefix)).peekable();
        if standards.peek().is_some() {
            object.strings(key, standards.chain(values_of(reported, key.as_bytes())));
        }
    }
    write_compliance(rule, reported, &mut object);
    object.end();
}

/// Prefixes of groups that name a chapter of a standard, and the keys that collect those.
const PREFIXES: [(&[u8], &str); 2] = [(b"pci_dss_", "PCI_DSS"), (b"cis_", "CIS")];

fn items(group: &[u8]) -> impl Iterator<Item = &[u8]> {
    group.split(|&byte| byte == b',').filter(|item| !item.is_empty())
}

fn is_rootcheck(rule: &RuleFacts<'_>) -> bool {
    items(rule.group).any(|item| item == b"rootcheck")
}

/// The standards that a rootcheck text names: a key each, with the values of all its items.
fn write_compliance(rule: &RuleFacts<'_>, text: &[u8], object: &mut Object<'_>) {
    let has_group = |name: &[u8]| {
        PREFIXES.iter().any(|&(prefix, key)| {
            key.as_bytes() == name && items(rule.group).any(|item| item.starts_with(prefix))
        })
    };
    for (at, (name, _)) in compliance(text).enumerate() {
        let is_first = !compliance(text).take(at).any(|(earlier, _)| earlier == name);
        let is_free = match PREFIXES.iter().find(|(_, key)| key.as_bytes() == name) {
            Some(_) => !has_group(name),
            None => !OWN_KEYS.contains(&name),
        };
        if let (true, true, Ok(key)) = (is_first, is_free, std::str::from_utf8(name)) {
            object.strings(key, values_of(text, name));
        }
    }
}

/// The values of all items of that name.
fn values_of<'a>(text: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    compliance(text)
        .filter(move |&(other, _)| other == name)
        .flat_map(|(_, list)| list.split(|&byte| byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|value| !value.is_empty())
}

/// The items `{NAME: a, b}` of a text: names of letters, digits and `_`, lists of those, `.`, `,` and
/// blanks.
fn compliance(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let pieces = text.split(|&byte| byte == b'{').skip(1);
    pieces.filter_map(item_at).take(COMPLIANCE_ITEMS)
}

fn item_at(piece: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = piece.get(..memchr::memchr(b'}', piece)?)?;
    let colon = memchr::memmem::find(inside, b": ")?;
    let (name, list) = (inside.get(..colon)?, inside.get(colon + 2..)?);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let is_value = |byte: &u8| is_name(byte) || matches!(byte, b'.' | b',' | b' ');
    (!name.is_empty() && name.iter().all(is_name) && list.iter().all(is_value))
        .then_some((name, list))
}
