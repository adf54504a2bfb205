//! One type for the three pattern languages.
//!
//! ```text
//! source ─▶ Plain (anchored literal text)
//!        └▶ Tree ─▶ meta::Regex over folded bytes     subjects in ASCII; always for PCRE2 elements
//!                └▶ meta::Regex over characters       other subjects of OS_Regex and OS_Match
//! ```

use std::cell::RefCell;
use std::sync::OnceLock;

use bartizan_base::Subject;
use regex_automata::meta::Regex;
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Input, util::syntax};

use crate::captures::Captures;
use crate::character::Rewritten;
use crate::error::PatternError;
use crate::node::Tree;
use crate::plain::Plain;
use crate::regular::{self, Text};
use crate::{os_match, os_regex};

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
    /// One byte of the subject that is not UTF-8 makes translated OS_Regex and OS_Match patterns fail, and
    /// such patterns themselves must be UTF-8: deviation `utf8-check` (decoding 4.6).
    pub utf8_check: bool,
}

/// A compiled pattern. Matching takes `&self`; one pattern may serve many threads.
#[derive(Debug)]
pub struct Pattern {
    language: Language,
    source: Box<[u8]>,
    options: Options,
    groups: u32,
    engine: Engine,
}

#[derive(Debug)]
enum Engine {
    Plain(Plain),
    Regular(Box<Regular>),
}

#[derive(Debug)]
struct Regular {
    /// Whether the pattern sees characters, or else bytes.
    characters: bool,
    folded: OnceLock<Option<Regex>>,
    unicode: OnceLock<Option<Regex>>,
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
        if language == Language::OsMatch {
            os_match::check_length(source)?;
        }
        let (groups, engine) = if let Some(plain) = Plain::of(language, source)
            && source.len() <= bartizan_base::limits::PATTERN_BYTES
        {
            (0, Engine::Plain(plain))
        } else if language == Language::Pcre2 {
            let regex = interim_pcre2(source)?;
            let groups = regex.group_info().group_len(regex_automata::PatternID::ZERO) - 1;
            let folded = OnceLock::from(Some(regex));
            let regular = Regular { characters: false, folded, unicode: OnceLock::new() };
            (groups as u32, Engine::Regular(Box::new(regular)))
        } else {
            let tree = parse(language, source, options)?;
            let regular = Regular {
                characters: tree.characters,
                folded: OnceLock::new(),
                unicode: OnceLock::new(),
            };
            (tree.groups, Engine::Regular(Box::new(regular)))
        };
        Ok(Self { language, source: source.into(), options, groups, engine })
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
        self.groups as usize
    }

    /// Whether it is compared as an anchored string without ever having a capture array: the fast path
    /// of decoding 4.2. OSSEC 4.3 refuses such a decoder `<regex>` (code 1451).
    #[must_use]
    pub fn is_plain_anchored(&self) -> bool {
        matches!(self.engine, Engine::Plain(_))
    }

    /// Whether the subject matches.
    #[must_use]
    pub fn is_match(&self, subject: Subject<'_>) -> bool {
        self.find_end(subject).is_some()
    }

    /// The end of the leftmost match: the byte after it, where `after_*` offsets continue.
    #[must_use]
    pub fn find_end(&self, subject: Subject<'_>) -> Option<usize> {
        self.search(subject, None)
    }

    /// The end of the leftmost match, and its captures in `captures`, which is cleared first.
    pub fn captures(&self, subject: Subject<'_>, captures: &mut Captures) -> Option<usize> {
        captures.clear();
        self.search(subject, Some(captures))
    }

    fn search(&self, subject: Subject<'_>, captures: Option<&mut Captures>) -> Option<usize> {
        let regular = match &self.engine {
            Engine::Plain(plain) => return plain.find_end(subject.folded()),
            Engine::Regular(regular) => regular,
        };
        let captures = captures.filter(|_| self.groups > 0);
        if !regular.characters || subject.raw().is_ascii() {
            let regex = regular.folded.get_or_init(|| self.build(Text::Folded)).as_ref()?;
            return run(regex, subject.folded(), |offset| offset, captures);
        }
        if self.options.utf8_check && std::str::from_utf8(subject.raw()).is_err() {
            return None;
        }
        let regex = regular.unicode.get_or_init(|| self.build(Text::Characters)).as_ref()?;
        SCRATCH.with_borrow_mut(|scratch| {
            let Scratch { rewritten, .. } = scratch;
            rewritten.set(subject.raw());
            run(regex, rewritten.text(), |offset| rewritten.original(offset), captures)
        })
    }

    /// Builds an engine from the source, which has been parsed before; its tree was not kept.
    fn build(&self, text: Text) -> Option<Regex> {
        let tree = parse(self.language, &self.source, self.options).ok()?;
        regular::build(&tree, text).ok()
    }
}

fn parse(language: Language, source: &[u8], options: Options) -> Result<Tree, PatternError> {
    match language {
        Language::OsRegex => os_regex::parse(source, options.utf8_check),
        Language::OsMatch | Language::Pcre2 => os_match::parse(source, options.utf8_check),
    }
}

/// PCRE2 syntax read by the regex crate, where it differs little.
fn interim_pcre2(source: &[u8]) -> Result<Regex, PatternError> {
    if source.is_empty() {
        let message = "the pattern is empty".to_owned();
        return Err(PatternError { code: PatternError::EMPTY, message, span: 0..0 });
    }
    let text = String::from_utf8_lossy(source);
    let config = syntax::Config::new().unicode(false).utf8(false).case_insensitive(true);
    Regex::builder()
        .syntax(config)
        .build(&text)
        .map_err(|e| PatternError::syntax(0..source.len(), format!("syntax error: {e}")))
}

#[derive(Default)]
struct Scratch {
    rewritten: Rewritten,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Slots for the whole match and as many groups as a match keeps.
const SLOTS: usize = 2 * (bartizan_base::limits::CAPTURES + 1);

fn run(
    regex: &Regex,
    text: &[u8],
    original: impl Fn(usize) -> usize,
    captures: Option<&mut Captures>,
) -> Option<usize> {
    let input = Input::new(text);
    let Some(captures) = captures else {
        return regex.search_half(&input).map(|half| original(half.offset()));
    };
    let mut few = [None; SLOTS];
    let mut many = Vec::new();
    let wanted = regex.group_info().slot_len();
    let slots = match few.get_mut(..wanted) {
        Some(slots) => slots,
        None => {
            many.resize(wanted, None);
            many.as_mut_slice()
        }
    };
    regex.search_slots(&input, slots)?;
    let offset = |slot: &Option<NonMaxUsize>| slot.map(|at| original(at.get()));
    let mut end = None;
    for (group, slot) in slots.chunks_exact(2).enumerate() {
        let [from, to] = slot else { continue };
        if let (Some(from), Some(to)) = (offset(from), offset(to)) {
            if group == 0 { end = Some(to) } else { captures.push(from, to) }
        }
    }
    end
}
