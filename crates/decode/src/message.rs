//! Takes queue datagrams apart (decoding 2).
//!
//! ```text
//! 1:(web01) 10.0.0.5->/var/log/auth.log:Mar  2 17:30:52 host sshd[12]: hello
//! │ └──────────── location ───────────┘ └ text, cleaned of control characters ─▶ full_log
//! └ kind
//! ```
//!
//! Locations become file names elsewhere, so a datagram whose location climbs out of its directory is refused
//! here. Collectors in this process name files as their configuration does, `..` included. There is no
//! escaping: a colon ends the location (decoding 2.3).

use bartizan_base::{Deviation, Dialect, Event, Timestamp, limits};

/// Longest datagram of the original programs, without its NUL (decoding 2.1).
const ORIGINAL_BYTES: usize = 6_143;
/// Shortest datagram, its NUL included.
const SHORTEST: usize = 4;

/// A datagram taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Type byte, `1` for a log line (decoding 2.2).
    pub kind: u8,
    /// Where it came from.
    pub location: &'a [u8],
    /// What was logged, not cleaned yet.
    pub text: &'a [u8],
}

/// Why a datagram is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Shorter than any message.
    #[error("the message is too short")]
    TooShort,
    /// No colon ends the location, or an agent's location has no `->`.
    #[error("the message has no location")]
    NoLocation,
    /// The location has `..` as a part of its path.
    #[error("the location climbs out of its directory")]
    ClimbingLocation,
}

/// Splits a datagram at its first NUL, then into its parts.
///
/// # Errors
///
/// [`MessageError`] when it is no message.
pub fn split(datagram: &[u8]) -> Result<Message<'_>, MessageError> {
    if datagram.len() < SHORTEST {
        return Err(MessageError::TooShort);
    }
    let end = memchr::memchr(0, datagram).unwrap_or(datagram.len());
    let datagram = datagram.get(..end).unwrap_or(datagram);
    // The byte after the type is skipped unseen: senders mean a colon.
    let (Some(&kind), Some(rest)) = (datagram.first(), datagram.get(2..)) else {
        return Err(MessageError::TooShort);
    };
    let agent_part = match rest.first() {
        Some(b'(') => memchr::memmem::find(rest, b"->").ok_or(MessageError::NoLocation)?,
        _ => 0,
    };
    let after = rest.get(agent_part..).unwrap_or_default();
    let colon = agent_part + memchr::memchr(b':', after).ok_or(MessageError::NoLocation)?;
    let location = rest.get(..colon).unwrap_or_default();
    if climbs(location) {
        return Err(MessageError::ClimbingLocation);
    }
    Ok(Message { kind, location, text: rest.get(colon + 1..).unwrap_or_default() })
}

/// Whether a location has `..` as a part of its path (decoding 2.4).
fn climbs(location: &[u8]) -> bool {
    memchr::memmem::find(location, b"..").is_some()
        && location.split(|&b| b == b'/').any(|part| part == b"..")
}

/// Whether an event was taken in whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Taken {
    /// All of it.
    Whole,
    /// Its end was cut off at the size limit: to be counted.
    Cut,
}

/// Turns messages into events: cuts, cleans and resets. Keeps its buffer, so that nothing is allocated once
/// warm.
#[derive(Clone, Debug)]
pub struct Intake {
    dialect: Dialect,
    limit: usize,
    cleaned: Vec<u8>,
}

impl Intake {
    /// An intake with the size limit of the dialect: [`limits::EVENT_BYTES`], or that of the original.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        let is_original = dialect.flavour() != bartizan_base::Flavour::Bartizan;
        let limit = if is_original { ORIGINAL_BYTES } else { limits::EVENT_BYTES };
        Self { dialect, limit, cleaned: Vec::new() }
    }

    /// Starts `event` with a datagram from the queue.
    ///
    /// # Errors
    ///
    /// [`MessageError`] when the datagram is no message; `event` is then as before.
    pub fn datagram(
        &mut self,
        datagram: &[u8],
        time: Timestamp,
        event: &mut Event,
    ) -> Result<Taken, MessageError> {
        let kept = datagram.get(..self.limit).unwrap_or(datagram);
        let message = split(kept)?;
        let is_cut = kept.len() < datagram.len()
            && memchr::memchr(0, datagram).is_none_or(|end| end > self.limit);
        let _whole = self.message(message, time, event);
        Ok(if is_cut { Taken::Cut } else { Taken::Whole })
    }

    /// Starts `event` with a message that is already taken apart, from a collector in this process. Its
    /// location is the collector's own word, and any will do.
    pub fn message(&mut self, message: Message<'_>, time: Timestamp, event: &mut Event) -> Taken {
        let text = message.text.get(..self.limit).unwrap_or(message.text);
        let taken = if text.len() < message.text.len() { Taken::Cut } else { Taken::Whole };
        event.reset(message.kind, message.location, self.clean(message.kind, text), time);
        taken
    }

    /// `text` without the control characters that the dialect deletes: none in 2.8, all in 4.3, all but tab
    /// and line feed by default (deviation `control-characters`).
    ///
    /// Names of files may hold any of them: their decoder escapes what 4.3 deletes (integrity A7).
    fn clean<'a>(&'a mut self, kind: u8, text: &'a [u8]) -> &'a [u8] {
        let deletes_all = self.dialect.has(Deviation::ControlCharacters);
        let is_deleted =
            |b: u8| (b < 0x20 || b == 0x7F) && (deletes_all || (b != b'\t' && b != b'\n'));
        let is_escaped = kind == b'8' && !deletes_all;
        let is_clean = || !has_control_byte(text) || !text.iter().any(|&b| is_deleted(b));
        if is_escaped || self.dialect.is_2_8() || is_clean() {
            return text;
        }
        self.cleaned.clear();
        self.cleaned.extend(text.iter().copied().filter(|&b| !is_deleted(b)));
        &self.cleaned
    }
}

/// Whether any byte is a control character. Looks at all of a chunk whatever it finds, so that the compiler can
/// take many bytes at once: nearly no text has one.
fn has_control_byte(text: &[u8]) -> bool {
    let is_control = |&b: &u8| b < 0x20 || b == 0x7F;
    let mut chunks = text.chunks_exact(32);
    let any = chunks.by_ref().any(|chunk| chunk.iter().fold(false, |any, b| any | is_control(b)));
    any || chunks.remainder().iter().any(is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(datagram: &str, expected: Option<(u8, &str, &str)>) {
        let got = split(datagram.as_bytes()).ok();
        let expected = expected.map(|(kind, location, text)| Message {
            kind,
            location: location.as_bytes(),
            text: text.as_bytes(),
        });
        assert_eq!(got, expected, "{datagram}");
    }

    #[test]
    fn datagrams_are_split_at_the_colon_after_the_arrow() {
        let agent = "(web01) fe80::1->/var/log/auth.log";
        check(&format!("1:{agent}:MSG"), Some((b'1', agent, "MSG")));
        check("1:(web01) any->C:\\log.txt:MSG", Some((b'1', "(web01) any->C", "\\log.txt:MSG")));
        check("2:2001:db8::1:MSG", Some((b'2', "2001", "db8::1:MSG")));
        check("1:df -h: x:y: Z", Some((b'1', "df -h", " x:y: Z")));
        check("1:(a->b:c) 1.2.3.4->f:MSG", Some((b'1', "(a->b", "c) 1.2.3.4->f:MSG")));
        check("1::text", Some((b'1', "", "text")));
        check("zzfoo:Mar  2", Some((b'z', "foo", "Mar  2")));
        check("1:(abc) def:foo", None);
        check("1:abc", None);
        check("1::", None);
        check("1:a:\0rest", Some((b'1', "a", "")));
    }

    #[test]
    fn locations_that_climb_are_refused() {
        for location in ["..", "../x", "/var/..", "/var/../etc", "(a) 1.2.3.4->../../x"] {
            let datagram = format!("1:{location}:text");
            assert_eq!(
                split(datagram.as_bytes()),
                Err(MessageError::ClimbingLocation),
                "{location}"
            );
        }
        assert!(split(b"1:/var/..x/y..:text").is_ok());
    }

    #[test]
    fn a_collector_may_read_a_file_by_any_path() {
        let mut event = Event::default();
        let message = Message { kind: b'1', location: b"../d/../s.log", text: b"text" };
        let _whole = Intake::new(Dialect::OURS).message(message, Timestamp(0), &mut event);
        assert_eq!(event.bytes(event.location), b"../d/../s.log");
    }

    #[test]
    fn control_characters_go_as_the_dialect_says() {
        let text = b"a\tb\x01c\x7Fd\x80e\xFFz\r\n";
        for (dialect, expected) in [
            (Dialect::OSSEC_4_3, &b"abcd\x80e\xFFz"[..]),
            (Dialect::OURS, b"a\tbcd\x80e\xFFz\n"),
            (Dialect::ossec_2_8(), text),
        ] {
            let mut event = Event::default();
            let message = Message { kind: b'1', location: b"f", text };
            let taken = Intake::new(dialect).message(message, Timestamp(0), &mut event);
            assert_eq!(taken, Taken::Whole);
            assert_eq!(event.bytes(event.full_log), expected, "{dialect}");
        }
    }

    #[test]
    fn long_events_are_cut_and_say_so() {
        let mut datagram = b"1:foo:".to_vec();
        datagram.extend([b'x'; 6500]);
        let mut event = Event::default();
        let mut intake = Intake::new(Dialect::OSSEC_4_3);
        assert_eq!(intake.datagram(&datagram, Timestamp(0), &mut event), Ok(Taken::Cut));
        assert_eq!(event.full_log.len(), 6137);
        let mut intake = Intake::new(Dialect::OURS);
        assert_eq!(intake.datagram(&datagram, Timestamp(0), &mut event), Ok(Taken::Whole));
        assert_eq!(event.full_log.len(), 6500);
    }
}
