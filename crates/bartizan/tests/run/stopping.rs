//! Ends of the program, wanted and unwanted.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::scene::{PATIENCE, Scene, Writer};

#[track_caller]
fn check_signal(signal: Signal) {
    let mut scene = Scene::new();
    let running = scene.start();
    scene.log_lines(500);
    let ended = running.end(signal);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    assert_eq!(scene.numbers(), (1..=500).collect::<Vec<u32>>(), "{}", ended.said);
    assert!(ended.said.ends_with("stopped after 500 events and 500 alerts\n"), "{}", ended.said);
    assert!(scene.read("logs/alerts/alerts.log").ends_with("web1 app: line 500\n\n"));
}

#[test]
fn sigterm_ends_it_after_the_last_line() {
    check_signal(Signal::SIGTERM);
}

#[test]
fn sigint_ends_it_after_the_last_line() {
    check_signal(Signal::SIGINT);
}

#[test]
fn half_a_line_waits_for_its_rest_across_a_restart() {
    let scene = Scene::new();
    let running = scene.start();
    scene.append("app.log", b"Nov 25 10:00:00 web1 app: line");
    running.stop();
    assert_eq!(scene.alerts().len(), 0);
    scene.append("app.log", b" 1\n");
    let running = scene.start();
    scene.wait_for_alerts(&running, 1);
    running.stop();
}

#[test]
fn whatever_kills_it_every_entry_is_whole_and_no_line_is_lost() {
    let scene = Scene::new();
    let mut writer = Writer::new(&scene);
    for round in 0..8 {
        let running = scene.start();
        writer.write(40);
        std::thread::sleep(Duration::from_millis(round * 7));
        writer.write(40);
        running.end(Signal::SIGKILL);
        // Lines that nobody reads meanwhile.
        writer.write(20);
    }
    let running = scene.start();
    running.wait_until("the last line has its alert", || {
        scene.numbers().last() == Some(&writer.number())
    });
    running.stop();
    let mut numbers = scene.numbers();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers, (1..=writer.number()).collect::<Vec<u32>>());
    let text = scene.read("logs/alerts/alerts.log");
    assert!(text.ends_with("\n\n"), "{text}");
    for entry in text.split_terminator("\n\n") {
        let lines: Vec<&str> = entry.lines().collect();
        assert_eq!(lines.len(), 4, "{entry}");
        assert!(lines[0].starts_with("** Alert ") && lines[0].ends_with(": - app,"), "{entry}");
        assert!(lines[3].contains(" app: line "), "{entry}");
    }
}

#[test]
fn an_entry_that_was_left_half_written_is_taken_back() {
    let mut scene = Scene::new();
    let running = scene.start();
    scene.log_lines(2);
    scene.wait_for_alerts(&running, 2);
    running.stop();
    let whole = scene.read("logs/alerts/alerts.log");
    scene.append("logs/alerts/alerts.log", b"** Alert 1795601670.9: - app,\n2026 Nov");
    scene.append("logs/alerts/alerts.json", b"{\"rule\":{\"level\":3,\"com");
    scene.append("queue/fts/fts-queue", b"app  torn");
    let running = scene.start();
    scene.log("user bob");
    scene.wait_for_alerts(&running, 3);
    running.stop();
    let text = scene.read("logs/alerts/alerts.log");
    assert!(text.starts_with(&format!("{whole}** Alert ")), "{text}");
    assert_eq!(text.matches("** Alert ").count(), 3, "{text}");
    assert!(scene.read("queue/fts/fts-queue").starts_with("app  torn\napp"));
}

#[test]
fn a_screen_that_nobody_reads_stops_neither_the_alerts_nor_the_end() {
    let mut scene = Scene::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bartizan"));
    command.arg("run").arg("-D").arg(scene.home.path()).env("TZ", "UTC");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the binary starts");
    let wait = |what: &str, holds: &dyn Fn() -> bool| {
        let end = Instant::now() + PATIENCE;
        while !holds() {
            assert!(Instant::now() < end, "waited in vain until {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    wait("it reads", &|| scene.path("queue/positions.json").exists());
    scene.log_lines(2_000);
    let count = || scene.read("logs/alerts/alerts.log").matches("** Alert ").count();
    wait("all alerts are written", &|| count() == 2_000);
    let id = i32::try_from(child.id()).expect("a process id");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), Signal::SIGTERM).expect("signalled");
    let sent = Instant::now();
    while child.try_wait().expect("waited").is_none() {
        if sent.elapsed() > Duration::from_secs(5) {
            let _ = child.kill();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
