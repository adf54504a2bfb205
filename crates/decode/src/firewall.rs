//! Brings events of firewalls into one form, before rules see them (decoding 10.1).

use bartizan_base::{Category, Dialect, Event, StaticField};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Firewall {
    /// It is not of a firewall; nothing was done.
    Other,
    /// It lacks its action, an address or the protocol: it is dropped, without rules or archive.
    Incomplete,
    /// Its action is one of `DROP`, `CLOSED`, `ALLOW` and `UNKNOWN` now, and a line is due in the log of
    /// firewalls.
    Normalised,
}

/// Normalises the action of an event of a firewall. 2.8 wants the ports as well.
pub fn normalise(event: &mut Event, dialect: Dialect) -> Firewall {
    if event.decoded.category != Category::Firewall {
        return Firewall::Other;
    }
    let needed = &[
        StaticField::SrcIp,
        StaticField::DstIp,
        StaticField::Protocol,
        StaticField::SrcPort,
        StaticField::DstPort,
    ];
    let needed = if dialect.is_2_8() { &needed[..] } else { &needed[..3] };
    let Some(action) = event.decoded.field(StaticField::Action) else {
        return Firewall::Incomplete;
    };
    if needed.iter().any(|&field| event.decoded.field(field).is_none()) {
        return Firewall::Incomplete;
    }
    let action = event.subject(action).folded();
    let has = |word: &[u8]| memchr::memmem::find(action, word).is_some();
    let normal: &[u8] = match action.first() {
        Some(b'd' | b'r' | b'b') => b"DROP",
        Some(b'c' | b't') => b"CLOSED",
        Some(b'a' | b'p' | b'o') => b"ALLOW",
        _ if has(b"drop") => b"DROP",
        _ if has(b"accept") => b"ALLOW",
        _ => b"UNKNOWN",
    };
    event.set_field(StaticField::Action, normal);
    Firewall::Normalised
}

/// Appends the part of the firewall log's line that comes from decoding:
/// `ACTION PROTO SRCIP:SRCPORT->DSTIP:DSTPORT`. A port that is unknown is `0`.
pub fn write_connection(event: &Event, line: &mut Vec<u8>) {
    let mut add = |field, before: &[u8], otherwise: &[u8]| {
        line.extend_from_slice(before);
        line.extend_from_slice(event.field(field).unwrap_or(otherwise));
    };
    add(StaticField::Action, b"", b"");
    add(StaticField::Protocol, b" ", b"");
    add(StaticField::SrcIp, b" ", b"");
    add(StaticField::SrcPort, b":", b"0");
    add(StaticField::DstIp, b"->", b"");
    add(StaticField::DstPort, b":", b"0");
}

#[cfg(test)]
mod tests {
    use super::*;
    use bartizan_base::Timestamp;

    fn event(action: &str) -> Event {
        let mut event = Event::default();
        event.reset(b'1', b"f", b"log", Timestamp(0));
        event.decoded.category = Category::Firewall;
        event.set_field(StaticField::Action, action.as_bytes());
        event.set_field(StaticField::SrcIp, b"1.1.1.1");
        event.set_field(StaticField::DstIp, b"2.2.2.2");
        event.set_field(StaticField::Protocol, b"ICMP");
        event
    }

    #[test]
    fn actions_are_known_by_their_first_letter_or_a_word_in_them() {
        for (action, expected) in [
            ("Deny", "DROP"),
            ("reject", "DROP"),
            ("block", "DROP"),
            ("close", "CLOSED"),
            ("Teardown", "CLOSED"),
            ("allow", "ALLOW"),
            ("PASS", "ALLOW"),
            ("open", "ALLOW"),
            ("X-DROP", "DROP"),
            ("is accepted", "ALLOW"),
            ("", "UNKNOWN"),
        ] {
            let mut event = event(action);
            assert_eq!(normalise(&mut event, Dialect::OURS), Firewall::Normalised);
            assert_eq!(event.field(StaticField::Action), Some(expected.as_bytes()), "{action}");
        }
    }

    #[test]
    fn an_event_without_an_address_is_dropped_and_one_of_another_kind_left_alone() {
        let mut incomplete = event("pass");
        incomplete.decoded.fields[StaticField::DstIp as usize] = None;
        assert_eq!(normalise(&mut incomplete, Dialect::OURS), Firewall::Incomplete);
        let old = Dialect::ossec_2_8();
        assert_eq!(normalise(&mut event("pass"), old), Firewall::Incomplete);
        let mut other = event("pass");
        other.decoded.category = Category::Syslog;
        assert_eq!(normalise(&mut other, Dialect::OURS), Firewall::Other);
        assert_eq!(other.field(StaticField::Action), Some(&b"pass"[..]));
    }

    #[test]
    fn ports_that_are_unknown_are_zero() {
        let mut event = event("drop");
        event.set_field(StaticField::SrcPort, b"22");
        let _ = normalise(&mut event, Dialect::OURS);
        let mut line = Vec::new();
        write_connection(&event, &mut line);
        assert_eq!(line, b"DROP ICMP 1.1.1.1:22->2.2.2.2:0");
    }
}
