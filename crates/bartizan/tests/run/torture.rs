//! What logs go through at their worst: every line has its alert once.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::scene::{HEADER, Running, Scene, line};

/// Writes numbered lines at 20,000 a second, until it is told to end; then gives the last number.
fn writer(
    path: &Path,
    rotate: impl Fn(u32) -> bool + Send + 'static,
) -> (Arc<AtomicBool>, JoinHandle<u32>) {
    let end = Arc::new(AtomicBool::new(false));
    let (told, path) = (Arc::clone(&end), path.to_owned());
    let open = move || fs::File::options().append(true).create(true).open(&path).expect("the log");
    let thread = std::thread::spawn(move || {
        let (mut file, mut number) = (open(), 0);
        while !told.load(Ordering::Relaxed) {
            let started = Instant::now();
            let lines: String = (number + 1..=number + 20).map(line).collect();
            file.write_all(lines.as_bytes()).expect("written");
            number += 20;
            if rotate(number) {
                // As programs do that hear of a rotation late.
                let lines: String = (number + 1..=number + 20).map(line).collect();
                file.write_all(lines.as_bytes()).expect("written");
                number += 20;
                file = open();
            }
            std::thread::sleep(Duration::from_millis(1).saturating_sub(started.elapsed()));
        }
        number
    });
    (end, thread)
}

/// Every number up to the last, once; in order if `in_order`.
#[track_caller]
fn check_numbers(scene: &Scene, running: &Running, last: u32, in_order: bool) {
    let expected: Vec<u32> = (1..=last).collect();
    running.wait_until("every line has its alert", || scene.numbers().len() >= expected.len());
    let mut numbers = scene.numbers();
    if !in_order {
        numbers.sort_unstable();
    }
    let first = numbers.iter().zip(&expected).find(|(a, b)| a != b);
    assert_eq!(first, None, "{}", running.said());
    assert_eq!(numbers.len(), expected.len(), "{}", running.said());
}

/// Renames `app.log` every 3,000 lines and keeps all: the program may be away for longer than a few rotations last.
fn rotation(scene: &Scene) -> impl Fn(u32) -> bool + Send + 'static {
    let path = scene.path("app.log");
    move |number| {
        if !number.is_multiple_of(3_000) {
            return false;
        }
        fs::rename(&path, path.with_extension(format!("log.{number}"))).expect("renamed");
        true
    }
}

#[test]
fn a_log_that_is_rotated_at_full_speed_loses_no_line() {
    let scene = Scene::new();
    let running = scene.start_with(&["--quiet"]);
    let (end, thread) = writer(&scene.path("app.log"), rotation(&scene));
    std::thread::sleep(Duration::from_secs(3));
    end.store(true, Ordering::Relaxed);
    let last = thread.join().expect("it wrote");
    check_numbers(&scene, &running, last, true);
    running.stop();
}

#[test]
fn a_log_that_is_rotated_while_the_program_is_killed_loses_no_line_and_doubles_none() {
    let scene = Scene::new();
    scene.start().stop();
    let (end, thread) = writer(&scene.path("app.log"), rotation(&scene));
    for round in 0..40 {
        let running = scene.start_unready(&["--quiet"]);
        std::thread::sleep(Duration::from_millis(20 + round * 13 % 90));
        running.end(Signal::SIGKILL);
    }
    end.store(true, Ordering::Relaxed);
    let last = thread.join().expect("it wrote");
    let running = scene.start();
    check_numbers(&scene, &running, last, true);
    running.stop();
}

#[test]
fn a_thousand_files_of_one_pattern_are_all_read() {
    let scene = Scene::new();
    let pattern = scene.path("many/*.log");
    let more = format!(
        "<localfile><log_format>syslog</log_format><location>{}</location></localfile>",
        pattern.display()
    );
    scene.install("<jsonout_output>yes</jsonout_output>", &more);
    fs::create_dir(scene.path("many")).expect("a folder");
    let file = |number: u32| format!("many/{:03}.log", number % 1_000);
    // Half of them are there at the start, with lines that are old then.
    for number in 0..500 {
        scene.append(&file(number), b"old\n");
    }
    let running = scene.start_with(&["--quiet"]);
    for number in 1..=3_000 {
        scene.append(&file(number), line(number).as_bytes());
    }
    check_numbers(&scene, &running, 3_000, false);
    running.stop();
}

/// The texts of all alerts, without their header.
fn texts(scene: &Scene) -> Vec<String> {
    let alerts = scene.alerts();
    let logs = alerts.iter().filter_map(|alert| alert["full_log"].as_str());
    logs.map(|log| log.strip_prefix(HEADER).unwrap_or(log).to_owned()).collect()
}

#[test]
fn lines_in_pieces_of_any_length_and_with_any_bytes_are_one_event_each() {
    let scene = Scene::new();
    let running = scene.start_with(&["--quiet"]);
    let count = |expected: usize| {
        running.wait_until("the alerts", || scene.alerts().len() >= expected);
    };
    for piece in ["Nov 25 10:00:00 we", "b1 app: line in ", "three pieces\n"] {
        scene.append("app.log", piece.as_bytes());
        std::thread::sleep(Duration::from_millis(120));
    }
    count(1);
    let long = format!("{HEADER}line {}\n{HEADER}line behind it\n", "x".repeat(1 << 20));
    scene.append("app.log", long.as_bytes());
    scene.append("app.log", format!("{HEADER}line with\0a nul\r\n").as_bytes());
    count(4);
    scene.append("app.log", format!("{HEADER}line without end").as_bytes());
    count(5);
    running.stop();
    let texts = texts(&scene);
    assert_eq!(texts[0], "line in three pieces");
    assert!(texts[1].starts_with("line xxx") && texts[1].len() > 60_000, "{}", texts[1].len());
    assert_eq!(texts[2..], ["line behind it", "line with a nul", "line without end"]);
}

#[test]
fn a_name_that_becomes_something_else_is_read_again_when_it_is_a_file_again() {
    let mut scene = Scene::new();
    let running = scene.start_with(&["--quiet"]);
    let path = scene.path("app.log");
    scene.log_lines(10);
    check_numbers(&scene, &running, 10, true);
    type Replace = fn(&Path);
    let replacements: [Replace; 3] = [
        |path| fs::create_dir(path).expect("a folder"),
        |path| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).expect("a pipe"),
        |path| std::os::unix::fs::symlink("elsewhere.log", path).expect("a link"),
    ];
    for (round, replace) in (1..).zip(replacements) {
        fs::remove_file(&path).expect("removed");
        replace(&path);
        std::thread::sleep(Duration::from_millis(150));
        match fs::symlink_metadata(&path).expect("there").is_dir() {
            true => fs::remove_dir(&path).expect("removed"),
            false => fs::remove_file(&path).expect("removed"),
        }
        // On most file systems the new file has the number of the old one.
        fs::write(&path, "").expect("a log");
        scene.log_lines(10);
        check_numbers(&scene, &running, 10 + round * 10, true);
    }
    running.stop();
}

#[test]
fn files_that_are_deleted_and_made_anew_with_the_same_number_are_read_from_their_start() {
    let mut scene = Scene::new();
    for round in 1..=5 {
        let running = scene.start_with(&["--quiet"]);
        scene.log_lines(10);
        check_numbers(&scene, &running, round * 20 - 10, true);
        fs::remove_file(scene.path("app.log")).expect("removed");
        scene.log_lines(5);
        check_numbers(&scene, &running, round * 20 - 5, true);
        running.stop();
        // And while nobody looks.
        fs::remove_file(scene.path("app.log")).expect("removed");
        scene.log_lines(5);
    }
    let running = scene.start();
    check_numbers(&scene, &running, 100, true);
    running.stop();
}
