//! Which header a line has, and how many bytes of time stamp to cut (decoding 3.2).

use bartizan_base::{Deviation, Dialect};

/// What follows a recognised time stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Host and program may follow after this many bytes.
    Syslog(usize),
    /// The log follows after this many bytes; may be more than there are.
    Cut(usize),
    /// Bracketed entries of the Apple system log.
    Asl,
}

/// The bytes that are tested. A place behind the end reads as NUL, which no test asks for.
#[derive(Clone, Copy)]
struct View<'a> {
    bytes: &'a [u8],
    /// Length of the text itself, which is one more than the view's after the umlaut repair.
    length: usize,
}

impl View<'_> {
    #[inline]
    fn at(self, place: usize) -> u8 {
        self.bytes.get(place).copied().unwrap_or(0)
    }

    #[inline]
    fn is(self, places: &[usize], byte: u8) -> bool {
        places.iter().all(|&place| self.at(place) == byte)
    }

    fn are_digits(self, from: usize, to: usize) -> bool {
        (from..to).all(|place| self.at(place).is_ascii_digit())
    }
}

/// The first format that fits, in the order of the specification's table.
#[inline]
pub(super) fn recognise(text: &[u8], dialect: Dialect) -> Option<Format> {
    // The shortest header has 17 bytes.
    if text.len() < 17 {
        return None;
    }
    let view = repair(text);
    if view.is(&[3, 6, 15], b' ') && view.is(&[9, 12], b':') {
        return Some(Format::Syslog(16));
    }
    if text.len() < 20 {
        return None;
    }
    dated(view, dialect).map(Format::Syslog).or_else(|| cut_only(view))
}

/// `Mär` of a German locale tests like `Mar`: the view skips one byte of the two-byte letter (decoding 3.1).
/// Its first two bytes stand for `Ma`; no format asks for a letter there.
#[inline]
fn repair(text: &[u8]) -> View<'_> {
    let is_umlaut = text.get(1..3) == Some(&[0xC3, 0xA4]);
    let bytes = if is_umlaut { text.get(1..).unwrap_or_default() } else { text };
    View { bytes, length: text.len() }
}

/// Formats S2 to S5: how many bytes to cut before host and program.
fn dated(view: View<'_>, dialect: Dialect) -> Option<usize> {
    let n = view.length;
    let modern = !dialect.is_2_8();
    if view.is(&[4, 7], b'-') && view.is(&[13, 16], b':') {
        if modern && n >= 24 && view.at(10) == b' ' && view.at(19) == b',' {
            return Some(23);
        }
        if n >= 33 && view.at(10) == b'T' {
            if view.at(22) == b':' && view.at(25) == b' ' {
                return Some(26);
            }
            if let Some(cut) = fraction(view, dialect) {
                return Some(cut);
            }
        }
    }
    if !modern || !view.at(0).is_ascii_digit() {
        return None;
    }
    if n >= 21 && view.is(&[4, 8, 11, 20], b' ') && view.is(&[14, 17], b':') {
        return Some(21);
    }
    (n >= 20 && view.is(&[4, 7, 13, 16], b':') && view.at(10) == b'-').then_some(20)
}

/// S3b: one to six digits of a second before the zone. Only the place of the zone's colon counts, and any
/// colon is taken for it; the corrected form wants digits and a sign (deviation `header-remainders`).
fn fraction(view: View<'_>, dialect: Dialect) -> Option<usize> {
    let colon = if dialect.is_2_8() {
        (view.at(19) == b'.' && view.at(29) == b':').then_some(29)
    } else {
        let has_fraction = matches!(view.at(19), b'.' | b',');
        has_fraction.then(|| (24..=29).find(|&place| view.at(place) == b':')).flatten()
    }?;
    let is_zone = || {
        view.are_digits(20, colon - 3)
            && matches!(view.at(colon - 3), b'+' | b'-')
            && view.are_digits(colon - 2, colon)
            && view.are_digits(colon + 1, colon + 3)
    };
    (dialect.has(Deviation::HeaderRemainders) || is_zone()).then_some(colon + 3)
}

/// Formats X1 to X6: nothing but the time stamp goes.
fn cut_only(view: View<'_>) -> Option<Format> {
    let n = view.length;
    match view.at(0) {
        b'[' => return bracketed(view),
        b'1' if n >= 32 && is_squid(view) => {
            let spaces =
                view.bytes.get(14..).unwrap_or_default().iter().take_while(|&&b| b == b' ').count();
            return Some(Format::Cut(14 + spaces));
        }
        _ => {}
    }
    if n >= 28 && view.is(&[3, 7, 10, 19, 24, 26], b' ') && view.is(&[13, 16], b':') {
        return Some(Format::Cut(24));
    }
    if n >= 24 && view.at(2) == b'/' {
        if view.at(5) == b'-'
            && view.is(&[8, 11], b':')
            && view.at(14) == b'.'
            && view.at(21) == b' '
        {
            return Some(Format::Cut(23));
        }
        // Accepts 26 and 27 bytes although 28 are cut: nothing is left then (decoding 3.4).
        if n >= 26
            && view.at(5) == b'/'
            && view.at(10) == b'-'
            && view.is(&[13, 16], b':')
            && view.at(19) == b'.'
            && view.at(26) == b' '
        {
            return Some(Format::Cut(28));
        }
    }
    None
}

fn bracketed(view: View<'_>) -> Option<Format> {
    let n = view.length;
    if n >= 27 && view.is(&[4, 8, 11, 20], b' ') && view.is(&[14, 17], b':') && view.at(25) == b']'
    {
        return Some(Format::Cut(27));
    }
    let is_asl = n >= 26
        && view.at(1) == b'T'
        && view.is(&[5, 16], b' ')
        && view.is(&[10, 13], b'.')
        && view.at(19) == b':';
    is_asl.then_some(Format::Asl)
}

fn is_squid(view: View<'_>) -> bool {
    view.are_digits(1, 4)
        && view.at(13).is_ascii_digit()
        && view.at(10) == b'.'
        && view.at(14) == b' '
        && (view.at(21) == b' ' || view.at(22) == b' ')
}
