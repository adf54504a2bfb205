//! Decoder files, and lines for the decoders that load: sections of a seed are the file, then one line each.

#![no_main]

use bartizan_base::{Event, Source, Timestamp, diagnostic::any_error};
use bartizan_config::xml::{ReadOptions, read};
use bartizan_decode::{
    DecodeScratch, DecoderOptions, DecoderSet, Intake, Message, PluginContext, Silent, predecode,
};
use bartizan_fuzz::{check_diagnostics, dialects, sections};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut sections = sections(data);
    let file = sections.next().unwrap_or_default();
    let lines: Vec<&[u8]> = sections.take(8).collect();
    let source = Source::new("decoder.xml", file);
    let context = PluginContext { is_rule: &|id| id % 2 == 0 };
    let mut event = Event::default();
    let mut scratch = DecodeScratch::default();
    for dialect in dialects() {
        let mut diagnostics = Vec::new();
        let read = read(&source, ReadOptions { dialect, variables: true }, &mut diagnostics);
        let Some(document) = read else { continue };
        let options = DecoderOptions { dialect, ..DecoderOptions::default() };
        let set = DecoderSet::load(&[document], &options, &mut diagnostics);
        check_diagnostics(&diagnostics);
        assert_eq!(set.is_none(), any_error(&diagnostics), "{diagnostics:?}");
        let Some(set) = set else { continue };
        let mut intake = Intake::new(dialect);
        for text in &lines {
            let message = Message { kind: b'1', location: b"/var/log/messages", text };
            let _whole = intake.message(message, Timestamp(0), &mut event);
            predecode(&mut event, dialect, b"server");
            set.decode(&mut event, &mut scratch, &context, &mut Silent);
            let fields = event.decoded.fields.iter().flatten().copied();
            let dynamic = event.decoded.dynamic.iter().map(|&(_, text)| text);
            let assigned = event.decoded.assigned.iter().map(|&(_, text)| text);
            for text in fields.chain(dynamic).chain(assigned) {
                assert_eq!(event.subject(text).len(), text.len(), "{event:?}");
            }
        }
    }
});
