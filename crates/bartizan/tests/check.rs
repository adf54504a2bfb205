//! `bartizan check`: exit codes, JSON, what deviations touch, and what is said about rules that never match.

mod support;

use std::collections::BTreeSet;

use bartizan_base::{Deviation, Dialect};
use serde_json::Value;
use support::direct::{self, Case};
use support::recorded::{self, Expected, TOPICS};
use support::small;
use support::{Home, bartizan};

/// A home with these rules in a group `t,`.
fn home(rules: &str) -> Home {
    let home = Home::empty();
    let config = "<ossec_config><rules><include>templates.xml</include>\
        <include>case.xml</include></rules></ossec_config>";
    home.write("etc/ossec.conf", config.as_bytes());
    let case = small::case(rules, &[]);
    home.write("etc/decoder.xml", &case.decoders[0].1);
    home.write("rules/templates.xml", &case.rules[0].1);
    home.write("rules/case.xml", &case.rules[1].1);
    home
}

fn status(home: &Home, more: &[&str]) -> Option<i32> {
    home.run(&[&["check"], more].concat(), b"").status.code()
}

fn json(home: &Home) -> Value {
    let output = home.run(&["check", "--json"], b"");
    serde_json::from_slice(&output.stdout).expect("a JSON document")
}

#[test]
fn the_exit_status_tells_sound_from_wrong_from_impossible() {
    let sound = home("100001 3: <match>AAA</match>");
    assert_eq!(status(&sound, &[]), Some(0));
    let doubtful = home("100001 20: <match>AAA</match>");
    assert_eq!(status(&doubtful, &[]), Some(0));
    assert_eq!(status(&doubtful, &["--strict"]), Some(1));
    let wrong = home("100001 3: <matsh>AAA</matsh>");
    assert_eq!(status(&wrong, &[]), Some(1));
    let missing = bartizan(&["check", "-c", "/nowhere/ossec.conf"], b"");
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn json_has_each_message_with_its_place_and_code() {
    let document = json(&home("100001 20: <match>AAA</match>"));
    assert_eq!(document["errors"], 0);
    assert_eq!(document["warnings"], 1);
    let message = &document["diagnostics"][0];
    assert_eq!(message["severity"], "warning");
    assert_eq!(message["code"], "R0015");
    assert_eq!(message["line"], 2);
    assert_eq!(message["column"], 26);
    assert_eq!(message["text"], "20");
    assert!(message["file"].as_str().is_some_and(|file| file.ends_with("rules/case.xml")));
}

#[test]
fn json_names_the_rules_that_deviations_touch() {
    let document = json(&home(
        r#"100001 3: <time>10 pm - 6 am</time>
           100002 3: <decoded_as>tst</decoded_as>
           100003 10: <if_matched_sid>100002</if_matched_sid><same_user />"#,
    ));
    let deviations = document["deviations"].as_object().expect("an object");
    assert_eq!(deviations["time-ranges"], serde_json::json!([100_001]));
    assert_eq!(deviations["foreign-restart"], serde_json::json!([100_003]));
    assert!(deviations.get("level-99").is_none(), "{deviations:?}");
}

/// The rules that `deviation` touches, whether the switch is on or off.
#[track_caller]
fn check_touched(deviation: Deviation, case: &Case, expected: &[u32]) {
    for dialect in [Dialect::OURS, Dialect::OURS.with(deviation, true)] {
        let (ruleset, files) = case.compile_with_files(dialect).expect("loads");
        let touched = ruleset.touched_by_deviations(&files);
        let ids = touched.get(deviation.row().name).map_or(&[][..], Vec::as_slice);
        assert_eq!(ids, expected, "{} {}", deviation.row().name, dialect.has(deviation));
    }
}

#[test]
fn what_loading_decides_is_found_by_loading_both_ways() {
    let touched = |deviation: Deviation, rules: &str, expected: &[u32]| {
        check_touched(deviation, &small::case(rules, &[]), expected);
    };
    let rules = "100001 99: <match>AAA</match>\n100002 0 accuracy=\"0\": <match>BBB</match>\n\
        100003 9: <match>CCC</match>";
    touched(Deviation::Level99, rules, &[100_001, 100_002]);
    let rules = "100001 3: <match>AAA</match>\n100002 3: <if_sid>100001,</if_sid>\n\
        100003 3: <if_sid>100001</if_sid>";
    touched(Deviation::StrayParents, rules, &[100_002]);
    let rules = "100001 3: <pcre2>AAA</pcre2>\n100002 3: <match>BBB</match>\n\
        100001 4 overwrite=\"yes\": <pcre2>CCC</pcre2>\n\
        100002 4 overwrite=\"yes\": <match>DDD</match>";
    touched(Deviation::PartialOverwrite, rules, &[100_001]);
    // The composite, and the rule that does not feed it.
    let rules = "100001 3: <match>AAA</match><group>zz,</group>\n\
        100002 9: <if_matched_group>zz</if_matched_group>\n\
        100003 3: <match>BBB</match><group>zz,</group>";
    touched(Deviation::GroupFeeders, rules, &[100_002, 100_003]);
    let rules = "100001 3: <decoded_as>tst</decoded_as>\n\
        100002 9: <if_sid>100001</if_sid><if_matched_regex>x</if_matched_regex><same_location />\n\
        100003 9: <if_sid>100001</if_sid><if_matched_regex>x</if_matched_regex><same_user />";
    touched(Deviation::UnevaluatedTests, rules, &[100_002]);
    let rules = "100001 3: <decoded_as>tst</decoded_as><check_if_ignored>data</check_if_ignored>\n\
        100002 3: <decoded_as>tst</decoded_as><check_if_ignored>id</check_if_ignored>";
    touched(Deviation::IgnoreData, rules, &[100_001]);
}

#[test]
fn what_is_refused_with_the_switch_turned_is_found_by_its_place() {
    let rules = "100001 3: <match>AAA</match>\n100002 3: <weekday>!monday</weekday>\n\
        100003 3: <match>BBB</match>";
    let case = small::case(rules, &[]);
    let (ruleset, files) = case.compile_with_files(Dialect::OURS).expect("loads");
    assert_eq!(ruleset.touched_by_deviations(&files)["strict-loading"], [100_002]);
    let case = small::case("100001 3: <srcip>10.0.0.1/</srcip>\n100002 3: <match>A</match>", &[]);
    let (ruleset, files) = case.compile_with_files(Dialect::OSSEC_4_3).expect("loads");
    assert_eq!(ruleset.touched_by_deviations(&files)["lax-loading"], [100_001]);
}

#[test]
fn what_running_decides_is_read_off_the_rules() {
    let touched = |deviation: Deviation, rules: &str, expected: &[u32]| {
        check_touched(deviation, &small::case(rules, &[]), expected);
    };
    let rules = r#"100001 3: <regex>a\tb</regex>
        100002 3: <regex>a\\tb</regex>
        100003 3: <match>a\tb</match>
        100004 3: <pcre2>\n</pcre2>"#;
    touched(Deviation::ControlCharacters, rules, &[100_001, 100_004]);
    let rules = "100001 3: <match>AAA</match>\n100002 3: <match>^AAA</match>\n\
        100003 3: <pcre2>AAA</pcre2>\n100004 3: <decoded_as>tst</decoded_as>";
    touched(Deviation::Utf8Check, rules, &[100_001]);
    let rules = "100001 3: <match>AAA</match><group>zz,</group>\n\
        100002 3: <match>BBB</match><group>zz,</group>\n\
        100003 9: <if_matched_sid>100001</if_matched_sid>\n\
        100004 9: <if_matched_group>zz</if_matched_group>";
    touched(Deviation::SidStarvesGroup, rules, &[100_001]);
}

#[test]
fn decoders_decide_which_rules_fts_srcuser_touches() {
    let mut case = small::case(
        "100001 3: <decoded_as>f</decoded_as><if_fts />\n100002 3: <decoded_as>g</decoded_as><if_fts />",
        &[],
    );
    let decoder = |name: &str, key: &str| {
        format!(
            "<decoder name=\"{name}\"><prematch>^{name} </prematch><regex>s=(\\S+) d=(\\S+)</regex>\
             <order>srcuser,dstuser</order><fts>name, {key}</fts></decoder>"
        )
    };
    case.decoders[0].1 = (decoder("f", "srcuser") + &decoder("g", "id")).into_bytes();
    check_touched(Deviation::FtsSrcuser, &case, &[100_001]);
}

/// Codes and rule ids of what is said about a rule set.
fn lints(rules: &str) -> Vec<String> {
    let ruleset = small::case(rules, &[]).compile(Dialect::OURS).expect("loads");
    let lints = ruleset.lints();
    lints.iter().map(|lint| format!("{} {}", lint.code, lint.message)).collect()
}

#[track_caller]
fn check_lint(rules: &str, expected: &str) {
    let lints = lints(rules);
    assert!(
        lints.len() == 1 && lints[0].starts_with(expected),
        "expected {expected}, got {lints:#?}"
    );
}

#[test]
fn a_rule_that_nothing_gets_to_is_named() {
    // Said once: what stands below 100003 is not to blame.
    check_lint(
        "100001 3: <match>AAA</match>\n\
         100002 3: <if_sid>100001</if_sid><decoded_as>tst</decoded_as>\n\
         100003 3: <if_sid>100002</if_sid><decoded_as>rootcheck</decoded_as>\n\
         100004 3: <if_sid>100003</if_sid><match>x</match>",
        "R0070 rule 100003 never matches: no event of decoder `rootcheck` gets here",
    );
    check_lint(
        "100001 3: <srcgeoip>DE</srcgeoip>\n100002 3: <decoded_as>tst</decoded_as><dstip>any</dstip>",
        "R0070 rule 100002 never matches: no decoder that leads here sets `dstip`",
    );
    check_lint(
        "100001 3: <decoded_as>tst</decoded_as><if_fts />",
        "R0070 rule 100001 never matches: no decoder that leads here has <fts>",
    );
    check_lint(
        "100001 3: <decoded_as>tst</decoded_as>\n100002 0: <if_sid>100001</if_sid>\n\
         100003 3: <if_sid>100001</if_sid><match>x</match>",
        "R0071 rule 100003 is never tried: rule 100002 stands before it",
    );
}

#[test]
fn a_rule_that_can_match_somewhere_is_not_named() {
    let none: [&str; 0] = [];
    // Below the second parent it can.
    let rules = "100001 3: <decoded_as>rootcheck</decoded_as><category>ossec</category>\n\
        100002 3: <decoded_as>tst</decoded_as>\n\
        100003 3: <if_sid>100001, 100002</if_sid><srcip>any</srcip>";
    assert_eq!(lints(rules), none);
    // `noalert` falls through.
    let rules = "100001 3: <decoded_as>tst</decoded_as>\n\
        100002 0 noalert=\"1\": <if_sid>100001</if_sid>\n\
        100003 3: <if_sid>100001</if_sid><match>x</match>";
    assert_eq!(lints(rules), none);
}

#[test]
fn a_pattern_that_needs_backtracking_is_noted() {
    check_lint("100001 3: <pcre2>(a)\\1</pcre2>", "P0001 pattern of rule 100001 needs");
}

/// No rule that a recording fires may be called dead.
#[test]
fn rules_that_fire_in_recordings_are_never_called_dead() {
    let fired = |answers: &[Value]| -> BTreeSet<u64> {
        answers.iter().filter_map(|answer| answer["rule"].as_u64()).collect()
    };
    let check = |what: &str, case: &Case, dialect: Dialect, fired: &BTreeSet<u64>| {
        let Ok(ruleset) = case.compile(dialect) else { return };
        for lint in ruleset.lints().iter().filter(|lint| lint.code.starts_with('R')) {
            let id = lint.message.split(' ').nth(1).and_then(|id| id.parse().ok());
            let id: u64 = id.expect("rule ID …");
            assert!(!fired.contains(&id), "{what} in {dialect}: {}", lint.message);
        }
    };
    for (name, dialect) in [("ossec-4.3", Dialect::OSSEC_4_3), ("ossec-2.8", Dialect::ossec_2_8())]
    {
        let Some(stock) = direct::stock(name) else { return };
        for corpus in ["ini", "Linux", "OpenSSH"] {
            let file = format!("expected/{name}.{corpus}.jsonl");
            let answers = bartizan_conformance::json_lines(&file).expect("recorded");
            check(corpus, &stock, dialect, &fired(&answers));
        }
        for topic in TOPICS {
            for case in recorded::topic(topic).expect("recorded") {
                if let Some(Expected::Answers(answers)) = case.expected(name) {
                    check(&case.id, &case.case, dialect, &fired(answers));
                }
            }
        }
    }
}

/// Every finding about the stock rule sets was looked at: these two rules are dead in the originals, too.
#[test]
fn findings_about_the_stock_rules_are_those_that_are_true() {
    for (name, expected) in [
        // `bsd_kernel` sets dstip and extra_data only.
        ("ossec-4.3", ["R0070 rule 51527"].as_slice()),
        // 18100 has no condition beside the category, and comes first.
        ("ossec-2.8", ["R0071 rule 7701"].as_slice()),
    ] {
        let Some(stock) = direct::stock(name) else { return };
        let ruleset = stock.compile(Dialect::parse(name).expect("a dialect")).expect("loads");
        let found: Vec<String> = ruleset
            .lints()
            .iter()
            .map(|lint| {
                let words: Vec<&str> = lint.message.split(' ').take(2).collect();
                format!("{} {}", lint.code, words.join(" "))
            })
            .collect();
        assert_eq!(found, expected, "{name}");
    }
}
