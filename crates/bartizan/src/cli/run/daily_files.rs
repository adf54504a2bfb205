//! The daily files of alerts, archives and firewalls, and what they have still to take.

use std::path::{Path, PathBuf};

use bartizan_alert::custom::Template;
use bartizan_alert::{Alert, EventFacts, LocalDate, RuleFacts, archive, firewall, json, text};
use bartizan_base::source::open_regular;
use bartizan_config::Configuration;
use bartizan_config::ossec_conf::global::Global;
use bartizan_output::{DatedFile, Kind};

use super::commits::Growth;
use crate::cli::complain;

/// Text that waits for a disk with room, at most, in bytes and for each file. Beyond it entries are dropped
/// and counted.
const WAITING_BYTES: usize = 16 << 20;

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
}

impl DailyFiles {
    /// The files below `home` that a configuration asks for.
    pub(super) fn new(home: &Path, configuration: Option<&Configuration>) -> Self {
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
        }
    }

    /// Opens the files of today, so that one that cannot be written is known before it is needed. Not that
    /// of firewalls, which most machines have no use for.
    pub(super) fn prepare(&mut self, today: &LocalDate) {
        let others = [&mut self.alert_json, &mut self.archive_text, &mut self.archive_json];
        let files = std::iter::once(&mut self.alert_text).chain(others.into_iter().flatten());
        files.for_each(|file| file.append(today));
    }

    /// The undated name of the file that a person reads alerts in.
    pub(super) fn alerts(&self) -> PathBuf {
        self.alert_text.file.link()
    }

    /// A number from which alerts can be numbered on, so that none comes again after a restart within a
    /// second: that of the last alert, or the size of today's file, which grows by far more than one for
    /// each (rules 10.2).
    pub(super) fn last_number(&self, today: &LocalDate) -> u64 {
        let size = self.alert_text.file.len(today);
        let text = number_after(&self.alert_text.file.link(), b"\n** Alert ");
        let json = self.alert_json.as_ref();
        let json = json.and_then(|daily| number_after(&daily.file.link(), b"\"id\":\""));
        size.max(text.unwrap_or(0)).max(json.unwrap_or(0))
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
        self.all().filter_map(|file| file.growth()).collect()
    }

    /// Bytes that wait in the file that has most of them.
    pub(super) fn most_waiting(&mut self) -> usize {
        self.all().map(|file| file.waiting.len()).max().unwrap_or(0)
    }

    /// Writes what waits. True when everything is on disk.
    pub(super) fn flush(&mut self) -> bool {
        self.all().for_each(Daily::flush);
        self.all().all(|file| file.waiting.is_empty())
    }

    /// Entries that are not on disk, whether given up or still waiting.
    pub(super) fn unwritten(&mut self) -> u64 {
        self.all().map(|file| file.dropped + file.waiting_entries).sum()
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Daily> {
        [&mut self.alert_text, &mut self.firewall]
            .into_iter()
            .chain(&mut self.alert_json)
            .chain(&mut self.archive_text)
            .chain(&mut self.archive_json)
    }
}

/// One of the files and what it has still to take.
struct Daily {
    file: DatedFile,
    waiting: Vec<u8>,
    waiting_entries: u64,
    date: Option<LocalDate>,
    is_failing: bool,
    dropped: u64,
}

impl Daily {
    fn new(file: DatedFile) -> Self {
        Self {
            file,
            waiting: Vec::new(),
            waiting_entries: 0,
            date: None,
            is_failing: false,
            dropped: 0,
        }
    }

    fn growth(&self) -> Option<Growth> {
        let date = self.date.filter(|_| !self.waiting.is_empty())?;
        let (path, from) = self.file.next_place(&date);
        Some(Growth { path, from, to: from + self.waiting.len() as u64 })
    }

    /// Adds an entry, if `write` writes one; those of one day are written together.
    fn add(&mut self, date: &LocalDate, write: impl FnOnce(&mut Vec<u8>)) {
        let day = |date: &LocalDate| (date.year, date.month, date.day);
        if self.date.is_some_and(|last| day(&last) != day(date)) {
            self.flush();
        }
        if self.waiting.len() > WAITING_BYTES {
            if self.dropped == 0 {
                let path = self.file.link();
                complain(&format!(
                    "bartizan: {}: too many entries wait, new ones are lost",
                    path.display()
                ));
            }
            self.dropped += 1;
            return;
        }
        self.date = Some(*date);
        let before = self.waiting.len();
        write(&mut self.waiting);
        self.waiting_entries += u64::from(self.waiting.len() > before);
    }

    /// Writes what waits.
    fn flush(&mut self) {
        if let Some(date) = self.date.filter(|_| !self.waiting.is_empty()) {
            self.append(&date);
        }
    }

    /// Writes what waits. When that fails it is said once, and tried again at the next call.
    fn append(&mut self, date: &LocalDate) {
        let written = self.file.append(date, &self.waiting);
        if let Some(problem) = self.file.take_link_problem() {
            complain(&format!("bartizan: {problem}; only the file of the day is written"));
        }
        match written {
            Ok(()) => {
                self.waiting.clear();
                let late = std::mem::take(&mut self.waiting_entries);
                if std::mem::take(&mut self.is_failing) {
                    let (path, lost) = (self.file.link(), self.dropped);
                    complain(&format!(
                        "bartizan: {} can be written again: {late} entries were written late, {lost} are lost",
                        path.display(),
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
