//! `<syscheck>`: which files are watched for changes (config 14).

use std::path::PathBuf;
use std::time::Duration;

use bartizan_base::Place;
use bartizan_pattern::Language;

use super::codes;
use super::context::{Context, Wrong};
use super::schedule::{DayTime, Days, day_time, days};
use super::table::{Opt, Origin, ignored};
use super::value::{Value, yes_or_no};

/// The `<syscheck>` sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Syscheck {
    /// What is watched. `<directories>`.
    pub directories: Vec<Watched>,
    /// Time between scans. `<frequency>`, seconds.
    pub frequency: Duration,
    /// Time of day of the scan. `<scan_time>`.
    pub scan_time: Option<DayTime>,
    /// Days of scans. `<scan_day>`.
    pub scan_days: Option<Days>,
    /// Scan at the start. `<scan_on_start>`.
    pub scan_on_start: bool,
    /// The server stops telling about a file after its third change. `<auto_ignore>`.
    pub auto_ignore: bool,
    /// The server tells about new files. `<alert_new_files>`.
    pub alert_new_files: bool,
    /// Files that are left out: by agents, and by the server for all agents. `<ignore>`.
    pub ignore: Vec<Ignored>,
    /// Files whose changes are not shown. `<nodiff>`.
    pub nodiff: Vec<Ignored>,
    /// Windows registry keys that are watched. `<windows_registry>`.
    pub registry: Vec<String>,
    /// Registry keys that are left out. `<registry_ignore>`.
    pub registry_ignore: Vec<Ignored>,
    /// Run before each file. `<prefilter_cmd>`.
    pub prefilter_cmd: Option<String>,
    /// `<disabled>`.
    pub disabled: bool,
    /// Leave network file systems out. `<skip_nfs>`.
    pub skip_nfs: bool,
}

/// Something that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// Names that begin so, in any case (config 18).
    Prefix(Vec<u8>),
    /// Names that an OS_Match pattern matches: `type="sregex"`.
    Sregex(Vec<u8>),
}

/// Directories with the same checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The directories, or patterns of them.
    pub paths: Vec<PathBuf>,
    /// What of a file is compared.
    pub checks: Checks,
    /// OS_Match pattern of names. Attribute `restrict`.
    pub restrict: Option<Vec<u8>>,
    /// The element.
    pub place: Place,
}

/// What of a file is compared, and how it is watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the attributes check_…")]
#[expect(clippy::struct_excessive_bools, reason = "one for each attribute")]
pub struct Checks {
    pub size: bool,
    pub perm: bool,
    pub owner: bool,
    pub group: bool,
    pub md5: bool,
    pub sha1: bool,
    pub sha256: bool,
    /// Watched all the time.
    pub realtime: bool,
    /// A copy is kept, and the difference told.
    pub report_changes: bool,
    /// Directories below are left out.
    pub no_recurse: bool,
}

impl Checks {
    const ALL: Self = Self {
        size: true,
        perm: true,
        owner: true,
        group: true,
        md5: true,
        sha1: true,
        sha256: true,
        realtime: false,
        report_changes: false,
        no_recurse: false,
    };
}

impl Default for Syscheck {
    fn default() -> Self {
        Self {
            directories: Vec::new(),
            frequency: Duration::from_secs(600),
            scan_time: None,
            scan_days: None,
            scan_on_start: true,
            auto_ignore: true,
            alert_new_files: false,
            ignore: Vec::new(),
            nodiff: Vec::new(),
            registry: Vec::new(),
            registry_ignore: Vec::new(),
            prefilter_cmd: None,
            disabled: false,
            skip_nfs: false,
        }
    }
}

const YES_NO: &str = "yes or no";

/// A row of the table.
type Row = Opt<Syscheck>;

/// Every option of `<syscheck>`. The server's own are in use; the scanning is to come.
pub const SYSCHECK: &[Opt<Syscheck>] = &[
    Row::new("ignore", "path", "What is never told about", |c, v, context| {
        c.ignore.push(ignored_name(v, context)?);
        Ok(())
    })
    .attributes(&["type"]),
    Row::new("auto_ignore", YES_NO, "Stop telling after the third change of a file", |c, v, _| {
        v.yes_no().map(|yes| c.auto_ignore = yes)
    })
    .attributes(&["frequency", "timeframe"]),
    Row::new("alert_new_files", YES_NO, "Tell about new files", |c, v, _| {
        v.yes_no().map(|yes| c.alert_new_files = yes)
    }),
    Row::new("directories", "paths, separated by commas", "What is watched", directories)
        .attributes(DIRECTORY_ATTRIBUTES)
        .not_yet(),
    Row::new("frequency", "seconds", "Time between scans", |c, v, context| {
        c.frequency = Duration::from_secs(v.loose_number(1..=u64::from(u32::MAX), context)?);
        Ok(())
    })
    .not_yet(),
    Row::new("scan_time", "time", "Time of day of the scan", |c, v, _| {
        c.scan_time = Some(day_time(v.bytes())?);
        Ok(())
    })
    .not_yet(),
    Row::new("scan_day", "days", "Days of the scan", |c, v, context| {
        c.scan_days = Some(days(v.bytes(), context.is_strict())?);
        Ok(())
    })
    .not_yet(),
    Row::new("scan_on_start", YES_NO, "Scan at the start", |c, v, _| {
        v.yes_no().map(|yes| c.scan_on_start = yes)
    })
    .not_yet(),
    Row::new("nodiff", "path", "Files whose changes are not shown", |c, v, context| {
        c.nodiff.push(ignored_name(v, context)?);
        Ok(())
    })
    .attributes(&["type"])
    .origin(Origin::Since(29))
    .not_yet(),
    Row::new("windows_registry", "keys", "Registry keys that are watched", |c, v, _| {
        c.registry.push(v.string());
        Ok(())
    })
    .attributes(&["arch", "tags", "report_changes", "check_all", "restrict_key", "restrict_value"])
    .not_yet(),
    Row::new("registry_ignore", "key", "Registry keys that are left out", |c, v, context| {
        // OSSEC looks at its attributes on Windows only (recorded).
        let unseen = context.is_strict().then(|| Ignored::Prefix(v.bytes().to_vec()));
        c.registry_ignore.push(unseen.map_or_else(|| ignored_name(v, context), Ok)?);
        Ok(())
    })
    .attributes(&["type", "arch"])
    .not_yet(),
    Row::new("prefilter_cmd", "command line", "Run before each file", |c, v, context| {
        v.refuse_empty(context)?;
        c.prefilter_cmd = Some(v.string());
        Ok(())
    })
    .not_yet(),
    Row::new("disabled", YES_NO, "Watch nothing", |c, v, _| v.yes_no().map(|yes| c.disabled = yes))
        .not_yet(),
    Row::new("skip_nfs", YES_NO, "Leave network file systems out", |c, v, _| {
        v.yes_no().map(|yes| c.skip_nfs = yes)
    })
    .origin(Origin::Since(29))
    .not_yet(),
    wazuh("max_eps", "Most events a second"),
    wazuh("max_files_per_second", "Most files a second"),
    wazuh("process_priority", "How nice the scan is"),
    wazuh("skip_dev", "Leave /dev out"),
    wazuh("skip_sys", "Leave /sys out"),
    wazuh("skip_proc", "Leave /proc out"),
    wazuh("file_limit", "Most files"),
    wazuh("registry_limit", "Most registry values"),
    wazuh("diff", "Limits of differences"),
    wazuh("synchronization", "How agents and server agree"),
    wazuh("database", "Where the database is"),
    wazuh("registry_nodiff", "Registry values whose changes are not shown"),
    wazuh("registry_ignore_value", "Registry values that are left out"),
    wazuh("windows_audit_interval", "How often audit is checked"),
    wazuh("restart_audit", "Whether audit is restarted"),
    wazuh("allow_remote_prefilter_cmd", "Whether agent.conf may name a command"),
    wazuh("whodata", "Who changed a file"),
];

const fn wazuh(name: &'static str, help: &'static str) -> Opt<Syscheck> {
    // Their attributes are left to them.
    Row::new(name, "anything", help, ignored).attributes(&["type"]).origin(Origin::Wazuh).not_yet()
}

/// Attributes other than `type`; `arch` and the like are Wazuh's.
fn refuse_attributes(v: &Value<'_>, context: &mut Context<'_>) {
    for attribute in &v.element.attributes {
        let name = String::from_utf8_lossy(&attribute.name).into_owned();
        let (message, span) =
            (format!("there is no attribute `{name}` here"), &attribute.name_span);
        if name == "type" {
            continue;
        } else if context.is_strict() {
            context.fail(codes::INVALID_ATTRIBUTE, span.clone(), message, "");
        } else if !matches!(name.to_ascii_lowercase().as_str(), "type" | "arch") {
            let help = super::table::did_you_mean(&name, ["type"]);
            let help = help.unwrap_or_else(|| "it is ignored".to_owned());
            context.warn(codes::IGNORED_ATTRIBUTE, span.clone(), message, &help);
        }
    }
}

fn ignored_name(v: &Value<'_>, context: &mut Context<'_>) -> Result<Ignored, Wrong> {
    refuse_attributes(v, context);
    let Some(kind) = v.attribute("type") else {
        return Ok(Ignored::Prefix(v.bytes().to_vec()));
    };
    if kind.value != b"sregex" {
        let mut wrong = Wrong::expected("`type=\"sregex\"`, or no `type`");
        wrong.code = codes::INVALID_ATTRIBUTE;
        wrong.span = Some(kind.value_span.clone());
        return Err(wrong);
    }
    v.check_pattern(Language::OsMatch, context);
    Ok(Ignored::Sregex(v.bytes().to_vec()))
}

const DIRECTORY_ATTRIBUTES: &[&str] = &[
    "check_all",
    "check_sum",
    "check_md5sum",
    "check_sha1sum",
    "check_sha256sum",
    "check_size",
    "check_perm",
    "check_owner",
    "check_group",
    "realtime",
    "report_changes",
    "restrict",
    "no_recurse",
    "check_attrs",
    "check_acl",
];

/// Attributes of Wazuh, which mean something there only (config 27.2).
const WAZUH_DIRECTORY_ATTRIBUTES: &[&str] = &[
    "check_mtime",
    "check_inode",
    "whodata",
    "tags",
    "recursion_level",
    "follow_symbolic_link",
    "diff_size_limit",
];

fn directories(c: &mut Syscheck, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    let mut checks = Checks::default();
    let mut restrict = None;
    if v.element.attributes.is_empty() {
        if context.is_strict() {
            return Err(Wrong::expected("at least one attribute, like `check_all=\"yes\"`"));
        }
        let message = "no attribute says what is checked; everything is";
        let help = "write `check_all=\"yes\"`; OSSEC refuses this";
        context.warn(codes::INCOMPLETE, v.element.name_span.clone(), message, help);
        checks = Checks::ALL;
    }
    // From left to right: a later one may take back what an earlier one gave (config 14.1).
    for attribute in &v.element.attributes {
        // OSSEC compares the names exactly.
        let name = match context.is_strict() {
            true => attribute.name.clone(),
            false => attribute.name.to_ascii_lowercase(),
        };
        if name == b"restrict" {
            restrict = Some(attribute.value.clone());
            continue;
        }
        let yes = match attribute.value.as_slice() {
            b"yes" => Some(true),
            b"no" => Some(false),
            _ => None,
        };
        let known = apply(&mut checks, &name, yes.unwrap_or(true));
        check_attribute(attribute, known, yes, context);
    }
    let paths = v.bytes().split(|&b| b == b',').map(<[u8]>::trim_ascii);
    let paths: Vec<PathBuf> = paths.filter(|p| !p.is_empty()).map(super::value::path).collect();
    let place = context.place(&v.span());
    c.directories.push(Watched { paths, checks, restrict, place });
    Ok(())
}

/// Whether the attribute is one of OSSEC's.
fn apply(checks: &mut Checks, name: &[u8], yes: bool) -> bool {
    match name {
        b"check_all" => {
            let base = if yes { Checks::ALL } else { Checks::default() };
            let Checks { realtime, report_changes, no_recurse, .. } = *checks;
            *checks = Checks { realtime, report_changes, no_recurse, ..base };
        }
        b"check_sum" => (checks.md5, checks.sha1, checks.sha256) = (yes, yes, yes),
        b"check_md5sum" => checks.md5 = yes,
        b"check_sha1sum" => checks.sha1 = yes,
        b"check_sha256sum" => checks.sha256 = yes,
        b"check_size" => checks.size = yes,
        b"check_perm" => checks.perm = yes,
        b"check_owner" => checks.owner = yes,
        b"check_group" => checks.group = yes,
        b"realtime" => checks.realtime = yes,
        b"report_changes" => checks.report_changes = yes,
        b"no_recurse" => checks.no_recurse = yes,
        b"check_attrs" | b"check_acl" => {}
        _ => return false,
    }
    true
}

fn check_attribute(
    attribute: &crate::xml::Attribute,
    known: bool,
    yes: Option<bool>,
    context: &mut Context<'_>,
) {
    let name = String::from_utf8_lossy(&attribute.name).into_owned();
    let is_wazuh = WAZUH_DIRECTORY_ATTRIBUTES.iter().any(|w| name.eq_ignore_ascii_case(w));
    if !known && is_wazuh && !context.is_strict() {
        let message =
            format!("attribute `{name}` of `directories` is accepted, but not implemented");
        context.warn(codes::NOT_YET, attribute.name_span.clone(), message, "");
    } else if !known {
        let all = DIRECTORY_ATTRIBUTES.iter().copied();
        let help = super::table::did_you_mean(&name, all).unwrap_or_default();
        let message = format!("`directories` has no attribute `{name}`");
        context.fail(codes::INVALID_ATTRIBUTE, attribute.name_span.clone(), message, &help);
    } else if yes.is_none() {
        let help = yes_or_no(&attribute.value).help;
        let message = format!("attribute `{name}` must be `yes` or `no`");
        context.fail(codes::INVALID_ATTRIBUTE, attribute.value_span.clone(), message, &help);
    } else if name.eq_ignore_ascii_case("no_recurse") && yes == Some(false) && context.is_strict() {
        let message = "attribute `no_recurse` can only be `yes`";
        context.fail(codes::INVALID_ATTRIBUTE, attribute.value_span.clone(), message, "");
    }
}
