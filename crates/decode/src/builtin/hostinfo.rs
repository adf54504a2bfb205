//! Open ports of hosts, as a scanner reports them: `Host: IP[ (NAME)],PORTS` (decoding 9.3).

use std::collections::HashMap;
use std::io;

use bartizan_base::{Deviation, Event};

use super::escape::escape;
use super::table::lines;
use super::{Database, Integrity, IntegrityStore, Outcome};

/// What is known of hosts.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    /// All lines, `IP` and `PORTS`; only kept for the comparison of the original.
    lines: Vec<Box<[u8]>>,
    /// The ports an address had last.
    last: HashMap<Box<[u8]>, Box<[u8]>>,
}

impl Hosts {
    fn parse(text: &[u8], keeps_lines: bool) -> Self {
        let mut hosts = Self::default();
        for (_, line) in lines(text).filter(|(_, line)| !line.is_empty()) {
            let end = line.iter().position(|&b| b == b' ').unwrap_or(line.len());
            let (address, ports) = line.split_at(end);
            hosts.note(address, ports, keeps_lines);
        }
        hosts
    }

    fn note(&mut self, address: &[u8], ports: &[u8], keeps_lines: bool) {
        if keeps_lines {
            self.lines.push([address, ports].concat().into());
        }
        self.last.insert(address.into(), ports.into());
    }

    /// Whether the address is known, and whether with these ports.
    fn compare(&self, address: &[u8], ports: &[u8], as_original: bool) -> (bool, bool) {
        if !as_original {
            let last = self.last.get(address);
            return (last.is_some(), last.is_some_and(|last| **last == *ports));
        }
        // An address is known that begins another, and any older line counts (deviation
        // `integrity-messages`).
        let rests = || self.lines.iter().filter_map(|line| line.strip_prefix(address));
        (rests().next().is_some(), rests().any(|rest| rest == ports))
    }
}

impl Integrity {
    pub(super) fn hostinfo(
        &mut self,
        event: &mut Event,
        store: &mut dyn IntegrityStore,
    ) -> io::Result<Outcome> {
        let as_original = self.has(Deviation::IntegrityMessages);
        let log = escape(event.bytes(event.log));
        let Some((address, ports)) = parse(&log) else { return Ok(Outcome::Invalid) };
        if self.hostinfo.is_some() && store.is_changed(Database::Hostinfo) {
            self.hostinfo = None;
        }
        if self.hostinfo.is_none() {
            let text = store.read(Database::Hostinfo)?;
            self.hostinfo = Some(Hosts::parse(&text, as_original));
        }
        let Some(hosts) = &mut self.hostinfo else { return Ok(Outcome::Silent) };
        let (is_known, is_same) = hosts.compare(address, ports, as_original);
        if is_same {
            return Ok(Outcome::Silent);
        }
        store.append(Database::Hostinfo, &[address, ports, b"\n"].concat())?;
        hosts.note(address, ports, as_original);
        let decoder = if is_known { self.decoders.host_modified } else { self.decoders.host_new };
        self.decided(event, decoder);
        Ok(Outcome::Event)
    }
}

/// The address and the ports, which begin with the blank after the comma.
fn parse(log: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = log.strip_prefix(b"Host: ")?;
    let comma = memchr::memchr(b',', rest)?;
    let (host, ports) = (rest.get(..comma)?, rest.get(comma + 1..)?);
    let address = host.split(|&b| b == b' ').next()?;
    Some((address, ports))
}
