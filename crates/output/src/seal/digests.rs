//! Checksums of a file's content, all in one pass.

use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;

/// Bytes of a block, which has a checksum of its own: damage is told as a range of blocks.
pub(crate) const BLOCK_BYTES: usize = 64 << 10;

/// A SHA-256.
pub(crate) type Hash = [u8; 32];

/// Checksums that grow with the content.
pub(crate) struct Digests {
    md5: Md5,
    sha1: Sha1,
    sha256: Sha256,
    block: Sha256,
    in_block: usize,
    blocks: Vec<Hash>,
    length: u64,
    /// Where a block ends in any case.
    end_at: u64,
}

/// The checksums of a whole content. Of MD5 and SHA-1 the hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) length: u64,
    pub(crate) md5: String,
    pub(crate) sha1: String,
    pub(crate) sha256: Hash,
    pub(crate) blocks: Vec<Hash>,
}

impl Digests {
    pub(crate) fn new() -> Self {
        Self::with_end_at(u64::MAX)
    }

    /// With a block that ends at byte `end_at`, whatever its length.
    pub(crate) fn with_end_at(end_at: u64) -> Self {
        Self {
            end_at,
            md5: Md5::new(),
            sha1: Sha1::new(),
            sha256: Sha256::new(),
            block: Sha256::new(),
            in_block: 0,
            blocks: Vec::new(),
            length: 0,
        }
    }

    pub(crate) fn update(&mut self, mut piece: &[u8]) {
        self.md5.update(piece);
        self.sha1.update(piece);
        self.sha256.update(piece);
        while !piece.is_empty() {
            let before_end = self.end_at.checked_sub(self.length).filter(|&rest| rest > 0);
            let before_end = before_end.and_then(|rest| usize::try_from(rest).ok());
            let room = (BLOCK_BYTES - self.in_block).min(before_end.unwrap_or(usize::MAX));
            let taken = piece.len().min(room);
            let (now, rest) = piece.split_at_checked(taken).unwrap_or((piece, &[]));
            self.block.update(now);
            self.in_block += taken;
            self.length += taken as u64;
            piece = rest;
            if self.in_block == BLOCK_BYTES || self.length == self.end_at {
                self.end_block();
            }
        }
    }

    fn end_block(&mut self) {
        self.blocks.push(self.block.finalize_reset().into());
        self.in_block = 0;
    }

    pub(crate) fn finish(mut self) -> Sums {
        if self.in_block > 0 {
            self.end_block();
        }
        Sums {
            length: self.length,
            md5: hex(&self.md5.finalize()),
            sha1: hex(&self.sha1.finalize()),
            sha256: self.sha256.finalize().into(),
            blocks: self.blocks,
        }
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// MD5 and SHA-1 in hexadecimal digits.
pub(crate) fn md5_and_sha1(bytes: &[u8]) -> (String, String) {
    (hex(&Md5::digest(bytes)), hex(&Sha1::digest(bytes)))
}

/// Hexadecimal digits, in lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// Reads 64 hexadecimal digits.
pub(crate) fn parse_hash(text: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_standards() {
        let mut digests = Digests::new();
        digests.update(b"ab");
        digests.update(b"");
        digests.update(b"c");
        let sums = digests.finish();
        assert_eq!(sums.md5, "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(sums.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&sums.sha256), sha256);
        assert_eq!((sums.blocks.as_slice(), sums.length), (&[sums.sha256][..], 3));
        assert_eq!(parse_hash(sha256), Some(sums.sha256));
        assert_eq!(parse_hash(&sha256.replace("ba", "+a")), None);
        assert_eq!(parse_hash("ba78"), None);
    }

    #[test]
    fn blocks_do_not_depend_on_how_the_content_came() {
        let content: Vec<u8> = (0..3 * BLOCK_BYTES + 17).map(|at| (at % 251) as u8).collect();
        let mut whole = Digests::new();
        whole.update(&content);
        let mut pieces = Digests::new();
        content.chunks(7001).for_each(|piece| pieces.update(piece));
        let (whole, pieces) = (whole.finish(), pieces.finish());
        assert_eq!(whole, pieces);
        let blocks: Vec<Hash> = content.chunks(BLOCK_BYTES).map(sha256).collect();
        assert_eq!(whole.blocks, blocks);
        let mut ended = Digests::with_end_at(70_000);
        content.chunks(7001).for_each(|piece| ended.update(piece));
        let tail = &content[BLOCK_BYTES..70_000];
        assert_eq!(ended.finish().blocks[..2], [sha256(&content[..BLOCK_BYTES]), sha256(tail)]);
        assert_eq!(Digests::new().finish().blocks, [] as [Hash; 0]);
    }
}
