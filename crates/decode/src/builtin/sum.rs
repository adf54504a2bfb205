//! Checksums of a message: `SIZE:PERM:UID:GID:MD5:SHA1[:SHA256]`, or `-1` for a file that is gone
//! (decoding 9.1, integrity A5.3).

/// Fields of a sum.
pub(super) const FIELDS: usize = 7;
/// The first field that is a hash.
pub(super) const MD5: usize = 4;
/// How many hashes there are.
pub(super) const HASHES: usize = 3;

/// The hash fields of a file as they were last known.
pub(super) type Hashes = [Box<[u8]>; HASHES];

/// Whether the file is gone. Nothing but `-1` says so: a size may begin with it.
pub(super) fn is_deletion(sum: &[u8]) -> bool {
    sum == b"-1"
}

/// The fields of a sum that it has. What follows a seventh colon stays part of the last.
pub(super) fn fields(sum: &[u8]) -> [Option<&[u8]>; FIELDS] {
    let mut fields = [None; FIELDS];
    for (slot, part) in fields.iter_mut().zip(sum.splitn(FIELDS, |&b| b == b':')) {
        *slot = Some(part);
    }
    fields
}

/// Whether a hash is one: not empty, and not the placeholder of one that was not taken.
pub(super) fn is_real(hash: &[u8]) -> bool {
    !hash.is_empty() && hash != b"xxx"
}

/// A field of two sums. The old hash may be one that was known before.
pub(super) type Pair<'a> = (&'a [u8], &'a [u8]);

/// The fields that both sums have. Where the old sum has no hash, the last one that was known counts: else a
/// file could be exchanged while it cannot be read.
pub(super) fn pairs<'a>(
    old: &'a [u8],
    known: Option<&'a Hashes>,
    new: &'a [u8],
) -> [Option<Pair<'a>>; FIELDS] {
    let (old, new) = (fields(old), fields(new));
    std::array::from_fn(|at| {
        let own = old[at].filter(|field| at < MD5 || is_real(field));
        let known = at.checked_sub(MD5).and_then(|hash| known?.get(hash)).map(AsRef::as_ref);
        let known = known.filter(|hash| is_real(hash));
        own.or(known).or(old[at]).zip(new[at])
    })
}

/// The fields as the original pairs them: it cuts both sums at their next colons, and stops where one has
/// none, so that the last field of one may hold the rest of the other (deviation `integrity-messages`). It
/// knows `count` fields.
pub(super) fn glued_pairs<'a>(
    mut old: &'a [u8],
    mut new: &'a [u8],
    count: usize,
) -> [Option<Pair<'a>>; FIELDS] {
    let mut pairs = [None; FIELDS];
    for (at, slot) in pairs.iter_mut().take(count).enumerate() {
        let colons = match at + 1 == count {
            true => (None, None),
            false => (memchr::memchr(b':', old), memchr::memchr(b':', new)),
        };
        let (Some(in_old), Some(in_new)) = colons else {
            *slot = Some((old, new));
            break;
        };
        let ((old_field, old_rest), (new_field, new_rest)) =
            (old.split_at(in_old), new.split_at(in_new));
        *slot = Some((old_field, new_field));
        old = old_rest.get(1..).unwrap_or_default();
        new = new_rest.get(1..).unwrap_or_default();
    }
    pairs
}

/// Whether the file is another: a field that both sums have differs, hashes only where both are real.
pub(super) fn is_real_change(pairs: &[Option<Pair<'_>>; FIELDS]) -> bool {
    pairs
        .iter()
        .enumerate()
        .filter_map(|(at, pair)| Some((at, (*pair)?)))
        .any(|(at, (old, new))| old != new && (at < MD5 || (is_real(old) && is_real(new))))
}

/// How modes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Modes {
    /// Always decimal, as 2.8 reads them.
    Decimal,
    /// Decimal, but octal where there are three digits.
    Agent,
    /// Octal: a script without an agent.
    Octal,
}

/// A mode as the message writes it, as far as it is a number.
pub(super) fn mode(text: &[u8], modes: Modes) -> u32 {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let base = match modes {
        Modes::Octal => 8,
        Modes::Agent if text.len() == 3 => 8,
        Modes::Agent | Modes::Decimal => 10,
    };
    let number = std::str::from_utf8(text.get(..digits).unwrap_or_default()).unwrap_or_default();
    u32::from_str_radix(number, base).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_or_added_hash_is_no_change_but_another_file_behind_it_is() {
        let known: Hashes = [b"m1"[..].into(), b"s1"[..].into(), b""[..].into()];
        let change = |old: &str, new: &str| {
            is_real_change(&pairs(old.as_bytes(), Some(&known), new.as_bytes()))
        };
        assert!(!change("1:2:0:0:m1:s1", "1:2:0:0:m1:s1:h"));
        assert!(!change("1:2:0:0:m1:s1", "1:2:0:0:xxx:s1"));
        assert!(!change("1:2:0:0:xxx:", "1:2:0:0:m1:s1"));
        assert!(change("1:2:0:0:xxx:xxx", "1:2:0:0:m2:s1"));
        assert!(!change("1:2:0:0:m1", "1:2:0:0:m1:s1"));
        assert!(change("1:2:0:0:m1", "1:3:0:0:m1:s1"));
    }

    #[test]
    fn the_original_glues_what_has_no_partner() {
        let pairs = glued_pairs(b"1:2:0:0:m:s", b"1:2:0:0:m:s:h", 7);
        assert_eq!(pairs[5], Some((&b"s"[..], &b"s:h"[..])));
        assert_eq!(pairs[6], None);
        assert_eq!(glued_pairs(b"", b"1:2", 7)[0], Some((&b""[..], &b"1:2"[..])));
    }

    #[test]
    fn three_digits_are_octal() {
        assert_eq!(mode(b"644", Modes::Agent), 0o644);
        assert_eq!(mode(b"644", Modes::Decimal), 644);
        assert_eq!(mode(b"33188", Modes::Agent), 33188);
        assert_eq!(mode(b"4755", Modes::Agent), 4755);
        assert_eq!(mode(b"4755", Modes::Octal), 0o4755);
        assert_eq!(mode(b"33188:0:0", Modes::Agent), 33188);
        assert_eq!(mode(b"x", Modes::Agent), 0);
        assert_eq!(mode(b"99999999999", Modes::Agent), 0);
    }
}
