//! A daemon around the engine: what it writes for a case.

use std::sync::Arc;

use bartizan_alert::{
    Alert, AlertId, Calendar, EventFacts, LocalDate, RuleFacts, archive, facts, firewall, json,
    text,
};
use bartizan_analysis::{AverageFile, Engine, Excess, Report, Role, Ruleset};
use bartizan_base::{Event, Timestamp};
use bartizan_rules::Rule;
use jiff::tz::TimeZone;

use crate::case::{Case, Files};
use crate::home::Home;
use crate::site::Wanted;

const FIRST_SEEN: &str = "queue/fts/fts-queue";
const IGNORED: &str = "queue/fts/ig-queue";

/// The undated names of [`DATED`].
pub(crate) const KINDS: [&str; 5] =
    ["alerts.log", "alerts.json", "archives.log", "archives.json", "firewall.log"];

/// Kinds of dated files: the folder below `logs`, the beginning of dated names, the ending.
const DATED: [(&str, &str, &str); 5] = [
    ("alerts", "ossec-alerts", "log"),
    ("alerts", "ossec-alerts", "json"),
    ("archives", "ossec-archive", "log"),
    ("archives", "ossec-archive", "json"),
    ("firewall", "ossec-firewall", "log"),
];
const ALERT_TEXT: usize = 0;
const ALERT_JSON: usize = 1;
const ARCHIVE_TEXT: usize = 2;
const ARCHIVE_JSON: usize = 3;
const FIREWALL: usize = 4;

struct Daemon {
    engine: Engine,
    calendar: Calendar,
    home: Home,
    wanted: Wanted,
    /// The last day that has begun.
    today: Timestamp,
}

/// The files that are there after the case and were not there before.
pub(crate) fn run(case: &Case, ruleset: Arc<Ruleset>, wanted: Wanted) -> Files {
    let home = Home::new(case.existing.clone());
    let mut engine = Engine::new(ruleset, Role::Daemon, b"vm", |_| 0);
    engine.keep_databases_in(Box::new(home.clone()));
    load(&mut engine, &home);
    engine.start(case.start);
    let calendar = Calendar::new(TimeZone::UTC);
    let mut daemon = Daemon { engine, calendar, home, wanted, today: case.start };
    for datagram in &case.datagrams {
        let report = daemon.engine.analyse_datagram(&datagram.data, datagram.time);
        daemon.write(&report, datagram.time);
        daemon.save();
    }
    daemon.files(&case.existing)
}

fn load(engine: &mut Engine, home: &Home) {
    engine.statistics_mut().keep_journals();
    let state = engine.state_mut();
    state.keep_journals();
    state.first_seen.load(&home.read(FIRST_SEEN).unwrap_or_default());
    state.ignore_list.load(&home.read(IGNORED).unwrap_or_default());
    state.diffs = Box::new(home.clone());
    for file in AverageFile::all() {
        if let Some(text) = home.read(&format!("stats/{}", file.path())) {
            engine.statistics_mut().load(file, &text);
        }
    }
}

impl Daemon {
    fn write(&mut self, report: &Report, time: Timestamp) {
        let date = *self.calendar.date(time);
        if report.is_archived() || self.engine.ruleset().settings.dialect.is_2_8() {
            self.today = self.today.max(time);
        }
        if let Some((excess, number)) = &report.excess {
            self.write_excess(excess, AlertId { epoch: time.0, n: *number }, &date);
        }
        let ruleset = Arc::clone(self.engine.ruleset());
        let event = event_facts(&ruleset, self.engine.event(), &date);
        let rule = |index| rule_facts(ruleset.rules.rule(index), report.fired_times);
        if report.logs_firewall {
            self.add(FIREWALL, &date, |out| {
                assert!(firewall::write_line(&event, out));
            });
        }
        if let (true, Some(rule)) = (report.alerts(), report.rule.map(rule)) {
            let context = &self.engine.state().context;
            let id = AlertId { epoch: time.0, n: report.alert_number };
            let alert = Alert { event, rule, id, context: &|at| context.get(at) };
            self.write_alert(&alert, &date);
        }
        if report.is_archived() && self.wanted.archives {
            self.add(ARCHIVE_TEXT, &date, |out| {
                archive::write_text(&event, out);
            });
        }
        if report.is_archived() && self.wanted.archives_json {
            let rule = report.fired_rule().map(rule);
            self.add(ARCHIVE_JSON, &date, |out| archive::write_json(&event, rule.as_ref(), out));
        }
    }

    /// The alert about too many events, with the flags that thresholds give any rule of its level.
    fn write_excess(&self, excess: &Excess, id: AlertId, date: &LocalDate) {
        let ruleset = self.engine.ruleset();
        let event = self.engine.event_in_excess(excess);
        let settings = &ruleset.settings;
        let level = settings.statistics.level;
        let rule = RuleFacts {
            id: Excess::RULE,
            level,
            description: Some(Excess::DESCRIPTION),
            group: Excess::GROUP,
            mails: level >= settings.rules.email_alert_level,
            ..RuleFacts::default()
        };
        if level >= settings.rules.log_alert_level {
            let event = event_facts(ruleset, &event, date);
            self.write_alert(&Alert { event, rule, id, context: &facts::no_context }, date);
        }
    }

    fn write_alert(&self, alert: &Alert<'_>, date: &LocalDate) {
        self.add(ALERT_TEXT, date, |out| match &self.wanted.custom {
            Some(template) => template.write(alert, out),
            None => text::write(alert, out),
        });
        if self.wanted.alerts_json {
            self.add(ALERT_JSON, date, |out| json::write(alert, out));
        }
    }

    fn add(&self, kind: usize, date: &LocalDate, write: impl FnOnce(&mut Vec<u8>)) {
        let mut text = Vec::new();
        write(&mut text);
        self.home.append(&dated(kind, date), &text);
    }

    /// Writes what the engine learned.
    fn save(&mut self) {
        let state = self.engine.state_mut();
        self.home.append(FIRST_SEEN, &state.first_seen.take_fresh());
        self.home.append(IGNORED, &state.ignore_list.take_fresh());
        let statistics = self.engine.statistics_mut();
        for totals in statistics.take_totals() {
            let date = self.calendar.date(totals.day);
            let (year, month, day) = (date.year, date.month_name(), date.day);
            let path = format!("stats/totals/{year}/{month}/ossec-totals-{day:02}.log");
            self.home.append(&path, &totals.text);
        }
        for file in statistics.take_changed() {
            let text = statistics.text(file).into_bytes();
            self.home.files().insert(format!("stats/{}", file.path()), text);
        }
    }

    /// What was written, today's files by their undated names.
    fn files(&mut self, existing: &Files) -> Files {
        let mut files = std::mem::take(&mut *self.home.files());
        files.retain(|path, text| !text.is_empty() && existing.get(path) != Some(text));
        let today = *self.calendar.date(self.today);
        for (kind, undated) in KINDS.into_iter().enumerate() {
            if let Some(text) = files.remove(&dated(kind, &today)) {
                files.insert(undated.to_owned(), text);
            }
        }
        files
    }
}

fn dated(kind: usize, date: &LocalDate) -> String {
    let (folder, name, ending) = DATED[kind];
    let (year, month, day) = (date.year, date.month_name(), date.day);
    format!("logs/{folder}/{year}/{month}/{name}-{day:02}.{ending}")
}

fn event_facts<'a>(ruleset: &'a Ruleset, event: &'a Event, date: &'a LocalDate) -> EventFacts<'a> {
    EventFacts {
        event,
        decoder: ruleset.decoders.table().info(event.decoded.decoder),
        names: ruleset.decoders.field_names(),
        date,
        dialect: ruleset.settings.dialect,
    }
}

fn rule_facts(rule: &Rule, fired_times: u32) -> RuleFacts<'_> {
    RuleFacts {
        id: rule.id,
        level: rule.level,
        description: rule.description.as_deref(),
        group: &rule.group,
        info_text: rule.info_text.as_deref(),
        cve: rule.cve.as_deref(),
        frequency: rule.frequency,
        fired_times,
        mails: rule.mails,
    }
}
