//! From bytes to elements (decoding 5.1 to 5.6).
//!
//! One pass with a stack of open elements, no recursion on input. After a mistake the reader goes on where the
//! rest still makes sense, so that one run shows what is wrong everywhere.

use std::sync::Arc;

use bartizan_base::{Diagnostic, Dialect, Place, Source, Span, limits};

use super::{Attribute, Element};

pub(super) fn read(
    source: &Arc<Source>,
    dialect: Dialect,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Element> {
    let mut reader = Reader {
        text: &source.text,
        source,
        dialect,
        at: 0,
        open: Vec::new(),
        roots: Vec::new(),
        diagnostics,
        budget: limits::DIAGNOSTICS_PER_FILE,
        is_stopped: false,
        nul_reported: false,
    };
    reader.skip_declaration();
    reader.elements();
    reader.roots
}

struct Reader<'a> {
    text: &'a [u8],
    source: &'a Arc<Source>,
    dialect: Dialect,
    at: usize,
    open: Vec<Open>,
    roots: Vec<Element>,
    diagnostics: &'a mut Vec<Diagnostic>,
    budget: usize,
    is_stopped: bool,
    nul_reported: bool,
}

/// An element whose closing tag has not come yet.
struct Open {
    element: Element,
    /// A NUL byte ended the content (decoding 5.1).
    is_ended: bool,
    is_too_long: bool,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn starts_with(&self, what: &[u8]) -> bool {
        self.text.get(self.at..).is_some_and(|rest| rest.starts_with(what))
    }

    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        if self.budget == 0 {
            self.is_stopped = true;
            return;
        }
        self.budget -= 1;
        let diagnostic = Diagnostic::error(code, Place::new(self.source, span), message);
        self.diagnostics.push(if help.is_empty() { diagnostic } else { diagnostic.help(help) });
    }

    /// A byte order mark and an XML declaration at the very start (decoding 5.1).
    fn skip_declaration(&mut self) {
        if self.starts_with(b"\xef\xbb\xbf") {
            self.at += 3;
        }
        if !self.starts_with(b"<?xml") {
            return;
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let span = self.at..self.at + 5;
        if self.dialect.is_2_8() {
            self.error("X0001", span, "OSSEC 2.8 knows no XML declaration", "remove this line");
        }
        match memchr::memmem::find(rest, b"?>") {
            Some(end) => self.at += end + 2,
            None => {
                let span = self.at..self.at + 5;
                self.error("X0001", span, "the XML declaration is not closed", "it ends with `?>`");
                self.at = self.text.len();
            }
        }
    }

    fn elements(&mut self) {
        // Whether the byte before was a backslash: it makes a `<` ordinary (decoding 5.5).
        let mut is_escaped = false;
        while let Some(byte) = self.peek(0) {
            if self.is_stopped {
                return;
            }
            if byte == b'<' {
                if self.peek(1) == Some(b'!') {
                    // A comment starts even after a backslash, which then covers the byte behind it.
                    self.comment();
                    continue;
                }
                if !is_escaped {
                    self.tag();
                    continue;
                }
            }
            self.text_byte(byte);
            is_escaped = byte == b'\\';
            self.at += 1;
        }
        self.report_unclosed();
    }

    fn text_byte(&mut self, byte: u8) {
        let at = self.at;
        let is_nul = byte == 0;
        if is_nul
            && self.dialect.flavour() == bartizan_base::Flavour::Bartizan
            && !self.nul_reported
        {
            self.nul_reported = true;
            self.error("X0002", at..at + 1, "a NUL byte", "is this really a text file?");
        }
        let Some(open) = self.open.last_mut() else { return };
        open.is_ended |= is_nul;
        if open.is_ended || open.is_too_long {
            return;
        }
        let element = &mut open.element;
        if element.text.is_empty() {
            element.text_span = at..at;
        }
        if element.text.len() + 1 >= limits::XML_TEXT_BYTES {
            open.is_too_long = true;
            let span = element.text_span.start..at;
            let name = String::from_utf8_lossy(&element.name).into_owned();
            self.error(
                "X0003",
                span,
                format!("the text of <{name}> is longer than {} bytes", limits::XML_TEXT_BYTES - 1),
                "split it over several elements, which are joined",
            );
            return;
        }
        element.text.push(byte);
        element.text_span.end = at + 1;
    }

    /// At `<!`: everything through the first `-->` or `!>` (decoding 5.2).
    fn comment(&mut self) {
        let inside = self.at + 2;
        let rest = self.text.get(inside..).unwrap_or_default();
        let long = memchr::memmem::find(rest, b"-->").map(|end| end + 3);
        let short = memchr::memmem::find(rest, b"!>").map(|end| end + 2);
        match long.into_iter().chain(short).min() {
            Some(end) => self.at = inside + end,
            None => {
                self.error(
                    "X0004",
                    self.at..inside,
                    "the comment is not closed",
                    "it ends with `-->`; neither CDATA nor DOCTYPE exists here",
                );
                self.at = self.text.len();
                self.is_stopped = true;
            }
        }
    }

    fn tag(&mut self) {
        let start = self.at;
        self.at += 1;
        if self.peek(0) == Some(b'/') {
            self.at += 1;
            self.closing_tag(start);
        } else {
            self.opening_tag(start);
        }
    }

    /// A name up to one of `ends`, comments inside it removed.
    fn name(&mut self, ends: impl Fn(u8) -> bool) -> (Vec<u8>, Span) {
        let start = self.at;
        let mut name = Vec::new();
        while let Some(byte) = self.peek(0) {
            if ends(byte) || self.is_stopped {
                break;
            }
            if byte == b'<' && self.peek(1) == Some(b'!') {
                self.comment();
                continue;
            }
            name.push(byte);
            self.at += 1;
        }
        if name.len() >= limits::XML_TEXT_BYTES {
            self.error(
                "X0005",
                start..start + 20,
                "this name has no end",
                "names end at a blank or `>`",
            );
            self.is_stopped = true;
        }
        (name, start..self.at)
    }

    fn opening_tag(&mut self, start: usize) {
        if self.open.len() >= limits::XML_DEPTH {
            let message = format!("elements are nested deeper than {} levels", limits::XML_DEPTH);
            self.error("X0006", start..start + 1, message, "");
            self.is_stopped = true;
            return;
        }
        let (mut name, mut name_span) = self.name(|b| b == b'>' || is_blank(b));
        let mut closes = false;
        if name.last() == Some(&b'/') && self.peek(0) == Some(b'>') {
            name.pop();
            name_span.end -= 1;
            closes = true;
        }
        let mut element = Element { name, name_span, ..Element::default() };
        if !closes {
            closes = self.attributes(&mut element);
        }
        if self.peek(0) == Some(b'>') {
            self.at += 1;
        } else if !self.is_stopped {
            self.error("X0007", start..self.at, "this tag is not closed", "it ends with `>`");
        }
        element.span = start..self.at;
        element.text_span = self.at..self.at;
        if closes {
            self.finish(element);
        } else {
            self.open.push(Open { element, is_ended: false, is_too_long: false });
        }
    }

    /// Attributes up to the `>`; true when a `/` stands before it (decoding 5.3).
    fn attributes(&mut self, element: &mut Element) -> bool {
        loop {
            while self.peek(0).is_some_and(is_blank) {
                self.at += 1;
            }
            match self.peek(0) {
                None | Some(b'>') => return false,
                Some(b'/') => {
                    self.at += 1;
                    while self.peek(0).is_some_and(is_blank) {
                        self.at += 1;
                    }
                    return true;
                }
                Some(_) => match self.attribute() {
                    Some(attribute) => self.add_attribute(element, attribute),
                    None => {
                        // What follows cannot be told apart: the tag ends at the next `>`.
                        let rest = self.text.get(self.at..).unwrap_or_default();
                        self.at += memchr::memchr(b'>', rest).unwrap_or(rest.len());
                        return self.at > 0 && self.text.get(self.at - 1) == Some(&b'/');
                    }
                },
            }
        }
    }

    fn add_attribute(&mut self, element: &mut Element, attribute: Attribute) {
        if element.attributes.iter().any(|known| known.name == attribute.name) {
            let name = String::from_utf8_lossy(&attribute.name).into_owned();
            let message = format!("attribute `{name}` is already given");
            self.error("X0008", attribute.name_span, message, "keep one of the two");
            return;
        }
        element.attributes.push(attribute);
    }

    fn attribute(&mut self) -> Option<Attribute> {
        let (name, name_span) = self.name(|b| b == b'=' || b == b'>' || is_blank(b));
        let shown = String::from_utf8_lossy(&name).into_owned();
        if self.peek(0) != Some(b'=') {
            let message = format!("attribute `{shown}` has no value");
            self.error(
                "X0009",
                name_span,
                message,
                "write NAME=\"VALUE\", without a blank before =",
            );
            return None;
        }
        self.at += 1;
        while self.peek(0).is_some_and(is_blank) {
            self.at += 1;
        }
        let quote = self.peek(0).filter(|&b| b == b'"' || b == b'\'');
        let Some(quote) = quote else {
            let message = format!("the value of attribute `{shown}` is not quoted");
            self.error("X0010", name_span, message, "put it between \" and \"");
            return None;
        };
        self.at += 1;
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let end = memchr::memchr2(quote, b'>', rest);
        let Some(end) = end.filter(|&end| rest.get(end) == Some(&quote)) else {
            let message = format!("the value of attribute `{shown}` is not closed");
            self.error("X0011", name_span, message, "a value ends with its quote and holds no >");
            return None;
        };
        let value_span = start..start + end;
        self.at = value_span.end + 1;
        if end >= limits::XML_TEXT_BYTES {
            let message = format!("the value of attribute `{shown}` is too long");
            self.error("X0012", name_span, message, "at most 8191 bytes");
            return None;
        }
        if !self.peek(0).is_none_or(|b| is_blank(b) || b == b'>' || b == b'/') {
            let message = format!("no blank behind the value of attribute `{shown}`");
            self.error("X0013", self.at..self.at + 1, message, "a blank, > or / must follow");
            return None;
        }
        let value = self.text.get(value_span.clone()).unwrap_or_default().to_vec();
        Some(Attribute { name, name_span, value, value_span })
    }

    fn closing_tag(&mut self, start: usize) {
        let (name, span) = self.name(|b| b == b'>');
        if self.peek(0) == Some(b'>') {
            self.at += 1;
        }
        match self.open.last() {
            None => {
                let shown = String::from_utf8_lossy(&name).into_owned();
                let message = format!("</{shown}> closes nothing: no element is open here");
                self.error("X0014", start..self.at, message, "");
            }
            Some(open) if open.element.name == name => self.close(start),
            Some(open) => {
                let inner = String::from_utf8_lossy(&open.element.name).into_owned();
                let shown = String::from_utf8_lossy(&name).into_owned();
                let message = format!("</{shown}> where </{inner}> was expected");
                let line = self.source.position(open.element.span.start).line;
                let help = format!(
                    "<{inner}> was opened in line {line}; write its closing tag exactly so"
                );
                self.error("X0015", span, message, &help);
                self.recover(&name, start);
            }
        }
    }

    /// After a wrong closing tag: it closes the nearest element it could mean, or the innermost.
    fn recover(&mut self, name: &[u8], start: usize) {
        let meant = name.trim_ascii();
        let depth = self.open.iter().rposition(|o| o.element.name.eq_ignore_ascii_case(meant));
        let keep = depth.unwrap_or(self.open.len().saturating_sub(1));
        while self.open.len() > keep {
            self.close(start);
        }
    }

    fn close(&mut self, text_end: usize) {
        if let Some(open) = self.open.pop() {
            let mut element = open.element;
            if element.text.is_empty() {
                element.text_span = text_end..text_end;
            }
            element.span.end = self.at;
            self.finish(element);
        }
    }

    fn finish(&mut self, element: Element) {
        match self.open.last_mut() {
            Some(parent) => {
                // The content of an element is the text after its last child (decoding 5.1).
                parent.element.text.clear();
                parent.is_ended = false;
                parent.is_too_long = false;
                parent.element.text_span = self.at..self.at;
                parent.element.children.push(element);
            }
            None => self.roots.push(element),
        }
    }

    fn report_unclosed(&mut self) {
        let Some(open) = self.open.last() else { return };
        let name = String::from_utf8_lossy(&open.element.name).into_owned();
        let span = open.element.span.clone();
        let help = match self.text.get(..self.text.len()) {
            Some(text) if memchr::memmem::find(text, b"\\</").is_some() => {
                "a backslash before `<` makes it ordinary: a text that ends in a backslash swallows \
                 its own closing tag"
            }
            _ => "",
        };
        self.error("X0016", span, format!("<{name}> is never closed"), help);
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
