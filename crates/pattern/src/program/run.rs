//! One attempt to match at one place.

use crate::node::Anchor;

use super::scan::Reader;
use super::scratch::{Frame, Scratch, UNSET};
use super::{Op, Outcome, Program, Scan};

impl Program {
    /// Tries to match from operation `op` and `position` on. With `CAPTURES` the slots are filled; with `CHARACTERS` the text is not ASCII and
    /// sets accept whole characters. Takes its steps from the reader's budget.
    pub(super) fn attempt<const CAPTURES: bool, const CHARACTERS: bool>(
        &self,
        op: usize,
        position: usize,
        reader: &mut Reader<'_>,
        scratch: &mut Scratch,
    ) -> Outcome {
        scratch.reset();
        let (mut pc, mut position) = (op, position);
        loop {
            let Some(left) = reader.budget.checked_sub(1) else { return Outcome::Exceeded };
            reader.budget = left;
            let Some(op) = self.ops.get(pc) else { return Outcome::NoMatch };
            pc += 1;
            let goes_on = match *op {
                Op::Literal { from, to } => {
                    let literal = self.literals.get(from as usize..to as usize).unwrap_or_default();
                    let rest = reader.text.get(position..).unwrap_or_default();
                    position += literal.len();
                    rest.starts_with(literal)
                }
                Op::Byte(byte) => {
                    position += 1;
                    reader.get(position - 1) == Some(byte)
                }
                Op::Set { sets } => {
                    let set = self.sets.get(sets as usize);
                    let byte = reader.get(position);
                    position += reader.width::<CHARACTERS>(position);
                    byte.is_some_and(|byte| set.is_some_and(|set| set.contains(byte)))
                }
                Op::Scan { scans } => {
                    let end = self.scans.get(scans as usize).and_then(|scan| {
                        scan.start::<CHARACTERS>(pc as u32 - 1, position, reader, scratch)
                    });
                    position = end.unwrap_or(position);
                    end.is_some()
                }
                Op::Split { first, second, firsts } => {
                    self.split(first, second, firsts, &mut pc, position, reader, scratch)
                }
                Op::Jump(to) => {
                    pc = to as usize;
                    true
                }
                Op::Save(slot) => {
                    if CAPTURES || slot as usize >= self.capture_slots {
                        scratch.save(slot, position);
                    }
                    true
                }
                Op::Match => return Outcome::Match(position),
                Op::Fail => false,
                Op::Assert(anchor) => anchor.holds(reader.text, position),
                rare => self.rare(rare, &mut pc, &mut position, reader, scratch),
            };
            if goes_on {
                continue;
            }
            if !self.back::<CHARACTERS>(&mut pc, &mut position, reader, scratch) {
                return if reader.budget == 0 { Outcome::Exceeded } else { Outcome::NoMatch };
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one operation of the loop above")]
    fn split(
        &self,
        first: u32,
        second: u32,
        firsts: u32,
        pc: &mut usize,
        position: usize,
        reader: &mut Reader<'_>,
        scratch: &mut Scratch,
    ) -> bool {
        let next = reader.get(position);
        let (may_first, may_second) = match self.firsts.get(firsts as usize) {
            Some((first, second)) => (first.allows(next), second.allows(next)),
            None => (true, true),
        };
        *pc = if may_first { first } else { second } as usize;
        if may_first && may_second {
            scratch.push(Frame::Retry { op: second, position }, reader);
        }
        may_first || may_second
    }

    /// Operations that few patterns have. Whether the attempt goes on.
    fn rare(
        &self,
        op: Op,
        pc: &mut usize,
        position: &mut usize,
        reader: &mut Reader<'_>,
        scratch: &mut Scratch,
    ) -> bool {
        match op {
            Op::Progress { slot, exit } => {
                if scratch.slot(slot) == *position {
                    *pc = exit as usize;
                }
            }
            Op::Close { slot, opened } => {
                scratch.save(slot, scratch.slot(opened));
                scratch.save(slot + 1, *position);
            }
            Op::Enter(mark) => scratch.enter(mark, *position),
            Op::EnterOr { mark, otherwise } => {
                scratch.enter(mark, *position);
                scratch.push(Frame::Retry { op: otherwise, position: *position }, reader);
            }
            Op::Cut(mark) => {
                scratch.cut(mark);
            }
            Op::CutBack(mark) => *position = scratch.cut(mark).position,
            Op::Refute(mark) => {
                scratch.undo(mark);
                return false;
            }
            Op::Back(length) => match position.checked_sub(length as usize) {
                Some(back) => *position = back,
                None => return false,
            },
            Op::Reference { references, caseless } => {
                let Some((from, to)) = self.captured(references, scratch) else { return false };
                let captured = reader.text.get(from..to).unwrap_or_default();
                let here = reader.text.get(*position..*position + captured.len());
                reader.pass(captured.len());
                *position += captured.len();
                return here.is_some_and(|here| {
                    captured == here || caseless && captured.eq_ignore_ascii_case(here)
                });
            }
            Op::IfGroup { references, otherwise } => {
                if self.captured(references, scratch).is_none() {
                    *pc = otherwise as usize;
                }
            }
            _ => return false,
        }
        true
    }

    /// What the first of these groups that took part captured.
    fn captured(&self, references: u32, scratch: &Scratch) -> Option<(usize, usize)> {
        let slots = self.references.get(references as usize)?;
        let of = |&slot: &u32| (scratch.slot(slot), scratch.slot(slot + 1));
        slots.iter().map(of).find(|&(from, to)| from != UNSET && to != UNSET)
    }

    /// Goes back to the last way that was not tried. False if there is none.
    fn back<const CHARACTERS: bool>(
        &self,
        pc: &mut usize,
        position: &mut usize,
        reader: &mut Reader<'_>,
        scratch: &mut Scratch,
    ) -> bool {
        while let Some(frame) = scratch.stack.pop() {
            let (op, found) = match frame {
                Frame::Undo { slot, old } => {
                    scratch.put_back(slot, old);
                    continue;
                }
                Frame::Retry { op, position: at } => {
                    *pc = op as usize;
                    *position = at;
                    return true;
                }
                Frame::Shorten { op, low, high } => {
                    let shorter = |scan: &Scan| {
                        scan.shorten::<CHARACTERS>(op, low, high, false, reader, scratch)
                    };
                    (op, self.scan(op).and_then(shorter))
                }
                Frame::Lengthen { op, position, limit } => {
                    let longer = |scan: &Scan| {
                        scan.lengthen::<CHARACTERS>(op, position, limit, reader, scratch)
                    };
                    (op, self.scan(op).and_then(longer))
                }
            };
            if let Some(at) = found {
                *pc = op as usize + 1;
                *position = at;
                return true;
            }
        }
        false
    }

    fn scan(&self, op: u32) -> Option<&Scan> {
        match self.ops.get(op as usize) {
            Some(Op::Scan { scans }) => self.scans.get(*scans as usize),
            _ => None,
        }
    }
}

impl Anchor {
    fn holds(self, text: &[u8], position: usize) -> bool {
        let rest = || text.get(position..).unwrap_or_default();
        let before = || position.checked_sub(1).and_then(|before| text.get(before));
        match self {
            Self::Start => position == 0,
            Self::End => position == text.len(),
            Self::SoftEnd => matches!(rest(), [] | [b'\n']),
            Self::LineStart => position == 0 || before() == Some(&b'\n') && position < text.len(),
            Self::LineEnd => matches!(rest(), [] | [b'\n', ..]),
            Self::WordBoundary => is_word(before()) != is_word(text.get(position)),
            Self::NotWordBoundary => is_word(before()) == is_word(text.get(position)),
        }
    }
}

fn is_word(byte: Option<&u8>) -> bool {
    byte.is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
