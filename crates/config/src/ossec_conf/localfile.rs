//! `<localfile>`: which logs are read (config 13).

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use bartizan_base::Place;

use super::codes;
use super::context::{Context, Wrong};
use super::table::{Opt, Origin, ignored};
use super::value::Value;
use crate::xml::Element;

/// One `<localfile>` block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Localfile {
    /// Files, with `*?[` and strftime's `%`. Several of one block are all read (collection 4.4).
    pub locations: Vec<Location>,
    /// A command line, for the formats of commands. `<command>`.
    pub command: Option<String>,
    /// How records are made of what is read. `<log_format>`.
    pub format: Option<LogFormat>,
    /// Time between runs of a command. `<frequency>`; 360 seconds if not given.
    pub frequency: Option<Duration>,
    /// Name of a command in its messages. `<alias>`.
    pub alias: Option<String>,
    /// Whether old events are skipped. `<only-future-events>`.
    pub only_future_events: Option<bool>,
    /// Filter of the Windows event channel. `<query>`.
    pub query: Option<String>,
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

/// How records are made of what is read (collection 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as the values of log_format")]
pub enum LogFormat {
    #[default]
    Syslog,
    Generic,
    SnortFull,
    SnortFast,
    Apache,
    Iis,
    Squid,
    Nmapg,
    MysqlLog,
    PostgresqlLog,
    MssqlLog,
    Ossecalert,
    DjbMultilog,
    SyslogPipe,
    Command,
    FullCommand,
    Audit,
    /// This many lines are one record.
    MultiLine(u32),
    MultiLineIndented,
    Journald,
    ModsecAudit,
    Eventlog,
    Eventchannel,
    Json,
    MultiLineRegex,
    Macos,
}

/// Every format but `multi-line:N`: its name, and who knows it.
const FORMATS: &[(&str, LogFormat, Origin)] = &[
    ("syslog", LogFormat::Syslog, Origin::Since(28)),
    ("generic", LogFormat::Generic, Origin::Since(28)),
    ("snort-full", LogFormat::SnortFull, Origin::Since(28)),
    ("snort-fast", LogFormat::SnortFast, Origin::Since(28)),
    ("apache", LogFormat::Apache, Origin::Since(28)),
    ("iis", LogFormat::Iis, Origin::Since(28)),
    ("squid", LogFormat::Squid, Origin::Since(28)),
    ("nmapg", LogFormat::Nmapg, Origin::Since(28)),
    ("mysql_log", LogFormat::MysqlLog, Origin::Since(28)),
    ("postgresql_log", LogFormat::PostgresqlLog, Origin::Since(28)),
    ("mssql_log", LogFormat::MssqlLog, Origin::Since(28)),
    ("ossecalert", LogFormat::Ossecalert, Origin::Since(28)),
    ("djb-multilog", LogFormat::DjbMultilog, Origin::Since(28)),
    ("syslog-pipe", LogFormat::SyslogPipe, Origin::Since(28)),
    ("command", LogFormat::Command, Origin::Since(28)),
    ("full_command", LogFormat::FullCommand, Origin::Since(28)),
    ("eventlog", LogFormat::Eventlog, Origin::Since(28)),
    ("eventchannel", LogFormat::Eventchannel, Origin::Since(28)),
    ("audit", LogFormat::Audit, Origin::Since(32)),
    ("multi-line_indented", LogFormat::MultiLineIndented, Origin::Since(36)),
    ("journald", LogFormat::Journald, Origin::Since(37)),
    ("modsec-audit", LogFormat::ModsecAudit, Origin::Since(43)),
    ("json", LogFormat::Json, Origin::Wazuh),
    ("multi-line-regex", LogFormat::MultiLineRegex, Origin::Wazuh),
    ("macos", LogFormat::Macos, Origin::Wazuh),
];

impl LogFormat {
    /// Whether each line is a record of its own and sent as it is (collection 2.1).
    #[must_use]
    pub fn is_plain_lines(self) -> bool {
        matches!(
            self,
            Self::Syslog
                | Self::Generic
                | Self::SnortFast
                | Self::Apache
                | Self::Iis
                | Self::Squid
                | Self::SyslogPipe
        )
    }

    /// Whether it can be read today: the one answer that the warning of `check` and the collector share.
    #[must_use]
    pub fn is_implemented(self) -> bool {
        // A line of `json` that is no JSON is an event too (collection 9.2).
        self.is_plain_lines() || matches!(self, Self::Json | Self::Journald)
    }

    /// Whether it is made by a system that this program does not run on.
    #[must_use]
    pub fn is_foreign(self) -> bool {
        matches!(self, Self::Eventlog | Self::Eventchannel | Self::Macos)
    }

    /// Every format; of `multi-line:N` one.
    pub fn all() -> impl Iterator<Item = Self> {
        FORMATS.iter().map(|(_, format, _)| *format).chain([Self::MultiLine(3)])
    }

    /// Whether records come from a command instead of a file.
    #[must_use]
    pub fn is_command(self) -> bool {
        matches!(self, Self::Command | Self::FullCommand)
    }

    /// As it is written; `multi-line` without its number.
    #[must_use]
    pub fn name(self) -> &'static str {
        let row = FORMATS.iter().find(|(_, format, _)| *format == self);
        row.map_or("multi-line", |(name, _, _)| name)
    }
}

/// As it is written.
impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MultiLine(lines) => write!(f, "multi-line:{lines}"),
            format => f.write_str(format.name()),
        }
    }
}

/// Time between runs of a command if nothing is said (config 13).
pub const COMMAND_FREQUENCY: Duration = Duration::from_secs(360);

/// A row of the table.
type Row = Opt<Localfile>;

/// Every option of `<localfile>`.
pub const LOCALFILE: &[Opt<Localfile>] = &[
    Row::new("location", "path", "A file; *, ?, [ and % of strftime are allowed", location),
    Row::new("log_format", "see the manual", "How records are made of the file", log_format),
    Row::new(
        "command",
        "command line",
        "What is run, for command and full_command",
        |c, v, context| {
            v.refuse_empty(context)?;
            c.command = Some(v.string());
            Ok(())
        },
    )
    .not_yet(),
    Row::new("frequency", "seconds, hourly or daily", "Time between runs of a command", frequency)
        .not_yet(),
    Row::new("alias", "text", "Name of the command in its messages", |c, v, _| {
        c.alias = Some(v.string());
        Ok(())
    })
    .not_yet(),
    Row::new("only-future-events", "yes or no", "Skip what is there already", |c, v, context| {
        // OSSEC takes any value for yes (config 13).
        c.only_future_events = Some(context.is_strict() || v.yes_no()?);
        Ok(())
    })
    .attributes(&["max-size"])
    .not_yet(),
    Row::new("query", "XPath", "Filter of the Windows event channel", |c, v, _| {
        c.query = Some(v.string());
        Ok(())
    })
    .attributes(&["type", "level"])
    .not_yet(),
    wazuh("multiline_regex", "Where a record begins or ends", &["match", "replace", "timeout"]),
    wazuh("label", "Added to each object", &["key"]),
    wazuh("target", "Where events go", &[]),
    wazuh("out_format", "Form of the event", &["target"]),
    wazuh("reconnect_time", "Time before opening the channel anew", &[]),
    wazuh("age", "Files older than this are not read", &[]),
    wazuh("exclude", "Files that are left out", &[]),
    wazuh("ignore_binaries", "Files that are no text are left out", &[]),
    wazuh("max-size", "More than this is skipped at the start", &[]),
    wazuh("ignore", "Events that are dropped", &["type"]),
    wazuh("restrict", "Events that are kept", &["type"]),
    wazuh("filter", "Journal entries that are kept", &["field", "ignore_if_missing"]),
];

const fn wazuh(
    name: &'static str,
    help: &'static str,
    attributes: &'static [&'static str],
) -> Opt<Localfile> {
    Row::new(name, "anything", help, ignored).attributes(attributes).origin(Origin::Wazuh).not_yet()
}

fn location(c: &mut Localfile, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    v.refuse_empty(context)?;
    c.locations.push(Location { path: v.path(), place: context.place(&v.span()) });
    Ok(())
}

fn log_format(c: &mut Localfile, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    let known = FORMATS.iter().filter(|(_, _, origin)| origin.is_known(context.dialect));
    let known: Vec<(&str, LogFormat)> = known.map(|(name, format, _)| (*name, *format)).collect();
    let format = match multi_line(v, context)? {
        Some(format) => format,
        None => v.one_of(&known)?,
    };
    if !format.is_implemented() {
        context.value_not_yet(v, "log_format", format.name());
    }
    c.format = Some(format);
    Ok(())
}

/// `multi-line:N`, with blanks around the colon (collection 2.1).
fn multi_line(v: &Value<'_>, context: &Context<'_>) -> Result<Option<LogFormat>, Wrong> {
    let text = v.string();
    let Some(rest) = text.strip_prefix("multi-line") else { return Ok(None) };
    let Some(number) = rest.trim_start().strip_prefix(':') else {
        let known = FORMATS.iter().any(|(name, _, _)| *name == text);
        let wrong = Wrong::expected("the number of lines of a record, like `multi-line:3`");
        return if known { Ok(None) } else { Err(wrong) };
    };
    match number.trim().parse::<u32>() {
        Ok(lines) if lines > 0 || context.is_strict() => Ok(Some(LogFormat::MultiLine(lines))),
        _ => Err(Wrong::expected("the number of lines of a record, like `multi-line:3`")),
    }
}

fn frequency(c: &mut Localfile, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    let seconds = match v.bytes() {
        b"hourly" => 3_600,
        b"daily" => 86_400,
        _ => v
            .loose_number(1..=u64::from(u32::MAX), context)
            .map_err(|_| Wrong::expected("a number of seconds, `hourly` or `daily`"))?,
    };
    c.frequency = Some(Duration::from_secs(seconds));
    Ok(())
}

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
}

/// A file that is named twice is read once (config 13).
pub(super) fn drop_repeated(blocks: &mut [Localfile], context: &mut Context<'_>) {
    let mut seen = std::collections::HashSet::new();
    for block in blocks {
        // A block that is not read takes no file away from another.
        if block.format.is_none_or(|f| f == LogFormat::Journald || !f.is_implemented()) {
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
