//! What the program says about itself while it runs, through `tracing`: to standard error, to a file, or to the journal.
//!
//! ```text
//! complain, inform ─▶ tracing ─▶ OwnLog: a line in the form of its place ─▶ Screen: a queue and a thread ─▶ place
//! ```
//!
//! A place that takes nothing costs lines, which are counted, and never stops whoever says something. Commands that
//! end soon write to standard error themselves.

use std::fmt::{self, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;
use bartizan_base::source::open_regular;
use jiff::ZonedDateTime;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::cli::screen::Screen;
use crate::cli::show::tame;

/// How long the end of the program waits for its last words to be written.
const PATIENCE: Duration = Duration::from_secs(1);

/// How the program is called in its own messages.
const NAME: &str = "bartizan: ";

/// Where everything goes, once a log was begun.
static SCREEN: OnceLock<Screen> = OnceLock::new();

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `bartizan: TEXT`, for people.
    Plain,
    /// `<4>TEXT`: the journal takes the level off, and knows who says it.
    Journal,
    /// `2026/11/25 13:00:00 bartizan: INFO: TEXT`, as OSSEC's log.
    Dated,
}

/// Begins the log: in `file`, else on standard error. To be called once, before anything is said.
pub(crate) fn begin(file: Option<&Path>) -> anyhow::Result<()> {
    let (form, screen) = match file {
        Some(path) => {
            let log = LogFile::open(path)
                .with_context(|| format!("cannot open the log {}", path.display()))?;
            (Form::Dated, Screen::new(log))
        }
        None if stderr_is_journal() => (Form::Journal, Screen::new(io::stderr())),
        None => (Form::Plain, Screen::new(io::stderr())),
    };
    let screen = screen.context("cannot start a thread")?;
    let log = OwnLog { form, screen: SCREEN.get_or_init(|| screen) };
    let subscriber = tracing_subscriber::registry().with(log).with(LevelFilter::INFO);
    // Where there is one already, the first stays.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}

/// Says something through the log. False when none was begun.
pub(crate) fn say(level: Level, line: &str) -> bool {
    if SCREEN.get().is_none() {
        return false;
    }
    let text = line.strip_prefix(NAME).unwrap_or(line);
    match level {
        Level::ERROR => tracing::error!("{text}"),
        Level::WARN => tracing::warn!("{text}"),
        _ => tracing::info!("{text}"),
    }
    true
}

/// Waits until everything is written, for a while.
pub(crate) fn finish() {
    if let Some(screen) = SCREEN.get() {
        screen.finish(PATIENCE);
    }
}

/// Lines that could not be written because their place took nothing.
pub(crate) fn lost() -> u64 {
    SCREEN.get().map_or(0, Screen::lost)
}

/// Whether the journal reads our standard error: it says so with the numbers of its socket.
fn stderr_is_journal() -> bool {
    let Some(stream) = std::env::var_os("JOURNAL_STREAM") else { return false };
    let numbers = stream.to_str().and_then(|stream| {
        let (device, inode) = stream.split_once(':')?;
        Some((device.parse::<u64>().ok()?, inode.parse::<u64>().ok()?))
    });
    let own = io::stderr().as_fd().try_clone_to_owned().map(File::from);
    let own = own.and_then(|file| file.metadata()).map(|data| (data.dev(), data.ino()));
    numbers.is_some() && own.ok() == numbers
}

/// Writes events of `tracing` as lines.
struct OwnLog {
    form: Form,
    screen: &'static Screen,
}

impl<S: Subscriber> Layer<S> for OwnLog {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let line = self.form.line(*event.metadata().level(), &message.0, &ZonedDateTime::now());
        self.screen.add(line.as_bytes());
        self.screen.flush();
    }
}

impl Form {
    fn line(self, level: Level, text: &str, now: &ZonedDateTime) -> String {
        let text = tame(text);
        match self {
            Self::Plain => format!("{NAME}{text}\n"),
            Self::Journal => {
                let number = match level {
                    Level::ERROR => 3,
                    Level::WARN => 4,
                    Level::INFO => 6,
                    _ => 7,
                };
                text.lines().map(|line| format!("<{number}>{line}\n")).collect()
            }
            Self::Dated => {
                let time = now.strftime("%Y/%m/%d %H:%M:%S");
                format!("{time} {NAME}{level}: {text}\n")
            }
        }
    }
}

/// The text of an event; other fields follow it.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string does not fail.
        let _ = if field.name() == "message" {
            write!(self.0, "{value:?}")
        } else {
            write!(self.0, " {}={value:?}", field.name())
        };
    }
}

/// A log file. When it was moved away, as those do who rotate logs, a new one is begun.
struct LogFile {
    path: PathBuf,
    file: File,
}

impl LogFile {
    fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), file: Self::file(path)? })
    }

    fn file(path: &Path) -> io::Result<File> {
        open_regular(OpenOptions::new().append(true).create(true).mode(0o660), path)
    }

    fn is_in_place(&self) -> bool {
        let own = self.file.metadata().map(|data| (data.dev(), data.ino()));
        let there = std::fs::metadata(&self.path).map(|data| (data.dev(), data.ino()));
        matches!((own, there), (Ok(own), Ok(there)) if own == there)
    }
}

impl Write for LogFile {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if !self.is_in_place()
            && let Ok(file) = Self::file(&self.path)
        {
            self.file = file;
        }
        self.file.write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_form_of_its_place() {
        let now: ZonedDateTime = "2026-11-25T13:00:00+00:00[UTC]".parse().expect("a time");
        let line = |form: Form, text| form.line(Level::WARN, text, &now);
        assert_eq!(line(Form::Plain, "a\x1b b"), "bartizan: a\\u{1b} b\n");
        assert_eq!(line(Form::Journal, "a\nb"), "<4>a\n<4>b\n");
        assert_eq!(line(Form::Dated, "a"), "2026/11/25 13:00:00 bartizan: WARN: a\n");
        assert_eq!(Form::Journal.line(Level::INFO, "a", &now), "<6>a\n");
    }

    #[test]
    fn a_log_that_was_moved_away_is_begun_anew() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (path, old) = (folder.path().join("log"), folder.path().join("log.1"));
        let mut log = LogFile::open(&path).expect("opened");
        log.write_all(b"one\n").expect("written");
        std::fs::rename(&path, &old).expect("moved");
        log.write_all(b"two\n").expect("written");
        assert_eq!(std::fs::read_to_string(&old).expect("read"), "one\n");
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "two\n");
    }
}
