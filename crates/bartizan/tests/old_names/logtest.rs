//! `ossec-logtest` (decoding 11).

use crate::installed::{Installed, RULES, check};

const FAILED: &str =
    "Mar  2 17:30:52 host sshd[1]: Failed password for root from 1.2.3.4 port 22 ssh2";

const PROMPT: &str = "ossec-testrule: Type one log per line.\n\n";

const FAILED_HEAD: &str = "

**Phase 1: Completed pre-decoding.
       full event: 'Mar  2 17:30:52 host sshd[1]: Failed password for root from 1.2.3.4 port 22 ssh2'
       hostname: 'host'
       program_name: 'sshd'
       log: 'Failed password for root from 1.2.3.4 port 22 ssh2'

**Phase 2: Completed decoding.
       dstuser: 'root'
       srcip: '1.2.3.4'
       decoder: 'sshd'
";

const FAILED_TAIL: &str = "
**Phase 3: Completed filtering (rules).
       Rule id: '5716'
       Level: '5'
       Description: 'SSHD authentication failed.'
       Info - Link: 'http://example.org/'
       Info - Text: 'Text.'
       Info - CVE: '2026-1'
**Alert to be generated.


";

fn host() -> String {
    crate::support::server_name()
}

fn unknown(line: &str) -> String {
    let host = host();
    format!(
        "\n\n**Phase 1: Completed pre-decoding.\n       full event: '{line}'\n       hostname: '{host}'\n       \
         program_name: '(null)'\n       log: '{line}'\n\n**Phase 2: Completed decoding.\n       \
         No decoder matched.\n       decoder: '(null)'\n"
    )
}

#[test]
fn the_phases_are_written_to_standard_error() {
    let input = format!("{FAILED}\n");
    let output = Installed::new().run("ossec-logtest", &[], input.as_bytes());
    check(&output, 0, "", &format!("{PROMPT}{FAILED_HEAD}{FAILED_TAIL}"));
}

#[test]
fn several_lines_follow_each_other_and_short_ones_are_skipped() {
    let quiet = "Mar  2 17:30:52 host sshd[1]: quiet now";
    let own = "Mar  2 17:30:52 host sshd: own one two";
    let input = format!("what is this\n\nx\n{quiet}\n{own}\n{FAILED}");
    let output = Installed::new().run("ossec-logtest", &["-q", "-d", "-d"], input.as_bytes());
    let expected = [
        PROMPT,
        &unknown("what is this"),
        "

**Phase 1: Completed pre-decoding.
       full event: 'Mar  2 17:30:52 host sshd[1]: quiet now'
       hostname: 'host'
       program_name: 'sshd'
       log: 'quiet now'

**Phase 2: Completed decoding.
       decoder: 'sshd'

**Phase 3: Completed filtering (rules).
       Rule id: '5717'
       Level: '0'
       Description: 'Quiet.'


**Phase 1: Completed pre-decoding.
       full event: 'Mar  2 17:30:52 host sshd: own one two'
       hostname: 'host'
       program_name: 'sshd'
       log: 'own one two'

**Phase 2: Completed decoding.
       id: 'one'
       id: 'two'
       decoder: 'sshd-own'
",
        FAILED_HEAD,
        FAILED_TAIL,
    ];
    check(&output, 0, "", &expected.concat());
}

#[test]
fn a_long_line_becomes_several_events() {
    let mut input = vec![b'x'; 6_135 + 10];
    input.push(b'\n');
    let output = Installed::new().run("ossec-logtest", &[], &input);
    let expected = [&"x".repeat(6_135), "xxxxxxxxxx"].map(unknown).concat();
    check(&output, 0, "", &format!("{PROMPT}{expected}"));
}

#[test]
fn verbose_shows_the_rules_that_are_tried() {
    let input = format!("{FAILED}\n");
    let output = Installed::new().run("ossec-logtest", &["-v"], input.as_bytes());
    let tried = "
**Rule debugging:
    Trying rule: 1 - All of syslog.
       *Rule 1 matched.
       *Trying child rules.
    Trying rule: 5700 - SSHD messages grouped.
       *Rule 5700 matched.
       *Trying child rules.
    Trying rule: 5717 - Quiet.
    Trying rule: 5716 - SSHD authentication failed.
       *Rule 5716 matched.
";
    check(&output, 0, "", &format!("{PROMPT}{FAILED_HEAD}{tried}{FAILED_TAIL}"));
}

#[test]
fn alerts_are_written_to_standard_output_and_numbered() {
    let input = format!("{FAILED}\nnothing here\n{FAILED}\n");
    let output = Installed::new().run("ossec-logtest", &["-a"], input.as_bytes());
    assert_eq!(String::from_utf8_lossy(&output.stderr), PROMPT);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let alerts: Vec<&str> = text.split_terminator("\n\n").collect();
    assert_eq!(alerts.len(), 2, "{text}");
    for (number, alert) in (1..).zip(alerts) {
        let lines: Vec<&str> = alert.lines().collect();
        assert!(lines[0].starts_with("** Alert "), "{text}");
        let expected = format!(".{number}: - syslog,sshd,authentication_failed,");
        assert!(lines[0].ends_with(&expected), "{text}");
        assert!(lines[1].ends_with(" host->stdin"), "{text}");
        assert_eq!(
            lines[2..],
            [
                "Rule: 5716 (level 5) -> 'SSHD authentication failed.'",
                "Src IP: 1.2.3.4",
                "User: root",
                FAILED
            ]
        );
    }
}

#[track_caller]
fn check_unit_test(input: &str, expected: &str, status: i32, stdout: &str, told: &str) {
    let output = Installed::new().run("ossec-logtest", &["-q", "-U", expected], input.as_bytes());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(told), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), stdout, "{said}");
    assert_eq!(output.status.code(), Some(status), "{said}");
}

#[test]
fn the_exit_status_tells_how_far_the_last_event_is_as_expected() {
    let line = format!("{FAILED}\n");
    let names = "lf->decoder_info->name: 'sshd'\nut_decoder_name       : 'sshd'\n";
    check_unit_test(&line, "5716:5:sshd", 0, "0\n", names);
    let any_case = "lf->decoder_info->name: 'sshd'\nut_decoder_name       : 'SSHD'\n";
    check_unit_test(&line, "5716:5:SSHD", 0, "0\n", any_case);
    check_unit_test(&line, "5716:05:sshd", 1, "", names);
    check_unit_test(&line, "5716:4:sshd", 1, "", names);
    check_unit_test(&line, "5717:5:sshd", 2, "", names);
    let wrong = "decoder matched : 'sshd'\ndecoder expected: 'su'\n";
    check_unit_test(&line, "5716:5:su", 3, "", wrong);
    check_unit_test("what is this\n", "5716:5:sshd", 3, "", "decoder matched : 'NULL'\n");
}

#[test]
fn the_last_event_decides_and_none_at_all_is_success() {
    check_unit_test("", "5716:5:sshd", 0, "", "");
    check_unit_test("x\n", "5716:5:sshd", 0, "", "");
    check_unit_test(&format!("{FAILED}\nwhat is this\n"), "5716:5:sshd", 3, "0\n", "NULL");
    check_unit_test(&format!("what is this\n{FAILED}\n"), "5716:5:sshd", 0, "0\n", "NULL");
}

#[test]
fn a_decoded_event_without_a_rule_ends_the_test_at_once() {
    let decoders = "<decoder name=\"o\"><prematch>^o </prematch></decoder>";
    let rules = "<group name=\"x,\"><rule id=\"1\" level=\"0\" noalert=\"1\">\
         <category>firewall</category><description>t</description></rule></group>";
    let installed = Installed::with(decoders, rules, "");
    let output = installed.run("ossec-logtest", &["-U", "1:0:o"], b"o one\no two\n");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(255), "{said}");
    assert!(said.contains("No rule matched for decoder 'o'. Verify that "), "{said}");
    assert!(said.contains("o one") && !said.contains("o two"), "{said}");
}

#[test]
fn start_up_errors_and_bad_arguments_end_with_1() {
    let installed = Installed::new();
    for args in [&["-U", "5716"][..], &["-U", "5716:5"], &["-Z"]] {
        let output = installed.run("ossec-logtest", args, b"");
        assert_eq!(output.status.code(), Some(1), "{args:?}");
    }
    check(&installed.run("ossec-logtest", &["-t"], b"not read\n"), 0, "", "");
    let broken = Installed::with("<decoder name=\"a\">", RULES, "");
    for args in [&["-t"][..], &[], &["-U", "5716:5:sshd"]] {
        let output = broken.run("ossec-logtest", args, b"");
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("etc/decoder.xml:1:"));
    }
}

#[test]
fn state_is_read_and_never_written() {
    let decoders = "<decoder name=\"app\"><program_name>^app</program_name>\
         <regex>^user (\\S+)</regex><order>user</order><fts>name, user</fts></decoder>";
    let rules = "<group name=\"x,\"><rule id=\"7\" level=\"5\"><if_fts /><decoded_as>app</decoded_as>\
         <description>New.</description></rule></group>";
    let installed = Installed::with(decoders, rules, "");
    let line = "Mar  2 17:30:52 host app: user bob\n";
    let fired = |input: &str| {
        let output = installed.run("ossec-logtest", &["-a"], input.as_bytes());
        String::from_utf8_lossy(&output.stdout).matches("** Alert").count()
    };
    assert_eq!(fired(&format!("{line}{line}")), 1, "in one process only once");
    assert_eq!(fired(line), 1, "nothing was kept");
    installed.home.write("queue/fts/fts-queue", b"app  bob      \n");
    assert_eq!(fired(line), 0, "what the daemon has seen is known");
}
