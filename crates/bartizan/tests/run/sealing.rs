//! Ends of days, clocks that are set, and `verify` afterwards.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::Offset;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::scene::Scene;
use crate::support::bartizan;

/// Today in UTC, the same for all that a test asks.
fn today() -> Date {
    static TODAY: OnceLock<Date> = OnceLock::new();
    *TODAY.get_or_init(|| Offset::UTC.to_datetime(jiff::Timestamp::now()).date())
}

/// Seconds since today began in UTC.
fn now() -> i64 {
    let start = Offset::UTC.to_timestamp(today().at(0, 0, 0, 0)).expect("a time");
    jiff::Timestamp::now().as_second() - start.as_second()
}

/// The time zone in which it is now `seconds` after midnight of the day `days` from today. POSIX knows 24 hours and
/// 59 minutes in both directions.
fn zone(seconds: i64, days: i64) -> String {
    // It counts to the west.
    let west = now() - seconds - days * 86_400;
    let (sign, west) = if west < 0 { ("-", -west) } else { ("", west) };
    format!("XXX{sign}{}:{:02}:{:02}", west / 3600, west / 60 % 60, west % 60)
}

/// The day so many after today.
fn day(days: i64) -> Date {
    today().checked_add(jiff::Span::new().days(days)).expect("a day")
}

fn file(scene: &Scene, day: Date, suffix: &str) -> PathBuf {
    let folder = day.strftime("%Y/%b").to_string();
    scene.path(&format!("logs/alerts/{folder}/ossec-alerts-{:02}{suffix}", day.day()))
}

/// Puts a file of `length` bytes there, as an earlier run would have left it.
fn leave(scene: &Scene, day: Date, length: usize) {
    let path = file(scene, day, ".log");
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let mut entry = String::new();
    for number in 0..=length / 30 {
        entry += &format!("** Alert 1.{number}: - app,\nsome text of it\n\n");
    }
    fs::write(path, entry.get(..length).expect("long enough")).expect("written");
}

fn verify(scene: &Scene) -> (i32, Value) {
    let home = scene.home.path().to_string_lossy().into_owned();
    let output = bartizan(&["verify", "--json", "-D", &home], b"");
    let document = serde_json::from_slice(&output.stdout).expect("JSON");
    (output.status.code().expect("it ended"), document)
}

#[track_caller]
fn assert_fine(scene: &Scene) {
    let (status, document) = verify(scene);
    assert_eq!((status, &document["damage"]), (0, &0.into()), "{document:#}");
}

fn is_sealed(path: &Path) -> bool {
    let name = |suffix: &str| PathBuf::from(format!("{}{suffix}", path.display()));
    name(".sum").exists() && name(".gz").exists() && !path.exists()
}

#[test]
fn days_that_ended_while_it_did_not_run_are_sealed_and_damage_is_found_to_the_block() {
    let scene = Scene::new();
    for days in [-9, -8, -2] {
        leave(&scene, day(days), 200_000);
    }
    scene.home.write("etc/local_internal_options.conf", b"monitord.compress=0\n");
    let running = scene.start();
    let last = file(&scene, day(-2), ".log.sum");
    running.wait_until("they are sealed", || running.said().contains("3 files were sealed"));
    let ended = running.stop();
    assert!(last.exists() && ended.said.contains("its chain ends with"), "{}", ended.said);
    assert_fine(&scene);
    let damaged = file(&scene, day(-8), ".log");
    let mut content = fs::read(&damaged).expect("there");
    content[70_000] ^= 1;
    fs::write(&damaged, content).expect("written");
    let (status, document) = verify(&scene);
    let found = &document["findings"][0];
    assert_eq!((status, &document["damage"]), (1, &1.into()), "{document:#}");
    assert!(damaged.ends_with(found["file"].as_str().expect("a file")), "{found:#}");
    assert_eq!((&found["from"], &found["to"]), (&65_536.into(), &131_072.into()));
    // Rules hear of it as soon as somebody looks, which compressing does.
    scene.home.write("etc/local_internal_options.conf", b"");
    let running = scene.start();
    running
        .wait_until("it says so", || running.said().contains("it was altered after it was sealed"));
    running.wait_until("others go on", || running.said().contains("2 compressed"));
    running.stop();
}

#[test]
fn verify_says_what_it_cannot_do() {
    let scene = Scene::new();
    let home = scene.home.path().to_string_lossy().into_owned();
    let status = |args: &[&str]| bartizan(&[&["verify"], args].concat(), b"").status.code();
    assert_eq!(status(&["-D", "/nowhere/at/all"]), Some(2));
    assert_eq!(status(&["-D", &home]), Some(2), "there are no logs");
    fs::create_dir(scene.path("logs")).expect("made");
    assert_eq!(status(&["-D", &home]), Some(0));
    assert_eq!(status(&["-D", &home, "--head", "abc"]), Some(2));
    assert_eq!(status(&["-D", &home, "--head", &"a".repeat(64)]), Some(1), "no chain has it");
}

#[test]
fn a_chain_that_was_forged_as_a_whole_lacks_the_checksum_that_was_noted() {
    let scene = Scene::new();
    leave(&scene, day(-2), 1000);
    let running = scene.start();
    running.wait_until("it is sealed", || running.said().contains("1 files were sealed"));
    running.stop();
    let document = verify(&scene).1;
    let series = document["series"].as_array().expect("series");
    let head = series.iter().find_map(|series| series["head"].as_str()).expect("a head");
    let home = scene.home.path().to_string_lossy().into_owned();
    let status = || bartizan(&["verify", "-D", &home, "--head", head], b"").status.code();
    assert_eq!(status(), Some(0));
    fs::remove_dir_all(scene.path("logs")).expect("removed");
    leave(&scene, day(-2), 999);
    let running = scene.start();
    running.wait_until("it is sealed", || running.said().contains("1 files were sealed"));
    running.stop();
    assert_fine(&scene);
    assert_eq!(status(), Some(1));
}

#[test]
fn midnight_closes_a_file_and_seals_it_while_alerts_go_on() {
    let mut scene = Scene::new();
    let running = scene.start_in(&zone(-4, 1));
    scene.log_lines(5);
    scene.wait_for_alerts(&running, 5);
    let ended = file(&scene, day(0), ".log");
    assert!(ended.exists(), "it is before midnight");
    let today = file(&scene, day(1), ".log");
    running.wait_until("the day ends", || {
        scene.log_lines(1);
        std::thread::sleep(Duration::from_millis(50));
        today.exists()
    });
    running.wait_until("it is sealed", || is_sealed(&ended));
    running.wait_until("so is the other", || is_sealed(&file(&scene, day(0), ".json")));
    scene.log_lines(1);
    let last = fs::read_to_string(scene.path("app.log")).expect("a log").lines().count();
    running.wait_until("alerts go on", || scene.last_number() == u32::try_from(last).ok());
    running.stop();
    assert_fine(&scene);
    // Every line is in one of the two.
    let packed = fs::File::open(file(&scene, day(0), ".json.gz")).expect("packed");
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(packed)).expect("whole");
    let count = text.lines().count() + scene.alerts().len();
    assert_eq!(count, last);
}

#[test]
fn a_kill_at_any_moment_of_sealing_is_made_good_by_the_next_start() {
    let scene = Scene::new();
    for days in [-3, -2, -1] {
        leave(&scene, day(days), 6_000_000);
    }
    for wait in [0, 40, 80, 160, 320] {
        let running = scene.start();
        std::thread::sleep(Duration::from_millis(wait));
        running.end(Signal::SIGKILL);
        assert_fine(&scene);
    }
    let running = scene.start();
    running.wait_until("they are sealed", || {
        [-3, -2, -1].iter().all(|&days| is_sealed(&file(&scene, day(days), ".log")))
    });
    running.stop();
    let (status, document) = verify(&scene);
    assert_eq!(status, 0, "{document:#}");
    let texts = document["series"].as_array().expect("series").iter();
    let texts = texts.filter(|series| series["name"] == "alerts.log");
    assert_eq!(
        texts.map(|series| series["bytes"].as_u64()).collect::<Vec<_>>(),
        [Some(18_000_000)]
    );
}

#[test]
fn a_clock_set_back_over_midnight_writes_on_in_the_newer_file_and_repeats_no_number() {
    let mut scene = Scene::new();
    let running = scene.start_in(&zone(-1800, 1));
    scene.log_lines(3);
    scene.wait_for_alerts(&running, 3);
    running.stop();
    // Half past midnight: the day before is sealed.
    let running = scene.start_in(&zone(1800, 1));
    running.wait_until("it is sealed", || is_sealed(&file(&scene, day(0), ".json")));
    let sum = fs::read(file(&scene, day(0), ".json.sum")).expect("a sum");
    scene.log_lines(3);
    running.wait_until("they are written", || scene.numbers() == [4, 5, 6]);
    running.stop();
    // Half past eleven again.
    let running = scene.start_in(&zone(-1800, 1));
    scene.log_lines(3);
    running.wait_until("they are written", || scene.numbers() == [4, 5, 6, 7, 8, 9]);
    running.stop();
    assert_eq!(fs::read(file(&scene, day(0), ".json.sum")).expect("a sum"), sum);
    assert!(!file(&scene, day(0), ".json").exists());
    assert_fine(&scene);
    let packed = fs::File::open(file(&scene, day(0), ".json.gz")).expect("packed");
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(packed)).expect("whole");
    let earlier = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("an object"));
    let ids = earlier.chain(scene.alerts()).map(|alert| alert["id"].to_string());
    assert_eq!(ids.collect::<BTreeSet<_>>().len(), 9);
}

#[test]
fn a_clock_that_goes_days_ahead_and_back_puts_entries_into_the_files_of_their_days() {
    let mut scene = Scene::new();
    let running = scene.start_in(&zone(now(), -1));
    scene.log_lines(2);
    scene.wait_for_alerts(&running, 2);
    running.stop();
    let running = scene.start_in(&zone(now(), 1));
    running.wait_until("it is sealed", || is_sealed(&file(&scene, day(-1), ".json")));
    scene.log_lines(2);
    running.wait_until("they are written", || scene.numbers() == [3, 4]);
    running.stop();
    assert!(file(&scene, day(1), ".json").exists());
    // Back again: its own day is sealed, so the day after takes them, not the one the clock was at.
    let running = scene.start_in(&zone(now(), -1));
    scene.log_lines(2);
    running.wait_until("they are written", || scene.numbers() == [5, 6]);
    running.stop();
    assert!(file(&scene, day(0), ".json").exists());
    assert_fine(&scene);
}

#[test]
fn files_that_are_too_old_are_deleted_and_it_is_said() {
    let scene = Scene::new();
    for days in [-40, -20, -1] {
        leave(&scene, day(days), 1000);
    }
    scene.home.write("etc/local_internal_options.conf", b"bartizan.keep_days=30\n");
    let running = scene.start();
    running.wait_until("one is deleted", || running.said().contains("1 deleted"));
    running.stop();
    assert!(!file(&scene, day(-40), ".log.sum").exists());
    assert!(is_sealed(&file(&scene, day(-20), ".log")));
    assert_fine(&scene);
}
