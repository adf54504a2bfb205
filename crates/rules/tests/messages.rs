//! Every mistake is one message that points at the text and says what was expected.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at a surprise")]

mod ruleset;

use bartizan_base::Severity;
use ruleset::{DIALECTS, Texts, shown};

/// Loads one rule file, and expects exactly these errors: the code, the text pointed at, and a part of the
/// message or the advice.
#[track_caller]
fn check_file(dialect: &str, text: &str, expected: &[(&str, &str, &str)]) {
    let (rules, diagnostics) = Texts::new(dialect).file("local_rules.xml", text).load();
    let errors: Vec<_> = diagnostics.iter().filter(|d| d.is_error()).collect();
    let described: Vec<_> = errors
        .iter()
        .map(|error| {
            let place = error.place.as_ref().unwrap();
            let text = place.source.text.get(place.span.clone()).unwrap();
            let said = format!("{} {}", error.message, error.help.as_deref().unwrap_or(""));
            (error.code, String::from_utf8_lossy(text).into_owned(), said)
        })
        .collect();
    let all = shown(&diagnostics);
    assert_eq!(described.len(), expected.len(), "{dialect}:\n{all}");
    for ((code, text, said), (expected_code, expected_text, part)) in described.iter().zip(expected)
    {
        assert_eq!((*code, text.as_str()), (*expected_code, *expected_text), "{dialect}:\n{all}");
        assert!(said.contains(part), "{dialect}: {part}\n{all}");
    }
    assert_eq!(rules.is_some(), expected.is_empty(), "{dialect}:\n{all}");
}

/// One rule with these elements, in every dialect.
#[track_caller]
fn check(elements: &str, expected: (&str, &str, &str)) {
    for dialect in DIALECTS {
        check_in(dialect, elements, expected);
    }
}

#[track_caller]
fn check_in(dialect: &str, elements: &str, expected: (&str, &str, &str)) {
    let rule = format!("<rule id=\"100001\" level=\"3\">{elements}</rule>");
    check_file(dialect, &format!("<group name=\"t,\">{rule}</group>"), &[expected]);
}

#[track_caller]
fn check_warning(dialect: &str, rules: &str, code: &str, part: &str) {
    let text = format!("<group name=\"t,\">{rules}</group>");
    let (loaded, diagnostics) = Texts::new(dialect).file("local_rules.xml", text).load();
    let all = shown(&diagnostics);
    assert!(loaded.is_some(), "{all}");
    let found = diagnostics.iter().find(|d| d.code == code).unwrap_or_else(|| panic!("{all}"));
    assert_eq!(found.severity, Severity::Warning, "{all}");
    assert!(found.to_string().contains(part), "{all}");
}

#[test]
fn all_mistakes_of_a_file_are_reported_in_one_run() {
    let text = "<group name=\"t,\">\n  \
        <rule id=\"100001\" level=\"eight\">\n    <if_sidd>1</if_sidd>\n    <match>a</match>\n  </rule>\n  \
        <rule id=\"100002\" levl=\"3\" level=\"3\">\n    <if_sid>100001</if_sid>\n    \
        <decoded_as>sshf</decoded_as>\n    <options>nolog</options>\n  </rule>\n  \
        <rule id=\"100003\" level=\"3\">\n    <if_sid>100002, 100777</if_sid>\n    \
        <time>9:00</time>\n    <weekday>mon, tusday</weekday>\n    <srcip>localhost</srcip>\n  </rule>\n\
        </group>\n";
    for dialect in DIALECTS {
        check_file(
            dialect,
            text,
            &[
                ("R0012", "eight", "level must be a number"),
                ("R0020", "if_sidd", "did you mean `if_sid`?"),
                ("R0010", "levl", "did you mean `level`?"),
                ("R0030", "sshf", "did you mean `sshd`?"),
                ("R0032", "nolog", "did you mean `no_log`?"),
                ("R0034", "9:00", "a range of two times"),
                ("R0035", "tusday", "did you mean `tuesday`?"),
                ("R0038", "localhost", "address"),
                ("R0051", "100777", "there is no rule 100777"),
            ],
        );
    }
}

#[test]
fn a_message_shows_file_line_column_and_advice() {
    let text = "<group name=\"t,\">\n  <rule id=\"100001\" level=\"3\">\n    <mtach>x</mtach>\n  </rule>\n</group>";
    let (_, diagnostics) = Texts::new("bartizan").file("local_rules.xml", text).load();
    assert_eq!(
        shown(&diagnostics),
        "local_rules.xml:3:6: error[R0020]: a rule has no element <mtach>\n\
         \x20   3 |     <mtach>x</mtach>\n\
         \x20     |      ^^^^^\n\
         \x20     = help: did you mean `match`?\n"
    );
}

#[test]
fn the_shape_of_a_file_is_checked() {
    for dialect in DIALECTS {
        check_file(dialect, "only text", &[("R0001", "", "no element")]);
        let rule = "<rule id=\"100001\" level=\"3\"><match>a</match></rule>";
        check_file(
            dialect,
            &format!("<grup name=\"t,\">{rule}</grup>"),
            &[("R0002", "grup", "`group`")],
        );
        check_file(dialect, &format!("<group>{rule}</group>"), &[("R0003", "group", "name=")]);
        let two = format!("<group name=\"t,\" level=\"3\">{rule}</group>");
        check_file(dialect, &two, &[("R0003", "level", "one attribute")]);
        check_file(dialect, "<group name=\"t,\"></group>", &[("R0004", "group", "one rule")]);
        let other = format!("<group name=\"t,\">{rule}<rul /></group>");
        check_file(dialect, &other, &[("R0005", "rul", "`rule`")]);
        let empty = "<group name=\"t,\"><rule id=\"100001\" level=\"3\"></rule></group>";
        check_file(dialect, empty, &[("R0006", "rule", "one element")]);
        check_file(
            dialect,
            &format!("<GROUP NAME=\"\">{}</GROUP>", rule.replace("rule", "RULE")),
            &[],
        );
    }
}

#[test]
fn attributes_are_checked() {
    let rule = |attributes: &str| {
        format!("<group name=\"t,\"><rule {attributes}><match>a</match></rule></group>")
    };
    for dialect in DIALECTS {
        let check = |attributes: &str, expected| check_file(dialect, &rule(attributes), expected);
        check("level=\"3\"", &[("R0011", "rule", "id=")]);
        check("id=\"\" level=\"\"", &[("R0011", "rule", "id="), ("R0011", "rule", "level=")]);
        check("id=\"100001\" level=\"-1\"", &[("R0012", "-1", "digits")]);
        check("id=\"10000a\" level=\"3\"", &[("R0012", "10000a", "digits")]);
        check("id=\"100001\" level=\"3\" overwrite=\"\"", &[("R0014", "", "yes")]);
        check("id=\"100001\" level=\"3\" overwrite=\"no\" noalert=\"\"", &[]);
        check("ID=\"100001\" Level=\"3\" timeframe=\"\"", &[]);
    }
    let long = rule("id=\"1234567\" level=\"12345\"");
    check_file(
        "bartizan",
        &long,
        &[("R0013", "1234567", "6 digits"), ("R0013", "12345", "4 digits")],
    );
    let (rules, _) = Texts::new("ossec-4.3").file("a.xml", long).load();
    assert_eq!(rules.unwrap().rule(bartizan_rules::RuleIndex(7)).id, 123_456);
}

#[test]
fn names_and_values_are_checked() {
    check("<category>IDS</category>", ("R0031", "IDS", "did you mean `ids`?"));
    check("<category>host-information</category>", ("R0031", "host-information", "no category"));
    check(
        "<compiled_rule>check_id_siz</compiled_rule>",
        ("R0033", "check_id_siz", "`check_id_size`"),
    );
    check("<SAME_ID />", ("R0020", "SAME_ID", "lower case"));
    check(
        "<options>no_log,alert_by_email</options>",
        ("R0032", "no_log,alert_by_email", "has one option"),
    );
    check("<options></options>", ("R0032", "options", "no option"));
    check("<weekday>tuesdays</weekday>", ("R0035", "tuesdays", "tuesday"));
    check("<time>9:5-10:00</time>", ("R0034", "-10:00", "two digits"));
    check("<ignore>nothing</ignore>", ("R0037", "nothing", "srcip"));
    check("<if_sid>abc</if_sid>", ("R0050", "abc", "rule ids"));
    check("<if_sid>1;2</if_sid>", ("R0050", ";2", "rule ids"));
    check("<if_sid>100001</if_sid>", ("R0051", "100001", "its own parent"));
    check("<if_group>^log</if_group>", ("R0054", "^log", "group"));
    check("<if_group>sysloog</if_group>", ("R0054", "sysloog", "did you mean `syslog`?"));
    check("<if_level>x</if_level>", ("R0053", "x", "level"));
    check("<if_matched_sid>1,2</if_matched_sid>", ("R0061", "1,2", "one rule id"));
    check("<same_user /><match>a</match>", ("R0060", "same_user", "if_matched_sid"));
    check("<regex>\\+</regex>", ("R0040", "\\+", "pattern"));
    check("<if_matched_regex></if_matched_regex>", ("R0040", "if_matched_regex", "empty"));
    for dialect in ["ossec-4.3", "ossec-2.8"] {
        check_in(dialect, "<list>lists/x</list>", ("R0044", "list", "field="));
    }
    for dialect in ["bartizan", "ossec-4.3"] {
        check_in(dialect, "<field>a</field>", ("R0039", "field", "name="));
        check_in(dialect, "<match_pcre2></match_pcre2>", ("R0040", "match_pcre2", "empty"));
    }
    check_in("ossec-2.8", "<match_pcre2>a</match_pcre2>", ("R0020", "match_pcre2", "2.8"));
    check_in("ossec-2.8", "<different_srcip />", ("R0020", "different_srcip", "2.8"));
    check_in("ossec-2.8", "<check_if_ignored>data</check_if_ignored>", ("R0037", "data", "alone"));
    check_in("ossec-4.3", "<weekday>!mon</weekday>", ("R0035", "!mon", "refused"));
    check_in("ossec-4.3", "<if_sid>1\t2</if_sid>", ("R0050", "\t2", "rule ids"));
}

#[test]
fn what_only_wazuh_knows_is_told_apart() {
    let matched = "<if_matched_sid>1</if_matched_sid>";
    let same = format!("{matched}<same_srcip />");
    check_in("ossec-4.3", &same, ("R0021", "same_srcip", "<same_source_ip>"));
    let different = format!("{matched}<different_dstip />");
    check("<location>x</location>", ("R0021", "location", "Wazuh"));
    for dialect in DIALECTS {
        check_in(dialect, &different, ("R0021", "different_dstip", "Wazuh"));
    }
    let negated = "<srcip negate=\"yes\">10.0.0.1</srcip>";
    check_in("bartizan", negated, ("R0021", "negate", "texts and fields only"));
    check_in("ossec-4.3", "<match negate=\"yes\">a</match>", ("R0021", "negate", "refuses"));
    check_in("bartizan", "<match type=\"osmatsh\">a</match>", ("R0040", "osmatsh", "`osmatch`"));
    check_warning(
        "bartizan",
        "<rule id=\"100001\" level=\"3\"><mitre><id>T1</id></mitre></rule>",
        "R0021",
        "left out",
    );
}

#[test]
fn a_mistake_inside_a_joined_pattern_is_pointed_at() {
    let elements = "<regex>good|</regex><regex>ba\\q</regex>";
    for dialect in DIALECTS {
        check_in(dialect, elements, ("R0040", "\\q", "pattern"));
    }
}

#[test]
fn ids_are_checked_against_other_rules() {
    let rule = |id: u32, rest: &str, elements: &str| {
        format!("<rule id=\"{id}\" level=\"3\" {rest}><match>a</match>{elements}</rule>\n")
    };
    for dialect in DIALECTS {
        let text = format!(
            "<group name=\"t,\">\n{}{}</group>",
            rule(100_001, "", ""),
            rule(100_001, "", "")
        );
        check_file(dialect, &text, &[("R0017", "100001", "local_rules.xml:2")]);
        let text = format!("<group name=\"t,\">{}</group>", rule(100_001, "overwrite=\"yes\"", ""));
        check_file(dialect, &text, &[("R0018", "100001", "no rule 100001")]);
        let child = rule(100_002, "", "<if_sid>100001</if_sid>");
        let text = format!("<group name=\"t,\">{child}{}</group>", rule(100_001, "", ""));
        check_file(dialect, &text, &[("R0051", "100001", "comes later")]);
    }
}

#[test]
fn a_broken_parent_is_reported_once() {
    let text = "<group name=\"t,\">\
        <rule id=\"100001\" level=\"3\"><mtach>a</mtach></rule>\
        <rule id=\"100002\" level=\"3\"><if_sid>100001</if_sid></rule>\
        <rule id=\"100003\" level=\"3\"><if_sid>100002</if_sid></rule></group>";
    let unreadable = text.replace("id=\"100001\"", "id=\"10000l\"");
    let orphan = text.replace("<mtach>a</mtach>", "<if_sid>100777</if_sid>");
    for dialect in DIALECTS {
        check_file(dialect, text, &[("R0020", "mtach", "`match`")]);
        let expected = [("R0012", "10000l", "digits"), ("R0020", "mtach", "`match`")];
        check_file(dialect, &unreadable, &expected);
        check_file(dialect, &orphan, &[("R0051", "100777", "no rule")]);
    }
}

#[test]
fn a_missing_template_is_reported_once() {
    let text = "<group name=\"t,\"><rule id=\"100001\" level=\"3\"><match>a</match></rule>\
        <rule id=\"100002\" level=\"3\"><match>b</match></rule></group>";
    let mut texts = Texts::new("bartizan");
    texts.rules.clear();
    let (rules, diagnostics) = texts.file("a.xml", text).load();
    assert!(rules.is_none());
    assert_eq!(diagnostics.len(), 1, "{}", shown(&diagnostics));
    assert!(shown(&diagnostics).contains("rules_config.xml"));
}

#[test]
fn parents_in_a_file_that_cannot_be_read_are_no_errors() {
    let texts = Texts::new("bartizan")
        .file("broken.xml", "<group name=\"t,\"><rule id=\"100001\" level=\"3\">")
        .file("a.xml", "<group name=\"t,\"><rule id=\"100002\" level=\"3\"><if_sid>100001</if_sid></rule></group>");
    let (rules, diagnostics) = texts.load();
    assert!(rules.is_none());
    let errors: Vec<_> = diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code).collect();
    assert!(errors.iter().all(|code| code.starts_with('X')), "{}", shown(&diagnostics));
    assert!(diagnostics.iter().any(|d| d.severity == Severity::Note && d.code == "R0051"));
}

#[test]
fn what_loads_but_means_something_else_is_warned_of() {
    let rule = |attributes: &str, elements: &str| {
        format!("<rule id=\"100001\" level=\"3\" {attributes}>{elements}</rule>")
    };
    let both = |attributes: &str, elements: &str, code: &str, part: &str| {
        check_warning("bartizan", &rule(attributes, elements), code, part);
        check_warning("ossec-4.3", &rule(attributes, elements), code, part);
    };
    both("noalert=\"0\"", "<match>a</match>", "R0016", "any value");
    both("", "<match>a</match><match_pcre2>b</match_pcre2>", "R0041", "`a`");
    both("", "<if_sid>1,</if_sid>", "R0052", "category");
    both("", "<time>12 am - 1 pm</time>", "R0036", "12 am");
    both("", "<not_same_user />", "R0064", "no effect");
    both("", "<decoded_as>tst</decoded_as><decoded_as>sshd</decoded_as>", "R0023", "last");
    both("", "<field name=\"color\">a</field>", "R0043", "color");
    both("", "<field name=\"srcip\">a</field>", "R0043", "elements of their own");
    both("", "<info type=\"x\">a</info>", "R0047", "text");
    both("", "<match color=\"red\">a</match>", "R0024", "no effect");
    both("", "<check_diff>no</check_diff>", "R0026", "flag");
    both("frequency=\"128\"", "<if_matched_sid>1</if_matched_sid>", "R0065", "never fires");
    both("", "<if_sid>1</if_sid><if_group>syslog</if_group>", "R0057", "if_sid");
    both("", "<if_sid>1, 1</if_sid>", "R0058", "twice");
    both("", "<if_sid>1</if_sid><if_matched_sid>7777</if_matched_sid>", "R0062", "7777");
    check_warning(
        "bartizan",
        "<rule id=\"100001\" level=\"17\"><match>a</match></rule>",
        "R0015",
        "16",
    );
    check_warning(
        "bartizan",
        &format!(
            "{}<rule id=\"100001\" level=\"3\" overwrite=\"yes\"><if_sid>2</if_sid></rule>",
            rule("", "<match>a</match>")
        ),
        "R0057",
        "keeps the parents",
    );
}

#[test]
fn messages_about_one_file_are_limited() {
    let rules: String = (0..2_000)
        .map(|n| format!("<rule id=\"{}\" level=\"3\"><x /></rule>", 10_000 + n))
        .collect();
    let text = format!("<group name=\"t,\">{rules}</group>");
    let (rules, diagnostics) = Texts::new("bartizan").file("a.xml", text).load();
    assert!(rules.is_none());
    assert_eq!(diagnostics.len(), 1_001);
    assert!(diagnostics[1_000].message.contains("1000 more"), "{}", diagnostics[1_000]);
}
