//! From what inputs yield to alerts in files and on the terminal.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bartizan_alert::{Calendar, LocalDate, terminal};
use bartizan_analysis::{Engine, Report, Role, Ruleset, Silence};
use bartizan_base::Timestamp;
use bartizan_collect::line::LOCAL_FILE;
use bartizan_collect::{Notice, Now, Position, Seen, Sources, notice};
use jiff::tz::TimeZone;

use super::RunArgs;
use super::account::Account;
use super::daily_files::DailyFiles;
use super::gathered::Gathered;
use super::places::Places;
use super::silences::Silences;
use super::snapshot;
use super::state_files::StateFiles;
use crate::cli::screen::Screen;
use crate::cli::service::protocol::{OutputStatus, Status};
use crate::cli::site::Site;
use crate::cli::{clock, complain, facts, inform, losses};

/// How long the end of the program waits for a screen that takes nothing.
const SCREEN_PATIENCE: Duration = Duration::from_secs(1);

/// Bytes of alerts that are written before all inputs had their turn.
const WRITE_BYTES: usize = 4 << 20;

/// Where events about our own files come from.
const FILES_LOCATION: &[u8] = b"bartizan";

/// The engine and everything around it.
pub(super) struct Watcher {
    engine: Engine,
    threads: usize,
    gathered: Gathered,
    /// When what is seen now counts as received.
    received: Timestamp,
    told: Told,
    state_files: StateFiles,
    places: Places,
    silences: Silences,
    home: PathBuf,
    /// The file that was read; `None` for the rules that are built in.
    configuration: Option<PathBuf>,
}

/// Whom alerts are told, and what was told.
struct Told {
    calendar: Calendar,
    files: DailyFiles,
    alert_base: u64,
    colour: terminal::Colour,
    shows_from: Option<u16>,
    screen: Screen,
    account: Account,
    /// An alert as the screen shows it.
    shown: Vec<u8>,
    counts: Counts,
    losses: losses::Watch,
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

impl Watcher {
    pub(super) fn new(args: &RunArgs, site: Site, state: &Path) -> anyhow::Result<Self> {
        let server = clock::server_name();
        let mut engine = Engine::new(site.ruleset, Role::Daemon, &server, clock::utc_offset());
        // It locks the folder; only then may anything be put right there.
        let state_files = StateFiles::open(state, &mut engine)?;
        let places = Places::below(state);
        let now = clock::now();
        engine.start(now);
        let mut calendar = Calendar::new(TimeZone::system());
        let today = *calendar.date(now);
        let mut files = DailyFiles::new(state, site.configuration.as_ref(), &site.options);
        files.prepare(&today);
        let alert_base = files.last_number(&today);
        let screen = Screen::stdout().context("cannot start a thread")?;
        let told = Told {
            calendar,
            files,
            alert_base,
            colour: super::colour(args),
            shows_from: (!args.quiet).then_some(args.level),
            screen,
            account: Account::default(),
            shown: Vec::new(),
            counts: Counts::default(),
            losses: losses::Watch::default(),
        };
        let threads = crate::cli::threads(args.threads);
        Ok(Self {
            engine,
            threads,
            gathered: Gathered::default(),
            received: now,
            told,
            state_files,
            places,
            silences: Silences::new(site.options.tolerance(), Instant::now()),
            home: state.to_owned(),
            configuration: site.configuration_file,
        })
    }

    /// The file alerts are written to.
    pub(super) fn alert_file(&self) -> PathBuf {
        self.told.files.alerts()
    }

    /// Reads the clock: what is seen from now on counts as received now.
    pub(super) fn look(&mut self) {
        self.received = clock::now();
        self.silences.turn(Instant::now());
    }

    /// Takes what an input yields. It is analysed with the next [`Watcher::flush`] at the latest.
    pub(super) fn see(&mut self, location: &[u8], seen: Seen<'_>) {
        match seen {
            Seen::Line(line) => {
                self.told.counts.cut += u64::from(line.is_cut);
                self.take(line.kind, location, line.text);
            }
            Seen::Notice(notice) => self.note(location, &notice),
        }
    }

    fn note(&mut self, location: &[u8], notice: &Notice) {
        let name = String::from_utf8_lossy(location).into_owned();
        let number = self.told.account.number(location);
        self.silences.note(number, location, notice);
        if !matches!(notice, Notice::Opened { .. }) {
            complain(&format!("bartizan: {name}: {}", notice.message()));
        }
        if let Some(text) = notice.event_text(Path::new(&name)) {
            self.take(LOCAL_FILE, notice::OWN_LOCATION.as_bytes(), text.as_bytes());
        }
    }

    fn take(&mut self, kind: u8, location: &[u8], line: &[u8]) {
        let source = self.told.account.take(location);
        self.silences.hear(source, location);
        self.gathered.push(kind, location, line, self.received);
        if self.gathered.is_full() {
            self.analyse();
            // Without a record of places: were it killed now, these lines would be read and written anew.
            if self.told.files.most_waiting() > WRITE_BYTES {
                self.told.files.flush();
            }
        }
    }

    /// Analyses what was gathered.
    fn analyse(&mut self) {
        while !self.gathered.is_empty() {
            let threads = if self.gathered.is_much() { self.threads } else { 1 };
            let (gathered, told) = (&mut self.gathered, &mut self.told);
            let result = self.engine.analyse_all(
                threads,
                &mut |batch| gathered.next(batch),
                &mut |engine, report| told.tell(engine, report),
            );
            if let Err(error) = result {
                complain(&format!("bartizan: {error}; going on with one thread"));
                self.threads = 1;
                self.told.account.lose_all_but(self.gathered.lines());
            }
        }
    }

    /// Goes on with another configuration, between two events. Gives the rules that were in force.
    pub(super) fn change(&mut self, site: Site) -> Arc<Ruleset> {
        self.analyse();
        let old = Arc::clone(self.engine.ruleset());
        self.engine.swap(site.ruleset);
        self.told.files.change(&self.home, site.configuration.as_ref(), &site.options);
        self.told.files.prepare(&self.told.calendar.date(self.received).to_owned());
        self.silences.change(site.options.tolerance());
        self.configuration = site.configuration_file;
        old
    }

    /// How it is going, and where each source was read to. What only the moment of telling knows is left out.
    pub(super) fn status(&self, sources: &Sources) -> (Status, Vec<(usize, Position)>) {
        let ruleset = self.engine.ruleset();
        let (told, places) = snapshot::sources(&self.told.account, &self.silences, sources);
        let screen = OutputStatus {
            output: "terminal".to_owned(),
            dropped_entries: self.told.screen.lost(),
            ..OutputStatus::default()
        };
        let losses = self.engine.counters().losses();
        let status = Status {
            home: self.home.display().to_string(),
            configuration: self.configuration.as_ref().map(|path| path.display().to_string()),
            rules: ruleset.rules.rules.len(),
            decoders: ruleset.decoders.table().infos.len().saturating_sub(1),
            threads: self.threads,
            lines: snapshot::lines(&self.told.account.sum()),
            alerts: self.told.counts.alerts,
            sources: told,
            outputs: self.told.files.outputs().chain([screen]).collect(),
            memory: losses::object(&self.engine.stores()),
            lost: losses.iter().map(|&(count, what)| (what.to_owned(), count)).collect(),
            ..Status::default()
        };
        (status, places)
    }

    /// Lets `sources` go on where an earlier run stopped.
    pub(super) fn resume(&mut self, sources: &mut Sources) {
        self.places.resume(sources);
    }

    /// Analyses and writes what came together since the last call: files first, then the terminal. What the engine
    /// learned is written after the alerts that came of it, and places when everything is. True when it is.
    pub(super) fn flush(&mut self, sources: &mut Sources) -> bool {
        for event in self.told.files.take_events() {
            self.take(LOCAL_FILE, FILES_LOCATION, event.as_bytes());
        }
        self.tell_of_silence(sources);
        self.analyse();
        self.places.commit(self.told.files.growths(), sources);
        let is_written = self.write();
        if is_written {
            self.places.save_if_due(sources, Now::read());
        }
        is_written
    }

    /// Has rules hear of sources that are not heard any more, and of those that are again.
    fn tell_of_silence(&mut self, sources: &Sources) {
        self.silences.look(&self.told.account, |location| {
            let is_file = location.first() == Some(&b'/');
            !is_file || sources.counts().any(|(read, _)| read == location)
        });
        for event in self.silences.take_events() {
            self.take(LOCAL_FILE, notice::OWN_LOCATION.as_bytes(), event.as_bytes());
        }
    }

    /// The same at the end, with the places where the next run goes on.
    pub(super) fn finish(&mut self, positions: Vec<Position>) -> bool {
        self.analyse();
        let is_written = self.write();
        if is_written {
            self.places.save(positions, Now::read());
        }
        is_written
    }

    /// Writes what waits. True when everything is on disk.
    fn write(&mut self) -> bool {
        let is_written = self.told.files.flush();
        if is_written {
            self.state_files.save(&mut self.engine, &mut self.told.calendar);
        }
        self.told.screen.flush();
        if let Some(notice) = self.told.losses.notice(&self.engine, self.received) {
            complain(&notice);
        }
        is_written
    }

    /// The last line, with what happened.
    pub(super) fn say_goodbye(&mut self) {
        let Counts { lines, alerts, cut, refused, duplicates } = self.told.counts;
        let mut text = format!("bartizan: stopped after {lines} events and {alerts} alerts");
        let lost = self.told.files.unwritten();
        let unseen = self.told.screen.finish(SCREEN_PATIENCE);
        let own = [
            (duplicates, "repeated"),
            (cut, "cut"),
            (refused, "refused"),
            (lost, "entries not written"),
            (unseen, "alerts not shown"),
        ];
        text += &losses::list(&own);
        text += &losses::list(&self.engine.counters().losses());
        inform(&text);
    }
}

impl Told {
    /// Takes what became of an event.
    fn tell(&mut self, engine: &Engine, report: &Report) {
        self.counts.lines += 1;
        self.account.settle(report.class());
        self.counts.cut += u64::from(report.was_cut);
        let event = engine.event();
        self.note_silence(event.bytes(event.location), report.silence);
        let date = *self.calendar.date(event.time);
        facts::alerts(engine, report, &date, self.alert_base, |alert| {
            self.counts.alerts += 1;
            self.files.add_alert(alert);
            if self.shows_from.is_some_and(|level| alert.rule.level >= level) {
                self.shown.clear();
                terminal::write(alert, self.colour, &mut self.shown);
                self.shown.push(b'\n');
                self.screen.add(&self.shown);
            }
        });
        self.file(engine, report, &date);
    }

    fn note_silence(&mut self, location: &[u8], silence: Option<Silence>) {
        let why = match silence {
            Some(Silence::Refused(error)) => error.to_string(),
            Some(Silence::Malformed) => "the message has not the form of its type".to_owned(),
            Some(Silence::Database(error)) => format!("its database cannot be used: {error}"),
            Some(Silence::Duplicate) => {
                self.counts.duplicates += 1;
                return;
            }
            _ => return,
        };
        // Anybody can cause it, so it is told once, and counted.
        if self.counts.refused == 0 {
            let location = String::from_utf8_lossy(location);
            complain(&format!("bartizan: {location}: {why}; further ones are only counted"));
        }
        self.counts.refused += 1;
    }

    /// Writes the event where events go that need be no alert.
    fn file(&mut self, engine: &Engine, report: &Report, date: &LocalDate) {
        let ruleset = engine.ruleset();
        let event = facts::event(engine, date);
        if report.logs_firewall {
            self.files.add_firewall(&event);
        }
        if report.is_archived() {
            let rule = report.fired_rule().map(|index| ruleset.rules.rule(index));
            let rule = rule.map(|rule| facts::rule(rule, report.fired_times));
            self.files.add_archived(&event, rule.as_ref());
        }
    }
}

#[cfg(test)]
mod tests;
