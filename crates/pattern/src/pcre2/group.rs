//! Everything that starts with a parenthesis.

use crate::node::{Choice, Condition, Look, Node};

use super::escape::NO_CALLS;
use super::{Flags, LARGEST, NESTING, Parser, Result, Target};

/// What kind of group an opening means.
enum Opening {
    /// `(`, `(?<name>`: captures; the number is given when it opens.
    Capture,
    /// `(?:`
    Plain,
    /// `(?|`
    Reset,
    /// `(?>`
    Atomic,
    /// `(?=`, `(?!`, `(?<=`, `(?<!`
    Look { behind: bool, negative: bool },
}

/// Openings by their text, longer ones before their beginnings.
const OPENINGS: &[(&[u8], Opening)] = &[
    (b"(?:", Opening::Plain),
    (b"(?|", Opening::Reset),
    (b"(?>", Opening::Atomic),
    (b"(*atomic:", Opening::Atomic),
    (b"(?=", Opening::Look { behind: false, negative: false }),
    (b"(*pla:", Opening::Look { behind: false, negative: false }),
    (b"(*positive_lookahead:", Opening::Look { behind: false, negative: false }),
    (b"(?!", Opening::Look { behind: false, negative: true }),
    (b"(*nla:", Opening::Look { behind: false, negative: true }),
    (b"(*negative_lookahead:", Opening::Look { behind: false, negative: true }),
    (b"(?<=", Opening::Look { behind: true, negative: false }),
    (b"(*plb:", Opening::Look { behind: true, negative: false }),
    (b"(*positive_lookbehind:", Opening::Look { behind: true, negative: false }),
    (b"(?<!", Opening::Look { behind: true, negative: true }),
    (b"(*nlb:", Opening::Look { behind: true, negative: true }),
    (b"(*negative_lookbehind:", Opening::Look { behind: true, negative: true }),
];

/// Settings that may stand at the very start and change nothing here.
const HARMLESS: &[&[u8]] = &[
    b"(*LF)",
    b"(*BSR_UNICODE)",
    b"(*NO_AUTO_POSSESS)",
    b"(*NO_DOTSTAR_ANCHOR)",
    b"(*NO_JIT)",
    b"(*NO_START_OPT)",
];

impl<'a> Parser<'a> {
    /// `(*UTF)` and the like.
    pub(super) fn start_options(&mut self) -> Result<()> {
        loop {
            if self.eat(b"(*UTF)") {
                self.utf = true;
            } else if !HARMLESS.iter().any(|option| self.eat(option)) {
                return Ok(());
            }
        }
    }

    /// The group that comes next: its node and whether it may be repeated, or `None` for a setting.
    pub(super) fn group(&mut self) -> Result<Option<(Node, bool)>> {
        let from = self.at;
        for (text, opening) in OPENINGS {
            if self.eat(text) {
                return self.body(opening, from).map(Some);
            }
        }
        if self.rest().starts_with(b"(*") {
            return self.verb(from).map(Some);
        }
        if !self.eat(b"(?") {
            self.at += 1;
            let opening = if self.flags.no_capture { Opening::Plain } else { Opening::Capture };
            return self.body(&opening, from).map(Some);
        }
        match (self.peek(), self.source.get(self.at + 1).copied()) {
            (Some(b'<'), _) => self.named(b"<", b">", from).map(Some),
            (Some(b'\''), _) => self.named(b"'", b"'", from).map(Some),
            (Some(b'P'), Some(b'<')) => self.named(b"P<", b">", from).map(Some),
            (Some(b'P'), Some(b'=')) => {
                self.at += 2;
                let start = self.at;
                self.name(from)?;
                let name = start..self.at;
                self.close(from)?;
                let index = self.refer(Target::Name(name), from..self.at);
                Ok(Some((Node::Reference { index, caseless: self.flags.caseless }, true)))
            }
            (Some(b'('), _) => self.conditional(from).map(Some),
            (Some(b'C'), _) => {
                // Without a program that asks for callouts they do nothing.
                self.at += 1;
                self.eat_while(|byte| byte.is_ascii_digit());
                self.close(from)?;
                Ok(None)
            }
            (Some(b'R' | b'&' | b'P' | b'0'..=b'9' | b'+'), _)
            | (Some(b'-'), Some(b'0'..=b'9')) => self.error(from, NO_CALLS),
            _ => self.settings(from),
        }
    }

    /// The rest of a group behind its opening.
    fn body(&mut self, opening: &Opening, from: usize) -> Result<(Node, bool)> {
        let flags = self.flags;
        let number = if let Opening::Capture = opening {
            self.groups += 1;
            self.groups
        } else {
            0
        };
        if self.groups > LARGEST {
            return self.error(from, "too many groups");
        }
        let reset = matches!(opening, Opening::Reset).then_some(self.groups);
        let is_look = u32::from(matches!(opening, Opening::Look { .. }));
        self.enter(from)?;
        self.looks += is_look;
        let node = self.alternation(reset)?;
        self.close(from)?;
        self.looks -= is_look;
        self.depth -= 1;
        self.flags = flags;
        let node = match *opening {
            Opening::Capture => Node::Group(number, Box::new(node)),
            Opening::Plain | Opening::Reset => node,
            Opening::Atomic => Node::Atomic(Box::new(node)),
            Opening::Look { behind, negative } => {
                self.look(behind, negative, node, from).map(|look| Node::Look(Box::new(look)))?
            }
        };
        Ok((node, true))
    }

    fn look(&self, behind: bool, negative: bool, node: Node, from: usize) -> Result<Look> {
        let look = Look { behind, negative, node };
        if behind && look.lengths().is_none() {
            let message = "each alternative of a look-behind must have a fixed length: use no `*`, `+`, \
                           `?` or back-reference in it";
            return self.error(from, message);
        }
        Ok(look)
    }

    fn enter(&mut self, from: usize) -> Result<()> {
        self.depth += 1;
        if self.depth > NESTING {
            return self.error(from, format!("more than {NESTING} groups inside one another"));
        }
        Ok(())
    }

    fn close(&mut self, from: usize) -> Result<()> {
        if self.eat(b")") {
            return Ok(());
        }
        if self.at < self.source.len() {
            self.at += 1;
            return self.error(from, "unexpected character in the opening of this group");
        }
        self.at = from + 1;
        self.error(from, "this `(` is never closed: write `\\(` for the character itself")
    }

    fn named(&mut self, open: &[u8], close: &[u8], from: usize) -> Result<(Node, bool)> {
        self.eat(open);
        let start = self.at;
        self.name(from)?;
        let source: &'a [u8] = self.source;
        let name = source.get(start..self.at).unwrap_or_default();
        if !self.eat(close) {
            return self.error(from, "the name of this group is not closed");
        }
        // Within `(?|` the same group may be named again.
        let number = self.groups + 1;
        let known = self.names.iter().any(|&(n, group)| n == name && group != number);
        if known && !self.flags.duplicate_names {
            return self.error(from, "two groups have this name: rename one, or start with `(?J)`");
        }
        self.names.push((name, number));
        self.body(&Opening::Capture, from)
    }

    /// `(*FAIL)`; the other verbs change how matching backtracks and are refused.
    fn verb(&mut self, from: usize) -> Result<(Node, bool)> {
        if self.eat(b"(*FAIL)") || self.eat(b"(*F)") {
            return Ok((Node::Fail, false));
        }
        self.eat_while(|byte| byte != b')');
        self.at += 1;
        self.error(from, "this verb or setting is not supported: only `(*FAIL)` and, at the very start, `(*UTF)` are")
    }

    /// `(?i)`, `(?i-s:…)`, `(?^)`.
    fn settings(&mut self, from: usize) -> Result<Option<(Node, bool)>> {
        let mut flags = self.flags;
        if self.eat(b"^") {
            flags = Flags {
                caseless: false,
                multi_line: false,
                dot_all: false,
                extended: false,
                extended_more: false,
                no_capture: false,
                ..flags
            };
        }
        let mut on = true;
        loop {
            let byte = self.peek();
            self.at += 1;
            match byte {
                Some(b'-') => on = false,
                Some(b'i') => flags.caseless = on,
                Some(b'm') => flags.multi_line = on,
                Some(b's') => flags.dot_all = on,
                Some(b'n') => flags.no_capture = on,
                Some(b'J') => flags.duplicate_names = on,
                Some(b'U') => flags.ungreedy = on,
                Some(b'x') => {
                    flags.extended = on;
                    flags.extended_more = on && self.eat(b"x");
                    if !on {
                        self.eat(b"x");
                    }
                }
                Some(b')') => {
                    self.flags = flags;
                    return Ok(None);
                }
                Some(b':') => {
                    let outer = std::mem::replace(&mut self.flags, flags);
                    let group = self.body(&Opening::Plain, from)?;
                    self.flags = outer;
                    return Ok(Some(group));
                }
                None => {
                    self.at = from + 1;
                    return self.error(
                        from,
                        "this `(` is never closed: write `\\(` for the character itself",
                    );
                }
                Some(byte) => {
                    let message = format!(
                        "`{}` is no setting of a group: they are i m s x n J U",
                        [byte].escape_ascii()
                    );
                    return self.error(from, message);
                }
            }
        }
    }

    /// `(?(1)yes|no)`, `(?(<name>)…)`, `(?(?=look)…)`, `(?(DEFINE)…)`.
    fn conditional(&mut self, from: usize) -> Result<(Node, bool)> {
        let flags = self.flags;
        self.enter(from)?;
        let condition = if self.rest().starts_with(b"(?") || self.rest().starts_with(b"(*") {
            match self.group()? {
                Some((Node::Look(look), _)) => Some(Condition::Look(*look)),
                _ => {
                    return self
                        .error(from, "a condition is a group number, a name or a look-around");
                }
            }
        } else {
            self.group_condition(from)?
        };
        let mut alternatives = self.alternatives(None)?;
        self.close(from)?;
        self.depth -= 1;
        self.flags = flags;
        let Some(condition) = condition else {
            // What `DEFINE` defines is only for calls, which are refused.
            return Ok((Node::Empty, true));
        };
        if alternatives.len() > 2 {
            return self.error(from, "a conditional group has at most one `|`");
        }
        let no = if alternatives.len() == 2 { alternatives.pop() } else { None };
        let (yes, no) = (Node::concat(alternatives), no.unwrap_or(Node::Empty));
        Ok((Node::Choice(Box::new(Choice { condition, yes, no })), true))
    }

    /// The condition in parentheses that names a group; `None` for `DEFINE`.
    fn group_condition(&mut self, from: usize) -> Result<Option<Condition>> {
        self.eat(b"(");
        if self.eat(b"DEFINE)") {
            return Ok(None);
        }
        let sign = self.peek().filter(|byte| matches!(byte, b'+' | b'-'));
        if sign.is_some() {
            self.at += 1;
        }
        let start = self.at;
        let digits = self.eat_while(|byte| byte.is_ascii_digit());
        let target = if let Some(number) =
            std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u32>().ok())
        {
            let number = match sign {
                None => Some(number),
                Some(b'-') => (self.groups + 1).checked_sub(number),
                Some(_) => self.groups.checked_add(number),
            };
            Target::Number(number.filter(|&number| number > 0).unwrap_or(u32::MAX))
        } else {
            let close: &[u8] = match self.peek() {
                Some(b'<') => b">",
                Some(b'\'') => b"'",
                _ => b"",
            };
            self.at += close.len();
            let start = start + close.len();
            let name = self.name(from)?;
            if name == b"R" || name.starts_with(b"R&") {
                return self.error(from, NO_CALLS);
            }
            let name = start..self.at;
            if !self.eat(close) {
                return self.error(from, "this name is not closed");
            }
            Target::Name(name)
        };
        let span = from..self.at;
        self.close(from)?;
        Ok(Some(Condition::Group(self.refer(target, span))))
    }
}
