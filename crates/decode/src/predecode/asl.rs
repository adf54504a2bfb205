//! Bracketed entries of the Apple system log (decoding 3.5).
//!
//! `[Time 2006.12.28 15:53:55 UTC] [Facility auth] [Sender sshd] [PID 483] [Message hello] [Host mac]`

use bartizan_base::Text;

use super::Header;

/// Where the text after the time stamp starts.
const START: usize = 25;

/// Reads the entries. Those after `Host` do not count, not even a message.
pub(super) fn read(text: &[u8]) -> Header {
    let mut header = Header::only_log(START.min(text.len()), text.len());
    let (mut sender_seen, mut message_seen) = (false, false);
    let mut first_closed = None;
    let mut from = START;
    while let Some(entry) = find(text, b'[', from).map(|open| open + 1) {
        let rest = text.get(entry..).unwrap_or_default();
        from = entry;
        if !sender_seen && rest.starts_with(b"Sender ") {
            sender_seen = true;
            let Some(close) = find(text, b']', entry + 7) else { break };
            header.program_name = Some(Text::new(entry + 7, close));
            first_closed = first_closed.or(Some(close));
            from = close;
        } else if !message_seen && rest.starts_with(b"Message ") {
            message_seen = true;
            let close = find(text, b']', entry + 8);
            header.log = Text::new(entry + 8, close.unwrap_or(text.len()));
            let Some(close) = close else { break };
            from = close;
        } else if rest.starts_with(b"Host ") {
            let close = find(text, b']', entry + 5);
            header.hostname = close.map(|close| Text::new(entry + 5, close));
            first_closed = first_closed.or(close);
            break;
        }
    }
    if !message_seen && let Some(close) = first_closed {
        header.log.end = close as u32;
    }
    header
}

fn find(text: &[u8], byte: u8, from: usize) -> Option<usize> {
    memchr::memchr(byte, text.get(from..)?).map(|at| from + at)
}
