//! The slow way to match: OSSEC's languages translated to PCRE2 as their description says (decoding 4.2, 4.4),
//! and PCRE2 itself. Written from the description alone, so that it shares no mistake with the pattern crate.

use pcre2::bytes::{Regex, RegexBuilder};

/// What a match yields: its end, and the captured texts of the groups that took part.
pub type Answer = Option<(usize, Vec<Vec<u8>>)>;

/// A pattern for the reference.
#[derive(Debug)]
pub enum Reference {
    /// Compared as a string without regard to ASCII case.
    Plain {
        /// The text between the anchors.
        text: Vec<u8>,
        /// `^` stands before it.
        start: bool,
        /// `$` stands behind it.
        end: bool,
    },
    /// Everything else.
    Translated(Regex),
}

impl Reference {
    /// OS_Regex; `None` where it does not compile.
    #[must_use]
    pub fn os_regex(pattern: &str) -> Option<Self> {
        if let Some(plain) = plain(pattern.as_bytes(), is_plain_in_os_regex) {
            return Some(plain);
        }
        if pattern.is_empty() || pattern.len() > 2048 {
            return None;
        }
        let text = only_last_is_greedy(&translate(pattern)?);
        build(&text, true).map(Self::Translated)
    }

    /// OS_Match; `None` where it does not compile.
    #[must_use]
    pub fn os_match(pattern: &str) -> Option<Self> {
        if pattern.len() > 2048 {
            return None;
        }
        if let Some(plain) = plain(pattern.as_bytes(), |b| !b"^$|".contains(&b)) {
            return Some(plain);
        }
        let mut text = String::new();
        for c in pattern.chars() {
            match c {
                '^' | '|' => text.push(c),
                '$' => text.push_str(r"\z"),
                c if c.is_ascii_alphanumeric() || !c.is_ascii() => text.push(c),
                c => text.push_str(&format!("\\x{{{:x}}}", u32::from(c))),
            }
        }
        build(&text, true).map(Self::Translated)
    }

    /// A PCRE2 element (decoding 4.5): bytes, caseless.
    #[must_use]
    pub fn pcre2(pattern: &str) -> Option<Self> {
        if pattern.is_empty() {
            return None;
        }
        plain(pattern.as_bytes(), is_plain_in_os_regex)
            .or_else(|| build(pattern, false).map(Self::Translated))
    }

    /// The answer for a subject; `Err` where PCRE2 gives up or the subject is no UTF-8 and has to be.
    pub fn answer(&self, subject: &[u8]) -> Result<Answer, pcre2::Error> {
        match self {
            Self::Plain { text, start, end } => Ok(plain_end(text, *start, *end, subject)),
            Self::Translated(regex) => {
                let Some(found) = regex.captures(subject)? else { return Ok(None) };
                let whole = found.get(0).map_or(0, |whole| whole.end());
                let groups = (1..found.len()).filter_map(|group| found.get(group));
                let texts = groups.map(|group| group.as_bytes().to_vec()).take(64).collect();
                Ok(Some((whole, texts)))
            }
        }
    }
}

fn build(text: &str, utf: bool) -> Option<Regex> {
    RegexBuilder::new()
        .caseless(true)
        .utf(utf)
        .jit_if_available(true)
        .max_jit_stack_size(Some(1 << 20))
        .build(text)
        .ok()
}

/// The fast path: at least one anchor around literal text.
fn plain(pattern: &[u8], is_literal: impl Fn(u8) -> bool) -> Option<Reference> {
    let (start, rest) = match pattern.strip_prefix(b"^") {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let (end, text) = match rest.strip_suffix(b"$") {
        Some(text) => (true, text),
        None => (false, rest),
    };
    let is_plain = (start || end) && text.iter().all(|&b| is_literal(b));
    is_plain.then(|| Reference::Plain { text: text.to_vec(), start, end })
}

fn is_plain_in_os_regex(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" !\"#%&',/:;<=>@_`~-".contains(&byte)
}

fn plain_end(text: &[u8], start: bool, end: bool, subject: &[u8]) -> Answer {
    let prefix = subject.get(..text.len());
    let suffix = subject.len().checked_sub(text.len()).and_then(|from| subject.get(from..));
    let equals = |part: Option<&[u8]>| part.is_some_and(|part| part.eq_ignore_ascii_case(text));
    let length = match (start, end) {
        (true, true) => (subject.len() == text.len() && equals(prefix)).then_some(text.len()),
        (true, false) => equals(prefix).then_some(text.len()),
        (false, _) => equals(suffix).then_some(subject.len()),
    };
    length.map(|length| (length, Vec::new()))
}

/// Steps 1 and 2 of decoding 4.2.
fn translate(pattern: &str) -> Option<String> {
    let source: Vec<char> = pattern.chars().collect();
    let bytes = pattern.as_bytes();
    let mut text = String::new();
    let mut at = 0;
    // Byte offset of `at`, since "second predecessor" means bytes.
    let mut offset = 0;
    while let Some(&c) = source.get(at) {
        at += 1;
        let here = offset;
        offset += c.len_utf8();
        if matches!(c, '+' | '*') && here >= 2 && bytes[here - 2] == b'\\' {
            text.push(c);
            text.push('?');
            continue;
        }
        match c {
            '\\' => {
                let next = *source.get(at)?;
                at += 1;
                offset += next.len_utf8();
                match next {
                    'p' => text.push_str(r#"[()*+,.:;<=>?\[\]!"'#%&$|{}\-]"#),
                    's' => text.push(' '),
                    'w' => text.push_str("[A-Za-z0-9@_\\-]"),
                    'W' => text.push_str("[^A-Za-z0-9@_\\-]"),
                    'd' => text.push_str("[0-9]"),
                    'D' => text.push_str("[^0-9]"),
                    'S' => text.push_str("[^ ]"),
                    '.' => text.push_str("(?s:.)"),
                    't' | '$' | '(' | ')' | '{' | '}' | '[' | ']' | '\\' | '|' | '<' => {
                        text.push('\\');
                        text.push(next);
                    }
                    _ => return None,
                }
            }
            '$' => text.push_str(r"(?!\n)$"),
            '.' | '[' | ']' | '{' | '}' | '+' | '?' | '*' => {
                text.push('\\');
                text.push(c);
            }
            c => text.push(c),
        }
    }
    Some(text)
}

/// Step 3 of decoding 4.2.
fn only_last_is_greedy(text: &str) -> String {
    let source: Vec<char> = text.chars().collect();
    let mut result = String::new();
    for (at, &c) in source.iter().enumerate() {
        let is_lazy_mark = c == '?'
            && at >= 1
            && matches!(source[at - 1], '+' | '*')
            && (at < 2 || source[at - 2] != '\\');
        let mut rest = source[at + 1..].iter().skip_while(|&&c| c == ')');
        if is_lazy_mark && matches!(rest.next(), None | Some('|')) {
            continue;
        }
        result.push(c);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, subject: &str, expected: Option<(usize, &[&str])>) {
        let got = Reference::os_regex(pattern).unwrap().answer(subject.as_bytes()).unwrap();
        let expected = expected.map(|(end, captures)| {
            (end, captures.iter().map(|text| text.as_bytes().to_vec()).collect())
        });
        assert_eq!(got, expected, "{pattern} on {subject}");
    }

    #[test]
    fn the_reference_answers_as_described() {
        check("abc", "xABCx", Some((4, &[])));
        check(r"(\d+)(\w+)", "123abc", Some((6, &["1", "23abc"])));
        check(r"(\d+)|(\w+)", "12abc", Some((2, &["12"])));
        check(r"a\.*b", "axxxbxxb", Some((5, &[])));
        check(r"\\\d+", r"a\123", Some((5, &[])));
        check("b|a", "ab", Some((1, &[])));
        check(r"(\w)+", "ab", None);
        check("^ab", "ABc", Some((2, &[])));
    }
}
