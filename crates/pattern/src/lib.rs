//! Deciding whether text matches.
//!
//! ```text
//! text of a pattern + Language ─▶ Pattern            OS_Regex, OS_Match (sregex), PCRE2: one type
//! Pattern + Subject            ─▶ yes/no, end offset, captures
//! word match, address lists, CDB lists: the smaller languages of rule conditions
//! ```
//!
//! Flows in: patterns from decoder and rule files, subjects from events. Flows out: answers. Time is linear
//! in the subject; what truly needs backtracking runs under a step budget. This crate must never do I/O
//! (lists are handed in as bytes), never panic on any pattern or subject, and never allocate while matching
//! once warm.

pub mod address;
pub mod cdb;
mod sregex;
mod translate;
pub mod word;

use bartizan_base::Subject;
use regex_automata::meta::Regex;
use regex_automata::{Input, util::syntax};

/// In which language a pattern is written (decoding 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// `regex`, `prematch`: OSSEC's own expressions.
    OsRegex,
    /// `match`, `program_name`, `id`, …: literal text, `^`, `$`, `|`.
    OsMatch,
    /// The `pcre2` elements: bytes, caseless.
    Pcre2,
}

/// How patterns are compiled; from the dialect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// One byte of the subject that is not UTF-8 makes translated OS_Regex and OS_Match patterns fail:
    /// deviation `utf8-check` (decoding 4.6).
    pub utf8_check: bool,
}

/// Why a pattern does not compile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// OSSEC's code (decoding 4.2): 2 no pattern, 3 too long, 6 syntax, 10 empty PCRE2.
    pub code: u8,
    /// What is wrong, and what to do.
    pub message: String,
    /// Bytes of the pattern that are meant.
    pub span: std::ops::Range<usize>,
}

/// Captures of one match: the groups that took part, in order; others are left out and later ones move up
/// (decoding 4.1).
#[derive(Clone, Debug)]
pub struct Captures {
    len: usize,
    spans: [(u32, u32); bartizan_base::limits::CAPTURES],
}

impl Default for Captures {
    fn default() -> Self {
        Self { len: 0, spans: [(0, 0); bartizan_base::limits::CAPTURES] }
    }
}

impl Captures {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Adds one; beyond the limit it is dropped.
    pub fn push(&mut self, start: usize, end: usize) {
        if let Some(slot) = self.spans.get_mut(self.len) {
            *slot = (start as u32, end as u32);
            self.len += 1;
        }
    }

    /// The captured ranges, as offsets in the subject handed to the search.
    pub fn iter(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        self.spans.iter().take(self.len).map(|&(s, e)| s as usize..e as usize)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    language: Language,
    source: Box<[u8]>,
    options: Options,
    regex: Regex,
}

impl Pattern {
    /// Compiles `source`.
    ///
    /// # Errors
    ///
    /// [`PatternError`] with OSSEC's code when the pattern is not of the language.
    pub fn compile(
        language: Language,
        source: &[u8],
        options: Options,
    ) -> Result<Self, PatternError> {
        let text = match language {
            Language::OsRegex => translate::os_regex(source)?,
            Language::OsMatch => sregex::translate(source)?,
            Language::Pcre2 if source.is_empty() => {
                return Err(error(10, "the pattern is empty", source));
            }
            Language::Pcre2 => String::from_utf8_lossy(source).into_owned(),
        };
        let config = syntax::Config::new().unicode(false).utf8(false).case_insensitive(true);
        let regex = Regex::builder()
            .syntax(config)
            .build(&text)
            .map_err(|e| error(6, format!("syntax error: {e}"), source))?;
        Ok(Self { language, source: source.into(), options, regex })
    }

    /// The language it is written in.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn source(&self) -> &[u8] {
        &self.source
    }

    /// How it was compiled.
    #[must_use]
    pub fn options(&self) -> Options {
        self.options
    }

    /// Number of capture groups.
    #[must_use]
    pub fn group_count(&self) -> usize {
        self.regex.group_info().group_len(regex_automata::PatternID::ZERO).saturating_sub(1)
    }

    /// Whether it is compared as an anchored string without ever having a capture array: the fast path
    /// of decoding 4.2. OSSEC 4.3 refuses such a decoder `<regex>` (code 1451).
    #[must_use]
    pub fn is_plain_anchored(&self) -> bool {
        false
    }

    /// Whether the subject matches.
    #[must_use]
    pub fn is_match(&self, subject: Subject<'_>) -> bool {
        self.regex.is_match(subject.raw())
    }

    /// The end of the leftmost match: the byte after it, where `after_*` offsets continue.
    #[must_use]
    pub fn find_end(&self, subject: Subject<'_>) -> Option<usize> {
        self.regex.find(subject.raw()).map(|m| m.end())
    }

    /// The end of the leftmost match, and its captures in `captures`, which is cleared first.
    pub fn captures(&self, subject: Subject<'_>, captures: &mut Captures) -> Option<usize> {
        captures.clear();
        let mut all = self.regex.create_captures();
        self.regex.search_captures(&Input::new(subject.raw()), &mut all);
        let whole = all.get_match()?;
        for group in all.iter().skip(1).flatten() {
            captures.push(group.start, group.end);
        }
        Some(whole.end())
    }
}

fn error(code: u8, message: impl Into<String>, source: &[u8]) -> PatternError {
    PatternError { code, message: message.into(), span: 0..source.len() }
}
