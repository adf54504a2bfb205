//! `<syslog_output>`: alerts to other machines (config 8).

use bartizan_base::Place;
use bartizan_pattern::Language;
use std::path::PathBuf;

use super::codes;
use super::context::{Context, Wrong};
use super::table::{Opt, Origin, ignored};
use super::value::{Value, rule_ids};
use crate::xml::Element;

/// One destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogOutput {
    /// Host or address. `<server>`.
    pub server: Option<String>,
    /// `<port>`.
    pub port: u16,
    /// From this level on. `<level>`.
    pub level: u8,
    /// Only these rules. `<rule_id>`.
    pub rule_ids: Vec<u32>,
    /// OS_Match pattern for the groups. `<group>`.
    pub group: Option<Vec<u8>>,
    /// OS_Match pattern for the location. `<location>`.
    pub location: Option<Vec<u8>>,
    /// `<format>`.
    pub format: SyslogFormat,
    /// Whether the host is written with its domain. `<use_fqdn>`.
    pub use_fqdn: bool,
    /// `<protocol>`, if it is given.
    pub protocol: Option<Protocol>,
    /// `<tls>`.
    pub tls: bool,
    /// Whether the certificate is verified. `<tls_verify>`.
    pub tls_verify: bool,
    /// Authorities, if not the system's. `<tls_ca>`.
    pub tls_ca: Option<PathBuf>,
    /// The block.
    pub place: Option<Place>,
}

/// Form of the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyslogFormat {
    /// OSSEC's own.
    #[default]
    Default,
    /// ArcSight's.
    Cef,
    /// JSON.
    Json,
    /// Splunk's.
    Splunk,
}

/// How messages travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Datagrams.
    #[default]
    Udp,
    /// A stream.
    Tcp,
}

pub(super) const PROTOCOLS: [(&str, Protocol); 2] =
    [("udp", Protocol::Udp), ("tcp", Protocol::Tcp)];

impl Default for SyslogOutput {
    fn default() -> Self {
        Self {
            server: None,
            port: 514,
            level: 0,
            rule_ids: Vec::new(),
            group: None,
            location: None,
            format: SyslogFormat::default(),
            use_fqdn: false,
            protocol: None,
            tls: false,
            tls_verify: true,
            tls_ca: None,
            place: None,
        }
    }
}

/// A row of the table.
type Row = Opt<SyslogOutput>;

/// Every option of `<syslog_output>`.
pub const SYSLOG_OUTPUT: &[Opt<SyslogOutput>] = &[
    Row::new("server", "host or address", "Where alerts are sent", server),
    Row::new("port", "port", "Port of the server, 514 if not given", |c, v, context| {
        c.port = v.loose_port(context)?;
        Ok(())
    }),
    Row::new("level", "0 to 16", "From this level on", |c, v, context| {
        c.level = v.level(16, context)?;
        Ok(())
    }),
    Row::new("rule_id", "numbers of rules", "Only these rules", |c, v, context| {
        c.rule_ids.extend(rule_ids(v, b", ", context)?);
        Ok(())
    }),
    Row::new("group", "OS_Match pattern", "Only rules of these groups", |c, v, context| {
        v.check_pattern(Language::OsMatch, context);
        c.group = Some(v.bytes().to_vec());
        Ok(())
    }),
    Row::new("location", "OS_Match pattern", "Only from these places", location)
        .origin(Origin::Since(29)),
    Row::new("event_location", "OS_Match pattern", "The older name of location", location)
        .origin(Origin::Until(28)),
    Row::new("format", "default, cef, json or splunk", "Form of the messages", |c, v, _| {
        c.format = v.one_of(&[
            ("default", SyslogFormat::Default),
            ("cef", SyslogFormat::Cef),
            ("json", SyslogFormat::Json),
            ("splunk", SyslogFormat::Splunk),
        ])?;
        Ok(())
    }),
    Row::new("use_fqdn", "yes or no", "Write the host with its domain", |c, v, _| {
        v.yes_no().map(|yes| c.use_fqdn = yes)
    })
    .origin(Origin::Since(29)),
    Row::new("protocol", "udp or tcp", "How messages travel", |c, v, _| {
        c.protocol = Some(v.one_of(&PROTOCOLS)?);
        Ok(())
    })
    .origin(Origin::Since(43)),
    Row::new("tls", "yes or no", "Encrypt; implies tcp", |c, v, _| {
        v.yes_no().map(|yes| c.tls = yes)
    })
    .origin(Origin::Since(43)),
    Row::new("tls_verify", "yes or no", "Verify the server's certificate", |c, v, _| {
        v.yes_no().map(|yes| c.tls_verify = yes)
    })
    .origin(Origin::Since(43)),
    Row::new("tls_ca", "path", "Authorities the certificate may come from", |c, v, _| {
        c.tls_ca = Some(v.path());
        Ok(())
    })
    .origin(Origin::Since(43)),
    Row::new("priority", "number", "Nothing; the priority is always 132", ignored)
        .origin(Origin::Until(19))
        .no_effect(),
];

fn server(c: &mut SyslogOutput, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    if v.bytes().contains(&b'/') {
        return Err(Wrong::expected("a host or an address, not a network"));
    }
    v.refuse_empty(context)?;
    c.server = Some(v.string());
    Ok(())
}

fn location(c: &mut SyslogOutput, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    v.check_pattern(Language::OsMatch, context);
    c.location = Some(v.bytes().to_vec());
    Ok(())
}

pub(super) fn finish(block: &SyslogOutput, section: &Element, context: &mut Context<'_>) {
    context.needs(section, "server", "");
    if block.tls && block.protocol == Some(Protocol::Udp) {
        let message = "`tls` works over tcp only, and `protocol` is udp";
        context.fail(codes::CONTRADICTION, section.name_span.clone(), message, "remove `protocol`");
    }
}
