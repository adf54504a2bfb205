//! A flood of events under ever new addresses and users: memory stays as it is, and somebody else's attack is
//! found all the same, or what could have hidden it is told.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bartizan_allocations::{Allocations, Counting, count};
use bartizan_analysis::{Engine, Input, Role, Ruleset, RulesetFiles, Settings};
use bartizan_base::limits::MemoryLimits;
use bartizan_base::{Deviation, Dialect, Source, Timestamp};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Events of the flood in a second: within the 360 seconds of the rule come many more than are remembered.
const EVENTS_PER_SECOND: u64 = 1_000;
const START: i64 = 1_765_350_000;
/// "Password guessing": eight failures from one address.
const GUESSING: u32 = 5720;
const ATTEMPTS: u64 = 8;
/// Maps that the flood fills.
const MAPS: u64 = 20;

fn own_rules() -> RulesetFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ruleset");
    let read = |path: &Path| Source::read(path, path).expect("readable");
    let entries = std::fs::read_dir(folder.join("rules")).expect("a folder");
    let mut rules: Vec<PathBuf> = entries.map(|entry| entry.expect("one").path()).collect();
    rules.sort();
    RulesetFiles {
        decoders: vec![read(&folder.join("decoders.xml"))],
        rules: rules.iter().map(|path| read(path)).collect(),
        ..RulesetFiles::default()
    }
}

/// An engine, and a sender who is somebody else each time.
struct Flood {
    engine: Engine,
    sent: u64,
    random: u64,
    line: String,
}

impl Flood {
    fn new(dialect: Dialect, memory: MemoryLimits) -> Self {
        let mut settings = Settings { dialect, ..Settings::default() };
        settings.rules.memory = memory;
        let mut said = Vec::new();
        let ruleset = Ruleset::compile(&own_rules(), settings, &mut said);
        assert!(ruleset.is_some(), "{said:#?}");
        let ruleset = Arc::new(ruleset.expect("as was asserted"));
        let engine = Engine::new(ruleset, Role::Daemon, b"server", |_| 0);
        Self { engine, sent: 0, random: 1, line: String::with_capacity(256) }
    }

    /// The id of the rule that took the line.
    fn send(&mut self, line: &str) -> Option<u32> {
        self.sent += 1;
        let time = Timestamp(START + (self.sent / EVENTS_PER_SECOND) as i64);
        let input = Input { kind: b'1', location: b"/var/log/x", text: line.as_bytes(), time };
        let rule = self.engine.analyse(input).rule?;
        Some(self.engine.ruleset().rules.rule(rule).id)
    }

    fn fail(&mut self, address: &str) -> Option<u32> {
        let process = self.sent;
        self.send(&format!(
            "Nov 25 10:00:00 web1 sshd[{process}]: Failed password for root from {address} port 4242 ssh2"
        ))
    }

    /// So many events under ever new names.
    fn go_on(&mut self, events: u64) {
        use std::fmt::Write as _;
        let mut line = std::mem::take(&mut self.line);
        for _ in 0..events {
            self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(9);
            let [a, b, c, d, ..] = self.random.to_be_bytes();
            let (user, what) = (self.random, ["Failed", "Failed", "Failed", "Accepted"]);
            let what = what[usize::from(a % 4)];
            line.clear();
            write!(
                line,
                "Nov 25 10:00:00 web1 sshd[7]: {what} password for u{user} from {a}.{b}.{c}.{d} port 99 ssh2"
            )
            .expect("a string takes all");
            self.send(&line);
        }
        self.line = line;
    }
}

/// So small that the flood fills everything early.
fn small() -> MemoryLimits {
    MemoryLimits { history_events: 8_192, first_seen_keys: 10_000, ..MemoryLimits::default() }
}

#[test]
fn a_flood_takes_no_memory_once_all_is_full() {
    for dialect in [Dialect::OURS, Dialect::OSSEC_4_3] {
        let mut flood = Flood::new(dialect, small());
        flood.go_on(100_000);
        let ((), allocations) = count(|| flood.go_on(200_000));
        // A map that entries leave may grow once more when it tidies up, whenever chance wants; not again and again.
        let Allocations { calls, .. } = allocations;
        assert!(calls < MAPS, "{dialect}: {calls}, first at {:?}", allocations.first_place());
        for store in flood.engine.stores() {
            assert!(store.used <= store.most, "{dialect}: {store:?}");
        }
        let counters = flood.engine.counters();
        assert!(counters.first_seen_evicted > 0 && counters.history_evicted > 200_000);
        assert!(counters.history_lost > 0, "{dialect}");
    }
}

/// The rules that took the attempts of one address, the first two together, the others far apart in a flood.
fn attempts_in_a_flood(flood: &mut Flood) -> Vec<Option<u32>> {
    let attempt = |number: u64| {
        flood.go_on(if number == 1 { 10 } else { 40_000 });
        flood.fail("203.0.113.9")
    };
    (0..ATTEMPTS).map(attempt).collect()
}

#[test]
fn a_flood_does_not_hide_somebody_who_was_seen_twice() {
    let mut flood = Flood::new(Dialect::OURS, MemoryLimits::default());
    let rules = attempts_in_a_flood(&mut flood);
    assert_eq!(rules.last(), Some(&Some(GUESSING)), "{rules:?}");
    assert!(flood.engine.counters().history_lost > 0, "the flood pushed out itself");
    // As the original does it, it hides everybody.
    let original = Dialect::OURS.with(Deviation::MemoryEviction, true);
    let rules = attempts_in_a_flood(&mut Flood::new(original, MemoryLimits::default()));
    assert!(!rules.contains(&Some(GUESSING)), "{rules:?}");
}

#[test]
fn who_was_seen_once_at_a_time_is_lost_and_that_is_told_and_can_be_mended() {
    let attempts = |flood: &mut Flood| -> Vec<_> {
        let attempt = |_| {
            flood.go_on(30_000);
            flood.fail("203.0.113.9")
        };
        (0..ATTEMPTS).map(attempt).collect()
    };
    let mut flood = Flood::new(Dialect::OURS, MemoryLimits::default());
    let rules = attempts(&mut flood);
    assert!(!rules.contains(&Some(GUESSING)), "{rules:?}");
    let losses = flood.engine.counters().losses();
    let lost = losses.iter().find(|(_, what)| what.starts_with("events forgotten"));
    assert!(lost.is_some_and(|(count, _)| *count > 100_000), "{losses:?}");
    let larger = MemoryLimits {
        history_events: 300_000,
        history_bytes: 128 << 20,
        ..MemoryLimits::default()
    };
    let mut flood = Flood::new(Dialect::OURS, larger);
    let rules = attempts(&mut flood);
    assert_eq!(rules.last(), Some(&Some(GUESSING)), "{rules:?}");
    assert_eq!(flood.engine.counters().history_lost, 0);
}
