//! From tree to operations.

use crate::byte_set::ByteSet;
use crate::first::First;
use crate::node::{Choice, Condition, Look, Node, Repeat, RepeatKind, Tree};
use crate::regular::Text;

use super::scan::extent;
use super::{Next, Op, Order, Program, Scan};

/// Compiles a tree over bytes, or one over characters for subjects in ASCII.
pub(crate) fn compile(tree: &Tree, text: Text) -> Program {
    let mut keeps_captures = false;
    tree.node.walk(&mut |node| {
        keeps_captures |= matches!(node, Node::Reference { .. } | Node::Choice(_));
    });
    let capture_slots = 2 * (tree.groups as usize + 1);
    let references = tree
        .references
        .iter()
        .map(|groups| groups.iter().map(|group| 2 * group).collect())
        .collect();
    let program = Program {
        slots: capture_slots,
        capture_slots,
        keeps_captures,
        references,
        ..Program::default()
    };
    let mut compiler = Compiler { program, text };
    compiler.node(&tree.node, First::DONE);
    compiler.emit(Op::Match);
    compiler.program
}

struct Compiler {
    program: Program,
    text: Text,
}

/// Stands for a target that is not known yet.
const LATER: u32 = u32::MAX;

impl Compiler {
    fn emit(&mut self, op: Op) -> usize {
        self.program.ops.push(op);
        self.program.ops.len() - 1
    }

    fn here(&self) -> u32 {
        self.program.ops.len() as u32
    }

    /// Lets the operation at `at` go to the next one, where it has no target yet.
    fn land(&mut self, at: usize) {
        let here = self.here();
        match self.program.ops.get_mut(at) {
            Some(Op::Split { first, .. }) if *first == LATER => *first = here,
            Some(
                Op::Split { second: to, .. }
                | Op::Jump(to)
                | Op::Progress { exit: to, .. }
                | Op::EnterOr { otherwise: to, .. }
                | Op::IfGroup { otherwise: to, .. },
            ) => *to = here,
            _ => {}
        }
    }

    fn set(&self, set: ByteSet) -> ByteSet {
        if self.text == Text::Folded { set.folded() } else { set }
    }

    /// Emits `node`; `follow` is what may come behind it.
    fn node(&mut self, node: &Node, follow: First) {
        match node {
            Node::Empty => {}
            Node::Fail | Node::Stray(_) => {
                self.emit(Op::Fail);
            }
            Node::Set(set) => self.one(*set),
            Node::Char(character) => self.one(crate::regular::folds_with(*character)),
            Node::Anchor(anchor) => {
                self.emit(Op::Assert(*anchor));
            }
            Node::Group(group, node) => self.group(*group, node, follow),
            Node::Concat(nodes) => self.concat(nodes, follow),
            Node::Alternate(nodes) => self.alternate(nodes, follow),
            Node::Repeat(repeat) => self.repeat(repeat, follow),
            Node::Look(look) => self.look(look),
            Node::Atomic(node) => self.atomic(|this| this.node(node, First::DONE)),
            Node::Reference { index, caseless } => {
                self.emit(Op::Reference { references: *index as u32, caseless: *caseless });
            }
            Node::Choice(choice) => self.choice(choice, follow),
        }
    }

    fn one(&mut self, set: ByteSet) {
        let set = self.set(set);
        if let Some(byte) = set.single() {
            self.emit(Op::Byte(byte));
            return;
        }
        let known = self.program.sets.iter().position(|known| *known == set);
        let sets = known.unwrap_or_else(|| {
            self.program.sets.push(set);
            self.program.sets.len() - 1
        });
        self.emit(Op::Set { sets: sets as u32 });
    }

    fn group(&mut self, group: u32, node: &Node, follow: First) {
        let slot = 2 * group;
        if self.program.keeps_captures {
            // Within a group a reference to it means its last full turn.
            let opened = self.slot();
            self.emit(Op::Save(opened));
            self.node(node, follow);
            self.emit(Op::Close { slot, opened });
        } else {
            self.emit(Op::Save(slot));
            self.node(node, follow);
            self.emit(Op::Save(slot + 1));
        }
    }

    fn slot(&mut self) -> u32 {
        self.program.slots += 1;
        self.program.slots as u32 - 1
    }

    fn mark(&mut self) -> u32 {
        self.program.marks += 1;
        self.program.marks as u32 - 1
    }

    fn concat(&mut self, nodes: &[Node], follow: First) {
        // What may follow each node, from the back.
        let mut follows = vec![follow; nodes.len()];
        let mut next = follow;
        for (node, slot) in nodes.iter().zip(&mut follows).rev() {
            *slot = next;
            next = First::of(node, next);
        }
        let mut rest = nodes;
        while let Some((node, others)) = rest.split_first() {
            let run = rest.iter().map_while(|node| self.literal_byte(node));
            let literal: Vec<u8> = run.collect();
            if literal.len() > 1 {
                let from = self.program.literals.len() as u32;
                self.program.literals.extend_from_slice(&literal);
                self.emit(Op::Literal { from, to: from + literal.len() as u32 });
                rest = rest.get(literal.len()..).unwrap_or_default();
                continue;
            }
            let at = nodes.len() - rest.len();
            self.node(node, follows.get(at).copied().unwrap_or(First::DONE));
            rest = others;
        }
    }

    fn literal_byte(&self, node: &Node) -> Option<u8> {
        if let Node::Set(set) = node { self.set(*set).single() } else { None }
    }

    fn alternate(&mut self, nodes: &[Node], follow: First) {
        let mut ends = Vec::new();
        let mut firsts: Vec<First> = nodes.iter().map(|node| First::of(node, follow)).collect();
        // From here on: what any of the later alternatives can start with.
        let mut later = First::of(&Node::Fail, follow);
        for first in firsts.iter_mut().rev() {
            let this = *first;
            *first = later;
            later = later.or(this);
        }
        for (index, (node, others)) in nodes.iter().zip(firsts).enumerate() {
            if index + 1 == nodes.len() {
                self.node(node, follow);
                break;
            }
            let split = self.split(First::of(node, follow), others, false);
            self.node(node, follow);
            ends.push(self.emit(Op::Jump(LATER)));
            self.land(split);
        }
        for end in ends {
            self.land(end);
        }
    }

    /// A split that tries what comes next first, or `lazy` last.
    fn split(&mut self, next: First, other: First, lazy: bool) -> usize {
        let firsts = self.program.firsts.len() as u32;
        let here = self.here() + 1;
        if lazy {
            self.program.firsts.push((other, next));
            self.emit(Op::Split { first: LATER, second: here, firsts })
        } else {
            self.program.firsts.push((next, other));
            self.emit(Op::Split { first: here, second: LATER, firsts })
        }
    }

    fn repeat(&mut self, repeat: &Repeat, follow: First) {
        let single = match &repeat.node {
            Node::Set(set) => Some(*set),
            Node::Char(character) => Some(crate::regular::folds_with(*character)),
            Node::Stray(_) => Some(ByteSet::EMPTY),
            _ => None,
        };
        if repeat.max == Some(0) {
            return;
        }
        if let Some(set) = single {
            return self.scan(self.set(set), repeat, follow);
        }
        if repeat.kind == RepeatKind::Possessive {
            let greedy = Repeat { kind: RepeatKind::Greedy, ..repeat.clone() };
            return self.atomic(|this| this.repeat(&greedy, First::DONE));
        }
        let node = &repeat.node;
        let lazy = repeat.kind == RepeatKind::Lazy;
        let again = First::of(node, follow).or(follow);
        let Some(max) = repeat.max else {
            for _ in 1..repeat.min {
                self.node(node, again);
            }
            return self.unbounded(node, repeat.min == 0, lazy, follow);
        };
        for _ in 0..repeat.min {
            self.node(node, again);
        }
        let first = First::of(node, again);
        let splits: Vec<usize> = (repeat.min..max)
            .map(|_| {
                let split = self.split(first, follow, lazy);
                self.node(node, again);
                split
            })
            .collect();
        for split in splits {
            self.land(split);
        }
    }

    /// `node+`, or `node*` if it is `optional`.
    fn unbounded(&mut self, node: &Node, optional: bool, lazy: bool, follow: First) {
        let again = First::of(node, follow).or(follow);
        let first = First::of(node, again);
        let skip = optional.then(|| self.split(first, follow, lazy));
        let start = self.here();
        let progress = node.is_nullable().then(|| self.slot());
        if let Some(slot) = progress {
            self.emit(Op::Save(slot));
        }
        self.node(node, again);
        let left = progress.map(|slot| self.emit(Op::Progress { slot, exit: LATER }));
        let firsts = self.program.firsts.len() as u32;
        if lazy {
            self.program.firsts.push((follow, first));
            let split = self.emit(Op::Split { first: LATER, second: start, firsts });
            self.land(split);
        } else {
            self.program.firsts.push((first, follow));
            let split = self.emit(Op::Split { first: start, second: LATER, firsts });
            self.land(split);
        }
        for at in skip.into_iter().chain(left) {
            self.land(at);
        }
    }

    fn scan(&mut self, set: ByteSet, repeat: &Repeat, follow: First) {
        let max = repeat.max.unwrap_or(u32::MAX);
        let is_longest = follow.excludes(set)
            || repeat.max == Some(repeat.min)
            || repeat.kind == RepeatKind::Possessive
            || follow.done && repeat.kind == RepeatKind::Greedy;
        let order = match repeat.kind {
            _ if is_longest => Order::Longest,
            RepeatKind::Lazy if follow.done => Order::Shortest,
            RepeatKind::Lazy => Order::Lazy,
            RepeatKind::Greedy | RepeatKind::Possessive => Order::Greedy,
        };
        let next = match follow {
            First { open: true, .. } => Next::Unknown,
            First { end: false, bytes, .. } if self.set(bytes).single().is_some() => {
                Next::Byte(self.set(bytes).single().unwrap_or_default())
            }
            _ => Next::First(follow),
        };
        let extent = extent(self.set(set.complement()));
        self.program.scans.push(Scan { set, extent, min: repeat.min, max, order, next });
        let scans = self.program.scans.len() as u32 - 1;
        self.emit(Op::Scan { scans });
    }

    /// Emits what is never tried another way. What follows must not guide it: the body commits to what it
    /// finds first even if that cannot lead to a match.
    fn atomic(&mut self, body: impl FnOnce(&mut Self)) {
        let mark = self.mark();
        self.emit(Op::Enter(mark));
        body(self);
        self.emit(Op::Cut(mark));
    }

    fn look(&mut self, look: &Look) {
        let mark = self.mark();
        if look.negative {
            let enter = self.emit(Op::EnterOr { mark, otherwise: LATER });
            self.look_body(look);
            self.emit(Op::Refute(mark));
            self.land(enter);
        } else {
            self.emit(Op::Enter(mark));
            self.look_body(look);
            self.emit(Op::CutBack(mark));
        }
    }

    fn look_body(&mut self, look: &Look) {
        let Some(lengths) = look.lengths().filter(|_| look.behind) else {
            return self.node(&look.node, First::DONE);
        };
        let nodes = match &look.node {
            Node::Alternate(nodes) => nodes.as_slice(),
            node => std::slice::from_ref(node),
        };
        let mut ends = Vec::new();
        for (node, length) in nodes.iter().zip(lengths) {
            let split = self.split(First::DONE, First::DONE, false);
            self.emit(Op::Back(length as u32));
            self.node(node, First::DONE);
            ends.push(self.emit(Op::Jump(LATER)));
            self.land(split);
        }
        self.emit(Op::Fail);
        for end in ends {
            self.land(end);
        }
    }

    fn choice(&mut self, choice: &Choice, follow: First) {
        let (enter, yes, no) = match &choice.condition {
            Condition::Group(index) => {
                let references = *index as u32;
                let test = self.emit(Op::IfGroup { references, otherwise: LATER });
                (test, &choice.yes, &choice.no)
            }
            Condition::Look(look) => {
                let mark = self.mark();
                let enter = self.emit(Op::EnterOr { mark, otherwise: LATER });
                self.look_body(look);
                self.emit(Op::CutBack(mark));
                if look.negative {
                    (enter, &choice.no, &choice.yes)
                } else {
                    (enter, &choice.yes, &choice.no)
                }
            }
        };
        self.node(yes, follow);
        let end = self.emit(Op::Jump(LATER));
        self.land(enter);
        self.node(no, follow);
        self.land(end);
    }
}
