use bartizan_base::Timestamp;
use proptest::prelude::*;

use super::*;

fn decoded(dialect: Dialect, location: &str, line: &[u8]) -> (String, Option<String>, String) {
    let mut event = Event::default();
    event.reset(b'1', location.as_bytes(), line, Timestamp(0));
    predecode(&mut event, dialect, b"server");
    let text = |t: Text| String::from_utf8_lossy(event.bytes(t)).into_owned();
    (text(event.hostname), event.program_name.map(text), text(event.log))
}

#[track_caller]
fn check_in(dialect: Dialect, line: &str, host: &str, program: Option<&str>, log: &str) {
    let got = decoded(dialect, "stdin", line.as_bytes());
    assert_eq!(got, (host.to_owned(), program.map(str::to_owned), log.to_owned()), "{line}");
}

#[track_caller]
fn check(line: &str, host: &str, program: Option<&str>, log: &str) {
    check_in(Dialect::OSSEC_4_3, line, host, program, log);
}

#[track_caller]
fn check_syslog(rest: &str, host: &str, program: Option<&str>, log: &str) {
    check(&format!("Dec 29 10:00:01 {rest}"), host, program, log);
}

#[test]
fn syslog_headers_give_host_and_program() {
    check_syslog("host prog[12]: hello world", "host", Some("prog"), "hello world");
    check_syslog("host prog[12] hello world", "host", Some("prog"), "hello world");
    check_syslog("host prog[12]hello world", "host", None, "prog[12]hello world");
    check_syslog("host prog[12x]: hello world", "host", None, "prog[12x]: hello world");
    check_syslog("host prog[]: hello world", "host", None, "prog[]: hello world");
    check_syslog("host prog:hello world", "host", None, "prog:hello world");
    check_syslog("host prog hello world", "host", None, "prog hello world");
    check_syslog("host last message repeated", "host", None, "last message repeated");
    check_syslog("host : hello world", "host", Some(""), "hello world");
}

#[test]
fn odd_hosts_are_none() {
    check_syslog("prog: hello world", "server", Some("prog"), "hello world");
    check_syslog("prog[12]: hello world", "server", None, "prog[12]: hello world");
    check_syslog(" host prog: hello", "host", Some("prog"), "hello");
    check_syslog("  host prog: hello", "", None, "host prog: hello");
    check_syslog("2001:db8::1 prog: hello", "server", None, "2001:db8::1 prog: hello");
    check_syslog("ho~st prog: hello", "server", None, "ho~st prog: hello");
    check("Dec  9 10:00:01 ", "server", None, "Dec  9 10:00:01 ");
}

#[test]
fn solaris_message_ids_are_cut() {
    check_syslog("host prog: [ID 123456 auth.info] hello", "host", Some("prog"), "hello");
    let whole = "[ID 123456 auth.info]hello";
    check_syslog(&format!("host prog[12]: {whole}"), "host", Some("prog"), whole);
    let line = "Dec 29 10:00:01 host prog: [ID 1 a.b]hello";
    check_in(Dialect::ossec_2_8(), line, "host", Some("prog"), "ello");
}

#[test]
fn aix_facilities_are_skipped() {
    check_syslog("host auth|security:info sshd[12]: hello", "host", Some("sshd"), "hello");
    check_syslog("host auth|security: sshd: hello", "host", Some("sshd"), "hello");
}

#[test]
fn odd_aix_headers_leave_odd_rests_in_the_dialect_and_none_by_default() {
    let rest = "host auth|security:info sshd[12] hello world";
    check_syslog(rest, "host", Some("sshd"), "auth|security:info sshd");
    let line = format!("Dec 29 10:00:01 {rest}");
    check_in(Dialect::OURS, &line, "host", None, "auth|security:info sshd[12] hello world");
    let rest = "host auth|security:info sshd hello world";
    check_syslog(rest, "host", Some("sshd hello world"), " hello world");
    let line = format!("Dec 29 10:00:01 {rest}");
    check_in(Dialect::OURS, &line, "host", None, "auth|security:info sshd hello world");
}

#[test]
fn all_time_stamps_are_known() {
    for stamp in [
        "2015-04-16 21:51:02,805",
        "2007-06-14T15:48:55-04:00",
        "2007-06-14T15:48:55.3-04:00",
        "2007-06-14T15:48:55.33,04:00",
        "2007-06-14T15:48:55.335-04:00",
        "2007-06-14T15:48:55,335211-04:00",
        "2015 Dec 29 10:00:01",
        "2019:11:06-00:08:03",
        "XXX 99 99:99:99",
        "M\u{e4}r 02 17:30:52",
    ] {
        check(&format!("{stamp} host prog[1]: hello"), "host", Some("prog"), "hello");
    }
}

#[test]
fn a_stray_colon_is_no_time_zone_by_default() {
    let line = "2007-06-14T15:48:55.335Z ab: prog[12]: hello there";
    check(line, "server", None, "rog[12]: hello there");
    check_in(Dialect::OURS, line, "server", None, line);
    let good = "2007-06-14T15:48:55.335211-04:00 host prog: x";
    check_in(Dialect::OURS, good, "host", Some("prog"), "x");
}

#[test]
fn old_programs_know_fewer_time_stamps() {
    for line in [
        "2015-04-16 21:51:02,805 host prog: hello",
        "2007-06-14T15:48:55.335-04:00 host prog: hello",
        "2015 Dec 29 10:00:01 WinEvtLog: Security",
        "2019:11:06-00:08:03 host prog: hello",
    ] {
        check_in(Dialect::ossec_2_8(), line, "server", None, line);
    }
    let line = "2007-06-14T15:48:55.335211-04:00 host prog: hello";
    check_in(Dialect::ossec_2_8(), line, "host", Some("prog"), "hello");
}

#[test]
fn other_formats_lose_only_the_time_stamp() {
    check("Mon Apr 17 18:27:14 2006 1 64.160.42.130 x", "server", None, " 1 64.160.42.130 x");
    check("01/28-09:13:16.240702  [**] x", "server", None, "[**] x");
    check("01/28/1979-09:13:16.240702  [**] x", "server", None, "[**] x");
    check("01/28/1979-09:13:16.240702 ", "server", None, "");
    check("[Fri Feb 11 18:06:35 2004] [warn] x", "server", None, "[warn] x");
    check(
        "1140804070.368  11623 192.168.0.1 TCP_MISS",
        "server",
        None,
        "11623 192.168.0.1 TCP_MISS",
    );
    check(
        "<13>Dec 29 10:00:01 host prog: hello",
        "server",
        None,
        "<13>Dec 29 10:00:01 host prog: hello",
    );
}

#[test]
fn asl_entries_are_read_until_the_host() {
    let time = "[Time 2006.12.28 15:53:55 UTC]";
    let check =
        |rest: &str, host, program, log| check(&format!("{time} {rest}"), host, program, log);
    check(
        "[Facility auth] [Sender sshd] [PID 483] [Message hello [x] there] [Level 3] [UID -2] [Host mac]",
        "mac",
        Some("sshd"),
        "hello [x",
    );
    check(
        "[Facility auth] [Sender sshd] [PID 483] [Level 3]",
        "server",
        Some("sshd"),
        " UTC] [Facility auth] [Sender sshd",
    );
    check("[Host mac] [Message lost]", "mac", None, " UTC] [Host mac");
    check("[Message open", "server", None, "open");
}

#[test]
fn events_of_agents_have_their_location_as_host() {
    let mut event = Event::default();
    let line = b"Dec 29 10:00:01 host prog: hello";
    event.reset(b'1', b"(web01) 10.0.0.5->/var/log/auth.log", line, Timestamp(0));
    predecode(&mut event, Dialect::OURS, b"server");
    assert_eq!(event.hostname, event.location);
    assert_eq!(event.bytes(event.log), b"hello");
}

#[test]
fn integrity_messages_stay_whole_by_default() {
    let line = b"Dec 29 10:00:01 host prog: hello";
    for (dialect, log) in [(Dialect::OURS, &line[..]), (Dialect::OSSEC_4_3, b"hello")] {
        let mut event = Event::default();
        event.reset(b'9', b"rootcheck", line, Timestamp(0));
        predecode(&mut event, dialect, b"server");
        assert_eq!(event.bytes(event.log), log);
    }
}

fn any_dialect() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(Dialect::OURS), Just(Dialect::OSSEC_4_3), Just(Dialect::ossec_2_8())]
}

/// Headers with a few bytes changed: nearly right is where positions go wrong.
fn damaged_header() -> impl Strategy<Value = Vec<u8>> {
    let headers = [
        "Dec 29 10:00:01 host prog[12]: [ID 1 a.b] hello",
        "M\u{e4}r 29 10:00:01 host auth|security:info sshd[12]: hello",
        "2007-06-14T15:48:55.335211-04:00 host prog: hello",
        "01/28/1979-09:13:16.240702  [**]",
        "[Time 2006.12.28 15:53:55 UTC] [Sender sshd] [Message x] [Host mac]",
        "1140804070.368  11623 192.168.0.1 TCP_MISS",
    ];
    let cut = any::<prop::sample::Index>();
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (prop::sample::select(headers.to_vec()), cut, changes).prop_map(|(header, cut, changes)| {
        let mut bytes = header.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        bytes
    })
}

proptest! {
    #[test]
    fn every_part_lies_within_the_text(
        dialect in any_dialect(),
        text in prop_oneof![damaged_header(), prop::collection::vec(any::<u8>(), 0..80)],
    ) {
        let header = read(&text, dialect);
        for part in [Some(header.log), header.hostname, header.program_name].into_iter().flatten() {
            prop_assert!(part.start <= part.end && part.range().end <= text.len());
        }
    }
}
