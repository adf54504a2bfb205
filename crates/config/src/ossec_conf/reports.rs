//! `<reports>`: daily reports by mail (config 17).

use bartizan_base::Place;

use super::codes;
use super::context::{Context, Wrong};
use super::table::{Opt, did_you_mean, ignored};
use super::value::Value;

/// One report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// `<title>`; the first counts.
    pub title: Option<String>,
    /// Recipients. `<email_to>`.
    pub to: Vec<String>,
    /// Whether the logs are shown. `<showlogs>`.
    pub show_logs: bool,
    /// Which alerts, and what is listed beside what.
    pub filters: Vec<Filter>,
    /// The block.
    pub place: Option<Place>,
}

/// A filter or a relation of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The field: `category`, `group`, `rule`, `level`, `location`, `srcip`, `user`.
    pub field: String,
    /// What it must be; with `is_relation`, the field that is listed beside it.
    pub value: Vec<u8>,
    /// `type="relation"`.
    pub is_relation: bool,
}

/// A row of the table.
type Row = Opt<Report>;

/// Every option of `<reports>`.
pub const REPORTS: &[Opt<Report>] = &[
    Row::new("title", "text", "Title of the report", |c, v, _| {
        c.title.get_or_insert_with(|| v.string());
        Ok(())
    }),
    Row::new("type", "email", "How it is sent", |_, v, context| {
        if v.bytes() != b"email" {
            // Told, but not refused (config 17).
            let message = "expected `email`; reports are sent by mail";
            context.warn(codes::NO_EFFECT_HERE, v.span(), message, "");
        }
        Ok(())
    }),
    Row::new("frequency", "anything", "Nothing; reports are daily", ignored).no_effect(),
    Row::new("email_to", "mail address", "Who gets it; may be repeated", |c, v, _| {
        c.to.push(v.string());
        Ok(())
    }),
    Row::new("showlogs", "yes or no", "Show the logs too", |c, v, context| {
        c.show_logs = v.bytes().eq_ignore_ascii_case(b"yes");
        let plain = c.show_logs || v.bytes().eq_ignore_ascii_case(b"no");
        if plain || context.is_strict() { Ok(()) } else { v.yes_no().map(drop) }
    }),
    Row::new("category", "text", "Only alerts of these groups", filter).attributes(&["type"]),
    Row::new("group", "text", "Only alerts of these groups", filter).attributes(&["type"]),
    Row::new("rule", "number of a rule", "Only alerts of this rule", filter).attributes(&["type"]),
    Row::new("level", "0 to 16", "Only alerts of this level and above", filter)
        .attributes(&["type"]),
    Row::new("location", "text", "Only alerts from this place", filter).attributes(&["type"]),
    Row::new("srcip", "address", "Only alerts about this source", filter).attributes(&["type"]),
    Row::new("user", "text", "Only alerts about this user", filter).attributes(&["type"]),
];

fn filter(c: &mut Report, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    let field = String::from_utf8_lossy(&v.element.name).into_owned();
    let mut is_relation = false;
    for attribute in &v.element.attributes {
        let name = String::from_utf8_lossy(&attribute.name).into_owned();
        let value = String::from_utf8_lossy(&attribute.value).into_owned();
        let (message, help, span) = match (name.as_str(), value.as_str()) {
            ("type", "relation") => {
                is_relation = true;
                continue;
            }
            ("type", _) => (
                format!("`type` must be `relation`, not `{value}`; this filter is left out"),
                did_you_mean(&value, ["relation"]),
                &attribute.value_span,
            ),
            _ => (
                format!("`{field}` has no attribute `{name}`; this filter is left out"),
                did_you_mean(&name, ["type"]),
                &attribute.name_span,
            ),
        };
        context.warn(codes::INVALID_ATTRIBUTE, span.clone(), message, &help.unwrap_or_default());
        // Attributes of `category` are ignored (config 17).
        if field != "category" {
            return Ok(());
        }
    }
    c.filters.push(Filter { field, value: v.bytes().to_vec(), is_relation });
    Ok(())
}

pub(super) fn finish(block: &Report, span: &bartizan_base::Span, context: &mut Context<'_>) {
    if block.to.is_empty() {
        let message = "this report goes to nobody: `email_to` is missing";
        context.warn(codes::INCOMPLETE, span.clone(), message, "");
    }
}
