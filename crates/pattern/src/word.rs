//! Word match: the oldest and smallest of OSSEC's pattern languages (decoding 4.4, rules 2.4).
//!
//! Used for `if_group` on a rule's group text and in a few tools. `|` separates alternatives, `^` at the
//! start of an alternative anchors it, everything else is literal (`$` too) and ASCII case-insensitive.
//! Nothing is compiled: patterns are short, and they are matched while rules load.

/// Whether `text` contains one of the alternatives of `pattern`.
///
/// An empty pattern matches nothing; an empty alternative inside a longer one (`a|`, `|`) matches
/// everything.
///
/// ```
/// use bartizan_pattern::word;
/// assert!(word::matches(b"^sys|fail", b"syslog,sshd,"));
/// assert!(!word::matches(b"^log", b"syslog,sshd,"));
/// ```
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    if pattern.is_empty() {
        return false;
    }
    pattern.split(|&byte| byte == b'|').any(|alternative| match alternative {
        [b'^', literal @ ..] => starts_with(text, literal),
        literal => contains(text, literal),
    })
}

fn starts_with(text: &[u8], literal: &[u8]) -> bool {
    text.get(..literal.len()).is_some_and(|start| start.eq_ignore_ascii_case(literal))
}

fn contains(text: &[u8], literal: &[u8]) -> bool {
    literal.is_empty()
        || text.windows(literal.len()).any(|window| window.eq_ignore_ascii_case(literal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, expected: bool) {
        let got = matches(pattern.as_bytes(), text.as_bytes());
        assert_eq!(got, expected, "{pattern:?} on {text:?}");
    }

    #[test]
    fn a_word_is_found_anywhere_in_any_case() {
        check("sshd", "syslog,SSHD,", true);
        check("SysLog", "syslog,sshd,", true);
        check("syslog,sshd", "syslog,sshd,", true);
        check("sshd,syslog", "syslog,sshd,", false);
        check("sshd", "ssh", false);
    }

    #[test]
    fn a_caret_anchors_only_at_the_start_of_its_alternative() {
        check("^sys", "syslog,", true);
        check("^log", "syslog,", false);
        check("log|^abc", "abcd", true);
        check("x|^bcd", "abcd", false);
        check("a^b", "a^b", true);
        check("^^b", "^b", true);
        check("^", "anything", true);
    }

    #[test]
    fn a_dollar_is_an_ordinary_character() {
        check("log$", "syslog", false);
        check("log$", "log$", true);
    }

    #[test]
    fn an_empty_pattern_matches_nothing_and_an_empty_alternative_everything() {
        check("", "abc", false);
        check("", "", false);
        check("x|", "abc", true);
        check("|x", "", true);
        check("x||y", "abc", true);
    }
}
