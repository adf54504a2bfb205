//! The plans of one thread, made at first use.

use std::sync::Arc;

use bartizan_base::{Event, EventMap};
use bartizan_rules::{Forest, RuleSet, Surroundings};

use super::known::Key;
use super::program::{ProgramClass, Programs};
use super::wants::Wants;
use super::{Plan, build};

/// Plans kept at most; beyond, all are dropped and made anew. What keys hold comes from the network, and somebody may
/// make many.
const PLANS: usize = 1_024;

/// Plans by their numbers, shared with whoever goes on with a walk that another thread began.
pub(crate) type PlanList = Arc<Vec<Arc<Plan>>>;

/// Plans of one thread.
#[derive(Debug)]
pub(crate) struct Plans {
    programs: Programs,
    wants: Wants,
    by_key: EventMap<Key, u32>,
    list: PlanList,
    /// The key of the event before, and its plan: events of one kind often follow each other.
    last: Option<(Key, u32)>,
    /// Bytes of all plans.
    bytes: usize,
    pub(super) most_bytes: usize,
    /// A program name was of no class that can be told apart from all others.
    lacks_class: bool,
    dropped: u64,
}

impl Plans {
    /// No plan yet, for `rules`.
    pub(crate) fn new(rules: &RuleSet) -> Self {
        Self {
            programs: Programs::new(rules),
            wants: Wants::default(),
            by_key: EventMap::default(),
            list: PlanList::default(),
            last: None,
            bytes: 0,
            most_bytes: rules.options.memory.plan_bytes_for(rules.nodes.len()),
            lacks_class: false,
            dropped: 0,
        }
    }

    /// Drops all plans if there are too many. Their numbers are worth nothing then, so this is for when nobody
    /// holds one.
    pub(crate) fn make_room(&mut self) {
        if self.is_full() || self.lacks_class {
            self.dropped += self.by_key.len() as u64;
            self.by_key.clear();
            self.last = None;
            self.list = PlanList::default();
            self.bytes = 0;
        }
        // Classes of program names are numbers in keys: without plans they can start again.
        if std::mem::take(&mut self.lacks_class) {
            self.programs.start_again();
        }
    }

    /// The plan for an event and its number, made if need be; `None` where there is no room until
    /// [`Plans::make_room`].
    pub(super) fn plan(
        &mut self,
        forest: &Forest,
        around: Surroundings<'_>,
        event: &Event,
    ) -> Option<(u32, &Plan)> {
        let class = self.programs.class(event);
        if class == ProgramClass::UNKNOWN {
            self.lacks_class = true;
            return None;
        }
        let key = Key::of(event, around.decoders, class);
        let number = match self.last {
            Some((last, number)) if last == key => number,
            _ => self.number(forest, around, key)?,
        };
        self.last = Some((key, number));
        Some((number, self.list.get(number as usize)?))
    }

    fn number(&mut self, forest: &Forest, around: Surroundings<'_>, key: Key) -> Option<u32> {
        if let Some(&number) = self.by_key.get(&key) {
            return Some(number);
        }
        if self.is_full() {
            return None;
        }
        let answers = self.programs.answers(key.program);
        let plan = build::build(forest, around, &key, answers, &mut self.wants);
        self.bytes += plan.bytes();
        let number = u32::try_from(self.list.len()).ok()?;
        Arc::make_mut(&mut self.list).push(Arc::new(plan));
        self.by_key.insert(key, number);
        Some(number)
    }

    /// The plans by their numbers, until [`Plans::make_room`].
    pub(crate) fn list(&self) -> &PlanList {
        &self.list
    }

    /// Bytes that the plans take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Program names whose answers are kept.
    pub(crate) fn names(&self) -> usize {
        self.programs.names()
    }

    /// Plans that were dropped because there were too many.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    fn is_full(&self) -> bool {
        self.by_key.len() >= PLANS || self.bytes > self.most_bytes
    }
}
