//! Whoever writes logs cannot write alerts: `alerts.log` read back by a reader as trusting as the
//! original's (responses 1) says what the events say.

mod support;

use bartizan_alert::{Alert, archive, json, text};
use bartizan_base::StaticField;
use proptest::prelude::*;
use support::{Made, made};

/// What a reader makes of an alert.
#[derive(Debug, Default, PartialEq, Eq)]
struct Read {
    head: Vec<u8>,
    rule: Vec<u8>,
    srcip: Option<Vec<u8>>,
    user: Option<Vec<u8>>,
    logs: usize,
}

/// Reads as the original does: fields are taken wherever they stand, the last one wins, and the first empty
/// line behind a log line ends the alert; what follows is skipped up to the next header.
fn read(log: &[u8]) -> Vec<Read> {
    let mut alerts = Vec::new();
    let mut current: Option<Read> = None;
    for line in log.split(|&b| b == b'\n') {
        if let Some(head) = line.strip_prefix(b"** Alert ") {
            alerts.extend(current.take());
            current = Some(Read { head: head.to_vec(), ..Read::default() });
            continue;
        }
        let Some(alert) = &mut current else { continue };
        if let Some(rule) = line.strip_prefix(b"Rule: ") {
            alert.rule = rule.to_vec();
        } else if let Some(value) = line.strip_prefix(b"Src IP: ") {
            alert.srcip = Some(value.to_vec());
        } else if let Some(value) = line.strip_prefix(b"User: ") {
            alert.user = Some(value.to_vec());
        } else if !line.is_empty() {
            alert.logs += 1;
        } else if alert.logs > 1 {
            // One line is the date's.
            alerts.extend(current.take());
        }
    }
    alerts.extend(current);
    alerts
}

/// Pieces of which a log or a field is made that wants to be something else.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            &b"\n"[..],
            b"\n\n",
            b"\r\n",
            b"** Alert 1.1: mail  - syslog,",
            b"2026 Nov 24 08:40:50 web1->/var/log/x",
            b"Rule: 77 (level 9) -> 'zz'",
            b"Src IP: 6.6.6.6",
            b"User: root",
            b"What changed:",
            b"Old md5sum was: 'x'",
            b" ",
            b"x",
            b"'",
            b"\x1b[2J",
            b"\xff",
            "é".as_bytes(),
        ])
        .prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn alert() -> impl Strategy<Value = Made> {
    (
        (hostile(), hostile(), prop::bool::ANY),
        prop::option::of(hostile()),
        prop::option::of(hostile()),
        prop::collection::vec(hostile(), 0..3),
    )
        .prop_map(|((location, log, is_syscheck), srcip, user, context)| {
            let mut alert = made(7, &location, &log);
            if is_syscheck {
                alert.event.kind = b'8';
            }
            if let Some(srcip) = srcip {
                alert.set(StaticField::SrcIp, &srcip);
            }
            if let Some(user) = user {
                alert.set(StaticField::DstUser, &user);
            }
            alert.context = context;
            alert
        })
}

/// The number of bytes of `value` that come out as they are, to compare values up to the first escape.
fn clean(value: &[u8]) -> &[u8] {
    let end = value.iter().position(|&b| b < b' ' || b == 0x7f).unwrap_or(value.len());
    &value[..end]
}

proptest! {
    #[test]
    fn a_reader_sees_each_alert_once_and_its_own_fields(alerts in prop::collection::vec(alert(), 1..4)) {
        let log: Vec<u8> = alerts.iter().flat_map(|alert| alert.write(text::write)).collect();
        let seen = read(&log);
        prop_assert_eq!(seen.len(), alerts.len(), "{}", String::from_utf8_lossy(&log));
        for (seen, alert) in seen.iter().zip(&alerts) {
            prop_assert_eq!(&seen.head, b"7.1: - t,");
            prop_assert_eq!(&seen.rule, b"100001 (level 3) -> 'rule 100001'");
            for (value, field) in
                [(&seen.srcip, StaticField::SrcIp), (&seen.user, StaticField::DstUser)]
            {
                let own = alert.event.field(field);
                prop_assert_eq!(value.is_some(), own.is_some());
                prop_assert!(value.as_deref().unwrap_or_default().starts_with(clean(own.unwrap_or_default())));
            }
        }
    }

    #[test]
    fn every_line_of_an_archive_that_begins_with_a_date_is_an_event(alerts in prop::collection::vec(alert(), 1..4)) {
        let mut log = Vec::new();
        let written = alerts.iter().filter(|a| archive::write_text(&a.facts(), &mut log)).count();
        let dated = log.split(|&b| b == b'\n').filter(|line| line.starts_with(b"1970 Jan 01 00:00:07 "));
        let forged = log.split(|&b| b == b'\n').any(|line| line.starts_with(b"2026 Nov "));
        prop_assert_eq!(dated.count(), written);
        prop_assert!(!forged);
    }

    #[test]
    fn json_is_one_valid_line_whatever_the_event_says(alert in alert()) {
        let line = alert.write(json::write);
        prop_assert_eq!(line.iter().filter(|&&b| b == b'\n').count(), 1);
        let read: serde_json::Value = serde_json::from_slice(&line).unwrap();
        prop_assert_eq!(read["rule"]["sidid"].as_u64(), Some(100_001));
        let log = alert.event.bytes(alert.event.full_log);
        prop_assert_eq!(read["full_log"].as_str(), Some(&*String::from_utf8_lossy(log)));
    }
}

#[test]
fn the_reader_of_this_test_can_be_deceived() {
    let mut alert = made(7, b"/x", b"a\nRule: 77 (level 9) -> 'zz'\n\n** Alert 1.1: - x");
    alert.dialect = bartizan_base::Dialect::OSSEC_4_3;
    let seen = read(&alert.write(text::write));
    assert_eq!((seen.len(), &*seen[0].rule), (2, &b"77 (level 9) -> 'zz'"[..]));
}

#[test]
fn a_rootcheck_text_cannot_change_the_rule_it_fired() {
    let mut alert = made(
        7,
        b"rootcheck",
        b"x {level: 0} {sidid: 1} {PCI_DSS: 2.2.4, 6.1} {X y: 1} {CIS: 4.1 Debian}",
    );
    alert.group = b"ossec,rootcheck,pci_dss_1.1,".to_vec();
    let line = alert.write(json::write);
    let line = String::from_utf8(line).unwrap();
    assert!(
        line.starts_with(
            r#"{"rule":{"level":3,"comment":"rule 100001","sidid":100001,"firedtimes":1,"group":"ossec,rootcheck,pci_dss_1.1,","groups":["ossec","rootcheck"],"PCI_DSS":["1.1","2.2.4","6.1"],"CIS":["4.1 Debian"]},"#
        ),
        "{line}"
    );
}

#[test]
fn compliance_items_are_not_limited_to_ten_nor_to_the_beginning_of_a_text() {
    let mut log = "x".repeat(2000);
    for n in 0..20 {
        log.push_str(&format!("{{S{n}: a_value_that_is_longer_than_twenty_nine_bytes_{n}}}"));
    }
    let mut alert = made(7, b"rootcheck", log.as_bytes());
    alert.group = b"rootcheck".to_vec();
    let read: serde_json::Value = serde_json::from_slice(&alert.write(json::write)).unwrap();
    for n in 0..20 {
        let expected = format!("a_value_that_is_longer_than_twenty_nine_bytes_{n}");
        assert_eq!(read["rule"][format!("S{n}")], serde_json::json!([expected]));
    }
}

#[test]
fn writing_to_a_warm_buffer_gives_no_memory_back_and_takes_none() {
    let alert = made(7, b"/var/log/x", b"Dec  1 08:00:00 web1 tst: a");
    let context = |_: usize| None;
    let alert = Alert { event: alert.facts(), rule: alert.rule(), id: alert.id, context: &context };
    let mut out = Vec::with_capacity(4096);
    let before = out.as_ptr();
    for _ in 0..10 {
        out.clear();
        text::write(&alert, &mut out);
        json::write(&alert, &mut out);
    }
    assert_eq!((out.as_ptr(), out.capacity()), (before, 4096));
}
