//! Which logs are read: those of the configuration, or those this machine has.

use std::path::Path;
use std::time::SystemTime;

use bartizan_collect::discover::discover;
use bartizan_collect::sources::{Machine, Problem};
use bartizan_collect::{LocalFile, Now, Patience, Seen, Sources, Start};
use bartizan_config::ossec_conf::localfile::LogFormat;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::cli::site::Site;
use crate::cli::{clock, complain, inform};

/// Inputs to read, and what a person should be told about them.
pub(super) struct Inputs {
    settings: Vec<LocalFile>,
    notes: Vec<String>,
}

/// The inputs of `site`.
pub(super) fn find(site: &Site, from_start: bool) -> Inputs {
    let mut inputs = match &site.configuration {
        Some(configuration) => configured(configuration),
        None => discovered(),
    };
    if from_start {
        for setting in &mut inputs.settings {
            setting.start = Start::Beginning;
        }
    }
    inputs
}

fn configured(configuration: &bartizan_config::Configuration) -> Inputs {
    Inputs { settings: crate::cli::site::local_files(configuration), notes: Vec::new() }
}

fn discovered() -> Inputs {
    let found = discover(Path::new("/"), SystemTime::now());
    let mut notes = Vec::new();
    if !found.unreadable.is_empty() {
        let names: Vec<String> = found.unreadable.iter().map(|path| super::shown(path)).collect();
        notes.push(format!("not readable by this user (root sees more): {}", names.join(", ")));
    }
    if let Some(journal) = found.journal.as_ref().filter(|journal| !journal.is_readable) {
        notes.push(format!(
            "the journal in {} is not readable by this user",
            journal.folder.display()
        ));
    }
    if let (Some(log), Some(_)) = (&found.live_syslog, &found.journal) {
        notes.push(format!("the journal is not read: {} holds the same", log.display()));
    }
    Inputs { settings: found.inputs(), notes }
}

impl Inputs {
    /// Inputs that are read from their beginning, for the demonstration.
    pub(super) fn of_files(paths: impl IntoIterator<Item = std::path::PathBuf>) -> Self {
        let setting = |location| LocalFile {
            log_format: LogFormat::Syslog,
            location,
            start: Start::Beginning,
            ..LocalFile::default()
        };
        Self { settings: paths.into_iter().map(setting).collect(), notes: Vec::new() }
    }

    /// Prepares reading.
    pub(super) fn open(&self) -> (Sources, Vec<Problem>) {
        raise_limit_of_files();
        Sources::new(&self.settings, Self::machine(), Patience::default(), Now::read())
    }

    /// Has `sources` read these instead. Those that stay as they were go on undisturbed.
    pub(super) fn change(
        &self,
        sources: &mut Sources,
        sink: &mut dyn FnMut(&[u8], Seen<'_>),
    ) -> Vec<Problem> {
        sources.change(&self.settings, Self::machine(), Patience::default(), Now::read(), sink)
    }

    /// How many there are, as configured.
    pub(super) fn count(&self) -> usize {
        self.settings.len()
    }

    fn machine() -> Machine {
        Machine::new(String::from_utf8_lossy(&clock::server_name()).into_owned())
    }

    /// Says what is read and what is not; true when something is.
    pub(super) fn announce(&self, problems: &[Problem]) -> bool {
        for problem in problems {
            complain(&format!("bartizan: {}: {}", problem.location.display(), problem.reason));
        }
        for note in &self.notes {
            inform(&format!("bartizan: {note}"));
        }
        let is_left_out = |at: usize| {
            problems.iter().any(|problem| problem.setting == at && problem.reason.is_left_out())
        };
        let read = self.settings.iter().enumerate().filter(|(at, _)| !is_left_out(*at));
        let names: Vec<String> = read.map(|(_, setting)| name_of(setting)).collect();
        if names.is_empty() {
            return false;
        }
        inform(&format!("bartizan: watching {}", names.join(", ")));
        true
    }
}

/// As many files may be open as the system lets us (collection 4.4). Where that fails the limit stays: a file
/// beyond it is told as one that cannot be opened, and tried again.
fn raise_limit_of_files() {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    if soft < hard {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

fn name_of(setting: &LocalFile) -> String {
    match setting.log_format {
        LogFormat::Journald => "the journal".to_owned(),
        format if format.is_command() => format!("`{}`", setting.location.display()),
        _ => super::shown(&setting.location),
    }
}
