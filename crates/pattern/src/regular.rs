//! The linear-time engine: a tree as a `meta::Regex`.
//!
//! It always answers and never takes longer than linear time, but costs about 0.1 ms to build and more to
//! run than the other engines, so a [`Pattern`](crate::Pattern) builds it only when it is needed.

use regex_automata::meta::{BuildError, Regex};
use regex_syntax::hir::{
    Capture, Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir, Look,
    Repetition,
};

use crate::byte_set::ByteSet;
use crate::character;
use crate::node::{Anchor, Node, RepeatKind, Tree};

/// What the engine is going to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// Bytes in lower case. For patterns over characters: only if the subject is ASCII.
    Folded,
    /// Valid UTF-8, for patterns over characters.
    Characters,
}

/// Builds the engine.
pub(crate) fn build(tree: &Tree, text: Text) -> Result<Regex, BuildError> {
    let config = Regex::config().utf8_empty(false).nfa_size_limit(None);
    Regex::builder().configure(config).build_from_hir(&hir(&tree.node, text))
}

fn hir(node: &Node, text: Text) -> Hir {
    match node {
        Node::Empty => Hir::empty(),
        Node::Set(set) if text == Text::Folded => byte_class(set.folded()),
        Node::Set(set) => Hir::class(Class::Unicode(unicode_class(*set))),
        Node::Char(character) if text == Text::Folded => byte_class(folds_with(*character)),
        Node::Char(character) => Hir::class(Class::Unicode(folding(*character))),
        // The folded text is read only where it is ASCII.
        Node::Stray(_) if text == Text::Folded => Hir::fail(),
        Node::Stray(byte) => {
            Hir::literal(character::stray(*byte).encode_utf8(&mut [0; 4]).as_bytes())
        }
        Node::Anchor(Anchor::Start) => Hir::look(Look::Start),
        Node::Anchor(Anchor::End) => Hir::look(Look::End),
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
            greedy: repeat.kind == RepeatKind::Greedy,
            sub: Box::new(hir(&repeat.node, text)),
        }),
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
fn folds_with(character: char) -> ByteSet {
    FOLDS_WITH_ASCII
        .iter()
        .filter(|(other, _)| *other == character)
        .fold(ByteSet::EMPTY, |set, &(_, letter)| set.with(letter))
}
