//! The literals of a ruleset: every alternative of every pattern that prematches of decoders and rules try on the log,
//! or its longest piece of literal text.
//!
//! This is its own small reading of the pattern languages, so that the yardstick does not change when the engine's
//! does. It errs on the short side: what it takes for literal is.

use std::collections::BTreeSet;
use std::sync::Arc;

use bartizan_analysis::RulesetFiles;
use bartizan_base::Source;
use bartizan_config::xml::{self, Element, ReadOptions};

/// Shorter pieces say too little to be searched for.
const SHORTEST: usize = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    OsMatch,
    OsRegex,
    Pcre2,
}

/// The literals of a ruleset, in lower case, each once, sorted.
pub(crate) fn of_ruleset(files: &RulesetFiles) -> Vec<Vec<u8>> {
    let mut literals = BTreeSet::new();
    for element in files.decoders.iter().flat_map(|file| children_below(file, 1)) {
        let language = match element.name.to_ascii_lowercase().as_slice() {
            b"prematch" => Language::OsRegex,
            b"prematch_pcre2" => Language::Pcre2,
            _ => continue,
        };
        literals.extend(of_pattern(&element.text, language));
    }
    for element in files.rules.iter().flat_map(|file| children_below(file, 2)) {
        let language = match element.name.to_ascii_lowercase().as_slice() {
            b"match" => Language::OsMatch,
            b"regex" => Language::OsRegex,
            b"pcre2" | b"match_pcre2" => Language::Pcre2,
            _ => continue,
        };
        literals.extend(of_pattern(&element.text, language));
    }
    literals.into_iter().collect()
}

/// All elements that lie so deep below the roots of a file.
fn children_below(file: &Arc<Source>, depth: usize) -> Vec<Element> {
    let options = ReadOptions { variables: true, ..ReadOptions::default() };
    let mut elements =
        xml::read(file, options, &mut Vec::new()).map_or_else(Vec::new, |document| document.roots);
    for _ in 0..depth {
        elements = elements.into_iter().flat_map(|element| element.children).collect();
    }
    elements
}

/// One literal for each alternative that has one.
fn of_pattern(pattern: &[u8], language: Language) -> Vec<Vec<u8>> {
    let mut pieces = Pieces { longest: Vec::new(), current: Vec::new() };
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut bytes = pattern.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, language) {
            (b'|', _) if depth == 0 => found.extend(pieces.take()),
            (b'^' | b'$', _) => pieces.end(),
            (_, Language::OsMatch) => pieces.push(byte, depth),
            (b'(', _) => {
                depth += 1;
                pieces.end();
            }
            (b')', _) => {
                depth = depth.saturating_sub(1);
                pieces.end();
            }
            (b'\\', _) => match bytes.next() {
                Some(escaped) if is_itself(escaped, language) => pieces.push(escaped, depth),
                _ => pieces.end(),
            },
            (b'[', Language::Pcre2) => {
                pieces.end();
                skip_class(&mut bytes);
            }
            (b'*' | b'?' | b'{', Language::Pcre2) => {
                // What stands before may be missing.
                pieces.current.pop();
                pieces.end();
                if byte == b'{' {
                    bytes.by_ref().find(|&b| b == b'}');
                }
            }
            (b'+' | b'.', Language::Pcre2) => pieces.end(),
            (b'+' | b'*', Language::OsRegex) => pieces.end(),
            _ => pieces.push(byte, depth),
        }
    }
    found.extend(pieces.take());
    found
}

/// Whether a backslash before the byte means the byte.
fn is_itself(byte: u8, language: Language) -> bool {
    !(byte.is_ascii_alphanumeric() || (byte == b'.' && language == Language::OsRegex))
}

fn skip_class(bytes: &mut impl Iterator<Item = u8>) {
    let mut at = 0;
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            // A bracket at the start, also behind `^`, is a member.
            b']' if at > 0 => return,
            b'^' if at == 0 => continue,
            _ => {}
        }
        at += 1;
    }
}

/// The longest run of literal bytes seen so far, and the one that is going on.
struct Pieces {
    longest: Vec<u8>,
    current: Vec<u8>,
}

impl Pieces {
    /// Groups may be optional or have alternatives: nothing inside is taken.
    fn push(&mut self, byte: u8, depth: usize) {
        if depth == 0 {
            self.current.push(byte.to_ascii_lowercase());
        }
    }

    fn end(&mut self) {
        let current = std::mem::take(&mut self.current);
        if current.len() > self.longest.len() {
            self.longest = current;
        }
    }

    fn take(&mut self) -> Option<Vec<u8>> {
        self.end();
        Some(std::mem::take(&mut self.longest)).filter(|piece| piece.len() >= SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, language: Language, expected: &[&str]) {
        let got = of_pattern(pattern.as_bytes(), language);
        let got: Vec<_> = got.iter().map(|piece| String::from_utf8_lossy(piece)).collect();
        assert_eq!(got, expected, "{pattern}");
    }

    #[test]
    fn alternatives_of_plain_text_are_taken_whole() {
        check(
            "^Failed password|error: (x)$",
            Language::OsMatch,
            &["failed password", "error: (x)"],
        );
        check("Failed|a", Language::Pcre2, &["failed"]);
    }

    #[test]
    fn the_longest_piece_stands_for_a_pattern() {
        check(r"user \S+ from \d+ port", Language::OsRegex, &[" from "]);
        check(r"id=\d+ colou?r: [^]x]+ done\.", Language::Pcre2, &[" done."]);
        check(r"ab(cdefg|hijkl)mno", Language::Pcre2, &["mno"]);
        check(r"a{3}bcd{2,}e+fgh", Language::Pcre2, &["fgh"]);
    }

    #[test]
    fn a_dot_is_a_dot_where_it_is_one() {
        check("a.bcd", Language::OsRegex, &["a.bcd"]);
        check(r"a\.bcd", Language::OsRegex, &["bcd"]);
        check(r"a\.bcd", Language::Pcre2, &["a.bcd"]);
        check("a.bcd", Language::Pcre2, &["bcd"]);
    }
}
