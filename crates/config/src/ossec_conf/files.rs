//! Which files `<rules>` and `<ruleset>` stand for (rules 1.1, decoding 6.1, Wazuh: rules 14.1).
//!
//! ```text
//! entries in order ─▶ files as named, directories listed and sorted ─▶ each file once ─▶ ResolvedFiles
//! ```
//!
//! Directories are listed below the same home that files are opened in. The files themselves are not read
//! here.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use bartizan_base::{Deviation, Diagnostic, Dialect, Flavour, Place, Severity, Subject, suggest};
use bartizan_pattern::{Language, Options, Pattern};

use super::codes;
use super::rules_section::{EntryKind, RulesEntry, RulesSection};
use super::value::path;

/// The files to read, in the order in which they count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolvedFiles {
    /// Decoder files.
    pub decoder_files: Vec<FileRef>,
    /// Rule files.
    pub rule_files: Vec<FileRef>,
    /// Lists.
    pub lists: Vec<ListRef>,
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRef {
    /// Where it is.
    pub path: PathBuf,
    /// Its name below the home: `rules/sshd_rules.xml`.
    pub name: PathBuf,
    /// The element that names it or its directory; absent for the usual decoder files.
    pub place: Option<Place>,
    /// It may hold no element: `etc/local_decoder.xml`.
    pub may_be_empty: bool,
}

/// A list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRef {
    /// Its name as rules have to give it, without `.cdb`: `rules/ips`.
    pub name: Vec<u8>,
    /// Its text. It may be missing if the compiled one is there.
    pub text: PathBuf,
    /// The compiled one. It may be missing if the text is there.
    pub compiled: PathBuf,
    /// The element that names it.
    pub place: Place,
}

/// Rules or decoders: the same logic with other names.
#[derive(Clone, Copy)]
struct Kinds {
    what: &'static str,
    file: EntryKind,
    directory: EntryKind,
    exclude: EntryKind,
    /// Where names without `/` are; for decoders of OSSEC that is the home itself.
    folder: &'static str,
    /// The directory Wazuh reads if none is named.
    wazuh_folder: &'static str,
}

const RULES: Kinds = Kinds {
    what: "rule",
    file: EntryKind::Rule,
    directory: EntryKind::RuleDir,
    exclude: EntryKind::RuleExclude,
    folder: "rules",
    wazuh_folder: "ruleset/rules",
};

const DECODERS: Kinds = Kinds {
    what: "decoder",
    file: EntryKind::Decoder,
    directory: EntryKind::DecoderDir,
    exclude: EntryKind::DecoderExclude,
    folder: "",
    wazuh_folder: "ruleset/decoders",
};

impl RulesSection {
    /// Lists the files that the section stands for, below `home`.
    ///
    /// Missing files are errors at the element that names them.
    pub fn files(
        &self,
        home: &Path,
        dialect: Dialect,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> ResolvedFiles {
        let mut lookup = Lookup { section: self, home, dialect, diagnostics };
        ResolvedFiles {
            decoder_files: lookup.decoder_files(),
            rule_files: lookup.all(RULES),
            lists: lookup.lists(),
        }
    }
}

struct Lookup<'a> {
    section: &'a RulesSection,
    home: &'a Path,
    dialect: Dialect,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// Files found so far.
#[derive(Default)]
struct Found {
    files: Vec<FileRef>,
    paths: HashSet<PathBuf>,
    /// Values as written, which directories are compared with (rules 1.1).
    values: HashSet<Vec<u8>>,
}

impl Lookup<'_> {
    fn decoder_files(&mut self) -> Vec<FileRef> {
        let named = |e: &RulesEntry| matches!(e.kind, EntryKind::Decoder | EntryKind::DecoderDir);
        if self.section.is_ruleset || self.section.entries.iter().any(named) {
            return self.all(DECODERS);
        }
        self.usual_decoder_files()
    }

    /// `etc/decoder.xml` and, if it is there, `etc/local_decoder.xml` (decoding 6.1).
    fn usual_decoder_files(&mut self) -> Vec<FileRef> {
        let file = |name: &str, may_be_empty| FileRef {
            path: self.home.join(name),
            name: PathBuf::from(name),
            place: None,
            may_be_empty,
        };
        let (stock, local) = (file("etc/decoder.xml", false), file("etc/local_decoder.xml", true));
        let mut files = Vec::new();
        if stock.path.is_file() {
            files.push(stock);
        } else {
            let message = format!("there is no decoder file {}", stock.path.display());
            let said = Diagnostic::new(Severity::Error, codes::MISSING_FILE, None, message);
            self.diagnostics
                .push(said.help("put it there, or name decoders in `<rules>` with `<decoder>`"));
        }
        if local.path.is_file() {
            files.push(local);
        }
        files
    }

    fn all(&mut self, kinds: Kinds) -> Vec<FileRef> {
        let section = self.section;
        let mut found = Found::default();
        for entry in &section.entries {
            if entry.kind == kinds.file {
                self.file(kinds, entry, &mut found);
            } else if entry.kind == kinds.directory {
                self.directory(kinds, entry, &mut found);
            }
        }
        if section.is_ruleset {
            if !section.entries.iter().any(|entry| entry.kind == kinds.directory) {
                self.wazuh_default(kinds, &mut found);
            }
            // Wazuh sorts everything by the name of the file (rules 14.1, decoding 13.3).
            found.files.sort_by(|a, b| a.name.file_name().cmp(&b.name.file_name()));
        }
        found.files
    }

    fn file(&mut self, kinds: Kinds, entry: &RulesEntry, found: &mut Found) {
        let folder = if self.section.is_ruleset { kinds.wazuh_folder } else { kinds.folder };
        let name = match entry.value.contains(&b'/') {
            true => path(&entry.value),
            false => Path::new(folder).join(path(&entry.value)),
        };
        let file = self.below_home(&name);
        if !file.is_file() {
            self.missing_file(kinds, entry, &file);
            return;
        }
        if !found.paths.insert(file.clone()) {
            self.named_twice(kinds, entry, &name);
            return;
        }
        found.values.insert(entry.value.clone());
        let place = Some(entry.place.clone());
        found.files.push(FileRef { path: file, name, place, may_be_empty: false });
    }

    /// Below the home even where the value begins with `/`, because OSSEC's root is there. Ours takes a file
    /// elsewhere too, if there is none below the home.
    fn below_home(&self, name: &Path) -> PathBuf {
        let Ok(relative) = name.strip_prefix("/") else { return self.home.join(name) };
        let below = self.home.join(relative);
        if self.dialect.flavour() == Flavour::Bartizan && !below.exists() && name.exists() {
            return name.to_owned();
        }
        below
    }

    fn missing_file(&mut self, kinds: Kinds, entry: &RulesEntry, file: &Path) {
        let message = format!("there is no {} file {}", kinds.what, file.display());
        let severity = if self.section.is_ruleset { Severity::Warning } else { Severity::Error };
        let mut said =
            Diagnostic::new(severity, codes::MISSING_FILE, Some(entry.place.clone()), message);
        if let Some(near) = nearest_beside(file) {
            said = said.help(format!("did you mean `{near}`?"));
        }
        self.diagnostics.push(said);
    }

    /// OSSEC loads a file twice and then fails on its rules (config 10); decoders may come twice there.
    fn named_twice(&mut self, kinds: Kinds, entry: &RulesEntry, name: &Path) {
        let fatal = kinds.file == EntryKind::Rule && self.dialect.flavour() != Flavour::Bartizan;
        let severity = if fatal { Severity::Error } else { Severity::Warning };
        let message = format!("{} is named twice", name.display());
        let help = if fatal { "remove one of the two" } else { "it is loaded once" };
        let place = Some(entry.place.clone());
        self.diagnostics.push(Diagnostic::new(severity, codes::TWICE, place, message).help(help));
    }

    fn directory(&mut self, kinds: Kinds, entry: &RulesEntry, found: &mut Found) {
        let Some(pattern) = self.pattern(entry) else { return };
        let listed = self.below_home(&path(&entry.value));
        let Some(names) = list(&listed) else {
            // OSSEC says nothing (config 10).
            let message = format!("there is no directory {}", listed.display());
            let said = Diagnostic::warning(codes::MISSING_DIRECTORY, entry.place.clone(), message);
            self.diagnostics.push(said.help("nothing is loaded from it"));
            return;
        };
        for file_name in names {
            let mut value = entry.value.clone();
            value.push(b'/');
            value.extend_from_slice(&file_name);
            let folded = value.to_ascii_lowercase();
            let matches = pattern.is_match(Subject::new(&value, &folded));
            let listed_already = found.values.contains(&value) || found.values.contains(&file_name);
            if !matches || listed_already || self.is_excluded(kinds, &value, &file_name) {
                continue;
            }
            let file = listed.join(path(&file_name));
            if !found.paths.insert(file.clone()) {
                continue;
            }
            let name = path(&entry.value).join(path(&file_name));
            found.values.insert(value);
            let place = Some(entry.place.clone());
            found.files.push(FileRef { path: file, name, place, may_be_empty: false });
        }
    }

    /// The pattern of a directory; `.xml` at the end if it has none.
    fn pattern(&mut self, entry: &RulesEntry) -> Option<Pattern> {
        let options = Options { utf8_check: self.dialect.has(Deviation::Utf8Check) };
        let source = entry.pattern.as_ref().map_or(b".xml$".as_slice(), |(source, _)| source);
        match Pattern::compile(Language::OsRegex, source, options) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let mut place = entry.place.clone();
                if let Some((_, span)) = &entry.pattern {
                    place.span = span.clone();
                }
                let message = format!("the pattern of this directory does not compile: {error}");
                self.diagnostics.push(Diagnostic::error(codes::BAD_PATTERN, place, message));
                None
            }
        }
    }

    fn is_excluded(&self, kinds: Kinds, value: &[u8], file_name: &[u8]) -> bool {
        self.section
            .entries
            .iter()
            .filter(|entry| entry.kind == kinds.exclude)
            .any(|entry| entry.value == value || entry.value == file_name)
    }

    fn wazuh_default(&mut self, kinds: Kinds, found: &mut Found) {
        let folder = self.home.join(kinds.wazuh_folder);
        for file_name in list(&folder).unwrap_or_default() {
            let file = folder.join(path(&file_name));
            let value = format!("{}/", kinds.wazuh_folder).into_bytes();
            let value = [value.as_slice(), &file_name].concat();
            if !file_name.ends_with(b".xml")
                || self.is_excluded(kinds, &value, &file_name)
                || !found.paths.insert(file.clone())
            {
                continue;
            }
            let name = Path::new(kinds.wazuh_folder).join(path(&file_name));
            found.files.push(FileRef { path: file, name, place: None, may_be_empty: true });
        }
    }

    /// Lists, without `.cdb`, in `rules/` if they have no `/` (rules 8.1). Only a list of which there is
    /// neither text nor compiled form is told.
    fn lists(&mut self) -> Vec<ListRef> {
        let mut lists: Vec<ListRef> = Vec::new();
        for entry in self.section.entries.iter().filter(|entry| entry.kind == EntryKind::List) {
            let name = list_name(&entry.value);
            if lists.iter().any(|list| list.name == name) {
                let message = "this list is named already";
                let said = Diagnostic::warning(codes::TWICE, entry.place.clone(), message);
                self.diagnostics.push(said);
                continue;
            }
            let text = self.below_home(&path(&name));
            let mut compiled = text.clone().into_os_string();
            compiled.push(".cdb");
            let compiled = PathBuf::from(compiled);
            if !text.is_file() && !compiled.is_file() {
                let message = format!("there is no list {}", text.display());
                let place = entry.place.clone();
                let mut said = Diagnostic::warning(codes::MISSING_FILE, place, message);
                if let Some(near) = nearest_beside(&text) {
                    said = said.help(format!("did you mean `{near}`?"));
                }
                self.diagnostics.push(said);
            }
            lists.push(ListRef { name, text, compiled, place: entry.place.clone() });
        }
        lists
    }
}

/// The name of a list as rules give it.
fn list_name(value: &[u8]) -> Vec<u8> {
    let end = memchr::memmem::find(value, b".cdb").unwrap_or(value.len());
    let name = value.get(..end).unwrap_or(value);
    if name.contains(&b'/') { name.to_vec() } else { [b"rules/", name].concat() }
}

/// The files of a directory, sorted bytewise; `None` if there is no such directory.
fn list(directory: &Path) -> Option<Vec<Vec<u8>>> {
    let entries = std::fs::read_dir(directory).ok()?.flatten();
    let files = entries.filter(|entry| entry.path().is_file());
    let mut names: Vec<Vec<u8>> =
        files.map(|entry| entry.file_name().into_encoded_bytes()).collect();
    names.sort();
    Some(names)
}

/// The file in the same directory whose name is nearest.
fn nearest_beside(file: &Path) -> Option<String> {
    let wanted = file.file_name()?.to_str()?;
    let names = list(file.parent()?)?;
    let names: Vec<&str> = names.iter().filter_map(|name| std::str::from_utf8(name).ok()).collect();
    suggest::nearest(wanted, names).map(str::to_owned)
}
