//! The clock and the time zone: read here and handed to the engine, which has neither.

use bartizan_base::Timestamp;
use jiff::tz::TimeZone;

/// Now, in whole seconds.
pub(crate) fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_second())
}

/// Seconds that local clocks are ahead of UTC, asked anew for each quarter of an hour: no zone changes its
/// offset within one.
pub(crate) fn utc_offset() -> impl FnMut(Timestamp) -> i32 + Send + 'static {
    let zone = TimeZone::system();
    let mut known: Option<(i64, i32)> = None;
    move |time| {
        let quarter = time.0.div_euclid(900);
        match known {
            Some((at, offset)) if at == quarter => offset,
            _ => {
                let offset = jiff::Timestamp::from_second(time.0)
                    .map_or(0, |stamp| zone.to_offset(stamp).seconds());
                known = Some((quarter, offset));
                offset
            }
        }
    }
}

/// The machine's name up to its first dot, or `ossec-server` when it has none (decoding 3.6).
pub(crate) fn server_name() -> Vec<u8> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim().split('.').next() {
        Some(name) if !name.is_empty() => name.as_bytes().to_vec(),
        _ => b"ossec-server".to_vec(),
    }
}
