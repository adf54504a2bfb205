//! Elements: opening tags, text, closing tags, and going on behind a mistake.

use std::sync::Arc;

use bartizan_base::{Dialect, Flavour, Source, Span, limits};

use super::report::{Report, codes, shown};
use super::scan::{Next, Scan, cut_at_nul, is_blank};
use super::{Element, ReadOptions};

/// Reads one file.
pub(super) struct Reader<'a, 'r> {
    pub(super) text: &'a [u8],
    pub(super) scan: Scan<'a>,
    pub(super) report: &'r mut Report<'a>,
    pub(super) open: Vec<Open>,
    pub(super) limit: usize,
    /// Nothing behind this can be read: a comment or a tag without end.
    pub(super) lost: bool,
    dialect: Dialect,
    roots: Vec<Element>,
    elements: usize,
}

/// An element whose closing tag has not come yet.
pub(super) struct Open {
    pub(super) element: Element,
    /// The text after the last child so far.
    text: Vec<u8>,
    /// Where it is.
    text_span: Span,
    overflown: bool,
}

/// Name and place of an element.
pub(super) struct Head {
    name: Vec<u8>,
    name_span: Span,
}

impl Open {
    pub(super) fn head(&self) -> Head {
        Head { name: self.element.name.clone(), name_span: self.element.name_span.clone() }
    }
}

/// How an opening tag ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagEnd {
    /// With `>`.
    Open,
    /// With `/>`.
    SelfClosed,
}

impl<'a, 'r> Reader<'a, 'r> {
    pub(super) fn new(
        source: &'a Arc<Source>,
        options: ReadOptions,
        report: &'r mut Report<'a>,
    ) -> Self {
        let dialect = options.dialect;
        let limit =
            if dialect.is_2_8() { limits::XML_TEXT_BYTES_2_8 } else { limits::XML_TEXT_BYTES };
        Self {
            text: &source.text,
            scan: Scan::new(&source.text),
            report,
            open: Vec::new(),
            limit,
            lost: false,
            dialect,
            roots: Vec::new(),
            elements: 0,
        }
    }

    /// Reads the whole file.
    pub(super) fn read(mut self) -> Vec<Element> {
        self.refuse_nul();
        self.skip_declaration();
        let mut escaped = false;
        while !self.lost && !self.report.is_full() {
            let Some((byte, at)) = self.next() else { break };
            if byte == b'<' && !escaped {
                self.tag(at);
                escaped = false;
            } else {
                self.text_byte(byte, at);
                // `\<` is no tag; a second backslash arms it again (decoding 5.5).
                escaped = byte == b'\\';
            }
        }
        if !self.lost && !self.report.is_full() {
            self.report_unclosed();
        }
        self.roots
    }

    /// OSSEC ends a text at a NUL (decoding 5.1), which hides what follows; ours refuses it.
    fn refuse_nul(&mut self) {
        if self.dialect.flavour() != Flavour::Bartizan {
            return;
        }
        if let Some(at) = memchr::memchr(0, self.text) {
            self.report.error_help(
                codes::NUL,
                at..at + 1,
                "a NUL byte; this must be a text file",
                "is the file damaged, or encoded as UTF-16?",
            );
            self.lost = true;
        }
    }

    /// Byte order mark and `<?xml … ?>`, only at the very start (decoding 5.1; 2.8 knows neither, 15).
    fn skip_declaration(&mut self) {
        if self.dialect.is_2_8() {
            return;
        }
        if self.scan.rest().starts_with(b"\xef\xbb\xbf") {
            self.scan.at += 3;
        }
        if !self.scan.rest().starts_with(b"<?xml") {
            return;
        }
        let start = self.scan.at;
        if self.skip_declaration_body() {
            return;
        }
        self.lost = true;
        self.report.error_help(
            codes::DECLARATION_NOT_CLOSED,
            start..start + 5,
            "the XML declaration is not closed",
            "end it with `?>`, or leave it out: it has no effect",
        );
    }

    fn skip_declaration_body(&mut self) -> bool {
        let rest = self.scan.rest();
        let end = memchr::memchr_iter(b'>', rest)
            .find(|&at| rest.get(..at).is_some_and(|b| b.ends_with(b"?")));
        if let Some(end) = end {
            self.scan.at += end + 1;
        }
        end.is_some()
    }

    /// The next byte that is in no comment. `None` at the end; an open comment is reported.
    pub(super) fn next(&mut self) -> Option<(u8, usize)> {
        let (text, report) = (self.text, &mut *self.report);
        let next = self.scan.next(|start, end| {
            let comment = text.get(start..end).unwrap_or_default();
            if let Some(what) = not_a_comment(comment) {
                report.warning(
                    codes::READ_AS_COMMENT,
                    start..start + what.len(),
                    format!("`{what}` begins a comment here, which ends at the next `-->` or `!>`"),
                    "there is no such thing in this dialect: take it out",
                );
            }
        });
        match next {
            Next::Byte(byte, at) => Some((byte, at)),
            Next::End => None,
            Next::OpenComment(start) => {
                self.report_open_comment(start);
                None
            }
        }
    }

    fn report_open_comment(&mut self, start: usize) {
        self.lost = true;
        let rest = self.text.get(start..).unwrap_or_default();
        let (len, help) = match not_a_comment(rest) {
            Some(what) => (what.len(), "there is no such thing in this dialect: take it out"),
            None if start > 1 && self.text.get(start - 1) == Some(&b'?') => (
                2,
                "in a pattern, `(?<!` opens a comment; write `(?\\<!…` differently, for example as a rule of its own",
            ),
            None => (2, "end it with `-->`; comments do not nest"),
        };
        self.report.error_help(
            codes::COMMENT_NOT_CLOSED,
            start..start + len,
            "the comment that begins here is not closed",
            help,
        );
    }

    fn tag(&mut self, start: usize) {
        match self.next() {
            None => self.end_in_tag(start),
            Some((b'/', _)) => self.closing_tag(start),
            Some((first, at)) => self.opening_tag(start, first, at),
        }
    }

    /// Reads an opening tag whose name begins with `first`.
    fn opening_tag(&mut self, start: usize, first: u8, at: usize) {
        let mut element = Element { name_span: at..at, ..Element::default() };
        let mut byte = (first, at);
        let end = loop {
            match byte.0 {
                b'>' => break self.name_end(&mut element),
                b if is_blank(b) && element.name.is_empty() => {
                    self.skip_blanks(start);
                    element.name_span = self.scan.at..self.scan.at;
                }
                b if is_blank(b) => break self.attributes(&mut element),
                b'<' => {
                    self.missing_end(start..byte.1);
                    self.scan.at = byte.1;
                    break Some(TagEnd::Open);
                }
                b => self.push_name(&mut element, b, byte.1),
            }
            match self.next() {
                Some(next) => byte = next,
                None => break None,
            }
        };
        let Some(end) = end else {
            self.end_in_tag(start);
            return;
        };
        element.span = start..self.scan.at;
        self.check_opened(&mut element, start);
        self.enter(element);
        if end == TagEnd::SelfClosed {
            self.leave(self.scan.at, self.scan.at);
        }
    }

    /// Blanks between `<` and the name.
    fn skip_blanks(&mut self, start: usize) {
        while self.scan.peek_raw().is_some_and(is_blank) {
            self.scan.at += 1;
        }
        self.report.error_help(
            codes::BAD_TAG,
            start..self.scan.at,
            "a blank between `<` and the name of an element",
            "remove the blank; a `<` that is text is written `\\<`",
        );
    }

    fn name_end(&mut self, element: &mut Element) -> Option<TagEnd> {
        if element.name.last() != Some(&b'/') {
            return Some(TagEnd::Open);
        }
        element.name.pop();
        element.name_span.end -= 1;
        Some(TagEnd::SelfClosed)
    }

    fn push_name(&mut self, element: &mut Element, byte: u8, at: usize) {
        let len = element.name.len();
        if len + 1 < self.limit {
            element.name.push(byte);
            element.name_span.end = at + 1;
        } else if len + 1 == self.limit {
            self.too_long("element name", element.name_span.clone());
            // Said once: no byte is kept after this one.
            element.name.push(byte);
        }
    }

    pub(super) fn too_long(&mut self, what: &str, span: Span) {
        let most = self.limit - 1;
        self.report.error_help(
            codes::TOO_LONG,
            span,
            format!("this {what} is longer than {most} bytes"),
            "is a closing tag or a quote missing?",
        );
    }

    /// An opening tag in which another tag begins. OSSEC takes the `<` for a part of the name.
    pub(super) fn missing_end(&mut self, span: Span) {
        self.report.error_help(
            codes::BAD_TAG,
            span,
            "this opening tag is not closed before the next `<`",
            "a `>` is missing; a `<` that is text is written `\\<`",
        );
    }

    fn check_opened(&mut self, element: &mut Element, start: usize) {
        if element.name.first() == Some(&b'?') {
            self.report.error_help(
                codes::MISPLACED_DECLARATION,
                element.name_span.clone(),
                "an XML declaration can only be at the very start of the file",
                "take it out: it has no effect",
            );
        } else if element.name.is_empty() && element.name_span.start == start + 1 {
            self.report.error_help(
                codes::BAD_TAG,
                start..start + 1,
                "a `<` without the name of an element",
                "a `<` that is text is written `\\<`",
            );
        }
        cut_at_nul(&mut element.name);
    }

    fn enter(&mut self, element: Element) {
        self.elements += 1;
        if self.open.len() >= limits::XML_DEPTH {
            self.lost = true;
            let most = limits::XML_DEPTH;
            self.report.error(
                codes::TOO_DEEP,
                element.name_span,
                format!("elements are nested more than {most} deep"),
            );
            return;
        }
        if self.elements > limits::XML_ELEMENTS {
            self.lost = true;
            let most = limits::XML_ELEMENTS;
            self.report.error(
                codes::TOO_MANY_ELEMENTS,
                element.name_span,
                format!("the file has more than {most} elements"),
            );
            return;
        }
        let at = self.scan.at;
        self.open.push(Open { element, text: Vec::new(), text_span: at..at, overflown: false });
    }

    /// Closes the innermost element: its text ended at `text_end`, its closing tag at `end`.
    pub(super) fn leave(&mut self, text_end: usize, end: usize) {
        let Some(mut open) = self.open.pop() else { return };
        cut_at_nul(&mut open.text);
        let mut element = open.element;
        element.text = open.text;
        element.text_span = open.text_span.start..open.text_span.end.min(text_end);
        element.span.end = end;
        match self.open.last_mut() {
            None => self.roots.push(element),
            Some(parent) => {
                // The text of an element is what follows its last child (decoding 5.1).
                parent.text.clear();
                parent.text_span = end..end;
                parent.overflown = false;
                parent.element.children.push(element);
            }
        }
    }

    fn text_byte(&mut self, byte: u8, at: usize) {
        let limit = self.limit;
        // Text outside elements is ignored.
        let Some(open) = self.open.last_mut() else { return };
        if open.text.len() + 1 >= limit {
            if !open.overflown {
                open.overflown = true;
                let span = open.text_span.clone();
                self.too_long("text", span);
            }
            return;
        }
        if open.text.is_empty() {
            open.text_span.start = at;
        }
        open.text.push(byte);
        open.text_span.end = at + 1;
    }

    pub(super) fn end_in_tag(&mut self, start: usize) {
        // An open comment, reported already, ends the file as well.
        if self.lost {
            return;
        }
        self.lost = true;
        let len = self.text.len();
        let line = self.text.get(start..).and_then(|t| memchr::memchr(b'\n', t));
        let end = line.map_or(len, |line| start + line).max(start + 1);
        self.report.error(codes::END_IN_TAG, start..end, "the file ends inside this tag");
    }

    fn report_unclosed(&mut self) {
        while let Some(open) = self.open.pop() {
            self.report_not_closed(&open.head(), None);
        }
    }

    /// An element without its closing tag; `by` is the closing tag that came instead.
    pub(super) fn report_not_closed(&mut self, element: &Head, by: Option<(&[u8], usize)>) {
        let name = shown(&element.name);
        let mut message = format!("element `{name}` is not closed");
        if let Some((by, at)) = by {
            let line = self.report.line(at);
            message.push_str(&format!(" before `</{}>` in line {line}", shown(by)));
        }
        let behind = self.text.get(element.name_span.end..).unwrap_or_default();
        let behind = behind.get(..self.limit).unwrap_or(behind);
        let mut swallowed = b"\\</".to_vec();
        swallowed.extend_from_slice(&element.name);
        let backslash = memchr::memmem::find(behind, &swallowed).is_some();
        let help = if backslash {
            format!("a backslash before `</{name}>` makes its `<` a part of the text")
        } else {
            format!("add `</{name}>`")
        };
        self.report.error_help(
            codes::ELEMENT_NOT_CLOSED,
            element.name_span.clone(),
            message,
            &help,
        );
    }
}

/// The start of a comment that was meant to be something else.
fn not_a_comment(comment: &[u8]) -> Option<&'static str> {
    ["<![CDATA[", "<!DOCTYPE"].into_iter().find(|what| {
        comment.get(..what.len()).is_some_and(|start| start.eq_ignore_ascii_case(what.as_bytes()))
    })
}
