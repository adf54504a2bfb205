//! Comparing what was written with what was recorded, and what differs on purpose.

use bartizan_conformance::{bytes, latin1};

use crate::case::{Answer, Case, Files, Outcome};
use crate::listed::{self, Listed};
use crate::{outputs, site};

pub(crate) enum Verdict {
    Agrees,
    DiffersAsListed,
    Wrong(String),
}

/// Runs a case and compares it with one answer.
pub(crate) fn compare(case: &Case, answer: &Answer) -> Verdict {
    let what = format!("{} in {}", case.id, answer.version);
    let (ruleset, wanted) = site::open(case, answer.dialect);
    let (mut expected, ruleset) = match (&answer.outcome, ruleset) {
        (Outcome::Refused, None) => return Verdict::Agrees,
        (Outcome::Refused, Some(_)) => return Verdict::Wrong(format!("{what}: not refused")),
        (_, None) => return Verdict::Wrong(format!("{what}: refused")),
        (Outcome::Died, Some(ruleset)) => {
            outputs::run(case, ruleset, wanted);
            return Verdict::DiffersAsListed;
        }
        (Outcome::Files(files), Some(ruleset)) => (files.clone(), ruleset),
    };
    let mut got = outputs::run(case, ruleset, wanted);
    if let Some(left_out) = &case.left_out {
        got.remove(left_out);
    }
    if let Some(misplaced) = misplaced(&got) {
        return Verdict::Wrong(format!("{what}: {misplaced}"));
    }
    if let Err(unused) = listed::amend(case, &mut expected) {
        return Verdict::Wrong(format!("{what}: {unused:?} was not recorded"));
    }
    let listed = listed::find(case, answer);
    let steady = match answer.dialect.is_2_8() {
        true => without_numbers,
        false => with_excess_last,
    };
    let comparable = |files| with_whole_logs(steady(files));
    verdict(&what, &comparable(expected), &comparable(got), listed)
}

/// Alerts about too many events behind all others: whether one comes before or after the alert of its event
/// is up to the threads of 4.3.
fn with_excess_last(mut files: Files) -> Files {
    let is_excess =
        |alert: &String| alert.contains("\"sidid\":11,") || alert.contains("\nRule: 11 (level ");
    for (_, text) in files.iter_mut().filter(|(name, _)| name.contains("alerts")) {
        let shown = latin1(text);
        let mut alerts: Vec<String> = match shown.starts_with("** Alert ") {
            true => shown.split_inclusive("\n\n").map(str::to_owned).collect(),
            false => shown.split_inclusive('\n').map(str::to_owned).collect(),
        };
        alerts.sort_by_key(is_excess);
        *text = bytes(&alerts.concat());
    }
    files
}

fn verdict(what: &str, expected: &Files, got: &Files, listed: Option<&Listed>) -> Verdict {
    let different: Vec<&String> = names(expected, got)
        .into_iter()
        .filter(|&name| text_of(expected, name) != text_of(got, name))
        .collect();
    let may_differ = listed.map_or(&[][..], |listed| listed.files);
    let is_wrong = |name: &&&String| !may_differ.iter().any(|start| name.starts_with(start));
    if let Some(name) = different.iter().find(is_wrong) {
        let first = side_by_side(name, expected, got);
        return Verdict::Wrong(format!("{what}\n{first}  all that differ: {different:?}"));
    }
    match (different.is_empty(), listed) {
        (true, None) => Verdict::Agrees,
        (true, Some(_)) => Verdict::Wrong(format!("{what} agrees, but is listed as different")),
        (false, _) => Verdict::DiffersAsListed,
    }
}

/// All names, those of the main files first.
fn names<'a>(expected: &'a Files, got: &'a Files) -> Vec<&'a String> {
    let mut names: Vec<&String> = expected.keys().chain(got.keys()).collect();
    names.sort_by_key(|name| (name.contains('/'), name.as_str()));
    names.dedup();
    names
}

/// `files` and beside them, for each kind of dated file, what it holds over all days: that must agree even
/// where the originals take too long to notice a new day. How often a rule fired is left out there, since
/// these counts start again with the hour.
fn with_whole_logs(mut files: Files) -> Files {
    let mut whole = Files::new();
    for (name, text) in &files {
        if let Some(kind) = listed::kind_of(name) {
            // A path sorts before or behind an undated name; days of one kind are in order.
            whole.entry(format!("whole {kind}")).or_default().extend_from_slice(text);
        }
    }
    for kind in outputs::KINDS {
        // The undated file is the last day's.
        if let (Some(all), Some(last)) = (whole.get_mut(&format!("whole {kind}")), files.get(kind))
        {
            all.extend_from_slice(last);
        }
    }
    files.extend(whole.into_iter().map(|(kind, text)| (kind, without_fired_times(&text))));
    files
}

fn without_fired_times(text: &[u8]) -> Vec<u8> {
    let shown = latin1(text);
    let mut parts = shown.split("\"firedtimes\":");
    let mut without = parts.next().unwrap_or_default().to_owned();
    without.extend(parts.map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit())));
    bytes(&without)
}

/// An entry that stands in the file of another day.
fn misplaced(files: &Files) -> Option<String> {
    for (path, text) in files {
        let Some(rest) = path.strip_prefix("logs/").and_then(|rest| rest.split_once('/')) else {
            continue;
        };
        let (year_and_month, name) = rest.1.rsplit_once('/')?;
        let (_, day) = name.rsplit_once('.')?.0.rsplit_once('-')?;
        let date = format!("{} {day} ", year_and_month.replace('/', " "));
        let text = latin1(text);
        let dates = text.lines().filter_map(|line| match line.split_once("\"timestamp\":\"") {
            Some((_, rest)) => Some(rest),
            None => line.starts_with("20").then_some(line),
        });
        if let Some(line) = dates.into_iter().find(|line| !line.starts_with(&date)) {
            return Some(format!("{path} has an entry of another day: {line}"));
        }
    }
    None
}

fn text_of(files: &Files, name: &str) -> Option<String> {
    files.get(name).map(|text| latin1(text))
}

/// The first line that differs, with the lines before it.
fn side_by_side(name: &str, expected: &Files, got: &Files) -> String {
    let (expected, got) = (text_of(expected, name), text_of(got, name));
    let (Some(expected), Some(got)) = (&expected, &got) else {
        return format!("  {name}\n  expected: {expected:?}\n  got:      {got:?}");
    };
    let (expected, got): (Vec<&str>, Vec<&str>) =
        (expected.split('\n').collect(), got.split('\n').collect());
    let longest = expected.len().max(got.len());
    let at = (0..longest).find(|&at| expected.get(at) != got.get(at)).unwrap_or(0);
    let mut text = format!("  {name}, line {}\n", at + 1);
    for line in &expected[at.saturating_sub(3)..at.min(expected.len())] {
        text += &format!("            {line}\n");
    }
    for (label, lines) in [("expected: ", &expected), ("got:      ", &got)] {
        for line in lines.iter().skip(at).take(2) {
            text += &format!("  {label}{line}\n");
        }
    }
    text
}

/// Texts without the number after the dot of an alert's id, which is an offset in the file in 2.8.
fn without_numbers(mut files: Files) -> Files {
    for (_, text) in files.iter_mut().filter(|(name, _)| name.contains("alerts")) {
        let shown = latin1(text);
        *text = bytes(&shown.split_inclusive('\n').map(without_number).collect::<String>());
    }
    files
}

fn without_number(line: &str) -> String {
    let number = line.strip_prefix("** Alert ").and_then(|rest| rest.split_once('.'));
    match number {
        Some((epoch, rest)) => {
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("** Alert {epoch}.N{rest}")
        }
        None => line.to_owned(),
    }
}
