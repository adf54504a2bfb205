//! Collecting messages, with a limit for each file.

use std::sync::Arc;

use bartizan_base::limits::DIAGNOSTICS_PER_FILE;
use bartizan_base::{Diagnostic, Place, Severity, Source, Span};

use super::codes;

/// Where messages go while files are read.
pub(super) struct Report<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
    source: Option<Arc<Source>>,
    in_file: usize,
    /// Whether an error was reported.
    pub(super) has_errors: bool,
}

impl<'a> Report<'a> {
    pub(super) fn new(diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Self { diagnostics, source: None, in_file: 0, has_errors: false }
    }

    /// Messages from here on are about `source`.
    pub(super) fn begin_file(&mut self, source: &Arc<Source>) {
        self.end_file();
        self.source = Some(Arc::clone(source));
    }

    /// Says how many messages about the last file were left out.
    pub(super) fn end_file(&mut self) {
        let left_out = self.in_file.saturating_sub(DIAGNOSTICS_PER_FILE);
        self.in_file = 0;
        if let (Some(source), 1..) = (self.source.take(), left_out) {
            let place = Some(Place::new(&source, 0..0));
            let message = format!("{left_out} more messages about this file are not shown");
            let note = Diagnostic::new(Severity::Note, codes::MORE_MESSAGES, place, message);
            self.diagnostics.push(note);
        }
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        self.has_errors |= diagnostic.is_error();
        self.in_file += 1;
        if self.in_file <= DIAGNOSTICS_PER_FILE {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Whether further messages about this file are only counted: advice for them would be wasted work.
    pub(super) fn is_full(&self) -> bool {
        self.in_file >= DIAGNOSTICS_PER_FILE
    }

    /// A place in the file that is being read.
    pub(super) fn place(&self, span: &Span) -> Option<Place> {
        self.source.as_ref().map(|source| Place::new(source, span.clone()))
    }

    pub(super) fn error(&mut self, code: &'static str, span: &Span, message: impl Into<String>) {
        let diagnostic = self.new_error(code, span, message);
        self.push(diagnostic);
    }

    pub(super) fn warning(&mut self, code: &'static str, span: &Span, message: impl Into<String>) {
        self.push(Diagnostic::new(Severity::Warning, code, self.place(span), message));
    }

    /// An error that still wants advice before it is pushed.
    pub(super) fn new_error(
        &self,
        code: &'static str,
        span: &Span,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, self.place(span), message)
    }
}

/// Text of a file for a message.
pub(super) fn shown(text: &[u8]) -> String {
    const LONGEST: usize = 80;
    let text = String::from_utf8_lossy(text);
    if text.chars().count() <= LONGEST {
        return text.replace(['\n', '\r'], " ");
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("{}…", start.replace(['\n', '\r'], " "))
}
