//! Checks one decoder by itself and compiles its patterns (decoding 6.5).

use bartizan_base::{
    Category, Deviation, Diagnostic, Dialect, FieldName, FtsKeys, Place, Severity, limits,
};
use bartizan_pattern::{Language, Options, Pattern};

use super::code;
use super::draft::{Draft, Joined, Slot, show};
use crate::plugins::{Kind, Plugin, json};
use crate::set::{Action, Extract, Offset, Prematch};

/// A decoder that was compiled and not linked to others yet.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) name: Vec<u8>,
    pub(super) place: Place,
    pub(super) parent: Option<(Vec<u8>, Place)>,
    pub(super) program: Option<Pattern>,
    pub(super) prematch: Option<Prematch>,
    pub(super) action: Action,
    pub(super) category: Category,
    pub(super) fts: FtsKeys,
    pub(super) fts_comment: Option<Vec<u8>>,
    pub(super) use_own_name: bool,
    pub(super) accumulate: bool,
}

/// Compiles decoders.
pub(super) struct Compiler<'a> {
    pub(super) dialect: Dialect,
    pub(super) order_size: usize,
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
}

impl Compiler<'_> {
    /// Compiles `draft`. Mistakes are reported; what is wrong is left out.
    pub(super) fn compile(
        &mut self,
        draft: Draft,
        fields: Vec<FieldName>,
        fts: FtsKeys,
    ) -> Compiled {
        let program = self.program(&draft);
        let prematch = self.prematch(&draft);
        self.check_structure(&draft);
        let action = self.action(&draft, fields);
        let parent = draft.slot(Slot::Parent).map(|parent| {
            let place = parent.whole().unwrap_or_else(|| draft.place.clone());
            (parent.text.clone(), place)
        });
        Compiled {
            parent,
            program,
            prematch,
            action,
            category: draft.category,
            fts,
            fts_comment: draft.fts_comment,
            use_own_name: draft.use_own_name,
            accumulate: draft.accumulate,
            name: draft.name,
            place: draft.place,
        }
    }

    fn program(&mut self, draft: &Draft) -> Option<Pattern> {
        let (slot, language) =
            self.chosen(draft, Slot::Program, Slot::ProgramPcre2, Language::OsMatch)?;
        let pattern = self.pattern(draft.slot(slot)?, language);
        if draft.slot(Slot::Parent).is_some() {
            let message = "a child's program name has no effect: its parent's decides";
            self.warning(code::IGNORED, draft.slot(slot).and_then(Joined::whole), message);
            return None;
        }
        pattern
    }

    fn prematch(&mut self, draft: &Draft) -> Option<Prematch> {
        let (slot, language) =
            self.chosen(draft, Slot::Prematch, Slot::PrematchPcre2, Language::OsRegex)?;
        let joined = draft.slot(slot)?;
        let has_parent = draft.slot(Slot::Parent).is_some();
        let after_parent = joined.offset.as_ref().map(|(offset, place)| {
            if *offset != Offset::AfterParent {
                let message = "a prematch can only have the offset `after_parent`";
                self.error(code::IMPOSSIBLE_OFFSET, Some(place.clone()), message);
            } else if !has_parent {
                let message = "`after_parent` needs a <parent>";
                self.error(code::IMPOSSIBLE_OFFSET, Some(place.clone()), message);
            }
        });
        let pattern = self.pattern(joined, language)?;
        Some(Prematch { pattern, after_parent: after_parent.is_some() })
    }

    /// The element that counts of a pair of which one is PCRE2, and its language.
    fn chosen(
        &mut self,
        draft: &Draft,
        plain: Slot,
        pcre2: Slot,
        language: Language,
    ) -> Option<(Slot, Language)> {
        match (draft.slot(plain), draft.slot(pcre2)) {
            (Some(joined), other) => {
                if let Some(other) = other {
                    let message = "has no effect beside the element without `pcre2`";
                    self.warning(code::IGNORED, other.whole(), message);
                }
                Some((plain, joined.language.unwrap_or(language)))
            }
            (None, Some(_)) => Some((pcre2, Language::Pcre2)),
            (None, None) => None,
        }
    }

    fn check_structure(&mut self, draft: &Draft) {
        let has = |slot| draft.slot(slot).is_some();
        let has_prematch = has(Slot::Prematch) || has(Slot::PrematchPcre2);
        let has_program = has(Slot::Program) || has(Slot::ProgramPcre2);
        let has_pattern = has(Slot::Regex) || has(Slot::Pcre2);
        let name = show(&draft.name);
        let place = Some(draft.place.clone());
        if !has_prematch && !has_program && !has(Slot::Parent) {
            let message =
                format!("decoder `{name}` needs a <prematch>, a <program_name> or a <parent>");
            self.error(code::NOTHING_SELECTS, place.clone(), &message);
        }
        if let Some((_, plugin)) = &draft.plugin
            && (has_pattern || draft.order.is_some())
        {
            let message = format!("plugin decoder `{name}` cannot have a pattern or an order");
            return self.error(code::PLUGIN_WITH_PATTERN, Some(plugin.clone()), &message);
        }
        let joined_place = |joined: Option<&Joined>| joined.and_then(Joined::whole);
        if has_pattern && draft.order.is_none() {
            let pattern = draft.slot(Slot::Regex).or(draft.slot(Slot::Pcre2));
            let message = format!("the pattern of decoder `{name}` needs an <order>");
            self.error(code::PATTERN_AND_ORDER, joined_place(pattern), &message);
        }
        if !has_pattern && draft.order.is_some() {
            let message = format!("the <order> of decoder `{name}` needs a pattern");
            self.error(code::PATTERN_AND_ORDER, joined_place(draft.order.as_ref()), &message);
        }
        if !has_pattern && !draft.fts.is_empty() {
            let message = format!("the <fts> of decoder `{name}` needs a pattern");
            self.error(code::PATTERN_AND_ORDER, joined_place(draft.fts.first()), &message);
        }
    }

    fn action(&mut self, draft: &Draft, fields: Vec<FieldName>) -> Action {
        if let Some((plugin, place)) = &draft.plugin {
            let offset = self.plugin_offset(draft, *plugin, place);
            let (null, arrays) = (draft.json_null, draft.json_arrays);
            let options = json::Options { offset, null, arrays, most: self.order_size };
            return Action::Plugin(Plugin::new(*plugin, options));
        }
        let Some((slot, language)) =
            self.chosen(draft, Slot::Regex, Slot::Pcre2, Language::OsRegex)
        else {
            return Action::Nothing;
        };
        let offset = self.offset(draft);
        let Some(joined) = draft.slot(slot) else { return Action::Nothing };
        let Some(pattern) = self.pattern(joined, language) else { return Action::Nothing };
        self.check_groups(joined, &pattern, fields.len());
        Action::Extract(Extract { pattern, offset, fields: fields.into() })
    }

    fn check_groups(&mut self, joined: &Joined, pattern: &Pattern, fields: usize) {
        let groups = pattern.group_count();
        // A literal pattern compared as a string has no captures at all in the original (decoding 4.2).
        let is_refused = self.dialect.has(Deviation::StrictLoading)
            && !self.dialect.is_2_8()
            && pattern.language() == Language::OsRegex
            && pattern.is_plain_anchored();
        if is_refused {
            let message = "a literal pattern with an anchor cannot capture anything";
            self.error(code::PLAIN_PATTERN, joined.whole(), message);
        } else if groups == 0 {
            let message = "the pattern has no groups: `order` never gets a value";
            self.warning(code::NO_GROUPS, joined.whole(), message);
        } else if groups < fields {
            // More groups than names is common: those of other alternatives move up (decoding 4.1).
            let message =
                format!("`order` has {fields} names, but the pattern only {groups} groups");
            self.warning(code::FIELD_COUNT, joined.whole(), &message);
        }
        if groups.min(limits::CAPTURES) > self.order_size {
            let message = format!(
                "the pattern has {groups} groups, more than the {} of `decoder_order_size`",
                self.order_size
            );
            self.error(code::TOO_MANY_GROUPS, joined.whole(), &message);
        }
    }

    /// The offset of the pattern. `after_regex` also needs an earlier member of a chain, which is checked
    /// when decoders are linked.
    fn offset(&mut self, draft: &Draft) -> Offset {
        let Some((offset, place)) = &draft.pattern_offset else { return Offset::Start };
        let has_parent = draft.slot(Slot::Parent).is_some();
        let has_prematch =
            draft.slot(Slot::Prematch).is_some() || draft.slot(Slot::PrematchPcre2).is_some();
        let problem = match offset {
            Offset::AfterParent | Offset::AfterRegex if !has_parent => "needs a <parent>",
            Offset::AfterPrematch if has_parent && !has_prematch => "needs a <prematch>",
            // "After its own prematch": that is what the children of a top-level decoder call the parent.
            Offset::AfterPrematch if !has_parent => return Offset::AfterParent,
            _ => return *offset,
        };
        let message = format!("this offset {problem}");
        self.error(code::IMPOSSIBLE_OFFSET, Some(place.clone()), &message);
        Offset::Start
    }

    /// The offset of a plugin. Without a prematch of its own a child continues behind its parent's, either way.
    fn plugin_offset(&mut self, draft: &Draft, plugin: Kind, plugin_place: &Place) -> Offset {
        let Some((offset, place)) = &draft.plugin_offset else { return Offset::Start };
        let has_parent = draft.slot(Slot::Parent).is_some();
        if plugin != Kind::Json {
            let message = "this plugin always looks at the whole log: its offset has no effect";
            self.warning(code::IGNORED, Some(plugin_place.clone()), message);
        } else if *offset == Offset::AfterRegex {
            let message = "a plugin can have the offset `after_parent` or `after_prematch`";
            self.error(code::IMPOSSIBLE_OFFSET, Some(place.clone()), message);
        } else if *offset == Offset::AfterParent && !has_parent {
            let message = "this offset needs a <parent>";
            self.error(code::IMPOSSIBLE_OFFSET, Some(place.clone()), message);
        }
        *offset
    }

    fn pattern(&mut self, joined: &Joined, language: Language) -> Option<Pattern> {
        let options = Options { utf8_check: self.dialect.has(Deviation::Utf8Check) };
        match Pattern::compile(language, &joined.text, options) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let place = if joined.text.is_empty() {
                    joined.whole()
                } else {
                    joined.place(error.span.clone())
                };
                self.error(code::WRONG_PATTERN, place, &error.message);
                None
            }
        }
    }

    fn error(&mut self, code: &'static str, place: Option<Place>, message: &str) {
        self.diagnostics.push(Diagnostic::new(Severity::Error, code, place, message));
    }

    fn warning(&mut self, code: &'static str, place: Option<Place>, message: &str) {
        self.diagnostics.push(Diagnostic::new(Severity::Warning, code, place, message));
    }
}

/// What kind of pattern a decoder has, for the rule that a chain has one kind (decoding 7.2).
pub(super) fn kind(action: &Action) -> Option<Language> {
    match action {
        Action::Extract(extract) => Some(extract.pattern.language()),
        Action::Nothing | Action::Plugin(_) => None,
    }
}
