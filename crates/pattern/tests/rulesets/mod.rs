//! The patterns of the stock rulesets, found by a plain scan, and the recorded log lines.

#![allow(dead_code, reason = "each test uses a part")]

use std::collections::BTreeSet;
use std::path::Path;

use bartizan_pattern::Language;

/// One pattern and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stock {
    pub(crate) language: Language,
    pub(crate) text: Vec<u8>,
    pub(crate) use_: Use,
}

/// What a pattern is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Use {
    Prematch,
    Captures,
    ProgramName,
    RuleLog,
    RuleField,
}

fn language(element: &str) -> Option<Language> {
    Some(match element {
        _ if element == "pcre2" || element.ends_with("_pcre2") => Language::Pcre2,
        "regex" | "prematch" => Language::OsRegex,
        "match" | "program_name" | "id" | "srcport" | "dstport" | "status" | "hostname"
        | "extra_data" | "user" | "url" => Language::OsMatch,
        _ => return None,
    })
}

fn usage(element: &str, in_decoder: bool) -> Use {
    match element.trim_end_matches("_pcre2") {
        "program_name" => Use::ProgramName,
        "prematch" => Use::Prematch,
        "pcre2" | "regex" if in_decoder => Use::Captures,
        "pcre2" | "regex" | "match" => Use::RuleLog,
        _ => Use::RuleField,
    }
}

/// All patterns of one ruleset (`ossec-4.3`, `ossec-2.8`), or `None` where it is absent.
pub(crate) fn patterns(ruleset: &str) -> Option<BTreeSet<Stock>> {
    let folder = bartizan_conformance::folder()?.join(ruleset);
    let mut patterns = BTreeSet::new();
    scan(&folder.join("decoder.xml"), true, &mut patterns);
    for entry in std::fs::read_dir(folder.join("rules")).unwrap() {
        scan(&entry.unwrap().path(), false, &mut patterns);
    }
    assert!(patterns.len() > 1_000, "only {} patterns in {ruleset}", patterns.len());
    Some(patterns)
}

fn scan(file: &Path, in_decoder: bool, patterns: &mut BTreeSet<Stock>) {
    let bytes = std::fs::read(file).unwrap();
    let text = without_comments(&String::from_utf8_lossy(&bytes));
    // A text that ends in `|` goes on in the next element of the name.
    let mut open = String::new();
    for (start, _) in text.match_indices('<') {
        let Some((tag, rest)) = text[start + 1..].split_once('>') else { continue };
        let name = tag.split_ascii_whitespace().next().unwrap_or_default();
        let Some(language) = language(name) else { continue };
        if let Some((pattern, _)) = rest.split_once(&format!("</{name}>"))
            && !pattern.is_empty()
            && !pattern.contains("</")
        {
            let pattern = std::mem::take(&mut open) + pattern;
            if pattern.ends_with('|') {
                open = pattern;
                continue;
            }
            let use_ = usage(name, in_decoder);
            patterns.insert(Stock { language, text: pattern.into_bytes(), use_ });
        }
    }
}

fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    kept + rest
}

/// The recorded log lines, each once.
pub(crate) fn lines() -> Option<BTreeSet<Vec<u8>>> {
    let folder = bartizan_conformance::folder()?.join("logs");
    let mut lines = BTreeSet::new();
    for name in ["Linux.log", "OpenSSH.log", "ini.log"] {
        let text = std::fs::read(folder.join(name)).unwrap();
        lines.extend(text.split(|&byte| byte == b'\n').map(<[u8]>::to_vec));
    }
    assert!(lines.len() > 4_000, "only {} lines", lines.len());
    Some(lines)
}
