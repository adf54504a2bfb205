//! Decoders take the address that the program wrote, whatever a stranger put in front of it: responses act
//! on that address.

use bartizan_base::{Dialect, StaticField};
use bartizan_ruleset_tests::{Home, load};

/// The address of whoever connects in these lines.
const REAL: &str = "203.0.113.7";

/// Asks a line and compares source address and user.
fn check(line: &str, srcip: Option<&str>, user: Option<&str>) {
    let ruleset = load(Dialect::OURS).0.expect("the ruleset loads");
    let mut home = Home::new(&ruleset);
    home.ask(line.as_bytes());
    let found = (home.field(StaticField::SrcIp), home.field(StaticField::DstUser));
    assert_eq!((found.0.as_deref(), found.1.as_deref()), (srcip, user), "{line}");
}

/// Asks a line of `program` on a host.
fn check_syslog(program: &str, text: &str, srcip: Option<&str>, user: Option<&str>) {
    check(&format!("Nov 25 09:00:01 web1 {program}: {text}"), srcip, user);
}

#[test]
fn ordinary_lines_of_sshd() {
    let check = |text: &str, user| check_syslog("sshd[912]", text, Some(REAL), user);
    check("Accepted publickey for carol from 203.0.113.7 port 4 ssh2: RSA SHA256:x", Some("carol"));
    check("Failed password for root from 203.0.113.7 port 4 ssh2", Some("root"));
    check("Failed password for invalid user x from 203.0.113.7 port 4 ssh2", Some("x"));
    check(
        "message repeated 2 times: [ Failed password for x from 203.0.113.7 port 4 ssh2]",
        Some("x"),
    );
    check("Invalid user x from 203.0.113.7 port 4", Some("x"));
    check("Invalid user x from 203.0.113.7", Some("x"));
    check("error: PAM: Authentication failure for illegal user x from 203.0.113.7", Some("x"));
    check("User x from 203.0.113.7 not allowed because not listed in AllowUsers", Some("x"));
    check("Connection closed by invalid user x 203.0.113.7 port 4 [preauth]", Some("x"));
    check("Disconnected from authenticating user x 203.0.113.7 port 4 [preauth]", Some("x"));
    check("Received disconnect from 203.0.113.7 port 4:11: Bye Bye [preauth]", None);
    check("Did not receive identification string from 203.0.113.7 port 4", None);
    check("fatal: Timeout before authentication for 203.0.113.7 port 4", None);
    check("banner exchange: Connection from 203.0.113.7 port 4: invalid format", None);
    check("reverse mapping checking getaddrinfo for a.example.net [203.0.113.7] failed", None);
    check("drop connection #3 from [203.0.113.7]:4 on [192.0.2.10]:22 past MaxStartups", None);
    check("Disconnected from user carol 203.0.113.7 port 4", None);
    check_syslog(
        "sshd",
        "Accepted password for x from 2001:db8::7 port 4 ssh2",
        Some("2001:db8::7"),
        Some("x"),
    );
}

#[test]
fn a_user_name_cannot_bring_an_address_of_its_own() {
    let forged = "x from 192.0.2.66 port 1 ssh2";
    let check = |text: &str, srcip| {
        let text = text.replace("USER", forged);
        let ruleset = load(Dialect::OURS).0.expect("the ruleset loads");
        let mut home = Home::new(&ruleset);
        home.ask(format!("Nov 25 09:00:01 web1 sshd[912]: {text}").as_bytes());
        assert_eq!(home.field(StaticField::SrcIp).as_deref(), srcip, "{text}");
    };
    for text in [
        "Failed password for invalid user USER from 203.0.113.7 port 4 ssh2",
        "Failed none for invalid user USER from 203.0.113.7 port 4 ssh2 [preauth]",
        "Postponed keyboard-interactive for invalid user USER from 203.0.113.7 port 4 ssh2 [preauth]",
        "Invalid user USER from 203.0.113.7 port 4",
        "error: PAM: User not known for illegal user USER from 203.0.113.7",
        "error: maximum authentication attempts exceeded for invalid user USER from 203.0.113.7 port 4 ssh2",
        "User USER from 203.0.113.7 not allowed because not listed in AllowUsers",
        "Connection closed by invalid user USER 203.0.113.7 port 4 [preauth]",
        "Disconnecting invalid user USER 203.0.113.7 port 4: Too many authentication failures [preauth]",
        "Bad protocol version identification 'USER' from 203.0.113.7 port 4",
    ] {
        check(text, Some(REAL));
    }
    for text in [
        "input_userauth_request: invalid user USER [preauth]",
        "Disconnecting: Too many authentication failures for USER [preauth]",
        "error: kex_exchange_identification: client sent invalid protocol identifier \"USER\"",
        "User USER not allowed because shell /bin/false does not exist",
        "Received disconnect USER",
    ] {
        check(text, None);
    }
}

#[test]
fn pam_names_the_host_behind_what_the_client_said() {
    let check = |text: &str, srcip, user| check_syslog("dovecot", text, srcip, user);
    check(
        "pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=x rhost=192.0.2.66 rhost=203.0.113.7  user=carol",
        Some(REAL),
        Some("carol"),
    );
    check(
        "pam_unix(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser=x user=root rhost=203.0.113.7 ",
        Some(REAL),
        None,
    );
    check(
        "pam_unix(x:session): session opened for user carol(uid=1001) by dave(uid=0)",
        None,
        Some("carol"),
    );
    check("pam_unix(passwd:chauthtok): password changed for carol", None, Some("carol"));
    check(
        "pam_faillock(sshd:auth): Consecutive login failures for user carol account temporarily locked",
        None,
        Some("carol"),
    );
}

#[test]
fn a_web_client_cannot_choose_its_address() {
    for line in [
        "203.0.113.7 - - [25/Nov/2025:09:00:01 +0000] \"GET / HTTP/1.1\" 404 1 \"-\" \"x\"",
        "www.example.org 203.0.113.7 - - [25/Nov/2025:09:00:01 +0000] \"GET / HTTP/1.1\" 404 1",
        "203.0.113.7 - 192.0.2.66 [25/Nov/2025:09:00:01 +0000] \"GET / HTTP/1.1\" 401 1 \"-\" \"x\"",
        "203.0.113.7 - 192.0.2.66 - - [1/Jan/2025:09:00:01 +0000] [25/Nov/2025:09:00:01 +0000] \"GET / HTTP/1.1\" 401 1 \"-\" \"x\"",
        "203.0.113.7 - - [25/Nov/2025:09:00:01 +0000] \"192.0.2.66 - - [25/Nov/2025:09:00:01 +0000]\" 400 1 \"-\" \"-\"",
        "[Tue Nov 25 09:00:01.123456 2025] [core:error] [pid 1] [client 203.0.113.7:5] AH1: x [client 192.0.2.66:5] x",
    ] {
        check(line, Some(REAL), None);
    }
}

#[test]
fn the_user_of_sudo_is_who_asked() {
    let text = "   carol : TTY=pts/0 ; PWD=/home/carol ; USER=root ; COMMAND=/bin/echo dave : TTY=pts/9 ; PWD=/ ; USER=x ; COMMAND=y";
    check_syslog("sudo", text, None, Some("carol"));
    check_syslog("su", "(to root) carol on pts/0", None, Some("root"));
    check_syslog(
        "useradd[9]",
        "new user: name=dave, UID=1, GID=1, home=/h, shell=/s",
        None,
        Some("dave"),
    );
    check_syslog("usermod[9]", "add 'dave' to group 'sudo'", None, Some("dave"));
    check_syslog("crontab[9]", "(carol) REPLACE (root)", None, Some("carol"));
}
