//! OS_Match (decoding 4.4).

use crate::PatternError;

pub(crate) fn translate(source: &[u8]) -> Result<String, PatternError> {
    if source.len() > bartizan_base::limits::PATTERN_BYTES {
        return Err(crate::error(3, "the pattern is longer than 2048 bytes", source));
    }
    let mut out = String::new();
    for &byte in source {
        match byte {
            b'^' => out.push('^'),
            b'$' => out.push_str("\\z"),
            b'|' => out.push('|'),
            b if b.is_ascii_alphanumeric() || b == b' ' => out.push(b as char),
            b => out.push_str(&format!("\\x{b:02x}")),
        }
    }
    Ok(out)
}
