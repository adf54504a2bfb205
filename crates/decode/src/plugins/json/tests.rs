use bartizan_base::{MemberValue, Timestamp, limits};
use proptest::prelude::*;

use super::*;

/// An event whose log is `log`, decoded by a plugin while rules ask for `asked`.
fn decoded(log: &[u8], options: Options, asked: &[&str]) -> Event {
    let mut names = FieldNames::default();
    asked.iter().for_each(|name| names.mention(name.as_bytes()));
    let mut event = Event::default();
    event.reset(b'1', b"stdin", log, Timestamp(0));
    // What an event before left must not show.
    let mut scratch = Scratch::default();
    decode(&options, 0, &mut event, &names, &mut scratch);
    event.reset(b'1', b"stdin", log, Timestamp(0));
    decode(&options, 0, &mut event, &names, &mut scratch);
    event
}

const OPTIONS: Options =
    Options { offset: Offset::Start, null: Null::Text, arrays: Arrays::Json, most: 256 };

fn text(event: &Event, text: Text) -> String {
    assert_eq!(event.subject(text).len(), text.len());
    assert_eq!(event.subject(text).folded(), event.bytes(text).to_ascii_lowercase());
    String::from_utf8_lossy(event.bytes(text)).into_owned()
}

/// Static fields by the tester's labels, then members by their paths.
fn fields(event: &Event) -> Vec<String> {
    let set = StaticField::ALL.iter().filter_map(|&field| {
        let value = text(event, event.decoded.field(field)?);
        Some(format!("{}={value}", field.tester_label()))
    });
    let members = event.leaves().map(|(member, value)| {
        let mut path = Vec::new();
        event.push_path(member, &mut path);
        format!("{}={}", String::from_utf8_lossy(&path), text(event, value))
    });
    set.chain(members).collect()
}

#[track_caller]
fn check(log: &str, expected: &[&str]) {
    assert_eq!(fields(&decoded(log.as_bytes(), OPTIONS, &[])), expected, "{log}");
}

/// The value of a field `x`.
#[track_caller]
fn check_value(value: &str, options: Options, expected: Option<&str>) {
    let event = decoded(format!("{{\"x\":{value}}}").as_bytes(), options, &[]);
    let expected: Vec<String> = expected.iter().map(|value| format!("x={value}")).collect();
    assert_eq!(fields(&event), expected, "{value}");
}

#[test]
fn a_name_is_the_path_and_only_outermost_names_are_those_of_static_fields() {
    check(
        r#" { "srcip" : "1.2.3.4", "a":{"b":{"c":"d"},"srcip":"e"} ,"SrcIP":"f","system_name":"g"}"#,
        &["srcip=1.2.3.4", "a.b.c=d", "a.srcip=e", "SrcIP=f", "system_name=g"],
    );
    check(r#"{"a.b":"c","":"d"}"#, &["a.b=c", "=d"]);
    check(
        r#"{"systemname":"h","extra_data":"x","status":2}"#,
        &["extra_data=x", "status=2", "system_name=h"],
    );
}

#[test]
fn a_later_value_replaces_a_static_field_but_user_only_fills_an_empty_one() {
    check(r#"{"srcip":"a","srcip":"b"}"#, &["srcip=b"]);
    check(r#"{"user":"a"}"#, &["dstuser=a"]);
    check(r#"{"user":"a","dstuser":"b"}"#, &["dstuser=b"]);
    check(r#"{"dstuser":"b","user":"a"}"#, &["dstuser=b", "user=a"]);
}

#[test]
fn a_value_is_the_text_that_rules_know() {
    for (value, expected) in [
        (r#""""#, ""),
        ("0", "0"),
        ("-0", "0"),
        ("-7", "-7"),
        ("2147483647", "2147483647"),
        ("2147483648", "2147483648.000000"),
        ("-2147483648", "-2147483648"),
        ("3000000000", "3000000000.000000"),
        ("9007199254740993", "9007199254740993.000000"),
        ("1.5", "1.500000"),
        ("1.0", "1"),
        ("1e3", "1000"),
        ("-2.5E+1", "-25"),
        ("0.0000004", "0.000000"),
        ("1e20", "100000000000000000000.000000"),
        ("1e38", "99999999999999997748809823456034029568.000000"),
        ("2e38", "2e38"),
        ("1e-300", "1e-300"),
        ("-0.30000000000000004", "-0.300000"),
        ("1.2345678901234567e-7", "0.000000"),
        ("12345678901234567890", "12345678901234567890"),
        ("true", "true"),
        ("false", "false"),
        ("null", "null"),
    ] {
        check_value(value, OPTIONS, Some(expected));
    }
    let long = "1".repeat(40);
    check_value(&long, OPTIONS, Some(&long));
    check_value("null", Options { null: Null::Discarded, ..OPTIONS }, None);
}

#[test]
fn an_array_is_text_of_json_or_a_list() {
    let csv = Options { arrays: Arrays::Csv, ..OPTIONS };
    let no_null = Options { null: Null::Discarded, ..csv };
    for (value, text, list) in [
        ("[]", "[]", None),
        ("[ ]", "[]", None),
        (r#"["a","b"]"#, r#"["a", "b"]"#, Some("a,b")),
        ("[1 , 2.5,true,null]", "[1, 2.5, true, null]", Some("1,2.500000,true,null")),
        (r#"["\u00e9\/\n\u0001","\""]"#, "[\"é/\\n\\u0001\", \"\\\"\"]", Some("é/\n\u{1},\"")),
        ("[[1,[]],{}]", "[[1, []], {\n\t}]", None),
        (
            r#"[3,{"a":1,"b":{"c":[2]}},4]"#,
            "[3, {\n\t\t\"a\":\t1,\n\t\t\"b\":\t{\n\t\t\t\"c\":\t[2]\n\t\t}\n\t}, 4]",
            Some("3,4"),
        ),
    ] {
        check_value(value, OPTIONS, Some(text));
        check_value(value, csv, list);
    }
    check_value("[null,1]", no_null, Some("1"));
    let event = decoded(br#"{"x":["a"]}"#, OPTIONS, &[]);
    assert!(matches!(event.decoded.members[0].value, MemberValue::Array(_)));
}

#[test]
fn escapes_are_undone_and_what_json_does_not_know_stays() {
    for (value, expected) in [
        (r#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{c}\n\r\tz"),
        (r#""\u00e9 \uD83D\uDE00 \u0041""#, "é 😀 A"),
        (r#""\ud83d x""#, "\u{fffd} x"),
        (r#""\ud83d\u0041""#, "\u{fffd}A"),
        (r#""\udc00""#, "\u{fffd}"),
        (r#""\x22 \u12 \u""#, r"\x22 \u12 \u"),
        ("\"a\tb\u{1}\"", "a\tb\u{1}"),
    ] {
        check_value(value, OPTIONS, Some(expected));
    }
    check(r#"{"\u0073rcip":"1","a\u002eb":{"c":"d"}}"#, &["srcip=1", "a.b.c=d"]);
    let event = decoded(b"{\"x\":\"caf\xe9\"}", OPTIONS, &[]);
    assert_eq!(event.bytes(event.leaves().next().expect("a member").1), b"caf\xe9");
}

#[test]
fn what_is_broken_sets_nothing_and_what_follows_is_ignored() {
    let whole = r#"{"srcip":"1","a":{"b":[1,{"c":null}]},"d":-1.5e2}"#;
    check(
        &format!("{whole} and more {{"),
        &["srcip=1", "a.b=[1, {\n\t\t\"c\":\tnull\n\t}]", "d=-150"],
    );
    for end in 0..whole.len() {
        check(&whole[..end], &[]);
    }
    for broken in [
        "",
        "x",
        "[1]",
        "\"a\"",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":1.}",
        "{\"a\":NaN}",
        "{\"a\":nul}",
        "{\"a\":[1,]}",
        "{\"a\":[1}",
        "{\"a\":[{\"b\"}]}",
        "{\"a\":[{\"b\":1]}",
        "{\"a\":'b'}",
        "{\"srcip\":\"1\"",
        "{\"a\":{\"b\":1]}",
    ] {
        check(broken, &[]);
    }
}

#[test]
fn an_object_without_a_value_is_no_member() {
    assert!(
        decoded(br#"{"a":{"b":{},"c":{"d":{}}},"e":{}}"#, OPTIONS, &[]).decoded.members.is_empty()
    );
}

/// The dynamic fields that rules see.
fn seen(event: &Event) -> Vec<(u32, String)> {
    let dynamic = event.decoded.dynamic.iter();
    dynamic.map(|&(name, value)| (name.0, text(event, value))).collect()
}

#[test]
fn rules_see_the_first_of_the_fields_they_ask_for_in_any_case() {
    let log = br#"{"other":1,"A":{"b":"1"},"a":{"B":"2"},"a.b":"3","list":["x"]}"#;
    let event = decoded(log, OPTIONS, &["a.B", "List"]);
    assert_eq!(seen(&event), [(0, "1".into()), (1, "[\"x\"]".into())]);
}

#[test]
fn no_number_of_other_members_hides_a_field_that_a_rule_asks_for() {
    let filler: String = (0..400).map(|n| format!("\"k{n}\":{n},")).collect();
    let log = format!("{{{filler}\"wanted\":\"here\",\"srcip\":\"1\",\"o\":{{\"p\":1}}}}");
    let event = decoded(log.as_bytes(), OPTIONS, &["wanted", "o.p"]);
    assert_eq!(seen(&event), [(0, "here".into()), (1, "1".into())]);
    assert_eq!(event.field(StaticField::SrcIp), Some(&b"1"[..]));
    assert_eq!((event.decoded.members.len(), event.decoded.left_out), (256, 144));
}

#[test]
fn what_is_deeper_than_outputs_go_is_left_out_and_beyond_the_limit_the_log_is_broken() {
    let nested =
        |depth: usize| format!("{}\"x\":1{}", "{\"a\":".repeat(depth - 1) + "{", "}".repeat(depth));
    let count = |log: &str, asked: &[&str]| {
        let event = decoded(log.as_bytes(), OPTIONS, asked);
        (event.leaves().count(), event.decoded.dynamic.len(), event.decoded.left_out)
    };
    assert_eq!(count(&nested(limits::MEMBER_DEPTH), &[]), (1, 0, 0));
    assert_eq!(count(&nested(limits::MEMBER_DEPTH + 1), &[]), (0, 0, 1));
    assert_eq!(count(&nested(read::DEPTH), &[]), (0, 0, 1));
    assert_eq!(count(&nested(read::DEPTH + 1), &[]), (0, 0, 0));
    let path = "a.".repeat(limits::MEMBER_DEPTH) + "x";
    assert_eq!(count(&nested(limits::MEMBER_DEPTH + 1), &[&path]), (0, 1, 0));
    let array =
        |depth: usize| format!("{{\"y\":1,\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(count(&array(limits::MEMBER_DEPTH - 1), &[]), (2, 0, 0));
    assert_eq!(count(&array(limits::MEMBER_DEPTH), &[]), (1, 0, 1));
    assert_eq!(count(&array(read::DEPTH), &[]), (0, 0, 0));
}

/// Logs that make a reader work or remember as much as they can.
fn hostile() -> Vec<Vec<u8>> {
    let fill = |head: &str, part: &str, tail: &str| {
        let count = (limits::EVENT_BYTES - head.len() - tail.len()) / part.len();
        [head.as_bytes(), &part.as_bytes().repeat(count), tail.as_bytes()].concat()
    };
    let deep = "{\"a\":".repeat(60);
    vec![
        fill("", "{\"a\":", ""),
        fill("{\"a\":", "[", ""),
        fill("{", "\"\":1,", "\"\":1}"),
        fill("{", "\"a\":{\"b\":1},", "\"\":1}"),
        fill("{", "\"x\":9.007199254740993e99,", "\"\":1}"),
        fill("{", "\"x\":9007199254740993.000000000001,", "\"\":1}"),
        fill("{\"x\":[", "9007199254740993.000000000001,", "1]}"),
        fill("{\"x\":\"", "\\ud800\\n", "\"}"),
        fill("{\"", "\\u0000", "\":1}"),
        fill("{\"x\":[", "{\"a\":0},", "1]}"),
        fill(&format!("{{\"x\":[{deep}["), "{\"\":0},", &format!("1]{}]}}", "}".repeat(60))),
        fill("{\"x\":", "1", "}"),
        fill("{\"x\":\"", "\\", ""),
        fill("{", " ", "}"),
    ]
}

#[test]
fn a_hostile_log_makes_little_and_takes_little() {
    let asked = ["x", "a.b", &"a.".repeat(500)];
    for options in [OPTIONS, Options { arrays: Arrays::Csv, ..OPTIONS }] {
        for log in hostile() {
            let start = std::time::Instant::now();
            let event = decoded(&log, options, &asked);
            let taken = start.elapsed() / 2;
            let head = String::from_utf8_lossy(&log[..40]).into_owned();
            // Far above what it takes, and far below what a mistake would cost.
            assert!(taken.as_millis() < 100, "{taken:?} for {head}");
            let (raw, _) = event.buffers();
            assert!(raw.len() < 6 * limits::EVENT_BYTES, "{} for {head}", raw.len());
            assert!(event.decoded.members.len() <= 2 * OPTIONS.most, "{head}");
        }
    }
}

/// Any value of JSON, as serde_json reads it.
fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-c.\\PC]{0,3}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Paths and texts of a value's members, in order.
fn expected(value: &serde_json::Value, path: &str, found: &mut Vec<(String, String)>) {
    let serde_json::Value::Object(members) = value else { return };
    for (name, value) in members {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match value {
            serde_json::Value::Object(_) => expected(value, &path, found),
            serde_json::Value::String(text) => found.push((path, text.clone())),
            other => found.push((path, other.to_string())),
        }
    }
}

proptest! {
    #[test]
    fn every_member_is_found_that_another_reader_finds(value in json(), is_pretty: bool) {
        // Below a name, so that none is a static field's.
        let value = serde_json::json!({ "top": value });
        let log = if is_pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let event = decoded(log.expect("JSON").as_bytes(), OPTIONS, &[]);
        let mut wanted = Vec::new();
        expected(&value, "", &mut wanted);
        let found = event.leaves().map(|(member, value)| {
            let mut path = Vec::new();
            event.push_path(member, &mut path);
            let shown = text(&event, value);
            let shown = match member.value {
                MemberValue::Array(_) => {
                    let array: serde_json::Value = serde_json::from_str(&shown).expect("an array");
                    array.to_string()
                }
                _ => shown,
            };
            (String::from_utf8_lossy(&path).into_owned(), shown)
        });
        prop_assert_eq!(found.collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn whatever_the_bytes_are_they_are_read_without_a_panic(
        bytes in prop::collection::vec(prop::sample::select(b"{}[],:\"\\u0d8a1.-etrufalsn \xff".to_vec()), 0..80),
        csv: bool,
    ) {
        let arrays = if csv { Arrays::Csv } else { Arrays::Json };
        let log = [&b"{\"a\":"[..], &bytes].concat();
        let event = decoded(&log, Options { arrays, ..OPTIONS }, &["a", "a.a"]);
        fields(&event);
        seen(&event);
    }
}
