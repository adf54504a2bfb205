//! The texts of integrity alerts (decoding 9.1, integrity A9). Names that rules and scripts look for: not a
//! byte of them may change.

use bartizan_base::{Deviation, Dialect, Event, FileChange, FileState, Text};

use super::sum::{self, FIELDS, HASHES, Hashes, MD5, Modes, Pair};

/// Longest name in a text, in bytes.
const NAME_BYTES: usize = 756;

/// Whether the text behind a name's line feed is a diff, as agents send it.
pub(super) fn is_diff(text: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 5] = [
        b"Binary files ",
        b"<Diff truncated",
        b"... diff was truncated",
        b"\\n... diff was truncated",
        b"More changes..",
    ];
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning)) || is_hunk(text)
}

/// Whether the text begins like the output of diff(1): `N[,N]`, one of `acd`, `N[,N]`, end of line.
fn is_hunk(text: &[u8]) -> bool {
    let line = text.split(|&b| b == b'\n').next().unwrap_or_default();
    let Some(at) = line.iter().position(|b| matches!(b, b'a' | b'c' | b'd')) else { return false };
    let is_range = |range: &[u8]| {
        let is_number = |n: &[u8]| !n.is_empty() && n.iter().all(u8::is_ascii_digit);
        range.split(|&b| b == b',').count() <= 2 && range.split(|&b| b == b',').all(is_number)
    };
    let (old, new) = line.split_at(at);
    is_range(old) && is_range(new.get(1..).unwrap_or_default())
}

/// Writes the text of one alert, and what it says of the file into the event.
pub(super) struct Report<'a> {
    event: &'a mut Event,
    name: &'a [u8],
    dialect: Dialect,
    modes: Modes,
    text: Vec<u8>,
}

impl<'a> Report<'a> {
    pub(super) fn new(event: &'a mut Event, name: &'a [u8], dialect: Dialect) -> Self {
        let name = name.get(..NAME_BYTES).unwrap_or(name);
        let modes = match is_agentless(event.bytes(event.location)) {
            _ if dialect.is_2_8() => Modes::Decimal,
            true => Modes::Octal,
            false => Modes::Agent,
        };
        Self { event, name, dialect, modes, text: Vec::new() }
    }

    /// The text.
    pub(super) fn text(self) -> Vec<u8> {
        self.text
    }

    pub(super) fn deleted(&mut self) {
        self.line(&[b"File '", self.name, b"' was deleted. Unable to retrieve checksum."]);
    }

    pub(super) fn added_again(&mut self) {
        self.line(&[b"File '", self.name, b"' was re-added."]);
    }

    /// A file that was not known. 2.8 does not name its hashes.
    pub(super) fn new_file(&mut self, sum: &[u8]) -> FileChange {
        self.line(&[b"New file '", self.name, b"' added to the file system."]);
        if self.dialect.is_2_8() {
            return FileChange::default();
        }
        self.text.push(b'\n');
        let fields = sum::fields(sum);
        let hash = |at: usize| fields[at].filter(|hash| !hash.is_empty()).unwrap_or(b"Unknown");
        let (md5, sha1) = (hash(MD5), hash(MD5 + 1));
        self.line(&[b"New sha1sum is : '", sha1, b"'\n"]);
        self.line(&[b"New md5sum is : '", md5, b"'\n"]);
        let mut after = FileState {
            md5: Some(self.event.append(md5)),
            sha1: Some(self.event.append(sha1)),
            ..FileState::default()
        };
        if let Some(sha256) = fields[MD5 + 2] {
            self.line(&[b"New sha256sum is : '", sha256, b"'\n"]);
            after.sha256 = Some(self.event.append(sha256));
        }
        FileChange { before: FileState::default(), after }
    }

    /// A file that differs: a line for each field that both sums have and that is not the same.
    pub(super) fn changed(
        &mut self,
        old: &[u8],
        known: &Hashes,
        new: &[u8],
        diff: Option<&[u8]>,
    ) -> FileChange {
        self.line(&[b"Integrity checksum changed for: '", self.name, b"'\n"]);
        let pairs = if self.dialect.has(Deviation::IntegrityMessages) {
            // 2.8 does not know SHA-256.
            let count = if self.dialect.is_2_8() { FIELDS - 1 } else { FIELDS };
            sum::glued_pairs(old, new, count)
        } else {
            sum::pairs(old, Some(known), new)
        };
        let (mut before, mut after) = (FileState::default(), FileState::default());
        self.attributes(&pairs, &mut before, &mut after);
        self.hashes(&pairs, &mut before, &mut after);
        if let Some(diff) = diff {
            self.line(&[b"What changed:\n", diff]);
        }
        FileChange { before, after }
    }

    fn attributes(
        &mut self,
        pairs: &[Option<Pair<'_>>; FIELDS],
        before: &mut FileState,
        after: &mut FileState,
    ) {
        let differs = |at: usize| pairs[at].filter(|(old, new)| old != new);
        if let Some((old, new)) = differs(0) {
            self.line(&[b"Size changed from '", old, b"' to '", new, b"'\n"]);
            (before.size, after.size) = self.both(old, new);
        }
        if let Some((old, new)) = differs(1) {
            self.permissions(old, new, before, after);
        }
        if let Some((old, new)) = differs(2) {
            self.line(&[b"Ownership was '", old, b"', now it is '", new, b"'\n"]);
            (before.owner, after.owner) = self.both(old, new);
        }
        if let Some((old, new)) = differs(3) {
            self.line(&[b"Group ownership was '", old, b"', now it is '", new, b"'\n"]);
            (before.gowner, after.gowner) = self.both(old, new);
        }
    }

    /// Shown when both modes are known and differ; the kind of file is not part of the text.
    fn permissions(
        &mut self,
        old: &[u8],
        new: &[u8],
        before: &mut FileState,
        after: &mut FileState,
    ) {
        let mode = |text: &[u8]| sum::mode(text, self.modes);
        let (old_mode, new_mode) = (mode(old), mode(new));
        if old_mode == 0 || new_mode == 0 || old_mode == new_mode {
            return;
        }
        self.line(&[
            b"Permissions changed from '",
            &permissions(old_mode),
            b"' to '",
            &permissions(new_mode),
            b"'\n",
        ]);
        (before.perm, after.perm) = (number(old), number(new));
    }

    fn hashes(
        &mut self,
        pairs: &[Option<Pair<'_>>; FIELDS],
        before: &mut FileState,
        after: &mut FileState,
    ) {
        const NAMES: [&[u8]; HASHES] = [b"md5sum", b"sha1sum", b"sha256sum"];
        let is_2_8 = self.dialect.is_2_8();
        for (hash, name) in NAMES.into_iter().enumerate() {
            let shown = pairs[MD5 + hash].filter(|(old, new)| {
                old != new && (is_2_8 || (sum::is_real(old) && sum::is_real(new)))
            });
            let Some((old, new)) = shown else { continue };
            self.line(&[b"Old ", name, b" was: '", old, b"'\n"]);
            self.line(&[b"New ", name, b" is : '", new, b"'\n"]);
            let (old, new) = self.both(old, new);
            let (slot_before, slot_after) = match hash {
                0 => (&mut before.md5, &mut after.md5),
                1 => (&mut before.sha1, &mut after.sha1),
                _ => (&mut before.sha256, &mut after.sha256),
            };
            (*slot_before, *slot_after) = (old, new);
        }
    }

    fn both(&mut self, old: &[u8], new: &[u8]) -> (Option<Text>, Option<Text>) {
        (Some(self.event.append(old)), Some(self.event.append(new)))
    }

    fn line(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.text.extend_from_slice(part);
        }
    }
}

/// Whether a location is that of a script without an agent: `(SCRIPT) USER@HOST->syscheck`.
fn is_agentless(location: &[u8]) -> bool {
    let Some(end) = memchr::memmem::find(location, b"->") else { return false };
    location.starts_with(b"(")
        && location.get(..end).is_some_and(|sender| memchr::memchr(b'@', sender).is_some())
}

/// The number a mode is written as, whatever its base: JSON shows it so.
fn number(text: &[u8]) -> u32 {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let number = std::str::from_utf8(text.get(..digits).unwrap_or_default());
    number.ok().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// `rwxr-x--t` for a mode. The letters of setuid, setgid and sticky do not tell whether execution is allowed.
fn permissions(mode: u32) -> [u8; 9] {
    let mut text = *b"rwxrwxrwx";
    for (at, letter) in text.iter_mut().enumerate() {
        if mode & (0o400 >> at) == 0 {
            *letter = b'-';
        }
    }
    for (bit, at, letter) in [(0o4000, 2, b's'), (0o2000, 5, b's'), (0o1000, 8, b't')] {
        if mode & bit != 0 {
            text[at] = letter;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_written_as_letters() {
        assert_eq!(&permissions(33188), b"rw-r--r--");
        assert_eq!(&permissions(0o4755), b"rwsr-xr-x");
        assert_eq!(&permissions(0o3644), b"rw-r-sr-t");
        assert_eq!(&permissions(4755), b"-w--w--wt");
    }

    #[test]
    fn a_diff_is_told_from_a_name_with_a_line_feed() {
        for diff in ["1c1\n< a", "1,2d0\n", "0a1", "10,12c10,11\n<", "Binary files a and b differ"]
        {
            assert!(is_diff(diff.as_bytes()), "{diff}");
        }
        for name in ["b", "", "abc", "1c", "1,2,3c1", "cat", "1c1x\n"] {
            assert!(!is_diff(name.as_bytes()), "{name}");
        }
    }
}
