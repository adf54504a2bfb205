//! Decoder files to a [`DecoderSet`] (decoding 6, 7.1 to 7.3).
//!
//! ```text
//! Document ─▶ draft (as written) ─▶ compile (patterns, fields) ─▶ link (parents, chains, numbers)
//! ```
//!
//! All mistakes of all files are reported in one run, each with its place; with any error there is no set.

mod assemble;
pub mod code;
mod compile;
mod draft;
mod fields;
mod link;

use std::sync::Arc;

use bartizan_base::{
    Deviation, Diagnostic, Dialect, FieldNames, FtsKeys, Place, Severity, Source, limits,
};
use bartizan_config::xml::{self, Document, ReadOptions};

use crate::index::Prefixes;
use crate::set::DecoderSet;

/// How decoders are loaded.
#[derive(Clone, Copy, Debug)]
pub struct DecoderOptions {
    /// The dialect.
    pub dialect: Dialect,
    /// Most names in an `<order>`: `analysisd.decoder_order_size`, 8 to 1024.
    pub order_size: usize,
}

impl Default for DecoderOptions {
    fn default() -> Self {
        Self { dialect: Dialect::OURS, order_size: 256 }
    }
}

impl DecoderSet {
    /// Loads the decoders of all files, in order. `None` if anything in them is wrong; `diagnostics` then
    /// says what.
    pub fn load(
        documents: &[Document],
        options: &DecoderOptions,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let (set, is_right) = Self::load_what_can_be(documents, options, diagnostics);
        is_right.then_some(set)
    }

    /// As [`DecoderSet::load`], but with what could be read of broken files too: for looking at what refers
    /// to decoders, never for decoding. True if nothing is wrong.
    pub fn load_what_can_be(
        documents: &[Document],
        options: &DecoderOptions,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> (Self, bool) {
        let mut found = Found::default();
        let mut field_names = FieldNames::default();
        let mut compiled = Vec::new();
        for document in documents {
            load_file(document, options, &mut field_names, &mut compiled, &mut found);
        }
        if !options.dialect.has(Deviation::StrictLoading) {
            // A log of JSON that no decoder of the files knows; OSSEC reads none.
            if let Some(document) = built_in(options.dialect, &mut found) {
                load_file(&document, options, &mut field_names, &mut compiled, &mut found);
            }
        }
        if compiled.len() > link::MOST_DECODERS {
            let message = format!(
                "{} decoders are too many: {} can be numbered",
                compiled.len(),
                link::MOST_DECODERS
            );
            found.add(vec![Diagnostic::new(
                Severity::Error,
                code::TOO_MANY_DECODERS,
                None,
                message,
            )]);
            compiled.truncate(link::MOST_DECODERS);
        }
        let linked = link::link(compiled, options.dialect, &mut found);
        found.end();
        let is_wrong = found.is_wrong;
        diagnostics.append(&mut found.list);
        let set = Self {
            dialect: options.dialect,
            table: linked.table,
            field_names,
            program: linked.program,
            prefixes: Prefixes::new(if is_wrong { &[] } else { &linked.plain }),
            plain: linked.plain,
            entries: linked.entries,
            children: linked.children,
        };
        (set, !is_wrong)
    }
}

/// The decoders that stand behind those of all files.
fn built_in(dialect: Dialect, found: &mut Found) -> Option<Document> {
    let source = Source::new("built-in decoders", include_str!("load/built_in.xml"));
    let mut said = Vec::new();
    let document = xml::read(&source, ReadOptions { dialect, variables: false }, &mut said);
    found.add(said);
    document
}

/// The messages about decoders: all that anybody would read of each file, and whether one is an error.
#[derive(Debug, Default)]
struct Found {
    list: Vec<Diagnostic>,
    is_wrong: bool,
    by_file: Vec<(Arc<Source>, usize)>,
}

impl Found {
    fn add(&mut self, said: Vec<Diagnostic>) {
        for diagnostic in said {
            self.is_wrong |= diagnostic.is_error();
            if self.is_wanted(diagnostic.place.as_ref()) {
                self.list.push(diagnostic);
            }
        }
    }

    /// Counts a message about the file of `place`; false if there were enough.
    fn is_wanted(&mut self, place: Option<&Place>) -> bool {
        let Some(source) = place.map(|place| &place.source) else { return true };
        let known = self.by_file.iter().rposition(|(other, _)| Arc::ptr_eq(other, source));
        let at = known.unwrap_or(self.by_file.len());
        if known.is_none() {
            self.by_file.push((Arc::clone(source), 0));
        }
        let Some((_, said)) = self.by_file.get_mut(at) else { return true };
        *said += 1;
        *said <= limits::DIAGNOSTICS_PER_FILE
    }

    /// Says how many messages were left out.
    fn end(&mut self) {
        for (source, said) in std::mem::take(&mut self.by_file) {
            let left_out = said.saturating_sub(limits::DIAGNOSTICS_PER_FILE);
            if left_out > 0 {
                let place = Some(Place::new(&source, 0..0));
                let message = format!("{left_out} more messages about this file are not shown");
                let note = Diagnostic::new(Severity::Note, code::MORE_MESSAGES, place, message);
                self.list.push(note);
            }
        }
    }
}

fn load_file(
    document: &Document,
    options: &DecoderOptions,
    names: &mut FieldNames,
    compiled: &mut Vec<compile::Compiled>,
    found: &mut Found,
) {
    let &DecoderOptions { dialect, order_size } = options;
    for element in &document.roots {
        let mut said = Vec::new();
        let diagnostics = &mut said;
        let mut reader = draft::Reader { document, dialect, diagnostics };
        let Some(draft) = reader.read(element) else {
            found.add(said);
            continue;
        };
        let diagnostics = &mut said;
        let mut reader = fields::Reader { dialect, order_size, names, diagnostics };
        let fields =
            draft.order.as_ref().map(|order| reader.order(&draft, order)).unwrap_or_default();
        let fts = if draft.fts.is_empty() { FtsKeys::default() } else { reader.fts(&draft) };
        let diagnostics = &mut said;
        let mut compiler = compile::Compiler { dialect, order_size, diagnostics };
        compiled.push(compiler.compile(draft, fields, fts));
        found.add(said);
    }
}
