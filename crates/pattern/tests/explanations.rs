//! What `bartizan pattern` says about patterns.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use bartizan_pattern::explain::Method;
use bartizan_pattern::{Language, Options, Pattern};

#[track_caller]
fn check(language: Language, pattern: &str, expected: &str) {
    let pattern = Pattern::compile(language, pattern.as_bytes(), Options::default()).unwrap();
    let got = pattern.explain().to_string();
    assert_eq!(got.trim(), expected.trim(), "\n{got}");
}

#[test]
fn an_os_regex_is_told_part_by_part() {
    check(
        Language::OsRegex,
        r"^(\S+) from (\d+.\d+)\s*$|^sshd",
        r#"
OS_Regex   ^(\S+) from (\d+.\d+)\s*$|^sshd
in PCRE2   ^([^ ]+?) from ([0-9]+?\.[0-9]+?) *?(?!\n)$|^sshd
looks for  either
             the start
             group 1: one or more characters but spaces, as few as possible
             " from "
             group 2:
               one or more digits, as few as possible
               "."
               one or more digits, as few as possible
             any number of " ", as few as possible
             the end
           or
             the start
             "sshd"
captures   2 groups
contains   " from ", or "sshd" at the start
matched    in linear time
note       `.` is a literal dot; any character is `\.`
note       `\s` is the space only, no tab
"#,
    );
}

#[test]
fn an_os_match_is_literal_text() {
    check(
        Language::OsMatch,
        r"a\.b|^!x*$",
        r#"
OS_Match   a\.b|^!x*$
in PCRE2   a\\\.b|^!x\*\z
looks for  either "a\\.b"
           or
             the start
             "!x*"
             the end
captures   nothing
contains   exactly "!x*", or "a\\.b"
matched    compared as a list of strings
note       there are no escapes: the backslash is literal
note       only `^`, `$` and `|` are special: everything else is literal
"#,
    );
}

#[test]
fn a_pcre2_pattern_says_when_it_needs_backtracking() {
    check(
        Language::Pcre2,
        r"(?-i)User (?!root)(\w{2,8}) x?\1$",
        r#"
PCRE2      (?-i)User (?!root)(\w{2,8}) x?\1$
looks for  "User "
           only if not followed by: "root"
           group 1: 2 to 8 letters, digits or `_`
           " "
           perhaps one "x"
           the same text as group 1
           the end, or before a line feed that is the last character
captures   1 group
contains   "user "
matched    by backtracking; a search that takes too many steps is counted and does not match
"#,
    );
}

#[test]
fn what_never_or_always_matches_says_so() {
    let explain = |language, text: &str| {
        Pattern::compile(language, text.as_bytes(), Options::default()).unwrap().explain()
    };
    let never = explain(Language::OsRegex, "a$b");
    assert!(never.remarks.iter().any(|remark| remark.starts_with("it never matches")));
    let always = explain(Language::OsMatch, "a|");
    assert!(always.remarks.iter().any(|remark| remark.starts_with("it matches everything")));
    assert_eq!(explain(Language::Pcre2, "^abc").method, Method::PlainText);
    assert_eq!(explain(Language::Pcre2, "(?>a|ab)c").method, Method::Backtracking);
}
