//! The service from outside: start, stop, restart, status.

use std::os::unix::fs::PermissionsExt as _;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::scene::Scene;

/// A service that is stopped when the test ends, however it ends.
pub(crate) struct Started<'a>(pub(crate) &'a Scene);

impl Drop for Started<'_> {
    fn drop(&mut self) {
        self.0.run(&["stop", "--kill", "--timeout", "20"]);
    }
}

impl Scene {
    /// Runs a command on this home: its status, what it printed, what it said.
    pub(crate) fn run(&self, args: &[&str]) -> (i32, String, String) {
        let output = self.home.run(args, b"");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }

    #[track_caller]
    pub(crate) fn start_service(&self) -> Started<'_> {
        let (status, printed, said) = self.run(&["start"]);
        assert_eq!(status, 0, "{printed}{said}");
        Started(self)
    }

    #[track_caller]
    pub(crate) fn status(&self) -> Value {
        let (status, printed, said) = self.run(&["status", "--json"]);
        assert_eq!(status, 0, "{printed}{said}");
        serde_json::from_str(&printed).expect("JSON")
    }
}

#[test]
fn it_starts_tells_how_it_does_and_stops() {
    let scene = Scene::new();
    assert_eq!(scene.run(&["status"]).0, 1);
    let started = scene.start_service();
    let again = scene.run(&["start"]);
    assert!(again.0 == 0 && again.1.contains("runs already"), "{again:?}");
    (1..=20).for_each(|number| scene.log(&format!("line {number}")));
    scene.log("line ");
    let end = std::time::Instant::now() + crate::scene::PATIENCE;
    let status = loop {
        let status = scene.status();
        if status["lines"]["read"] == 21 && status["lines"]["queued"] == 0 {
            break status;
        }
        assert!(std::time::Instant::now() < end, "{status:#}");
    };
    assert_eq!(status["alerts"], 21);
    let source = &status["sources"][0];
    assert_eq!(source["source"], scene.path("app.log").display().to_string());
    assert_eq!(
        (&source["lines"]["alerted"], &source["place"]["lag_bytes"]),
        (&21.into(), &0.into())
    );
    let text = scene.run(&["status"]).1;
    assert!(text.contains("21 read = 21 alerted + 0 quiet"), "{text}");
    let socket = scene.path("queue/bartizan.sock");
    assert_eq!(std::fs::metadata(&socket).expect("there").permissions().mode() & 0o777, 0o660);
    let (status, printed, said) = scene.run(&["stop"]);
    assert_eq!((status, printed.as_str()), (0, "Bartizan has stopped\n"), "{said}");
    assert!(!socket.exists());
    assert_eq!(scene.numbers(), (1..=20).collect::<Vec<u32>>());
    drop(started);
    assert_eq!(scene.run(&["stop"]).0, 0, "nothing runs, which was wanted");
    let log = scene.read("logs/ossec.log");
    assert!(log.contains(" bartizan: INFO: stopped after 21 events and 21 alerts\n"), "{log}");
}

#[test]
fn it_is_restarted_only_if_it_could_be_started() {
    let scene = Scene::new();
    let _started = scene.start_service();
    let process = scene.status()["process"].clone();
    let rules = scene.read("rules/app_rules.xml");
    scene.home.write("rules/app_rules.xml", rules.replace("level=\"3\"", "level=\"x\"").as_bytes());
    let (status, _, said) = scene.run(&["restart"]);
    assert_eq!(status, 2);
    assert!(said.contains("app_rules.xml:4:"), "{said}");
    assert_eq!(scene.status()["process"], process);
    assert_eq!(scene.run(&["start"]).0, 0, "it runs");
    scene.home.write("rules/app_rules.xml", rules.as_bytes());
    assert_eq!(scene.run(&["restart"]).0, 0);
    assert_ne!(scene.status()["process"], process);
}

#[test]
fn a_service_that_does_not_come_up_says_why() {
    let scene = Scene::new();
    let running = scene.start();
    std::fs::remove_file(scene.path("queue/bartizan.sock")).expect("its socket");
    let (status, _, said) = scene.run(&["start"]);
    assert_eq!(status, 2);
    assert!(said.contains("another `bartizan run` works in"), "{said}");
    running.stop();
}

#[test]
fn one_that_was_killed_leaves_nothing_in_the_way() {
    let scene = Scene::new();
    let _started = scene.start_service();
    let process = scene.status()["process"].as_i64().expect("a number");
    kill(Pid::from_raw(i32::try_from(process).expect("a process")), Signal::SIGKILL).expect("ours");
    let end = std::time::Instant::now() + crate::scene::PATIENCE;
    while scene.run(&["status"]).0 != 1 {
        assert!(std::time::Instant::now() < end, "it still answers");
    }
    assert!(scene.path("queue/bartizan.sock").exists());
    let _again = scene.start_service();
    assert_ne!(scene.status()["process"], process);
}
