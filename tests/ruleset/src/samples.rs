//! Reading `ruleset/tests/*.ini`.

use std::path::Path;

/// A section: lines and what they are to be answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// File and name, for messages.
    pub name: String,
    /// The lines, in order.
    pub lines: Vec<Line>,
    /// The rule's id.
    pub rule: u32,
    /// Its level.
    pub level: u16,
    /// The decoder's name.
    pub decoder: String,
}

/// A line of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is for.
    pub purpose: Purpose,
    /// The text.
    pub text: String,
}

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It must be answered as the section says.
    Pass,
    /// It must not.
    Fail,
    /// It happened before the lines behind it, so many times.
    Before(usize),
}

/// Reads a file of samples.
///
/// # Panics
///
/// On anything it does not understand.
#[expect(clippy::expect_used, clippy::panic, reason = "tests")]
#[must_use]
pub fn read(path: &Path) -> Vec<Sample> {
    let text = std::fs::read_to_string(path).expect("a readable file");
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut samples: Vec<Sample> = Vec::new();
    for line in text.lines() {
        if line.is_empty() || line.starts_with(';') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            samples.push(Sample { name: format!("{file}: {name}"), ..Sample::default() });
            continue;
        }
        let sample = samples.last_mut().expect("a section first");
        let (key, value) = line.split_once('=').expect("a key and a value");
        let value = value.trim_start();
        match key.split_whitespace().collect::<Vec<_>>()[..] {
            ["rule"] => sample.rule = value.trim().parse().expect("a rule id"),
            ["alert"] => sample.level = value.trim().parse().expect("a level"),
            ["decoder"] => value.trim().clone_into(&mut sample.decoder),
            ["log", _, ref purpose @ ..] => {
                let purpose = match *purpose {
                    ["pass"] => Purpose::Pass,
                    ["fail"] => Purpose::Fail,
                    ["before"] => Purpose::Before(1),
                    ["before", times] => Purpose::Before(times.parse().expect("a number")),
                    _ => panic!("{}: what is `{key}`?", sample.name),
                };
                sample.lines.push(Line { purpose, text: value.to_owned() });
            }
            _ => panic!("{}: what is `{key}`?", sample.name),
        }
    }
    samples
}
