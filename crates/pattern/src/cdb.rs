//! CDB lists: keys and values that rules look fields up in (rules 8).
//!
//! ```text
//! text "key:value" lines ─▶ List::from_text ─┐
//! compiled .cdb file     ─▶ List::from_cdb  ─┴▶ List ─▶ get, get_by_address, iter
//!                                                └─────▶ List::to_cdb
//! ```
//!
//! The compiled form is the classic constant database. A compiled file is read record by record into the
//! same form as a text, so lookups never trust its hash tables. Reading files is the caller's task.

use bartizan_base::Dialect;

/// A list in memory.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// The text of all entries, or the compiled file.
    data: Vec<u8>,
    entries: Vec<Entry>,
    /// Open addressing: numbers of entries, [`FREE`] for none. A power of two, at most half full. Of equal
    /// keys only the first is in it.
    index: Vec<u32>,
    longest_key: usize,
}

/// Where an entry is in [`List::data`]: the key, and directly behind it the value.
#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    key: u32,
    value: u32,
}

const FREE: u32 = u32::MAX;

/// Why a compiled list cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CdbError {
    /// Not even the header is there.
    #[error("not a compiled list: {0} bytes, its header alone has 2048")]
    Header(usize),
    /// A hash table or a record ends beyond the file.
    #[error("the compiled list is cut off: byte {at} is needed, it has {len}")]
    CutOff {
        /// The end of what should be there.
        at: u64,
        /// The length of the file.
        len: usize,
    },
    /// More than a 32-bit position can name.
    #[error("the list is larger than 4 GiB")]
    TooLarge,
}

impl List {
    /// Reads the text form: one `key:value` per line, split at the first colon, nothing trimmed.
    ///
    /// Lines without a colon are ignored. From `###` on a line is a comment, unless in the dialect of OSSEC
    /// 2.8, where also a CR belongs to the value.
    #[must_use]
    pub fn from_text(text: &[u8], dialect: Dialect) -> Self {
        let mut list = Self::default();
        let is_2_8 = dialect.is_2_8();
        for line in text.split(|&byte| byte == b'\n' || (byte == b'\r' && !is_2_8)) {
            let line = if is_2_8 { line } else { without_comment(line) };
            if let Some(colon) = memchr::memchr(b':', line) {
                let (key, value) = line.split_at(colon);
                list.push(key, value.get(1..).unwrap_or_default());
            }
        }
        list.data.shrink_to_fit();
        list.build_index();
        list
    }

    /// Reads the compiled form. Whatever the bytes are, nothing outside them is read.
    ///
    /// # Errors
    ///
    /// [`CdbError`] if it is not a complete constant database.
    pub fn from_cdb(data: Vec<u8>) -> Result<Self, CdbError> {
        let len = data.len();
        let end = records_end(&data)?;
        let mut list = Self { data, ..Self::default() };
        let mut at = HEADER_BYTES;
        while at < end {
            let cut_off = CdbError::CutOff { at: at as u64 + 8, len };
            let (key, value) = number_pair(&list.data, at).ok_or(cut_off)?;
            let start = at + 8;
            let next = start as u64 + u64::from(key) + u64::from(value);
            let start = u32::try_from(start).map_err(|_| CdbError::TooLarge)?;
            if next > end as u64 {
                return Err(CdbError::CutOff { at: next, len });
            }
            list.entries.push(Entry { start, key, value });
            at = usize::try_from(next).map_err(|_| CdbError::TooLarge)?;
        }
        list.build_index();
        Ok(list)
    }

    /// The value of a key; of equal keys the first.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let mut slot = self.first_slot(key)?;
        loop {
            let number = *self.index.get(slot)?;
            if number == FREE {
                return None;
            }
            let entry = *self.entries.get(number as usize)?;
            if self.key(entry) == key {
                return Some(self.value(entry));
            }
            slot = (slot + 1) & (self.index.len() - 1);
        }
    }

    /// The value of an address: of the whole text, or else of the longest key that is a part of it up to and
    /// including a dot (`10.1.2.3`, `10.1.2.`, `10.1.`, `10.`; rules 8.3).
    #[must_use]
    pub fn get_by_address(&self, address: &[u8]) -> Option<&[u8]> {
        if let Some(value) = self.get(address) {
            return Some(value);
        }
        // Nothing longer than the longest key is worth hashing, however long an attacker makes the field.
        let mut rest = address.get(..self.longest_key.min(address.len()))?;
        while let Some(dot) = memchr::memrchr(b'.', rest) {
            if let Some(value) = self.get(rest.get(..=dot)?) {
                return Some(value);
            }
            rest = rest.get(..dot)?;
        }
        None
    }

    /// All entries in order, equal keys included.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> + '_ {
        self.entries.iter().map(|&entry| (self.key(entry), self.value(entry)))
    }

    /// Number of entries, equal keys included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The compiled form: what `ossec-makelists` writes.
    ///
    /// # Errors
    ///
    /// [`CdbError::TooLarge`].
    pub fn to_cdb(&self) -> Result<Vec<u8>, CdbError> {
        let mut file = vec![0; HEADER_BYTES];
        let mut tables: Vec<Vec<(u32, u32)>> = vec![Vec::new(); TABLES];
        for (key, value) in self.iter() {
            let position = u32::try_from(file.len()).map_err(|_| CdbError::TooLarge)?;
            let hash = cdb_hash(key);
            if let Some(table) = tables.get_mut(hash as usize % TABLES) {
                table.push((hash, position));
            }
            push_number(&mut file, key.len())?;
            push_number(&mut file, value.len())?;
            file.extend_from_slice(key);
            file.extend_from_slice(value);
        }
        let mut header = Vec::with_capacity(HEADER_BYTES);
        for table in &tables {
            push_number(&mut header, file.len())?;
            push_number(&mut header, table.len() * 2)?;
            for (hash, position) in hash_table(table) {
                file.extend_from_slice(&hash.to_le_bytes());
                file.extend_from_slice(&position.to_le_bytes());
            }
        }
        u32::try_from(file.len()).map_err(|_| CdbError::TooLarge)?;
        file.splice(..HEADER_BYTES, header);
        Ok(file)
    }

    fn push(&mut self, key: &[u8], value: &[u8]) {
        let number = |n: usize| u32::try_from(n).ok();
        let end = number(self.data.len() + key.len() + value.len());
        // Files are limited to `limits::CONFIG_FILE_BYTES`, so that everything has a 32-bit position.
        if let (Some(start), Some(key_len), Some(value_len), Some(_)) =
            (number(self.data.len()), number(key.len()), number(value.len()), end)
        {
            self.data.extend_from_slice(key);
            self.data.extend_from_slice(value);
            self.entries.push(Entry { start, key: key_len, value: value_len });
        }
    }

    fn build_index(&mut self) {
        self.entries.shrink_to_fit();
        self.index = vec![FREE; (self.entries.len() * 2).next_power_of_two()];
        for at in 0..self.entries.len() {
            let Some(&entry) = self.entries.get(at) else { break };
            self.longest_key = self.longest_key.max(entry.key as usize);
            let key = self.key(entry);
            if self.get(key).is_some() {
                continue;
            }
            let Some(mut slot) = self.first_slot(key) else { break };
            while self.index.get(slot).is_some_and(|&number| number != FREE) {
                slot = (slot + 1) & (self.index.len() - 1);
            }
            if let (Some(free), Ok(number)) = (self.index.get_mut(slot), u32::try_from(at)) {
                *free = number;
            }
        }
    }

    fn first_slot(&self, key: &[u8]) -> Option<usize> {
        // The list's author, who is trusted, chooses the keys; so a plain FNV hash will do.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for &byte in key {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let last = self.index.len().checked_sub(1)?;
        usize::try_from((hash ^ (hash >> 32)) & u64::from(u32::MAX)).ok().map(|hash| hash & last)
    }

    fn key(&self, entry: Entry) -> &[u8] {
        self.part(entry.start as usize, entry.key)
    }

    fn value(&self, entry: Entry) -> &[u8] {
        self.part(entry.start as usize + entry.key as usize, entry.value)
    }

    fn part(&self, start: usize, len: u32) -> &[u8] {
        self.data.get(start..start + len as usize).unwrap_or_default()
    }
}

/// 256 pairs of numbers.
const HEADER_BYTES: usize = 2048;
const TABLES: usize = 256;

fn without_comment(line: &[u8]) -> &[u8] {
    match memchr::memmem::find(line, b"###") {
        Some(at) => line.get(..at).unwrap_or_default().trim_ascii_end(),
        None => line,
    }
}

/// Where the records end: at the first hash table, all of which must be inside the file.
fn records_end(data: &[u8]) -> Result<usize, CdbError> {
    let len = data.len();
    if len < HEADER_BYTES {
        return Err(CdbError::Header(len));
    }
    let mut first_table = None;
    for table in 0..TABLES {
        let (position, slots) = number_pair(data, table * 8).ok_or(CdbError::Header(len))?;
        if slots == 0 {
            continue; // Its position is written differently by different programs.
        }
        let end = u64::from(position) + u64::from(slots) * 8;
        if end > len as u64 {
            return Err(CdbError::CutOff { at: end, len });
        }
        let position = position as usize;
        first_table = Some(first_table.map_or(position, |first: usize| first.min(position)));
    }
    Ok(first_table.unwrap_or(HEADER_BYTES))
}

/// Two 32-bit little-endian numbers.
fn number_pair(data: &[u8], at: usize) -> Option<(u32, u32)> {
    let (first, rest) = data.get(at..)?.split_first_chunk::<4>()?;
    let second = rest.first_chunk::<4>()?;
    Some((u32::from_le_bytes(*first), u32::from_le_bytes(*second)))
}

fn push_number(out: &mut Vec<u8>, number: usize) -> Result<(), CdbError> {
    let number = u32::try_from(number).map_err(|_| CdbError::TooLarge)?;
    out.extend_from_slice(&number.to_le_bytes());
    Ok(())
}

fn cdb_hash(key: &[u8]) -> u32 {
    key.iter().fold(5381, |hash: u32, &byte| hash.wrapping_mul(33) ^ u32::from(byte))
}

/// Twice as many slots as entries; an entry takes the first free slot from `hash / 256` on. Free slots
/// have position 0.
fn hash_table(entries: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut slots = vec![(0, 0); entries.len() * 2];
    for &(hash, position) in entries {
        let start = (hash as usize / TABLES) % slots.len();
        let (before, after) = slots.split_at_mut(start);
        let free = after.iter_mut().chain(before).find(|slot| slot.1 == 0);
        if let Some(free) = free {
            *free = (hash, position);
        }
    }
    slots
}

#[cfg(test)]
#[path = "cdb/tests.rs"]
mod tests;
