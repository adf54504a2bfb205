//! From what inputs yield to alerts in files and on the terminal.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use bartizan_alert::{Alert, AlertId, Calendar, LocalDate, json, terminal, text};
use bartizan_analysis::{Engine, Input, Report, Role};
use bartizan_base::Timestamp;
use bartizan_collect::{Notice, Seen, notice};
use bartizan_output::{DatedFile, Kind};
use jiff::tz::TimeZone;

use super::RunArgs;
use super::state_files::StateFiles;
use crate::cli::site::Site;
use crate::cli::{clock, complain, facts};

/// Alert text that waits for a disk with room, at most, in bytes. Beyond it alerts are dropped and counted.
const WAITING_BYTES: usize = 16 << 20;

/// The engine and everything around it.
pub(super) struct Watcher {
    engine: Engine,
    calendar: Calendar,
    files: [AlertFile; 2],
    state_files: StateFiles,
    alert_base: u64,
    colour: terminal::Colour,
    shows_from: Option<u16>,
    screen: Vec<u8>,
    counts: Counts,
}

/// What happened, for the last line.
#[derive(Debug, Default)]
struct Counts {
    lines: u64,
    alerts: u64,
    cut: u64,
    refused: u64,
    duplicates: u64,
}

/// One of the alert files and what it has still to take.
struct AlertFile {
    file: DatedFile,
    waiting: Vec<u8>,
    date: Option<LocalDate>,
    is_failing: bool,
    dropped: u64,
}

impl Watcher {
    pub(super) fn new(args: &RunArgs, site: Site, state: &Path) -> anyhow::Result<Self> {
        let server = clock::server_name();
        let mut engine = Engine::new(site.ruleset, Role::Daemon, &server, clock::utc_offset());
        let state_files = StateFiles::open(state, engine.state_mut())?;
        let mut calendar = Calendar::new(TimeZone::system());
        let files = [Kind::AlertText, Kind::AlertJson].map(|kind| AlertFile {
            file: DatedFile::new(state, kind),
            waiting: Vec::new(),
            date: None,
            is_failing: false,
            dropped: 0,
        });
        // An alert's number must not come again after a restart within a second: it goes on from the size of
        // today's file, which grows by far more than one for each alert (rules 10.2).
        let today = *calendar.date(clock::now());
        let alert_base = files[0].file.size(&today);
        Ok(Self {
            engine,
            calendar,
            files,
            state_files,
            alert_base,
            colour: super::colour(args),
            shows_from: (!args.quiet).then_some(args.level),
            screen: Vec::new(),
            counts: Counts::default(),
        })
    }

    /// The folder alerts are written to.
    pub(super) fn alert_files(&self) -> PathBuf {
        self.files[0].file.link()
    }

    /// Takes what an input yields.
    pub(super) fn see(&mut self, location: &[u8], seen: Seen<'_>) {
        match seen {
            Seen::Line(line) => {
                self.counts.cut += u64::from(line.is_cut);
                self.analyse(location, line.text, clock::now());
            }
            Seen::Notice(notice) => self.note(location, &notice),
        }
    }

    fn note(&mut self, location: &[u8], notice: &Notice) {
        let name = String::from_utf8_lossy(location).into_owned();
        if !matches!(notice, Notice::Opened { .. }) {
            complain(&format!("bartizan: {name}: {}", notice.message()));
        }
        if let Some(text) = notice.event_text(Path::new(&name)) {
            self.analyse(notice::OWN_LOCATION.as_bytes(), text.as_bytes(), clock::now());
        }
    }

    fn analyse(&mut self, location: &[u8], line: &[u8], time: Timestamp) {
        self.counts.lines += 1;
        let report = self.engine.analyse(Input { kind: b'1', location, text: line, time });
        self.counts.cut += u64::from(report.was_cut);
        match report.silence {
            Some(bartizan_analysis::Silence::Duplicate) => self.counts.duplicates += 1,
            Some(bartizan_analysis::Silence::Refused(error)) => {
                self.counts.refused += 1;
                complain(&format!("bartizan: {}: {error}", String::from_utf8_lossy(location)));
            }
            _ => {}
        }
        if report.alerts() {
            self.tell(&report, time);
        }
    }

    fn tell(&mut self, report: &Report, time: Timestamp) {
        let ruleset = self.engine.ruleset();
        let Some(rule) = report.rule.map(|index| ruleset.rules.rule(index)) else { return };
        let date = *self.calendar.date(time);
        let context = &self.engine.state().context;
        let alert = Alert {
            event: facts::event(&self.engine, &date),
            rule: facts::rule(rule, report.fired_times),
            id: AlertId { epoch: time.0, n: self.alert_base + report.alert_number },
            context: &|at| context.get(at),
        };
        self.counts.alerts += 1;
        let [text_file, json_file] = &mut self.files;
        text_file.add(&date, |out| text::write(&alert, out));
        json_file.add(&date, |out| json::write(&alert, out));
        if self.shows_from.is_some_and(|level| rule.level >= level) {
            terminal::write(&alert, self.colour, &mut self.screen);
            self.screen.push(b'\n');
        }
    }

    /// Writes what came together since the last call: files first, then the terminal.
    pub(super) fn flush(&mut self) {
        for file in &mut self.files {
            file.flush();
        }
        self.state_files.save(self.engine.state_mut());
        if !self.screen.is_empty() {
            let mut out = std::io::stdout().lock();
            // A closed terminal is no reason to stop watching: the files have the alerts.
            let _ = out.write_all(&self.screen).and_then(|()| out.flush());
            self.screen.clear();
        }
    }

    /// The last line, with what happened.
    pub(super) fn say_goodbye(&self) {
        let Counts { lines, alerts, cut, refused, duplicates } = self.counts;
        let mut text = format!("bartizan: stopped after {lines} events and {alerts} alerts");
        let lost: u64 = self.files.iter().map(|file| file.dropped).sum();
        for (count, what) in [
            (duplicates, "repeated"),
            (cut, "cut"),
            (refused, "refused"),
            (lost, "alerts not written"),
        ] {
            if count > 0 {
                text += &format!(", {count} {what}");
            }
        }
        complain(&text);
    }
}

impl AlertFile {
    /// Adds an alert; those of one day are written together.
    fn add(&mut self, date: &LocalDate, write: impl FnOnce(&mut Vec<u8>)) {
        let day = |date: &LocalDate| (date.year, date.month, date.day);
        if self.date.is_some_and(|last| day(&last) != day(date)) {
            self.flush();
        }
        if self.waiting.len() > WAITING_BYTES {
            self.dropped += 1;
            return;
        }
        self.date = Some(*date);
        write(&mut self.waiting);
    }

    /// Writes what waits. When that fails it is said once, and tried again at the next call.
    fn flush(&mut self) {
        let Some(date) = self.date.filter(|_| !self.waiting.is_empty()) else { return };
        match self.file.append(&date, &self.waiting) {
            Ok(()) => {
                self.waiting.clear();
                if std::mem::take(&mut self.is_failing) {
                    let path = self.file.link();
                    complain(&format!(
                        "bartizan: {} can be written again; {} alerts were not written",
                        path.display(),
                        self.dropped
                    ));
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut self.is_failing, true) {
                    complain(&format!("bartizan: {error}; alerts are kept and written later"));
                }
            }
        }
    }
}
