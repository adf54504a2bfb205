//! Reads the elements of one `<rule>` into a [`Draft`]; every mistake is reported, none stops the reading.

use bartizan_base::{Deviation, Dialect, Place, Span};
use bartizan_config::xml::{Document, Element};
use bartizan_pattern::Language;

use super::attributes::Attributes;
use super::draft::{Draft, Pieces, Plain, Rank, text_span};
use super::elements::{self, ELEMENTS, ElementKind, Known, Repeat, Sets};
use super::patterns::Patterns;
use super::report::{Report, shown};
use super::{LoadContext, codes};
use crate::condition::Test;

/// What reading a rule needs.
pub(super) struct Reader<'a, 'r> {
    pub(super) context: &'a LoadContext<'a>,
    pub(super) document: &'a Document,
    pub(super) report: &'a mut Report<'r>,
    pub(super) patterns: &'a mut Patterns,
}

impl Reader<'_, '_> {
    /// Reads `rule`, which stands in a group of the name `group`.
    pub(super) fn read(&mut self, rule: &Element, group: &[u8]) -> Draft {
        let attributes = Attributes::read(rule, self.dialect(), self.report);
        let tag_end = rule.attributes.last().map_or(rule.name_span.end, |a| a.value_span.end);
        let place = self.place(&(rule.name_span.start..tag_end));
        let mut draft = Draft::new(attributes, place, group);
        if rule.children.is_empty() {
            let message = "a rule needs at least one element, for example a <description>";
            self.report.error(codes::EMPTY_RULE, &rule.name_span, message);
        }
        for element in &rule.children {
            self.read_element(element, &mut draft);
        }
        draft
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.context.dialect
    }

    pub(super) fn is_strict(&self) -> bool {
        self.dialect().has(Deviation::StrictLoading)
    }

    pub(super) fn place(&self, span: &Span) -> Place {
        self.document.place(span)
    }

    fn read_element(&mut self, element: &Element, draft: &mut Draft) {
        let Some(kind) = elements::find(&element.name) else {
            return self.unknown_element(element);
        };
        if !self.is_known_here(kind, element) {
            return;
        }
        self.warn_about_form(kind, element, draft);
        match kind.sets {
            Sets::Plain(field, language) => {
                let language = self.language(element, language);
                let negated = self.is_negated(element);
                let mut pieces =
                    draft.plain.remove(&field).map(|plain| plain.pieces).unwrap_or_default();
                pieces.add(element, &self.document.source);
                draft.plain.insert(field, Plain { language, negated, pieces });
            }
            Sets::Pcre2(field) => self.join(draft.pcre2.entry(field).or_default(), element),
            Sets::Action => self.join(draft.action.get_or_insert_default(), element),
            Sets::IfSid => self.join(draft.parents.if_sid.get_or_insert_default(), element),
            Sets::IfLevel => self.join(draft.parents.if_level.get_or_insert_default(), element),
            Sets::IfGroup => self.join(draft.parents.if_group.get_or_insert_default(), element),
            Sets::IfMatchedGroup => {
                self.join(draft.search.group.get_or_insert_default(), element);
            }
            Sets::IfMatchedRegex => {
                self.join(draft.search.regex.get_or_insert_default(), element);
            }
            Sets::IfMatchedSid => self.read_counted_id(element, draft),
            Sets::Same(flag) => {
                *flag(&mut draft.search.same) = true;
                draft.search.first_same.get_or_insert_with(|| element.name_span.clone());
            }
            Sets::NotSame(flag) => {
                let flag = flag(&mut draft.search.same);
                if !std::mem::take(flag) {
                    let message = "it only takes back the same_… before it in the rule, \
                                   and there is none: it has no effect";
                    self.report.warning(codes::NOT_SAME_ALONE, &element.name_span, message);
                }
            }
            Sets::SrcIp => self.read_address(element, &mut draft.srcip),
            Sets::DstIp => self.read_address(element, &mut draft.dstip),
            Sets::Field => self.read_field(element, draft),
            Sets::List => self.read_list(element, draft),
            Sets::Decoder => self.read_decoder(element, draft),
            Sets::Category => self.read_category(element, draft),
            Sets::Compiled => self.read_function(element, draft),
            Sets::Time => self.read_time(element, draft),
            Sets::Weekday => self.read_weekday(element, draft),
            Sets::CheckDiff => {
                let place = self.place(&element.name_span);
                draft.replace(Rank::CheckDiff, Test::CheckDiff, place);
            }
            Sets::FirstTimeSeen => {
                let place = self.place(&element.name_span);
                draft.replace(Rank::FirstTimeSeen, Test::FirstTimeSeen, place);
            }
            Sets::Options => self.read_option(element, draft),
            Sets::Ignore => self.read_ignore(element, draft),
            Sets::CheckIfIgnored => self.read_check_if_ignored(element, draft),
            Sets::Description => draft.add_description(&element.text),
            Sets::Group => draft.group.extend_from_slice(&element.text),
            Sets::Info => self.read_info(element, draft),
            Sets::Cve => draft.add_cve(&element.text),
            Sets::Nothing | Sets::Unsupported => {}
        }
    }

    fn join(&self, pieces: &mut Pieces, element: &Element) {
        pieces.add(element, &self.document.source);
    }

    fn unknown_element(&mut self, element: &Element) {
        let name = shown(&element.name);
        let exact = ELEMENTS.iter().find(|kind| element.is(kind.name));
        let error = match exact {
            Some(kind) => {
                let message = format!("<{name}> must be written in lower case");
                let error =
                    self.report.new_error(codes::UNKNOWN_ELEMENT, &element.name_span, message);
                error.help(format!("write <{}>", kind.name))
            }
            None => {
                let message = format!("a rule has no element <{name}>");
                let error =
                    self.report.new_error(codes::UNKNOWN_ELEMENT, &element.name_span, message);
                let known = ELEMENTS.iter().filter(|kind| self.is_offered(kind));
                error.suggest(&name, known.map(|kind| kind.name))
            }
        };
        self.report.push(error);
    }

    /// Whether an element is worth suggesting.
    fn is_offered(&self, kind: &ElementKind) -> bool {
        match kind.known {
            Known::Always => true,
            Known::SinceOssec3 => !self.dialect().is_2_8(),
            Known::Wazuh => false,
        }
    }

    /// Whether the dialect knows the element; reports it where not.
    fn is_known_here(&mut self, kind: &ElementKind, element: &Element) -> bool {
        let name = kind.name;
        let error = match kind.known {
            Known::Always => return true,
            Known::SinceOssec3 if !self.dialect().is_2_8() => return true,
            Known::SinceOssec3 => {
                let message = format!("OSSEC 2.8 has no element <{name}>");
                self.report.new_error(codes::UNKNOWN_ELEMENT, &element.name_span, message)
            }
            Known::Wazuh if matches!(kind.sets, Sets::Unsupported) => {
                let message = format!("<{name}> is Wazuh's and is not supported");
                self.report.new_error(codes::WAZUH_ONLY, &element.name_span, message)
            }
            Known::Wazuh if self.is_strict() => {
                let message = format!("<{name}> is Wazuh's: OSSEC refuses it");
                self.report.new_error(codes::WAZUH_ONLY, &element.name_span, message)
            }
            Known::Wazuh => {
                if matches!(kind.sets, Sets::Nothing) {
                    let message = format!("<{name}> is left out: {}", kind.help);
                    self.report.warning(codes::WAZUH_ONLY, &element.name_span, message);
                }
                return true;
            }
        };
        let error = match (kind.known, kind.help.strip_prefix("Wazuh's name of ")) {
            (Known::Wazuh, Some(ours)) => error.help(format!("OSSEC calls it <{ours}>")),
            _ => error,
        };
        self.report.push(error);
        false
    }

    /// Warns of what has no effect: repetitions, attributes, nested elements, texts of flags.
    fn warn_about_form(
        &mut self,
        kind: &'static ElementKind,
        element: &Element,
        draft: &mut Draft,
    ) {
        let name = kind.name;
        if kind.repeat == Repeat::Last && draft.seen.contains(&name) {
            let message = format!("of several <{name}> only the last one counts");
            self.report.warning(codes::REPEATED, &element.name_span, message);
        }
        draft.seen.push(name);
        if kind.repeat == Repeat::Flag && !element.text.trim_ascii().is_empty() {
            let message = format!("<{name}> is a flag: its text has no effect");
            self.report.warning(codes::FLAG_TEXT, &text_span(element), message);
        }
        if matches!(kind.sets, Sets::Nothing) {
            return;
        }
        for child in &element.children {
            let message = format!("elements inside <{name}> have no effect");
            self.report.warning(codes::NESTED, &child.name_span, message);
        }
        if !matches!(kind.sets, Sets::Field | Sets::List | Sets::Info) {
            self.check_attributes(kind, element, 0);
        }
    }

    /// Reports attributes from number `first` on: OSSEC has none; Wazuh has `type` and `negate`.
    pub(super) fn check_attributes(&mut self, kind: &ElementKind, element: &Element, first: usize) {
        let takes_both = matches!(kind.sets, Sets::Plain(..) | Sets::Field);
        for attribute in element.attributes.iter().skip(first) {
            let name = attribute.name.to_ascii_lowercase();
            let is_no = attribute.value.eq_ignore_ascii_case(b"no");
            match name.as_slice() {
                b"type" | b"negate" if self.is_strict() && !matches!(kind.sets, Sets::Field) => {
                    let message = "this attribute is Wazuh's: OSSEC refuses it";
                    self.report.error(codes::WAZUH_ONLY, &attribute.name_span, message);
                }
                b"type" | b"negate" if takes_both && !self.is_strict() => {}
                b"negate" if !is_no && !self.is_strict() => {
                    let message = "negate is Wazuh's and is supported for texts and fields only";
                    self.report.error(codes::WAZUH_ONLY, &attribute.name_span, message);
                }
                _ => {
                    let message = format!("this attribute of <{}> has no effect", kind.name);
                    self.report.warning(codes::UNUSED_ATTRIBUTE, &attribute.name_span, message);
                }
            }
        }
    }

    /// Wazuh's attribute `negate` (rules 14.2).
    pub(super) fn is_negated(&mut self, element: &Element) -> bool {
        let Some(attribute) = element.attribute("negate").filter(|_| !self.is_strict()) else {
            return false;
        };
        let is_yes = attribute.value.eq_ignore_ascii_case(b"yes");
        if !is_yes && !attribute.value.eq_ignore_ascii_case(b"no") {
            let message = "negate is `yes` or `no`; this is read as `no`";
            self.report.warning(codes::UNUSED_ATTRIBUTE, &attribute.value_span, message);
        }
        is_yes
    }

    /// The language of a text, which Wazuh's attribute `type` can change (rules 14.2).
    pub(super) fn language(&mut self, element: &Element, own: Language) -> Language {
        let Some(attribute) = element.attribute("type").filter(|_| !self.is_strict()) else {
            return own;
        };
        match attribute.value.to_ascii_lowercase().as_slice() {
            b"osmatch" => Language::OsMatch,
            b"osregex" => Language::OsRegex,
            b"pcre2" => Language::Pcre2,
            _ => {
                let value = shown(&attribute.value);
                let message = format!("unknown pattern language `{value}`");
                let span = attribute.value_span.clone();
                let error = self.report.new_error(codes::PATTERN, &span, message);
                self.report.push(error.suggest(&value, ["osmatch", "osregex", "pcre2"]));
                own
            }
        }
    }
}
