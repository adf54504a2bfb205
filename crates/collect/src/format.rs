//! Names of log formats (config 13, collection 2.1).

/// What the records of an input are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// One event a line, as it is.
    Lines,
    Journald,
    EventLog,
    EventChannel,
    MacOs,
    /// Records that are made of several lines, or of rewritten ones.
    Composed,
    /// The output of a command.
    Command,
}

impl Format {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "syslog" | "generic" | "apache" | "squid" | "iis" | "snort-fast" | "syslog-pipe"
            // Wazuh; a line that is no JSON is an event too (collection 9.2).
            | "json" => Self::Lines,
            "journald" => Self::Journald,
            "eventlog" => Self::EventLog,
            "eventchannel" => Self::EventChannel,
            "macos" => Self::MacOs,
            "snort-full" | "multi-line_indented" | "mysql_log" | "postgresql_log" | "mssql_log"
            | "djb-multilog" | "nmapg" | "audit" | "modsec-audit" | "ossecalert"
            | "multi-line-regex" => Self::Composed,
            "command" | "full_command" => Self::Command,
            name => {
                // `multi-line: 3`: blanks around the colon are allowed.
                let (word, count) = name.split_once(':')?;
                count.trim().parse::<u32>().ok().filter(|_| word.trim() == "multi-line")?;
                Self::Composed
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_ossec_and_wazuh_know() {
        assert_eq!(Format::parse("syslog"), Some(Format::Lines));
        assert_eq!(Format::parse("multi-line: 3"), Some(Format::Composed));
        assert_eq!(Format::parse("multi-line:0"), Some(Format::Composed));
        for wrong in ["", "multi-line", "multi-line:x", "linux_auditd", "Syslog"] {
            assert_eq!(Format::parse(wrong), None, "{wrong}");
        }
    }
}
