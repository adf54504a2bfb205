//! Names in databases and alerts: one line, and no two names alike.

use std::borrow::Cow;

/// `name` with control characters written as `\xHH`, so that it stays on one line and differs from every
/// other name. A name without such bytes stays as it is, and existing databases stay valid; only where it
/// already looks like an escaped one its backslashes are doubled.
pub(super) fn escape(name: &[u8]) -> Cow<'_, [u8]> {
    let is_control = |b: u8| b < 0x20 || b == 0x7F;
    let is_escape = |four: &[u8]| matches!(four, [b'\\', b'x', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit());
    if !name.iter().any(|&b| is_control(b)) && !name.windows(4).any(is_escape) {
        return Cow::Borrowed(name);
    }
    let mut escaped = Vec::with_capacity(name.len() + 8);
    for &byte in name {
        match byte {
            b'\\' => escaped.extend_from_slice(b"\\\\"),
            b if is_control(b) => escaped.extend_from_slice(format!("\\x{b:02x}").as_bytes()),
            b => escaped.push(b),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_names_stay_and_odd_ones_become_visible() {
        assert_eq!(&*escape(b"/etc/a b\xff"), b"/etc/a b\xff");
        assert_eq!(&*escape(b"C:\\dir\\x.exe"), b"C:\\dir\\x.exe");
        assert_eq!(&*escape(b"/n/a\nb\\c\x7f"), b"/n/a\\x0ab\\\\c\\x7f");
        assert_eq!(&*escape(b"/n/a\\x0ab"), b"/n/a\\\\x0ab");
    }

    proptest! {
        #[test]
        fn two_names_never_become_one(
            a in "[\\\\xa0-1\n\t]{0,8}",
            b in "[\\\\xa0-1\n\t]{0,8}",
        ) {
            prop_assume!(a != b);
            prop_assert_ne!(escape(a.as_bytes()), escape(b.as_bytes()));
        }
    }
}
