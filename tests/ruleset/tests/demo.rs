//! The demonstration shows what it is to show, at a pace a person can follow.

use std::net::IpAddr;

use bartizan_base::Dialect;
use bartizan_ruleset_tests::{Home, folder, load};

struct Line {
    wait_ms: u64,
    file: String,
    text: String,
}

fn lines() -> Vec<Line> {
    let text = std::fs::read_to_string(folder().join("demo/attack.tsv")).expect("the scenario");
    let is_line = |line: &&str| !line.is_empty() && !line.starts_with('#');
    text.lines()
        .filter(is_line)
        .map(|line| {
            let mut parts = line.splitn(3, '\t');
            let mut part = || parts.next().expect("three parts");
            let wait_ms = part().parse().expect("milliseconds");
            let (file, text) = (part().to_owned(), part().to_owned());
            let text = text
                .replace("{syslog}", "Nov 25 09:00:01")
                .replace("{clf}", "25/Nov/2025:09:00:01 +0000");
            Line { wait_ms, file, text }
        })
        .collect()
}

#[test]
fn it_tells_of_the_attack_from_the_first_guess_to_the_back_door() {
    let ruleset = load(Dialect::OURS).0.expect("the ruleset loads");
    let mut home = Home::new(&ruleset);
    let fired: Vec<(u32, u16)> = lines()
        .iter()
        .map(|line| home.ask_message(b'1', line.file.as_bytes(), line.text.as_bytes()))
        .filter_map(|answer| answer.rule)
        .filter(|&(_, level)| level > 0)
        .collect();
    let story = [10100, 5710, 5716, 31516, 75307, 5720, 40112, 75400, 75401, 75402, 2833, 75242];
    let mut rest = fired.iter();
    for id in story {
        assert!(rest.any(|&(fired, _)| fired == id), "{id} is missing or too early in {fired:?}");
    }
    assert!(fired.iter().filter(|&&(_, level)| level >= 10).count() >= 5, "{fired:?}");
}

#[test]
fn it_takes_half_a_minute_and_begins_at_once() {
    let ruleset = load(Dialect::OURS).0.expect("the ruleset loads");
    let mut home = Home::new(&ruleset);
    let (mut time, mut first_alert) = (0, None);
    for line in lines() {
        time += line.wait_ms;
        let answer = home.ask_message(b'1', line.file.as_bytes(), line.text.as_bytes());
        if answer.rule.is_some_and(|(_, level)| level > 0) && first_alert.is_none() {
            first_alert = Some(time);
        }
    }
    assert!((25_000..=30_000).contains(&time), "{time} ms");
    assert!(first_alert.is_some_and(|at| (1_000..=2_000).contains(&at)), "{first_alert:?} ms");
}

#[test]
fn its_addresses_belong_to_nobody() {
    let is_for_documentation = |address: &IpAddr| match address {
        IpAddr::V4(v4) => v4.is_documentation(),
        IpAddr::V6(v6) => v6.segments()[..2] == [0x2001, 0xdb8],
    };
    let mut seen = 0;
    for line in lines() {
        for word in line.text.split([' ', '/', '=', '[', ']', '"']) {
            if let Ok(address) = word.parse::<IpAddr>() {
                assert!(is_for_documentation(&address), "{address}");
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "{seen}");
}
