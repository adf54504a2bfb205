//! The options of `<localfile>`, and how their values are read.

use std::time::Duration;

use bartizan_pattern::Language;

use super::format::log_format;
use super::{JournalFilter, LineRegex, Localfile, Location, Meaning, Newline, TextTest};
use crate::ossec_conf::codes;
use crate::ossec_conf::context::{Context, Wrong};
use crate::ossec_conf::table::{Opt, Origin, ignored};
use crate::ossec_conf::value::{Value, digits};

/// A row of the table.
type Row = Opt<Localfile>;

/// Every option of `<localfile>`.
pub const LOCALFILE: &[Opt<Localfile>] = &[
    Row::new("location", "path", "A file; *, ?, [ and % of strftime are allowed", location),
    Row::new("log_format", "see the manual", "How records are made of the file", log_format),
    Row::new(
        "command",
        "command line",
        "What is run, for command and full_command",
        |c, v, context| {
            v.refuse_empty(context)?;
            c.command = Some(v.string());
            Ok(())
        },
    ),
    Row::new("frequency", "seconds, hourly or daily", "Time between runs of a command", frequency),
    Row::new("alias", "text", "Name of the command in its messages", |c, v, _| {
        c.alias = Some(v.string());
        Ok(())
    }),
    Row::new(
        "only-future-events",
        "yes or no",
        "Skip what came while nothing was read",
        only_future_events,
    )
    .attributes(&["max-size"]),
    Row::new("query", "XPath", "Filter of the Windows event channel", |c, v, _| {
        c.query = Some(v.string());
        Ok(())
    })
    .attributes(&["type", "level"]),
    wazuh("multiline_regex", "pattern", "Where a record begins or ends", multiline_regex)
        .attributes(&["match", "replace", "timeout"]),
    wazuh("label", "text", "Added to each object", label).attributes(&["key"]),
    wazuh("target", "names", "Where events go", target),
    wazuh("out_format", "text", "Form of the event", out_format).attributes(&["target"]),
    wazuh("reconnect_time", "time", "Time before opening the channel anew", ignored),
    wazuh("age", "time", "Files older than this are not read", age),
    wazuh("exclude", "path", "Files that are left out", |c, v, context| {
        v.refuse_empty(context)?;
        c.exclude.push(v.path());
        Ok(())
    }),
    wazuh("ignore_binaries", "yes or no", "Files that are no text are left out", |c, v, _| {
        c.ignore_binaries = v.yes_no()?;
        Ok(())
    }),
    wazuh("max-size", "size", "More than this is skipped at the start", |c, v, _| {
        c.max_size = Some(size(v.bytes())?);
        Ok(())
    }),
    wazuh("ignore", "pattern", "Events that are dropped", |c, v, context| {
        text_test(v, context).map(|test| c.ignore.extend(test))
    })
    .attributes(&["type"]),
    wazuh("restrict", "pattern", "Events that are kept", |c, v, context| {
        text_test(v, context).map(|test| c.restrict.extend(test))
    })
    .attributes(&["type"]),
    wazuh("filter", "pattern", "Journal entries that are kept", filter)
        .attributes(&["field", "ignore_if_missing"]),
];

const fn wazuh(
    name: &'static str,
    takes: &'static str,
    help: &'static str,
    set: super::Set,
) -> Opt<Localfile> {
    Row::new(name, takes, help, set).origin(Origin::Wazuh)
}

fn location(c: &mut Localfile, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    v.refuse_empty(context)?;
    c.locations.push(Location { path: v.path(), place: context.place(&v.span()) });
    Ok(())
}

fn frequency(c: &mut Localfile, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    let seconds = match v.bytes() {
        b"hourly" => 3_600,
        b"daily" => 86_400,
        _ => v
            .loose_number(0..=u64::from(u32::MAX), context)
            .map_err(|_| Wrong::expected("a number of seconds, `hourly` or `daily`"))?,
    };
    c.frequency = Some(Duration::from_secs(seconds));
    Ok(())
}

fn only_future_events(
    c: &mut Localfile,
    v: &Value<'_>,
    context: &mut Context<'_>,
) -> Result<(), Wrong> {
    if let Some(attribute) = v.attribute("max-size") {
        c.max_size = Some(size(&attribute.value).map_err(|wrong| at(wrong, attribute))?);
    }
    // OSSEC takes any value for yes (config 13).
    c.only_future_events = Some(context.is_strict() || v.yes_no()?);
    Ok(())
}

fn multiline_regex(
    c: &mut Localfile,
    v: &Value<'_>,
    context: &mut Context<'_>,
) -> Result<(), Wrong> {
    v.refuse_empty(context)?;
    let mut regex = LineRegex::new(v.bytes());
    let pattern = case_sensitive(v.bytes());
    check(Language::Pcre2, &pattern)?;
    let meanings = [("start", Meaning::Start), ("end", Meaning::End), ("all", Meaning::All)];
    let newlines = [
        ("no-replace", Newline::Kept),
        ("none", Newline::Nothing),
        ("wspace", Newline::Blank),
        ("tab", Newline::Tab),
    ];
    regex.meaning = one_of(v, "match", &meanings)?.unwrap_or_default();
    regex.newline = one_of(v, "replace", &newlines)?.unwrap_or_default();
    if let Some(attribute) = v.attribute("timeout") {
        let seconds = digits(&attribute.value).filter(|seconds| (1..=120).contains(seconds));
        let seconds = seconds
            .ok_or_else(|| at(Wrong::expected("a number of seconds from 1 to 120"), attribute))?;
        regex.timeout = Duration::from_secs(seconds);
    }
    c.multiline_regex = Some(regex);
    Ok(())
}

/// The value of an attribute that is one of some words.
fn one_of<T: Copy>(
    v: &Value<'_>,
    name: &str,
    words: &[(&'static str, T)],
) -> Result<Option<T>, Wrong> {
    let Some(attribute) = v.attribute(name) else { return Ok(None) };
    match words.iter().find(|(word, _)| word.as_bytes() == attribute.value) {
        Some((_, value)) => Ok(Some(*value)),
        None => {
            let words: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let what = format!("one of {} as the value of `{name}`", words.join(", "));
            Err(at(Wrong::expected(what), attribute))
        }
    }
}

fn at(mut wrong: Wrong, attribute: &crate::xml::Attribute) -> Wrong {
    wrong.code = codes::INVALID_ATTRIBUTE;
    wrong.span = Some(attribute.value_span.clone());
    wrong
}

/// Patterns of PCRE2 ignore case elsewhere; those of `<localfile>` do not (collection 9.1, 9.5).
pub(super) fn case_sensitive(pattern: &[u8]) -> Vec<u8> {
    [b"(?-i)", pattern].concat()
}

fn check(language: Language, pattern: &[u8]) -> Result<(), Wrong> {
    let compiled = bartizan_pattern::Pattern::compile(language, pattern, Default::default());
    compiled.map(|_| ()).map_err(|error| {
        let mut wrong = Wrong::expected(format!("a pattern: {error}"));
        wrong.code = codes::BAD_PATTERN;
        wrong
    })
}

fn label(c: &mut Localfile, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    let key = v.attribute("key");
    let Some(key) = key.filter(|key| !key.value.is_empty()) else {
        return Err(Wrong::expected("an attribute `key` with the name of the label"));
    };
    let name = String::from_utf8_lossy(&key.value).into_owned();
    if name.starts_with('_') {
        let message = format!("labels that begin with `_` are reserved; `{name}` is left out");
        context.warn(codes::NO_EFFECT_HERE, key.value_span.clone(), message, "");
    } else {
        c.labels.push((name, v.string()));
    }
    Ok(())
}

fn target(c: &mut Localfile, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    v.refuse_empty(context)?;
    c.targets = v.string().split(',').map(|name| name.trim().to_owned()).collect();
    c.targets.retain(|name| !name.is_empty());
    let others: Vec<_> = c.targets.iter().filter(|name| *name != "agent").cloned().collect();
    if !others.is_empty() {
        let others = others.join("`, `");
        let mut message = format!("nothing is sent to `{others}`: sockets are not implemented yet");
        if !c.targets.iter().any(|name| name == "agent") {
            message += ", and the block does not name `agent`: its events are not analysed";
        }
        context.warn(codes::NOT_YET, v.span(), message, "");
    }
    Ok(())
}

fn out_format(c: &mut Localfile, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    match v.attribute("target") {
        Some(target) if target.value != b"agent" => {
            let message = "it is for a socket, and sockets are not implemented yet";
            context.warn(codes::NOT_YET, target.value_span.clone(), message, "");
        }
        _ => c.out_format = Some(v.string()),
    }
    Ok(())
}

fn age(c: &mut Localfile, v: &Value<'_>, _: &mut Context<'_>) -> Result<(), Wrong> {
    let wrong = || Wrong::expected("a time above 0, like `30s`, `12h` or `1d`");
    let text = v.bytes();
    let (number, unit) = match text.split_last() {
        Some((unit, number)) if !unit.is_ascii_digit() => (number, *unit),
        _ => (text, b's'),
    };
    let unit = match unit {
        b's' => 1,
        b'm' => 60,
        b'h' => 3_600,
        b'd' => 86_400,
        b'w' => 7 * 86_400,
        _ => return Err(wrong()),
    };
    let number = digits(number).filter(|&number| number > 0).ok_or_else(wrong)?;
    c.age = Some(Duration::from_secs(number.saturating_mul(unit)));
    Ok(())
}

/// A number of bytes with a unit.
fn size(text: &[u8]) -> Result<u64, Wrong> {
    let wrong = || Wrong::expected("a size, like `500KB` or `10MB`");
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, unit) = text.split_at_checked(length).ok_or_else(wrong)?;
    let shift = match unit.trim_ascii().to_ascii_uppercase().as_slice() {
        b"" | b"B" => 0,
        b"K" | b"KB" => 10,
        b"M" | b"MB" => 20,
        b"G" | b"GB" => 30,
        _ => return Err(wrong()),
    };
    let number = digits(number).filter(|_| !number.is_empty()).ok_or_else(wrong)?;
    Ok(number.saturating_mul(1 << shift))
}

fn text_test(v: &Value<'_>, context: &mut Context<'_>) -> Result<Option<TextTest>, Wrong> {
    if v.bytes().is_empty() {
        let message = "an empty pattern is left out";
        context.warn(codes::NO_EFFECT_HERE, v.span(), message, "");
        return Ok(None);
    }
    let languages = [
        ("pcre2", Language::Pcre2),
        ("osregex", Language::OsRegex),
        ("osmatch", Language::OsMatch),
    ];
    let language = one_of(v, "type", &languages)?.unwrap_or(Language::Pcre2);
    let pattern = match language {
        Language::Pcre2 => case_sensitive(v.bytes()),
        _ => v.bytes().to_vec(),
    };
    check(language, &pattern)?;
    Ok(Some(TextTest { language, pattern }))
}

fn filter(c: &mut Localfile, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    let field =
        v.attribute("field").map(|field| String::from_utf8_lossy(&field.value).into_owned());
    let pattern = case_sensitive(v.bytes());
    let ignore_if_missing = v.attribute("ignore_if_missing").map(|a| a.value.as_slice());
    let why = match (&field, check(Language::Pcre2, &pattern)) {
        (None, _) => "it has no attribute `field`".to_owned(),
        (Some(field), _) if field.is_empty() => "its `field` is empty".to_owned(),
        _ if v.bytes().is_empty() => "it is empty".to_owned(),
        (_, Err(wrong)) => wrong.message,
        _ if !matches!(ignore_if_missing, None | Some(b"yes" | b"no")) => {
            "`ignore_if_missing` is neither `yes` nor `no`".to_owned()
        }
        (Some(field), Ok(())) => {
            let (field, ignore_if_missing) = (field.clone(), ignore_if_missing == Some(b"yes"));
            c.filters.push(JournalFilter { field, pattern, ignore_if_missing });
            return Ok(());
        }
    };
    // As in Wazuh: rather too little than everything (collection 9.5).
    c.has_bad_filter = true;
    let message = format!("this filter cannot be used: {why}; the block is left out");
    context.warn(codes::INVALID_VALUE, v.span(), message, "");
    Ok(())
}
