//! How a pattern that is more than anchored text is matched.
//!
//! ```text
//! subject in ASCII, or pattern over bytes
//!    ├─ Literals   the pattern is a few strings, and captures are not asked for
//!    ├─ Search     operations, over folded bytes, or raw ones where case counts
//!    └─ Automaton   over the same bytes, when the budget of the search was used up
//! any other subject of a pattern over characters
//!    ├─ the same engines, where no letter of the subject folds into ASCII
//!    └─ Automaton   over characters
//! ```
//!
//! The automata are built on first use: few patterns ever need one.

use std::cell::RefCell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use bartizan_base::Subject;

use crate::automaton::Automaton;
use crate::captures::Captures;
use crate::character::{self, Rewritten};
use crate::literals::Literals;
use crate::node::{Anchor, Node, Tree};
use crate::program::{self, Outcome, Search};
use crate::regular::{Regularity, Text};
use crate::requirement::Requirement;

/// The engines of one pattern.
#[derive(Debug)]
pub(crate) struct Engine {
    /// Whether the pattern sees characters, or else bytes.
    characters: bool,
    /// Characters outside ASCII, or bytes that are no UTF-8, occur in a pattern over characters.
    is_foreign: bool,
    utf8_check: bool,
    /// Which bytes are searched.
    text: Text,
    literals: Option<Literals>,
    /// The pattern is more strings than are worth comparing one by one: the automaton is faster.
    is_many_literals: bool,
    search: Search,
    regularity: Regularity,
    /// `$` occurs, which may stand before a final line feed.
    has_soft_end: bool,
    automaton: OnceLock<Option<Automaton>>,
    unicode: OnceLock<Option<Automaton>>,
    exceeded: AtomicU64,
}

/// Parses the pattern again for an automaton.
type Parse<'p> = &'p dyn Fn() -> Option<Tree>;

/// What a subject asks for.
enum View<'t> {
    /// These bytes, in which no character takes several.
    Bytes(&'t [u8]),
    /// These bytes; sets accept whole characters.
    Characters(&'t [u8]),
    /// Letters outside ASCII count.
    Unicode(&'t [u8]),
    /// It does not match whatever the pattern says.
    Never,
}

impl Engine {
    pub(crate) fn new(tree: &Tree, utf8_check: bool) -> Self {
        let (mut is_caseless, mut has_soft_end, mut is_foreign) = (true, false, false);
        tree.node.walk(&mut |node| match node {
            Node::Set(set) => is_caseless &= set.is_closed(),
            Node::Reference { caseless, .. } => is_caseless &= caseless,
            Node::Anchor(Anchor::SoftEnd) => has_soft_end = true,
            Node::Char(_) | Node::Stray(_) => is_foreign = true,
            _ => {}
        });
        let text = if is_caseless { Text::Folded } else { Text::Raw };
        let (requirement, pieces) = Requirement::of(tree, is_caseless);
        let literals = pieces.as_deref().and_then(Literals::new);
        Self {
            characters: tree.characters,
            is_foreign,
            utf8_check,
            text,
            is_many_literals: pieces.is_some() && literals.is_none(),
            literals,
            search: Search::new(tree, text, &requirement),
            regularity: Regularity::of(tree),
            has_soft_end,
            automaton: OnceLock::new(),
            unicode: OnceLock::new(),
            exceeded: AtomicU64::new(0),
        }
    }

    pub(crate) fn regularity(&self) -> Regularity {
        self.regularity
    }

    pub(crate) fn exceeded(&self) -> u64 {
        self.exceeded.load(Relaxed)
    }

    pub(crate) fn sees_characters(&self) -> bool {
        self.characters
    }

    pub(crate) fn is_caseless(&self) -> bool {
        self.text == Text::Folded
    }

    pub(crate) fn is_anchored(&self) -> bool {
        self.search.is_anchored()
    }

    pub(crate) fn is_match(&self, subject: Subject<'_>, parse: Parse<'_>) -> bool {
        if let Some(literals) = &self.literals {
            match self.view(subject) {
                View::Bytes(text) | View::Characters(text) => return literals.is_match(text),
                View::Never => return false,
                View::Unicode(_) => {}
            }
        }
        self.search(subject, None, parse).is_some()
    }

    pub(crate) fn find_end(&self, subject: Subject<'_>, parse: Parse<'_>) -> Option<usize> {
        if let Some(literals) = &self.literals {
            match self.view(subject) {
                View::Bytes(text) | View::Characters(text) => return literals.find_end(text),
                View::Never => return None,
                View::Unicode(_) => {}
            }
        }
        self.search(subject, None, parse)
    }

    pub(crate) fn captures(
        &self,
        subject: Subject<'_>,
        captures: &mut Captures,
        parse: Parse<'_>,
    ) -> Option<usize> {
        self.search(subject, Some(captures), parse)
    }

    /// The answer of the automaton that the subject asks for, if it must be the same as any other engine's.
    pub(crate) fn by_automaton(
        &self,
        subject: Subject<'_>,
        captures: &mut Captures,
        parse: Parse<'_>,
    ) -> Option<Option<usize>> {
        let is_exact = |text: &[u8]| self.regularity_on(text) == Regularity::Exact;
        match self.view(subject) {
            View::Bytes(text) if is_exact(text) => {
                Some(self.automaton(parse)?.captures(text, |offset| offset, captures))
            }
            View::Characters(text) if is_exact(text) => {
                Some(self.search_unicode(text, Some(captures), parse))
            }
            _ => None,
        }
    }

    fn view<'t>(&self, subject: Subject<'t>) -> View<'t> {
        let text = if self.is_caseless() { subject.folded() } else { subject.raw() };
        if !self.characters || subject.is_ascii() {
            View::Bytes(text)
        } else if self.utf8_check && std::str::from_utf8(subject.raw()).is_err() {
            View::Never
        } else if self.is_foreign || character::has_letters_outside_ascii(text) {
            View::Unicode(subject.raw())
        } else {
            View::Characters(text)
        }
    }

    fn search(
        &self,
        subject: Subject<'_>,
        captures: Option<&mut Captures>,
        parse: Parse<'_>,
    ) -> Option<usize> {
        match self.view(subject) {
            View::Bytes(text) => self.search_bytes::<false>(text, captures, parse),
            View::Characters(text) => self.search_bytes::<true>(text, captures, parse),
            View::Unicode(raw) => self.search_unicode(raw, captures, parse),
            View::Never => None,
        }
    }

    fn search_bytes<const CHARACTERS: bool>(
        &self,
        text: &[u8],
        mut captures: Option<&mut Captures>,
        parse: Parse<'_>,
    ) -> Option<usize> {
        if self.search.refuses(text) {
            return None;
        }
        let regularity = self.regularity_on(text);
        if self.is_many_literals && captures.is_none() && regularity == Regularity::Exact {
            return self.automaton(parse)?.find_end(text);
        }
        let budget = match regularity {
            Regularity::Exact => 256 + 2 * text.len() as u64,
            Regularity::Nearly | Regularity::Not => 100_000 + 8 * text.len() as u64,
        };
        match self.backtrack::<CHARACTERS>(text, budget, captures.as_deref_mut()) {
            Outcome::Match(end) => return Some(end),
            Outcome::NoMatch => return None,
            Outcome::Exceeded => {}
        }
        if regularity != Regularity::Exact {
            self.exceeded.fetch_add(1, Relaxed);
        }
        match (regularity, captures) {
            (Regularity::Not, _) => None,
            (_, captures) if CHARACTERS => self.search_unicode(text, captures, parse),
            (_, Some(captures)) => self.automaton(parse)?.captures(text, |offset| offset, captures),
            (_, None) => self.automaton(parse)?.find_end(text),
        }
    }

    fn backtrack<const CHARACTERS: bool>(
        &self,
        text: &[u8],
        budget: u64,
        captures: Option<&mut Captures>,
    ) -> Outcome {
        SCRATCH.with_borrow_mut(|scratch| {
            let scratch = &mut scratch.program;
            let Some(captures) = captures else {
                return self.search.find::<false, CHARACTERS>(text, budget, scratch);
            };
            let outcome = self.search.find::<true, CHARACTERS>(text, budget, scratch);
            if let Outcome::Match(_) = outcome {
                for (from, to) in self.search.captured(scratch) {
                    captures.push(from, to);
                }
            }
            outcome
        })
    }

    /// How far the automaton can stand in on this text.
    fn regularity_on(&self, text: &[u8]) -> Regularity {
        if self.has_soft_end {
            let inner = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
            if memchr::memchr(b'\n', inner).is_some() {
                return self.regularity.min(Regularity::Nearly);
            }
        }
        self.regularity
    }

    fn automaton(&self, parse: Parse<'_>) -> Option<&Automaton> {
        let build = || Automaton::build(&parse()?, self.text);
        self.automaton.get_or_init(build).as_ref()
    }

    /// Searches a subject outside ASCII for a pattern over characters (decoding 4.6).
    fn search_unicode(
        &self,
        text: &[u8],
        captures: Option<&mut Captures>,
        parse: Parse<'_>,
    ) -> Option<usize> {
        let build = || Automaton::build(&parse()?, Text::Characters);
        let automaton = self.unicode.get_or_init(build).as_ref()?;
        SCRATCH.with_borrow_mut(|scratch| {
            let rewritten = &mut scratch.rewritten;
            rewritten.set(text);
            let original = |offset| rewritten.original(offset);
            match captures {
                Some(captures) => automaton.captures(rewritten.text(), original, captures),
                None => automaton.find_end(rewritten.text()).map(original),
            }
        })
    }
}

#[derive(Default)]
struct Scratch {
    program: program::Scratch,
    rewritten: Rewritten,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}
