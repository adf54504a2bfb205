//! What outside data cannot do to the memory of events (rules 5.2).

mod ruleset;

use bartizan_base::{DecoderTable, Event, Timestamp};
use bartizan_rules::walk::{remember, walk};
use bartizan_rules::{Forest, LocalTime, NoObserver, RuleIndex, State, Surroundings};
use ruleset::{DIALECTS, loaded};

const RULES: &str = "<rule id=\"100001\" level=\"3\" ignore=\"5\"><match>x</match></rule>\
    <rule id=\"100002\" level=\"5\" frequency=\"2\" timeframe=\"20\">\
    <if_matched_sid>100001</if_matched_sid></rule>\
    <rule id=\"100003\" level=\"5\" frequency=\"2\" timeframe=\"20\">\
    <if_matched_regex>x</if_matched_regex></rule>";

fn fill(event: &mut Event, text: &[u8], at: i64) {
    event.reset(b'1', b"f", text, Timestamp(at));
}

#[test]
fn long_events_do_not_fill_the_memory() {
    for dialect in DIALECTS {
        let rules = loaded(dialect, RULES);
        let mut state = State::new(&rules);
        let mut event = Event::default();
        for at in 0..1_000 {
            fill(&mut event, &[b'x'; 60_000], at);
            remember(&event, &mut state, rules.by_id[&100_001]);
            assert!(state.history.bytes() <= 20 << 20, "{dialect}");
        }
        assert!(state.history.len() > 100, "{dialect}");
        assert_eq!(state.history.len() as u64 + state.history.evicted(), 1_000, "{dialect}");
    }
}

#[test]
fn times_far_apart_are_no_overflow() {
    for dialect in DIALECTS {
        let rules = loaded(dialect, RULES);
        let (forest, decoders) = (Forest::new(&rules), DecoderTable::default());
        let (mut state, mut event) = (State::new(&rules), Event::default());
        let mut fired: Option<RuleIndex> = None;
        for at in [i64::MIN, i64::MAX, i64::MIN, i64::MAX].repeat(3_000) {
            fill(&mut event, b"x", at);
            state.start_event();
            let local = LocalTime::at(event.time, 0);
            let around = Surroundings { rules: &rules, decoders: &decoders, local };
            fired = walk(&forest, around, &event, &mut state, &mut NoObserver).or(fired);
            remember(&event, &mut state, rules.by_id[&100_001]);
        }
        assert!(fired.is_some(), "{dialect}");
    }
}
