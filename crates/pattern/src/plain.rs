//! The fast path: patterns that are anchored literal text (decoding 4.2, 4.4, 4.5).
//!
//! The original does not translate them but compares strings. That can be seen: only ASCII letters fold,
//! bytes that are not UTF-8 do no harm, and there is no capture array.

use crate::Language;

/// Literal text that must stand at the start, at the end, or be everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plain {
    /// In lower case.
    pub(crate) literal: Box<[u8]>,
    pub(crate) start: bool,
    pub(crate) end: bool,
}

impl Plain {
    /// The plain form of a pattern, if it has one.
    pub(crate) fn of(language: Language, source: &[u8]) -> Option<Self> {
        let (start, rest) = match source.strip_prefix(b"^") {
            Some(rest) => (true, rest),
            None => (false, source),
        };
        let (end, literal) = match rest.strip_suffix(b"$") {
            Some(literal) => (true, literal),
            None => (false, rest),
        };
        let is_plain = match language {
            // No escape exists, so everything but the three special characters is text.
            Language::OsMatch => !literal.iter().any(|byte| b"^$|".contains(byte)),
            Language::OsRegex | Language::Pcre2 => literal.iter().all(|&byte| is_plain_byte(byte)),
        };
        ((start || end) && is_plain).then(|| Self {
            literal: literal.to_ascii_lowercase().into(),
            start,
            end,
        })
    }

    /// The end of the match in folded text.
    pub(crate) fn find_end(&self, folded: &[u8]) -> Option<usize> {
        let is_match = match (self.start, self.end) {
            (true, true) => *folded == *self.literal,
            (true, false) => folded.starts_with(&self.literal),
            (false, _) => folded.ends_with(&self.literal),
        };
        is_match.then_some(if self.end { folded.len() } else { self.literal.len() })
    }
}

fn is_plain_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" !\"#%&',/:;<=>@_`~-".contains(&byte)
}
