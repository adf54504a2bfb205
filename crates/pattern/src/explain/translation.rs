//! The other two languages in PCRE2's words (decoding 4.2, 4.4), for people who know those.

use crate::os_regex;
use crate::pattern::Language;

pub(super) fn of(language: Language, source: &[u8]) -> Option<String> {
    match language {
        Language::OsRegex => os_regex::translation(source),
        Language::OsMatch => Some(os_match(source)),
        Language::Pcre2 => None,
    }
}

fn os_match(source: &[u8]) -> String {
    let mut text = String::new();
    for character in String::from_utf8_lossy(source).chars() {
        if r"\.[]{}()+?*".contains(character) {
            text.push('\\');
        }
        match character {
            '$' => text.push_str("\\z"),
            other => text.push(other),
        }
    }
    text
}
