//! Commands are run every so often and never hold anybody up. Children are real, and waited for.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bartizan_collect::sources::{Machine, Problem, Reason};
use bartizan_collect::{LocalFile, Now, Patience, Position, Seen, Sources};
use bartizan_config::ossec_conf::localfile::{Localfile, LogFormat};
use tempfile::TempDir;

/// How long a test waits for what must come.
const LONG: Duration = Duration::from_secs(30);

struct Scene {
    folder: TempDir,
    sources: Sources,
    problems: Vec<Problem>,
    /// Later than now by this.
    ahead: Duration,
    /// Of what came: location and text; of notices location and message.
    lines: Vec<String>,
    notices: Vec<String>,
}

fn setting(log_format: LogFormat, line: &str, frequency: u64, alias: Option<&str>) -> LocalFile {
    LocalFile {
        log_format,
        location: PathBuf::from(line),
        options: Arc::new(Localfile {
            frequency: Some(Duration::from_secs(frequency)),
            alias: alias.map(str::to_owned),
            ..Localfile::default()
        }),
        ..LocalFile::default()
    }
}

fn machine() -> Machine {
    Machine { hostname: "here".into(), time_zone: jiff::tz::TimeZone::UTC, journalctl: None }
}

impl Scene {
    fn new(settings: &[LocalFile]) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), settings, Patience::default())
    }

    fn in_folder(folder: TempDir, settings: &[LocalFile], patience: Patience) -> Self {
        let (sources, problems) = Sources::new(settings, machine(), patience, Now::read());
        let (lines, notices) = (Vec::new(), Vec::new());
        Self { folder, sources, problems, ahead: Duration::ZERO, lines, notices }
    }

    fn poll(&mut self) {
        let (lines, notices) = (&mut self.lines, &mut self.notices);
        let now = Now::read().after(self.ahead);
        self.sources.poll(now, &mut |location, seen| {
            let location = String::from_utf8_lossy(location).into_owned();
            match seen {
                Seen::Line(line) => {
                    lines.push(format!("{location}:{}", String::from_utf8_lossy(line.text)));
                }
                Seen::Notice(notice) => notices.push(format!("{location} {}", notice.message())),
            }
        });
    }

    /// Polls until it is so.
    #[track_caller]
    fn until(&mut self, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        loop {
            self.poll();
            if is_so(self) {
                return;
            }
            assert!(start.elapsed() < LONG, "{:?} {:?}", self.lines, self.notices);
            self.sources.wait(Duration::from_millis(20), &[]);
        }
    }

    #[track_caller]
    fn until_lines(&mut self, count: usize) -> Vec<String> {
        self.until(|scene| scene.lines.len() >= count);
        std::mem::take(&mut self.lines)
    }

    fn pass(&mut self, seconds: u64) {
        self.ahead += Duration::from_secs(seconds);
    }
}

#[test]
fn lines_of_a_command_are_events() {
    let line = "printf 'one\\ntwo\\n\\nfour'";
    let mut scene = Scene::new(&[setting(LogFormat::Command, line, 360, None)]);
    let expected = ["one", "two", "", "four"];
    assert_eq!(
        scene.until_lines(4),
        expected.map(|text| format!("{line}:ossec: output: '{line}': {text}"))
    );
}

#[test]
fn the_whole_output_of_a_full_command_is_one_event_under_its_alias() {
    let line = "printf 'one\\r\\ntwo\\n\\n\\n\\nfour\\n'";
    let mut scene = Scene::new(&[setting(LogFormat::FullCommand, line, 360, Some("my: alias"))]);
    let expected = ["my\\ alias:ossec: output: 'my\\ alias':\none\ntwo\n\nfour"];
    assert_eq!(scene.until_lines(1), expected);
}

#[test]
fn a_command_runs_again_after_its_frequency() {
    let settings = [setting(LogFormat::Command, "echo x", 100, Some("c"))];
    let mut scene = Scene::new(&settings);
    scene.until_lines(1);
    scene.pass(90);
    for _ in 0..5 {
        scene.poll();
        scene.sources.wait(Duration::from_millis(10), &[]);
    }
    assert_eq!(scene.lines, Vec::<String>::new());
    scene.pass(20);
    scene.until_lines(1);
}

#[test]
fn when_it_ran_last_is_kept_across_restarts() {
    let settings = [setting(LogFormat::FullCommand, "echo x", 86_400, Some("c"))];
    let mut scene = Scene::new(&settings);
    scene.until_lines(1);
    // The child must have been waited for, too.
    scene.until(|scene| scene.sources.positions().count() == 1);
    let positions: Vec<Position> = scene.sources.leave(&mut |_, _| {});
    assert_eq!(positions.len(), 1);
    let restart = |scene: &mut Scene| {
        scene.sources = Sources::new(&settings, machine(), Patience::default(), Now::read()).0;
        scene.sources.resume(positions.clone(), Now::read().wall);
    };
    restart(&mut scene);
    scene.pass(80_000);
    scene.poll();
    scene.sources.wait(Duration::from_millis(100), &[]);
    scene.poll();
    assert_eq!(scene.lines, Vec::<String>::new(), "it ran less than a day ago");
    restart(&mut scene);
    scene.pass(7_000);
    assert_eq!(scene.until_lines(1), ["c:ossec: output: 'c':\nx"]);
}

#[test]
fn places_tell_of_a_command_once_a_run() {
    let mut scene = Scene::new(&[setting(LogFormat::Command, "echo x", 100, None)]);
    assert_eq!(scene.sources.changed_positions().count(), 0);
    scene.until_lines(1);
    assert_eq!(scene.sources.changed_positions().count(), 1);
    assert_eq!(scene.sources.changed_positions().count(), 0);
}

#[test]
fn an_output_that_became_empty_is_an_event() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ports");
    fs::write(&file, "22\n").unwrap();
    let line = format!("cat {}", file.display());
    let settings = [setting(LogFormat::FullCommand, &line, 10, Some("ports"))];
    let mut scene = Scene::in_folder(folder, &settings, Patience::default());
    assert_eq!(scene.until_lines(1), ["ports:ossec: output: 'ports':\n22"]);
    fs::write(&file, "").unwrap();
    scene.pass(11);
    assert_eq!(scene.until_lines(1), ["ports:ossec: output: 'ports':\n"]);
}

#[test]
fn a_command_that_never_ends_holds_nobody_up_and_is_ended_with_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let (log, pid) = (folder.path().join("log"), folder.path().join("pid"));
    fs::write(&log, "").unwrap();
    let endless = format!("sleep 1000 & echo $! > {}; wait", pid.display());
    let settings = [
        setting(LogFormat::FullCommand, &endless, 10, Some("endless")),
        setting(LogFormat::Command, "sleep 1000 | echo x", 1_000, Some("pipe")),
        setting(LogFormat::Command, "echo y", 1_000, Some("other")),
        LocalFile { location: log.clone(), ..LocalFile::default() },
    ];
    let mut scene = Scene::in_folder(folder, &settings, Patience::default());
    scene.until(|_| fs::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n')));
    fs::write(&log, "a line\n").unwrap();
    let mut lines = scene.until_lines(3);
    lines.sort();
    let log = format!("{}:a line", log.display());
    let expected = [&log, "other:ossec: output: 'other': y", "pipe:ossec: output: 'pipe': x"]
        .map(str::to_owned);
    assert_eq!(lines, expected);
    // There is one run of it at a time.
    scene.pass(50);
    scene.poll();
    assert_eq!(scene.notices.iter().filter(|n| n.contains("took longer")).count(), 0);
    scene.pass(11);
    scene.until(|scene| scene.notices.len() >= 3);
    assert!(scene.notices.iter().any(|n| n == "endless took longer than 60 s and was ended"));
    let child = fs::read_to_string(&pid).unwrap();
    let process = std::path::Path::new("/proc").join(child.trim());
    // Nobody may have waited for it yet; then it is dead all the same.
    scene.until(|_| {
        let state = fs::read_to_string(process.join("stat")).unwrap_or_default();
        state.is_empty() || state.contains(") Z ")
    });
    // And it is run again.
    fs::remove_file(&pid).unwrap();
    scene.until(|_| pid.exists());
}

#[test]
fn a_command_that_writes_without_end_is_cut_and_ended() {
    let settings = [setting(LogFormat::FullCommand, "yes", 1_000, Some("yes"))];
    let mut scene = Scene::new(&settings);
    let start = Instant::now();
    let lines = scene.until_lines(1);
    assert_eq!(lines[0].len(), "yes:".len() + 65_536);
    assert!(start.elapsed() < LONG);
    scene.until(|scene| !scene.notices.is_empty());
    assert_eq!(scene.notices, ["yes wrote more than is used of a command's output"]);
    let counts: Vec<_> = scene.sources.counts().map(|(_, counts)| counts).collect();
    assert!(counts[0].dropped_bytes > 10 << 20, "{counts:?}");
    assert!(scene.sources.counts().all(|(_, counts)| counts.records == 1));
}

#[test]
fn how_a_command_fails_is_told_once_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("status");
    let line = format!("exit $(cat {})", file.display());
    fs::write(&file, "3").unwrap();
    let settings = [
        setting(LogFormat::Command, &line, 10, Some("c")),
        setting(LogFormat::Command, "no-such-command", 1_000, Some("none")),
    ];
    let mut scene = Scene::in_folder(folder, &settings, Patience::default());
    scene.until(|scene| scene.notices.len() >= 2);
    scene.notices.sort();
    let expected = ["c ended with exit status 3", "none was not found (exit status 127)"];
    assert_eq!(std::mem::take(&mut scene.notices), expected);
    let run = |scene: &mut Scene, status: &str| {
        fs::write(&file, status).unwrap();
        scene.pass(11);
        let runs = |scene: &Scene| scene.sources.positions().map(|p| p.offset).max();
        let before = runs(scene);
        scene.until(|scene| runs(scene) > before);
        for _ in 0..20 {
            scene.sources.wait(Duration::from_millis(20), &[]);
            scene.poll();
        }
        std::mem::take(&mut scene.notices)
    };
    assert_eq!(run(&mut scene, "3"), Vec::<String>::new());
    assert_eq!(run(&mut scene, "0"), Vec::<String>::new());
    assert_eq!(run(&mut scene, "3"), ["c ended with exit status 3"]);
}

#[test]
fn commands_get_a_fixed_environment_and_no_input() {
    let line = "env | grep -v ^_= | sort; pwd; cat; echo gone >&2";
    let mut scene = Scene::new(&[setting(LogFormat::FullCommand, line, 1_000, Some("e"))]);
    let expected = "e:ossec: output: 'e':\nLC_ALL=C\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:\
                    /usr/bin:/sbin:/bin\nPWD=/\n/";
    assert_eq!(scene.until_lines(1), [expected]);
}

#[test]
fn a_command_is_ended_when_nobody_reads_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let line = format!("echo $$ > {}; while :; do sleep 1; done", pid.display());
    let settings = [setting(LogFormat::Command, &line, 10, None)];
    let mut scene = Scene::in_folder(folder, &settings, Patience::default());
    scene.until(|_| fs::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n')));
    scene.sources.close(&mut |_, _| {});
    let process = std::path::Path::new("/proc").join(fs::read_to_string(&pid).unwrap().trim());
    let start = Instant::now();
    while fs::read_to_string(process.join("stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(start.elapsed() < LONG);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(scene.sources.is_empty());
}

#[test]
fn a_command_that_is_missing_is_told() {
    let scene = Scene::new(&[setting(LogFormat::Command, "", 1, None)]);
    assert_eq!(scene.problems[0].reason, Reason::NoCommand(LogFormat::Command));
    assert!(scene.sources.is_empty() && scene.folder.path().exists());
}

#[test]
fn the_sleep_ends_when_a_command_is_due_and_when_it_writes() {
    let settings = [setting(LogFormat::Command, "sleep 0.2; echo x", 1, Some("c"))];
    let mut scene = Scene::new(&settings);
    let start = Instant::now();
    for _ in 0..2 {
        while scene.lines.is_empty() {
            scene.poll();
            scene.sources.wait(Duration::from_secs(600), &[]);
            assert!(start.elapsed() < LONG);
        }
        scene.lines.clear();
    }
}
