//! The whole engine on bytes: a ruleset that has a bit of everything, our own ruleset, and any lines. Plans must answer
//! as the plain walk does.
//!
//! Sections of a seed are the lines; one that is a queue message (`1:location:text`) is taken apart, others come from
//! one file. The first byte chooses ruleset and role. The clock goes on by the length of each line. The dialect of OSSEC
//! 2.8 lacks half of the first ruleset and is left to the targets `decoders` and `rules`.

#![no_main]

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bartizan_analysis::{Engine, Input, Report, Role, Ruleset, RulesetFiles, Settings};
use bartizan_base::{Dialect, Source, Timestamp};
use bartizan_decode::message::split;
use bartizan_fuzz::sections;
use bartizan_rules::State;
use libfuzzer_sys::fuzz_target;

fn ruleset(dialect: Dialect) -> Arc<Ruleset> {
    compile(
        dialect,
        RulesetFiles {
            decoders: vec![Source::new("decoder.xml", include_str!("../ruleset/decoder.xml"))],
            rules: vec![Source::new("rules.xml", include_str!("../ruleset/rules.xml"))],
            ..RulesetFiles::default()
        },
    )
}

/// The ruleset that is built into the program.
fn own() -> Arc<Ruleset> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ruleset");
    let source = |path: &Path| Source::read(path, path).expect("it is there");
    let rules = std::fs::read_dir(folder.join("rules")).expect("it is there");
    let mut rules: Vec<PathBuf> = rules.map(|entry| entry.expect("it is there").path()).collect();
    rules.sort();
    compile(
        Dialect::OURS,
        RulesetFiles {
            decoders: vec![source(&folder.join("decoders.xml"))],
            rules: rules.iter().map(|path| source(path)).collect(),
            ..RulesetFiles::default()
        },
    )
}

fn compile(dialect: Dialect, files: RulesetFiles) -> Arc<Ruleset> {
    let mut diagnostics = Vec::new();
    let settings = Settings { dialect, ..Settings::default() };
    let compiled = Ruleset::compile(&files, settings, &mut diagnostics);
    let shown: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    Arc::new(compiled.unwrap_or_else(|| panic!("{}", shown.join("\n"))))
}

/// Two engines that must agree: one with plans, one that walks all rules.
struct Pair {
    engines: [Engine; 2],
    /// Inputs to come until the pair is made anew.
    left: u32,
}

/// Building plans takes much longer than using them, so engines live for some inputs; only the memory of their rules
/// is emptied between them.
const INPUTS: u32 = 2_000;

impl Pair {
    fn new(ruleset: &Arc<Ruleset>, role: Role) -> Self {
        let engine = || Engine::new(Arc::clone(ruleset), role, b"server", |_| 3600);
        Self { engines: [engine(), engine().without_plans()], left: INPUTS }
    }

    fn analyse(&mut self, lines: &[&[u8]]) {
        for engine in &mut self.engines {
            let fresh = State::new(&engine.ruleset().rules);
            *engine.state_mut() = fresh;
        }
        let mut time = 1_765_349_746;
        for line in lines {
            time += line.len() as i64;
            let [planned, plain] = &mut self.engines;
            let report = analyse(planned, line, Timestamp(time));
            assert_eq!(report, analyse(plain, line, Timestamp(time)), "{:?}", planned.event());
        }
    }
}

fn analyse(engine: &mut Engine, line: &[u8], time: Timestamp) -> Report {
    let (kind, location, text) = match split(line) {
        Ok(message) if line.get(1) == Some(&b':') => (message.kind, message.location, message.text),
        _ => (b'1', &b"/var/log/messages"[..], line),
    };
    let report = engine.analyse(Input { kind, location, text, time });
    let event = engine.event();
    for text in event.decoded.fields.iter().flatten() {
        assert_eq!(event.subject(*text).len(), text.len(), "{event:?}");
    }
    assert!(report.rule.is_some() || report.decision.is_none(), "{report:?}");
    report
}

/// All pairs, three rulesets in two roles.
fn machines() -> Vec<(Arc<Ruleset>, Role, Pair)> {
    let rulesets = [ruleset(Dialect::OURS), ruleset(Dialect::OSSEC_4_3), own()];
    let with_role = |role| rulesets.clone().map(|r| (Arc::clone(&r), role, Pair::new(&r, role)));
    [Role::Tester, Role::Daemon].into_iter().flat_map(with_role).collect()
}

thread_local! {
    static MACHINES: RefCell<Vec<(Arc<Ruleset>, Role, Pair)>> = RefCell::new(machines());
}

fuzz_target!(|data: &[u8]| {
    let lines: Vec<&[u8]> = sections(data).take(24).collect();
    MACHINES.with_borrow_mut(|machines| {
        // One an input: all of them would be six times as slow.
        let choice = usize::from(data.first().copied().unwrap_or_default()) % machines.len();
        let (ruleset, role, pair) = &mut machines[choice];
        pair.analyse(&lines);
        pair.left -= 1;
        if pair.left == 0 {
            *pair = Pair::new(ruleset, *role);
        }
    });
});
