//! Which configuration is used, and the rule set that comes of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use bartizan_analysis::{Ruleset, RulesetFiles, Settings};
use bartizan_base::{Diagnostic, Dialect, Severity};
use bartizan_collect::{LocalFile, Start};
use bartizan_config::Configuration;
use bartizan_config::internal_options::InternalOptions;
use bartizan_config::ossec_conf::localfile::{Localfile, LogFormat};
use bartizan_config::ossec_conf::{self, codes};

use crate::cli::{Common, Console, built_in, show};

/// A configuration that was found and read.
pub(crate) struct Site {
    /// The folder paths of the configuration are relative to.
    pub(crate) home: PathBuf,
    /// The configuration; `None` when the built-in rule set is used.
    pub(crate) configuration: Option<Configuration>,
    /// `internal_options.conf` and the local one.
    pub(crate) options: InternalOptions,
    /// Where it was read.
    pub(crate) configuration_file: Option<PathBuf>,
    /// Decoders and rules.
    pub(crate) ruleset: Arc<Ruleset>,
    /// What is configured and not done yet.
    pub(crate) not_yet: Vec<String>,
}

/// Where a configuration is.
pub(crate) struct Found {
    pub(crate) home: PathBuf,
    pub(crate) config: PathBuf,
}

/// The configuration that the options name, or `None` for the built-in one.
pub(crate) fn find(common: &Common) -> Option<Found> {
    match (&common.home, &common.config) {
        (Some(home), Some(config)) => Some(Found { home: home.clone(), config: config.clone() }),
        (Some(home), None) => {
            Some(Found { home: home.clone(), config: home.join("etc/ossec.conf") })
        }
        (None, Some(config)) => Some(Found { home: home_of(config), config: config.clone() }),
        (None, None) => None,
    }
}

/// `HOME/etc/ossec.conf` belongs to `HOME`; any other file to its own folder.
fn home_of(config: &Path) -> PathBuf {
    let folder = config.parent().unwrap_or(Path::new("."));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match folder.file_name() {
        Some(name) if name == "etc" => match folder.parent() {
            Some(home) if !home.as_os_str().is_empty() => home.to_owned(),
            _ => PathBuf::from("."),
        },
        _ => folder.to_owned(),
    }
}

/// Everything that could be read of a site, and what is wrong with it.
pub(crate) struct Loaded {
    pub(crate) home: PathBuf,
    pub(crate) configuration_file: Option<PathBuf>,
    pub(crate) configuration: Option<Configuration>,
    pub(crate) options: InternalOptions,
    pub(crate) ruleset: Option<Ruleset>,
    /// What the rule set was compiled from.
    pub(crate) files: RulesetFiles,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Reads the configuration and compiles its rule set; all mistakes of all files are collected.
pub(crate) fn load(common: &Common) -> Loaded {
    let dialect = common.dialect();
    let mut diagnostics = Vec::new();
    let Some(found) = find(common) else {
        let settings = Settings { dialect, ..Settings::default() };
        let files = built_in::files();
        let ruleset = Ruleset::compile(&files, settings, &mut diagnostics);
        let home = PathBuf::from(".");
        let (configuration, configuration_file) = (None, None);
        let options = InternalOptions::default();
        return Loaded {
            home,
            configuration_file,
            configuration,
            options,
            ruleset,
            files,
            diagnostics,
        };
    };
    let (configuration, mut said) = ossec_conf::load(&found.config, dialect);
    diagnostics.append(&mut said);
    let (mut files, mut options) = (RulesetFiles::default(), InternalOptions::default());
    let ruleset = configuration.as_ref().and_then(|configuration| {
        let resolved = configuration.rules.files(&found.home, dialect, &mut diagnostics);
        files = RulesetFiles::read(&resolved, dialect, &mut diagnostics);
        let (read, mut said) = InternalOptions::load(&found.home, dialect);
        options = read;
        diagnostics.append(&mut said);
        let settings = Settings::of(configuration, &options, dialect);
        Ruleset::compile(&files, settings, &mut diagnostics)
    });
    bartizan_base::diagnostic::sort(&mut diagnostics);
    let is_broken = bartizan_base::diagnostic::any_error(&diagnostics);
    let ruleset = ruleset.filter(|_| !is_broken);
    leave_out_most(&mut diagnostics);
    let Found { home, config } = found;
    let configuration_file = Some(config);
    Loaded { home, configuration_file, configuration, options, ruleset, files, diagnostics }
}

/// Messages that anybody would read, of all files together.
const MESSAGES: usize = 5_000;

/// Leaves out what nobody would read: warnings before errors, the last first.
fn leave_out_most(diagnostics: &mut Vec<Diagnostic>) {
    let surplus = diagnostics.len().saturating_sub(MESSAGES);
    if surplus == 0 {
        return;
    }
    diagnostics.sort_by_key(|diagnostic| !diagnostic.is_error());
    diagnostics.truncate(MESSAGES);
    bartizan_base::diagnostic::sort(diagnostics);
    let message = format!("{surplus} more messages are not shown");
    diagnostics.push(Diagnostic::new(Severity::Note, codes::MORE_MESSAGES, None, message));
}

/// Codes of the notes that say how many messages are not shown.
const ENOUGH: [&str; 4] = [
    codes::MORE_MESSAGES,
    bartizan_config::xml::codes::FURTHER_MESSAGES,
    bartizan_decode::load::code::MORE_MESSAGES,
    bartizan_rules::load::codes::MORE_MESSAGES,
];

/// Loads a site that is to be used: errors are shown, and nothing starts half-loaded. Warnings are shown when
/// `with_warnings`, else counted.
pub(crate) fn open(common: &Common, with_warnings: bool) -> anyhow::Result<Site> {
    let console = Console::new(common.color);
    let (site, warnings) = match load(common).usable() {
        Ok(usable) => usable,
        Err(shown) => {
            show::diagnostics(&shown, console);
            bail!("{}; nothing was started", errors(&shown));
        }
    };
    if with_warnings {
        show::diagnostics(&warnings, console);
    } else if !warnings.is_empty() {
        show::complain(&format!(
            "bartizan: {} warning(s) about the configuration; `bartizan check` shows them",
            warnings.len()
        ));
    }
    Ok(site)
}

/// How many errors there are, in words.
pub(crate) fn errors(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count().max(1);
    format!("the configuration has {errors} error(s)")
}

impl Loaded {
    /// The site, and warnings about it.
    ///
    /// # Errors
    ///
    /// What makes it unusable.
    pub(crate) fn usable(self) -> Result<(Site, Vec<Diagnostic>), Vec<Diagnostic>> {
        let Self { home, configuration_file, configuration, options, ruleset, .. } = self;
        let mut diagnostics = self.diagnostics;
        let Some(ruleset) = ruleset else {
            // With a note about errors that are not shown.
            diagnostics.retain(|d| d.is_error() || ENOUGH.contains(&d.code));
            return Err(diagnostics);
        };
        diagnostics.retain(|d| d.severity == Severity::Warning);
        let not_yet = diagnostics.iter().filter(|warning| warning.code == codes::NOT_YET);
        let not_yet =
            not_yet.map(|warning| match warning.message.split_once(" is accepted, but") {
                Some((what, _)) => what.to_owned(),
                None => warning.message.clone(),
            });
        let not_yet = not_yet.collect();
        let ruleset = Arc::new(ruleset);
        let site = Site { home, configuration, options, configuration_file, ruleset, not_yet };
        Ok((site, diagnostics))
    }
}

/// The sources of the lists that a configuration declares; `None` when it cannot be read.
pub(crate) fn declared_lists(
    found: &Found,
    dialect: Dialect,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<PathBuf>> {
    let (configuration, mut said) = ossec_conf::load(&found.config, dialect);
    diagnostics.append(&mut said);
    let files = configuration?.rules.files(&found.home, dialect, diagnostics);
    Some(files.lists.into_iter().map(|list| list.text).collect())
}

/// The `<localfile>` blocks as inputs.
pub(crate) fn local_files(configuration: &Configuration) -> Vec<LocalFile> {
    configuration.localfiles.iter().flat_map(inputs_of).collect()
}

/// A block is as many inputs as it has locations; of a command the command line is the location.
fn inputs_of(block: &Localfile) -> Vec<LocalFile> {
    let log_format = block.format.unwrap_or_default();
    let mut locations: Vec<PathBuf> = if log_format.is_command() {
        block.command.iter().map(PathBuf::from).collect()
    } else {
        block.locations.iter().map(|location| location.path.clone()).collect()
    };
    if locations.is_empty() && log_format == LogFormat::Journald {
        locations.push(PathBuf::from("all"));
    }
    let options = Arc::new(block.clone());
    let input = |location| LocalFile {
        log_format,
        location,
        start: Start::End,
        options: Arc::clone(&options),
    };
    locations.into_iter().map(input).collect()
}
