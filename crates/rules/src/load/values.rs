//! Elements whose text is no pattern: names, numbers, times, options.

use bartizan_base::{Category, Deviation, Span, StaticField};
use bartizan_config::xml::{Attribute, Element};
use bartizan_pattern::Language;
use bartizan_pattern::address::{self, AddressList};

use super::attributes::parse_digits;
use super::clock::{self, ClockError};
use super::codes;
use super::draft::{AlertOption, Draft, Pieces, Rank, Ranked, text_span};
use super::read::Reader;
use super::report::shown;
use crate::condition::{CompiledRule, Test};
use crate::rule::{IgnoreKeys, InfoKind};

const FUNCTIONS: [(&str, CompiledRule); 5] = [
    ("check_id_size", CompiledRule::CheckIdSize),
    ("comp_srcuser_dstuser", CompiledRule::CompSrcuserDstuser),
    ("comp_mswin_targetuser_calleruser_diff", CompiledRule::CompMswinTargetuserCalleruserDiff),
    ("is_simple_http_request", CompiledRule::IsSimpleHttpRequest),
    ("is_valid_crawler", CompiledRule::IsValidCrawler),
];

const OPTIONS: [(&str, AlertOption); 5] = [
    ("alert_by_email", AlertOption::AlertByEmail),
    ("no_email_alert", AlertOption::NoEmailAlert),
    ("log_alert", AlertOption::LogAlert),
    ("no_log", AlertOption::NoLog),
    ("no_ar", AlertOption::NoAr),
];

/// Options of Wazuh that change only its output (rules 14.2).
const OUTPUT_OPTIONS: [&str; 2] = ["no_full_log", "no_counter"];

const DETAIL_KINDS: [(&str, InfoKind); 4] = [
    ("text", InfoKind::Text),
    ("link", InfoKind::Link),
    ("cve", InfoKind::Cve),
    ("osvdb", InfoKind::Osvdb),
];

/// The value of the name that equals `text`.
fn named<T: Copy>(names: &[(&'static str, T)], text: &[u8]) -> Option<T> {
    names.iter().find(|(name, _)| name.as_bytes() == text).map(|&(_, value)| value)
}

fn names<T>(names: &[(&'static str, T)]) -> impl Iterator<Item = &'static str> {
    names.iter().map(|&(name, _)| name)
}

impl Reader<'_, '_> {
    /// Reports a text that is none of the names it could be.
    fn unknown_name<'n>(
        &mut self,
        code: &'static str,
        element: &Element,
        what: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        let text = shown(&element.text);
        let message = format!("{what} `{text}`");
        let error = self.report.new_error(code, &text_span(element), message);
        self.report.push(error.suggest(&text, known));
    }

    pub(super) fn read_decoder(&mut self, element: &Element, draft: &mut Draft) {
        let decoders = self.context.decoders;
        match decoders.id_of(&element.text) {
            Some(id) => {
                let place = self.place(&text_span(element));
                draft.replace(Rank::Decoder, Test::Decoder(id), place);
            }
            None => {
                let known = decoders.names.iter().filter_map(|name| std::str::from_utf8(name).ok());
                self.unknown_name(codes::UNKNOWN_DECODER, element, "there is no decoder", known);
            }
        }
    }

    pub(super) fn read_category(&mut self, element: &Element, draft: &mut Draft) {
        let of_rules = |category: &Category| *category != Category::HostInformation;
        match Category::parse(&element.text).filter(of_rules) {
            Some(category) => draft.parents.category = Some(category),
            None => {
                let known = Category::NAMES.iter().filter(|(_, c)| of_rules(c)).map(|&(n, _)| n);
                self.unknown_name(
                    codes::UNKNOWN_CATEGORY,
                    element,
                    "rules have no category",
                    known,
                );
            }
        }
    }

    pub(super) fn read_function(&mut self, element: &Element, draft: &mut Draft) {
        match named(&FUNCTIONS, &element.text) {
            Some(function) => {
                let place = self.place(&text_span(element));
                draft.replace(Rank::Compiled, Test::Compiled(function), place);
            }
            None => {
                let what = "there is no built-in function";
                self.unknown_name(codes::UNKNOWN_FUNCTION, element, what, names(&FUNCTIONS));
            }
        }
    }

    pub(super) fn read_option(&mut self, element: &Element, draft: &mut Draft) {
        if let Some(option) = named(&OPTIONS, &element.text) {
            return draft.options.push(option);
        }
        let is_wazuh = OUTPUT_OPTIONS.iter().any(|name| name.as_bytes() == element.text);
        if is_wazuh && !self.is_strict() {
            let message = "this option is Wazuh's and has no effect";
            self.report.warning(codes::WAZUH_ONLY, &text_span(element), message);
            return;
        }
        let is_several = element.text.iter().any(|&b| matches!(b, b' ' | b','));
        let what = match is_several {
            true => "an element has one option, not",
            false => "there is no option",
        };
        self.unknown_name(codes::UNKNOWN_OPTION, element, what, names(&OPTIONS));
    }

    pub(super) fn read_time(&mut self, element: &Element, draft: &mut Draft) {
        match clock::time_range(&element.text, self.context.dialect) {
            Ok(parsed) => {
                if parsed.has_12_am {
                    let read_as = match self.context.dialect.has(Deviation::TimeRanges) {
                        true => "noon, as OSSEC reads it",
                        false => "midnight; OSSEC reads it as noon",
                    };
                    let message = format!("12 am is read as {read_as}");
                    self.report.warning(codes::TWELVE_AM, &text_span(element), message);
                }
                let place = self.place(&text_span(element));
                draft.replace(Rank::Time, Test::Time(parsed.range), place);
            }
            Err(error) => self.clock_error(codes::TIME, element, error),
        }
    }

    pub(super) fn read_weekday(&mut self, element: &Element, draft: &mut Draft) {
        match clock::days(&element.text, self.context.dialect) {
            Ok(days) => {
                let place = self.place(&text_span(element));
                draft.replace(Rank::Weekday, Test::Weekday(days), place);
            }
            Err(error) => self.clock_error(codes::WEEKDAY, element, error),
        }
    }

    fn clock_error(&mut self, code: &'static str, element: &Element, error: ClockError) {
        let word = clock::word_at(&element.text, error.at);
        let mut pieces = Pieces::default();
        pieces.add(element, &self.document.source);
        let span = match word.as_str() {
            "" => text_span(element),
            word => pieces.span_of(error.at..error.at + word.len()),
        };
        let error = self.report.new_error(code, &span, error.message);
        let days = clock::day_names().filter(|_| code == codes::WEEKDAY);
        self.report.push(error.suggest(&word, days));
    }

    pub(super) fn read_address(
        &mut self,
        element: &Element,
        slot: &mut Option<(AddressList, Span)>,
    ) {
        let span = text_span(element);
        let (list, _) = slot.get_or_insert_with(|| (AddressList::default(), span.clone()));
        if let Err(error) = list.add(&element.text, self.context.dialect) {
            return self.report.error(codes::ADDRESS, &span, error.to_string());
        }
        if let Some(oddity) = address::oddity(&element.text) {
            self.report.warning(codes::ADDRESS, &span, oddity);
        }
    }

    /// `<field name="…">`: the first attribute must be `name` (rules 2.8).
    pub(super) fn read_field(&mut self, element: &Element, draft: &mut Draft) {
        let Some(name) = field_name(element) else {
            let message = "<field> needs the attribute name=\"…\" before any other";
            return self.report.error(codes::FIELD_NAME, &element.name_span, message);
        };
        if let Some(kind) = super::elements::find(b"field") {
            self.check_attributes(kind, element, 1);
        }
        let limit = self.context.options.fields_per_rule;
        let count = draft.conditions.iter().filter(|ranked| ranked.rank == Rank::Field).count();
        if count >= limit {
            let message = format!("a rule has at most {limit} <field> elements");
            return self.report.error(codes::TOO_MANY_FIELDS, &element.name_span, message);
        }
        let names = self.context.field_names.lookup(&name.value);
        if names.is_empty() {
            self.warn_of_unknown_field(&name.value, &name.value_span);
        } else {
            self.warn_of_near_field(&name.value, &name.value_span);
        }
        let language = self.language(element, Language::OsRegex);
        let negated = self.is_negated(element);
        let mut pieces = Pieces::default();
        pieces.add(element, &self.document.source);
        if let Some(pattern) = self.compile(language, language == Language::Pcre2, &pieces) {
            let test = Test::Dynamic { names, name: name.value.clone(), pattern, negated };
            let place = self.place(&text_span(element));
            draft.conditions.push(Ranked::new(Rank::Field, test, place));
        }
    }

    fn warn_of_unknown_field(&mut self, name: &[u8], span: &Span) {
        let shown_name = shown(name);
        let message = format!("no decoder sets a field `{shown_name}`: the rule never matches");
        let warning = self.report.new_error(codes::UNKNOWN_FIELD, span, message);
        let warning =
            bartizan_base::Diagnostic { severity: bartizan_base::Severity::Warning, ..warning };
        let is_static = StaticField::ALL
            .iter()
            .any(|field| field.tester_label().eq_ignore_ascii_case(&shown_name));
        let warning = if is_static {
            warning.help("fields that every event may have are tested by elements of their own")
        } else {
            let declared: Vec<String> = self.context.field_names.declared().map(shown).collect();
            warning.suggest(&shown_name, declared.iter().map(String::as_str))
        };
        self.report.push(warning);
    }

    /// A field that no decoder declares may still come with a log of JSON; unless its name is nearly one that is
    /// declared, that is nobody's mistake.
    fn warn_of_near_field(&mut self, name: &[u8], span: &Span) {
        let declared = || self.context.field_names.declared();
        if declared().any(|known| known.eq_ignore_ascii_case(name)) {
            return;
        }
        let (name, declared) = (shown(name), declared().map(shown).collect::<Vec<_>>());
        let near = bartizan_base::suggest::nearest(&name, declared.iter().map(String::as_str));
        if let Some(near) = near {
            let message =
                format!("no decoder declares a field `{name}`: only logs of JSON can have it");
            let help = format!("did you mean `{near}`?");
            let warning = self.report.new_error(codes::UNKNOWN_FIELD, span, message).help(help);
            let severity = bartizan_base::Severity::Warning;
            self.report.push(bartizan_base::Diagnostic { severity, ..warning });
        }
    }

    /// `if_matched_sid`: one id of digits only; empty or 0 means none (rules 3.4).
    pub(super) fn read_counted_id(&mut self, element: &Element, draft: &mut Draft) {
        let is_number = element.text.iter().all(u8::is_ascii_digit);
        let Some(id) = parse_digits(&element.text).filter(|_| is_number) else {
            let text = shown(&element.text);
            let message = format!("if_matched_sid takes one rule id, not `{text}`");
            return self.report.error(codes::IF_MATCHED_SID, &text_span(element), message);
        };
        if id == 0 {
            let message = "without an id every remembered event is counted";
            self.report.warning(codes::IF_MATCHED_SID, &text_span(element), message);
        }
        draft.search.sid = Some((id, text_span(element)));
    }

    pub(super) fn read_ignore(&mut self, element: &Element, draft: &mut Draft) {
        if let Some(keys) = self.ignore_keys(element) {
            let all = draft.ignore.get_or_insert_default();
            *all = union(*all, keys);
        }
    }

    /// In 2.8, `data` selects it for `ignore` instead (decoding 15; deviation `ignore-data`).
    pub(super) fn read_check_if_ignored(&mut self, element: &Element, draft: &mut Draft) {
        let Some(mut keys) = self.ignore_keys(element) else { return };
        let dialect = self.context.dialect;
        if dialect.is_2_8() && dialect.has(Deviation::IgnoreData) && keys.data {
            keys.data = false;
            draft.ignore.get_or_insert_default().data = true;
            if keys == IgnoreKeys::default() {
                let message = "OSSEC 2.8 refuses `data` alone";
                return self.report.error(codes::IGNORE_KEYS, &text_span(element), message);
            }
        }
        let all = draft.check_if_ignored.get_or_insert_default();
        *all = union(*all, keys);
    }

    /// The parts of an event that the text names: substrings, with anything between (rules 6.4).
    fn ignore_keys(&mut self, element: &Element) -> Option<IgnoreKeys> {
        let has = |word: &str| memchr::memmem::find(&element.text, word.as_bytes()).is_some();
        let keys = IgnoreKeys {
            user: has("user"),
            srcip: has("srcip"),
            dstip: has("dstip"),
            id: has("id"),
            location: has("location"),
            data: has("data"),
            name: has("name"),
        };
        if keys == IgnoreKeys::default() {
            let known = ["user", "srcip", "dstip", "id", "location", "data", "name"];
            let what = "expected some of user, srcip, dstip, id, location, data, name, not";
            self.unknown_name(codes::IGNORE_KEYS, element, what, known);
            return None;
        }
        Some(keys)
    }

    /// `<info>`: the original hangs on another attribute or type; they are text here (rules 2.11).
    pub(super) fn read_info(&mut self, element: &Element, draft: &mut Draft) {
        let mut kind = InfoKind::Text;
        for attribute in &element.attributes {
            let is_type = attribute.name.eq_ignore_ascii_case(b"type");
            match named(&DETAIL_KINDS, &attribute.value).filter(|_| is_type) {
                Some(named) => kind = named,
                None => {
                    let message = "read as text: <info> has one attribute, \
                                   type=\"text\", \"link\", \"cve\" or \"osvdb\"";
                    let span = if is_type { &attribute.value_span } else { &attribute.name_span };
                    self.report.warning(codes::INFO_TYPE, span, message);
                }
            }
        }
        draft.add_info(kind, &element.text);
    }
}

/// The attribute of a `<field>` that names it: the first must.
pub(super) fn field_name(element: &Element) -> Option<&Attribute> {
    element.attributes.first().filter(|attribute| attribute.name.eq_ignore_ascii_case(b"name"))
}

fn union(a: IgnoreKeys, b: IgnoreKeys) -> IgnoreKeys {
    IgnoreKeys {
        user: a.user | b.user,
        srcip: a.srcip | b.srcip,
        dstip: a.dstip | b.dstip,
        id: a.id | b.id,
        location: a.location | b.location,
        data: a.data | b.data,
        name: a.name | b.name,
    }
}
