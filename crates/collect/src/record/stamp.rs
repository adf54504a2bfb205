//! Times at the start of lines, by their shape.

/// Whether `text` has the shape: `0` stands for a digit, `_` for a digit or a blank, `?` for anything, every
/// other byte for itself.
pub(super) fn has_shape(text: &[u8], shape: &[u8]) -> bool {
    let fits = |(&byte, &expected): (&u8, &u8)| match expected {
        b'0' => byte.is_ascii_digit(),
        b'_' => byte.is_ascii_digit() || byte == b' ',
        b'?' => true,
        _ => byte == expected,
    };
    text.len() >= shape.len() && text.iter().zip(shape).all(fits)
}

/// `YYYY-MM-DD hh:mm:ss`.
pub(super) const DATE_AND_TIME: &[u8] = b"0000-00-00 00:00:00";

/// Without the blanks it starts with.
pub(super) fn without_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    text.get(blanks..).unwrap_or_default()
}
