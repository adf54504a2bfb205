//! `<list field="…" lookup="…" check_value="…">name</list>` (rules 8.3, 8.4).

use std::sync::Arc;

use bartizan_base::Deviation;
use bartizan_config::xml::{Attribute, Element};
use bartizan_pattern::{Language, Pattern};

use super::codes;
use super::draft::{Draft, Rank, Ranked, text_span};
use super::read::Reader;
use super::report::shown;
use crate::condition::{ListField, ListLookup, Lookup, Test};

const FIELDS: [(&str, ListField); 11] = [
    ("srcip", ListField::SrcIp),
    ("srcport", ListField::SrcPort),
    ("dstip", ListField::DstIp),
    ("dstport", ListField::DstPort),
    ("user", ListField::User),
    ("url", ListField::Url),
    ("id", ListField::Id),
    ("hostname", ListField::Hostname),
    ("program_name", ListField::ProgramName),
    ("status", ListField::Status),
    ("action", ListField::Action),
];

const LOOKUPS: [(&str, Lookup); 6] = [
    ("match_key", Lookup::MatchKey),
    ("not_match_key", Lookup::NotMatchKey),
    ("match_key_value", Lookup::MatchKeyValue),
    ("address_match_key", Lookup::AddressMatchKey),
    ("not_address_match_key", Lookup::NotAddressMatchKey),
    ("address_match_key_value", Lookup::AddressMatchKeyValue),
];

/// Lists of a rule that OSSEC looks up, the last ones (rules 8.4).
const LOOKED_UP: usize = 2;

/// What the attributes say; `None` for what is missing or wrong.
#[derive(Default)]
struct Asked {
    field: Option<ListField>,
    lookup: Option<Lookup>,
    check_value: Option<Arc<Pattern>>,
    is_wrong: bool,
}

impl Reader<'_, '_> {
    pub(super) fn read_list(&mut self, element: &Element, draft: &mut Draft) {
        let asked = self.read_list_attributes(element);
        let list = self.context.lists.get(&element.text).map(Arc::clone);
        if list.is_none() {
            self.undeclared_list(element);
        }
        let Some(field) = asked.field.filter(|_| !asked.is_wrong) else { return };
        let lookup = asked.lookup.unwrap_or(Lookup::MatchKey);
        let place = self.place(&text_span(element));
        let is_2_8 = self.context.dialect.is_2_8();
        let test = if list.is_none() && !is_2_8 {
            // An undeclared list: the rule loads and never matches, whatever the lookup.
            Test::Never
        } else {
            let check_value = asked.check_value;
            Test::List(ListLookup { list, name: element.text.clone(), field, lookup, check_value })
        };
        draft.conditions.push(Ranked::new(Rank::List, test, place));
        if self.context.dialect.has(Deviation::ListLookups) {
            self.drop_third_last(element, draft);
        }
    }

    /// Of three or more lists OSSEC looks up the last two.
    fn drop_third_last(&mut self, element: &Element, draft: &mut Draft) {
        let is_list = |ranked: &Ranked| ranked.rank == Rank::List;
        if draft.conditions.iter().filter(|ranked| is_list(ranked)).count() > LOOKED_UP {
            let message = "of several lists OSSEC looks up only the last two";
            self.report.warning(codes::UNUSED_LIST, &element.name_span, message);
            if let Some(first) = draft.conditions.iter().position(is_list) {
                draft.conditions.remove(first);
            }
        }
    }

    fn undeclared_list(&mut self, element: &Element) {
        let name = shown(&element.text);
        let message = format!("the configuration declares no list `{name}`");
        let span = text_span(element);
        if self.context.dialect.has(Deviation::LaxLoading) {
            let message = format!("{message}: the lookup fails");
            return self.report.warning(codes::UNKNOWN_LIST, &span, message);
        }
        let lists = self.context.lists.keys();
        let known = lists.filter_map(|name| std::str::from_utf8(name).ok());
        let error = self.report.new_error(codes::UNKNOWN_LIST, &span, message);
        let known: Vec<&str> = known.collect();
        let in_folder = known.iter().find(|known| known.strip_prefix("rules/") == Some(&name));
        let error = match in_folder {
            Some(full) => error.help(format!("rules call it `{full}`")),
            None => error.suggest(&name, known),
        };
        self.report.push(error);
    }

    fn read_list_attributes(&mut self, element: &Element) -> Asked {
        let mut asked = Asked::default();
        for attribute in &element.attributes {
            match attribute.name.to_ascii_lowercase().as_slice() {
                b"field" => asked.field = self.one_of(&FIELDS, "lists cannot look up", attribute),
                b"lookup" => asked.lookup = self.one_of(&LOOKUPS, "there is no lookup", attribute),
                b"check_value" => {
                    asked.check_value = self.check_value(attribute);
                    asked.is_wrong |= asked.check_value.is_none();
                }
                _ => {
                    let name = shown(&attribute.name);
                    let message = format!("<list> has no attribute `{name}`");
                    let error =
                        self.report.new_error(codes::LIST_ATTRIBUTE, &attribute.name_span, message);
                    self.report.push(error.suggest(&name, ["field", "lookup", "check_value"]));
                    asked.is_wrong = true;
                }
            }
        }
        if element.attribute("lookup").is_some() && asked.lookup.is_none() {
            asked.is_wrong = true;
        }
        if element.attribute("field").is_none() {
            let message = "<list> needs the attribute field=\"…\"";
            self.report.error(codes::LIST_ATTRIBUTE, &element.name_span, message);
        }
        self.check_lookup(element, &mut asked);
        asked
    }

    /// A lookup of values needs something to compare them with; the original crashes without
    /// (rules 8.4).
    fn check_lookup(&mut self, element: &Element, asked: &mut Asked) {
        let has_value = element.attribute("check_value").is_some();
        match asked.lookup {
            Some(Lookup::MatchKeyValue | Lookup::AddressMatchKeyValue) if !has_value => {
                let message = "this lookup needs the attribute check_value=\"…\"";
                self.report.error(codes::LIST_ATTRIBUTE, &element.name_span, message);
                asked.is_wrong = true;
            }
            Some(Lookup::AddressMatchKeyValue)
                if self.context.dialect.has(Deviation::ListLookups) =>
            {
                asked.lookup = Some(Lookup::AddressMatchKeyValueInverted);
            }
            Some(Lookup::MatchKeyValue | Lookup::AddressMatchKeyValue) => {}
            _ if has_value => {
                let message = "check_value has no effect with this lookup";
                self.report.warning(codes::UNUSED_ATTRIBUTE, &element.name_span, message);
            }
            _ => {}
        }
    }

    fn one_of<T: Copy>(
        &mut self,
        names: &[(&'static str, T)],
        what: &str,
        attribute: &Attribute,
    ) -> Option<T> {
        let is_named =
            |(name, _): &&(&str, T)| attribute.value.eq_ignore_ascii_case(name.as_bytes());
        let found = names.iter().find(is_named).map(|&(_, value)| value);
        if found.is_none() {
            let value = shown(&attribute.value);
            let message = format!("{what} `{value}`");
            let error =
                self.report.new_error(codes::LIST_ATTRIBUTE, &attribute.value_span, message);
            self.report.push(error.suggest(&value, names.iter().map(|&(name, _)| name)));
        }
        found
    }

    fn check_value(&mut self, attribute: &Attribute) -> Option<Arc<Pattern>> {
        match self.patterns.compile(Language::OsMatch, &attribute.value) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let message = error.to_string();
                self.report.error(codes::PATTERN, &attribute.value_span, message);
                None
            }
        }
    }
}
