//! Trees as regular expressions of the `regex-syntax` crate, where they are regular.

use regex_syntax::hir::{
    Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir, Look,
    Repetition,
};

use crate::byte_set::ByteSet;
use crate::character;
use crate::node::{Anchor, Node, RepeatKind, Tree};

/// What an engine is going to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// Bytes in lower case. For patterns over characters: only if the subject is ASCII.
    Folded,
    /// Bytes as they came, for patterns in which case counts.
    Raw,
    /// Valid UTF-8, for patterns over characters.
    Characters,
}

/// How far this engine can stand in for one that backtracks as PCRE2 does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Regularity {
    /// Not at all: the pattern is not regular.
    Not,
    /// It may take another end or other captures, or start a line behind the last line feed.
    Nearly,
    /// Always the same answer, except where `$` meets a subject with several line feeds.
    Exact,
}

impl Regularity {
    /// What holds for the pattern.
    pub(crate) fn of(tree: &Tree) -> Self {
        let mut least = Self::Exact;
        tree.node.walk(&mut |node| {
            let this = match node {
                Node::Look(_) | Node::Atomic(_) | Node::Reference { .. } | Node::Choice(_) => {
                    Self::Not
                }
                Node::Repeat(repeat) if repeat.kind == RepeatKind::Possessive => Self::Not,
                // PCRE2 ends a loop after a turn that consumed nothing, automata before it.
                Node::Repeat(repeat) if repeat.max.is_none() && repeat.node.is_nullable() => {
                    Self::Nearly
                }
                Node::Anchor(Anchor::LineStart) => Self::Nearly,
                _ => Self::Exact,
            };
            least = least.min(this);
        });
        least
    }
}

/// `node` as the automata want it. What is not regular is taken as what it would be without backtracking.
pub(crate) fn hir(node: &Node, text: Text) -> Hir {
    match node {
        Node::Empty => Hir::empty(),
        Node::Set(set) if text == Text::Folded => byte_class(set.folded()),
        Node::Set(set) if text == Text::Raw => byte_class(*set),
        Node::Set(set) => Hir::class(Class::Unicode(unicode_class(*set))),
        Node::Char(character) if text != Text::Characters => byte_class(folds_with(*character)),
        Node::Char(character) => Hir::class(Class::Unicode(folding(*character))),
        // The folded text is read only where it is ASCII.
        Node::Stray(_) if text != Text::Characters => Hir::fail(),
        Node::Stray(byte) => {
            Hir::literal(character::stray(*byte).encode_utf8(&mut [0; 4]).as_bytes())
        }
        Node::Anchor(anchor) => Hir::look(look(*anchor)),
        Node::Group(index, body) => {
            Hir::capture(Capture { index: *index, name: None, sub: Box::new(hir(body, text)) })
        }
        Node::Concat(nodes) => Hir::concat(nodes.iter().map(|node| hir(node, text)).collect()),
        Node::Alternate(nodes) => {
            Hir::alternation(nodes.iter().map(|node| hir(node, text)).collect())
        }
        Node::Repeat(repeat) => Hir::repetition(Repetition {
            min: repeat.min,
            max: repeat.max,
            greedy: repeat.kind != RepeatKind::Lazy,
            sub: Box::new(hir(&repeat.node, text)),
        }),
        Node::Atomic(node) => hir(node, text),
        Node::Fail | Node::Look(_) | Node::Reference { .. } | Node::Choice(_) => Hir::fail(),
    }
}

fn look(anchor: Anchor) -> Look {
    match anchor {
        Anchor::Start => Look::Start,
        Anchor::End => Look::End,
        // Exact unless there is a line feed before the last byte: the caller sees to that.
        Anchor::SoftEnd | Anchor::LineEnd => Look::EndLF,
        Anchor::LineStart => Look::StartLF,
        Anchor::WordBoundary => Look::WordAscii,
        Anchor::NotWordBoundary => Look::WordAsciiNegate,
    }
}

fn byte_class(set: ByteSet) -> Hir {
    let ranges = set.ranges().into_iter().map(|(first, last)| ClassBytesRange::new(first, last));
    Hir::class(Class::Bytes(ClassBytes::new(ranges)))
}

/// The two characters outside ASCII that fold with an ASCII letter: the long s and the Kelvin sign.
const FOLDS_WITH_ASCII: [(char, u8); 2] = [('\u{17F}', b's'), ('\u{212A}', b'k')];

fn unicode_class(set: ByteSet) -> ClassUnicode {
    let ascii = set.without(ByteSet::HIGH).ranges();
    let ascii = ascii.into_iter().map(|(a, b)| ClassUnicodeRange::new(a.into(), b.into()));
    let mut class = ClassUnicode::new(ascii);
    if !set.is_disjoint(ByteSet::HIGH) {
        class.push(ClassUnicodeRange::new('\u{80}', char::MAX));
    }
    for (character, letter) in FOLDS_WITH_ASCII {
        let single = ClassUnicode::new([ClassUnicodeRange::new(character, character)]);
        if set.contains(letter) {
            class.union(&single);
        } else {
            class.difference(&single);
        }
    }
    class
}

/// `character` and everything that folds with it.
fn folding(character: char) -> ClassUnicode {
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(character, character)]);
    // Fails only without Unicode tables, which this crate asks for.
    let _ = class.try_case_fold_simple();
    class
}

/// The ASCII letter that folds with a character outside ASCII, or nothing.
pub(crate) fn folds_with(character: char) -> ByteSet {
    FOLDS_WITH_ASCII
        .iter()
        .filter(|(other, _)| *other == character)
        .fold(ByteSet::EMPTY, |set, &(_, letter)| set.with(letter))
}
