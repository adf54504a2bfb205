//! The bytes of a file with its comments left out (decoding 5.2).

/// A place in the bytes of a file.
pub(super) struct Scan<'a> {
    text: &'a [u8],
    /// Offset of the next byte.
    pub(super) at: usize,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A byte and its offset.
    Byte(u8, usize),
    /// The end of the file.
    End,
    /// A comment that begins at this offset and does not end.
    OpenComment(usize),
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// What is left of the file.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next byte as it stands, comments included; not taken.
    pub(super) fn peek_raw(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Takes the next byte as it stands.
    pub(super) fn next_raw(&mut self) -> Option<u8> {
        let byte = self.peek_raw()?;
        self.at += 1;
        Some(byte)
    }

    /// Takes the next byte that is in no comment. `comment` is told where comments are.
    pub(super) fn next(&mut self, mut comment: impl FnMut(usize, usize)) -> Next {
        loop {
            let Some(byte) = self.peek_raw() else { return Next::End };
            if byte != b'<' || self.text.get(self.at + 1) != Some(&b'!') {
                self.at += 1;
                return Next::Byte(byte, self.at - 1);
            }
            let start = self.at;
            match comment_end(self.text, start + 2) {
                Some(end) => {
                    self.at = end;
                    comment(start, end);
                }
                None => {
                    self.at = self.text.len();
                    return Next::OpenComment(start);
                }
            }
        }
    }
}

/// The offset behind the first `-->` or `!>` from `from` on.
fn comment_end(text: &[u8], from: usize) -> Option<usize> {
    memchr::memchr_iter(b'>', text.get(from..)?).map(|at| from + at).find_map(|at| {
        let before = text.get(from..at)?;
        (before.ends_with(b"!") || before.ends_with(b"--")).then_some(at + 1)
    })
}

/// White space between attributes.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// What a C string of these bytes is: all before the first NUL (decoding 5.1).
pub(super) fn cut_at_nul(bytes: &mut Vec<u8>) {
    if let Some(at) = memchr::memchr(0, bytes) {
        bytes.truncate(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, left: &str) {
        let mut scan = Scan::new(text.as_bytes());
        let mut got = Vec::new();
        while let Next::Byte(byte, at) = scan.next(|_, _| ()) {
            assert_eq!(text.as_bytes()[at], byte);
            got.push(byte);
        }
        assert_eq!(String::from_utf8_lossy(&got), left, "{text}");
    }

    #[test]
    fn comments_leave_no_trace() {
        check("x<!-- c -->y", "xy");
        check("x<! c !>y", "xy");
        check("<!-->a<!!>b", "ab");
        check("<!-- one <!-- two --> three -->", " three -->");
        check("<!-- -- --- - -->z", "z");
        check("<!-- wow!>x", "x");
    }

    #[test]
    fn two_bytes_only_open_a_comment() {
        check("a<!>b", "a");
        check("a<!->b", "a");
        check("<!>x-->y", "y");
    }

    #[test]
    fn an_open_comment_is_told_with_its_start() {
        let mut scan = Scan::new(b"a<!DOCTYPE x>");
        assert_eq!(scan.next(|_, _| ()), Next::Byte(b'a', 0));
        assert_eq!(scan.next(|_, _| ()), Next::OpenComment(1));
        assert_eq!(scan.next(|_, _| ()), Next::End);
    }
}
