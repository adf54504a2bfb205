//! Symantec Web Security: numbered values between commas.
//!
//! `20070717,73613,1=5,11=1.2.3.4,10=userc,3=1,2=1`

use bartizan_base::{Event, StaticField};

use super::set;

pub(super) const FIELDS: [StaticField; 4] =
    [StaticField::DstUser, StaticField::SrcIp, StaticField::Url, StaticField::Id];

/// Longest id. It is no single value: rules rely on texts like `3=1,2=1`.
const ID_BYTES: usize = 9;

/// The numbers that are read: field, and the longest value in bytes.
const VALUES: [(&[u8], StaticField, usize); 3] = [
    (b"10=", StaticField::DstUser, 128),
    (b"11=", StaticField::SrcIp, 128),
    (b"60=", StaticField::Url, 1024),
];

pub(super) fn decode(event: &mut Event) {
    let log = event.log;
    let Some(mut from) = memchr::memchr(b',', event.bytes(log)).map(|comma| comma + 1) else {
        return;
    };
    while from <= log.len() {
        let rest = event.bytes(log).get(from..).unwrap_or_default();
        let length = memchr::memchr(b',', rest).unwrap_or(rest.len());
        let is_new = |field| event.decoded.field(field).is_none();
        let value =
            VALUES.iter().find(|(number, field, _)| rest.starts_with(number) && is_new(*field));
        if let Some(&(number, field, limit)) = value {
            let value = from + number.len();
            set(event, field, value, (from + length).max(value).min(value + limit));
        } else if (rest.starts_with(b"3=") || rest.starts_with(b"2=")) && is_new(StaticField::Id) {
            set(event, StaticField::Id, from, from + ID_BYTES);
        }
        from += length + 1;
    }
}
