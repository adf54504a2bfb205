//! OS_Regex (decoding 4.2).

use crate::PatternError;

pub(crate) fn os_regex(source: &[u8]) -> Result<String, PatternError> {
    if source.is_empty() {
        return Err(crate::error(6, "the pattern is empty", source));
    }
    let mut out = String::new();
    let mut lazy = Vec::new();
    let mut i = 0;
    while let Some(&byte) = source.get(i) {
        if (byte == b'+' || byte == b'*') && i >= 2 && source.get(i - 2) == Some(&b'\\') {
            out.push(byte as char);
            lazy.push(out.len());
            out.push('?');
            i += 1;
            continue;
        }
        match byte {
            b'\\' => {
                let class = match source.get(i + 1) {
                    Some(b'p') => r##"[()*+,.:;<=>?\[\]!"'#%&$|{}\-]"##,
                    Some(b's') => " ",
                    Some(b'w') => r"[A-Za-z0-9@_\-]",
                    Some(b'W') => r"[^A-Za-z0-9@_\-]",
                    Some(b'd') => "[0-9]",
                    Some(b'D') => "[^0-9]",
                    Some(b'S') => "[^ ]",
                    Some(b'.') => "(?s:.)",
                    Some(b't') => "\\t",
                    Some(b'<') => "<",
                    Some(b'$') => "\\$",
                    Some(b'(') => "\\(",
                    Some(b')') => "\\)",
                    Some(b'{') => "\\{",
                    Some(b'}') => "\\}",
                    Some(b'[') => "\\[",
                    Some(b']') => "\\]",
                    Some(b'\\') => "\\\\",
                    Some(b'|') => "\\|",
                    _ => return Err(crate::error(6, "unknown escape", source)),
                };
                out.push_str(class);
                i += 1;
            }
            b'$' => out.push_str("\\z"),
            b'^' | b'|' | b'(' | b')' => out.push(byte as char),
            b if b.is_ascii_alphanumeric() || b == b' ' => out.push(b as char),
            b => out.push_str(&format!("\\x{b:02x}")),
        }
        i += 1;
    }
    for at in lazy.into_iter().rev() {
        let rest = out.get(at + 1..).unwrap_or_default().trim_start_matches(')');
        if rest.is_empty() || rest.starts_with('|') {
            out.remove(at);
        }
    }
    Ok(out)
}
