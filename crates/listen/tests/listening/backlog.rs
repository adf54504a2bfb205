//! Nobody analyses: what waits, where, and what is dropped.

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use bartizan_listen::{Limits, Transport};

use crate::scene::Plan;

fn small(limits: &mut Limits) {
    (limits.queue_bytes, limits.spool_bytes) = (20_000, 200_000);
}

fn send(socket: &std::net::UdpSocket, numbers: std::ops::Range<usize>) {
    for number in numbers {
        socket.send(format!("<13>{number:06}{}", "x".repeat(90)).as_bytes()).expect("sent");
        // Slow enough for the buffer of the kernel, wherever this runs.
        if number % 50 == 0 {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

fn numbers(texts: &[String]) -> Vec<usize> {
    texts.iter().map(|text| text[..6].parse().expect("a number")).collect()
}

/// Waits, without taking anything, until so many were received.
fn wait(scene: &crate::scene::Scene, count: u64) {
    let end = std::time::Instant::now() + crate::scene::PATIENCE;
    while scene.counts(0).received + scene.counts(0).lost_in_kernel < count {
        assert!(std::time::Instant::now() < end, "{:#?}", scene.counts(0));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn without_a_disk_the_newest_datagrams_are_dropped_counted_and_told() {
    let mut scene = Plan::new(&[Transport::Udp]).limits(small).start();
    send(&scene.udp(), 0..1_000);
    wait(&scene, 1_000);
    let counts = scene.counts(0);
    assert!(counts.queued > 100 && counts.dropped_full > 500, "{counts:#?}");
    assert_eq!(counts.queued + counts.dropped_full, 1_000);
    scene.wait_for(usize::try_from(counts.queued).unwrap());
    assert_eq!(numbers(&scene.texts()), (0..scene.events.len()).collect::<Vec<_>>());
    scene.close();
    let lost: u64 = scene
        .said
        .iter()
        .filter_map(|said| {
            said.strip_prefix("ossec: Events lost: ")?.split(' ').next()?.parse::<u64>().ok()
        })
        .sum();
    assert_eq!(lost, counts.dropped_full);
    assert!(
        scene.said.iter().any(|said| said.ends_with("(too many are waiting).")),
        "{:?}",
        scene.said
    );
}

#[test]
fn what_memory_does_not_hold_waits_on_the_disk_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::new(&[Transport::Udp]).limits(small).spool(folder.path().join("syslog"));
    let mut scene = plan.start();
    send(&scene.udp(), 0..1_000);
    wait(&scene, 1_000);
    let counts = scene.counts(0);
    assert!(counts.queued > 100 && counts.spooled > 500, "{counts:#?}");
    assert_eq!(counts.dropped(), 0);
    scene.wait_for(1_000);
    send(&scene.udp(), 1_000..1_100);
    scene.wait_for(1_100);
    assert_eq!(numbers(&scene.texts()), (0..1_100).collect::<Vec<_>>());
    let counts = scene.counts(0);
    assert_eq!((counts.handed_on, counts.queued, counts.spooled), (1_100, 0, 0));
    scene.listener.commit();
    let has_no_events = || {
        let names = fs::read_dir(folder.path().join("syslog")).unwrap();
        !names.flatten().any(|entry| entry.path().extension().is_some_and(|e| e == "events"))
    };
    scene.poll_until("the disk is free again", |_| has_no_events());
}

#[test]
fn beyond_the_disk_the_newest_are_dropped_and_everything_is_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::new(&[Transport::Udp]).limits(small).spool(folder.path().join("syslog"));
    let mut scene = plan.start();
    send(&scene.udp(), 0..4_000);
    wait(&scene, 4_000);
    let counts = scene.counts(0);
    assert!(
        counts.queued > 100 && counts.spooled > 1_000 && counts.dropped_full > 500,
        "{counts:#?}"
    );
    let kept = usize::try_from(counts.queued + counts.spooled).unwrap();
    scene.wait_for(kept);
    assert_eq!(numbers(&scene.texts()), (0..kept).collect::<Vec<_>>());
    assert_eq!(scene.counts(0).received, 4_000);
}

#[test]
fn what_waits_on_the_disk_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let plan = || Plan::new(&[Transport::Udp]).limits(small).spool(folder.path().join("syslog"));
    let mut scene = plan().start();
    send(&scene.udp(), 0..1_000);
    wait(&scene, 1_000);
    let queued = usize::try_from(scene.counts(0).queued).unwrap();
    // Closed as a program that ends: what is in memory is handed on, what is on the disk stays.
    scene.close();
    assert_eq!(numbers(&scene.texts()), (0..queued).collect::<Vec<_>>());
    scene.listener.commit();
    let spooled = scene.counts(0).spooled;
    drop(scene);
    let mut scene = plan().start();
    scene.wait_for(1_000 - queued);
    assert_eq!(numbers(&scene.texts()), (queued..1_000).collect::<Vec<_>>());
    let counts = scene.counts(1);
    assert_eq!((counts.received, counts.handed_on), (spooled, spooled));
    assert!(scene.said.iter().any(|said| said.contains("of an earlier run")), "{:?}", scene.said);
    // Not committed: it comes once more. Then it is, and nothing is left.
    drop(scene);
    let mut scene = plan().start();
    scene.wait_for(1_000 - queued);
    scene.close();
    scene.listener.commit();
    drop(scene);
    let mut scene = plan().start();
    send(&scene.udp(), 7..8);
    scene.wait_for(1);
}

#[test]
fn a_stream_is_not_read_while_nobody_takes_it_and_nothing_is_lost() {
    const LINES: usize = 40_000;
    let mut scene = Plan::new(&[Transport::Tcp]).limits(small).start();
    let mut connection = scene.tcp();
    let writer = std::thread::spawn(move || {
        for number in 0..LINES {
            writeln!(connection, "<13>{number:06}{}", "x".repeat(90)).unwrap();
        }
    });
    // Until the buffers of the kernel are full, too.
    std::thread::sleep(Duration::from_millis(300));
    let counts = scene.counts(0);
    assert!(counts.queued < 2_000, "{counts:#?}");
    scene.wait_for(LINES);
    writer.join().unwrap();
    assert_eq!(numbers(&scene.texts()), (0..LINES).collect::<Vec<_>>());
    assert_eq!(scene.counts(0).dropped(), 0);
}

#[test]
fn a_folder_that_cannot_be_used_is_told_and_the_listener_works() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("syslog"), "").unwrap();
    let mut scene = Plan::new(&[Transport::Udp]).spool(folder.path().join("syslog")).start();
    send(&scene.udp(), 0..1);
    scene.wait_for(1);
    assert!(
        scene.said.iter().any(|said| said.contains("cannot be kept on the disk")),
        "{:?}",
        scene.said
    );
}

/// Takes events a little at a time, until so many came.
fn take_slowly(scene: &mut crate::scene::Scene, count: usize) {
    scene.poll_until("enough events", |scene| {
        std::thread::sleep(Duration::from_millis(1));
        scene.events.len() >= count
    });
}

#[test]
fn a_fast_stream_does_not_stop_the_others() {
    let mut scene = Plan::new(&[Transport::Tcp]).limits(small).start();
    let writers: Vec<_> = (0..8)
        .map(|number| {
            let mut connection = scene.tcp();
            std::thread::spawn(move || {
                let line = format!("<13>{number:06}{}\n", "x".repeat(90)).repeat(100);
                // Until the listener goes.
                while connection.write_all(line.as_bytes()).is_ok() {}
            })
        })
        .collect();
    take_slowly(&mut scene, 50_000);
    for number in 0..8 {
        let count = numbers(&scene.texts()).iter().filter(|&&of| of == number).count();
        assert!(count > 1_000, "{count} of {number}");
    }
    drop(scene);
    for writer in writers {
        writer.join().unwrap();
    }
}

#[test]
fn a_fast_stream_does_not_stop_what_waits_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::new(&[Transport::Udp, Transport::Tcp]).limits(small);
    let mut scene = plan.spool(folder.path().join("syslog")).start();
    send(&scene.udp(), 0..1_000);
    wait(&scene, 1_000);
    assert!(scene.counts(0).spooled > 0);
    let mut connection = std::net::TcpStream::connect(scene.address(1)).unwrap();
    let writer = std::thread::spawn(move || {
        let line = format!("<13>{}{}\n", "y".repeat(6), "x".repeat(90)).repeat(100);
        while connection.write_all(line.as_bytes()).is_ok() {}
    });
    let is_datagram = |text: &[u8]| text.starts_with(b"0");
    scene.poll_until("the datagrams are there", |scene| {
        scene.events.iter().filter(|(_, text)| is_datagram(text)).count() == 1_000
    });
    let lines = scene.events.len();
    scene.poll_until("the stream goes on", |scene| scene.events.len() > lines + 1_000);
    drop(scene);
    writer.join().unwrap();
}
