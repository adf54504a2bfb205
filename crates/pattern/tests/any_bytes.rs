//! No pattern and no subject makes this crate panic, and what is claimed of captures holds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use bartizan_base::text::OwnedSubject;
use bartizan_pattern::{Captures, Language, Options, Pattern, PatternError};
use proptest::prelude::*;
use proptest::sample::select;

const LANGUAGES: [Language; 3] = [Language::OsRegex, Language::OsMatch, Language::Pcre2];

fn try_all(text: &[u8], subject: &[u8]) -> Result<(), TestCaseError> {
    let owned = OwnedSubject::new(subject);
    let mut captures = Captures::default();
    for language in LANGUAGES {
        for utf8_check in [false, true] {
            let pattern = match Pattern::compile(language, text, Options { utf8_check }) {
                Ok(pattern) => pattern,
                Err(PatternError { code, message, span }) => {
                    prop_assert!([3, 6, 10].contains(&code), "{code}");
                    prop_assert!(!message.is_empty());
                    prop_assert!(span.start <= span.end && span.end <= text.len(), "{span:?}");
                    continue;
                }
            };
            let end = pattern.captures(owned.subject(), &mut captures);
            prop_assert!(end.is_none_or(|end| end <= subject.len()));
            prop_assert!(captures.len() <= pattern.group_count());
            prop_assert!(captures.iter().all(|r| r.start <= r.end && r.end <= subject.len()));
            prop_assert_eq!(end.is_some(), pattern.is_match(owned.subject()));
            prop_assert_eq!(end, pattern.find_end(owned.subject()));
            prop_assert!(!pattern.explain().to_string().is_empty());
            let _ = (pattern.requirement(), pattern.prefix_sets(), pattern.complete_strings());
        }
    }
    Ok(())
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = select(vec![
        &b"("[..],
        b")",
        b"[",
        b"]",
        b"{",
        b"}",
        b"*",
        b"+",
        b"?",
        b"|",
        b"^",
        b"$",
        b"\\",
        b".",
        b"a",
        b"z",
        b"-",
        b":",
        b"=",
        b"!",
        b"<",
        b">",
        b"(?",
        b"(?:",
        b"(?<",
        b"(?P<n>",
        b"(?|",
        b"(?>",
        b"(*",
        b"(*UTF)",
        b"[[:alpha:]]",
        b"[^",
        b"\\1",
        b"\\g{",
        b"\\k<n>",
        b"\\x{",
        b"\\p{L}",
        b"\\Q",
        b"\\E",
        b"{2}",
        b"{1,3}",
        b"{,",
        b"(?(1)",
        b"(?i)",
        b"(?x)",
        b"#",
        b" ",
        b"\n",
        b"\0",
        b"\xE9",
        b"\xC3\xA9",
        b"0",
        b"9",
        b"\\d",
        b"\\S",
        b"\\R",
        b"\\K",
        b"\\b",
        b"+?",
        b"++",
        b"(?=",
        b"(?<!",
        b"(?#",
        b"U+",
        b"&",
        b"'",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(3_000),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn pieces_of_syntax_in_any_order_do_no_harm(text in pieces(), subject in pieces()) {
        try_all(&text, &subject)?;
    }

    #[test]
    fn any_bytes_do_no_harm(
        text in prop::collection::vec(any::<u8>(), 0..40),
        subject in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        try_all(&text, &subject)?;
    }
}

#[test]
fn groups_nest_as_deep_as_pcre2_allows_and_no_deeper() {
    for (open, language) in [
        ("(", Language::OsRegex),
        ("(", Language::Pcre2),
        ("(?:", Language::Pcre2),
        ("(?>", Language::Pcre2),
        ("(?=", Language::Pcre2),
    ] {
        let nested = |depth: usize| format!("{}a{}", open.repeat(depth), ")".repeat(depth));
        let compile =
            |text: String| Pattern::compile(language, text.as_bytes(), Options::default());
        let deep = compile(nested(250)).unwrap();
        assert!(deep.is_match(OwnedSubject::new(b"xa").subject()));
        assert!(!deep.explain().to_string().is_empty());
        assert_eq!(compile(nested(251)).unwrap_err().code, PatternError::SYNTAX);
    }
}

#[test]
fn a_pattern_serves_many_threads() {
    let pattern =
        Pattern::compile(Language::OsRegex, b"(\\S+)=(\\S+) \\.*(a+)", Options::default()).unwrap();
    let pattern = &pattern;
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let mut captures = Captures::default();
                for round in 0..200 {
                    let line = format!("k{thread}=v{round} é a");
                    let owned = OwnedSubject::new(line.as_bytes());
                    assert_eq!(pattern.captures(owned.subject(), &mut captures), None);
                    let line = format!("k{thread}=v{round} é a+");
                    let owned = OwnedSubject::new(line.as_bytes());
                    assert_eq!(pattern.captures(owned.subject(), &mut captures), Some(line.len()));
                    let texts: Vec<_> = captures.iter().map(|range| &line[range]).collect();
                    assert_eq!(texts[..2], [format!("k{thread}"), format!("v{round}")]);
                }
            });
        }
    });
}
