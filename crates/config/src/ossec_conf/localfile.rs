//! `<localfile>`: which logs are read (config 13, collection 9.1).

mod format;
mod options;

use std::path::PathBuf;
use std::time::Duration;

use bartizan_base::Place;
use bartizan_pattern::Language;

use super::codes;
use super::context::Context;
use crate::xml::Element;

pub use format::LogFormat;
pub use options::LOCALFILE;

type Set = super::table::Set<Localfile>;

/// One `<localfile>` block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Localfile {
    /// Files, with `*?[` and strftime's `%`. Several of one block are all read (collection 4.4).
    pub locations: Vec<Location>,
    /// A command line, for the formats of commands. `<command>`.
    pub command: Option<String>,
    /// How records are made of what is read. `<log_format>`.
    pub format: Option<LogFormat>,
    /// Time between runs of a command. `<frequency>`; [`COMMAND_FREQUENCY`] if not given.
    pub frequency: Option<Duration>,
    /// Name of a command in its messages. `<alias>`.
    pub alias: Option<String>,
    /// Whether events that came while nothing was read are skipped. `<only-future-events>`.
    pub only_future_events: Option<bool>,
    /// More bytes than this are skipped at the start. Attribute `max-size` of `<only-future-events>`.
    pub max_size: Option<u64>,
    /// Filter of the Windows event channel. `<query>`.
    pub query: Option<String>,
    /// Where records begin or end. `<multiline_regex>`.
    pub multiline_regex: Option<LineRegex>,
    /// Keys and values that are added to objects of `json`. `<label>`.
    pub labels: Vec<(String, String)>,
    /// Where events go; empty: to analysis. `<target>`.
    pub targets: Vec<String>,
    /// Form of the events for analysis. `<out_format>`.
    pub out_format: Option<String>,
    /// Files that were not changed for so long are not read. `<age>`.
    pub age: Option<Duration>,
    /// Patterns of files that are left out. `<exclude>`.
    pub exclude: Vec<PathBuf>,
    /// Whether files that are no text are left out. `<ignore_binaries>`.
    pub ignore_binaries: bool,
    /// An event is dropped when one of these matches. `<ignore>`.
    pub ignore: Vec<TextTest>,
    /// An event is kept only when all of these match. `<restrict>`.
    pub restrict: Vec<TextTest>,
    /// Journal entries are kept when all of these match. `<filter>`.
    pub filters: Vec<JournalFilter>,
    /// One of its filters cannot be used: nothing is read (collection 9.5).
    pub has_bad_filter: bool,
    /// The block.
    pub place: Option<Place>,
}

/// A file, or the name of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The path or pattern as written.
    pub path: PathBuf,
    /// Where it is.
    pub place: Place,
}

/// Where records of `multi-line-regex` begin or end (collection 9.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRegex {
    /// The pattern, PCRE2; case matters.
    pub pattern: Vec<u8>,
    /// What a match means.
    pub meaning: Meaning,
    /// What stands between the lines of a record.
    pub newline: Newline,
    /// So long a record waits for its next line.
    pub timeout: Duration,
}

impl LineRegex {
    /// With the defaults of the attributes.
    fn new(pattern: &[u8]) -> Self {
        Self {
            pattern: options::case_sensitive(pattern),
            meaning: Meaning::default(),
            newline: Newline::default(),
            timeout: Duration::from_secs(5),
        }
    }
}

/// What a match of `multiline_regex` means. Attribute `match`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Meaning {
    /// The line begins a record.
    #[default]
    Start,
    /// The line ends the record, and belongs to it.
    End,
    /// The record ends when all of it matches.
    All,
}

/// What stands between the lines of a record. Attribute `replace`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Newline {
    /// The line feed.
    #[default]
    Kept,
    /// Nothing.
    Nothing,
    /// A blank.
    Blank,
    /// A tab.
    Tab,
}

/// A pattern that the text of an event is tested with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextTest {
    /// Its language. Case matters in PCRE2 only.
    pub language: Language,
    /// The pattern.
    pub pattern: Vec<u8>,
}

/// A test of a field of journal entries (collection 9.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalFilter {
    /// The field.
    pub field: String,
    /// The pattern, PCRE2; case matters.
    pub pattern: Vec<u8>,
    /// Entries without the field are kept.
    pub ignore_if_missing: bool,
}

/// Time between runs of a command if nothing is said (config 13).
pub const COMMAND_FREQUENCY: Duration = Duration::from_secs(360);

pub(super) fn finish(block: &Localfile, section: &Element, context: &mut Context<'_>) {
    let span = &section.name_span;
    let Some(format) = block.format else {
        let help = "write `<log_format>syslog</log_format>` for files of plain lines";
        context.needs(section, "log_format", help);
        return;
    };
    if format.is_command() && block.command.is_none() && !block.locations.is_empty() {
        let message = format!("`{}` needs `command`; this block is left out", format.name());
        context.warn(codes::INCOMPLETE, span.clone(), message, "");
    } else if format.is_command() && block.command.is_none() {
        let help = format!("`{}` runs it", format.name());
        context.needs(section, "command", &help);
    } else if block.locations.is_empty() && block.command.is_none() {
        let needless = format == LogFormat::Journald && !context.is_strict();
        if !needless {
            context.needs(section, "location", "");
        }
    }
    if format == LogFormat::MultiLineRegex {
        context.needs(section, "multiline_regex", "it says where a record begins or ends");
    }
    tell_of_needless_options(format, section, context);
}

/// Options that do not fit the format have no effect (collection 9.1).
fn tell_of_needless_options(format: LogFormat, section: &Element, context: &mut Context<'_>) {
    if context.is_strict() {
        return;
    }
    let of_files = !format.is_command() && format != LogFormat::Journald && !format.is_foreign();
    for element in &section.children {
        let fits = match element.name.as_slice() {
            b"command" | b"frequency" | b"alias" => format.is_command(),
            b"multiline_regex" => format == LogFormat::MultiLineRegex,
            b"label" => format == LogFormat::Json,
            b"filter" => format == LogFormat::Journald,
            b"age" | b"exclude" | b"ignore_binaries" | b"max-size" => of_files,
            b"ignore" | b"restrict" => format != LogFormat::Journald,
            b"query" | b"reconnect_time" => format.is_foreign(),
            _ => true,
        };
        if !fits {
            let name = String::from_utf8_lossy(&element.name).into_owned();
            let message = format!("`{name}` has no effect with the log format `{format}`");
            context.warn(codes::NO_EFFECT_HERE, element.name_span.clone(), message, "");
        }
    }
}

/// A file that is named twice is read once (config 13).
pub(super) fn drop_repeated(blocks: &mut [Localfile], context: &mut Context<'_>) {
    let mut seen = std::collections::HashSet::new();
    for block in blocks {
        // A block that is not read takes no file away from another.
        let is_file =
            |f: LogFormat| !(f == LogFormat::Journald || f.is_foreign() || f.is_command());
        if !block.format.is_some_and(is_file) {
            continue;
        }
        block.locations.retain(|location| {
            let is_new = seen.insert(location.path.clone());
            if !is_new {
                let message = "this file is named already; it is read once";
                context.warn(codes::TWICE, location.place.span.clone(), message, "");
            }
            is_new
        });
    }
}
