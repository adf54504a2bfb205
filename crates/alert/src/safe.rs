//! Text a stranger wrote, among lines that mean something.
//!
//! A text log is read line by line: `** Alert ` begins an alert, an empty line ends it, and readers (the
//! original's among them, responses 1) take `Src IP: ` or `Rule: ` for a field wherever it stands. An event
//! may hold line feeds, so whoever writes logs could write alerts. In our dialect:
//!
//! * A value that has its line to itself, or shares it (location, description, user, address …), keeps to
//!   it: every control character is written as an escape, a tab as well.
//! * In the text of a log a tab stays. A line feed stays where the line behind it can only be text; before an
//!   empty line and before a line that begins like one of ours it is written as `\n`, so that the line goes
//!   on. All other control characters are escapes.
//! * A log that *begins* like one of our lines gets a blank in front, and so does an empty one, which readers
//!   would take for the end of the alert and miss what follows.
//! * The attributes that a syscheck report lists are such fields, and meant to be; but not in its diff, which
//!   is the file's own text.
//!
//! So a reader that trusts every line cannot be deceived. Escapes are `\n`, `\r`, `\t` and `\xHH`; a
//! backslash stands for itself, so the text is not a code to be decoded: the JSON outputs are exact.
//!
//! The originals write bytes as they are, and so do the dialects.

/// What lines of an alert begin with, as far as readers look for them anywhere in it.
const RESERVED: [&[u8]; 9] = [
    b"** Alert",
    b"Rule:",
    b"Src IP:",
    b"Src Port:",
    b"Src Location:",
    b"Dst IP:",
    b"Dst Port:",
    b"Dst Location:",
    b"User:",
];

/// What the attribute lines of a syscheck report begin with (responses 1).
const ATTRIBUTES: [&[u8]; 11] = [
    b"Integrity checksum changed for:",
    b"Size changed from ",
    b"Ownership was ",
    b"Group ownership was ",
    b"Permissions changed from ",
    b"Old md5sum was:",
    b"New md5sum is :",
    b"Old sha1sum was:",
    b"New sha1sum is :",
    b"Old sha256sum was:",
    b"New sha256sum is :",
];

/// What they all begin with: most logs do not, and need no comparison.
const FIRST_BYTES: &[u8] = b"*RSDUIOGPN";

/// Behind this line of a syscheck report stands the diff.
const DIFF: &[u8] = b"What changed:";

/// Whose lines a text must not be taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Among {
    /// Those of an alert.
    Alert,
    /// Those of an alert, in a report of syscheck.
    SyscheckAlert,
    /// Those of an archive: they begin with a date.
    Archive,
}

impl Among {
    fn is_reserved(self, line: &[u8], in_diff: bool) -> bool {
        let may_begin = line.first().is_some_and(|first| FIRST_BYTES.contains(first));
        let begins = |with: &[&[u8]]| may_begin && with.iter().any(|start| line.starts_with(start));
        match self {
            Self::Alert => begins(&RESERVED) || begins(&ATTRIBUTES),
            Self::SyscheckAlert => begins(&RESERVED) || (in_diff && begins(&ATTRIBUTES)),
            Self::Archive => is_dated(line),
        }
    }

    /// Moves a text away from the beginning of a line, where it would begin one.
    fn push_margin(self, out: &mut Vec<u8>) {
        if self != Self::Archive {
            out.push(b' ');
        }
    }
}

/// Whether a line begins with a year and a month, as those of archives and firewall logs do.
fn is_dated(line: &[u8]) -> bool {
    let [a, b, c, d, b' ', month, ..] = line else { return false };
    [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) && month.is_ascii_alphabetic()
}

/// Appends a value that must stay on its line.
pub(crate) fn push_value(out: &mut Vec<u8>, value: &[u8]) {
    push_escaped(out, value, |byte| byte < b' ' || byte == 0x7f);
}

/// Appends the text of a log, which may have lines, and the line feed that ends it. A line feed at its end
/// stays too if `keeps_end`: nothing of the alert may follow then.
pub(crate) fn push_log(out: &mut Vec<u8>, text: &[u8], among: Among, keeps_end: bool) {
    if !text.is_empty() && is_clean(text) && !among.is_reserved(text, false) {
        out.extend_from_slice(text);
        out.push(b'\n');
        return;
    }
    let (body, is_ended) = match text.strip_suffix(b"\n") {
        Some(body) if !body.is_empty() => (body, true),
        _ => (text, false),
    };
    let start = out.len();
    let mut in_diff = false;
    for (number, line) in body.split(|&byte| byte == b'\n').enumerate() {
        let must_join = line.is_empty() || among.is_reserved(line, in_diff);
        let on_line = out.len() > start;
        match number {
            0 if must_join && !line.is_empty() => among.push_margin(out),
            0 => {}
            _ if must_join || !on_line => out.extend_from_slice(b"\\n"),
            _ => out.push(b'\n'),
        }
        push_escaped(out, line, |byte| (byte < b' ' && byte != b'\t') || byte == 0x7f);
        in_diff |= line == DIFF;
    }
    if out.len() == start {
        among.push_margin(out);
    }
    out.push(b'\n');
    if is_ended && keeps_end {
        out.push(b'\n');
    }
}

/// Whether no byte needs a thought: the usual case, tested without a branch for each byte.
fn is_clean(text: &[u8]) -> bool {
    !text.iter().fold(false, |found, &byte| found | (byte < b' ') | (byte == 0x7f))
}

fn push_escaped(out: &mut Vec<u8>, text: &[u8], is_escaped: impl Fn(u8) -> bool) {
    if is_clean(text) {
        out.extend_from_slice(text);
        return;
    }
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| is_escaped(byte)) {
        let (clean, tail) = rest.split_at(at);
        out.extend_from_slice(clean);
        let Some((&byte, tail)) = tail.split_first() else { return };
        push_escape(out, byte);
        rest = tail;
    }
    out.extend_from_slice(rest);
}

/// Appends the escape of a control character.
pub(crate) fn push_escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ => {
            let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
            out.extend_from_slice(&[b'\\', b'x', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn log(text: &str, among: Among) -> String {
        let mut out = Vec::new();
        push_log(&mut out, text.as_bytes(), among, true);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_harmless_log_comes_out_as_it_is() {
        for text in ["one line", "two\nlines", "tab\there", "C:\\new\\path", " User: x", "a\n b"] {
            assert_eq!(log(text, Among::Alert), format!("{text}\n"));
        }
    }

    #[test]
    fn a_line_that_begins_like_ours_is_joined_to_the_one_before() {
        assert_eq!(
            log("a\nRule: 7 (level 9) -> 'z'\nb", Among::Alert),
            "a\\nRule: 7 (level 9) -> 'z'\nb\n"
        );
        assert_eq!(log("a\n\n** Alert 1.2: - x", Among::Alert), "a\\n\\n** Alert 1.2: - x\n");
        assert_eq!(log("a\n\nb", Among::Alert), "a\\n\nb\n");
    }

    #[test]
    fn a_log_that_begins_like_our_lines_is_moved_by_a_blank() {
        assert_eq!(log("Src IP: 6.6.6.6", Among::Alert), " Src IP: 6.6.6.6\n");
        assert_eq!(log("", Among::Alert), " \n");
        assert_eq!(log("\n", Among::Alert), "\\n\n");
        assert_eq!(log("\nx", Among::Alert), "\\nx\n");
        assert_eq!(log("\n\nx", Among::Alert), "\\n\nx\n");
    }

    #[test]
    fn a_syscheck_report_keeps_its_lines_but_not_those_of_its_diff() {
        let report = "Integrity checksum changed for: '/a'\nNew md5sum is : 'x'\nWhat changed:\n1c1\n\
                      New md5sum is : 'y'\n";
        let shown = "Integrity checksum changed for: '/a'\nNew md5sum is : 'x'\nWhat changed:\n1c1\\n\
                     New md5sum is : 'y'\n\n";
        assert_eq!(log(report, Among::SyscheckAlert), shown);
    }

    #[test]
    fn control_characters_are_escaped_everywhere() {
        assert_eq!(log("a\u{1b}[2Jb\r\u{7f}", Among::Alert), "a\\x1b[2Jb\\r\\x7f\n");
        let mut out = Vec::new();
        push_value(&mut out, b"bob\nSrc IP: 1.2.3.4\t\xff");
        assert_eq!(out, b"bob\\nSrc IP: 1.2.3.4\\t\xff");
    }

    #[test]
    fn an_archived_log_cannot_begin_another_entry() {
        assert_eq!(log("a\n2025 Dec 01 x", Among::Archive), "a\\n2025 Dec 01 x\n");
        assert_eq!(log("a\nRule: 1", Among::Archive), "a\nRule: 1\n");
    }

    #[test]
    fn the_first_bytes_are_those_of_the_tables() {
        for line in RESERVED.iter().chain(&ATTRIBUTES) {
            assert!(FIRST_BYTES.contains(&line[0]), "{}", String::from_utf8_lossy(line));
        }
    }

    proptest! {
        #[test]
        fn no_line_of_a_log_is_taken_for_one_of_ours(
            parts in prop::collection::vec(
                prop_oneof![
                    prop::sample::select(RESERVED.to_vec()),
                    prop::sample::select(ATTRIBUTES.to_vec()),
                    prop::sample::select(vec![&b"\n"[..], b"\n\n", b"a", b" ", b"\t", b"\r", b"\x00", DIFF]),
                ],
                0..12,
            ),
            keeps_end: bool,
        ) {
            let text = parts.concat();
            let mut out = Vec::new();
            push_log(&mut out, &text, Among::Alert, keeps_end);
            let body = out.strip_suffix(b"\n").unwrap();
            let body = if keeps_end { body.strip_suffix(b"\n").unwrap_or(body) } else { body };
            for line in body.split(|&b| b == b'\n') {
                prop_assert!(!line.is_empty(), "{:?}", String::from_utf8_lossy(&out));
                prop_assert!(!Among::Alert.is_reserved(line, true), "{:?}", String::from_utf8_lossy(&out));
                prop_assert!(line.iter().all(|&b| b == b'\t' || (b >= b' ' && b != 0x7f)));
            }
        }
    }
}
