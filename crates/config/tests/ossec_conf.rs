//! `ossec.conf` as a whole: what the originals accept and refuse, and what ours does about it.

use bartizan_base::{Dialect, Source, diagnostic};
use bartizan_config::ossec_conf;

/// Whether a configuration is refused, with the files it names.
fn check(text: &[u8], home: &std::path::Path) -> (bool, String) {
    let dialect = Dialect::OSSEC_4_3;
    let source = Source::new("ossec.conf", text);
    let (configuration, mut diagnostics) = ossec_conf::read(&source, dialect);
    if let Some(configuration) = configuration {
        configuration.rules.files(home, dialect, &mut diagnostics);
    }
    let said = diagnostics.iter().map(|d| format!("{d}\n")).collect();
    (diagnostic::any_error(&diagnostics), said)
}

/// What is recorded as refused and is accepted here, with the reason. Numbers are lines of the recording.
const ACCEPTED: &[(usize, &str)] = &[
    (30, "that build knows no TLS"),
    (33, "that build knows no TLS"),
    (91, "that build knows no database"),
    (92, "that build knows no database"),
    (140, "a pattern without a file yet is kept (config 13, T10)"),
    (156, "whether the program is there is no matter of the file"),
];

/// What is recorded as accepted and is refused here: by the daemon that was asked, but not by the one that
/// uses the option, and a configuration is checked as a whole here.
const REFUSED: &[(usize, &str)] = &[
    (19, "execd does not look at sections; all other daemons refuse it"),
    (159, "analysisd refuses it"),
    (160, "analysisd refuses it"),
    (163, "syscheckd refuses it"),
    (186, "sections are joined, so the missing file counts (config 10, T7)"),
];

#[test]
fn configurations_are_refused_and_accepted_as_recorded() {
    let Some(cases) = bartizan_conformance::json_lines("outputs/config.jsonl") else { return };
    let home = tempfile::tempdir().unwrap();
    for (folder, file) in [("etc", "decoder.xml"), ("rules", "rules_config.xml")] {
        std::fs::create_dir(home.path().join(folder)).unwrap();
        std::fs::write(home.path().join(folder).join(file), "").unwrap();
    }
    let (mut agree, mut wrong) = (0, Vec::new());
    for (line, case) in (1..).zip(&cases) {
        let args = case["args"].as_array().unwrap();
        if args.iter().all(|arg| arg != "-t") {
            continue;
        }
        let text = bartizan_conformance::bytes(case["config"].as_str().unwrap());
        let (refused, said) = check(&text, home.path());
        let should = case["exit"] != 0;
        let listed = if should { ACCEPTED } else { REFUSED };
        let listed = listed.iter().any(|(at, _)| *at == line);
        agree += usize::from(refused == should);
        if (refused == should) == listed {
            let config = case["config"].as_str().unwrap();
            wrong
                .push(format!("{line} {}: {config}\n  {}\n{said}", case["daemon"], case["output"]));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(agree > 160, "{agree}");
}

#[test]
fn stock_configurations_have_no_error_and_few_warnings() {
    let Some(folder) = bartizan_conformance::folder() else { return };
    for (flavour, dialect) in
        [("ossec-4.3", Dialect::OSSEC_4_3), ("ossec-2.8", Dialect::ossec_2_8())]
    {
        for dialect in [dialect, Dialect::OURS] {
            let (configuration, diagnostics) =
                ossec_conf::load(&folder.join(flavour).join("ossec.conf"), dialect);
            let said: String = diagnostics.iter().map(|d| format!("{d}\n")).collect();
            assert!(!diagnostic::any_error(&diagnostics), "{flavour} {dialect}:\n{said}");
            assert!(diagnostics.len() <= 16, "{flavour} {dialect}:\n{said}");
            assert!(configuration.unwrap().rules.entries.len() > 40);
        }
    }
}

/// Sections of agents, recorded with the agent's own program. Lines of the recording where ours answers
/// differently, and why.
const OTHERWISE: &[(usize, &str)] = &[
    (2, "empty sections are fine (config 3)"),
    (24, "analysisd refuses it"),
    (27, "whether the program is there is no matter of the file"),
    (49, "empty sections are fine (config 3)"),
];

#[test]
fn sections_for_integrity_are_refused_and_accepted_as_recorded() {
    let Some(cases) = bartizan_conformance::json_lines("integrity/config.jsonl") else { return };
    let mut wrong = Vec::new();
    for (line, case) in (1..).zip(&cases) {
        let (section, content) =
            (case["section"].as_str().unwrap(), case["content"].as_str().unwrap());
        let text = format!("<ossec_config><{section}>{content}</{section}></ossec_config>");
        let source = Source::new("ossec.conf", bartizan_conformance::bytes(&text));
        let (_, diagnostics) = ossec_conf::read(&source, Dialect::OSSEC_4_3);
        let refused = diagnostic::any_error(&diagnostics);
        let should = case["exit"] != 0;
        let listed = OTHERWISE.iter().any(|(at, _)| *at == line);
        if (refused == should) == listed {
            let said: String = diagnostics.iter().map(|d| format!("{d}\n")).collect();
            wrong.push(format!("{line} {text}\n  {}\n{said}", case["output"]));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
