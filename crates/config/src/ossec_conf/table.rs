//! One row an option: its name, what it takes, what it is for, and what a value does.
//!
//! ```text
//! Element of a section ─▶ row of its table ─▶ Value (trimmed, told about) ─▶ field of the section's struct
//! ```
//!
//! The reader, the help and the manual are made from these tables, so that an option cannot be read but
//! undocumented, or documented but unread.

use bartizan_base::{Dialect, Flavour, suggest};

use super::codes;
use super::context::{Context, Wrong};
use super::value::Value;
use crate::xml::Element;

/// Whether anything comes of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has its effect.
    Used,
    /// It is read and checked, and nothing follows yet.
    NotYet,
    /// It never had an effect, in OSSEC neither.
    NoEffect,
}

/// Which programs know an option. The number of a version is that of its two digits: 28 is 2.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// OSSEC since this version.
    Since(u8),
    /// OSSEC up to this version; later ones refuse it.
    Until(u8),
    /// Only certain builds of OSSEC; the usual one refuses it.
    SomeBuilds,
    /// Wazuh; OSSEC refuses it.
    Wazuh,
    /// Documented for OSSEC, which refuses it all the same.
    Documented,
    /// Bartizan; OSSEC refuses it.
    Own,
}

impl Origin {
    /// Whether a dialect knows it. Ours knows everything.
    #[must_use]
    pub fn is_known(self, dialect: Dialect) -> bool {
        match (dialect.flavour(), self) {
            (Flavour::Bartizan, _) => true,
            (Flavour::Ossec43, Self::Since(_)) => true,
            (Flavour::Ossec28, Self::Since(version)) => version <= 28,
            (Flavour::Ossec28, Self::Until(version)) => version >= 28,
            _ => false,
        }
    }

    fn reason(self) -> String {
        let dotted = |v: u8| format!("{}.{}", v / 10, v % 10);
        match self {
            Self::Since(version) => format!("OSSEC knows it since {}", dotted(version)),
            Self::Until(version) => format!("OSSEC knew it up to {}", dotted(version)),
            Self::SomeBuilds => "only certain builds of OSSEC know it".to_owned(),
            Self::Wazuh => "it is Wazuh's".to_owned(),
            Self::Documented => "it is documented, but OSSEC refuses it".to_owned(),
            Self::Own => "it is Bartizan's".to_owned(),
        }
    }
}

/// What a value does to the struct of its section.
pub type Set<T> = fn(&mut T, &Value<'_>, &mut Context<'_>) -> Result<(), Wrong>;

/// An option.
pub struct Opt<T: 'static> {
    /// The name of its element.
    pub name: &'static str,
    /// What it takes, for people: `yes or no`.
    pub takes: &'static str,
    /// What it is for, in one line.
    pub help: &'static str,
    /// Attributes it looks at.
    pub attributes: &'static [&'static str],
    /// Whether anything comes of it.
    pub status: Status,
    /// Who knows it.
    pub origin: Origin,
    set: Set<T>,
}

impl<T> Opt<T> {
    /// An option of every version, in use.
    pub const fn new(
        name: &'static str,
        takes: &'static str,
        help: &'static str,
        set: Set<T>,
    ) -> Self {
        let (status, origin) = (Status::Used, Origin::Since(28));
        Self { name, takes, help, attributes: &[], status, origin, set }
    }

    /// Read, but without effect so far.
    #[must_use]
    pub const fn not_yet(mut self) -> Self {
        self.status = Status::NotYet;
        self
    }

    /// Read, and without effect in OSSEC too.
    #[must_use]
    pub const fn no_effect(mut self) -> Self {
        self.status = Status::NoEffect;
        self
    }

    /// Who knows it.
    #[must_use]
    pub const fn origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// Attributes it looks at.
    #[must_use]
    pub const fn attributes(mut self, attributes: &'static [&'static str]) -> Self {
        self.attributes = attributes;
        self
    }

    /// What help and manual show.
    #[must_use]
    pub fn info(&self) -> OptionInfo {
        let Self { name, takes, help, attributes, status, origin, .. } = *self;
        OptionInfo { name, takes, help, attributes, status, origin }
    }
}

/// A row of a table, for help and manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionInfo {
    /// The name of its element.
    pub name: &'static str,
    /// What it takes.
    pub takes: &'static str,
    /// What it is for.
    pub help: &'static str,
    /// Attributes it looks at.
    pub attributes: &'static [&'static str],
    /// Whether anything comes of it.
    pub status: Status,
    /// Who knows it.
    pub origin: Origin,
}

/// Accepts a value without looking at it.
pub(super) fn ignored<T>(_: &mut T, _: &Value<'_>, _: &mut Context<'_>) -> Result<(), Wrong> {
    Ok(())
}

/// How names of options are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    Exact,
    /// As in `<remote>` (config 2).
    AnyCase,
}

/// Reads all options of a section into `target`.
pub(super) fn read_section<T>(
    table: &'static [Opt<T>],
    section: &Element,
    target: &mut T,
    context: &mut Context<'_>,
) {
    read_section_by(Names::Exact, table, section, target, context);
}

pub(super) fn read_section_by<T>(
    names: Names,
    table: &'static [Opt<T>],
    section: &Element,
    target: &mut T,
    context: &mut Context<'_>,
) {
    for element in &section.children {
        let same = |opt: &&Opt<T>| match names {
            Names::Exact => opt.name.as_bytes() == element.name.as_slice(),
            Names::AnyCase => element.is(opt.name),
        };
        match table.iter().find(same) {
            Some(opt) if opt.origin.is_known(context.dialect) => {
                read_option(opt, section, element, target, context);
            }
            found => unknown(table, found, section, element, context),
        }
    }
}

fn read_option<T>(
    opt: &'static Opt<T>,
    section: &Element,
    element: &Element,
    target: &mut T,
    context: &mut Context<'_>,
) {
    context.note_status(section, opt.name, opt.status, element);
    check_attributes(opt.name, opt.attributes, element, context);
    let value = Value::new(element, context);
    if let Err(wrong) = (opt.set)(target, &value, context) {
        context.wrong(&value, wrong);
    }
}

fn check_attributes(
    name: &str,
    known: &'static [&'static str],
    element: &Element,
    context: &mut Context<'_>,
) {
    for attribute in &element.attributes {
        let given = String::from_utf8_lossy(&attribute.name).into_owned();
        if known.iter().any(|k| attribute.name.eq_ignore_ascii_case(k.as_bytes())) {
            continue;
        }
        // OSSEC ignores attributes of options that have none (config 2); those that have some judge for
        // themselves.
        if known.is_empty() {
            let message = format!("`{name}` has no attribute `{given}`; it is ignored");
            context.warn(codes::IGNORED_ATTRIBUTE, attribute.name_span.clone(), message, "");
        }
    }
}

fn unknown<T>(
    table: &'static [Opt<T>],
    found: Option<&'static Opt<T>>,
    section: &Element,
    element: &Element,
    context: &mut Context<'_>,
) {
    let name = String::from_utf8_lossy(&element.name).into_owned();
    let section = String::from_utf8_lossy(&section.name).into_owned();
    let help = match found {
        Some(opt) => format!("{}; this dialect refuses it", opt.origin.reason()),
        None => {
            let known = table.iter().filter(|opt| opt.origin.is_known(context.dialect));
            did_you_mean(&name, known.map(|opt| opt.name)).unwrap_or_default()
        }
    };
    let message = format!("unknown option `{name}` in `<{section}>`");
    context.fail(codes::UNKNOWN_OPTION, element.name_span.clone(), message, &help);
}

/// The advice for a misspelt name. Names that differ in case only are found as well.
pub(super) fn did_you_mean<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    suggest::nearest(wrong, known).map(|near| format!("did you mean `{near}`?"))
}
