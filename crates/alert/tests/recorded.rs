//! Alerts as the daemons of 4.3 and the testers wrote them.

#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use bartizan_alert::{archive, custom, firewall, json, text};
use bartizan_base::{Dialect, StaticField};
use bartizan_conformance::{bytes, folder, json_lines, latin1};
use serde_json::Value;
use support::{from_alert_json, from_archive_json, made, split_alerts, take_mail_and_context};

/// Lines of `alerts.json` whose rubbish is not reproduced (rules 10.6): the case, and what comes out.
const FIXED: [(&str, &str, &str); 2] = [
    (
        "json-001-groups",
        r#""PCI_DSS":["10.2.V","10.2.V"],"CIS":["1."]"#,
        r#""PCI_DSS":["10.2.4","10.2.5"],"CIS":["1.2"]"#,
    ),
    ("json-001-groups", r#""PCI_DSS":[""],"CIS":["dss"]"#, r#""PCI_DSS":[""],"CIS":[""]"#),
];

fn daemon_cases() -> Option<Vec<(String, Value)>> {
    let folder = folder()?;
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder.join("daemon")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".jsonl") {
            let lines = json_lines(&format!("daemon/{name}")).unwrap();
            cases.extend(
                lines.into_iter().map(|case| (case["id"].as_str().unwrap().to_owned(), case)),
            );
        }
    }
    assert!(!cases.is_empty());
    Some(cases)
}

fn strings<'a>(answer: &'a Value, key: &str) -> Vec<&'a str> {
    answer[key]
        .as_array()
        .map(|all| all.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

fn expected_json(case: &str, line: &str) -> String {
    FIXED
        .iter()
        .filter(|(id, _, _)| *id == case)
        .fold(line.to_owned(), |line, (_, wrong, right)| line.replace(wrong, right))
}

#[test]
fn alerts_json_is_what_the_daemon_wrote() {
    let Some(cases) = daemon_cases() else { return };
    let mut lines: Vec<(String, String)> = Vec::new();
    for (id, case) in &cases {
        let answer = &case["expect"]["ossec-4.3"];
        lines.extend(strings(answer, "alerts.json").iter().map(|l| (id.clone(), (*l).to_owned())));
    }
    for alert in json_lines("outputs/alerts.jsonl").unwrap() {
        if let Some(line) = alert["json"].as_str() {
            lines.push((format!("outputs {}", alert["id"]), line.to_owned()));
        }
    }
    assert!(lines.len() > 500, "{}", lines.len());
    for (id, line) in lines {
        let mut alert = from_alert_json(&line);
        alert.dialect = Dialect::OSSEC_4_3;
        assert_eq!(latin1(&alert.write(json::write)), expected_json(&id, &line) + "\n", "{id}");
    }
}

#[test]
fn alerts_log_is_what_the_daemon_wrote() {
    let Some(cases) = daemon_cases() else { return };
    let mut compared = 0;
    for (id, case) in &cases {
        let answer = &case["expect"]["ossec-4.3"];
        let lines = strings(answer, "alerts.json");
        let alerts = split_alerts(answer["alerts.log"].as_str().unwrap_or_default());
        if case["config"].as_str().is_some_and(|config| config.contains("custom_alert_output"))
            || lines.is_empty()
        {
            continue;
        }
        assert_eq!(alerts.len(), lines.len(), "{id}");
        for (recorded, line) in alerts.into_iter().zip(lines) {
            check_text(id, line, recorded);
            compared += 1;
        }
    }
    for alert in json_lines("outputs/alerts.jsonl").unwrap() {
        if let (Some(line), Some(recorded)) = (alert["json"].as_str(), alert["alert"].as_str()) {
            check_text(&alert["id"].to_string(), line, recorded);
            compared += 1;
        }
    }
    assert!(compared > 500, "{compared}");
}

fn check_text(id: &str, line: &str, recorded: &str) {
    let mut alert = from_alert_json(line);
    alert.dialect = Dialect::OSSEC_4_3;
    let previous = alert.context.get(1).cloned();
    take_mail_and_context(&mut alert, &bytes(recorded));
    assert_eq!(latin1(&alert.write(text::write)), recorded, "{id}");
    // Lines of a log that has several cannot be told from context lines here.
    if let (Some(previous), Some(second)) = (previous, alert.context.get(1))
        && !previous.contains(&b'\n')
    {
        assert!(previous.starts_with(second), "{id}: {previous:?} {second:?}");
    }
}

#[test]
fn archives_are_what_the_daemon_wrote() {
    let Some(cases) = daemon_cases() else { return };
    let mut compared = 0;
    for (id, case) in &cases {
        let answer = &case["expect"]["ossec-4.3"];
        let lines = strings(answer, "archives.json");
        let mut log = Vec::new();
        for line in &lines {
            let json: Value = serde_json::from_str(line).unwrap();
            let time = seconds(json["timestamp"].as_str().unwrap());
            let mut event = from_archive_json(line, time);
            event.dialect = Dialect::OSSEC_4_3;
            let rule = event.rule();
            let rule = json.get("rule").map(|_| &rule);
            let mut out = Vec::new();
            archive::write_json(&event.facts(), rule, &mut out);
            assert_eq!(latin1(&out), expected_json(id, line) + "\n", "{id}");
            archive::write_text(&event.facts(), &mut log);
            compared += 1;
        }
        let recorded = answer["archives.log"].as_str().unwrap_or_default();
        if !lines.is_empty() && !recorded.is_empty() {
            assert_eq!(latin1(&log), recorded, "{id}");
        }
    }
    assert!(compared > 500, "{compared}");
}

/// The time of a `YYYY Mon DD HH:MM:SS` in UTC.
fn seconds(text: &str) -> i64 {
    let date = jiff::civil::DateTime::strptime("%Y %b %d %H:%M:%S", text).unwrap();
    jiff::tz::TimeZone::UTC.to_timestamp(date).unwrap().as_second()
}

#[test]
fn custom_alerts_are_what_the_daemon_wrote() {
    let Some(cases) = daemon_cases() else { return };
    let mut compared = 0;
    for (id, case) in &cases {
        let answer = &case["expect"]["ossec-4.3"];
        let config = case["config"].as_str().unwrap_or_default();
        let Some((_, rest)) = config.split_once("<custom_alert_output>") else { continue };
        let format = rest.split("</custom_alert_output>").next().unwrap();
        let template = custom::Template::parse(&bytes(format));
        let written: Vec<u8> = strings(answer, "alerts.json")
            .into_iter()
            .flat_map(|line| {
                let mut alert = from_alert_json(line);
                alert.dialect = Dialect::OSSEC_4_3;
                alert.write(|alert, out| template.write(alert, out))
            })
            .collect();
        // A token inside a value is not expanded (rules 10.3).
        let recorded = answer["alerts.log"].as_str().unwrap();
        let recorded = recorded.replace("a t, $RULEID $FULLLOG", "a $RULEGROUP $RULEID $FULLLOG");
        assert_eq!(latin1(&written), recorded, "{id}");
        compared += 1;
    }
    assert!(compared >= 4);
}

#[test]
fn the_firewall_log_is_what_the_daemons_wrote() {
    let Some(cases) = daemon_cases() else { return };
    let mut compared = 0;
    for (id, case) in cases.iter().filter(|(id, _)| id.starts_with("firewall-")) {
        for (version, dialect) in
            [("ossec-4.3", Dialect::OSSEC_4_3), ("ossec-2.8", Dialect::ossec_2_8())]
        {
            let recorded = case["expect"][version]["firewall.log"].as_str().unwrap_or_default();
            let mut log = Vec::new();
            for datagram in case["datagrams"].as_array().unwrap() {
                write_firewall(datagram, dialect, &mut log);
            }
            if case["options"].as_str().is_none_or(|options| !options.contains("log_fw=0"))
                && !recorded.is_empty()
            {
                assert_eq!(latin1(&log), recorded, "{id} {version}");
                compared += recorded.lines().count();
            }
        }
    }
    assert!(compared > 10, "{compared}");
}

/// The decoder of these cases reads `key=value` words.
fn write_firewall(datagram: &Value, dialect: Dialect, log: &mut Vec<u8>) {
    let data = datagram["data"].as_str().unwrap();
    let (location, full_log) = data[2..].split_once(':').unwrap();
    let time = 1_764_576_000 + datagram["at"].as_i64().unwrap();
    let mut event = made(time, location.as_bytes(), full_log.as_bytes());
    event.event.hostname = event.event.append(b"web1");
    event.dialect = dialect;
    for (key, field) in [
        ("src=", StaticField::SrcIp),
        ("dst=", StaticField::DstIp),
        ("sport=", StaticField::SrcPort),
        ("dport=", StaticField::DstPort),
        ("proto=", StaticField::Protocol),
        ("act=", StaticField::Action),
    ] {
        if let Some(value) = full_log.split(' ').find_map(|word| word.strip_prefix(key)) {
            event.set(field, value.as_bytes());
        }
    }
    firewall::write_line(&event.facts(), log);
}

#[test]
fn alerts_of_the_testers_are_what_they_wrote() {
    let Some(folder) = folder() else { return };
    for corpus in [
        "ossec-4.3.Linux",
        "ossec-4.3.OpenSSH",
        "ossec-4.3.ini",
        "ossec-2.8.Linux",
        "ossec-2.8.OpenSSH",
        "ossec-2.8.ini",
    ] {
        let dialect =
            if corpus.starts_with("ossec-2.8") { Dialect::ossec_2_8() } else { Dialect::OSSEC_4_3 };
        let log = std::fs::read(folder.join(format!("expected/{corpus}.alerts.log"))).unwrap();
        let log = latin1(&log);
        let alerts = split_alerts(&log);
        let events = json_lines(&format!("expected/{corpus}.jsonl")).unwrap();
        let alerting: Vec<&Value> = events.iter().filter(|e| e["alert"] == true).collect();
        assert_eq!(alerts.len(), alerting.len(), "{corpus}");
        assert!(!alerts.is_empty());
        for (recorded, event) in alerts.into_iter().zip(alerting) {
            check_tester_alert(corpus, dialect, recorded, event);
        }
    }
}

fn check_tester_alert(corpus: &str, dialect: Dialect, recorded: &str, event: &Value) {
    let (id, rest) = recorded.strip_prefix("** Alert ").unwrap().split_once(':').unwrap();
    let (epoch, n) = id.split_once('.').unwrap();
    let time = epoch.parse().unwrap();
    let mut alert = made(time, b"stdin", &bytes(event["event"].as_str().unwrap()));
    alert.dialect = dialect;
    alert.id.n = n.parse().unwrap();
    // In the header: the group, which the other file does not have, and the host of the machine where the
    // line has none.
    alert.group = bytes(rest.lines().next().unwrap().split_once("- ").unwrap().1);
    alert.event.hostname = alert.event.append(&bytes(event["hostname"].as_str().unwrap()));
    alert.rule.id = event["rule"].as_u64().unwrap() as u32;
    alert.rule.level = event["level"].as_u64().unwrap() as u16;
    alert.description = event["description"].as_str().map(bytes);
    set_fields(&mut alert, &event["fields"]);
    take_mail_and_context(&mut alert, &bytes(recorded));
    let written = latin1(&alert.write(text::write));
    assert_eq!(written, recorded, "{corpus}");
}

fn set_fields(alert: &mut support::Made, fields: &Value) {
    for (label, value) in fields.as_object().unwrap() {
        if let Some(field) =
            StaticField::ALL.into_iter().find(|f| f.tester_label() == label.as_str())
        {
            alert.set(field, &bytes(value.as_str().unwrap()));
        }
    }
}
