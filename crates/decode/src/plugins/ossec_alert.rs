//! Alerts of other OSSEC servers that arrive by syslog: the event becomes the one they are about.
//!
//! ```text
//! ossec: Alert Level: 3; Rule: 5715 - SSHD authentication success.; Location: (web) 10.0.0.5->/var/log/auth.log;
//! srcip: 10.0.0.7; user: ann;  Accepted publickey for ann from 10.0.0.7
//! ```
//!
//! No rule is evaluated for such an event: it reports the rule it names. An event that becomes
//! [`Category::OssecAlert`] and reports no rule produces nothing.

use bartizan_base::{Category, Deviation, Dialect, Event, StaticField};

use super::{PluginContext, set};

pub(super) const FIELDS: [StaticField; 2] = [StaticField::SrcIp, StaticField::DstUser];

/// Longest original log that is kept.
const LOG_BYTES: usize = 4_094;
/// Longest location: `OLD|NEW`.
const LOCATION_BYTES: usize = 255;

pub(super) fn decode(event: &mut Event, dialect: Dialect, context: &PluginContext<'_>) {
    event.decoded.category = Category::OssecAlert;
    let log = event.bytes(event.log);
    if !log.starts_with(b"Alert Level: ") && !log.starts_with(b"ossec: Alert Level") {
        return;
    }
    let Some((rule, after_rule)) = rule(log) else { return };
    if !(context.is_rule)(rule) {
        return;
    }
    let Some((location, rest)) = location(log, after_rule) else { return };
    let start = fields(event, rest);
    event.decoded.reported_rule = Some(rule);
    move_to(event, location, dialect);
    let log = event.log.slice(start, start + LOG_BYTES);
    event.log = log;
    event.full_log = log;
}

/// The rule id and where it ends.
fn rule(log: &[u8]) -> Option<(u32, usize)> {
    let semicolon = find(log, b';', 0)?;
    let start = find(log, b':', semicolon)? + 2;
    if log.get(start - 1) != Some(&b' ') {
        return None;
    }
    let end = find(log, b' ', start)?;
    let id = std::str::from_utf8(log.get(start..end)?).ok()?.parse().ok()?;
    Some((id, end))
}

/// The range of the location, and what follows its semicolon.
fn location(log: &[u8], from: usize) -> Option<((usize, usize), usize)> {
    const KEY: &[u8] = b" Location: ";
    let key = find(log, b';', from)? + 1;
    if !log.get(key..)?.starts_with(KEY) {
        return None;
    }
    let start = key + KEY.len();
    let end = find(log, b';', start)?;
    Some(((start, end), end + 1))
}

/// Reads ` key: value;` while exactly one space precedes; where the original log starts.
fn fields(event: &mut Event, mut at: usize) -> usize {
    const KEYS: [(&[u8], StaticField); 2] =
        [(b" srcip: ", StaticField::SrcIp), (b" user: ", StaticField::DstUser)];
    loop {
        let log = event.bytes(event.log);
        let rest = log.get(at..).unwrap_or_default();
        let known = KEYS.iter().find(|(key, _)| rest.starts_with(key));
        let Some((&(key, field), end)) = known.zip(find(log, b';', at)) else {
            return at + rest.iter().take_while(|&&b| b == b' ').count();
        };
        set(event, field, at + key.len(), end);
        at = end + 1;
    }
}

/// The new location tells both servers; the host name follows it.
fn move_to(event: &mut Event, (start, end): (usize, usize), dialect: Dialect) {
    let new = event.log.slice(start, end);
    let bar = event.append(b"|");
    let location = event.join(&[event.location, bar, new]).slice(0, LOCATION_BYTES);
    event.location = location;
    // The original makes two texts of it and so prints both (deviation `location-twice`).
    let is_twice = dialect.has(Deviation::LocationTwice);
    event.hostname = if is_twice { event.join(&[location]) } else { location };
}

fn find(log: &[u8], byte: u8, from: usize) -> Option<usize> {
    memchr::memchr(byte, log.get(from..)?).map(|at| from + at)
}
