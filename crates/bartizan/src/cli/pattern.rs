//! `bartizan pattern`: what a pattern means, and what it answers.

use std::io::{BufRead as _, Write as _};

use anyhow::{Context as _, bail};
use bartizan_base::text::OwnedSubject;
use bartizan_base::{Deviation, Diagnostic, Dialect, Place, Source};
use bartizan_pattern::{Captures, Language, Options, Pattern};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::cli::FOUND;

/// Arguments of `bartizan pattern`.
#[derive(Debug, Args)]
pub(crate) struct PatternArgs {
    /// The pattern to explain
    pattern: Option<String>,
    /// Its language; without it every language is shown that knows the pattern
    #[arg(long, value_enum)]
    language: Option<Named>,
    /// Subjects to try it on
    subjects: Vec<String>,
    /// Read {"pattern", "subject"} objects and answer each with `regex` and `match`
    #[arg(long, conflicts_with_all = ["pattern", "language", "subjects"])]
    json: bool,
    /// Whose behaviour: bartizan, ossec (also ossec-4.3), ossec-2.8
    #[arg(long, value_name = "NAME", default_value = "bartizan", value_parser = crate::cli::parse_dialect)]
    dialect: Dialect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Named {
    /// OS_Regex: regex, prematch
    Regex,
    /// OS_Match: match, program_name, …
    Match,
    /// PCRE2: the pcre2 elements
    Pcre2,
}

impl Named {
    const ALL: [Self; 3] = [Self::Regex, Self::Match, Self::Pcre2];

    fn language(self) -> Language {
        match self {
            Self::Regex => Language::OsRegex,
            Self::Match => Language::OsMatch,
            Self::Pcre2 => Language::Pcre2,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Regex => "OS_Regex (regex, prematch)",
            Self::Match => "OS_Match (match, program_name, …)",
            Self::Pcre2 => "PCRE2 (pcre2, match_pcre2, …)",
        }
    }
}

pub(crate) fn run(args: &PatternArgs) -> anyhow::Result<u8> {
    let options = Options { utf8_check: args.dialect.has(Deviation::Utf8Check) };
    if args.json {
        return answer_objects(options);
    }
    let Some(pattern) = &args.pattern else {
        bail!("give a pattern, or --json with objects on standard input");
    };
    explain(args, pattern.as_bytes(), options)
}

fn explain(args: &PatternArgs, pattern: &[u8], options: Options) -> anyhow::Result<u8> {
    let mut out = std::io::stdout().lock();
    let mut status = 0;
    let languages: Vec<Named> = args.language.map_or(Named::ALL.to_vec(), |one| vec![one]);
    for named in languages {
        writeln!(out, "{}", named.title())?;
        match Pattern::compile(named.language(), pattern, options) {
            Err(error) => {
                let source = Source::new("pattern", pattern);
                let place = Place::new(&source, error.span.clone());
                let message = format!("error {}: {error}", error.code);
                for line in Diagnostic::error("P0001", place, message).to_string().lines() {
                    writeln!(out, "  {line}")?;
                }
                status = FOUND;
            }
            Ok(compiled) => {
                for line in compiled.explain().to_string().lines() {
                    writeln!(out, "  {line}")?;
                }
                for subject in &args.subjects {
                    write_answer(&mut out, &compiled, subject)?;
                }
            }
        }
    }
    Ok(status)
}

fn write_answer(
    out: &mut impl std::io::Write,
    pattern: &Pattern,
    subject: &str,
) -> anyhow::Result<()> {
    let owned = OwnedSubject::new(subject.as_bytes());
    let mut captures = Captures::default();
    match pattern.captures(owned.subject(), &mut captures) {
        None => writeln!(out, "  no match:  {subject:?}")?,
        Some(end) => {
            let rest = subject.as_bytes().get(end..).unwrap_or_default();
            write!(out, "  matches:   {subject:?}, then {:?}", String::from_utf8_lossy(rest))?;
            for range in captures.iter() {
                let text = subject.as_bytes().get(range).unwrap_or_default();
                write!(out, ", captured {:?}", String::from_utf8_lossy(text))?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

/// Answers objects as the recordings of the originals' library do.
fn answer_objects(options: Options) -> anyhow::Result<u8> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (number, line) in (1..).zip(std::io::stdin().lock().split(b'\n')) {
        let line = line.context("cannot read standard input")?;
        if line.is_empty() {
            continue;
        }
        let object: Value =
            serde_json::from_slice(&line).with_context(|| format!("line {number} of the input"))?;
        let (Some(pattern), Some(subject)) = (bytes(&object, "pattern"), bytes(&object, "subject"))
        else {
            bail!("line {number} of the input: expected {{\"pattern\": TEXT, \"subject\": TEXT}}");
        };
        let owned = OwnedSubject::new(&subject);
        let regex = match Pattern::compile(Language::OsRegex, &pattern, options) {
            Err(error) => json!({ "error": error.code }),
            Ok(compiled) => {
                let mut captures = Captures::default();
                match compiled.captures(owned.subject(), &mut captures) {
                    None => Value::Null,
                    Some(end) => json!({
                        "end": end,
                        "captures": captures
                            .iter()
                            .map(|range| latin1(subject.get(range).unwrap_or_default()))
                            .collect::<Vec<_>>(),
                    }),
                }
            }
        };
        let matched = match Pattern::compile(Language::OsMatch, &pattern, options) {
            Err(error) => json!({ "error": error.code }),
            Ok(compiled) => compiled.is_match(owned.subject()).into(),
        };
        serde_json::to_writer(&mut out, &json!({ "regex": regex, "match": matched }))?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(0)
}

/// A text of an object, its characters being bytes.
fn bytes(object: &Value, key: &str) -> Option<Vec<u8>> {
    object.get(key)?.as_str()?.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| char::from(b)).collect()
}
