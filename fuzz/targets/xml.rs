//! The XML dialect on any bytes: no crash, spans that lie in the file and in each other, readable messages.

#![no_main]

use bartizan_base::{Source, Span, diagnostic::any_error};
use bartizan_config::xml::{Element, ReadOptions, read};
use bartizan_fuzz::{check_diagnostics, dialects};
use libfuzzer_sys::fuzz_target;

fn check_element(element: &Element, around: &Span) {
    let is_inside = |span: &Span| {
        span.start <= span.end && around.start <= span.start && span.end <= around.end
    };
    assert!(is_inside(&element.span), "{element:?} in {around:?}");
    assert!(is_inside(&element.name_span), "{element:?}");
    assert!(is_inside(&element.text_span), "{element:?}");
    for attribute in &element.attributes {
        assert!(
            is_inside(&attribute.name_span) && is_inside(&attribute.value_span),
            "{attribute:?}"
        );
    }
    for child in &element.children {
        check_element(child, &element.span);
    }
}

fuzz_target!(|data: &[u8]| {
    let source = Source::new("fuzz.xml", data);
    for dialect in dialects() {
        for variables in [false, true] {
            let mut diagnostics = Vec::new();
            let document = read(&source, ReadOptions { dialect, variables }, &mut diagnostics);
            check_diagnostics(&diagnostics);
            assert_eq!(document.is_none(), any_error(&diagnostics), "{diagnostics:?}");
            for root in document.iter().flat_map(|document| &document.roots) {
                check_element(root, &(0..data.len()));
            }
        }
    }
});
