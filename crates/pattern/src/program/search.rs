//! Where to attempt a match, and in which text.

use memchr::memmem::Finder;

use crate::byte_set::ByteSet;
use crate::first::First;
use crate::node::{Anchor, Node, Tree};
use crate::regular::Text;
use crate::requirement::{Literal, Requirement};

use super::scan::Reader;
use super::scratch::{Scratch, UNSET};
use super::{Op, Outcome, Program, compile};

/// A program and what is known about where it can match.
#[derive(Debug)]
pub(crate) struct Search {
    program: Program,
    /// Every match starts at offset 0.
    anchored: bool,
    /// What a match at offset 0 can start with.
    first: First,
    /// Where matches can start; offset 0 is always tried.
    start: Start,
    /// The program starts with an unlimited repetition of this set. An attempt within a run of it has tried
    /// every end that a later one in the run could reach.
    run: Option<ByteSet>,
    required: Vec<Required>,
}

/// Where matches can start.
#[derive(Debug)]
enum Start {
    /// Where the program's first literal stands.
    Literal(Box<Finder<'static>>),
    /// Before one of these bytes.
    One(u8),
    Two(u8, u8),
    Three(u8, u8, u8),
    Set(ByteSet),
    Anywhere,
}

/// Text of which a match contains at least one.
#[derive(Debug)]
struct Required {
    finder: Finder<'static>,
    at_end: bool,
}

/// More required literals cost more than they save.
const MOST_REQUIRED: usize = 3;

impl Search {
    pub(crate) fn new(tree: &Tree, text: Text, requirement: &Requirement) -> Self {
        let program = compile(tree, text);
        let anchored = is_anchored(&tree.node);
        let start = Start::of(tree, text, anchored, &program);
        let run = program.first_run();
        let required = match requirement {
            Requirement::AnyOf(literals) if text == Text::Folded => {
                required(literals, program.first_literal())
            }
            _ => Vec::new(),
        };
        let first = First::of(&tree.node, First::DONE);
        Self { program, anchored, first, start, run, required }
    }

    /// Whether every match starts at offset 0.
    pub(crate) fn is_anchored(&self) -> bool {
        self.anchored
    }

    /// Whether the text cannot match, told without an attempt.
    pub(crate) fn refuses(&self, text: &[u8]) -> bool {
        if self.anchored {
            if !self.first.allows(text.first().copied()) {
                return true;
            }
            if let [Op::Assert(Anchor::Start), Op::Literal { from, to }, ..] =
                self.program.ops.as_slice()
            {
                let literal = self.program.literals.get(*from as usize..*to as usize);
                if !text.starts_with(literal.unwrap_or_default()) {
                    return true;
                }
            }
        }
        !self.required.is_empty() && !self.required.iter().any(|required| required.is_in(text))
    }

    /// Looks for the leftmost match.
    pub(crate) fn find<const CAPTURES: bool, const CHARACTERS: bool>(
        &self,
        text: &[u8],
        budget: u64,
        scratch: &mut Scratch,
    ) -> Outcome {
        scratch.prepare(&self.program);
        let mut reader = Reader { text, budget };
        let mut start = self.first_start(text);
        while let Some(at) = start {
            let (op, position) = match (&self.start, self.program.ops.first()) {
                // It has been compared.
                (Start::Literal(finder), Some(Op::Literal { .. })) => {
                    (1, at + finder.needle().len())
                }
                _ => (0, at),
            };
            let program = &self.program;
            let outcome = if program.keeps_captures {
                program.attempt::<true, CHARACTERS>(op, position, &mut reader, scratch)
            } else {
                program.attempt::<CAPTURES, CHARACTERS>(op, position, &mut reader, scratch)
            };
            if outcome != Outcome::NoMatch || self.anchored {
                return outcome;
            }
            let mut last = at;
            if let Some(set) = &self.run {
                let rest = text.get(at..).unwrap_or_default();
                let run = rest.iter().take_while(|&&byte| set.contains(byte)).count();
                reader.pass(run);
                last += run;
            }
            let next = last + reader.width::<CHARACTERS>(last);
            start = self.start.next(next, text);
            reader.skim(start.unwrap_or(text.len()).saturating_sub(at));
        }
        Outcome::NoMatch
    }

    /// The first place to attempt a match.
    fn first_start(&self, text: &[u8]) -> Option<usize> {
        match (&self.start, self.program.ops.first()) {
            (Start::Literal(_), Some(Op::Literal { .. })) => self.start.next(0, text),
            _ => Some(0),
        }
    }

    /// The captured ranges of the last search, in order of their groups.
    pub(crate) fn captured<'a>(
        &self,
        scratch: &'a Scratch,
    ) -> impl Iterator<Item = (usize, usize)> + 'a {
        let slots = scratch.slots(2, self.program.capture_slots);
        slots.chunks_exact(2).filter_map(|pair| match *pair {
            [from, to] if from != UNSET && to != UNSET => Some((from, to)),
            _ => None,
        })
    }
}

impl Start {
    /// `program` is what `tree` was compiled to.
    fn of(tree: &Tree, text: Text, anchored: bool, program: &Program) -> Self {
        if anchored {
            return Self::Anywhere;
        }
        let mut has_start = false;
        tree.node.walk(&mut |node| has_start |= matches!(node, Node::Anchor(Anchor::Start)));
        if has_start {
            // Behind offset 0 the parts anchored there cannot match.
            let mut node = tree.node.clone();
            fail_start(&mut node);
            let later = Tree { node, references: tree.references.clone(), ..*tree };
            return Self::of_program(&later, text, &compile(&later, text));
        }
        Self::of_program(tree, text, program)
    }

    fn of_program(tree: &Tree, text: Text, program: &Program) -> Self {
        if let Some(literal) = program.first_literal() {
            return Self::Literal(Box::new(Finder::new(literal).into_owned()));
        }
        let first = First::of(&tree.node, First::DONE);
        if first.open || first.end {
            return Self::Anywhere;
        }
        let set = if text == Text::Folded { first.bytes.folded() } else { first.bytes };
        let mut bytes = set.iter();
        match [bytes.next(), bytes.next(), bytes.next(), bytes.next()] {
            [Some(a), None, ..] => Self::One(a),
            [Some(a), Some(b), None, _] => Self::Two(a, b),
            [Some(a), Some(b), Some(c), None] => Self::Three(a, b, c),
            _ => Self::Set(set),
        }
    }

    /// The first place from `from` on where a match can start.
    fn next(&self, from: usize, text: &[u8]) -> Option<usize> {
        let rest = text.get(from..)?;
        let found = match self {
            Self::Anywhere => Some(0),
            Self::Literal(finder) => finder.find(rest),
            Self::One(a) => memchr::memchr(*a, rest),
            Self::Two(a, b) => memchr::memchr2(*a, *b, rest),
            Self::Three(a, b, c) => memchr::memchr3(*a, *b, *c, rest),
            Self::Set(set) => rest.iter().position(|&byte| set.contains(byte)),
        };
        found.map(|at| from + at)
    }
}

impl Required {
    fn is_in(&self, text: &[u8]) -> bool {
        if self.at_end {
            text.ends_with(self.finder.needle())
        } else {
            self.finder.find(text).is_some()
        }
    }
}

/// The literals to look for before an attempt, unless the first operation tells as much.
fn required(literals: &[Literal], first: Option<&[u8]>) -> Vec<Required> {
    let is_useful = |literal: &Literal| {
        literal.bytes.len() > 1 && !literal.at_start && Some(literal.bytes.as_slice()) != first
    };
    if literals.len() > MOST_REQUIRED || !literals.iter().all(is_useful) {
        return Vec::new();
    }
    let of = |literal: &Literal| Required {
        finder: Finder::new(&literal.bytes).into_owned(),
        at_end: literal.at_end,
    };
    literals.iter().map(of).collect()
}

/// Lets every part that is anchored at offset 0 fail.
fn fail_start(node: &mut Node) {
    match node {
        Node::Anchor(Anchor::Start) => *node = Node::Fail,
        Node::Group(_, node) => fail_start(node),
        Node::Concat(nodes) => {
            nodes.iter_mut().for_each(fail_start);
            if nodes.contains(&Node::Fail) {
                *node = Node::Fail;
            }
        }
        Node::Alternate(nodes) => {
            nodes.iter_mut().for_each(fail_start);
            nodes.retain(|node| *node != Node::Fail);
            match nodes.len() {
                0 => *node = Node::Fail,
                1 => *node = nodes.pop().unwrap_or(Node::Fail),
                _ => {}
            }
        }
        Node::Repeat(repeat) => fail_start(&mut repeat.node),
        // Look-around and the like stay as they are: more starts than needed do no harm.
        _ => {}
    }
}

/// Whether every match starts at offset 0.
fn is_anchored(node: &Node) -> bool {
    match node {
        Node::Anchor(Anchor::Start) | Node::Fail => true,
        Node::Group(_, node) | Node::Atomic(node) => is_anchored(node),
        // Only what is in front counts: nothing before it may consume.
        Node::Concat(nodes) => nodes
            .iter()
            .take_while(|node| matches!(node.fixed_length(), Some(0)) || is_anchored(node))
            .any(is_anchored),
        Node::Alternate(nodes) => nodes.iter().all(is_anchored),
        Node::Repeat(repeat) => repeat.min > 0 && is_anchored(&repeat.node),
        _ => false,
    }
}
