//! Patterns and subjects made from a grammar of PCRE2's constructs.

use bartizan_base::text::OwnedSubject;
use proptest::prelude::*;
use proptest::sample::select;

use crate::oracle::Pair;

/// One item: a literal, an escape, a class, an anchor.
fn item() -> impl Strategy<Value = String> {
    let literal = select(vec![
        "a", "b", "c", "K", "s", "1", "2", " ", "-", "_", ":", "=", "\"", ",", "<", ">", "@", "/",
        "\u{e9}", "ab", "a: ", "{", "}", "]",
    ]);
    let escape = select(vec![
        r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\h", r"\H", r"\v", r"\V", r"\N", r"\.", r"\<",
        r"\>", r"\\", r"\[", r"\n", r"\t", r"\x41", r"\x{e9}", r"\101", r"\Qa.\E", ".", r"\-",
        r"\R", r"\p{L}",
    ]);
    let class = select(vec![
        "[ab]",
        "[^ab]",
        "[a-c1]",
        "[^:]",
        "[^\"]",
        "[]a]",
        r"[\d.]",
        r"[^\s]",
        r"[\w-]",
        "[[:alpha:]]",
        "[[:^upper:]b]",
        r"[\<\>]",
        r"[\W\d]",
        "[b-]",
        r"[^\n]",
        "[\\xe9]",
        "[ -~]",
    ]);
    let anchor = select(vec![
        "^", "$", r"\b", r"\B", r"\A", r"\Z", r"\z", "(?m:^)", "(?m:$)", r"\K", "(?i)", "(?-i)",
        "(?s)", "(?#c)", "(?=a)", "(?!b)", "(?<=a)", "(?<! )",
    ]);
    prop_oneof![6 => literal, 4 => escape, 3 => class, 1 => anchor].prop_map(str::to_owned)
}

fn quantified(inner: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let quantifier = prop_oneof![
        6 => Just(String::new()),
        4 => select(vec!["+", "*", "?", "+?", "*?", "??"]).prop_map(str::to_owned),
        // Not `{0}`: PCRE2 takes `(a|\\A){0} ` for anchored.
        1 => select(vec!["++", "*+", "?+", "{2}", "{1,2}", "{2,}", "{0,2}?", "{1,3}+", "{1}"])
            .prop_map(str::to_owned),
    ];
    (inner, quantifier).prop_map(|(item, quantifier)| item + &quantifier)
}

fn group(inner: &str, kind: &str) -> String {
    format!("({kind}{inner})")
}

/// A pattern; few are refused.
fn pattern() -> impl Strategy<Value = String> {
    let leaf = quantified(item());
    let nested = leaf.prop_recursive(3, 24, 5, |inner| {
        let sequence = prop::collection::vec(inner.clone(), 1..5).prop_map(|items| items.concat());
        let alternatives = prop::collection::vec(inner, 1..4).prop_map(|items| items.join("|"));
        let kind = prop_oneof![
            8 => select(vec!["", "?:"]),
            1 => select(vec!["?>", "?=", "?!", "?<=", "?<!", "?|", "?i:", "?-i:", "?s:", "?m:", "?x:", "?U:"]),
        ];
        let reference = select(vec![r"\1", r"\2", r"\g{-1}", "(?(1)a|b)"]).prop_map(str::to_owned);
        prop_oneof![
            5 => sequence,
            6 => quantified((alternatives, kind).prop_map(|(inner, kind)| group(&inner, kind))),
            1 => reference,
        ]
    });
    prop::collection::vec(nested, 1..4).prop_map(|items| items.concat())
}

/// A subject out of the same pieces.
fn subject() -> impl Strategy<Value = Vec<u8>> {
    let piece = select(vec![
        &b"a"[..],
        b"b",
        b"c",
        b"A",
        b"B",
        b"k",
        b"K",
        b"S",
        b"1",
        b"2",
        b" ",
        b"-",
        b"_",
        b":",
        b"=",
        b"\"",
        b",",
        b"<",
        b">",
        b"@",
        b"/",
        b"ab",
        b"a: ",
        b"\n",
        b"\r\n",
        b"\t",
        b"\xC3\xA9",
        b"\xE9",
        b"a.",
        b"{",
        b"]",
        b"\\",
        b".",
        b"aaa",
        b"bab",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        // `PROPTEST_CASES` asks for more.
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(4_000),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn generated_patterns_answer_as_pcre2(
        pattern in pattern(),
        subjects in prop::collection::vec(subject(), 4..8),
    ) {
        match Pair::unoptimized(&pattern) {
            // Compared as strings (decoding 4.5), where `$` is only the end.
            Ok(pair) if pair.ours.is_plain_anchored() => {}
            Ok(pair) => for subject in subjects {
                let difference = pair.difference(&OwnedSubject::new(&subject));
                prop_assert!(
                    difference.is_none(),
                    "{} on '{}': {:?}", pattern, subject.escape_ascii(), difference
                );
            },
            // Newer versions of PCRE2 than the reference allow a varying length there.
            Err(error) if error.contains("look-behind must have a fixed length")
                || error.contains("length of lookbehind assertion") => {}
            Err(error) => prop_assert!(error == "both refuse", "{}: {}", pattern, error),
        }
    }
}
