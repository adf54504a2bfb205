//! Whatever a rule file holds, loading it never panics, and a rule set that comes out is whole.

mod ruleset;

use bartizan_rules::load::{ATTRIBUTES, ELEMENTS};
use bartizan_rules::{NodeIndex, RuleSet};
use proptest::prelude::*;
use ruleset::{DIALECTS, Texts};

fn element() -> impl Strategy<Value = String> {
    let names: Vec<&'static str> = ELEMENTS.iter().map(|kind| kind.name).collect();
    let text = prop_oneof![
        Just(String::new()),
        "[0-9, ]{0,12}",
        prop::sample::select(vec![
            "1",
            "100001",
            "100002,",
            "0",
            "syslog",
            "ids",
            "t",
            "zz,",
            "a|b",
            "tst",
            "mon, tue",
            "!sun",
            "9:00 - 5 pm",
            "12 am-1",
            "10.0.0.0/8",
            "!any",
            "no_log",
            "srcip, data",
            "lists/x",
            "check_id_size",
            "(a",
            "\\w+",
        ])
        .prop_map(String::from),
        "[ -;=?-~]{0,8}",
        "\\PC{0,6}".prop_map(|text| text.replace(['<', '>'], "")),
    ];
    let attribute = prop_oneof![
        4 => Just(String::new()),
        1 => prop::sample::select(vec![
            " name=\"x\"", " field=\"user\"", " lookup=\"match_key_value\"", " type=\"pcre2\"",
            " negate=\"yes\"", " check_value=\"a\"", " type=\"link\"", " type=\"\"",
        ])
        .prop_map(String::from),
    ];
    let misspelt = prop_oneof![9 => Just(""), 1 => Just("x")];
    (prop::sample::select(names), misspelt, attribute, text).prop_map(
        |(name, wrong, attribute, text)| {
            format!("<{name}{wrong}{attribute}>{text}</{name}{wrong}>")
        },
    )
}

fn rule() -> impl Strategy<Value = String> {
    let names: Vec<&'static str> = ATTRIBUTES.iter().skip(2).map(|kind| kind.name).collect();
    let value = prop_oneof!["[0-9]{0,7}", Just("yes".to_owned()), "[ -;=?-~]{0,4}"];
    let value = value.prop_map(|value| value.replace('"', ""));
    let attributes = prop::collection::btree_map(prop::sample::select(names), value, 0..3);
    let id = prop_oneof![4 => 100_000_u32..100_006, 1 => 0_u32..12];
    (id, 0_u32..20, attributes, prop::collection::vec(element(), 0..5)).prop_map(
        |(id, level, attributes, elements)| {
            let attributes: String =
                attributes.iter().map(|(name, value)| format!(" {name}=\"{value}\"")).collect();
            format!(
                "<rule id=\"{id}\" level=\"{level}\"{attributes}>{}</rule>\n",
                elements.concat()
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn loading_never_panics(
        dialect in prop::sample::select(DIALECTS.to_vec()),
        rules in prop::collection::vec(rule(), 1..8),
        bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let text = format!("<group name=\"t,\">\n{}</group>\n", rules.concat());
        let texts = Texts::new(dialect).file("a.xml", text).file("b.xml", bytes);
        let (rules, diagnostics) = texts.load();
        let shown: String = diagnostics.iter().map(ToString::to_string).collect();
        prop_assert!(rules.is_some() || !shown.is_empty());
        if let Some(rules) = rules {
            check_whole(&rules);
        }
    }

    #[test]
    fn rules_that_load_alone_make_a_whole_set(rules in prop::collection::vec(rule(), 1..30)) {
        for dialect in DIALECTS {
            let mut kept = Vec::new();
            for rule in &rules {
                kept.push(rule.as_str());
                let text = format!("<group name=\"t,\">\n{}</group>\n", kept.concat());
                match Texts::new(dialect).file("a.xml", text).load().0 {
                    Some(rules) => check_whole(&rules),
                    None => { kept.pop(); }
                }
            }
        }
    }
}

/// Every node is in exactly one list, its parent is the owner of that list, and every index is in range.
fn check_whole(rules: &RuleSet) {
    let mut found = vec![0; rules.nodes.len()];
    let mut count = |nodes: &[NodeIndex], parent: Option<NodeIndex>| {
        for node in nodes {
            found[node.0 as usize] += 1;
            assert_eq!(rules.node(*node).parent, parent);
        }
    };
    count(&rules.roots, None);
    for (at, node) in (0..).zip(&rules.nodes) {
        count(&node.children, Some(NodeIndex(at)));
    }
    assert!(found.iter().all(|times| *times == 1));
    for rule in &rules.rules {
        assert!(rules.by_id.contains_key(&rule.id));
        for list in rule.sid_list.iter().chain(&rule.group_lists) {
            assert!((list.0 as usize) < rules.lists.len());
        }
    }
}
