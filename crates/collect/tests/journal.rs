//! The journal's reader ends and is started again. A shell script stands in for `journalctl`.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bartizan_base::{Dialect, Source};
use bartizan_collect::journal::{Block, Journal, JournalOptions};
use bartizan_collect::sources::{Machine, Reason};
use bartizan_collect::{LocalFile, Now, Patience, Position, Seen, Sources};
use bartizan_config::ossec_conf;
use bartizan_config::ossec_conf::localfile::{JournalFilter, Localfile, LogFormat};
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
    options: JournalOptions,
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
            blocks: names
                .iter()
                .map(|&name| Block { name: Some(name.to_owned()), ..Block::default() })
                .collect(),
            hostname: "here".into(),
            time_zone: jiff::tz::TimeZone::UTC,
            shape: None,
        };
        Self { folder, journal: Journal::new(options.clone(), now), options, now }
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
    assert_eq!(
        seen[0],
        "entries after 2026-11-25T04:14:25Z and before 2026-11-25T04:14:29Z were removed before they were read"
    );
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
    let lost = "entries after 2026-11-25T04:14:25Z were removed before they were read";
    assert!(seen.contains(&lost.to_owned()), "{seen:?}");
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

#[test]
fn a_restart_goes_on_behind_the_last_entry() {
    let mut scene = Scene::new(PRINT, &[]);
    scene.write("output", &[entry(2, "old"), entry(3, "a")].concat());
    scene.see(2);
    let position = scene.journal.position().unwrap();
    assert_eq!((position.offset, position.tail.as_slice()), (TIME + 3_000_000, &b"c3"[..]));
    assert_eq!(scene.journal.changed_position(), Some(position.clone()));
    assert_eq!(scene.journal.changed_position(), None);
    let restart = |scene: &mut Scene| {
        // Much later: what came meanwhile is older than the start.
        scene.now.wall += Duration::from_secs(1_000);
        scene.journal = Journal::new(scene.options.clone(), scene.now);
    };
    scene.write("output", &[entry(3, "a"), entry(4, "b")].concat());
    restart(&mut scene);
    assert!(scene.journal.resume(&position));
    assert_eq!(scene.see(2)[0], "2026-11-25T04:14:26+00:00 h prog: b");
    assert!(scene.arguments()[1].ends_with("--cursor=c3"));
    // The entry was vacuumed meanwhile.
    scene.write("output", &entry(9, "c"));
    restart(&mut scene);
    assert!(scene.journal.resume(&position));
    let seen = scene.see(3);
    assert!(seen[0].starts_with("entries after 2026-11-25T04:14:25Z and before"), "{seen:?}");
    assert_eq!(seen[1], "2026-11-25T04:14:31+00:00 h prog: c");
    // Of a file it is none of the journal's business.
    let other = Position { path: "/l".into(), ..position };
    assert!(!scene.journal.resume(&other));
}

/// Blocks as they are configured, and the numbers of the entries that come.
#[track_caller]
fn check_filters(blocks: &[&str], entries: &[&str], expected: &[usize]) {
    let text: String = blocks
        .iter()
        .map(|rest| format!("<localfile><log_format>journald</log_format>{rest}</localfile>"))
        .collect();
    let source = Source::new("c", format!("<ossec_config>{text}</ossec_config>"));
    let configuration = ossec_conf::read(&source, Dialect::OURS).0.unwrap();
    let mut scene = Scene::new(PRINT, &[]);
    scene.options.blocks = configuration
        .localfiles
        .into_iter()
        .filter(|block| !block.has_bad_filter)
        .map(|block| Block { name: None, filters: block.filters })
        .collect();
    scene.journal = Journal::new(scene.options.clone(), scene.now);
    let output: String = (3..)
        .zip(entries)
        .enumerate()
        .map(|(at, (number, fields))| {
            entry(number, &at.to_string()).replace("\n\n", &format!("\n{fields}\n\n"))
        })
        .collect();
    scene.write("output", &output);
    let mut seen = scene.see(expected.len() + 1);
    assert_eq!(seen.pop().as_deref(), Some("ended, starting it again: it is over"));
    let numbers: Vec<usize> =
        seen.iter().map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
    assert_eq!(numbers, expected, "{blocks:?}");
    let counts = scene.journal.counts();
    assert_eq!(counts.left_out, (entries.len() - expected.len()) as u64);
}

#[test]
fn filters_of_a_block_must_all_match_and_of_the_blocks_any() {
    let entries = ["A=x1\nB=y", "A=x1\nB=z", "A=X1\nB=y", "B=y", "C=1"];
    let a = "<filter field='A'>x\\d</filter>";
    let b = "<filter field='B'>^y$</filter>";
    let b_or_none = "<filter field='B' ignore_if_missing='yes'>^y$</filter>";
    let c = "<filter field='C'>1</filter>";
    let pid = "<filter field='_SYSTEMD_UNIT'>^app</filter>";
    check_filters(&[a], &entries, &[0, 1]);
    check_filters(&[&format!("{a}{b}")], &entries, &[0]);
    check_filters(&[b_or_none], &entries, &[0, 2, 3, 4]);
    check_filters(&[&format!("{a}{b}"), c], &entries, &[0, 4]);
    check_filters(&[c, ""], &entries, &[4]);
    check_filters(&[""], &entries, &[0, 1, 2, 3, 4]);
    check_filters(&[&format!("{pid}{c}")], &entries, &[4]);
    // A bad filter drops its block, rather than to let everything in.
    check_filters(&[&format!("{a}<filter field='B'>(</filter>"), c], &entries, &[4]);
}

#[test]
fn fields_go_with_the_line() {
    let mut scene = Scene::new(PRINT, &[]);
    let more = "PRIORITY=4\nSYSLOG_FACILITY=10\n_UID=0\n_TRANSPORT=syslog\n\n";
    scene.write("output", &entry(3, "a").replace("\n\n", &format!("\n{more}")));
    let mut fields = Vec::new();
    let mut end = 0;
    for _ in 0..500 {
        scene.journal.poll(scene.now, &mut |seen| {
            if let Seen::Line(line) = seen {
                let field = |(name, value): &(&str, &[u8])| {
                    format!("{name}={}", String::from_utf8_lossy(value))
                };
                fields = line.fields.iter().map(field).collect();
                end = line.end;
            }
        });
        if !fields.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let expected = [
        "PRIORITY=4",
        "SYSLOG_FACILITY=10",
        "_SYSTEMD_UNIT=app.service",
        "_UID=0",
        "_TRANSPORT=syslog",
        "__CURSOR=c3",
    ];
    assert_eq!(fields, expected);
    assert_eq!(end, TIME + 3_000_000);
}

#[test]
fn the_blocks_of_the_journal_become_one_reader_and_what_is_odd_is_told() {
    let scene = Scene::new(PRINT, &[]);
    let journald = |location: &str, options: Localfile| LocalFile {
        log_format: LogFormat::Journald,
        location: location.into(),
        options: Arc::new(options),
        ..LocalFile::default()
    };
    let filter = JournalFilter {
        field: "PRIORITY".into(),
        pattern: b"^[0-4]$".to_vec(),
        ignore_if_missing: false,
    };
    let filtered = Localfile { filters: vec![filter], ..Localfile::default() };
    let bad = Localfile { has_bad_filter: true, ..Localfile::default() };
    let settings = [
        journald("journald", filtered),
        journald("all", Localfile::default()),
        journald("sshd", bad),
        LocalFile { location: "/var/log/syslog".into(), ..LocalFile::default() },
    ];
    let machine = Machine {
        hostname: "here".into(),
        time_zone: jiff::tz::TimeZone::UTC,
        journalctl: Some(scene.options.program.clone()),
    };
    let (mut sources, problems) = Sources::new(&settings, machine, Patience::default(), scene.now);
    let told: Vec<_> = problems.iter().map(|p| (p.setting, p.reason.clone())).collect();
    let expected = [(2, Reason::BadFilter), (1, Reason::NoFilter), (3, Reason::SeenTwice)];
    assert_eq!(told, expected);
    assert!(problems[0].reason.is_left_out() && !problems[2].reason.is_left_out());
    scene.write("output", &[entry(2, "old"), entry(3, "a")].concat());
    let position = (0..500).find_map(|_| {
        sources.poll(scene.now, &mut |_, _| {});
        std::thread::sleep(Duration::from_millis(10));
        sources.positions().find(|position| position.path.as_os_str() == "journal:")
    });
    let left = sources.leave(&mut |_, _| {});
    assert!(left.contains(&position.unwrap()));
}
