//! Syslog from other machines.

use std::io::Write as _;
use std::net::{TcpStream, UdpSocket};

use nix::sys::signal::Signal;

use crate::scene::{HEADER, Scene, line};

/// A port that nobody uses, most likely.
fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").expect("a socket").local_addr().expect("an address").port()
}

fn scene(port: u16, protocol: &str, allowed: &str) -> Scene {
    let block = format!(
        "<remote><connection>syslog</connection><protocol>{protocol}</protocol><port>{port}</port>\
         <local_ip>127.0.0.1</local_ip><allowed-ips>{allowed}</allowed-ips></remote>"
    );
    Scene::with("<jsonout_output>yes</jsonout_output>", &block)
}

fn send(port: u16, text: &str) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.send_to(text.as_bytes(), ("127.0.0.1", port)).expect("sent");
}

#[test]
fn what_is_sent_by_udp_and_tcp_is_analysed_like_a_log_of_its_sender() {
    let port = free_port();
    let scene = scene(port, "udp,tcp", "127.0.0.1");
    let running = scene.start();
    running.wait_until("it listens", || running.said().matches(": listening").count() == 2);
    send(port, &format!("<13>{HEADER}line 1\n"));
    scene.wait_for_alerts(&running, 1);
    let mut connection = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    write!(connection, "<13>{}<13>{}", line(2), line(3)).expect("sent");
    send(port, "<13>1 2026-11-25T10:00:00.5Z web1 app 77 - - line 4");
    scene.wait_for_alerts(&running, 4);
    let mut numbers = scene.numbers();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4]);
    for alert in scene.alerts() {
        assert_eq!(alert["location"], "127.0.0.1", "{alert}");
        assert_eq!(alert["hostname"], "web1", "{alert}");
    }
    drop(connection);
    let said = running.stop().said;
    assert!(!said.contains("not done yet"), "{said}");
    assert!(said.contains(&format!("syslog udp 127.0.0.1:{port}: 2 received\n")), "{said}");
}

#[test]
fn a_sender_that_is_not_allowed_is_told_and_not_analysed() {
    let port = free_port();
    let scene = scene(port, "udp", "192.0.2.0/24");
    let running = scene.start();
    running.wait_until("it listens", || running.said().contains(": listening"));
    for _ in 0..100 {
        send(port, &format!("<13>{HEADER}line 1\n"));
    }
    running.wait_until("it is told", || running.said().contains("from '127.0.0.1' not allowed"));
    scene.log("line 2");
    scene.wait_for_alerts(&running, 1);
    let said = running.stop().said;
    assert!(said.contains("100 received, 100 denied"), "{said}");
}

#[test]
fn what_was_received_before_the_signal_is_analysed() {
    let port = free_port();
    let scene = scene(port, "udp", "any");
    let running = scene.start();
    running.wait_until("it listens", || running.said().contains(": listening"));
    for number in 1..=200 {
        send(port, &format!("<13>{}", line(number)));
    }
    let ended = running.end(Signal::SIGTERM);
    let lost = ended.said.contains("dropped by the kernel");
    assert!(lost || scene.numbers().len() == 200, "{}\n{:?}", ended.said, scene.numbers());
}
