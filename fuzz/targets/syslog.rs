//! Streams and datagrams of syslog: how a stream is cut into segments does not matter, no text is made longer than an
//! event may be, and what a message of RFC 5424 said is there again.

#![no_main]

use std::net::IpAddr;
use std::time::SystemTime;

use bartizan_base::limits;
use bartizan_listen::frame::{Frame, Splitter};
use bartizan_listen::message::{Origin, Reader, priority};
use bartizan_listen::rfc5424;
use libfuzzer_sys::fuzz_target;

fn origin() -> Origin {
    Origin { sender: IpAddr::from([192, 0, 2, 1]), received: SystemTime::UNIX_EPOCH }
}

/// The messages of a stream; `None` at the end where it made no sense.
fn messages<'a>(segments: impl Iterator<Item = &'a [u8]>) -> Vec<Option<Vec<u8>>> {
    let (mut splitter, mut reader, mut got) = (Splitter::default(), Reader::default(), Vec::new());
    let mut sink = |frame: Frame<'_>| {
        let message = reader.message(frame.bytes, origin());
        assert!(message.text.len() <= limits::EVENT_BYTES && !message.text.contains(&0));
        got.push(Some(message.text.to_vec()));
    };
    for segment in segments {
        if splitter.feed(segment, &mut sink).is_err() {
            got.push(None);
            return got;
        }
    }
    splitter.finish(&mut sink);
    got
}

fuzz_target!(|data: &[u8]| {
    let Some((&step, stream)) = data.split_first() else { return };
    let whole = messages(std::iter::once(stream));
    assert_eq!(messages(stream.chunks(usize::from(step) + 1)), whole);

    let mut reader = Reader::default();
    if let Some(message) = reader.datagram(stream, origin()) {
        assert!(message.text.len() <= limits::EVENT_BYTES);
    }
    let (_, rest) = priority(stream);
    if let Some(parts) = rfc5424::parse(rest) {
        let text = Reader::default().message(stream, origin()).text.to_vec();
        let said = parts.text.strip_prefix(b" ").unwrap_or(parts.text);
        let is_kept = said.contains(&0) || text.ends_with(said);
        let was_read = priority(stream).0.is_some();
        assert!(!was_read || is_kept || text.len() == limits::EVENT_BYTES);
    }
});
