//! The account holds for whatever comes, on one thread and on two.

use std::collections::HashMap;

use bartizan_collect::Patience;
use bartizan_collect::sources::Machine;
use clap::Parser;
use proptest::prelude::*;

use super::*;
use crate::cli::run::account::Counts;
use crate::cli::site;

#[derive(Parser)]
struct Alone {
    #[command(flatten)]
    run: RunArgs,
}

fn watcher(home: &Path, threads: u16) -> Watcher {
    let threads = threads.to_string();
    let args = ["bartizan", "--quiet", "--threads", &threads];
    let args = Alone::try_parse_from(args).expect("known options").run;
    let site = site::open(&args.common, false).expect("our own rules compile");
    Watcher::new(&args, site, home).expect("a folder of state")
}

/// Type of message, location, text.
type Line = (u8, String, String);

fn line() -> impl Strategy<Value = Line> {
    let log = (0..4_u8, 0..3_u8, 0..6_u16).prop_map(|(file, what, number)| {
        let text = match what {
            0 => format!("Dec 10 06:55:48 web sshd[2420{number}]: Failed password for root from 10.0.0.{number} port 22 ssh2"),
            1 => format!("Dec 10 06:55:48 web kernel: [UFW BLOCK] IN=eth0 number {number}"),
            _ => format!("nothing of the kind {number}"),
        };
        (b'1', format!("/var/log/{file}"), text)
    });
    let integrity = (any::<bool>(), 0..3_u8, "[ -~]{0,40}").prop_map(|(is_scan, host, text)| {
        let text = if is_scan { format!("5:33188:0:0:abc:def /etc/{text}") } else { text };
        (b'8', format!("(host{host}) 10.0.0.{host}->syscheck"), text)
    });
    let any = (any::<u8>(), "[a-c/.]{0,3}", "\\PC{0,60}");
    prop_oneof![6 => log, 1 => integrity, 1 => any]
}

/// The counts of each source, after the lines were taken in so many at a time.
fn account(threads: u16, lines: &[Line], times: usize, at_once: usize) -> HashMap<Vec<u8>, Counts> {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut watcher = watcher(home.path(), threads);
    let mut read: HashMap<&[u8], u64> = HashMap::new();
    let all = lines.iter().cycle().take(lines.len() * times);
    for (number, (kind, location, text)) in all.enumerate() {
        watcher.take(*kind, location.as_bytes(), text.as_bytes());
        *read.entry(location.as_bytes()).or_default() += 1;
        if number % at_once == 0 {
            watcher.analyse();
        }
        let sum = watcher.told.account.sum();
        assert_eq!(sum.queued, watcher.gathered.lines() as u64);
    }
    let check = |watcher: &Watcher| {
        let account = &watcher.told.account;
        assert_eq!(account.sum().accounted(), account.sum().read);
        assert_eq!(account.sum().read, (lines.len() * times) as u64);
        for source in account.sources() {
            assert_eq!(source.counts.accounted(), source.counts.read);
            assert_eq!(Some(&source.counts.read), read.get(&*source.name));
        }
    };
    check(&watcher);
    watcher.analyse();
    check(&watcher);
    assert_eq!(watcher.told.account.sum().queued, 0);
    assert_eq!(watcher.told.account.sum().alerted, watcher.told.counts.alerts);
    watcher.told.account.sources().map(|s| (s.name.to_vec(), s.counts)).collect()
}

#[test]
fn a_source_that_went_silent_is_alerted_on() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut watcher = watcher(home.path(), 1);
    let machine = Machine::new("here");
    let (mut sources, _) = Sources::new(&[], machine, Patience::default(), Now::read());
    let start = Instant::now();
    let (two_days, later) = (2 * 86_400, 2 * 86_400 + 4_000);
    for second in (0..=two_days).step_by(120) {
        watcher.silences.turn(start + Duration::from_secs(second));
        watcher.take(b'1', b"10.0.0.7", format!("line {second}").as_bytes());
    }
    watcher.flush(&mut sources);
    let alerts = || std::fs::read_to_string(home.path().join("logs/alerts/alerts.json"));
    assert_eq!(alerts().expect("a file"), "");
    watcher.silences.turn(start + Duration::from_secs(later));
    watcher.flush(&mut sources);
    let alerts = alerts().expect("a file");
    assert!(alerts.contains("\"sidid\":75801,") && alerts.contains("'10.0.0.7'"), "{alerts}");
    assert_eq!(watcher.told.account.sum().read, 1_442);
    let status = watcher.status(&sources).0;
    assert!(status.sources[0].is_silent && !status.sources[1].is_silent);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn every_line_that_is_read_is_accounted_for(
        lines in prop::collection::vec(line(), 50..150),
        at_once in 1..2_000_usize,
    ) {
        let one = account(1, &lines, 12, at_once);
        let two = account(2, &lines, 12, at_once);
        prop_assert_eq!(one, two);
    }
}
