//! A rule as one text, to tell whether it came out the same from two ways of loading.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bartizan_pattern::Pattern;
use bartizan_rules::{ListIndex, Node, Rule, RuleSet, Search, Test};

/// For each id the texts of its rules; templates can share an id.
pub(super) fn fingerprints(rules: &RuleSet) -> BTreeMap<u32, Vec<String>> {
    let lists = Lists::of(rules);
    let mut places = vec![Vec::new(); rules.rules.len()];
    for node in &rules.nodes {
        if let Some(places) = places.get_mut(node.rule.0 as usize) {
            places.push(path(rules, node));
        }
    }
    let mut all: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for (rule, mut places) in rules.rules.iter().zip(places) {
        places.sort_unstable();
        all.entry(rule.id).or_default().push(text(rule, &places, &lists));
    }
    all
}

/// The ids from the top down to the rule above.
fn path(rules: &RuleSet, node: &Node) -> String {
    let mut text = String::new();
    let mut above = node.parent;
    while let Some(parent) = above.map(|parent| rules.node(parent)) {
        let _ = write!(text, "{} ", rules.rule(parent.rule).id);
        above = parent.parent;
    }
    text
}

/// Correlation lists have numbers that say nothing: what matters is who feeds them and who asks them.
struct Lists {
    feeders: Vec<Vec<u32>>,
    readers: Vec<Vec<u32>>,
}

impl Lists {
    fn of(rules: &RuleSet) -> Self {
        let empty = || vec![Vec::new(); rules.lists.len()];
        let mut lists = Self { feeders: empty(), readers: empty() };
        for rule in &rules.rules {
            for list in rule.group_lists.iter().chain(&rule.sid_list) {
                if let Some(feeders) = lists.feeders.get_mut(list.0 as usize) {
                    feeders.push(rule.id);
                }
            }
            if let Some(list) = rule.conditions.iter().find_map(|c| searched(&c.test))
                && let Some(readers) = lists.readers.get_mut(list.0 as usize)
            {
                readers.push(rule.id);
            }
        }
        for ids in lists.feeders.iter_mut().chain(&mut lists.readers) {
            ids.sort_unstable();
        }
        lists
    }

    fn feeders(&self, list: ListIndex) -> &[u32] {
        self.feeders.get(list.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The rules that the events of `rule` are counted by, as often as they are.
    fn fed_by(&self, rule: &Rule) -> Vec<u32> {
        let lists = rule.group_lists.iter().chain(&rule.sid_list);
        let readers = lists.filter_map(|list| self.readers.get(list.0 as usize));
        let mut ids: Vec<u32> = readers.flatten().copied().collect();
        ids.sort_unstable();
        ids
    }
}

fn searched(test: &Test) -> Option<ListIndex> {
    match test {
        Test::Correlation(correlation) => match correlation.search {
            Search::Sid(list) | Search::Group(list) => Some(list),
            Search::Memory(_) => None,
        },
        _ => None,
    }
}

fn text(rule: &Rule, places: &[String], lists: &Lists) -> String {
    let mut text = format!(
        "{} {} {} {} {:?} {:?} {:?} {:?} {places:?} {:?}",
        rule.level,
        rule.accuracy_zero,
        rule.noalert,
        rule.ignore_seconds,
        rule.ignore,
        rule.check_if_ignored,
        rule.category,
        (rule.logs, rule.mails, rule.frequency, rule.timeframe),
        lists.fed_by(rule),
    );
    for condition in &rule.conditions {
        text.push('\n');
        write_test(&mut text, &condition.test, lists);
    }
    text
}

fn write_test(text: &mut String, test: &Test, lists: &Lists) {
    let pattern = |pattern: &Pattern| format!("{:?} {:?}", pattern.language(), pattern.source());
    let written = match test {
        Test::Decoder(id) => format!("decoder {id:?}"),
        Test::Text { field, pattern: p, negated } => format!("{field:?} {} {negated}", pattern(p)),
        Test::Action(action) => format!("action {action:?}"),
        Test::Dynamic { names, name, pattern: p, negated } => {
            // Numbers of names are not those of the other loading; whether there is one is.
            format!("field {name:?} {} {} {negated}", names.is_empty(), pattern(p))
        }
        Test::SrcIp(list) => format!("srcip {list:?}"),
        Test::DstIp(list) => format!("dstip {list:?}"),
        Test::Compiled(function) => format!("{function:?}"),
        Test::MinSize(size) => format!("size {size}"),
        Test::Time(range) => format!("{range:?}"),
        Test::Weekday(days) => format!("{days:?}"),
        Test::CheckDiff => "diff".into(),
        Test::FirstTimeSeen => "fts".into(),
        Test::List(lookup) => format!(
            "list {:?} {:?} {:?} {:?} {}",
            lookup.name,
            lookup.field,
            lookup.lookup,
            lookup.check_value.as_deref().map(pattern),
            lookup.list.is_some()
        ),
        Test::Correlation(correlation) => {
            let search = match &correlation.search {
                Search::Sid(list) => format!("sid {:?}", lists.feeders(*list)),
                Search::Group(list) => format!("group {:?}", lists.feeders(*list)),
                Search::Memory(regex) => format!("memory {:?}", regex.as_deref().map(pattern)),
            };
            format!(
                "{search} {} {} {} {:?}",
                correlation.frequency, correlation.timeframe, correlation.level, correlation.same
            )
        }
        Test::Never => "never".into(),
    };
    text.push_str(&written);
}
