//! Pieces of an event's text.
//!
//! An event owns one buffer; everything decoded from it is a [`Text`], a range in that buffer. The
//! buffer exists twice, as received and with ASCII letters in lower case, so that patterns (which are
//! case-insensitive nearly everywhere) compare bytes and never fold case at run time. A [`Subject`] is
//! one piece seen both ways.

/// A range in the text of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Text {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte; never before `start`.
    pub end: u32,
}

impl Text {
    /// The range `start..end`; an `end` before `start` gives an empty text.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        Self { start, end: end.max(start) }
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether there is no byte in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The part of this text from `from` to `to`, both counted from its start and cut to its length.
    #[must_use]
    pub fn slice(self, from: usize, to: usize) -> Self {
        let from = from.min(self.len());
        let to = to.clamp(from, self.len());
        Self { start: self.start + from as u32, end: self.start + to as u32 }
    }

    /// The same range counted from `base` bytes further ahead.
    #[must_use]
    pub fn moved(self, base: usize) -> Self {
        Self::new(self.start as usize + base, self.end as usize + base)
    }

    /// The range as `usize`.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The same bytes as received and with ASCII letters in lower case.
///
/// Both slices always have the same length.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    raw: &'a [u8],
    folded: &'a [u8],
    /// Every byte is known to be ASCII.
    ascii: bool,
}

impl<'a> Subject<'a> {
    /// Pairs `raw` with `folded`, its copy in lower case. The longer of the two is cut.
    #[must_use]
    pub fn new(raw: &'a [u8], folded: &'a [u8]) -> Self {
        let length = raw.len().min(folded.len());
        Self {
            raw: raw.get(..length).unwrap_or(raw),
            folded: folded.get(..length).unwrap_or(folded),
            ascii: false,
        }
    }

    /// The same, noting that every byte is ASCII, so that [`Subject::is_ascii`] need not look.
    #[must_use]
    pub(crate) fn known_ascii(self, ascii: bool) -> Self {
        Self { ascii, ..self }
    }

    /// Whether every byte is ASCII.
    #[must_use]
    pub fn is_ascii(self) -> bool {
        self.ascii || self.raw.is_ascii()
    }

    /// The bytes as received.
    #[must_use]
    pub fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// The bytes with ASCII letters in lower case.
    #[must_use]
    pub fn folded(self) -> &'a [u8] {
        self.folded
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(self) -> usize {
        self.raw.len()
    }

    /// Whether there is no byte in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// The rest from `offset` on; empty when `offset` is behind the end.
    #[must_use]
    pub fn from(self, offset: usize) -> Self {
        let offset = offset.min(self.len());
        Self {
            raw: self.raw.get(offset..).unwrap_or_default(),
            folded: self.folded.get(offset..).unwrap_or_default(),
            ascii: self.ascii,
        }
    }
}

/// A text that is not part of an event, folded on the spot. For tools and tests: it allocates.
#[derive(Clone, Debug)]
pub struct OwnedSubject {
    raw: Vec<u8>,
    folded: Vec<u8>,
    ascii: bool,
}

impl OwnedSubject {
    /// Copies and folds `raw`.
    #[must_use]
    pub fn new(raw: &[u8]) -> Self {
        Self { raw: raw.to_vec(), folded: raw.to_ascii_lowercase(), ascii: raw.is_ascii() }
    }

    /// The text as a [`Subject`].
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        Subject { raw: &self.raw, folded: &self.folded, ascii: self.ascii }
    }
}
