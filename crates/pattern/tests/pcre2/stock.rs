//! Every PCRE2 pattern of the stock rules against every recorded log line.

use bartizan_base::text::OwnedSubject;
use bartizan_pattern::Language;

use crate::oracle::Pair;
use crate::rulesets;

#[test]
fn stock_patterns_answer_as_pcre2_on_all_recorded_lines() {
    let Some(stock) = rulesets::patterns("ossec-4.3") else { return };
    let Some(lines) = rulesets::lines() else { return };
    let pairs: Vec<Pair> = stock
        .iter()
        .filter(|pattern| pattern.language == Language::Pcre2)
        .map(|pattern| String::from_utf8_lossy(&pattern.text))
        .map(|text| Pair::new(&text).unwrap_or_else(|error| panic!("{text}: {error}")))
        .collect();
    assert!(pairs.len() > 1_400, "only {} patterns found", pairs.len());
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
