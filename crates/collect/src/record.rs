//! From lines to records: what one event of each log format is (collection 2).
//!
//! ```text
//! LineBuffer ─▶ Line ─▶ Records ─▶ Line of a whole record      plain formats: the same line
//!                          │ holds lines of records that are not over
//!                          └ expire: records that nothing more comes for; flush: rotation, stop
//! ```
//!
//! A function of lines and of the time that comes with them: no clock, no I/O. Lines that wait here are not
//! consumed: [`Records::held_from`] is where reading must go on to see them again. Nothing grows without
//! bound: a record is at most [`limits::EVENT_BYTES`] long, and what is held beside is bounded at the place.

mod audit;
mod held;
mod indented;
mod json;
mod modsec;
mod mssql;
mod multi_line;
mod multilog;
mod mysql;
mod nmap;
mod one;
mod ossec_alert;
mod pattern;
mod postgresql;
mod snort;
mod stamp;

use std::fmt::Debug;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use bartizan_base::limits;
use bartizan_config::ossec_conf::localfile::LogFormat;
use jiff::tz::TimeZone;

use crate::line::{Line, LineCounts, cut};
use crate::shape::{Shape, Shaper};
use crate::start::Now;

use one::One;

pub use json::Labels;
pub use pattern::{LinePattern, Meaning, Newline};

/// How the records of an input are made.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The format.
    pub format: LogFormat,
    /// Where records of `multi-line-regex` begin or end; without it each line is one.
    pub pattern: Option<Arc<LinePattern>>,
    /// What is added to objects of `json`.
    pub labels: Labels,
    /// The machine's name up to the first dot, for formats that write a header.
    pub hostname: Arc<str>,
    /// For those as well.
    pub time_zone: TimeZone,
    /// Which records are kept, and in which form.
    pub shape: Option<Arc<Shape>>,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            format: LogFormat::Syslog,
            pattern: None,
            labels: Labels::default(),
            hostname: "localhost".into(),
            time_zone: TimeZone::UTC,
            shape: None,
        }
    }
}

/// What is particular to a format.
trait Format: Debug + Send {
    /// Takes a line in.
    fn line(&mut self, line: &Line<'_>, now: Now, out: &mut Out<'_>);

    /// Hands on records that waited long enough for more.
    fn expire(&mut self, _now: Now, _out: &mut Out<'_>) {}

    /// Hands on what waits; nothing more comes.
    fn flush(&mut self, _out: &mut Out<'_>) {}

    /// Where the oldest line that waits starts.
    fn held_from(&self) -> Option<u64> {
        None
    }

    /// Whether what follows a line that was handed on incomplete can be an event of its own. Where lines
    /// begin with something that tells who wrote them it cannot: it would be taken for a line.
    fn takes_rests(&self) -> bool {
        false
    }
}

/// Makes records of the lines of one file.
#[derive(Debug)]
pub struct Records {
    format: Option<Box<dyn Format>>,
    shaper: Option<Shaper>,
    /// When the last line came.
    last: Option<Now>,
    counts: LineCounts,
}

impl Records {
    /// For the file of that name.
    #[must_use]
    pub fn new(recipe: &Recipe, path: &Path) -> Self {
        let location = path.as_os_str().as_bytes();
        let shaper = recipe.shape.as_ref().map(|shape| Shaper::new(Arc::clone(shape), location));
        let format = match format(recipe, path) {
            None if shaper.is_some() => Some(Box::new(Plain) as Box<dyn Format>),
            format => format,
        };
        Self { format, shaper, last: None, counts: LineCounts::default() }
    }

    /// Whether each line is handed on as it is.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.format.is_none()
    }

    /// Takes a line in, which came at that time, and hands on the records it ends.
    pub fn line(&mut self, line: Line<'_>, now: Now, sink: &mut dyn FnMut(Line<'_>)) {
        self.last = Some(now);
        let Some((format, mut out)) = self.parts(sink) else {
            self.counts.records += 1;
            return sink(line);
        };
        if line.is_continuation && !format.takes_rests() {
            return out.unfit();
        }
        format.line(&line, now, &mut out);
    }

    /// Hands on records that waited long enough for more of their lines.
    pub fn expire(&mut self, now: Now, sink: &mut dyn FnMut(Line<'_>)) {
        if let Some((format, mut out)) = self.parts(sink) {
            format.expire(now, &mut out);
        }
    }

    /// Hands on what waits: nothing more comes.
    pub fn flush(&mut self, sink: &mut dyn FnMut(Line<'_>)) {
        if let Some((format, mut out)) = self.parts(sink) {
            format.flush(&mut out);
        }
    }

    fn parts<'a>(
        &'a mut self,
        sink: &'a mut dyn FnMut(Line<'_>),
    ) -> Option<(&'a mut dyn Format, Out<'a>)> {
        let Self { format, shaper, last, counts } = self;
        let out = Out { counts, shaper: shaper.as_mut(), time: *last, sink };
        Some((format.as_deref_mut()?, out))
    }

    /// Offset of the first line that waits for the rest of its record; `None` if none does.
    #[must_use]
    pub fn held_from(&self) -> Option<u64> {
        self.format.as_ref().and_then(|format| format.held_from())
    }

    /// What was done so far: `records`, `unfit`, `left_out`, and the cutting of records.
    #[must_use]
    pub fn counts(&self) -> LineCounts {
        self.counts
    }
}

/// Takes the records of a format.
struct Out<'a> {
    counts: &'a mut LineCounts,
    shaper: Option<&'a mut Shaper>,
    time: Option<Now>,
    sink: &'a mut dyn FnMut(Line<'_>),
}

impl Out<'_> {
    /// Hands on a record, cut if it is too long; unless the settings leave it out.
    fn emit(&mut self, record: Line<'_>) {
        let text = match &mut self.shaper {
            Some(shaper) => match shaper.apply(record.text, self.time) {
                Some(text) => text,
                None => {
                    self.counts.left_out += 1;
                    return;
                }
            },
            None => record.text,
        };
        let kept = if text.len() > limits::EVENT_BYTES { cut(text) } else { text };
        let is_cut = kept.len() < text.len();
        self.counts.records += 1;
        self.counts.cut += u64::from(is_cut);
        self.counts.dropped_bytes += (text.len() - kept.len()) as u64;
        (self.sink)(Line { text: kept, is_cut: record.is_cut || is_cut, ..record });
    }

    /// Counts a line that is left out because it has not the format's form.
    fn unfit(&mut self) {
        self.counts.unfit += 1;
    }

    /// Counts a line that the format has no use for.
    fn leave_out(&mut self) {
        self.counts.left_out += 1;
    }
}

/// Each line is a record, which the settings change or leave out.
#[derive(Debug)]
struct Plain;

impl Format for Plain {
    fn line(&mut self, line: &Line<'_>, _now: Now, out: &mut Out<'_>) {
        out.emit(*line);
    }

    fn takes_rests(&self) -> bool {
        true
    }
}

fn format(recipe: &Recipe, path: &Path) -> Option<Box<dyn Format>> {
    Some(match recipe.format {
        LogFormat::SnortFull => Box::new(One::new(snort::SnortFull::default())),
        LogFormat::Nmapg => Box::new(nmap::Nmap::default()),
        LogFormat::MysqlLog => Box::new(mysql::Mysql::default()),
        LogFormat::PostgresqlLog => {
            Box::new(One::of_kind(postgresql::KIND, postgresql::Postgresql))
        }
        LogFormat::MssqlLog => Box::new(One::new(mssql::Mssql)),
        LogFormat::Ossecalert => Box::new(ossec_alert::OssecAlert::default()),
        LogFormat::DjbMultilog => Box::new(multilog::Multilog::new(recipe, path)),
        LogFormat::Audit => Box::new(audit::Audit::default()),
        LogFormat::MultiLine(lines) => Box::new(One::new(multi_line::MultiLine::new(lines))),
        LogFormat::MultiLineIndented => Box::new(One::new(indented::Indented)),
        LogFormat::ModsecAudit => Box::new(modsec::ModSecurity::default()),
        LogFormat::MultiLineRegex => {
            let pattern = Arc::clone(recipe.pattern.as_ref()?);
            Box::new(One::new(pattern::ByPattern::new(pattern)))
        }
        LogFormat::Json => Box::new(json::Json::new(recipe.labels.clone())),
        LogFormat::Syslog
        | LogFormat::Generic
        | LogFormat::SnortFast
        | LogFormat::Apache
        | LogFormat::Iis
        | LogFormat::Squid
        | LogFormat::SyslogPipe
        | LogFormat::Command
        | LogFormat::FullCommand
        | LogFormat::Journald
        | LogFormat::Eventlog
        | LogFormat::Eventchannel
        | LogFormat::Macos => return None,
    })
}

/// Whether a `djb-multilog` can be of that name: it must end in `/PROGRAM/current` (collection 2.9).
#[must_use]
pub fn is_multilog_name(path: &Path) -> bool {
    multilog::program(path).is_some()
}
