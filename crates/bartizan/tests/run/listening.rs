//! Syslog from other machines.

use std::io::Write as _;
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use bartizan_config::ossec_conf::senders::SenderList;
use bartizan_listen::{Limits, Listener, Setting, Settings, Surroundings, Transport};

use nix::sys::signal::Signal;

use crate::scene::{HEADER, PATIENCE, Scene, line};

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

/// A program that was killed while it could not keep up: here a listener that nobody polls stands for it.
#[test]
fn what_a_killed_program_left_on_the_disk_is_analysed_by_the_next() {
    const COUNT: u64 = 300;
    let port = free_port();
    let scene = scene(port, "udp", "any");
    let mut allowed = SenderList::default();
    allowed.add(b"any").expect("an entry");
    let setting = Setting {
        transport: Transport::Udp,
        address: Some([127, 0, 0, 1].into()),
        port,
        keeps_rfc5424: false,
        identity: None,
    };
    let limits = Limits { queue_bytes: 2_000, ..Limits::default() };
    let spool = Some(scene.path("queue/spool/syslog"));
    let settings = Settings { listeners: vec![setting], allowed, denied: SenderList::default() };
    let listener = Listener::start(settings, Surroundings { spool, limits }).expect("a thread");
    for number in 1..=COUNT {
        send(port, &format!("<13>{}", line(u32::try_from(number).expect("small"))));
    }
    let end = Instant::now() + PATIENCE;
    let counts = loop {
        let counts = listener.counts()[0].1;
        if counts.received + counts.lost_in_kernel == COUNT {
            break counts;
        }
        assert!(Instant::now() < end, "{counts:#?}");
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(counts.spooled > 0 && counts.dropped() == 0, "{counts:#?}");
    drop(listener);

    let spooled = usize::try_from(counts.spooled).expect("small");
    let running = scene.start();
    running.wait_until("the last alert", || scene.last_number() == Some(300));
    running.stop();
    // Lines that were on their way when it was counted may have reached the disk since, but none is left out.
    let numbers = scene.numbers();
    let first = numbers.first().copied().unwrap_or(0);
    assert_eq!(numbers, (first..=300).collect::<Vec<u32>>());
    assert!(numbers.len() >= spooled, "{} of {spooled}", numbers.len());
    let running = scene.start();
    scene.log("line 301");
    scene.wait_for_alerts(&running, numbers.len() + 1);
    running.stop();
}

#[test]
fn a_certificate_that_is_not_there_starts_nothing_and_is_told_with_its_place() {
    let block = "<remote><connection>syslog</connection><protocol>tls</protocol><allowed-ips>any</allowed-ips>\n\
                 <certificate>etc/none.pem</certificate><key>etc/none.key</key></remote>";
    let scene = Scene::with("", block);
    let ended = scene.start_unready(&[]).wait();
    assert_eq!(ended.status.code(), Some(2), "{}", ended.said);
    for told in ["ossec.conf:6:14: error", "none.pem: No such file", "nothing was started"] {
        assert!(ended.said.contains(told), "{told}\n{}", ended.said);
    }
    assert!(!scene.path("logs").exists());
}
