//! From what a sender sent to the text of an event (collection 8.1, 8.4).
//!
//! ```text
//! <34>Oct 11 22:14:15 mymachine su: failed   ─▶ Oct 11 22:14:15 mymachine su: failed
//! <34>1 2003-10-11T22:14:15.003Z h su - - - failed ─▶ 2003-10-11T22:14:15.003+00:00 h su: failed
//! ```
//!
//! The priority is taken off only where it is one: OSSEC cuts at the first `>`, so that text of a sender vanishes.

use std::net::IpAddr;
use std::time::SystemTime;

use bartizan_base::limits;

use crate::rfc5424;

/// What a message became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// The text for analysis, at most [`limits::EVENT_BYTES`] long.
    pub text: &'a [u8],
    /// Facility and severity as the sender wrote them: eight times the one, and the other.
    pub priority: Option<u16>,
    /// It was too long, or there was something behind its end.
    pub is_cut: bool,
    /// The priority is above 191, so it means nothing.
    pub is_odd: bool,
    /// It was written in the form of RFC 5424, and is no longer.
    pub is_converted: bool,
}

/// Where a message comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Its sender, an IPv4 address in its own form.
    pub sender: IpAddr,
    /// When it came, for messages of RFC 5424 without a time.
    pub received: SystemTime,
}

/// Highest priority there is: facility 23, severity 7.
const HIGHEST_PRIORITY: u16 = 191;

/// Makes texts of messages, in a buffer of its own.
#[derive(Debug, Default)]
pub struct Reader {
    /// Whether messages of RFC 5424 are left as they are.
    pub keeps_rfc5424: bool,
    buffer: Vec<u8>,
}

impl Reader {
    /// One that leaves messages of RFC 5424 as they are, or not.
    #[must_use]
    pub fn new(keeps_rfc5424: bool) -> Self {
        Self { keeps_rfc5424, buffer: Vec::new() }
    }

    /// The text of a datagram. `None` for an empty one, which is nothing; a line feed alone is an empty event.
    ///
    /// One line feed at the end goes, and what stands behind a NUL: what else is in a datagram is one event.
    pub fn datagram<'a>(&'a mut self, bytes: &'a [u8], origin: Origin) -> Option<Message<'a>> {
        if bytes.is_empty() {
            return None;
        }
        let (bytes, behind) = match memchr::memchr(0, bytes) {
            Some(end) => bytes.split_at(end),
            None => (bytes, &[][..]),
        };
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let mut message = self.message(bytes, origin);
        message.is_cut |= behind.iter().any(|&byte| byte != 0 && byte != b'\n');
        Some(message)
    }

    /// The text of a message of a stream. NULs in it become spaces.
    pub fn message<'a>(&'a mut self, bytes: &'a [u8], origin: Origin) -> Message<'a> {
        let (priority, rest) = priority(bytes);
        let is_odd = priority.is_some_and(|priority| priority > HIGHEST_PRIORITY);
        let parts = match priority {
            Some(_) if !self.keeps_rfc5424 => rfc5424::parse(rest),
            _ => None,
        };
        let is_converted = parts.is_some();
        self.buffer.clear();
        if let Some(parts) = &parts {
            rfc5424::write(parts, origin, &mut self.buffer);
        } else if memchr::memchr(0, rest).is_some() {
            self.buffer.extend_from_slice(rest);
        }
        for byte in &mut self.buffer {
            if *byte == 0 {
                *byte = b' ';
            }
        }
        let text = if self.buffer.is_empty() { rest } else { self.buffer.as_slice() };
        let whole = text.len();
        let text = cut(text);
        Message { text, priority, is_cut: text.len() < whole, is_odd, is_converted }
    }
}

/// Takes the priority off: `<`, one to three digits, `>`. Anything else is text.
#[must_use]
pub fn priority(bytes: &[u8]) -> (Option<u16>, &[u8]) {
    let Some(rest) = bytes.strip_prefix(b"<") else { return (None, bytes) };
    let digits = rest.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    match rest.split_at_checked(digits) {
        Some((number, [b'>', text @ ..])) if (1..=3).contains(&digits) => {
            let add = |sum: u16, digit: &u8| sum * 10 + u16::from(digit - b'0');
            (Some(number.iter().fold(0, add)), text)
        }
        _ => (None, bytes),
    }
}

/// At most as much as an event holds, and not a part of a character.
fn cut(text: &[u8]) -> &[u8] {
    let Some(text) = text.get(..limits::EVENT_BYTES).filter(|cut| cut.len() < text.len()) else {
        return text;
    };
    let (before, last) = text.split_at(text.len().saturating_sub(3));
    let Some(lead) = last.iter().rposition(|&byte| byte >= 0xc0) else { return text };
    let part = last.get(lead..).unwrap_or_default();
    let is_unfinished = std::str::from_utf8(part).is_err_and(|e| e.error_len().is_none());
    if is_unfinished { text.get(..before.len() + lead).unwrap_or(text) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin { sender: IpAddr::from([192, 0, 2, 7]), received: SystemTime::UNIX_EPOCH }
    }

    #[track_caller]
    fn check(datagram: &[u8], expected: &[u8]) {
        let mut reader = Reader::default();
        let message = reader.datagram(datagram, origin()).expect("an event");
        assert_eq!(message.text, expected, "{}", String::from_utf8_lossy(datagram));
    }

    #[test]
    fn one_line_feed_at_the_end_of_a_datagram_goes() {
        let text = b"Oct 11 22:14:15 mymachine su: failed";
        check(b"<34>Oct 11 22:14:15 mymachine su: failed", text);
        check(b"<34>Oct 11 22:14:15 mymachine su: failed\n", text);
        check(b"<34>one\r\n", b"one\r");
        check(b"<34>one\n\n", b"one\n");
    }

    #[test]
    fn a_datagram_ends_at_a_nul() {
        check(b"<34>one\0", b"one");
        check(b"<34>one\0y", b"one");
        let is_cut = |bytes| Reader::default().datagram(bytes, origin()).unwrap().is_cut;
        assert!(is_cut(b"<34>one\0y") && !is_cut(b"<34>one\0") && !is_cut(b"<34>one\n\0"));
    }

    #[test]
    fn several_lines_in_a_datagram_are_one_event() {
        check(b"<13>one\n<13>two\nthree", b"one\n<13>two\nthree");
    }

    #[test]
    fn what_is_no_priority_stays() {
        for text in [
            &b"no pri at all"[..],
            b"<no closing",
            b"<abc def>text",
            b"<9999999>text",
            b"<>text",
            b" <13>lead",
            b"<1234>x",
            b"<-1>x",
            b"<13",
            b"<",
            b"< 1>x",
        ] {
            check(text, text);
            assert_eq!(priority(text).0, None);
        }
    }

    #[test]
    fn a_priority_is_one_to_three_digits_and_odd_above_191() {
        check(b"<13> x", b" x");
        for (datagram, number, is_odd) in [
            (&b"<0>x"[..], 0, false),
            (b"<191>x", 191, false),
            (b"<192>x", 192, true),
            (b"<999>x", 999, true),
        ] {
            check(datagram, b"x");
            let mut reader = Reader::default();
            let message = reader.datagram(datagram, origin()).unwrap();
            assert_eq!((message.priority, message.is_odd), (Some(number), is_odd));
        }
    }

    #[test]
    fn an_event_may_be_empty_but_an_empty_datagram_is_none() {
        check(b"<13>", b"");
        check(b"\n", b"");
        check(b"\0", b"");
        assert_eq!(Reader::default().datagram(b"", origin()), None);
    }

    #[test]
    fn nuls_in_a_counted_message_become_spaces() {
        let mut reader = Reader::default();
        assert_eq!(reader.message(b"<13>a\0b", origin()).text, b"a b");
        assert_eq!(
            reader.message(b"<13>1 - h a - - - a\0b", origin()).text,
            b"1970-01-01T00:00:00+00:00 h a: a b"
        );
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let mut reader = Reader::default();
        let mut long = vec![b'x'; limits::EVENT_BYTES - 1];
        long.extend_from_slice("ää".as_bytes());
        let message = reader.message(&long, origin());
        assert_eq!((message.text.len(), message.is_cut), (limits::EVENT_BYTES - 1, true));
        let long = vec![0x80; limits::EVENT_BYTES + 9];
        assert_eq!(reader.message(&long, origin()).text.len(), limits::EVENT_BYTES);
        let whole = vec![b'x'; limits::EVENT_BYTES];
        assert!(!reader.message(&whole, origin()).is_cut);
    }
}
