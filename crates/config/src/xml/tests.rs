use super::*;
use bartizan_base::{Deviation, Dialect};

const RULES: ReadOptions = ReadOptions { dialect: Dialect::OURS, variables: true };

fn options(dialect: Dialect) -> ReadOptions {
    ReadOptions { dialect, variables: true }
}

fn read_text(text: &[u8], options: ReadOptions) -> (Option<Document>, Vec<Diagnostic>) {
    let source = Source::new("test.xml", text);
    let mut diagnostics = Vec::new();
    let document = read(&source, options, &mut diagnostics);
    (document, diagnostics)
}

/// Elements written back, so that a test can show them in one line: `name[attribute=value]{text}(children)`.
fn sketch(elements: &[Element]) -> String {
    let one = |e: &Element| {
        let mut s = String::from_utf8_lossy(&e.name).into_owned();
        for a in &e.attributes {
            let (n, v) = (String::from_utf8_lossy(&a.name), String::from_utf8_lossy(&a.value));
            s.push_str(&format!("[{n}={v}]"));
        }
        if !e.text.is_empty() {
            s.push_str(&format!("{{{}}}", String::from_utf8_lossy(&e.text)));
        }
        if !e.children.is_empty() {
            s.push_str(&format!("({})", sketch(&e.children)));
        }
        s
    };
    elements.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn loads(text: &str, want: &str) {
    loads_in(Dialect::OURS, text, want);
    loads_in(Dialect::OSSEC_4_3, text, want);
}

fn loads_in(dialect: Dialect, text: &str, want: &str) {
    let (document, diagnostics) = read_text(text.as_bytes(), options(dialect));
    let shown: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    let document = document.unwrap_or_else(|| panic!("{dialect}: {text}\n{}", shown.join("\n")));
    assert_eq!(sketch(&document.roots), want, "{dialect}: {text}");
}

/// The errors of a file as `code line:column "text under the carets"`.
fn errors_in(dialect: Dialect, text: &[u8]) -> Vec<String> {
    let (document, diagnostics) = read_text(text, options(dialect));
    let errors: Vec<String> = diagnostics
        .iter()
        .filter(|d| d.is_error())
        .map(|d| {
            let place = d.place.as_ref().unwrap();
            let at = place.position();
            let meant = String::from_utf8_lossy(&text[place.span.clone()]);
            format!("{} {}:{} {meant}", d.code, at.line, at.column)
        })
        .collect();
    assert_eq!(document.is_none(), !errors.is_empty());
    errors
}

fn fails(text: &str, want: &[&str]) {
    assert_eq!(errors_in(Dialect::OURS, text.as_bytes()), want, "{text}");
    assert_eq!(errors_in(Dialect::OSSEC_4_3, text.as_bytes()), want, "{text}");
}

#[test]
fn any_number_of_roots_and_no_text_outside_them() {
    loads("hello", "");
    loads("", "");
    loads("x<a>1</a> y <b/>", "a{1} b");
}

#[test]
fn declaration_and_mark_are_skipped_at_the_start_only() {
    loads("<?xml version='1.0'?><a/>", "a");
    loads("\u{feff}<?xml version='1.0'?><a/>", "a");
    loads("\u{feff}<a/>", "a");
    fails("<?xml version='1.0'>", &["X0002 1:1 <?xml"]);
    let later = errors_in(Dialect::OURS, b"\n<?xml version='1.0'?><a/>");
    assert_eq!(later.first().map(String::as_str), Some("X0008 2:20 ?"));
}

#[test]
fn version_2_8_knows_no_declaration() {
    loads_in(Dialect::ossec_2_8(), "\u{feff}<a/>", "a");
    assert!(!errors_in(Dialect::ossec_2_8(), b"<?xml version='1.0'?><a></a>").is_empty());
}

#[test]
fn the_text_is_what_follows_the_last_child() {
    loads("<a>t1<b>x</b>t2</a>", "a{t2}(b{x})");
    loads("<a>no<x>1</x></a>", "a(x{1})");
    loads("<a>no<x>1</x>yes</a>", "a{yes}(x{1})");
    // The original leaks the `>` of a tag that closes itself into the parent's text.
    loads("<a><c /> </a>", "a{ }(c)");
    loads("<a></a><a/><a />", "a a a");
    loads("<a> b > c\n</a>", "a{ b > c\n}");
}

#[test]
fn comments_vanish_even_inside_names() {
    loads("<a>x<!-- c -->y</a>", "a{xy}");
    loads("<ma<!-- x -->tch>A</match>", "match{A}");
    loads("<a>no<! c !></a>", "a{no}");
    fails("<a>1</a><!>", &["X0001 1:9 <!"]);
    fails("<a><pcre2>(?<!o)x</pcre2></a>", &["X0001 1:13 <!"]);
    fails("<!DOCTYPE x><a/>", &["X0001 1:1 <!DOCTYPE"]);
}

#[test]
fn a_backslash_keeps_the_next_angle_in_the_text() {
    loads(r"<a>x\<b</a>", r"a{x\<b}");
    loads(r"<a>x\\<b</a>", r"a{x\\<b}");
    loads(r"<match>\<</match>", r"match{\<}");
    loads(r"<a>q\<!-- c -->y</a>", r"a{q\y}");
    loads(r"<a>q\<!-- c --><b></a>", r"a{q\<b>}");
    fails(r"<r><a>x\</a></r>", &["X0003 1:5 a"]);
    let (_, diagnostics) = read_text(br"<a>x\\</a>", RULES);
    assert!(diagnostics[0].help.as_ref().unwrap().contains("backslash"), "{}", diagnostics[0]);
}

#[test]
fn entities_stay_as_they_are() {
    loads("<a>&lt;&#60;&amp;</a>", "a{&lt;&#60;&amp;}");
}

#[test]
fn attributes_are_kept_in_order() {
    loads("<a b='1' c=\"it's\"\n d= 'x'/>", "a[b=1][c=it's][d=x]");
    loads("<a b='\\' c='a<b'></a>", "a[b=\\][c=a<b]");
}

#[test]
fn wrong_attributes_are_pointed_at() {
    fails("<a b></a>", &["X0005 1:4 b"]);
    fails("< a></a>", &["X0019 1:1 < "]);
    fails("<a b ='1'></a>", &["X0005 1:4 b"]);
    fails("<a b=1 c=2></a>", &["X0006 1:6 1", "X0006 1:10 2"]);
    fails("<a b='1></a>", &["X0007 1:6 '1>"]);
    fails("<a b='x>1'></a>", &["X0007 1:6 'x>"]);
    fails("<a b='1'c='2'></a>", &["X0008 1:9 c"]);
    fails("<a b='1 c='2'></a>", &["X0008 1:12 2"]);
    fails("<a b='1' b='2'></a>", &["X0009 1:10 b"]);
    fails("<a b='1'", &["X0011 1:1 <a b='1'"]);
    fails("<a b='1' B='2' <!-- c --> d='3'></a>", &["X0019 1:2 a b='1' B='2' "]);
}

#[test]
fn several_mistakes_are_told_in_one_run() {
    fails(
        "<r>\n <one>1</oen>\n <two>2</two >\n <three a=3>3</three>\n</r>\n</s>\n<u>",
        &["X0003 2:8 </oen>", "X0003 3:8 </two >", "X0006 4:11 3", "X0004 6:1 </s>", "X0003 7:2 u"],
    );
}

#[test]
fn an_element_that_is_not_closed_is_pointed_at_where_it_opens() {
    fails("<r>\n <one>1\n <two>2</two>\n</r>", &["X0003 2:3 one"]);
    fails("<r>\n <one 1\n <two>2</two>\n</r>", &["X0005 2:7 1", "X0003 2:3 one"]);
    fails("<r>\n <one\n <two>2</two>\n</one></r>", &["X0019 2:3 one\n "]);
    fails("<r><a>1</a</r>", &["X0019 1:8 </a"]);
    fails("<a>x</A>", &["X0003 1:5 </A>"]);
    fails("</group><group></group>", &["X0004 1:1 </group>"]);
    fails("<a><></></a>", &["X0019 1:4 <"]);
    fails("<a>1</a", &["X0011 1:5 </a"]);
    fails("<", &["X0011 1:1 <"]);
}

#[test]
fn texts_and_names_have_a_limit() {
    let long = |n: usize| "x".repeat(n);
    loads(&format!("<a>{}</a>", long(8191)), &format!("a{{{}}}", long(8191)));
    for text in [
        format!("<a>{}</a>", long(8192)),
        format!("<{}/>", long(8192)),
        format!("<a></{}>", long(8192)),
        format!("<a b='{}'/>", long(8192)),
        format!("<a {}='1'/>", long(8192)),
    ] {
        let errors = errors_in(Dialect::OURS, text.as_bytes());
        assert!(errors[0].starts_with("X0010 "), "{}", &errors[0][..40]);
    }
    // A comment does not count.
    loads(&format!("<a>x<!--{}--></a>", long(9000)), "a{x}");
}

#[test]
fn ten_thousand_levels_are_refused_and_1024_are_not() {
    let nested = |n: usize| "<a>".repeat(n) + &"</a>".repeat(n);
    let (document, _) = read_text(nested(1024).as_bytes(), RULES);
    assert!(document.is_some());
    for n in [1025, 10_000, 200_000] {
        let errors = errors_in(Dialect::OURS, nested(n).as_bytes());
        assert_eq!(errors, ["X0012 1:3074 a"]);
    }
}

#[test]
fn bombs_are_refused() {
    let value = "y".repeat(8000);
    let uses = format!("<m>{}</m>", "$XX ".repeat(2000)).repeat(10);
    let text = format!("<var name='XX'>{value}</var>{uses}");
    let (document, diagnostics) = read_text(text.as_bytes(), RULES);
    assert!(document.is_none());
    assert_eq!(diagnostics[0].code, codes::TOO_MUCH_EXPANSION);

    let many: String = (0..2000).map(|n| format!(" a{n}='1'")).collect();
    let errors = errors_in(Dialect::OURS, format!("<a{many}/>").as_bytes());
    assert_eq!(errors.len(), 1);
    assert!(errors[0].starts_with("X0024"));
}

#[test]
fn a_file_full_of_mistakes_has_a_last_message() {
    let (_, diagnostics) = read_text("</a>".repeat(100_000).as_bytes(), RULES);
    assert_eq!(diagnostics.len(), bartizan_base::limits::DIAGNOSTICS_PER_FILE);
    assert_eq!(diagnostics.last().unwrap().code, codes::FURTHER_MESSAGES);
}

#[test]
fn a_nul_is_refused_by_ours_and_ends_the_text_for_ossec() {
    assert_eq!(errors_in(Dialect::OURS, b"<a>x\0y</a>"), ["X0018 1:5 \0"]);
    loads_in(Dialect::OSSEC_4_3, "<a b='1\x002'>x\0y</a>", "a[b=1]{x}");
}

#[test]
fn variables_are_replaced_behind_their_definition() {
    loads("<var name='AB'>x|y</var><m a='^$AB'>$AB|$ab.$AB</m>", "m[a=^x|y]{x|y|x|y.x|y}");
    loads("<m>$AB</m><var name='AB'>x</var>", "m{$AB}");
    loads("<g><VAR NAME='AB'>x</VAR><m>a$AB</m>tail</g>", "g{tail}(m{ax})");
    loads("<var name='AB'/><m>a$AB|b</m>", "m{a|b}");
    loads("<var name='AB'>x</var><m>xyz$</m><m>y$|^a</m><m>$$$</m>", "m{xyz$} m{y$|^a} m{$$$}");
    loads("<var name='AB'>x</var><var name='ab'>y</var><m>$AB </m>", "m{x }");
    loads("<var name='AB'>$CD</var><var name='CD'>z</var><m>$AB </m>", "m{$CD }");
    loads("<var name='X'>x</var><m>$X</m><m>$X </m>", "m{$X} m{x }");
}

#[test]
fn an_element_of_one_empty_variable_has_the_empty_text() {
    loads("<var name='XY'></var><m>$XY</m>", "m");
}

#[test]
fn unknown_variables_are_pointed_at() {
    fails("<var name='AB'>x</var><m>($AB)</m>", &["X0013 1:27 $AB)"]);
    fails("<var name='AB'>x</var>\n<m>foo\\$bar z</m>", &["X0013 2:8 $bar"]);
    let long = "n".repeat(255);
    let text = format!("<var name='AB'>x</var><m>${long}</m>");
    assert!(errors_in(Dialect::OURS, text.as_bytes())[0].starts_with("X0014 1:26"));
    let (_, diagnostics) = read_text(b"<var name='PATH'>x</var><m>$PAHT</m>", RULES);
    assert_eq!(diagnostics[0].help.as_deref().map(|h| &h[..20]), Some("did you mean `$path`"));
}

#[test]
fn version_2_8_replaces_where_nothing_is_defined() {
    let d = Dialect::ossec_2_8();
    assert_eq!(errors_in(d, b"<m>x$YZ</m>"), ["X0013 1:5 $YZ"]);
    assert_eq!(errors_in(d, b"<m>$AB</m><var name='AB'>x</var>"), ["X0013 1:4 $AB"]);
    loads("<m>x$YZ</m>", "m{x$YZ}");
}

#[test]
fn odd_definitions_are_judged_by_the_dialect() {
    fails("<var value='AB'>x</var>", &["X0015 1:6 value"]);
    let nameless = "<var>x</var><m name='AB'>y$AB</m><m>y$AB</m>";
    assert_eq!(errors_in(Dialect::OURS, nameless.as_bytes())[0], "X0016 1:2 var");
    let lax = Dialect::OURS.with(Deviation::LaxLoading, true);
    loads_in(lax, nameless, "m[name=AB]{y$AB} m{yx}");

    let attribute = "<m var='AB'>y</m>";
    loads_in(Dialect::OURS, attribute, "m[var=AB]{y}");
    let strict = Dialect::OURS.with(Deviation::StrictLoading, true);
    assert_eq!(errors_in(strict, attribute.as_bytes()), ["X0017 1:4 var"]);
}

#[test]
fn variables_are_left_alone_where_they_are_not_asked_for() {
    let options = ReadOptions { dialect: Dialect::OURS, variables: false };
    let (document, _) = read_text(b"<var name='AB'>x</var><m>$AB</m>", options);
    assert_eq!(sketch(&document.unwrap().roots), "var[name=AB]{x} m{$AB}");
}

#[test]
fn spans_point_at_what_was_read() {
    let text = "<r>\n <ab c=\"de\"> f<!-- x -->g </ab>\n</r>";
    let (document, _) = read_text(text.as_bytes(), RULES);
    let document = document.unwrap();
    let root = &document.roots[0];
    let child = &root.children[0];
    let attribute = &child.attributes[0];
    assert_eq!(&text[root.span.clone()], text);
    assert_eq!(&text[child.span.clone()], "<ab c=\"de\"> f<!-- x -->g </ab>");
    assert_eq!(&text[child.name_span.clone()], "ab");
    assert_eq!(&text[child.text_span.clone()], " f<!-- x -->g ");
    assert_eq!(&text[attribute.name_span.clone()], "c");
    assert_eq!(&text[attribute.value_span.clone()], "de");
    assert_eq!(root.text_span, 35..36);
}
