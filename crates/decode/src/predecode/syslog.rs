//! Host and program after a syslog time stamp (decoding 3.3).

use bartizan_base::{Deviation, Dialect, Text};

use super::Header;

/// Bytes that names of hosts and programs consist of.
pub(crate) const NAME_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric()
            || matches!(byte as u8, b'(' | b')' | b'-' | b'.' | b'/' | b'@' | b'_');
        byte += 1;
    }
    table
};

/// End of the run of name bytes that starts at `from`.
#[inline]
fn name_end(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|&&b| NAME_BYTES[b as usize]).count()
}

/// Reads what follows the time stamp of `cut` bytes.
#[inline]
pub(super) fn read(text: &[u8], cut: usize, dialect: Dialect) -> Header {
    // One space more is tolerated: it is also what the umlaut repair leaves (decoding 3.1).
    let start = if text.get(cut) == Some(&b' ') { cut + 1 } else { cut }.min(text.len());
    let end = name_end(text, start);
    let name = Text::new(start, end);
    let mut header = Header::only_log(start, text.len());
    match (text.get(end), text.get(end + 1)) {
        // Solaris without a host.
        (Some(b':'), Some(b' ')) => {
            header.program_name = Some(name);
            header.log = after_message_id(text, end + 2, dialect);
        }
        (Some(b' '), _) => {
            header.hostname = Some(name);
            header.log = Text::new(end + 1, text.len());
            program(text, end + 1, dialect, &mut header);
        }
        _ => {}
    }
    header
}

/// Reads the program at `start`. Where there is none the log starts there.
fn program(text: &[u8], start: usize, dialect: Dialect, header: &mut Header) {
    let end = name_end(text, start);
    let rest = match (text.get(end), text.get(end + 1)) {
        (Some(b':'), Some(b' ')) => Some(end + 2),
        (Some(b'['), Some(b'0'..=b'9')) => after_process_id(text, end, true),
        (Some(b'|'), Some(b'a'..=b'z')) => return aix(text, start, end, dialect, header),
        _ => None,
    };
    if let Some(rest) = rest {
        header.program_name = Some(Text::new(start, end));
        header.log = after_message_id(text, rest, dialect);
    }
}

/// Behind `[digits]: ` (or `[digits] ` where `short` is allowed), the bracket standing at `open`.
fn after_process_id(text: &[u8], open: usize, short: bool) -> Option<usize> {
    let digits = text.get(open + 1..)?.iter().take_while(|b| b.is_ascii_digit()).count();
    let close = open + 1 + digits;
    match text.get(close..)? {
        _ if digits == 0 => None,
        [b']', b':', b' ', ..] => Some(close + 3),
        [b']', b' ', ..] if short => Some(close + 2),
        _ => None,
    }
}

/// `facility|security:level program[12]: log` of AIX; `bar` is the place of the bar (decoding 3.3 steps 5, 6).
fn aix(text: &[u8], start: usize, bar: usize, dialect: Dialect, header: &mut Header) {
    let word_end = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count()
    };
    let colon = word_end(bar + 2);
    if text.get(colon) != Some(&b':') {
        return;
    }
    let space = word_end(colon + 1);
    if text.get(space) != Some(&b' ') {
        return;
    }
    let from = space + 1;
    let end = name_end(text, from);
    let (name_ends, log) = match (text.get(end), text.get(end + 1)) {
        (Some(b':'), Some(b' ')) => (end, after_message_id(text, end + 2, dialect)),
        (Some(b'['), Some(b'0'..=b'9')) => match after_process_id(text, end, false) {
            Some(rest) => (end, after_message_id(text, rest, dialect)),
            None if !dialect.has(Deviation::HeaderRemainders) => return,
            None => (end, Text::new(start, end)),
        },
        _ if !dialect.has(Deviation::HeaderRemainders) => return,
        _ => (text.len(), after_message_id(text, end, dialect)),
    };
    header.program_name = Some(Text::new(from, name_ends));
    header.log = log;
}

/// The log at `start`, without the message id of Solaris: `[ID 123456 auth.info] ` (decoding 3.3 step 7).
/// 2.8 takes the first bracket and whatever byte follows it (decoding 15).
fn after_message_id(text: &[u8], start: usize, dialect: Dialect) -> Text {
    let rest = text.get(start..).unwrap_or_default();
    let whole = Text::new(start, text.len());
    if !rest.starts_with(b"[ID ") {
        return whole;
    }
    let close = if dialect.is_2_8() {
        memchr::memchr(b']', rest)
    } else {
        memchr::memchr_iter(b']', rest).find(|&at| rest.get(at + 1) == Some(&b' '))
    };
    close.map_or(whole, |at| whole.slice(at + 2, rest.len()))
}
