//! Which events are kept, and in which form: `ignore`, `restrict`, `out_format` (collection 9.1, 9.4).
//!
//! ```text
//! text of an event ─▶ ignore: any matches? restrict: one does not? ─▶ left out, counted
//!                  └▶ out_format: variables replaced ─▶ text for analysis
//! ```

use std::io::Write as _;
use std::sync::Arc;

use bartizan_base::Subject;
use bartizan_config::ossec_conf::localfile::{Localfile, LogFormat, TextTest};
use bartizan_pattern::{Options, Pattern};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::settings::Machine;
use crate::start::Now;

/// What the settings of one input say of its events.
#[derive(Debug)]
pub struct Shape {
    ignore: Vec<Pattern>,
    restrict: Vec<Pattern>,
    form: Option<Form>,
}

/// A text with variables, taken apart.
#[derive(Debug)]
struct Form {
    parts: Vec<Part>,
    hostname: Vec<u8>,
    address: Vec<u8>,
    time_zone: TimeZone,
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(Vec<u8>),
    Log,
    EscapedLog,
    EncodedLog,
    Location,
    /// With a format of strftime.
    Time(String),
    Hostname,
    Address,
}

impl Shape {
    /// `None` if every event stays as it is. Patterns that do not compile were told by the configuration's
    /// reader.
    pub(crate) fn of(options: &Localfile, machine: &Machine) -> Option<Self> {
        // Of the journal fields are tested instead.
        let is_tested = options.format != Some(LogFormat::Journald);
        let compiled = |tests: &[TextTest]| -> Vec<Pattern> {
            let tests = tests.iter().filter(|_| is_tested);
            let compile = |test: &TextTest| {
                Pattern::compile(test.language, &test.pattern, Options::default()).ok()
            };
            tests.filter_map(compile).collect()
        };
        let shape = Self {
            ignore: compiled(&options.ignore),
            restrict: compiled(&options.restrict),
            form: options.out_format.as_deref().map(|text| Form::of(text, machine)),
        };
        let is_needed =
            !shape.ignore.is_empty() || !shape.restrict.is_empty() || shape.form.is_some();
        is_needed.then_some(shape)
    }

    fn keeps(&self, text: &[u8], folded: &mut Vec<u8>) -> bool {
        if self.ignore.is_empty() && self.restrict.is_empty() {
            return true;
        }
        folded.clear();
        folded.extend(text.iter().map(u8::to_ascii_lowercase));
        let subject = Subject::new(text, folded);
        !self.ignore.iter().any(|pattern| pattern.is_match(subject))
            && self.restrict.iter().all(|pattern| pattern.is_match(subject))
    }
}

/// Applies a shape to the events of one location.
#[derive(Debug)]
pub(crate) struct Shaper {
    shape: Arc<Shape>,
    location: Vec<u8>,
    folded: Vec<u8>,
    text: Vec<u8>,
}

impl Shaper {
    pub(crate) fn new(shape: Arc<Shape>, location: &[u8]) -> Self {
        Self { shape, location: location.to_vec(), folded: Vec::new(), text: Vec::new() }
    }

    /// The text for analysis; `None` if the event is left out.
    pub(crate) fn apply<'a>(&'a mut self, text: &'a [u8], now: Option<Now>) -> Option<&'a [u8]> {
        if !self.shape.keeps(text, &mut self.folded) {
            return None;
        }
        let Some(form) = &self.shape.form else { return Some(text) };
        self.text.clear();
        form.write(text, &self.location, now, &mut self.text);
        Some(&self.text)
    }
}

impl Form {
    fn of(text: &str, machine: &Machine) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("$(") {
            let Some(length) = rest.get(start..).and_then(|from| from.find(')')) else { break };
            let before = rest.get(..start).unwrap_or_default();
            parts.push(Part::Text(before.as_bytes().to_vec()));
            // What is unknown is left out.
            parts.extend(rest.get(start + 2..start + length).and_then(Part::of));
            rest = rest.get(start + length + 1..).unwrap_or_default();
        }
        parts.push(Part::Text(rest.as_bytes().to_vec()));
        let needs_address = parts.contains(&Part::Address);
        Self {
            parts,
            hostname: machine.hostname.as_bytes().to_vec(),
            address: if needs_address { machine.address() } else { String::new() }.into_bytes(),
            time_zone: machine.time_zone.clone(),
        }
    }

    fn write(&self, log: &[u8], location: &[u8], now: Option<Now>, out: &mut Vec<u8>) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Log => out.extend_from_slice(log),
                Part::EscapedLog => write_escaped(log, out),
                Part::EncodedLog => write_base64(log, out),
                Part::Location => out.extend_from_slice(location),
                Part::Hostname => out.extend_from_slice(&self.hostname),
                Part::Address => out.extend_from_slice(&self.address),
                Part::Time(format) => {
                    let time = now.and_then(|now| Timestamp::try_from(now.wall).ok());
                    let time = self.time_zone.to_datetime(time.unwrap_or_default());
                    let time = jiff::fmt::strtime::format(format, time).unwrap_or_default();
                    out.extend_from_slice(time.as_bytes());
                }
            }
        }
    }
}

impl Part {
    fn of(name: &str) -> Option<Self> {
        Some(match name.trim() {
            "log" | "output" => Self::Log,
            "json_escaped_log" => Self::EscapedLog,
            "base64_log" => Self::EncodedLog,
            "location" | "command" => Self::Location,
            "timestamp" => Self::Time("%b %e %T".to_owned()),
            "hostname" => Self::Hostname,
            "host_ip" => Self::Address,
            name => Self::Time(name.strip_prefix("timestamp ")?.trim().to_owned()),
        })
    }
}

/// As it stands in a string of JSON, without the quotes.
fn write_escaped(text: &[u8], out: &mut Vec<u8>) {
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => out.extend([b'\\', c as u8]),
                '\n' => out.extend(b"\\n"),
                '\r' => out.extend(b"\\r"),
                '\t' => out.extend(b"\\t"),
                // Writing to memory does not fail.
                c if u32::from(c) < 0x20 => drop(write!(out, "\\u{:04x}", u32::from(c))),
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
}

fn write_base64(text: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in text.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let value = (bits >> (18 - 6 * digit)) & 63;
            let is_used = digit <= group.len();
            let shown = DIGITS.get(value as usize).copied().unwrap_or(b'=');
            out.push(if is_used { shown } else { b'=' });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use bartizan_pattern::Language;

    use super::*;

    fn machine() -> Machine {
        Machine {
            hostname: "web1".into(),
            time_zone: TimeZone::fixed(jiff::tz::offset(2)),
            journalctl: None,
        }
    }

    fn formed(form: &str, log: &[u8]) -> String {
        let options = Localfile { out_format: Some(form.to_owned()), ..Localfile::default() };
        let shape = Shape::of(&options, &machine()).unwrap();
        let mut now = Now::read();
        now.wall = UNIX_EPOCH + Duration::from_secs(1_795_580_062);
        let mut shaper = Shaper::new(Arc::new(shape), b"/var/log/a");
        String::from_utf8_lossy(shaper.apply(log, Some(now)).unwrap()).into_owned()
    }

    #[test]
    fn variables_are_replaced_and_unknown_ones_left_out() {
        for (form, expected) in [
            ("$(log)", "a \"b\"\t\u{1}"),
            ("<$(output)>", "<a \"b\"\t\u{1}>"),
            ("$(hostname) $(location) $(command)$(nothing)!", "web1 /var/log/a /var/log/a!"),
            ("$(timestamp)", "Nov 25 06:14:22"),
            ("$(timestamp %Y-%m-%d %H:%M)", "2026-11-25 06:14"),
            ("$(json_escaped_log)", "a \\\"b\\\"\\t\\u0001"),
            ("$(base64_log)", "YSAiYiIJAQ=="),
            ("open $(log", "open $(log"),
        ] {
            assert_eq!(formed(form, b"a \"b\"\t\x01"), expected, "{form}");
        }
        assert_eq!(formed("$(base64_log)", b"ab"), "YWI=");
        assert_eq!(formed("$(base64_log)", b"abc"), "YWJj");
        assert_eq!(formed("$(json_escaped_log)", b"\xff\n"), "\u{fffd}\\n");
    }

    #[test]
    fn an_event_is_dropped_by_any_ignore_and_by_any_restrict_that_does_not_match() {
        let test = |language, pattern: &str| TextTest { language, pattern: pattern.into() };
        let options = Localfile {
            ignore: vec![
                test(Language::Pcre2, "(?-i)Debug"),
                test(Language::OsMatch, "quiet|silent"),
            ],
            restrict: vec![
                test(Language::OsRegex, "user \\S+"),
                test(Language::Pcre2, "(?-i)from"),
            ],
            ..Localfile::default()
        };
        let mut shaper = Shaper::new(Arc::new(Shape::of(&options, &machine()).unwrap()), b"l");
        for (text, is_kept) in [
            ("USER a from b", true),
            ("user a From b", false),
            ("a from b", false),
            ("Debug user a from b", false),
            ("debug user a from b", true),
            ("SILENT user a from b", false),
        ] {
            assert_eq!(shaper.apply(text.as_bytes(), None).is_some(), is_kept, "{text}");
        }
        assert!(Shape::of(&Localfile::default(), &machine()).is_none());
    }
}
