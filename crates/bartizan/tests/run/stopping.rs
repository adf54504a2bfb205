//! Ends of the program, wanted and unwanted.

use std::fs::File;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::scene::{PATIENCE, Scene, line};

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

/// Kills it at random moments while a program logs at full speed; at the end every line must have its alert once, in both
/// files, and every entry must be whole.
#[test]
fn killed_two_hundred_times_it_loses_no_line_and_writes_no_alert_twice() {
    let scene = Scene::new();
    let path = scene.path("app.log");
    // A first run begins at the end of a log.
    scene.start().stop();
    let end = Arc::new(AtomicBool::new(false));
    let writer = {
        let end = Arc::clone(&end);
        std::thread::spawn(move || {
            let mut file = File::options().append(true).open(path).expect("the log");
            let mut number = 0;
            while !end.load(Ordering::Relaxed) {
                let started = Instant::now();
                // Pieces of a line now and then, as a busy program writes them.
                let lines: String = (number + 1..=number + 20).map(line).collect();
                let (first, second) = lines.split_at(lines.len() - number as usize % 50);
                file.write_all(first.as_bytes()).expect("written");
                file.write_all(second.as_bytes()).expect("written");
                number += 20;
                std::thread::sleep(Duration::from_millis(1).saturating_sub(started.elapsed()));
            }
            number
        })
    };
    let mut seed = 1_u64;
    let mut random = |limit: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % limit
    };
    for _ in 0..200 {
        let running = scene.start_unready(&["--quiet"]);
        std::thread::sleep(Duration::from_millis(10 + random(60)));
        running.end(Signal::SIGKILL);
    }
    end.store(true, Ordering::Relaxed);
    let last = writer.join().expect("it wrote");
    let running = scene.start();
    running.wait_until("the last line has its alert", || scene.last_number() == Some(last));
    running.stop();
    let all: Vec<u32> = (1..=last).collect();
    let numbers = scene.numbers();
    assert!(numbers == all, "alerts.json: {}", difference(&numbers, last));
    let text = scene.read("logs/alerts/alerts.log");
    assert!(text.ends_with("\n\n"), "the last entry is not whole");
    let mut numbers: Vec<u32> = Vec::new();
    for entry in text.split_terminator("\n\n") {
        let lines: Vec<&str> = entry.lines().collect();
        assert_eq!(lines.len(), 4, "{entry}");
        assert!(lines[0].starts_with("** Alert ") && lines[0].ends_with(": - app,"), "{entry}");
        let number = lines[3].rsplit_once(" app: line ").and_then(|(_, n)| n.parse().ok());
        numbers.push(number.expect(entry));
    }
    assert!(numbers == all, "alerts.log: {}", difference(&numbers, last));
}

/// The first places where numbers do not rise by one.
fn difference(numbers: &[u32], last: u32) -> String {
    let pairs = numbers.windows(2).filter(|pair| pair[1] != pair[0] + 1).take(5);
    let gaps: Vec<String> = pairs.map(|pair| format!("{} then {}", pair[0], pair[1])).collect();
    format!("{} of {last}; {}", numbers.len(), gaps.join(", "))
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
