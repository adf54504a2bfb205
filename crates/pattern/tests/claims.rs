//! What a pattern claims about its matches is true of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod rulesets;

use bartizan_base::text::OwnedSubject;
use bartizan_pattern::{Language, Literal, Options, Pattern, Requirement};
use proptest::prelude::*;
use proptest::sample::select;

/// The claims of one pattern, each tested on a subject.
struct Claims {
    pattern: Pattern,
    requirement: Requirement,
    complete: Option<Vec<Vec<u8>>>,
    prefix: Option<bartizan_pattern::PrefixSets>,
}

impl Claims {
    fn new(pattern: Pattern) -> Self {
        Self {
            requirement: pattern.requirement(),
            complete: pattern.complete_strings(),
            prefix: pattern.prefix_sets(),
            pattern,
        }
    }

    /// The claim that does not hold for `subject`, if one does not.
    fn broken(&self, subject: &[u8]) -> Option<&'static str> {
        let owned = OwnedSubject::new(subject);
        let folded = owned.subject().folded();
        let matches = self.pattern.is_match(owned.subject());
        if self.pattern.sees_characters() && bartizan_pattern::has_letters_outside_ascii(subject) {
            return None;
        }
        if let Requirement::AnyOf(literals) = &self.requirement {
            if matches && !literals.iter().any(|literal| literal.is_in(folded)) {
                return Some("a match contains one of the literals");
            }
            if !matches && literals.iter().any(|l| l.whole_match && l.is_in(folded)) {
                return Some("a whole-match literal is a match");
            }
        }
        if let Some(complete) = &self.complete
            && matches != complete.iter().any(|string| string == folded)
        {
            return Some("exactly the complete strings match");
        }
        if matches && self.prefix.as_ref().is_some_and(|prefix| !prefix.allows(folded)) {
            return Some("a match starts with bytes of the prefix sets");
        }
        None
    }
}

fn literal(bytes: &str, at_start: bool, at_end: bool, whole_match: bool) -> Literal {
    Literal { bytes: bytes.into(), at_start, at_end, whole_match }
}

#[track_caller]
fn check(language: Language, pattern: &str, expected: Option<&[Literal]>) {
    let pattern = Pattern::compile(language, pattern.as_bytes(), Options::default()).unwrap();
    let expected = expected.map_or(Requirement::Always, |list| Requirement::AnyOf(list.to_vec()));
    assert_eq!(pattern.requirement(), expected);
}

#[test]
fn requirements_are_what_a_reader_would_name() {
    let any = |bytes| literal(bytes, false, false, false);
    let whole = |bytes| literal(bytes, false, false, true);
    check(
        Language::OsMatch,
        "Foo|^bar|baz$|^x$",
        Some(&[
            literal("bar", true, false, true),
            literal("baz", false, true, true),
            whole("foo"),
            literal("x", true, true, true),
        ]),
    );
    check(Language::OsMatch, "a|", None);
    check(Language::OsMatch, "^Foo", Some(&[literal("foo", true, false, true)]));
    check(Language::OsMatch, "^", None);
    check(Language::OsMatch, "^$", Some(&[literal("", true, true, true)]));
    check(Language::OsMatch, "a$b", Some(&[]));
    check(Language::OsRegex, "user (\\S+) logged in from", Some(&[any(" logged in from")]));
    check(Language::OsRegex, "\\d+", None);
    check(
        Language::OsRegex,
        "^(\\d+) failed|no such (user|group)",
        Some(&[any(" failed"), any("no such group"), any("no such user")]),
    );
    check(
        Language::Pcre2,
        "(?:Failed|Invalid) password",
        Some(&[whole("failed password"), whole("invalid password")]),
    );
    check(
        Language::Pcre2,
        "^529$|^530$",
        Some(&[
            literal("529", true, true, true),
            literal("529\n", true, true, true),
            literal("530", true, true, true),
            literal("530\n", true, true, true),
        ]),
    );
    check(Language::Pcre2, "(?-i)Foo", Some(&[any("foo")]));
    check(Language::Pcre2, "x?foo", Some(&[whole("foo"), whole("xfoo")]));
    check(Language::Pcre2, "(?:foo)+barr", Some(&[any("barr")]));
    check(Language::Pcre2, "a{3}", Some(&[whole("aaa")]));
}

#[test]
fn prefix_sets_stop_where_nothing_is_certain() {
    let prefix = |text: &str| {
        let pattern =
            Pattern::compile(Language::Pcre2, text.as_bytes(), Options::default()).unwrap();
        pattern.prefix_sets()
    };
    for (text, len) in [
        ("^\\d{4}-\\d{2}", 7),
        ("^ab", 2),
        ("^(?:ab|abc)", 2),
        ("^(?:ab|c)d", 2),
        ("^a*b", 1),
        ("^a+b", 2),
        ("^\\d+: xyz", 6),
        ("^[ab]{2,3}$", 2),
        ("^", 0),
        ("^(a)\\1", 1),
        ("^abcdefghij", 8),
        ("\\Aab", 2),
        ("^(?:a(?:b(?:c)+)+)+d", 4),
    ] {
        assert_eq!(prefix(text).map(|prefix| prefix.len), Some(len), "{text}");
    }
    assert_eq!(prefix("ab"), None);
    assert_eq!(prefix("^ab|c"), None);
    let sets = prefix("^[Ab]x").unwrap();
    assert!(sets.allows(b"axe") && sets.allows(b"bx") && !sets.allows(b"cx") && !sets.allows(b"a"));
}

#[test]
fn claims_hold_for_stock_patterns_on_all_recorded_lines() {
    let Some(lines) = rulesets::lines() else { return };
    for ruleset in ["ossec-4.3", "ossec-2.8"] {
        let Some(stock) = rulesets::patterns(ruleset) else { return };
        let total = stock.len();
        let (mut always, mut whole) = (0, 0);
        for pattern in stock {
            let text = String::from_utf8_lossy(&pattern.text).into_owned();
            let compiled = Pattern::compile(pattern.language, &pattern.text, Options::default());
            let claims = Claims::new(compiled.unwrap_or_else(|error| panic!("{text}: {error}")));
            match &claims.requirement {
                Requirement::Always => always += 1,
                Requirement::AnyOf(list) => {
                    whole += usize::from(list.iter().all(|l| l.whole_match));
                }
            }
            for line in &lines {
                if let Some(claim) = claims.broken(line) {
                    panic!("{text} on {}: not true that {claim}", line.escape_ascii());
                }
            }
        }
        assert!(always < total / 40, "{ruleset}: nothing is known of {always} of {total}");
        assert!(whole > total * 6 / 10, "{ruleset}: only {whole} of {total} are plain literals");
    }
}

fn pattern_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        8 => select(vec!["a", "b", "k", "s", "ab", "ba", " ", ":", "\u{e9}"]),
        2 => select(vec!["\\d", "\\S", "\\w", ".", "[ab]", "[^a]", "(?-i)A", "\\b", "\\x0a", "[a-c]", "(?=a)", "\\W"]),
        3 => select(vec!["^", "$", "\\A", "\\z"]),
    ]
    .prop_map(str::to_owned);
    let inner = leaf.prop_recursive(3, 20, 4, |inner| {
        let quantifier =
            select(vec!["", "", "", "?", "*", "+", "{2}", "{1,2}", "{0,9}", "{2,}", "+?", "++"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|items| items.concat()),
            (prop::collection::vec(inner, 1..4), select(vec!["", "?:", "?>"]), quantifier)
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
        b"1",
        b"\n",
        b"\xC3\xA9",
        b"\xE9",
        "\u{212A}".as_bytes(),
    ]);
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(3_000),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn claims_hold_for_generated_patterns(
        text in pattern_text(),
        subjects in prop::collection::vec(subject(), 6..12),
    ) {
        for language in [Language::Pcre2, Language::OsRegex, Language::OsMatch] {
            let Ok(pattern) = Pattern::compile(language, text.as_bytes(), Options::default()) else {
                continue;
            };
            let claims = Claims::new(pattern);
            for subject in &subjects {
                let broken = claims.broken(subject);
                prop_assert!(
                    broken.is_none(),
                    "{:?} {} on {}: {:?} {:?}", language, text, subject.escape_ascii(), broken, claims.requirement
                );
            }
        }
    }
}
