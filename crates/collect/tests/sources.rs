//! Settings become inputs: patterns, names with times, several names of one file, fair turns.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bartizan_base::{Dialect, Source};
use bartizan_collect::sources::{Machine, Problem, Reason};
use bartizan_collect::{LocalFile, Now, Patience, Seen, Sources};
use bartizan_config::ossec_conf;
use bartizan_config::ossec_conf::localfile::{Localfile, LogFormat, TextTest};
use bartizan_pattern::Language;
use tempfile::TempDir;

struct Scene {
    folder: TempDir,
    sources: Sources,
    problems: Vec<Problem>,
    now: Now,
    notices: Vec<String>,
}

fn machine() -> Machine {
    Machine { hostname: "here".into(), time_zone: jiff::tz::TimeZone::UTC, journalctl: None }
}

impl Scene {
    /// `settings` are formats and locations below the folder, in which `files` are there already.
    fn new(settings: &[(LogFormat, &str)], files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings: Vec<LocalFile> = settings
            .iter()
            .map(|(format, location)| LocalFile {
                log_format: *format,
                location: folder.path().join(location),
                ..LocalFile::default()
            })
            .collect();
        let now = Now::read();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let (sources, problems) = Sources::new(&settings, machine(), Patience::default(), now);
        Self { folder, sources, problems, now, notices: Vec::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        let file = OpenOptions::new().create(true).append(true).open(self.path(name));
        file.unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Some seconds later, exactly these lines come, with the names of their files.
    #[track_caller]
    fn expect_after(&mut self, seconds: u64, expected: &[(&str, &str)]) {
        self.now = self.now.after(Duration::from_secs(seconds));
        let mut got = Vec::new();
        let folder = format!("{}/", self.folder.path().display());
        loop {
            let notices = &mut self.notices;
            let progress = self.sources.poll(self.now, &mut |location, seen| {
                let location = String::from_utf8_lossy(location).replace(&folder, "");
                match seen {
                    Seen::Line(line) => {
                        got.push((location, String::from_utf8_lossy(line.text).into_owned()));
                    }
                    Seen::Notice(notice) => {
                        notices.push(format!("{location} {}", notice.message()));
                    }
                }
            });
            if !progress.is_more {
                break;
            }
        }
        let got: Vec<(&str, &str)> = got.iter().map(|(l, t)| (l.as_str(), t.as_str())).collect();
        assert_eq!(got, expected);
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let scene = Scene::new(
        &[
            (LogFormat::Syslog, "a"),
            (LogFormat::DjbMultilog, "b"),
            (LogFormat::Eventlog, "c"),
            (LogFormat::Syslog, "a"),
            (LogFormat::Eventchannel, "e"),
            (LogFormat::Journald, "all"),
            (LogFormat::Syslog, "none*"),
        ],
        &[],
    );
    let reasons: Vec<_> = scene.problems.iter().map(|p| (p.setting, p.reason.clone())).collect();
    let expected = [
        (1, Reason::NotMultilog),
        (2, Reason::OtherSystem(LogFormat::Eventlog)),
        (3, Reason::Duplicate),
        (4, Reason::OtherSystem(LogFormat::Eventchannel)),
        (5, Reason::NoJournalctl),
        (6, Reason::NoMatch),
    ];
    assert_eq!(reasons, expected);
    let message = scene.problems[1].reason.to_string();
    assert!(message.starts_with("log format \"eventlog\" belongs to another system"), "{message}");
}

#[test]
fn check_warns_of_exactly_the_formats_that_are_left_out() {
    let machine = Machine { journalctl: Some("/nowhere/journalctl".into()), ..machine() };
    for log_format in LogFormat::all() {
        let text = format!(
            "<ossec_config><localfile><log_format>{log_format}</log_format>\
             <location>/nowhere/p/current</location><command>c</command>\
             <multiline_regex>x</multiline_regex></localfile></ossec_config>"
        );
        let (read, said) = ossec_conf::read(&Source::new("ossec.conf", text), Dialect::OURS);
        let blocks = read.unwrap().localfiles;
        assert_eq!(blocks[0].format, Some(log_format), "{log_format} is read as it is written");
        let is_warned = said.iter().any(|d| {
            d.message.contains("in `<log_format>`") || d.message.contains("belongs to another")
        });
        let location = "/nowhere/p/current".into();
        let setting = LocalFile { log_format, location, ..LocalFile::default() };
        let (sources, problems) =
            Sources::new(&[setting], machine.clone(), Patience::default(), Now::read());
        assert_eq!(is_warned, !problems.is_empty(), "{log_format}: {said:?}, {problems:?}");
        assert_eq!(is_warned, sources.is_empty(), "{log_format}");
    }
}

#[test]
fn inputs_are_read_in_the_order_of_the_settings() {
    let mut scene = Scene::new(
        &[(LogFormat::Syslog, "b"), (LogFormat::Syslog, "a")],
        &[("a", "old\n"), ("b", "")],
    );
    scene.expect_after(0, &[]);
    scene.append("a", "1\n");
    scene.append("b", "2\n");
    scene.expect_after(1, &[("b", "2"), ("a", "1")]);
}

#[test]
fn a_pattern_is_expanded_again_and_new_files_are_read_from_their_start() {
    let mut scene = Scene::new(
        &[(LogFormat::Syslog, "*.log")],
        &[("a.log", "old\n"), ("x.txt", ""), ("b.log.gz", "")],
    );
    scene.expect_after(0, &[]);
    scene.append("b.log", "1\n");
    scene.append("a.log", "2\n");
    scene.expect_after(1, &[("a.log", "2")]);
    scene.expect_after(10, &[("b.log", "1")]);
    fs::remove_file(scene.path("b.log")).unwrap();
    scene.expect_after(1, &[]);
    scene.expect_after(400, &[]);
    scene.expect_after(20, &[]);
    assert_eq!(scene.sources.counts().count(), 1, "the follower of a file that is gone is gone");
}

#[test]
fn a_pattern_that_matches_rotated_names_reads_nothing_twice() {
    let mut scene =
        Scene::new(&[(LogFormat::Syslog, "a.log*")], &[("a.log", ""), ("a.log.1", "older\n")]);
    scene.expect_after(0, &[]);
    for round in 0..4 {
        scene.append("a.log", "x\n");
        fs::rename(scene.path("a.log.1"), scene.path("a.log.2")).unwrap();
        fs::rename(scene.path("a.log"), scene.path("a.log.1")).unwrap();
        scene.append("a.log", "y\n");
        scene.expect_after(1, &[("a.log", "x"), ("a.log", "y")]);
        // Longer than the old file is kept open: then the other name takes it over.
        scene.expect_after(if round % 2 == 0 { 100 } else { 15 }, &[]);
        scene.expect_after(15, &[]);
    }
}

#[test]
fn a_file_with_two_names_is_read_once_under_the_first() {
    let mut scene =
        Scene::new(&[(LogFormat::Syslog, "link"), (LogFormat::Syslog, "a*")], &[("a", "")]);
    fs::hard_link(scene.path("a"), scene.path("link")).unwrap();
    scene.expect_after(0, &[]);
    scene.append("a", "1\n");
    scene.expect_after(1, &[("link", "1")]);
    assert!(
        scene.notices.iter().any(|n| n.starts_with("a is the same file")),
        "{:?}",
        scene.notices
    );
    // When the first name is gone, the second goes on.
    fs::rename(scene.path("link"), scene.path("elsewhere")).unwrap();
    fs::write(scene.path("link"), "2\n").unwrap();
    scene.expect_after(1, &[("link", "2")]);
    scene.expect_after(100, &[]);
    scene.append("a", "3\n");
    scene.expect_after(1, &[("a", "3")]);
}

#[test]
fn a_name_with_the_time_changes_with_the_time() {
    let mut scene = Scene::new(&[(LogFormat::Syslog, "app-%H.log")], &[]);
    scene.now.wall = UNIX_EPOCH + Duration::from_secs(10 * 3600);
    fs::write(scene.path("app-10.log"), "old\n").unwrap();
    scene.expect_after(0, &[]);
    scene.append("app-10.log", "1\n");
    scene.expect_after(1, &[("app-10.log", "1")]);
    scene.append("app-11.log", "2\n");
    scene.append("app-10.log", "late\n");
    scene.expect_after(3600, &[("app-10.log", "late"), ("app-11.log", "2")]);
    scene.append("app-10.log", "later\n");
    scene.expect_after(30, &[("app-10.log", "later")]);
    scene.expect_after(70, &[]);
    scene.append("app-10.log", "too late\n");
    scene.append("app-11.log", "3\n");
    scene.expect_after(1, &[("app-11.log", "3")]);
}

#[test]
fn one_busy_file_does_not_hold_up_the_others() {
    let mut scene = Scene::new(
        &[(LogFormat::Syslog, "busy"), (LogFormat::Syslog, "calm")],
        &[("busy", ""), ("calm", "")],
    );
    scene.expect_after(0, &[]);
    scene.append("busy", &"a line of the busy file\n".repeat(100_000));
    scene.append("calm", "here\n");
    let mut before_calm = 0;
    let mut is_seen = false;
    scene.sources.poll(scene.now, &mut |location, seen| {
        let is_line = matches!(seen, Seen::Line(_));
        is_seen |= is_line && location.ends_with(b"calm");
        before_calm += usize::from(is_line && !is_seen);
    });
    assert!(is_seen);
    assert!(before_calm < 20_000, "{before_calm} lines before");
}

#[test]
fn the_sleep_ends_when_a_file_grows() {
    let mut scene =
        Scene::new(&[(LogFormat::Syslog, "a"), (LogFormat::Syslog, "*.log")], &[("a", "")]);
    scene.expect_after(0, &[]);
    let start = std::time::Instant::now();
    scene.append("a", "1\n");
    scene.sources.wait(Duration::from_secs(30), &[]);
    scene.expect_after(0, &[("a", "1")]);
    scene.append("new.log", "2\n");
    scene.sources.wait(Duration::from_secs(30), &[]);
    scene.expect_after(0, &[("new.log", "2")]);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn an_earlier_run_is_gone_on_with() {
    let mut scene = Scene::new(
        &[(LogFormat::Syslog, "a"), (LogFormat::Syslog, "*.log"), (LogFormat::Syslog, "later")],
        &[("a", "old\n"), ("b.log", "old\n")],
    );
    scene.expect_after(0, &[]);
    scene.append("a", "1\nhal");
    scene.append("b.log", "2\n");
    scene.expect_after(1, &[("a", "1"), ("b.log", "2")]);
    let mut waiting = 0;
    let positions = scene.sources.leave(&mut |_, seen| {
        waiting += usize::from(matches!(seen, Seen::Line(_)));
    });
    assert_eq!((positions.len(), waiting), (2, 0), "half a line stays in its file");
    scene.append("a", "f\n3\n");
    scene.append("b.log", "4\n");
    fs::write(scene.path("c.log"), "new\n").unwrap();
    let setting = |location: &str| LocalFile {
        log_format: LogFormat::Syslog,
        location: scene.folder.path().join(location),
        ..LocalFile::default()
    };
    let settings = [setting("a"), setting("*.log"), setting("later")];
    let begin = || Sources::new(&settings, machine(), Patience::default(), scene.now).0;
    let ended = scene.now.wall - Duration::from_secs(60);
    let (mut resumed, mut fresh) = (begin(), begin());
    resumed.resume(positions, ended);
    scene.sources = resumed;
    scene.expect_after(1, &[("a", "half"), ("a", "3"), ("b.log", "4"), ("c.log", "new")]);
    fresh.poll(scene.now, &mut |_, seen| assert!(!matches!(seen, Seen::Line(_))));
}

#[test]
fn a_record_that_is_not_over_is_read_again_after_a_restart() {
    let settings = [(LogFormat::MultiLineIndented, "a"), (LogFormat::MultiLine(2), "b")];
    let mut scene = Scene::new(&settings, &[("a", ""), ("b", "")]);
    scene.expect_after(0, &[]);
    scene.append("a", "one\n more\ntwo\n");
    scene.append("b", "1\n2\n3\n");
    scene.expect_after(1, &[("a", "one  more"), ("b", "1 2")]);
    let offsets: Vec<u64> = scene.sources.positions().map(|p| p.offset).collect();
    assert_eq!(offsets, [10, 4]);
    let positions = scene.sources.leave(&mut |_, seen| assert!(!matches!(seen, Seen::Line(_))));
    assert_eq!(positions.iter().map(|p| p.offset).collect::<Vec<_>>(), offsets);

    let settings: Vec<LocalFile> = settings
        .iter()
        .map(|(log_format, name)| LocalFile {
            log_format: *log_format,
            location: scene.path(name),
            ..LocalFile::default()
        })
        .collect();
    scene.sources = Sources::new(&settings, machine(), Patience::default(), scene.now).0;
    scene.sources.resume(positions, scene.now.wall);
    scene.append("a", " and more\nthree\n");
    scene.append("b", "4\n");
    scene.expect_after(1, &[("a", "two  and more"), ("b", "3 4")]);
    // Handed on when nothing more comes; closing does that at once.
    scene.append("b", "5\n");
    scene.expect_after(1, &[]);
    let mut closed = Vec::new();
    scene.sources.close(&mut |_, seen| {
        if let Seen::Line(line) = seen {
            closed.push(String::from_utf8_lossy(line.text).into_owned());
        }
    });
    assert_eq!(closed, ["three", "5"]);
}

#[test]
fn a_record_ends_with_its_file() {
    let mut scene = Scene::new(&[(LogFormat::MultiLineIndented, "a")], &[("a", "")]);
    scene.expect_after(0, &[]);
    scene.append("a", "one\n more\n");
    scene.expect_after(1, &[]);
    fs::rename(scene.path("a"), scene.path("a.1")).unwrap();
    fs::write(scene.path("a"), " orphan\nnext\n").unwrap();
    // A record does not go on in the next file.
    scene.expect_after(1, &[("a", " orphan")]);
    scene.expect_after(5, &[("a", "one  more"), ("a", "next")]);
    scene.append("a", "two\n");
    scene.expect_after(1, &[]);
    OpenOptions::new().write(true).truncate(true).open(scene.path("a")).unwrap();
    scene.append("a", "3\n");
    scene.expect_after(1, &[("a", "two")]);
    scene.expect_after(5, &[("a", "3")]);
}

/// A block with options, and one location.
fn block(location: PathBuf, options: Localfile) -> LocalFile {
    LocalFile { location, options: Arc::new(options), ..LocalFile::default() }
}

#[test]
fn excluded_files_of_a_pattern_are_not_read() {
    let mut scene = Scene::new(&[], &[("a.log", ""), ("debug-10.log", "")]);
    scene.now.wall = UNIX_EPOCH + Duration::from_secs(10 * 3600);
    let exclude = vec![scene.path("debug-%H.log"), scene.path("*.old.log")];
    let options = Localfile { exclude, ..Localfile::default() };
    let settings = [block(scene.path("*.log"), options)];
    scene.sources = Sources::new(&settings, machine(), Patience::default(), scene.now).0;
    scene.expect_after(0, &[]);
    scene.append("a.log", "1\n");
    scene.append("debug-10.log", "2\n");
    scene.append("x.old.log", "3\n");
    scene.expect_after(11, &[("a.log", "1")]);
    // The other file has its turn an hour later.
    fs::write(scene.path("debug-11.log"), "").unwrap();
    scene.expect_after(3600, &[("debug-10.log", "2")]);
    scene.append("debug-10.log", "4\n");
    scene.append("debug-11.log", "5\n");
    scene.expect_after(1, &[("debug-10.log", "4")]);
}

#[test]
fn only_future_events_skips_what_came_while_nothing_was_read() {
    for (only_future_events, expected) in
        [(None, &[("a", "2")][..]), (Some(false), &[("a", "2")]), (Some(true), &[])]
    {
        let mut scene = Scene::new(&[], &[("a", "")]);
        let options = Localfile { only_future_events, ..Localfile::default() };
        let settings = [block(scene.path("a"), options)];
        let begin = |now| Sources::new(&settings, machine(), Patience::default(), now).0;
        scene.sources = begin(scene.now);
        scene.expect_after(0, &[]);
        scene.append("a", "1\n");
        scene.expect_after(1, &[("a", "1")]);
        let positions = scene.sources.leave(&mut |_, _| {});
        scene.append("a", "2\n");
        scene.sources = begin(scene.now);
        scene.sources.resume(positions, scene.now.wall);
        scene.expect_after(1, expected);
        scene.append("a", "3\n");
        scene.expect_after(1, &[("a", "3")]);
    }
}

#[test]
fn events_are_left_out_and_formed_as_the_settings_want() {
    let mut scene = Scene::new(&[], &[("a", ""), ("b", "")]);
    let test = |pattern: &str| TextTest { language: Language::OsMatch, pattern: pattern.into() };
    let shaped = Localfile {
        ignore: vec![test("noise")],
        out_format: Some("$(hostname) says $(log)".to_owned()),
        ..Localfile::default()
    };
    let elsewhere = Localfile { targets: vec!["other".to_owned()], ..Localfile::default() };
    let settings = [block(scene.path("a"), shaped), block(scene.path("b"), elsewhere)];
    let (sources, problems) = Sources::new(&settings, machine(), Patience::default(), scene.now);
    scene.sources = sources;
    assert_eq!(problems.iter().map(|p| &p.reason).collect::<Vec<_>>(), [&Reason::NoTarget]);
    scene.expect_after(0, &[]);
    scene.append("a", "NOISE\n1\n");
    scene.append("b", "2\n");
    scene.expect_after(1, &[("a", "here says 1")]);
    let counts: Vec<_> = scene.sources.counts().map(|(_, counts)| counts).collect();
    assert_eq!((counts[0].records, counts[0].left_out), (1, 1));
}

#[test]
fn other_settings_leave_what_stays_and_go_on_where_the_rest_was_read() {
    use LogFormat::{Apache, Syslog};
    let settings = |scene: &Scene, all: &[(LogFormat, &str)]| -> Vec<LocalFile> {
        let setting = |(log_format, location): &(LogFormat, &str)| LocalFile {
            log_format: *log_format,
            location: scene.path(location),
            ..LocalFile::default()
        };
        all.iter().map(setting).collect()
    };
    let first = [(Syslog, "stays"), (Syslog, "changes"), (Syslog, "goes"), (Syslog, "by-name.log")];
    let files = [("stays", ""), ("changes", ""), ("goes", ""), ("by-name.log", "")];
    let mut scene = Scene::new(&first, &files);
    scene.expect_after(0, &[]);
    for (name, _) in files {
        scene.append(name, "one\nhalf ");
    }
    let ones = files.map(|(name, _)| (name, "one"));
    scene.expect_after(1, &ones);
    for (name, _) in files {
        scene.append(name, "a line\n");
    }
    let second = settings(
        &scene,
        &[(Apache, "changes"), (Syslog, "*.log"), (Syslog, "stays"), (Syslog, "new")],
    );
    fs::write(scene.path("new"), "old\n").unwrap();
    let (patience, now) = (Patience::default(), scene.now);
    let problems = scene.sources.change(&second, machine(), patience, now, &mut |location, _| {
        panic!("nothing had to be handed on, but {} was", String::from_utf8_lossy(location));
    });
    assert_eq!(problems, []);
    scene.append("goes", "nobody reads it\n");
    let halves = ["changes", "by-name.log", "stays"].map(|name| (name, "half a line"));
    scene.expect_after(2, &halves);
    scene.append("new", "fresh\n");
    scene.expect_after(1, &[("new", "fresh")]);
    assert_eq!(scene.sources.counts().count(), 4);
}
