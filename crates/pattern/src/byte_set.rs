//! Sets of bytes: what one position of a pattern accepts.
//!
//! Case-insensitive patterns are made of sets that hold both cases of each letter (they are *closed*). Such
//! a pattern may be matched against the folded text, where a closed set of one letter is one byte.

/// A set of bytes, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct ByteSet([u64; 4]);

impl std::fmt::Debug for ByteSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes: Vec<u8> = self.iter().collect();
        let complement = bytes.len() > 128;
        if complement {
            bytes = self.complement().iter().collect();
        }
        write!(f, "{}[{}]", if complement { "^" } else { "" }, bytes.escape_ascii())
    }
}

impl ByteSet {
    pub(crate) const EMPTY: Self = Self([0; 4]);
    pub(crate) const ALL: Self = Self([u64::MAX; 4]);
    /// Bytes that are not ASCII.
    pub(crate) const HIGH: Self = Self([0, 0, u64::MAX, u64::MAX]);

    /// The set of these bytes.
    pub(crate) const fn of(bytes: &[u8]) -> Self {
        let mut set = Self::EMPTY;
        let mut i = 0;
        while i < bytes.len() {
            set = set.with(bytes[i]);
            i += 1;
        }
        set
    }

    /// The set of the bytes from `first` to `last`.
    pub(crate) const fn range(first: u8, last: u8) -> Self {
        let mut set = Self::EMPTY;
        let mut byte = first as u16;
        while byte <= last as u16 {
            set = set.with(byte as u8);
            byte += 1;
        }
        set
    }

    /// This set and `byte`.
    pub(crate) const fn with(mut self, byte: u8) -> Self {
        self.0[(byte >> 6) as usize] |= 1 << (byte & 63);
        self
    }

    pub(crate) const fn contains(&self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] >> (byte & 63) & 1 != 0
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        Self([a[0] | b[0], a[1] | b[1], a[2] | b[2], a[3] | b[3]])
    }

    pub(crate) const fn intersection(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        Self([a[0] & b[0], a[1] & b[1], a[2] & b[2], a[3] & b[3]])
    }

    pub(crate) const fn complement(self) -> Self {
        let a = self.0;
        Self([!a[0], !a[1], !a[2], !a[3]])
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        self.intersection(other.complement())
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }

    pub(crate) fn is_disjoint(self, other: Self) -> bool {
        self.intersection(other).is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The only byte, if there is exactly one.
    pub(crate) fn single(&self) -> Option<u8> {
        if self.len() == 1 { self.iter().next() } else { None }
    }

    /// The bytes in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u8> {
        (0..4_u8).zip(self.0).flat_map(|(index, mut word)| {
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros();
                word &= word.checked_sub(1)?;
                Some(64 * index + bit as u8)
            })
        })
    }

    /// The ranges of neighbouring bytes, in order.
    pub(crate) fn ranges(&self) -> Vec<(u8, u8)> {
        let mut ranges: Vec<(u8, u8)> = Vec::new();
        for byte in self.iter() {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == byte => *last = byte,
                _ => ranges.push((byte, byte)),
            }
        }
        ranges
    }

    /// This set with both cases of every ASCII letter in it.
    pub(crate) const fn closed(self) -> Self {
        // Letters are bits 1..=26 of the second word in upper case, 33..=58 in lower case.
        const UPPER: u64 = ((1 << 26) - 1) << 1;
        let word = self.0[1];
        let both = word | (word & UPPER) << 32 | (word >> 32) & UPPER;
        Self([self.0[0], both, self.0[2], self.0[3]])
    }

    /// Whether for every ASCII letter both cases are in it or none.
    pub(crate) fn is_closed(self) -> bool {
        self == self.closed()
    }

    /// This set without upper-case letters: what a closed set accepts of folded text.
    pub(crate) fn folded(self) -> Self {
        self.without(Self::range(b'A', b'Z'))
    }

    /// The bits, least byte first.
    pub(crate) fn words(self) -> [u64; 4] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_adds_the_other_case_of_letters_and_nothing_else() {
        let set = ByteSet::of(b"aZ1@[`{");
        assert_eq!(set.closed(), ByteSet::of(b"aAzZ1@[`{"));
        assert!(set.closed().is_closed() && !set.is_closed());
        for byte in 0..=255_u8 {
            let closed = ByteSet::of(&[byte]).closed();
            let expected = ByteSet::of(&[byte.to_ascii_lowercase(), byte.to_ascii_uppercase()]);
            assert_eq!(closed, if byte.is_ascii() { expected } else { ByteSet::of(&[byte]) });
        }
    }

    #[test]
    fn ranges_and_single_bytes_come_back_as_they_went_in() {
        let set = ByteSet::range(b'0', b'9').with(255).with(0);
        assert_eq!(set.ranges(), [(0, 0), (b'0', b'9'), (255, 255)]);
        assert_eq!(set.len(), 12);
        assert_eq!(ByteSet::of(b"x").single(), Some(b'x'));
        assert_eq!(set.single(), None);
        assert_eq!(ByteSet::of(b"xX").folded().single(), Some(b'x'));
        assert!(ByteSet::ALL.complement().is_empty());
    }
}
