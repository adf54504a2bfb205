//! Plans: the rule walk without what cannot match.
//!
//! ```text
//! event ─▶ Key (decoder, category, class of program name, fields present)
//!            └▶ Plan, built at first use: the nodes that can still match, with the conditions still open
//! folded log ─▶ Filter ─▶ bits of the nodes whose literals stand in it
//! walk the set bits in tree order; first final rule wins
//! ```
//!
//! Much of a rule is decided by the key alone: another decoder, a program name, a field that is absent. Of the
//! nodes that are left most ask for a text in the log. A node that does is *triggered*: its bit is set only
//! when one of the literals that every match of its pattern contains was found; where the literal is the
//! whole pattern the hit is the match. Nodes without such a pattern have their bit set from the start, those
//! below a triggered node when it is.
//!
//! A plan answers exactly as [`bartizan_rules::walk::walk`], side effects included; tests compare the two.

mod build;
mod filter;
mod known;
mod program;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use bartizan_base::{Event, StaticField, Subject, limits};
use bartizan_rules::{Forest, RuleIndex, State, Surroundings, TextField};

use filter::Filter;
use known::Key;
use program::{ProgramClass, Programs};

/// Plans kept at most; beyond, all are dropped and made anew. What keys hold comes from the network, and somebody may
/// make many.
const PLANS: usize = 1_024;

/// A node that can match, in tree order.
#[derive(Clone, Copy, Debug)]
struct Node {
    rule: RuleIndex,
    /// Number of the node above, [`NO_NODE`] at the top.
    parent: u32,
    /// Number of the node behind the subtree.
    end: u32,
    /// First of its open conditions in [`Plan::checks`], and how many there are.
    first_check: u32,
    checks: u16,
    /// Which of them its trigger stands for, counted from its first; [`NO_CHECK`] without one.
    trigger: u16,
    noalert: bool,
}

const NO_NODE: u32 = u32::MAX;
const NO_CHECK: u16 = u16::MAX;

/// What finding a literal or a value means for a node.
#[derive(Clone, Copy, Debug)]
struct Effect {
    node: u32,
    /// The trigger's condition holds.
    is_match: bool,
}

/// A range of [`Plan::effects`].
#[derive(Clone, Copy, Debug)]
struct Effects {
    from: u32,
    to: u32,
}

/// What each whole value of a field, folded, means.
type Values = HashMap<Box<[u8]>, Effects>;

/// What an entry of [`Values`] takes besides its text, in bytes.
const VALUE_BYTES: usize = 48;

/// The rule walk for events of one key.
#[derive(Debug, Default)]
struct Plan {
    nodes: Vec<Node>,
    /// Numbers of open conditions, in [`bartizan_rules::Rule::conditions`].
    checks: Vec<u16>,
    /// Bits set from the start.
    untriggered: Vec<u64>,
    /// Literals of the log.
    filter: Filter,
    /// For each literal of the filter its range in `effects`.
    literal_effects: Vec<Effects>,
    /// Fields of which whole values are triggers: value, folded, to a range in `effects`.
    values: Vec<(TextField, Values)>,
    effects: Vec<Effect>,
}

/// Plans of one engine, and buffers of its walks.
#[derive(Debug)]
pub(crate) struct Plans {
    programs: Programs,
    by_key: HashMap<Key, Plan>,
    scratch: Scratch,
    /// Bytes of all plans.
    bytes: usize,
    most_bytes: usize,
    unplanned: u64,
    dropped: u64,
}

#[derive(Debug, Default)]
struct Scratch {
    active: Vec<u64>,
    sure: Vec<u64>,
    passed: Vec<(u32, u32)>,
}

impl Plans {
    /// No plan yet, for the rules in `around`.
    pub(crate) fn new(rules: &bartizan_rules::RuleSet) -> Self {
        Self {
            programs: Programs::new(rules),
            by_key: HashMap::new(),
            scratch: Scratch::default(),
            bytes: 0,
            most_bytes: limits::PLAN_BYTES,
            unplanned: 0,
            dropped: 0,
        }
    }

    /// The rule that an event ends up with, counted: what [`bartizan_rules::walk::walk`] gives.
    pub(crate) fn walk(
        &mut self,
        forest: &Forest,
        around: Surroundings<'_>,
        event: &Event,
        state: &mut State,
    ) -> Option<RuleIndex> {
        let mut class = self.programs.class(event);
        if class == ProgramClass::UNKNOWN {
            self.start_again();
            class = self.programs.class(event);
        }
        let key = Key::of(event, class);
        if !self.by_key.contains_key(&key) {
            if Key::is_unusual(event) {
                self.unplanned += 1;
                return bartizan_rules::walk::walk(
                    forest,
                    around,
                    event,
                    state,
                    &mut bartizan_rules::NoObserver,
                );
            }
            if self.by_key.len() >= PLANS || self.bytes > self.most_bytes {
                self.drop_all();
            }
            let plan = build::build(forest, around, &key, self.programs.answers(class));
            self.bytes += plan.bytes();
            self.by_key.insert(key, plan);
        }
        let plan = self.by_key.get(&key)?;
        let fired = plan.walk(around, event, state, &mut self.scratch);
        if let Some(rule) = fired {
            state.count_fired(rule);
        }
        fired
    }

    /// Plans that were dropped because there were too many.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Events that were walked without a plan.
    pub(crate) fn unplanned(&self) -> u64 {
        self.unplanned
    }

    fn drop_all(&mut self) {
        self.dropped += self.by_key.len() as u64;
        self.by_key.clear();
        self.bytes = 0;
    }

    /// Classes of program names are numbers in keys: with them all plans go.
    fn start_again(&mut self) {
        self.drop_all();
        self.programs.start_again();
    }
}

impl Plan {
    /// The memory it takes, roughly.
    fn bytes(&self) -> usize {
        let values = self.values.iter().flat_map(|(_, values)| values.keys());
        size_of::<Self>()
            + self.nodes.capacity() * size_of::<Node>()
            + self.checks.capacity() * size_of::<u16>()
            + self.untriggered.capacity() * size_of::<u64>()
            + self.filter.bytes()
            + self.literal_effects.capacity() * size_of::<Effects>()
            + values.map(|value| value.len() + VALUE_BYTES).sum::<usize>()
            + self.effects.capacity() * size_of::<Effect>()
    }

    fn walk(
        &self,
        around: Surroundings<'_>,
        event: &Event,
        state: &mut State,
        scratch: &mut Scratch,
    ) -> Option<RuleIndex> {
        self.mark(event, scratch);
        let Scratch { active, sure, passed } = scratch;
        passed.clear();
        let mut next = next_bit(active, 0);
        loop {
            let at = next.unwrap_or(usize::MAX);
            while let Some(&(number, end)) = passed.last() {
                if at < end as usize {
                    break;
                }
                passed.pop();
                let node = self.nodes.get(number as usize)?;
                if !node.noalert {
                    return Some(node.rule);
                }
            }
            let node = self.nodes.get(next?)?;
            let above = passed.last().map_or(NO_NODE, |&(number, _)| number);
            if above != node.parent {
                next = next_bit(active, at + 1);
            } else if self.holds(node, at, around, event, state, sure) {
                passed.push((at as u32, node.end));
                next = next_bit(active, at + 1);
            } else {
                next = next_bit(active, node.end as usize);
            }
        }
    }

    /// Sets the bits of the nodes that can match.
    fn mark(&self, event: &Event, scratch: &mut Scratch) {
        let Scratch { active, sure, .. } = scratch;
        active.clear();
        sure.clear();
        sure.resize(self.untriggered.len(), 0);
        if !event.is_ascii() {
            // Outside ASCII a letter may match another byte sequence (decoding 4.6): look at every node.
            active.resize(self.untriggered.len(), u64::MAX);
            if let Some(last) = active.last_mut() {
                let used = self.nodes.len() % 64;
                *last = if used == 0 { u64::MAX } else { (1 << used) - 1 };
            }
            return;
        }
        active.extend_from_slice(&self.untriggered);
        let mut apply = |range: Effects| {
            let range = range.from as usize..range.to as usize;
            let effects = self.effects.get(range).unwrap_or_default();
            for effect in effects {
                set_bit(active, effect.node);
                if effect.is_match {
                    set_bit(sure, effect.node);
                }
            }
        };
        self.filter.scan(event.subject(event.log).folded(), |literal| {
            if let Some(&range) = self.literal_effects.get(literal) {
                apply(range);
            }
        });
        for (field, values) in &self.values {
            let value = bartizan_rules::test::text(event, *field);
            if let Some(&range) = value.map(Subject::folded).and_then(|value| values.get(value)) {
                apply(range);
            }
        }
    }

    fn holds(
        &self,
        node: &Node,
        at: usize,
        around: Surroundings<'_>,
        event: &Event,
        state: &mut State,
        sure: &[u64],
    ) -> bool {
        let from = node.first_check as usize;
        let checks = self.checks.get(from..from + node.checks as usize).unwrap_or_default();
        if checks.is_empty() {
            return true;
        }
        let rule = around.rules.rule(node.rule);
        let is_sure = sure.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0);
        (0..).zip(checks).all(|(place, &check)| {
            (is_sure && place == node.trigger)
                || rule.conditions.get(check as usize).is_some_and(|condition| {
                    bartizan_rules::test::is_true(&condition.test, rule, around, event, state)
                })
        })
    }
}

fn set_bit(bits: &mut [u64], at: u32) {
    if let Some(word) = bits.get_mut(at as usize / 64) {
        *word |= 1 << (at % 64);
    }
}

/// The first set bit from `from` on.
fn next_bit(bits: &[u64], from: usize) -> Option<usize> {
    let mut at = from / 64;
    let mut word = bits.get(at)? & (u64::MAX << (from % 64));
    while word == 0 {
        at += 1;
        word = *bits.get(at)?;
    }
    Some(at * 64 + word.trailing_zeros() as usize)
}

/// Fields that a key tells apart: one bit each.
fn present(event: &Event) -> u32 {
    let fields = (0..).zip(StaticField::ALL);
    fields.fold(0, |bits, (at, field)| bits | u32::from(event.decoded.field(field).is_some()) << at)
}
