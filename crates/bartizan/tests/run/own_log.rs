//! What the program says about itself, and where.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::Signal;

use crate::scene::{PATIENCE, Scene};

/// A program that is killed when the test ends, however it ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_log_file_has_the_form_of_ossecs_and_is_begun_anew_when_it_was_moved() {
    let scene = Scene::new();
    let log = scene.path("own.log");
    let running = scene.start_unready(&["--log", &log.display().to_string()]);
    running
        .wait_until("it says where alerts go", || scene.read("own.log").contains("alerts go to"));
    let form = |line: &str| {
        let digits = line.get(..19).unwrap_or_default().replace(|c: char| c.is_ascii_digit(), "0");
        digits == "0000/00/00 00:00:00" && line[19..].starts_with(" bartizan: INFO: ")
    };
    let first = scene.read("own.log");
    assert!(first.lines().all(form), "{first}");
    std::fs::rename(&log, scene.path("own.log.1")).expect("moved");
    running.signal(Signal::SIGHUP);
    running.wait_until("it is begun anew", || scene.read("own.log").contains("taken over"));
    let ended = running.stop();
    assert_eq!(ended.said, "");
    assert!(scene.read("own.log").ends_with("stopped after 0 events and 0 alerts\n"));
}

#[test]
fn the_journal_is_told_levels() {
    let scene = Scene::new();
    let (reads, writes) = UnixStream::pair().expect("a pair");
    let data = File::from(writes.as_fd().try_clone_to_owned().expect("a copy")).metadata();
    let data = data.expect("numbers");
    let child = Command::new(env!("CARGO_BIN_EXE_bartizan"))
        .args(["run", "-D"])
        .arg(scene.home.path())
        .env("JOURNAL_STREAM", format!("{}:{}", data.dev(), data.ino()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::os::fd::OwnedFd::from(writes))
        .spawn()
        .expect("it starts");
    let _killed = Killed(child);
    reads.set_read_timeout(Some(PATIENCE)).expect("set");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(&reads));
    let first = lines.next().expect("a line").expect("in time");
    assert!(first.starts_with("<6>watching "), "{first}");
}

#[test]
fn a_log_that_nobody_reads_does_not_stop_detection() {
    let mut scene = Scene::new();
    let child = Command::new(env!("CARGO_BIN_EXE_bartizan"))
        .args(["run", "--quiet", "-D"])
        .arg(scene.home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let _killed = Killed(child);
    let end = std::time::Instant::now() + PATIENCE;
    let wait = |what: &str, holds: &mut dyn FnMut() -> bool| {
        while !holds() {
            assert!(std::time::Instant::now() < end, "waited in vain until {what}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    };
    wait("it answers", &mut || scene.run(&["status"]).0 == 0);
    // Each reload of a broken file says much; a pipe and the queue before it hold only so much.
    let broken = "<rule id=\"7\" level=\"eight\"><match>x</match></rule>\n".repeat(2_000);
    let rules = scene.read("rules/app_rules.xml");
    scene
        .home
        .write("rules/app_rules.xml", format!("<group name=\"x,\">\n{broken}</group>").as_bytes());
    let lost = |scene: &Scene| scene.status()["log_lines_lost"].as_u64().expect("a number");
    wait("a line is lost", &mut || {
        assert_eq!(scene.run(&["reload"]).0, 2);
        lost(&scene) > 0
    });
    scene.home.write("rules/app_rules.xml", rules.as_bytes());
    scene.log_lines(100);
    wait("all alerts are written", &mut || scene.numbers().len() == 100);
    assert_eq!(scene.run(&["stop"]).0, 0);
}
