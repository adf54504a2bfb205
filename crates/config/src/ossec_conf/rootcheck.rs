//! `<rootcheck>`: looking for rootkits, and policies (config 15).

use std::path::PathBuf;
use std::time::Duration;

use super::context::{Context, Wrong};
use super::table::{Opt, Origin, ignored};
use super::value::Value;

/// The `<rootcheck>` sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rootcheck {
    /// `<disabled>`.
    pub disabled: bool,
    /// Time between scans. `<frequency>`, seconds.
    pub frequency: Duration,
    /// Where the file system begins. `<base_directory>`.
    pub base_directory: PathBuf,
    /// Look at the whole system. `<scanall>`.
    pub scan_all: bool,
    /// Read all files. `<readall>`.
    pub read_all: bool,
    /// Leave network file systems out. `<skip_nfs>`.
    pub skip_nfs: bool,
    /// Signatures of files. `<rootkit_files>`.
    pub rootkit_files: Option<PathBuf>,
    /// Signatures of trojans. `<rootkit_trojans>`.
    pub rootkit_trojans: Option<PathBuf>,
    /// Policies for Unix. `<system_audit>`.
    pub system_audit: Vec<PathBuf>,
    /// Policies for Windows. `<windows_audit>`, `<windows_apps>`, `<windows_malware>`.
    pub windows: Vec<PathBuf>,
    /// Paths that are left out. `<ignore>`.
    pub ignore: Vec<Vec<u8>>,
    /// The checks that are switched off, by name: `check_dev`.
    pub off: Vec<String>,
}

impl Default for Rootcheck {
    fn default() -> Self {
        Self {
            disabled: false,
            frequency: Duration::from_secs(72_000),
            base_directory: PathBuf::from("/"),
            scan_all: false,
            read_all: false,
            skip_nfs: false,
            rootkit_files: None,
            rootkit_trojans: None,
            system_audit: Vec::new(),
            windows: Vec::new(),
            ignore: Vec::new(),
            off: Vec::new(),
        }
    }
}

const YES_NO: &str = "yes or no";

/// A row of the table.
type Row = Opt<Rootcheck>;

/// Every option of `<rootcheck>`.
pub const ROOTCHECK: &[Opt<Rootcheck>] = &[
    Row::new("disabled", YES_NO, "Look for nothing", |c, v, _| {
        v.yes_no().map(|yes| c.disabled = yes)
    }),
    Row::new("frequency", "seconds", "Time between scans", |c, v, context| {
        c.frequency = Duration::from_secs(v.loose_number(1..=u64::from(u32::MAX), context)?);
        Ok(())
    }),
    Row::new("base_directory", "path", "Where the file system begins", |c, v, _| {
        c.base_directory = v.path();
        Ok(())
    }),
    Row::new("scanall", YES_NO, "Look at the whole system", |c, v, _| {
        v.yes_no().map(|yes| c.scan_all = yes)
    }),
    Row::new("readall", YES_NO, "Read all files", |c, v, _| v.yes_no().map(|yes| c.read_all = yes)),
    Row::new("skip_nfs", YES_NO, "Leave network file systems out", |c, v, _| {
        v.yes_no().map(|yes| c.skip_nfs = yes)
    })
    .origin(Origin::Since(29)),
    Row::new("rootkit_files", "path", "Signatures of files of rootkits", |c, v, _| {
        c.rootkit_files = Some(v.path());
        Ok(())
    }),
    Row::new("rootkit_trojans", "path", "Signatures of trojans", |c, v, _| {
        c.rootkit_trojans = Some(v.path());
        Ok(())
    }),
    Row::new("system_audit", "path", "A policy; may be repeated", |c, v, _| {
        c.system_audit.push(v.path());
        Ok(())
    }),
    Row::new("windows_audit", "path", "A policy for Windows", windows),
    Row::new("windows_apps", "path", "Unwanted programs on Windows", windows),
    Row::new("windows_malware", "path", "Malware on Windows", windows),
    Row::new("ignore", "path", "What is left out; may be repeated", |c, v, _| {
        c.ignore.push(v.bytes().to_vec());
        Ok(())
    })
    .attributes(&["type"]),
    Row::new("check_dev", YES_NO, "Look at /dev", check),
    Row::new("check_files", YES_NO, "Look for files of rootkits", check),
    Row::new("check_if", YES_NO, "Look for listening interfaces", check),
    Row::new("check_pids", YES_NO, "Look for hidden processes", check),
    Row::new("check_ports", YES_NO, "Look for hidden ports", check),
    Row::new("check_sys", YES_NO, "Look at the file system", check),
    Row::new("check_trojans", YES_NO, "Look for trojans", check),
    Row::new("check_unixaudit", YES_NO, "Check policies", check),
    Row::new("check_winapps", YES_NO, "Look for unwanted programs on Windows", windows_check),
    Row::new("check_winaudit", YES_NO, "Check policies of Windows", windows_check),
    Row::new("check_winmalware", YES_NO, "Look for malware on Windows", windows_check),
    Row::new("notify", "anything", "Nothing", ignored).origin(Origin::Until(28)).no_effect(),
];

fn check(c: &mut Rootcheck, v: &Value<'_>, _: &mut Context<'_>) -> Result<(), Wrong> {
    if !v.yes_no()? {
        c.off.push(String::from_utf8_lossy(&v.element.name).into_owned());
    }
    Ok(())
}

/// On other systems OSSEC takes any value (recorded: `1`).
fn windows_check(c: &mut Rootcheck, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    check(c, v, context).or_else(|wrong| if context.is_strict() { Ok(()) } else { Err(wrong) })
}

fn windows(c: &mut Rootcheck, v: &Value<'_>, _: &mut Context<'_>) -> Result<(), Wrong> {
    c.windows.push(v.path());
    Ok(())
}
