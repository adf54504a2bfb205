//! Puts linked decoders in the places from which evaluation reads them, and works out how their child lists
//! are walked (decoding 7.4).

use std::collections::HashMap;

use bartizan_base::{DecoderIndex, DecoderTable, Deviation, Dialect};

use super::compile::Compiled;
use crate::set::{Action, Child, Entry, Offset, TopLevel};

/// Decoders linked: all of [`crate::DecoderSet`] but the names of fields.
#[derive(Debug, Default)]
pub(super) struct Linked {
    pub(super) table: DecoderTable,
    pub(super) program: Vec<TopLevel>,
    pub(super) plain: Vec<TopLevel>,
    pub(super) entries: Vec<Entry>,
    pub(super) children: Vec<Child>,
}

/// Moves the compiled decoders to their places.
pub(super) fn assemble(
    decoders: Vec<Compiled>,
    parents: &[(usize, Vec<usize>)],
    table: DecoderTable,
    dialect: Dialect,
) -> Linked {
    let mut linked = Linked { table, ..Linked::default() };
    let names: Vec<Vec<u8>> = decoders.iter().map(|d| d.name.clone()).collect();
    let mut child_places: HashMap<usize, u32> = HashMap::new();
    let mut tops: HashMap<usize, Compiled> = HashMap::new();
    for (at, decoder) in decoders.into_iter().enumerate() {
        if decoder.parent.is_none() {
            tops.insert(at, decoder);
            continue;
        }
        child_places.insert(at, linked.children.len() as u32);
        linked.children.push(Child {
            decoder: index(at),
            prematch: decoder.prematch,
            action: decoder.action,
        });
    }
    for (at, children) in parents {
        let Some(decoder) = tops.remove(at) else { continue };
        let start = linked.entries.len();
        let places: Vec<u32> =
            children.iter().filter_map(|child| child_places.get(child).copied()).collect();
        let twins: Vec<&[u8]> = children.iter().map(|&child| names[child].as_slice()).collect();
        let entries = child_list(start, &places, &twins, &linked.children, dialect);
        linked.entries.extend(entries);
        let top = TopLevel {
            decoder: index(*at),
            needs_end: needs_end(&decoder.action, &places, &linked.children),
            program: decoder.program,
            prematch: decoder.prematch.map(|prematch| prematch.pattern),
            children: start as u32..linked.entries.len() as u32,
            action: decoder.action,
        };
        match top.program {
            Some(_) => linked.program.push(top),
            None => linked.plain.push(top),
        }
    }
    linked
}

/// The entries of one child list, which starts at place `start`.
///
/// The original marks a child that a later one of its name follows; from a marked child evaluation goes on
/// with whatever stands next, and selection leaves out the run of marked children and one more. By default
/// the members of a chain know each other (deviation `interleaved-chain`).
fn child_list(
    start: usize,
    places: &[u32],
    names: &[&[u8]],
    children: &[Child],
    dialect: Dialect,
) -> Vec<Entry> {
    let count = places.len();
    let later_twin = |at: usize| (at + 1..count).find(|&later| names[later] == names[at]);
    let is_head = |at: usize| !names[..at].contains(&names[at]);
    let is_marked = |at: usize| later_twin(at).is_some();
    let continues = places.iter().any(|&place| {
        offset_of(children, place)
            .is_some_and(|offset| matches!(offset, Offset::AfterPrematch | Offset::AfterRegex))
    });
    let entry = |at: usize| {
        let (next, after_miss) = if dialect.has(Deviation::InterleavedChain) {
            let run_end = (at + 1..count).find(|&later| !is_marked(later)).unwrap_or(count);
            match is_marked(at) {
                true => (Some(at + 1), (run_end + 1).min(count)),
                false => (None, at + 1),
            }
        } else {
            let next_head = (at + 1..count).find(|&later| is_head(later));
            (later_twin(at), next_head.unwrap_or(count))
        };
        Entry {
            child: places[at],
            next: next.map(|next| (start + next) as u32),
            after_miss: (start + after_miss) as u32,
            needs_end: continues,
        }
    };
    (0..count).map(entry).collect()
}

/// Whether anything below a top-level decoder, or its own pattern, looks at where its prematch ended.
fn needs_end(own: &Action, places: &[u32], children: &[Child]) -> bool {
    let is_own = offset(own).is_some_and(|offset| offset != Offset::Start);
    is_own
        || places.iter().any(|&place| {
            let after_parent = children
                .get(place as usize)
                .and_then(|child| child.prematch.as_ref())
                .is_some_and(|prematch| prematch.after_parent);
            after_parent || offset_of(children, place).is_some_and(|o| o != Offset::Start)
        })
}

fn offset_of(children: &[Child], place: u32) -> Option<Offset> {
    offset(&children.get(place as usize)?.action)
}

/// From where a decoder's pattern or plugin looks, if it has one.
fn offset(action: &Action) -> Option<Offset> {
    match action {
        Action::Extract(extract) => Some(extract.offset),
        Action::Plugin(plugin) => Some(plugin.offset()),
        Action::Nothing => None,
    }
}

/// The index in the table of the decoder that was loaded at this place; index 0 is the null decoder.
fn index(at: usize) -> DecoderIndex {
    DecoderIndex(u16::try_from(at + 1).unwrap_or(0))
}
