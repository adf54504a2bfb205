use super::*;
use bartizan_base::Dialect;
use proptest::prelude::*;

fn options(dialect: Dialect) -> ReadOptions {
    ReadOptions { dialect, variables: true }
}

fn parse(text: &str) -> Result<Document, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let document = read(&Source::new("f", text), options(Dialect::OSSEC_4_3), &mut diagnostics);
    document.ok_or(diagnostics)
}

/// Elements as `name[attribute=value](text){children}`.
fn shape(elements: &[Element]) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    elements.iter().fold(String::new(), |mut out, element| {
        out += &text(&element.name);
        for a in &element.attributes {
            out += &format!("[{}={}]", text(&a.name), text(&a.value));
        }
        if !element.text.is_empty() {
            out += &format!("({})", text(&element.text));
        }
        if !element.children.is_empty() {
            out += &format!("{{{}}}", shape(&element.children));
        }
        out
    })
}

#[track_caller]
fn reads(text: &str, expected: &str) {
    match parse(text) {
        Ok(document) => assert_eq!(shape(&document.roots), expected, "{text}"),
        Err(diagnostics) => panic!("{text}: {}", diagnostics[0]),
    }
}

#[track_caller]
fn refuses(text: &str, code: &str, line: usize, column: usize) {
    let diagnostics = parse(text).expect_err(text);
    let first = &diagnostics[0];
    let at = first.place.as_ref().expect("a place").position();
    assert_eq!((first.code, at.line, at.column), (code, line, column), "{first}");
}

#[test]
fn the_content_of_an_element_is_the_text_after_its_last_child() {
    reads("<a>t1<b>x</b>t2</a>", "a(t2){b(x)}");
    reads("<a><c /> </a>", "a( ){c}");
    reads("stray <a/> text <b></b>", "ab");
}

#[test]
fn comments_leave_nothing_behind() {
    reads("<a>x<!-- c -->y</a>", "a(xy)");
    reads("<! text !><a>1</a><!--><b/><!!><c/>", "a(1)bc");
    reads("<a>1<!-- one <!-- two --></a>", "a(1)");
    refuses("<a><![CDATA[x]]></a>", "X0004", 1, 4);
    refuses("<a>\n<!></a>", "X0004", 2, 1);
}

#[test]
fn a_backslash_makes_the_next_less_than_sign_ordinary() {
    reads(r"<a>x\<b</a>", r"a(x\<b)");
    reads(r"<a>x\\<b</a>", r"a(x\\<b)");
    reads(r"<a>\<</a>", r"a(\<)");
    reads(r"<a>q\<!-- c --><b></a>", r"a(q\<b>)");
    reads(r"<a>q\<!-- c -->y</a>", r"a(q\y)");
    refuses(r"<a>x\</a>", "X0016", 1, 1);
}

#[test]
fn attributes_are_quoted_and_given_once() {
    reads("<a b='1\"2' c = \"x\"/>".replace(" =", "=").as_str(), "a[b=1\"2][c=x]");
    refuses("<a b>", "X0009", 1, 4);
    refuses("<a b =\"1\">", "X0009", 1, 4);
    refuses("<a b=1></a>", "X0010", 1, 4);
    refuses("<a b=\"x>y\"></a>", "X0011", 1, 4);
    refuses("<a b=\"1\"c=\"2\"></a>", "X0013", 1, 9);
    refuses("<a b=\"1\" b=\"2\"></a>", "X0008", 1, 10);
    refuses("< global ></global>", "X0009", 1, 3);
}

#[test]
fn closing_tags_are_compared_exactly_and_later_mistakes_are_still_found() {
    refuses("<a>\n  <b>x</B>\n</a>", "X0015", 2, 9);
    refuses("</a>", "X0014", 1, 1);
    refuses("<a >x</a >", "X0015", 1, 8);
    let diagnostics = parse("<a>\n<b></c>\n<d e></d>\n</a>").expect_err("two mistakes");
    assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), ["X0015", "X0009"]);
}

#[test]
fn variables_are_replaced_in_document_order() {
    reads("<a>$XY</a><var name=\"XY\">v</var><a>$XY|$</a>", "a($XY)a(v|$)");
    reads("<var name='ab'>1</var><a b='$AB.x'>c$Ab,</a>", "a[b=1.x](c1,)");
    reads("<var name='X'>1</var><a>$X</a><a>$X </a>", "a($X)a(1 )");
    refuses("<var name='X'>1</var>\n<a>foo\\$bar</a>", "X0023", 2, 8);
}

#[test]
fn hostile_nesting_ends_with_one_error() {
    let diagnostics = parse(&"<a>".repeat(10_000)).expect_err("too deep");
    assert_eq!(diagnostics[0].code, "X0006");
    assert!(diagnostics.len() < 3);
}

#[test]
fn texts_of_8191_bytes_are_the_longest() {
    let of = |n: usize| format!("<a>{}</a>", "x".repeat(n));
    assert!(parse(&of(8191)).is_ok());
    assert_eq!(parse(&of(8192)).expect_err("too long")[0].code, "X0003");
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic_and_positions_lie_in_the_file(
        text in prop::collection::vec(
            prop::sample::select(b"<>/!-\\'\"= \na$var\0?xml.|".to_vec()), 0..200)
    ) {
        let length = text.len();
        for dialect in [Dialect::OURS, Dialect::OSSEC_4_3, Dialect::ossec_2_8()] {
            let mut diagnostics = Vec::new();
            let document = read(&Source::new("f", text.clone()), options(dialect), &mut diagnostics);
            for diagnostic in &diagnostics {
                let _ = diagnostic.to_string();
            }
            let mut stack: Vec<Element> = document.map(|d| d.roots).unwrap_or_default();
            while let Some(element) = stack.pop() {
                prop_assert!(element.span.end <= length && element.text_span.end <= length);
                stack.extend(element.children);
            }
        }
    }
}
