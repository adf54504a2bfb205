//! Our own list of checksums beside OSSEC's, `ossec-alerts-24.log.blocks`: SHA-256 of every 64 KiB, so that damage is
//! found to the block. It also names the checksum of its `.sum` and of the list before it, which makes a chain that
//! does not rest on MD5 and SHA-1.
//!
//! ```text
//! bartizan blocks 1
//! file /logs/alerts/2026/Nov/ossec-alerts-24.log
//! length 70000
//! sha256 <of the whole file>
//! sum <SHA-256 of the .sum file>
//! previous /logs/alerts/2026/Nov/ossec-alerts-23.log.blocks <its SHA-256>      or: previous none
//! block 65536
//! <SHA-256 of the first block>
//! <SHA-256 of the second, which is shorter>
//! list <SHA-256 of all lines above>
//! ```

use super::digests::{BLOCK_BYTES, Hash, Sums, hex, parse_hash, sha256};

const HEAD: &str = "bartizan blocks 1";

/// The content of a `.blocks` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockList {
    pub(crate) file: String,
    pub(crate) length: u64,
    pub(crate) sha256: Hash,
    pub(crate) sum: Hash,
    pub(crate) previous: Option<(String, Hash)>,
    pub(crate) blocks: Vec<Hash>,
}

impl BlockList {
    pub(crate) fn new(
        file: String,
        sums: &Sums,
        sum: &str,
        previous: Option<(String, Hash)>,
    ) -> Self {
        Self {
            file,
            length: sums.length,
            sha256: sums.sha256,
            sum: sha256(sum.as_bytes()),
            previous,
            blocks: sums.blocks.clone(),
        }
    }

    pub(crate) fn render(&self) -> String {
        let previous = match &self.previous {
            Some((path, hash)) => format!("{path} {}", hex(hash)),
            None => "none".to_owned(),
        };
        let mut text = format!(
            "{HEAD}\nfile {}\nlength {}\nsha256 {}\nsum {}\nprevious {previous}\nblock {BLOCK_BYTES}\n",
            self.file,
            self.length,
            hex(&self.sha256),
            hex(&self.sum),
        );
        for block in &self.blocks {
            text += &hex(block);
            text.push('\n');
        }
        let list = hex(&sha256(text.as_bytes()));
        text + "list " + &list + "\n"
    }

    /// Reads a list. One that does not agree with its own last line is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let at = text.rfind("list ")?;
        let (body, last) = text.split_at_checked(at)?;
        let own = parse_hash(last.strip_prefix("list ")?.strip_suffix('\n')?)?;
        if own != sha256(body.as_bytes()) {
            return None;
        }
        let mut lines = body.lines();
        if lines.next()? != HEAD {
            return None;
        }
        let file = lines.next()?.strip_prefix("file ")?.to_owned();
        let length: u64 = lines.next()?.strip_prefix("length ")?.parse().ok()?;
        let whole = parse_hash(lines.next()?.strip_prefix("sha256 ")?)?;
        let sum = parse_hash(lines.next()?.strip_prefix("sum ")?)?;
        let previous = match lines.next()?.strip_prefix("previous ")? {
            "none" => None,
            named => {
                let (path, hash) = named.rsplit_once(' ')?;
                Some((path.to_owned(), parse_hash(hash)?))
            }
        };
        if lines.next()?.strip_prefix("block ")? != BLOCK_BYTES.to_string() {
            return None;
        }
        let blocks: Vec<Hash> = lines.map(parse_hash).collect::<Option<_>>()?;
        let is_whole = blocks.len() as u64 == length.div_ceil(BLOCK_BYTES as u64);
        is_whole.then_some(Self { file, length, sha256: whole, sum, previous, blocks })
    }
}

#[cfg(test)]
mod tests {
    use super::super::digests::Digests;
    use super::*;

    fn list(previous: Option<(String, Hash)>) -> BlockList {
        let mut digests = Digests::new();
        digests.update(&[7; 70_000]);
        BlockList::new("/logs/x".into(), &digests.finish(), "sum", previous)
    }

    #[test]
    fn a_list_is_read_back() {
        for previous in [None, Some(("/logs/a b.blocks".to_owned(), [9; 32]))] {
            let list = list(previous);
            assert_eq!(list.blocks.len(), 2);
            assert_eq!(BlockList::parse(&list.render()), Some(list));
        }
    }

    #[test]
    fn a_list_with_any_byte_changed_is_none() {
        let text = list(None).render();
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(BlockList::parse(&changed), None, "byte {at}");
            assert_eq!(BlockList::parse(text.get(..at).unwrap()), None, "cut at {at}");
        }
    }
}
