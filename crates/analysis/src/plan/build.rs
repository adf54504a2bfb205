//! Building the plan of a key.

use std::sync::Arc;

use bartizan_base::EventMap;
use bartizan_pattern::Literal;
use bartizan_rules::walk::has_side_effect;
use bartizan_rules::{Forest, Rule, Surroundings, Test, TextField};

use super::filter::{Filter, Wanted};
use super::known::Key;
use super::program::Answers;
use super::wants::Wants;
use super::{Effect, Effects, NO_CHECK, NO_NODE, Node, Plan};

/// Windows the filter can number: two a literal.
const MOST_LITERALS: usize = 30_000;

pub(super) fn build(
    forest: &Forest,
    around: Surroundings<'_>,
    key: &Key,
    programs: Option<Answers<'_>>,
    wants: &mut Wants,
) -> Plan {
    let mut plan = Plan::default();
    add_nodes(&mut plan, forest, around, key, programs);
    drop_idle(&mut plan, around);
    add_triggers(&mut plan, around, wants);
    plan
}

/// Takes over the nodes that can match, with the conditions the key leaves open.
fn add_nodes(
    plan: &mut Plan,
    forest: &Forest,
    around: Surroundings<'_>,
    key: &Key,
    programs: Option<Answers<'_>>,
) {
    let steps = forest.steps();
    // Nodes that are open: number in the plan, end in the forest, and whether they always match.
    let mut open: Vec<(u32, u32, bool)> = Vec::new();
    let mut at = 0;
    loop {
        while let Some(&(number, end, always)) = open.last() {
            if at < end as usize {
                break;
            }
            open.pop();
            let count = plan.nodes.len() as u32;
            if let Some(node) = plan.nodes.get_mut(number as usize) {
                node.end = count;
            }
            if always {
                // Whatever is below, this node's subtree ends the walk: its later siblings are never reached.
                at = open.last().map_or(steps.len(), |&(_, end, _)| end as usize);
            }
        }
        let Some(step) = steps.get(at) else { return };
        let rule = around.rules.rule(step.rule);
        let is_other_category = step.is_root && rule.category != key.category;
        let first_check = plan.checks.len();
        if is_other_category || !add_checks(plan, rule, around, key, programs) {
            plan.checks.truncate(first_check);
            at = step.end as usize;
            continue;
        }
        let checks = (plan.checks.len() - first_check) as u16;
        let number = plan.nodes.len() as u32;
        plan.nodes.push(Node {
            rule: step.rule,
            parent: open.last().map_or(NO_NODE, |&(number, ..)| number),
            end: number + 1,
            first_check: first_check as u32,
            checks,
            trigger: NO_CHECK,
            noalert: rule.noalert,
        });
        open.push((number, step.end, checks == 0 && !rule.noalert));
        at += 1;
    }
}

/// Adds the open conditions of a rule; false when it can never match.
fn add_checks(
    plan: &mut Plan,
    rule: &Rule,
    around: Surroundings<'_>,
    key: &Key,
    programs: Option<Answers<'_>>,
) -> bool {
    let mut has_effect = false;
    for (number, condition) in rule.conditions.iter().enumerate() {
        match key.answer(&condition.test, around, programs) {
            Some(true) => {}
            // What comes before a condition that fails still has its side effects.
            Some(false) if !has_effect => return false,
            _ => {
                has_effect |= has_side_effect(&condition.test);
                let Ok(number) = u16::try_from(number) else { return true };
                plan.checks.push(number);
            }
        }
    }
    true
}

/// Drops nodes that only group others when none is left below: they cannot fire and have no effect.
fn drop_idle(plan: &mut Plan, around: Surroundings<'_>) {
    let mut keeps = vec![false; plan.nodes.len()];
    for at in (0..plan.nodes.len()).rev() {
        let Some(&node) = plan.nodes.get(at) else { continue };
        let from = node.first_check as usize;
        let checks = plan.checks.get(from..from + node.checks as usize).unwrap_or_default();
        let rule = around.rules.rule(node.rule);
        let has_effect = checks.iter().any(|&check| {
            rule.conditions.get(check as usize).is_some_and(|c| has_side_effect(&c.test))
        });
        let is_kept = keeps.get(at).copied().unwrap_or(false) || !node.noalert || has_effect;
        if let Some(keep) = keeps.get_mut(at) {
            *keep = is_kept;
        }
        if is_kept && let Some(keep) = keeps.get_mut(node.parent as usize) {
            *keep = true;
        }
    }
    // New number of each old one: how many are kept before it.
    let mut numbers = Vec::with_capacity(keeps.len() + 1);
    let mut count = 0;
    for &keep in &keeps {
        numbers.push(count);
        count += u32::from(keep);
    }
    numbers.push(count);
    let renumber = |old: u32| numbers.get(old as usize).copied().unwrap_or(NO_NODE);
    let mut at = 0;
    plan.nodes.retain_mut(|node| {
        let keep = keeps.get(at).copied().unwrap_or(false);
        at += 1;
        node.parent = if node.parent == NO_NODE { NO_NODE } else { renumber(node.parent) };
        node.end = renumber(node.end);
        keep
    });
}

/// A node, and whether its trigger then holds.
type Target = (u32, bool);

/// Literals and values with the nodes they stand for.
#[derive(Default)]
struct Triggers {
    literals: EventMap<Wanted, Vec<Target>>,
    values: EventMap<TextField, EventMap<Box<[u8]>, Vec<u32>>>,
}

fn add_triggers(plan: &mut Plan, around: Surroundings<'_>, wants: &mut Wants) {
    let mut triggers = Triggers::default();
    for number in 0..plan.nodes.len() {
        let Some(&node) = plan.nodes.get(number) else { continue };
        let from = node.first_check as usize;
        let checks = plan.checks.get(from..from + node.checks as usize).unwrap_or_default();
        let rule = around.rules.rule(node.rule);
        let tests =
            checks.iter().map(|&check| rule.conditions.get(check as usize).map(|c| &c.test));
        if let Some(place) = choose(tests, number as u32, wants, &mut triggers)
            && let Some(node) = plan.nodes.get_mut(number)
        {
            node.trigger = place;
        }
    }
    for (number, node) in plan.nodes.iter().enumerate() {
        if node.parent == NO_NODE && node.trigger == NO_CHECK {
            for reached in reached_with(&plan.nodes, number) {
                let (word, bit) = (reached / u64::BITS, 1 << (reached % u64::BITS));
                match plan.untriggered.last_mut() {
                    Some((last, bits)) if *last == word => *bits |= bit,
                    _ => plan.untriggered.push((word, bit)),
                }
            }
        }
    }
    write_effects(plan, triggers);
}

/// Chooses the condition that triggers a node, and notes its literals or values. The best literals are the
/// longest; a whole value is better than any.
fn choose<'a>(
    tests: impl Iterator<Item = Option<&'a Test>>,
    node: u32,
    wants: &mut Wants,
    triggers: &mut Triggers,
) -> Option<u16> {
    let mut best: Option<(usize, u16, Arc<[Literal]>)> = None;
    for (place, test) in (0..).zip(tests) {
        let Some(Test::Text { field, pattern, negated: false }) = test else { continue };
        if !matches!(field, TextField::Match | TextField::Regex) {
            if let Some(values) = wants.values(pattern) {
                let map = triggers.values.entry(*field).or_default();
                for value in values.iter() {
                    map.entry(value.clone()).or_default().push(node);
                }
                return Some(place);
            }
            continue;
        }
        let Some(literals) = wants.literals(pattern) else { continue };
        let shortest = literals.iter().map(|literal| literal.bytes.len()).min().unwrap_or(0);
        if best.as_ref().is_none_or(|(length, ..)| shortest > *length) {
            best = Some((shortest, place, literals));
        }
    }
    let (_, place, literals) = best?;
    if triggers.literals.len() + literals.len() > MOST_LITERALS {
        return None;
    }
    for Literal { bytes, at_start, at_end, whole_match } in literals.iter() {
        let (at_start, at_end) = (*at_start, *at_end);
        let wanted = Wanted { bytes: bytes.as_slice().into(), at_start, at_end };
        triggers.literals.entry(wanted).or_default().push((node, *whole_match));
    }
    Some(place)
}

/// A node and the nodes below it that need no trigger of their own.
fn reached_with(nodes: &[Node], number: usize) -> Vec<u32> {
    let end = nodes.get(number).map_or(number, |node| node.end as usize);
    let mut reached = vec![number as u32];
    let mut is_reached = vec![true; 1];
    for at in number + 1..end {
        let Some(node) = nodes.get(at) else { break };
        let above = (node.parent as usize).checked_sub(number).and_then(|at| is_reached.get(at));
        let is_one = node.trigger == NO_CHECK && above == Some(&true);
        is_reached.push(is_one);
        if is_one {
            reached.push(at as u32);
        }
    }
    reached
}

fn write_effects(plan: &mut Plan, triggers: Triggers) {
    let Plan { nodes, effects, .. } = plan;
    let mut add = |targets: &mut dyn Iterator<Item = Target>| {
        let from = effects.len() as u32;
        for (node, is_match) in targets {
            for reached in reached_with(nodes, node as usize) {
                effects.push(Effect { node: reached, is_match: is_match && reached == node });
            }
        }
        Effects { from, to: effects.len() as u32 }
    };
    let mut wanted = Vec::new();
    for (literal, targets) in triggers.literals {
        plan.literal_effects.push(add(&mut targets.into_iter()));
        wanted.push(literal);
    }
    for (field, values) in triggers.values {
        let ranges = values
            .into_iter()
            .map(|(value, targets)| (value, add(&mut targets.into_iter().map(|node| (node, true)))))
            .collect();
        plan.values.push((field, ranges));
    }
    plan.filter = Filter::new(&wanted);
}
