//! Streams (collection 8.2).

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use bartizan_listen::Transport;

use crate::scene::{PATIENCE, Plan, Scene};

fn start() -> Scene {
    Plan::new(&[Transport::Tcp]).start()
}

#[test]
fn every_row_of_the_table() {
    let mut scene = start();
    scene.stream(b"<13>one\n", &["one"]);
    // FIX: OSSEC cuts at any carriage return.
    scene.stream(b"<13>crlf\r\n<13>a\rb\n", &["crlf", "a\rb"]);
    // FIX: of the lines in a segment OSSEC takes the first, and glues the others.
    scene.stream(b"<13>a\n<13>b\n<13>c\n", &["a", "b", "c"]);
    scene.stream(b"<13>a\n<13>b", &["a", "b"]);
    // FIX: what stands behind a NUL is lost there, and the next line glued on.
    scene.stream(b"<13>nul\0x\n<13>second\n", &["nul", "x", "second"]);
    // FIX: counted messages are not known there.
    scene.stream(b"8 <13>abcd8 <13>efgh", &["abcd", "efgh"]);
    // FIX: longer lines than 6,141 bytes are lost.
    for length in [6_000, 6_138, 6_142, 13_000, 65_536] {
        let text = "x".repeat(length);
        scene.stream(format!("<13>{text}\n<13>next\n").as_bytes(), &[&text, "next"]);
    }
    assert_eq!((scene.cut, scene.incomplete), (0, 1));
}

#[test]
fn a_line_that_is_too_long_is_cut_and_flagged_and_the_next_one_is_whole() {
    let mut scene = start();
    for length in [65_537, 70_000, 1 << 20] {
        let text = "x".repeat(length);
        let kept = &text[..65_536];
        scene.cut = 0;
        scene.stream(format!("<13>{text}\n<13>next\n").as_bytes(), &[kept, "next"]);
        assert_eq!(scene.cut, 1);
    }
    assert_eq!(scene.counts(0).cut, 3);
}

#[test]
fn lines_are_handed_on_at_once_and_their_rest_waits() {
    let mut scene = start();
    let mut connection = scene.tcp();
    connection.write_all(b"<13>a\n<13>b\n<13>c").unwrap();
    scene.wait_for(2);
    connection.write_all(b"d\n").unwrap();
    scene.wait_for(3);
    assert_eq!(scene.texts(), ["a", "b", "cd"]);
    assert_eq!(scene.events[0].0, "127.0.0.1");
}

#[test]
fn ten_thousand_lines_in_one_go_arrive_each_once_and_in_order() {
    let mut scene = start();
    let stream: String = (0..10_000).map(|number| format!("<13>line {number}\n")).collect();
    scene.tcp().write_all(stream.as_bytes()).unwrap();
    scene.wait_for(10_000);
    let is_right = |(number, (_, text)): (usize, &(String, Vec<u8>))| {
        text == format!("line {number}").as_bytes()
    };
    assert!(scene.events.iter().enumerate().all(is_right));
    assert_eq!(scene.counts(0).handed_on, 10_000);
}

#[test]
fn a_stream_may_be_split_at_every_byte() {
    let mut scene = start();
    let stream = b"<13>one\r\n8 <13>abcd<34>two\n\n3 x\ny<13>last";
    let expected = ["one", "abcd", "two", "x\ny", "last"];
    for at in 1..stream.len() {
        scene.events.clear();
        let mut connection = scene.tcp();
        connection.write_all(&stream[..at]).unwrap();
        // So that they are read one after the other, most times.
        scene.poll();
        connection.write_all(&stream[at..]).unwrap();
        drop(connection);
        scene.wait_for(expected.len());
        assert_eq!(scene.texts(), expected, "split at {at}");
    }
}

#[test]
fn a_bad_count_closes_the_connection_and_is_told() {
    let mut scene = start();
    let mut connection = scene.tcp();
    connection.write_all(b"8 <13>abcd8<13>efgh").unwrap();
    scene.wait_for(1);
    scene.poll_until("it is told", |scene| scene.said.iter().any(|said| said.contains("count")));
    assert_closed(&connection);
    let counts = scene.counts(0);
    assert_eq!((counts.received, counts.malformed), (2, 1));
}

#[track_caller]
fn assert_closed(connection: &TcpStream) {
    use std::io::Read as _;
    connection.set_read_timeout(Some(PATIENCE)).expect("set");
    let mut connection = connection;
    // Closed with something unread it is reset, else it ends.
    let read = connection.read(&mut [0; 16]);
    assert!(
        matches!(read, Ok(0))
            || read.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset)
    );
}

#[test]
fn many_idle_connections_do_not_stop_the_others() {
    let mut scene =
        Plan::new(&[Transport::Tcp]).limits(|l| l.connections_of_sender = 1_000).start();
    let idle: Vec<TcpStream> = (0..150).map(|_| scene.tcp()).collect();
    let mut busy: Vec<TcpStream> = (0..50).map(|_| scene.tcp()).collect();
    for number in 0..20 {
        for connection in &mut busy {
            connection.write_all(format!("<13>{number:02}\n").as_bytes()).unwrap();
        }
    }
    scene.wait_for(1_000);
    for number in 0..20 {
        let text = format!("{number:02}");
        assert_eq!(scene.texts().iter().filter(|got| **got == text).count(), 50);
    }
    assert_eq!(scene.counts(0).connections, 200);
    drop(idle);
}

#[test]
fn an_idle_connection_makes_place_for_a_new_one() {
    let limits = |limits: &mut bartizan_listen::Limits| {
        (limits.connections, limits.spare_after) = (4, Duration::ZERO);
    };
    let mut scene = Plan::new(&[Transport::Tcp]).limits(limits).start();
    let mut first = scene.tcp();
    first.write_all(b"<13>kept\n<13>half a").unwrap();
    scene.wait_for(1);
    let mut others: Vec<TcpStream> = (0..4).map(|_| scene.tcp()).collect();
    others[3].write_all(b"<13>new\n").unwrap();
    scene.wait_for(3);
    let mut texts = scene.texts();
    texts.sort();
    assert_eq!(
        (texts, scene.incomplete),
        (["half a", "kept", "new"].map(String::from).to_vec(), 1)
    );
    assert_closed(&first);
    assert_eq!(scene.counts(0).closed_idle, 1);
}

#[test]
fn a_sender_with_too_many_busy_connections_is_refused_more_of_them() {
    let mut scene = Plan::new(&[Transport::Tcp]).limits(|l| l.connections_of_sender = 4).start();
    let connections: Vec<TcpStream> = (0..10).map(|_| scene.tcp()).collect();
    let counts = scene.wait_for_counts("six are refused", |counts| counts.refused == 6);
    assert_eq!(counts.connections, 4);
    for connection in &connections[4..] {
        assert_closed(connection);
    }
    let told = scene.said.iter().filter(|said| said.contains("too many")).count();
    assert_eq!(told, 1, "{:?}", scene.said);
}

#[test]
fn a_silent_connection_is_closed_after_a_while() {
    let limits = |limits: &mut bartizan_listen::Limits| limits.idle = Duration::from_millis(50);
    let mut scene = Plan::new(&[Transport::Tcp]).limits(limits).start();
    let mut connection = scene.tcp();
    connection.write_all(b"<13>half a").unwrap();
    scene.wait_for(1);
    assert_closed(&connection);
    assert_eq!(scene.counts(0).closed_idle, 1);
}

#[test]
fn what_was_sent_before_the_end_is_taken() {
    let mut scene = start();
    let mut connection = scene.tcp();
    connection.write_all(b"<13>one\n<13>two\n<13>half a").unwrap();
    scene.close();
    assert_eq!(scene.texts(), ["one", "two", "half a"]);
    assert_eq!(scene.counts(0).handed_on, 3);
    assert!(TcpStream::connect(scene.address(0)).is_err());
}
