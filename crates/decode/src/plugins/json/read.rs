//! Walks through the objects of a log, without recursion: the depth is whatever a stranger sent.

use bartizan_base::{FieldNames, Member, Named, StaticField, limits};
use hifijson::token::Lex as _;
use hifijson::{Read as _, SliceLexer};

use super::value::{self, number, push_number};
use super::{Arrays, Null, Options, Pending, Piece, Scratch, Value, static_field};

/// Objects and arrays in each other at most; a log with more is broken (decoding 13.7).
pub(super) const DEPTH: usize = 1_000;
/// Number of an object that is not kept.
const LEFT_OUT: u32 = Member::TOP - 1;

/// An object that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    /// Its number among the members.
    member: u32,
    /// Length of its path; `None` if it is longer than any that a rule asks for.
    path: Option<usize>,
}

/// What a value is that is no object.
pub(super) enum Leaf {
    Text(Piece),
    Array(Piece),
    /// It makes no field.
    None,
    /// It is too long or too deep.
    TooMuch,
}

/// Reads one log.
pub(super) struct Reader<'a, 's> {
    text: &'a [u8],
    pub(super) lexer: SliceLexer<'a>,
    pub(super) options: &'a Options,
    names: &'a FieldNames,
    pub(super) scratch: &'s mut Scratch,
    /// Nobody wants the value that is read: it is only made sure that it is one.
    pub(super) is_quiet: bool,
    /// Whether dstuser has a value.
    has_user: bool,
    leaves: usize,
    objects: usize,
}

/// Where a member's value goes.
enum Goal {
    Static(StaticField),
    /// To the members, and to a rule that asks for it.
    Member {
        is_kept: bool,
        named: Option<Named>,
    },
}

impl<'a, 's> Reader<'a, 's> {
    pub(super) fn new(
        text: &'a [u8],
        options: &'a Options,
        names: &'a FieldNames,
        scratch: &'s mut Scratch,
        has_user: bool,
    ) -> Self {
        let lexer = SliceLexer::new(text);
        Self {
            text,
            lexer,
            options,
            names,
            scratch,
            is_quiet: false,
            has_user,
            leaves: 0,
            objects: 0,
        }
    }

    /// Reads the object that the text begins with. `None` if it is broken.
    pub(super) fn object(mut self) -> Option<()> {
        self.take(b'{')?;
        self.scratch.levels.push(Level { member: Member::TOP, path: Some(0) });
        let mut is_empty = true;
        loop {
            // At a name, or at the end of an object that is empty.
            if !(is_empty && self.lexer.ws_peek()? == b'}') {
                is_empty = self.member()?;
                if is_empty {
                    continue;
                }
            }
            // Behind a value.
            loop {
                match self.lexer.ws_peek()? {
                    b',' => break,
                    b'}' => self.close_object(),
                    _ => return None,
                }
                self.lexer.take_next();
                if self.scratch.levels.is_empty() {
                    return Some(());
                }
            }
            self.lexer.take_next();
            is_empty = false;
        }
    }

    /// Reads a name and its value. True if the value is an object, which is open now.
    fn member(&mut self) -> Option<bool> {
        self.take(b'"')?;
        let kept = self.scratch.made.len();
        let name = value::string(self.text, &mut self.lexer, &mut self.scratch.made)?;
        self.take(b':')?;
        let first = self.lexer.ws_peek()?;
        if first == b'{' {
            self.lexer.take_next();
            self.open_object(name)?;
            return Some(true);
        }
        let level = *self.scratch.levels.last()?;
        let goal = self.goal(name, level);
        self.is_quiet = matches!(goal, Goal::Member { is_kept: false, named: None });
        let leaf = self.leaf(first, matches!(goal, Goal::Member { named: Some(_), .. }))?;
        if !self.store(name, level.member, &goal, &leaf) {
            self.scratch.made.truncate(kept);
        }
        Some(false)
    }

    /// Where the value of a name goes.
    fn goal(&mut self, name: Piece, level: Level) -> Goal {
        if level.member == Member::TOP
            && let Some(field) = static_field(self.bytes(name))
        {
            let is_second = field == StaticField::DstUser && self.has_user;
            if !is_second || self.bytes(name) != b"user" {
                self.has_user |= field == StaticField::DstUser;
                return Goal::Static(field);
            }
        }
        let named = self.find(name, level);
        let named = named.filter(|&named| !self.scratch.has(named));
        let is_kept = self.leaves < self.options.most && level.member != LEFT_OUT;
        Goal::Member { is_kept, named }
    }

    /// Keeps a value. False if it was not kept.
    fn store(&mut self, name: Piece, above: u32, goal: &Goal, leaf: &Leaf) -> bool {
        let (piece, value) = match *leaf {
            Leaf::Text(piece) => (piece, Value::Text(piece)),
            Leaf::Array(piece) => (piece, Value::Array(piece)),
            Leaf::None => return false,
            Leaf::TooMuch => {
                self.scratch.left_out += 1;
                return false;
            }
        };
        match *goal {
            Goal::Static(field) => self.scratch.statics.push((field, piece)),
            Goal::Member { is_kept, named } => {
                if let Some(named) = named {
                    self.scratch.set_named(named, piece);
                }
                if is_kept {
                    self.scratch.members.push(Pending { name, above, value, named });
                    self.leaves += 1;
                } else if named.is_none() {
                    self.scratch.left_out += 1;
                    return false;
                }
            }
        }
        true
    }

    /// Opens the object that is the value of `name`.
    fn open_object(&mut self, name: Piece) -> Option<()> {
        let level = *self.scratch.levels.last()?;
        if self.scratch.levels.len() >= DEPTH {
            return None;
        }
        let path = self.push_path(name, level);
        let is_kept = level.member != LEFT_OUT
            && self.scratch.levels.len() < limits::MEMBER_DEPTH
            && self.objects < self.options.most;
        let member = if is_kept { self.scratch.members.len() as u32 } else { LEFT_OUT };
        if is_kept {
            self.objects += 1;
            let object = Pending { name, above: level.member, value: Value::Object, named: None };
            self.scratch.members.push(object);
        }
        self.scratch.levels.push(Level { member, path });
        Some(())
    }

    /// Closes the innermost object. One that holds nothing is no member.
    fn close_object(&mut self) {
        let Some(level) = self.scratch.levels.pop() else { return };
        let last = self.scratch.members.len().checked_sub(1);
        if last == Some(level.member as usize) {
            self.scratch.members.pop();
            self.objects -= 1;
        }
    }

    /// The name under which rules ask for the member `name` of an object.
    fn find(&mut self, name: Piece, level: Level) -> Option<Named> {
        let length = self.push_path(name, level)?;
        self.names.find(self.scratch.path.get(..length)?)
    }

    /// Makes the path of a member of an object; its length.
    fn push_path(&mut self, name: Piece, level: Level) -> Option<usize> {
        let length = level.path?;
        let Scratch { path, made, .. } = &mut *self.scratch;
        path.truncate(length);
        let name = bytes(self.text, made, name);
        if length + usize::from(length > 0) + name.len() > self.names.longest() {
            return None;
        }
        if length > 0 {
            path.push(b'.');
        }
        let start = path.len();
        path.extend_from_slice(name);
        path.get_mut(start..)?.make_ascii_lowercase();
        Some(path.len())
    }

    /// Reads a value that is no object and begins with `first`.
    fn leaf(&mut self, first: u8, is_wanted: bool) -> Option<Leaf> {
        match first {
            b'"' => {
                self.lexer.take_next();
                value::string(self.text, &mut self.lexer, &mut self.scratch.made).map(Leaf::Text)
            }
            b'[' => match self.options.arrays {
                Arrays::Json => self.json_array(is_wanted),
                Arrays::Csv => self.csv_array(),
            },
            b'-' | b'0'..=b'9' => {
                let start = self.at();
                let (written, parts) = number(&mut self.lexer)?;
                let made_start = self.scratch.made.len();
                let is_made =
                    !self.is_quiet && push_number(written, &parts, &mut self.scratch.made);
                Some(Leaf::Text(match is_made {
                    true => self.made_since(made_start),
                    false => self.read_since(start),
                }))
            }
            _ => {
                let start = self.at();
                let is_null = self.lexer.null_or_bool()?.is_none();
                if is_null && self.options.null == Null::Discarded {
                    return Some(Leaf::None);
                }
                Some(Leaf::Text(self.read_since(start)))
            }
        }
    }

    /// Goes behind the byte that must stand next.
    pub(super) fn take(&mut self, byte: u8) -> Option<()> {
        self.lexer.expect(SliceLexer::ws_peek, byte)
    }

    /// How much was read.
    pub(super) fn at(&self) -> usize {
        self.text.len() - self.lexer.as_slice().len()
    }

    /// What was read from `start` on.
    pub(super) fn read_since(&self, start: usize) -> Piece {
        Piece { text: bartizan_base::Text::new(start, self.at()), is_made: false }
    }

    /// What was made from `start` on.
    pub(super) fn made_since(&self, start: usize) -> Piece {
        let text = bartizan_base::Text::new(start, self.scratch.made.len());
        Piece { text, is_made: true }
    }

    fn bytes(&self, piece: Piece) -> &[u8] {
        bytes(self.text, &self.scratch.made, piece)
    }
}

fn bytes<'t>(text: &'t [u8], made: &'t [u8], piece: Piece) -> &'t [u8] {
    let from = if piece.is_made { made } else { text };
    from.get(piece.text.range()).unwrap_or_default()
}
