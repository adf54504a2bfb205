//! `<var>` elements and the names that stand for them (decoding 5.7).

use std::sync::Arc;

use bartizan_base::{Deviation, Diagnostic, Dialect, Flavour, Place, Source, Span, limits};

use super::Element;

/// Texts of this many bytes or fewer are never replaced.
const UNTOUCHED_BYTES: usize = 2;

/// Replaces variables in document order and takes the `var` elements out.
pub(super) fn apply(
    roots: &mut Vec<Element>,
    source: &Arc<Source>,
    dialect: Dialect,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut pass = Pass { known: Vec::new(), source, dialect, diagnostics };
    pass.elements(roots);
}

struct Pass<'a> {
    known: Vec<(Vec<u8>, Vec<u8>)>,
    source: &'a Arc<Source>,
    dialect: Dialect,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Pass<'_> {
    // Recursion is bounded: the reader refuses elements nested deeper than 1024 levels.
    fn elements(&mut self, elements: &mut Vec<Element>) {
        for at in 0..elements.len() {
            let borrowed = elements.get(at + 1).and_then(|next| next.attributes.first()).cloned();
            let Some(element) = elements.get_mut(at) else { return };
            if element.is("var") {
                self.define(element, borrowed);
                continue;
            }
            self.replace(&mut element.text, &element.text_span.clone());
            for attribute in &mut element.attributes {
                let is_var = attribute.name.eq_ignore_ascii_case(b"var");
                if is_var && self.dialect.has(Deviation::StrictLoading) {
                    self.error(
                        "X0020",
                        attribute.name_span.clone(),
                        "an attribute called var is taken for a variable",
                    );
                }
                self.replace(&mut attribute.value, &attribute.value_span.clone());
            }
            self.elements(&mut element.children);
        }
        elements.retain(|element| !element.is("var"));
    }

    fn define(&mut self, element: &Element, borrowed: Option<super::Attribute>) {
        let first = element.attributes.first().cloned();
        let name = match first {
            None if self.dialect.has(Deviation::LaxLoading) => borrowed,
            first => first,
        };
        match name {
            Some(name) if name.name.eq_ignore_ascii_case(b"name") => {
                let is_known = self.known.iter().any(|(n, _)| n.eq_ignore_ascii_case(&name.value));
                if !is_known {
                    self.known.push((name.value, element.text.clone()));
                }
            }
            Some(other) => {
                self.error("X0021", other.name_span, "a variable has one attribute, `name`");
            }
            None => self.error(
                "X0022",
                element.name_span.clone(),
                "a variable needs the attribute `name`",
            ),
        }
    }

    fn replace(&mut self, text: &mut Vec<u8>, span: &Span) {
        let is_active = !self.known.is_empty() || self.dialect.flavour() == Flavour::Ossec28;
        if !is_active || text.len() <= UNTOUCHED_BYTES || !text.contains(&b'$') {
            return;
        }
        let mut out = Vec::with_capacity(text.len());
        let mut rest = text.as_slice();
        while let Some(dollar) = memchr::memchr(b'$', rest) {
            let (before, from) = rest.split_at(dollar);
            out.extend_from_slice(before);
            let after = from.get(1..).unwrap_or_default();
            let end = after
                .iter()
                .position(|b| matches!(b, b'$' | b'.' | b'|' | b',' | b' '))
                .unwrap_or(after.len());
            let (name, behind) = after.split_at(end);
            rest = behind;
            if name.is_empty() {
                out.push(b'$');
                continue;
            }
            let value = self.known.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            match value {
                Some((_, value)) => out.extend_from_slice(value),
                None => self.unknown(name, span),
            }
        }
        out.extend_from_slice(rest);
        *text = out;
    }

    fn unknown(&mut self, name: &[u8], span: &Span) {
        let shown = String::from_utf8_lossy(name).into_owned();
        let place = self.find(name, span);
        if name.len() >= limits::XML_VARIABLE_BYTES {
            self.error("X0024", place, "the name of a variable is at most 254 bytes long");
            return;
        }
        let names: Vec<String> =
            self.known.iter().map(|(n, _)| String::from_utf8_lossy(n).into_owned()).collect();
        let diagnostic = Diagnostic::error(
            "X0023",
            Place::new(self.source, place),
            format!("unknown variable `{shown}`"),
        )
        .help("a `$` starts a variable once one is defined, and there is no escape for it")
        .suggest(&shown, names.iter().map(String::as_str));
        self.diagnostics.push(diagnostic);
    }

    /// Where `$name` stands in the file, as near as can be told once comments are gone.
    fn find(&self, name: &[u8], span: &Span) -> Span {
        let text = self.source.text.get(span.clone()).unwrap_or_default();
        let mut wanted = vec![b'$'];
        wanted.extend_from_slice(name);
        match memchr::memmem::find(text, &wanted) {
            Some(at) => span.start + at..span.start + at + wanted.len(),
            None => span.clone(),
        }
    }

    fn error(&mut self, code: &'static str, span: Span, message: &str) {
        self.diagnostics.push(Diagnostic::error(code, Place::new(self.source, span), message));
    }
}
