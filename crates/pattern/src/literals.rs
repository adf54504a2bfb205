//! Patterns that are nothing but a few strings, each perhaps anchored: most patterns of real rulesets.
//!
//! They are compared, not run. Only the captures of such a pattern, if it has groups, need another engine.

use memchr::memmem::Finder;

use crate::requirement::{End, Piece};

/// Strings in the order in which they are preferred where several match at the same place.
#[derive(Debug)]
pub(crate) struct Literals(Vec<One>);

#[derive(Debug)]
struct One {
    finder: Finder<'static>,
    start: bool,
    end: End,
}

/// With more strings to search for, an automaton is faster.
const MOST_SEARCHED: usize = 4;

impl Literals {
    /// The strings of a pattern, unless too many of them may stand anywhere.
    pub(crate) fn new(pieces: &[Piece]) -> Option<Self> {
        let anywhere = |piece: &&Piece| !piece.start && piece.end == End::No;
        if pieces.iter().filter(anywhere).count() > MOST_SEARCHED {
            return None;
        }
        let one = |piece: &Piece| One {
            finder: Finder::new(&piece.bytes).into_owned(),
            start: piece.start,
            end: piece.end,
        };
        Some(Self(pieces.iter().map(one).collect()))
    }

    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.0.iter().any(|one| one.find(text).is_some())
    }

    /// The end of the leftmost match.
    pub(crate) fn find_end(&self, text: &[u8]) -> Option<usize> {
        let mut best: Option<(usize, usize)> = None;
        for one in &self.0 {
            if let Some(start) = one.find(text)
                && best.is_none_or(|(first, _)| start < first)
            {
                best = Some((start, start + one.finder.needle().len()));
            }
        }
        best.map(|(_, end)| end)
    }
}

impl One {
    /// The first place where it stands as it must.
    fn find(&self, text: &[u8]) -> Option<usize> {
        let literal = self.finder.needle();
        let ends_at = |end: usize| {
            let start = end.checked_sub(literal.len())?;
            let stands = text.get(start..end) == Some(literal) && !(self.start && start > 0);
            stands.then_some(start)
        };
        match self.end {
            End::No if self.start => text.starts_with(literal).then_some(0),
            End::No => self.finder.find(text),
            End::Plain => ends_at(text.len()),
            // The place before a final line feed comes first.
            End::Soft => {
                let before = text.strip_suffix(b"\n").and_then(|text| ends_at(text.len()));
                before.or_else(|| ends_at(text.len()))
            }
        }
    }
}
