//! What OSSEC loses or delays and this must not, where no other test of this folder shows it. `register.rs`
//! has the whole list.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use bartizan_collect::sources::Machine;
use bartizan_collect::{LocalFile, Now, Patience, Seen, Sources};
use bartizan_config::ossec_conf::localfile::{Localfile, LogFormat};
use tempfile::TempDir;

struct Scene {
    folder: TempDir,
    sources: Sources,
    now: Now,
    lines: Vec<String>,
    notices: Vec<String>,
}

fn file(location: PathBuf) -> LocalFile {
    LocalFile { location, ..LocalFile::default() }
}

fn command(log_format: LogFormat, line: &str, alias: &str) -> LocalFile {
    let (frequency, alias) = (Some(Duration::from_secs(10)), Some(alias.to_owned()));
    let options = Arc::new(Localfile { frequency, alias, ..Localfile::default() });
    LocalFile { log_format, location: line.into(), options, ..LocalFile::default() }
}

impl Scene {
    fn new(settings: impl FnOnce(&Path) -> Vec<LocalFile>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let machine = Machine {
            hostname: "here".into(),
            time_zone: jiff::tz::TimeZone::UTC,
            journalctl: None,
        };
        let now = Now::read();
        let settings = settings(folder.path());
        let (sources, problems) = Sources::new(&settings, machine, Patience::default(), now);
        assert_eq!(problems, []);
        Self { folder, sources, now, lines: Vec::new(), notices: Vec::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        let file = OpenOptions::new().create(true).append(true).open(self.path(name));
        file.unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn poll(&mut self) {
        let (lines, notices) = (&mut self.lines, &mut self.notices);
        loop {
            let progress = self.sources.poll(self.now, &mut |_, seen| match seen {
                Seen::Line(line) => lines.push(String::from_utf8_lossy(line.text).into_owned()),
                Seen::Notice(notice) => notices.push(notice.message()),
            });
            if !progress.is_more {
                return;
            }
        }
    }

    #[track_caller]
    fn expect_after(&mut self, seconds: u64, lines: &[&str]) {
        self.now = self.now.after(Duration::from_secs(seconds));
        self.poll();
        assert_eq!(std::mem::take(&mut self.lines), lines);
    }

    /// Polls, with the children's own time, until that many lines have come.
    #[track_caller]
    fn until_lines(&mut self, count: usize) -> Vec<String> {
        let start = Instant::now();
        while self.lines.len() < count {
            self.poll();
            self.sources.wait(Duration::from_millis(20), &[]);
            assert!(start.elapsed() < Duration::from_secs(60), "{:?}", self.lines);
        }
        std::mem::take(&mut self.lines)
    }
}

#[test]
fn t4_a_log_that_comes_back_late_is_read_whole() {
    let mut scene = Scene::new(|folder| vec![file(folder.join("dir/log"))]);
    // Its folder is missing at first.
    scene.expect_after(0, &[]);
    scene.expect_after(100, &[]);
    fs::create_dir(scene.path("dir")).unwrap();
    scene.append("dir/log", "first\n");
    scene.expect_after(1, &["first"]);
    for pause in [1, 60, 300] {
        scene.append("dir/log", "last\n");
        fs::remove_file(scene.path("dir/log")).unwrap();
        scene.expect_after(1, &["last"]);
        scene.expect_after(pause, &[]);
        scene.append("dir/log", "new 1\nnew 2\n");
        scene.expect_after(1, &["new 1", "new 2"]);
    }
}

#[test]
fn t9_what_hangs_or_floods_beside_a_log_delays_none_of_its_lines() {
    let mut scene = Scene::new(|folder| {
        let fifo = folder.join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        vec![
            command(LogFormat::Command, "sleep 1000", "endless"),
            command(LogFormat::FullCommand, "head -c 1000000000 /dev/zero", "flood"),
            file(fifo),
            file(folder.join("log")),
        ]
    });
    scene.append("log", "");
    scene.sources.poll(scene.now, &mut |_, _| {});
    let start = Instant::now();
    let mut expected = Vec::new();
    for number in 0..2_000 {
        scene.append("log", &format!("line {number}\n"));
        expected.push(format!("line {number}"));
        let lines = &mut scene.lines;
        // One poll gives everybody a turn, so the line is there after it.
        scene.sources.poll(scene.now, &mut |location, seen| {
            if let Seen::Line(line) = seen
                && location.ends_with(b"/log")
            {
                lines.push(String::from_utf8_lossy(line.text).into_owned());
            }
        });
        assert_eq!(scene.lines.last(), expected.last(), "after the first poll");
    }
    assert_eq!(scene.lines, expected);
    assert!(start.elapsed() < Duration::from_secs(100));
}

#[test]
fn l9_late_lines_in_the_file_of_yesterday_are_read() {
    let mut scene = Scene::new(|folder| vec![file(folder.join("app-%d.log"))]);
    scene.now.wall = UNIX_EPOCH + Duration::from_secs(24 * 3600 - 10);
    scene.append("app-01.log", "");
    scene.expect_after(0, &[]);
    scene.append("app-01.log", "1\n");
    scene.append("app-02.log", "2\n");
    scene.expect_after(11, &["1", "2"]);
    scene.append("app-01.log", "late\n");
    scene.expect_after(30, &["late"]);
}

#[test]
fn l39_a_clock_that_is_set_back_stops_no_command() {
    let mut scene = Scene::new(|_| vec![command(LogFormat::Command, "echo x", "c")]);
    scene.until_lines(1);
    scene.now.wall -= Duration::from_secs(3_600);
    scene.now.monotonic += Duration::from_secs(11);
    assert_eq!(scene.until_lines(1), ["ossec: output: 'c': x"]);
}

#[test]
fn f6_an_unreadable_file_that_comes_back_was_not_truncated() {
    let mut scene =
        Scene::new(|folder| vec![file(folder.join("large")), file(folder.join("small"))]);
    scene.append("large", &"x\n".repeat(1_000));
    scene.append("small", "");
    scene.expect_after(0, &[]);
    fs::rename(scene.path("small"), scene.path("aside")).unwrap();
    scene.expect_after(130, &[]);
    fs::rename(scene.path("aside"), scene.path("small")).unwrap();
    scene.append("small", "1\n");
    scene.expect_after(130, &["1"]);
    assert!(scene.notices.iter().all(|notice| !notice.contains("shorter")), "{:?}", scene.notices);
}

#[test]
fn s5_commands_have_none_of_our_files() {
    let mut scene = Scene::new(|folder| {
        let list = "ls -l /proc/self/fd; echo end";
        vec![file(folder.join("log")), command(LogFormat::FullCommand, list, "c")]
    });
    scene.append("log", "");
    let lines = scene.until_lines(1);
    let folder = scene.folder.path().display().to_string();
    assert!(lines[0].ends_with("end") && lines[0].contains("/dev/null"), "{lines:?}");
    assert!(!lines[0].contains(&folder), "{lines:?}");
}
