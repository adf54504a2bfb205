//! What a rule tests, in which order, and what an overwrite leaves of it (rules 2, 3.4, 3.5).

mod ruleset;

use bartizan_rules::{Correlation, IgnoreKeys, InfoKind, RuleSet, Search, Test};
use ruleset::{DIALECTS, Texts, loaded, tests_of};

#[track_caller]
fn check(dialect: &str, elements: &str, expected: &str) {
    let rule = format!("<rule id=\"100001\" level=\"3\">{elements}</rule>");
    let rules = loaded(dialect, &rule);
    assert_eq!(tests_of(&rules, 100_001), expected, "{dialect}: {elements}");
}

#[test]
fn tests_are_made_in_ossecs_order() {
    let elements = "<status>s</status><hostname>h</hostname><extra_data>e</extra_data>\
        <weekday>mon</weekday><time>1-2</time><dstgeoip>dg</dstgeoip><srcgeoip>sg</srcgeoip>\
        <user>u</user><compiled_rule>check_id_size</compiled_rule><dstport>dp</dstport>\
        <srcport>sp</srcport><dstip>10.0.0.1</dstip><srcip>10.0.0.2</srcip><url>l</url>\
        <action>a</action><regex>r</regex><match>m</match><id>i</id><program_name>p</program_name>\
        <decoded_as>tst</decoded_as><if_fts /><check_diff />";
    let expected = "Decoder ProgramName=p Id=i Match=m Regex=r Action=a Url=l SrcIp DstIp SrcPort=sp \
        DstPort=dp Compiled User=u SrcGeoIp=sg DstGeoIp=dg Time Weekday ExtraData=e Hostname=h Status=s \
        CheckDiff FirstTimeSeen";
    for dialect in DIALECTS {
        check(dialect, elements, expected);
    }
}

#[test]
fn repeated_texts_are_joined() {
    check("bartizan", "<match>AA</match><match>BB</match>", "Match=AABB");
    check("bartizan", "<regex>AA|</regex><regex>BB</regex>", "Regex=AA|BB");
    check("bartizan", "<action>dr</action><action>op</action>", "Action=drop");
    check("bartizan", "<url_pcre2>a</url_pcre2><url_pcre2>b</url_pcre2>", "Url=ab");
    check("bartizan", "<user></user>", "User=");
}

#[test]
fn the_plain_form_wins_over_the_pcre2_form() {
    check("bartizan", "<match>AA</match><match_pcre2>BB</match_pcre2>", "Match=AA");
    check("bartizan", "<pcre2>BB</pcre2><regex>AA</regex>", "Regex=AA");
    check("bartizan", "<pcre2>BB</pcre2><match>AA</match>", "Match=AA Regex=BB");
}

#[test]
fn equal_patterns_are_compiled_once() {
    let rules = loaded(
        "bartizan",
        "<rule id=\"100001\" level=\"3\"><match>AA</match></rule>\
         <rule id=\"100002\" level=\"3\"><match>AA</match></rule>",
    );
    let pattern = |id: u32| match &rules.rule(rules.by_id[&id]).conditions[0].test {
        Test::Text { pattern, .. } => pattern.clone(),
        other => panic!("{other:?}"),
    };
    assert!(std::sync::Arc::ptr_eq(&pattern(100_001), &pattern(100_002)));
}

#[test]
fn wazuhs_pattern_types_and_negations_are_read_unless_loading_is_strict() {
    check("bartizan", "<match type=\"pcre2\">^a</match>", "Match=(?-i)^a");
    check("bartizan", "<match type=\"osregex\">^a</match>", "Match=^a");
    check("bartizan", "<url negate=\"YES\">a</url>", "!Url=a");
    check("bartizan", "<url negate=\"yes\">a</url><url>b</url>", "Url=ab");
    let (rules, diagnostics) = Texts::new("ossec-4.3")
        .file("a.xml", "<group name=\"t,\"><rule id=\"100001\" level=\"3\"><match type=\"pcre2\">a</match></rule></group>")
        .load();
    assert!(rules.is_none());
    assert_eq!(diagnostics[0].code, "R0021");
}

#[test]
fn options_work_on_the_thresholds_in_document_order() {
    for (level, options, expected) in [
        (3, &[][..], (true, false)),
        (7, &[], (true, true)),
        (0, &[], (false, false)),
        (3, &["alert_by_email"], (true, true)),
        (9, &["no_email_alert", "no_log"], (false, false)),
        (9, &["no_log", "log_alert"], (true, true)),
    ] {
        let options: String =
            options.iter().map(|option| format!("<options>{option}</options>")).collect();
        let rule =
            format!("<rule id=\"100001\" level=\"{level}\">{options}<match>a</match></rule>");
        let rules = loaded("bartizan", &rule);
        let rule = rules.rule(rules.by_id[&100_001]);
        assert_eq!((rule.logs, rule.mails), expected, "{level} {options}");
    }
}

#[test]
fn texts_of_a_rule_are_kept_as_ossec_shows_them() {
    let rules = loaded(
        "ossec-4.3",
        "<rule id=\"100001\" level=\"3\"><group>zz,</group><info>see </info>\
         <info type=\"link\">http://x/</info><cve>CVE-1</cve><info color=\"red\">y</info>\
         <description>two\nlines\nmore</description><description> end</description></rule>",
    );
    let rule = rules.rule(rules.by_id[&100_001]);
    assert_eq!(rule.group, b"t,zz,");
    assert_eq!(rule.description.as_deref(), Some(&b"two lines\nmore end"[..]));
    assert_eq!(rule.info_text.as_deref(), Some(&b"see http://x/y"[..]));
    assert_eq!(rule.cve.as_deref(), Some(&b"CVE-1"[..]));
    let kinds: Vec<_> = rule.info.iter().map(|info| info.kind).collect();
    assert_eq!(kinds, [InfoKind::Text, InfoKind::Link, InfoKind::Cve, InfoKind::Text]);
}

#[test]
fn ignore_keys_are_substrings() {
    let keys = |dialect: &str, elements: &str| {
        let rule = format!("<rule id=\"100001\" level=\"3\">{elements}</rule>");
        let rules = loaded(dialect, &rule);
        let rule = rules.rule(rules.by_id[&100_001]);
        (rule.ignore, rule.check_if_ignored)
    };
    let srcip_and_id = IgnoreKeys { srcip: true, id: true, ..IgnoreKeys::default() };
    assert_eq!(keys("bartizan", "<ignore>srcip;id</ignore>"), (Some(srcip_and_id), None));
    // 2.8: `data` is taken for the other one.
    let data = IgnoreKeys { data: true, ..IgnoreKeys::default() };
    let id = IgnoreKeys { id: true, ..IgnoreKeys::default() };
    let element = "<check_if_ignored>id, data</check_if_ignored>";
    assert_eq!(keys("ossec-2.8", element), (Some(data), Some(id)));
    // 4.3: it is looked up only where `ignore` has it, too (deviation `ignore-data`).
    assert_eq!(keys("ossec-4.3", element), (None, Some(id)));
    let both = format!("<ignore>data</ignore>{element}");
    let id_and_data = IgnoreKeys { data: true, ..id };
    assert_eq!(keys("ossec-4.3", &both), (Some(data), Some(id_and_data)));
    assert_eq!(keys("bartizan", element), (None, Some(id_and_data)));
}

const OLD: &str = "<rule id=\"100001\" level=\"3\"><match>AAA</match><pcre2>old</pcre2>\
    <srcgeoip>DE</srcgeoip><ignore>id</ignore></rule>\n";

fn overwritten(dialect: &str, elements: &str) -> RuleSet {
    let new = format!("<rule id=\"100001\" level=\"7\" overwrite=\"yes\">{elements}</rule>");
    loaded(dialect, &format!("{OLD}{new}"))
}

#[test]
fn an_overwrite_replaces_conditions_but_in_the_dialects_not_all() {
    for (elements, ours, dialects) in [
        ("<match>BBB</match>", "Match=BBB", "Match=BBB Regex=old SrcGeoIp=DE"),
        ("<pcre2>new</pcre2>", "Regex=new", "Regex=old SrcGeoIp=DE"),
        ("<regex>new</regex>", "Regex=new", "Regex=new SrcGeoIp=DE"),
        ("<description>d</description>", "", "Regex=old SrcGeoIp=DE"),
    ] {
        let tests = |dialect| tests_of(&overwritten(dialect, elements), 100_001);
        assert_eq!(tests("bartizan"), ours);
        assert_eq!(tests("ossec-4.3"), dialects);
    }
    let ignore = |dialect| overwritten(dialect, "<match>B</match>").rules[7].ignore;
    assert_eq!(ignore("bartizan"), None);
    assert!(ignore("ossec-4.3").is_some());
}

fn correlation(rules: &RuleSet, id: u32) -> Option<&Correlation> {
    let rule = rules.rule(rules.by_id[&id]);
    rule.conditions.iter().find_map(|condition| match &condition.test {
        Test::Correlation(correlation) => Some(correlation),
        _ => None,
    })
}

const A: &str = "<rule id=\"100001\" level=\"3\"><match>A</match><group>zz,</group></rule>\n";
const B: &str = "<rule id=\"100002\" level=\"3\"><match>B</match><group>zz,</group></rule>\n";

fn composite(attributes: &str, elements: &str) -> String {
    format!("<rule id=\"100009\" level=\"10\" {attributes}>{elements}</rule>\n")
}

#[test]
fn a_composite_counts_a_rule_a_group_or_a_text() {
    for dialect in DIALECTS {
        let counted = "<if_matched_sid>100001</if_matched_sid>";
        let rules = loaded(dialect, &format!("{A}{B}{}", composite("frequency=\"4\"", counted)));
        let found = correlation(&rules, 100_009).unwrap();
        assert_eq!((found.frequency, found.timeframe, found.level), (4, 360, 10));
        let Search::Sid(list) = found.search else { panic!("{found:?}") };
        assert_eq!(rules.rule(rules.by_id[&100_001]).sid_list, Some(list));
        assert_eq!(rules.lists[list.0 as usize], (dialect != "ossec-2.8").then_some(128));
        assert_eq!(rules.largest_frequency, 4);

        let counted = "<if_matched_group>zz</if_matched_group>";
        let rules = loaded(dialect, &format!("{A}{B}{}", composite("timeframe=\"9\"", counted)));
        let found = correlation(&rules, 100_009).unwrap();
        let Search::Group(list) = found.search else { panic!("{found:?}") };
        for id in [100_001, 100_002] {
            assert_eq!(rules.rule(rules.by_id[&id]).group_lists, [list]);
        }
        assert_eq!(found.timeframe, 9);

        let both = "<if_matched_regex>x</if_matched_regex><if_matched_sid></if_matched_sid>";
        let rules = loaded(dialect, &format!("{A}{}", composite("", both)));
        let found = correlation(&rules, 100_009).unwrap();
        assert!(matches!(&found.search, Search::Memory(Some(p)) if p.source() == b"x"));
        let rules = loaded(dialect, &composite("", "<if_matched_sid>0</if_matched_sid>"));
        let found = correlation(&rules, 100_009).unwrap();
        assert!(matches!(&found.search, Search::Memory(None)));
    }
}

#[test]
fn a_composite_that_counts_nothing_never_fires() {
    let elements = "<if_sid>100001</if_sid><if_matched_sid>100777</if_matched_sid>";
    for dialect in DIALECTS {
        let rules = loaded(dialect, &format!("{A}{}", composite("", elements)));
        assert_eq!(tests_of(&rules, 100_009), "Never");
    }
}

#[test]
fn a_rule_loaded_later_is_counted_by_default() {
    let later = A.replace("100001", "100010");
    let elements = "<if_sid>100002</if_sid><if_matched_sid>100010</if_matched_sid>";
    let rules = format!("{B}{}{later}", composite("", elements));
    assert_eq!(tests_of(&loaded("bartizan", &rules), 100_009), "Correlation");
    assert_eq!(tests_of(&loaded("ossec-4.3", &rules), 100_009), "Never");

    let rules = format!("{B}{}{later}", composite("", "<if_matched_group>zz</if_matched_group>"));
    let feeds = |dialect: &str| {
        let rules = loaded(dialect, &rules);
        rules.rule(rules.by_id[&100_010]).group_lists.len()
    };
    assert_eq!(feeds("bartizan"), 1);
    assert_eq!(feeds("ossec-4.3"), 0);
}

#[test]
fn a_rule_in_two_places_feeds_a_group_twice_in_the_dialects() {
    let rules = format!(
        "{}{}<rule id=\"100003\" level=\"5\"><if_sid>100001, 100002</if_sid><group>zz,</group></rule>{}",
        A.replace("zz,", ""),
        B.replace("zz,", ""),
        composite("", "<if_matched_group>zz</if_matched_group><group>zz,</group>"),
    );
    let feeds = |dialect: &str, id: u32| {
        let rules = loaded(dialect, &rules);
        rules.rule(rules.by_id[&id]).group_lists.len()
    };
    assert_eq!((feeds("bartizan", 100_003), feeds("ossec-4.3", 100_003)), (1, 2));
    // The composite feeds itself, too; below both nodes it has two places.
    assert_eq!((feeds("bartizan", 100_009), feeds("ossec-4.3", 100_009)), (1, 2));
}

#[test]
fn tests_that_ossec_never_evaluates_are_left_out_in_the_dialects() {
    let flags = "<same_source_ip /><same_src_port /><same_location /><different_srcip />";
    let same = |dialect: &str, counted: &str| {
        let rules = loaded(dialect, &format!("{A}{}", composite("", &format!("{counted}{flags}"))));
        let same = correlation(&rules, 100_009).unwrap().same;
        [same.same_source_ip, same.same_src_port, same.same_location, same.different_srcip]
    };
    let sid = "<if_matched_sid>100001</if_matched_sid>";
    let regex = "<if_matched_regex>x</if_matched_regex>";
    assert_eq!(same("bartizan", sid), [true, true, true, true]);
    assert_eq!(same("bartizan", regex), [true, true, true, true]);
    assert_eq!(same("ossec-4.3", sid), [true, true, true, false]);
    assert_eq!(same("ossec-4.3", regex), [true, false, false, false]);
}

#[test]
fn not_same_takes_back_what_stands_before_it() {
    let user = |flags: &str| {
        let counted = format!("<if_matched_sid>100001</if_matched_sid>{flags}");
        let rules = loaded("bartizan", &format!("{A}{}", composite("", &counted)));
        correlation(&rules, 100_009).unwrap().same.same_user
    };
    assert!(!user("<same_user /><not_same_user />"));
    assert!(user("<not_same_user /><same_user />"));
}

/// An overwrite changes the flag "is composite" but neither lists nor search (rules 3.5).
#[test]
fn an_overwrite_parts_flag_and_search_in_the_dialects() {
    let sid = |id: u32| format!("<if_matched_sid>{id}</if_matched_sid>");
    let old = composite("frequency=\"2\"", &sid(100_001));
    let new = |attributes: &str, elements: &str| {
        composite(&format!("overwrite=\"yes\" {attributes}"), elements)
    };
    let list_of = |dialect: &str, overwrite: &str| {
        let rules = loaded(dialect, &format!("{A}{B}{old}{overwrite}"));
        let found = correlation(&rules, 100_009).map(|found| match found.search {
            Search::Sid(list) => (list, found.frequency),
            _ => panic!("{found:?}"),
        });
        let counted = [100_001, 100_002].map(|id| rules.rule(rules.by_id[&id]).sid_list);
        found.map(|(list, frequency)| (counted.map(|counted| counted == Some(list)), frequency))
    };
    let same = new("frequency=\"1\"", &sid(100_001));
    assert_eq!(list_of("ossec-4.3", &same), Some(([true, false], 1)));
    assert_eq!(list_of("bartizan", &same), Some(([true, false], 1)));
    let other = new("", &sid(100_002));
    assert_eq!(list_of("ossec-4.3", &other), Some(([true, false], 0)));
    assert_eq!(list_of("bartizan", &other), Some(([false, true], 0)));
    let none = new("", "<match>x</match>");
    assert_eq!(list_of("ossec-4.3", &none), None);
    // Nothing is said about counting: ours keeps what is counted, and how often.
    assert_eq!(list_of("bartizan", &none), Some(([true, false], 2)));

    let simple = "<rule id=\"100009\" level=\"3\"><if_sid>100001</if_sid></rule>";
    let becomes = |dialect: &str| {
        let rules = format!("{A}{simple}{}", new("frequency=\"2\"", &sid(100_001)));
        tests_of(&loaded(dialect, &rules), 100_009)
    };
    assert_eq!(becomes("ossec-4.3"), "");
    assert_eq!(becomes("bartizan"), "Correlation");
}

#[test]
fn check_diff_leaves_the_correlation_out() {
    let counted = "<if_matched_sid>100001</if_matched_sid><check_diff />";
    for dialect in DIALECTS {
        let rules = loaded(dialect, &format!("{A}{}", composite("", counted)));
        assert_eq!(tests_of(&rules, 100_009), "CheckDiff");
    }
}

fn with_lists(dialect: &str, elements: &str) -> (Option<RuleSet>, String) {
    let text =
        format!("<group name=\"t,\"><rule id=\"100001\" level=\"3\">{elements}</rule></group>");
    let mut texts = Texts::new(dialect).file("a.xml", text);
    for name in ["lists/a", "lists/b", "lists/c"] {
        texts.lists.insert(name.as_bytes().to_vec(), std::sync::Arc::default());
    }
    let (rules, diagnostics) = texts.load();
    (rules, ruleset::shown(&diagnostics))
}

#[test]
fn of_three_lists_the_dialects_look_up_two() {
    let elements: String = ["a", "b", "c"]
        .iter()
        .map(|name| format!("<list field=\"User\" LOOKUP=\"match_key\">lists/{name}</list>"))
        .collect();
    let tests = |dialect: &str| tests_of(&with_lists(dialect, &elements).0.unwrap(), 100_001);
    assert_eq!(tests("bartizan"), "List=lists/a List=lists/b List=lists/c");
    assert_eq!(tests("ossec-4.3"), "List=lists/b List=lists/c");
}

#[test]
fn an_undeclared_list_is_refused_or_never_matches() {
    let elements = "<list field=\"user\">lists/x</list>";
    let (rules, messages) = with_lists("bartizan", elements);
    assert!(rules.is_none());
    assert!(messages.contains("did you mean `lists/"), "{messages}");
    assert_eq!(tests_of(&with_lists("ossec-4.3", elements).0.unwrap(), 100_001), "Never");
    // In 2.8 it depends on the lookup (decoding 15).
    assert_eq!(tests_of(&with_lists("ossec-2.8", elements).0.unwrap(), 100_001), "List=lists/x");
}
