//! Strings and numbers, as rules see them.

use std::io::Write as _;

use bartizan_base::Text;
use hifijson::escape::{Error, Lex as _};
use hifijson::num::{LexWrite as _, Parts};
use hifijson::{Read as _, SliceLexer};

use super::Piece;

/// Most digits of a number that is converted, those of its exponent included. One with more stays as it is written: to
/// find the floating number that is nearest to it may take long.
const DIGITS: usize = 19;
/// From here on a number stays as it is written: 2 to the power of 127.
const LARGEST: f64 = 1.701_411_834_604_692_3e38;
/// From here on every number is a whole one: 2 to the power of 53.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// Reads a string from behind its opening quote. Without escapes it is where it stands; otherwise it is made.
/// `None` if it does not end.
pub(super) fn string<'a>(
    text: &'a [u8],
    lexer: &mut SliceLexer<'a>,
    made: &mut Vec<u8>,
) -> Option<Piece> {
    let rest = lexer.as_slice();
    let end = memchr::memchr2(b'"', b'\\', rest)?;
    if rest.get(end) == Some(&b'"') {
        let start = text.len() - rest.len();
        *lexer = SliceLexer::new(rest.get(end + 1..)?);
        return Some(Piece { text: Text::new(start, start + end), is_made: false });
    }
    let start = made.len();
    push_string(lexer, made)?;
    Some(Piece { text: Text::new(start, made.len()), is_made: true })
}

/// Appends the string that the lexer is in, without escapes, and goes behind its closing quote.
pub(super) fn push_string(lexer: &mut SliceLexer<'_>, made: &mut Vec<u8>) -> Option<()> {
    loop {
        let rest = lexer.as_slice();
        let end = memchr::memchr2(b'"', b'\\', rest)?;
        made.extend_from_slice(rest.get(..end)?);
        *lexer = SliceLexer::new(rest.get(end + 1..)?);
        if rest.get(end) == Some(&b'"') {
            return Some(());
        }
        push_escape(lexer, made)?;
    }
}

/// Appends what the escape means of which the lexer is behind the backslash.
fn push_escape(lexer: &mut SliceLexer<'_>, made: &mut Vec<u8>) -> Option<()> {
    /// `u` and four digits.
    const UNICODE_BYTES: usize = 5;
    let escape = lexer.as_slice();
    let first = lexer.take_next()?;
    match lexer.escape(first) {
        Ok(c) => made.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        // Half a pair: what follows is text of its own.
        Err(Error::InvalidChar(_) | Error::ExpectedLowSurrogate)
            if escape.len() >= UNICODE_BYTES =>
        {
            made.extend_from_slice("\u{fffd}".as_bytes());
            *lexer = SliceLexer::new(escape.get(UNICODE_BYTES..)?);
        }
        Err(_) => {
            made.extend_from_slice(&[b'\\', first]);
            *lexer = SliceLexer::new(escape.get(1..)?);
        }
    }
    Some(())
}

/// Reads a number: its bytes, and whether it is written as a whole one.
pub(super) fn number<'a>(lexer: &mut SliceLexer<'a>) -> Option<(&'a [u8], Parts)> {
    lexer.num_bytes().validated().ok()
}

/// Appends a number as rules see it: a whole one that fits 32 bits as such, any other with six decimals. False if it
/// stays as it is written.
pub(super) fn push_number(written: &[u8], parts: &Parts, made: &mut Vec<u8>) -> bool {
    // Most numbers are short.
    if written.len() > DIGITS && written.iter().filter(|b| b.is_ascii_digit()).count() > DIGITS {
        return false;
    }
    let Ok(text) = std::str::from_utf8(written) else { return false };
    if parts.is_int() {
        // The original's number is a floating one, and forgets digits of large ones.
        return match text.parse::<i32>() {
            Ok(0) if written.first() == Some(&b'-') => write!(made, "0").is_ok(),
            Ok(_) => false,
            Err(_) => write!(made, "{text}.000000").is_ok(),
        };
    }
    let Ok(value) = text.parse::<f64>() else { return false };
    if value.abs() >= LARGEST || has_long_exponent(written) {
        false
    } else if value.trunc() == value && value >= i32::MIN.into() && value <= i32::MAX.into() {
        write!(made, "{}", value as i32).is_ok()
    } else if value.abs() >= WHOLE {
        write!(made, "{}.000000", value as i128).is_ok()
    } else {
        write!(made, "{value:.6}").is_ok()
    }
}

/// Whether an exponent has three digits or more: to spell such a number out takes long, and says nothing.
fn has_long_exponent(written: &[u8]) -> bool {
    let Some(at) = written.iter().position(|byte| byte.eq_ignore_ascii_case(&b'e')) else {
        return false;
    };
    written.get(at..).unwrap_or_default().iter().filter(|byte| byte.is_ascii_digit()).count() > 2
}
