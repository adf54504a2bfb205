//! OS_Regex (decoding 4.2).
//!
//! ```text
//! bytes ─▶ tokens (escapes, literals, `+`/`*` where they are quantifiers) ─▶ tree
//! ```
//!
//! OSSEC 4.3 turns a pattern into PCRE2 text step by step. The rules below say what that text means; where
//! they look odd (a quantifier is told by the *second* byte before it; the last one of an alternative is
//! greedy) it is because the original decides on the text, not on a tree.

use std::ops::Range;

use bartizan_base::limits::PATTERN_BYTES;

use crate::byte_set::ByteSet;
use crate::character;
use crate::error::PatternError;
use crate::node::{Anchor, Node, Repeat, RepeatKind, Tree};

/// Groups inside one another; PCRE2's own limit.
const NESTING: usize = 250;

/// `\w`: letters, digits, `@`, `_`, `-`.
pub(crate) const WORD: ByteSet = ByteSet::range(b'a', b'z')
    .union(ByteSet::range(b'A', b'Z'))
    .union(ByteSet::range(b'0', b'9'))
    .union(ByteSet::of(b"@_-"));
/// `\d`.
pub(crate) const DIGIT: ByteSet = ByteSet::range(b'0', b'9');
/// `\p`.
pub(crate) const PUNCTUATION: ByteSet = ByteSet::of(b"()*+,.:;<=>?[]!\"'#%&$|{}-");
/// `\s`: the space character only.
pub(crate) const SPACE: ByteSet = ByteSet::of(b" ");

/// Parses a pattern. With `check` bytes that are not UTF-8 are refused, as the original does.
pub(crate) fn parse(source: &[u8], check: bool) -> Result<Tree, PatternError> {
    if source.is_empty() {
        return Err(PatternError::syntax(
            0..0,
            "the pattern is empty: write `\\.*` to match anything",
        ));
    }
    if source.len() > PATTERN_BYTES {
        return Err(PatternError::too_long(source.len()));
    }
    if check && let Err(error) = std::str::from_utf8(source) {
        let at = error.valid_up_to();
        let message = "this byte is not part of UTF-8 text: save the file as UTF-8";
        return Err(PatternError::syntax(at..at + 1, message));
    }
    build(&tokens(source)?)
}

/// The pattern in PCRE2's words, as decoding 4.2 tells it; `None` if it does not compile.
pub(crate) fn translation(source: &[u8]) -> Option<String> {
    let tokens = tokens(source).ok()?;
    let mut text = String::new();
    for (index, token) in tokens.iter().enumerate() {
        let written = source.get(token.span.clone()).unwrap_or_default();
        match written {
            b"\\p" => text.push_str(r#"[()*+,.:;<=>?\[\]!"'#%&$|{}\-]"#),
            b"\\s" => text.push(' '),
            b"\\w" => text.push_str("[A-Za-z0-9@_\\-]"),
            b"\\W" => text.push_str("[^A-Za-z0-9@_\\-]"),
            b"\\d" => text.push_str("[0-9]"),
            b"\\D" => text.push_str("[^0-9]"),
            b"\\S" => text.push_str("[^ ]"),
            b"\\." => text.push_str("(?s:.)"),
            b"$" => text.push_str("(?!\\n)$"),
            b"+" | b"*" if matches!(token.item, Item::Quantifier(_)) => {
                text.push_str(&String::from_utf8_lossy(written));
                if quantifier_kind(&tokens, index) == RepeatKind::Lazy {
                    text.push('?');
                }
            }
            [byte] if b".[]{}+?*".contains(byte) => {
                text.push('\\');
                text.push(char::from(*byte));
            }
            other => text.push_str(&String::from_utf8_lossy(other)),
        }
    }
    Some(text)
}

/// One step of the translation and the bytes it comes from.
#[derive(Debug)]
struct Token {
    item: Item,
    span: Range<usize>,
}

#[derive(Debug)]
enum Item {
    Node(Node),
    /// `\\`: like any other escape, except that a quantifier behind it stays lazy.
    Backslash,
    Anchor(Anchor),
    Open,
    Close,
    Or,
    /// `+` or `*` as a quantifier; the least number of times.
    Quantifier(u32),
}

fn tokens(source: &[u8]) -> Result<Vec<Token>, PatternError> {
    let mut tokens = Vec::with_capacity(source.len());
    let mut at = 0;
    while let Some(&byte) = source.get(at) {
        let (item, length) = match byte {
            b'+' | b'*' if at >= 2 && source.get(at - 2) == Some(&b'\\') => {
                (Item::Quantifier(u32::from(byte == b'+')), 1)
            }
            b'\\' => (escape(source.get(at + 1).copied(), at)?, 2),
            b'^' => (Item::Anchor(Anchor::Start), 1),
            b'$' => (Item::Anchor(Anchor::End), 1),
            b'(' => (Item::Open, 1),
            b')' => (Item::Close, 1),
            b'|' => (Item::Or, 1),
            _ => {
                let (node, length) = literal(source.get(at..).unwrap_or_default(), byte);
                (Item::Node(node), length)
            }
        };
        tokens.push(Token { item, span: at..at + length });
        at += length;
    }
    Ok(tokens)
}

/// The literal character at the start of `rest`, whose first byte is `byte`.
pub(crate) fn literal(rest: &[u8], byte: u8) -> (Node, usize) {
    match character::decode(rest) {
        Some((character, length)) if !byte.is_ascii() => (Node::Char(character), length),
        None => (Node::Stray(byte), 1),
        Some(_) => (Node::caseless(byte), 1),
    }
}

fn escape(byte: Option<u8>, at: usize) -> Result<Item, PatternError> {
    let Some(byte) = byte else {
        let message = "a lone backslash at the end: write `\\\\` for the character itself";
        return Err(PatternError::syntax(at..at + 1, message));
    };
    let set = match byte {
        b'p' => PUNCTUATION,
        b's' => SPACE,
        b'w' => WORD,
        b'W' => WORD.complement(),
        b'd' => DIGIT,
        b'D' => DIGIT.complement(),
        b'S' => SPACE.complement(),
        b'.' => ByteSet::ALL,
        b't' => ByteSet::of(b"\t"),
        b'$' | b'(' | b')' | b'{' | b'}' | b'[' | b']' | b'|' | b'<' => ByteSet::of(&[byte]),
        b'\\' => return Ok(Item::Backslash),
        _ => {
            let name = [byte].escape_ascii().to_string();
            let advice = if byte.is_ascii_alphanumeric() {
                "the escapes are \\w \\W \\d \\D \\s \\S \\p \\t \\."
            } else {
                "write the character without the backslash"
            };
            let message = format!("`\\{name}` is no escape of this language: {advice}");
            return Err(PatternError::syntax(at..at + 2, message));
        }
    };
    Ok(Item::Node(Node::Set(set)))
}

/// A group that is still open.
struct Frame {
    /// Its number; the whole pattern has none.
    group: Option<u32>,
    opened: Range<usize>,
    alternatives: Vec<Node>,
    current: Vec<Node>,
    /// Whether the last of `current` may be repeated.
    repeatable: bool,
}

impl Frame {
    fn new(group: Option<u32>, opened: Range<usize>) -> Self {
        Self { group, opened, alternatives: Vec::new(), current: Vec::new(), repeatable: false }
    }

    fn push(&mut self, node: Node, repeatable: bool) {
        self.current.push(node);
        self.repeatable = repeatable;
    }

    fn end_alternative(&mut self) {
        let current = std::mem::take(&mut self.current);
        self.alternatives.push(Node::concat(current));
        self.repeatable = false;
    }

    fn finish(mut self) -> Node {
        self.end_alternative();
        let body = Node::alternate(self.alternatives);
        match self.group {
            Some(group) => Node::Group(group, Box::new(body)),
            None => body,
        }
    }
}

fn build(tokens: &[Token]) -> Result<Tree, PatternError> {
    let mut groups = 0;
    let mut outer: Vec<Frame> = Vec::new();
    let mut frame = Frame::new(None, 0..0);
    for (index, token) in tokens.iter().enumerate() {
        match &token.item {
            Item::Node(node) => frame.push(node.clone(), true),
            Item::Backslash => frame.push(Node::caseless(b'\\'), true),
            Item::Anchor(anchor) => frame.push(Node::Anchor(*anchor), false),
            Item::Or => frame.end_alternative(),
            Item::Open if outer.len() >= NESTING => {
                return Err(PatternError::syntax(token.span.clone(), "too many groups in groups"));
            }
            Item::Open => {
                groups += 1;
                outer.push(frame);
                frame = Frame::new(Some(groups), token.span.clone());
            }
            Item::Close => {
                let Some(parent) = outer.pop() else {
                    let message = "this `)` closes nothing: write `\\)` for the character itself";
                    return Err(PatternError::syntax(token.span.clone(), message));
                };
                let group = std::mem::replace(&mut frame, parent).finish();
                frame.push(group, true);
            }
            Item::Quantifier(min) => {
                let kind = quantifier_kind(tokens, index);
                quantify(&mut frame, *min, kind, &token.span)?;
            }
        }
    }
    if !outer.is_empty() {
        let message = "this `(` is never closed: write `\\(` for the character itself";
        return Err(PatternError::syntax(frame.opened, message));
    }
    Ok(Tree { node: frame.finish(), groups, characters: true, references: Vec::new() })
}

/// The last quantified escape of an alternative is greedy, all others are lazy (decoding 4.2 step 3).
fn quantifier_kind(tokens: &[Token], index: usize) -> RepeatKind {
    let item = |at: usize| tokens.get(at).map(|token| &token.item);
    if matches!(item(index.wrapping_sub(1)), Some(Item::Backslash)) {
        return RepeatKind::Lazy;
    }
    let mut next = index + 1;
    while matches!(item(next), Some(Item::Close)) {
        next += 1;
    }
    match item(next) {
        None | Some(Item::Or) => RepeatKind::Greedy,
        Some(_) => RepeatKind::Lazy,
    }
}

fn quantify(
    frame: &mut Frame,
    min: u32,
    kind: RepeatKind,
    span: &Range<usize>,
) -> Result<(), PatternError> {
    match frame.current.pop() {
        Some(node) if frame.repeatable => {
            frame.push(Node::Repeat(Box::new(Repeat { node, min, max: None, kind })), false);
            Ok(())
        }
        _ => {
            // Only reached through `\\` read as an escape whose second byte starts another.
            let message = "nothing to repeat here: a quantifier follows one escape, as in `\\d+`";
            Err(PatternError::syntax(span.clone(), message))
        }
    }
}
