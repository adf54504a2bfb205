//! The journal's reader ends and is started again. A shell script stands in for `journalctl`.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, UNIX_EPOCH};

use bartizan_collect::journal::{Journal, JournalOptions};
use bartizan_collect::{Now, Seen};
use tempfile::TempDir;

/// 2026-11-25 04:14:22 UTC, in microseconds.
const TIME: u64 = 1_795_580_062_000_000;

fn entry(number: u64, message: &str) -> String {
    format!(
        "__CURSOR=c{number}\n__REALTIME_TIMESTAMP={}\n_HOSTNAME=h\nSYSLOG_IDENTIFIER=prog\n\
         _SYSTEMD_UNIT=app.service\nMESSAGE={message}\n\n",
        TIME + number * 1_000_000
    )
}

struct Scene {
    folder: TempDir,
    journal: Journal,
    now: Now,
}

impl Scene {
    /// The clock stands at entry 2; `script` is run with the arguments of `journalctl`.
    fn new(script: &str, names: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("journalctl");
        let path = folder.path().display();
        // The interpreter's own start-up is all that runs besides builtins: there is no PATH.
        let text = format!("#!/bin/sh\ncd {path}\necho \"$@\" >> args\n{script}\n");
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let mut now = Now::read();
        now.wall = UNIX_EPOCH + Duration::from_micros(TIME + 2_500_000);
        let options = JournalOptions {
            program,
            folder: None,
            names: names.iter().map(|&name| name.to_owned()).collect(),
            hostname: "here".into(),
            time_zone: jiff::tz::TimeZone::UTC,
        };
        Self { folder, journal: Journal::new(options, now), now }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Polls for as long as it takes until the child has ended, or `count` things were seen.
    fn see(&mut self, count: usize) -> Vec<String> {
        let mut got = Vec::new();
        for _ in 0..500 {
            self.journal.poll(self.now, &mut |seen| {
                got.push(match seen {
                    Seen::Line(line) => String::from_utf8_lossy(line.text).into_owned(),
                    Seen::Notice(notice) => notice.message(),
                });
            });
            if got.len() >= count {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        got
    }

    fn pass(&mut self, seconds: u64) {
        self.now = self.now.after(Duration::from_secs(seconds));
    }

    fn arguments(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join("args")).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

/// Prints a file and ends.
const PRINT: &str = "
while IFS= read -r line; do printf '%s\\n' \"$line\"; done < output
echo 'it is over' >&2";

#[test]
fn entries_before_the_start_are_not_handed_on_and_later_ones_once() {
    let mut scene = Scene::new(PRINT, &[]);
    scene.write("output", &[entry(2, "old"), entry(3, "new"), entry(4, "newer")].concat());
    assert_eq!(
        scene.see(3),
        [
            "2026-11-25T04:14:25+00:00 h prog: new",
            "2026-11-25T04:14:26+00:00 h prog: newer",
            "ended, starting it again: it is over"
        ]
    );
    // Not at once.
    assert!(scene.see(0).is_empty());
    assert_eq!(scene.arguments().len(), 1);
    scene.pass(2);
    scene.write("output", &[entry(4, "newer"), entry(5, "newest")].concat());
    let seen = scene.see(2);
    assert_eq!(seen[0], "2026-11-25T04:14:27+00:00 h prog: newest");
    let arguments = scene.arguments();
    assert!(arguments[0].contains("--lines=1"), "{arguments:?}");
    assert!(arguments[1].ends_with("--no-tail --cursor=c4"), "{arguments:?}");
}

#[test]
fn a_cursor_that_is_gone_is_a_loss_that_is_told() {
    let mut scene = Scene::new(PRINT, &[]);
    scene.write("output", &entry(3, "a"));
    scene.see(2);
    scene.pass(2);
    scene.write("output", &entry(7, "b"));
    let seen = scene.see(3);
    assert_eq!(seen[0], "entries were removed before they were read");
    assert_eq!(seen[1], "2026-11-25T04:14:29+00:00 h prog: b");
}

#[test]
fn a_cursor_that_is_refused_is_given_up_and_old_entries_do_not_come_again() {
    let script =
        format!("case \"$*\" in *cursor*) echo 'no such cursor' >&2; exit 1;; esac{PRINT}");
    let mut scene = Scene::new(&script, &[]);
    scene.write("output", &entry(3, "a"));
    scene.see(2);
    let mut seen = Vec::new();
    for _ in 0..2 {
        scene.pass(100);
        seen.extend(scene.see(1));
    }
    assert_eq!(seen[0], "ended, starting it again: no such cursor");
    assert!(seen.contains(&"entries were removed before they were read".to_owned()), "{seen:?}");
    scene.pass(100);
    scene.write("output", &[entry(3, "a"), entry(4, "b")].concat());
    assert_eq!(scene.see(2)[0], "2026-11-25T04:14:26+00:00 h prog: b");
}

#[test]
fn only_the_named_identifiers_and_units_are_handed_on() {
    let mut scene = Scene::new(PRINT, &["app"]);
    let other = entry(3, "x").replace("prog", "app").replace("app.service", "b.service");
    let none = entry(4, "y").replace("app.service", "other.service");
    scene.write("output", &[other, none, entry(5, "z")].concat());
    let seen = scene.see(3);
    assert!(seen[0].ends_with("app: x") && seen[1].ends_with("prog: z"), "{seen:?}");
}

#[test]
fn a_reader_that_cannot_be_started_is_tried_again() {
    let mut scene = Scene::new(PRINT, &[]);
    let program = scene.folder.path().join("journalctl");
    fs::rename(&program, scene.folder.path().join("aside")).unwrap();
    assert!(scene.see(1)[0].starts_with("ended, starting it again: "));
    fs::rename(scene.folder.path().join("aside"), &program).unwrap();
    scene.write("output", &entry(3, "a"));
    scene.pass(2);
    assert!(scene.see(1)[0].ends_with("prog: a"));
}

#[test]
fn the_reader_is_ended_when_nobody_reads_any_more() {
    let mut scene = Scene::new("echo $$ > pid\necho\nwhile :; do read x < fifo; done", &[]);
    let fifo = scene.folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(fifo).status().unwrap().success());
    let pid = scene.folder.path().join("pid");
    for _ in 0..500 {
        scene.see(0);
        if fs::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n')) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let number = fs::read_to_string(pid).unwrap();
    let process = std::path::Path::new("/proc").join(number.trim());
    assert!(process.exists());
    drop(scene.journal);
    assert!(!process.exists());
}
