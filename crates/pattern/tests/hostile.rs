//! No text of the longest event makes a stock pattern slow.
//!
//! Times are asserted in optimised builds only: `cargo test -p bartizan-pattern --profile bench-dev --test
//! hostile`. Other builds try a part of the patterns and say what they saw.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test speaks and panics"
)]

mod rulesets;

use std::time::{Duration, Instant};

use bartizan_base::limits::EVENT_BYTES;
use bartizan_base::text::OwnedSubject;
use bartizan_pattern::{Captures, Language, Options, Pattern};

const LIMIT: Duration = Duration::from_millis(5);

/// Texts made of the pattern's own pieces, each as long as an event can be.
fn lines(text: &[u8]) -> Vec<OwnedSubject> {
    let is_text = |byte: &u8| byte.is_ascii_alphanumeric() || b" =:\"'/,_-<>@".contains(byte);
    // Escaped letters are classes: they become something that they accept.
    let mut sample = Vec::new();
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'\\' => match bytes.next() {
                Some(b'd') => sample.push(b'1'),
                Some(b's' | b'h') => sample.push(b' '),
                Some(letter) if letter.is_ascii_alphanumeric() => sample.push(b'x'),
                other => sample.extend(other),
            },
            b'.' => sample.push(b'y'),
            b'^' | b'$' | b'|' | b'(' | b')' | b'+' | b'*' | b'?' | b'[' | b']' | b'{' | b'}' => {}
            _ => sample.push(byte),
        }
    }
    let literals: Vec<&[u8]> =
        text.split(|byte| !is_text(byte)).filter(|piece| piece.len() > 1).collect();
    let first = literals.first().copied().unwrap_or(b"a");
    let last = literals.last().copied().unwrap_or(b"b");
    let mut pieces = vec![
        sample.clone(),
        [&sample[..], b" "].concat(),
        literals.concat(),
        literals.join(&b' '),
        first.to_vec(),
        [first, b" "].concat(),
        [last, b"\n"].concat(),
        [&sample[..sample.len() / 2], b"1"].concat(),
        b" ".to_vec(),
        b"a ".to_vec(),
        b"1".to_vec(),
        b"a".to_vec(),
        b"1.1 ".to_vec(),
    ];
    pieces.retain(|piece| !piece.is_empty());
    pieces
        .into_iter()
        .flat_map(|piece| {
            let line: Vec<u8> = piece.iter().copied().cycle().take(EVENT_BYTES - 8).collect();
            let start = [&sample[..], &line].concat();
            [line, start]
        })
        .map(|line| OwnedSubject::new(&line[..line.len().min(EVENT_BYTES)]))
        .collect()
}

/// The least of a few runs, since other processes want the processor too.
fn time(pattern: &Pattern, line: &OwnedSubject) -> Duration {
    let mut captures = Captures::default();
    let mut run = || {
        let start = Instant::now();
        std::hint::black_box(pattern.captures(line.subject(), &mut captures));
        start.elapsed()
    };
    let mut least = run();
    for _ in 0..8 {
        if least < LIMIT / 2 {
            break;
        }
        least = least.min(run());
    }
    least
}

#[test]
fn no_stock_pattern_takes_five_milliseconds_on_an_event_made_against_it() {
    let step = if cfg!(debug_assertions) { 16 } else { 1 };
    let mut slowest: Vec<(Duration, String)> = Vec::new();
    let mut tried = 0;
    for ruleset in ["ossec-4.3", "ossec-2.8"] {
        let Some(stock) = rulesets::patterns(ruleset) else { return };
        for stock in stock.iter().step_by(step) {
            let pattern =
                Pattern::compile(stock.language, &stock.text, Options::default()).unwrap();
            for line in lines(&stock.text) {
                tried += 1;
                slowest.push((time(&pattern, &line), stock.text.escape_ascii().to_string()));
            }
            assert_eq!(pattern.budget_exceeded(), 0, "{}", stock.text.escape_ascii());
            slowest.sort();
            slowest.reverse();
            slowest.truncate(10);
        }
    }
    for (time, pattern) in &slowest {
        eprintln!("{time:?} {pattern}");
    }
    eprintln!("{tried} pairs");
    if cfg!(not(debug_assertions)) {
        assert!(slowest[0].0 < LIMIT, "{:?}", slowest[0]);
    }
}

#[test]
fn what_backtracks_gives_up_in_time() {
    let line = OwnedSubject::new(&vec![b'a'; EVENT_BYTES]);
    for text in [
        "(?=(a+)+$)(a+)+b",
        r"(a*)*\1b",
        "(?>(?:a|aa)+)+b",
        "(?!(?:a+)+b)(?:a?)+c",
        "(a|aa)+(?<=b)",
    ] {
        let pattern =
            Pattern::compile(Language::Pcre2, text.as_bytes(), Options::default()).unwrap();
        assert!(pattern.needs_backtracking(), "{text}");
        let took = time(&pattern, &line);
        eprintln!("{took:?} {text}: given up {} times", pattern.budget_exceeded());
        if cfg!(not(debug_assertions)) {
            assert!(took < 20 * LIMIT, "{text} took {took:?}");
        }
    }
}
