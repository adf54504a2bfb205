//! The yardstick: one pass of the `aho-corasick` crate's DFA over all literals of the ruleset, on the part of each line
//! that rules see, folded. It is what any engine that looks at every byte once has to pay, and it says how fast this
//! machine is at this moment.

use std::hint::black_box;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use anyhow::Result;
use bartizan_base::{Event, Timestamp};
use bartizan_decode::{Intake, Message, predecode};

use crate::cpu;
use crate::material::Material;

/// Seconds a line, the best of `passes`.
pub(crate) fn measure(material: &Material, literals: &[Vec<u8>], passes: usize) -> Result<f64> {
    let logs = folded_logs(material);
    let automaton =
        AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).prefilter(false).build(literals)?;
    let mut best = f64::INFINITY;
    for _ in 0..passes {
        let (hits, seconds) = cpu::timed(|| {
            logs.iter().map(|log| automaton.find_overlapping_iter(log).count()).sum::<usize>()
        })?;
        black_box(hits);
        best = best.min(seconds);
    }
    Ok(best / logs.len().max(1) as f64)
}

/// What is left of each line after its header, in lower case.
fn folded_logs(material: &Material) -> Vec<Vec<u8>> {
    let mut intake = Intake::new(material.dialect);
    let mut event = Event::default();
    let mut logs = Vec::with_capacity(material.lines.len());
    for line in &material.lines {
        let message = Message { kind: b'1', location: b"mixed.log", text: line };
        let _whole = intake.message(message, Timestamp(0), &mut event);
        predecode(&mut event, material.dialect, b"server");
        logs.push(event.subject(event.log).folded().to_vec());
    }
    logs
}
