//! The five kinds of daily files, and where each day's file of a kind stands (rules 11.1).

use std::path::{Path, PathBuf};

use crate::Day;

/// Which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `alerts.log`
    AlertText,
    /// `alerts.json`
    AlertJson,
    /// `archives.log`
    ArchiveText,
    /// `archives.json`
    ArchiveJson,
    /// `firewall.log`
    FirewallText,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::ArchiveText,
        Self::ArchiveJson,
        Self::AlertText,
        Self::AlertJson,
        Self::FirewallText,
    ];

    /// The folder below the home, without slashes at its ends.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::AlertText | Self::AlertJson => "logs/alerts",
            Self::ArchiveText | Self::ArchiveJson => "logs/archives",
            Self::FirewallText => "logs/firewall",
        }
    }

    /// The undated name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AlertText => "alerts.log",
            Self::AlertJson => "alerts.json",
            Self::ArchiveText => "archives.log",
            Self::ArchiveJson => "archives.json",
            Self::FirewallText => "firewall.log",
        }
    }

    /// What stands before and behind the day in the dated name.
    fn dated(self) -> (&'static str, &'static str) {
        match self {
            Self::AlertText => ("ossec-alerts-", ".log"),
            Self::AlertJson => ("ossec-alerts-", ".json"),
            Self::ArchiveText => ("ossec-archive-", ".log"),
            Self::ArchiveJson => ("ossec-archive-", ".json"),
            Self::FirewallText => ("ossec-firewall-", ".log"),
        }
    }

    /// The path of the undated name below `home`.
    #[must_use]
    pub fn link_below(self, home: &Path) -> PathBuf {
        home.join(self.folder()).join(self.name())
    }

    /// The file of `day`, relative to the home: `logs/alerts/2026/Nov/ossec-alerts-25.log`.
    #[must_use]
    pub fn file_of(self, day: Day) -> String {
        let (before, behind) = self.dated();
        let (folder, year, month) = (self.folder(), day.year, day.month_name());
        format!("{folder}/{year}/{month}/{before}{:02}{behind}", day.day)
    }

    /// The same below `home`.
    #[must_use]
    pub fn path_of(self, home: &Path, day: Day) -> PathBuf {
        home.join(self.file_of(day))
    }

    /// The day of the month of a dated file name, and what stands behind the name: `.gz`, `.sum` or nothing.
    #[must_use]
    pub fn parse_name(self, name: &str) -> Option<(u32, &str)> {
        let (before, behind) = self.dated();
        let rest = name.strip_prefix(before)?;
        let (digits, rest) = rest.split_at_checked(2)?;
        let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        let suffix = rest.strip_prefix(behind)?;
        let day = digits.parse().ok().filter(|_| is_digits)?;
        (suffix.is_empty() || suffix.starts_with('.')).then_some((day, suffix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dated_name_tells_its_day_and_what_was_added_to_it() {
        let name = Kind::AlertText.parse_name("ossec-alerts-07.log");
        assert_eq!(name, Some((7, "")));
        assert_eq!(Kind::AlertText.parse_name("ossec-alerts-07.log.sum"), Some((7, ".sum")));
        assert_eq!(Kind::AlertJson.parse_name("ossec-alerts-31.json.gz"), Some((31, ".gz")));
        for other in ["ossec-alerts-7.log", "ossec-alerts-+7.log", "ossec-alerts-07.logs", "x", ""]
        {
            assert_eq!(Kind::AlertText.parse_name(other), None, "{other}");
        }
        assert_eq!(Kind::AlertText.parse_name("ossec-alerts-07.json"), None);
    }
}
