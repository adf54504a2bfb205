//! PCRE2 elements (decoding 4.5): PCRE2's syntax with the caseless option, in bytes.
//!
//! ```text
//! bytes ─▶ Parser: alternation ─▶ items (escape, class, group) ─▶ quantifier ─▶ tree
//! ```
//!
//! We read the syntax ourselves because no other engine reads it the same way: `\<` is a literal here and a
//! word boundary in the regex crates, and the XML dialect forces `\<` on every author. What is regular runs in
//! linear time; look-around, back-references, atomic groups and conditions need backtracking, which
//! [`Pattern`](crate::Pattern) runs under a budget. Recursion, callouts with effect, `\X` and most verbs are
//! refused with a message.
//!
//! Reference: `pcre2pattern(3)` of 10.42; names like "error 109" in comments are PCRE2's.

mod class;
mod escape;
mod group;

use std::ops::Range;

use crate::byte_set::ByteSet;
use crate::character;
use crate::error::PatternError;
use crate::node::{Anchor, Node, Repeat, RepeatKind, Tree};

use escape::Escape;
pub(crate) use escape::{SPACE, WORD};

/// Groups inside one another; PCRE2's default.
const NESTING: u32 = 250;
/// Largest number in a `{}` quantifier, and most groups.
const LARGEST: u32 = 65_535;

type Result<T> = std::result::Result<T, PatternError>;

/// Parses a pattern.
pub(crate) fn parse(source: &[u8]) -> Result<Tree> {
    if source.is_empty() {
        let message = "the pattern is empty: leave the element out".to_owned();
        return Err(PatternError { code: PatternError::EMPTY, message, span: 0..0 });
    }
    let mut parser = Parser {
        source,
        at: 0,
        flags: Flags { caseless: true, ..Flags::default() },
        groups: 0,
        depth: 0,
        looks: 0,
        names: Vec::new(),
        pending: Vec::new(),
        utf: false,
    };
    parser.start_options()?;
    let node = parser.alternation(None)?;
    if parser.at < source.len() {
        let message = "this `)` closes nothing: write `\\)` for the character itself";
        return Err(PatternError::syntax(parser.at..parser.at + 1, message));
    }
    let references = parser.resolve()?;
    Ok(Tree { node, groups: parser.groups, characters: parser.utf, references })
}

/// What `(?imsxnJU)` switches.
#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    caseless: bool,
    multi_line: bool,
    dot_all: bool,
    extended: bool,
    /// `(?xx)`: spaces do not count in classes either.
    extended_more: bool,
    /// `(?n)`: plain parentheses do not capture.
    no_capture: bool,
    duplicate_names: bool,
    ungreedy: bool,
}

/// To which group a place refers.
#[derive(Debug)]
enum Target {
    Number(u32),
    Name(Range<usize>),
}

struct Parser<'a> {
    source: &'a [u8],
    at: usize,
    flags: Flags,
    /// Groups opened so far.
    groups: u32,
    depth: u32,
    /// Look-arounds that are open.
    looks: u32,
    names: Vec<(&'a [u8], u32)>,
    /// References in order, settled at the end because groups may follow.
    pending: Vec<(Target, Range<usize>)>,
    /// `(*UTF)`: the pattern sees characters.
    utf: bool,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// Steps over `text` if it comes next.
    fn eat(&mut self, text: &[u8]) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Steps over the bytes that `accept` takes, and returns them.
    fn eat_while(&mut self, accept: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self.rest().iter().take_while(|&&byte| accept(byte)).count();
        let eaten = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        eaten
    }

    fn error<T>(&self, from: usize, message: impl Into<String>) -> Result<T> {
        let end = self.at.clamp(from, self.source.len());
        Err(PatternError::syntax(from..end, message))
    }

    /// Everything up to the `)` of this group, or to the end.
    fn alternation(&mut self, reset: Option<u32>) -> Result<Node> {
        Ok(Node::alternate(self.alternatives(reset)?))
    }

    /// The alternatives up to the `)` of this group. `reset` is the number of groups before a `(?|` group,
    /// whose alternatives all number their groups from there.
    fn alternatives(&mut self, reset: Option<u32>) -> Result<Vec<Node>> {
        let mut alternatives = Vec::new();
        let mut most = self.groups;
        loop {
            alternatives.push(self.sequence()?);
            most = most.max(self.groups);
            if !self.eat(b"|") {
                break;
            }
            if let Some(groups) = reset {
                self.groups = groups;
            }
        }
        self.groups = most;
        Ok(alternatives)
    }

    /// One alternative.
    fn sequence(&mut self) -> Result<Node> {
        let mut nodes = Vec::new();
        // Whether a quantifier may follow the last node.
        let mut repeatable = false;
        while let Some(byte) = self.peek() {
            let from = self.at;
            match byte {
                b'|' | b')' => break,
                _ if self.skip_ignored()? => {}
                b'*' | b'+' | b'?' | b'{' if let Some((min, max)) = self.quantifier()? => {
                    let Some(node) = nodes.pop().filter(|_| repeatable) else {
                        let message = "nothing to repeat here: write a backslash before the \
                                       character if it is meant literally";
                        return self.error(from, message);
                    };
                    nodes.push(self.repeat(node, min, max)?);
                    repeatable = false;
                }
                b'\\' if self.eat(b"\\Q") => {
                    while self.at < self.source.len() && !self.eat(b"\\E") {
                        nodes.push(self.literal_here());
                        repeatable = true;
                    }
                }
                b'\\' if self.eat(b"\\E") => {}
                b'(' => {
                    if let Some((node, may_repeat)) = self.group()? {
                        nodes.push(node);
                        repeatable = may_repeat;
                    } else {
                        // Settings are no item: `(?i)+` has nothing to repeat.
                        repeatable = false;
                    }
                }
                _ => {
                    let (node, may_repeat) = self.atom(byte)?;
                    nodes.push(node);
                    repeatable = may_repeat;
                }
            }
        }
        Ok(Node::concat(nodes))
    }

    /// A single item that is no group, and whether it may be repeated.
    fn atom(&mut self, byte: u8) -> Result<(Node, bool)> {
        let node = match byte {
            b'^' => {
                self.at += 1;
                let anchor = if self.flags.multi_line { Anchor::LineStart } else { Anchor::Start };
                return Ok((Node::Anchor(anchor), false));
            }
            b'$' => {
                self.at += 1;
                let anchor = if self.flags.multi_line { Anchor::LineEnd } else { Anchor::SoftEnd };
                return Ok((Node::Anchor(anchor), false));
            }
            b'.' => {
                self.at += 1;
                let all = self.flags.dot_all;
                Node::Set(if all { ByteSet::ALL } else { NOT_LINE_FEED })
            }
            b'[' => return self.class(),
            b'\\' => {
                return Ok(match self.escape(false)? {
                    Escape::Byte(byte) => (self.literal(byte), true),
                    Escape::Char(character) => (self.character(character)?, true),
                    Escape::Set(set) => (Node::Set(set), true),
                    Escape::Node(node) => (node, true),
                    Escape::Place(anchor) => (Node::Anchor(anchor), false),
                    Escape::Nothing => (Node::Empty, false),
                });
            }
            _ => self.literal_here(),
        };
        Ok((node, true))
    }

    /// The literal byte or character that comes next, stepped over.
    fn literal_here(&mut self) -> Node {
        if self.utf
            && let Some((character, length)) = character::decode(self.rest())
            && length > 1
        {
            self.at += length;
            return Node::Char(character);
        }
        let byte = self.peek().unwrap_or_default();
        self.at += 1;
        self.literal(byte)
    }

    fn literal(&self, byte: u8) -> Node {
        match byte {
            0x80.. if self.utf => Node::Stray(byte),
            _ if self.flags.caseless => Node::caseless(byte),
            _ => Node::Set(ByteSet::of(&[byte])),
        }
    }

    fn character(&self, character: char) -> Result<Node> {
        match u8::try_from(u32::from(character)) {
            Ok(byte) if byte.is_ascii() => Ok(self.literal(byte)),
            _ if self.flags.caseless => Ok(Node::Char(character)),
            _ => self.error(self.at, "`(*UTF)` with `(?-i)` is not supported: drop one of them"),
        }
    }

    /// The quantifier that comes next, if one does. A `{` that starts none is a literal.
    fn quantifier(&mut self) -> Result<Option<(u32, Option<u32>)>> {
        let from = self.at;
        let bounds = match self.peek() {
            Some(b'*') => (0, None),
            Some(b'+') => (1, None),
            Some(b'?') => (0, Some(1)),
            _ => {
                let Some((min, max, length)) = braces(self.rest()) else { return Ok(None) };
                self.at += length;
                let (Some(min), Some(max)) = (min, max.map_or(Some(None), |max| max.map(Some)))
                else {
                    return self.error(from, format!("a quantifier counts to {LARGEST} at most"));
                };
                if max.is_some_and(|max| max < min) {
                    return self.error(from, "the second number is less than the first: swap them");
                }
                return Ok(Some((min, max)));
            }
        };
        self.at += 1;
        Ok(Some(bounds))
    }

    /// `node` repeated, with the `?` or `+` that may follow the quantifier.
    fn repeat(&mut self, node: Node, min: u32, max: Option<u32>) -> Result<Node> {
        while self.skip_ignored()? {}
        let kind = if self.eat(b"+") {
            RepeatKind::Possessive
        } else if self.eat(b"?") != self.flags.ungreedy {
            RepeatKind::Lazy
        } else {
            RepeatKind::Greedy
        };
        // A look-around does the same each time: `(?=a)*` is tried once or not at all.
        let (min, max) = match (&node, max) {
            (Node::Look(_), max) if min > 0 => (1, max.map(|_| 1).or(Some(1))),
            (Node::Look(_), Some(0)) => (0, Some(0)),
            (Node::Look(_), _) => (0, Some(1)),
            _ => (min, max),
        };
        if (min, max) == (1, Some(1)) && kind != RepeatKind::Possessive {
            return Ok(node);
        }
        Ok(Node::Repeat(Box::new(Repeat { node, min, max, kind })))
    }

    /// Steps over a comment, or white space where it does not count.
    fn skip_ignored(&mut self) -> Result<bool> {
        let from = self.at;
        if self.eat(b"(?#") {
            self.eat_while(|byte| byte != b')');
            if !self.eat(b")") {
                return self.error(from, "this comment has no `)`");
            }
        } else if self.flags.extended {
            self.eat_while(|byte| matches!(byte, b'\t'..=b'\r' | b' '));
            if self.eat(b"#") {
                self.eat_while(|byte| byte != b'\n');
            }
        }
        Ok(self.at > from)
    }

    /// Notes a reference; the index of its entry in [`Tree::references`].
    fn refer(&mut self, target: Target, span: Range<usize>) -> usize {
        self.pending.push((target, span));
        self.pending.len() - 1
    }

    fn resolve(&mut self) -> Result<Vec<Vec<u32>>> {
        let mut references = Vec::new();
        for (target, span) in std::mem::take(&mut self.pending) {
            let groups: Vec<u32> = match target {
                Target::Number(number) => {
                    Some(number).filter(|&number| number <= self.groups).into_iter().collect()
                }
                Target::Name(name) => {
                    let name = self.source.get(name).unwrap_or_default();
                    self.names.iter().filter(|(n, _)| *n == name).map(|&(_, group)| group).collect()
                }
            };
            if groups.is_empty() {
                let message = format!("no such group: the pattern has {} of them", self.groups);
                return Err(PatternError::syntax(span, message));
            }
            references.push(groups);
        }
        Ok(references)
    }
}

const NOT_LINE_FEED: ByteSet = ByteSet::of(b"\n").complement();

/// The numbers and the length of `{n}`, `{n,}`, `{n,m}`; a number is `None` where it is too large.
fn braces(text: &[u8]) -> Option<(Option<u32>, Option<Option<u32>>, usize)> {
    let inside = text.strip_prefix(b"{")?;
    let end = inside.iter().position(|&byte| byte == b'}')?;
    let inside = std::str::from_utf8(inside.get(..end)?).ok()?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = |text: &str| text.parse().ok().filter(|&number| number <= LARGEST);
    let (min, max) = match inside.split_once(',') {
        None => (inside, Some(inside)),
        Some((min, "")) => (min, None),
        Some((min, max)) => (min, Some(max)),
    };
    if !is_number(min) || !max.is_none_or(is_number) {
        return None;
    }
    Some((number(min), max.map(number), end + 2))
}
