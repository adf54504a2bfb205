//! What a writer must know of an event and of the rule that fired.

use bartizan_base::dialect::Flavour;
use bartizan_base::{Category, DecoderInfo, Deviation, Dialect, Event, FieldNames};

use crate::date::LocalDate;

/// An event as outputs see it.
#[derive(Clone, Copy, Debug)]
pub struct EventFacts<'a> {
    /// The event.
    pub event: &'a Event,
    /// Its decoder; the null decoder if none matched.
    pub decoder: &'a DecoderInfo,
    /// Names of dynamic fields.
    pub names: &'a FieldNames,
    /// Local date of [`Event::time`].
    pub date: &'a LocalDate,
    /// Whose habits are followed.
    pub dialect: Dialect,
}

impl<'a> EventFacts<'a> {
    /// The host name that stands before `->` in text logs; `None` where the location says it all
    /// (rules 10.1).
    ///
    /// The original prints the location alone when host name and location are one object, as they are for
    /// agents, except that two of its decoders make a copy (deviation `location-twice`). By default the
    /// texts are compared.
    #[must_use]
    pub fn host_in_header(&self) -> Option<&'a [u8]> {
        let hostname = self.event.bytes(self.event.hostname);
        let is_location = if self.dialect.has(Deviation::LocationTwice) {
            let is_copy =
                self.event.kind == b'8' || self.event.decoded.category == Category::OssecAlert;
            self.event.is_from_agent() && !is_copy
        } else if self.dialect.is_2_8() {
            self.event.is_from_agent()
        } else {
            hostname == self.event.bytes(self.event.location)
        };
        (!is_location).then_some(hostname)
    }

    /// Whether bytes come out as they are.
    pub(crate) fn is_raw(&self) -> bool {
        is_raw(self.dialect)
    }

    /// The three things that JSON says of the place: agent or host name, the agent's address, the file
    /// (rules 10.6).
    pub(crate) fn place(&self) -> Place<'a> {
        let location = self.event.bytes(self.event.location);
        let hostname = self.event.bytes(self.event.hostname);
        let after = |text: &'a [u8], mark: &[u8]| {
            let at = memchr::memmem::find(text, mark)?;
            text.get(at + mark.len()..)
        };
        let until = |text: &'a [u8], mark: u8| {
            text.get(..memchr::memchr(mark, text).unwrap_or(text.len())).unwrap_or_default()
        };
        let Some(inside) = location.strip_prefix(b"(") else {
            return Place { name: hostname, address: None, file: location };
        };
        Place {
            name: if inside.contains(&b')') { until(inside, b')') } else { hostname },
            address: after(location, b") ").map(|rest| until(rest, b'-')),
            file: after(location, b">").unwrap_or(location),
        }
    }
}

/// Whether bytes come out as they are: the originals write what they have.
pub(crate) fn is_raw(dialect: Dialect) -> bool {
    dialect.flavour() != Flavour::Bartizan
}

/// Where an event came from, in the words of the JSON outputs.
pub(crate) struct Place<'a> {
    /// `agent_name`
    pub(crate) name: &'a [u8],
    /// `agentip`
    pub(crate) address: Option<&'a [u8]>,
    /// `logfile`
    pub(crate) file: &'a [u8],
}

/// A rule as outputs see it, at the moment it fired.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleFacts<'a> {
    /// Its id.
    pub id: u32,
    /// Severity; 0 is ignored.
    pub level: u16,
    /// Description; text logs show `(null)` where there is none (rules 2.11).
    pub description: Option<&'a [u8]>,
    /// Group text, as written.
    pub group: &'a [u8],
    /// Concatenated `info` texts.
    pub info_text: Option<&'a [u8]>,
    /// Concatenated `cve` texts.
    pub cve: Option<&'a [u8]>,
    /// `frequency` as written, 0 when absent.
    pub frequency: u32,
    /// How often it fired in this hour, this time included (rules 10.6: the value at firing).
    pub fired_times: u32,
    /// The alert carries the mail mark (rules 9.2).
    pub mails: bool,
}

impl<'a> RuleFacts<'a> {
    /// The description as text logs show it.
    pub(crate) fn shown_description(&self) -> &'a [u8] {
        self.description.unwrap_or(b"(null)")
    }
}

/// What an alert is called: `<epoch>.<n>` (rules 10.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AlertId {
    /// Time of the event, seconds.
    pub epoch: i64,
    /// A number that makes it unique.
    pub n: u64,
}

/// An alert.
#[derive(Clone, Copy)]
pub struct Alert<'a> {
    /// The event.
    pub event: EventFacts<'a>,
    /// The rule that fired.
    pub rule: RuleFacts<'a>,
    /// Its id.
    pub id: AlertId,
    /// Context lines by number, from 0: earlier events newest first, or what `check_diff` kept (rules 5.7,
    /// 2.10). A function, so that whoever keeps them need not make a list.
    pub context: &'a dyn Fn(usize) -> Option<&'a [u8]>,
}

impl<'a> Alert<'a> {
    /// The context lines, in order.
    pub fn context_lines(&self) -> impl Iterator<Item = &'a [u8]> {
        (0..).map_while(self.context)
    }
}

impl std::fmt::Debug for Alert<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Alert")
            .field("id", &self.id)
            .field("rule", &self.rule)
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}

/// No context lines.
#[must_use]
pub fn no_context<'a>(_: usize) -> Option<&'a [u8]> {
    None
}
