//! What the readers of sections share: the file, the dialect, and where messages go.

use std::collections::BTreeMap;

use bartizan_base::{Diagnostic, Dialect, Flavour, Place, Severity, Span, limits, suggest};

use super::codes;
use super::table::Status;
use super::value::Value;
use crate::xml::{Document, Element};

/// Reading one file.
pub struct Context<'a> {
    pub(super) document: &'a Document,
    /// The dialect.
    pub dialect: Dialect,
    diagnostics: &'a mut Vec<Diagnostic>,
    said: usize,
    has_error: bool,
    /// Options that were met and have no effect, by section and name.
    without_effect: BTreeMap<(String, &'static str), Met>,
    /// The section that is read has no effect as a whole.
    section_not_yet: bool,
}

struct Met {
    status: Status,
    span: Span,
    times: usize,
    whole_section: bool,
}

/// Why a value is refused.
#[derive(Debug)]
pub struct Wrong {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) help: String,
    pub(super) span: Option<Span>,
}

impl Wrong {
    /// The value is not what was expected.
    pub(super) fn expected(what: impl Into<String>) -> Self {
        let message = format!("expected {}", what.into());
        Self { code: codes::INVALID_VALUE, message, help: String::new(), span: None }
    }

    /// The same with advice.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

impl<'a> Context<'a> {
    pub(super) fn new(
        document: &'a Document,
        dialect: Dialect,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Self {
            document,
            dialect,
            diagnostics,
            said: 0,
            has_error: false,
            without_effect: BTreeMap::new(),
            section_not_yet: false,
        }
    }

    /// Whether what OSSEC refuses is refused, and what it accepts accepted: in its dialects.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.dialect.flavour() != Flavour::Bartizan
    }

    pub(super) fn place(&self, span: &Span) -> Place {
        self.document.place(span)
    }

    pub(super) fn fail(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: &str,
    ) {
        self.say(Severity::Error, code, span, message.into(), help);
    }

    pub(super) fn warn(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: &str,
    ) {
        self.say(Severity::Warning, code, span, message.into(), help);
    }

    fn say(
        &mut self,
        severity: Severity,
        code: &'static str,
        span: Span,
        message: String,
        help: &str,
    ) {
        self.said += 1;
        // However many warnings there are, an error among them must be known.
        let is_first_error = severity == Severity::Error && !self.has_error;
        self.has_error |= is_first_error;
        if self.said > limits::DIAGNOSTICS_PER_FILE && !is_first_error {
            return;
        }
        let said = Diagnostic::new(severity, code, Some(self.document.place(&span)), message);
        self.diagnostics.push(if help.is_empty() { said } else { said.help(help) });
    }

    /// Whether a section has an option, be it with a wrong value or a misspelt name: that was told already.
    pub(super) fn has(section: &Element, option: &str) -> bool {
        section.children.iter().any(|child| {
            let name = String::from_utf8_lossy(&child.name);
            suggest::nearest(&name, [option]).is_some()
        })
    }

    /// Refuses a section without an option that it needs.
    pub(super) fn needs(&mut self, section: &Element, option: &str, help: &str) {
        if !Self::has(section, option) {
            let name = String::from_utf8_lossy(&section.name).into_owned();
            let message = format!("`<{name}>` needs `{option}`");
            self.fail(codes::MISSING, section.name_span.clone(), message, help);
        }
    }

    pub(super) fn wrong(&mut self, value: &Value<'_>, wrong: Wrong) {
        let name = String::from_utf8_lossy(&value.element.name).into_owned();
        let message = format!("invalid value for `{name}`: {}", wrong.message);
        let span = wrong.span.unwrap_or_else(|| value.span());
        self.fail(wrong.code, span, message, &wrong.help);
    }

    /// Begins a section; `status` is its own.
    pub(super) fn enter(&mut self, status: Status) {
        self.section_not_yet = status != Status::Used;
    }

    pub(super) fn note_status(
        &mut self,
        section: &Element,
        option: &'static str,
        status: Status,
        element: &Element,
    ) {
        let whole_section = self.section_not_yet;
        if status == Status::Used && !whole_section {
            return;
        }
        let span =
            if whole_section { section.name_span.clone() } else { element.name_span.clone() };
        let section = String::from_utf8_lossy(&section.name).into_owned();
        self.without_effect
            .entry((section, option))
            .and_modify(|met| met.times += 1)
            .or_insert(Met { status, span, times: 1, whole_section });
    }

    /// Notes a value, not a whole option, that has no effect yet: `named`, inside `inside`.
    pub(super) fn value_not_yet(&mut self, value: &Value<'_>, inside: &str, named: &'static str) {
        if self.section_not_yet {
            return;
        }
        let met =
            Met { status: Status::NotYet, span: value.span(), times: 1, whole_section: false };
        self.without_effect
            .entry((inside.to_owned(), named))
            .and_modify(|met| met.times += 1)
            .or_insert(met);
    }

    /// One warning for each option, or each section, that has no effect.
    pub(super) fn finish(mut self) {
        let met = std::mem::take(&mut self.without_effect);
        let mut sections: BTreeMap<String, (Span, Vec<String>)> = BTreeMap::new();
        for ((section, option), met) in met {
            let times =
                if met.times > 1 { format!(" ({} times)", met.times) } else { String::new() };
            if met.whole_section {
                let (span, options) =
                    sections.entry(section).or_insert((met.span.clone(), Vec::new()));
                if met.span.start < span.start {
                    *span = met.span;
                }
                options.push(format!("{option}{times}"));
                continue;
            }
            let (code, why) = match met.status {
                Status::NoEffect => (codes::NO_EFFECT, "has no effect, in OSSEC neither"),
                _ => (codes::NOT_YET, "is accepted, but not implemented yet"),
            };
            let message = format!("`{option}` in `<{section}>`{times} {why}");
            self.warn(code, met.span, message, "");
        }
        for (section, (span, options)) in sections {
            let options = options.join(", ");
            let message =
                format!("section `<{section}>` is accepted, but not implemented yet: {options}");
            self.warn(codes::NOT_YET, span, message, "");
        }
        let left_out = self.said.saturating_sub(limits::DIAGNOSTICS_PER_FILE);
        if left_out > 0 {
            let place = Some(self.document.place(&(0..0)));
            let message = format!("{left_out} more messages about this file are not shown");
            let note = Diagnostic::new(Severity::Note, codes::MORE_MESSAGES, place, message);
            self.diagnostics.push(note);
        }
    }
}
