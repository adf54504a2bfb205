//! `<global>`: mail, what is written down, and who is never acted on (config 5).

use super::allow_list::AllowList;
use super::context::{Context, Wrong};
use super::table::{Opt, Origin, ignored};
use super::value::Value;

/// The `<global>` sections.
#[derive(Clone, Debug)]
pub struct Global {
    /// Every event goes to the text archive. `<logall>`.
    pub logall: bool,
    /// Every event goes to the JSON archive. `<logall_json>`.
    pub logall_json: bool,
    /// Alerts go to the JSON log as well. `<jsonout_output>`; if absent yes, in the dialects of OSSEC no.
    pub jsonout_output: bool,
    /// Alerts go to the text log. `<alerts_log>` (Wazuh).
    pub alerts_log: bool,
    /// Level of the built-in rule for unusual numbers of events; 0 switches the statistics off. `<stats>`.
    pub stats: u8,
    /// How many recent events are kept for correlation, at least 2,048. `<memory_size>`.
    pub memory_size: u32,
    /// Sources that no active response acts on. `<allow_list>`, `<white_list>`.
    pub allow_list: AllowList,
    /// Another form of the text alert log. `<custom_alert_output>`.
    pub custom_alert_output: Option<Vec<u8>>,
    /// Mail.
    pub mail: Mail,
}

/// Where mails go, and how (config 5.1).
#[derive(Clone, Debug)]
pub struct Mail {
    /// The master switch. `<email_notification>`.
    pub notification: bool,
    /// Recipients of every mail. `<email_to>`.
    pub to: Vec<String>,
    /// Envelope sender and From. `<email_from>`.
    pub from: Option<String>,
    /// `<email_reply_to>`.
    pub reply_to: Option<String>,
    /// Value of the `X-IDS-OSSEC` header. `<email_idsname>`.
    pub idsname: Option<String>,
    /// Host, address, or the path of a program that takes the message. `<smtp_server>`.
    pub server: Option<String>,
    /// Argument of HELO. `<helo_server>`.
    pub helo: String,
    /// Mails an hour. `<email_maxperhour>`.
    pub max_per_hour: u32,
    /// Whether to log in. `<auth_smtp>`.
    pub auth: bool,
    /// `<smtp_user>`.
    pub user: Option<String>,
    /// `<smtp_password>`.
    pub password: Option<String>,
    /// TLS from the first byte. `<secure_smtp>`.
    pub secure: bool,
    /// Whether the certificate is verified. `<smtp_tls_verify>`.
    pub tls_verify: bool,
    /// Port, if not the usual one. `<smtp_port>`.
    pub port: Option<u16>,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            notification: false,
            to: Vec::new(),
            from: None,
            reply_to: None,
            idsname: None,
            server: None,
            helo: "notify.ossec.net".to_owned(),
            max_per_hour: 12,
            auth: false,
            user: None,
            password: None,
            secure: false,
            tls_verify: true,
            port: None,
        }
    }
}

/// Fewest events the memory holds (config 5.2).
const SMALLEST_MEMORY: u32 = 2_048;

impl Default for Global {
    fn default() -> Self {
        Self {
            logall: false,
            logall_json: false,
            jsonout_output: false,
            alerts_log: true,
            stats: 4,
            memory_size: 8_192,
            allow_list: AllowList::default(),
            custom_alert_output: None,
            mail: Mail::default(),
        }
    }
}

const YES_NO: &str = "yes or no";
const ADDRESS: &str = "mail address";

/// A row of the table.
type Row = Opt<Global>;

/// Every option of `<global>`.
pub const GLOBAL: &[Opt<Global>] = &[
    Row::new("logall", YES_NO, "Keep every event in logs/archives/archives.log", |c, v, _| {
        v.yes_no().map(|yes| c.logall = yes)
    }),
    Row::new(
        "logall_json",
        YES_NO,
        "Keep every event in logs/archives/archives.json",
        |c, v, _| v.yes_no().map(|yes| c.logall_json = yes),
    )
    .origin(Origin::Since(32)),
    Row::new("jsonout_output", YES_NO, "Write alerts to logs/alerts/alerts.json too", |c, v, _| {
        v.yes_no().map(|yes| c.jsonout_output = yes)
    })
    .origin(Origin::Since(29)),
    Row::new("alerts_log", YES_NO, "Write alerts to logs/alerts/alerts.log", |c, v, _| {
        v.yes_no().map(|yes| c.alerts_log = yes)
    })
    .origin(Origin::Wazuh)
    .not_yet(),
    Row::new(
        "stats",
        "level",
        "Level of alerts about unusual numbers of events; 0 for none",
        stats,
    ),
    Row::new(
        "memory_size",
        "number of events",
        "How many events correlation looks back on",
        memory_size,
    ),
    Row::new("allow_list", "address, network or host", "Sources no response acts on", allow)
        .origin(Origin::Since(33)),
    Row::new("white_list", "address, network or host", "The older name of allow_list", allow),
    Row::new("custom_alert_output", "text with tokens", "Form of the text alert log", |c, v, _| {
        c.custom_alert_output = Some(v.bytes().to_vec());
        Ok(())
    }),
    Row::new("email_notification", YES_NO, "Send mail about alerts", email_notification),
    Row::new("email_to", ADDRESS, "Who gets every mail; may be repeated", email_to).not_yet(),
    Row::new("email_from", ADDRESS, "Sender of mails", |c, v, _| {
        c.mail.from = Some(v.string());
        Ok(())
    })
    .not_yet(),
    Row::new("email_reply_to", ADDRESS, "Where answers to mails go", |c, v, _| {
        c.mail.reply_to = Some(v.string());
        Ok(())
    })
    .origin(Origin::Since(29))
    .not_yet(),
    Row::new("email_idsname", "text", "Value of the header X-IDS-OSSEC", |c, v, _| {
        c.mail.idsname = Some(v.string());
        Ok(())
    })
    .not_yet(),
    Row::new(
        "smtp_server",
        "host, address or program",
        "Where mails are handed over",
        |c, v, _| {
            c.mail.server = Some(v.string());
            Ok(())
        },
    )
    .not_yet(),
    Row::new("helo_server", "host name", "Name given in HELO", |c, v, _| {
        c.mail.helo = v.string();
        Ok(())
    })
    .origin(Origin::Since(29))
    .not_yet(),
    Row::new("email_maxperhour", "1 to 9999", "Mails an hour; the rest is collected", max_per_hour)
        .not_yet(),
    Row::new("auth_smtp", YES_NO, "Log in to the mail server", |c, v, _| {
        v.yes_no().map(|yes| c.mail.auth = yes)
    })
    .origin(Origin::Since(41))
    .not_yet(),
    Row::new("smtp_user", "text", "User name for the mail server", |c, v, _| {
        c.mail.user = Some(v.string());
        Ok(())
    })
    .origin(Origin::Since(41))
    .not_yet(),
    Row::new("smtp_password", "text", "Password for the mail server", |c, v, _| {
        c.mail.password = Some(v.string());
        Ok(())
    })
    .origin(Origin::Since(41))
    .not_yet(),
    Row::new("secure_smtp", YES_NO, "Speak TLS from the first byte", |c, v, _| {
        v.yes_no().map(|yes| c.mail.secure = yes)
    })
    .origin(Origin::Since(41))
    .not_yet(),
    Row::new("smtp_tls_verify", YES_NO, "Verify the mail server's certificate", |c, v, _| {
        v.yes_no().map(|yes| c.mail.tls_verify = yes)
    })
    .origin(Origin::Since(41))
    .not_yet(),
    Row::new("smtp_port", "port", "Port of the mail server", smtp_port)
        .origin(Origin::Since(41))
        .not_yet(),
    Row::new("compress_alerts", "anything", "Nothing", ignored).no_effect(),
    Row::new("integrity_checking", "level", "Nothing", level_ignored).no_effect(),
    Row::new("rootkit_detection", "level", "Nothing", level_ignored).no_effect(),
    Row::new("host_information", "level", "Nothing", level_ignored).no_effect(),
    Row::new("prelude_output", YES_NO, "Send alerts to Prelude", |_, v, _| v.yes_no().map(drop))
        .not_yet(),
    Row::new("prelude_profile", "text", "Profile for Prelude", ignored).not_yet(),
    Row::new("prelude_log_level", "level", "Lowest level for Prelude", level_ignored).not_yet(),
    Row::new("zeromq_output", YES_NO, "Publish alerts over ZeroMQ", |_, v, _| v.yes_no().map(drop))
        .not_yet(),
    Row::new("zeromq_uri", "URI", "Where ZeroMQ publishes", ignored).not_yet(),
    Row::new("zeromq_server_cert", "path", "Certificate for ZeroMQ", ignored)
        .origin(Origin::Since(30))
        .not_yet(),
    Row::new("zeromq_client_cert", "path", "Certificates of ZeroMQ clients", ignored)
        .origin(Origin::Since(30))
        .not_yet(),
    Row::new("picviz_output", YES_NO, "Feed Picviz", |_, v, _| v.yes_no().map(drop))
        .origin(Origin::Until(29))
        .not_yet(),
    Row::new("picviz_socket", "path", "Where Picviz listens", ignored)
        .origin(Origin::Until(29))
        .not_yet(),
    Row::new("geoipdb", "path", "Database of countries", ignored)
        .origin(Origin::Since(30))
        .not_yet(),
    Row::new("geoip_db_path", "path", "Database of countries", ignored)
        .origin(Origin::SomeBuilds)
        .not_yet(),
    Row::new("geoip6_db_path", "path", "Database of countries for IPv6", ignored)
        .origin(Origin::SomeBuilds)
        .not_yet(),
    Row::new("md5_whitelist", "path", "Database of known good files", ignored)
        .origin(Origin::SomeBuilds)
        .not_yet(),
    Row::new("md5_allowlist", "path", "Database of known good files", ignored)
        .origin(Origin::SomeBuilds)
        .not_yet(),
    wazuh("email_log_source", "Which alert log mails are made from"),
    wazuh("rotate_interval", "Rotate logs after this time"),
    wazuh("max_output_size", "Rotate logs at this size"),
    wazuh("agents_disconnection_time", "When a silent agent counts as gone"),
    wazuh("agents_disconnection_alert_time", "When a gone agent is told"),
    wazuh("queue_size", "Length of queues"),
    wazuh("forward_to", "Where events are forwarded"),
    wazuh("limits", "How many events a second"),
    wazuh("update_check", "Whether to look for updates"),
    wazuh("cti-url", "Where updates are looked for"),
];

const fn wazuh(name: &'static str, help: &'static str) -> Opt<Global> {
    Row::new(name, "anything", help, ignored).origin(Origin::Wazuh).not_yet()
}

fn stats(c: &mut Global, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    c.stats = v.level(16, context)?;
    Ok(())
}

fn level_ignored(_: &mut Global, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    v.level(255, context).map(drop)
}

fn memory_size(c: &mut Global, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    let size = v.loose_number(0..=u64::from(u32::MAX), context)?;
    // Smaller ones are raised (config 5.2).
    c.memory_size = u32::try_from(size).unwrap_or(u32::MAX).max(SMALLEST_MEMORY);
    Ok(())
}

fn allow(c: &mut Global, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    c.allow_list.add(v, context);
    Ok(())
}

fn email_notification(
    c: &mut Global,
    v: &Value<'_>,
    context: &mut Context<'_>,
) -> Result<(), Wrong> {
    c.mail.notification = v.yes_no()?;
    // Without mail nothing is missed.
    if c.mail.notification {
        context.value_not_yet(v, "global", "email_notification");
    }
    Ok(())
}

fn email_to(c: &mut Global, v: &Value<'_>, _: &mut Context<'_>) -> Result<(), Wrong> {
    if !is_mail_address(v.bytes()) {
        return Err(Wrong::expected("a mail address like `admin@example.org`"));
    }
    c.mail.to.push(v.string());
    Ok(())
}

/// A letter, digit, `.`, `_` or `-` on both sides of an `@` (config 5.1); the rest may be anything.
pub(super) fn is_mail_address(text: &[u8]) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    text.windows(3).any(|w| matches!(*w, [a, b'@', b] if is_plain(a) && is_plain(b)))
}

fn max_per_hour(c: &mut Global, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    // Wazuh goes up to a million (config 27.2).
    let most = if context.is_strict() { 9_999 } else { 1_000_000 };
    c.mail.max_per_hour = v.number(1..=most)? as u32;
    Ok(())
}

fn smtp_port(c: &mut Global, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    // OSSEC looks at it only once mail is switched on (config 5.1).
    if context.is_strict() && !c.mail.notification {
        return Ok(());
    }
    c.mail.port = Some(v.port()?);
    Ok(())
}

/// Mail that cannot work (config 5.1).
pub(super) fn finish(global: &Global, span: &bartizan_base::Span, context: &mut Context<'_>) {
    let mail = &global.mail;
    if mail.auth && (mail.user.is_none() || mail.password.is_none()) {
        let message = "`auth_smtp` needs both `smtp_user` and `smtp_password`";
        context.fail(super::codes::MISSING, span.clone(), message, "");
    }
    if !mail.notification || context.is_strict() {
        return;
    }
    let missing = [
        ("email_to", mail.to.is_empty()),
        ("email_from", mail.from.is_none()),
        ("smtp_server", mail.server.is_none()),
    ];
    for (name, _) in missing.into_iter().filter(|(_, missing)| *missing) {
        let message = format!("mail is switched on, but `{name}` is missing");
        context.warn(super::codes::INCOMPLETE, span.clone(), message, "no mail can be sent");
    }
}
