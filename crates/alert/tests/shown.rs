//! Text for people: the tester's phases, the terminal, and the samples of the specification.

#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use bartizan_alert::terminal::{self, Colour};
use bartizan_alert::{RuleFacts, json, tester, text};
use bartizan_base::{
    Category, DecoderInfo, Deviation, Dialect, FieldName, Member, MemberValue, StaticField,
};
use support::{Made, made};

fn sshd() -> Made {
    let log = b"Mar  2 17:30:52 host sshd[1]: Failed password for root from 1.2.3.4 port 22 ssh2";
    let mut event = made(1_795_509_650, b"stdin", log);
    event.event.hostname = event.event.append(b"host");
    event.event.program_name = Some(event.event.append(b"sshd"));
    event.event.log = event.event.full_log.slice(30, log.len());
    event.decoder = DecoderInfo { name: b"sshd".to_vec(), ..DecoderInfo::default() };
    for (field, value) in
        [(StaticField::DstUser, b"root".as_slice()), (StaticField::SrcIp, b"1.2.3.4")]
    {
        event.set(field, value);
        let text = event.event.decoded.field(field).unwrap();
        event.event.decoded.assigned.push((FieldName::Static(field), text));
    }
    event.description = Some(b"SSHD authentication failed.".to_vec());
    event.rule = RuleFacts { id: 5716, level: 5, ..RuleFacts::default() };
    event
}

fn phases(event: &Made) -> String {
    let mut out = Vec::new();
    tester::phase1(&event.event, event.dialect, &mut out);
    tester::phase2(&event.facts(), &mut out);
    let details = [("Text", &b"a text"[..]), ("CVE", b"2014-1")];
    tester::phase3(&event.rule(), details.into_iter(), true, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn the_tester_prints_its_three_phases() {
    let mut event = sshd();
    let expected = "\n\n**Phase 1: Completed pre-decoding.\n\
        \x20      full event: 'Mar  2 17:30:52 host sshd[1]: Failed password for root from 1.2.3.4 port 22 ssh2'\n\
        \x20      hostname: 'host'\n\
        \x20      program_name: 'sshd'\n\
        \x20      log: 'Failed password for root from 1.2.3.4 port 22 ssh2'\n\
        \n**Phase 2: Completed decoding.\n\
        \x20      dstuser: 'root'\n\
        \x20      srcip: '1.2.3.4'\n\
        \x20      decoder: 'sshd'\n\
        \n**Phase 3: Completed filtering (rules).\n\
        \x20      Rule id: '5716'\n\
        \x20      Level: '5'\n\
        \x20      Description: 'SSHD authentication failed.'\n\
        \x20      Info - Text: 'a text'\n\
        \x20      Info - CVE: '2014-1'\n\
        **Alert to be generated.\n\n\n";
    assert_eq!(phases(&event), expected);
    event.dialect = Dialect::ossec_2_8();
    let decoder_first = expected
        .replace("       decoder: 'sshd'\n", "")
        .replace("       dstuser", "       decoder: 'sshd'\n       dstuser");
    assert_eq!(phases(&event), decoder_first);
    event.decoder.name = b"a child's own name".to_vec();
    event.decoder.parent = Some(b"sshd".to_vec());
    assert_eq!(phases(&event), decoder_first);
}

#[test]
fn the_tester_says_when_there_is_no_decoder_and_no_description() {
    let mut event = made(0, b"stdin", b"x\x1b[1m");
    event.description = None;
    let mut out = Vec::new();
    tester::phase1(&event.event, Dialect::OURS, &mut out);
    tester::phase2(&event.facts(), &mut out);
    tester::phase3(&event.rule(), std::iter::empty(), false, &mut out);
    let shown = String::from_utf8(out).unwrap();
    assert!(shown.contains("       full event: 'x\\x1b[1m'\n"), "{shown}");
    assert!(shown.contains("       program_name: '(null)'\n"), "{shown}");
    assert!(
        shown.contains(
            "decoding.\n       No decoder matched.\n       decoder: '(null)'\n\n**Phase 3"
        )
    );
    assert!(shown.ends_with("       Description: '(null)'\n"), "{shown}");
    event.dialect = Dialect::ossec_2_8();
    let mut out = Vec::new();
    tester::phase2(&event.facts(), &mut out);
    assert_eq!(out, b"\n**Phase 2: Completed decoding.\n       No decoder matched.\n");
}

#[test]
fn verbose_testing_names_each_rule_that_is_tried() {
    let event = sshd();
    let mut out = Vec::new();
    tester::trying(&event.rule(), &mut out);
    tester::matched(&event.rule(), &mut out);
    let expected =
        "    Trying rule: 5716 - SSHD authentication failed.\n       *Rule 5716 matched.\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn the_samples_of_the_text_form() {
    let mut alert = made(1_795_509_650, b"stdin", b"AAA 4");
    alert.rule = RuleFacts { id: 100_002, level: 10, mails: true, ..RuleFacts::default() };
    alert.description = Some(b"d100002".to_vec());
    alert.group = b"syslog,t,".to_vec();
    alert.id.n = 4;
    alert.context = ["AAA 3", "AAA 2", "AAA 0"].map(|line| line.as_bytes().to_vec()).to_vec();
    let expected = "** Alert 1795509650.4: mail  - syslog,t,\n2026 Nov 24 08:40:50 vm->stdin\n\
        Rule: 100002 (level 10) -> 'd100002'\nAAA 4\nAAA 3\nAAA 2\nAAA 0\n\n";
    assert_eq!(String::from_utf8(alert.write(text::write)).unwrap(), expected);
}

#[test]
fn the_sample_of_the_json_form() {
    let expected = r#"{"rule":{"level":5,"comment":"d100003","sidid":100003,"firedtimes":2,"group":"syslog,t,","groups":["syslog","t"]},"id":"1795509650.5","TimeStamp":1795509650000,"decoder":"tst","decoder_parent":"tst","action":"drop","srcip":"1.1.1.1","srcport":"11","srcuser":"al","dstip":"2.2.2.2","dstport":"22","dstuser":"bob","location":"(agent1) 10.0.0.5->/var/log/x","full_log":"…","hostname":"(agent1) 10.0.0.5->/var/log/x","program_name":"tst","status":"ok","url":"/x","data":"extra","mydyn":"D","decoder_desc":{"parent":"tst","name":"tst"},"agent_name":"agent1","agentip":"10.0.0.5","timestamp":"2026 Nov 24 08:40:50","logfile":"/var/log/x"}"#;
    let mut alert = made(1_795_509_650, b"(agent1) 10.0.0.5->/var/log/x", "…".as_bytes());
    alert.rule = RuleFacts { id: 100_003, level: 5, fired_times: 2, ..RuleFacts::default() };
    alert.description = Some(b"d100003".to_vec());
    alert.group = b"syslog,t,".to_vec();
    alert.id.n = 5;
    alert.decoder = DecoderInfo {
        name: b"tst".to_vec(),
        parent: Some(b"tst".to_vec()),
        ..DecoderInfo::default()
    };
    alert.event.program_name = Some(alert.event.append(b"tst"));
    for (field, value) in [
        (StaticField::Action, "drop"),
        (StaticField::SrcIp, "1.1.1.1"),
        (StaticField::SrcPort, "11"),
        (StaticField::SrcUser, "al"),
        (StaticField::DstIp, "2.2.2.2"),
        (StaticField::DstPort, "22"),
        (StaticField::DstUser, "bob"),
        (StaticField::Status, "ok"),
        (StaticField::Url, "/x"),
        (StaticField::Data, "extra"),
    ] {
        alert.set(field, value.as_bytes());
    }
    let name = alert.names.intern(b"mydyn");
    for value in [b"D", b"E"] {
        let text = alert.event.append(value);
        alert.event.decoded.dynamic.push((name, text));
    }
    assert_eq!(String::from_utf8(alert.write(json::write)).unwrap(), format!("{expected}\n"));
}

/// Second line of the alert of an event.
fn head(alert: &Made) -> String {
    let text = String::from_utf8(alert.write(text::write)).unwrap();
    text.lines().nth(1).unwrap().split_at(21).1.to_owned()
}

#[test]
fn the_location_of_an_agent_stands_once_unless_the_original_repeats_it() {
    let location = "(ag) 1.2.3.4->syscheck";
    let twice = format!("{location}->{location}");
    let mut alert = made(0, location.as_bytes(), b"x");
    for (dialect, kind, expected) in [
        (Dialect::OURS, b'8', location),
        (Dialect::OSSEC_4_3, b'8', &twice),
        (Dialect::OSSEC_4_3, b'1', location),
        (Dialect::OSSEC_4_3, b'9', location),
        (Dialect::ossec_2_8(), b'8', location),
        (Dialect::OURS.with(Deviation::LocationTwice, true), b'8', &twice),
    ] {
        alert.dialect = dialect;
        alert.event.kind = kind;
        assert_eq!(head(&alert), expected, "{dialect}");
    }
    // An alert of another server: the plugin makes the location and a host name of the same text.
    let mut alert = made(0, b"stdin|(ag) 1.2.3.4->/var/log/auth.log", b"x");
    alert.event.hostname = alert.event.location;
    alert.event.decoded.category = Category::OssecAlert;
    assert_eq!(head(&alert), "stdin|(ag) 1.2.3.4->/var/log/auth.log");
    alert.dialect = Dialect::OSSEC_4_3;
    let location = "stdin|(ag) 1.2.3.4->/var/log/auth.log";
    assert_eq!(head(&alert), format!("{location}->{location}"));
}

#[test]
fn a_terminal_shows_who_did_what_and_cannot_be_driven() {
    let mut alert = sshd();
    alert.rule.level = 10;
    alert.context = vec![b"earlier\x1b]0;title\x07\ttab".to_vec(), "rtl \u{202e}\u{9b}31m".into()];
    let write = |alert: &Made, colour| {
        String::from_utf8(alert.write(|alert, out| terminal::write(alert, colour, out))).unwrap()
    };
    assert_eq!(
        write(&alert, Colour::Off),
        "08:40:50  level 10 high      5716   SSHD authentication failed.\n\
         \x20         host → stdin · 1.2.3.4 · user root\n\
         \x20         Mar  2 17:30:52 host sshd[1]: Failed password for root from 1.2.3.4 port 22 ssh2\n\
         \x20         │ earlier\\x1b]0;title\\x07    tab\n\
         \x20         │ rtl \\u{202e}\\x9b31m\n"
    );
    let coloured = write(&alert, Colour::On);
    assert!(coloured.contains("\x1b[1;31mlevel 10 high\x1b[0m"), "{coloured:?}");
    let mut plain = coloured;
    for code in ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[1;31m"] {
        plain = plain.replace(code, "");
    }
    assert_eq!(plain, write(&alert, Colour::Off));
}

#[test]
fn severity_grows_with_the_level() {
    let words: Vec<&str> = [0, 3, 4, 6, 7, 9, 10, 11, 12, 16, 99]
        .map(|level| terminal::Severity::of(level).word())
        .to_vec();
    let expected = [
        "info", "info", "low", "low", "medium", "medium", "high", "high", "critical", "critical",
        "critical",
    ];
    assert_eq!(words, expected);
}

#[test]
fn only_an_event_says_whether_rootcheck_saw_its_text_for_the_first_time() {
    let mut alert = made(0, b"rootcheck", b"x");
    alert.decoder = DecoderInfo {
        name: b"rootcheck".to_vec(),
        fts: bartizan_base::FtsKeys(4096),
        ..DecoderInfo::default()
    };
    let desc = |alert: &Made| {
        let json: serde_json::Value = serde_json::from_slice(&alert.write(json::write)).unwrap();
        json["decoder_desc"].to_string()
    };
    assert_eq!(desc(&alert), r#"{"name":"rootcheck"}"#);
    alert.event.decoded.is_first_seen = true;
    assert_eq!(desc(&alert), r#"{"fts":4096,"name":"rootcheck"}"#);
}

/// An event of JSON with these members: name, number of the object above, value.
fn with_members(members: &[(&str, u32, Option<&str>)]) -> Made {
    let mut alert = made(0, b"/var/log/app.json", b"{}");
    for &(name, above, value) in members {
        let name = alert.event.append(name.as_bytes());
        let value = match value {
            None => MemberValue::Object,
            Some(text) if text.starts_with('[') => {
                MemberValue::Array(alert.event.append(text.as_bytes()))
            }
            Some(text) => MemberValue::Text(alert.event.append(text.as_bytes())),
        };
        alert.event.decoded.members.push(Member { name, above, value, named: None });
    }
    alert
}

const TOP: u32 = Member::TOP;

#[test]
fn what_a_log_of_json_brought_stands_together_and_nested() {
    let mut alert = with_members(&[
        ("rule", TOP, None),
        ("level", 0, Some("15")),
        ("deep", 0, None),
        ("x", 2, Some("a\n\"b\u{7f}")),
        ("tags", TOP, Some("[\"a b\", {\n\t\t\"c\":\t1\n\t}]")),
        ("rule", TOP, None),
        ("id", 5, None),
        ("y", 6, Some("left out: the name is taken")),
        ("last", TOP, Some("1")),
    ]);
    let name = alert.names.intern(b"rule.level");
    let plain = alert.names.intern(b"plain");
    let level = alert.event.decoded.members[1].value.text().unwrap();
    alert.event.decoded.members[1].named = Some(name);
    alert.event.decoded.dynamic.extend([(name, level), (plain, level)]);
    for line in [alert.write(json::write), alert.write(archive_json)] {
        let text = String::from_utf8(line).unwrap();
        let expected = "\"plain\":\"15\",\"json\":{\"rule\":{\"level\":\"15\",\"deep\":{\"x\":\"a\\n\\\"b\\u007f\"}},\"tags\":[\"a b\",{\"c\":1}],\"last\":\"1\"}";
        assert!(text.contains(expected), "{text}");
        assert_eq!(text.matches("\"15\"").count(), 2, "{text}");
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
    }
}

fn archive_json(alert: &bartizan_alert::Alert<'_>, out: &mut Vec<u8>) {
    bartizan_alert::archive::write_json(&alert.event, None, out);
}

#[test]
fn the_tester_shows_members_by_their_paths_and_cannot_be_deceived_by_names() {
    let alert = with_members(&[
        ("user", TOP, None),
        ("na\nme", 0, Some("eve\n")),
        ("list", TOP, Some("[1]")),
    ]);
    let mut out = Vec::new();
    tester::phase2(&alert.facts(), &mut out);
    let expected = "       user.na\\nme: 'eve\\n'\n       list: '[1]'\n";
    assert!(String::from_utf8(out).unwrap().contains(expected));
}
