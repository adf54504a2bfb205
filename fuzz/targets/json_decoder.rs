//! Logs of JSON. What serde_json reads is read, whatever is read lies in the event, and an alert about it is one line of
//! JSON again.

#![no_main]

use std::cell::RefCell;

use bartizan_alert::{Calendar, EventFacts, archive};
use bartizan_base::{Dialect, Event, Source, Timestamp, limits};
use bartizan_config::xml::{ReadOptions, read};
use bartizan_decode::{DecodeScratch, DecoderOptions, DecoderSet, PluginContext, Silent};
use libfuzzer_sys::fuzz_target;

/// Behind `csv ` stands an object of which arrays become lists.
const DECODERS: &str = r#"<decoder name="csv"><prematch>^csv </prematch>
  <plugin_decoder offset="after_prematch">JSON_Decoder</plugin_decoder>
  <json_null_field>discard</json_null_field><json_array_structure>csv</json_array_structure></decoder>"#;

/// Paths that rules ask for.
const ASKED: [&[u8]; 4] = [b"a", b"a.a", b"a.b.c", b"list"];

fn set() -> DecoderSet {
    let dialect = Dialect::OURS;
    let options = ReadOptions { dialect, variables: true };
    let document = read(&Source::new("decoder.xml", DECODERS), options, &mut Vec::new());
    let options = DecoderOptions { dialect, ..DecoderOptions::default() };
    let documents: Vec<_> = document.into_iter().collect();
    let mut set = DecoderSet::load(&documents, &options, &mut Vec::new()).expect("right decoders");
    set.mention_fields(ASKED);
    set
}

thread_local! {
    static PARTS: RefCell<(DecoderSet, Event, DecodeScratch, Vec<u8>)> =
        RefCell::new((set(), Event::default(), DecodeScratch::default(), Vec::new()));
}

fuzz_target!(|data: &[u8]| {
    PARTS.with_borrow_mut(|(set, event, scratch, out)| {
        event.reset(b'1', b"stdin", data, Timestamp(0));
        set.decode(event, scratch, &PluginContext::default(), &mut Silent);
        check(event);
        check_line(set, event, out);
        check_oracle(data, event);
    });
});

/// Every text lies in the event, and there are no more than there may be.
fn check(event: &Event) {
    let members = event.decoded.members.iter();
    let texts = members.clone().flat_map(|member| [Some(member.name), member.value.text()]);
    let fields = event.decoded.fields.iter().copied().chain(texts).flatten();
    for text in fields.chain(event.decoded.dynamic.iter().map(|&(_, text)| text)) {
        assert_eq!(event.subject(text).len(), text.len(), "{event:?}");
    }
    for (number, member) in (0..).zip(members) {
        assert!(member.above == bartizan_base::Member::TOP || member.above < number);
    }
    assert!(event.leaves().count() <= DecoderOptions::default().order_size);
    assert!(event.decoded.dynamic.len() <= ASKED.len());
    let most = 3 * limits::EVENT_BYTES + event.full_log.len() * 16;
    assert!(event.buffers().0.len() <= most, "{} bytes", event.buffers().0.len());
}

/// What is written of the event is one line of JSON, which other readers read.
fn check_line(set: &DecoderSet, event: &Event, out: &mut Vec<u8>) {
    out.clear();
    let date = *Calendar::new(jiff::tz::TimeZone::UTC).date(event.time);
    let facts = EventFacts {
        event,
        decoder: set.table().info(event.decoded.decoder),
        names: set.field_names(),
        date: &date,
        dialect: Dialect::OURS,
    };
    archive::write_json(&facts, None, out);
    assert!(!out[..out.len() - 1].contains(&b'\n'));
    let line: serde_json::Value = serde_json::from_slice(out).expect("JSON");
    assert_eq!(line.get("json").is_some(), !event.decoded.members.is_empty());
}

/// Everything that serde_json finds in an object is found.
fn check_oracle(data: &[u8], event: &Event) {
    let object = data.strip_prefix(b"csv ").unwrap_or(data);
    let arrays = object.len() == data.len();
    let mut values = serde_json::Deserializer::from_slice(object).into_iter();
    let Some(Ok(serde_json::Value::Object(value))) = values.next() else { return };
    if data.first() != Some(&b'{') && arrays {
        return;
    }
    let mut wanted = Vec::new();
    count(&value, 1, arrays, &mut wanted);
    let found = event.leaves().count()
        + event.decoded.left_out as usize
        + event.decoded.fields.iter().flatten().count();
    // Names that stand twice are one for serde_json.
    assert!(found + event.decoded.dynamic.len() >= wanted.len().min(256), "{found} of {wanted:?}");
}

/// Names of the values that must be found.
fn count<'v>(
    object: &'v serde_json::Map<String, serde_json::Value>,
    depth: usize,
    arrays: bool,
    found: &mut Vec<&'v str>,
) {
    for (name, value) in object {
        match value {
            serde_json::Value::Object(inner) => count(inner, depth + 1, arrays, found),
            // A static field that two names set is counted once.
            _ if depth == 1
                && bartizan_decode::plugins::json::static_field(name.as_bytes()).is_some() => {}
            serde_json::Value::Array(_) | serde_json::Value::Null if !arrays => {}
            _ => found.push(name),
        }
    }
}
