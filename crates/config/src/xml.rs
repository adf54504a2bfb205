//! The XML dialect (decoding 5): a byte-level reader, not XML.
//!
//! ```text
//! bytes ─▶ scan (comments removed) ─▶ reader (elements) + attributes ─▶ variables ─▶ Document
//! ```
//!
//! Positions of everything are kept. A file that is not well-formed yields the diagnostics and no document.
//! Nothing recurses on what the file holds, and what a crafted file can make it keep is limited.

mod attributes;
mod closing;
mod reader;
mod report;
mod scan;
mod variables;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use bartizan_base::{Diagnostic, Place, Source, Span};

use reader::Reader;
use report::Report;

pub use report::codes;

/// A file that was read.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file.
    pub source: Arc<Source>,
    /// Root elements in order, `var` elements left out once variables are applied.
    pub roots: Vec<Element>,
}

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Name as written.
    pub name: Vec<u8>,
    /// Where the name is.
    pub name_span: Span,
    /// Attributes in order.
    pub attributes: Vec<Attribute>,
    /// The text after the last child, comments removed, variables replaced; not trimmed.
    pub text: Vec<u8>,
    /// Where that text is, from its first to behind its last byte.
    pub text_span: Span,
    /// Child elements in order.
    pub children: Vec<Element>,
    /// The whole element, from `<` of the opening to behind `>` of the closing tag.
    pub span: Span,
}

/// An attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attribute {
    /// Name as written.
    pub name: Vec<u8>,
    /// Where it is.
    pub name_span: Span,
    /// Value without its quotes, variables replaced.
    pub value: Vec<u8>,
    /// Where it is.
    pub value_span: Span,
}

impl Element {
    /// Whether the name equals `name` without regard to ASCII case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The first attribute of that name, without regard to ASCII case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name.eq_ignore_ascii_case(name.as_bytes()))
    }
}

impl Document {
    /// A place in this file.
    #[must_use]
    pub fn place(&self, span: &Span) -> Place {
        Place::new(&self.source, span.clone())
    }
}

/// Which of the dialect's oddities the reader has.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions {
    /// The dialect.
    pub dialect: bartizan_base::Dialect,
    /// Replace `$name` from `<var>` elements (rules and decoders; not `ossec.conf`).
    pub variables: bool,
}

/// Reads a file.
///
/// Every mistake is reported, and the reader goes on behind it as well as it can; a file with a mistake has no
/// document.
pub fn read(
    source: &Arc<Source>,
    options: ReadOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Document> {
    let mut report = Report::new(source, diagnostics);
    let mut roots = Reader::new(source, options, &mut report).read();
    if options.variables && !report.any_error() {
        variables::apply(&mut roots, options.dialect, &mut report);
    }
    let sound = !report.any_error();
    sound.then(|| Document { source: Arc::clone(source), roots })
}
