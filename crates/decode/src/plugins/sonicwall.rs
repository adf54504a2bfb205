//! SonicWall firewalls. What an event is about depends on its category and message id.
//!
//! `id=firewall sn=1 time="2007-01-03 14:48:06" fw=1.1.1.1 pri=6 c=262144 m=98 msg="Connection Opened"
//! n=23419 src=2.2.2.2:36701:WAN dst=1.1.1.1:50000:WAN proto=tcp/50000`

use bartizan_base::{Category, Event, StaticField, Text};
use bartizan_pattern::{Captures, Language, Options, Pattern};

use super::set;
use crate::predecode::NAME_BYTES;

pub(super) const FIELDS: [StaticField; 9] = [
    StaticField::Status,
    StaticField::Id,
    StaticField::SrcIp,
    StaticField::SrcPort,
    StaticField::DstIp,
    StaticField::DstPort,
    StaticField::Protocol,
    StaticField::Action,
    StaticField::Url,
];

/// Bytes of the category that are compared.
const CATEGORY_BYTES: usize = 7;
/// Longest protocol name.
const PROTOCOL_BYTES: usize = 6;

/// The patterns.
#[derive(Debug)]
pub struct SonicWall {
    head: Pattern,
    addresses: Pattern,
    proxy: Pattern,
}

impl Default for SonicWall {
    fn default() -> Self {
        let pattern = |text: &str| {
            Pattern::compile(Language::OsRegex, text.as_bytes(), Options::default())
                .expect("a constant, compiled by a test")
        };
        Self {
            head: pattern(r"pri=(\d) c=(\d+) m=(\d+) "),
            addresses: pattern(r"src=(\d+.\d+.\d+.\d+):(\d+):\S+ dst=(\d+.\d+.\d+.\d+):(\d+):"),
            proxy: pattern(r"result=(\d+) dstname=(\S+) arg=(\S+)$"),
        }
    }
}

impl SonicWall {
    /// Reads the log. What is known before it stops to look like one of a SonicWall stays set.
    pub(super) fn decode(&self, event: &mut Event, captures: &mut Captures) {
        event.decoded.category = Category::Syslog;
        let Some(after_head) = find(&self.head, event, 0, captures) else { return };
        let [status, category, id] = values(event, 0, captures);
        assign(event, &[(StaticField::Status, status), (StaticField::Id, id)]);
        let Some(after) = find(&self.addresses, event, after_head, captures) else { return };
        let [source, source_port, destination, destination_port] =
            values(event, after_head, captures);
        assign(
            event,
            &[
                (StaticField::SrcIp, source),
                (StaticField::SrcPort, source_port),
                (StaticField::DstIp, destination),
                (StaticField::DstPort, destination_port),
            ],
        );
        let after = protocol(event, after);
        self.classify(event, category.unwrap_or_default(), after, captures);
    }

    fn classify(&self, event: &mut Event, category: Text, after: usize, captures: &mut Captures) {
        if event.bytes(category.slice(0, CATEGORY_BYTES)) == b"32" {
            event.decoded.category = Category::Ids;
            return;
        }
        let action: &[u8] = match event.field(StaticField::Id) {
            Some(b"98" | b"597" | b"598") => b"pass",
            Some(b"36" | b"37" | b"38" | b"173" | b"174") => b"drop",
            Some(b"537") => b"close",
            Some(b"97") => return self.proxy(event, after, captures),
            _ => return,
        };
        event.decoded.category = Category::Firewall;
        event.set_field(StaticField::Action, action);
    }

    /// A request through the web proxy.
    fn proxy(&self, event: &mut Event, after: usize, captures: &mut Captures) {
        event.decoded.category = Category::Squid;
        if find(&self.proxy, event, after, captures).is_none() {
            return;
        }
        let [result, Some(host), Some(path)] = values(event, after, captures) else { return };
        assign(event, &[(StaticField::Id, result)]);
        let url = event.join(&[host, path]);
        event.decoded.set(StaticField::Url, url);
    }
}

/// Where a match in the log ends that is looked for from `from` on.
fn find(pattern: &Pattern, event: &Event, from: usize, captures: &mut Captures) -> Option<usize> {
    let rest = event.subject(event.log).from(from);
    pattern.captures(rest, captures).map(|end| from + end)
}

/// The captures of a search that began at `from`.
fn values<const N: usize>(event: &Event, from: usize, captures: &Captures) -> [Option<Text>; N] {
    let mut values = [None; N];
    for (value, range) in values.iter_mut().zip(captures.iter()) {
        *value = Some(event.log.slice(from + range.start, from + range.end));
    }
    values
}

fn assign(event: &mut Event, values: &[(StaticField, Option<Text>)]) {
    for &(field, value) in values {
        if let Some(value) = value {
            event.decoded.set(field, value);
        }
    }
}

/// Reads `proto=NAME/…` behind the next space; where that space ends.
fn protocol(event: &mut Event, from: usize) -> usize {
    let log = event.bytes(event.log);
    let rest = log.get(from..).unwrap_or_default();
    let Some(start) = memchr::memchr(b' ', rest).map(|space| from + space + 1) else {
        return from;
    };
    let rest = log.get(start..).unwrap_or_default();
    if let Some(name) = rest.strip_prefix(b"proto=") {
        let is_name = |&&b: &&u8| NAME_BYTES[b as usize] && b != b'/';
        let length = name.iter().take(PROTOCOL_BYTES).take_while(is_name).count();
        set(event, StaticField::Protocol, start + 6, start + 6 + length);
    }
    start
}
