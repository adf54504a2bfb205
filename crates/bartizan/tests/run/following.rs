//! Files that are followed: rotated, truncated, missing, unreadable.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

use crate::scene::{Running, Scene, Writer};

#[test]
fn an_alert_appears_in_both_files_in_the_forms_of_ossec() {
    let mut scene = Scene::new();
    let running = scene.start();
    scene.log_lines(1);
    scene.wait_for_alerts(&running, 1);
    running.stop();
    let text = scene.read("logs/alerts/alerts.log");
    let lines: Vec<&str> = text.split('\n').collect();
    let id = lines[0].strip_prefix("** Alert ").and_then(|rest| rest.strip_suffix(": - app,"));
    let id = id.unwrap_or_else(|| panic!("the first line of {text}"));
    let place = format!("web1->{}", scene.path("app.log").display());
    assert_eq!(lines[1].get(21..), Some(place.as_str()), "{text}");
    assert_eq!(
        lines[2..],
        ["Rule: 100 (level 3) -> 'A line.'", "Nov 25 10:00:00 web1 app: line 1", "", ""]
    );
    let alert = &scene.alerts()[0];
    assert_eq!(alert["id"], id);
    assert_eq!(alert["rule"]["comment"], "A line.");
    assert_eq!(alert["location"], scene.path("app.log").display().to_string());
    assert_eq!(alert["decoder"], "app");
    let day = &lines[1][..11];
    let (year, month) = (&day[..4], &day[5..8]);
    for ending in ["log", "json"] {
        let dated = format!("logs/alerts/{year}/{month}/ossec-alerts-{}.{ending}", &day[9..]);
        let inode = |name: &str| fs::metadata(scene.path(name)).expect(name).ino();
        assert_eq!(inode(&dated), inode(&format!("logs/alerts/alerts.{ending}")), "{dated}");
    }
}

/// Every number up to the last, once and in order.
#[track_caller]
fn check_numbers(scene: &Scene, running: &Running, last: u32) {
    let expected: Vec<u32> = (1..=last).collect();
    running.wait_until("every line has its alert", || scene.numbers().len() >= expected.len());
    assert_eq!(scene.numbers(), expected, "{}", running.said());
}

#[test]
fn no_line_is_lost_or_doubled_when_the_log_is_renamed_under_a_busy_writer() {
    let scene = Scene::new();
    let running = scene.start();
    let mut writer = Writer::new(&scene);
    let rename = |from: &str, to: &str| fs::rename(scene.path(from), scene.path(to)).expect(from);
    writer.write(300);
    for round in 0..3 {
        rename("app.log", "app.log.1");
        // The writer learns of it later, and the new file may exist before.
        if round == 1 {
            fs::write(scene.path("app.log"), "").expect("a new log");
        }
        writer.write(100);
        writer.reopen();
        writer.write(300);
        rename("app.log.1", &format!("app.log.{}", round + 2));
    }
    // Twice at once.
    rename("app.log", "app.log.8");
    writer.reopen();
    writer.write(5);
    rename("app.log", "app.log.7");
    writer.reopen();
    writer.write(300);
    check_numbers(&scene, &running, writer.number());
    running.stop();
}

#[test]
fn no_line_is_lost_or_doubled_when_the_log_is_truncated_between_lines() {
    let scene = Scene::new();
    let running = scene.start();
    let mut writer = Writer::new(&scene);
    for lines in [200, 50, 100, 500] {
        writer.write(lines);
        // What is written between the last look and the truncation is lost to anybody.
        check_numbers(&scene, &running, writer.number());
        writer.truncate();
    }
    writer.write(20);
    check_numbers(&scene, &running, writer.number());
    let ended = running.stop();
    assert!(ended.said.contains("reading from its start"), "{}", ended.said);
}

#[test]
fn a_log_that_cannot_be_read_is_named_and_the_rest_is_watched() {
    let mut scene = Scene::new();
    let block = |name: &str| {
        let path = scene.path(name);
        let path = path.display();
        format!("<localfile><log_format>syslog</log_format><location>{path}</location></localfile>")
    };
    let more = ["loop.log", "folder.log", "later.log"].map(block).concat();
    scene.install("<jsonout_output>yes</jsonout_output>", &more);
    std::os::unix::fs::symlink("loop.log", scene.path("loop.log")).expect("a link to itself");
    fs::create_dir(scene.path("folder.log")).expect("a folder");
    let running = scene.start();
    scene.log_lines(1);
    scene.wait_for_alerts(&running, 1);
    let said = running.said();
    for (name, why) in [
        ("loop.log", "cannot be opened"),
        ("folder.log", "is a directory, not a file"),
        ("later.log", "does not exist"),
    ] {
        let told = said.lines().filter(|line| line.contains(&format!("{name}: {why}"))).count();
        assert_eq!(told, 1, "{name} {why}\n{said}");
    }
    scene.append("later.log", crate::scene::line(2).as_bytes());
    scene.wait_for_alerts(&running, 2);
    running.stop();
}

#[test]
fn an_alert_comes_within_a_second_of_its_line() {
    let mut scene = Scene::new();
    let running = scene.start();
    let mut slowest = Duration::ZERO;
    for count in 1..=10 {
        // At rest, so that it has to be woken.
        std::thread::sleep(Duration::from_millis(30));
        let start = Instant::now();
        scene.log_lines(1);
        running.wait_until("the alert", || {
            scene.read("logs/alerts/alerts.log").matches("** Alert").count() == count
        });
        slowest = slowest.max(start.elapsed());
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    running.stop();
}
