//! What decoder files may hold, and what is said of mistakes in them.

use bartizan_base::{Deviation, Diagnostic, Dialect, Severity, Source, StaticField};
use bartizan_config::xml;
use bartizan_decode::load::code;
use bartizan_decode::{DecoderOptions, DecoderSet};

fn load_in(text: &str, dialect: Dialect) -> (Option<DecoderSet>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let options = xml::ReadOptions { dialect, variables: true };
    let source = Source::new("etc/decoder.xml", text);
    let document = xml::read(&source, options, &mut diagnostics).expect("well-formed");
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let options = DecoderOptions { dialect, order_size: 8 };
    let set = DecoderSet::load(&[document], &options, &mut diagnostics);
    (set, diagnostics)
}

/// Codes of the errors, each with the text it points at.
fn found(text: &str, dialect: Dialect, severity: Severity) -> Vec<(&'static str, String)> {
    let (set, diagnostics) = load_in(text, dialect);
    let is_error = diagnostics.iter().any(Diagnostic::is_error);
    assert_eq!(set.is_none(), is_error, "{diagnostics:?}");
    let of = diagnostics.iter().filter(|d| d.severity == severity);
    of.map(|d| {
        let pointed = d.place.as_ref().map(|place| {
            String::from_utf8_lossy(&place.source.text[place.span.clone()]).into_owned()
        });
        (d.code, pointed.unwrap_or_default())
    })
    .collect()
}

#[track_caller]
fn check_error(text: &str, code: &'static str, pointed: &str) {
    for dialect in [Dialect::OURS, Dialect::OSSEC_4_3] {
        let errors = found(text, dialect, Severity::Error);
        assert_eq!(errors, [(code, pointed.to_owned())], "{dialect}: {text}");
    }
}

#[track_caller]
fn check_warning(text: &str, code: &'static str, pointed: &str) {
    for dialect in [Dialect::OURS, Dialect::OSSEC_4_3] {
        assert_eq!(found(text, dialect, Severity::Error), []);
        let warnings = found(text, dialect, Severity::Warning);
        assert_eq!(warnings, [(code, pointed.to_owned())], "{dialect}: {text}");
    }
}

/// A decoder `o` with these elements.
fn decoder(elements: &str) -> String {
    format!("<decoder name=\"o\">{elements}</decoder>")
}

/// A parent `p`, then a child of it with these elements.
fn child(elements: &str) -> String {
    format!(
        "<decoder name=\"p\"><prematch>^p </prematch></decoder>\
         <decoder name=\"k\"><parent>p</parent>{elements}</decoder>"
    )
}

const PATTERN: &str = "<regex>(\\S+)</regex><order>id</order>";

#[test]
fn roots_and_attributes_of_decoders_are_checked() {
    check_error("<rule></rule>", code::NOT_A_DECODER, "rule");
    check_error("<decoder><prematch>x</prematch></decoder>", code::DECODER_ATTRIBUTES, "decoder");
    check_error(
        "<decoder name=\"o\" id=\"1\"><prematch>x</prematch></decoder>",
        code::DECODER_ATTRIBUTES,
        "id",
    );
    let status = "<decoder name=\"o\" status=\"on\"><prematch>x</prematch></decoder>";
    assert_eq!(found(status, Dialect::OURS, Severity::Error), []);
    let strict = found(status, Dialect::OSSEC_4_3, Severity::Error);
    assert_eq!(strict, [(code::DECODER_ATTRIBUTES, "status".to_owned())]);
}

#[test]
fn elements_types_and_plugins_must_exist() {
    let with = |more: &str| decoder(&format!("<prematch>x</prematch>{more}"));
    check_error(&with("<prematched>x</prematched>"), code::UNKNOWN_ELEMENT, "prematched");
    check_error(&with("<Type>ids</Type>"), code::UNKNOWN_ELEMENT, "Type");
    check_error(&with("<type>id</type>"), code::UNKNOWN_TYPE, "id");
    check_error(&with("<plugin_decoder>PF</plugin_decoder>"), code::UNKNOWN_PLUGIN, "PF");
    let both = format!("<plugin_decoder>PF_Decoder</plugin_decoder>{PATTERN}");
    check_error(&with(&both), code::PLUGIN_WITH_PATTERN, "PF_Decoder");
}

#[test]
fn a_decoder_needs_something_that_selects_it_and_pairs_of_pattern_and_order() {
    check_error(&decoder(PATTERN), code::NOTHING_SELECTS, "o");
    let with = |more: &str| decoder(&format!("<prematch>x</prematch>{more}"));
    check_error(&with("<regex>(a)</regex>"), code::PATTERN_AND_ORDER, "(a)");
    check_error(&with("<order>id</order>"), code::PATTERN_AND_ORDER, "id");
    check_error(&with("<fts>name</fts>"), code::PATTERN_AND_ORDER, "name");
}

#[test]
fn offsets_must_have_something_to_continue_from() {
    let top = |attribute: &str| {
        decoder(&format!("<prematch>x</prematch><regex {attribute}>(a)</regex><order>id</order>"))
    };
    check_error(&top("offset=\"bogus\""), code::UNKNOWN_OFFSET, "bogus");
    check_error(&top("color=\"x\""), code::WRONG_ATTRIBUTE, "color");
    check_error(&top("offset=\"after_parent\""), code::IMPOSSIBLE_OFFSET, "after_parent");
    check_error(&top("offset=\"after_regex\""), code::IMPOSSIBLE_OFFSET, "after_regex");
    check_error(
        &child("<regex offset=\"after_prematch\">(a)</regex><order>id</order>"),
        code::IMPOSSIBLE_OFFSET,
        "after_prematch",
    );
    check_error(
        &child("<regex offset=\"after_regex\">(a)</regex><order>id</order>"),
        code::IMPOSSIBLE_OFFSET,
        "k",
    );
    check_error(
        &child("<prematch offset=\"after_prematch\">a</prematch>"),
        code::IMPOSSIBLE_OFFSET,
        "after_prematch",
    );
    check_error(
        &decoder("<prematch>a</prematch><prematch offset=\"after_parent\">b</prematch>"),
        code::LATE_OFFSET,
        "offset",
    );
    assert_eq!(found(&top("offset=\"after_prematch\""), Dialect::OURS, Severity::Error), []);
}

#[test]
fn names_of_fields_and_keys_are_checked() {
    let with = |order: &str, more: &str| {
        decoder(&format!("<prematch>x</prematch><regex>(a)</regex><order>{order}</order>{more}"))
    };
    check_error(&with("id,,user", ""), code::WRONG_FIELD, "");
    check_error(&with("a,b,c,d,e,f,g,h,i", ""), code::TOO_MANY_FIELDS, "a,b,c,d,e,f,g,h,i");
    check_error(&with("id", "<fts>name, bogus</fts>"), code::UNKNOWN_FTS_KEY, " bogus");
    check_warning(&with("SrcIP", ""), code::NEAR_FIELD, "SrcIP");
    check_warning(&with("id,user", ""), code::FIELD_COUNT, "(a)");
    let old = found(&with("id,color", ""), Dialect::ossec_2_8(), Severity::Error);
    assert_eq!(old, [(code::WRONG_FIELD, "color".to_owned())]);
}

#[test]
fn parents_are_known_top_level_decoders() {
    let orphan = |parent: &str| format!("<decoder name=\"k\"><parent>{parent}</parent></decoder>");
    check_error(&orphan("nobody"), code::WRONG_PARENT, "nobody");
    let late = format!("{}{}", orphan("o"), decoder("<prematch>x</prematch>"));
    check_error(&late, code::WRONG_PARENT, "o");
    let grandchild = format!(
        "{}<decoder name=\"g\"><parent>k</parent></decoder>",
        child("<prematch>x</prematch>")
    );
    check_error(&grandchild, code::WRONG_PARENT, "k");
    let (_, diagnostics) = load_in(
        &format!(
            "{}{}",
            decoder("<prematch>x</prematch>").replace("\"o\"", "\"sshd\""),
            orphan("shd")
        ),
        Dialect::OURS,
    );
    assert_eq!(diagnostics[0].help.as_deref(), Some("did you mean `sshd`?"));
}

#[test]
fn a_repeated_child_can_only_continue_a_chain() {
    let twice = |second: &str| {
        format!("{}<decoder name=\"k\"><parent>p</parent>{second}</decoder>", child(PATTERN))
    };
    assert_eq!(found(&twice(PATTERN), Dialect::OSSEC_4_3, Severity::Error), []);
    for second in [
        format!("<prematch>x</prematch>{PATTERN}"),
        format!("{PATTERN}<fts>name</fts>"),
        String::new(),
    ] {
        check_error(&twice(&second), code::WRONG_REPETITION, "k");
    }
    let mixed = twice("<pcre2>(\\S+)</pcre2><order>id</order>");
    assert_eq!(found(&mixed, Dialect::OURS, Severity::Error), []);
    let strict = found(&mixed, Dialect::OSSEC_4_3, Severity::Error);
    assert_eq!(strict, [(code::WRONG_REPETITION, "k".to_owned())]);
}

#[test]
fn patterns_are_checked_and_pointed_at() {
    check_error(&decoder("<prematch></prematch>"), code::WRONG_PATTERN, "prematch");
    check_error(&decoder("<prematch>a(b</prematch>"), code::WRONG_PATTERN, "(");
    let nine = "(a)".repeat(9);
    let many = decoder(&format!(
        "<prematch>x</prematch><regex>{nine}</regex><order>a,b,c,d,e,f,g,h</order>"
    ));
    check_error(&many, code::TOO_MANY_GROUPS, &nine);
    let plain = decoder("<prematch>x</prematch><regex>^literal</regex><order>id</order>");
    let strict = found(&plain, Dialect::OSSEC_4_3, Severity::Error);
    assert_eq!(strict, [(code::PLAIN_PATTERN, "^literal".to_owned())]);
    let ours = found(&plain, Dialect::OURS, Severity::Warning);
    assert_eq!(ours, [(code::NO_GROUPS, "^literal".to_owned())]);
    assert_eq!(found(&plain, Dialect::ossec_2_8(), Severity::Error), []);
}

#[test]
fn what_other_programs_have_is_accepted_by_default() {
    let typed = "<decoder name=\"o\"><prematch type=\"pcre2\">^\\d</prematch></decoder>";
    assert_eq!(found(typed, Dialect::OURS, Severity::Error), []);
    let strict = found(typed, Dialect::OSSEC_4_3, Severity::Error);
    assert_eq!(strict, [(code::WRONG_ATTRIBUTE, "type".to_owned())]);
}

#[test]
fn all_mistakes_of_a_file_come_out_in_one_run() {
    let text = "<decoder name=\"a\"><prematch>(</prematch><type>x</type></decoder>\
                <decoder name=\"b\"><parent>a</parent><colour>x</colour></decoder>\
                <nothing></nothing>";
    let codes: Vec<_> =
        found(text, Dialect::OURS, Severity::Error).into_iter().map(|(code, _)| code).collect();
    assert_eq!(
        codes,
        [code::UNKNOWN_TYPE, code::WRONG_PATTERN, code::UNKNOWN_ELEMENT, code::NOT_A_DECODER]
    );
}

#[test]
fn what_can_never_happen_is_a_warning() {
    let hidden = format!(
        "{}<decoder name=\"late\"><parent>p</parent><prematch>x</prematch></decoder>",
        child(PATTERN)
    );
    check_warning(&hidden, code::UNREACHABLE, "late");
    check_warning(&child("<program_name>x</program_name>"), code::IGNORED, "x");
    let unused = format!(
        "<decoder name=\"p\"><prematch>x</prematch>{PATTERN}</decoder>\
         <decoder name=\"k\"><parent>p</parent><prematch>x</prematch></decoder>"
    );
    check_warning(&unused, code::UNUSED_PATTERN, "p");
    check_warning(
        &decoder("<prematch>x</prematch><use_own_name>yes</use_own_name>"),
        code::IGNORED,
        "yes",
    );
    let interleaved = [
        &child(&format!("<prematch>x</prematch>{PATTERN}")),
        "<decoder name=\"m\"><parent>p</parent><prematch>y</prematch></decoder>",
        &format!("<decoder name=\"k\"><parent>p</parent>{PATTERN}</decoder>"),
    ]
    .concat();
    check_warning(&interleaved, code::INTERLEAVED_CHAIN, "k");
}

#[test]
fn srcuser_in_fts_means_what_the_dialect_says() {
    let text = decoder(&format!("<prematch>x</prematch>{PATTERN}<fts>name, srcuser</fts>"));
    let keys = |dialect: Dialect| {
        let (set, _) = load_in(&text, dialect);
        set.expect("loads").table().infos[1].fts
    };
    let of = bartizan_base::FtsKeys::of;
    assert!(keys(Dialect::OURS).has(of(StaticField::SrcUser)));
    assert!(keys(Dialect::OSSEC_4_3).has(of(StaticField::DstUser)));
    assert!(!keys(Dialect::OSSEC_4_3).has(of(StaticField::SrcUser)));
    let exact = Dialect::OSSEC_4_3.with(Deviation::FtsSrcuser, false);
    assert!(keys(exact).has(of(StaticField::SrcUser)));
}

#[test]
fn names_of_dynamic_fields_are_trimmed_by_default() {
    let text = decoder("<prematch>x</prematch><regex>(a)(b)</regex><order>a,  b</order>");
    let name = |dialect: Dialect| {
        let (set, _) = load_in(&text, dialect);
        let set = set.expect("loads");
        let numbers = set.field_names().lookup(b" b").len();
        numbers == 1
    };
    assert!(!name(Dialect::OURS));
    assert!(name(Dialect::OSSEC_4_3));
}

#[test]
fn the_elements_of_json_are_read_outside_ossec_only() {
    let json = |attributes: &str, more: &str| {
        let plugin = format!("<plugin_decoder{attributes}>JSON_Decoder</plugin_decoder>");
        decoder(&format!("<prematch>^x</prematch>{plugin}{more}"))
    };
    let both = "<json_null_field>Discard</json_null_field>\
                <json_array_structure>CSV</json_array_structure>";
    let text = json(" offset=\"after_prematch\"", both);
    assert_eq!(found(&text, Dialect::OURS, Severity::Error), []);
    assert_eq!(found(&text, Dialect::OURS, Severity::Warning), []);
    let strict = [
        (code::UNKNOWN_PLUGIN, "JSON_Decoder".to_owned()),
        (code::UNKNOWN_ELEMENT, "json_null_field".to_owned()),
        (code::UNKNOWN_ELEMENT, "json_array_structure".to_owned()),
    ];
    for dialect in [Dialect::OSSEC_4_3, Dialect::ossec_2_8()] {
        assert_eq!(found(&text, dialect, Severity::Error), strict, "{dialect}");
    }
    let lenient = Dialect::OSSEC_4_3.with(Deviation::StrictLoading, false);
    assert_eq!(found(&text, lenient, Severity::Error), []);
    let errors = |text: &str| found(text, Dialect::OURS, Severity::Error);
    assert_eq!(
        errors(&json(" offset=\"after_parent\"", "")),
        [(code::IMPOSSIBLE_OFFSET, "after_parent".to_owned())]
    );
    assert_eq!(
        errors(&json(" offset=\"after_regex\"", "")),
        [(code::IMPOSSIBLE_OFFSET, "after_regex".to_owned())]
    );
    assert_eq!(
        errors(&json(" offset=\"after\"", "")),
        [(code::UNKNOWN_OFFSET, "after".to_owned())]
    );
    let warned = |text: &str, pointed: &str| {
        assert_eq!(found(text, Dialect::OURS, Severity::Error), []);
        let warnings = found(text, Dialect::OURS, Severity::Warning);
        assert_eq!(warnings, [(code::IGNORED, pointed.to_owned())], "{text}");
    };
    warned(&json("", "<json_null_field>empty</json_null_field>"), "empty");
    warned(&json("", "<json_array_structure>list</json_array_structure>"), "list");
    warned(&json(" type=\"x\"", ""), "type");
    let pf = "<prematch>^x</prematch><plugin_decoder offset=\"after_prematch\">PF_Decoder</plugin_decoder>";
    warned(&decoder(pf), "PF_Decoder");
}

#[test]
fn names_that_rules_mention_are_looked_for_where_logs_bring_names() {
    let (set, _) = load_in(&decoder("<prematch>^x</prematch>"), Dialect::OURS);
    let mut set = set.expect("it loads");
    set.mention_fields([&b"user.name"[..], b"srcip", b"SrcIP"]);
    let names = set.field_names();
    assert_eq!((names.count(), names.lookup(b"User.Name").len()), (2, 1));
    assert!(names.find(b"srcip").is_some_and(|named| names.name(named) == b"SrcIP"));
    let (set, _) = load_in(&decoder("<prematch>^x</prematch>"), Dialect::OSSEC_4_3);
    let mut set = set.expect("it loads");
    set.mention_fields([&b"user.name"[..]]);
    assert_eq!(set.field_names().count(), 0);
}
