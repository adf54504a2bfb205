//! Which decoder an event gets, and which fields, from small decoder files.

#![expect(clippy::panic, reason = "tests speak to the person who runs them")]

use bartizan_base::{DecoderIndex, Deviation, Dialect, Event, FieldName, Source, Timestamp};
use bartizan_config::xml;
use bartizan_decode::{
    Attempt, DecodeObserver, DecodeScratch, DecoderOptions, DecoderSet, PluginContext, Silent,
    predecode,
};
use proptest::prelude::*;

fn load(text: &str, dialect: Dialect) -> DecoderSet {
    let mut diagnostics = Vec::new();
    let options = xml::ReadOptions { dialect, variables: true };
    let document =
        xml::read(&Source::new("decoder.xml", text), options, &mut diagnostics).expect("XML");
    let options = DecoderOptions { dialect, ..DecoderOptions::default() };
    DecoderSet::load(&[document], &options, &mut diagnostics).unwrap_or_else(|| {
        panic!("{}", diagnostics.iter().map(|d| format!("{d}\n")).collect::<String>())
    })
}

fn decode(set: &DecoderSet, line: &str) -> Event {
    let mut event = Event::default();
    event.reset(b'1', b"stdin", line.as_bytes(), Timestamp(0));
    predecode(&mut event, set.dialect(), b"server");
    let context = PluginContext::default();
    set.decode(&mut event, &mut DecodeScratch::default(), &context, &mut Silent);
    event
}

/// Decoder name, and fields in the order of their assignment.
fn answer(set: &DecoderSet, line: &str) -> String {
    let event = decode(set, line);
    let mut text = name(set, event.decoded.decoder);
    for &(field, value) in &event.decoded.assigned {
        let label = match field {
            FieldName::Static(field) => field.tester_label().to_owned(),
            FieldName::Dynamic(field) => shown(set.field_names().name(field)),
        };
        text.push_str(&format!(" {label}={}", shown(event.bytes(value))));
    }
    text
}

fn name(set: &DecoderSet, decoder: DecoderIndex) -> String {
    shown(&set.table().info(decoder).name)
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const PARENT: &str = "<decoder name=\"par\"><program_name>^foo</program_name></decoder>";

fn child(name: &str, rest: &str) -> String {
    format!("<decoder name=\"{name}\"><parent>par</parent>{rest}</decoder>")
}

#[track_caller]
fn check(decoders: &str, log: &str, expected: &str) {
    for dialect in [Dialect::OURS, Dialect::OSSEC_4_3] {
        let set = load(decoders, dialect);
        assert_eq!(answer(&set, &format!("Dec 29 10:00:01 host {log}")), expected, "{dialect}");
    }
}

#[test]
fn a_prematch_selects_a_child_and_its_pattern_may_fail() {
    let kid = |more: &str| {
        let rest = format!(
            "{more}<prematch>^login </prematch>\
             <regex offset=\"after_prematch\">^user (\\S+)</regex><order>user</order>"
        );
        format!("{PARENT}{}", child("kid", &rest))
    };
    check(&kid(""), "foo[1]: login user bob", "par dstuser=bob");
    check(&kid(""), "foo[1]: login xuser bob", "par");
    check(&kid("<use_own_name>true</use_own_name>"), "foo[1]: login xuser bob", "kid");
}

#[test]
fn a_child_without_prematch_hides_its_siblings() {
    let decoders = format!(
        "{PARENT}{}{}",
        child("k1", "<regex>^a (\\S+)</regex><order>user</order>"),
        child("k2", "<regex>^b (\\S+)</regex><order>srcip</order>")
    );
    check(&decoders, "foo: b 1", "par");
    check(&decoders, "foo: a 1", "par dstuser=1");
}

#[test]
fn a_failing_member_does_not_stop_a_chain() {
    let member = |letter: &str, field: &str| {
        let rest = format!("<regex>{letter}=(\\S+)</regex><order>{field}</order>");
        child("k1", &rest)
    };
    let decoders =
        [PARENT, &member("a", "user"), &member("b", "srcip"), &member("c", "id")].concat();
    check(&decoders, "foo: b=2 c=3", "par srcip=2 id=3");
}

#[test]
fn after_regex_continues_or_falls_back_to_the_prematch() {
    let first = "<prematch>^X</prematch><regex offset=\"after_prematch\">a=(\\S+)</regex>\
                 <order>user</order>";
    let second = "<regex offset=\"after_regex\">b=(\\S+)</regex><order>srcip</order>";
    let decoders = format!("{PARENT}{}{}", child("k1", first), child("k1", second));
    check(&decoders, "foo: X b=2 a=1", "par dstuser=1");
    check(&decoders, "foo: X b=2", "par srcip=2");
}

#[test]
fn a_top_level_pattern_runs_only_without_children() {
    let own = "<decoder name=\"par\"><program_name>^foo</program_name>\
               <regex>(\\S+)</regex><order>user</order></decoder>";
    check(own, "foo: hello", "par dstuser=hello");
    let with_child = format!("{own}{}", child("kid", "<prematch>^zz</prematch>"));
    check(&with_child, "foo: hello", "par");
}

#[test]
fn there_is_no_way_from_one_list_to_the_other() {
    let decoders = "<decoder name=\"plain\"><prematch>^hello</prematch></decoder>";
    check(decoders, "hello world", "plain");
    check(decoders, "foo: hello world", "");
}

#[test]
fn an_interleaved_chain_is_linked_by_default_and_runs_through_in_the_dialect() {
    let decoders = [
        PARENT,
        &child("k1", "<prematch>^X</prematch><regex>a=(\\S+)</regex><order>user</order>"),
        &child("k2", "<prematch>^Y</prematch><regex>b=(\\S+)</regex><order>srcip</order>"),
        &child("k1", "<regex>c=(\\S+)</regex><order>id</order>"),
    ]
    .concat();
    let (ours, original) = (load(&decoders, Dialect::OURS), load(&decoders, Dialect::OSSEC_4_3));
    let line = |log: &str| format!("Dec 29 10:00:01 host foo: {log}");
    assert_eq!(answer(&ours, &line("X a=1 b=2 c=3")), "par dstuser=1 id=3");
    assert_eq!(answer(&ours, &line("Y a=1 b=2 c=3")), "par srcip=2");
    // k2 has no later member of its name, so the chain ends with it (decoding 7.4 step 4).
    assert_eq!(answer(&original, &line("X a=1 b=2 c=3")), "par dstuser=1 srcip=2");
    assert_eq!(answer(&original, &line("Y a=1 b=2 c=3")), "par id=3");
}

#[test]
fn dynamic_values_keep_their_names_by_default_and_their_places_in_the_dialect() {
    let decoders = [
        PARENT,
        &child("k1", "<regex>a=(\\S+) b=(\\S+)</regex><order>f1,f2</order>"),
        &child("k1", "<regex>c=(\\S+)</regex><order>g1</order>"),
    ]
    .concat();
    let values = |dialect: Dialect| {
        let set = load(&decoders, dialect);
        let event = decode(&set, "Dec 29 10:00:01 host foo: a=1 b=2 c=3");
        let value = |name: &str| {
            let names = set.field_names().lookup(name.as_bytes());
            event.decoded.dynamic(&names).map(|text| shown(event.bytes(text)))
        };
        assert_eq!(event.decoded.assigned.len(), 3);
        ["F1", "f2", "g1"].map(value)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(values(Dialect::OURS), [some("1"), some("2"), some("3")]);
    assert_eq!(values(Dialect::OSSEC_4_3), [None, None, some("3")]);
    let only_names = Dialect::OSSEC_4_3.with(Deviation::DynamicFields, false);
    assert_eq!(values(only_names), [some("1"), some("2"), some("3")]);
}

#[test]
fn in_2_8_only_a_prematch_makes_a_child_the_decoder() {
    let own = "<use_own_name>true</use_own_name><regex>(\\S+)</regex><order>user</order>";
    let decoders = format!("{PARENT}{}", child("kid", own));
    let line = "Dec 29 10:00:01 host foo: hello";
    assert_eq!(answer(&load(&decoders, Dialect::ossec_2_8()), line), "par dstuser=hello");
    assert_eq!(answer(&load(&decoders, Dialect::OSSEC_4_3), line), "kid dstuser=hello");
}

#[test]
fn an_observer_hears_what_was_tried_and_why_it_failed() {
    #[derive(Default)]
    struct Heard(Vec<(String, Attempt)>, Vec<String>);
    impl DecodeObserver for Heard {
        fn tried(&mut self, decoder: DecoderIndex, attempt: Attempt) {
            self.0.push((self.1[decoder.0 as usize].clone(), attempt));
        }
    }
    let decoders = [
        "<decoder name=\"other\"><program_name>^bar</program_name></decoder>",
        "<decoder name=\"early\"><program_name>^foo</program_name><prematch>^no</prematch></decoder>",
        PARENT,
        &child("k0", "<prematch>^zz</prematch>"),
        &child("k1", "<regex>^a (\\S+)</regex><order>user</order>"),
    ]
    .concat();
    let set = load(&decoders, Dialect::OURS);
    let names = set.table().infos.iter().map(|info| shown(&info.own_name)).collect();
    let mut heard = Heard(Vec::new(), names);
    let mut event = Event::default();
    event.reset(b'1', b"stdin", b"Dec 29 10:00:01 host foo: b 1", Timestamp(0));
    predecode(&mut event, set.dialect(), b"server");
    let context = PluginContext::default();
    set.decode(&mut event, &mut DecodeScratch::default(), &context, &mut heard);
    let expected = [
        ("other", Attempt::OtherProgram),
        ("early", Attempt::NoPrematch),
        ("par", Attempt::Chosen),
        ("k0", Attempt::NoPrematch),
        ("k1", Attempt::Chosen),
        ("k1", Attempt::NoMatch),
    ];
    assert_eq!(heard.0, expected.map(|(name, attempt)| (name.to_owned(), attempt)));
}

#[test]
fn ids_are_places_in_the_sorted_names() {
    let decoders = format!(
        "{PARENT}{}{}",
        child("b", "<prematch>x</prematch>"),
        child("a", "<prematch>y</prematch><use_own_name>true</use_own_name>")
    );
    let set = load(&decoders, Dialect::OURS);
    let table = set.table();
    let ids: Vec<u16> = table.infos.iter().take(4).map(|info| info.id.0).collect();
    // a, b, hostinfo_modified, hostinfo_new, json, par, …
    assert_eq!(ids, [0, 6, 6, 1]);
    assert_eq!(table.id_of(b"b").map(|id| id.0), Some(2));
    let index = set.built_in("syscheck_deleted").expect("a built-in decoder");
    assert_eq!(table.info(index).id, table.id_of(b"syscheck_deleted").unwrap());
    assert_eq!(table.info(index).name, b"syscheck_integrity_changed");
}

/// Decoder name, assigned fields, and members.
fn json_answer(decoders: &str, line: &str) -> String {
    let set = load(decoders, Dialect::OURS);
    let event = decode(&set, line);
    let mut text = answer(&set, line);
    for (member, value) in event.leaves() {
        let mut path = Vec::new();
        event.push_path(member, &mut path);
        text.push_str(&format!(" {}={}", shown(&path), shown(event.bytes(value))));
    }
    text
}

const JSON: &str = "<plugin_decoder>JSON_Decoder</plugin_decoder>";

#[test]
fn a_plugin_for_json_begins_where_its_own_offset_says() {
    let with = |offset: &str| JSON.replacen('>', &format!(" offset=\"{offset}\">"), 1);
    let top = |plugin: &str| {
        format!("<decoder name=\"top\"><prematch>^audit: </prematch>{plugin}</decoder>")
    };
    assert_eq!(json_answer(&top(JSON), r#"audit: {"a":1}"#), "top");
    assert_eq!(json_answer(&top(&with("after_prematch")), r#"audit: {"a":1}"#), "top a=1");
    let kid = |rest: &str| {
        format!(
            "<decoder name=\"par\"><prematch>^audit: </prematch></decoder>{}",
            child("kid", rest)
        )
    };
    let prematch = "<prematch offset=\"after_parent\">^kind=\\w+ </prematch>";
    let line = r#"audit: kind=x {"a":{"b":"c"}} end"#;
    let own = "<use_own_name>true</use_own_name>";
    let kid_at = |offset: &str| kid(&format!("{own}{prematch}{}", with(offset)));
    assert_eq!(json_answer(&kid_at("after_prematch"), line), "kid a.b=c");
    assert_eq!(json_answer(&kid_at("after_parent"), line), "kid");
    // Without a prematch the parent stays the decoder, and both offsets are the end of its match.
    for offset in ["after_parent", "after_prematch"] {
        assert_eq!(json_answer(&kid(&with(offset)), r#"audit: {"user":"eve"}"#), "par dstuser=eve");
    }
}

#[test]
fn a_plugin_is_a_member_of_a_chain_outside_ossec() {
    let decoders = [
        "<decoder name=\"par\"><prematch>^audit</prematch></decoder>",
        &child("kid", "<regex>^audit (\\w+): </regex><order>kind</order>"),
        &child("kid", &JSON.replacen('>', " offset=\"after_parent\">", 1)),
        &child("kid", "<regex>end (\\w+)</regex><order>status</order>"),
    ]
    .concat();
    let line = r#"audit login: {"kind":"json"} end ok"#;
    assert_eq!(json_answer(&decoders, line), "par kind=login status=ok");
    let decoders = decoders.replacen("^audit<", "^audit \\w+: <", 1);
    assert_eq!(json_answer(&decoders, line), "par kind=login status=ok kind=json");
    let set = load(&decoders, Dialect::OURS);
    let event = decode(&set, line);
    // Rules see the value that was assigned first.
    let value = event.decoded.dynamic(&set.field_names().lookup(b"kind")).expect("a value");
    assert_eq!(event.bytes(value), b"login");
}

#[test]
fn a_log_of_json_is_decoded_where_no_decoder_of_the_files_knows_it() {
    let own = "<decoder name=\"own\"><prematch>^{\"own\"</prematch></decoder>";
    let decoders = format!("{PARENT}{own}");
    assert_eq!(json_answer(&decoders, r#"{"srcip":"1","a":2}"#), "json srcip=1 a=2");
    assert_eq!(json_answer(&decoders, r#"Dec 29 10:00:01 host app[1]: {"a":2}"#), "json a=2");
    assert_eq!(json_answer(&decoders, r#"{"own":1}"#), "own");
    assert_eq!(json_answer(&decoders, r#"Dec 29 10:00:01 host foo: {"a":2}"#), "par");
    assert_eq!(json_answer(&decoders, "{not json"), "json");
    let set = load(&decoders, Dialect::OSSEC_4_3);
    assert_eq!(answer(&set, r#"{"srcip":"1"}"#), "");
    assert_eq!(set.table().id_of(b"json"), None);
}

/// Decoders with all that a log can reach: lists, chains, offsets, plugins, dynamic fields.
fn all_kinds(is_strict: bool) -> String {
    let plugins = ["PF_Decoder", "SymantecWS_Decoder", "SonicWall_Decoder", "OSSECAlert_Decoder"];
    let json = (!is_strict).then_some("JSON_Decoder");
    let plugins: String = plugins
        .iter()
        .chain(&json)
        .map(|plugin| {
            format!(
                "<decoder name=\"{plugin}\"><prematch>^{plugin}</prematch>\
                 <plugin_decoder>{plugin}</plugin_decoder></decoder>"
            )
        })
        .collect();
    [
        PARENT,
        &child(
            "k1",
            "<prematch offset=\"after_parent\">X</prematch>\
                <regex offset=\"after_prematch\">(\\w+)|(\\.)</regex><order>user, f1</order>",
        ),
        &child("k1", "<regex offset=\"after_regex\">(\\d*)(\\.*)</regex><order>f2,srcip</order>"),
        &child("k2", "<regex offset=\"after_parent\">(\\S*)</regex><order>url</order>"),
        &plugins,
        "<decoder name=\"rest\"><prematch>\\.</prematch>\
         <regex offset=\"after_prematch\">(\\.*)$</regex><order>extra_data</order></decoder>",
    ]
    .concat()
}

proptest! {
    #[test]
    fn decoding_never_leaves_the_text(
        head in prop::sample::select(vec![
            "", "Dec 29 10:00:01 host foo[1]: ", "Dec 29 10:00:01 host foo: X", "PF_Decoder) pass in: ",
            "PF_Decoder) block ", "SymantecWS_Decoder,10=,11=", "SonicWall_Decoder pri=1 c=32 m=97 ",
            "OSSECAlert_Decoder", "JSON_Decoder", "{", "{\"a\":", "Dec 29 10:00:01 host bar: {\"\\u0061\":1}", "SonicWall_Decoder pri=1 c=3 m=98 src=1.1.1.1:2:X dst=2.2.2.2:3:",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..60),
        other in "[ -~]{0,60}",
    ) {
        for dialect in [Dialect::OURS, Dialect::OSSEC_4_3, Dialect::ossec_2_8()] {
            if dialect.is_2_8() { continue; }
            let set = load(&all_kinds(dialect != Dialect::OURS), dialect);
            for rest in [&rest[..], other.as_bytes()] {
                let mut event = Event::default();
                event.reset(b'1', b"(a) b->c", &[head.as_bytes(), rest].concat(), Timestamp(0));
                predecode(&mut event, dialect, b"server");
                let context = PluginContext { is_rule: &|_| true };
                set.decode(&mut event, &mut DecodeScratch::default(), &context, &mut Silent);
                let all = event.append(b"");
                let fields = event.decoded.fields.iter().flatten().copied();
                let dynamic = event.decoded.dynamic.iter().map(|&(_, value)| value);
                let assigned = event.decoded.assigned.iter().map(|&(_, value)| value);
                let members = event.decoded.members.iter();
                let members = members.flat_map(|m| [Some(m.name), m.value.text()]).flatten();
                let parts = [event.log, event.full_log, event.hostname, event.location];
                for text in fields.chain(dynamic).chain(assigned).chain(members).chain(parts) {
                    prop_assert!(text.start <= text.end && text.end <= all.start);
                }
            }
        }
    }
}
