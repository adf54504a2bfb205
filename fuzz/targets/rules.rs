//! Rule files, and events for the rules that load: sections of a seed are the file, then one line each. The
//! clock goes on by the number of bytes of each line, so that time windows open and close.

#![no_main]

use std::collections::HashMap;

use bartizan_base::{
    DecoderTable, Event, FieldNames, Source, StaticField, Timestamp, diagnostic::any_error,
};
use bartizan_config::xml::{ReadOptions, read};
use bartizan_fuzz::{check_diagnostics, dialects, sections};
use bartizan_rules::load::{LoadContext, load};
use bartizan_rules::walk::{decide, remember, walk};
use bartizan_rules::{Decision, Forest, LocalTime, NoObserver, RuleOptions, State, Surroundings};
use libfuzzer_sys::fuzz_target;

/// An event as decoding would leave it: the first words of the line are its fields.
fn fill(event: &mut Event, line: &[u8], time: Timestamp) {
    event.reset(b'1', b"/var/log/messages", line, time);
    event.log = event.full_log;
    let mut at = event.log.start as usize;
    let fields = [StaticField::SrcIp, StaticField::DstUser, StaticField::Id, StaticField::Url];
    for (field, word) in fields.into_iter().zip(line.split(|&b| b == b' ')) {
        event.decoded.set(field, bartizan_base::Text::new(at, at + word.len()));
        at += word.len() + 1;
    }
}

fuzz_target!(|data: &[u8]| {
    let mut sections = sections(data);
    let file = sections.next().unwrap_or_default();
    let lines: Vec<&[u8]> = sections.take(32).collect();
    let source = Source::new("rules.xml", file);
    let (decoders, field_names, lists) =
        (DecoderTable::default(), FieldNames::default(), HashMap::new());
    let mut event = Event::default();
    for dialect in dialects() {
        let mut diagnostics = Vec::new();
        let read = read(&source, ReadOptions { dialect, variables: true }, &mut diagnostics);
        let Some(document) = read else { continue };
        let context = LoadContext {
            decoders: &decoders,
            field_names: &field_names,
            lists: &lists,
            options: RuleOptions::default(),
            dialect,
        };
        let rules = load(&[document], &context, &mut diagnostics);
        check_diagnostics(&diagnostics);
        assert_eq!(rules.is_none(), any_error(&diagnostics), "{diagnostics:?}");
        let Some(rules) = rules else { continue };
        let forest = Forest::new(&rules);
        let mut state = State::new(&rules);
        let mut time = 1_765_349_746;
        for line in &lines {
            time += line.len() as i64;
            fill(&mut event, line, Timestamp(time));
            state.start_event();
            let around = Surroundings {
                rules: &rules,
                decoders: &decoders,
                local: LocalTime::at(event.time, 0),
            };
            let Some(fired) = walk(&forest, around, &event, &mut state, &mut NoObserver) else {
                continue;
            };
            if let Decision::Fired { .. } = decide(&rules, &decoders, &event, &mut state, fired) {
                remember(&event, &mut state, fired);
            }
        }
    }
});
