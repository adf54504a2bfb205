//! A slow matcher for OS_Regex and OS_Match, written from decoding 4.2, 4.4 and 4.6 alone.
//!
//! For tests and fuzzing: it shares nothing with the engines that are used. It does what the text says, step
//! by step: translate to PCRE2's words, read those, try every way over characters. It gives up on what would
//! take long.

use crate::pattern::Language;

/// What a pattern answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The pattern does not compile.
    Refused,
    /// It took too many steps.
    GaveUp,
    /// No match.
    No,
    /// The end of the match and the captured ranges, in bytes.
    Yes(usize, Vec<(usize, usize)>),
}

/// Matches `pattern` against `subject`. With `utf8_check` both must be UTF-8.
#[must_use]
pub fn answer(language: Language, pattern: &[u8], subject: &[u8], utf8_check: bool) -> Answer {
    let is_empty = pattern.is_empty() && language == Language::OsRegex;
    if is_empty || pattern.len() > 2_048 {
        return Answer::Refused;
    }
    if let Some(answer) = anchored_text(language, pattern, subject) {
        return answer;
    }
    if utf8_check && std::str::from_utf8(pattern).is_err() {
        return Answer::Refused;
    }
    let translated = match language {
        Language::OsRegex => translate(&characters(pattern)),
        _ => Some(sregex(&characters(pattern))),
    };
    let parsed = translated.and_then(|text| Parser { text, at: 0, groups: 0, depth: 0 }.pattern());
    let Some((node, groups)) = parsed else { return Answer::Refused };
    if utf8_check && std::str::from_utf8(subject).is_err() {
        return Answer::No;
    }
    search(&node, groups, subject)
}

/// The fast path: text with an anchor, compared in ASCII.
fn anchored_text(language: Language, pattern: &[u8], subject: &[u8]) -> Option<Answer> {
    let start = pattern.first() == Some(&b'^');
    let inner = if start { pattern.get(1..)? } else { pattern };
    let end = inner.last() == Some(&b'$');
    let inner = if end { inner.get(..inner.len() - 1)? } else { inner };
    let plain = |&byte: &u8| match language {
        Language::OsMatch => !b"^$|".contains(&byte),
        _ => byte.is_ascii_alphanumeric() || b" !\"#%&',/:;<=>@_`~-".contains(&byte),
    };
    if !(start || end) || !inner.iter().all(plain) {
        return None;
    }
    let equal = |part: Option<&[u8]>| part.is_some_and(|part| part.eq_ignore_ascii_case(inner));
    let from = subject.len().checked_sub(inner.len());
    let found = match (start, end) {
        (true, true) => equal(Some(subject)),
        (true, false) => equal(subject.get(..inner.len())),
        _ => equal(from.and_then(|from| subject.get(from..))),
    };
    let stop = if end { subject.len() } else { inner.len() };
    Some(if found { Answer::Yes(stop, Vec::new()) } else { Answer::No })
}

/// The characters of a text with a byte that is part of none as a private-use one.
fn characters(text: &[u8]) -> Vec<char> {
    let mut all = Vec::new();
    for chunk in text.utf8_chunks() {
        all.extend(chunk.valid().chars());
        all.extend(chunk.invalid().iter().filter_map(|&byte| stray(byte)));
    }
    all
}

fn stray(byte: u8) -> Option<char> {
    char::from_u32(0xF_0100 + u32::from(byte))
}

fn is_stray(character: char) -> bool {
    (0xF_0100..0xF_0200).contains(&u32::from(character))
}

/// Stands for a class in translated text; the escape's letter follows.
const CLASS: char = '\u{F_0000}';
/// Stands for the end of the subject.
const END: char = '\u{F_0001}';

/// OS_Regex in PCRE2's words, classes and `$` abbreviated: the steps of decoding 4.2.
fn translate(source: &[char]) -> Option<Vec<char>> {
    let mut text = Vec::new();
    let mut at = 0;
    while let Some(&character) = source.get(at) {
        // The second byte before: a character of several bytes cannot stand between.
        let between = at.checked_sub(1).and_then(|before| source.get(before));
        let is_byte = between.is_some_and(|&c| c.is_ascii() || is_stray(c));
        let escaped = is_byte && at >= 2 && source.get(at - 2) == Some(&'\\');
        if (character == '+' || character == '*') && escaped {
            text.extend([character, '?']);
        } else if character == '\\' {
            at += 1;
            match *source.get(at)? {
                letter @ ('p' | 's' | 'w' | 'W' | 'd' | 'D' | 'S' | '.') => {
                    text.extend([CLASS, letter]);
                }
                literal @ ('t' | '$' | '(' | ')' | '{' | '}' | '[' | ']' | '\\' | '|' | '<') => {
                    text.extend(['\\', literal]);
                }
                _ => return None,
            }
        } else if character == '$' {
            text.push(END);
        } else if ".[]{}+?*".contains(character) {
            text.extend(['\\', character]);
        } else {
            text.push(character);
        }
        at += 1;
    }
    let mut at = 0;
    while at < text.len() {
        let is_lazy = matches!(text.get(at..at + 2), Some(['+' | '*', '?']));
        if is_lazy && at > 0 && text.get(at - 1) != Some(&'\\') {
            let rest = text.get(at + 2..).unwrap_or_default();
            let next = rest.iter().find(|&&character| character != ')');
            if matches!(next, None | Some('|')) {
                text.remove(at + 1);
            }
        }
        at += 1;
    }
    Some(text)
}

/// OS_Match in the same words.
fn sregex(source: &[char]) -> Vec<char> {
    let mut text = Vec::new();
    for &character in source {
        match character {
            '$' => text.push(END),
            '^' | '|' => text.push(character),
            't' | '<' => text.push(character),
            _ if character.is_ascii_alphanumeric() || !character.is_ascii() => text.push(character),
            _ => text.extend(['\\', character]),
        }
    }
    text
}

#[derive(Debug)]
enum Node {
    Literal(char),
    Class(char),
    Start,
    End,
    Group(usize, Box<Node>),
    Either(Vec<Node>),
    All(Vec<Node>),
    /// Least number of times, lazily or not.
    Many(Box<Node>, usize, bool),
}

struct Parser {
    text: Vec<char>,
    at: usize,
    groups: usize,
    depth: usize,
}

impl Parser {
    fn pattern(mut self) -> Option<(Node, usize)> {
        let node = self.alternatives()?;
        (self.at == self.text.len()).then_some((node, self.groups))
    }

    fn next(&mut self) -> Option<char> {
        let next = self.text.get(self.at).copied();
        self.at += 1;
        next
    }

    fn alternatives(&mut self) -> Option<Node> {
        let mut all = vec![self.sequence()?];
        while self.text.get(self.at) == Some(&'|') {
            self.at += 1;
            all.push(self.sequence()?);
        }
        Some(Node::Either(all))
    }

    fn sequence(&mut self) -> Option<Node> {
        let mut all = Vec::new();
        while let Some(&character) = self.text.get(self.at) {
            if character == '|' || character == ')' {
                break;
            }
            self.at += 1;
            let node = match character {
                '^' => Node::Start,
                END => Node::End,
                CLASS => Node::Class(self.next()?),
                '\\' => match self.next()? {
                    't' => Node::Literal('\t'),
                    literal => Node::Literal(literal),
                },
                '(' => {
                    self.depth += 1;
                    self.groups += 1;
                    let group = self.groups;
                    let inner = (self.depth <= 250).then(|| self.alternatives())??;
                    self.depth -= 1;
                    (self.next()? == ')').then(|| Node::Group(group, Box::new(inner)))?
                }
                '+' | '*' => return None,
                literal => Node::Literal(literal),
            };
            all.push(self.quantified(node)?);
        }
        Some(Node::All(all))
    }

    fn quantified(&mut self, node: Node) -> Option<Node> {
        let least = match self.text.get(self.at) {
            Some('+') => 1,
            Some('*') => 0,
            _ => return Some(node),
        };
        self.at += 1;
        let is_lazy = self.text.get(self.at) == Some(&'?');
        self.at += usize::from(is_lazy);
        match node {
            Node::Start | Node::End => None,
            node => Some(Node::Many(Box::new(node), least, is_lazy)),
        }
    }
}

/// Steps and depth of one search.
const STEPS: usize = 20_000;
const DEPTH: usize = 2_000;

struct Matcher<'t> {
    text: &'t [char],
    steps: usize,
    depth: usize,
    groups: Vec<Option<(usize, usize)>>,
}

/// What follows: called with the place, answers whether the rest matches.
type Rest<'r> = &'r mut dyn FnMut(&mut Matcher<'_>, usize) -> bool;

fn search(node: &Node, groups: usize, subject: &[u8]) -> Answer {
    let text = characters(subject);
    // Offsets in bytes of the characters and of the end.
    let mut offsets = vec![0];
    for &character in &text {
        let length = if is_stray(character) { 1 } else { character.len_utf8() };
        offsets.push(offsets.last().copied().unwrap_or_default() + length);
    }
    let offset = |at: usize| offsets.get(at).copied().unwrap_or_default();
    let mut matcher =
        Matcher { text: &text, steps: STEPS, depth: 0, groups: vec![None; groups + 1] };
    for start in 0..=text.len() {
        let mut end = None;
        let found = matcher.matches(node, start, &mut |_, at| {
            end = Some(at);
            true
        });
        if matcher.steps == 0 {
            return Answer::GaveUp;
        }
        if let (true, Some(end)) = (found, end) {
            let taken = matcher.groups.iter().flatten().take(64);
            let captures = taken.map(|&(from, to)| (offset(from), offset(to))).collect();
            return Answer::Yes(offset(end), captures);
        }
    }
    Answer::No
}

impl Matcher<'_> {
    fn matches(&mut self, node: &Node, at: usize, rest: Rest<'_>) -> bool {
        if self.steps == 0 || self.depth > DEPTH {
            self.steps = 0;
            return false;
        }
        self.steps -= 1;
        self.depth += 1;
        let found = self.step(node, at, rest);
        self.depth -= 1;
        found
    }

    fn step(&mut self, node: &Node, at: usize, rest: Rest<'_>) -> bool {
        match node {
            Node::Literal(literal) => {
                let here = self.text.get(at);
                here.is_some_and(|&here| folded(here) == folded(*literal)) && rest(self, at + 1)
            }
            Node::Class(class) => {
                let here = self.text.get(at);
                here.is_some_and(|&here| is_of(here, *class)) && rest(self, at + 1)
            }
            Node::Start => at == 0 && rest(self, at),
            Node::End => at == self.text.len() && rest(self, at),
            Node::Either(all) => all.iter().any(|node| self.matches(node, at, rest)),
            Node::All(all) => match all.split_first() {
                None => rest(self, at),
                Some((first, others)) => {
                    self.matches(first, at, &mut |this, at| this.all(others, at, rest))
                }
            },
            Node::Group(group, inner) => {
                let group = *group;
                let old = self.groups.get(group).copied().flatten();
                let found = self.matches(inner, at, &mut |this, to| {
                    let before = this.groups.get(group).copied().flatten();
                    this.set(group, Some((at, to)));
                    rest(this, to) || {
                        this.set(group, before);
                        false
                    }
                });
                if !found {
                    self.set(group, old);
                }
                found
            }
            Node::Many(inner, least, lazy) => self.many(inner, *least, *lazy, at, rest),
        }
    }

    fn all(&mut self, nodes: &[Node], at: usize, rest: Rest<'_>) -> bool {
        match nodes.split_first() {
            None => rest(self, at),
            Some((first, others)) => {
                self.matches(first, at, &mut |this, at| this.all(others, at, rest))
            }
        }
    }

    fn many(&mut self, inner: &Node, least: usize, lazy: bool, at: usize, rest: Rest<'_>) -> bool {
        if least > 0 {
            return self.turn(inner, lazy, at, rest);
        }
        (lazy && rest(self, at)) || self.turn(inner, lazy, at, rest) || (!lazy && rest(self, at))
    }

    /// One turn, and then perhaps more; after one that consumed nothing there are none.
    fn turn(&mut self, inner: &Node, lazy: bool, at: usize, rest: Rest<'_>) -> bool {
        self.matches(inner, at, &mut |this, to| {
            if to == at { rest(this, to) } else { this.many_again(inner, lazy, to, rest) }
        })
    }

    fn many_again(&mut self, inner: &Node, lazy: bool, at: usize, rest: Rest<'_>) -> bool {
        if self.steps == 0 || self.depth > DEPTH {
            self.steps = 0;
            return false;
        }
        self.depth += 1;
        let found = self.many(inner, 0, lazy, at, rest);
        self.depth -= 1;
        found
    }

    fn set(&mut self, group: usize, value: Option<(usize, usize)>) {
        if let Some(place) = self.groups.get_mut(group) {
            *place = value;
        }
    }
}

/// Simple case folding: to upper case and back, where both are one character.
fn folded(character: char) -> char {
    let single = |mut all: std::vec::IntoIter<char>| match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => character,
    };
    let upper = single(character.to_uppercase().collect::<Vec<_>>().into_iter());
    match (upper.to_lowercase().next(), upper.to_lowercase().nth(1)) {
        (Some(lower), None) => lower,
        _ => upper,
    }
}

fn is_of(character: char, class: char) -> bool {
    // A class accepts what folds with one of its characters.
    let character = folded(character);
    match class {
        '.' => true,
        'd' => character.is_ascii_digit(),
        'D' => !character.is_ascii_digit(),
        's' => character == ' ',
        'S' => character != ' ',
        'w' => character.is_ascii_alphanumeric() || "@_-".contains(character),
        'W' => !is_of(character, 'w'),
        'p' => "()*+,.:;<=>?[]!\"'#%&$|{}-".contains(character),
        _ => false,
    }
}
