//! What a user sees when one deviation is corrected: small rule sets for each, with the answers the
//! specification demands. No recording shows most of these.
//!
//! Each is asked four times: in the dialects as they are and with that one switch off, and by default as it
//! is and with that one switch on.

mod support;

use bartizan_analysis::{Input, Role};
use bartizan_base::{Deviation, Dialect, Timestamp};
use support::direct::{self, Case};
use support::small::{self, run_length, short};

/// What a rule set that must not load answers.
const REFUSED: &str = "refused";

fn shown(case: &Case, dialect: Dialect) -> String {
    match case.answers(dialect) {
        Err(_) => REFUSED.into(),
        Ok(answers) => run_length(&answers.iter().map(short).collect::<Vec<_>>()),
    }
}

/// Which of the originals a rule set is for.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Both,
    Only43,
}

#[track_caller]
fn check(deviation: Deviation, of: Of, case: &Case, original: &str, corrected: &str) {
    let name = deviation.row().name;
    let mut bases = vec![Dialect::OSSEC_4_3];
    if of == Of::Both {
        bases.push(Dialect::ossec_2_8());
    }
    for base in bases {
        assert_eq!(shown(case, base), original, "{base}");
        assert_eq!(shown(case, base.with(deviation, false)), corrected, "{base} without {name}");
    }
    assert_eq!(shown(case, Dialect::OURS), corrected, "default");
    let switched_on = Dialect::OURS.with(deviation, true);
    assert_eq!(shown(case, switched_on), original, "default with {name}");
}

/// A case with `decoders` in place of `tst`.
fn with_decoders(decoders: &str, rules: &str, lines: &[&str]) -> Case {
    let mut case = small::case(rules, lines);
    case.decoders = vec![("etc/decoder.xml".into(), decoders.into())];
    case
}

#[test]
fn control_characters_tab_and_line_feed_stay_in_the_event() {
    let case = small::case(
        r#"100001 3: <regex>^a\tb</regex>
           100002 2: <match>^ab</match>
           100003 1: <match>a</match>"#,
        &["a\tb", "a\nb", "a\u{1}b", "a\u{7f}\rb"],
    );
    let (original, corrected) = ("100002/2* x4", "100001/3*, 100003/1*, 100002/2* x2");
    check(Deviation::ControlCharacters, Of::Only43, &case, original, corrected);
}

#[test]
fn utf8_check_one_foreign_byte_does_not_blind_patterns() {
    let case = small::case(
        r#"100001 4: <match>attack</match>
           100002 3: <regex>drop\D+end</regex>
           100003 2: <match>^start</match>"#,
        &["an attack", "an attack \u{ff} x", "drop \u{ff} end", "start \u{ff}"],
    );
    let original = "100001/4*, - x2, 100003/2*";
    let corrected = "100001/4* x2, 100002/3*, 100003/2*";
    check(Deviation::Utf8Check, Of::Only43, &case, original, corrected);
}

#[test]
fn header_remainders_odd_headers_stay_whole() {
    // The colon that is taken for that of a time zone stands where six digits of a second would end.
    let zone = small::case(
        r#"100001 4: <match>^rog[12]: hello</match>
           100002 3: <match>^2007-06-14T15</match>"#,
        &["2007-06-14T15:48:55.335Z ab: prog[12]: hello there"],
    );
    check(Deviation::HeaderRemainders, Of::Only43, &zone, "100001/4*", "100002/3*");
    // AIX: a process id without a colon, and a program without one.
    let aix = small::case(
        r#"100001 4: <program_name>^sshd$</program_name>
           100002 3: <program_name>^sshd hello world$</program_name>
           100003 2: <match>sshd[12] hello world|sshd hello world</match>"#,
        &[
            "Dec 29 10:00:01 host auth|security:info sshd[12]: hello world",
            "Dec 29 10:00:01 host auth|security:info sshd[12] hello world",
            "Dec 29 10:00:01 host auth|security:info sshd hello world",
        ],
    );
    let original = "100001/4* x2, 100002/3*";
    check(Deviation::HeaderRemainders, Of::Both, &aix, original, "100001/4*, 100003/2* x2");
}

#[test]
fn strict_loading_what_is_harmless_is_accepted() {
    let strict = |of: Of, case: &Case, corrected: &str| {
        check(Deviation::StrictLoading, of, case, REFUSED, corrected);
    };
    // Monday is not Tuesday.
    let weekday = "100001 3: <weekday>!tuesday</weekday>\n100002 2: <weekday>! mon</weekday>";
    strict(Of::Both, &small::case(weekday, &["AAA"]), "100001/3*");
    let if_sid = "100001 3: <match>AAA</match>\n100002 3: <match>BBB</match>\n\
        <rule id=\"100003\" level=\"5\"><if_sid>100001,\t100002</if_sid><match>x</match></rule>";
    strict(Of::Both, &small::case(if_sid, &["AAA x", "BBB x", "AAA"]), "100003/5* x2, 100001/3*");
    let attribute = "100001 3: <match var=\"x\">AAA</match>";
    strict(Of::Both, &small::case(attribute, &["AAA", "BBB"]), "100001/3*, -");
    // What only Wazuh knows: an absent field is no match, also negated.
    let negate = "100001 3: <srcip>10.0.0.1</srcip><user negate=\"yes\">bob</user>";
    let lines = ["tst: src=10.0.0.1 user=eve", "tst: src=10.0.0.1 user=bob", "tst: src=10.0.0.1"];
    strict(Of::Both, &small::case(negate, &lines), "100001/3*, - x2");
    let same = "100001 3: <decoded_as>tst</decoded_as>\n\
        100002 10: <if_matched_sid>100001</if_matched_sid><same_srcip />";
    let lines = ["tst: src=10.0.0.1", "tst: src=10.0.0.2", "tst: src=10.0.0.1"];
    strict(Of::Both, &small::case(same, &lines), "100001/3* x2, 100002/10*");
}

#[test]
fn strict_loading_decoders_with_a_status_or_an_anchored_literal_are_accepted() {
    let rules = "100001 3: <decoded_as>one</decoded_as>";
    let status = "<decoder name=\"one\" status=\"enabled\"><prematch>^o x</prematch></decoder>";
    let case = with_decoders(status, rules, &["o xy", "p xy"]);
    check(Deviation::StrictLoading, Of::Both, &case, REFUSED, "100001/3*, -");
    let literal = "<decoder name=\"one\"><prematch>^o</prematch>\
        <regex>^o x</regex><order>user</order></decoder>";
    let case = with_decoders(literal, rules, &["o xy", "p xy"]);
    check(Deviation::StrictLoading, Of::Only43, &case, REFUSED, "100001/3*, -");
}

#[test]
fn lax_loading_what_cannot_be_meant_is_refused() {
    let lax = |of: Of, rules: &str, lines: &[&str], original: &str| {
        check(Deviation::LaxLoading, of, &small::case(rules, lines), original, REFUSED);
    };
    lax(Of::Both, "1234567 3: <match>AAA</match>", &["AAA"], "123456/3*");
    lax(Of::Both, "0100020 3: <match>AAA</match>", &["AAA"], "10002/3*");
    lax(Of::Both, "100001 3 maxsize=\"10000\": <match>A</match>", &["A"], "-");
    let everything = ["tst: src=10.1.1.1", "tst: src=10.9.9.9"];
    lax(Of::Both, "100001 3: <srcip>10.1.1.1/</srcip>", &everything, "100001/3* x2");
    lax(Of::Only43, "100001 3: <srcip>10.1.1.1/abc</srcip>", &everything, "100001/3* x2");
    let undeclared = "100001 3: <list field=\"srcip\" lookup=\"not_match_key\">rules/x</list>";
    lax(Of::Only43, undeclared, &["tst: src=10.1.1.1"], "-");
    // In 2.8.3 such a lookup is true (decoding 15).
    let case = small::case(undeclared, &["tst: src=10.1.1.1"]);
    assert_eq!(shown(&case, Dialect::ossec_2_8()), "100001/3*");
    assert_eq!(shown(&case, Dialect::ossec_2_8().with(Deviation::LaxLoading, false)), REFUSED);
}

#[test]
fn lax_loading_a_variable_needs_its_name() {
    let mut case = small::case("", &["AAA"]);
    let text = "<var>AAA</var><group name=\"t,\">\
        <rule id=\"100001\" level=\"3\"><match>AAA</match></rule></group>";
    case.rules[1].1 = text.into();
    check(Deviation::LaxLoading, Of::Both, &case, "100001/3*", REFUSED);
}

#[test]
fn dynamic_fields_keep_their_names() {
    let decoders = "<decoder name=\"one\"><prematch>^o </prematch></decoder>\
        <decoder name=\"k1\"><parent>one</parent><regex>a=(\\S+) b=(\\S+)</regex>\
        <order>f1,f2</order></decoder>\
        <decoder name=\"k1\"><parent>one</parent><regex>c=(\\S+)</regex><order>g1</order></decoder>";
    let rules = r#"100001 4: <field name="f1">^1</field>
        100002 3: <field name="G1">^3</field>"#;
    let case = with_decoders(decoders, rules, &["o a=1 b=2 c=3", "o c=3"]);
    check(Deviation::DynamicFields, Of::Only43, &case, "100002/3* x2", "100001/4*, 100002/3*");
    // Two blanks behind the comma.
    let decoders = "<decoder name=\"one\"><prematch>^o </prematch>\
        <regex>a=(\\S+) b=(\\S+)</regex><order>a,  b</order></decoder>";
    let case = with_decoders(decoders, "100001 3: <field name=\"b\">2</field>", &["o a=1 b=2"]);
    check(Deviation::DynamicFields, Of::Only43, &case, "-", "100001/3*");
}

/// The decoder `f` whose first-time-seen key has srcuser in it.
const SRCUSER: &str = "<decoder name=\"f\"><prematch>^f </prematch>\
    <regex>s=(\\S+) d=(\\S+)</regex><order>srcuser,dstuser</order><fts>name, srcuser</fts></decoder>";

#[test]
fn fts_srcuser_is_the_source_user() {
    let rules = "100001 2: <decoded_as>f</decoded_as>\n\
        100002 3: <if_sid>100001</if_sid><if_fts />";
    let lines = ["f s=al d=root", "f s=bo d=root", "f s=al d=ann", "f s=al d=root"];
    let case = with_decoders(SRCUSER, rules, &lines);
    // By dstuser the first and third are new, by srcuser the first two.
    let original = "100002/3*, 100001/2*, 100002/3*, 100001/2*";
    check(Deviation::FtsSrcuser, Of::Both, &case, original, "100002/3* x2, 100001/2* x2");
}

#[test]
fn fts_srcuser_what_the_original_has_stored_is_seen() {
    let rules = "100001 2: <decoded_as>f</decoded_as>\n\
        100002 3: <if_sid>100001</if_sid><if_fts />";
    let lines = ["f s=al d=root", "f s=al d=ann", "f s=al d=ann"];
    let case = with_decoders(SRCUSER, rules, &lines);
    let mut engine = direct::engine(case.compile(Dialect::OURS).expect("loads"), Role::Tester);
    // Name, id, dstuser, srcuser, srcip, dstip, data, systemname, location.
    engine.state_mut().first_seen.load(b"f  root      \n");
    let answers = direct::answers(engine, &case.events);
    let answers: Vec<String> = answers.iter().map(short).collect();
    assert_eq!(run_length(&answers), "100001/2*, 100002/3*, 100001/2*");
}

#[test]
fn interleaved_chain_only_its_own_members_run() {
    let decoders = "<decoder name=\"one\"><prematch>^o </prematch></decoder>\
        <decoder name=\"k1\"><parent>one</parent><prematch offset=\"after_parent\">^X</prematch>\
        <regex>a=(\\S+)</regex><order>user</order></decoder>\
        <decoder name=\"k2\"><parent>one</parent><prematch offset=\"after_parent\">^Y</prematch>\
        <regex>b=(\\S+)</regex><order>srcip</order></decoder>\
        <decoder name=\"k1\"><parent>one</parent><regex>c=(\\S+)</regex><order>id</order></decoder>";
    let rules = "100001 4: <srcip>any</srcip>\n100002 3: <id>3</id>\n\
        100003 2: <decoded_as>one</decoded_as>";
    let b = "b=10.0.0.1";
    let lines = [format!("o X a=1 {b} c=3"), format!("o Y a=1 {b} c=3"), "o Z c=3".into()];
    let case = with_decoders(decoders, rules, &lines.each_ref().map(String::as_str));
    // X: k2 does not run without its prematch. Y: k2 is selected; in the original it is not even tried.
    let (original, corrected) = ("100001/4*, 100002/3* x2", "100002/3*, 100001/4*, 100003/2*");
    check(Deviation::InterleavedChain, Of::Both, &case, original, corrected);
}

#[test]
fn pf_ipv6_addresses_are_read_whole() {
    let decoders = "<decoder name=\"pf\"><prematch>^rule </prematch><type>firewall</type>\
        <plugin_decoder>PF_Decoder</plugin_decoder></decoder>";
    let rules = "100001 5: <category>firewall</category><srcport>^6667$</srcport><dstport>^22$</dstport>\n\
        100002 4: <category>firewall</category><action>pass</action>";
    let lines = [
        "rule 2/(match) pass in on xl0: 140.211.166.3.6667 > 192.168.2.10.22: P 7408:7677(269) ack",
        "rule 2/(match) pass in on xl0: 2001:db8::1.6667 > 2001:db8::2.22: P 7408:7677(269) ack",
    ];
    let case = with_decoders(decoders, rules, &lines);
    check(Deviation::PfIpv6, Of::Both, &case, "100001/5*, 100002/4*", "100001/5* x2");
}

#[test]
fn level_99_is_the_level_that_is_written() {
    let rules = "100001 99: <match>AAA</match>\n100002 0 accuracy=\"0\": <match>BBB</match>";
    let case = small::case(rules, &["AAA", "BBB"]);
    check(Deviation::Level99, Of::Both, &case, "100001/0, 100002/99", "100001/99*, 100002/0");
}

#[test]
fn time_ranges_reach_over_midnight() {
    let at = |time: &str| {
        let (hour, minute) = time.split_once(':').expect("HH:MM");
        let number = |text: &str| text.parse::<u32>().expect("a number");
        format!("@{} AAA", number(hour) * 3600 + number(minute) * 60)
    };
    let check_at = |range: &str, times: &[&str], original: &str, corrected: &str| {
        let lines: Vec<String> = times.iter().map(|time| at(time)).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let case = small::case(&format!("100001 3: <time>{range}</time>"), &lines);
        check(Deviation::TimeRanges, Of::Both, &case, original, corrected);
    };
    let times = ["6:00", "6:01", "12:00", "21:59", "22:00", "22:01", "0:00", "5:59"];
    check_at("10 pm - 6 am", &times, "- x5, 100001/3* x3", "100001/3*, - x3, 100001/3* x4");
    check_at("! 10 pm - 6 am", &times, "- x5, 100001/3* x3", "-, 100001/3* x3, - x4");
    let times = ["0:00", "8:00", "11:59", "12:00", "13:00", "13:01"];
    check_at("12 am - 1 pm", &times, "- x3, 100001/3* x2, -", "100001/3* x5, -");
    // A range without its end is tolerated and means the same everywhere.
    for range in ["9:00 -", "- 9:00", "12 pm - 1 pm"] {
        let lines: Vec<String> = ["0:00", "8:59", "9:00", "9:01", "12:30", "23:59"]
            .iter()
            .map(|time| at(time))
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let case = small::case(&format!("100001 3: <time>{range}</time>"), &lines);
        assert_eq!(shown(&case, Dialect::OSSEC_4_3), shown(&case, Dialect::OURS), "{range}");
    }
}

#[test]
fn stray_parents_only_what_is_written_is_a_parent() {
    for if_sid in ["100001,", "100001 ", "100001,00", "0 100001"] {
        let rules = format!(
            "100001 3: <match>AAA</match>\n100003 5: <if_sid>{if_sid}</if_sid><match>x</match>"
        );
        let case = small::case(&rules, &["AAA x", "unrelated x"]);
        check(Deviation::StrayParents, Of::Both, &case, "100003/5* x2", "100003/5*, -");
    }
    // Level 0 is below level 5.
    let rules = "100001 0: <match>AAA</match>\n100002 5: <match>BBB</match>\n\
        100003 8: <if_level>5</if_level>";
    let case = small::case(rules, &["AAA", "BBB", "CCC"]);
    check(Deviation::StrayParents, Of::Both, &case, "100003/8* x3", "100001/0, 100003/8*, -");
}

#[test]
fn group_feeders_are_all_rules_of_the_group() {
    // The counted rule comes later; the parent is another one.
    let rules = "100001 3: <match>AAA</match>\n\
        100002 10: <if_sid>100001</if_sid><if_matched_sid>100003</if_matched_sid>\n\
        100003 3: <match>BBB</match>";
    let case = small::case(rules, &["BBB", "AAA", "AAA"]);
    let corrected = "100003/3*, 100002/10*, 100001/3*";
    check(Deviation::GroupFeeders, Of::Both, &case, "100003/3*, 100001/3* x2", corrected);
    // An overwrite gives a rule another group; before, it fed the composite.
    let rules = "100001 3: <match>AAA</match><group>zz,</group>\n\
        100002 10: <if_matched_group>zz</if_matched_group>\n\
        100001 3 overwrite=\"yes\": <match>AAA</match>";
    let case = small::case(rules, &["AAA 1..2"]);
    check(Deviation::GroupFeeders, Of::Both, &case, "100001/3*, 100002/10*", "100001/3* x2");
}

#[test]
fn sid_starves_group_a_counted_rule_feeds_its_groups_too() {
    let rules = "100001 3: <match>AAA</match><group>zz,</group>\n\
        100002 10 frequency=\"1\": <if_matched_group>zz</if_matched_group>\n\
        100003 9 frequency=\"6\": <if_matched_sid>100001</if_matched_sid>";
    let case = small::case(rules, &["AAA 1..9"]);
    let corrected = "100001/3* x2, 100002/10*, 100001/3* x2, 100002/10*, 100001/3* x2, 100002/10*";
    let original = "100001/3* x7, 100003/9*, 100001/3*";
    check(Deviation::SidStarvesGroup, Of::Both, &case, original, corrected);
}

#[test]
fn partial_overwrite_an_overwrite_replaces_all_conditions() {
    let lists = |rules: &str, lines: &[&str]| {
        let mut case = small::case(rules, lines);
        case.lists.push(("lists/old".into(), b"10.0.0.1:\n".to_vec()));
        case.lists.push(("lists/new".into(), b"10.0.0.2:\n".to_vec()));
        case
    };
    let rules = "100001 3: <list field=\"srcip\">lists/old</list>\n\
        100001 7 overwrite=\"yes\": <list field=\"srcip\">lists/new</list>";
    let case = lists(rules, &["tst: src=10.0.0.1", "tst: src=10.0.0.2"]);
    check(Deviation::PartialOverwrite, Of::Both, &case, "100001/7*, -", "-, 100001/7*");
    let rules = "100001 3: <pcre2>AAA</pcre2>\n100001 7 overwrite=\"yes\": <match>BBB</match>";
    let case = small::case(rules, &["AAA", "BBB", "AAA BBB"]);
    check(Deviation::PartialOverwrite, Of::Only43, &case, "- x2, 100001/7*", "-, 100001/7* x2");
}

#[test]
fn partial_overwrite_a_changed_search_is_rebuilt() {
    let composite = |overwrite: &str, lines: &[&str], original: &str, corrected: &str| {
        let rules = format!(
            "100001 3: <match>AAA</match>\n100002 3: <match>BBB</match>\n\
             100009 10 frequency=\"2\": <if_sid>100001, 100002</if_sid>\
             <if_matched_sid>100001</if_matched_sid>\n{overwrite}"
        );
        let case = small::case(&rules, lines);
        check(Deviation::PartialOverwrite, Of::Both, &case, original, corrected);
    };
    // Another rule is counted.
    composite(
        "100009 10 overwrite=\"yes\": <if_matched_sid>100002</if_matched_sid>",
        &["BBB", "AAA", "AAA"],
        "100002/3*, 100001/3*, 100009/10*",
        "100002/3*, 100009/10*, 100001/3*",
    );
    // Only the level changes: the original then fires on every event.
    composite(
        "100009 12 overwrite=\"yes\": ",
        &["AAA 1..4"],
        "100009/12* x4",
        "100001/3* x3, 100009/12*",
    );
    // A rule that counted nothing before; 2.8.3 crashes here.
    let rules = "100001 3: <match>AAA</match>\n100002 5: <if_sid>100001</if_sid><match>x</match>\n\
        100002 5 frequency=\"1\" overwrite=\"yes\": <if_matched_sid>100001</if_matched_sid>";
    let case = small::case(rules, &["AAA 1..3"]);
    let corrected = "100001/3* x2, 100002/5*";
    check(Deviation::PartialOverwrite, Of::Only43, &case, "100002/5* x3", corrected);
}

/// 1000 fillers, 3 events that count, a pause of 4 seconds, `fillers` more, and the event that would fire
/// (rules 5.2).
fn overflowing(fillers: u32) -> Case {
    let mut case = small::case(
        r#"100001 3: <match>AAA</match>
           100002 10 frequency="2": <if_matched_sid>100001</if_matched_sid>
           100003 2: <match>filler</match>"#,
        &["filler 1..1000", "AAA 1..3", &format!("@4 filler 1..{fillers}"), "@4 AAA 4"],
    );
    case.settings.rules.memory_events = 2048;
    case
}

#[test]
fn memory_eviction_only_the_oldest_events_go() {
    let last = |fillers: u32, dialect: Dialect| {
        let answers = overflowing(fillers).answers(dialect).expect("loads");
        short(answers.last().expect("an answer"))
    };
    for base in [Dialect::OSSEC_4_3, Dialect::ossec_2_8()] {
        let corrected = base.with(Deviation::MemoryEviction, false);
        for dialect in [base, corrected, Dialect::OURS] {
            assert_eq!(last(1045, dialect), "100002/10*", "2048 events are remembered");
        }
        // One more, and all that is older than the largest frequency, 2 seconds, is gone.
        assert_eq!(last(1046, base), "100001/3*");
        assert_eq!(last(1046, corrected), "100002/10*");
        assert_eq!(last(1046, Dialect::OURS), "100002/10*");
        // The three of a quiet rule are kept, however many events of others come.
        assert_eq!(last(9000, corrected), "100002/10*");
    }
}

#[test]
fn memory_eviction_a_flood_of_other_addresses_hides_nobody() {
    // Of 150 other addresses each fails once between the failures of 9.9.9.9.
    let others = |from: u32| (from..from + 50).map(|n| format!("tst: src=1.1.{n}.1"));
    let mut lines: Vec<String> = Vec::new();
    for round in 0..4 {
        lines.push("tst: src=9.9.9.9".into());
        lines.extend(others(round * 50));
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let case = small::case(
        r#"100001 3: <decoded_as>tst</decoded_as>
           100002 10 frequency="2": <if_matched_sid>100001</if_matched_sid><same_source_ip />"#,
        &lines,
    );
    let (original, corrected) = ("100001/3* x204", "100001/3* x153, 100002/10*, 100001/3* x50");
    check(Deviation::MemoryEviction, Of::Only43, &case, original, corrected);
}

#[test]
fn unevaluated_tests_are_evaluated() {
    let regex_search = |test: &str, lines: &[&str], original: &str, corrected: &str| {
        let rules = format!(
            "100001 3: <decoded_as>tst</decoded_as>\n\
             100002 10: <if_sid>100001</if_sid><if_matched_regex>n</if_matched_regex>{test}"
        );
        let case = small::case(&rules, lines);
        check(Deviation::UnevaluatedTests, Of::Both, &case, original, corrected);
    };
    let lines = ["tst: n sport=1 dport=7", "tst: n sport=2 dport=8", "tst: n sport=1 dport=7"];
    let (original, corrected) = ("100001/3*, 100002/10*, 100001/3*", "100001/3* x2, 100002/10*");
    regex_search("<same_src_port />", &lines, original, corrected);
    regex_search("<same_dst_port />", &lines, original, corrected);
    let lines =
        ["Nov 24 08:00:00 a tst: n 1", "Nov 24 08:00:00 b tst: n 2", "Nov 24 08:00:00 a tst: n 3"];
    regex_search("<same_location />", &lines, original, corrected);
    let rules = "100001 3: <decoded_as>tst</decoded_as>\n\
        100002 10: <if_matched_sid>100001</if_matched_sid><different_srcip />";
    let lines = ["tst: src=1.1.1.1", "tst: src=1.1.1.1", "tst: none", "tst: src=1.1.1.2"];
    let case = small::case(rules, &lines);
    let original = "100001/3*, 100002/10*, 100001/3*, 100002/10*";
    check(Deviation::UnevaluatedTests, Of::Only43, &case, original, "100001/3* x3, 100002/10*");
}

#[test]
fn foreign_restart_one_user_does_not_hide_another() {
    let rules = "100001 3: <decoded_as>tst</decoded_as>\n\
        100002 10 frequency=\"1\": <if_matched_sid>100001</if_matched_sid><same_user />";
    let lines = [
        "tst: user=a 1",
        "tst: user=b 2",
        "tst: user=a 3",
        "tst: user=b 4",
        "tst: user=a 5",
        "tst: user=b 6",
        "tst: user=a 7",
        "tst: user=b 8",
    ];
    let case = small::case(rules, &lines);
    // a fires on its third and marks its second: b 4 and b 6 still count, and b fires on its fourth.
    let original = "100001/3* x4, 100002/10*, 100001/3* x3";
    let corrected = "100001/3* x4, 100002/10*, 100001/3* x2, 100002/10*";
    check(Deviation::ForeignRestart, Of::Both, &case, original, corrected);
}

#[test]
fn list_lookups_are_as_written() {
    let lists = |rules: &str, lines: &[&str]| {
        let mut case = small::case(rules, lines);
        case.lists.push(("lists/nets".into(), b"10.1.:evil\n10.2.:good\n".to_vec()));
        for (name, user) in [("a", "al"), ("b", "bo"), ("c", "bo")] {
            case.lists.push((format!("lists/{name}"), format!("{user}:\n").into_bytes()));
        }
        case
    };
    let rules = "100001 3: <list field=\"srcip\" lookup=\"address_match_key_value\" \
        check_value=\"^evil\">lists/nets</list>";
    let case =
        lists(rules, &["tst: src=10.1.2.3", "tst: src=10.2.2.3", "tst: src=10.3.2.3", "tst: n"]);
    check(Deviation::ListLookups, Of::Both, &case, "-, 100001/3* x2, -", "100001/3*, - x3");
    // Of three lists the first is left out.
    let list = |name: &str| format!("<list field=\"user\">lists/{name}</list>");
    let rules = format!("100001 3: {}{}{}", list("a"), list("b"), list("c"));
    let case = lists(&rules, &["tst: user=bo", "tst: user=al"]);
    check(Deviation::ListLookups, Of::Both, &case, "100001/3*, -", "- x2");
}

/// What the daemon answers to events of several places.
fn daemon_answers(case: &Case, dialect: Dialect, events: &[(&str, &str)]) -> String {
    let ruleset = case.compile(dialect).expect("loads");
    let mut engine = direct::engine(ruleset, Role::Daemon);
    let answers: Vec<&str> = events
        .iter()
        .map(|(location, text)| {
            let (location, text) = (location.as_bytes(), text.as_bytes());
            let report = engine.analyse(Input { kind: b'1', location, text, time: Timestamp(0) });
            match (report.silence, report.alerts()) {
                (Some(_), _) => "silence",
                (None, true) => "alert",
                (None, false) => "no alert",
            }
        })
        .collect();
    run_length(&answers)
}

#[track_caller]
fn check_daemon(
    deviation: Deviation,
    case: &Case,
    events: &[(&str, &str)],
    [original, corrected]: [&str; 2],
) {
    let base = Dialect::OSSEC_4_3;
    assert_eq!(daemon_answers(case, base, events), original);
    assert_eq!(daemon_answers(case, base.with(deviation, false), events), corrected);
    assert_eq!(daemon_answers(case, Dialect::OURS, events), corrected);
    assert_eq!(daemon_answers(case, Dialect::OURS.with(deviation, true), events), original);
}

#[test]
fn duplicates_across_locations_are_kept_apart() {
    let case = small::case("100001 3: <match>AAA</match>", &[]);
    let agent = "(web) 10.0.0.5->/var/log/x";
    let events = [("/var/log/x", "AAA"), (agent, "AAA"), ("/var/log/x", "AAA")];
    let answers = ["alert, silence x2", "alert x2, silence"];
    check_daemon(Deviation::DuplicatesAcrossLocations, &case, &events, answers);
}

#[test]
fn ignore_data_agrees_with_what_was_written() {
    let rules = "100001 3: <decoded_as>tst</decoded_as><check_if_ignored>data</check_if_ignored>\n\
        100002 9: <if_sid>100001</if_sid><match>IGN</match><ignore>data</ignore>";
    let case = small::case(rules, &[]);
    let line = |text: &str| format!("Dec  1 08:00:00 web1 tst: {text}");
    let lines = [
        line("data=a n1"),
        line("IGN data=a n2"),
        line("data=a n3"),
        line("data=b n4"),
        line("n5"),
    ];
    let events: Vec<(&str, &str)> =
        lines.iter().map(|line| ("/var/log/x", line.as_str())).collect();
    let answers = ["alert x5", "alert x2, no alert, alert x2"];
    check_daemon(Deviation::IgnoreData, &case, &events, answers);
}
