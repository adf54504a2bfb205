//! Writing a JSON object straight into a buffer.

use crate::number;

/// An object that is being written. Every one must be ended.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_raw: bool,
    is_empty: bool,
}

impl<'a> Object<'a> {
    /// Begins an object. `is_raw`: bytes that are not UTF-8 come out as they are, as in the original;
    /// otherwise each run of them becomes U+FFFD, so that the output is always JSON.
    pub(crate) fn begin(out: &'a mut Vec<u8>, is_raw: bool) -> Self {
        out.push(b'{');
        Self { out, is_raw, is_empty: true }
    }

    /// Ends the object.
    pub(crate) fn end(self) {
        self.out.push(b'}');
    }

    /// A member that is an object, to be ended before the next member.
    pub(crate) fn member(&mut self, name: &str) -> Object<'_> {
        self.key(name);
        Object::begin(self.out, self.is_raw)
    }

    /// A member that is a number.
    pub(crate) fn number(&mut self, name: &str, number: i64) {
        self.key(name);
        number::push_signed(self.out, number);
    }

    /// A member that is a string.
    pub(crate) fn string(&mut self, name: &str, value: &[u8]) {
        self.key(name);
        self.value(value);
    }

    /// A member that is a string, left out when there is none.
    pub(crate) fn optional(&mut self, name: &str, value: Option<&[u8]>) {
        if let Some(value) = value {
            self.string(name, value);
        }
    }

    /// A member whose name comes from a file.
    pub(crate) fn string_named(&mut self, name: &[u8], value: &[u8]) {
        self.separate();
        self.value(name);
        self.out.push(b':');
        self.value(value);
    }

    /// A member whose name comes from a log, and that is an object, to be ended before the next member.
    pub(crate) fn member_named(&mut self, name: &[u8]) -> Object<'_> {
        self.separate();
        self.value(name);
        self.out.push(b':');
        Object::begin(self.out, self.is_raw)
    }

    /// A member whose name comes from a log, and whose value is text of JSON without control characters in its
    /// strings. The blanks between its tokens are left out.
    pub(crate) fn json_named(&mut self, name: &[u8], json: &[u8]) {
        self.separate();
        self.value(name);
        self.out.push(b':');
        let mut compact = Compact::default();
        if self.is_raw {
            return compact.push(json, self.out);
        }
        for chunk in json.utf8_chunks() {
            compact.push(chunk.valid().as_bytes(), self.out);
            if !chunk.invalid().is_empty() {
                self.out.extend_from_slice("\u{fffd}".as_bytes());
            }
        }
    }

    /// A member that is a string which `write` makes of characters that need no escape.
    pub(crate) fn quoted(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        self.key(name);
        self.out.push(b'"');
        write(self.out);
        self.out.push(b'"');
    }

    /// A member that is an array of strings.
    pub(crate) fn strings<'b>(&mut self, name: &str, values: impl Iterator<Item = &'b [u8]>) {
        self.key(name);
        self.out.push(b'[');
        for (number, value) in values.enumerate() {
            if number > 0 {
                self.out.push(b',');
            }
            self.value(value);
        }
        self.out.push(b']');
    }

    fn separate(&mut self) {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
    }

    fn key(&mut self, name: &str) {
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn value(&mut self, value: &[u8]) {
        self.out.push(b'"');
        if self.is_raw || value.is_ascii() {
            push_escaped(self.out, value);
        } else {
            for chunk in value.utf8_chunks() {
                push_escaped(self.out, chunk.valid().as_bytes());
                if !chunk.invalid().is_empty() {
                    self.out.extend_from_slice("\u{fffd}".as_bytes());
                }
            }
        }
        self.out.push(b'"');
    }
}

/// Escapes what JSON demands, and the delete character, which is no better than its sisters.
fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    let is_special = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\') | (byte == 0x7f);
    // Without a branch for each byte: most texts need no escape.
    if !text.iter().fold(false, |found, &byte| found | is_special(byte)) {
        out.extend_from_slice(text);
        return;
    }
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| is_special(byte)) {
        let (clean, tail) = rest.split_at(at);
        out.extend_from_slice(clean);
        let Some((&byte, tail)) = tail.split_first() else { return };
        push_escape(out, byte);
        rest = tail;
    }
    out.extend_from_slice(rest);
}

/// Where in text of JSON one is that is copied without the blanks between its tokens.
#[derive(Default)]
struct Compact {
    in_string: bool,
    is_escaped: bool,
}

impl Compact {
    /// Appends the next part.
    fn push(&mut self, part: &[u8], out: &mut Vec<u8>) {
        for &byte in part {
            if self.in_string {
                self.in_string = byte != b'"' || self.is_escaped;
                self.is_escaped = byte == b'\\' && !self.is_escaped;
            } else if matches!(byte, b' ' | b'\t' | b'\n') {
                continue;
            } else {
                self.in_string = byte == b'"';
            }
            match byte {
                0x7f => push_escape(out, byte),
                _ => out.push(byte),
            }
        }
    }
}

fn push_escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let letter = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\t' => b't',
        b'\r' => b'r',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', letter]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(name: &[u8], value: &[u8], is_raw: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out, is_raw);
        object.string_named(name, value);
        object.end();
        out
    }

    #[test]
    fn escapes_as_the_original_and_leaves_slashes_and_other_letters() {
        let text = "a\"b\\c/d\n\t\r\u{8}\u{c}\u{1}\u{7f}é".as_bytes();
        let expected = r#"{"k":"a\"b\\c/d\n\t\r\b\f\u0001\u007fé"}"#;
        assert_eq!(String::from_utf8(one(b"k", text, false)).unwrap(), expected);
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_replaced_or_left_to_the_reader() {
        assert_eq!(
            one(b"k", b"caf\xe9 \xff", false),
            "{\"k\":\"caf\u{fffd} \u{fffd}\"}".as_bytes()
        );
        assert_eq!(one(b"k", b"caf\xe9", true), b"{\"k\":\"caf\xe9\"}");
    }

    #[test]
    fn an_object_may_be_empty_and_members_are_separated() {
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out, false);
        object.member("a").end();
        object.number("b", -1);
        object.optional("c", None);
        object.strings("d", [&b"x"[..], b"y"].into_iter());
        object.end();
        assert_eq!(out, br#"{"a":{},"b":-1,"d":["x","y"]}"#);
    }

    #[test]
    fn an_array_loses_the_blanks_between_its_tokens_and_no_others() {
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out, false);
        object.json_named(b"k", b"[\"a \\\" b\", {\n\t\t\"c\\\\\":\t1\n\t}, \"\xff\x7f\"]");
        object.member_named(b"o\n").end();
        object.end();
        let expected = "{\"k\":[\"a \\\" b\",{\"c\\\\\":1},\"\u{fffd}\\u007f\"],\"o\\n\":{}}";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_the_line_is_one_line_of_json(name: Vec<u8>, value: Vec<u8>) {
            let out = one(&name, &value, false);
            prop_assert!(!out.contains(&b'\n'));
            let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
            let name = String::from_utf8_lossy(&name);
            let value = String::from_utf8_lossy(&value);
            prop_assert_eq!(read.get(&*name).and_then(|v| v.as_str()), Some(&*value));
        }
    }
}
