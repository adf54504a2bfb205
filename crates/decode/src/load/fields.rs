//! Field names in `<order>` and keys in `<fts>` (decoding 6.6, 6.7).

use std::ops::Range;

use bartizan_base::{
    Deviation, Diagnostic, Dialect, FieldName, FieldNames, FtsKeys, Place, StaticField,
};

use super::code;
use super::draft::{Draft, Joined, show};

/// Static fields by the names they have in `<order>`.
const FIELDS: [(&str, StaticField); 15] = [
    ("srcuser", StaticField::SrcUser),
    ("dstuser", StaticField::DstUser),
    ("user", StaticField::DstUser),
    ("srcip", StaticField::SrcIp),
    ("dstip", StaticField::DstIp),
    ("srcport", StaticField::SrcPort),
    ("dstport", StaticField::DstPort),
    ("protocol", StaticField::Protocol),
    ("action", StaticField::Action),
    ("id", StaticField::Id),
    ("url", StaticField::Url),
    ("data", StaticField::Data),
    ("extra_data", StaticField::Data),
    ("status", StaticField::Status),
    ("system_name", StaticField::SystemName),
];

/// Keys of `<fts>`, in the order in which the original looks for them inside a piece.
const KEYS: [(&str, FtsKeys); 11] = [
    ("dstuser", FtsKeys(2048)),
    ("user", FtsKeys(2048)),
    ("srcuser", FtsKeys(1024)),
    ("srcip", FtsKeys(64)),
    ("dstip", FtsKeys(128)),
    ("id", FtsKeys(8)),
    ("location", FtsKeys::LOCATION),
    ("data", FtsKeys(16)),
    ("extra_data", FtsKeys(16)),
    ("system_name", FtsKeys(32)),
    ("name", FtsKeys::NAME),
];

/// Names that 2.8 uses; further ones load and are never assigned (decoding 15).
const NAMES_IN_2_8: usize = 8;
/// Pieces of an `<fts>`; what follows stays part of the last.
const FTS_PIECES: usize = 8;

/// Reads the names and keys of one decoder.
pub(super) struct Reader<'a> {
    pub(super) dialect: Dialect,
    pub(super) order_size: usize,
    pub(super) names: &'a mut FieldNames,
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    /// The fields of an `<order>`.
    pub(super) fn order(&mut self, draft: &Draft, order: &Joined) -> Vec<FieldName> {
        let mut fields = Vec::new();
        for piece in pieces(&order.text) {
            fields.extend(self.field(draft, order, piece));
        }
        if fields.len() > self.order_size {
            let message = format!(
                "`order` of decoder `{}` has {} names, more than the {} of `decoder_order_size`",
                show(&draft.name),
                fields.len(),
                self.order_size
            );
            self.error(code::TOO_MANY_FIELDS, order.whole(), message);
        }
        if self.dialect.is_2_8() && fields.len() > NAMES_IN_2_8 {
            let message = "OSSEC 2.8 uses the first eight names only";
            self.warning(code::IGNORED, order.whole(), message.into());
            fields.truncate(NAMES_IN_2_8);
        }
        fields
    }

    fn field(&mut self, draft: &Draft, order: &Joined, piece: Range<usize>) -> Option<FieldName> {
        let text = order.text.get(piece.clone()).unwrap_or_default();
        let is_lax = self.dialect.has(Deviation::DynamicFields);
        // Only the blank counts as space in the original.
        let is_space = |b: &u8| *b == b' ' || (!is_lax && b.is_ascii_whitespace());
        let lead = text.iter().take_while(|b| is_space(b)).count();
        let word = text.get(lead..).unwrap_or_default();
        let length = word.iter().take_while(|b| !is_space(b)).count();
        let word = word.get(..length).unwrap_or_default();
        let place = order.place(piece.start + lead..piece.start + lead + length);
        if word.is_empty() {
            let message = format!("empty name in the order of decoder `{}`", show(&draft.name));
            self.error(code::WRONG_FIELD, place.or_else(|| order.whole()), message);
            return None;
        }
        if let Some(&(_, field)) = FIELDS.iter().find(|(name, _)| name.as_bytes() == word) {
            return Some(FieldName::Static(field));
        }
        if self.dialect.is_2_8() {
            let shown = show(word);
            let message = format!("no field `{shown}` in order of decoder `{}`", show(&draft.name));
            let diagnostic =
                Diagnostic::new(bartizan_base::Severity::Error, code::WRONG_FIELD, place, message);
            self.diagnostics.push(diagnostic.suggest(&shown, FIELDS.iter().map(|&(name, _)| name)));
            return None;
        }
        if memchr::memmem::find(word, b"filename").is_some() {
            return Some(FieldName::Static(StaticField::Filename));
        }
        self.warn_near_field(word, place);
        // The original removes one leading blank, so a second stays part of the name (deviation
        // `dynamic-fields`).
        let kept = if is_lax { lead.saturating_sub(1) } else { 0 };
        let name = text.get(lead - kept..lead + length).unwrap_or(word);
        Some(FieldName::Dynamic(self.names.intern(name)))
    }

    /// `SrcIP` is a field of its own, which conditions on `srcip` do not see.
    fn warn_near_field(&mut self, word: &[u8], place: Option<Place>) {
        let near = FIELDS.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word));
        if let Some((name, _)) = near {
            let message = format!("`{}` is a dynamic field, not the field `{name}`", show(word));
            self.warning(code::NEAR_FIELD, place, message);
        }
    }

    /// The keys of all `<fts>` elements of a decoder.
    pub(super) fn fts(&mut self, draft: &Draft) -> FtsKeys {
        let mut keys = FtsKeys::default();
        let is_loose = self.dialect.has(Deviation::FtsSrcuser);
        for fts in &draft.fts {
            let mut pieces: Vec<Range<usize>> = pieces(&fts.text).collect();
            if is_loose && pieces.len() > FTS_PIECES {
                pieces.truncate(FTS_PIECES);
                if let Some(last) = pieces.last_mut() {
                    last.end = fts.text.len();
                }
            }
            for piece in pieces {
                keys = keys.with(self.key(draft, fts, piece, is_loose));
            }
        }
        keys
    }

    /// The key a piece names. The original searches the piece for known names in an order in which `user`
    /// comes before `srcuser` (deviation `fts-srcuser`); by default names are exact.
    fn key(&mut self, draft: &Draft, fts: &Joined, piece: Range<usize>, is_loose: bool) -> FtsKeys {
        let text = fts.text.get(piece.clone()).unwrap_or_default();
        let word = text.trim_ascii();
        let known = KEYS.iter().find(|(name, _)| match is_loose {
            true => memchr::memmem::find(text, name.as_bytes()).is_some(),
            false => name.as_bytes() == word,
        });
        if let Some(&(name, key)) = known {
            if name == "user" && memchr::memmem::find(text, b"srcuser").is_some() {
                let message = "`srcuser` in <fts> stands for dstuser in this dialect";
                self.warning(code::FTS_SRCUSER, fts.place(piece), message.into());
            }
            return key;
        }
        let shown = show(word);
        let message =
            format!("unknown key `{shown}` in the fts of decoder `{}`", show(&draft.name));
        let diagnostic = Diagnostic::new(
            bartizan_base::Severity::Error,
            code::UNKNOWN_FTS_KEY,
            fts.place(piece),
            message,
        );
        self.diagnostics.push(diagnostic.suggest(&shown, KEYS.iter().map(|&(name, _)| name)));
        FtsKeys::default()
    }

    fn error(&mut self, code: &'static str, place: Option<Place>, message: String) {
        let severity = bartizan_base::Severity::Error;
        self.diagnostics.push(Diagnostic::new(severity, code, place, message));
    }

    fn warning(&mut self, code: &'static str, place: Option<Place>, message: String) {
        let severity = bartizan_base::Severity::Warning;
        self.diagnostics.push(Diagnostic::new(severity, code, place, message));
    }
}

/// The ranges between commas.
fn pieces(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let ends = memchr::memchr_iter(b',', text).chain(std::iter::once(text.len()));
    ends.scan(0, |start, end| {
        let piece = *start..end;
        *start = end + 1;
        Some(piece)
    })
}
