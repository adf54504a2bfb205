//! Closing tags, and which element a wrong one was meant for.

use bartizan_base::{Span, suggest};

use super::reader::Reader;
use super::report::{codes, shown};
use super::scan::{cut_at_nul, is_blank};

/// A closing tag.
struct Closing {
    name: Vec<u8>,
    span: Span,
}

impl Reader<'_, '_> {
    /// Reads a closing tag; `</` is taken already.
    pub(super) fn closing_tag(&mut self, start: usize) {
        let mut name = Vec::new();
        loop {
            match self.next() {
                None => return self.end_in_tag(start),
                Some((b'>', _)) => break,
                Some((b'<', at)) => {
                    // OSSEC takes the `<` for a part of the name, which then matches nothing.
                    self.scan.at = at;
                    self.report.error_help(
                        codes::BAD_TAG,
                        start..at,
                        "this closing tag is not closed before the next `<`",
                        "a `>` is missing",
                    );
                    let kept = name.trim_ascii_end().len();
                    name.truncate(kept);
                    break;
                }
                Some((byte, _)) if name.len() + 1 < self.limit => name.push(byte),
                Some(_) => return self.closing_name_too_long(start),
            }
        }
        cut_at_nul(&mut name);
        self.close(&Closing { name, span: start..self.scan.at });
    }

    fn closing_name_too_long(&mut self, start: usize) {
        self.too_long("closing tag", start..start + 2);
        self.lost = true;
    }

    fn close(&mut self, tag: &Closing) {
        let Some(innermost) = self.open.last() else {
            return self.stray(tag);
        };
        if innermost.element.name == tag.name {
            return self.leave(tag.span.start, tag.span.end);
        }
        if is_meant_for(&tag.name, &innermost.element.name) {
            self.report_other_name(tag);
            return self.leave(tag.span.start, tag.span.end);
        }
        if self.open.iter().any(|open| open.element.name == tag.name) {
            return self.close_ancestor(tag);
        }
        self.stray(tag);
    }

    /// The closing tag of an element further out: those inside it are not closed.
    fn close_ancestor(&mut self, tag: &Closing) {
        while let Some(open) = self.open.last() {
            if open.element.name == tag.name {
                return self.leave(tag.span.start, tag.span.end);
            }
            let head = open.head();
            self.report_not_closed(&head, Some((&tag.name, tag.span.start)));
            self.leave(tag.span.start, tag.span.start);
        }
    }

    fn report_other_name(&mut self, tag: &Closing) {
        let Some(open) = self.open.last() else { return };
        let (wanted, found) = (shown(&open.element.name), shown(&tag.name));
        let line = self.report.line(open.element.span.start);
        let help = if tag.name.trim_ascii() == open.element.name.as_slice() {
            format!("no blanks are allowed here: write `</{wanted}>`")
        } else if tag.name.eq_ignore_ascii_case(&open.element.name) {
            format!("capital and small letters must agree: write `</{wanted}>`")
        } else {
            format!("one of the two is misspelt; did you mean `</{wanted}>`?")
        };
        self.report.error_help(
            codes::ELEMENT_NOT_CLOSED,
            tag.span.clone(),
            format!("`</{found}>` does not close `<{wanted}>` of line {line}"),
            &help,
        );
    }

    fn stray(&mut self, tag: &Closing) {
        let found = shown(&tag.name);
        let message = match self.open.last() {
            None => format!("`</{found}>` closes nothing: no element is open here"),
            Some(open) => {
                let inner = shown(&open.element.name);
                let line = self.report.line(open.element.span.start);
                format!("`</{found}>` closes nothing: here `{inner}` of line {line} is open")
            }
        };
        self.report.error_help(
            codes::STRAY_CLOSING_TAG,
            tag.span.clone(),
            message,
            "remove it, or add its opening tag; comments do not nest and end at the first `-->`",
        );
    }
}

/// Whether a closing tag of another name was meant for `open`.
fn is_meant_for(closing: &[u8], open: &[u8]) -> bool {
    let letters = |name: &[u8]| -> String {
        let kept: Vec<u8> = name.iter().copied().filter(|&b| !is_blank(b) && b != b'\\').collect();
        String::from_utf8_lossy(&kept).into_owned()
    };
    let (closing, open) = (letters(closing), letters(open));
    if closing.eq_ignore_ascii_case(&open) {
        return true;
    }
    // Of two short names, each is one change away from any other.
    if closing.len().min(open.len()) < 3 {
        return false;
    }
    suggest::nearest(&closing, [open.as_str()]).is_some()
        || suggest::nearest(&open, [closing.as_str()]).is_some()
}
