//! Messages of RFC 5424, written as those that decoders know (collection 8.4).
//!
//! ```text
//! 1 2003-10-11T22:14:15.003Z host app 8710 ID47 [a@1 b="c"] text
//!   2003-10-11T22:14:15.003+00:00 host app[8710]: text
//! ```
//!
//! OSSEC does not know the form. Worse, one of its decoders takes such a line for one of a web cache, and a rule of
//! level 0 silences it.

use std::io::Write as _;
use std::net::IpAddr;
use std::time::SystemTime;

use crate::message::Origin;

/// The parts of a message; `None` where the sender wrote `-`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The time, as it is written.
    pub time: Option<&'a [u8]>,
    /// Who wrote it.
    pub host: Option<&'a [u8]>,
    /// Which program.
    pub app: Option<&'a [u8]>,
    /// Which process of it; not always a number.
    pub process: Option<&'a [u8]>,
    /// What kind of message.
    pub id: Option<&'a [u8]>,
    /// Structured data with all brackets.
    pub data: Option<&'a [u8]>,
    /// The text, without a byte order mark.
    pub text: &'a [u8],
}

/// Takes a message apart that stands behind its priority. `None` if it is not of this form.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<Parts<'_>> {
    let mut rest = bytes.strip_prefix(b"1 ")?;
    let mut word = |longest: usize| {
        let end = rest.iter().take(longest + 1).position(|&byte| byte == b' ')?;
        let (word, after) = (rest.get(..end)?, rest.get(end + 1..)?);
        let is_word = !word.is_empty() && word.iter().all(u8::is_ascii_graphic);
        rest = after;
        is_word.then_some(if word == b"-" { None } else { Some(word) })
    };
    // The longest that the standard allows.
    let (time, host, app) = (word(32)?, word(255)?, word(48)?);
    let (process, id) = (word(128)?, word(32)?);
    if time.is_some_and(|time| split_time(time).is_none()) {
        return None;
    }
    let (data, rest) = structured_data(rest)?;
    let text = match rest {
        [] => rest,
        [b' ', text @ ..] => text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text),
        _ => return None,
    };
    Some(Parts { time, host, app, process, id, data, text })
}

/// Splits `-` or `[…][…]` off. A `]` ends an element where it stands in no quotes.
fn structured_data(bytes: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    if let [b'-', rest @ ..] = bytes {
        return Some((None, rest));
    }
    let (mut is_element, mut is_quoted, mut is_escaped) = (false, false, false);
    let mut end = None;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' if is_element => is_quoted = !is_quoted,
            b']' if is_element && !is_quoted => {
                is_element = false;
                end = Some(at + 1);
            }
            b'[' if !is_element => is_element = true,
            _ if is_element => {}
            _ => break,
        }
    }
    if is_element {
        return None;
    }
    let (data, rest) = bytes.split_at_checked(end?)?;
    Some((Some(data), rest))
}

/// A time up to its seconds, the digits of its fraction, and its offset.
fn split_time(time: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (seconds, rest) = time.split_at_checked(19)?;
    if !has_form(seconds, b"0000-00-00T00:00:00") {
        return None;
    }
    let (fraction, offset) = match rest {
        [b'.', rest @ ..] => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest.split_at_checked(digits).filter(|(fraction, _)| !fraction.is_empty())?
        }
        rest => (&[][..], rest),
    };
    let is_offset = offset == b"Z" || has_form(offset, b"+00:00") || has_form(offset, b"-00:00");
    is_offset.then_some((seconds, fraction, offset))
}

/// Whether a text has digits where `form` has zeros, and else the bytes of `form`.
fn has_form(text: &[u8], form: &[u8]) -> bool {
    text.len() == form.len()
        && text.iter().zip(form).all(|(byte, &wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            wanted => *byte == wanted,
        })
}

/// Most digits of a fraction that decoding knows (decoding 3.2, S3).
const FRACTION_DIGITS: usize = 6;

/// Adds `TIME HOST APP[PROCESS]: TEXT`.
///
/// Only what decoding takes apart again is written there: a process that is no number, or a host with a colon in it,
/// would hide the name of the program from all decoders (decoding 3.3).
pub(crate) fn write(parts: &Parts<'_>, origin: Origin, out: &mut Vec<u8>) {
    match parts.time.and_then(split_time) {
        Some((seconds, fraction, offset)) => {
            out.extend_from_slice(seconds);
            if let Some(fraction) = fraction.get(..fraction.len().min(FRACTION_DIGITS))
                && !fraction.is_empty()
            {
                out.push(b'.');
                out.extend_from_slice(fraction);
            }
            out.extend_from_slice(if offset == b"Z" { b"+00:00" } else { offset });
        }
        None => write_time(origin.received, out),
    }
    out.push(b' ');
    match (parts.host, origin.sender) {
        (Some(host), _) if host.iter().all(|&byte| is_name(byte)) => out.extend_from_slice(host),
        (_, IpAddr::V4(sender)) => {
            // Writing into a Vec cannot fail.
            let _ = write!(out, "{sender}");
        }
        (_, IpAddr::V6(_)) => out.push(b'-'),
    }
    out.push(b' ');
    if let Some(app) = parts.app {
        out.extend_from_slice(app);
        if let Some(process) = parts.process.filter(|p| p.iter().all(u8::is_ascii_digit)) {
            out.push(b'[');
            out.extend_from_slice(process);
            out.push(b']');
        }
        out.extend_from_slice(b": ");
    }
    // rsyslog keeps the blank behind `app:` of what it received in the old form. Patterns that begin with `^` would not
    // match.
    let text = parts.text;
    out.extend_from_slice(text.strip_prefix(b" ").unwrap_or(text));
}

/// Whether decoding takes a byte for a part of a name (decoding 3.3).
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"()-./@_".contains(&byte)
}

/// Adds a time in UTC, as the others are written.
fn write_time(time: SystemTime, out: &mut Vec<u8>) {
    // A clock that is off by millennia gives the beginning of time.
    let time = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    // Writing into a Vec cannot fail.
    let _ = write!(out, "{}", time.strftime("%Y-%m-%dT%H:%M:%S+00:00"));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn written(message: &str) -> Option<String> {
        written_from(message, "192.0.2.7")
    }

    fn written_from(message: &str, sender: &str) -> Option<String> {
        let received = SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_210_096);
        let origin = Origin { sender: sender.parse().unwrap(), received };
        let mut out = Vec::new();
        write(&parse(message.as_bytes())?, origin, &mut out);
        Some(String::from_utf8_lossy(&out).into_owned())
    }

    #[track_caller]
    fn check(message: &str, expected: &str) {
        assert_eq!(written(message).as_deref(), Some(expected), "{message}");
    }

    #[test]
    fn a_message_is_written_as_decoders_know_it() {
        check(
            "1 2003-10-11T22:14:15.003Z host app 8710 ID - msg",
            "2003-10-11T22:14:15.003+00:00 host app[8710]: msg",
        );
        check(
            "1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - failed for root",
            "2003-10-11T22:14:15.003+00:00 mymachine.example.com su: failed for root",
        );
        check(
            "1 2026-11-25T04:29:12.535130+00:00 vm sshd 2780 - [timeQuality tzKnown=\"1\" isSynced=\"0\"] hello udp",
            "2026-11-25T04:29:12.535130+00:00 vm sshd[2780]: hello udp",
        );
    }

    #[test]
    fn times_keep_their_offset_and_at_most_six_digits() {
        for (time, expected) in [
            ("2003-10-11T22:14:15Z", "2003-10-11T22:14:15+00:00"),
            ("2003-08-24T05:14:15.000003-07:00", "2003-08-24T05:14:15.000003-07:00"),
            ("2003-08-24T05:14:15.123456789Z", "2003-08-24T05:14:15.123456+00:00"),
            ("-", "2024-02-29T12:34:56+00:00"),
        ] {
            check(&format!("1 {time} h a - - - x"), &format!("{expected} h a: x"));
        }
    }

    #[test]
    fn what_is_missing_does_not_hide_the_program() {
        check("1 - - app - - - x", "2024-02-29T12:34:56+00:00 192.0.2.7 app: x");
        check("1 - fe80::1 app tid-7 - - x", "2024-02-29T12:34:56+00:00 192.0.2.7 app: x");
        let from_v6 = written_from("1 - - app 7 - - x", "fd00::2");
        assert_eq!(from_v6.as_deref(), Some("2024-02-29T12:34:56+00:00 - app[7]: x"));
        check("1 - h - 7 - - x y", "2024-02-29T12:34:56+00:00 h x y");
        check("1 - h app - - -", "2024-02-29T12:34:56+00:00 h app: ");
        check("1 - h app - - -  x y", "2024-02-29T12:34:56+00:00 h app: x y");
        check("1 - h app - - - \u{feff}x", "2024-02-29T12:34:56+00:00 h app: x");
    }

    #[test]
    fn structured_data_ends_behind_its_last_bracket() {
        for data in ["[a]", "[a b=\"c\"][d@1 e=\"f]g\"]", "[a b=\"\\\"]\\\\\"]", "[a b=\"[\"]"] {
            check(&format!("1 - h a - - {data} [x] y"), "2024-02-29T12:34:56+00:00 h a: [x] y");
            let message = format!("1 - h a - - {data} x");
            assert_eq!(parse(message.as_bytes()).unwrap().data, Some(data.as_bytes()));
        }
    }

    #[test]
    fn what_is_not_of_the_form_is_left_alone() {
        for wrong in [
            "",
            "1",
            "1 ",
            "2 - h a - - - x",
            "1 2003-10-11 h a - - - x",
            "1 - h a - - x",
            "1 - h a - -",
            "1 - h  - - - x",
            "1 - h a - - [a x",
            "1 - h a - - [a b=\"c] x",
            "1 - h a - - -x",
            "1 - h a - - [a]x",
            "1 2003-10-11T22:14:15.Z h a - - - x",
            "1 2003-10-11T22:14:15+0200 h a - - - x",
            "1 2003-10-11T22:14:15 h a - - - x",
        ] {
            assert_eq!(written(wrong), None, "{wrong}");
        }
    }
}
