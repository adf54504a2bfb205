//! Once warm, an event costs no allocation: stock rule sets and logs, everything the daemon does in memory.

use std::sync::Arc;

use bartizan_allocations::Counting;
use bartizan_analysis::{Engine, Input, Role, Ruleset, RulesetFiles, Settings};
use bartizan_base::{Dialect, Source, Timestamp};
use bartizan_config::internal_options::InternalOptions;
use bartizan_config::ossec_conf;

#[global_allocator]
static ALLOCATIONS: Counting = Counting::new();

/// Passes over the log until nothing is new: buffers have grown, plans are built, the event memory is full.
const WARM_UP: usize = 12;

fn stock(name: &str, dialect: Dialect) -> Option<Ruleset> {
    let folder = bartizan_conformance::folder()?.join(name);
    let (configuration, _) = ossec_conf::load(&folder.join("ossec.conf"), dialect);
    let configuration = configuration.expect("readable");
    let mut diagnostics = Vec::new();
    let files = configuration.rules.files(&folder, dialect, &mut diagnostics);
    let mut files = RulesetFiles::read(&files, dialect, &mut diagnostics);
    // The recordings have the decoders beside the configuration.
    let decoders = folder.join("decoder.xml");
    files.decoders = vec![Source::read(&decoders, &decoders).expect("readable")];
    let (options, _) = InternalOptions::load(&folder, dialect);
    let mut settings = Settings::of(&configuration, &options, dialect);
    settings.rules.memory_events = 2_048;
    Ruleset::compile(&files, settings, &mut diagnostics)
}

#[track_caller]
fn check(ruleset: &str, dialect: Dialect) {
    let Some(folder) = bartizan_conformance::folder() else { return };
    let compiled = Arc::new(stock(ruleset, dialect).expect("the stock rules load"));
    for log in ["Linux.log", "OpenSSH.log"] {
        let text = std::fs::read(folder.join("logs").join(log)).expect("readable");
        let lines: Vec<&[u8]> = text.split(|&b| b == b'\n').filter(|l| l.len() > 1).collect();
        let mut engine = Engine::new(Arc::clone(&compiled), Role::Daemon, b"vm", |_| 0);
        // One hour for all passes: at the turn of an hour totals are written, once, not for an event.
        let pass = |engine: &mut Engine| {
            let mut alerts = 0_u64;
            for text in &lines {
                let time = Timestamp(1_764_576_000);
                let input = Input { kind: b'1', location: b"/var/log/x", text, time };
                alerts += u64::from(engine.analyse(input).alerts());
            }
            alerts
        };
        for _ in 0..WARM_UP {
            pass(&mut engine);
        }
        let before = ALLOCATIONS.count();
        let alerts = pass(&mut engine);
        let allocated = ALLOCATIONS.count() - before;
        assert!(alerts > 500, "{ruleset} {log}: only {alerts} alerts");
        assert_eq!(allocated, 0, "{ruleset} {log}: allocations in {} events", lines.len());
    }
}

// One test for all: others running beside it would be counted, too.
#[test]
fn a_warm_engine_allocates_nothing_for_an_event() {
    check("ossec-4.3", Dialect::OSSEC_4_3);
    check("ossec-4.3", Dialect::OURS);
    check("ossec-2.8", Dialect::ossec_2_8());
}
