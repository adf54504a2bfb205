//! Correlation lists: who feeds what, and what each composite looks in (rules 3.4).

use bartizan_base::{Deviation, Dialect, Place};

use super::compile::without_unevaluated;
use super::draft::Rank;
use super::tree::{Loaded, Tree};
use crate::condition::{Condition, Correlation, SameTests, Search, Test};
use crate::rule::{ListIndex, RuleIndex};

/// Where a composite looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attached {
    /// No composite, or an overwrite made it one (rules 3.5).
    Nothing,
    /// The rule it counts does not exist.
    Missing,
    Sid(ListIndex),
    Group(ListIndex),
    Memory,
}

/// The rule that an `if_matched_sid` names does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NothingCounted {
    pub(super) id: u32,
    pub(super) place: Place,
}

impl Tree {
    /// Attaches the search of a composite to the rules that are there now.
    pub(super) fn attach_search(
        &mut self,
        rule: RuleIndex,
        lists: &mut Vec<Option<usize>>,
        sid_list_events: Option<usize>,
        dialect: Dialect,
    ) -> Result<(), NothingCounted> {
        let Some(loaded) = self.rule(rule) else { return Ok(()) };
        let sought = &loaded.parts.sought;
        let (sid, group) = (sought.sid, sought.group.clone());
        let place = loaded.parts.search_place();
        let mut result = Ok(());
        let attached = match (sid, group) {
            _ if !sought.has_search => Attached::Nothing,
            (Some(id), _) => match self.by_id.get(&id).copied() {
                Some(counted) => self.sid_list(counted, lists, sid_list_events),
                None => {
                    result = Err(NothingCounted { id, place });
                    Attached::Missing
                }
            },
            (None, Some(group)) => {
                let list = new_list(lists, None);
                for feeder in self.groups.matching(&group) {
                    self.feed(feeder, list, dialect);
                }
                Attached::Group(list)
            }
            (None, None) => Attached::Memory,
        };
        if let Some(rule) = self.rule_mut(rule) {
            rule.attached = attached;
        }
        result
    }

    /// The one list of a rule that is counted.
    fn sid_list(
        &mut self,
        counted: RuleIndex,
        lists: &mut Vec<Option<usize>>,
        events: Option<usize>,
    ) -> Attached {
        match self.rule_mut(counted) {
            Some(rule) => {
                let list = *rule.sid_list.get_or_insert_with(|| new_list(lists, events));
                Attached::Sid(list)
            }
            None => Attached::Missing,
        }
    }

    /// Lets a rule feed a group list: once, or once for each place it stands in (deviation
    /// `group-feeders`).
    fn feed(&mut self, feeder: RuleIndex, list: ListIndex, dialect: Dialect) {
        if let Some(rule) = self.rule_mut(feeder) {
            let times = if dialect.has(Deviation::GroupFeeders) { rule.nodes.len() } else { 1 };
            rule.group_lists.extend(std::iter::repeat_n(list, times));
        }
    }
}

fn new_list(lists: &mut Vec<Option<usize>>, events: Option<usize>) -> ListIndex {
    lists.push(events);
    ListIndex(lists.len() as u32 - 1)
}

/// The condition that a rule's search is, if it is evaluated at all.
pub(super) fn correlation(rule: &mut Loaded, level: u16, dialect: Dialect) -> Option<Condition> {
    // With check_diff no correlation is evaluated (rules 2.10).
    if !rule.parts.sought.is_composite || rule.parts.has(Rank::CheckDiff) {
        return None;
    }
    let place = rule.parts.search_place();
    let search = match rule.attached {
        Attached::Nothing => return None,
        Attached::Missing => return Some(Condition { test: Test::Never, place }),
        Attached::Sid(list) => Search::Sid(list),
        Attached::Group(list) => Search::Group(list),
        Attached::Memory => Search::Memory(rule.parts.sought.regex.take()),
    };
    let same = evaluated(rule.parts.sought.same, &search, dialect);
    let frequency = rule.parts.frequency;
    let timeframe = rule.parts.timeframe;
    let test = Test::Correlation(Correlation { search, frequency, timeframe, level, same });
    Some(Condition { test, place })
}

fn evaluated(same: SameTests, search: &Search, dialect: Dialect) -> SameTests {
    if dialect.has(Deviation::UnevaluatedTests) {
        without_unevaluated(same, matches!(search, Search::Memory(_)))
    } else {
        same
    }
}
