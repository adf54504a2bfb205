//! Values of options: what is in an element, and what it may be.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use bartizan_base::{Span, suggest};
use bartizan_pattern::{Language, Options, Pattern};

use super::codes;
use super::context::{Context, Wrong};
use crate::xml::{Attribute, Element};

/// The value of one option.
pub struct Value<'a> {
    /// Its element.
    pub element: &'a Element,
    text: &'a [u8],
}

impl<'a> Value<'a> {
    /// The value of an element. OSSEC does not trim; ours does, with a warning (config 2).
    pub(super) fn new(element: &'a Element, context: &mut Context<'_>) -> Self {
        let trimmed = element.text.trim_ascii();
        if let Some(child) = element.children.first() {
            let name = String::from_utf8_lossy(&element.name).into_owned();
            let message = format!("an element inside option `{name}` is ignored");
            let help = "the value is the text behind it";
            context.warn(codes::IGNORED_ELEMENT, child.name_span.clone(), message, help);
        }
        if context.is_strict() {
            return Self { element, text: &element.text };
        }
        if trimmed.len() != element.text.len() && !trimmed.is_empty() {
            let name = String::from_utf8_lossy(&element.name).into_owned();
            let message = format!("blanks around the value of `{name}` are left out");
            let help = "OSSEC takes them for a part of the value";
            context.warn(codes::BLANKS, element.text_span.clone(), message, help);
        }
        Self { element, text: trimmed }
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.text
    }

    /// As text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn string(&self) -> String {
        String::from_utf8_lossy(self.text).into_owned()
    }

    /// As a path.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        path(self.text)
    }

    /// Where it is; the name of the element if it is empty.
    #[must_use]
    pub fn span(&self) -> Span {
        let span = self.element.text_span.clone();
        let lead = self.element.text.len() - self.element.text.trim_ascii_start().len();
        let as_written = span.len() == self.element.text.len();
        match (self.text.is_empty(), as_written) {
            (true, _) => self.element.name_span.clone(),
            // Without the blanks that were left out.
            (false, true) if self.text.len() < span.len() => {
                span.start + lead..span.start + lead + self.text.len()
            }
            (false, _) => span,
        }
    }

    /// An attribute by its name, in any case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'a Attribute> {
        self.element.attribute(name)
    }

    /// `yes` or `no`, and nothing else (config 5.2).
    pub(super) fn yes_no(&self) -> Result<bool, Wrong> {
        match self.text {
            b"yes" => Ok(true),
            b"no" => Ok(false),
            other => Err(yes_or_no(other)),
        }
    }

    /// A number in `range`.
    pub(super) fn number(&self, range: RangeInclusive<u64>) -> Result<u64, Wrong> {
        match digits(self.text) {
            Some(number) if range.contains(&number) && !self.text.is_empty() => Ok(number),
            _ => {
                Err(Wrong::expected(format!("a number from {} to {}", range.start(), range.end())))
            }
        }
    }

    /// A number in `range`; for OSSEC any digits, also none, which are 0 (config 5.2).
    pub(super) fn loose_number(
        &self,
        range: RangeInclusive<u64>,
        context: &Context<'_>,
    ) -> Result<u64, Wrong> {
        match digits(self.text) {
            Some(number) if context.is_strict() => Ok(number),
            _ => self.number(range),
        }
    }

    /// A level; OSSEC keeps eight bits of the number.
    pub(super) fn level(&self, most: u64, context: &Context<'_>) -> Result<u8, Wrong> {
        let number = self.loose_number(0..=most, context)?;
        Ok((number & 0xff) as u8)
    }

    /// A TCP or UDP port.
    pub(super) fn port(&self) -> Result<u16, Wrong> {
        Ok(self.number(1..=65535)? as u16)
    }

    /// A port; OSSEC takes any digits.
    pub(super) fn loose_port(&self, context: &Context<'_>) -> Result<u16, Wrong> {
        let number = self.loose_number(1..=65535, context)?;
        Ok((number & 0xffff) as u16)
    }

    /// One of some words.
    pub(super) fn one_of<T: Clone>(&self, words: &[(&str, T)]) -> Result<T, Wrong> {
        let found = words.iter().find(|(word, _)| word.as_bytes() == self.text);
        if let Some((_, value)) = found {
            return Ok(value.clone());
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let wrong = Wrong::expected(listed(&names));
        Err(match suggest::nearest(&self.string(), names) {
            Some(near) => wrong.help(format!("did you mean `{near}`?")),
            None => wrong,
        })
    }

    /// A numeric address.
    pub(super) fn address(&self) -> Result<IpAddr, Wrong> {
        self.string().parse().map_err(|_| Wrong::expected("a numeric IPv4 or IPv6 address"))
    }

    /// Refuses an empty value, which OSSEC accepts.
    pub(super) fn refuse_empty(&self, context: &Context<'_>) -> Result<(), Wrong> {
        if self.text.is_empty() && !context.is_strict() {
            return Err(Wrong::expected("a value; this element is empty"));
        }
        Ok(())
    }

    /// Warns if the value is no pattern of `language`; ours only, since OSSEC finds out later.
    pub(super) fn check_pattern(&self, language: Language, context: &mut Context<'_>) {
        if context.is_strict() {
            return;
        }
        if let Err(error) = Pattern::compile(language, self.text, Options::default()) {
            let name = String::from_utf8_lossy(&self.element.name).into_owned();
            let message = format!("the pattern of `{name}` does not compile: {error}");
            context.warn(codes::BAD_PATTERN, self.span(), message, "it never matches");
        }
    }
}

/// The number that digits are; none are 0. Too many are the largest number.
pub(super) fn digits(text: &[u8]) -> Option<u64> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add =
        |number: u64, digit: &u8| number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    Some(text.iter().fold(0, add))
}

pub(super) fn yes_or_no(other: &[u8]) -> Wrong {
    let wrong = Wrong::expected("`yes` or `no`");
    match other.to_ascii_lowercase().as_slice() {
        b"yes" | b"y" | b"true" | b"1" | b"on" => wrong.help("write `yes`"),
        b"no" | b"n" | b"false" | b"0" | b"off" => wrong.help("write `no`"),
        _ => wrong,
    }
}

/// Words as `one`, `two` or `three`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}

/// Bytes of a file as a path.
#[cfg(unix)]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// Bytes of a file as a path.
#[cfg(not(unix))]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// A list of numbers of rules.
///
/// OSSEC stops silently at the first thing that is no number (config 7, 16); ours tells it.
pub(super) fn rule_ids(
    value: &Value<'_>,
    separators: &[u8],
    context: &Context<'_>,
) -> Result<Vec<u32>, Wrong> {
    let mut ids = Vec::new();
    let separators: &[u8] = if context.is_strict() { separators } else { b", |\t\r\n" };
    for item in value.bytes().split(|b| separators.contains(b)).map(<[u8]>::trim_ascii) {
        if item.is_empty() {
            continue;
        }
        match digits(item).and_then(|id| u32::try_from(id).ok()) {
            Some(id) => ids.push(id),
            None if context.is_strict() => break,
            None => {
                let item = String::from_utf8_lossy(item).into_owned();
                let what = format!("numbers of rules, separated by commas; `{item}` is none");
                return Err(Wrong::expected(what));
            }
        }
    }
    Ok(ids)
}
