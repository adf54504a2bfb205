//! Small rule sets and events as one writes them on paper.
//!
//! ```text
//! rules   "100001 3: <match>AAA</match>"                  id, level, more attributes: elements
//!         "group web-log,"                                the rules from here on are in that group
//! events  "AAA 1..4"                                      four lines
//!         "tst: src=1.1.1.1 user=bob"                     a syslog line that the decoder `tst` takes apart
//!         "@36000 AAA"                                    received ten hours after the start
//! answers "100001/3* x3, 100002/10, -"                    rule/level, `*` for an alert; `-` for no rule
//! ```

use serde_json::Value;

use super::direct::Case;

/// Monday, 1 December 2025, 00:00:00 UTC.
const START: i64 = 1_764_547_200;

/// Fields that lines of `tst` name, and what they set.
const FIELDS: [(&str, &str); 11] = [
    ("src", "srcip"),
    ("sport", "srcport"),
    ("dport", "dstport"),
    ("user", "dstuser"),
    ("suser", "srcuser"),
    ("url", "url"),
    ("act", "action"),
    ("id", "id"),
    ("st", "status"),
    ("data", "extra_data"),
    ("proto", "protocol"),
];

/// A rule set with the decoder `tst`, and events for it.
pub fn case(rules_text: &str, events: &[&str]) -> Case {
    let mut case = Case::with_templates();
    case.decoders.push(("etc/decoder.xml".into(), decoders().into_bytes()));
    case.rules.push(("rules/case.xml".into(), rules(rules_text).into_bytes()));
    case.events = events.iter().flat_map(|line| expand(line)).collect();
    case
}

/// The decoder `tst`.
pub fn decoders() -> String {
    let top = "<decoder name=\"tst\"><program_name>^tst$</program_name></decoder>\n";
    FIELDS.iter().fold(top.to_owned(), |text, (key, field)| {
        text + &format!(
            "<decoder name=\"tst-kv\"><parent>tst</parent><regex>^{key}=(\\S+)| {key}=(\\S+)</regex>\
             <order>{field}</order></decoder>\n"
        )
    })
}

/// Rules written short, in a group `t,`; what starts with `<` stays as it is.
fn rules(text: &str) -> String {
    let mut file = String::from("<group name=\"t,\">\n");
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("group ") {
            if file.ends_with("<group name=\"t,\">\n") {
                file.clear();
            } else {
                file += "</group>\n";
            }
            file += &format!("<group name=\"{name}\">\n");
        } else if line.starts_with('<') {
            file += line;
        } else {
            file += &rule(line);
        }
    }
    file + "</group>\n"
}

fn rule(line: &str) -> String {
    let (head, elements) = line.split_once(": ").or(line.split_once(':')).expect("a colon");
    let mut words = head.splitn(3, ' ');
    let (id, level) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let attributes = words.next().unwrap_or_default();
    format!(
        "<rule id=\"{id}\" level=\"{level}\" {attributes}>{elements}\
         <description>{id}</description></rule>\n"
    )
}

fn expand(line: &str) -> Vec<(i64, Vec<u8>)> {
    let (at, line) = match line.strip_prefix('@').and_then(|rest| rest.split_once(' ')) {
        Some((at, line)) => (at.parse().expect("seconds"), line),
        None => (0, line),
    };
    let line = if line.starts_with("tst: ") {
        format!("Nov 24 08:00:00 hosta {line}")
    } else {
        line.into()
    };
    let time = START + at;
    let range = line.rsplit_once(' ').and_then(|(text, range)| {
        let (from, to) = range.split_once("..")?;
        Some((text.to_owned(), from.parse::<u32>().ok()?, to.parse::<u32>().ok()?))
    });
    match range {
        Some((text, from, to)) => {
            (from..=to).map(|n| (time, format!("{text} {n}").into_bytes())).collect()
        }
        None => vec![(time, bartizan_conformance::bytes(&line))],
    }
}

/// An answer as `rule/level`, with `*` for an alert.
pub fn short(answer: &Value) -> String {
    match (&answer["rule"], &answer["level"], answer["alert"] == true) {
        (Value::Null, ..) => "-".into(),
        (rule, level, true) => format!("{rule}/{level}*"),
        (rule, level, false) => format!("{rule}/{level}"),
    }
}

/// Answers one behind the other; equal ones in a row are counted.
pub fn run_length<T: AsRef<str>>(answers: &[T]) -> String {
    let runs = answers.chunk_by(|a, b| a.as_ref() == b.as_ref()).map(|run| match run {
        [one] => one.as_ref().to_owned(),
        run => format!("{} x{}", run[0].as_ref(), run.len()),
    });
    runs.collect::<Vec<_>>().join(", ")
}
