//! PCRE2 elements where OSSEC or we differ from PCRE2 as a library, and what is refused with which words.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use bartizan_base::text::OwnedSubject;
use bartizan_pattern::{Captures, Language, Options, Pattern, PatternError};

fn compile(pattern: &str) -> Result<Pattern, PatternError> {
    Pattern::compile(Language::Pcre2, pattern.as_bytes(), Options::default())
}

#[track_caller]
fn check(pattern: &str, subject: &[u8], expected: Option<(usize, &[&str])>) {
    let pattern = compile(pattern).unwrap();
    let owned = OwnedSubject::new(subject);
    let mut captures = Captures::default();
    let end = pattern.captures(owned.subject(), &mut captures);
    let texts: Vec<_> =
        captures.iter().map(|range| subject[range].escape_ascii().to_string()).collect();
    assert_eq!(
        end.map(|end| (end, texts)),
        expected.map(|(end, texts)| (end, texts.iter().map(|&t| t.to_owned()).collect()))
    );
}

#[test]
fn anchored_text_is_compared_as_a_string_also_here() {
    check("^o X$", b"O x", Some((3, &[])));
    check("x$", b"x\n", None);
    check("(?:x)$", b"x\n", Some((1, &[])));
    assert!(compile("^o x").unwrap().is_plain_anchored());
    assert!(!compile("o x").unwrap().is_plain_anchored());
    assert!(!compile("^o x.").unwrap().is_plain_anchored());
}

#[test]
fn captures_move_up_and_backslashes_before_brackets_are_literals() {
    check("^x=(\\S+)|^y=(\\S+)", b"y=1", Some((3, &["1"])));
    check("user=\\<(\\S+)\\>", b"USER=<Bob>", Some((10, &["Bob"])));
    check("^20\\d{6}[\\<;]>", b"20200101<>", Some((10, &[])));
    check("(.)", "é".as_bytes(), Some((1, &["\\xc3"])));
    check("foo\\Kbar", b"foobarx", Some((6, &[])));
    check("(?-i)a", b"A", None);
}

#[test]
fn a_long_repetition_is_not_blinded_by_padding() {
    // The original loses this on its 32 KiB stack from some 1,000 repetitions on.
    let mut subject = vec![b'a'; 65_000];
    subject.push(b'c');
    check("^(?:a|b)*c$", &subject, Some((65_001, &[])));
    subject.pop();
    check("^(?:a|b)*c$", &subject, None);
}

#[test]
fn utf_patterns_see_characters() {
    check("(*UTF)\\N{U+202E}", "a\u{202E}b".as_bytes(), Some((4, &[])));
    check("(*UTF)(.)\\x{e9}[\u{e0}\u{e9}]", "ßÉé".as_bytes(), Some((6, &["\\xc3\\x9f"])));
    assert!(compile("(*UTF)(?=a)").is_err());
}

#[test]
fn errors_point_at_what_they_mean() {
    for (pattern, code, span, words) in [
        ("", 10, 0..0, "empty"),
        ("ab(cd", 6, 2..3, "never closed"),
        ("ab)cd", 6, 2..3, "closes nothing"),
        ("a[bc", 6, 1..4, "never closed"),
        ("a[c-b]", 6, 4..5, "out of order"),
        ("ab**", 6, 3..4, "nothing to repeat"),
        ("a{3,2}", 6, 1..6, "swap"),
        ("a(?R)b", 6, 1..3, "recursion"),
        ("a(?1)b", 6, 1..3, "recursion"),
        ("(a)(*SKIP)b", 6, 3..10, "not supported"),
        ("a\\y", 6, 1..3, "no meaning"),
        ("a\\1", 6, 1..3, "no such group"),
        ("(?<=a*)b", 6, 0..7, "fixed length"),
        ("(a{60000}){60000}", 6, 0..17, "too large"),
        ("a\\", 6, 1..2, "backslash"),
    ] {
        let error = compile(pattern).unwrap_err();
        assert_eq!((error.code, error.span.clone()), (code, span), "{pattern}: {error}");
        assert!(error.message.contains(words), "{pattern}: {error}");
    }
}

#[test]
fn what_needs_backtracking_says_so_and_gives_up_in_the_open() {
    for pattern in ["a(?=b)", "(a)\\1", "(?>a|ab)c", "(?:a|ab)++c", "a++a", "(a)?(?(1)b)"] {
        assert!(compile(pattern).unwrap().needs_backtracking(), "{pattern}");
    }
    for pattern in ["a++b", "(?>\\d+):", "(?>abc)", "(a*)*b", "(?m)^a", "\\bx\\B", "[[:<:]]?x"] {
        if let Ok(pattern) = compile(pattern) {
            assert!(!pattern.needs_backtracking(), "{pattern:?}");
        }
    }
    let hard = compile("(?=(a+)+$)(a+)+b").unwrap();
    let subject = OwnedSubject::new(&[b'a'; 200]);
    assert_eq!((hard.is_match(subject.subject()), hard.budget_exceeded()), (false, 1));
    // A regular pattern changes to the linear-time engine and stays right.
    let regular = compile("(?:a+)+b|(x)").unwrap();
    let mut subject = vec![b'a'; 5_000];
    subject.push(b'x');
    let owned = OwnedSubject::new(&subject);
    assert_eq!((regular.find_end(owned.subject()), regular.budget_exceeded()), (Some(5_001), 0));
}
