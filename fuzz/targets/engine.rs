//! The whole engine on bytes: a fixed ruleset that has a bit of everything, and any lines. Sections of a seed are
//! the lines; one that is a queue message (`1:location:text`) is taken apart, others come from one file. The clock
//! goes on by the length of each line. The dialect of OSSEC 2.8 lacks half of that ruleset and is left to the targets
//! `decoders` and `rules`.

#![no_main]

use std::sync::{Arc, OnceLock};

use bartizan_analysis::{Engine, Input, Report, Role, Ruleset, RulesetFiles, Settings};
use bartizan_base::{Dialect, Source, Timestamp};
use bartizan_decode::message::split;
use bartizan_fuzz::sections;
use libfuzzer_sys::fuzz_target;

fn ruleset(dialect: Dialect) -> Arc<Ruleset> {
    let files = RulesetFiles {
        decoders: vec![Source::new("decoder.xml", include_str!("../ruleset/decoder.xml"))],
        rules: vec![Source::new("rules.xml", include_str!("../ruleset/rules.xml"))],
        ..RulesetFiles::default()
    };
    let mut diagnostics = Vec::new();
    let settings = Settings { dialect, ..Settings::default() };
    let compiled = Ruleset::compile(&files, settings, &mut diagnostics);
    let shown: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    Arc::new(compiled.unwrap_or_else(|| panic!("{}", shown.join("\n"))))
}

fn analyse(ruleset: &Arc<Ruleset>, role: Role, lines: &[&[u8]]) -> Vec<Report> {
    let mut engine = Engine::new(Arc::clone(ruleset), role, b"server", |_| 3600);
    let mut time = 1_765_349_746;
    let mut reports = Vec::new();
    for line in lines {
        time += line.len() as i64;
        let (kind, location, text) = match split(line) {
            Ok(message) if line.get(1) == Some(&b':') => {
                (message.kind, message.location, message.text)
            }
            _ => (b'1', &b"/var/log/messages"[..], *line),
        };
        let report = engine.analyse(Input { kind, location, text, time: Timestamp(time) });
        let event = engine.event();
        for text in event.decoded.fields.iter().flatten() {
            assert_eq!(event.subject(*text).len(), text.len(), "{event:?}");
        }
        assert!(report.rule.is_some() || report.decision.is_none(), "{report:?}");
        reports.push(report);
    }
    reports
}

fuzz_target!(|data: &[u8]| {
    static RULESETS: OnceLock<[Arc<Ruleset>; 2]> = OnceLock::new();
    let lines: Vec<&[u8]> = sections(data).take(64).collect();
    for ruleset in RULESETS.get_or_init(|| [Dialect::OURS, Dialect::OSSEC_4_3].map(ruleset)) {
        for role in [Role::Tester, Role::Daemon] {
            let reports = analyse(ruleset, role, &lines);
            assert_eq!(reports, analyse(ruleset, role, &lines), "the same lines, the same answers");
        }
    }
});
