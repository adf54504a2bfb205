//! The examples in docs/deviations.md, asked as they stand there.

mod support;

use std::path::Path;

use bartizan_base::{Deviation, Dialect};
use support::direct::Case;
use support::small::short;

/// Monday, 1 December 2025, 00:00:00 UTC.
const START: i64 = 1_764_547_200;

/// An example: a rule set, and rows of line, OSSEC's answer and ours.
struct Example {
    deviation: Deviation,
    case: Case,
    original: Vec<String>,
    corrected: Vec<String>,
}

fn examples() -> Vec<Example> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deviations.md");
    let page = std::fs::read_to_string(path).expect("the page");
    page.split("\n### ").skip(1).filter_map(example).collect()
}

/// The example of a section, if it has a table.
fn example(section: &str) -> Option<Example> {
    let name = section.lines().next().expect("a name");
    let deviation = Deviation::parse(name).expect("a section for each deviation");
    let rows: Vec<[String; 3]> = section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells = line.replace("\\|", "\u{0}");
            let mut cells = cells.trim_matches('|').split('|').map(|c| c.trim().replace('\0', "|"));
            std::array::from_fn(|_| cells.next().expect("three cells"))
        })
        .collect();
    let (_, xml) = section.split_once("```xml\n")?;
    let (xml, _) = xml.split_once("```").expect("the end of the block");
    let mut case = Case::with_templates();
    let rules_start = xml.find("<group").expect("rules");
    case.decoders.push(("etc/decoder.xml".into(), xml[..rules_start].into()));
    case.rules.push(("rules/local_rules.xml".into(), xml[rules_start..].into()));
    case.events = rows.iter().map(|[line, ..]| event(line)).collect();
    let column = |at: usize| rows.iter().map(|row| row[at].clone()).collect();
    Some(Example { deviation, case, original: column(1), corrected: column(2) })
}

/// `` `LINE` `` or `` `LINE` at HH:MM ``; `\t` and `\xff` stand for these bytes.
fn event(cell: &str) -> (i64, Vec<u8>) {
    let (line, after) = cell.strip_prefix('`').and_then(|rest| rest.split_once('`')).expect(cell);
    let line = line.replace("\\t", "\t").replace("\\xff", "\u{ff}");
    let time = after.strip_prefix(" at ").map_or(0, |time| {
        let (hour, minute) = time.split_once(':').expect("HH:MM");
        let number = |text: &str| text.parse::<i64>().expect("a number");
        number(hour) * 3600 + number(minute) * 60
    });
    (START + time, bartizan_conformance::bytes(&line))
}

fn answers(case: &Case, dialect: Dialect) -> Vec<String> {
    let Ok(answers) = case.answers(dialect) else {
        return vec!["does not load".into(); case.events.len()];
    };
    let told = |answer: String| match answer.trim_end_matches('*').split_once('/') {
        Some((rule, level)) => format!("{rule}, level {level}"),
        None => "no rule".into(),
    };
    answers.iter().map(|answer| told(short(answer))).collect()
}

#[test]
fn examples_of_deviations_are_answered_as_their_page_shows() {
    let examples = examples();
    assert!(examples.len() >= 17, "only {} examples were found", examples.len());
    for Example { deviation, case, original, corrected } in examples {
        let name = deviation.row().name;
        assert_eq!(answers(&case, Dialect::OSSEC_4_3), original, "{name} in OSSEC");
        assert_eq!(answers(&case, Dialect::OURS), corrected, "{name} by default");
        let switched_on = Dialect::OURS.with(deviation, true);
        assert_eq!(answers(&case, switched_on), original, "--deviation {name}");
        let switched_off = Dialect::OSSEC_4_3.with(deviation, false);
        assert_eq!(answers(&case, switched_off), corrected, "--no-deviation {name}");
    }
}
