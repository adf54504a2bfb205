//! Queue messages and syslog headers on any bytes: what is decoded lies in the event, and nothing is lost
//! that could be kept.

#![no_main]

use bartizan_base::{Dialect, Event, Text, Timestamp};
use bartizan_decode::{Intake, Message, predecode};
use bartizan_fuzz::dialects;
use libfuzzer_sys::fuzz_target;

fn check(event: &mut Event, dialect: Dialect) {
    predecode(event, dialect, b"server");
    let is_inside =
        |text: Text| text.start >= event.full_log.start && text.end <= event.full_log.end;
    assert!(is_inside(event.log), "{event:?}");
    assert!(event.program_name.is_none_or(is_inside), "{event:?}");
    for text in [event.log, event.full_log, event.location, event.hostname] {
        assert_eq!(event.subject(text).len(), text.len(), "{event:?}");
    }
}

fuzz_target!(|data: &[u8]| {
    let mut event = Event::default();
    for dialect in dialects() {
        let mut intake = Intake::new(dialect);
        if intake.datagram(data, Timestamp(0), &mut event).is_ok() {
            check(&mut event, dialect);
        }
        let message = Message { kind: b'1', location: b"/var/log/messages", text: data };
        let _whole = intake.message(message, Timestamp(0), &mut event);
        check(&mut event, dialect);
    }
});
