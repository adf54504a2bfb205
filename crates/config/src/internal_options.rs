//! `internal_options.conf` and `local_internal_options.conf` (config 20).
//!
//! ```text
//! local file, then the other one ─▶ lines `key=digits`, the first of a key counts ─▶ InternalOptions
//! ```
//!
//! Every option has a default here, so that a missing file or key is no mistake; a bad value is told and the
//! default used. OSSEC refuses to start in all these cases, which helps nobody.

mod keeping;
mod keys;
mod memory;
mod silence;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use bartizan_base::{Diagnostic, Dialect, Flavour, Place, Severity, Source, Span, limits, suggest};

pub use keeping::Keeping;
pub use keys::{KEYS, key};
pub use silence::Tolerance;

/// The file that users edit, below the home; it counts before the other one.
pub const LOCAL_FILE: &str = "etc/local_internal_options.conf";
/// The file that is shipped, below the home.
pub const FILE: &str = "etc/internal_options.conf";

/// Stable codes of the messages about internal options.
pub mod codes {
    /// A file that is there and cannot be read.
    pub const UNREADABLE: &str = "I0001";
    /// A line that is no `key=digits`.
    pub const BAD_LINE: &str = "I0101";
    /// A value that is no number, or out of range.
    pub const BAD_VALUE: &str = "I0102";
    /// A key nobody knows.
    pub const UNKNOWN_KEY: &str = "I0103";
    /// Blanks around the `=`, which OSSEC takes for a part of the key or value.
    pub const BLANKS: &str = "I0104";
}

/// An internal option.
#[derive(Debug, PartialEq, Eq)]
pub struct InternalOption {
    /// Its name: `analysisd.fts_list_size`.
    pub key: &'static str,
    /// Another name of it.
    pub also: Option<&'static str>,
    /// What it may be.
    pub range: RangeInclusive<u32>,
    /// What it is if nothing is said.
    pub default: u32,
    /// The same in 2.8, where that differs.
    pub default_2_8: Option<u32>,
    /// What it is for, in one line, with the unit.
    pub help: &'static str,
}

/// The values in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InternalOptions {
    values: BTreeMap<&'static str, u32>,
    is_2_8: bool,
}

impl InternalOptions {
    /// Reads both files of an installation. A missing file is no mistake. The diagnostics are sorted.
    #[must_use]
    pub fn load(home: &Path, dialect: Dialect) -> (Self, Vec<Diagnostic>) {
        let (mut sources, mut diagnostics) = (Vec::new(), Vec::new());
        for file in [LOCAL_FILE, FILE] {
            let path = home.join(file);
            // Whoever may not look at it has to be told; whoever has none needs none.
            if matches!(path.try_exists(), Ok(false)) {
                continue;
            }
            match Source::read(&path, &path) {
                Ok(source) => sources.push(source),
                Err(error) => diagnostics.push(Diagnostic::new(
                    Severity::Error,
                    codes::UNREADABLE,
                    None,
                    error.to_string(),
                )),
            }
        }
        let (options, said) = Self::read(&sources, dialect);
        diagnostics.extend(said);
        bartizan_base::diagnostic::sort(&mut diagnostics);
        (options, diagnostics)
    }

    /// Reads files in memory; what stands in an earlier one counts.
    #[must_use]
    pub fn read(sources: &[Arc<Source>], dialect: Dialect) -> (Self, Vec<Diagnostic>) {
        let options = Self { values: BTreeMap::new(), is_2_8: dialect.is_2_8() };
        let mut reader = Reader { options, dialect, diagnostics: Vec::new() };
        for source in sources {
            reader.file(source);
        }
        (reader.options, reader.diagnostics)
    }

    /// The value of an option: what a file says, or the default.
    #[must_use]
    pub fn get(&self, option: &InternalOption) -> u32 {
        let default = match option.default_2_8 {
            Some(default) if self.is_2_8 => default,
            _ => option.default,
        };
        self.values.get(option.key).copied().unwrap_or(default)
    }

    /// Sets an option, as a line in a file does. Out of range it is left alone, and false comes back.
    pub fn set(&mut self, option: &'static InternalOption, value: u32) -> bool {
        let fits = option.range.contains(&value);
        if fits {
            self.values.insert(option.key, value);
        }
        fits
    }
}

struct Reader {
    options: InternalOptions,
    dialect: Dialect,
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn file(&mut self, source: &Arc<Source>) {
        let mut unknown: Vec<(Span, String)> = Vec::new();
        let before = self.diagnostics.len();
        let mut start = 0;
        for line in source.text.split(|&b| b == b'\n') {
            let span = start..start + line.len();
            start += line.len() + 1;
            if self.diagnostics.len() - before < limits::DIAGNOSTICS_PER_FILE {
                unknown.extend(self.line(source, line, &span));
            }
        }
        self.tell_unknown(source, &unknown);
    }

    /// Reads a line; gives the key back if nobody knows it.
    fn line(&mut self, source: &Arc<Source>, line: &[u8], span: &Span) -> Option<(Span, String)> {
        // Lines that begin with `#` or a blank are skipped (config 20).
        if line.first().is_none_or(|b| b"# \t\r".contains(b)) {
            return None;
        }
        let Some(equals) = memchr::memchr(b'=', line) else {
            let message = "expected `key=number`; this line has no `=`";
            self.warn(source, codes::BAD_LINE, span.clone(), message.to_owned(), "");
            return None;
        };
        let (key, value) = line.split_at(equals);
        let value = value.get(1..).unwrap_or_default();
        let value = value.strip_suffix(b"\r").unwrap_or(value);
        let value_span = span.start + equals + 1..span.start + equals + 1 + value.len();
        let key_span = span.start..span.start + equals;
        let (trimmed_key, trimmed) = (key.trim_ascii_end(), value.trim_ascii());
        if (trimmed_key, trimmed) != (key, value) {
            let message = "blanks around the `=` are left out";
            let help = "OSSEC takes them for a part of the key or the value";
            self.warn(source, codes::BLANKS, span.clone(), message.to_owned(), help);
            // There it is another key, which nobody knows, or a bad value (config 20).
            if self.dialect.flavour() != Flavour::Bartizan {
                return None;
            }
        }
        let name = String::from_utf8_lossy(trimmed_key).into_owned();
        let Some(option) = find(&name) else { return Some((key_span, name)) };
        // The first one counts; the local file was read before.
        if !self.options.values.contains_key(option.key) {
            self.value(source, option, trimmed, value_span);
        }
        None
    }

    fn value(
        &mut self,
        source: &Arc<Source>,
        option: &'static InternalOption,
        text: &[u8],
        span: Span,
    ) {
        let digits = text.iter().all(u8::is_ascii_digit);
        let number = std::str::from_utf8(text).ok().and_then(|t| t.parse::<u32>().ok());
        // An empty value passes in OSSEC and is 0 (config 20).
        let empty = text.is_empty() && self.dialect.flavour() != Flavour::Bartizan;
        let number = if empty { Some(0) } else { number.filter(|_| digits) };
        if number.is_some_and(|number| self.options.set(option, number)) {
            return;
        }
        let (from, to) = (option.range.start(), option.range.end());
        let default = self.options.get(option);
        let message =
            format!("`{}` must be a number from {from} to {to}; {default} is used", option.key);
        let span = if span.is_empty() { span.start.saturating_sub(1)..span.start } else { span };
        self.warn(source, codes::BAD_VALUE, span, message, "OSSEC refuses to start");
    }

    /// A misspelt key is told by itself; of the others, which other versions may know, the first one.
    fn tell_unknown(&mut self, source: &Arc<Source>, unknown: &[(Span, String)]) {
        let mut others = Vec::new();
        for (span, name) in unknown {
            let near = suggest::nearest(name, KEYS.iter().map(|option| option.key));
            match near {
                Some(near) => {
                    let help = format!("did you mean `{near}`?");
                    let message = format!("unknown option `{name}`; it is ignored");
                    self.warn(source, codes::UNKNOWN_KEY, span.clone(), message, &help);
                }
                None => others.push((span, name)),
            }
        }
        if let Some((span, name)) = others.first() {
            let more = match others.len() {
                1 => String::new(),
                count => format!(", and {} more", count - 1),
            };
            let message = format!("unknown option `{name}`{more}; ignored");
            self.warn(source, codes::UNKNOWN_KEY, (*span).clone(), message, "");
        }
    }

    fn warn(
        &mut self,
        source: &Arc<Source>,
        code: &'static str,
        span: Span,
        message: String,
        help: &str,
    ) {
        let said = Diagnostic::warning(code, Place::new(source, span), message);
        self.diagnostics.push(if help.is_empty() { said } else { said.help(help) });
    }
}

fn find(name: &str) -> Option<&'static InternalOption> {
    KEYS.iter().copied().find(|option| option.key == name || option.also == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(local: &str, shipped: &str, dialect: Dialect) -> (InternalOptions, Vec<String>) {
        let sources = [Source::new("local", local), Source::new("shipped", shipped)];
        let (options, diagnostics) = InternalOptions::read(&sources, dialect);
        let codes = diagnostics.iter().map(|d| {
            let at = d.place.as_ref().unwrap().position();
            format!("{} {}:{}", d.code, at.line, at.column)
        });
        (options, codes.collect())
    }

    #[test]
    fn every_default_is_in_range_and_every_key_is_there_once() {
        for option in KEYS {
            assert!(option.range.contains(&option.default), "{}", option.key);
            assert!(option.default_2_8.is_none_or(|d| option.range.contains(&d)), "{}", option.key);
            assert_eq!(KEYS.iter().filter(|other| other.key == option.key).count(), 1);
        }
    }

    #[test]
    fn nothing_said_means_the_defaults() {
        let (options, said) = read("", "# a comment\n\n indented\n", Dialect::OURS);
        assert!(said.is_empty());
        assert_eq!(options.get(&key::FTS_LIST_SIZE), 32);
        assert_eq!(options.get(&key::STATS_MAXDIFF), 999_000);
        let (options, _) = read("", "", Dialect::ossec_2_8());
        assert_eq!(options.get(&key::STATS_MAXDIFF), 25_000);
    }

    #[test]
    fn the_local_file_counts_before_the_shipped_one() {
        let (options, said) = read(
            "analysisd.log_fw=0\nanalysisd.log_fw=1\n",
            "analysisd.log_fw=1\r\nmaild.grouping=0\r\n",
            Dialect::OURS,
        );
        assert!(said.is_empty(), "{said:?}");
        assert_eq!((options.get(&key::LOG_FW), options.get(&key::MAILD_GROUPPING)), (0, 0));
    }

    #[test]
    fn a_bad_value_keeps_the_default_and_is_told() {
        for value in ["x", "-1", "600", "", "1 2", "99999999999"] {
            let text = format!("\nanalysisd.fts_list_size={value}\n");
            let (options, said) = read(&text, "", Dialect::OURS);
            assert_eq!(options.get(&key::FTS_LIST_SIZE), 32, "{value}");
            assert_eq!(said.len(), 1, "{value}: {said:?}");
            assert!(said[0].starts_with("I0102 2:"), "{value}: {said:?}");
        }
    }

    #[test]
    fn blanks_around_the_sign_are_left_out_by_ours_only() {
        let text = "analysisd.fts_list_size = 64\n";
        let (options, said) = read(text, "", Dialect::OURS);
        assert_eq!((options.get(&key::FTS_LIST_SIZE), said.len()), (64, 1));
        let (options, said) = read(text, "", Dialect::OSSEC_4_3);
        assert_eq!((options.get(&key::FTS_LIST_SIZE), said.len()), (32, 1));
    }

    #[test]
    fn unknown_keys_are_told_once_and_misspelt_ones_each() {
        let text = "wazuh_modules.debug=0\nwazuh_db.sync=1\nanalysisd.fts_lst_size=3\nnonsense\n";
        let (_, said) = read(text, "", Dialect::OURS);
        assert_eq!(said, ["I0101 4:1", "I0103 3:1", "I0103 1:1"]);
    }
}
