//! `firewall.log`: a line for each event of a firewall (rules 10.5, decoding 10.1).

use bartizan_base::StaticField;

use crate::facts::EventFacts;
use crate::text;

/// The word for what a firewall did: by the first letter of its own, any case, else by what that contains.
#[must_use]
pub fn action(word: &[u8]) -> &'static [u8] {
    match word.first().map(u8::to_ascii_lowercase) {
        Some(b'd' | b'r' | b'b') => b"DROP",
        Some(b'c' | b't') => b"CLOSED",
        Some(b'a' | b'p' | b'o') => b"ALLOW",
        _ if memchr::memmem::find(word, b"drop").is_some() => b"DROP",
        _ if memchr::memmem::find(word, b"accept").is_some() => b"ALLOW",
        _ => b"UNKNOWN",
    }
}

/// Appends the event's line. Nothing is written, and the answer is false, when it lacks an action, an
/// address or the protocol; in 2.8, a port too.
pub fn write_line(facts: &EventFacts<'_>, out: &mut Vec<u8>) -> bool {
    let field = |field| facts.event.field(field);
    let (Some(word), Some(protocol), Some(source), Some(target)) = (
        field(StaticField::Action),
        field(StaticField::Protocol),
        field(StaticField::SrcIp),
        field(StaticField::DstIp),
    ) else {
        return false;
    };
    let ports = (field(StaticField::SrcPort), field(StaticField::DstPort));
    if facts.dialect.is_2_8() && (ports.0.is_none() || ports.1.is_none()) {
        return false;
    }
    text::write_head(facts, out);
    out.push(b' ');
    out.extend_from_slice(action(word));
    out.push(b' ');
    text::push_value(facts, protocol, out);
    out.push(b' ');
    write_end(facts, source, ports.0, out);
    out.extend_from_slice(b"->");
    write_end(facts, target, ports.1, out);
    out.push(b'\n');
    true
}

fn write_end(facts: &EventFacts<'_>, address: &[u8], port: Option<&[u8]>, out: &mut Vec<u8>) {
    text::push_value(facts, address, out);
    out.push(b':');
    text::push_value(facts, port.unwrap_or(b"0"), out);
}

#[cfg(test)]
mod tests {
    use super::action;

    #[test]
    fn an_action_is_known_by_its_first_letter() {
        let check = |word: &str, expected: &str| {
            let found = action(word.as_bytes());
            assert_eq!(String::from_utf8_lossy(found), expected, "{word}");
            assert_eq!(action(found), found, "a word of ours stays");
        };
        for word in ["deny", "Reject", "blocked", "xdropped"] {
            check(word, "DROP");
        }
        for word in ["close", "Teardown"] {
            check(word, "CLOSED");
        }
        for word in ["Accept", "pass", "open", "no accept"] {
            check(word, "ALLOW");
        }
        for word in ["zzz", "", "xDROP"] {
            check(word, "UNKNOWN");
        }
    }
}
