//! A message that points at the characters it is about.
//!
//! Reading a file never stops at the first mistake that leaves the rest readable: readers return what they
//! could read together with a list of diagnostics, and the caller decides whether an error is fatal.
//! Each kind of message has a stable code, so that editors and scripts can tell them apart.

use std::fmt;
use std::path::Path;

use crate::source::{Place, Position};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The configuration cannot be used; `bartizan check` exits 1.
    Error,
    /// It can be used, but probably means something else than its author thinks.
    Warning,
    /// Worth knowing.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// One message about one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Stable code: a letter for the kind of file (`X` XML, `C` ossec.conf, `I` internal options,
    /// `D` decoders, `R` rules, `P` patterns, `L` lists) and four digits.
    pub code: &'static str,
    /// What is wrong, in lower case, without a full stop, naming the value and what was expected.
    pub message: String,
    /// Where; absent when it is about no particular place.
    pub place: Option<Place>,
    /// What to do about it, if we know.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at `place`.
    pub fn error(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, Some(place), message)
    }

    /// A warning at `place`.
    pub fn warning(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, Some(place), message)
    }

    /// A diagnostic of any severity, with or without a place.
    pub fn new(
        severity: Severity,
        code: &'static str,
        place: Option<Place>,
        message: impl Into<String>,
    ) -> Self {
        Self { severity, code, message: message.into(), place, help: None }
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds "did you mean" for the nearest of `known`, if one is near enough.
    #[must_use]
    pub fn suggest<'a>(self, wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match crate::suggest::nearest(wrong, known) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// Whether it is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Whether one of them is an error.
#[must_use]
pub fn any_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}

/// Sorts by file and position, so that the same files always give the same output. Messages without a place
/// come last.
pub fn sort(diagnostics: &mut [Diagnostic]) {
    fn place(diagnostic: &Diagnostic) -> Option<(&Path, usize)> {
        diagnostic.place.as_ref().map(|p| (p.source.path.as_path(), p.span.start))
    }
    diagnostics.sort_by(|a, b| {
        let (a_place, b_place) = (place(a), place(b));
        a_place
            .is_none()
            .cmp(&b_place.is_none())
            .then_with(|| a_place.cmp(&b_place))
            .then_with(|| a.severity.cmp(&b.severity))
            .then_with(|| a.code.cmp(b.code))
            .then_with(|| a.message.cmp(&b.message))
    });
}

/// Prints as `path:line:column: error[code]: message`, then the line with carets under the text meant.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, code, message, place, help } = self;
        match place {
            None => write!(f, "{severity}[{code}]: {}", printable(message))?,
            Some(place) => {
                let at = place.position();
                writeln!(
                    f,
                    "{}:{}:{}: {severity}[{code}]: {}",
                    printable_line(&place.source.path.to_string_lossy()),
                    at.line,
                    at.column,
                    printable(message)
                )?;
                write_quote(f, place, at)?;
            }
        }
        match help {
            Some(help) => write!(f, "\n      = help: {}", printable(help)),
            None => Ok(()),
        }
    }
}

/// Longest part of a line that is quoted, in characters.
const QUOTED: usize = 160;
/// Longest character, in bytes.
const CHARACTER: usize = 4;

fn write_quote(f: &mut fmt::Formatter<'_>, place: &Place, at: Position) -> fmt::Result {
    // A long line (a generated file) is shown from a little before the place, and never looked at as a whole.
    let kept = if at.column > QUOTED / 2 { QUOTED / 4 } else { at.column - 1 };
    let text = &place.source.text;
    let (before, after) = text.split_at(place.span.start.min(text.len()));
    let before = before.get(before.len().saturating_sub(QUOTED * CHARACTER)..).unwrap_or(before);
    let before = before.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
    let after = after.get(..QUOTED * CHARACTER).unwrap_or(after);
    let after = after.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let before = String::from_utf8_lossy(before);
    let lead = before.chars().skip(before.chars().count().saturating_sub(kept));
    let after = String::from_utf8_lossy(after);
    let after = after.trim_end_matches('\r');
    let shown: String = lead.chain(after.chars()).take(QUOTED).map(printable_char).collect();
    writeln!(f, "{:>5} | {shown}", at.line)?;
    let spanned = text.get(place.span.clone()).unwrap_or_default();
    let spanned = spanned.get(..QUOTED * CHARACTER).unwrap_or(spanned);
    let first_line = spanned.split(|&b| b == b'\n').next().unwrap_or_default();
    let width = String::from_utf8_lossy(first_line).chars().count();
    let room = shown.chars().count().saturating_sub(kept).max(1);
    write!(f, "      | {:kept$}{}", "", "^".repeat(width.clamp(1, room)))
}

/// Control characters must not reach a terminal raw; a tab is one column wide here.
fn printable_char(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

fn printable(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { c } else { printable_char(c) }).collect()
}

/// The same for what must keep to its line: a path.
fn printable_line(text: &str) -> String {
    text.chars().map(printable_char).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::Source;

    #[test]
    fn points_at_the_attribute_value() {
        let text = "<group name=\"syslog,sshd,\">\n  <rule id=\"5701\" level=\"eight\">\n";
        let source = Source::new("rules/sshd_rules.xml", text);
        let at = text.find("eight").unwrap();
        let d = Diagnostic::error(
            "R0003",
            Place::new(&source, at..at + 5),
            "level must be a number from 0 to 16",
        )
        .help("8 is \"first time seen\"");
        assert_eq!(
            d.to_string(),
            "rules/sshd_rules.xml:2:26: error[R0003]: level must be a number from 0 to 16\n\
             \x20   2 |   <rule id=\"5701\" level=\"eight\">\n\
             \x20     |                          ^^^^^\n\
             \x20     = help: 8 is \"first time seen\""
        );
    }

    #[test]
    fn a_place_far_to_the_right_is_still_shown() {
        let mut text = "x".repeat(5000);
        text.push_str("WRONG");
        let source = Source::new("f", text);
        let d = Diagnostic::error("X0001", Place::new(&source, 5000..5005), "no");
        let shown = d.to_string();
        assert!(shown.contains("f:1:5001: error"), "{shown}");
        assert!(shown.contains("WRONG"), "{shown}");
        assert!(shown.lines().all(|line| line.len() < 200), "{shown}");
    }

    #[test]
    fn characters_of_several_bytes_are_one_column_wide() {
        let mut text = "é€".repeat(300);
        let start = text.len();
        text.push_str("WRONG é\r\nnext");
        let source = Source::new("f", text.as_str());
        let d = Diagnostic::error("X0001", Place::new(&source, start..start + 5), "no");
        let shown = d.to_string();
        assert!(shown.starts_with("f:1:601: error"), "{shown}");
        let lines: Vec<&str> = shown.lines().skip(1).collect();
        let column = |line: &str, of: char| line.chars().position(|c| c == of);
        assert_eq!(column(lines[0], 'W'), column(lines[1], '^'), "{shown}");
        assert!(lines[0].ends_with("WRONG é") && lines[1].ends_with(" ^^^^^"), "{shown}");
    }

    #[test]
    fn sorting_is_by_file_and_position() {
        let (a, b) = (Source::new("a", "xyz"), Source::new("b", "xyz"));
        let at = |s: &Arc<Source>, n: usize| Diagnostic::error("X0001", Place::new(s, n..n), "m");
        let nowhere = Diagnostic::new(Severity::Error, "X0001", None, "m");
        let mut list = vec![nowhere.clone(), at(&b, 0), at(&a, 2), at(&a, 1)];
        sort(&mut list);
        assert_eq!(list, [at(&a, 1), at(&a, 2), at(&b, 0), nowhere]);
    }

    #[test]
    fn control_characters_of_a_file_do_not_reach_the_terminal() {
        let source = Source::new("f\x1b[31m\n\u{9b}", "a\x1b[31mb");
        let d = Diagnostic::error("X0001", Place::new(&source, 0..1), "bad \x07 thing");
        let shown = d.to_string();
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'));
        assert_eq!(shown.lines().count(), 3, "{shown}");
    }
}
