//! `<remote>`: listening for agents and syslog senders (config 11).

use std::net::IpAddr;
use std::path::PathBuf;

use bartizan_base::{Place, Span};

use super::codes;
use super::context::{Context, Wrong};
use super::senders::SenderList;
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
    /// `<protocol>`; none is UDP.
    pub protocols: Vec<Transport>,
    /// Address it listens on. `<local_ip>`.
    pub local_ip: Option<IpAddr>,
    /// Who may send. `<allowed-ips>`; the lists of all blocks count together.
    pub allowed: SenderList,
    /// Who may not. `<denied-ips>`; the lists of all blocks count together.
    pub denied: SenderList,
    /// What this machine shows senders that use TLS. `<certificate>`.
    pub certificate: Option<NamedFile>,
    /// Its private key. `<key>`.
    pub key: Option<NamedFile>,
    /// Who signs the certificates that senders have to show. `<client_ca>`.
    pub client_ca: Option<NamedFile>,
    /// Whether messages of RFC 5424 are left as they are. `<rfc5424>`.
    pub keeps_rfc5424: bool,
    /// Which encryption of agents is taken. `<crypto_accept>`.
    pub crypto: CryptoAccept,
    /// The block.
    pub place: Option<Place>,
}

/// A file, as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// Absolute, or below the home of the installation.
    pub path: PathBuf,
    /// Where it is named.
    pub place: Place,
}

/// How messages travel to a listener.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Datagrams.
    #[default]
    Udp,
    /// A stream.
    Tcp,
    /// A stream by TLS (RFC 5425).
    Tls,
}

/// Words of `<protocol>`; the last one is ours.
const TRANSPORTS: [(&str, Transport); 3] =
    [("udp", Transport::Udp), ("tcp", Transport::Tcp), ("tls", Transport::Tls)];

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
    /// The port: 1514 for agents, 514 for syslog, 6514 for syslog by TLS.
    #[must_use]
    pub fn port(&self, transport: Transport) -> u16 {
        self.port.unwrap_or(match (self.connection, transport) {
            (Some(Connection::Syslog), Transport::Tls) => 6514,
            (Some(Connection::Syslog), _) => 514,
            _ => 1514,
        })
    }

    /// How messages travel, without repetitions.
    pub fn transports(&self) -> impl Iterator<Item = Transport> + '_ {
        let is_given = |transport: &Transport| match self.protocols.as_slice() {
            [] => *transport == Transport::Udp,
            given => given.contains(transport),
        };
        TRANSPORTS.iter().map(|(_, transport)| *transport).filter(is_given)
    }
}

/// A row of the table.
type Row = Opt<Remote>;

/// Every option of `<remote>`; names are compared in any case, but for the two lists (config 2).
pub const REMOTE: &[Opt<Remote>] = &[
    Row::new("connection", "secure or syslog", "For whom this listener is", |c, v, context| {
        let words = [("secure", Connection::Secure), ("syslog", Connection::Syslog)];
        let connection = v.one_of(&words)?;
        if connection == Connection::Secure {
            context.value_not_yet(v, "remote", "connection secure");
        }
        c.connection = Some(connection);
        Ok(())
    }),
    Row::new(
        "port",
        "port",
        "1514 for agents, 514 for syslog, 6514 for syslog by TLS",
        |c, v, _| {
            c.port = Some(v.port()?);
            Ok(())
        },
    ),
    Row::new("protocol", "udp, tcp or tls", "How messages travel", protocol),
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
    .not_yet()
    .origin(Origin::Since(40)),
    own(
        "certificate",
        "path",
        "What this machine shows senders that use TLS (PEM)",
        |c, v, context| {
            c.certificate = Some(named_file(v, context)?);
            Ok(())
        },
    ),
    own("key", "path", "The private key of the certificate (PEM)", |c, v, context| {
        c.key = Some(named_file(v, context)?);
        Ok(())
    }),
    own(
        "client_ca",
        "path",
        "Who signs the certificates senders must show (PEM)",
        |c, v, context| {
            c.client_ca = Some(named_file(v, context)?);
            Ok(())
        },
    ),
    own("rfc5424", "convert or keep", "What becomes of messages of RFC 5424", |c, v, _| {
        c.keeps_rfc5424 = v.one_of(&[("convert", false), ("keep", true)])?;
        Ok(())
    }),
    wazuh("queue_size", "Length of the queue"),
    wazuh("rids_closing_time", "When counters of agents are closed"),
    wazuh("connection_overtake_time", "When another connection takes over"),
    wazuh("agents", "Which agents are taken"),
];

const fn wazuh(name: &'static str, help: &'static str) -> Opt<Remote> {
    Row::new(name, "anything", help, ignored).origin(Origin::Wazuh)
}

/// Ours alone; the dialects of OSSEC refuse it.
const fn own(
    name: &'static str,
    takes: &'static str,
    help: &'static str,
    set: super::table::Set<Remote>,
) -> Opt<Remote> {
    Row::new(name, takes, help, set).origin(Origin::Own)
}

fn named_file(v: &Value<'_>, context: &Context<'_>) -> Result<NamedFile, Wrong> {
    v.refuse_empty(context)?;
    Ok(NamedFile { path: v.path(), place: context.place(&v.span()) })
}

fn protocol(c: &mut Remote, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    if context.is_strict() {
        let [udp, tcp, _] = TRANSPORTS;
        c.protocols = vec![v.one_of(&[udp, tcp])?];
        return Ok(());
    }
    // Wazuh has lists (config 27.2).
    let mut protocols = Vec::new();
    for word in v.string().split(',').map(str::trim) {
        match TRANSPORTS.iter().find(|(name, _)| *name == word) {
            Some((_, protocol)) => protocols.push(*protocol),
            None => return v.one_of(&TRANSPORTS).map(drop),
        }
    }
    c.protocols = protocols;
    Ok(())
}

fn ipv6(_: &mut Remote, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    if context.is_strict() { Ok(()) } else { v.yes_no().map(drop) }
}

/// Adds an entry. It means the same in every dialect: what OSSEC makes of a wrong one opens the listener.
fn add(list: &mut SenderList, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    if let Err(error) = list.add(v.bytes()) {
        if context.is_strict() {
            let message = "OSSEC may take this entry for something else; it is left out";
            context.warn(codes::NO_EFFECT_HERE, v.span(), message, error);
            return Ok(());
        }
        return Err(Wrong::expected("an address or a network like `192.0.2.0/24`").help(error));
    }
    if list.ends_with_whole_family() {
        let message = "this is every address of one family; OSSEC takes both";
        context.warn(codes::WIDER_IN_OSSEC, v.span(), message, "write `any` for both");
    }
    Ok(())
}

pub(super) fn finish(block: &Remote, section: &Element, context: &mut Context<'_>) {
    if block.connection.is_none() {
        context.needs(section, "connection", "it is `secure` or `syslog`");
    }
    let uses_tls = block.transports().any(|transport| transport == Transport::Tls);
    if uses_tls && block.connection != Some(Connection::Syslog) {
        let message = "only syslog travels by `tls`";
        context.fail(codes::CONTRADICTION, section.name_span.clone(), message, "");
        return;
    }
    for (option, is_given) in
        [("certificate", block.certificate.is_some()), ("key", block.key.is_some())]
    {
        if uses_tls && !is_given {
            context.needs(section, option, "`tls` cannot do without it");
        }
    }
    if !uses_tls
        && (block.certificate.is_some() || block.key.is_some() || block.client_ca.is_some())
    {
        let message = "certificates have no effect here";
        let help = "add `<protocol>tls</protocol>`";
        context.warn(codes::NO_EFFECT_HERE, section.name_span.clone(), message, help);
    }
}

/// Who may send to the listeners for syslog, and who may not: the lists of all blocks together (config 11).
#[must_use]
pub fn senders(blocks: &[Remote]) -> (SenderList, SenderList) {
    let (mut allowed, mut denied) = (SenderList::default(), SenderList::default());
    for block in blocks {
        allowed.append(&block.allowed);
        denied.append(&block.denied);
    }
    (allowed, denied)
}

/// Checks what concerns the blocks together.
pub(super) fn finish_all(blocks: &[Remote], at: &Span, context: &mut Context<'_>) {
    let listeners = || blocks.iter().filter(|b| b.connection == Some(Connection::Syslog));
    let Some(first) = listeners().next() else { return };
    let span_of =
        |block: &Remote| block.place.as_ref().map_or(at.clone(), |place| place.span.clone());
    let (allowed, denied) = senders(blocks);
    if allowed.is_empty() {
        // In 4.3 this ends the listener for agents as well (config 11, T2).
        for block in listeners() {
            let message = "nobody may send to this listener: `allowed-ips` is missing";
            let help =
                "it is not opened; add `<allowed-ips>192.0.2.0/24</allowed-ips>`, or remove it";
            context.warn(codes::INCOMPLETE, span_of(block), message, help);
        }
    }
    for (list, name, help) in [
        (&allowed, "allowed-ips", "nobody could send; add `any` behind them if that is meant"),
        (&denied, "denied-ips", "nobody would be denied; add `any` behind them if that is meant"),
    ] {
        if list.only_excludes() {
            let message = format!("`{name}` has nothing but exclusions");
            if context.is_strict() {
                context.warn(codes::WIDER_IN_OSSEC, span_of(first), message, help);
            } else {
                context.fail(codes::CONTRADICTION, span_of(first), message, help);
            }
        } else if list.ends_with_exclusion() {
            let message = format!("the last entry of `{name}` is an exclusion");
            let help = "for OSSEC, everybody else is in the list then; here nobody is";
            context.warn(codes::WIDER_IN_OSSEC, span_of(first), message, help);
        }
    }
}
