//! The packet filter of OpenBSD, as `tcpdump` prints its log.
//!
//! `rule 2/(match) pass in on xl0: 140.211.166.3.6667 > 192.168.2.10.16290: P 7408:7677(269) ack 1773`

use bartizan_base::{Deviation, Dialect, Event, StaticField};

use super::set;

pub(super) const FIELDS: [StaticField; 6] = [
    StaticField::Action,
    StaticField::SrcIp,
    StaticField::SrcPort,
    StaticField::DstIp,
    StaticField::DstPort,
    StaticField::Protocol,
];

/// What is known before the log stops to look like one of pf stays set.
pub(super) fn decode(event: &mut Event, dialect: Dialect) {
    let reads_ipv6 = !dialect.has(Deviation::PfIpv6);
    let Some(after_action) = action(event) else { return };
    let log = event.bytes(event.log);
    let Some(source) = find(log, b':', after_action).map(|colon| colon + 2) else { return };
    if log.get(source - 1) != Some(&b' ') {
        return;
    }
    let Some(source_end) = find(log, b' ', source) else { return };
    let is_ipv6 = reads_ipv6 && has(log, b':', source, source_end);
    let destination = source_end + 3;
    let arrow = log.get(source_end..destination) == Some(b" > ");
    address(event, source, source_end, is_ipv6, StaticField::SrcIp, StaticField::SrcPort);
    if !arrow {
        return;
    }
    let log = event.bytes(event.log);
    // An address of IPv6 holds colons: the one that ends it has a space after it.
    let end = if is_ipv6 {
        memchr::memmem::find(log.get(destination..).unwrap_or_default(), b": ")
            .map(|at| destination + at)
    } else {
        find(log, b':', destination)
    };
    let Some(end) = end else { return };
    address(event, destination, end, is_ipv6, StaticField::DstIp, StaticField::DstPort);
    let rest = event.bytes(event.log).get(end + 1..).unwrap_or_default();
    let protocol: &[u8] = match rest.iter().find(|&&b| b != b' ') {
        Some(b'u') => b"UDP",
        Some(b'i') => b"ICMP",
        _ => b"TCP",
    };
    event.set_field(StaticField::Protocol, protocol);
}

/// Reads the action behind the first parenthesis; where it stands.
fn action(event: &mut Event) -> Option<usize> {
    let log = event.bytes(event.log);
    let place = find(log, b')', 0)? + 2;
    if log.get(place - 1) != Some(&b' ') {
        return None;
    }
    let action: &[u8] = match log.get(place)? {
        b'p' => b"pass",
        b'b' => b"block",
        _ => return None,
    };
    event.set_field(StaticField::Action, action);
    Some(place)
}

/// Splits an address from the port that a dot ends it with: the fourth dot of IPv4, the last of IPv6 unless
/// it belongs to an embedded IPv4 address.
fn address(
    event: &mut Event,
    from: usize,
    to: usize,
    is_ipv6: bool,
    ip: StaticField,
    port: StaticField,
) {
    let text = event.bytes(event.log).get(from..to).unwrap_or_default();
    let dots = memchr::memchr_iter(b'.', text).count();
    let dot = match (is_ipv6, dots) {
        (false, _) => memchr::memchr_iter(b'.', text).nth(3),
        (true, 0 | 3) => None,
        (true, _) => memchr::memrchr(b'.', text),
    };
    match dot {
        Some(dot) => {
            set(event, ip, from, from + dot);
            set(event, port, from + dot + 1, to);
        }
        None => set(event, ip, from, to),
    }
}

fn find(log: &[u8], byte: u8, from: usize) -> Option<usize> {
    memchr::memchr(byte, log.get(from..)?).map(|at| from + at)
}

fn has(log: &[u8], byte: u8, from: usize, to: usize) -> bool {
    log.get(from..to).is_some_and(|part| memchr::memchr(byte, part).is_some())
}
