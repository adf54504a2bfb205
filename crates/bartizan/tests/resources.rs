//! What the program takes: time to start with the whole stock rule set, and memory.

mod support;

use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use support::Home;

/// The longest a start may take, and where the program is hardly optimised.
const START: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1_000 } else { 200 });
/// The most memory that may be resident, in KiB.
const RESIDENT: i64 = 100 << 10;

/// The quickest of some starts: others may use the machine at the same time.
fn start(home: &Home, dialect: &str) -> Duration {
    let once = || {
        let start = Instant::now();
        let output = home.run(&["logtest", "-t", "--dialect", dialect], b"");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        start.elapsed()
    };
    (0..5).map(|_| once()).min().unwrap_or_default()
}

// One test for all: what is resident is the most that any child process of this one had.
#[test]
fn it_starts_at_once_and_needs_little_memory() {
    let Some(home) = Home::stock("ossec-4.3") else { return };
    for dialect in ["ossec-4.3", "bartizan"] {
        let taken = start(&home, dialect);
        eprintln!("{dialect}: start in {taken:?}");
        assert!(taken < START, "{dialect}: start in {taken:?}");
    }
    // Events after which the memory of events is full.
    let logs = bartizan_conformance::folder().expect("asked above").join("logs");
    let read = |name: &str| std::fs::read(logs.join(name)).expect("a log");
    let lines = [read("Linux.log"), read("OpenSSH.log"), read("ini.log")].concat().repeat(10);
    for args in [&["logtest", "-q"][..], &["logtest", "--json"]] {
        assert!(home.run(args, &lines).status.success());
    }
    let resident = getrusage(UsageWho::RUSAGE_CHILDREN).expect("can be asked").max_rss();
    eprintln!("resident: {resident} KiB");
    assert!(resident < RESIDENT, "{resident} KiB");
}
