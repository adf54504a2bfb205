//! `<client>`: which server an agent talks to (config 12).

use std::net::IpAddr;
use std::time::Duration;

use bartizan_base::Span;

use super::codes;
use super::context::{Context, Wrong};
use super::table::{Opt, Origin, ignored};
use super::value::Value;

/// The `<client>` sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Servers, in the order they are tried. `<server-ip>`, `<server-hostname>`.
    pub servers: Vec<Server>,
    /// Address to send from. `<local_ip>`.
    pub local_ip: Option<IpAddr>,
    /// `<port>`.
    pub port: u16,
    /// Time between signs of life. `<notify_time>`, seconds.
    pub notify_time: Duration,
    /// Silence after which the agent connects anew. `<time-reconnect>`, seconds.
    pub time_reconnect: Duration,
    /// Names of profiles. `<config-profile>`.
    pub profile: String,
    /// The agent never acts. `<disable-active-response>`.
    pub disable_active_response: bool,
    /// `<crypto_method>`.
    pub crypto: Crypto,
    /// Whether a server is named in a way that is not implemented (Wazuh's `<server>`).
    pub other_server: bool,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// By address.
    Address(IpAddr),
    /// By name.
    Name(String),
}

/// Encryption of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Crypto {
    /// AES.
    #[default]
    Aes,
    /// Blowfish.
    Blowfish,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            local_ip: None,
            port: 1514,
            notify_time: Duration::from_secs(600),
            time_reconnect: Duration::from_secs(1800),
            profile: String::new(),
            disable_active_response: false,
            crypto: Crypto::default(),
            other_server: false,
        }
    }
}

/// A row of the table.
type Row = Opt<Client>;

/// Every option of `<client>`.
pub const CLIENT: &[Opt<Client>] = &[
    Row::new("server-ip", "address", "A server; may be repeated", |c, v, _| {
        c.servers.push(Server::Address(v.address()?));
        Ok(())
    }),
    Row::new("server-hostname", "host", "A server; may be repeated", |c, v, context| {
        v.refuse_empty(context)?;
        c.servers.push(Server::Name(v.string()));
        Ok(())
    }),
    Row::new("local_ip", "address", "Address to send from", |c, v, _| {
        c.local_ip = Some(v.address()?);
        Ok(())
    }),
    Row::new("port", "port", "Port of the server, 1514 if not given", |c, v, _| {
        c.port = v.port()?;
        Ok(())
    }),
    Row::new("notify_time", "seconds", "Time between signs of life", |c, v, context| {
        seconds(&mut c.notify_time, v, context)
    }),
    Row::new("time-reconnect", "seconds", "Silence before connecting anew", |c, v, context| {
        seconds(&mut c.time_reconnect, v, context)
    }),
    Row::new("config-profile", "names", "Profiles that agent.conf means", |c, v, _| {
        c.profile = v.string();
        Ok(())
    }),
    Row::new("disable-active-response", "yes or no", "Never act on this agent", |c, v, _| {
        v.yes_no().map(|yes| c.disable_active_response = yes)
    }),
    Row::new("crypto_method", "aes or blowfish", "Encryption of messages", |c, v, _| {
        c.crypto = v.one_of(&[("aes", Crypto::Aes), ("blowfish", Crypto::Blowfish)])?;
        Ok(())
    })
    .origin(Origin::Since(40)),
    Row::new("server", "elements", "A server, in Wazuh's way", |c, _, _| {
        c.other_server = true;
        Ok(())
    })
    .origin(Origin::Wazuh),
    wazuh("force_reconnect_interval", "Connect anew after this time"),
    wazuh("ip_update_interval", "How often addresses are looked up"),
    wazuh("auto_restart", "Restart when the configuration comes anew"),
    wazuh("enrollment", "How the agent gets its key"),
];

const fn wazuh(name: &'static str, help: &'static str) -> Opt<Client> {
    Row::new(name, "anything", help, ignored).origin(Origin::Wazuh)
}

fn seconds(time: &mut Duration, v: &Value<'_>, context: &Context<'_>) -> Result<(), Wrong> {
    *time = Duration::from_secs(v.loose_number(1..=u64::from(u32::MAX), context)?);
    Ok(())
}

pub(super) fn finish(client: &mut Client, span: &Span, context: &mut Context<'_>) {
    if client.servers.is_empty() && !client.other_server {
        let message = "`<client>` names no server";
        let help = "add `<server-ip>192.0.2.1</server-ip>`";
        context.fail(codes::MISSING, span.clone(), message, help);
    }
    // Config 12.
    if client.time_reconnect <= client.notify_time {
        client.time_reconnect = client.notify_time.saturating_mul(3);
    }
}
