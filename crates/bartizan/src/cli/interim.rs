//! Interim reading of ossec.conf until the typed configuration lands.
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use bartizan_analysis::{RulesetFiles, Settings};
use bartizan_base::{Diagnostic, Dialect, Severity, Source};
use bartizan_config::xml::{self, ReadOptions};
use bartizan_pattern::cdb::List;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

pub(crate) fn read(
    config: &Path,
    home: &Path,
    dialect: Dialect,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(RulesetFiles, Settings)> {
    let mut open = |path: &Path| match Source::read(path, path) {
        Ok(s) => Some(s),
        Err(e) => {
            diagnostics.push(Diagnostic::new(Severity::Error, "C0001", None, e.to_string()));
            None
        }
    };
    let source = open(config)?;
    let mut more = Vec::new();
    let document = xml::read(&source, ReadOptions { dialect, variables: false }, &mut more);
    let mut files = RulesetFiles { lists: HashMap::new(), ..RulesetFiles::default() };
    let mut settings = Settings { dialect, ..Settings::default() };
    for section in document.iter().flat_map(|d| &d.roots).flat_map(|r| &r.children) {
        for option in &section.children {
            let value = text(&option.text);
            match (section.name.as_slice(), option.name.as_slice()) {
                (b"rules", b"include" | b"rule") => {
                    let path = if value.contains('/') {
                        home.join(&value)
                    } else {
                        home.join("rules").join(&value)
                    };
                    files.rules.extend(open(&path));
                }
                (b"rules", b"list") => {
                    let name =
                        if value.contains('/') { value.clone() } else { format!("rules/{value}") };
                    let s = open(&home.join(&name))?;
                    let list = Arc::new(List::from_text(&s.text, dialect));
                    files.lists.insert(format!("{name}.cdb").into_bytes(), Arc::clone(&list));
                    files.lists.insert(name.into_bytes(), list);
                }
                (b"alerts", b"log_alert_level") => {
                    settings.rules.log_alert_level = value.parse().unwrap_or(1)
                }
                (b"global", b"memory_size") => {
                    settings.rules.memory_events = value.parse::<usize>().unwrap_or(8192).max(2048)
                }
                _ => {}
            }
        }
    }
    files.decoders.extend(open(&home.join("etc/decoder.xml")));
    let local = home.join("etc/local_decoder.xml");
    if local.exists() {
        files.decoders.extend(open(&local));
    }
    diagnostics.append(&mut more);
    Some((files, settings))
}
