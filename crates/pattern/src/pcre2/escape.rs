//! What stands behind a backslash.

use regex_syntax::hir::{Class, HirKind};

use crate::byte_set::ByteSet;
use crate::node::{Anchor, Node};

use super::{NOT_LINE_FEED, Parser, Result, Target, braces};

/// The meaning of an escape.
pub(super) enum Escape {
    Byte(u8),
    /// Only after `(*UTF)`.
    Char(char),
    Set(ByteSet),
    Node(Node),
    Place(Anchor),
    /// `\K`: it moves the start of the match, which nobody asks for.
    Nothing,
}

pub(super) const DIGIT: ByteSet = ByteSet::range(b'0', b'9');
pub(crate) const WORD: ByteSet =
    ByteSet::range(b'a', b'z').union(ByteSet::range(b'A', b'Z')).union(DIGIT).with(b'_');
pub(crate) const SPACE: ByteSet = ByteSet::of(b"\t\n\x0B\x0C\r ");
const HORIZONTAL: ByteSet = ByteSet::of(b"\t \xA0");
const VERTICAL: ByteSet = ByteSet::of(b"\n\x0B\x0C\r\x85");

impl Parser<'_> {
    /// The escape that comes next; `in_class` between square brackets.
    pub(super) fn escape(&mut self, in_class: bool) -> Result<Escape> {
        let from = self.at;
        self.at += 1;
        let Some(byte) = self.peek() else {
            return self
                .error(from, "a lone backslash at the end: write `\\\\` for the character itself");
        };
        if !byte.is_ascii_alphanumeric() {
            // Also `\<` and `\>`, which the XML dialect forces on authors.
            let literal = self.at;
            self.at += 1;
            if !byte.is_ascii() && self.utf {
                self.at = literal;
                return Ok(Escape::Node(self.literal_here()));
            }
            return Ok(Escape::Byte(byte));
        }
        self.at += 1;
        match byte {
            b'0'..=b'9' => self.number(from, byte, in_class),
            b'a' => Ok(Escape::Byte(0x07)),
            b'e' => Ok(Escape::Byte(0x1B)),
            b'f' => Ok(Escape::Byte(0x0C)),
            b'n' => Ok(Escape::Byte(b'\n')),
            b'r' => Ok(Escape::Byte(b'\r')),
            b't' => Ok(Escape::Byte(b'\t')),
            b'b' if in_class => Ok(Escape::Byte(0x08)),
            b'x' => self.hexadecimal(from),
            b'o' => self.octal_in_braces(from),
            b'c' => self.control(from),
            b'p' | b'P' => self.property(from, byte == b'P'),
            b'd' | b'D' | b's' | b'S' | b'w' | b'W' | b'h' | b'H' | b'v' | b'V' => {
                Ok(Escape::Set(self.class_escape(byte)))
            }
            b'N' if self.utf && self.rest().starts_with(b"{U+") => self.code_point(from),
            _ if in_class => {
                let message = format!("`\\{}` has no meaning in a class", char::from(byte));
                self.error(from, message)
            }
            b'N' if self.rest().starts_with(b"{U+") => {
                self.error(from, "characters need `(*UTF)` at the start; bytes are written `\\xhh`")
            }
            b'N' if self.peek() == Some(b'{') && braces(self.rest()).is_none() => {
                self.error(from, "character names are not supported: write the character itself")
            }
            b'N' => Ok(Escape::Set(NOT_LINE_FEED)),
            b'b' => Ok(Escape::Place(Anchor::WordBoundary)),
            b'B' => Ok(Escape::Place(Anchor::NotWordBoundary)),
            // A search always starts at the start of its subject, so `\G` is `\A`.
            b'A' | b'G' => Ok(Escape::Place(Anchor::Start)),
            b'z' => Ok(Escape::Place(Anchor::End)),
            b'Z' => Ok(Escape::Place(Anchor::SoftEnd)),
            b'K' if self.looks > 0 => self.error(from, "`\\K` has no place in a look-around"),
            b'K' => Ok(Escape::Nothing),
            b'R' => Ok(Escape::Node(self.line_break())),
            b'C' if !self.utf => Ok(Escape::Set(ByteSet::ALL)),
            b'g' => self.numbered_reference(from),
            b'k' => self.named_reference(from),
            b'X' => self.error(from, "`\\X` is not supported: use `.` for one byte"),
            _ => {
                let message = format!(
                    "`\\{0}` has no meaning in PCRE2: write `{0}` for the letter, `\\\\{0}` for a \
                     backslash before it",
                    char::from(byte)
                );
                self.error(from, message)
            }
        }
    }

    fn class_escape(&self, byte: u8) -> ByteSet {
        let set = match byte.to_ascii_lowercase() {
            b'd' => DIGIT,
            b's' => SPACE,
            b'w' => WORD,
            b'h' => HORIZONTAL,
            _ => VERTICAL,
        };
        let set = if self.utf { set.without(ByteSet::HIGH) } else { set };
        if byte.is_ascii_uppercase() { set.complement() } else { set }
    }

    /// `\R`: a carriage return with its line feed is never split.
    fn line_break(&self) -> Node {
        let set = self.class_escape(b'v');
        let both = Node::Concat(vec![Node::Set(ByteSet::of(b"\r")), Node::Set(ByteSet::of(b"\n"))]);
        Node::Atomic(Box::new(Node::Alternate(vec![both, Node::Set(set)])))
    }

    /// `\1`, `\012`: a reference or an octal number, by PCRE2's rules.
    fn number(&mut self, from: usize, first: u8, in_class: bool) -> Result<Escape> {
        let start = self.at - 1;
        if first != b'0' && !in_class {
            let digits = self.source.get(start..).unwrap_or_default();
            let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let number = digits
                .iter()
                .take(length)
                .fold(0_u32, |n, &b| n.saturating_mul(10).saturating_add(u32::from(b - b'0')));
            if number < 10 || first >= b'8' || number <= self.groups {
                self.at = start + length;
                return Ok(self.reference(Target::Number(number), from));
            }
        }
        if first >= b'8' {
            return Ok(Escape::Byte(first));
        }
        let mut value = u32::from(first - b'0');
        for _ in 0..2 {
            let Some(digit @ b'0'..=b'7') = self.peek() else { break };
            value = value * 8 + u32::from(digit - b'0');
            self.at += 1;
        }
        self.value(from, value)
    }

    fn reference(&mut self, target: Target, from: usize) -> Escape {
        let index = self.refer(target, from..self.at);
        Escape::Node(Node::Reference { index, caseless: self.flags.caseless })
    }

    /// A byte, or after `(*UTF)` a character, by its number.
    fn value(&self, from: usize, value: u32) -> Result<Escape> {
        if self.utf {
            return match char::from_u32(value) {
                Some(character) => Ok(Escape::Char(character)),
                None => self.error(from, "this is no Unicode character"),
            };
        }
        match u8::try_from(value) {
            Ok(byte) => Ok(Escape::Byte(byte)),
            Err(_) => {
                self.error(from, "a byte is at most `\\xff`: write a character as its UTF-8 bytes")
            }
        }
    }

    fn hexadecimal(&mut self, from: usize) -> Result<Escape> {
        if !self.eat(b"{") {
            let mut value = 0;
            for _ in 0..2 {
                let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(16)) else {
                    break;
                };
                value = value * 16 + digit;
                self.at += 1;
            }
            return self.value(from, value);
        }
        self.braced_number(from, 16)
    }

    fn octal_in_braces(&mut self, from: usize) -> Result<Escape> {
        if !self.eat(b"{") {
            return self.error(from, "write `\\o{…}` with octal digits");
        }
        self.braced_number(from, 8)
    }

    fn code_point(&mut self, from: usize) -> Result<Escape> {
        self.at += b"{U+".len();
        self.braced_number(from, 16)
    }

    /// The rest of `{digits}`.
    fn braced_number(&mut self, from: usize, radix: u32) -> Result<Escape> {
        let digits = self.eat_while(|byte| char::from(byte).is_digit(radix));
        if digits.is_empty() || !self.eat(b"}") {
            return self.error(from, format!("digits of base {radix} and `}}` must follow"));
        }
        let value = digits.iter().fold(0_u32, |value, &byte| {
            let digit = char::from(byte).to_digit(radix).unwrap_or_default();
            value.saturating_mul(radix).saturating_add(digit)
        });
        self.value(from, value)
    }

    fn control(&mut self, from: usize) -> Result<Escape> {
        match self.peek() {
            Some(byte @ b' '..=b'~') => {
                self.at += 1;
                Ok(Escape::Byte(byte.to_ascii_uppercase() ^ 0x40))
            }
            _ => self.error(from, "a printable character must follow `\\c`"),
        }
    }

    /// `\pL`, `\p{Lu}`, `\p{^Lu}`: of the first 256 characters, since a byte is one here.
    fn property(&mut self, from: usize, negated: bool) -> Result<Escape> {
        let name: Vec<u8> = if self.eat(b"{") {
            let name = self.eat_while(|byte| byte != b'}').to_vec();
            if !self.eat(b"}") {
                return self.error(from, "this property name has no `}`");
            }
            name
        } else {
            let name = self.rest().get(..1).unwrap_or_default().to_vec();
            self.at += name.len();
            name
        };
        let (name, caret) = match name.strip_prefix(b"^") {
            Some(rest) => (rest, true),
            None => (name.as_slice(), false),
        };
        match property(name) {
            Some(set) if !self.utf => {
                Ok(Escape::Set(if negated != caret { set.complement() } else { set }))
            }
            Some(_) => self.error(from, "properties after `(*UTF)` are not supported"),
            None => {
                self.error(from, "this property is not known: use the two letters of a category")
            }
        }
    }

    /// `\g1`, `\g{-1}`, `\g{name}`; `\g<…>` would be a call.
    fn numbered_reference(&mut self, from: usize) -> Result<Escape> {
        if matches!(self.peek(), Some(b'<' | b'\'')) {
            return self.error(from, NO_CALLS);
        }
        let braced = self.eat(b"{");
        let sign = self.peek().filter(|byte| matches!(byte, b'+' | b'-'));
        if sign.is_some() {
            self.at += 1;
        }
        let start = self.at;
        let digits = self.eat_while(|byte| byte.is_ascii_digit());
        let target = if !digits.is_empty() {
            let number = std::str::from_utf8(digits).ok().and_then(|d| d.parse::<u32>().ok());
            let number = match (sign, number) {
                (None, number) => number,
                (Some(b'-'), Some(n @ 1..)) => (self.groups + 1).checked_sub(n).filter(|&n| n > 0),
                (_, Some(n @ 1..)) => self.groups.checked_add(n),
                _ => None,
            };
            Target::Number(number.filter(|&n| n > 0).unwrap_or(u32::MAX))
        } else if braced && sign.is_none() {
            self.name(from)?;
            Target::Name(start..self.at)
        } else {
            return self.error(from, "a group number or `{name}` must follow `\\g`");
        };
        if braced && !self.eat(b"}") {
            return self.error(from, "this reference has no `}`");
        }
        Ok(self.reference(target, from))
    }

    /// `\k<name>`, `\k'name'`, `\k{name}`.
    fn named_reference(&mut self, from: usize) -> Result<Escape> {
        let close = match self.peek() {
            Some(b'<') => b">",
            Some(b'\'') => b"'",
            Some(b'{') => b"}",
            _ => return self.error(from, "a name in `<>`, `{}` or quotes must follow `\\k`"),
        };
        self.at += 1;
        let start = self.at;
        self.name(from)?;
        let name = start..self.at;
        if !self.eat(close) {
            return self.error(from, "this name is not closed");
        }
        Ok(self.reference(Target::Name(name), from))
    }

    /// Steps over a group name.
    pub(super) fn name(&mut self, from: usize) -> Result<&[u8]> {
        let name = self.eat_while(|byte| WORD.contains(byte));
        match name.first() {
            Some(first) if !first.is_ascii_digit() && name.len() <= 32 => Ok(name),
            _ => {
                self.error(from, "a group name is 1 to 32 letters, digits and `_`, no digit first")
            }
        }
    }
}

pub(super) const NO_CALLS: &str =
    "calling a group as a subroutine (recursion) is not supported: write the group out";

/// The bytes that have a Unicode property as characters of Latin-1.
fn property(name: &[u8]) -> Option<ByteSet> {
    let name = std::str::from_utf8(name).ok()?;
    if name == "L&" {
        return Some(property(b"Lu")?.union(property(b"Ll")?).union(property(b"Lt")?));
    }
    if name.is_empty() || !name.bytes().all(|byte| WORD.contains(byte)) {
        return None;
    }
    let hir = regex_syntax::parse(&format!("[\\p{{{name}}}\\x{{10FFFF}}]")).ok()?;
    let HirKind::Class(Class::Unicode(class)) = hir.kind() else { return None };
    let mut set = ByteSet::EMPTY;
    for range in class.ranges() {
        if let Ok(first) = u8::try_from(u32::from(range.start())) {
            let last = u8::try_from(u32::from(range.end())).unwrap_or(u8::MAX);
            set = set.union(ByteSet::range(first, last));
        }
    }
    Some(set)
}
