//! Attributes of an opening tag (decoding 5.3). Comments are not recognised here.

use bartizan_base::limits;

use super::reader::{Reader, TagEnd};
use super::report::{codes, shown};
use super::scan::{cut_at_nul, is_blank};
use super::{Attribute, Element};

/// Whether the tag goes on behind an attribute.
enum Step {
    More,
    End(TagEnd),
    EndOfFile,
}

impl Reader<'_, '_> {
    /// Reads everything between the name of an element and the end of its opening tag. `None` at the end of
    /// the file.
    pub(super) fn attributes(&mut self, element: &mut Element) -> Option<TagEnd> {
        // One wrong quote makes the rest of a tag look wrong; only the first such mistake is told.
        let mut confused = false;
        loop {
            if self.lost {
                return None;
            }
            match self.scan.peek_raw()? {
                b if is_blank(b) => self.scan.at += 1,
                b'>' => {
                    self.scan.at += 1;
                    return Some(TagEnd::Open);
                }
                b'/' if self.scan.rest().get(1) == Some(&b'>') => {
                    self.scan.at += 2;
                    return Some(TagEnd::SelfClosed);
                }
                b'<' => {
                    if !confused {
                        self.missing_end(element.name_span.start..self.scan.at);
                    }
                    return Some(TagEnd::Open);
                }
                _ => match self.attribute(element, &mut confused) {
                    Step::More => {}
                    Step::End(end) => return Some(end),
                    Step::EndOfFile => return None,
                },
            }
        }
    }

    fn attribute(&mut self, element: &mut Element, confused: &mut bool) -> Step {
        let start = self.scan.at;
        loop {
            match self.scan.peek_raw() {
                None => return Step::EndOfFile,
                Some(b'=') if self.scan.at > start => break,
                Some(b) if b == b'>' || b == b'=' || is_blank(b) => {
                    return self.without_value(start, confused);
                }
                Some(_) => self.scan.at += 1,
            }
        }
        let name_span = start..self.scan.at;
        let name = self.text.get(name_span.clone()).unwrap_or_default().to_vec();
        self.scan.at += 1;
        while self.scan.peek_raw().is_some_and(is_blank) {
            self.scan.at += 1;
        }
        let mut attribute = Attribute { name, name_span, ..Attribute::default() };
        match self.scan.peek_raw() {
            None => Step::EndOfFile,
            Some(quote @ (b'"' | b'\'')) => {
                self.scan.at += 1;
                let step = self.value(&mut attribute, quote, confused);
                self.keep(element, attribute, *confused);
                step
            }
            Some(_) => self.unquoted(&attribute, confused),
        }
    }

    fn without_value(&mut self, start: usize, confused: &mut bool) -> Step {
        let name = self.text.get(start..self.scan.at).unwrap_or_default();
        if !*confused {
            *confused = true;
            let text = shown(name);
            let (message, help) = if name.is_empty() {
                ("a `=` without the name of an attribute".to_owned(), String::new())
            } else if memchr::memchr(b'<', name).is_some() {
                (
                    "this opening tag is not closed before the next `<`".to_owned(),
                    "a `>` is missing".to_owned(),
                )
            } else {
                (
                    format!("attribute `{text}` has no value"),
                    format!("write `{text}=\"…\"` without blanks before the `=`"),
                )
            };
            let span = start..self.scan.at.max(start + 1);
            self.report.error_help(codes::ATTRIBUTE_WITHOUT_VALUE, span, message, &help);
        }
        // A tag that begins inside is read as one, so that what follows is judged rightly.
        if let Some(at) = memchr::memchr(b'<', name) {
            self.scan.at = start + at;
            return Step::End(TagEnd::Open);
        }
        let self_closed = name.ends_with(b"/");
        match self.scan.next_raw() {
            None => Step::EndOfFile,
            Some(b'>') if self_closed => Step::End(TagEnd::SelfClosed),
            Some(b'>') => Step::End(TagEnd::Open),
            Some(_) => Step::More,
        }
    }

    fn unquoted(&mut self, attribute: &Attribute, confused: &mut bool) -> Step {
        let start = self.scan.at;
        while self.scan.peek_raw().is_some_and(|b| b != b'>' && !is_blank(b)) {
            self.scan.at += 1;
        }
        if !*confused {
            let name = shown(&attribute.name);
            self.report.error_help(
                codes::VALUE_NOT_QUOTED,
                start..self.scan.at.max(start + 1),
                format!("the value of attribute `{name}` must be in quotes"),
                &format!("write `{name}=\"…\"`"),
            );
        }
        Step::More
    }

    /// Reads a value up to its closing quote.
    fn value(&mut self, attribute: &mut Attribute, quote: u8, confused: &mut bool) -> Step {
        let start = self.scan.at;
        let name = shown(&attribute.name);
        loop {
            match self.scan.next_raw() {
                None => return Step::EndOfFile,
                Some(b) if b == quote => break,
                Some(b'>') => {
                    if !*confused {
                        self.report.error_help(
                            codes::VALUE_NOT_CLOSED,
                            start - 1..self.scan.at,
                            format!(
                                "the value of attribute `{name}` is not closed before this `>`"
                            ),
                            "add the closing quote; a value cannot contain `>`",
                        );
                    }
                    return Step::End(TagEnd::Open);
                }
                Some(_) => {}
            }
        }
        attribute.value_span = start..self.scan.at - 1;
        attribute.value = self.text.get(attribute.value_span.clone()).unwrap_or_default().to_vec();
        match self.scan.peek_raw() {
            None => Step::EndOfFile,
            Some(b) if b == b'>' || b == b'/' || is_blank(b) => Step::More,
            Some(_) => {
                if !*confused {
                    self.report.error_help(
                        codes::BAD_VALUE_END,
                        self.scan.at..self.scan.at + 1,
                        format!("a blank, `/` or `>` must follow the value of attribute `{name}`"),
                        "is a quote missing or too many, or a comment inside the tag?",
                    );
                }
                *confused = true;
                Step::More
            }
        }
    }

    fn keep(&mut self, element: &mut Element, mut attribute: Attribute, confused: bool) {
        cut_at_nul(&mut attribute.name);
        cut_at_nul(&mut attribute.value);
        if attribute.name.len() >= self.limit || attribute.value.len() >= self.limit {
            self.too_long("attribute", attribute.name_span.clone());
            return;
        }
        if !confused && element.attributes.iter().any(|other| other.name == attribute.name) {
            self.report.error(
                codes::ATTRIBUTE_TWICE,
                attribute.name_span,
                format!("attribute `{}` is given twice", shown(&attribute.name)),
            );
            return;
        }
        if element.attributes.len() >= limits::XML_ATTRIBUTES {
            self.lost = true;
            let most = limits::XML_ATTRIBUTES;
            self.report.error(
                codes::TOO_MANY_ATTRIBUTES,
                attribute.name_span,
                format!("this element has more than {most} attributes"),
            );
            return;
        }
        element.attributes.push(attribute);
    }
}
