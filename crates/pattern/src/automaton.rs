//! The linear-time engine: a tree as an automaton.
//!
//! It always answers and never takes longer than linear time, but costs about 0.1 ms to build and more to
//! run than the other engines, so a [`Pattern`](crate::Pattern) builds it only when it is needed. Only here
//! may a search allocate, and only for captures of very long matches.

use std::ops::Range;

use bartizan_base::limits::CAPTURES;
use regex_automata::meta::Regex;
use regex_automata::nfa::thompson::backtrack::BoundedBacktracker;
use regex_automata::nfa::thompson::{self, NFA};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::Hir;

use crate::captures::Captures;
use crate::node::Tree;
use crate::regular::{self, Text};

/// The automata of a pattern over one kind of text.
#[derive(Debug)]
pub(crate) struct Automaton {
    regex: Regex,
    /// Finds the captures of long matches faster than the other, given memory.
    backtracker: Option<BoundedBacktracker>,
}

/// Matches up to this length are left to the engine for all purposes.
const SHORT: usize = 4_096;
/// Memory for the captures of one long match, in bytes.
const MEMORY: usize = 4 << 20;
/// Slots for the whole match and as many groups as a match keeps.
const SLOTS: usize = 2 * (CAPTURES + 1);

impl Automaton {
    /// Builds it, unless it would be absurdly large.
    pub(crate) fn build(tree: &Tree, text: Text) -> Option<Self> {
        let hir = regular::hir(&tree.node, text);
        let config = Regex::config().utf8_empty(false).nfa_size_limit(None);
        let regex = Regex::builder().configure(config).build_from_hir(&hir).ok()?;
        let backtracker = if tree.groups > 0 { backtracker(&hir) } else { None };
        Some(Self { regex, backtracker })
    }

    /// The end of the leftmost match.
    pub(crate) fn find_end(&self, text: &[u8]) -> Option<usize> {
        self.regex.search_half(&Input::new(text)).map(|half| half.offset())
    }

    /// The end of the leftmost match and its captures; all offsets pass through `original`.
    pub(crate) fn captures(
        &self,
        text: &[u8],
        original: impl Fn(usize) -> usize,
        captures: &mut Captures,
    ) -> Option<usize> {
        let mut few = [None; SLOTS];
        let mut many = Vec::new();
        let wanted = self.regex.group_info().slot_len();
        let slots = match few.get_mut(..wanted) {
            Some(slots) => slots,
            None => {
                many.resize(wanted, None);
                many.as_mut_slice()
            }
        };
        self.search(text, slots)?;
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

    fn search(&self, text: &[u8], slots: &mut [Option<NonMaxUsize>]) -> Option<()> {
        let Some(backtracker) = self.backtracker.as_ref().filter(|_| text.len() > SHORT) else {
            return self.regex.search_slots(&Input::new(text), slots).map(|_| ());
        };
        let found: Range<usize> = self.regex.search(&Input::new(text))?.range();
        let is_short = found.len() <= SHORT;
        let input = Input::new(text).range(found).anchored(Anchored::Yes);
        if !is_short {
            let mut cache = backtracker.create_cache();
            if let Ok(found) = backtracker.try_search_slots(&mut cache, &input, slots) {
                return found.map(|_| ());
            }
        }
        self.regex.search_slots(&input, slots).map(|_| ())
    }
}

fn backtracker(hir: &Hir) -> Option<BoundedBacktracker> {
    let config = thompson::Config::new().utf8(false).nfa_size_limit(None);
    let nfa = NFA::compiler().configure(config).build_from_hir(hir).ok()?;
    let config = BoundedBacktracker::config().visited_capacity(MEMORY);
    BoundedBacktracker::builder().configure(config).build_from_nfa(nfa).ok()
}
