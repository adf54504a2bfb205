//! Why a pattern does not compile.

use std::ops::Range;

/// Why a pattern does not compile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// OSSEC's code (decoding 4.2): 2 no pattern, 3 too long, 6 syntax, 10 empty PCRE2.
    pub code: u8,
    /// What is wrong, and what to do.
    pub message: String,
    /// Bytes of the pattern that are meant.
    pub span: Range<usize>,
}

impl PatternError {
    /// OSSEC's code for a pattern that is too long.
    pub const TOO_LONG: u8 = 3;
    /// OSSEC's code for a syntax error, which includes the empty OS_Regex.
    pub const SYNTAX: u8 = 6;
    /// OSSEC's code for an empty PCRE2 pattern.
    pub const EMPTY: u8 = 10;

    pub(crate) fn syntax(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { code: Self::SYNTAX, message: message.into(), span }
    }

    pub(crate) fn too_long(length: usize) -> Self {
        let limit = bartizan_base::limits::PATTERN_BYTES;
        let message =
            format!("the pattern has {length} bytes, at most {limit} are allowed: split it");
        Self { code: Self::TOO_LONG, message, span: limit..length }
    }
}
