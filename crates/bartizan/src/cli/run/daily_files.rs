//! The daily files of alerts, archives and firewalls, and what they have still to take.

use std::path::{Path, PathBuf};
use std::time::Instant;

use bartizan_alert::custom::Template;
use bartizan_alert::{
    Alert, Calendar, EventFacts, LocalDate, RuleFacts, archive, firewall, json, text,
};
use bartizan_base::source::open_regular;
use bartizan_config::Configuration;
use bartizan_config::internal_options::InternalOptions;
use bartizan_config::ossec_conf::global::Global;
use bartizan_output::{DatedFile, Day, Kind};
use jiff::tz::TimeZone;

use super::commits::Growth;
use super::daily::Daily;
use super::keeper::Keeper;
use crate::cli::clock;
use crate::cli::service::protocol::OutputStatus;

/// How far back the last alert is looked for, in bytes.
const TAIL_BYTES: u64 = 256 << 10;

/// All daily files. JSON and the archives are only there where the configuration asks for them.
pub(super) struct DailyFiles {
    alert_text: Daily,
    alert_json: Option<Daily>,
    firewall: Daily,
    archive_text: Option<Daily>,
    archive_json: Option<Daily>,
    template: Option<Template>,
    keeper: Keeper,
    calendar: Calendar,
    /// What the files of the last run say about how far alerts were numbered.
    earlier_number: u64,
    /// Entries that files which are wanted no longer did not take.
    retired: u64,
}

impl DailyFiles {
    /// The files below `home` that a configuration asks for.
    pub(super) fn new(
        home: &Path,
        configuration: Option<&Configuration>,
        options: &InternalOptions,
    ) -> Self {
        let built_in = Global { jsonout_output: true, ..Global::default() };
        let global = configuration.map_or(&built_in, |configuration| &configuration.global);
        let daily = |kind| Daily::new(DatedFile::new(home, kind));
        let template = global.custom_alert_output.as_deref().map(Template::parse);
        let alerts = DatedFile::new(home, Kind::AlertText);
        let alerts = if template.is_some() { alerts.with_lines() } else { alerts };
        Self {
            alert_text: Daily::new(alerts),
            alert_json: global.jsonout_output.then(|| daily(Kind::AlertJson)),
            firewall: daily(Kind::FirewallText),
            archive_text: global.logall.then(|| daily(Kind::ArchiveText)),
            archive_json: global.logall_json.then(|| daily(Kind::ArchiveJson)),
            template,
            keeper: Keeper::new(home, options.keeping()),
            calendar: Calendar::new(TimeZone::system()),
            // The links name other files as soon as today's are opened.
            earlier_number: number_below(home),
            retired: 0,
        }
    }

    /// Does what another configuration asks for. What waits is written first; what still waits after that goes with a file
    /// that is wanted no longer.
    pub(super) fn change(
        &mut self,
        home: &Path,
        configuration: Option<&Configuration>,
        options: &InternalOptions,
    ) {
        self.flush();
        self.keeper.change(options.keeping());
        let fresh = Self::new(home, configuration, options);
        if self.template.is_some() != fresh.template.is_some() {
            self.retired += self.alert_text.unwritten();
            self.alert_text = fresh.alert_text;
        }
        self.template = fresh.template;
        let optional = [
            (&mut self.alert_json, fresh.alert_json),
            (&mut self.archive_text, fresh.archive_text),
            (&mut self.archive_json, fresh.archive_json),
        ];
        for (file, fresh) in optional {
            if file.is_some() != fresh.is_some() {
                self.retired += file.as_ref().map_or(0, Daily::unwritten);
                *file = fresh;
            }
        }
    }

    /// Opens the files of today, so that one that cannot be written is known before it is needed. Not that
    /// of firewalls, which most machines have no use for.
    pub(super) fn prepare(&mut self, today: &LocalDate) {
        let others = [&mut self.alert_json, &mut self.archive_text, &mut self.archive_json];
        let files = std::iter::once(&mut self.alert_text).chain(others.into_iter().flatten());
        files.for_each(|file| file.prepare(today));
    }

    /// The undated name of the file that a person reads alerts in.
    pub(super) fn alerts(&self) -> PathBuf {
        self.alert_text.file.link()
    }

    /// A number from which alerts can be numbered on, so that none comes again after a restart within a
    /// second, nor when the clock is set back (rules 10.2): that of the last alert, or the size of its file, which
    /// grows by far more than one for each.
    pub(super) fn last_number(&self, today: &LocalDate) -> u64 {
        self.alert_text.file.len(today).max(self.earlier_number)
    }

    pub(super) fn add_alert(&mut self, alert: &Alert<'_>) {
        let date = alert.event.date;
        let template = self.template.as_ref();
        self.alert_text.add(date, |out| match template {
            Some(template) => template.write(alert, out),
            None => text::write(alert, out),
        });
        if let Some(file) = &mut self.alert_json {
            file.add(date, |out| json::write(alert, out));
        }
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

    /// By what the files will grow with the next [`DailyFiles::flush`].
    pub(super) fn growths(&mut self) -> Vec<Growth> {
        self.all().flat_map(|file| file.growths()).collect()
    }

    /// Bytes that wait in the file that has most of them.
    pub(super) fn most_waiting(&mut self) -> usize {
        self.all().map(|file| file.waiting_bytes()).max().unwrap_or(0)
    }

    /// Writes what waits. True when everything is on disk.
    pub(super) fn flush(&mut self) -> bool {
        self.all().for_each(Daily::flush);
        let is_written = self.all().all(|file| file.waiting_bytes() == 0);
        let (now, today) = (Instant::now(), Day::from(self.calendar.date(clock::now())));
        if self.keeper.is_due(now, today, is_written) {
            self.all().for_each(|file| file.file.close_before(today));
            self.keeper.start(now, today);
        }
        is_written
    }

    /// What happened to files that rules should hear of, since the last call.
    pub(super) fn take_events(&mut self) -> Vec<String> {
        let mut events = self.keeper.take_events(Instant::now());
        self.all().for_each(|file| events.append(&mut file.take_events()));
        events
    }

    /// Entries that are not on disk, whether given up or still waiting.
    pub(super) fn unwritten(&mut self) -> u64 {
        self.retired + self.all().map(|file| file.unwritten()).sum::<u64>()
    }

    /// How each file does.
    pub(super) fn outputs(&self) -> impl Iterator<Item = OutputStatus> {
        let optional = [&self.alert_json, &self.archive_text, &self.archive_json];
        let always = [&self.alert_text, &self.firewall];
        always.into_iter().chain(optional.into_iter().flatten()).map(Daily::status)
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Daily> {
        [&mut self.alert_text, &mut self.firewall]
            .into_iter()
            .chain(&mut self.alert_json)
            .chain(&mut self.archive_text)
            .chain(&mut self.archive_json)
    }
}

/// The highest number that the undated files below `home` tell of.
fn number_below(home: &Path) -> u64 {
    let text = Kind::AlertText.link_below(home);
    let size = std::fs::metadata(&text).map_or(0, |metadata| metadata.len());
    let text = number_after(&text, b"\n** Alert ").unwrap_or(0);
    let json = number_after(&Kind::AlertJson.link_below(home), b"\"id\":\"").unwrap_or(0);
    size.max(text).max(json)
}

/// The number behind the last `mark` of a file: `<mark><epoch>.<number>`.
fn number_after(path: &Path, mark: &[u8]) -> Option<u64> {
    use std::os::unix::fs::FileExt as _;
    let file = open_regular(std::fs::OpenOptions::new().read(true), path).ok()?;
    let length = file.metadata().ok()?.len();
    let start = length.saturating_sub(TAIL_BYTES);
    // The first record of a file has no line feed before it.
    let mut tail = vec![b'\n'; usize::try_from(length - start).ok()? + 1];
    file.read_exact_at(tail.get_mut(1..)?, start).ok()?;
    let at = tail.windows(mark.len()).rposition(|window| window == mark)?;
    let id = tail.get(at + mark.len()..)?;
    let number = id.splitn(2, |&byte| byte == b'.').nth(1)?;
    let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(number.get(..digits)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, mark: &str, expected: Option<u64>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, text).unwrap();
        assert_eq!(number_after(&path, mark.as_bytes()), expected, "{text}");
    }

    #[test]
    fn the_last_number_of_a_file_is_found() {
        let text = "\n** Alert ";
        check("** Alert 1795601670.17: - t,\n2026\n\n", text, Some(17));
        check("** Alert 1.2: - t,\nx\n\n** Alert 1.3: mail  - t,\n** Alerts\n\n", text, Some(3));
        check("** Alert 1", text, None);
        check("", text, None);
        check(
            "{\"rule\":{\"sidid\":5},\"id\":\"1.44\",\"full_log\":\"\\\"id\\\":\\\"1.99\"}\n",
            "\"id\":\"",
            Some(44),
        );
        assert_eq!(number_after(Path::new("/nowhere"), b"x"), None);
    }
}
