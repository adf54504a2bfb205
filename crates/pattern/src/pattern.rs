//! One type for the three pattern languages.
//!
//! ```text
//! source ─▶ Plain (anchored literal text)
//!        └▶ Tree ─▶ Search over folded bytes, or raw ones where case counts
//!                │     └─ budget used up ─▶ meta::Regex over the same bytes, if the pattern is regular
//!                └▶ meta::Regex over characters       OS_Regex and OS_Match on subjects outside ASCII
//! ```

use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bartizan_base::Subject;
use bartizan_base::limits::PATTERN_BYTES;
use regex_automata::Input;
use regex_automata::meta::Regex;
use regex_automata::util::primitives::NonMaxUsize;

use crate::captures::Captures;
use crate::character::Rewritten;
use crate::error::PatternError;
use crate::node::{Anchor, Node, Tree};
use crate::plain::Plain;
use crate::prefix::PrefixSets;
use crate::program::{self, Outcome, Search};
use crate::regular::{self, Regularity, Text};
use crate::requirement::Requirement;
use crate::{first, os_match, os_regex, pcre2};

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
    General(Box<General>),
}

/// The engines of a pattern that is more than anchored text.
#[derive(Debug)]
struct General {
    /// Whether the pattern sees characters, or else bytes.
    characters: bool,
    /// Which bytes are searched.
    text: Text,
    search: Search,
    regularity: Regularity,
    /// `$` occurs, which may stand before a final line feed.
    has_soft_end: bool,
    /// Built when the budget of `search` was used up for the first time.
    regex: OnceLock<Option<Regex>>,
    /// Built for the first subject outside ASCII.
    unicode: OnceLock<Option<Regex>>,
    exceeded: AtomicU64,
}

impl General {
    fn new(tree: &Tree) -> Self {
        let (mut is_caseless, mut has_soft_end) = (true, false);
        tree.node.walk(&mut |node| match node {
            Node::Set(set) => is_caseless &= set.is_closed(),
            Node::Reference { caseless, .. } => is_caseless &= caseless,
            Node::Anchor(Anchor::SoftEnd) => has_soft_end = true,
            _ => {}
        });
        let text = if is_caseless { Text::Folded } else { Text::Raw };
        Self {
            characters: tree.characters,
            text,
            search: Search::new(tree, text),
            regularity: Regularity::of(tree),
            has_soft_end,
            regex: OnceLock::new(),
            unicode: OnceLock::new(),
            exceeded: AtomicU64::new(0),
        }
    }

    /// How far the regular engine can stand in on this text.
    fn regularity(&self, text: &[u8]) -> Regularity {
        let inner = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
        if self.has_soft_end && memchr::memchr(b'\n', inner).is_some() {
            self.regularity.min(Regularity::Nearly)
        } else {
            self.regularity
        }
    }
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
            && (language == Language::Pcre2 || source.len() <= PATTERN_BYTES)
        {
            (0, Engine::Plain(plain))
        } else {
            let tree = parse(language, source, options)?;
            (tree.groups, Engine::General(Box::new(General::new(&tree))))
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

    /// Whether it needs backtracking (look-around, back-references, atomic groups, conditions), so that a
    /// hostile subject could use up the budget of a search and be taken for one that does not match.
    #[must_use]
    pub fn needs_backtracking(&self) -> bool {
        matches!(&self.engine, Engine::General(general) if general.regularity == Regularity::Not)
    }

    /// How many searches used up their budget and were answered "no match", or by an engine that may
    /// differ in details, since the pattern was compiled. Always 0 for all but a few patterns.
    #[must_use]
    pub fn budget_exceeded(&self) -> u64 {
        match &self.engine {
            Engine::Plain(_) => 0,
            Engine::General(general) => general.exceeded.load(Relaxed),
        }
    }

    /// Whether it sees characters, or else bytes: OS_Regex and OS_Match beyond plain anchored text. What
    /// [`Pattern::requirement`] and the others claim holds for it with the exception told there.
    #[must_use]
    pub fn sees_characters(&self) -> bool {
        matches!(&self.engine, Engine::General(general) if general.characters)
    }

    /// What every match contains. Worked out anew at each call.
    #[must_use]
    pub fn requirement(&self) -> Requirement {
        match &self.engine {
            Engine::Plain(plain) => Requirement::of_plain(plain),
            Engine::General(general) => self.tree().map_or(Requirement::Always, |tree| {
                Requirement::of(&tree, general.text == Text::Folded)
            }),
        }
    }

    /// All subjects that match, folded, if the pattern is a list of complete strings: `^529$|^530$`. A final
    /// `$` of PCRE2 gives each string twice, once with a line feed behind it.
    #[must_use]
    pub fn complete_strings(&self) -> Option<Vec<Vec<u8>>> {
        self.requirement().complete_strings()
    }

    /// Which bytes can stand at the first positions, if every match starts at offset 0.
    #[must_use]
    pub fn prefix_sets(&self) -> Option<PrefixSets> {
        match &self.engine {
            Engine::Plain(plain) => plain.start.then(|| PrefixSets::of_literal(&plain.literal)),
            Engine::General(general) if general.search.is_anchored() => {
                self.tree().map(|tree| PrefixSets::of(&tree.node, tree.characters))
            }
            Engine::General(_) => None,
        }
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

    fn search(&self, subject: Subject<'_>, mut captures: Option<&mut Captures>) -> Option<usize> {
        let general = match &self.engine {
            Engine::Plain(plain) => return plain.find_end(subject.folded()),
            Engine::General(general) => general,
        };
        captures = captures.filter(|_| self.groups > 0);
        if general.characters && !subject.raw().is_ascii() {
            return self.search_characters(general, subject.raw(), captures);
        }
        let text = if general.text == Text::Raw { subject.raw() } else { subject.folded() };
        let regularity = general.regularity(text);
        let mut budget = match regularity {
            Regularity::Exact => 256 + 2 * text.len() as u64,
            Regularity::Nearly | Regularity::Not => 250_000 + 32 * text.len() as u64,
        };
        let outcome = SCRATCH.with_borrow_mut(|scratch| {
            let scratch = &mut scratch.program;
            let Some(captures) = &mut captures else {
                return general.search.find::<false>(text, scratch, &mut budget);
            };
            let outcome = general.search.find::<true>(text, scratch, &mut budget);
            if let Outcome::Match(_) = outcome {
                for (from, to) in general.search.captured(scratch) {
                    captures.push(from, to);
                }
            }
            outcome
        });
        match outcome {
            Outcome::Match(end) => return Some(end),
            Outcome::NoMatch => return None,
            Outcome::Exceeded => {}
        }
        if regularity != Regularity::Exact {
            general.exceeded.fetch_add(1, Relaxed);
        }
        if regularity == Regularity::Not {
            return None;
        }
        let regex = general.regex.get_or_init(|| self.build(general.text)).as_ref()?;
        run(regex, text, |offset| offset, captures)
    }

    /// Searches a subject outside ASCII for a pattern over characters (decoding 4.6).
    fn search_characters(
        &self,
        general: &General,
        raw: &[u8],
        captures: Option<&mut Captures>,
    ) -> Option<usize> {
        if self.options.utf8_check && std::str::from_utf8(raw).is_err() {
            return None;
        }
        let regex = general.unicode.get_or_init(|| self.build(Text::Characters)).as_ref()?;
        SCRATCH.with_borrow_mut(|scratch| {
            let rewritten = &mut scratch.rewritten;
            rewritten.set(raw);
            run(regex, rewritten.text(), |offset| rewritten.original(offset), captures)
        })
    }

    fn build(&self, text: Text) -> Option<Regex> {
        regular::build(&self.tree()?, text)
    }

    /// The tree, parsed again: it is needed rarely and not kept.
    fn tree(&self) -> Option<Tree> {
        parse(self.language, &self.source, self.options).ok()
    }
}

/// Items of a pattern with its repetitions written out. More would take megabytes.
const ITEMS: usize = 50_000;

fn parse(language: Language, source: &[u8], options: Options) -> Result<Tree, PatternError> {
    let mut tree = match language {
        Language::OsRegex => os_regex::parse(source, options.utf8_check)?,
        Language::OsMatch => os_match::parse(source, options.utf8_check)?,
        Language::Pcre2 => pcre2::parse(source)?,
    };
    if tree.node.size() > ITEMS {
        let message =
            "the pattern is too large with its repetitions written out: use smaller numbers";
        return Err(PatternError::syntax(0..source.len(), message));
    }
    first::relax(&mut tree);
    if tree.characters && Regularity::of(&tree) == Regularity::Not {
        let message =
            "look-around, back-references and atomic groups are not supported with `(*UTF)`";
        return Err(PatternError::syntax(0..source.len(), message));
    }
    Ok(tree)
}

#[derive(Default)]
struct Scratch {
    program: program::Scratch,
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
