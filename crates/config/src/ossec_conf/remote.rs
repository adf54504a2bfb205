//! `<remote>`: listening for agents and syslog senders (config 11).

use std::net::IpAddr;

use bartizan_base::Place;
use bartizan_pattern::address::AddressList;

use super::codes;
use super::context::{Context, Wrong};
use super::syslog_output::{PROTOCOLS, Protocol};
use super::table::{Opt, Origin, ignored};
use super::value::Value;
use crate::xml::Element;

/// One listener.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remote {
    /// For whom. `<connection>`.
    pub connection: Option<Connection>,
    /// `<port>`, if not the usual one.
    pub port: Option<u16>,
    /// `<protocol>`.
    pub protocols: Vec<Protocol>,
    /// Address it listens on. `<local_ip>`.
    pub local_ip: Option<IpAddr>,
    /// Who may send. `<allowed-ips>`.
    pub allowed: AddressList,
    /// Who may not. `<denied-ips>`.
    pub denied: AddressList,
    /// Which encryption of agents is taken. `<crypto_accept>`.
    pub crypto: CryptoAccept,
    /// The block.
    pub place: Option<Place>,
}

/// For whom a listener is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Agents.
    Secure,
    /// Syslog senders.
    Syslog,
}

/// Which encryption is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CryptoAccept {
    /// Any.
    #[default]
    Any,
    /// Blowfish only.
    Blowfish,
    /// AES only.
    Aes,
    /// Both.
    Both,
}

impl Remote {
    /// The port: 1514 for agents, 514 for syslog.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.connection {
            Some(Connection::Syslog) => 514,
            _ => 1514,
        })
    }
}

/// A row of the table.
type Row = Opt<Remote>;

/// Every option of `<remote>`; names are compared in any case, but for the two lists (config 2).
pub const REMOTE: &[Opt<Remote>] = &[
    Row::new("connection", "secure or syslog", "For whom this listener is", |c, v, _| {
        let words = [("secure", Connection::Secure), ("syslog", Connection::Syslog)];
        c.connection = Some(v.one_of(&words)?);
        Ok(())
    }),
    Row::new("port", "port", "1514 for agents, 514 for syslog", |c, v, _| {
        c.port = Some(v.port()?);
        Ok(())
    }),
    Row::new("protocol", "udp or tcp", "How messages travel", protocol),
    Row::new("ipv6", "yes or no", "Listen for IPv6 too, which is always done", ipv6).no_effect(),
    Row::new("local_ip", "address", "Address to listen on", |c, v, _| {
        c.local_ip = Some(v.address()?);
        Ok(())
    }),
    Row::new(
        "allowed-ips",
        "address or network",
        "Who may send; may be repeated",
        |c, v, context| add(&mut c.allowed, v, context),
    ),
    Row::new(
        "denied-ips",
        "address or network",
        "Who may not send; may be repeated",
        |c, v, context| add(&mut c.denied, v, context),
    ),
    Row::new("deny-ips", "address or network", "As in the manual: denied-ips", |c, v, context| {
        add(&mut c.denied, v, context)
    })
    .origin(Origin::Documented),
    Row::new(
        "crypto_accept",
        "blowfish, aes, both or any",
        "Which encryption is taken",
        |c, v, _| {
            c.crypto = v.one_of(&[
                ("any", CryptoAccept::Any),
                ("both", CryptoAccept::Both),
                ("aes", CryptoAccept::Aes),
                ("blowfish", CryptoAccept::Blowfish),
            ])?;
            Ok(())
        },
    )
    .origin(Origin::Since(40)),
    wazuh("queue_size", "Length of the queue"),
    wazuh("rids_closing_time", "When counters of agents are closed"),
    wazuh("connection_overtake_time", "When another connection takes over"),
    wazuh("agents", "Which agents are taken"),
];

const fn wazuh(name: &'static str, help: &'static str) -> Opt<Remote> {
    Row::new(name, "anything", help, ignored).origin(Origin::Wazuh)
}

fn protocol(c: &mut Remote, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    if context.is_strict() {
        c.protocols = vec![v.one_of(&PROTOCOLS)?];
        return Ok(());
    }
    // Wazuh has lists (config 27.2).
    let mut protocols = Vec::new();
    for word in v.string().split(',').map(str::trim) {
        match PROTOCOLS.iter().find(|(name, _)| *name == word) {
            Some((_, protocol)) => protocols.push(*protocol),
            None => return v.one_of(&PROTOCOLS).map(drop),
        }
    }
    c.protocols = protocols;
    Ok(())
}

fn ipv6(_: &mut Remote, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    if context.is_strict() { Ok(()) } else { v.yes_no().map(drop) }
}

fn add(list: &mut AddressList, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    let Err(error) = list.add(v.bytes(), context.dialect) else { return Ok(()) };
    if context.is_strict() {
        // Short forms like `1.2.3` pass there (config 11).
        let message = format!("{error}; OSSEC accepts it");
        context.warn(codes::NO_EFFECT_HERE, v.span(), message, "write the whole address");
        return Ok(());
    }
    Err(Wrong::expected("an address or a network like `192.0.2.0/24`"))
}

pub(super) fn finish(block: &Remote, section: &Element, context: &mut Context<'_>) {
    match block.connection {
        None => context.needs(section, "connection", "it is `secure` or `syslog`"),
        // In 4.3 this ends the listener for agents as well (config 11, T2).
        Some(Connection::Syslog) if block.allowed.is_empty() => {
            let message = "nobody may send to this listener: `allowed-ips` is missing";
            let help =
                "it is not opened; add `<allowed-ips>192.0.2.0/24</allowed-ips>`, or remove it";
            context.warn(codes::INCOMPLETE, section.name_span.clone(), message, help);
        }
        Some(_) => {}
    }
}
