//! The socket itself, without a program behind it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;

use super::*;
use crate::cli::run::wake;

fn open(home: &Path) -> anyhow::Result<Control> {
    let (main, _) = wake::pair().expect("a pair");
    Control::open(home, main, None)
}

fn say(stream: &UnixStream, text: &str) -> String {
    (&*stream).write_all(text.as_bytes()).expect("sent");
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).expect("answered");
    answer
}

#[test]
fn a_stale_socket_is_replaced_and_only_its_owner_and_group_may_use_the_new_one() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join(SOCKET);
    drop(listen(&path).expect("a socket"));
    let _control = open(home.path()).expect("replaced");
    assert!(UnixStream::connect(&path).is_ok());
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o660);
}

#[test]
fn what_is_no_socket_is_neither_followed_nor_removed() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join(SOCKET);
    fs::create_dir(home.path().join("queue")).expect("made");
    let target = home.path().join("target");
    fs::write(&target, "precious").expect("written");
    for name in ["bartizan.sock", "bartizan.new"] {
        let path = home.path().join("queue").join(name);
        std::os::unix::fs::symlink(&target, &path).expect("linked");
        let error = format!("{:#}", open(home.path()).err().expect("refused"));
        assert!(error.ends_with("is there and is no socket"), "{error}");
        fs::remove_file(&path).expect("still there");
    }
    assert_eq!(fs::read_to_string(&target).expect("read"), "precious");
    assert!(open(home.path()).is_ok());
    assert!(!path.exists(), "its end takes the name away");
}

#[test]
fn a_path_longer_than_an_address_can_be_used() {
    let home = tempfile::tempdir().expect("a folder");
    let long = home.path().join("x".repeat(200));
    let _control = open(&long).expect("opened");
    let (address, _folder) = protocol::address(&long.join(SOCKET)).expect("an address");
    assert!(UnixStream::connect(address).is_ok());
}

#[test]
fn nonsense_is_answered_and_endless_nonsense_cut_off() {
    let home = tempfile::tempdir().expect("a folder");
    let _control = open(home.path()).expect("opened");
    let stream = UnixStream::connect(home.path().join(SOCKET)).expect("connected");
    assert!(say(&stream, "nonsense\n").contains("\"answer\":\"failed\""));
    assert!(say(&stream, "{\"request\":\"dance\"}\n").contains("\"answer\":\"failed\""));
    let endless = "x".repeat(64 << 10);
    // It may be cut off while this is sent.
    let _ = (&stream).write_all(endless.as_bytes());
    let mut answer = String::new();
    let _ = BufReader::new(&stream).read_line(&mut answer);
    assert_eq!(answer, "");
}

#[test]
fn orders_come_in_and_answers_go_to_whoever_asked() {
    let home = tempfile::tempdir().expect("a folder");
    let control = open(home.path()).expect("opened");
    let streams =
        [(); 3].map(|()| UnixStream::connect(home.path().join(SOCKET)).expect("connected"));
    let mut tickets = Vec::new();
    for stream in &streams {
        (&*stream).write_all(b"{\"request\":\"reload\"}\n").expect("sent");
        tickets.push(next_ticket(&control));
    }
    for (number, ticket) in tickets.iter().enumerate().rev() {
        control.answer(*ticket, Answer::failed(number.to_string()));
    }
    for (number, stream) in streams.iter().enumerate() {
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).expect("answered");
        assert!(answer.contains(&format!("\"error\":\"{number}\"")), "{answer}");
    }
}

fn next_ticket(control: &Control) -> Ticket {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(Order::Reload(ticket)) = control.order() {
            return ticket;
        }
        assert!(Instant::now() < end, "no order came");
        thread::sleep(Duration::from_millis(1));
    }
}
