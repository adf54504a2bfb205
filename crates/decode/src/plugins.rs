//! Decoders made of code, for logs that patterns cannot read (decoding 9.5).
//!
//! A plugin gets the event after its decoder was chosen; all but that for JSON ignore offsets, and add nothing to the
//! list of assignments: the tester prints none of their fields. A type that a plugin sets holds for this event.

pub mod json;
mod ossec_alert;
mod pf;
mod sonicwall;
mod symantec;

use bartizan_base::{Deviation, Dialect, Event, FieldNames, StaticField, Text};

use crate::evaluate::DecodeScratch;
use crate::set::Offset;

/// The plugins that `<plugin_decoder>` may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// OpenBSD pf.
    Pf,
    /// Symantec Web Security.
    SymantecWs,
    /// SonicWall firewalls.
    SonicWall,
    /// Alerts of other OSSEC servers, received by syslog.
    OssecAlert,
    /// Logs that are an object of JSON.
    Json,
}

impl Kind {
    /// The names, exact.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("PF_Decoder", Self::Pf),
        ("SymantecWS_Decoder", Self::SymantecWs),
        ("SonicWall_Decoder", Self::SonicWall),
        ("OSSECAlert_Decoder", Self::OssecAlert),
        ("JSON_Decoder", Self::Json),
    ];

    /// The names that a dialect has: OSSEC reads no JSON (deviation `strict-loading`).
    pub fn known(dialect: Dialect) -> impl Iterator<Item = (&'static str, Self)> {
        let is_strict = dialect.has(Deviation::StrictLoading);
        Self::NAMES.into_iter().filter(move |&(_, kind)| !is_strict || kind != Self::Json)
    }

    /// The plugin of that name.
    #[must_use]
    pub fn parse(name: &[u8], dialect: Dialect) -> Option<Self> {
        Self::known(dialect).find(|(known, _)| known.as_bytes() == name).map(|(_, kind)| kind)
    }
}

/// A plugin, ready to run.
#[derive(Debug)]
pub enum Plugin {
    /// [`Kind::Pf`]
    Pf,
    /// [`Kind::SymantecWs`]
    SymantecWs,
    /// [`Kind::SonicWall`]
    SonicWall(Box<sonicwall::SonicWall>),
    /// [`Kind::OssecAlert`]
    OssecAlert,
    /// [`Kind::Json`]
    Json(json::Options),
}

/// What plugins need to know of the rest of the world.
#[derive(Clone, Copy)]
pub struct PluginContext<'a> {
    /// Whether a rule of that id is loaded.
    pub is_rule: &'a dyn Fn(u32) -> bool,
}

impl Default for PluginContext<'_> {
    /// No rule is loaded.
    fn default() -> Self {
        Self { is_rule: &|_| false }
    }
}

impl std::fmt::Debug for PluginContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginContext").finish_non_exhaustive()
    }
}

impl Plugin {
    /// Prepares a plugin.
    pub(crate) fn new(kind: Kind, options: json::Options) -> Self {
        match kind {
            Kind::Pf => Self::Pf,
            Kind::SymantecWs => Self::SymantecWs,
            Kind::SonicWall => Self::SonicWall(Box::default()),
            Kind::OssecAlert => Self::OssecAlert,
            Kind::Json => Self::Json(options),
        }
    }

    /// The fields it may set.
    #[must_use]
    pub fn fields(&self) -> &'static [StaticField] {
        match self {
            Self::Pf => &pf::FIELDS,
            Self::SymantecWs => &symantec::FIELDS,
            Self::SonicWall(_) => &sonicwall::FIELDS,
            Self::OssecAlert => &ossec_alert::FIELDS,
            Self::Json(_) => &json::FIELDS,
        }
    }

    /// Where in the log it begins.
    #[must_use]
    pub fn offset(&self) -> Offset {
        match self {
            Self::Json(options) => options.offset,
            _ => Offset::Start,
        }
    }

    /// Runs it, from `from` in the log on if it has an offset.
    pub(crate) fn run(
        &self,
        (dialect, names): (Dialect, &FieldNames),
        from: usize,
        event: &mut Event,
        scratch: &mut DecodeScratch,
        context: &PluginContext<'_>,
    ) {
        match self {
            Self::Json(options) => json::decode(options, from, event, names, &mut scratch.json),
            Self::Pf => pf::decode(event, dialect),
            Self::SymantecWs => symantec::decode(event),
            Self::SonicWall(plugin) => plugin.decode(event, &mut scratch.captures),
            Self::OssecAlert => ossec_alert::decode(event, dialect, context),
        }
    }
}

/// Sets a field to a part of the log.
fn set(event: &mut Event, field: StaticField, from: usize, to: usize) {
    let value: Text = event.log.slice(from, to);
    event.decoded.set(field, value);
}

#[cfg(test)]
mod tests;
