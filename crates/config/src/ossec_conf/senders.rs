//! Who may send syslog: `<allowed-ips>` and `<denied-ips>` (collection 8.3).
//!
//! Not the address lists of rules: those answer as OSSEC does, and here that opens a listener to everybody (a mask
//! that is no number, a lone exclusion, a prefix of 0 for both families). Here every entry means what it says.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks, some of them exclusions. The first one that contains an address decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SenderList {
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    is_exclusion: bool,
    network: Network,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Network {
    /// Either family.
    Any,
    V4 {
        bits: u32,
        mask: u32,
    },
    V6 {
        bits: u128,
        mask: u128,
    },
}

impl SenderList {
    /// Adds an entry: `any`, an address, or a network with a prefix or a dotted mask; with `!` before it an
    /// exclusion. Bits of the host are ignored.
    ///
    /// # Errors
    ///
    /// What is wrong with it; the list is unchanged then.
    pub fn add(&mut self, text: &[u8]) -> Result<(), &'static str> {
        let text = std::str::from_utf8(text).map_err(|_| ADDRESS)?;
        let (is_exclusion, network) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        self.entries.push(Entry { is_exclusion, network: Network::parse(network)? });
        Ok(())
    }

    /// Whether an address is in the list. An exclusion only takes out what would be in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let first = self.entries.iter().find(|entry| entry.network.contains(address));
        first.is_some_and(|entry| !entry.is_exclusion)
    }

    /// Adds all entries of another list.
    pub fn append(&mut self, other: &Self) {
        self.entries.extend_from_slice(&other.entries);
    }

    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether there are entries and all are exclusions, so that nobody is in it.
    #[must_use]
    pub fn only_excludes(&self) -> bool {
        !self.is_empty() && self.entries.iter().all(|entry| entry.is_exclusion)
    }

    /// Whether the last entry is an exclusion: for OSSEC everybody who reaches the end is in the list then.
    #[must_use]
    pub fn ends_with_exclusion(&self) -> bool {
        self.entries.last().is_some_and(|entry| entry.is_exclusion)
    }

    /// Whether the last entry is all of one family: for OSSEC it is all of both.
    #[must_use]
    pub(super) fn ends_with_whole_family(&self) -> bool {
        let last = self.entries.last().map(|entry| entry.network);
        matches!(last, Some(Network::V4 { mask: 0, .. } | Network::V6 { mask: 0, .. }))
    }
}

const ADDRESS: &str = "expected `any`, an address, or a network like `192.0.2.0/24`";

impl Network {
    fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "any" {
            return Ok(Self::Any);
        }
        let (address, suffix) = match text.split_once('/') {
            Some((address, suffix)) => (address, Some(suffix)),
            None => (text, None),
        };
        match address.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => v4(address, suffix.map(mask_v4).transpose()?),
            Ok(IpAddr::V6(address)) => v6(address, suffix),
            Err(_) => Err(ADDRESS),
        }
    }

    fn contains(self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::Any, _) => true,
            (Self::V4 { bits, mask }, IpAddr::V4(address)) => address.to_bits() & mask == bits,
            (Self::V6 { bits, mask }, IpAddr::V6(address)) => address.to_bits() & mask == bits,
            _ => false,
        }
    }
}

fn v4(address: Ipv4Addr, mask: Option<u32>) -> Result<Network, &'static str> {
    let mask = mask.unwrap_or(u32::MAX);
    Ok(Network::V4 { bits: address.to_bits() & mask, mask })
}

/// A mapped address is the IPv4 address in it, and its prefix counts from 96.
fn v6(address: Ipv6Addr, suffix: Option<&str>) -> Result<Network, &'static str> {
    let length = suffix.map_or(Ok(128), |digits| {
        prefix(digits, 128).ok_or("expected a prefix from 0 to 128 after `/`")
    })?;
    if let Some(mapped) = address.to_ipv4_mapped() {
        let length = length.checked_sub(96).ok_or("the prefix of a mapped address is 96 to 128")?;
        return v4(mapped, Some(u32::MAX.checked_shl(32 - length).unwrap_or(0)));
    }
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
    Ok(Network::V6 { bits: address.to_bits() & mask, mask })
}

/// A prefix, or a dotted mask, whose ones come first.
fn mask_v4(text: &str) -> Result<u32, &'static str> {
    if let Some(length) = prefix(text, 32) {
        return Ok(u32::MAX.checked_shl(32 - length).unwrap_or(0));
    }
    let mask = text.parse::<Ipv4Addr>().map(Ipv4Addr::to_bits);
    mask.ok()
        .filter(|mask| mask.leading_ones() == mask.count_ones())
        .ok_or("expected a prefix from 0 to 32, or a mask like 255.255.255.0, after `/`")
}

fn prefix(digits: &str, most: u32) -> Option<u32> {
    let is_number = digits.len() <= 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|&length| is_number && length <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(entries: &[&str], senders: &[(&str, bool)]) {
        let mut list = SenderList::default();
        for entry in entries {
            list.add(entry.as_bytes()).unwrap_or_else(|error| panic!("{entry}: {error}"));
        }
        for (sender, expected) in senders {
            let is_in = list.contains(sender.parse().unwrap());
            assert_eq!(is_in, *expected, "{sender} in {entries:?}");
        }
    }

    #[test]
    fn addresses_and_networks_of_both_families() {
        check(&["10.0.0.2"], &[("10.0.0.2", true), ("10.0.0.3", false), ("::ffff:10.0.0.2", true)]);
        check(&["fd00::2"], &[("fd00::2", true), ("fd00::3", false), ("10.0.0.2", false)]);
        for network in ["10.0.0.0/24", "10.0.0.99/24", "10.0.0.0/255.255.255.0"] {
            check(&[network], &[("10.0.0.7", true), ("10.0.1.7", false), ("127.0.0.1", false)]);
        }
        check(&["10.0.0.0/23"], &[("10.0.1.7", true), ("10.0.2.7", false)]);
        check(&["fd00::/64"], &[("fd00::7", true), ("fd00:0:0:1::7", false)]);
        check(&["10.0.0.2/255.255.255.255"], &[("10.0.0.2", true), ("10.0.0.3", false)]);
        check(&["::ffff:10.0.0.0/120"], &[("10.0.0.7", true), ("10.0.1.7", false)]);
        check(&["any"], &[("10.0.0.2", true), ("fd00::2", true)]);
    }

    #[test]
    fn a_prefix_of_0_covers_its_own_family_only() {
        for whole in ["0.0.0.0/0", "10.0.0.2/0", "::ffff:0.0.0.0/96"] {
            check(&[whole], &[("192.0.2.1", true), ("fd00::2", false)]);
        }
        check(&["::/0"], &[("192.0.2.1", false), ("fd00::2", true)]);
    }

    #[test]
    fn exclusions_exclude_and_never_allow() {
        check(&["!10.0.0.2", "any"], &[("10.0.0.2", false), ("10.0.0.3", true)]);
        check(&["any", "!10.0.0.2"], &[("10.0.0.2", true), ("10.0.0.3", true)]);
        check(&["!10.0.0.2"], &[("10.0.0.2", false), ("10.0.0.3", false)]);
        check(&["10.0.0.0/24", "!10.0.0.2"], &[("10.0.0.2", true), ("192.0.2.1", false)]);
        check(&[], &[("10.0.0.2", false)]);
    }

    #[test]
    fn what_is_not_exactly_an_address_or_a_network_is_refused() {
        for wrong in [
            "10.0.0.2/abc",
            "10.0.0.2/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "localhost",
            "10.0.0",
            "10.0.0.0/24 ",
            "010.0.0.1",
            "0x0a000001",
            "fd00::/129",
            "::ffff:10.0.0.0/95",
            "10.0.0.0/255.0.255.0",
            "",
            "!",
            "!!10.0.0.1",
            "fd00::/255.0.0.0",
            "10.0.0.0/0032",
        ] {
            let mut list = SenderList::default();
            assert!(list.add(wrong.as_bytes()).is_err(), "{wrong:?}");
            assert!(list.is_empty());
        }
    }
}
