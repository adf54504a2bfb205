//! Lists of addresses and networks: `srcip`, `dstip`, allow lists (rules 2.5).
//!
//! ```text
//! text of an element ─▶ AddressList::add      "!10.0.0.0/8", "any", "2001:db8::/32"
//! text of a field    ─▶ AddressList::matches  the first entry that contains it decides
//! ```
//!
//! A list remembers whether it was read for OSSEC 2.8, whose evaluation differs (decoding 15). Host names
//! are never looked up.

use std::net::Ipv6Addr;

use bartizan_base::{Deviation, Dialect};

/// An ordered list of networks, some negated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AddressList {
    entries: Vec<Entry>,
    is_2_8: bool,
}

/// Why an element is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an address: {reason}")]
pub struct AddressError {
    /// The element, as far as it is text.
    pub text: String,
    /// What was expected.
    pub reason: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Entry {
    negated: bool,
    network: Network,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Network {
    /// `any`, and a prefix of 0: every address of either family (rules 2.5).
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Address {
    V4(u32),
    V6(u128),
}

impl AddressList {
    /// Adds one element: an optional `!`, then `any` or a numeric address with an optional `/prefix`.
    ///
    /// All elements of a list are added in the same dialect.
    ///
    /// # Errors
    ///
    /// [`AddressError`] if the element is not of that form; the list is unchanged then.
    pub fn add(&mut self, text: &[u8], dialect: Dialect) -> Result<(), AddressError> {
        let (negated, rest) = match text {
            [b'!', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let network = Network::parse(rest, dialect).map_err(|reason| AddressError {
            text: String::from_utf8_lossy(text).into_owned(),
            reason,
        })?;
        self.is_2_8 = dialect.is_2_8();
        self.entries.push(Entry { negated, network });
        Ok(())
    }

    /// Whether the list accepts an address, given as text.
    ///
    /// The first entry that contains it decides. If none does, the answer is yes exactly if the *last* entry
    /// is negated. Text that is no address is never accepted, not even by a list of negated entries; nor is
    /// anything by an empty list.
    #[must_use]
    pub fn matches(&self, value: &[u8]) -> bool {
        if self.is_2_8 {
            return self.matches_as_2_8(value);
        }
        let (Some(address), Some(last)) = (Address::parse(value), self.entries.last()) else {
            return false;
        };
        let first = self.entries.iter().find(|entry| entry.network.contains(address));
        first.map_or(last.negated, |entry| !entry.negated)
    }

    /// Decoding 15: once a `!` entry was met, it and all later ones refuse what they contain and the end of
    /// the list accepts. What is no IPv4 address counts as 255.255.255.255.
    fn matches_as_2_8(&self, value: &[u8]) -> bool {
        let address = Address::V4(inet_v4(value.trim_ascii_end()).unwrap_or(u32::MAX));
        let mut met_negation = false;
        for entry in &self.entries {
            met_negation |= entry.negated;
            if entry.network.contains(address) {
                return !met_negation;
            }
        }
        met_negation
    }

    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many elements were added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }
}

/// Whether the text is a numeric address of either family, as [`AddressList::matches`] reads values.
#[must_use]
pub fn is_address(text: &[u8]) -> bool {
    Address::parse(text).is_some()
}

/// What is odd about an element that [`AddressList::add`] accepts: worth a warning to the author.
#[must_use]
pub fn oddity(text: &[u8]) -> Option<&'static str> {
    let text = text.strip_prefix(b"!").unwrap_or(text);
    let trimmed = text.trim_ascii_end();
    let (address, prefix) = split_prefix(trimmed);
    if address != b"any"
        && prefix.is_some_and(|p| p.is_empty() || !p.iter().all(u8::is_ascii_digit))
    {
        return Some("no number after /: every address matches");
    }
    if trimmed.len() < text.len() {
        return Some("blanks after the address are ignored");
    }
    let is_short = !address.contains(&b':') && address != b"any" && dotted_quad(address).is_none();
    is_short.then_some("read in the old style of inet_addr; write four decimal numbers")
}

impl Network {
    fn parse(text: &[u8], dialect: Dialect) -> Result<Self, &'static str> {
        if text == b"any" {
            return Ok(Self::Any);
        }
        if text.first().is_some_and(u8::is_ascii_whitespace) {
            return Err("there must be no blank before it");
        }
        if dialect.is_2_8() {
            return Self::parse_as_2_8(text, dialect);
        }
        // A blank behind the prefix is tolerated (rules 2.5).
        let (address, prefix) = split_prefix(text.trim_ascii_end());
        let Some(raw) = RawAddress::parse(address) else {
            return Err(
                "expected any, or a numeric IPv4 or IPv6 address, with an optional /prefix",
            );
        };
        let length = match prefix {
            Some(digits) => Some(prefix_length(digits, dialect.has(Deviation::LaxLoading))?),
            None => None,
        };
        raw.network(length)
    }

    /// IPv4 only, four numbers, a prefix or a dotted mask (decoding 15).
    fn parse_as_2_8(text: &[u8], dialect: Dialect) -> Result<Self, &'static str> {
        let (address, prefix) = split_prefix(text);
        let Some(bits) = dotted_quad(address) else {
            return Err("expected any, or an IPv4 address with an optional /prefix or /mask");
        };
        let mask = match prefix {
            None if bits == 0 => return Err("0.0.0.0 needs a prefix"),
            None => u32::MAX,
            Some(b"") if dialect.has(Deviation::LaxLoading) => 0,
            Some(text) => match dotted_quad(text) {
                Some(mask) => mask,
                None => mask_v4(prefix_length(text, false)?)?,
            },
        };
        Ok(if mask == 0 { Self::Any } else { Self::V4 { bits: bits & mask, mask } })
    }

    fn contains(self, address: Address) -> bool {
        match (self, address) {
            (Self::Any, _) => true,
            (Self::V4 { bits, mask }, Address::V4(value)) => value & mask == bits,
            (Self::V6 { bits, mask }, Address::V6(value)) => value & mask == bits,
            _ => false,
        }
    }
}

impl Address {
    /// Reads the value of a field; with a `/prefix` it is the address before it (rules 2.5).
    fn parse(text: &[u8]) -> Option<Self> {
        let (address, prefix) = split_prefix(text);
        let address = RawAddress::parse(address)?;
        // The number behind the slash has to suit the address; anything else there is ignored.
        if let Some(length) = prefix.and_then(|digits| prefix_length(digits, true).ok()) {
            address.network(Some(length)).ok()?;
        }
        Some(match address {
            RawAddress::V4(bits) | RawAddress::Mapped(bits) => Self::V4(bits),
            RawAddress::V6(bits) => Self::V6(bits),
        })
    }
}

/// An address as it is written: a mapped one compares as IPv4, but its prefix counts from 96.
#[derive(Clone, Copy)]
enum RawAddress {
    V4(u32),
    Mapped(u32),
    V6(u128),
}

impl RawAddress {
    fn parse(text: &[u8]) -> Option<Self> {
        if let Some(bits) = inet_v4(text) {
            return Some(Self::V4(bits));
        }
        // The longest form with a scope (`fe80::1%eth0`) is well below 64 bytes.
        if text.len() > 64 || !text.contains(&b':') {
            return None;
        }
        let unscoped = match text.iter().position(|&byte| byte == b'%') {
            Some(at) if at + 1 < text.len() => text.get(..at)?,
            Some(_) => return None,
            None => text,
        };
        let address: Ipv6Addr = std::str::from_utf8(unscoped).ok()?.parse().ok()?;
        Some(match address.to_ipv4_mapped() {
            Some(v4) => Self::Mapped(v4.to_bits()),
            None => Self::V6(address.to_bits()),
        })
    }

    fn network(self, length: Option<u32>) -> Result<Network, &'static str> {
        let (bits, length) = match (self, length) {
            (_, Some(0)) => return Ok(Network::Any),
            (Self::V6(bits), length) => {
                let mask = mask_v6(length.unwrap_or(128))?;
                return Ok(Network::V6 { bits: bits & mask, mask });
            }
            (Self::V4(bits), length) => (bits, length.unwrap_or(32)),
            // FIX (rules 2.5): the original applies 96 to 128 to the four bytes of the IPv4 address.
            (Self::Mapped(bits), Some(length)) => {
                let length = length.checked_sub(96).filter(|&n| n <= 32);
                (bits, length.ok_or("the prefix of a mapped address is 96 to 128")?)
            }
            (Self::Mapped(bits), None) => (bits, 32),
        };
        let mask = mask_v4(length)?;
        Ok(if mask == 0 { Network::Any } else { Network::V4 { bits: bits & mask, mask } })
    }
}

fn split_prefix(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|&byte| byte == b'/') {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

/// The number after `/`. With `lax` it is the leading digits, and 0 where there are none: deviation
/// `lax-loading`.
fn prefix_length(text: &[u8], lax: bool) -> Result<u32, &'static str> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !lax && (digits == 0 || digits < text.len()) {
        return Err("expected a number after /: 0 to 32 for IPv4, 0 to 128 for IPv6");
    }
    Ok(text
        .iter()
        .take(digits)
        .fold(0u32, |n, &byte| n.saturating_mul(10).saturating_add(u32::from(byte - b'0'))))
}

fn mask_v4(length: u32) -> Result<u32, &'static str> {
    match length {
        0 => Ok(0),
        1..=32 => Ok(u32::MAX << (32 - length)),
        _ => Err("the prefix of an IPv4 address is 0 to 32"),
    }
}

fn mask_v6(length: u32) -> Result<u128, &'static str> {
    match length {
        0 => Ok(0),
        1..=128 => Ok(u128::MAX << (128 - length)),
        _ => Err("the prefix of an IPv6 address is 0 to 128"),
    }
}

/// Four decimal numbers.
fn dotted_quad(text: &[u8]) -> Option<u32> {
    let dots = text.iter().filter(|&&byte| byte == b'.').count();
    if dots == 3 { inet_v4(text) } else { None }
}

/// An IPv4 address in all styles of `inet_aton`: one to four numbers, decimal, octal or hexadecimal, of
/// which the last fills the remaining bytes.
fn inet_v4(text: &[u8]) -> Option<u32> {
    if !text.first()?.is_ascii_digit() {
        return None;
    }
    let mut parts = text.split(|&byte| byte == b'.').peekable();
    let mut bits: u64 = 0;
    let mut free_bits = 32;
    while let Some(part) = parts.next() {
        let number = inet_number(part)?;
        if parts.peek().is_none() {
            return u32::try_from(bits | number).ok().filter(|_| number < 1 << free_bits);
        }
        if number > 255 || free_bits == 8 {
            return None;
        }
        free_bits -= 8;
        bits |= number << free_bits;
    }
    None
}

fn inet_number(text: &[u8]) -> Option<u64> {
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, text),
    };
    if digits.is_empty() || digits.len() > 12 {
        return None;
    }
    digits.iter().try_fold(0, |number: u64, &byte| {
        Some(number * radix + u64::from(char::from(byte).to_digit(u32::try_from(radix).ok()?)?))
    })
}

#[cfg(test)]
#[path = "address/tests.rs"]
mod tests;
