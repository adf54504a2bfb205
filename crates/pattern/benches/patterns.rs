//! Nanoseconds a search, for the stock patterns on the recorded lines, beside `meta::Regex`.
//!
//! `cargo bench -p bartizan-pattern --profile bench-dev`. Best of several passes; the machine's load shows.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a bench talks to its reader"
)]

#[path = "../tests/rulesets/mod.rs"]
mod rulesets;

use std::hint::black_box;
use std::time::Duration;

use bartizan_base::text::OwnedSubject;
use bartizan_pattern::{Captures, Language, Options, Pattern};
use regex_automata::Input;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use rulesets::{Stock, Use};

fn main() {
    for ruleset in ["ossec-4.3", "ossec-2.8"] {
        let (Some(stock), Some(lines)) = (rulesets::patterns(ruleset), rulesets::lines()) else {
            return;
        };
        let mut distinct: Vec<(Language, Vec<u8>)> =
            stock.iter().map(|stock| (stock.language, stock.text.clone())).collect();
        distinct.sort();
        distinct.dedup();
        let subjects: Vec<OwnedSubject> =
            lines.iter().map(|line| OwnedSubject::new(without_header(line))).collect();
        let compile = best(9, || {
            for (language, text) in &distinct {
                black_box(Pattern::compile(*language, text, Options::default()).unwrap());
            }
        });
        println!("{ruleset}: {} patterns compiled in {compile:?}", distinct.len());
        for use_ in [Use::Prematch, Use::Captures, Use::RuleLog] {
            measure(
                &stock.iter().filter(|s| s.use_ == use_).cloned().collect::<Vec<_>>(),
                use_,
                &subjects,
            );
        }
    }
}

fn measure(stock: &[Stock], use_: Use, subjects: &[OwnedSubject]) {
    let pairs: Vec<(Pattern, Option<Regex>)> = stock
        .iter()
        .map(|s| (Pattern::compile(s.language, &s.text, Options::default()).unwrap(), meta(s)))
        .collect();
    let mut captures = Captures::default();
    let mut one = |pattern: &Pattern, subject: &OwnedSubject| match use_ {
        Use::Captures => pattern.captures(subject.subject(), &mut captures).is_some(),
        Use::Prematch => pattern.find_end(subject.subject()).is_some(),
        _ => pattern.is_match(subject.subject()),
    };
    let matching: Vec<(usize, usize)> = (0..pairs.len())
        .flat_map(|p| (0..subjects.len()).map(move |s| (p, s)))
        .filter(|&(p, s)| one(&pairs[p].0, &subjects[s]))
        .collect();
    let ours_all = best(5, || {
        for subject in subjects {
            for (pattern, _) in &pairs {
                black_box(one(pattern, subject));
            }
        }
    });
    let ours_matching = best(15, || {
        for &(p, s) in &matching {
            black_box(one(&pairs[p].0, &subjects[s]));
        }
    });
    if std::env::args().any(|arg| arg == "--slowest") {
        slowest(&pairs, subjects, &mut one);
    }
    let mut slots = [None; 130];
    let mut theirs = |regex: &Option<Regex>, subject: &OwnedSubject| {
        let Some(regex) = regex else { return };
        let input = Input::new(subject.subject().folded());
        let found = match use_ {
            Use::Captures => {
                let slots = &mut slots[..regex.captures_len() * 2];
                regex.search_slots(&input, slots).is_some()
            }
            Use::Prematch => regex.search_half(&input).is_some(),
            _ => regex.is_match(input),
        };
        black_box(found);
    };
    let meta_all = best(5, || {
        for subject in subjects {
            for (_, regex) in &pairs {
                theirs(regex, subject);
            }
        }
    });
    let meta_matching = best(15, || {
        for &(p, s) in &matching {
            theirs(&pairs[p].1, &subjects[s]);
        }
    });
    let per = |time: Duration, count: usize| time.as_nanos() as f64 / count.max(1) as f64;
    let all = pairs.len() * subjects.len();
    println!(
        "  {use_:?}: {} patterns; ns a search, all pairs {:.1} (meta {:.1}), {} matching pairs {:.1} (meta {:.1})",
        pairs.len(),
        per(ours_all, all),
        per(meta_all, all),
        matching.len(),
        per(ours_matching, matching.len()),
        per(meta_matching, matching.len()),
    );
}

fn slowest(
    pairs: &[(Pattern, Option<Regex>)],
    subjects: &[OwnedSubject],
    one: &mut impl FnMut(&Pattern, &OwnedSubject) -> bool,
) {
    let mut times: Vec<(Duration, &Pattern)> = pairs
        .iter()
        .map(|(pattern, _)| {
            let time = best(1, || {
                for subject in subjects {
                    black_box(one(pattern, subject));
                }
            });
            (time / subjects.len() as u32, pattern)
        })
        .collect();
    times.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    for (time, pattern) in times.iter().take(15) {
        println!("    {time:?} {}", pattern.source().escape_ascii());
    }
}

fn meta(stock: &Stock) -> Option<Regex> {
    let text = String::from_utf8_lossy(&stock.text).to_ascii_lowercase();
    let original = String::from_utf8_lossy(&stock.text).replace("\\<", "<").replace("\\>", ">");
    let config = syntax::Config::new().unicode(false).utf8(false).case_insensitive(true);
    if stock.language == Language::OsMatch {
        let escaped: String = text
            .chars()
            .map(|c| {
                if "^$|".contains(c) { c.to_string() } else { regex_syntax::escape(&c.to_string()) }
            })
            .collect();
        return Regex::builder().syntax(config).build(&escaped).ok();
    }
    if stock.language == Language::OsRegex {
        return None;
    }
    Regex::builder().syntax(config).build(&original).ok()
}

/// What is left of a syslog line behind its header, roughly.
fn without_header(line: &[u8]) -> &[u8] {
    if line.get(3) == Some(&b' ') && line.get(9) == Some(&b':') && line.len() > 16 {
        let rest = &line[16..];
        if let Some(at) = rest.windows(2).position(|pair| pair == b": ") {
            return &rest[at + 2..];
        }
        return rest;
    }
    line
}

/// The processor time of one run, the least of several passes of at least 80 ms: the clock is coarse.
fn best(passes: usize, mut run: impl FnMut()) -> Duration {
    (0..passes.min(3))
        .map(|_| {
            let start = processor_time();
            let mut runs = 0;
            loop {
                run();
                runs += 1;
                let passed = processor_time().saturating_sub(start);
                if passed > Duration::from_millis(80) {
                    return passed / runs;
                }
            }
        })
        .min()
        .unwrap_or_default()
}

fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split_ascii_whitespace().next().and_then(|n| n.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}
