//! The strings a match captured.

use std::ops::Range;

use bartizan_base::limits::CAPTURES;

/// Captures of one match: the groups that took part, in order; others are left out and later ones move up
/// (decoding 4.1).
#[derive(Clone, Debug)]
pub struct Captures {
    len: usize,
    spans: [(u32, u32); CAPTURES],
}

impl Default for Captures {
    fn default() -> Self {
        Self { len: 0, spans: [(0, 0); CAPTURES] }
    }
}

impl Captures {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Adds one; beyond the limit it is dropped.
    pub fn push(&mut self, start: usize, end: usize) {
        if let Some(slot) = self.spans.get_mut(self.len) {
            *slot = (start as u32, end as u32);
            self.len += 1;
        }
    }

    /// The captured ranges, as offsets in the subject handed to the search.
    pub fn iter(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.spans.iter().take(self.len).map(|&(s, e)| s as usize..e as usize)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}
