//! Where rules stand and in which order they are tried (rules 3.1–3.3, appendix A).

mod ruleset;

use ruleset::{DIALECTS, Texts, below_syslog, forest, loaded, shown};

#[track_caller]
fn check(dialect: &str, rules: &str, expected: &str) {
    assert_eq!(below_syslog(&loaded(dialect, rules)), expected, "{dialect}: {rules}");
}

/// The same in every dialect.
#[track_caller]
fn check_all(rules: &str, expected: &str) {
    for dialect in DIALECTS {
        check(dialect, rules, expected);
    }
}

/// Rules of these levels, numbered from 100001.
fn with_levels(levels: &[&str]) -> String {
    let rule = |(id, level): (u32, &&str)| {
        let accuracy = if level.ends_with('a') { " accuracy=\"0\"" } else { "" };
        let level = level.trim_end_matches('a');
        format!("<rule id=\"{id}\" level=\"{level}\"{accuracy}><match>AAA</match></rule>\n")
    };
    (100_001..).zip(levels).map(rule).collect()
}

#[test]
fn siblings_stand_by_level_and_level_0_is_first() {
    for (levels, expected) in [
        (&["3", "10", "0", "3"][..], "100003 100002 100001 100004"),
        (&["3", "10", "3"], "100002 100001 100003"),
        (&["3", "3"], "100001 100002"),
        (&["15a", "1"], "100002 100001"),
        (&["15a"], "100001"),
        (&["5", "5", "5", "6"], "100004 100001 100002 100003"),
        (&["16", "0"], "100002 100001"),
        (&["3a", "0a", "1"], "100003 100002 100001"),
    ] {
        check_all(&with_levels(levels), expected);
    }
}

#[test]
fn level_99_is_level_0_in_the_dialects_only() {
    let rules = with_levels(&["99", "5", "0a"]);
    let levels = |dialect: &str| {
        let rules = loaded(dialect, &rules);
        [100_001, 100_002, 100_003].map(|id| rules.rule(rules.by_id[&id]).level)
    };
    assert_eq!(levels("bartizan"), [99, 5, 0]);
    assert_eq!(levels("ossec-4.3"), [0, 5, 99]);
    check("bartizan", &with_levels(&["99", "0"]), "100002 100001");
    check("ossec-4.3", &with_levels(&["99", "0"]), "100001 100002");
}

const A: &str = "<rule id=\"100001\" level=\"3\"><match>AAA</match></rule>\n";
const B: &str = "<rule id=\"100002\" level=\"3\"><match>BBB</match></rule>\n";

fn child(element: &str) -> String {
    format!("{A}{B}<rule id=\"100003\" level=\"5\">{element}</rule>")
}

#[test]
fn if_sid_takes_ids_between_commas_and_blanks() {
    let both = "100001(100003) 100002(100003)";
    for text in ["100001, 100002", "100001,100002", "100001 100002", "100001,,100002"] {
        check_all(&child(&format!("<if_sid>{text}</if_sid>")), both);
    }
    check_all(&child("<if_sid> 100002</if_sid>"), "100001 100002(100003)");
    check_all(&child("<if_sid>100001,</if_sid><if_sid>100002</if_sid>"), both);
    check_all(&child("<if_sid>100001,100001</if_sid>"), "100001(100003 100003) 100002");
    for layout in ["\n100001,\n\t100002", "100001,\t100002"] {
        check("bartizan", &child(&format!("<if_sid>{layout}</if_sid>")), both);
    }
    check("bartizan", &child("<if_sid>\n  100002\n</if_sid>"), "100001 100002(100003)");
}

#[test]
fn an_empty_item_of_if_sid_also_attaches_to_the_category_in_the_dialects() {
    for text in ["100001,", "100001 ", "100001,0", "00 100001"] {
        let rules = child(&format!("<if_sid>{text}</if_sid>"));
        check("ossec-4.3", &rules, "100003 100001(100003) 100002");
        check("ossec-2.8", &rules, "100003 100001(100003) 100002");
        check("bartizan", &rules, "100001(100003) 100002");
    }
    check_all(&child("<if_sid></if_sid>"), "100003 100001 100002");
}

#[test]
fn only_one_way_to_find_parents_is_used() {
    let groups = "<group name=\"one,\"><rule id=\"100001\" level=\"3\"><match>A</match></rule></group>\
        <group name=\"two,\"><rule id=\"100002\" level=\"3\"><match>B</match></rule></group>";
    let with = |elements: &str| {
        let rule = format!("<rule id=\"100003\" level=\"5\">{elements}</rule>");
        format!("{groups}<group name=\"t,\">{rule}</group>")
    };
    let below = |dialect: &str, elements: &str| below_syslog(&loaded(dialect, &with(elements)));
    for dialect in DIALECTS {
        let sid_and_group = "<if_sid>100001</if_sid><if_group>two</if_group>";
        assert_eq!(below(dialect, sid_and_group), "100001(100003) 100002");
        let level_and_group = "<if_level>3</if_level><if_group>two</if_group>";
        assert!(below(dialect, level_and_group).contains("100001(100003) 100002(100003)"));
        assert_eq!(below(dialect, "<if_group>w</if_group>"), "100001 100002(100003)");
        assert_eq!(below(dialect, "<if_group>ON|TW</if_group>"), "100001(100003) 100002(100003)");
        assert_eq!(below(dialect, "<if_group>^one</if_group>"), "100001(100003) 100002");
        let counted = "<if_matched_sid>100002</if_matched_sid>";
        assert_eq!(below(dialect, counted), "100001 100002(100003)");
        let counted = "<if_matched_group>two</if_matched_group>";
        assert_eq!(below(dialect, counted), "100001 100002(100003)");
        let both =
            "<if_matched_sid>100001</if_matched_sid><if_matched_group>two</if_matched_group>";
        assert_eq!(below(dialect, both), "100001 100002(100003)");
        let explicit = "<if_sid>100001</if_sid><if_matched_sid>100002</if_matched_sid>";
        assert_eq!(below(dialect, explicit), "100001(100003) 100002");
        let regex = "<if_matched_regex>x</if_matched_regex>";
        assert_eq!(below(dialect, regex), "100003 100001 100002");
    }
}

#[test]
fn if_level_reaches_level_0_rules_in_the_dialects_only() {
    let rules = format!(
        "{A}<rule id=\"100002\" level=\"6\"><match>B</match></rule>\
         <rule id=\"100003\" level=\"0\"><match>C</match></rule>\
         <rule id=\"100004\" level=\"8\"><if_level>5</if_level></rule>"
    );
    assert_eq!(forest(&loaded("bartizan", &rules)), "1(100003 100002(100004) 100001) 2 3 4 5 6 7");
    assert_eq!(
        forest(&loaded("ossec-4.3", &rules)),
        "1(100003(100004) 100004 100002(100004) 100001) 2(100004) 3(100004) 4(100004) 5(100004) \
         6(100004) 7(100004)"
    );
}

#[test]
fn rules_below_10_stand_at_the_top() {
    let rules = "<rule id=\"100001\" level=\"3\"><match>AAA</match></rule>\
        <rule id=\"9\" level=\"4\"><if_sid>100001</if_sid></rule>\
        <rule id=\"100004\" level=\"6\"><if_sid>9</if_sid><match>y</match></rule>\
        <rule id=\"0\" level=\"5\"><match>CCC</match></rule>\
        <rule id=\"9\" level=\"6\" overwrite=\"yes\"><match>x</match></rule>\
        <rule id=\"100005\" level=\"6\"><if_sid>9</if_sid></rule>";
    for dialect in DIALECTS {
        let got = forest(&loaded(dialect, rules));
        assert_eq!(got, "1(100001) 2 3 4 5 6 7 9(100005) 0 9(100004)", "{dialect}");
    }
}

#[test]
fn a_child_takes_the_category_of_its_parent() {
    let rules = format!(
        "{A}<rule id=\"100003\" level=\"5\"><if_sid>100001</if_sid><category>ids</category></rule>"
    );
    let rules = loaded("bartizan", &rules);
    let category = |id: u32| rules.rule(rules.by_id[&id]).category;
    assert_eq!(category(100_003), category(100_001));
}

/// Rule 100003 has two nodes; in 100004's subtree the walk for `if_sid` does not look, because it stops at
/// 100003 itself, which stands before it in the same list.
#[test]
fn the_search_for_a_parent_stops_in_a_list_at_the_first_one() {
    let rules = "<rule id=\"100001\" level=\"3\"><match>A</match></rule>\
        <rule id=\"100002\" level=\"3\"><if_sid>100001</if_sid><match>B</match></rule>\
        <rule id=\"100003\" level=\"5\"><if_sid>100001, 100002</if_sid></rule>\
        <rule id=\"100004\" level=\"5\"><if_sid>100003</if_sid></rule>";
    check_all(rules, "100001(100003(100004) 100002(100003))");
    // With a lower level it stands behind, and both places are found.
    let rules = rules.replace("100003\" level=\"5\"", "100003\" level=\"1\"");
    check_all(&rules, "100001(100002(100003(100004)) 100003(100004))");
}

#[test]
fn an_overwrite_keeps_the_place_and_changes_the_key() {
    let overwrite =
        "<rule id=\"100001\" level=\"12\" overwrite=\"yes\"><match>AAA</match></rule>\n";
    let rules = format!("{}{overwrite}", with_levels(&["3", "5"]));
    check_all(&rules, "100002 100001");
    // A later rule is inserted before the first sibling with a smaller key, in a list that is no longer
    // sorted.
    check_all(
        &format!("{rules}<rule id=\"100009\" level=\"4\"><match>x</match></rule>"),
        "100002 100001 100009",
    );
    check_all(
        &format!("{rules}<rule id=\"100009\" level=\"6\"><match>x</match></rule>"),
        "100009 100002 100001",
    );
}

#[test]
fn an_overwrite_changes_the_group_that_later_rules_see() {
    let rules = "<group name=\"one,\"><rule id=\"100001\" level=\"3\"><match>A</match></rule></group>\
        <group name=\"two,\"><rule id=\"100001\" level=\"9\" overwrite=\"yes\"><match>A</match></rule></group>\
        <group name=\"t,\"><rule id=\"100002\" level=\"10\"><if_group>two</if_group></rule></group>";
    check_all(rules, "100001(100002)");
    let (rules, diagnostics) = Texts::new("bartizan")
        .file("a.xml", rules.replace("<if_group>two", "<if_group>one"))
        .load();
    assert!(rules.is_none());
    assert!(shown(&diagnostics).contains("R0054"), "{}", shown(&diagnostics));
}

#[test]
fn a_few_rules_cannot_ask_for_any_amount_of_memory() {
    let rules: String = (100_001..100_060)
        .map(|id| format!("<rule id=\"{id}\" level=\"3\"><if_level>1</if_level></rule>\n"))
        .collect();
    let text = format!("<group name=\"t,\">{A}{}</group>", rules.replace("100001", "100099"));
    let (rules, diagnostics) = Texts::new("bartizan").file("a.xml", text).load();
    assert!(rules.is_none());
    assert!(shown(&diagnostics).contains("R0056"));
}
