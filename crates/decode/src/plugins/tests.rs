use bartizan_base::{Category, Timestamp};

use super::*;

fn run_at(kind: Kind, dialect: Dialect, location: &str, log: &str) -> Event {
    let mut event = Event::default();
    event.reset(b'1', location.as_bytes(), log.as_bytes(), Timestamp(0));
    event.hostname = event.append(b"host");
    let context = PluginContext { is_rule: &|id| id == 5715 };
    let names = FieldNames::default();
    let plugin = Plugin::new(kind, json::Options::default());
    plugin.run((dialect, &names), 0, &mut event, &mut DecodeScratch::default(), &context);
    event
}

/// The fields that are set, by the labels of the tester.
fn fields(event: &Event) -> String {
    let set = StaticField::ALL.iter().filter_map(|&field| {
        let value = String::from_utf8_lossy(event.field(field)?);
        Some(format!("{}={value}", field.tester_label()))
    });
    set.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(kind: Kind, log: &str, expected: &str) {
    let event = run_at(kind, Dialect::OSSEC_4_3, "stdin", log);
    assert_eq!(fields(&event), expected, "{log}");
    assert!(event.decoded.assigned.is_empty(), "the tester prints nothing of a plugin");
}

#[test]
fn pf_reads_addresses_ports_and_protocol() {
    check(
        Kind::Pf,
        "rule 2/(match) pass in on xl0: 140.211.166.3.6667 > 192.168.2.10.16290: P 7408:7677(269)",
        "srcip=140.211.166.3 dstip=192.168.2.10 srcport=6667 dstport=16290 proto=TCP action=pass",
    );
    check(
        Kind::Pf,
        "rule 3/(match) block out on xl0: 192.168.2.10 > 192.168.2.190.1030:  udp 73",
        "srcip=192.168.2.10 dstip=192.168.2.190 dstport=1030 proto=UDP action=block",
    );
    check(
        Kind::Pf,
        "x) block in on em0: 1.2.3.4 > 10.9.9.9: icmp: echo",
        "srcip=1.2.3.4 dstip=10.9.9.9 proto=ICMP action=block",
    );
}

#[test]
fn pf_keeps_what_it_knew_before_it_stops() {
    check(Kind::Pf, "x) rdr in on em0: 1.2.3.4 > 5.6.7.8: tcp", "");
    check(Kind::Pf, "x) pass in on em0 without a colon", "action=pass");
    check(Kind::Pf, "x) pass in on em0: 1.2.3.4 < 5.6.7.8: tcp", "srcip=1.2.3.4 action=pass");
    check(Kind::Pf, "nothing", "");
    check(Kind::Pf, ")", "");
    check(Kind::Pf, "x) pass :", "action=pass");
}

#[test]
fn pf_reads_ipv6_whole_by_default_and_cut_in_the_dialect() {
    let log = "x) pass in on em0: fe80::1.546 > ff02::1:2.547: dhcp6 solicit";
    let whole = run_at(Kind::Pf, Dialect::OURS, "stdin", log);
    assert_eq!(
        fields(&whole),
        "srcip=fe80::1 dstip=ff02::1:2 srcport=546 dstport=547 proto=TCP action=pass"
    );
    check(Kind::Pf, log, "srcip=fe80::1.546 dstip=ff02 proto=TCP action=pass");
}

#[test]
fn symantec_takes_the_first_of_each_number_and_a_glued_id() {
    check(
        Kind::SymantecWs,
        "20070717,73613,1=5,11=1.2.3.4,10=userc,10=other,3=1,2=1",
        "dstuser=userc srcip=1.2.3.4 id=3=1,2=1",
    );
    check(Kind::SymantecWs, "20070717,2=29,60=http://x/y,3=1234567", "id=2=29,60=h url=http://x/y");
    check(Kind::SymantecWs, "3=1 no comma", "");
    check(Kind::SymantecWs, "x,10=", "dstuser=");
    check(Kind::SymantecWs, "x,", "");
}

#[test]
fn sonicwall_tells_categories_apart() {
    let addresses = "src=2.2.2.2:36701:WAN dst=1.1.1.1:50000:WAN";
    let event = |log: &str| run_at(Kind::SonicWall, Dialect::OURS, "stdin", log);
    let opened =
        event(&format!("id=firewall pri=6 c=262144 m=98 msg=\"x\" {addresses} proto=tcp/50000"));
    assert_eq!(opened.decoded.category, Category::Firewall);
    assert_eq!(
        fields(&opened),
        "srcip=2.2.2.2 dstip=1.1.1.1 srcport=36701 dstport=50000 proto=tcp action=pass id=98 status=6"
    );
    let intrusion = event(&format!("pri=1 c=32 m=97 {addresses}"));
    assert_eq!(intrusion.decoded.category, Category::Ids);
    let request = event(&format!(
        "pri=6 c=1024 m=97 {addresses} proto=tcp/http op=GET result=200 dstname=www.x.org arg=/a"
    ));
    assert_eq!(request.decoded.category, Category::Squid);
    assert_eq!(request.field(StaticField::Id), Some(&b"200"[..]));
    assert_eq!(request.field(StaticField::Url), Some(&b"www.x.org/a"[..]));
    let stopped = event("pri=1 c=16 m=30 x");
    assert_eq!(stopped.decoded.category, Category::Syslog);
    assert_eq!(fields(&stopped), "id=30 status=1");
}

const ALERT: &str = "ossec: Alert Level: 3; Rule: 5715 - ok; Location: (web) 10.0.0.5->/var/log/auth.log; \
                     srcip: 10.0.0.7; user: ann;  Accepted publickey for ann";

#[test]
fn an_alert_of_another_server_becomes_the_event_it_is_about() {
    for (dialect, is_twice) in [(Dialect::OURS, false), (Dialect::OSSEC_4_3, true)] {
        let event = run_at(Kind::OssecAlert, dialect, "10.0.0.1", ALERT);
        assert_eq!(event.decoded.category, Category::OssecAlert);
        assert_eq!(event.decoded.reported_rule, Some(5715));
        assert_eq!(fields(&event), "dstuser=ann srcip=10.0.0.7");
        assert_eq!(event.bytes(event.log), b"Accepted publickey for ann");
        assert_eq!(event.full_log, event.log);
        let location = b"10.0.0.1|(web) 10.0.0.5->/var/log/auth.log";
        assert_eq!(event.bytes(event.location), location);
        assert_eq!(event.bytes(event.hostname), location);
        assert_eq!(event.hostname != event.location, is_twice);
    }
}

#[test]
fn an_alert_that_is_not_whole_reports_no_rule() {
    for log in [
        "Alert Level: 3; Rule: 5715 - ok",
        "Alert Level: 3",
        "Alert Level: 3; Rule: 9999 - not loaded; Location: x;  log",
        "Alert Level: 3; Rule: x5715 - ok; Location: x;  log",
        "Alert Level: 3; Rule: 5715 - ok; Place: x;  log",
        "Alert Level: 3; Rule: 5715 - ok; Location: x",
        "Level: 3; Rule: 5715 - ok; Location: x;  log",
    ] {
        let event = run_at(Kind::OssecAlert, Dialect::OURS, "stdin", log);
        assert_eq!(event.decoded.reported_rule, None, "{log}");
        assert_eq!(event.decoded.category, Category::OssecAlert);
        assert_eq!(event.bytes(event.location), b"stdin");
    }
}
