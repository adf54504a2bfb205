//! The small cases: a decoder file, a rule file, a few events with times, and what both originals answered.

mod support;

use serde_json::Value;
use support::{Home, amend, compare, not_required, objects, timed};

/// Second in which a case begins that says nothing else.
const START: i64 = 1_764_576_000;

/// The seven templates that stand before the rules of every case.
fn templates() -> String {
    let names = ["syslog", "firewall", "ids", "web-log", "squid", "windows", "ossec"];
    (1..).zip(names).fold(String::new(), |text, (id, name)| {
        text + &format!(
            "<group name=\"{name}\">\n<rule id=\"{id}\" level=\"0\" noalert=\"1\">\
             <category>{name}</category><description>t</description></rule>\n</group>\n"
        )
    })
}

fn home_of(case: &Value) -> Home {
    let home = Home::empty();
    let bytes = |value: &Value| bartizan_conformance::bytes(value.as_str().unwrap_or_default());
    let mut rules = String::from("<include>templates.xml</include><include>case.xml</include>");
    let entries = |key: &str| case[key].as_object().cloned().unwrap_or_default();
    for (name, text) in entries("files") {
        home.write(&name, &bytes(&text));
        if let Some(file) = name.strip_prefix("rules/") {
            rules += &format!("<include>{file}</include>");
        }
    }
    for (name, text) in entries("lists") {
        home.write(&format!("lists/{name}"), &bytes(&text));
        rules += &format!("<list>lists/{name}</list>");
    }
    let config = format!(
        "<ossec_config><global><email_notification>no</email_notification></global>\
         <alerts><log_alert_level>1</log_alert_level></alerts>{}<rules>{rules}</rules></ossec_config>",
        case["config"].as_str().unwrap_or_default()
    );
    home.write("etc/ossec.conf", config.as_bytes());
    home.write("etc/decoder.xml", &bytes(&case["decoders"]));
    home.write("rules/templates.xml", templates().as_bytes());
    home.write("rules/case.xml", &bytes(&case["rules"]));
    home
}

fn differs(case: &Value, dialect: &str) -> Option<String> {
    let what = format!("{} in {dialect}", case["id"].as_str().unwrap_or_default());
    let expected = &case["expect"][dialect];
    if expected.is_null() {
        return None;
    }
    let home = home_of(case);
    let start = case["start"].as_i64().unwrap_or(START);
    let events = case["events"].as_array().into_iter().flatten().map(|event| {
        let at = start + event["at"].as_i64().unwrap_or(0);
        (at, event["line"].as_str().unwrap_or_default().to_owned())
    });
    let output = home.run(&["logtest", "--json", "--timed", "--dialect", dialect], &timed(events));
    let said = String::from_utf8_lossy(&output.stderr);
    match expected.as_array() {
        None if output.status.success() => Some(format!("{what}: accepted, expected {expected}")),
        None if output.status.code() == Some(2) => None,
        None => Some(format!("{what}: ended with {:?}: {said}", output.status)),
        Some(_) if !output.status.success() => Some(format!("{what}: refused: {said}")),
        Some(answers) => compare(&what, answers, &objects(&output)).err(),
    }
}

#[track_caller]
fn check(topic: &str) {
    let file = format!("cases/{topic}.jsonl");
    let Some(mut cases) = bartizan_conformance::json_lines(&file) else { return };
    for entry in not_required(&file) {
        let at = |key: &str| entry[key].as_u64().unwrap_or_default() as usize;
        let dialect = entry["dialect"].as_str().unwrap_or_default();
        amend(&mut cases[at("line") - 1]["expect"][dialect][at("event")], &entry["answer"]);
    }
    let failures: Vec<String> = cases
        .iter()
        .flat_map(|case| ["ossec-4.3", "ossec-2.8"].map(|dialect| differs(case, dialect)))
        .flatten()
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} answers differ; the first:\n{}\nall: {}",
        failures.len(),
        2 * cases.len(),
        failures.first().map_or("", String::as_str),
        failures.iter().filter_map(|f| f.split(':').next()).collect::<Vec<_>>().join(", ")
    );
}

macro_rules! topics {
    ($($name:ident $topic:literal),* $(,)?) => { $( #[test] fn $name() { check($topic); } )* };
}

topics! {
    pre_decoding_is_as_recorded "pre-decoding",
    decoders_are_as_recorded "decoders",
    patterns_are_as_recorded "patterns",
    conditions_are_as_recorded "conditions",
    the_rule_tree_is_as_recorded "rule-tree",
    correlation_is_as_recorded "correlation",
    first_time_seen_is_as_recorded "fts",
    lists_are_as_recorded "lists",
    scenarios_are_as_recorded "scenarios",
    systems_are_as_recorded "systems",
    the_xml_dialect_is_as_recorded "xml",
    what_is_refused_is_as_recorded "errors",
    several_files_are_as_recorded "files",
}
