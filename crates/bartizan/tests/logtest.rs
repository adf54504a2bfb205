//! `logtest`: long lines, and options that cannot go together.

mod support;

use support::{Home, bartizan, objects, timed};

/// A line of 7,000 bytes, as each dialect takes it: the lengths of the events it becomes.
#[track_caller]
fn check_long(dialect: &str, expected: &[usize]) {
    let home = Home::empty();
    home.write("etc/decoder.xml", b"<decoder name=\"a\"><prematch>^zz </prematch></decoder>");
    home.write(
        "rules/case.xml",
        b"<group name=\"t,\"><rule id=\"1\" level=\"0\"><category>syslog</category>\
          <description>t</description></rule></group>",
    );
    home.write(
        "etc/ossec.conf",
        b"<ossec_config><global><email_notification>no</email_notification></global>\
          <rules><include>case.xml</include></rules></ossec_config>",
    );
    let line = "x".repeat(7_000);
    let input = timed([(1_764_576_000, line.clone())]);
    let by_object = home.run(&["logtest", "--json", "--timed", "--dialect", dialect], &input);
    let by_line = home.run(&["logtest", "--json", "--dialect", dialect], line.as_bytes());
    for output in [by_object, by_line] {
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let lengths: Vec<usize> = objects(&output)
            .iter()
            .map(|o| o["event"].as_str().unwrap_or_default().len())
            .collect();
        assert_eq!(lengths, expected, "{dialect}");
    }
}

#[test]
fn a_long_line_is_one_event_and_in_the_testers_several() {
    check_long("bartizan", &[7_000]);
    check_long("ossec-4.3", &[6_135, 865]);
    check_long("ossec-2.8", &[6_135, 865]);
}

#[test]
fn the_rest_of_an_endless_line_is_dropped_and_the_next_is_an_event() {
    let mut input = vec![b'x'; 17 << 20];
    input.extend_from_slice(b"\nnext line\n");
    let answers = objects(&bartizan(&["logtest", "--json"], &input));
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0]["cut"], true);
    assert_eq!(answers[1]["event"], "next line");
}

#[test]
fn options_that_would_be_ignored_are_refused() {
    for arguments in [
        &["logtest", "--json", "-a"][..],
        &["logtest", "--json", "-v"],
        &["logtest", "--json", "-U", "1:2:x"],
        &["logtest", "-U", "nonsense"],
        &["pattern", "--json", "abc"],
        &["pattern", "--json", "--language", "regex"],
        &["run", "--demo", "--from-start"],
        &["run", "--demo", "--state", "x"],
    ] {
        assert_eq!(bartizan(arguments, b"").status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn an_unknown_dialect_is_answered_with_the_known_ones() {
    let output = bartizan(&["logtest", "--dialect", "qqqqqqqqq"], b"");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no such dialect. Known: "), "{said}");
}
