//! The parts of a tree in words.

use crate::byte_set::ByteSet;
use crate::node::{Anchor, Choice, Condition, Look, Node, Repeat, RepeatKind, Tree};
use crate::os_regex;
use crate::pcre2;

use super::Part;

pub(super) fn parts(tree: &Tree) -> Vec<Part> {
    let mut writer = Writer { tree, parts: Vec::new() };
    writer.node(&tree.node, 0);
    writer.parts
}

struct Writer<'t> {
    tree: &'t Tree,
    parts: Vec<Part>,
}

impl Writer<'_> {
    fn line(&mut self, depth: usize, words: impl Into<String>) {
        self.parts.push(Part { depth, words: words.into() });
    }

    /// A title with `node` under it, or behind it where that takes one line.
    fn titled(&mut self, depth: usize, title: &str, node: &Node) {
        let at = self.parts.len();
        self.node(node, depth + 1);
        if let [only] = self.parts.get(at..).unwrap_or_default() {
            let words = format!("{title} {}", only.words);
            self.parts.truncate(at);
            self.line(depth, words);
        } else {
            let title =
                if self.parts.len() == at { format!("{title} nothing") } else { title.to_owned() };
            self.parts.insert(at, Part { depth, words: title });
        }
    }

    fn node(&mut self, node: &Node, depth: usize) {
        match node {
            Node::Empty => {}
            Node::Fail => self.line(depth, "something that never matches"),
            Node::Set(_) | Node::Char(_) | Node::Stray(_) => self.one(node, depth),
            Node::Anchor(anchor) => self.line(depth, place(*anchor)),
            Node::Group(group, node) => self.titled(depth, &format!("group {group}:"), node),
            Node::Concat(nodes) => self.sequence(nodes, depth),
            Node::Alternate(nodes) => {
                for (index, node) in nodes.iter().enumerate() {
                    self.titled(depth, if index == 0 { "either" } else { "or" }, node);
                }
            }
            Node::Repeat(repeat) => self.repeat(repeat, depth),
            Node::Look(look) => {
                self.titled(depth, &format!("only {}", condition(look)), &look.node);
            }
            Node::Atomic(node) => self.titled(depth, "trying only the first way:", node),
            Node::Reference { index, .. } => {
                let words = format!("the same text as {}", self.groups(*index));
                self.line(depth, words);
            }
            Node::Choice(choice) => self.choice(choice, depth),
        }
    }

    fn one(&mut self, node: &Node, depth: usize) {
        match text_of(node) {
            Some(text) => self.line(depth, quoted(text.as_bytes())),
            None => self.line(depth, format!("one {}", set_of(node, true))),
        }
    }

    /// Literals that follow one another are one text.
    fn sequence(&mut self, nodes: &[Node], depth: usize) {
        let mut rest = nodes;
        while let Some((node, others)) = rest.split_first() {
            let texts: Vec<String> = rest.iter().map_while(text_of).collect();
            if texts.len() > 1 {
                self.line(depth, quoted(texts.concat().as_bytes()));
                rest = rest.get(texts.len()..).unwrap_or_default();
            } else {
                self.node(node, depth);
                rest = others;
            }
        }
    }

    fn repeat(&mut self, repeat: &Repeat, depth: usize) {
        let times = match (repeat.min, repeat.max) {
            (0, Some(1)) => "perhaps one".to_owned(),
            (0, None) => "any number of".to_owned(),
            (1, None) => "one or more".to_owned(),
            (min, None) => format!("{min} or more"),
            (min, Some(max)) if min == max => format!("exactly {min}"),
            (min, Some(max)) => format!("{min} to {max}"),
        };
        let order = match repeat.kind {
            _ if repeat.max == Some(repeat.min) => "",
            RepeatKind::Greedy => "",
            RepeatKind::Lazy => ", as few as possible",
            RepeatKind::Possessive => ", giving nothing back",
        };
        match &repeat.node {
            node @ (Node::Set(_) | Node::Char(_) | Node::Stray(_)) => {
                let is_one = repeat.max == Some(1);
                let what = text_of(node)
                    .map_or_else(|| set_of(node, is_one), |text| quoted(text.as_bytes()));
                self.line(depth, format!("{times} {what}{order}"));
            }
            node => {
                let this = if times.ends_with("of") { "this" } else { "of this" };
                self.titled(depth, &format!("{times} {this}{order}:"), node);
            }
        }
    }

    fn choice(&mut self, choice: &Choice, depth: usize) {
        match &choice.condition {
            Condition::Group(index) => {
                let words = format!("if {} took part:", self.groups(*index));
                self.titled(depth, &words, &choice.yes);
            }
            Condition::Look(look) => {
                self.titled(depth, &condition(look), &look.node);
                self.titled(depth, "then:", &choice.yes);
            }
        }
        self.titled(depth, "otherwise:", &choice.no);
    }

    fn groups(&self, index: usize) -> String {
        let groups = self.tree.references.get(index).map(Vec::as_slice).unwrap_or_default();
        let names: Vec<String> = groups.iter().map(|group| format!("group {group}")).collect();
        names.join(" or ")
    }
}

fn condition(look: &Look) -> String {
    let not = if look.negative { "not " } else { "" };
    format!("if {not}{}:", if look.behind { "preceded by" } else { "followed by" })
}

fn place(anchor: Anchor) -> &'static str {
    match anchor {
        Anchor::Start => "the start",
        Anchor::End => "the end",
        Anchor::SoftEnd => "the end, or before a line feed that is the last character",
        Anchor::LineStart => "the start of a line",
        Anchor::LineEnd => "the end of a line",
        Anchor::WordBoundary => "the edge of a word",
        Anchor::NotWordBoundary => "not the edge of a word",
    }
}

/// The text of a literal, in lower case where case does not count.
fn text_of(node: &Node) -> Option<String> {
    match node {
        Node::Set(set) => {
            let byte =
                set.single().or_else(|| set.is_closed().then(|| set.folded().single())?)?;
            byte.is_ascii().then(|| char::from(byte).to_string())
        }
        Node::Char(character) => Some(character.to_string()),
        _ => None,
    }
}

/// Sets that have a name: for one character of them, and for several.
const NAMES: &[(ByteSet, &str, &str)] = &[
    (ByteSet::ALL, "character of any kind", "characters of any kind"),
    (ByteSet::of(b"\n").complement(), "character but a line feed", "characters but line feeds"),
    (os_regex::DIGIT, "digit", "digits"),
    (os_regex::DIGIT.complement(), "character but a digit", "characters but digits"),
    (os_regex::SPACE.complement(), "character but a space", "characters but spaces"),
    (os_regex::WORD, "letter, digit or `@_-`", "letters, digits or `@_-`"),
    (
        os_regex::WORD.complement(),
        "character but a letter, digit or `@_-`",
        "characters but letters, digits or `@_-`",
    ),
    (os_regex::PUNCTUATION, "punctuation character", "punctuation characters"),
    (pcre2::WORD, "letter, digit or `_`", "letters, digits or `_`"),
    (
        pcre2::WORD.complement(),
        "character but a letter, digit or `_`",
        "characters but letters, digits or `_`",
    ),
    (pcre2::SPACE, "white-space character", "white-space characters"),
    (pcre2::SPACE.complement(), "character but white space", "characters but white space"),
];

fn set_of(node: &Node, is_one: bool) -> String {
    let set = match node {
        Node::Set(set) => *set,
        Node::Stray(byte) => ByteSet::of(&[*byte]),
        _ => ByteSet::EMPTY,
    };
    if let Some((_, one, several)) = NAMES.iter().find(|(named, ..)| *named == set) {
        return (if is_one { *one } else { *several }).to_owned();
    }
    let characters = if is_one { "character" } else { "characters" };
    let shown = |set: ByteSet| ranges(if set.is_closed() { set.folded() } else { set });
    if set.len() > 128 {
        format!("{characters} but {}", shown(set.complement()))
    } else {
        format!("{characters} of {}", shown(set))
    }
}

fn ranges(set: ByteSet) -> String {
    let name = |byte: u8| [byte].escape_ascii().to_string();
    let words: Vec<String> = set
        .ranges()
        .into_iter()
        .map(|(first, last)| match last - first {
            0 => name(first),
            1 => format!("{}{}", name(first), name(last)),
            _ => format!("{}-{}", name(first), name(last)),
        })
        .collect();
    format!("`{}`", words.concat())
}

/// Text in quotes, as people read it.
pub(super) fn quoted(bytes: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(bytes))
}
