//! A writer that never pauses, rotated under its hands while it is followed. Real time, real threads.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bartizan_collect::{Follower, Now, Patience, Seen, Shared, Start};

/// Numbers of the lines read until the writer has ended and nothing more comes. `pause` is slept between
/// polls.
fn read_all(path: &Path, pause: Duration, is_over: &AtomicBool) -> Vec<u32> {
    let mut follower = Follower::new(path, Start::Beginning, Patience::default());
    let mut shared = Shared::default();
    let mut numbers = Vec::new();
    loop {
        let was_over = is_over.load(Ordering::SeqCst);
        let progress = follower.poll(Now::read(), &mut shared, &mut |seen| {
            if let Seen::Line(line) = seen {
                let number = line.text.rsplit(|&byte| byte == b' ').next().unwrap();
                numbers.push(std::str::from_utf8(number).unwrap().parse().unwrap());
            }
        });
        if was_over && !progress.is_more && progress.bytes == 0 {
            return numbers;
        }
        if !progress.is_more {
            std::thread::sleep(pause);
        }
    }
}

const RUN: Duration = Duration::from_millis(1500);

/// Writes numbered lines without buffer; `rotate` is called every 30 ms and gives the file to go on with.
fn write_all(
    mut file: File,
    mut rotate: impl FnMut(File, &mut dyn FnMut(&mut File)) -> File,
) -> u32 {
    let (begin, mut last) = (Instant::now(), Instant::now());
    let mut number = 0;
    let mut write = |file: &mut File| {
        number += 1;
        writeln!(file, "Dec  1 10:00:00 host program[1]: line number {number}").unwrap();
    };
    while begin.elapsed() < RUN {
        write(&mut file);
        if last.elapsed() > Duration::from_millis(30) {
            file = rotate(file, &mut write);
            last = Instant::now();
        }
    }
    number
}

fn append(path: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(path).unwrap()
}

/// As logrotate's `create` does: all files move up, then there is a new one; the writer goes on with the old
/// file for some lines.
fn shift(path: &Path) {
    let name = |n: usize| match n {
        0 => path.to_owned(),
        n => path.with_extension(format!("log.{n}")),
    };
    for n in (0..60).rev() {
        // Not all are there yet.
        let _ = fs::rename(name(n), name(n + 1));
    }
    append(path);
}

#[track_caller]
fn check_rename(pause: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let file = append(&path);
    let is_over = AtomicBool::new(false);
    let (written, read) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| read_all(&path, pause, &is_over));
        let written = write_all(file, |mut old, write| {
            shift(&path);
            for _ in 0..50 {
                write(&mut old);
            }
            append(&path)
        });
        is_over.store(true, Ordering::SeqCst);
        (written, reader.join().unwrap())
    });
    let expected: Vec<u32> = (1..=written).collect();
    assert!(written > 500, "only {written} lines");
    assert!(read == expected, "{} of {written} lines; {:?}", read.len(), first_fault(&read));
}

/// The first place where the numbers do not go on by one.
fn first_fault(numbers: &[u32]) -> Option<&[u32]> {
    numbers.windows(2).find(|pair| pair[1] != pair[0] + 1)
}

#[test]
fn renaming_loses_and_doubles_nothing_and_keeps_the_order() {
    check_rename(Duration::from_millis(1));
}

#[test]
fn several_renames_between_two_polls_lose_and_double_nothing() {
    check_rename(Duration::from_millis(100));
}

/// What is written between the copy and the truncation is lost, whoever reads: the file is the only place
/// where it was. So here the writer waits meanwhile, and nothing else may be lost. The reader sleeps less
/// than the time between two truncations: what is truncated before it was read is gone as well.
#[test]
fn copytruncate_doubles_nothing_and_loses_only_what_is_truncated_unread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.log");
    let file = append(&path);
    let is_over = AtomicBool::new(false);
    let (written, read) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| read_all(&path, Duration::from_millis(1), &is_over));
        let written = write_all(file, |old, _| {
            // The reader is given time to reach the end.
            std::thread::sleep(Duration::from_millis(60));
            fs::copy(&path, path.with_extension("log.1")).unwrap();
            OpenOptions::new().write(true).truncate(true).open(&path).unwrap();
            old
        });
        is_over.store(true, Ordering::SeqCst);
        (written, reader.join().unwrap())
    });
    assert!(written > 500, "only {written} lines");
    assert!(read.is_sorted_by(|a, b| a < b), "doubled: {:?}", first_fault(&read));
    let lost = written as usize - read.len();
    assert!(lost * 20 < written as usize, "{lost} of {written} lines lost");
}
