//! The test vectors of the rule engine (rules, appendix A): rules, lines, and what the original answers to
//! them; where a deviation shows, also what is answered once it is corrected.

mod support;

use bartizan_base::Dialect;
use support::small;

struct Vector {
    name: &'static str,
    rules: &'static str,
    lines: &'static [&'static str],
    /// What OSSEC 4.3 answers.
    original: &'static str,
    /// What the default dialect answers, where that is something else.
    corrected: Option<&'static str>,
}

const fn vector(
    name: &'static str,
    rules: &'static str,
    lines: &'static [&'static str],
    original: &'static str,
) -> Vector {
    Vector { name, rules, lines, original, corrected: None }
}

impl Vector {
    const fn corrected(self, corrected: &'static str) -> Self {
        Self { corrected: Some(corrected), ..self }
    }
}

/// Vectors whose rules or answers are not those of 2.8.3 (decoding 15).
const NOT_IN_2_8: [&str; 3] = ["V18", "V30", "V31"];

#[rustfmt::skip]
const VECTORS: [Vector; 33] = [
    vector("V01 frequency 2, sid", r#"
        100001 3: <match>AAA</match>
        100002 10 frequency="2" timeframe="60": <if_matched_sid>100001</if_matched_sid>"#,
        &["AAA 1..8"],
        "100001/3* x3, 100002/10*, 100001/3* x3, 100002/10*"),
    vector("V02 frequency absent", r#"
        100001 3: <match>AAA</match>
        100002 10 timeframe="60": <if_matched_sid>100001</if_matched_sid>"#,
        &["AAA 1..5"],
        "100001/3*, 100002/10*, 100001/3*, 100002/10*, 100001/3*"),
    vector("V03 group search, feeder loaded before", r#"
        100001 3: <match>AAA</match><group>zz,</group>
        100002 10 frequency="1": <if_matched_group>zz</if_matched_group>"#,
        &["AAA 1..6"],
        "100001/3* x2, 100002/10*, 100001/3* x2, 100002/10*"),
    // group-feeders: all three BBB count. The composite stands below 100001 only, so it is tried first on AAA 1;
    // then the newest BBB is marked.
    vector("V04 feeder loaded after the composite", r#"
        100001 3: <match>AAA</match><group>zz,</group>
        100002 10 frequency="1": <if_matched_group>zz</if_matched_group>
        100003 3: <match>BBB</match><group>zz,</group>"#,
        &["BBB 1..3", "AAA 1..3"],
        "100003/3* x3, 100001/3* x2, 100002/10*")
        .corrected("100003/3* x3, 100002/10*, 100001/3* x2"),
    vector("V05 regex search counts any rule's events", r#"
        100001 3: <match>AAA</match>
        100005 4: <match>OTHER</match>
        100002 10 frequency="1": <if_sid>100001</if_sid><if_matched_regex>n=</if_matched_regex>"#,
        &["OTHER n=1", "OTHER n=2", "AAA 3", "AAA n=4"],
        "100005/4* x2, 100002/10*, 100001/3*"),
    // sid-starves-group: 100001 feeds both lists. 100008 is tried first, and its marks of level 10 stop 100009.
    vector("V06 sid list and group list", r#"
        100001 3: <match>AAA</match><group>zz,</group>
        100008 10 frequency="1": <if_matched_group>zz</if_matched_group>
        100009 9 frequency="4": <if_matched_sid>100001</if_matched_sid>"#,
        &["AAA 1..7"],
        "100001/3* x5, 100009/9*, 100001/3*")
        .corrected("100001/3* x2, 100008/10*, 100001/3* x2, 100008/10*, 100001/3*"),
    // group-feeders: two nodes, but an event counts once, so frequency 4 is reached on the sixth.
    vector("V07 two nodes", r#"
        100001 3: <match>AAA</match>
        100002 3: <match>BBB</match>
        100003 5: <if_sid>100001, 100002</if_sid><group>zz,</group>
        100009 10 frequency="4": <if_matched_group>zz</if_matched_group>"#,
        &["AAA 1..6"],
        "100003/5* x3, 100009/10*, 100003/5* x2")
        .corrected("100003/5* x5, 100009/10*"),
    vector("V08 level guard between composites", r#"
        100001 3: <match>AAA</match>
        100002 10 frequency="2": <if_matched_sid>100001</if_matched_sid>
        100003 12 frequency="5": <if_matched_sid>100001</if_matched_sid>"#,
        &["AAA 1..12"],
        "100001/3* x3, 100002/10*, 100001/3* x3, 100003/12*, 100001/3* x3, 100002/10*"),
    vector("V09 lower composite does not stop the higher", r#"
        100001 3: <match>AAA</match>
        100002 10 frequency="2": <if_matched_sid>100001</if_matched_sid>
        100003 5 frequency="1": <if_matched_sid>100001</if_matched_sid>"#,
        &["AAA 1..10"],
        "100001/3* x2, 100003/5*, 100001/3*, 100002/10*, 100001/3* x2, 100003/5*, 100001/3*, 100002/10*"),
    vector("V10 outer composite must be higher: equal level", r#"
        100001 3: <match>AAA</match>
        100002 10: <if_matched_sid>100001</if_matched_sid>
        100003 10: <if_matched_sid>100002</if_matched_sid>"#,
        &["AAA 1..6"],
        "100001/3*, 100002/10*, 100001/3*, 100002/10*, 100001/3*, 100002/10*"),
    vector("V11 outer composite must be higher: 11 over 10", r#"
        100001 3: <match>AAA</match>
        100002 10: <if_matched_sid>100001</if_matched_sid>
        100003 11: <if_matched_sid>100002</if_matched_sid>"#,
        &["AAA 1..8"],
        "100001/3*, 100002/10*, 100001/3*, 100003/11*, 100001/3*, 100002/10*, 100001/3*, 100003/11*"),
    vector("V12 composite of level 0 never fires", r#"
        100001 3: <match>AAA</match>
        100002 0 frequency="1": <if_matched_sid>100001</if_matched_sid>"#,
        &["AAA 1..4"],
        "100001/3* x4"),
    vector("V13 composite with ignore time", r#"
        100001 3: <match>AAA</match>
        100002 10 frequency="1" ignore="60": <if_matched_sid>100001</if_matched_sid>"#,
        &["AAA 1..9"],
        "100001/3* x2, 100002/10*, 100001/3* x2, 100002/10, 100001/3* x2, 100002/10"),
    vector("V14 noalert composite is silent but its marks stop lower composites", r#"
        100001 3: <match>AAA</match>
        100002 10 frequency="1" noalert="1": <if_matched_sid>100001</if_matched_sid>
        100003 5 frequency="2": <if_matched_sid>100001</if_matched_sid>"#,
        &["AAA 1..8"],
        "100001/3* x8"),
    vector("V15 the same without the noalert composite", r#"
        100001 3: <match>AAA</match>
        100003 5 frequency="2": <if_matched_sid>100001</if_matched_sid>"#,
        &["AAA 1..5"],
        "100001/3* x3, 100003/5*, 100001/3*"),
    // foreign-restart: 1.1.1.0 fires on n=6 and marks n=4, its newest; 1.1.1.1 has 5, 7 and 9 behind that when
    // 11 comes.
    vector("V16 same_source_ip with two addresses", r#"
        100001 3: <decoded_as>tst</decoded_as>
        100002 10 frequency="2": <if_matched_sid>100001</if_matched_sid><same_source_ip />"#,
        &["tst: src=1.1.1.0 n=0", "tst: src=1.1.1.1 n=1", "tst: src=1.1.1.0 n=2", "tst: src=1.1.1.1 n=3",
          "tst: src=1.1.1.0 n=4", "tst: src=1.1.1.1 n=5", "tst: src=1.1.1.0 n=6", "tst: src=1.1.1.1 n=7",
          "tst: src=1.1.1.0 n=8", "tst: src=1.1.1.1 n=9", "tst: src=1.1.1.0 n=10", "tst: src=1.1.1.1 n=11",
          "tst: src=1.1.1.0 n=12", "tst: src=1.1.1.1 n=13"],
        "100001/3* x6, 100002/10*, 100001/3* x6, 100002/10*")
        .corrected("100001/3* x6, 100002/10*, 100001/3* x4, 100002/10*, 100001/3* x2"),
    vector("V17 different_url against the current event", r#"
        100001 3: <decoded_as>tst</decoded_as>
        100002 10 frequency="2": <if_matched_sid>100001</if_matched_sid><different_url />"#,
        &["tst: url=/a n=0", "tst: url=/a n=1", "tst: url=/a n=2", "tst: url=/a n=3", "tst: url=/b n=9",
          "tst: url=/b n=10"],
        "100001/3* x4, 100002/10*, 100001/3*"),
    // unevaluated-tests: one address is not four different ones.
    vector("V18 different_srcip", r#"
        100001 3: <decoded_as>tst</decoded_as>
        100002 10 frequency="2": <if_matched_sid>100001</if_matched_sid><different_srcip />"#,
        &["tst: src=1.1.1.1 n=0", "tst: src=1.1.1.1 n=1", "tst: src=1.1.1.1 n=2", "tst: src=1.1.1.1 n=3"],
        "100001/3* x3, 100002/10*")
        .corrected("100001/3* x4"),
    vector("V19 same_user looks at dstuser only", r#"
        100001 3: <decoded_as>tst</decoded_as>
        100002 10: <if_matched_sid>100001</if_matched_sid><same_user />"#,
        &["tst: suser=al n=1", "tst: suser=al n=2", "tst: user=al n=3", "tst: user=al n=4"],
        "100001/3* x3, 100002/10*"),
    vector("V20 child wins over parent, level 0 first", r#"
        100001 10: <match>AAA</match>
        100002 1: <if_sid>100001</if_sid><match>xx</match>
        100003 0: <match>AAA zz</match>"#,
        &["AAA xx", "AAA", "AAA zz xx"],
        "100002/1*, 100001/10*, 100003/0"),
    vector("V21 noalert falls through", r#"
        100001 10 noalert="0": <match>AAA</match>
        100002 2: <if_sid>100001</if_sid><match>xx</match>
        100003 5: <match>AAA</match>"#,
        &["AAA xx", "AAA"],
        "100002/2*, 100003/5*"),
    vector("V22 accuracy 0 last", r#"
        100001 15 accuracy="0": <match>AAA</match>
        100002 1: <match>AAA</match>"#,
        &["AAA"],
        "100002/1*"),
    vector("V23 overwrite: position kept", r#"
        100001 3: <match>AAA</match>
        100002 5: <match>AAA</match>
        100001 12 overwrite="yes": <match>AAA</match>"#,
        &["AAA"],
        "100002/5*"),
    vector("V24 overwrite: conditions removed", r#"
        100001 3: <match>AAA</match>
        100001 7 overwrite="yes": "#,
        &["BBB"],
        "100001/7*"),
    vector("V25 overwrite: if_sid ignored", r#"
        100001 3: <match>AAA</match>
        100002 3: <match>BBB</match>
        100003 8: <if_sid>100001</if_sid>
        100003 9 overwrite="yes": <if_sid>100002</if_sid>"#,
        &["AAA", "BBB"],
        "100003/9*, 100002/3*"),
    // stray-parents: nothing stands behind the comma.
    vector("V26 trailing comma in if_sid", r#"
        100001 3: <match>AAA</match>
        100003 5: <if_sid>100001,</if_sid>"#,
        &["AAA", "unrelated"],
        "100003/5* x2")
        .corrected("100003/5*, -"),
    vector("V27 if_group is a substring test", r#"
        group web-log,
        100001 3: <match>AAA</match>
        group t,
        100002 4: <if_group>EB-lo</if_group>"#,
        &["AAA"],
        "100002/4*"),
    // stray-parents: no rule has level 5, so nothing stands above 100004.
    vector("V28 if_level", r#"
        100001 3: <match>AAA</match>
        100004 8: <if_level>5</if_level>"#,
        &["AAA", "unrelated"],
        "100004/8* x2")
        .corrected("100001/3*, -"),
    vector("V29 repeated match concatenates", r#"
        100001 3: <match>AA</match><match>BB</match>"#,
        &["AA", "BB", "AABB"],
        "- x2, 100001/3*"),
    vector("V30 OSSEC form beats pcre2 form", r#"
        100001 3: <match>AA</match><match_pcre2>BB</match_pcre2>"#,
        &["AA", "BB"],
        "100001/3*, -"),
    vector("V31 IP list, last entry negated", r#"
        100001 3: <srcip>10.1.1.0/24</srcip><srcip>!10.1.1.1</srcip>"#,
        &["tst: src=10.1.1.1", "tst: src=10.9.1.3", "tst: none"],
        "100001/3* x2, -"),
    vector("V32 maxsize is a minimum", r#"
        100001 3 maxsize="10": "#,
        &["123456789", "1234567890"],
        "-, 100001/3*"),
    vector("V33 action is exact", r#"
        100001 3: <action>drop</action>"#,
        &["tst: act=drop", "tst: act=DROP"],
        "100001/3*, -"),
];

fn check(dialect: Dialect, vectors: impl Iterator<Item = (&'static Vector, &'static str)>) {
    for (vector, expected) in vectors {
        let answers = small::case(vector.rules, vector.lines).answers(dialect);
        assert_eq!(answers.as_ref().err(), None, "{} in {dialect}", vector.name);
        let answers: Vec<String> = answers.iter().flatten().map(small::short).collect();
        assert_eq!(small::run_length(&answers), expected, "{} in {dialect}", vector.name);
    }
}

#[test]
fn every_vector_comes_out_in_the_dialect_of_4_3() {
    check(Dialect::OSSEC_4_3, VECTORS.iter().map(|vector| (vector, vector.original)));
}

#[test]
fn every_vector_that_2_8_can_load_comes_out_in_its_dialect() {
    let known = VECTORS.iter().filter(|v| !NOT_IN_2_8.iter().any(|name| v.name.starts_with(name)));
    check(Dialect::ossec_2_8(), known.map(|vector| (vector, vector.original)));
}

#[test]
fn every_vector_comes_out_by_default_with_deviations_corrected() {
    let wanted = |vector: &'static Vector| (vector, vector.corrected.unwrap_or(vector.original));
    check(Dialect::OURS, VECTORS.iter().map(wanted));
}
