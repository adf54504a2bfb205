//! Every PCRE2 pattern of the stock rules against every recorded log line.

use std::collections::BTreeSet;
use std::path::Path;

use bartizan_base::text::OwnedSubject;

use crate::oracle::Pair;

/// The texts of all elements whose name says PCRE2, found by a plain scan.
fn patterns(folder: &Path) -> BTreeSet<String> {
    let mut files = vec![folder.join("decoder.xml")];
    for entry in std::fs::read_dir(folder.join("rules")).unwrap() {
        files.push(entry.unwrap().path());
    }
    let mut patterns = BTreeSet::new();
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for (start, _) in text.match_indices('<') {
            let Some((tag, rest)) = text[start + 1..].split_once('>') else { continue };
            let name = tag.split_ascii_whitespace().next().unwrap_or_default();
            if !name.ends_with("pcre2") || name.starts_with(['/', '!']) {
                continue;
            }
            if let Some((pattern, _)) = rest.split_once(&format!("</{name}>")) {
                patterns.insert(pattern.to_owned());
            }
        }
    }
    patterns
}

#[test]
fn stock_patterns_answer_as_pcre2_on_all_recorded_lines() {
    let Some(folder) = bartizan_conformance::folder() else { return };
    let patterns = patterns(&folder.join("ossec-4.3"));
    assert!(patterns.len() > 1_400, "only {} patterns found", patterns.len());
    let pairs: Vec<Pair> = patterns
        .iter()
        .map(|text| Pair::new(text).unwrap_or_else(|error| panic!("{text}: {error}")))
        .collect();
    let mut lines = BTreeSet::new();
    for name in ["Linux.log", "OpenSSH.log", "ini.log"] {
        let text = std::fs::read(folder.join("logs").join(name)).unwrap();
        lines.extend(text.split(|&byte| byte == b'\n').map(<[u8]>::to_vec));
    }
    assert!(lines.len() > 4_000, "only {} lines", lines.len());
    let mut differences = Vec::new();
    for line in &lines {
        let owned = OwnedSubject::new(line);
        for pair in &pairs {
            if let Some((theirs, ours)) = pair.difference(&owned) {
                let (text, line) = (&pair.text, line.escape_ascii());
                differences.push(format!("{text} on {line}: PCRE2 {theirs:?}, ours {ours:?}"));
            }
        }
    }
    let shown = &differences[..differences.len().min(20)];
    assert!(differences.is_empty(), "{}:\n{}", differences.len(), shown.join("\n"));
    assert!(pairs.iter().all(|pair| !pair.ours.needs_backtracking()));
}
