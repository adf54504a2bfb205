//! Times of day and days of the week of scans (config 14.2).

use super::context::Wrong;

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DayTime {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

/// Days of the week: bit 0 is Sunday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(pub u8);

const TIME: &str = "a time like `8:30`, `23:59`, `08:30 pm`, `8 am` or `8pm`";

/// `h:mm` or `hh:mm`, perhaps with ` am` or ` pm`; `h am`, `hpm`.
pub(super) fn day_time(text: &[u8]) -> Result<DayTime, Wrong> {
    let wrong = || Wrong::expected(TIME);
    let text = std::str::from_utf8(text).map_err(|_| wrong())?;
    let lower = text.to_ascii_lowercase();
    let (clock, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(clock), _) => (clock.trim_end(), Some(0)),
        (_, Some(clock)) => (clock.trim_end(), Some(12)),
        _ => (lower.as_str(), None),
    };
    let (hour, minute) = match clock.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (number(hour), number(minute)),
        None if half.is_some() => (number(clock), Some(0)),
        _ => return Err(wrong()),
    };
    let (hour, minute) = (hour.ok_or_else(wrong)?, minute.ok_or_else(wrong)?);
    let hour = match half {
        Some(add) if (1..=12).contains(&hour) => hour % 12 + add,
        None if hour < 24 => hour,
        _ => return Err(wrong()),
    };
    if minute > 59 { Err(wrong()) } else { Ok(DayTime { hour, minute }) }
}

/// One or two digits.
fn number(text: &str) -> Option<u8> {
    let plausible = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    plausible.then(|| text.parse().ok()).flatten()
}

const DAYS: [&str; 7] =
    ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const WEEKENDS: u8 = 0b100_0001;
const EVERY_DAY: u8 = 0b111_1111;

/// Names of days, whole or of three letters, `weekdays`, `weekends`. A `!` in front takes the other days;
/// OSSEC documents and refuses it, so it is refused where `is_strict`.
pub(super) fn days(text: &[u8], is_strict: bool) -> Result<Days, Wrong> {
    let text = String::from_utf8_lossy(text).to_ascii_lowercase();
    let (negated, text) = match text.strip_prefix('!') {
        Some(rest) if !is_strict => (true, rest),
        _ => (false, text.as_str()),
    };
    let mut set = 0;
    for word in text.split([',', ' ', '\t']).filter(|word| !word.is_empty()) {
        set |= match word {
            "weekdays" => EVERY_DAY & !WEEKENDS,
            "weekends" => WEEKENDS,
            word => day(word)?,
        };
    }
    if set == 0 {
        return Err(Wrong::expected("names of days"));
    }
    Ok(Days(if negated { EVERY_DAY & !set } else { set }))
}

fn day(word: &str) -> Result<u8, Wrong> {
    let same = |day: &str| day == word || day.get(..3) == Some(word);
    match DAYS.iter().position(|day| same(day)) {
        Some(at) => Ok(1 << at),
        None => {
            let wrong = Wrong::expected(format!(
                "names of days like `monday` or `mon`, `weekdays` or `weekends`; `{word}` is none"
            ));
            let known = DAYS.into_iter().chain(["weekdays", "weekends"]);
            Err(match super::table::did_you_mean(word, known) {
                Some(help) => wrong.help(help),
                None => wrong,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_recorded() {
        for (text, want) in [
            ("1:30", Some((1, 30))),
            ("01:30 pm", Some((13, 30))),
            ("1pm", Some((13, 0))),
            ("3 am", Some((3, 0))),
            ("12 am", Some((0, 0))),
            ("12 pm", Some((12, 0))),
            ("23:59", Some((23, 59))),
            ("x", None),
            ("24:00", None),
            ("25:00", None),
            ("13pm", None),
            ("8:5", None),
            ("8", None),
            ("", None),
        ] {
            let got = day_time(text.as_bytes()).ok().map(|t| (t.hour, t.minute));
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn days_are_read_as_recorded() {
        for (text, want) in [
            ("monday", Some(2)),
            ("Mon,TUE", Some(6)),
            ("weekends", Some(0b100_0001)),
            ("weekdays sat", Some(0b111_1110)),
            ("!monday", Some(0b111_1101)),
            ("weekend", None),
            ("tues", None),
            ("monday;friday", None),
        ] {
            assert_eq!(days(text.as_bytes(), false).ok().map(|d| d.0), want, "{text}");
        }
        assert!(days(b"!monday", true).is_err());
    }
}
