//! Starts that fail, that have little to do, that show something.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::scene::{Running, Scene};

#[track_caller]
fn check_refused(scene: &Scene, places: &[&str]) {
    let ended = scene.start_unready(&[]).wait();
    assert_eq!(ended.status.code(), Some(2), "{}", ended.said);
    for place in places {
        let path = scene.path(place);
        assert!(ended.said.contains(&path.display().to_string()), "{place} in\n{}", ended.said);
    }
    assert!(ended.said.contains("nothing was started"), "{}", ended.said);
    for made in ["logs", "queue", "stats"] {
        assert!(!scene.path(made).exists(), "{made} was made");
    }
}

#[test]
fn a_broken_rule_file_starts_nothing() {
    let scene = Scene::new();
    scene
        .home
        .write("rules/app_rules.xml", b"<group name=\"x,\">\n  <rule id=\"7\" level=\"eight\"><match>x</match></rule>\n</group>\n");
    check_refused(&scene, &["rules/app_rules.xml:2:23: error"]);
}

#[test]
fn mistakes_of_all_files_are_told_with_their_places() {
    let scene = Scene::new();
    scene.home.write(
        "rules/app_rules.xml",
        b"<group name=\"x,\">\n<rule id=\"7\" level=\"3\"><mach>x</mach></rule>\n</group>\n",
    );
    scene.home.write(
        "etc/decoder.xml",
        b"<decoder name=\"a\">\n<parent>nobody</parent>\n<prematch>x</prematch>\n</decoder>\n",
    );
    check_refused(&scene, &["etc/decoder.xml:2:", "rules/app_rules.xml:2:"]);
}

#[test]
fn a_broken_configuration_starts_nothing() {
    let scene = Scene::new();
    scene.home.write("etc/ossec.conf", b"<ossec_config>\n<globl>\n</globl>\n</ossec_config>\n");
    check_refused(&scene, &["etc/ossec.conf:2:2: error"]);
}

#[test]
fn what_cannot_be_read_yet_is_named_and_not_said_to_be_watched() {
    let block = |format: &str, rest: &str| {
        format!("<localfile><log_format>{format}</log_format>{rest}</localfile>\n")
    };
    let more = block("eventchannel", "<location>Security</location>")
        + &block("command", "<location>/nowhere/forgotten</location>")
        + &block("djb-multilog", "<location>/nowhere/qmail.log</location>");
    let mut scene = Scene::with("<jsonout_output>yes</jsonout_output>", &more);
    let running = scene.start();
    scene.log_lines(1);
    scene.wait_for_alerts(&running, 1);
    let said = running.stop().said;
    for told in [
        "Security: log format \"eventchannel\" belongs to another system",
        "/nowhere/qmail.log: a log of multilog is named PROGRAM/current",
    ] {
        assert!(said.contains(told), "{told}\n{said}");
    }
    let watched = said.lines().find(|line| line.contains("watching ")).expect("it says so");
    assert!(watched.ends_with("app.log") && !watched.contains("nowhere"), "{watched}");
}

#[track_caller]
fn check_json(global: &str, args: &[&str], is_written: bool) {
    let scene = Scene::with(global, "");
    let running = scene.start_with(args);
    scene.log("line 1");
    running.wait_until("an alert", || !scene.read("logs/alerts/alerts.log").is_empty());
    running.stop();
    let json = scene.path("logs/alerts/alerts.json");
    assert_eq!(json.exists(), is_written, "{global} {args:?}");
}

#[test]
fn json_alerts_follow_the_configuration() {
    let ossec = ["--dialect", "ossec"];
    check_json("<jsonout_output>no</jsonout_output>", &[], false);
    check_json("<jsonout_output>yes</jsonout_output>", &ossec, true);
    check_json("", &[], true);
    check_json("", &ossec, false);
}

#[test]
fn the_demonstration_shows_its_first_alert_within_five_seconds() {
    let start = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bartizan"));
    command.args(["run", "--demo"]);
    let running = Running::spawn(command);
    running.wait_until("an alert", || !running.shown().is_empty());
    let taken = start.elapsed();
    assert!(taken < Duration::from_secs(5), "{taken:?}");
    let said = running.stop().said;
    let folder = said.split("seconds into ").nth(1).and_then(|rest| rest.split(';').next());
    let folder = folder.unwrap_or_else(|| panic!("no folder in {said}"));
    assert!(!std::path::Path::new(folder).exists(), "{folder} is still there");
}

#[test]
fn options_that_the_demonstration_would_ignore_are_refused() {
    for option in [&["--state", "/tmp/x"][..], &["--from-start"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bartizan"));
        command.args(["run", "--demo"]).args(option);
        assert_eq!(Running::spawn(command).wait().status.code(), Some(2), "{option:?}");
    }
}

#[test]
fn beside_a_running_ossec_another_folder_is_wanted() {
    let mut scene = Scene::new();
    let alive = format!("var/run/ossec-analysisd-{}.pid", std::process::id());
    scene.home.write(&alive, b"");
    check_refused(&scene, &["", &alive]);
    assert!(scene.start_unready(&[]).wait().said.contains("--state DIR"));

    let elsewhere = tempfile::tempdir().expect("a folder");
    let folder = elsewhere.path().to_str().expect("a name");
    let running = scene.start_unready(&["--state", folder]);
    running.wait_until("it reads", || elsewhere.path().join("queue/positions.json").exists());
    running.stop();
    assert!(!scene.path("logs").exists() && !scene.path("queue").exists());

    // What a crash left behind: there is no such process.
    std::fs::remove_file(scene.path(&alive)).expect("removed");
    scene.home.write("var/run/ossec-analysisd-4194999.pid", b"");
    let running = scene.start();
    scene.log_lines(1);
    scene.wait_for_alerts(&running, 1);
    running.stop();
}

/// Nobody ever writes to these pipes: whoever opens one as a file waits for ever.
#[test]
fn pipes_in_place_of_its_own_files_stop_nothing_or_are_told() {
    for (name, says) in [
        ("queue/bartizan.lock", Some("cannot open")),
        ("queue/positions.new", None),
        ("queue/commits", None),
        ("queue/fts/fts-queue", Some("cannot")),
    ] {
        let mut scene = Scene::new();
        std::fs::create_dir_all(scene.path("queue/fts")).expect("a folder");
        let mode = nix::sys::stat::Mode::S_IRWXU;
        nix::unistd::mkfifo(&scene.path(name), mode).expect("a pipe");
        match says {
            Some(says) => {
                let ended = scene.start_unready(&[]).wait();
                assert_eq!(ended.status.code(), Some(2), "{name}: {}", ended.said);
                assert!(ended.said.contains(says), "{name}: {}", ended.said);
            }
            None => {
                let running = scene.start();
                scene.log_lines(1);
                scene.wait_for_alerts(&running, 1);
                running.stop();
            }
        }
    }
}
