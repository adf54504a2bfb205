//! The tester of OSSEC 2.8: `bartizan logtest --dialect ossec-2.8` (decoding 15).

use crate::installed::Installed;

#[track_caller]
fn check(line: &str, expected: &str) {
    let installed = Installed::new();
    let input = format!("{line}\n");
    let args = ["logtest", "-q", "--dialect", "ossec-2.8"];
    let output = installed.home.run(&args, input.as_bytes());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text, expected, "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_decoder_stands_first() {
    check(
        "Mar  2 17:30:52 host sshd[1]: Failed password for root from 1.2.3.4 port 22 ssh2",
        "

**Phase 1: Completed pre-decoding.
       full event: 'Mar  2 17:30:52 host sshd[1]: Failed password for root from 1.2.3.4 port 22 ssh2'
       hostname: 'host'
       program_name: 'sshd'
       log: 'Failed password for root from 1.2.3.4 port 22 ssh2'

**Phase 2: Completed decoding.
       decoder: 'sshd'
       dstuser: 'root'
       srcip: '1.2.3.4'

**Phase 3: Completed filtering (rules).
       Rule id: '5716'
       Level: '5'
       Description: 'SSHD authentication failed.'
       Info - Link: 'http://example.org/'
       Info - Text: 'Text.'
       Info - CVE: '2026-1'
**Alert to be generated.


",
    );
}

#[test]
fn the_top_level_decoder_is_shown_where_a_child_with_its_own_name_decoded() {
    check(
        "Mar  2 17:30:52 host sshd: own one two",
        "

**Phase 1: Completed pre-decoding.
       full event: 'Mar  2 17:30:52 host sshd: own one two'
       hostname: 'host'
       program_name: 'sshd'
       log: 'own one two'

**Phase 2: Completed decoding.
       decoder: 'sshd'
       id: 'one'
       id: 'two'
",
    );
}

#[test]
fn without_a_decoder_one_line_says_so() {
    let host = crate::support::server_name();
    let expected = format!(
        "

**Phase 1: Completed pre-decoding.
       full event: 'Mar  2 17:30:52.123 what is this'
       hostname: '{host}'
       program_name: '(null)'
       log: 'Mar  2 17:30:52.123 what is this'

**Phase 2: Completed decoding.
       No decoder matched.
"
    );
    check("Mar  2 17:30:52.123 what is this", &expected);
}
