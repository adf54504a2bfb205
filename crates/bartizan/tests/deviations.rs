//! Every deviation turned off by itself in the dialects: the recordings that the register names get other
//! answers, the corrected ones, and no other recording does (rules, appendix B).

mod support;

use std::collections::BTreeSet;

use bartizan_base::dialect::DEVIATIONS;
use bartizan_base::{Deviation, Dialect};
use serde_json::Value;
use support::recorded::{self, Expected, Recorded, TOPICS};
use support::small::short;
use support::{Home, compare, direct, objects, timed};

use Deviation::{
    ControlCharacters, ForeignRestart, GroupFeeders, Level99, PartialOverwrite, SidStarvesGroup,
    StrayParents, StrictLoading, TimeRanges, UnevaluatedTests, Utf8Check,
};

/// The register's column "seen in", as far as the tester can see it.
const SEEN_IN: [(Deviation, &[&str]); 10] = [
    (ControlCharacters, &["pre-decoding-042", "patterns-030"]),
    (Utf8Check, &["pre-decoding-021", "pre-decoding-022", "pre-decoding-043"]),
    (Level99, &["rule-tree-021"]),
    (TimeRanges, &["conditions-107", "conditions-114", "scenarios-007"]),
    (StrayParents, &["rule-tree-030"]),
    (GroupFeeders, &["correlation-097"]),
    (
        SidStarvesGroup,
        &[
            "correlation-130",
            "correlation-133",
            "correlation-134",
            "correlation-141",
            "correlation-148",
            "correlation-175",
            "correlation-181",
            "correlation-208",
            "correlation-221",
            "systems-009",
            "systems-053",
            "systems-067",
        ],
    ),
    (PartialOverwrite, &["rule-tree-064", "rule-tree-072"]),
    (UnevaluatedTests, &["correlation-059", "correlation-063", "correlation-079"]),
    (
        ForeignRestart,
        &[
            "correlation-065",
            "correlation-069",
            "correlation-133",
            "correlation-144",
            "correlation-151",
            "correlation-159",
            "correlation-178",
            "correlation-185",
            "scenarios-013",
            "systems-049",
        ],
    ),
];

/// Recordings that change although the register does not name them: `same_srcip` is a name that only Wazuh
/// knows (rules 14.2).
const ALSO: [(Deviation, &[&str]); 1] = [(StrictLoading, &["errors-045"])];

/// Which events of a case get which answers instead.
type Changes = &'static [(usize, &'static str)];

/// Answers of 4.3 with one deviation corrected, worked out by hand from the specification: which event, and
/// what it gets. All other events of the case stay as recorded.
const CORRECTED: [(Deviation, &str, Changes); 17] = [
    // A tab stays: it is in the word, and it is no blank behind the time stamp.
    (ControlCharacters, "pre-decoding-042", &[(0, "-")]),
    // The text is found although a byte of the line is not UTF-8.
    (Utf8Check, "pre-decoding-021", &[(6, "100001/1*")]),
    (Utf8Check, "pre-decoding-022", &[(6, "100001/1*")]),
    (Utf8Check, "pre-decoding-043", &[(0, "100001/1*"), (2, "100001/1*"), (3, "100001/1*")]),
    (Level99, "rule-tree-021", &[(0, "100001/99*")]),
    // 18:00 - 8:59: both ends are inside, 18:00:59 is still 18:00.
    (TimeRanges, "conditions-107", &[(1, "100001/5*"), (7, "100001/5*"), (8, "100001/5*")]),
    // 12 am - 1 pm: from midnight on, not from noon.
    (
        TimeRanges,
        "conditions-114",
        &[
            (0, "100001/5*"),
            (1, "100001/5*"),
            (2, "100001/5*"),
            (3, "100001/5*"),
            (4, "100001/5*"),
            (11, "100001/5*"),
            (12, "100001/5*"),
        ],
    ),
    // 6 pm - 7 am: 18:00 is inside.
    (TimeRanges, "scenarios-007", &[(5, "100111/9*")]),
    // `100001,0`: the 0 stands for nothing.
    (StrayParents, "rule-tree-030", &[(1, "-")]),
    // Two nodes feed once: frequency 4 is reached on the sixth event.
    (GroupFeeders, "correlation-097", &[(3, "100004/5*"), (5, "100002/10*")]),
    // BBB 4 finds AAA 3, BBB 2, BBB 1. Its mark on AAA 3 stops 100004 (level 8) on AAA 5 and BBB 6, but not
    // 100002 (level 10), which counts AAA 5 and AAA 3 on AAA 7.
    (SidStarvesGroup, "correlation-130", &[(3, "100004/8*"), (4, "100001/3*"), (6, "100002/10*")]),
    // eve: events 2, 8 and 10 of 100001 are in the group list now; 9 was 100011's.
    (SidStarvesGroup, "correlation-181", &[(11, "100010/12*")]),
    // The overwrite's pcre2 holds, not the old one.
    (PartialOverwrite, "rule-tree-064", &[(0, "-"), (1, "100001/6*")]),
    // The overwrite says nothing about counting: frequency 2 of 100001 is still needed.
    (PartialOverwrite, "rule-tree-072", &[(0, "100001/3*"), (1, "100001/3*")]),
    // Port 22: events 0, 2, 4. The mark on event 4 then stops all others.
    (
        UnevaluatedTests,
        "correlation-059",
        &[(2, "100001/3*"), (4, "100002/10*"), (5, "100001/3*"), (8, "100001/3*")],
    ),
    (UnevaluatedTests, "correlation-079", &[(3, "100001/3*")]),
    // Three addresses in turn: the mark of one that fires leaves the others what came after it.
    (
        ForeignRestart,
        "correlation-065",
        &[(10, "100002/10*"), (13, "100001/3*"), (14, "100002/10*")],
    ),
];

/// Why the answers are not those recorded.
fn difference(case: &Recorded, program: &str, dialect: Dialect) -> Option<String> {
    match (case.expected(program)?, case.case.answers(dialect)) {
        (Expected::Refused, Err(_)) => None,
        (Expected::Refused, Ok(_)) => Some("accepted".into()),
        (Expected::Answers(_), Err(error)) => Some(format!("refused: {error}")),
        (Expected::Answers(recorded), Ok(got)) => compare(&case.id, recorded, &got).err(),
    }
}

fn named(deviation: Deviation) -> BTreeSet<&'static str> {
    let both = SEEN_IN.iter().chain(&ALSO).filter(|(of, _)| *of == deviation);
    both.flat_map(|(_, ids)| ids.iter().copied()).collect()
}

/// Deviations of what the tester has nothing to do with: their switches are turned together.
const UNSEEN: [Deviation; 6] = [
    Deviation::LocationTwice,
    Deviation::IntegrityMessages,
    Deviation::DuplicatesAcrossLocations,
    Deviation::WeeklyStatistics,
    Deviation::JsonArchivePairs,
    Deviation::AllowListNegation,
];

/// The deviations of `base`, one by one, with the dialect that does not have it; at last those that the
/// tester cannot see, under the name of the first.
fn corrections(base: Dialect) -> Vec<(Deviation, Dialect)> {
    let all = DEVIATIONS.iter().map(|row| row.deviation).filter(|&deviation| base.has(deviation));
    let seen = all.filter(|deviation| !UNSEEN.contains(deviation));
    let mut corrections: Vec<_> = seen.map(|d| (d, base.with(d, false))).collect();
    corrections.push((UNSEEN[0], UNSEEN.iter().fold(base, |dialect, &d| dialect.with(d, false))));
    corrections
}

/// Turns each switch of `base` off, alone, and compares all recorded cases of `program`.
#[track_caller]
fn check_switches(program: &str, base: Dialect) {
    let all: Option<Vec<_>> = TOPICS.iter().map(|topic| recorded::topic(topic)).collect();
    let Some(all) = all else { return };
    let all: Vec<Recorded> = all.into_iter().flatten().collect();
    let mut problems = Vec::new();
    for (deviation, corrected) in corrections(base) {
        let named = named(deviation);
        let name = deviation.row().name;
        for case in &all {
            // In 2.8 some of the named are refused, or were not asked.
            let is_answered = matches!(case.expected(program), Some(Expected::Answers(_)));
            let changes =
                named.contains(case.id.as_str()) && (is_answered || deviation == StrictLoading);
            match difference(case, program, corrected) {
                None if changes => problems.push(format!("{name}: {} stays", case.id)),
                Some(how) if !changes => problems.push(format!("{name}: {how}")),
                _ => {}
            }
        }
    }
    assert!(problems.is_empty(), "{} of {program}:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn in_4_3_each_switch_changes_the_recordings_it_is_known_by_and_no_others() {
    check_switches("ossec-4.3", Dialect::OSSEC_4_3);
}

#[test]
fn in_2_8_each_switch_changes_the_recordings_it_is_known_by_and_no_others() {
    check_switches("ossec-2.8", Dialect::ossec_2_8());
}

#[test]
fn changed_answers_are_those_the_specification_demands() {
    for (deviation, id, changes) in CORRECTED {
        let topic = id.rsplit_once('-').expect("TOPIC-NUMBER").0;
        let Some(cases) = recorded::topic(topic) else { return };
        let case = cases.iter().find(|case| case.id == id).expect("recorded");
        let Some(Expected::Answers(recorded)) = case.expected("ossec-4.3") else {
            panic!("{id} has no answers")
        };
        let mut expected: Vec<String> = recorded.iter().map(short).collect();
        for &(event, answer) in changes {
            assert_ne!(expected[event], answer, "{id} event {event} is no change");
            answer.clone_into(&mut expected[event]);
        }
        let got = case.case.answers(Dialect::OSSEC_4_3.with(deviation, false)).expect("loads");
        let got: Vec<String> = got.iter().map(short).collect();
        assert_eq!(got, expected, "{id} without {}", deviation.row().name);
    }
}

#[test]
fn tabs_stay_in_the_log_and_in_fields() {
    let dialect = Dialect::OSSEC_4_3.with(ControlCharacters, false);
    let answer = |topic: &str, id: &str, event: usize| {
        let cases = recorded::topic(topic)?;
        let case = cases.iter().find(|case| case.id == id).expect("recorded");
        Some(case.case.answers(dialect).expect("loads").swap_remove(event))
    };
    let Some(header) = answer("pre-decoding", "pre-decoding-042", 1) else { return };
    assert_eq!(header["log"], "Dec 29 10:00:01\thost prog: hello");
    let Some(captured) = answer("patterns", "patterns-030", 0) else { return };
    assert_eq!(captured["fields"]["dstuser"], "b", "the \\t of `a\\t(\\w)` has something to match");
}

fn corpus(ruleset: &str, name: &str) -> Option<Vec<(i64, String)>> {
    let recorded = bartizan_conformance::json_lines(&format!("expected/{ruleset}.{name}.jsonl"))?;
    let at = |event: &Value| event.get("at").and_then(Value::as_i64).unwrap_or(0) + 1_765_349_746;
    let event = |event: &Value| (at(event), event["event"].as_str().expect("a line").to_owned());
    Some(recorded.iter().map(event).collect())
}

/// The stock rules: `sid-starves-group` corrected changes that many answers (decoding 0.1). Asked as a user
/// would.
#[test]
fn the_command_line_corrects_sid_starves_group_in_the_stock_rules() {
    for (name, changes) in [("ini", 3), ("Linux", 35), ("OpenSSH", 227)] {
        let Some(events) = corpus("ossec-4.3", name) else { return };
        let home = Home::stock("ossec-4.3").expect("recorded beside the answers");
        let input = timed(events);
        let answers = |more: &[&str]| {
            let args = [&["logtest", "--json", "--timed", "--dialect", "ossec"], more].concat();
            objects(&home.run(&args, &input))
        };
        let original = answers(&[]);
        let corrected = answers(&["--no-deviation", "sid-starves-group"]);
        let pairs = original.iter().zip(&corrected);
        let changed: Vec<_> = pairs.filter(|(a, b)| a != b).collect();
        assert_eq!(changed.len(), changes, "{name}");
    }
}

/// All other corrections together change no answer of the stock rules (decoding 0.1).
#[test]
fn no_other_correction_changes_answers_of_the_stock_rules() {
    for (ruleset, base) in [("ossec-4.3", Dialect::OSSEC_4_3), ("ossec-2.8", Dialect::ossec_2_8())]
    {
        let Some(stock) = direct::stock(ruleset) else { return };
        let others = DEVIATIONS.iter().map(|row| row.deviation).filter(|d| *d != SidStarvesGroup);
        let corrected = others.fold(base, |dialect, deviation| dialect.with(deviation, false));
        for name in ["ini", "Linux", "OpenSSH", "OpenSSH-timed"] {
            let answers = |dialect: Dialect| {
                let events = corpus(ruleset, name)?;
                let bytes = |(at, line): (i64, String)| (at, bartizan_conformance::bytes(&line));
                let case = direct::Case {
                    events: events.into_iter().map(bytes).collect(),
                    ..stock.clone()
                };
                Some(case.answers(dialect).expect("the stock rules load"))
            };
            let (Some(original), Some(others)) = (answers(base), answers(corrected)) else {
                return;
            };
            assert_eq!(original, others, "{ruleset} {name}");
        }
    }
}

/// `bartizan check` says which rules a switch touches: of every recording that a switch changes it names one
/// of the rules that fire otherwise.
#[test]
fn rules_that_fire_otherwise_are_said_to_be_touched() {
    for (deviation, ids) in SEEN_IN.iter().chain(&ALSO) {
        // A tab is a matter of the lines, and what is refused fires nothing.
        if [ControlCharacters, StrictLoading].contains(deviation) {
            continue;
        }
        for id in *ids {
            let topic = id.rsplit_once('-').expect("TOPIC-NUMBER").0;
            let Some(cases) = recorded::topic(topic) else { return };
            let case = &cases.iter().find(|case| case.id == *id).expect("recorded").case;
            let base = Dialect::OSSEC_4_3;
            let answers = |dialect: Dialect| case.answers(dialect).expect("loads");
            let (original, corrected) = (answers(base), answers(base.with(*deviation, false)));
            let pairs = original.iter().zip(&corrected).filter(|(a, b)| a["rule"] != b["rule"]);
            let fired = pairs.flat_map(|(a, b)| [a["rule"].as_u64(), b["rule"].as_u64()]);
            let fired: BTreeSet<u64> = fired.flatten().collect();
            let (ruleset, files) = case.compile_with_files(base).expect("loads");
            let touched = ruleset.touched_by_deviations(&files);
            let name = deviation.row().name;
            let touched = touched.get(name).map_or(&[][..], Vec::as_slice);
            let is_told = touched.iter().any(|id| fired.contains(&u64::from(*id)));
            // Of level 99 the rule stays the same.
            assert!(
                is_told || (fired.is_empty() && !touched.is_empty()),
                "{name}: {id} fires {fired:?} otherwise, told: {touched:?}"
            );
        }
    }
}
