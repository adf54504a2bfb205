//! `<time>` and `<weekday>` (rules 2.6).

use bartizan_base::{Deviation, Dialect};

use crate::condition::{DaySet, TimeRange};

/// Why a text is not a range of the day or a list of days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClockError {
    /// What is wrong and what was expected.
    pub(super) message: String,
    /// Where in the text it starts.
    pub(super) at: usize,
}

fn wrong(at: usize, message: impl Into<String>) -> ClockError {
    ClockError { message: message.into(), at }
}

/// A range and whether it has a `12 am`, which OSSEC reads as noon.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) range: TimeRange,
    pub(super) has_12_am: bool,
}

/// Reads `[!] T1 - T2`.
pub(super) fn time_range(text: &[u8], dialect: Dialect) -> Result<Parsed, ClockError> {
    let mut reader = Reader { text, at: 0, dialect, has_12_am: false };
    reader.skip_spaces();
    let negated = reader.skip(b'!');
    reader.skip_spaces();
    let from = match reader.peek() {
        Some(b'-') => {
            // `- 9:00` means "until 9:00", but only with the blank (rules 2.6).
            if !matches!(text.get(reader.at + 1), None | Some(b' ')) {
                return Err(wrong(reader.at, "a time is missing before the dash"));
            }
            Vec::new()
        }
        _ => reader.time()?,
    };
    reader.skip_spaces();
    if !reader.skip(b'-') {
        let message = "expected a range of two times, as in `9:00 - 17:30` or `6 pm - 7 am`";
        return Err(wrong(reader.at, message));
    }
    reader.skip_spaces();
    let to = if reader.peek().is_none() { Vec::new() } else { reader.time()? };
    reader.skip_spaces();
    if reader.peek().is_some() {
        return Err(wrong(reader.at, "one range of two times ends before this"));
    }
    let original_midnight = dialect.has(Deviation::TimeRanges) || to.is_empty();
    let range = TimeRange { from, to, negated, original_midnight };
    Ok(Parsed { range, has_12_am: reader.has_12_am })
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    dialect: Dialect,
    has_12_am: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn skip_spaces(&mut self) {
        while self.skip(b' ') {}
    }

    fn digit(&mut self) -> Option<u32> {
        let digit = self.peek().filter(u8::is_ascii_digit)?;
        self.at += 1;
        Some(u32::from(digit - b'0'))
    }

    /// A time as `HH:MM`.
    fn time(&mut self) -> Result<Vec<u8>, ClockError> {
        let start = self.at;
        let Some(first) = self.digit() else {
            return Err(wrong(start, "expected a time, as in `9`, `17:30` or `6 pm`"));
        };
        let mut hour = self.digit().map_or(first, |second| first * 10 + second);
        if hour > 23 {
            return Err(wrong(start, format!("hours go from 0 to 23, not {hour}")));
        }
        let minute = if self.skip(b':') { self.minutes()? } else { 0 };
        self.skip_spaces();
        if self.suffix(b"pm") {
            if hour == 12 && self.dialect.is_2_8() {
                return Err(wrong(start, "12 pm is refused by OSSEC 2.8"));
            }
            hour += if hour == 12 { 0 } else { 12 };
            if hour > 23 {
                return Err(wrong(start, format!("there is no {} pm", hour - 12)));
            }
        } else if self.suffix(b"am") && hour == 12 {
            self.has_12_am = true;
            if !self.dialect.has(Deviation::TimeRanges) {
                hour = 0;
            }
        }
        Ok(format!("{hour:02}:{minute:02}").into_bytes())
    }

    /// Two characters, the second of which may be a blank; fewer only at the end of the text.
    fn minutes(&mut self) -> Result<u32, ClockError> {
        let Some(first) = self.digit() else {
            return match self.peek() {
                None => Ok(0),
                Some(_) => Err(wrong(self.at, "expected minutes")),
            };
        };
        match (self.digit(), self.peek()) {
            (Some(second), _) => Ok(first * 10 + second),
            (None, None | Some(b' ')) => Ok(first),
            (None, Some(_)) => Err(wrong(self.at, "minutes have two digits")),
        }
    }

    fn suffix(&mut self, suffix: &[u8]) -> bool {
        let rest = self.text.get(self.at..self.at + suffix.len());
        let is_there = rest.is_some_and(|rest| rest.eq_ignore_ascii_case(suffix));
        self.at += if is_there { suffix.len() } else { 0 };
        is_there
    }
}

/// Names of days and groups of days, each with its bits; bit 0 is Sunday.
const DAYS: [(&str, u8); 16] = [
    ("sunday", 1),
    ("sun", 1),
    ("monday", 1 << 1),
    ("mon", 1 << 1),
    ("tuesday", 1 << 2),
    ("tue", 1 << 2),
    ("wednesday", 1 << 3),
    ("wed", 1 << 3),
    ("thursday", 1 << 4),
    ("thu", 1 << 4),
    ("friday", 1 << 5),
    ("fri", 1 << 5),
    ("saturday", 1 << 6),
    ("sat", 1 << 6),
    ("weekdays", 0b011_1110),
    ("weekends", 0b100_0001),
];

/// Every name that may stand in `<weekday>`.
pub(super) fn day_names() -> impl Iterator<Item = &'static str> {
    DAYS.iter().map(|&(name, _)| name)
}

/// The word at byte `at`, for a suggestion.
pub(super) fn word_at(text: &[u8], at: usize) -> String {
    let rest = text.get(at..).unwrap_or_default();
    let word = rest.split(|&b| is_separator(b)).next().unwrap_or_default();
    String::from_utf8_lossy(word).into_owned()
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b',')
}

/// Reads days separated by blanks and commas. `!` in front means all other days, which the original
/// recognises and then refuses (deviation `strict-loading`).
pub(super) fn days(text: &[u8], dialect: Dialect) -> Result<DaySet, ClockError> {
    let mut at = text.iter().take_while(|&&b| is_separator(b)).count();
    let negated = text.get(at) == Some(&b'!');
    if negated {
        if dialect.has(Deviation::StrictLoading) {
            return Err(wrong(at, "a leading ! is refused by OSSEC: write the other days"));
        }
        at += 1;
    }
    let mut bits = 0;
    for word in text.get(at..).unwrap_or_default().split(|&b| is_separator(b)) {
        let known = DAYS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
        match known {
            Some((_, day)) => bits |= day,
            None if word.is_empty() => {}
            None => {
                let word = String::from_utf8_lossy(word);
                return Err(wrong(at, format!("`{word}` is no day of the week")));
            }
        }
        at += word.len() + 1;
    }
    if bits == 0 {
        return Err(wrong(0, "expected days, as in `monday, friday` or `weekends`"));
    }
    Ok(DaySet(if negated { !bits & 0b111_1111 } else { bits }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, dialect: Dialect, expected: Option<(&str, &str, bool)>) {
        let got = time_range(text.as_bytes(), dialect).ok().map(|parsed| {
            let TimeRange { from, to, negated, .. } = parsed.range;
            (String::from_utf8(from).unwrap(), String::from_utf8(to).unwrap(), negated)
        });
        let expected = expected.map(|(from, to, not)| (from.to_owned(), to.to_owned(), not));
        assert_eq!(got, expected, "{text:?} {dialect}");
    }

    #[test]
    fn times_are_read_as_ossec_reads_them() {
        for (text, expected) in [
            ("9 - 17:30", Some(("09:00", "17:30", false))),
            (" ! 9:00 - 18:00 ", Some(("09:00", "18:00", true))),
            ("6 pm-7 AM", Some(("18:00", "07:00", false))),
            ("12 pm - 11pm", Some(("12:00", "23:00", false))),
            ("0 pm - 1 pm", Some(("12:00", "13:00", false))),
            ("9:5 - 10:00", Some(("09:05", "10:00", false))),
            ("9 - 10:0", Some(("09:00", "10:00", false))),
            ("9 - 10:", Some(("09:00", "10:00", false))),
            ("9 - 10:3", Some(("09:00", "10:03", false))),
            ("9 - 23:60", Some(("09:00", "23:60", false))),
            ("- 9:00", Some(("", "09:00", false))),
            ("9:00 -", Some(("09:00", "", false))),
            ("-", Some(("", "", false))),
            ("-9:00", None),
            ("9:5-10:00", None),
            ("9:00", None),
            ("", None),
            ("9.00-10.00", None),
            ("24 - 1", None),
            ("13 pm - 14", None),
            ("9-10, 11-12", None),
            ("no", None),
            ("\t9 - 10", None),
        ] {
            check(text, Dialect::OURS, expected);
            check(text, Dialect::OSSEC_4_3, expected);
        }
    }

    #[test]
    fn twelve_am_is_midnight_but_noon_in_the_dialects() {
        check("12 am - 1 pm", Dialect::OURS, Some(("00:00", "13:00", false)));
        check("12 am - 1 pm", Dialect::OSSEC_4_3, Some(("12:00", "13:00", false)));
        check("12 am - 1 pm", Dialect::ossec_2_8(), Some(("12:00", "13:00", false)));
        check("12 pm - 1 pm", Dialect::ossec_2_8(), None);
    }

    #[test]
    fn a_range_without_its_end_begins_a_minute_later_in_every_dialect() {
        for dialect in [Dialect::OURS, Dialect::OSSEC_4_3] {
            let range = time_range(b"9:00 -", dialect).unwrap().range;
            let is_inside = |hour: u32, minute: u32| range.contains(hour * 60 + minute);
            assert!(!is_inside(9, 0) && is_inside(9, 1) && is_inside(23, 59), "{dialect}");
            assert!(!is_inside(0, 0), "{dialect}");
        }
    }

    #[test]
    fn days_are_whole_words() {
        let ours = |text: &str| days(text.as_bytes(), Dialect::OURS).ok().map(|days| days.0);
        assert_eq!(ours("monday, Friday"), Some(0b010_0010));
        assert_eq!(ours("TUE Thu"), Some(0b001_0100));
        assert_eq!(ours("wed,"), Some(0b000_1000));
        assert_eq!(ours("weekdays weekends"), Some(0b111_1111));
        assert_eq!(ours("! sunday"), Some(0b111_1110));
        for text in ["tues", "tuesdays", "mon;tue", "mon-fri", "", ",", "!"] {
            assert_eq!(ours(text), None, "{text}");
        }
        assert!(days(b"!tuesday", Dialect::OSSEC_4_3).is_err());
    }

    #[test]
    fn a_wrong_day_is_pointed_at() {
        let error = days(b"mon, tuesdays", Dialect::OURS).unwrap_err();
        assert_eq!(error.at, 5);
        assert_eq!(word_at(b"mon, tuesdays", error.at), "tuesdays");
    }
}
