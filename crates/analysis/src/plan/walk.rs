//! One event's walk through its plan, in two parts.
//!
//! ```text
//! begin   where the event is decoded: marks nodes, walks as far as the event alone decides   ─▶ Decided, or Open
//! go on   where events come in order: from the condition at which the first part stopped     ─▶ Decided
//! ```

use bartizan_base::{Event, Subject};
use bartizan_rules::walk::has_side_effect;
use bartizan_rules::{Forest, LocalTime, Rule, RuleIndex, State, Surroundings, Test};

use super::marks::Marks;
use super::{Effects, NO_NODE, Node, Plan, Plans};

/// How far a walk has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It has not begun.
    #[default]
    Unplanned,
    /// It waits at a condition that asks for more than the event. The number of its plan.
    Open(u32),
    /// It is over, with this rule.
    Decided(Option<RuleIndex>),
}

/// A walk; its buffers are used again.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) stage: Stage,
    marks: Marks,
    /// Nodes above the next one that hold, each with the end of its subtree.
    passed: Vec<(u32, u32)>,
    next: Option<usize>,
}

impl Walk {
    /// Walks as far as the event alone decides.
    pub(crate) fn begin(
        &mut self,
        plans: &mut Plans,
        forest: &Forest,
        around: Surroundings<'_>,
        event: &Event,
    ) {
        self.stage = Stage::Unplanned;
        let Some((number, plan)) = plans.plan(forest, around, event) else { return };
        plan.mark(event, &mut self.marks);
        self.passed.clear();
        self.next = self.marks.next(0);
        let around = Surroundings { local: LocalTime::default(), ..around };
        let found = plan.go(self, around, |test, _| {
            let is_alone = !has_side_effect(test) && !asks_clock(test);
            is_alone.then(|| bartizan_rules::test::is_true_alone(test, around, event))
        });
        self.stage = match found {
            Progress::Over(rule) => Stage::Decided(rule),
            Progress::Waits => Stage::Open(number),
        };
    }

    /// Goes on with an open walk through its plan, to the end.
    pub(crate) fn finish(
        &mut self,
        plan: &Plan,
        around: Surroundings<'_>,
        event: &Event,
        state: &mut State,
    ) -> Option<RuleIndex> {
        let found = plan.go(self, around, |test, rule| {
            Some(bartizan_rules::test::is_true(test, rule, around, event, state))
        });
        match found {
            Progress::Over(rule) => rule,
            Progress::Waits => None,
        }
    }
}

/// Whether a test looks at the time of day, which is known where events come in order.
fn asks_clock(test: &Test) -> bool {
    matches!(test, Test::Time(_) | Test::Weekday(_))
}

enum Progress {
    Over(Option<RuleIndex>),
    Waits,
}

impl Plan {
    /// Goes on with a walk until it is over, or `ask` has no answer.
    fn go(
        &self,
        walk: &mut Walk,
        around: Surroundings<'_>,
        mut ask: impl FnMut(&Test, &Rule) -> Option<bool>,
    ) -> Progress {
        let Walk { marks, passed, next, .. } = walk;
        loop {
            let at = next.unwrap_or(usize::MAX);
            while let Some(&(number, end)) = passed.last() {
                if at < end as usize {
                    break;
                }
                passed.pop();
                match self.nodes.get(number as usize) {
                    Some(node) if node.noalert => {}
                    node => return Progress::Over(node.map(|node| node.rule)),
                }
            }
            let Some(node) = next.and_then(|at| self.nodes.get(at)) else {
                return Progress::Over(None);
            };
            let above = passed.last().map_or(NO_NODE, |&(number, _)| number);
            if above != node.parent {
                *next = marks.next(at + 1);
                continue;
            }
            match self.holds(node, marks.is_sure(at), around, &mut ask) {
                Some(true) => {
                    passed.push((at as u32, node.end));
                    *next = marks.next(at + 1);
                }
                Some(false) => *next = marks.next(node.end as usize),
                None => return Progress::Waits,
            }
        }
    }

    fn holds(
        &self,
        node: &Node,
        is_sure: bool,
        around: Surroundings<'_>,
        ask: &mut impl FnMut(&Test, &Rule) -> Option<bool>,
    ) -> Option<bool> {
        let from = node.first_check as usize;
        let checks = self.checks.get(from..from + node.checks as usize).unwrap_or_default();
        if checks.is_empty() {
            return Some(true);
        }
        let rule = around.rules.rule(node.rule);
        for (place, &check) in (0..).zip(checks) {
            if is_sure && place == node.trigger {
                continue;
            }
            let Some(condition) = rule.conditions.get(check as usize) else { return Some(false) };
            if !ask(&condition.test, rule)? {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Marks the nodes that can match.
    fn mark(&self, event: &Event, marks: &mut Marks) {
        marks.start(self.nodes.len());
        if !event.is_ascii() {
            // Outside ASCII a letter may match another byte sequence (decoding 4.6): look at every node.
            marks.set_all(self.nodes.len());
            return;
        }
        for &(word, bits) in &self.untriggered {
            marks.set_word(word as usize, bits);
        }
        let mut apply = |range: Effects| {
            let range = range.from as usize..range.to as usize;
            for effect in self.effects.get(range).unwrap_or_default() {
                marks.set(effect.node, effect.is_match);
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
}
