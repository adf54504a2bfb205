//! A `<decoder>` element as written: its parts collected, joined and placed, nothing compiled yet
//! (decoding 6.3, 6.4).

use std::ops::Range;

use bartizan_base::{Category, Deviation, Diagnostic, Dialect, Place, limits};
use bartizan_config::xml::{Attribute, Document, Element};
use bartizan_pattern::Language;

use super::code;
use crate::plugins::{self, json};
use crate::set::Offset;

/// Texts of one kind of element, joined without separator, and where each came from.
#[derive(Debug, Default)]
pub(super) struct Joined {
    pub(super) text: Vec<u8>,
    /// Where in the joined text a part starts; the element it came from.
    parts: Vec<(usize, Part)>,
    pub(super) offset: Option<(Offset, Place)>,
    /// The language an attribute asked for.
    pub(super) language: Option<Language>,
}

#[derive(Debug)]
struct Part {
    place: Place,
    /// Whether the text stands in the file as it is here: no comment or variable in it.
    is_verbatim: bool,
}

impl Joined {
    /// The place in the file of a range of the joined text.
    pub(super) fn place(&self, range: Range<usize>) -> Option<Place> {
        let (start, part) = self.parts.iter().rev().find(|(start, _)| *start <= range.start)?;
        let mut place = part.place.clone();
        if part.is_verbatim {
            let span = &part.place.span;
            let at = |offset: usize| (span.start + offset.saturating_sub(*start)).min(span.end);
            place.span = at(range.start)..at(range.end.max(range.start));
        }
        Some(place)
    }

    /// The place of all of it: its first part.
    pub(super) fn whole(&self) -> Option<Place> {
        self.parts.first().map(|(_, part)| part.place.clone())
    }

    fn push(&mut self, document: &Document, element: &Element) {
        let written = document.source.text.get(element.text_span.clone());
        let part = Part {
            is_verbatim: written == Some(element.text.as_slice()),
            place: text_place(document, element),
        };
        self.parts.push((self.text.len(), part));
        self.text.extend_from_slice(&element.text);
    }
}

/// The place of an element's text, or of its name if it has none.
pub(super) fn text_place(document: &Document, element: &Element) -> Place {
    let span = if element.text_span.is_empty() { &element.name_span } else { &element.text_span };
    document.place(span)
}

/// The elements whose texts are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Parent,
    Program,
    ProgramPcre2,
    Prematch,
    PrematchPcre2,
    Regex,
    Pcre2,
}

impl Slot {
    const COUNT: usize = 7;

    fn may_have_offset(self) -> bool {
        matches!(self, Self::Prematch | Self::PrematchPcre2 | Self::Regex | Self::Pcre2)
    }
}

/// A decoder as written.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) name: Vec<u8>,
    pub(super) place: Place,
    slots: [Option<Joined>; Slot::COUNT],
    pub(super) order: Option<Joined>,
    pub(super) fts: Vec<Joined>,
    pub(super) fts_comment: Option<Vec<u8>>,
    pub(super) category: Category,
    pub(super) use_own_name: bool,
    pub(super) plugin: Option<(plugins::Kind, Place)>,
    pub(super) plugin_offset: Option<(Offset, Place)>,
    pub(super) json_null: json::Null,
    pub(super) json_arrays: json::Arrays,
    pub(super) accumulate: bool,
    /// The offset of the pattern, given last on `regex` or `pcre2`.
    pub(super) pattern_offset: Option<(Offset, Place)>,
}

impl Draft {
    pub(super) fn slot(&self, slot: Slot) -> Option<&Joined> {
        self.slots[slot as usize].as_ref()
    }
}

/// What a child element is.
#[derive(Clone, Copy)]
enum Kind {
    Text(Slot),
    Order,
    Fts,
    FtsComment,
    Type,
    UseOwnName,
    Plugin,
    JsonNull,
    JsonArrays,
    Accumulate,
}

/// Which programs have an element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// OSSEC, 2.8 as well (decoding 15).
    Always,
    /// Later than 2.8.
    Since4,
    /// Wazuh (decoding 13.5); OSSEC refuses it (deviation `strict-loading`).
    Wazuh,
}

impl Known {
    fn is_known(self, dialect: Dialect) -> bool {
        match self {
            Self::Always => true,
            Self::Since4 => !dialect.is_2_8(),
            Self::Wazuh => !dialect.has(Deviation::StrictLoading),
        }
    }
}

/// The elements of a decoder (decoding 6.4).
const ELEMENTS: [(&str, Kind, Known); 16] = [
    ("parent", Kind::Text(Slot::Parent), Known::Always),
    ("program_name", Kind::Text(Slot::Program), Known::Always),
    ("program_name_pcre2", Kind::Text(Slot::ProgramPcre2), Known::Since4),
    ("prematch", Kind::Text(Slot::Prematch), Known::Always),
    ("prematch_pcre2", Kind::Text(Slot::PrematchPcre2), Known::Since4),
    ("regex", Kind::Text(Slot::Regex), Known::Always),
    ("pcre2", Kind::Text(Slot::Pcre2), Known::Since4),
    ("order", Kind::Order, Known::Always),
    ("fts", Kind::Fts, Known::Always),
    ("ftscomment", Kind::FtsComment, Known::Always),
    ("type", Kind::Type, Known::Always),
    ("use_own_name", Kind::UseOwnName, Known::Always),
    ("plugin_decoder", Kind::Plugin, Known::Always),
    ("json_null_field", Kind::JsonNull, Known::Wazuh),
    ("json_array_structure", Kind::JsonArrays, Known::Wazuh),
    ("accumulate", Kind::Accumulate, Known::Since4),
];

/// Reads decoder elements of one file.
pub(super) struct Reader<'a> {
    pub(super) document: &'a Document,
    pub(super) dialect: Dialect,
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Reads a root element. `None` if it has no name to go by; other mistakes are reported and what is
    /// wrong is left out.
    pub(super) fn read(&mut self, element: &Element) -> Option<Draft> {
        if !element.is("decoder") {
            let message = format!("`{}` is no decoder", show(&element.name));
            let place = self.document.place(&element.name_span);
            let help = "only <decoder> and <var> may stand at the outermost level";
            self.diagnostics
                .push(Diagnostic::error(code::NOT_A_DECODER, place, message).help(help));
            return None;
        }
        let name = self.name(element)?;
        let mut draft = Draft {
            name: name.value.clone(),
            place: self.document.place(&name.value_span),
            slots: [const { None }; Slot::COUNT],
            order: None,
            fts: Vec::new(),
            fts_comment: None,
            category: Category::Syslog,
            use_own_name: false,
            plugin: None,
            plugin_offset: None,
            json_null: json::Null::default(),
            json_arrays: json::Arrays::default(),
            accumulate: false,
            pattern_offset: None,
        };
        if element.children.is_empty() {
            let message = format!("decoder `{}` has no elements", show(&draft.name));
            self.error(code::EMPTY_DECODER, draft.place.clone(), message);
        }
        for child in &element.children {
            self.child(child, &mut draft);
        }
        Some(draft)
    }

    /// The one attribute, which must be the name. `status` is an attribute of other programs, accepted by
    /// default (deviation `strict-loading`).
    fn name<'e>(&mut self, element: &'e Element) -> Option<&'e Attribute> {
        let is_strict = self.dialect.has(Deviation::StrictLoading);
        let name = element.attributes.iter().find(|a| a.name.eq_ignore_ascii_case(b"name"));
        for attribute in &element.attributes {
            let place = self.document.place(&attribute.name_span);
            let shown = show(&attribute.name);
            if attribute.name.eq_ignore_ascii_case(b"name") {
                // The reader refuses a name that comes twice, unless its case differs.
                if !std::ptr::eq(attribute, name?) {
                    self.error(code::DECODER_ATTRIBUTES, place, "a decoder has one name".into());
                }
            } else if !is_strict && attribute.name == b"status" {
                self.ignored(place, "`status` of a decoder has no effect".into());
            } else {
                let message = format!("a decoder has no attribute `{shown}`");
                let diagnostic = Diagnostic::error(code::DECODER_ATTRIBUTES, place, message)
                    .help("its one attribute is `name`");
                self.diagnostics.push(diagnostic);
            }
        }
        if name.is_none() && element.attributes.is_empty() {
            let place = self.document.place(&element.name_span);
            self.error(code::DECODER_ATTRIBUTES, place, "the decoder has no name".into());
        }
        name
    }

    fn child(&mut self, element: &Element, draft: &mut Draft) {
        let known = ELEMENTS.iter().find(|(name, kind, known)| {
            let is_named = match kind {
                Kind::Type => element.name == b"type",
                _ => element.is(name),
            };
            is_named && known.is_known(self.dialect)
        });
        let Some(&(name, kind, _)) = known else { return self.unknown_element(element, draft) };
        if !element.children.is_empty() {
            let place = self.document.place(&element.name_span);
            self.ignored(place, format!("elements inside <{name}> have no effect"));
        }
        match kind {
            Kind::Text(slot) => self.text(slot, element, draft),
            Kind::Order => {
                let mut order = Joined::default();
                order.push(self.document, element);
                if draft.order.replace(order).is_some() {
                    let place = self.document.place(&element.name_span);
                    self.ignored(place, "an earlier <order> has no effect: the last counts".into());
                }
            }
            Kind::Fts => {
                let mut fts = Joined::default();
                fts.push(self.document, element);
                draft.fts.push(fts);
            }
            Kind::FtsComment => draft.fts_comment = Some(element.text.clone()),
            Kind::Type => self.category(element, draft),
            Kind::UseOwnName => {
                draft.use_own_name = element.text == b"true";
                if !draft.use_own_name && element.text != b"false" {
                    let message = "`use_own_name` is on only with exactly `true`: it is off here";
                    self.ignored(text_place(self.document, element), message.into());
                }
            }
            Kind::Plugin => self.plugin(element, draft),
            Kind::JsonNull => draft.json_null = self.json_null(element),
            Kind::JsonArrays => draft.json_arrays = self.json_arrays(element),
            Kind::Accumulate => draft.accumulate = true,
        }
    }

    fn unknown_element(&mut self, element: &Element, draft: &Draft) {
        let name = show(&element.name);
        let place = self.document.place(&element.name_span);
        let message = format!("unknown element `{name}` in decoder `{}`", show(&draft.name));
        let mut diagnostic = Diagnostic::error(code::UNKNOWN_ELEMENT, place, message);
        let known = ELEMENTS.iter().find(|(known, _, _)| element.is(known));
        diagnostic = match known {
            Some((_, _, Known::Wazuh)) => diagnostic.help("OSSEC does not have it"),
            Some(_) if self.dialect.is_2_8() => diagnostic.help("OSSEC 2.8 does not have it"),
            _ => {
                let known = ELEMENTS.iter().filter(|(_, _, known)| known.is_known(self.dialect));
                diagnostic.suggest(&name, known.map(|&(known, _, _)| known))
            }
        };
        self.diagnostics.push(diagnostic);
    }

    fn text(&mut self, slot: Slot, element: &Element, draft: &mut Draft) {
        let is_later = draft.slots[slot as usize].is_some();
        let (offset, language) = if slot.may_have_offset() || slot == Slot::Program {
            self.pattern_attributes(slot, element, draft, is_later)
        } else {
            (None, None)
        };
        let joined = draft.slots[slot as usize].get_or_insert_default();
        joined.push(self.document, element);
        joined.language = language.or(joined.language);
        if joined.text.len() >= limits::XML_TEXT_BYTES {
            let message =
                format!("the joined texts of `{}` are longer than 8191 bytes", show(&element.name));
            let place = text_place(self.document, element);
            self.diagnostics.push(Diagnostic::error(code::TOO_LONG, place, message));
        }
        if let Some(offset) = offset {
            if matches!(slot, Slot::Regex | Slot::Pcre2) {
                draft.pattern_offset = Some(offset.clone());
            }
            joined.offset = Some(offset);
        }
    }

    /// Offset and language from the attributes of a pattern element. The original looks at the first
    /// attribute only, and that must be `offset`; by default `type` and others that Wazuh has are accepted
    /// (deviation `strict-loading`).
    fn pattern_attributes(
        &mut self,
        slot: Slot,
        element: &Element,
        draft: &Draft,
        is_later: bool,
    ) -> (Option<(Offset, Place)>, Option<Language>) {
        let is_strict = self.dialect.has(Deviation::StrictLoading);
        let (mut offset, mut language) = (None, None);
        for (at, attribute) in element.attributes.iter().enumerate() {
            let place = self.document.place(&attribute.name_span);
            let is_read = !is_strict || at == 0;
            match attribute.name.as_slice() {
                b"offset" if is_read && slot.may_have_offset() => {
                    if is_later {
                        let message =
                            format!("a later `{}` cannot have an offset", show(&element.name));
                        self.error(code::LATE_OFFSET, place, message);
                    } else {
                        offset = self.offset(attribute).or(offset);
                    }
                }
                b"type" if !is_strict => language = self.language(slot, attribute).or(language),
                name if is_strict && slot == Slot::Program => self.ignored(
                    place,
                    format!("`{}` of <program_name> has no effect in this dialect", show(name)),
                ),
                b"negate" | b"status" if !is_strict => {
                    self.ignored(place, format!("`{}` has no effect here", show(&attribute.name)));
                }
                name if at == 0 && slot != Slot::Program => {
                    let shown = show(name);
                    let message =
                        format!("wrong attribute `{shown}` in decoder `{}`", show(&draft.name));
                    let known = if is_strict { &["offset"][..] } else { &["offset", "type"] };
                    let diagnostic = Diagnostic::error(code::WRONG_ATTRIBUTE, place, message);
                    self.diagnostics.push(diagnostic.suggest(&shown, known.iter().copied()));
                }
                name => self.ignored(place, format!("`{}` has no effect here", show(name))),
            }
        }
        (offset, language)
    }

    fn offset(&mut self, attribute: &Attribute) -> Option<(Offset, Place)> {
        const KNOWN: [(&str, Offset); 3] = [
            ("after_parent", Offset::AfterParent),
            ("after_prematch", Offset::AfterPrematch),
            ("after_regex", Offset::AfterRegex),
        ];
        let place = self.document.place(&attribute.value_span);
        let known = KNOWN.iter().find(|(name, _)| name.as_bytes() == attribute.value);
        if let Some(&(_, offset)) = known {
            return Some((offset, place));
        }
        let shown = show(&attribute.value);
        let message = format!("unknown offset `{shown}`");
        let diagnostic = Diagnostic::error(code::UNKNOWN_OFFSET, place, message);
        self.diagnostics.push(diagnostic.suggest(&shown, KNOWN.iter().map(|&(name, _)| name)));
        None
    }

    fn language(&mut self, slot: Slot, attribute: &Attribute) -> Option<Language> {
        let place = self.document.place(&attribute.value_span);
        let value = attribute.value.to_ascii_lowercase();
        match value.as_slice() {
            b"pcre2" => Some(Language::Pcre2),
            b"osregex" if !matches!(slot, Slot::Pcre2 | Slot::PrematchPcre2) => {
                Some(Language::OsRegex)
            }
            b"osmatch" if slot == Slot::Program => Some(Language::OsMatch),
            _ => {
                let message = format!("pattern type `{}` is not possible here", show(&value));
                self.error(code::WRONG_PATTERN_TYPE, place, message);
                None
            }
        }
    }

    fn category(&mut self, element: &Element, draft: &mut Draft) {
        if let Some(category) = Category::parse(&element.text) {
            draft.category = category;
            return;
        }
        let shown = show(&element.text);
        let message = format!("unknown type `{shown}`");
        let place = text_place(self.document, element);
        let diagnostic = Diagnostic::error(code::UNKNOWN_TYPE, place, message);
        self.diagnostics
            .push(diagnostic.suggest(&shown, Category::NAMES.iter().map(|&(name, _)| name)));
    }

    fn plugin(&mut self, element: &Element, draft: &mut Draft) {
        let place = text_place(self.document, element);
        if let Some(plugin) = plugins::Kind::parse(&element.text, self.dialect) {
            draft.plugin = Some((plugin, place));
            if !self.dialect.has(Deviation::StrictLoading) {
                self.plugin_attributes(element, draft);
            }
            return;
        }
        let shown = show(&element.text);
        let message = format!("unknown plugin decoder `{shown}`");
        let diagnostic = Diagnostic::error(code::UNKNOWN_PLUGIN, place, message);
        let is_foreign =
            plugins::Kind::NAMES.iter().any(|(name, _)| name.as_bytes() == element.text);
        self.diagnostics.push(if is_foreign {
            diagnostic.help("OSSEC does not have it")
        } else {
            let known = plugins::Kind::known(self.dialect).map(|(name, _)| name);
            diagnostic.suggest(&shown, known)
        });
    }

    /// Plugins have an offset outside OSSEC (decoding 13.5).
    fn plugin_attributes(&mut self, element: &Element, draft: &mut Draft) {
        for attribute in &element.attributes {
            if attribute.name == b"offset" {
                draft.plugin_offset = self.offset(attribute);
            } else {
                let place = self.document.place(&attribute.name_span);
                let message = format!("`{}` has no effect here", show(&attribute.name));
                self.ignored(place, message);
            }
        }
    }

    /// What `null` becomes (decoding 13.5).
    fn json_null(&mut self, element: &Element) -> json::Null {
        match element.text.to_ascii_lowercase().as_slice() {
            b"string" => return json::Null::Text,
            b"discard" => return json::Null::Discarded,
            b"empty" => {
                let message = "`empty` means `string`: the text `null`";
                self.ignored(text_place(self.document, element), message.into());
            }
            _ => self.unknown_choice(element, "`string` or `discard`"),
        }
        json::Null::Text
    }

    /// What arrays become (decoding 13.5).
    fn json_arrays(&mut self, element: &Element) -> json::Arrays {
        match element.text.to_ascii_lowercase().as_slice() {
            b"array" => return json::Arrays::Json,
            b"csv" => return json::Arrays::Csv,
            _ => self.unknown_choice(element, "`array` or `csv`"),
        }
        json::Arrays::Json
    }

    fn unknown_choice(&mut self, element: &Element, expected: &str) {
        let name = show(&element.name);
        let message =
            format!("`{}` has no effect in {name}: expected {expected}", show(&element.text));
        self.ignored(text_place(self.document, element), message);
    }

    fn error(&mut self, code: &'static str, place: Place, message: String) {
        self.diagnostics.push(Diagnostic::error(code, place, message));
    }

    fn ignored(&mut self, place: Place, message: String) {
        self.diagnostics.push(Diagnostic::warning(code::IGNORED, place, message));
    }
}

/// Bytes as they are shown in messages.
pub(super) fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
