//! Which logs there are on this machine, for a start without configuration.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bartizan_config::ossec_conf::localfile::LogFormat;

use crate::glob;
use crate::journal::journalctl;
use crate::sources::LocalFile;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Logs of lines that can be read.
    pub logs: Vec<PathBuf>,
    /// Logs that exist and cannot be read; another user, root say, can.
    pub unreadable: Vec<PathBuf>,
    /// The journal, if there is one and its reader is installed.
    pub journal: Option<Journal>,
    /// A log of [`Discovery::logs`] that a syslog daemon wrote to within the last day. It holds what the
    /// journal holds too.
    pub live_syslog: Option<PathBuf>,
}

/// A journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// Its folder.
    pub folder: PathBuf,
    /// Whether its files can be read.
    pub is_readable: bool,
}

/// Logs by the name a syslog daemon gives them: what is in them is in the journal as well.
const SYSLOG: [&str; 11] = [
    "var/log/auth.log",
    "var/log/secure",
    "var/log/syslog",
    "var/log/messages",
    "var/log/kern.log",
    "var/log/daemon.log",
    "var/log/user.log",
    "var/log/mail.log",
    "var/log/maillog",
    "var/log/cron",
    "var/log/cron.log",
];

/// Logs that programs write themselves, one event a line.
const OTHERS: [&str; 20] = [
    "var/log/audit/audit.log",
    "var/log/dpkg.log",
    "var/log/yum.log",
    "var/log/dnf.rpm.log",
    "var/log/pacman.log",
    "var/log/ufw.log",
    "var/log/fail2ban.log",
    "var/log/nginx/*access.log",
    "var/log/nginx/*error.log",
    "var/log/apache2/*access.log",
    "var/log/apache2/*error.log",
    "var/log/httpd/*access_log",
    "var/log/httpd/*error_log",
    "var/log/lighttpd/*access.log",
    "var/log/lighttpd/*error.log",
    "var/log/squid/access.log",
    "var/log/exim4/mainlog",
    "var/log/vsftpd.log",
    "var/log/proftpd/proftpd.log",
    "var/log/snort/alert",
];

/// A log that was written to within this time is in use.
const LIVE: Duration = Duration::from_secs(24 * 3600);

/// Looks below `root`, which is `/` but in tests.
#[must_use]
pub fn discover(root: &Path, now: SystemTime) -> Discovery {
    let mut found = Discovery { journal: find_journal(root), ..Discovery::default() };
    for (at, pattern) in SYSLOG.iter().chain(&OTHERS).enumerate() {
        for path in glob::expand(&root.join(pattern)) {
            let Ok(metadata) = fs::metadata(&path) else { continue };
            if !metadata.is_file() {
                continue;
            }
            match File::open(&path) {
                Ok(file) if is_text(&file, metadata.len()) => {
                    let age = metadata.modified().ok().and_then(|m| now.duration_since(m).ok());
                    let is_live = age.unwrap_or_default() < LIVE && metadata.len() > 0;
                    if at < SYSLOG.len() && is_live && found.live_syslog.is_none() {
                        found.live_syslog = Some(path.clone());
                    }
                    found.logs.push(path);
                }
                Ok(_) => {}
                Err(_) => found.unreadable.push(path),
            }
        }
    }
    found
}

impl Discovery {
    /// The inputs to read: the logs, and the journal unless a syslog daemon writes the same into files, since
    /// every event would be seen twice (collection 10.3).
    #[must_use]
    pub fn inputs(&self) -> Vec<LocalFile> {
        let file = |path: &PathBuf| LocalFile {
            log_format: LogFormat::Syslog,
            location: path.clone(),
            ..LocalFile::default()
        };
        let mut inputs: Vec<LocalFile> = self.logs.iter().map(file).collect();
        if self.reads_journal() {
            inputs.push(LocalFile {
                log_format: LogFormat::Journald,
                location: PathBuf::from("all"),
                ..LocalFile::default()
            });
        }
        inputs
    }

    /// Whether [`Discovery::inputs`] has the journal in it.
    #[must_use]
    pub fn reads_journal(&self) -> bool {
        self.live_syslog.is_none() && self.journal.as_ref().is_some_and(|j| j.is_readable)
    }
}

fn find_journal(root: &Path) -> Option<Journal> {
    journalctl(root)?;
    // An empty folder means that the journal is kept in the other one.
    let places = ["var/log/journal", "run/log/journal"].map(|place| root.join(place));
    places.into_iter().find_map(|folder| {
        let machines = match fs::read_dir(&folder) {
            Ok(machines) => machines,
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                return Some(Journal { folder, is_readable: false });
            }
            Err(_) => return None,
        };
        let mut is_there = false;
        for machine in machines.flatten() {
            let Ok(files) = fs::read_dir(machine.path()) else {
                is_there |= machine.path().is_dir();
                continue;
            };
            for file in files.flatten().map(|file| file.path()) {
                if file.extension().is_some_and(|extension| extension == "journal") {
                    is_there = true;
                    if File::open(&file).is_ok() {
                        return Some(Journal { folder, is_readable: true });
                    }
                }
            }
        }
        is_there.then_some(Journal { folder, is_readable: false })
    })
}

/// Whether the end of a file looks like lines: some file names are used for other things elsewhere.
fn is_text(mut file: &File, length: u64) -> bool {
    let mut end = Vec::new();
    let start = length.saturating_sub(512);
    if file.seek(SeekFrom::Start(start)).is_err() || file.take(512).read_to_end(&mut end).is_err() {
        return false;
    }
    let controls = end.iter().filter(|&&b| b < 0x20 && !b"\t\n\r\x1b".contains(&b)).count();
    controls * 10 <= end.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, name: &str, text: &[u8]) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn names(root: &Path, paths: &[PathBuf]) -> Vec<String> {
        paths.iter().map(|p| p.strip_prefix(root).unwrap().display().to_string()).collect()
    }

    #[test]
    fn logs_of_lines_are_found_and_rotated_or_binary_ones_are_not() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        write(root, "var/log/auth.log", b"Dec  1 10:00:00 h sshd[1]: x\n");
        write(root, "var/log/auth.log.1", b"Dec  1 10:00:00 h sshd[1]: x\n");
        write(root, "var/log/nginx/site-access.log", b"1.2.3.4 - -\n");
        write(root, "var/log/nginx/site-access.log.2.gz", b"\x1f\x8b");
        write(root, "var/log/cron", &[0; 300]);
        fs::create_dir_all(root.join("var/log/messages")).unwrap();
        write(root, "var/log/dpkg.log", b"");
        let found = discover(root, SystemTime::now());
        let expected = ["var/log/auth.log", "var/log/dpkg.log", "var/log/nginx/site-access.log"];
        assert_eq!(names(root, &found.logs), expected);
        assert_eq!(found.live_syslog, Some(root.join("var/log/auth.log")));
        assert_eq!(found.unreadable, Vec::<PathBuf>::new());
        assert_eq!(found.journal, None);
        assert_eq!(found.inputs().len(), 3);
    }

    #[test]
    fn the_journal_is_read_where_no_syslog_daemon_writes_the_same() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        fs::create_dir_all(root.join("var/log/journal")).unwrap();
        write(root, "run/log/journal/0123/system.journal", b"LPKSHHRH");
        assert_eq!(discover(root, SystemTime::now()).journal, None, "no journalctl");
        write(root, "usr/bin/journalctl", b"");
        write(root, "var/log/syslog", b"line\n");
        let found = discover(root, SystemTime::now());
        let journal = Journal { folder: root.join("run/log/journal"), is_readable: true };
        assert_eq!(found.journal, Some(journal));
        assert!(!found.reads_journal());
        // A log that nobody has written to for days is left over from before.
        let later = discover(root, SystemTime::now() + Duration::from_secs(7 * 24 * 3600));
        assert_eq!(later.live_syslog, None);
        assert!(later.inputs().iter().any(|input| input.log_format == LogFormat::Journald));
    }
}
