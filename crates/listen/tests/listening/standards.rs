//! What real senders send.

use std::process::Command;

use bartizan_listen::Transport;

use crate::scene::{Plan, Scene};

/// Runs `logger`; false where there is none.
#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn log(scene: &Scene, args: &[&str], text: &str) -> bool {
    let port = scene.address(0).port().to_string();
    let mut command = Command::new("logger");
    command.args(["--server", "127.0.0.1", "--port", &port, "--tag", "sshd"]).args(args).arg(text);
    match command.status() {
        Ok(status) => {
            assert!(status.success(), "{command:?}: {status}");
            true
        }
        Err(_) => {
            eprintln!("skipped: there is no logger here");
            false
        }
    }
}

#[track_caller]
fn check(transport: Transport, args: &[&str], has_year: bool) {
    let mut scene = Plan::new(&[transport]).start();
    for number in 0..2 {
        if !log(&scene, args, &format!("hello {number}")) {
            return;
        }
    }
    scene.wait_for(2);
    for (number, text) in scene.texts().iter().enumerate() {
        let (header, message) = text.split_once(": ").expect("a header");
        assert_eq!(message, format!("hello {number}"), "{args:?}");
        assert!(header.ends_with(" sshd") || header.contains(" sshd["), "{args:?}: {text}");
        assert_eq!(header.starts_with("20"), has_year, "{args:?}: {text}");
    }
}

#[test]
fn the_logger_of_util_linux_is_understood_by_udp() {
    check(Transport::Udp, &["--udp"], true);
    check(Transport::Udp, &["--udp", "--rfc3164"], false);
    check(Transport::Udp, &["--udp", "--rfc5424", "--id=4711"], true);
}

#[test]
fn the_logger_of_util_linux_is_understood_by_tcp() {
    check(Transport::Tcp, &["--tcp"], true);
    check(Transport::Tcp, &["--tcp", "--octet-count"], true);
    check(Transport::Tcp, &["--tcp", "--rfc3164"], false);
    check(Transport::Tcp, &["--tcp", "--rfc3164", "--octet-count"], false);
}
