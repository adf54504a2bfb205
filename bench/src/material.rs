//! What is measured with: a ruleset and a corpus.
//!
//! With the recordings beside the checkout, these are OSSEC's stock rulesets and real logs (`mixed`: all files
//! of `logs`, one after the other, again and again). Without them, our own ruleset and the lines of its tests.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use bartizan_analysis::RulesetFiles;
use bartizan_base::{Dialect, Source};
use bartizan_config::xml::{self, ReadOptions};

/// A ruleset and lines for it.
pub(crate) struct Material {
    /// The ruleset's name.
    pub(crate) name: &'static str,
    /// Whose behaviour.
    pub(crate) dialect: Dialect,
    /// Its files.
    pub(crate) files: RulesetFiles,
    /// The folder of a stock ruleset, for figures of the whole program.
    pub(crate) stock: Option<PathBuf>,
    /// The corpus' name.
    pub(crate) corpus: &'static str,
    /// Its lines; the same ones come again and again.
    pub(crate) lines: Vec<Vec<u8>>,
    /// How many of them differ in place, before they come again.
    pub(crate) period: usize,
}

impl fmt::Display for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: usize = self.lines.iter().map(Vec::len).sum();
        let mean = bytes as f64 / self.lines.len().max(1) as f64;
        write!(
            f,
            "ruleset {}, corpus {}: {} lines, {mean:.0} bytes each, the first {} again and again",
            self.name,
            self.corpus,
            self.lines.len(),
            self.period
        )
    }
}

impl Material {
    /// The rulesets to measure with, unless one is named: OSSEC's, where they are.
    pub(crate) fn names() -> &'static [&'static str] {
        if recordings().is_dir() { &["ossec-4.3", "ossec-2.8"] } else { &["own"] }
    }

    /// The ruleset of that name.
    pub(crate) fn find(name: &str, lines: usize) -> Result<Self> {
        let recordings = recordings();
        let (name, dialect) = match name {
            "ossec-4.3" => ("ossec-4.3", Dialect::OSSEC_4_3),
            "ossec-2.8" => ("ossec-2.8", Dialect::ossec_2_8()),
            "own" => ("own", Dialect::OURS),
            _ => bail!("there is no ruleset `{name}`: ossec-4.3, ossec-2.8 or own"),
        };
        let logs = recordings.join("logs");
        let (corpus, folder) =
            if logs.is_dir() { ("mixed", logs) } else { ("samples", root().join("ruleset/tests")) };
        let once = lines_of(&folder)?;
        let period = once.len();
        let lines = once.into_iter().cycle().take(lines).collect();
        let stock = (name != "own").then(|| recordings.join(name));
        let files = match &stock {
            Some(folder) => stock_files(folder)?,
            None => own_files()?,
        };
        Ok(Self { name, dialect, files, stock, corpus, lines, period })
    }
}

/// Where OSSEC's rulesets and real logs are, on machines that have them.
fn recordings() -> PathBuf {
    root().join("../shared/conformance")
}

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// All lines of all files of a folder, in the order of their names.
fn lines_of(folder: &Path) -> Result<Vec<Vec<u8>>> {
    let mut lines = Vec::new();
    for path in files_in(folder)? {
        let text = fs::read(&path).with_context(|| path.display().to_string())?;
        let is_tests = path.extension().is_some_and(|extension| extension == "ini");
        let all = text.split(|&b| b == b'\n').filter(|line| !line.is_empty());
        lines.extend(
            all.filter_map(|l| if is_tests { sample(l) } else { Some(l) }).map(<[u8]>::to_vec),
        );
    }
    if lines.is_empty() {
        bail!("no line in {}", folder.display());
    }
    Ok(lines)
}

/// The log line in a line of a rule test: `log 1 pass = LINE`.
fn sample(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"log ")?;
    let equals = rest.iter().position(|&b| b == b'=')?;
    Some(rest.get(equals + 1..)?.trim_ascii())
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    Ok(paths)
}

fn source(path: &Path) -> Result<std::sync::Arc<Source>> {
    Source::read(path, path).with_context(|| path.display().to_string())
}

/// The rules in the order in which `ossec.conf` includes them.
fn stock_files(folder: &Path) -> Result<RulesetFiles> {
    let conf = source(&folder.join("ossec.conf"))?;
    let mut diagnostics = Vec::new();
    let document = xml::read(&conf, ReadOptions::default(), &mut diagnostics)
        .context("ossec.conf is not well-formed")?;
    let mut files = RulesetFiles::default();
    let sections = document.roots.iter().flat_map(|root| &root.children);
    for entry in sections.filter(|section| section.is("rules")).flat_map(|rules| &rules.children) {
        if entry.is("include") {
            let name = String::from_utf8_lossy(&entry.text).trim().to_owned();
            files.rules.push(source(&folder.join("rules").join(name))?);
        }
    }
    files.decoders.push(source(&folder.join("decoder.xml"))?);
    Ok(files)
}

fn own_files() -> Result<RulesetFiles> {
    let folder = root().join("ruleset");
    let rules = files_in(&folder.join("rules"))?;
    Ok(RulesetFiles {
        decoders: vec![source(&folder.join("decoders.xml"))?],
        rules: rules.iter().map(|path| source(path)).collect::<Result<_>>()?,
        ..RulesetFiles::default()
    })
}
