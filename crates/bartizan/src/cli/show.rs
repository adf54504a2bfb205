//! Printing.

use std::io::{IsTerminal as _, Write as _};

use bartizan_base::{Diagnostic, Severity};

use crate::cli::Colour;

/// Writes a line to standard error. When that is closed there is nobody to tell.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Colours, decided once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    /// Use escape sequences on standard output.
    pub(crate) stdout: bool,
    /// Use escape sequences on standard error.
    pub(crate) stderr: bool,
}

impl Console {
    pub(crate) fn new(colour: Colour) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let decide = |is_terminal: bool| match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => is_terminal && wanted,
        };
        Self {
            stdout: decide(std::io::stdout().is_terminal()),
            stderr: decide(std::io::stderr().is_terminal()),
        }
    }

    /// A diagnostic as text, its first line coloured where that is wanted.
    pub(crate) fn diagnostic(coloured: bool, diagnostic: &Diagnostic) -> String {
        let text = diagnostic.to_string();
        if !coloured {
            return text;
        }
        let colour = match diagnostic.severity {
            Severity::Error => "\x1b[1;31m",
            Severity::Warning => "\x1b[1;33m",
            Severity::Note => "\x1b[1;36m",
        };
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let split = if rest.is_empty() { "" } else { "\n" };
        format!("{colour}{first}\x1b[0m{split}{rest}")
    }
}

/// Prints diagnostics on standard error, most of a kind first where they are many.
pub(crate) fn diagnostics(list: &[Diagnostic], console: Console) {
    for diagnostic in list {
        complain(&Console::diagnostic(console.stderr, diagnostic));
    }
}
