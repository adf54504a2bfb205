//! The operations that backtrack and the linear-time automata give the same answers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod rulesets;

use bartizan_base::text::OwnedSubject;
use bartizan_pattern::{Captures, Language, Options, Pattern};
use proptest::prelude::*;
use proptest::sample::select;

/// End and captured ranges.
type Answer = Option<(usize, Vec<std::ops::Range<usize>>)>;

/// Both answers where they differ; `None` also where the automaton need not agree.
fn difference(pattern: &Pattern, subject: &OwnedSubject) -> Option<(Answer, Answer)> {
    let mut captures = Captures::default();
    let end = pattern.captures(subject.subject(), &mut captures);
    let ours = end.map(|end| (end, captures.iter().collect::<Vec<_>>()));
    assert_eq!(end, pattern.find_end(subject.subject()), "{pattern:?}");
    assert_eq!(end.is_some(), pattern.is_match(subject.subject()), "{pattern:?}");
    let end = pattern.captures_by_automaton(subject.subject(), &mut captures)?;
    let theirs = end.map(|end| (end, captures.iter().collect::<Vec<_>>()));
    (ours != theirs).then_some((ours, theirs))
}

#[test]
fn stock_patterns_answer_alike_on_all_recorded_lines() {
    let Some(lines) = rulesets::lines() else { return };
    let mut subjects: Vec<OwnedSubject> =
        lines.iter().map(|line| OwnedSubject::new(line)).collect();
    // Outside ASCII, with and without invalid bytes.
    for line in lines.iter().step_by(40) {
        let at = line.len() / 2;
        for insert in [&b"\xC3\xA9"[..], b"\xFF", b"\xE2\x84"] {
            subjects.push(OwnedSubject::new(&[&line[..at], insert, &line[at..]].concat()));
        }
    }
    for ruleset in ["ossec-4.3", "ossec-2.8"] {
        let Some(stock) = rulesets::patterns(ruleset) else { return };
        for stock in stock {
            let pattern =
                Pattern::compile(stock.language, &stock.text, Options::default()).unwrap();
            for subject in &subjects {
                let difference = difference(&pattern, subject);
                assert!(
                    difference.is_none(),
                    "{} on {}: {difference:?}",
                    stock.text.escape_ascii(),
                    subject.subject().raw().escape_ascii()
                );
            }
            assert_eq!(pattern.budget_exceeded(), 0);
        }
    }
}

fn pattern_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        6 => select(vec!["a", "b", "K", "s", "ab", "b: ", " ", ":", "\"", "\u{e9}", "=", "abab"]),
        6 => select(vec!["\\d", "\\S", "\\w", ".", "[ab]", "[^a]", "[^\"]", "\\W", "\\D", "\\s", "\\.", "\\p", "(?-i)A", "\\b"]),
        1 => select(vec!["^", "$", "\\z"]),
    ]
    .prop_map(str::to_owned);
    let quantifier =
        || select(vec!["", "", "", "+", "*", "?", "+?", "*?", "{2}", "{1,3}", "{2,}", "{0,2}?"]);
    let leaf = (leaf, quantifier()).prop_map(|(item, quantifier)| item + quantifier);
    let inner = leaf.prop_recursive(3, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..5).prop_map(|items| items.concat()),
            (prop::collection::vec(inner, 1..4), select(vec!["", "", "?:"]), quantifier())
                .prop_map(|(items, kind, quantifier)| format!(
                    "({kind}{}){quantifier}",
                    items.join("|")
                )),
        ]
    });
    (select(vec!["", "", "^"]), inner).prop_map(|(start, rest)| format!("{start}{rest}"))
}

fn subject() -> impl Strategy<Value = Vec<u8>> {
    let piece = select(vec![
        &b"a"[..],
        b"b",
        b"A",
        b"k",
        b"S",
        b"ab",
        b" ",
        b":",
        b"b: ",
        b"\"",
        b"=",
        b"1",
        b"12",
        b"\n",
        b"\xC3\xA9",
        b"\xE9",
        b"\xE2\x82\xAC",
        b"\xF0\x9F\x98\x80",
        b"\xC3",
        b"aaaa",
        b"abab",
        b"-",
    ]);
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(1_500),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn generated_patterns_answer_alike(
        text in pattern_text(),
        subjects in prop::collection::vec(subject(), 4..10),
    ) {
        for language in [Language::Pcre2, Language::OsRegex, Language::OsMatch] {
            for utf8_check in [false, true] {
                let options = Options { utf8_check };
                let Ok(pattern) = Pattern::compile(language, text.as_bytes(), options) else { continue };
                for subject in &subjects {
                    let difference = difference(&pattern, &OwnedSubject::new(subject));
                    prop_assert!(
                        difference.is_none(),
                        "{:?} {} on {}: {:?}", language, text, subject.escape_ascii(), difference
                    );
                }
            }
        }
    }
}
