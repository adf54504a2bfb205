//! Any bytes in a log of any format: records that are bounded, lie in the file, and are the same in whatever
//! pieces the bytes come.

#![no_main]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bartizan_base::limits;
use bartizan_collect::Now;
use bartizan_collect::line::{Line, LineBuffer};
use bartizan_collect::record::{Labels, LinePattern, Meaning, Newline, Recipe, Records};
use bartizan_config::ossec_conf::localfile::LogFormat;
use bartizan_pattern::{Language, Options, Pattern};
use libfuzzer_sys::fuzz_target;

/// Type, text and range of each record.
type Got = Vec<(u8, Vec<u8>, u64, u64)>;

fn recipe(format: LogFormat, byte: u8) -> Recipe {
    let compile = || Pattern::compile(Language::Pcre2, b"(?-i)^\\[|e$", Options::default()).ok();
    let pattern = (format == LogFormat::MultiLineRegex).then(compile).flatten();
    let meaning = [Meaning::Start, Meaning::End, Meaning::All][usize::from(byte) % 3];
    let newline = [Newline::Kept, Newline::Nothing, Newline::Blank][usize::from(byte) % 3];
    let timeout = Duration::from_secs(5);
    let pattern = pattern.map(|pattern| LinePattern { pattern, meaning, newline, timeout });
    Recipe {
        format,
        pattern: pattern.map(Arc::new),
        labels: Labels::new((byte % 2 == 0).then_some(("a.b", "c"))),
        ..Recipe::default()
    }
}

fn read(recipe: &Recipe, bytes: &[u8], piece: usize) -> (Got, u64) {
    let now = Now::read();
    let mut got = Got::new();
    let mut lines = LineBuffer::default();
    let mut records = Records::new(recipe, Path::new("/l/p/current"));
    let mut sink = |line: Line<'_>| {
        assert!(line.text.len() <= limits::EVENT_BYTES);
        assert!(line.start <= bytes.len() as u64 && line.end <= bytes.len() as u64);
        got.push((line.kind, line.text.to_vec(), line.start, line.end));
    };
    for part in bytes.chunks(piece) {
        lines.feed(&mut part.to_vec(), &mut |line| records.line(line, now, &mut sink));
        assert!(records.held_from().is_none_or(|held| held <= lines.consumed()));
    }
    lines.flush(&mut |line| records.line(line, now, &mut sink));
    records.flush(&mut sink);
    assert_eq!(records.held_from(), None);
    assert_eq!(lines.consumed(), bytes.len() as u64);
    (got, records.counts().unfit)
}

fuzz_target!(|data: &[u8]| {
    let Some((&byte, rest)) = data.split_first() else { return };
    let Some((&piece, bytes)) = rest.split_first() else { return };
    for format in LogFormat::all() {
        let recipe = recipe(format, byte);
        let whole = read(&recipe, bytes, bytes.len().max(1));
        assert_eq!(whole, read(&recipe, bytes, usize::from(piece) + 1), "{format}");
    }
});
