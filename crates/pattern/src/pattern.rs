//! One type for the three pattern languages.

use bartizan_base::Subject;
use bartizan_base::limits::PATTERN_BYTES;

use crate::captures::Captures;
use crate::engine::Engine;
use crate::error::PatternError;
use crate::node::Tree;
use crate::plain::Plain;
use crate::prefix::PrefixSets;
use crate::regular::Regularity;
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
///
/// # Examples
///
/// ```
/// use bartizan_base::text::OwnedSubject;
/// use bartizan_pattern::{Captures, Language, Options, Pattern};
///
/// let pattern = Pattern::compile(Language::OsRegex, br"user (\S+) from (\S+)", Options::default())?;
/// let line = OwnedSubject::new(b"Failed password for user bob from 192.0.2.7 port 22");
/// let mut captures = Captures::default();
/// assert_eq!(pattern.captures(line.subject(), &mut captures), Some(43));
/// let texts: Vec<_> = captures.iter().map(|range| &line.subject().raw()[range]).collect();
/// assert_eq!(texts, [&b"bob"[..], b"192.0.2.7"]);
/// # Ok::<(), bartizan_pattern::PatternError>(())
/// ```
#[derive(Debug)]
pub struct Pattern {
    language: Language,
    source: Box<[u8]>,
    options: Options,
    groups: u32,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Plain(Plain),
    General(Box<Engine>),
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
        let (groups, kind) = if let Some(plain) = Plain::of(language, source)
            && (language == Language::Pcre2 || source.len() <= PATTERN_BYTES)
        {
            (0, Kind::Plain(plain))
        } else {
            let tree = parse(language, source, options)?;
            let engine = Engine::new(&tree, options.utf8_check);
            (tree.groups, Kind::General(Box::new(engine)))
        };
        Ok(Self { language, source: source.into(), options, groups, kind })
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
        matches!(self.kind, Kind::Plain(_))
    }

    /// Whether it needs backtracking (look-around, back-references, atomic groups, conditions), so that a
    /// hostile subject could use up the budget of a search and be taken for one that does not match.
    #[must_use]
    pub fn needs_backtracking(&self) -> bool {
        matches!(&self.kind, Kind::General(engine) if engine.regularity() == Regularity::Not)
    }

    /// How many searches used up their budget and were answered "no match", or by an engine that may
    /// differ in details, since the pattern was compiled. Always 0 for all but a few patterns.
    #[must_use]
    pub fn budget_exceeded(&self) -> u64 {
        match &self.kind {
            Kind::Plain(_) => 0,
            Kind::General(engine) => engine.exceeded(),
        }
    }

    /// Whether it sees characters, or else bytes: OS_Regex and OS_Match beyond plain anchored text. What
    /// [`Pattern::requirement`] and the others claim holds for it with an exception: `k` and `s` also match
    /// two characters outside ASCII, so the claims are good only for subjects in which
    /// [`has_letters_outside_ascii`](crate::has_letters_outside_ascii) finds none. Every subject in ASCII is
    /// such a one.
    #[must_use]
    pub fn sees_characters(&self) -> bool {
        matches!(&self.kind, Kind::General(engine) if engine.sees_characters())
    }

    /// What every match contains. Worked out anew at each call.
    #[must_use]
    pub fn requirement(&self) -> Requirement {
        match &self.kind {
            Kind::Plain(plain) => Requirement::of_plain(plain),
            Kind::General(engine) => self
                .tree()
                .map_or(Requirement::Always, |tree| Requirement::of(&tree, engine.is_caseless()).0),
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
        match &self.kind {
            Kind::Plain(plain) => plain.start.then(|| PrefixSets::of_literal(&plain.literal)),
            Kind::General(engine) if engine.is_anchored() => {
                self.tree().map(|tree| PrefixSets::of(&tree.node, tree.characters))
            }
            Kind::General(_) => None,
        }
    }

    /// Whether the subject matches.
    #[must_use]
    pub fn is_match(&self, subject: Subject<'_>) -> bool {
        match &self.kind {
            Kind::Plain(plain) => plain.find_end(subject.folded()).is_some(),
            Kind::General(engine) => engine.is_match(subject, &|| self.tree()),
        }
    }

    /// The end of the leftmost match: the byte after it, where `after_*` offsets continue.
    #[must_use]
    pub fn find_end(&self, subject: Subject<'_>) -> Option<usize> {
        match &self.kind {
            Kind::Plain(plain) => plain.find_end(subject.folded()),
            Kind::General(engine) => engine.find_end(subject, &|| self.tree()),
        }
    }

    /// The end of the leftmost match, and its captures in `captures`, which is cleared first.
    pub fn captures(&self, subject: Subject<'_>, captures: &mut Captures) -> Option<usize> {
        captures.clear();
        match &self.kind {
            Kind::General(engine) if self.groups > 0 => {
                engine.captures(subject, captures, &|| self.tree())
            }
            _ => self.find_end(subject),
        }
    }

    /// The same by the linear-time engine alone, where that must give the same answer; for tests. `None`
    /// where it need not.
    #[doc(hidden)]
    pub fn captures_by_automaton(
        &self,
        subject: Subject<'_>,
        captures: &mut Captures,
    ) -> Option<Option<usize>> {
        captures.clear();
        match &self.kind {
            Kind::Plain(_) => None,
            Kind::General(engine) => engine.by_automaton(subject, captures, &|| self.tree()),
        }
    }

    /// The tree, parsed again: it is needed rarely and not kept.
    pub(crate) fn tree(&self) -> Option<Tree> {
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
