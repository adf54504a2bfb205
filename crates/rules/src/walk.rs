//! The walk through the rule tree (rules 4.3), and what follows a match (rules 4.5).
//!
//! ```text
//! Forest: every node in depth-first order, each with the end of its subtree
//!
//!   test fails  ─▶ jump behind the subtree
//!   test passes ─▶ step into the subtree; on leaving it the node fires, unless it is `noalert`
//! ```
//!
//! This is the plain evaluation: every node is looked at. Plans that skip what cannot match are compared
//! with it.

use bartizan_base::{DecoderTable, Event};

use crate::condition::{Condition, Test};
use crate::correlate::State;
use crate::rule::{NodeIndex, Rule, RuleIndex, RuleSet};
use crate::test::{LocalTime, is_true};

/// The rule forest as the walk goes through it.
#[derive(Debug, Default)]
pub struct Forest {
    steps: Vec<Step>,
}

/// A node in depth-first order.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The rule that stands here.
    pub rule: RuleIndex,
    /// Number of the step behind this node's subtree.
    pub end: u32,
    /// Whether it is a top-level node, which the category of the event selects.
    pub is_root: bool,
}

impl Forest {
    /// Puts the nodes of `rules` in order.
    #[must_use]
    pub fn new(rules: &RuleSet) -> Self {
        let mut steps: Vec<Step> = Vec::with_capacity(rules.nodes.len());
        // A stack instead of recursion: a rule file can nest rules as deep as it has rules.
        enum Visit {
            Enter(NodeIndex, bool),
            Leave(usize),
        }
        let mut stack: Vec<Visit> =
            rules.roots.iter().rev().map(|&root| Visit::Enter(root, true)).collect();
        while let Some(visit) = stack.pop() {
            match visit {
                Visit::Enter(index, is_root) => {
                    let node = rules.node(index);
                    stack.push(Visit::Leave(steps.len()));
                    steps.push(Step { rule: node.rule, end: 0, is_root });
                    stack.extend(node.children.iter().rev().map(|&c| Visit::Enter(c, false)));
                }
                Visit::Leave(at) => {
                    let end = steps.len() as u32;
                    if let Some(step) = steps.get_mut(at) {
                        step.end = end;
                    }
                }
            }
        }
        Self { steps }
    }

    /// The steps in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

/// Hears what the walk does. Every method does nothing by default and costs nothing then.
pub trait WalkObserver {
    /// Whether anything is heard: an engine may take a shorter way when not.
    const LISTENS: bool = true;

    /// A rule's conditions are about to be tested.
    fn trying(&mut self, _rule: &Rule) {}
    /// A condition was tested.
    fn tested(&mut self, _rule: &Rule, _condition: &Condition, _passed: bool) {}
    /// All conditions of a rule hold; its children come next if it has any.
    fn matched(&mut self, _rule: &Rule, _has_children: bool) {}
}

/// Hears nothing.
#[derive(Debug, Default)]
pub struct NoObserver;

impl WalkObserver for NoObserver {
    const LISTENS: bool = false;
}

/// What the walk looks at besides the event.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// The decoders.
    pub decoders: &'a DecoderTable,
    /// Local time of day and day of the week of the event.
    pub local: LocalTime,
}

/// The rule that an event ends up with, if any. Counts it (rules 4.3).
pub fn walk(
    forest: &Forest,
    around: Surroundings<'_>,
    event: &Event,
    state: &mut State,
    observer: &mut impl WalkObserver,
) -> Option<RuleIndex> {
    let mut passed = std::mem::take(&mut state.passed);
    passed.clear();
    let fired = fire(forest, around, event, state, observer, &mut passed);
    state.passed = passed;
    if let Some(rule) = fired {
        state.count_fired(rule);
    }
    fired
}

fn fire(
    forest: &Forest,
    around: Surroundings<'_>,
    event: &Event,
    state: &mut State,
    observer: &mut impl WalkObserver,
    passed: &mut Vec<(RuleIndex, u32)>,
) -> Option<RuleIndex> {
    let mut at = 0;
    loop {
        while let Some(&(rule, end)) = passed.last() {
            if (at as u32) < end {
                break;
            }
            passed.pop();
            if !around.rules.rule(rule).noalert {
                return Some(rule);
            }
        }
        let step = forest.steps.get(at)?;
        let rule = around.rules.rule(step.rule);
        if step.is_root && rule.category != event.decoded.category {
            at = step.end as usize;
            continue;
        }
        observer.trying(rule);
        let matches = rule.conditions.iter().all(|condition| {
            let holds = is_true(&condition.test, rule, around, event, state);
            observer.tested(rule, condition, holds);
            holds
        });
        if matches {
            observer.matched(rule, step.end as usize > at + 1);
            passed.push((step.rule, step.end));
            at += 1;
        } else {
            at = step.end as usize;
        }
    }
}

/// What becomes of an event whose rule is known (rules 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Level 0: nothing happens, nothing is remembered.
    Ignored,
    /// The rule's ignore time keeps it silent.
    IgnoreTime,
    /// The event stands on the ignore list.
    IgnoreListed,
    /// The rule fired; whether the alert is written.
    Fired {
        /// Write the alert.
        logs: bool,
    },
}

/// Steps 1 to 5 of rules 4.5.
pub fn decide(
    rules: &RuleSet,
    decoders: &DecoderTable,
    event: &Event,
    state: &mut State,
    index: RuleIndex,
) -> Decision {
    let rule = rules.rule(index);
    if rule.level == 0 {
        return Decision::Ignored;
    }
    if rule.ignore_seconds > 0 && state.is_in_ignore_time(index, rule.ignore_seconds, event.time.0)
    {
        return Decision::IgnoreTime;
    }
    let decoder = &decoders.info(event.decoded.decoder).name;
    if let Some(keys) = rule.check_if_ignored
        && state.ignores(event, keys, decoder)
    {
        return Decision::IgnoreListed;
    }
    if let Some(keys) = rule.ignore {
        state.add_ignored(event, keys, decoder);
    }
    Decision::Fired { logs: rule.logs }
}

/// Steps 8 and 9 of rules 4.5, after outputs and responses took the alert.
pub fn remember(event: &Event, state: &mut State, index: RuleIndex) {
    let mark = state.mark;
    state.history.remember(event, mark, index);
}

/// Whether a test has an effect beyond its answer, so that the order of tests shows (rules 4.3).
#[must_use]
pub fn has_side_effect(test: &Test) -> bool {
    matches!(test, Test::CheckDiff | Test::FirstTimeSeen | Test::Correlation(_))
}
