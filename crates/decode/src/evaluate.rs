//! Finds the decoder of an event and reads its fields (decoding 7.4, 8).
//!
//! ```text
//! first top-level decoder that matches ─▶ first child that is selected ─▶ its chain of patterns
//!            P: end of its match                C: end of its prematch      L: end of the last pattern
//! ```
//!
//! The first top-level match is final, and so is the first selected child, whatever their patterns do.

use bartizan_base::{DecoderIndex, Deviation, Event, FieldName, Text};
use bartizan_pattern::{Captures, Pattern, PrefixSets};

use crate::index::Programs;
use crate::plugins::{Plugin, PluginContext};
use crate::set::{Action, DecoderSet, Entry, Extract, List, Offset, TopLevel};

/// Buffers that decoding reuses from event to event.
#[derive(Clone, Debug, Default)]
pub struct DecodeScratch {
    pub(crate) captures: Captures,
    pub(crate) json: crate::plugins::json::Scratch,
    programs: Programs,
    /// Dynamic values by their place in an order (deviation `dynamic-fields`).
    by_place: Vec<Option<Text>>,
}

impl DecodeScratch {
    /// Buffers that keep what at most so many program names are answered.
    #[must_use]
    pub fn new(program_names: usize) -> Self {
        Self { programs: Programs::new(program_names), ..Self::default() }
    }
}

/// How a decoder fared with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Its program name does not match.
    OtherProgram,
    /// Its prematch does not match.
    NoPrematch,
    /// It was chosen: a top-level decoder that matches, or the child that is selected.
    Chosen,
    /// Its pattern does not match.
    NoMatch,
    /// Its pattern matched and set fields.
    Matched,
    /// Its plugin ran.
    PluginRan,
}

/// Hears what is tried, for explanations. Does nothing by default, and then costs nothing.
pub trait DecodeObserver {
    /// Whether anything is heard: decoding may leave out what cannot match when not.
    const LISTENS: bool = true;

    /// A decoder was tried.
    fn tried(&mut self, decoder: DecoderIndex, attempt: Attempt) {
        let _ = (decoder, attempt);
    }
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl DecodeObserver for Silent {
    const LISTENS: bool = false;
}

/// One event being decoded.
struct Walk<'a, O> {
    set: &'a DecoderSet,
    event: &'a mut Event,
    scratch: &'a mut DecodeScratch,
    observer: &'a mut O,
    context: &'a PluginContext<'a>,
    /// End of the top-level match, in the log.
    parent_end: usize,
    /// What matched last: its decoder is the event's.
    last: Option<&'a Extract>,
}

impl DecoderSet {
    /// Decodes an event that was pre-decoded.
    ///
    /// Messages of types 8, 9 and 3 never come here: they have decoders of their own (decoding 9).
    pub fn decode<'a, O: DecodeObserver>(
        &'a self,
        event: &'a mut Event,
        scratch: &'a mut DecodeScratch,
        context: &'a PluginContext<'a>,
        observer: &'a mut O,
    ) {
        let mut walk =
            Walk { set: self, event, scratch, observer, context, parent_end: 0, last: None };
        // Outside ASCII a letter may match another byte sequence (decoding 4.6): then all are asked.
        let top = if O::LISTENS || !walk.event.is_ascii() { walk.any() } else { walk.indexed() };
        if let Some(top) = top {
            walk.chosen(top);
        }
    }
}

impl<'a, O: DecodeObserver> Walk<'a, O> {
    /// The first top-level decoder that matches.
    fn any(&mut self) -> Option<&'a TopLevel> {
        let list = if self.event.program_name.is_some() { List::Program } else { List::Plain };
        self.set.top_level(list).iter().find(|top| self.top_level_matches(top))
    }

    /// The same, asking only those that the indexes leave.
    fn indexed(&mut self) -> Option<&'a TopLevel> {
        let set = self.set;
        let Some(name) = self.event.program_name else {
            let folded = self.event.subject(self.event.log).folded();
            // The first eight bytes are all the index looks at; they are copied to let the walk go on.
            let mut first = [0; PrefixSets::POSITIONS];
            let length = folded.len().min(first.len());
            for (to, from) in first.iter_mut().zip(folded) {
                *to = *from;
            }
            let first = first.get(..length).unwrap_or_default();
            let mut found = None;
            set.prefixes.any(first, |place| {
                found = set.plain.get(place).filter(|top| self.prematch_matches(top));
                found.is_some()
            });
            return found;
        };
        let places = self.scratch.programs.places(&set.program, self.event.subject(name));
        let mut tops = places.iter().filter_map(|&place| set.program.get(place as usize));
        tops.find(|top| self.prematch_matches(top))
    }

    fn top_level_matches(&mut self, top: &TopLevel) -> bool {
        if let (Some(pattern), Some(program)) = (&top.program, self.event.program_name)
            && !pattern.is_match(self.event.subject(program))
        {
            self.observer.tried(top.decoder, Attempt::OtherProgram);
            return false;
        }
        self.prematch_matches(top)
    }

    fn prematch_matches(&mut self, top: &TopLevel) -> bool {
        let end = match &top.prematch {
            None => Some(0),
            Some(prematch) => self.end(prematch, 0, top.needs_end),
        };
        let Some(end) = end else {
            self.observer.tried(top.decoder, Attempt::NoPrematch);
            return false;
        };
        self.parent_end = end;
        true
    }

    /// Where a match of `pattern` ends in the log, looked for from `from` on. 0 stands for a match whose end
    /// nobody needs.
    fn end(&self, pattern: &Pattern, from: usize, needs_end: bool) -> Option<usize> {
        let subject = self.event.subject(self.event.log).from(from);
        if needs_end {
            pattern.find_end(subject).map(|end| from + end)
        } else {
            pattern.is_match(subject).then_some(0)
        }
    }

    /// A top-level decoder matched: nothing else is tried, whatever happens below.
    fn chosen(&mut self, top: &'a TopLevel) {
        self.observer.tried(top.decoder, Attempt::Chosen);
        self.become_decoder(top.decoder);
        match &top.action {
            _ if !top.children.is_empty() => self.children(top),
            Action::Nothing => {}
            Action::Plugin(plugin) => self.run_plugin(top.decoder, plugin, self.parent_end),
            Action::Extract(extract) => {
                let from = if extract.offset == Offset::Start { 0 } else { self.parent_end };
                self.extract(top.decoder, extract, from, true);
            }
        }
        self.name_dynamic();
    }

    fn become_decoder(&mut self, decoder: DecoderIndex) {
        self.event.decoded.decoder = decoder;
        self.event.decoded.category = self.set.table.info(decoder).category;
    }

    fn children(&mut self, top: &TopLevel) {
        let set = self.set;
        let mut place = top.children.start;
        while place < top.children.end {
            let Some(&entry) = set.entries.get(place as usize) else { return };
            let Some(child) = set.child(entry) else { return };
            match &child.prematch {
                None => {
                    self.observer.tried(child.decoder, Attempt::Chosen);
                    return self.selected(entry, self.parent_end);
                }
                Some(prematch) => {
                    let from = if prematch.after_parent { self.parent_end } else { 0 };
                    if let Some(end) = self.end(&prematch.pattern, from, entry.needs_end) {
                        self.observer.tried(child.decoder, Attempt::Chosen);
                        self.become_decoder(child.decoder);
                        return self.selected(entry, end);
                    }
                    self.observer.tried(child.decoder, Attempt::NoPrematch);
                    place = entry.after_miss;
                }
            }
        }
    }

    /// Runs the chain that starts with the selected child; its prematch, or its parent's, ended at
    /// `prematch_end`.
    fn selected(&mut self, first: Entry, prematch_end: usize) {
        let mut last_end = None;
        let mut next = Some(first);
        let mut is_first = true;
        let set = self.set;
        let is_strict = set.dialect.has(Deviation::StrictLoading);
        while let Some(entry) = next {
            let Some(child) = set.child(entry) else { return };
            match &child.action {
                // OSSEC has no chains with plugins: there one is run alone, or not at all.
                Action::Plugin(plugin) if is_first || !is_strict => {
                    self.run_plugin(child.decoder, plugin, prematch_end);
                    if is_strict {
                        break;
                    }
                }
                // A decoder without pattern ends the chain.
                Action::Nothing | Action::Plugin(_) => break,
                Action::Extract(extract) => {
                    let from = match extract.offset {
                        Offset::Start => 0,
                        Offset::AfterParent => self.parent_end,
                        Offset::AfterPrematch => prematch_end,
                        Offset::AfterRegex => last_end.unwrap_or(prematch_end),
                    };
                    // In 2.8 only its prematch makes a child the event's decoder (decoding 15).
                    let becomes = !self.set.dialect.is_2_8();
                    last_end = self.extract(child.decoder, extract, from, becomes);
                }
            }
            is_first = false;
            next = entry.next.and_then(|place| self.set.entries.get(place as usize)).copied();
        }
    }

    /// Runs the plugin of a decoder. Its offset is its own: the original takes that of the event's decoder, which may
    /// be the parent (decoding 13.7).
    fn run_plugin(&mut self, decoder: DecoderIndex, plugin: &Plugin, prematch_end: usize) {
        let from = match plugin.offset() {
            Offset::Start => 0,
            Offset::AfterParent => self.parent_end,
            Offset::AfterPrematch | Offset::AfterRegex => prematch_end,
        };
        let with = (self.set.dialect, &self.set.field_names);
        plugin.run(with, from, self.event, self.scratch, self.context);
        self.observer.tried(decoder, Attempt::PluginRan);
    }

    /// Matches a decoder's pattern and sets its fields. The end of the match, if there is one.
    fn extract(
        &mut self,
        decoder: DecoderIndex,
        extract: &'a Extract,
        from: usize,
        becomes: bool,
    ) -> Option<usize> {
        let log = self.event.log;
        let subject = self.event.subject(log).from(from);
        let Some(end) = extract.pattern.captures(subject, &mut self.scratch.captures) else {
            self.observer.tried(decoder, Attempt::NoMatch);
            return None;
        };
        if becomes {
            self.become_decoder(decoder);
        }
        let keeps_places = self.set.dialect.has(Deviation::DynamicFields);
        for (place, (range, &name)) in self.scratch.captures.iter().zip(&extract.fields).enumerate()
        {
            let value = log.slice(from + range.start, from + range.end);
            self.event.decoded.assigned.push((name, value));
            match name {
                FieldName::Static(field) => self.event.decoded.set(field, value),
                FieldName::Dynamic(_) if keeps_places => {
                    if self.scratch.by_place.len() <= place {
                        self.scratch.by_place.resize(place + 1, None);
                    }
                    if let Some(slot) = self.scratch.by_place.get_mut(place) {
                        *slot = Some(value);
                    }
                }
                FieldName::Dynamic(name) => self.event.decoded.dynamic.push((name, value)),
            }
        }
        self.last = Some(extract);
        self.observer.tried(decoder, Attempt::Matched);
        Some(from + end)
    }

    /// Deviation `dynamic-fields`: values were kept by their place in an order; they get the names that the
    /// order of the event's decoder has at these places (decoding 8.2).
    fn name_dynamic(&mut self) {
        let fields = self.last.map_or(&[][..], |extract| &extract.fields);
        for (value, name) in self.scratch.by_place.iter().zip(fields) {
            if let (Some(value), FieldName::Dynamic(name)) = (value, name) {
                self.event.decoded.dynamic.push((*name, *value));
            }
        }
        self.scratch.by_place.clear();
    }
}
