//! The `.ini` rule tests of OSSEC 4.3, each line asked in a home of its own.

mod support;

use std::collections::BTreeMap;

use support::{Home, objects, timed};

/// Cases that the real 4.3 fails, too (the README of the recordings lists them).
const FAILED_BY_THE_ORIGINAL: &[(&str, &str)] = &[
    ("doas.ini", "failed command"),
    ("doas.ini", "command run as root"),
    ("doas.ini", "failed auth"),
    ("doas.ini", "doas command run"),
    ("pix.ini", "asa enable failed"),
    ("pix.ini", "asa login denied masked user"),
    ("pix.ini", "asa login permitted"),
    ("pix.ini", "pix login denied"),
    ("pix.ini", "pix login permitted empty user"),
    ("snort.ini", ""),
    ("web_appsec.ini", "POST request received."),
];

#[derive(Default)]
struct Section {
    lines: BTreeMap<String, String>,
    rule: String,
    level: String,
    decoder: String,
}

fn sections(text: &str) -> BTreeMap<String, Section> {
    let mut all: BTreeMap<String, Section> = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        if let Some((section, _)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            section.clone_into(&mut name);
            all.insert(name.clone(), Section::default());
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let Some(section) = all.get_mut(&name) else { continue };
        let value = value.trim_start().to_owned();
        match key.trim() {
            "rule" => section.rule = value.trim().to_owned(),
            "alert" => section.level = value.trim().to_owned(),
            "decoder" => section.decoder = value.trim().to_owned(),
            key if key.starts_with("log ") => {
                section.lines.insert(key.to_owned(), value);
            }
            _ => {}
        }
    }
    all
}

fn excused(file: &str, section: &str, key: &str) -> bool {
    FAILED_BY_THE_ORIGINAL.iter().any(|(f, s)| *f == file && (s.is_empty() || *s == section))
        || (file == "web_appsec.ini"
            && section.starts_with("Blacklisted user agent")
            && key.starts_with("log 8"))
}

#[test]
fn every_rule_test_that_the_original_passes_passes() {
    let Some(folder) = bartizan_conformance::folder() else { return };
    let home = Home::stock("ossec-4.3").expect("recorded beside the tests");
    let mut failures = Vec::new();
    let mut count = 0;
    let mut files: Vec<_> = std::fs::read_dir(folder.join("ini"))
        .expect("ini")
        .map(|e| e.expect("entry").path())
        .collect();
    files.sort();
    for path in files {
        let file = path.file_name().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read(&path).expect("readable");
        for (name, section) in sections(&bartizan_conformance::latin1(&text)) {
            for (key, line) in &section.lines {
                if excused(&file, &name, key) {
                    continue;
                }
                count += 1;
                let input = timed([(1_764_576_000, line.clone())]);
                let output =
                    home.run(&["logtest", "--json", "--timed", "--dialect", "ossec"], &input);
                let answer = objects(&output).pop().unwrap_or_default();
                let decoder = answer["decoder"].as_str().unwrap_or("(null)");
                let holds = decoder != "(null)"
                    && decoder.eq_ignore_ascii_case(&section.decoder)
                    && answer["rule"].as_u64() == section.rule.parse().ok()
                    && answer["level"].as_u64() == section.level.parse().ok();
                if holds != key.ends_with("pass") {
                    failures.push(format!("{file} [{name}] {key}: {answer}"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} fail:\n{}", failures.len(), failures.join("\n"));
}
