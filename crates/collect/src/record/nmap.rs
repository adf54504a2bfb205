//! `nmapg`: the open ports of a host, from nmap's grepable output (collection 2.10).

use super::{Format, Out};
use crate::line::Line;
use crate::start::Now;

/// The type of its messages: they go to the decoder of open ports (decoding 2.2).
const KIND: u8 = b'3';

#[derive(Debug, Default)]
pub(super) struct Nmap {
    text: Vec<u8>,
}

impl Format for Nmap {
    fn line(&mut self, line: &Line<'_>, _now: Now, out: &mut Out<'_>) {
        if line.text.is_empty() || line.text.first() == Some(&b'#') {
            return out.leave_out();
        }
        let Some((host, rest)) = host(line.text) else { return out.unfit() };
        if rest.starts_with(b"Status:") {
            return out.leave_out();
        }
        let Some(ports) = rest.strip_prefix(b"Ports:") else { return out.unfit() };
        self.text.clear();
        self.text.extend_from_slice(host);
        self.text.extend_from_slice(b", open ports:");
        let ports = ports.split(|&byte| byte == b'\t').next().unwrap_or_default();
        for port in ports.split(|&byte| byte == b',') {
            let mut parts = port.trim_ascii().split(|&byte| byte == b'/');
            if let (Some(number), Some(b"open"), Some(protocol)) =
                (parts.next(), parts.next(), parts.next())
            {
                for part in [b" ", number, b"(", protocol, b")"] {
                    self.text.extend_from_slice(part);
                }
            }
        }
        out.emit(Line { text: &self.text, kind: KIND, ..*line });
    }
}

/// `Host: IP (NAME)` and what follows the tab behind it.
fn host(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let tab = memchr::memchr(b'\t', text)?;
    let (host, rest) = text.split_at_checked(tab)?;
    let is_host = host.starts_with(b"Host: ") && host.ends_with(b")") && host.len() > 9;
    // A comma would be taken for the end of the host.
    (is_host && memchr::memchr(b',', host).is_none()).then(|| (host, rest.trim_ascii_start()))
}
