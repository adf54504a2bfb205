//! What happens to a listener apart from events.

use std::io;
use std::net::IpAddr;

use crate::counts::Loss;

/// What a listener yields: an event, or something worth telling.
#[derive(Debug)]
pub enum Seen<'a> {
    /// The next event.
    Event(Event<'a>),
    /// A fact about the listener.
    Notice(Notice),
}

/// An event, as it is to be analysed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The text, without priority.
    pub text: &'a [u8],
    /// Facility and severity as the sender wrote them: eight times the one, and the other.
    pub priority: Option<u16>,
    /// It was longer than an event may be, and the rest was dropped.
    pub is_cut: bool,
    /// The stream ended in it.
    pub is_incomplete: bool,
}

/// The type of the message of an event, for analysis (decoding 2.2).
pub const SYSLOG: u8 = b'2';

/// A fact about a listener. What strangers can cause is told once a minute for each of a few of them, with a count.
#[derive(Debug)]
pub enum Notice {
    /// It listens.
    Listening,
    /// It cannot listen. It is tried again.
    NotListening(io::Error),
    /// A sender is not allowed.
    Denied(Repeated),
    /// A connection was closed because it made no sense, by RFC 6587 or by TLS.
    Malformed(Repeated, String),
    /// Connections were closed because there were too many.
    Refused(Repeated),
    /// Events were lost.
    Lost {
        /// How many.
        count: u64,
        /// Why.
        loss: Loss,
    },
    /// The kernel gives less room for datagrams than was asked for.
    SmallBuffer {
        /// Bytes it gives.
        bytes: usize,
    },
    /// The kernel does not tell how many datagrams it drops.
    DropsUnknown,
    /// Events cannot be kept on the disk.
    NoSpool(io::Error),
    /// Events of an earlier run were found on the disk.
    Recovering {
        /// Bytes of them.
        bytes: u64,
    },
}

/// Something that a sender did, several times perhaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// Who; `None` for several others together.
    pub sender: Option<IpAddr>,
    /// How often since it was last told.
    pub count: u64,
}

/// Where events about listeners come from, as rules know it.
pub const OWN_LOCATION: &str = "ossec-remoted";

impl Notice {
    /// The event to be analysed, for the location [`OWN_LOCATION`] (collection 7.2).
    #[must_use]
    pub fn event_text(&self, listener: &str) -> Option<String> {
        match self {
            Self::Lost { count, loss } => {
                Some(format!("ossec: Events lost: {count} from '{listener}' ({loss})."))
            }
            _ => None,
        }
    }

    /// One sentence for the program's own log, without the name of the listener.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Listening => "listening".into(),
            Self::NotListening(error) => format!("cannot listen: {error}; trying again"),
            Self::Denied(who) => format!("message from {} not allowed", who.shown()),
            Self::Malformed(who, why) => format!("connection of {} closed: {why}", who.shown()),
            Self::Refused(who) => {
                format!("connection of {} closed: there are too many", who.shown())
            }
            Self::Lost { count, loss } => format!("{count} events lost: {loss}"),
            Self::SmallBuffer { bytes } => format!(
                "the kernel gives only {bytes} bytes to receive datagrams in; net.core.rmem_max allows more"
            ),
            Self::DropsUnknown => {
                "datagrams that the kernel drops cannot be counted: /proc/net is not readable"
                    .into()
            }
            Self::NoSpool(error) => format!("events cannot be kept on the disk: {error}"),
            Self::Recovering { bytes } => format!("{bytes} bytes of an earlier run are handed on"),
        }
    }
}

impl Repeated {
    fn shown(&self) -> String {
        let sender = self.sender.map_or("others".to_owned(), |sender| format!("'{sender}'"));
        if self.count == 1 { sender } else { format!("{sender} ({} times)", self.count) }
    }
}
