//! OS_Regex and OS_Match answer as the slow matcher that does what the specification says, step by step.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use bartizan_base::text::OwnedSubject;
use bartizan_pattern::reference::{Answer, answer};
use bartizan_pattern::{Captures, Language, Options, Pattern};
use proptest::prelude::*;
use proptest::sample::select;

fn ours(language: Language, pattern: &[u8], subject: &[u8], utf8_check: bool) -> Answer {
    let Ok(pattern) = Pattern::compile(language, pattern, Options { utf8_check }) else {
        return Answer::Refused;
    };
    let owned = OwnedSubject::new(subject);
    let mut captures = Captures::default();
    match pattern.captures(owned.subject(), &mut captures) {
        None => Answer::No,
        Some(end) => {
            Answer::Yes(end, captures.iter().map(|range| (range.start, range.end)).collect())
        }
    }
}

#[test]
fn the_reference_knows_the_examples_of_the_specification() {
    let yes = |end, captures: &[(usize, usize)]| Answer::Yes(end, captures.to_vec());
    for (pattern, subject, expected) in [
        (r"user (\S+) from (\S+)", "user bob from 1.2.3.4 port", yes(21, &[(5, 8), (14, 21)])),
        (r"(\d+)(\w+)", "123abc", yes(6, &[(0, 1), (1, 6)])),
        (r"x(\d+)|y(\w+)", "yabc", yes(4, &[(1, 4)])),
        (r"a\.*b", "axxxbxxb", yes(5, &[])),
        (r"(\w)+", "a+", yes(2, &[(0, 1)])),
        (r"(\w)+", "ab", Answer::No),
        ("é", "É", yes(2, &[])),
        ("^é", "É", yes(2, &[])),
        (r"\\\d+", r"a\123", yes(5, &[])),
        ("(a", "a", Answer::Refused),
        (r"\+", "+", Answer::Refused),
        (r"\w", "\u{17F}", yes(2, &[])),
        ("^abc", "ABCd", yes(3, &[])),
    ] {
        let got = answer(Language::OsRegex, pattern.as_bytes(), subject.as_bytes(), true);
        assert_eq!(got, expected, "{pattern} on {subject}");
    }
    let got = answer(Language::OsMatch, "^é".as_bytes(), "É".as_bytes(), true);
    assert_eq!(got, Answer::No);
}

/// Patterns of both languages out of pieces, most of them valid.
fn pattern() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => select(vec![
            &b"a"[..], b"b", b"K", b"s", b"1", b" ", b":", b"-", b"ab", b"\xC3\xA9", "\u{17F}".as_bytes(), "\u{212A}".as_bytes(),
            "\u{b5}".as_bytes(), "\u{1E9E}".as_bytes(), b"\xE9", b"\\\\", b".", b"?", b"[", b"{",
        ]),
        6 => select(vec![
            &b"\\d+"[..], b"\\w+", b"\\S+", b"\\s*", b"\\.+", b"\\.*", b"\\W+", b"\\D*", b"\\p*", b"\\S", b"\\d", b"\\w", b"\\.",
            b"\\t", b"\\(+", b"\\$", b"\\\\+", b"\\<",
        ]),
        3 => select(vec![&b"("[..], b")", b"|", b"+", b"*"]),
        1 => select(vec![&b"^"[..], b"$", b"\\+", b"\\"]),
    ];
    let pieces = prop::collection::vec(piece, 1..9).prop_map(|pieces| pieces.concat());
    // Closed parentheses more often than chance would have it.
    (pieces, any::<bool>()).prop_map(|(mut pattern, close)| {
        let open = pattern.iter().filter(|&&byte| byte == b'(').count();
        let closed = pattern.iter().filter(|&&byte| byte == b')').count();
        if close {
            pattern.extend(std::iter::repeat_n(b')', open.saturating_sub(closed)));
        }
        pattern
    })
}

fn subject() -> impl Strategy<Value = Vec<u8>> {
    let piece = select(vec![
        &b"a"[..],
        b"b",
        b"A",
        b"k",
        b"S",
        b"1",
        b"22",
        b" ",
        b":",
        b"-",
        b"(",
        b")",
        b"+",
        b"\\",
        b"$",
        b"\t",
        b"\n",
        b"ab",
        b"\xC3\x89",
        b"\xE9",
        b"\xC3",
        "\u{17F}".as_bytes(),
        "\u{212A}".as_bytes(),
        "\u{3BC}".as_bytes(),
        "\u{DF}".as_bytes(),
        b"\xF0\x9F\x98\x80",
    ]);
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(4_000),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn generated_patterns_answer_as_the_reference(
        pattern in pattern(),
        subjects in prop::collection::vec(subject(), 3..6),
    ) {
        for subject in &subjects {
            for language in [Language::OsRegex, Language::OsMatch] {
                for utf8_check in [false, true] {
                    let expected = answer(language, &pattern, subject, utf8_check);
                    if expected == Answer::GaveUp {
                        continue;
                    }
                    let got = ours(language, &pattern, subject, utf8_check);
                    prop_assert!(
                        got == expected,
                        "{:?} {} on {}: ours {:?}, by the book {:?}",
                        language, pattern.escape_ascii(), subject.escape_ascii(), got, expected
                    );
                }
            }
        }
    }
}
