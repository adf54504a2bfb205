//! The messages of the XML reader: their codes, and a list that ends.

use std::sync::Arc;

use bartizan_base::{Diagnostic, Place, Severity, Source, Span, limits};

/// Stable codes of the messages about the XML dialect.
pub mod codes {
    /// A comment that does not end.
    pub const COMMENT_NOT_CLOSED: &str = "X0001";
    /// `<?xml` without `?>`.
    pub const DECLARATION_NOT_CLOSED: &str = "X0002";
    /// An element whose closing tag is missing, or another.
    pub const ELEMENT_NOT_CLOSED: &str = "X0003";
    /// A closing tag that closes nothing.
    pub const STRAY_CLOSING_TAG: &str = "X0004";
    /// An attribute without `="…"`.
    pub const ATTRIBUTE_WITHOUT_VALUE: &str = "X0005";
    /// An attribute value without quotes.
    pub const VALUE_NOT_QUOTED: &str = "X0006";
    /// An attribute value whose closing quote is missing.
    pub const VALUE_NOT_CLOSED: &str = "X0007";
    /// Something other than a blank, `>` or `/` behind an attribute value.
    pub const BAD_VALUE_END: &str = "X0008";
    /// An attribute that comes twice.
    pub const ATTRIBUTE_TWICE: &str = "X0009";
    /// A text, name or value that is too long.
    pub const TOO_LONG: &str = "X0010";
    /// The end of the file inside a tag.
    pub const END_IN_TAG: &str = "X0011";
    /// Elements in elements in elements.
    pub const TOO_DEEP: &str = "X0012";
    /// `$name` that no `<var>` defines.
    pub const UNKNOWN_VARIABLE: &str = "X0013";
    /// A variable name that is too long.
    pub const VARIABLE_NAME: &str = "X0014";
    /// A `<var>` whose first attribute is not `name`.
    pub const VARIABLE_ATTRIBUTE: &str = "X0015";
    /// A `<var>` without `name`.
    pub const VARIABLE_WITHOUT_NAME: &str = "X0016";
    /// An attribute called `var`, which OSSEC takes for a variable.
    pub const ATTRIBUTE_VAR: &str = "X0017";
    /// A NUL byte.
    pub const NUL: &str = "X0018";
    /// A tag without a name, or an opening tag without its `>`.
    pub const BAD_TAG: &str = "X0019";
    /// Variables that expand to too much.
    pub const TOO_MUCH_EXPANSION: &str = "X0020";
    /// An XML declaration where none may be.
    pub const MISPLACED_DECLARATION: &str = "X0021";
    /// More elements than any file of this kind has.
    pub const TOO_MANY_ELEMENTS: &str = "X0022";
    /// More attributes than any element has.
    pub const TOO_MANY_ATTRIBUTES: &str = "X0024";
    /// More messages than are shown.
    pub const FURTHER_MESSAGES: &str = "X0023";
    /// A text of two bytes that looks like a variable and is not replaced.
    pub const SHORT_VARIABLE: &str = "X0101";
    /// A variable that is defined again, which has no effect.
    pub const VARIABLE_TWICE: &str = "X0102";
    /// `<!DOCTYPE` or `<![CDATA[`, which are comments here.
    pub const READ_AS_COMMENT: &str = "X0103";
}

/// Where the messages about one file go.
pub(super) struct Report<'a> {
    source: &'a Arc<Source>,
    diagnostics: &'a mut Vec<Diagnostic>,
    said: usize,
    errors: usize,
}

impl<'a> Report<'a> {
    pub(super) fn new(source: &'a Arc<Source>, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Self { source, diagnostics, said: 0, errors: 0 }
    }

    pub(super) fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.say(Severity::Error, code, span, message, "");
    }

    pub(super) fn warning(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: &str,
    ) {
        self.say(Severity::Warning, code, span, message, help);
    }

    pub(super) fn error_help(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: &str,
    ) {
        self.say(Severity::Error, code, span, message, help);
    }

    fn say(
        &mut self,
        severity: Severity,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: &str,
    ) {
        self.errors += usize::from(severity == Severity::Error);
        self.said += 1;
        let place = Place::new(self.source, span);
        if self.said < limits::DIAGNOSTICS_PER_FILE {
            let said = Diagnostic::new(severity, code, Some(place), message);
            self.diagnostics.push(if help.is_empty() { said } else { said.help(help) });
        } else if self.said == limits::DIAGNOSTICS_PER_FILE {
            self.diagnostics.push(Diagnostic::new(
                Severity::Note,
                codes::FURTHER_MESSAGES,
                Some(place),
                "there are further mistakes behind this place, which are not shown",
            ));
        }
    }

    /// Whether nothing more will be shown.
    pub(super) fn is_full(&self) -> bool {
        self.said >= limits::DIAGNOSTICS_PER_FILE
    }

    pub(super) fn any_error(&self) -> bool {
        self.errors > 0
    }

    /// The line a byte is in, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.source.position(offset).line
    }
}

/// A name as a message shows it: short, and what is not UTF-8 replaced.
pub(super) fn shown(name: &[u8]) -> String {
    const SHOWN: usize = 60;
    let text = String::from_utf8_lossy(name);
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.into_owned(),
    }
}
