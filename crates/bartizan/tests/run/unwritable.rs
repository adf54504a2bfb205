//! Disks that are full, folders that nobody may write to.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::scene::Scene;

#[test]
fn alerts_wait_for_a_file_that_can_be_written_and_are_counted() {
    let mut scene = Scene::new();
    let running = scene.start();
    scene.log_lines(2);
    scene.wait_for_alerts(&running, 2);
    running.stop();
    let logs = scene.path("logs/alerts");
    fs::rename(&logs, scene.path("logs/away")).expect("moved");
    fs::write(&logs, "a file where a folder should be").expect("in its place");
    let running = scene.start();
    scene.log_lines(3);
    running.wait_until("it tries", || running.said().contains("entries are kept"));
    std::thread::sleep(std::time::Duration::from_millis(50));
    scene.log_lines(3);
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert_eq!(running.said().matches("entries are kept").count(), 2, "once for each file");
    fs::remove_file(&logs).expect("removed");
    fs::rename(scene.path("logs/away"), &logs).expect("back");
    scene.wait_for_alerts(&running, 8);
    running.wait_until("it says so", || {
        running.said().matches("6 entries were written late, 0 are lost").count() == 2
    });
    running.stop();
    assert_eq!(scene.numbers(), (1..=8).collect::<Vec<u32>>());
}

#[test]
fn alerts_that_could_never_be_written_come_after_the_next_start() {
    let mut scene = Scene::new();
    fs::write(scene.path("logs"), "a file where a folder should be").expect("in its place");
    let running = scene.start_unready(&["--from-start"]);
    scene.log_lines(4);
    running.wait_until("it shows them", || {
        String::from_utf8_lossy(&running.shown()).contains("line 4")
    });
    let ended = running.stop();
    assert!(ended.said.contains("8 entries not written"), "{}", ended.said);
    fs::remove_file(scene.path("logs")).expect("removed");
    let running = scene.start_unready(&["--from-start"]);
    scene.wait_for_alerts(&running, 4);
    running.stop();
}

/// A file system with little room, where we may mount one.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(folder: &'a Path) -> Option<Self> {
        fs::create_dir_all(folder).expect("a folder");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(folder)
            .output();
        mount.is_ok_and(|done| done.status.success()).then_some(Self(folder))
    }

    /// Makes it read-only (`ro`) or writable (`rw`).
    fn remount(&self, how: &str) -> bool {
        let options = format!("remount,{how}");
        let mount = Command::new("mount").args(["-o", &options]).arg(self.0).output();
        mount.is_ok_and(|done| done.status.success())
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

/// Rules that hear when a file cannot be written and when it can be again, beside lines.
const HEARING: &str = r#"
<group name="app,">
  <rule id="1" level="0" noalert="1"><category>syslog</category><description>t</description></rule>
  <rule id="100" level="3"><decoded_as>app</decoded_as><match>^line </match><description>A line.</description></rule>
  <rule id="200" level="9"><match>^bartizan: cannot write </match><description>No room.</description></rule>
  <rule id="201" level="3"><match> can be written again, </match><description>Room.</description></rule>
</group>
"#;

#[test]
fn a_read_only_file_system_is_told_to_rules_and_screen_and_writing_goes_on_by_itself() {
    let mut scene = Scene::new();
    scene.home.write("rules/app_rules.xml", HEARING.as_bytes());
    let logs = scene.path("logs");
    let Some(disk) = SmallDisk::mount(&logs) else {
        eprintln!("skipped: nothing can be mounted here");
        return;
    };
    assert!(disk.remount("ro"));
    let running = scene.start_unready(&["--from-start"]);
    scene.log_lines(4);
    running.wait_until("it shows them", || {
        let shown = String::from_utf8_lossy(&running.shown()).into_owned();
        shown.contains("line 4") && shown.contains("No room.")
    });
    assert!(running.said().contains("Read-only file system"), "{}", running.said());
    assert!(disk.remount("rw"));
    running.wait_until("it goes on", || running.said().contains("can be written again"));
    running.wait_until("all is written", || scene.numbers().len() == 4);
    let ended = running.stop();
    assert!(!ended.said.contains("entries not written"), "{}", ended.said);
    assert_eq!(scene.numbers(), [1, 2, 3, 4]);
    assert!(scene.rules().contains(&200), "what happened is in the file as well");
}

#[test]
fn a_file_system_that_becomes_read_only_holds_nothing_up() {
    let mut scene = Scene::new();
    scene.home.write("rules/app_rules.xml", HEARING.as_bytes());
    let running = scene.start();
    scene.log_lines(3);
    scene.wait_for_alerts(&running, 3);
    let logs = scene.path("logs");
    let Some(disk) = SmallDisk::mount(&logs).filter(|disk| disk.remount("ro")) else {
        eprintln!("skipped: nothing can be mounted here");
        return;
    };
    scene.log_lines(3);
    running.wait_until("it shows them", || {
        let shown = String::from_utf8_lossy(&running.shown()).into_owned();
        shown.contains("line 6") && shown.contains("No room.")
    });
    drop(disk);
    running.wait_until("all is written", || scene.numbers().len() == 6);
    running.wait_until("rules hear of it", || {
        String::from_utf8_lossy(&running.shown()).contains("No room.")
    });
    running.stop();
    assert_eq!(scene.numbers(), (1..=6).collect::<Vec<u32>>());
}

#[test]
fn a_full_disk_is_an_alert_itself() {
    let mut scene = Scene::new();
    scene.home.write("rules/app_rules.xml", HEARING.as_bytes());
    let logs = scene.path("logs");
    let Some(_disk) = SmallDisk::mount(&logs) else {
        eprintln!("skipped: nothing can be mounted here");
        return;
    };
    let running = scene.start();
    let ballast = logs.join("ballast");
    let mut file = fs::File::create(&ballast).expect("a file");
    while file.write_all(&[0; 512]).is_ok() {}
    scene.log_lines(40);
    running.wait_until("rules hear of it", || {
        let shown = String::from_utf8_lossy(&running.shown()).into_owned();
        shown.contains("No room.") && shown.contains("line 40")
    });
    fs::remove_file(&ballast).expect("removed");
    drop(file);
    running.wait_until("all is written", || scene.numbers().len() == 40);
    running.wait_until("that as well", || scene.rules().contains(&200));
    running.stop();
    assert_eq!(scene.numbers(), (1..=40).collect::<Vec<u32>>());
}

#[test]
fn a_full_disk_loses_nothing_and_leaves_whole_entries() {
    let mut scene = Scene::new();
    let logs = scene.path("logs");
    let Some(_disk) = SmallDisk::mount(&logs) else {
        eprintln!("skipped: nothing can be mounted here");
        return;
    };
    let running = scene.start();
    scene.log_lines(5);
    scene.wait_for_alerts(&running, 5);
    let ballast = logs.join("ballast");
    let mut file = fs::File::create(&ballast).expect("a file");
    while file.write_all(&[0; 512]).is_ok() {}
    // Pages that are begun still have room for some.
    scene.log_lines(40);
    running.wait_until("it is full", || running.said().contains("No space left on device"));
    for text in scene.read("logs/alerts/alerts.log").split_terminator("\n\n") {
        assert!(text.starts_with("** Alert ") && text.contains(" app: line "), "{text}");
    }
    assert!(scene.alerts().len() < 45);
    scene.log_lines(5);
    fs::remove_file(&ballast).expect("removed");
    drop(file);
    running.wait_until("it goes on", || running.said().contains("can be written again"));
    running.wait_until("all is written", || scene.numbers().len() >= 50);
    running.stop();
    assert_eq!(scene.numbers(), (1..=50).collect::<Vec<u32>>());
    assert_eq!(scene.read("logs/alerts/alerts.log").matches("** Alert ").count(), 50);
}
