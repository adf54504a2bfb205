//! Bytes are written and events come; the clock is the test's.

#![allow(dead_code, reason = "not every test uses all of it")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bartizan_base::{Dialect, Source};
use bartizan_collect::line::{Line, LineBuffer};
use bartizan_collect::record::{LinePattern, Recipe, Records};
use bartizan_collect::{LineCounts, Now};
use bartizan_config::ossec_conf;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Got {
    pub(crate) kind: u8,
    pub(crate) text: Vec<u8>,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) is_cut: bool,
    pub(crate) is_incomplete: bool,
}

impl Got {
    pub(crate) fn of(line: Line<'_>) -> Self {
        Self {
            kind: line.kind,
            text: line.text.to_vec(),
            start: line.start,
            end: line.end,
            is_cut: line.is_cut,
            is_incomplete: line.is_incomplete,
        }
    }

    /// Type and text.
    pub(crate) fn shown(&self) -> String {
        format!("{}:{}", char::from(self.kind), String::from_utf8_lossy(&self.text))
    }
}

/// What a file's follower does with bytes.
pub(crate) struct Reader {
    pub(crate) lines: LineBuffer,
    pub(crate) records: Records,
    pub(crate) got: Vec<Got>,
    pub(crate) now: Now,
}

impl Reader {
    pub(crate) fn new(recipe: &Recipe, path: &str) -> Self {
        Self {
            lines: LineBuffer::default(),
            records: Records::new(recipe, Path::new(path)),
            got: Vec::new(),
            now: Now::read(),
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.now = self.now.after(Duration::from_millis(1));
        let (records, got, now) = (&mut self.records, &mut self.got, self.now);
        let sink = &mut |line: Line<'_>| got.push(Got::of(line));
        self.lines.feed(&mut bytes.to_vec(), &mut |line| records.line(line, now, sink));
        records.expire(now, sink);
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now = self.now.after(time);
        let got = &mut self.got;
        self.records.expire(self.now, &mut |line| got.push(Got::of(line)));
    }

    /// Nothing more comes.
    pub(crate) fn flush(&mut self) {
        let (records, got, now) = (&mut self.records, &mut self.got, self.now);
        let sink = &mut |line: Line<'_>| got.push(Got::of(line));
        self.lines.flush(&mut |line| records.line(line, now, sink));
        records.flush(sink);
    }

    pub(crate) fn shown(&self) -> Vec<String> {
        self.got.iter().map(Got::shown).collect()
    }

    pub(crate) fn counts(&self) -> LineCounts {
        let mut counts = self.lines.counts();
        counts += self.records.counts();
        counts
    }
}

/// As it is configured.
pub(crate) fn pattern(meaning: &str, newline: &str, regex: &str) -> Option<Arc<LinePattern>> {
    let regex = regex.replace('<', "\\<");
    let text = format!(
        "<ossec_config><localfile><log_format>multi-line-regex</log_format><location>/l</location>\
         <multiline_regex match='{meaning}' replace='{newline}'>{regex}</multiline_regex>\
         </localfile></ossec_config>"
    );
    let (read, said) = ossec_conf::read(&Source::new("ossec.conf", text), Dialect::OURS);
    assert_eq!(said, []);
    let block = read?.localfiles.pop()?;
    block.multiline_regex.as_ref().and_then(LinePattern::of).map(Arc::new)
}
