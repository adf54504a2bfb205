//! Who may send (collection 8.3).

use std::io::{Read as _, Write as _};

use bartizan_listen::Transport;

use crate::scene::{Plan, Scene, list};

fn start(transport: Transport, allowed: &[&str], denied: &[&str]) -> Scene {
    let mut plan = Plan::new(&[transport]);
    (plan.settings.allowed, plan.settings.denied) = (list(allowed), list(denied));
    plan.start()
}

#[track_caller]
fn check(allowed: &[&str], denied: &[&str], is_allowed: bool) {
    let mut scene = start(Transport::Udp, allowed, denied);
    scene.udp().send(b"<13>x").expect("sent");
    let counts = scene.wait_for_counts("it is known of", |c| c.handed_on + c.denied == 1);
    assert_eq!(counts.handed_on == 1, is_allowed, "{allowed:?} {denied:?}");
}

#[test]
fn every_row_of_the_table() {
    check(&["127.0.0.1"], &[], true);
    check(&["127.0.0.2"], &[], false);
    check(&["127.0.0.99/24"], &[], true);
    check(&["127.0.0.0/255.255.255.0"], &[], true);
    check(&["10.0.0.0/255.255.255.0"], &[], false);
    check(&["127.0.0.2/255.255.255.255"], &[], false);
    check(&["any"], &[], true);
    check(&["10.0.0.2/0"], &[], true);
    // FIX: a prefix of 0 covers its own family.
    check(&["::/0"], &[], false);
    check(&["::ffff:127.0.0.1"], &[], true);
    check(&["::ffff:127.0.0.0/120"], &[], true);
    check(&["!127.0.0.1", "any"], &[], false);
    check(&["!10.0.0.2", "any"], &[], true);
    check(&["any", "!127.0.0.1"], &[], true);
    // FIX: an exclusion at the end lets nobody in.
    check(&["!10.0.0.2"], &[], false);
    check(&["10.0.0.0/24", "!10.0.0.2"], &[], false);
    check(&["any"], &["127.0.0.0/8"], false);
    check(&["127.0.0.1"], &["any"], false);
    check(&["any"], &["!127.0.0.1", "any"], true);
    check(&["any"], &["!10.0.0.2"], true);
    check(&[], &[], false);
}

#[test]
fn a_denied_sender_that_sends_much_gives_few_lines_and_an_exact_count() {
    const COUNT: u64 = 20_000;
    let mut scene = start(Transport::Udp, &["192.0.2.1"], &[]);
    let socket = scene.udp();
    for number in 0..COUNT {
        socket.send(b"<13>forged").unwrap();
        if number % 100 == 0 {
            scene.poll();
        }
    }
    scene.wait_for_counts("all are known of", |c| c.denied + c.lost_in_kernel == COUNT);
    let denied = scene.counts(0).denied;
    scene.close();
    assert!(scene.events.is_empty());
    let told: Vec<_> = scene.said.iter().filter(|said| said.contains("not allowed")).collect();
    assert!(told.len() <= 3, "{told:?}");
    let count = |said: &&String| match said.split_once(" (") {
        Some((_, rest)) => rest.split(' ').next().unwrap().parse().unwrap(),
        None => 1_u64,
    };
    assert_eq!(told.iter().map(count).sum::<u64>(), denied);
    assert!(told[0].ends_with("message from '127.0.0.1' not allowed"), "{told:?}");
}

#[test]
fn a_connection_of_a_denied_sender_is_closed_and_counted() {
    let mut scene = start(Transport::Tcp, &["192.0.2.1"], &[]);
    let mut connection = scene.tcp();
    // It may be closed already.
    let _ = connection.write_all(b"<13>x\n");
    let counts = scene.wait_for_counts("it is denied", |counts| counts.denied == 1);
    assert_eq!(counts.connections, 0);
    assert!(matches!(connection.read(&mut [0; 1]), Ok(0) | Err(_)));
    assert!(scene.events.is_empty());
}
