//! A pattern in words, for `bartizan pattern` and for people who wonder why one does not match.
//!
//! Made from the tree that is matched, so it says what the pattern does and not what it was meant to do; the
//! remarks say where the two are most often confused.

mod describe;
mod remarks;
mod translation;

use std::fmt;

use crate::pattern::{Language, Pattern};
use crate::requirement::{Literal, Requirement};

/// What is to be said about one pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The language it is written in.
    pub language: Language,
    /// The pattern; bytes that are not UTF-8 are replaced.
    pub pattern: String,
    /// The same in PCRE2, for the other two languages.
    pub translation: Option<String>,
    /// What it looks for, part by part.
    pub parts: Vec<Part>,
    /// Number of capture groups.
    pub groups: usize,
    /// How it is matched.
    pub method: Method,
    /// What every match contains.
    pub requirement: Requirement,
    /// What may surprise.
    pub remarks: Vec<String>,
}

/// One line of the description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How deep it stands in groups and alternatives, from 0.
    pub depth: usize,
    /// What is looked for here.
    pub words: String,
}

/// How a pattern is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// As one anchored string: the fast path of decoding 4.2.
    PlainText,
    /// As a list of strings.
    Strings,
    /// In linear time.
    Linear,
    /// By trying every way, under a budget of steps.
    Backtracking,
}

impl Pattern {
    /// Explains the pattern.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let tree = self.tree();
        let requirement = self.requirement();
        let is_strings = matches!(&requirement, Requirement::AnyOf(list)
            if !list.is_empty() && list.iter().all(|literal| literal.whole_match));
        let method = if self.is_plain_anchored() {
            Method::PlainText
        } else if self.needs_backtracking() {
            Method::Backtracking
        } else if is_strings {
            Method::Strings
        } else {
            Method::Linear
        };
        Explanation {
            language: self.language(),
            pattern: String::from_utf8_lossy(self.source()).into_owned(),
            translation: translation::of(self.language(), self.source()),
            parts: tree.as_ref().map(describe::parts).unwrap_or_default(),
            groups: self.group_count(),
            method,
            remarks: remarks::of(self, &requirement),
            requirement,
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OsRegex => "OS_Regex",
            Self::OsMatch => "OS_Match",
            Self::Pcre2 => "PCRE2",
        })
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PlainText => "compared as text, without captures",
            Self::Strings => "compared as a list of strings",
            Self::Linear => "in linear time",
            Self::Backtracking => {
                "by backtracking; a search that takes too many steps is counted and does not match"
            }
        })
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:10} {}", self.language, self.pattern)?;
        if let Some(translation) = &self.translation {
            writeln!(f, "in PCRE2   {translation}")?;
        }
        for (index, Part { depth, words }) in self.parts.iter().enumerate() {
            let title = if index == 0 { "looks for" } else { "" };
            writeln!(f, "{title:10} {:indent$}{words}", "", indent = 2 * depth)?;
        }
        writeln!(f, "captures   {}", count(self.groups))?;
        writeln!(f, "contains   {}", required(&self.requirement))?;
        writeln!(f, "matched    {}", self.method)?;
        self.remarks.iter().try_for_each(|remark| writeln!(f, "note       {remark}"))
    }
}

fn count(groups: usize) -> String {
    match groups {
        0 => "nothing".to_owned(),
        1 => "1 group".to_owned(),
        groups => format!("{groups} groups"),
    }
}

/// Literals that are shown of a longer list.
const SHOWN: usize = 8;

fn required(requirement: &Requirement) -> String {
    let Requirement::AnyOf(literals) = requirement else {
        return "nothing in particular".to_owned();
    };
    let mut words: Vec<String> = literals.iter().take(SHOWN).map(literal).collect();
    if literals.len() > SHOWN {
        words.push(format!("one of {} more", literals.len() - SHOWN));
    }
    if words.is_empty() { "nothing: it never matches".to_owned() } else { words.join(", or ") }
}

fn literal(literal: &Literal) -> String {
    let text = describe::quoted(&literal.bytes);
    match (literal.at_start, literal.at_end) {
        (true, true) => format!("exactly {text}"),
        (true, false) => format!("{text} at the start"),
        (false, true) => format!("{text} at the end"),
        (false, false) => text,
    }
}
