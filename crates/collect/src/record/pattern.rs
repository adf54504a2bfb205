//! `multi-line-regex`: records that begin or end where a pattern matches (collection 9.2).

use std::sync::Arc;
use std::time::Duration;

use bartizan_base::Subject;
use bartizan_config::ossec_conf::localfile::LineRegex;
use bartizan_pattern::{Language, Options, Pattern};

use super::Out;
use super::held::Held;
use super::one::OneRecord;
use crate::line::Line;
use crate::start::Now;

pub use bartizan_config::ossec_conf::localfile::{Meaning, Newline};

/// Where a record begins or ends.
#[derive(Debug)]
pub struct LinePattern {
    /// What is looked for.
    pub pattern: Pattern,
    /// What a match means.
    pub meaning: Meaning,
    /// What stands between the lines of a record.
    pub newline: Newline,
    /// So long a record waits for its next line.
    pub timeout: Duration,
}

impl LinePattern {
    /// As configured; `None` if the pattern does not compile, which the configuration's reader told.
    #[must_use]
    pub fn of(regex: &LineRegex) -> Option<Self> {
        let pattern = Pattern::compile(Language::Pcre2, &regex.pattern, Options::default()).ok()?;
        let LineRegex { meaning, newline, timeout, .. } = *regex;
        Some(Self { pattern, meaning, newline, timeout })
    }
}

/// Most lines of a record whose end is looked for in all of it: looking takes time for each line.
const LINES: u32 = 1_000;

#[derive(Debug)]
pub(super) struct ByPattern {
    pattern: Arc<LinePattern>,
    lines: u32,
    folded: Vec<u8>,
}

impl ByPattern {
    pub(super) fn new(pattern: Arc<LinePattern>) -> Self {
        Self { pattern, lines: 0, folded: Vec::new() }
    }

    fn append(&mut self, held: &mut Held, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        if line.is_continuation && held.is_open() {
            held.append(b"", line.text, line, now, out);
        } else if held.is_open() {
            let between: &[u8] = match self.pattern.newline {
                Newline::Kept => b"\n",
                Newline::Nothing => b"",
                Newline::Blank => b" ",
                Newline::Tab => b"\t",
            };
            held.append(between, line.text, line, now, out);
            self.lines += 1;
        } else {
            held.begin(line, now, out);
            self.lines = 1;
        }
    }
}

fn is_match(pattern: &Pattern, text: &[u8], folded: &mut Vec<u8>) -> bool {
    folded.clear();
    folded.extend(text.iter().map(u8::to_ascii_lowercase));
    pattern.is_match(Subject::new(text, folded))
}

impl OneRecord for ByPattern {
    fn line(&mut self, held: &mut Held, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        let pattern = Arc::clone(&self.pattern);
        match pattern.meaning {
            Meaning::Start => {
                let is_rest = line.is_continuation && held.is_open();
                if !is_rest && is_match(&pattern.pattern, line.text, &mut self.folded) {
                    held.end(out);
                }
                self.append(held, line, now, out);
            }
            Meaning::End => {
                self.append(held, line, now, out);
                if is_match(&pattern.pattern, line.text, &mut self.folded) {
                    held.end(out);
                }
            }
            Meaning::All => {
                self.append(held, line, now, out);
                let is_end = is_match(&pattern.pattern, held.text(), &mut self.folded);
                if is_end || self.lines >= LINES {
                    held.end(out);
                }
            }
        }
    }

    fn patience(&self) -> Duration {
        self.pattern.timeout
    }

    fn takes_rests(&self) -> bool {
        true
    }
}
