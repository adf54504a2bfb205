//! The daily files of alerts, archives and firewalls, and what they have still to take.

use std::path::{Path, PathBuf};

use bartizan_alert::custom::Template;
use bartizan_alert::{Alert, EventFacts, LocalDate, RuleFacts, archive, firewall, json, text};
use bartizan_config::Configuration;
use bartizan_output::{DatedFile, Kind};

use crate::cli::complain;

/// Text that waits for a disk with room, at most, in bytes and for each file. Beyond it entries are dropped
/// and counted.
const WAITING_BYTES: usize = 16 << 20;

/// All daily files. The archives are only there where the configuration asks for them.
pub(super) struct DailyFiles {
    alert_text: Daily,
    alert_json: Daily,
    firewall: Daily,
    archive_text: Option<Daily>,
    archive_json: Option<Daily>,
    template: Option<Template>,
}

impl DailyFiles {
    /// The files below `home` that a configuration asks for.
    pub(super) fn new(home: &Path, configuration: Option<&Configuration>) -> Self {
        let global = configuration.map(|configuration| &configuration.global);
        let daily = |kind| Daily::new(home, kind);
        Self {
            alert_text: daily(Kind::AlertText),
            alert_json: daily(Kind::AlertJson),
            firewall: daily(Kind::FirewallText),
            archive_text: global.filter(|g| g.logall).map(|_| daily(Kind::ArchiveText)),
            archive_json: global.filter(|g| g.logall_json).map(|_| daily(Kind::ArchiveJson)),
            template: global
                .and_then(|global| global.custom_alert_output.as_deref())
                .map(Template::parse),
        }
    }

    /// The undated name of the file that a person reads alerts in.
    pub(super) fn alerts(&self) -> PathBuf {
        self.alert_text.file.link()
    }

    /// Bytes of alerts of that day.
    pub(super) fn size(&self, date: &LocalDate) -> u64 {
        self.alert_text.file.size(date)
    }

    pub(super) fn add_alert(&mut self, alert: &Alert<'_>) {
        let date = alert.event.date;
        let template = self.template.as_ref();
        self.alert_text.add(date, |out| match template {
            Some(template) => template.write(alert, out),
            None => text::write(alert, out),
        });
        self.alert_json.add(date, |out| json::write(alert, out));
    }

    /// Adds an event to the archives; `rule` is the one that fired.
    pub(super) fn add_archived(&mut self, event: &EventFacts<'_>, rule: Option<&RuleFacts<'_>>) {
        if let Some(file) = &mut self.archive_text {
            file.add(event.date, |out| {
                archive::write_text(event, out);
            });
        }
        if let Some(file) = &mut self.archive_json {
            file.add(event.date, |out| archive::write_json(event, rule, out));
        }
    }

    pub(super) fn add_firewall(&mut self, event: &EventFacts<'_>) {
        self.firewall.add(event.date, |out| {
            firewall::write_line(event, out);
        });
    }

    /// Writes what waits.
    pub(super) fn flush(&mut self) {
        self.all().for_each(Daily::flush);
    }

    /// Entries that were dropped.
    pub(super) fn dropped(&mut self) -> u64 {
        self.all().map(|file| file.dropped).sum()
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Daily> {
        [&mut self.alert_text, &mut self.alert_json, &mut self.firewall]
            .into_iter()
            .chain(&mut self.archive_text)
            .chain(&mut self.archive_json)
    }
}

/// One of the files and what it has still to take.
struct Daily {
    file: DatedFile,
    waiting: Vec<u8>,
    date: Option<LocalDate>,
    is_failing: bool,
    dropped: u64,
}

impl Daily {
    fn new(home: &Path, kind: Kind) -> Self {
        let file = DatedFile::new(home, kind);
        Self { file, waiting: Vec::new(), date: None, is_failing: false, dropped: 0 }
    }

    /// Adds an entry; those of one day are written together.
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
                        "bartizan: {} can be written again; {} entries were not written",
                        path.display(),
                        self.dropped
                    ));
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut self.is_failing, true) {
                    complain(&format!("bartizan: {error}; entries are kept and written later"));
                }
            }
        }
    }
}
