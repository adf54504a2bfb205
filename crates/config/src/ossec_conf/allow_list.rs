//! Sources that active response never acts on: `<allow_list>` (config 5.2).

use bartizan_base::{Deviation, Dialect};
use bartizan_pattern::address::AddressList;

use super::codes;
use super::context::Context;
use super::value::Value;

/// Addresses, networks and host names, in order.
#[derive(Clone, Debug, Default)]
pub struct AllowList {
    entries: Vec<Entry>,
    /// All entries as one list, which answers as OSSEC does.
    whole: AddressList,
    hosts: Vec<Vec<u8>>,
}

#[derive(Clone, Debug)]
struct Entry {
    negated: bool,
    network: AddressList,
}

impl AllowList {
    /// Adds an entry. What is no address is the name of a host.
    pub(super) fn add(&mut self, value: &Value<'_>, context: &mut Context<'_>) {
        let text = value.bytes();
        if text.is_empty() {
            let message = "an empty entry of the list allows nobody";
            context.warn(codes::NO_EFFECT_HERE, value.span(), message, "remove it");
            return;
        }
        if self.add_address(text, context.dialect) {
            if text.starts_with(b"!") && !context.is_strict() {
                let message = "`!` takes addresses out of networks that stand behind it";
                let help = "the first entry that contains an address decides";
                context.warn(codes::NEGATED_ALLOW, value.span(), message, help);
            }
            return;
        }
        if text.iter().any(|b| b.is_ascii_whitespace() || b"/!".contains(b)) {
            let message = "this is neither an address nor a network, and no name of a host";
            context.warn(codes::NO_EFFECT_HERE, value.span(), message, "it allows nobody");
        }
        self.hosts.push(text.to_vec());
    }

    /// Adds an address or a network, negated or not; false if it is none.
    pub fn add_address(&mut self, text: &[u8], dialect: Dialect) -> bool {
        let negated = text.starts_with(b"!");
        let network = text.strip_prefix(b"!").unwrap_or(text);
        let network = match netmask_as_prefix(network) {
            Some(with_prefix) if dialect == Dialect::OURS => with_prefix,
            _ => network.to_vec(),
        };
        let mut one = AddressList::default();
        if one.add(&network, dialect).is_err() {
            return false;
        }
        let mut whole = if negated { b"!".to_vec() } else { Vec::new() };
        whole.extend_from_slice(&network);
        if self.whole.add(&whole, dialect).is_err() {
            return false;
        }
        self.entries.push(Entry { negated, network: one });
        true
    }

    /// Whether an address is listed. The first entry that contains it decides; with none it is not listed
    /// (OSSEC: deviation `allow-list-negation`).
    #[must_use]
    pub fn contains_address(&self, address: &[u8], dialect: Dialect) -> bool {
        if dialect.has(Deviation::AllowListNegation) {
            return self.whole.matches(address);
        }
        let first = self.entries.iter().find(|entry| entry.network.matches(address));
        first.is_some_and(|entry| !entry.negated)
    }

    /// Whether the name of a host is listed, in any case. OSSEC compares a part of it only, which is never
    /// reproduced (config 5.2).
    #[must_use]
    pub fn contains_host(&self, name: &[u8]) -> bool {
        self.hosts.iter().any(|host| host.eq_ignore_ascii_case(name))
    }

    /// The names of hosts that are listed.
    #[must_use]
    pub fn hosts(&self) -> &[Vec<u8>] {
        &self.hosts
    }

    /// How many addresses and networks are listed.
    #[must_use]
    pub fn address_count(&self) -> usize {
        self.entries.len()
    }
}

/// `192.0.2.0/255.255.255.0` as `192.0.2.0/24`.
fn netmask_as_prefix(network: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(network).ok()?;
    let (address, mask) = text.split_once('/')?;
    let mask: std::net::Ipv4Addr = mask.parse().ok()?;
    let bits = u32::from(mask);
    let contiguous = bits.leading_ones() + bits.trailing_zeros() == 32 || bits == 0;
    contiguous.then(|| format!("{address}/{}", bits.leading_ones()).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str], dialect: Dialect) -> AllowList {
        let mut list = AllowList::default();
        for entry in entries {
            assert!(list.add_address(entry.as_bytes(), dialect), "{entry}");
        }
        list
    }

    #[test]
    fn the_first_entry_that_contains_an_address_decides() {
        let ours = list(&["!10.0.0.1", "10.0.0.0/8"], Dialect::OURS);
        for (address, listed) in [("10.0.0.1", false), ("10.0.0.2", true), ("192.0.2.1", false)] {
            assert_eq!(
                ours.contains_address(address.as_bytes(), Dialect::OURS),
                listed,
                "{address}"
            );
        }
    }

    #[test]
    fn a_list_that_ends_with_a_negation_lists_the_rest_only_in_the_dialect() {
        let entries = ["10.0.0.0/8", "!10.0.0.1"];
        let ours = list(&entries, Dialect::OURS);
        assert!(!ours.contains_address(b"192.0.2.1", Dialect::OURS));
        let theirs = list(&entries, Dialect::OSSEC_4_3);
        assert!(theirs.contains_address(b"192.0.2.1", Dialect::OSSEC_4_3));
    }

    #[test]
    fn a_netmask_is_a_prefix() {
        let ours = list(&["192.0.2.0/255.255.255.0"], Dialect::OURS);
        assert!(ours.contains_address(b"192.0.2.77", Dialect::OURS));
        assert!(!ours.contains_address(b"192.0.3.1", Dialect::OURS));
        assert_eq!(netmask_as_prefix(b"10.0.0.0/255.0.255.0"), None);
    }
}
