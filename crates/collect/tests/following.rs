//! A follower reads every line once, whatever is done to its file. The clock is the test's.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bartizan_collect::record::Recipe;
use bartizan_collect::selection::Selection;
use bartizan_collect::{Follower, Notice, Now, Patience, Seen, Shared, Start};
use bartizan_config::ossec_conf::localfile::LogFormat;
use tempfile::TempDir;

const SECOND: Duration = Duration::from_secs(1);

/// A follower of `log` in a folder of its own.
struct Scene {
    folder: TempDir,
    follower: Follower,
    shared: Shared,
    now: Now,
    /// Lines since the last `take`; `~` cut, `…` incomplete, `+` continuation.
    lines: Vec<String>,
    /// Notices since the last `take_notices`, but those of opening.
    notices: Vec<String>,
}

impl Scene {
    fn new(start: Start) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        Self {
            follower: Follower::new(path, start, Patience::default()),
            folder,
            shared: Shared::default(),
            now: Now::read(),
            lines: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// With an empty file, looked at once.
    fn started() -> Self {
        let mut scene = Self::new(Start::End);
        scene.append("log", "");
        scene.expect(&[]);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn append(&self, name: &str, text: impl AsRef<[u8]>) {
        let file = OpenOptions::new().create(true).append(true).open(self.path(name));
        file.unwrap().write_all(text.as_ref()).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Polls until there is nothing more; returns the largest number of bytes of one poll.
    fn poll(&mut self) -> u64 {
        let mut most = 0;
        loop {
            let (lines, notices) = (&mut self.lines, &mut self.notices);
            let progress = self.follower.poll(self.now, &mut self.shared, &mut |seen| match seen {
                Seen::Line(line) => lines.push(format!(
                    "{}{}{}{}",
                    if line.is_continuation { "+" } else { "" },
                    String::from_utf8_lossy(line.text),
                    if line.is_cut { "~" } else { "" },
                    if line.is_incomplete { "…" } else { "" },
                )),
                Seen::Notice(Notice::Opened { .. }) => {}
                Seen::Notice(notice) => notices.push(notice.message()),
            });
            most = most.max(progress.bytes);
            if !progress.is_more {
                return most;
            }
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    /// A second later, exactly these lines have come.
    #[track_caller]
    fn expect(&mut self, lines: &[&str]) {
        self.pass(SECOND);
        self.poll();
        assert_eq!(std::mem::take(&mut self.lines), lines);
    }

    #[track_caller]
    fn expect_notices(&mut self, notices: &[&str]) {
        assert_eq!(std::mem::take(&mut self.notices), notices);
    }
}

#[test]
fn reading_starts_at_the_end_or_where_it_is_told() {
    let mut scene = Scene::new(Start::End);
    scene.append("log", "old\n");
    scene.expect(&[]);
    scene.append("log", "new\n");
    scene.expect(&["new"]);

    let mut scene = Scene::new(Start::Beginning);
    scene.append("log", "old\n");
    scene.expect(&["old"]);
}

#[test]
fn a_line_that_is_being_written_at_the_start_is_read_whole() {
    let mut scene = Scene::new(Start::End);
    scene.append("log", "old\nbegin of li");
    scene.expect(&[]);
    scene.pass(60 * SECOND);
    scene.expect(&[]);
    scene.append("log", "ne\n");
    scene.expect(&["begin of line"]);
}

#[test]
fn a_line_in_three_pieces_is_one_line() {
    let mut scene = Scene::started();
    for piece in ["one ", "two ", ""] {
        scene.append("log", piece);
        scene.expect(&[]);
    }
    scene.append("log", "three\nnext\n");
    scene.expect(&["one two three", "next"]);
}

#[test]
fn a_line_without_newline_comes_after_a_while_and_its_rest_is_marked() {
    let mut scene = Scene::started();
    scene.append("log", "half");
    scene.expect(&[]);
    scene.pass(4 * SECOND);
    scene.expect(&["half…"]);
    scene.append("log", " rest\nnext\n");
    scene.expect(&["+ rest", "next"]);
    assert_eq!(scene.follower.counts().incomplete, 1);
}

#[test]
fn odd_bytes_pass_and_long_lines_are_cut_once() {
    let mut scene = Scene::started();
    scene.append("log", b"crlf\r\n\n  lead\x01 \nnul\0in\n\0\n\xff\xfe\n");
    scene.expect(&["crlf", "", "  lead\u{1} ", "nul in", "", "\u{fffd}\u{fffd}"]);
    let mut long = vec![b'x'; 1 << 20];
    long.extend_from_slice(b"\nnext\n");
    scene.append("log", &long);
    let most = scene.poll();
    assert!(most <= 400_000, "{most} bytes in one poll");
    let lines = std::mem::take(&mut scene.lines);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].len(), 65_537);
    assert!(lines[0].ends_with("x~"));
    assert_eq!(lines[1], "next");
    let counts = scene.follower.counts();
    assert_eq!((counts.cut, counts.dropped_bytes), (1, (1 << 20) - 65_536 + 1));
}

#[test]
fn a_renamed_file_is_read_to_its_end_and_the_new_one_from_its_start() {
    let mut scene = Scene::started();
    scene.append("log", "1\n");
    scene.expect(&["1"]);
    scene.append("log", "2\n");
    scene.rename("log", "log.1");
    scene.append("log", "3\n");
    scene.expect(&["2", "3"]);
    scene.expect_notices(&["rotated"]);
    // The writer still has the old one.
    for _ in 0..25 {
        scene.append("log.1", "late\n");
        scene.expect(&["late"]);
    }
    scene.append("log.1", "last\n");
    scene.append("log", "4\n");
    scene.expect(&["last", "4"]);
    scene.pass(100 * SECOND);
    scene.expect(&[]);
    scene.append("log.1", "nobody waits for this\n");
    scene.append("log", "5\n");
    scene.expect(&["5"]);
}

#[test]
fn a_new_file_that_comes_late_is_read_from_its_start() {
    let mut scene = Scene::started();
    scene.append("log", "1\n");
    scene.rename("log", "log.1");
    scene.expect(&["1"]);
    scene.append("log.1", "2\n");
    scene.expect(&["2"]);
    scene.expect_notices(&["does not exist, waiting for it"]);
    scene.pass(400 * SECOND);
    scene.append("log.1", "3\n");
    scene.expect(&["3"]);
    scene.append("log", "4\n");
    scene.expect(&["4"]);
    scene.expect_notices(&["rotated"]);
}

#[test]
fn two_rotations_between_two_looks_lose_nothing() {
    let mut scene = Scene::started();
    scene.now = Now::read();
    scene.append("log", "1\n");
    scene.poll();
    scene.append("log", "2\n");
    scene.rename("log", "log.1");
    scene.append("log", "3\n");
    scene.rename("log.1", "log.2");
    scene.rename("log", "log.1");
    scene.append("log", "4\n");
    scene.append("log.3.gz", "not a log\n");
    scene.append("logs", "another log\n");
    scene.expect(&["1", "2", "3", "4"]);
    // An old file of that kind is not mistaken for a new one.
    scene.pass(200 * SECOND);
    scene.expect(&[]);
    scene.rename("log", "log.0");
    scene.append("log", "5\n");
    scene.expect(&["5"]);
}

#[test]
fn a_deleted_file_is_read_while_its_writer_has_it_and_given_back_later() {
    let mut scene = Scene::started();
    let mut writer = OpenOptions::new().append(true).open(scene.path("log")).unwrap();
    scene.remove("log");
    scene.expect(&[]);
    writer.write_all(b"still\n").unwrap();
    scene.expect(&["still"]);
    scene.expect_notices(&["does not exist, waiting for it"]);
    scene.pass(301 * SECOND);
    scene.expect(&[]);
    writer.write_all(b"too late\n").unwrap();
    scene.expect(&[]);
    scene.append("log", "new\n");
    scene.expect(&["new"]);
    scene.expect_notices(&["is there again"]);
}

#[test]
fn a_reused_inode_is_a_new_file() {
    let mut scene = Scene::started();
    scene.append("log", "1\n2\n");
    scene.expect(&["1", "2"]);
    let inode = fs::metadata(scene.path("log")).unwrap().ino();
    scene.remove("log");
    scene.expect(&[]);
    scene.pass(301 * SECOND);
    scene.expect(&[]);
    // Nobody has the old file any more: some file systems give its number away again.
    for number in 0..50 {
        scene.append(&format!("other{number}"), "");
        if fs::metadata(scene.path(&format!("other{number}"))).unwrap().ino() == inode {
            scene.append(&format!("other{number}"), "a\nb\nc\n");
            scene.rename(&format!("other{number}"), "log");
            scene.expect(&["a", "b", "c"]);
            return;
        }
    }
    scene.append("log", "a\n");
    scene.expect(&["a"]);
}

#[test]
fn a_file_that_is_missing_at_the_start_is_read_from_its_start_when_it_comes() {
    let mut scene = Scene::new(Start::End);
    scene.expect(&[]);
    scene.pass(10_000 * SECOND);
    scene.expect(&[]);
    scene.expect_notices(&["does not exist, waiting for it"]);
    scene.append("log", "1\n");
    scene.expect(&["1"]);

    let folder = tempfile::tempdir().unwrap();
    let mut scene = Scene::new(Start::End);
    scene.follower = Follower::new(folder.path().join("sub/log"), Start::End, Patience::default());
    scene.expect(&[]);
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/log"), "1\n").unwrap();
    scene.expect(&["1"]);
}

#[test]
fn a_truncated_file_is_read_from_its_start() {
    let mut scene = Scene::started();
    scene.append("log", "one\ntwo\nha");
    scene.expect(&["one", "two"]);
    File::create(scene.path("log")).unwrap();
    scene.append("log", "three\n");
    scene.expect(&["ha…", "three"]);
    scene.expect_notices(&["became shorter, reading from its start"]);
    // To nothing, and only later written to.
    File::create(scene.path("log")).unwrap();
    scene.expect(&[]);
    scene.append("log", "four\n");
    scene.expect(&["four"]);
}

#[test]
fn a_file_that_was_truncated_and_is_longer_again_is_read_from_its_start() {
    let mut scene = Scene::started();
    scene.append("log", "line 1\n");
    scene.expect(&["line 1"]);
    fs::write(scene.path("log"), "line 2\nline 3\nline 4\n").unwrap();
    scene.expect(&["line 2", "line 3", "line 4"]);
    scene.expect_notices(&["was written anew, reading from its start"]);
    // Exactly as long as before.
    std::thread::sleep(Duration::from_millis(20));
    fs::write(scene.path("log"), "line 5\nline 6\nline 7\n").unwrap();
    scene.expect(&["line 5", "line 6", "line 7"]);
}

#[test]
fn the_hole_that_copytruncate_leaves_does_not_hide_lines() {
    let mut scene = Scene::started();
    // A writer that does not append goes on at its own place.
    let mut writer = OpenOptions::new().write(true).open(scene.path("log")).unwrap();
    let long = vec![b'x'; 300_000];
    writer.write_all(&long).unwrap();
    writer.write_all(b"\n").unwrap();
    scene.poll();
    scene.lines.clear();
    fs::copy(scene.path("log"), scene.path("log.1")).unwrap();
    OpenOptions::new().write(true).truncate(true).open(scene.path("log")).unwrap();
    scene.expect(&[]);
    writer.write_all(b"next\n").unwrap();
    scene.expect(&["next"]);
}

#[test]
fn what_is_no_file_is_told_once_and_never_waited_for() {
    let mut scene = Scene::started();
    let replace = |scene: &mut Scene, make: &dyn Fn(&Path), told: &str| {
        scene.append("log", "last\n");
        scene.rename("log", "log.1");
        make(&scene.path("log"));
        scene.expect(&["last"]);
        scene.expect(&[]);
        scene.expect_notices(&[told]);
        scene.append("log.1", "late\n");
        scene.expect(&["late"]);
    };
    let mkfifo = |path: &Path| {
        let status = std::process::Command::new("mkfifo").arg(path).status().unwrap();
        assert!(status.success());
    };
    replace(&mut scene, &|path| fs::create_dir(path).unwrap(), "is a directory, not a file");
    fs::remove_dir(scene.path("log")).unwrap();
    scene.append("log", "1\n");
    scene.expect(&["1"]);
    scene.expect_notices(&["rotated"]);
    replace(&mut scene, &mkfifo, "rotated");
    scene.remove("log");
    scene.append("log", "2\n");
    scene.expect(&["2"]);
    scene.expect_notices(&["rotated"]);
    replace(&mut scene, &|path| symlink("/dev/null", path).unwrap(), "is a device, not a file");
}

#[test]
fn a_link_that_is_turned_to_an_old_file_gives_only_what_is_new_in_it() {
    let mut scene = Scene::new(Start::End);
    scene.append("a", "old a\n");
    scene.append("b", "old b\n");
    symlink("a", scene.path("log")).unwrap();
    scene.expect(&[]);
    scene.append("a", "1\n");
    scene.expect(&["1"]);
    scene.pass(30 * SECOND);
    scene.expect(&[]);
    scene.remove("log");
    symlink("b", scene.path("log")).unwrap();
    scene.expect(&[]);
    scene.append("b", "2\n");
    scene.expect(&["2"]);
}

#[test]
fn a_link_that_is_turned_to_a_new_file_gives_all_of_it() {
    let mut scene = Scene::new(Start::End);
    scene.append("a", "");
    symlink("a", scene.path("log")).unwrap();
    scene.now = Now::read();
    scene.poll();
    scene.append("b", "1\n");
    scene.remove("log");
    symlink("b", scene.path("log")).unwrap();
    scene.expect(&["1"]);
}

#[test]
fn a_file_that_gets_its_name_back_goes_on() {
    let mut scene = Scene::started();
    scene.append("log", "1\n");
    scene.expect(&["1"]);
    scene.rename("log", "aside");
    scene.append("log", "2\n");
    scene.expect(&["2"]);
    scene.rename("log", "log.1");
    scene.rename("aside", "log");
    scene.append("log", "3\n");
    scene.append("log.1", "4\n");
    scene.expect(&["4", "3"]);
}

#[test]
fn a_restart_goes_on_where_it_stopped() {
    let mut scene = Scene::started();
    scene.append("log", "1\n2\nhal");
    scene.expect(&["1", "2"]);
    let position = scene.follower.position().unwrap();
    assert_eq!(position.offset, 4);
    let restart = |scene: &mut Scene| {
        scene.follower =
            Follower::new(scene.path("log"), Start::At(position.clone()), Patience::default());
        scene.shared = Shared::default();
    };
    scene.append("log", "f\n3\n");
    restart(&mut scene);
    scene.expect(&["half", "3"]);
    // Rotated meanwhile, twice.
    scene.rename("log", "log.2");
    scene.append("log.1", "4\n");
    scene.append("log", "5\n");
    restart(&mut scene);
    scene.expect(&["half", "3", "4", "5"]);
    // Written anew meanwhile.
    scene.remove("log.2");
    fs::write(scene.path("log"), "6\n7\n8\n").unwrap();
    restart(&mut scene);
    scene.expect(&["6", "7", "8"]);
}

#[test]
fn closing_hands_on_what_waits() {
    let mut scene = Scene::started();
    scene.append("log", "1\nha");
    scene.expect(&["1"]);
    let mut lines = Vec::new();
    scene.follower.close(&mut scene.shared, &mut |seen| {
        if let Seen::Line(line) = seen {
            lines.push((line.text.to_vec(), line.is_incomplete));
        }
    });
    assert_eq!(lines, [(b"ha".to_vec(), true)]);
}

#[test]
fn each_line_says_where_to_go_on_after_it() {
    let mut scene = Scene::new(Start::Beginning);
    scene.append("log", "a\r\n\nbc\nrest");
    let mut ends = Vec::new();
    scene.follower.poll(scene.now, &mut scene.shared, &mut |seen| {
        if let Seen::Line(line) = seen {
            ends.push((line.text.to_vec(), line.end, line.kind));
        }
    });
    let expected = [(&b"a"[..], 3), (b"", 4), (b"bc", 7)];
    assert_eq!(ends, expected.map(|(text, end)| (text.to_vec(), end, b'1')));
    assert_eq!(scene.follower.position().unwrap().offset, 7);
}

#[test]
fn the_rest_of_a_line_that_was_handed_on_is_known_as_such_after_a_restart() {
    let mut scene = Scene::started();
    let restart = |scene: &mut Scene| {
        let position = scene.follower.position().unwrap();
        scene.shared = Shared::default();
        let start = Start::At(position);
        scene.follower = Follower::new(scene.path("log"), start, Patience::default());
    };
    scene.append("log", "half");
    scene.expect(&[]);
    scene.pass(9 * SECOND);
    scene.expect(&["half…"]);
    restart(&mut scene);
    scene.append("log", " rest\nnext\n");
    scene.expect(&["+ rest", "next"]);

    scene.append("log", vec![b'x'; 100_000]);
    scene.poll();
    assert!(std::mem::take(&mut scene.lines).iter().all(|line| line.ends_with('~')));
    restart(&mut scene);
    scene.append("log", "forged\nnext\n");
    scene.expect(&["next"]);
}

#[test]
fn a_named_pipe_is_read_and_neither_silence_nor_an_end_of_its_writer_is_waited_for() {
    let mut scene = Scene::new(Start::End);
    let path = scene.path("log");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    scene.expect(&[]);
    for number in 0..2 {
        let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
        write!(writer, "{number}\nha").unwrap();
        scene.expect(&[&number.to_string()]);
        writeln!(writer, "lf").unwrap();
        drop(writer);
        scene.expect(&["half"]);
        scene.expect(&[]);
    }
    assert_eq!(scene.follower.position(), None);
    let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
    write!(writer, "rest").unwrap();
    scene.expect(&[]);
    let mut rest = Vec::new();
    scene.follower.leave(&mut scene.shared, &mut |seen| {
        if let Seen::Line(line) = seen {
            rest.push(line.text.to_vec());
        }
    });
    assert_eq!(rest, [b"rest"], "it is nowhere else");
}

#[test]
fn old_files_are_read_when_they_change() {
    let mut scene = Scene::new(Start::Beginning);
    let selection = Selection { age: Some(3600 * SECOND), ..Selection::default() };
    scene.follower = scene.follower.with_selection(selection);
    scene.append("log", "old\n");
    let file = File::options().write(true).open(scene.path("log")).unwrap();
    file.set_modified(scene.now.wall - 7200 * SECOND).unwrap();
    scene.expect(&[]);
    scene.expect_notices(&["was not changed for longer than `age`, waiting for a change"]);
    scene.append("log", "new\n");
    scene.expect(&["new"]);
    // What was read is not read again.
    scene.pass(7200 * SECOND);
    scene.expect(&[]);
    scene.append("log", "newer\n");
    scene.expect(&["newer"]);
}

#[test]
fn files_that_are_no_text_are_left_out_where_that_is_wanted() {
    let text_only = Selection { text_only: true, ..Selection::default() };
    for (start, is_read) in [
        (&b"text"[..], true),
        ("\u{e4}\u{20ac}".as_bytes(), true),
        (b"\xff\xfet\0e\0", false),
        (b"\x7fELF\0\0", false),
        (b"latin \xe4", false),
    ] {
        // Whether it is there at the start, or comes later.
        for is_there in [true, false] {
            let mut scene = Scene::new(Start::Beginning);
            scene.follower = scene.follower.with_selection(text_only);
            scene.append("log", "");
            if !is_there {
                scene.expect(&[]);
            }
            scene.append("log", [start, b" x\n"].concat());
            scene.pass(SECOND);
            scene.poll();
            assert_eq!(scene.lines.len(), usize::from(is_read), "{start:?}");
            assert_eq!(scene.notices.len(), usize::from(!is_read), "{start:?}");
            scene.append("log", "more\n");
            scene.pass(SECOND);
            scene.poll();
            assert_eq!(scene.lines.len(), 2 * usize::from(is_read), "{start:?}");
        }
    }
}

#[test]
fn a_backlog_that_is_too_long_is_skipped_and_told() {
    let mut scene = Scene::started();
    scene.append("log", "1\n");
    scene.expect(&["1"]);
    let position = scene.follower.position().unwrap();
    for (most, expected) in [(9, &["2", "3", "4"][..]), (6, &["2", "3", "4"]), (5, &[])] {
        fs::write(scene.path("log"), "1\n2\n3\n4\n").unwrap();
        let start = Start::At(position.clone());
        let selection = Selection { backlog: Some(most), ..Selection::default() };
        scene.shared = Shared::default();
        scene.follower =
            Follower::new(scene.path("log"), start, Patience::default()).with_selection(selection);
        scene.expect(expected);
    }
    scene.expect_notices(&["6 bytes came while nothing was read, and are skipped"]);
    scene.append("log", "5\n");
    scene.expect(&["5"]);
}

#[test]
fn lines_that_are_not_of_the_format_are_told_once_a_minute() {
    let mut scene = Scene::started();
    let recipe = Recipe { format: LogFormat::Audit, ..Recipe::default() };
    scene.follower = Follower::new(scene.path("log"), Start::End, Patience::default())
        .with_recipe(Arc::new(recipe));
    scene.shared = Shared::default();
    scene.expect(&[]);
    scene.append("log", "a\nb\n");
    scene.expect(&[]);
    scene.append("log", "c\n");
    scene.expect(&[]);
    scene.expect_notices(&["2 lines are not of the log format audit and were left out"]);
    scene.pass(60 * SECOND);
    scene.expect(&[]);
    scene.expect_notices(&["1 lines are not of the log format audit and were left out"]);
    let notice = Notice::Unfit { lines: 3, format: LogFormat::Audit };
    assert_eq!(
        notice.event_text(Path::new("/l")).unwrap(),
        "ossec: Events lost: 3 from '/l' (not of the log format audit)."
    );
}
