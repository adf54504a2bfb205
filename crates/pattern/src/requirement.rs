//! What every match must contain, for filters that look at many patterns at once.
//!
//! ```text
//! tree ─▶ for each part: the strings it can be (if they are few), or else a set of strings of which it
//!         must contain one ─▶ the best set for the whole
//! ```
//!
//! Everything here is about *folded* text. A claim may be weaker than what is true, never stronger.
//!
//! **Patterns over characters** ([`Pattern::sees_characters`](crate::Pattern::sees_characters)): `k` and `s`
//! also match U+212A and U+017F there, which no folded text shows. So the claims hold for subjects without
//! these two characters ([`has_letters_outside_ascii`](crate::has_letters_outside_ascii)); every subject in
//! ASCII is one. [`Literal::whole_match`] moreover needs a subject that is valid UTF-8 where the pattern was
//! compiled with `utf8_check`.

use crate::byte_set::ByteSet;
use crate::node::{Anchor, Node, Repeat, RepeatKind, Tree};
use crate::plain::Plain;

/// What every match needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing is known: the pattern may match anything.
    Always,
    /// Every match contains one of these. An empty list: the pattern matches nothing.
    AnyOf(Vec<Literal>),
}

/// Piece that a match contains.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Literal {
    /// In lower case; never empty, except for `^$`.
    pub bytes: Vec<u8>,
    /// It stands at offset 0.
    pub at_start: bool,
    /// It ends where the subject ends.
    pub at_end: bool,
    /// Where this literal stands as it says, the pattern matches: nothing is left to test.
    pub whole_match: bool,
}

impl Literal {
    /// Whether `folded` has it where it must stand. For tests and tools; filters do better.
    #[must_use]
    pub fn is_in(&self, folded: &[u8]) -> bool {
        match (self.at_start, self.at_end) {
            (true, true) => folded == self.bytes,
            (true, false) => folded.starts_with(&self.bytes),
            (false, true) => folded.ends_with(&self.bytes),
            (false, false) => memchr::memmem::find(folded, &self.bytes).is_some(),
        }
    }
}

/// Strings that a part of a pattern may be. More are not followed up.
const STRINGS: usize = 256;
/// Bytes of all of them.
const BYTES: usize = 8_192;
/// Bytes in a set that is written out as strings.
const SET: usize = 4;

/// One string that a part of a pattern can be.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Piece {
    /// In lower case.
    pub(crate) bytes: Vec<u8>,
    /// It stands at offset 0.
    pub(crate) start: bool,
    pub(crate) end: End,
}

/// Whether the end of the subject must follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    #[default]
    No,
    /// Or a line feed and then the end.
    Soft,
    Plain,
}

/// What is known about a part of a pattern.
#[derive(Clone, Debug)]
enum Known {
    /// It is one of these.
    Exactly(Vec<Piece>),
    /// It contains one of these.
    Contains(Vec<Piece>),
    Nothing,
}

impl Requirement {
    pub(crate) fn of_plain(plain: &Plain) -> Self {
        let literal = Literal {
            bytes: plain.literal.to_vec(),
            at_start: plain.start,
            at_end: plain.end,
            whole_match: true,
        };
        let is_nothing = literal.bytes.is_empty() && !(plain.start && plain.end);
        if is_nothing { Self::Always } else { Self::AnyOf(vec![literal]) }
    }

    /// What a pattern needs, and the strings that it is, if they are few, in order of preference.
    /// `is_caseless`: it may be matched against folded text.
    pub(crate) fn of(tree: &Tree, is_caseless: bool) -> (Self, Option<Vec<Piece>>) {
        match known(&tree.node) {
            Known::Exactly(pieces) if is_caseless => (Self::of_pieces(&pieces, true), Some(pieces)),
            Known::Exactly(pieces) | Known::Contains(pieces) => {
                (Self::of_pieces(&pieces, false), None)
            }
            Known::Nothing => (Self::Always, None),
        }
    }

    fn of_pieces(pieces: &[Piece], whole_match: bool) -> Self {
        let mut literals = Vec::new();
        for piece in pieces {
            let Piece { bytes, start: at_start, end } = piece.clone();
            if bytes.is_empty() && !(at_start && end != End::No) {
                return Self::Always;
            }
            let literal = Literal { bytes, at_start, at_end: end != End::No, whole_match };
            if end == End::Soft {
                let mut bytes = literal.bytes.clone();
                bytes.push(b'\n');
                literals.push(Literal { bytes, ..literal.clone() });
            }
            literals.push(literal);
        }
        literals.sort();
        literals.dedup();
        Self::AnyOf(literals)
    }

    /// All subjects that match, if they are a list.
    pub(crate) fn complete_strings(self) -> Option<Vec<Vec<u8>>> {
        let Self::AnyOf(literals) = self else { return None };
        let complete = |l: &Literal| l.at_start && l.at_end && l.whole_match;
        literals.iter().all(complete).then(|| literals.into_iter().map(|l| l.bytes).collect())
    }
}

fn known(node: &Node) -> Known {
    match node {
        Node::Empty => Known::Exactly(vec![Piece::default()]),
        Node::Fail => Known::Exactly(Vec::new()),
        Node::Set(set) => of_set(*set),
        Node::Anchor(anchor) => of_anchor(*anchor),
        Node::Group(_, node) => known(node),
        Node::Concat(nodes) => of_concat(nodes),
        Node::Alternate(nodes) => of_alternatives(nodes),
        Node::Repeat(repeat) => of_repeat(repeat),
        // It commits to its first way, so it may fail where one of its strings stands.
        Node::Atomic(node) => known(node).contained(),
        Node::Choice(choice) => {
            either(known(&choice.yes).contained(), known(&choice.no).contained())
        }
        Node::Char(_) | Node::Stray(_) | Node::Look(_) | Node::Reference { .. } => Known::Nothing,
    }
}

fn of_set(set: ByteSet) -> Known {
    let set = set.closed().folded();
    if set.len() > SET {
        return Known::Nothing;
    }
    let text = |byte| Piece { bytes: vec![byte], ..Piece::default() };
    Known::Exactly(set.iter().map(text).collect())
}

fn of_anchor(anchor: Anchor) -> Known {
    let (start, end) = match anchor {
        Anchor::Start => (true, End::No),
        Anchor::End => (false, End::Plain),
        Anchor::SoftEnd => (false, End::Soft),
        _ => return Known::Nothing,
    };
    Known::Exactly(vec![Piece { bytes: Vec::new(), start, end }])
}

fn of_concat(nodes: &[Node]) -> Known {
    let mut is_whole = true;
    let mut best = Known::Nothing;
    // The strings that the parts since the last unknown one can be.
    let mut run = vec![Piece::default()];
    for node in nodes {
        match known(node) {
            Known::Exactly(texts) => match product(&run, &texts) {
                Some(longer) => run = longer,
                None => {
                    is_whole = false;
                    let done = std::mem::replace(&mut run, texts);
                    best = better(best, Known::Contains(done));
                }
            },
            other => {
                is_whole = false;
                let done = std::mem::replace(&mut run, vec![Piece::default()]);
                best = better(best, Known::Contains(done));
                best = better(best, other);
            }
        }
    }
    if is_whole { Known::Exactly(run) } else { better(best, Known::Contains(run)) }
}

/// Every string of `left` with every string of `right` behind it, if they are not too many.
fn product(left: &[Piece], right: &[Piece]) -> Option<Vec<Piece>> {
    if left.len().saturating_mul(right.len()) > STRINGS {
        return None;
    }
    let mut texts = Vec::with_capacity(left.len() * right.len());
    for a in left {
        for b in right {
            match (a.end, b.bytes.is_empty()) {
                // The line feed before the end may be part of what follows: give up.
                (End::Soft, false) => return None,
                // Nothing stands behind the end, so this never matches.
                (End::Plain, false) => continue,
                _ => {}
            }
            if b.start && !a.bytes.is_empty() {
                continue;
            }
            let bytes = [a.bytes.as_slice(), b.bytes.as_slice()].concat();
            texts.push(Piece { bytes, start: a.start || b.start, end: a.end.max(b.end) });
        }
    }
    fits(&texts).then_some(texts)
}

fn fits(texts: &[Piece]) -> bool {
    texts.len() <= STRINGS && texts.iter().map(|text| text.bytes.len()).sum::<usize>() <= BYTES
}

fn of_alternatives(nodes: &[Node]) -> Known {
    let mut all = Known::Exactly(Vec::new());
    for node in nodes {
        all = either(all, known(node));
        if let Known::Nothing = all {
            break;
        }
    }
    all
}

/// What is known when one of two parts stands there.
fn either(a: Known, b: Known) -> Known {
    let is_exact = matches!((&a, &b), (Known::Exactly(_), Known::Exactly(_)));
    let (Known::Exactly(mut texts) | Known::Contains(mut texts)) = a else { return Known::Nothing };
    let (Known::Exactly(more) | Known::Contains(more)) = b else { return Known::Nothing };
    texts.extend(more);
    if !fits(&texts) {
        Known::Nothing
    } else if is_exact {
        Known::Exactly(texts)
    } else {
        Known::Contains(texts)
    }
}

fn of_repeat(repeat: &Repeat) -> Known {
    let inner = known(&repeat.node);
    let empty = || Known::Exactly(vec![Piece::default()]);
    match (repeat.min, repeat.max) {
        (_, Some(0)) => empty(),
        (0, Some(1)) => match (inner, repeat.kind) {
            (inner @ Known::Exactly(_), RepeatKind::Greedy) => either(inner, empty()),
            (inner @ Known::Exactly(_), RepeatKind::Lazy) => either(empty(), inner),
            _ => Known::Nothing,
        },
        (0, _) => Known::Nothing,
        // It commits to its first way, as an atomic group.
        _ if repeat.kind == RepeatKind::Possessive => inner.contained(),
        (min, max) => {
            let Known::Exactly(texts) = inner else { return inner };
            let mut run = vec![Piece::default()];
            for times in 0..min {
                match product(&run, &texts) {
                    Some(longer) => run = longer,
                    // So many times at least.
                    None if times > 0 => return Known::Contains(run),
                    None => return Known::Contains(texts),
                }
            }
            if max == Some(min) { Known::Exactly(run) } else { Known::Contains(run) }
        }
    }
}

impl Known {
    /// The same as a claim about what contains this part.
    fn contained(self) -> Self {
        match self {
            Self::Exactly(texts) => Self::Contains(texts),
            other => other,
        }
    }

    /// How good a filter it is: long strings, few of them.
    fn score(&self) -> usize {
        let (Self::Exactly(texts) | Self::Contains(texts)) = self else { return 0 };
        // Anchors make a string as rare as two more bytes would.
        let length = |text: &Piece| match text.bytes.len() {
            0 => 0,
            length => length.min(16) + 2 * usize::from(text.start || text.end != End::No),
        };
        match texts.iter().map(length).min() {
            // It never matches at all.
            None => usize::MAX,
            Some(shortest) => 1_000 * shortest / (8 + texts.len()),
        }
    }
}

fn better(a: Known, b: Known) -> Known {
    let best = if b.score() > a.score() { b } else { a };
    if best.score() == 0 { Known::Nothing } else { best }
}
