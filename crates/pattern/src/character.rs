//! Characters, where a pattern sees them: OS_Regex and OS_Match (decoding 4.6).
//!
//! A valid UTF-8 sequence is one character; each byte that is not part of one is a *stray* byte and counts
//! as a character that equals only itself. Unicode-mode engines want valid UTF-8, so a subject with stray
//! bytes is rewritten with a private-use character for each, and offsets are mapped back.

/// The character at the start of `bytes` and its length, or `None` where the first byte is a stray one or
/// there is none.
pub(crate) fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    let length = match bytes.first()? {
        0..=0x7F => 1,
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    let text = std::str::from_utf8(bytes.get(..length)?).ok()?;
    Some((text.chars().next()?, length))
}

/// Whether one of the two characters outside ASCII occurs that fold with an ASCII letter: U+017F (long s) and
/// U+212A (Kelvin sign). Where none does, folded text shows all that a pattern over characters can match.
#[must_use]
pub fn has_letters_outside_ascii(text: &[u8]) -> bool {
    memchr::memchr2_iter(0xC5, 0xE2, text).any(|at| {
        let rest = text.get(at..).unwrap_or_default();
        rest.starts_with("\u{17F}".as_bytes()) || rest.starts_with("\u{212A}".as_bytes())
    })
}

/// Stands for the stray byte 0x80 + n as the n-th character from here: the end of the last private-use
/// plane, which no log uses.
const STRAY: u32 = 0x10_FF00;

/// The character that stands for a stray byte.
pub(crate) fn stray(byte: u8) -> char {
    char::from_u32(STRAY + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// How many bytes longer a stray byte becomes.
const GROWTH: usize = 3;

/// A subject as valid UTF-8. A reusable buffer.
#[derive(Debug, Default)]
pub(crate) struct Rewritten {
    text: Vec<u8>,
    /// Offsets in `text` of the characters that stand for stray bytes.
    strays: Vec<usize>,
}

impl Rewritten {
    /// Takes in `subject`; no copy is made of what is valid already.
    pub(crate) fn set(&mut self, subject: &[u8]) {
        self.text.clear();
        self.strays.clear();
        for chunk in subject.utf8_chunks() {
            self.text.extend_from_slice(chunk.valid().as_bytes());
            for &byte in chunk.invalid() {
                self.strays.push(self.text.len());
                self.text.extend_from_slice(stray(byte).encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }

    /// The text, valid UTF-8.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The offset in the subject for one in the text.
    pub(crate) fn original(&self, offset: usize) -> usize {
        offset - GROWTH * self.strays.partition_point(|&stray| stray < offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stray_bytes_are_single_characters_and_offsets_map_back() {
        let mut rewritten = Rewritten::default();
        // A cut sequence, a lone continuation byte, an overlong form, a surrogate.
        let subject = b"a\xC3\xA9b\xE2\x82c\x80\xC0\xAFd\xED\xA0\x80";
        rewritten.set(subject);
        let text = std::str::from_utf8(rewritten.text()).unwrap();
        assert_eq!(text.chars().count(), 4 + 1 + 2 + 1 + 2 + 3);
        let mut at = 0;
        for (offset, character) in text.char_indices() {
            assert_eq!(rewritten.original(offset), at);
            let rest = &subject[at..];
            match decode(rest) {
                Some((valid, length)) => {
                    assert_eq!(valid, character);
                    at += length;
                }
                None => {
                    assert_eq!(stray(rest[0]), character);
                    at += 1;
                }
            }
        }
        assert_eq!(rewritten.original(text.len()), subject.len());
    }
}
