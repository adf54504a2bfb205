//! Printing.

use std::borrow::Cow;
use std::io::{IsTerminal as _, Write as _};

use bartizan_base::{Diagnostic, Severity};
use tracing::Level;

use crate::cli::{Colour, log};

/// Tells of something that is not as it should be: in the log if one was begun, else on standard error. When that is
/// closed there is nobody to tell. Names in it may be a stranger's: nothing in them controls the terminal.
pub(crate) fn complain(line: &str) {
    say(Level::WARN, line);
}

/// The same for what people may like to know.
pub(crate) fn inform(line: &str) {
    say(Level::INFO, line);
}

/// The same for what ends the program.
pub(crate) fn fail(line: &str) {
    say(Level::ERROR, line);
}

fn say(level: Level, line: &str) {
    if !log::say(level, line) {
        let _ = writeln!(std::io::stderr().lock(), "{}", tame(line));
    }
}

/// Control characters made visible, but for line feeds and tabs.
pub(crate) fn tame(text: &str) -> Cow<'_, str> {
    let is_wild = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains(is_wild) {
        return Cow::Borrowed(text);
    }
    let mut tamed = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_wild(c) { tamed.extend(c.escape_default()) } else { tamed.push(c) }
    }
    Cow::Owned(tamed)
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
        let text = tame(&text).into_owned();
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
        let level = if diagnostic.is_error() { Level::ERROR } else { Level::WARN };
        if !log::say(level, &diagnostic.to_string()) {
            let text = Console::diagnostic(console.stderr, diagnostic);
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
    }
}
