//! `<var name="X">…</var>` and `$X` (decoding 5.7).
//!
//! One pass in document order: the text of an element stands at its opening tag, then come its attributes,
//! then its children. An explicit stack, because the nesting comes from the file.

use std::collections::HashMap;

use bartizan_base::{Deviation, Dialect, Span, limits, suggest};

use super::report::{Report, codes, shown};
use super::{Attribute, Element};

/// Replaces variables in all elements, then removes the `var` elements.
pub(super) fn apply(roots: &mut Vec<Element>, dialect: Dialect, report: &mut Report<'_>) {
    let mut variables = Variables {
        values: HashMap::new(),
        nameless: None,
        expanded: 0,
        lost: false,
        dialect,
        report,
    };
    let mut stack = vec![roots.iter_mut()];
    while let Some(siblings) = stack.last_mut() {
        let Some(element) = siblings.next() else {
            stack.pop();
            continue;
        };
        if variables.lost || variables.report.is_full() {
            break;
        }
        variables.visit(element);
        stack.push(element.children.iter_mut());
    }
    variables.finish();
    remove_definitions(roots);
}

struct Variables<'r, 'a> {
    /// Values by name in lower case.
    values: HashMap<Vec<u8>, Vec<u8>>,
    /// Value and place of a `var` without attributes, which takes the next one (`lax-loading`).
    nameless: Option<(Vec<u8>, Span)>,
    expanded: usize,
    lost: bool,
    dialect: Dialect,
    report: &'r mut Report<'a>,
}

impl Variables<'_, '_> {
    fn visit(&mut self, element: &mut Element) {
        if element.is("var") {
            self.define_by(element);
            return;
        }
        self.replace(&mut element.text, &element.text_span);
        for attribute in &mut element.attributes {
            if self.lend_name(attribute) {
                continue;
            }
            self.refuse_attribute_var(attribute);
            self.replace(&mut attribute.value, &attribute.value_span);
        }
    }

    fn define_by(&mut self, element: &Element) {
        match element.attributes.first() {
            Some(name) if name.name.eq_ignore_ascii_case(b"name") => {
                let place = name.value_span.clone();
                self.define(&name.value, element.text.clone(), place);
            }
            Some(other) => self.report.error_help(
                codes::VARIABLE_ATTRIBUTE,
                other.name_span.clone(),
                format!(
                    "the first attribute of `var` must be `name`, not `{}`",
                    shown(&other.name)
                ),
                "write `<var name=\"NAME\">value</var>`",
            ),
            None if self.dialect.has(Deviation::LaxLoading) => {
                self.nameless = Some((element.text.clone(), element.name_span.clone()));
            }
            None => self.without_name(element.name_span.clone()),
        }
    }

    fn define(&mut self, name: &[u8], value: Vec<u8>, place: Span) {
        let key = name.to_ascii_lowercase();
        if self.values.contains_key(&key) {
            let message = format!("variable `{}` is defined already", shown(name));
            let help = "the first definition counts; this one has no effect";
            self.report.warning(codes::VARIABLE_TWICE, place, message, help);
            return;
        }
        self.values.insert(key, value);
    }

    fn without_name(&mut self, span: Span) {
        self.report.error_help(
            codes::VARIABLE_WITHOUT_NAME,
            span,
            "`var` has no attribute `name`",
            "write `<var name=\"NAME\">value</var>`",
        );
    }

    /// `lax-loading`: the first attribute behind a `var` without attributes is taken for its own.
    fn lend_name(&mut self, attribute: &Attribute) -> bool {
        let Some((value, span)) = self.nameless.take() else { return false };
        if attribute.name.eq_ignore_ascii_case(b"name") {
            self.define(&attribute.value, value, span);
        } else {
            self.without_name(span);
        }
        true
    }

    fn refuse_attribute_var(&mut self, attribute: &Attribute) {
        if attribute.name.eq_ignore_ascii_case(b"var") && self.dialect.has(Deviation::StrictLoading)
        {
            self.report.error_help(
                codes::ATTRIBUTE_VAR,
                attribute.name_span.clone(),
                "an attribute called `var` is taken for a variable without a name",
                "this dialect refuses it (strict-loading)",
            );
        }
    }

    fn finish(&mut self) {
        if let Some((_, span)) = self.nameless.take() {
            self.without_name(span);
        }
    }

    /// Replaces every `$name` in `text`, which stands at `span`.
    fn replace(&mut self, text: &mut Vec<u8>, span: &Span) {
        // 2.8 looks at every `$` even where no variable is defined (decoding 15).
        let none = self.values.is_empty() && !self.dialect.is_2_8();
        if none || memchr::memchr(b'$', text).is_none() {
            return;
        }
        if text.len() <= 2 {
            self.warn_short(text, span);
            return;
        }
        let mut replaced = Vec::with_capacity(text.len());
        let mut rest = text.as_slice();
        while let Some(dollar) = memchr::memchr(b'$', rest) {
            let (before, name) = rest.split_at(dollar);
            let name = name.get(1..).unwrap_or_default();
            let end = name.iter().position(|b| b"$.|, ".contains(b)).unwrap_or(name.len());
            let (name, behind) = name.split_at(end);
            replaced.extend_from_slice(before);
            let at = text.len() - rest.len() + dollar;
            match self.value(name) {
                Some(value) => replaced.extend_from_slice(value),
                None => {
                    replaced.push(b'$');
                    replaced.extend_from_slice(name);
                    self.unknown(name, place_in(text, at, name.len() + 1, span));
                }
            }
            rest = behind;
        }
        replaced.extend_from_slice(rest);
        self.count(replaced.len().saturating_sub(text.len()), span);
        *text = replaced;
    }

    fn value(&self, name: &[u8]) -> Option<&Vec<u8>> {
        self.values.get(&name.to_ascii_lowercase())
    }

    fn unknown(&mut self, name: &[u8], span: Span) {
        let most = limits::XML_VARIABLE_BYTES;
        // `$` alone, `$|` and `$$` stay as they are.
        if name.is_empty() {
            return;
        }
        if name.len() >= most {
            let message = format!("the name of this variable is {most} bytes long or longer");
            self.report.error(codes::VARIABLE_NAME, span, message);
            return;
        }
        let name = shown(name);
        let known: Vec<String> = self.values.keys().map(|name| shown(name)).collect();
        let help = match suggest::nearest(&name, known.iter().map(String::as_str)) {
            Some(near) => {
                format!("did you mean `${near}`? a name ends at a blank or one of `$ . | ,`")
            }
            None => "once a `<var>` is defined, every `$` followed by a name is a variable; \
                     a name ends at a blank or one of `$ . | ,`"
                .to_owned(),
        };
        let message = format!("variable `${name}` is not defined above this place");
        self.report.error_help(codes::UNKNOWN_VARIABLE, span, message, &help);
    }

    /// Texts of two bytes are never replaced (decoding 5.7).
    fn warn_short(&mut self, text: &[u8], span: &Span) {
        let Some(name) = text.strip_prefix(b"$") else { return };
        if self.value(name).is_some() {
            let message = format!("variable `${}` is not replaced here", shown(name));
            let help = "texts of two bytes never are: give the variable a longer name";
            self.report.warning(codes::SHORT_VARIABLE, span.clone(), message, help);
        }
    }

    fn count(&mut self, added: usize, span: &Span) {
        self.expanded += added;
        if self.expanded > limits::XML_EXPANDED_BYTES {
            self.lost = true;
            let most = limits::XML_EXPANDED_BYTES >> 20;
            let message = format!("variables add more than {most} MiB to this file");
            self.report.error(codes::TOO_MUCH_EXPANSION, span.clone(), message);
        }
    }
}

/// Where in the file `len` bytes at `at` of a text are: exact where the text stands there as it is, else the
/// whole text (a comment was removed from it).
fn place_in(text: &[u8], at: usize, len: usize, span: &Span) -> Span {
    if text.len() == span.len() { span.start + at..span.start + at + len } else { span.clone() }
}

fn remove_definitions(roots: &mut Vec<Element>) {
    roots.retain(|element| !element.is("var"));
    let mut stack = vec![roots.iter_mut()];
    while let Some(siblings) = stack.last_mut() {
        match siblings.next() {
            None => drop(stack.pop()),
            Some(element) => {
                element.children.retain(|child| !child.is("var"));
                stack.push(element.children.iter_mut());
            }
        }
    }
}
