//! `log_format`: how records are made of what is read (collection 2).

use std::fmt;

use super::Localfile;
use crate::ossec_conf::codes;
use crate::ossec_conf::context::{Context, Wrong};
use crate::ossec_conf::table::Origin;
use crate::ossec_conf::value::Value;

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

pub(super) fn log_format(
    c: &mut Localfile,
    v: &Value<'_>,
    context: &mut Context<'_>,
) -> Result<(), Wrong> {
    let known = FORMATS.iter().filter(|(_, _, origin)| origin.is_known(context.dialect));
    let known: Vec<(&str, LogFormat)> = known.map(|(name, format, _)| (*name, *format)).collect();
    let format = match multi_line(v, context)? {
        Some(format) => format,
        None => v.one_of(&known)?,
    };
    if format.is_foreign() && !context.is_strict() {
        let message = format!("`{format}` belongs to another system; the block is left out here");
        context.warn(codes::NO_EFFECT_HERE, v.span(), message, "");
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
