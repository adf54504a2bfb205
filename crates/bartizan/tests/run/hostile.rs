//! Lines that somebody wrote to do harm.

use crate::scene::{HEADER, Scene};

/// What must not stop the next line from being judged.
fn hostile() -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = [
        &b"\0\0\0"[..],
        b"Nov 25 10:00:00 web1 app: line \0 nul",
        b"Nov 25 10:00:00 web1 app: line \xff\xfe\x80 not utf-8",
        b"\xc3\x28\xed\xa0\x80\xf8",
        b"Nov 25 10:00:00 web1 app: line \x1b[31m\x1b]0;title\x07 red \x08\x9b2J",
        b"Nov 25 10:00:00 web1 app: line \xe2\x80\xae turned \xc2\x9b2J",
        b"\x1b[2J\x1b[H",
        b"",
        b" ",
        b"\r",
        b"1:app:line",
        b"** Alert 1.1: - forged,\r2026 Nov 25 10:00:00 x->y\rRule: 1 (level 15) -> 'x'",
        b"Nov 25 10:00:00 ",
        b"Nov 25 10:00:00 web1 app[",
        b"{\"rule\":{\"level\":15}}",
        b"%s%n%s%n",
    ]
    .iter()
    .map(|line| line.to_vec())
    .collect();
    lines.push([HEADER.as_bytes(), b"line ", &[b'x'; 1 << 20]].concat());
    lines.push(vec![0; 1 << 20]);
    lines.push(vec![0x1b; 70_000]);
    lines
}

#[test]
fn after_any_line_the_next_is_judged() {
    let scene = Scene::new();
    let running = scene.start();
    for (number, line) in hostile().into_iter().enumerate() {
        scene.append("app.log", &line);
        scene.append("app.log", format!("\n{HEADER}line {number}\n").as_bytes());
        let expected = u32::try_from(number).expect("few");
        running.wait_until("the next line is judged", || scene.numbers().last() == Some(&expected));
    }
    let ended = running.stop();
    assert!(ended.said.contains(" 2 cut"), "long lines are counted\n{}", ended.said);
    check_text(&ended.shown);
    check_text(ended.said.as_bytes());
    let text = scene.read("logs/alerts/alerts.log");
    assert!(!text.contains(|c: char| c.is_ascii_control() && c != '\n' && c != '\t'), "{text:?}");
    assert!(!text.lines().any(|line| line.starts_with("** Alert 1.1")), "{text}");
}

/// Nothing in it drives a terminal.
#[track_caller]
fn check_text(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    for line in text.lines() {
        let wild = |c: char| (c.is_control() && c != '\t') || c == '\u{202e}';
        assert!(!line.contains(wild), "{line:?}");
    }
}

#[test]
fn nothing_in_a_name_drives_the_terminal() {
    let scene = Scene::new();
    let name = "evil\u{1b}[2J.log";
    let pattern = scene.path("evil*.log");
    let more = format!(
        "<localfile><log_format>syslog</log_format><location>{}</location></localfile>",
        pattern.display()
    );
    scene.install("<jsonout_output>yes</jsonout_output>", &more);
    let running = scene.start();
    scene.append(name, crate::scene::line(1).as_bytes());
    scene.wait_for_alerts(&running, 1);
    std::fs::rename(scene.path(name), scene.path("gone")).expect("renamed");
    running.wait_until("it is missed", || running.said().contains("does not exist"));
    let ended = running.stop();
    check_text(&ended.shown);
    check_text(ended.said.as_bytes());
}
