//! Arrays, as rules see them.

use bartizan_base::limits;
use hifijson::Read as _;
use hifijson::token::Lex as _;

use super::Null;
use super::read::{DEPTH, Leaf, Reader};
use super::value::{number, push_number, push_string};

/// Bytes that an event may be given altogether before arrays that no rule asks for are left out: pretty printing
/// makes much of little.
const MADE_BYTES: usize = 2 * limits::EVENT_BYTES;

/// An array or an object in one, while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Array,
    Object,
}

impl Container {
    fn end(self) -> u8 {
        match self {
            Self::Array => b']',
            Self::Object => b'}',
        }
    }
}

/// The plain values that were found in an array.
#[derive(Clone, Copy, Default)]
struct Items {
    count: usize,
    are_too_much: bool,
}

impl Reader<'_, '_> {
    /// An array as text of JSON.
    pub(super) fn json_array(&mut self, is_wanted: bool) -> Option<Leaf> {
        let start = self.scratch.made.len();
        let is_whole = self.push_container(Container::Array, is_wanted)?;
        Some(if is_whole { Leaf::Array(self.made_since(start)) } else { Leaf::TooMuch })
    }

    /// The plain values of an array, with commas between; nothing if there are none.
    pub(super) fn csv_array(&mut self) -> Option<Leaf> {
        let start = self.scratch.made.len();
        self.lexer.take_next();
        let mut items = Items::default();
        let first = self.lexer.ws_peek()?;
        if first != b']' {
            self.push_list(first, start, &mut items)?;
        }
        self.lexer.take_next();
        Some(match items {
            Items { are_too_much: true, .. } => Leaf::TooMuch,
            Items { count: 0, .. } => Leaf::None,
            Items { .. } => Leaf::Text(self.made_since(start)),
        })
    }

    /// Appends the plain values of an array, of which the first begins with `first`, and goes in front of its end.
    fn push_list(&mut self, mut first: u8, start: usize, items: &mut Items) -> Option<()> {
        loop {
            let item = self.scratch.made.len();
            if items.count > 0 {
                self.scratch.made.push(b',');
            }
            if self.push_plain(first)? {
                items.count += 1;
            } else {
                self.scratch.made.truncate(item);
            }
            if self.scratch.made.len() - start > limits::EVENT_BYTES {
                items.are_too_much = true;
                self.scratch.made.truncate(start);
            }
            match self.lexer.ws_peek()? {
                b',' => self.lexer.take_next(),
                b']' => return Some(()),
                _ => return None,
            };
            first = self.lexer.ws_peek()?;
        }
    }

    /// Appends a value of an array that becomes a list. False if it is none that can stand there.
    fn push_plain(&mut self, first: u8) -> Option<bool> {
        match first {
            b'"' => {
                self.lexer.take_next();
                push_string(&mut self.lexer, &mut self.scratch.made)?;
            }
            b'-' | b'0'..=b'9' => {
                let (written, parts) = number(&mut self.lexer)?;
                if self.is_quiet || !push_number(written, &parts, &mut self.scratch.made) {
                    self.push(written);
                }
            }
            b'[' => return self.skip(Container::Array),
            b'{' => return self.skip(Container::Object),
            _ => match self.lexer.null_or_bool()? {
                None if self.options.null == Null::Discarded => return Some(false),
                word => self.scratch.made.extend_from_slice(spelled(word)),
            },
        }
        Some(true)
    }

    /// Goes behind an array or an object that cannot stand in a list: false.
    fn skip(&mut self, container: Container) -> Option<bool> {
        let is_quiet = std::mem::replace(&mut self.is_quiet, true);
        self.push_container(container, false)?;
        self.is_quiet = is_quiet;
        Some(false)
    }

    /// Appends an array or an object in one, the lexer being in front of it: a blank behind each comma of an array; a
    /// line for each member of an object, behind as many tabs as there are brackets around it. False if it is too deep
    /// or too long; the lexer is behind it all the same.
    fn push_container(&mut self, outermost: Container, is_wanted: bool) -> Option<bool> {
        let start = self.scratch.made.len();
        let is_quiet = self.is_quiet;
        let mut is_whole = true;
        self.scratch.containers.clear();
        self.open(outermost)?;
        let mut is_empty = true;
        while let Some(&container) = self.scratch.containers.last() {
            let ends = is_empty && self.lexer.ws_peek()? == container.end();
            if ends {
                self.close(container, true);
            } else if self.push_item(container)? {
                is_whole &= self.depth() <= limits::MEMBER_DEPTH;
                is_empty = true;
                continue;
            }
            self.push_ends()?;
            is_empty = false;
            let length = self.scratch.made.len();
            if length - start > limits::EVENT_BYTES || (!is_wanted && length > MADE_BYTES) {
                is_whole = false;
                self.is_quiet = true;
                self.scratch.made.truncate(start);
            }
        }
        self.is_quiet = is_quiet;
        Some(is_whole)
    }

    /// What stands behind a value: ends of containers up to the comma that another value follows.
    fn push_ends(&mut self) -> Option<()> {
        while let Some(&container) = self.scratch.containers.last() {
            match self.lexer.ws_peek()? {
                b',' => {
                    self.lexer.take_next();
                    self.push(match container {
                        Container::Array => b", ",
                        Container::Object => b",\n",
                    });
                    return Some(());
                }
                end if end == container.end() => self.close(container, false),
                _ => return None,
            }
        }
        Some(())
    }

    /// Appends a value, with its name in an object. True if it is a container, which is open now.
    fn push_item(&mut self, container: Container) -> Option<bool> {
        if container == Container::Object {
            self.push_tabs();
            self.take(b'"')?;
            self.push_quoted()?;
            self.take(b':')?;
            self.push(b":\t");
        }
        match self.lexer.ws_peek()? {
            b'[' => {
                self.open(Container::Array)?;
                return Some(true);
            }
            b'{' => {
                self.open(Container::Object)?;
                return Some(true);
            }
            b'"' => {
                self.lexer.take_next();
                self.push_quoted()?;
            }
            b'-' | b'0'..=b'9' => {
                let (written, _) = number(&mut self.lexer)?;
                self.push(written);
            }
            _ => {
                let word = self.lexer.null_or_bool()?;
                self.push(spelled(word));
            }
        }
        Some(false)
    }

    /// Appends the string that the lexer is in as text of JSON: as short as it can be written.
    fn push_quoted(&mut self) -> Option<()> {
        let mut string = std::mem::take(&mut self.scratch.string);
        string.clear();
        let read = push_string(&mut self.lexer, &mut string);
        self.push(b"\"");
        let wanted = if self.is_quiet { &[][..] } else { &string };
        for &byte in wanted {
            match byte {
                b'"' | b'\\' => self.push(&[b'\\', byte]),
                b'\n' => self.push(b"\\n"),
                b'\r' => self.push(b"\\r"),
                b'\t' => self.push(b"\\t"),
                0x08 => self.push(b"\\b"),
                0x0c => self.push(b"\\f"),
                0..0x20 => {
                    let digit = char::from_digit(u32::from(byte & 15), 16).unwrap_or('0');
                    self.push(&[b'\\', b'u', b'0', b'0', b'0' + (byte >> 4), digit as u8]);
                }
                _ => self.scratch.made.push(byte),
            }
        }
        self.push(b"\"");
        self.scratch.string = string;
        read
    }

    fn open(&mut self, container: Container) -> Option<()> {
        if self.depth() >= DEPTH {
            return None;
        }
        self.lexer.take_next();
        self.scratch.containers.push(container);
        self.push(match container {
            Container::Array => b"[",
            Container::Object => b"{\n",
        });
        Some(())
    }

    fn close(&mut self, container: Container, is_empty: bool) {
        self.lexer.take_next();
        self.scratch.containers.pop();
        if container == Container::Object {
            if !is_empty {
                self.push(b"\n");
            }
            self.push_tabs();
        }
        self.push(&[container.end()]);
    }

    /// Tabs, one for each container that is open. What is deeper than is kept needs no more.
    fn push_tabs(&mut self) {
        if self.is_quiet {
            return;
        }
        let made = &mut self.scratch.made;
        let count = self.scratch.containers.len().min(limits::MEMBER_DEPTH);
        made.resize(made.len() + count, b'\t');
    }

    fn push(&mut self, text: &[u8]) {
        if !self.is_quiet {
            self.scratch.made.extend_from_slice(text);
        }
    }

    /// How many objects and arrays are open.
    fn depth(&self) -> usize {
        self.scratch.levels.len() + self.scratch.containers.len()
    }
}

fn spelled(word: Option<bool>) -> &'static [u8] {
    match word {
        None => b"null",
        Some(true) => b"true",
        Some(false) => b"false",
    }
}
