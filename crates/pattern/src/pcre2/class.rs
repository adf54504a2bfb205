//! Character classes: `[…]`.

use crate::byte_set::ByteSet;
use crate::node::{Anchor, Look, Node};

use super::escape::{DIGIT, Escape, SPACE, WORD};
use super::{Parser, Result};

/// What stands left of the next item of a class, for `-`.
#[derive(Clone, Copy, PartialEq)]
enum Left {
    /// Nothing a range may start with.
    Nothing,
    /// A byte that may start a range.
    Byte(u8),
    /// A byte and a `-`.
    Range(u8),
}

/// A class as far as it is read.
struct Items {
    set: ByteSet,
    /// Characters outside ASCII; only after `(*UTF)`.
    characters: Vec<char>,
    left: Left,
}

impl Parser<'_> {
    /// The class that comes next, and whether it may be repeated: all but the word-edge forms may.
    pub(super) fn class(&mut self) -> Result<(Node, bool)> {
        let from = self.at;
        if let Some(edge) = self.word_edge() {
            return Ok((edge, false));
        }
        self.at += 1;
        if self.posix_end(self.at).is_some() {
            self.at += 1;
            return self
                .error(from, "a POSIX class must stand inside a class: write `[[:alpha:]]`");
        }
        self.skip_empty_quotes();
        let negated = self.eat(b"^");
        self.skip_empty_quotes();
        let mut items = Items { set: ByteSet::EMPTY, characters: Vec::new(), left: Left::Nothing };
        if self.peek() == Some(b']') {
            self.literal_item(&mut items)?;
        }
        loop {
            match self.peek() {
                None => {
                    let message = "this `[` is never closed: write `\\[` for the character itself";
                    return self.error(from, message);
                }
                Some(b']') => break,
                Some(_) => self.item(&mut items)?,
            }
        }
        self.at += 1;
        if let Left::Range(_) = items.left {
            items.set = items.set.with(b'-');
        }
        Ok((self.finish(items, negated, from)?, true))
    }

    fn finish(&self, items: Items, negated: bool, from: usize) -> Result<Node> {
        let set = if self.utf { utf_set(items.set) } else { items.set };
        match (items.characters.is_empty(), negated) {
            (true, false) => Ok(Node::Set(set)),
            (true, true) => Ok(Node::Set(set.complement())),
            (false, false) => {
                let mut nodes = vec![Node::Set(set)];
                nodes.extend(items.characters.into_iter().map(Node::Char));
                Ok(Node::alternate(nodes))
            }
            (false, true) => {
                self.error(from, "a negated class with characters outside ASCII is not supported")
            }
        }
    }

    /// `[[:<:]]` and `[[:>:]]`: before and behind a word.
    fn word_edge(&mut self) -> Option<Node> {
        let behind = if self.eat(b"[[:<:]]") {
            false
        } else if self.eat(b"[[:>:]]") {
            true
        } else {
            return None;
        };
        let look = Look { behind, negative: false, node: Node::Set(WORD) };
        let boundary = Node::Anchor(Anchor::WordBoundary);
        Some(Node::Concat(vec![boundary, Node::Look(Box::new(look))]))
    }

    fn skip_empty_quotes(&mut self) {
        while self.eat(b"\\E") || self.eat(b"\\Q\\E") {}
    }

    /// One item of a class.
    fn item(&mut self, items: &mut Items) -> Result<()> {
        let from = self.at;
        match self.peek() {
            Some(b' ' | b'\t') if self.flags.extended_more => {
                self.at += 1;
                Ok(())
            }
            Some(b'[') if let Some(end) = self.posix_end(self.at + 1) => self.posix(items, end),
            Some(b'-') if let Left::Byte(byte) = items.left => {
                self.at += 1;
                items.left = Left::Range(byte);
                Ok(())
            }
            Some(b'\\') if self.eat(b"\\Q") => {
                while !self.eat(b"\\E") && self.at < self.source.len() {
                    self.literal_item(items)?;
                }
                Ok(())
            }
            Some(b'\\') if self.eat(b"\\E") => Ok(()),
            Some(b'\\') => match self.escape(true)? {
                Escape::Byte(byte) => self.add(items, byte, from),
                Escape::Set(set) => self.add_set(items, set, from),
                Escape::Char(character) => self.add_character(items, character, from),
                Escape::Node(Node::Char(character)) => self.add_character(items, character, from),
                Escape::Node(_) | Escape::Place(_) | Escape::Nothing => {
                    self.error(from, "this has no meaning in a class")
                }
            },
            _ => self.literal_item(items),
        }
    }

    fn literal_item(&mut self, items: &mut Items) -> Result<()> {
        let from = self.at;
        match self.literal_here() {
            Node::Char(character) => self.add_character(items, character, from),
            _ => {
                let byte = self.source.get(from).copied().unwrap_or_default();
                self.add(items, byte, from)
            }
        }
    }

    fn add(&self, items: &mut Items, byte: u8, from: usize) -> Result<()> {
        if self.utf && !byte.is_ascii() {
            return self.error(from, "this byte is no character: after `(*UTF)` write UTF-8");
        }
        let (first, left) = match items.left {
            Left::Range(first) if byte < first => {
                return self.error(from, "this range is out of order: swap its ends");
            }
            Left::Range(first) => (first, Left::Nothing),
            _ => (byte, Left::Byte(byte)),
        };
        items.left = left;
        let set = ByteSet::range(first, byte);
        items.set = items.set.union(if self.flags.caseless { set.closed() } else { set });
        Ok(())
    }

    fn add_character(&self, items: &mut Items, character: char, from: usize) -> Result<()> {
        match u8::try_from(u32::from(character)) {
            Ok(byte) if byte.is_ascii() => self.add(items, byte, from),
            _ if matches!(items.left, Left::Range(_)) || self.peek() == Some(b'-') => {
                self.error(from, "ranges of characters outside ASCII are not supported: list them")
            }
            _ => {
                self.character(character)?;
                items.characters.push(character);
                items.left = Left::Nothing;
                Ok(())
            }
        }
    }

    /// Adds a set; PCRE2 allows a `-` beside one only as the last character (error 150).
    fn add_set(&self, items: &mut Items, set: ByteSet, from: usize) -> Result<()> {
        let range_follows = self.peek() == Some(b'-')
            && self.source.get(self.at + 1).is_some_and(|&byte| byte != b']');
        if range_follows || matches!(items.left, Left::Range(_)) {
            let message = "a range cannot start or end with a class: put the `-` first or last";
            return self.error(from, message);
        }
        items.left = Left::Nothing;
        items.set = items.set.union(set);
        Ok(())
    }

    /// Where the `:]` of a POSIX class stands whose `:` (or `.`, `=`) is at `at`.
    fn posix_end(&self, at: usize) -> Option<usize> {
        let terminator = self.source.get(at).copied().filter(|byte| b":.=".contains(byte))?;
        let mut at = at + 1;
        loop {
            let (&byte, &next) = (self.source.get(at)?, self.source.get(at + 1)?);
            match (byte, next) {
                (b'\\', b']' | b'\\') => at += 1,
                (b']', _) => return None,
                (b'[', next) if next == terminator => return None,
                (byte, b']') if byte == terminator => return Some(at),
                _ => {}
            }
            at += 1;
        }
    }

    fn posix(&mut self, items: &mut Items, end: usize) -> Result<()> {
        let from = self.at;
        let kind = self.source.get(from + 1).copied();
        let name = self.source.get(from + 2..end).unwrap_or_default();
        self.at = end + 2;
        if kind != Some(b':') {
            return self
                .error(from, "POSIX collating elements are not supported, nor are they by PCRE2");
        }
        let (name, negated) = match name.strip_prefix(b"^") {
            Some(rest) => (rest, true),
            None => (name, false),
        };
        let Some(set) = posix_set(name) else {
            return self.error(from, "there is no POSIX class of this name");
        };
        // "upper" and "lower" are "alpha" where case does not count; also when negated.
        let set = if self.flags.caseless { set.closed() } else { set };
        self.add_set(items, if negated { set.complement() } else { set }, from)
    }
}

/// The set with its upper half full or empty, as patterns over characters want it.
fn utf_set(set: ByteSet) -> ByteSet {
    if set.is_disjoint(ByteSet::HIGH) { set } else { set.union(ByteSet::HIGH) }
}

fn posix_set(name: &[u8]) -> Option<ByteSet> {
    let lower = ByteSet::range(b'a', b'z');
    let upper = ByteSet::range(b'A', b'Z');
    let alpha = lower.union(upper);
    let graph = ByteSet::range(b'!', b'~');
    Some(match name {
        b"alpha" => alpha,
        b"lower" => lower,
        b"upper" => upper,
        b"alnum" => alpha.union(DIGIT),
        b"ascii" => ByteSet::range(0, 0x7F),
        b"blank" => ByteSet::of(b" \t"),
        b"cntrl" => ByteSet::range(0, 0x1F).with(0x7F),
        b"digit" => DIGIT,
        b"graph" => graph,
        b"print" => graph.with(b' '),
        b"punct" => graph.without(alpha).without(DIGIT),
        b"space" => SPACE,
        b"word" => WORD,
        b"xdigit" => DIGIT.union(ByteSet::of(b"abcdefABCDEF")),
        _ => return None,
    })
}
