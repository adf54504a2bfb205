//! The attributes of `<rule>` (rules 2.1): one table of names, digits and what they set.

use bartizan_base::{Deviation, Dialect};
use bartizan_config::xml::{Attribute, Element};

use super::codes;
use super::report::{Report, shown};

/// An attribute of a rule.
#[derive(Debug)]
pub struct AttributeKind {
    /// Its name, compared without regard to case.
    pub name: &'static str,
    /// What it sets, in one line.
    pub help: &'static str,
    value: Value,
}

#[derive(Debug)]
enum Value {
    /// A number of at most so many digits.
    Number(usize, fn(&mut Attributes, u32)),
    /// `yes` or `no`.
    Overwrite,
    /// Any value turns it on.
    NoAlert,
}

/// Every attribute of `<rule>`.
#[rustfmt::skip]
pub const ATTRIBUTES: &[AttributeKind] = &[
    AttributeKind { name: "id", help: "Number of the rule; required", value: Value::Number(6, |a, n| a.id = Some(n)) },
    AttributeKind { name: "level", help: "Severity, 0 (ignore) to 16; required", value: Value::Number(4, |a, n| a.level = Some(n)) },
    AttributeKind { name: "maxsize", help: "Smallest size of the log, bytes", value: Value::Number(4, |a, n| a.min_size = n) },
    AttributeKind { name: "frequency", help: "Fires on event number frequency + 2", value: Value::Number(4, |a, n| a.frequency = n) },
    AttributeKind { name: "timeframe", help: "How old counted events may be, seconds", value: Value::Number(5, |a, n| a.timeframe = Some(n)) },
    AttributeKind { name: "ignore", help: "Silence after it fired, seconds", value: Value::Number(6, |a, n| a.ignore_seconds = n) },
    AttributeKind { name: "accuracy", help: "0: tried last among its siblings", value: Value::Number(4, |a, n| a.accuracy_zero = n == 0) },
    AttributeKind { name: "noalert", help: "Any value: never the rule that fires", value: Value::NoAlert },
    AttributeKind { name: "overwrite", help: "yes: replaces the rule of this id", value: Value::Overwrite },
];

/// Highest level with a meaning (rules 9.1).
const HIGHEST_LEVEL: u32 = 16;

/// What the attributes of a rule say.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes {
    pub(super) id: Option<u32>,
    pub(super) level: Option<u32>,
    pub(super) min_size: u32,
    pub(super) frequency: u32,
    pub(super) timeframe: Option<u32>,
    pub(super) ignore_seconds: u32,
    pub(super) noalert: bool,
    pub(super) overwrite: bool,
    pub(super) accuracy_zero: bool,
}

impl Attributes {
    pub(super) fn read(rule: &Element, dialect: Dialect, report: &mut Report<'_>) -> Self {
        let mut attributes = Self::default();
        for attribute in &rule.attributes {
            attributes.read_one(attribute, dialect, report);
        }
        for (name, read) in [("id", attributes.id), ("level", attributes.level)] {
            let is_given = rule.attribute(name).is_some_and(|a| !a.value.is_empty());
            if read.is_none() && !is_given {
                let message = format!("a rule needs the attribute {name}=\"…\"");
                report.error(codes::MISSING_ATTRIBUTE, &rule.name_span, message);
            }
        }
        attributes
    }

    fn read_one(&mut self, attribute: &Attribute, dialect: Dialect, report: &mut Report<'_>) {
        let named =
            |kind: &&AttributeKind| attribute.name.eq_ignore_ascii_case(kind.name.as_bytes());
        let Some(kind) = ATTRIBUTES.iter().find(named) else {
            let name = shown(&attribute.name);
            let message = format!("unknown attribute `{name}` of a rule");
            let error = report.new_error(codes::UNKNOWN_ATTRIBUTE, &attribute.name_span, message);
            report.push(error.suggest(&name, ATTRIBUTES.iter().map(|kind| kind.name)));
            return;
        };
        match kind.value {
            Value::Number(digits, set) => {
                if let Some(number) = number(kind.name, digits, attribute, dialect, report) {
                    set(self, number);
                }
            }
            Value::Overwrite => self.read_overwrite(attribute, report),
            Value::NoAlert => {
                self.noalert = true;
                if matches!(attribute.value.as_slice(), b"" | b"0" | b"no") {
                    let message = "any value of noalert turns it on, this one too; \
                                   leave the attribute out for a rule that alerts";
                    report.warning(codes::NOALERT_VALUE, &attribute.value_span, message);
                }
            }
        }
        if kind.name == "level" && self.level > Some(HIGHEST_LEVEL) {
            let message = "levels above 16 have no meaning";
            report.warning(codes::LEVEL_ABOVE_16, &attribute.value_span, message);
        }
    }

    fn read_overwrite(&mut self, attribute: &Attribute, report: &mut Report<'_>) {
        match attribute.value.as_slice() {
            b"yes" => self.overwrite = true,
            b"no" => self.overwrite = false,
            other => {
                let message = format!("overwrite must be `yes` or `no`, not `{}`", shown(other));
                report.error(codes::OVERWRITE_VALUE, &attribute.value_span, message);
            }
        }
    }
}

/// A number; `None` for a mistake, which is reported, and for the empty text, which is "not given"
/// (rules 2.1).
fn number(
    name: &str,
    digits: usize,
    attribute: &Attribute,
    dialect: Dialect,
    report: &mut Report<'_>,
) -> Option<u32> {
    let value = attribute.value.as_slice();
    if value.is_empty() {
        return None;
    }
    if !value.iter().all(u8::is_ascii_digit) {
        let message = format!("{name} must be a number of digits only, not `{}`", shown(value));
        report.error(codes::NOT_A_NUMBER, &attribute.value_span, message);
        return None;
    }
    let read = value.get(..digits.min(value.len())).unwrap_or(value);
    if read.len() < value.len() {
        if !dialect.has(Deviation::LaxLoading) {
            let message = format!("{name} has at most {digits} digits");
            report.error(codes::TOO_MANY_DIGITS, &attribute.value_span, message);
            return None;
        }
        let message = format!("only the first {digits} digits of {name} are read");
        report.warning(codes::TOO_MANY_DIGITS, &attribute.value_span, message);
    }
    parse_digits(read)
}

/// The number that `digits` write; `None` when it does not fit or there is another byte.
pub(super) fn parse_digits(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, &byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}
