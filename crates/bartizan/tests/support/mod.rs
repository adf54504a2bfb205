//! Driving the real binary with homes made for one test.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]

pub mod direct;
pub mod recorded;
pub mod small;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// An installation in a temporary folder.
pub struct Home {
    pub folder: tempfile::TempDir,
}

impl Home {
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below the home, folders included.
    pub fn write(&self, name: &str, text: &[u8]) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("below the home")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    /// A stock installation of the recordings: `ossec-4.3` or `ossec-2.8`.
    pub fn stock(name: &str) -> Option<Self> {
        let from = bartizan_conformance::folder()?.join(name);
        let home = Self::empty();
        let read = |path: PathBuf| std::fs::read(path).expect("readable");
        home.write("etc/ossec.conf", &read(from.join("ossec.conf")));
        home.write("etc/decoder.xml", &read(from.join("decoder.xml")));
        for entry in std::fs::read_dir(from.join("rules")).expect("rules") {
            let entry = entry.expect("an entry");
            if entry.path().is_file() {
                let name = format!("rules/{}", entry.file_name().to_string_lossy());
                home.write(&name, &read(entry.path()));
            }
        }
        Some(home)
    }

    /// Runs `bartizan ARGS -D home -c home/etc/ossec.conf` with `input`.
    pub fn run(&self, args: &[&str], input: &[u8]) -> Output {
        let config = self.path().join("etc/ossec.conf");
        let mut all: Vec<&str> = args.to_vec();
        let home = self.path().to_string_lossy().into_owned();
        let config = config.to_string_lossy().into_owned();
        all.extend(["-D", &home, "-c", &config]);
        bartizan(&all, input)
    }
}

/// Runs the binary.
pub fn bartizan(args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bartizan"))
        .args(args)
        .env("TZ", "UTC")
        .env_remove("BARTIZAN_CONFIG")
        .env_remove("BARTIZAN_HOME")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("piped above");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A program that refuses its configuration does not read.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("written");
    output
}

/// The JSON objects of an output, one a line.
pub fn objects(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The machine's name as events without a host show it.
pub fn server_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().split('.').next().unwrap_or_default().to_owned()
}

/// `--timed` input: `(seconds since 1970, line as recorded)`.
pub fn timed(events: impl IntoIterator<Item = (i64, String)>) -> Vec<u8> {
    let mut input = Vec::new();
    for (at, line) in events {
        let object = serde_json::json!({ "at": at, "line": line });
        input.extend_from_slice(object.to_string().as_bytes());
        input.push(b'\n');
    }
    input
}

/// Fails on the first answer that differs, and shows both side by side.
#[track_caller]
pub fn compare(what: &str, expected: &[Value], got: &[Value]) -> Result<(), String> {
    let host = server_name();
    for (at, wanted) in expected.iter().enumerate() {
        let Some(answer) = got.get(at) else {
            return Err(format!("{what}: no answer to event {at}: {wanted}"));
        };
        for (key, wanted_value) in wanted.as_object().into_iter().flatten() {
            if key == "at" || key == "event" {
                continue;
            }
            let mut wanted_value = wanted_value.clone();
            if key == "hostname" && wanted_value == "vm" {
                wanted_value = host.clone().into();
            }
            let value = answer.get(key).unwrap_or(&Value::Null);
            let absent = |v: &Value| v.is_null() || v == "(null)";
            if *value != wanted_value
                && !(key == "decoder" && absent(value) && absent(&wanted_value))
            {
                return Err(format!(
                    "{what}: event {at} differs in {key}\n  event:    {}\n  expected: {wanted}\n  got:      {answer}",
                    wanted.get("event").unwrap_or(&Value::Null)
                ));
            }
        }
    }
    if got.len() == expected.len() {
        Ok(())
    } else {
        Err(format!("{what}: {} answers to {} events", got.len(), expected.len()))
    }
}

/// Answers that are not to be matched, and what to expect instead: `not-required.json`.
pub fn not_required(file: &str) -> Vec<Value> {
    let Some(folder) = bartizan_conformance::folder() else { return Vec::new() };
    let text =
        std::fs::read_to_string(folder.join("expected/not-required.json")).expect("readable");
    let all: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    all.into_iter().filter(|entry| entry["file"] == file).collect()
}

/// Puts the members of `answer` into `target`.
pub fn amend(target: &mut Value, answer: &Value) {
    for (key, value) in answer.as_object().into_iter().flatten() {
        target[key] = value.clone();
    }
}
