//! What a restart remembers.

use std::collections::HashSet;

use crate::scene::{Running, Scene};

#[track_caller]
fn check(scene: &Scene, running: &Running, lines: &[&str], rules: &[u64]) {
    let before = scene.alerts().len();
    lines.iter().for_each(|line| scene.log(line));
    // A last line that is known to alert: nothing else comes after it.
    scene.log(&format!("line {}", before + 1));
    running.wait_until("the last line", || {
        let rules = scene.rules();
        rules.len() > before && rules.last() == Some(&100)
    });
    let got = scene.rules();
    assert_eq!(got[before..got.len() - 1], *rules, "{lines:?}");
}

#[test]
fn it_knows_what_it_has_seen() {
    let scene = Scene::new();
    let running = scene.start();
    check(&scene, &running, &["user bob", "user bob again", "user eve"], &[101, 101]);
    running.stop();
    let running = scene.start();
    check(&scene, &running, &["user bob", "user eve", "user joe"], &[101]);
    running.stop();
    let users = scene.read("queue/fts/fts-queue");
    assert_eq!(users.lines().count(), 3, "{users}");
}

#[test]
fn it_knows_whom_to_leave_alone() {
    let scene = Scene::new();
    let running = scene.start();
    let lines = ["user bob", "user bob probe", "user bob leave", "user bob probe again"];
    check(&scene, &running, &lines, &[101, 104, 103]);
    running.stop();
    let running = scene.start();
    check(&scene, &running, &["user bob probe once more", "user eve probe"], &[104]);
    running.stop();
}

#[test]
fn it_knows_what_something_was_like() {
    let scene = Scene::new();
    let running = scene.start();
    check(&scene, &running, &["state on", "state off"], &[105]);
    running.stop();
    let running = scene.start();
    check(&scene, &running, &["state off", "state on"], &[105]);
    running.stop();
    let alerts = scene.alerts();
    let last = alerts.iter().rfind(|alert| alert["rule"]["sidid"] == 105).expect("an alert");
    assert_eq!(last["previous_output"], "state off");
}

#[test]
fn lines_written_meanwhile_are_read_and_none_twice() {
    let mut scene = Scene::new();
    let running = scene.start();
    scene.log_lines(10);
    scene.wait_for_alerts(&running, 10);
    running.stop();
    scene.log_lines(10);
    let running = scene.start();
    scene.wait_for_alerts(&running, 20);
    running.stop();
    // Rotated meanwhile.
    scene.log_lines(5);
    std::fs::rename(scene.path("app.log"), scene.path("app.log.1")).expect("rotated");
    scene.log_lines(5);
    let running = scene.start();
    scene.wait_for_alerts(&running, 30);
    running.stop();
    assert_eq!(scene.numbers(), (1..=30).collect::<Vec<u32>>());
}

#[test]
fn no_alert_id_comes_twice_however_fast_it_is_started_again() {
    let mut scene = Scene::new();
    for round in 1..=6 {
        let running = scene.start();
        scene.log_lines(3);
        scene.wait_for_alerts(&running, 3 * round);
        running.stop();
    }
    let alerts = scene.alerts();
    let ids: HashSet<&str> = alerts.iter().filter_map(|alert| alert["id"].as_str()).collect();
    assert_eq!(ids.len(), 18, "{ids:?}");
}

#[test]
fn two_cannot_work_in_one_folder() {
    let scene = Scene::new();
    let running = scene.start();
    let second = scene.start_unready(&[]).wait();
    assert_eq!(second.status.code(), Some(2));
    assert!(second.said.contains("another `bartizan run` works in"), "{}", second.said);
    running.stop();
}
