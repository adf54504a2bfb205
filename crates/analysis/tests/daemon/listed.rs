//! What differs from the recordings on purpose: the specifications mark it FIX.

use bartizan_conformance::bytes;

use crate::case::{Answer, Case, Files};
use crate::outputs::KINDS;

/// Answers in which some files differ.
pub(crate) struct Listed {
    /// How the id of the case begins.
    case: &'static str,
    /// Only in this version.
    version: Option<&'static str>,
    /// How the names of the files begin.
    pub(crate) files: &'static [&'static str],
    /// Why; said in words so that the list can be read.
    #[expect(dead_code, reason = "for the reader")]
    why: &'static str,
}

/// Everything that is filed by day. What the logs hold over all days is compared nevertheless, and each entry
/// must be filed under its own day.
const DAYS: &[&str] = &["alerts.", "archives.", "firewall.", "logs/", "stats/"];
const LOGS: &[&str] = &["alerts.", "archives.", "whole ", "queue/"];

const MISSED_DAY: &str = "the original misses a day that begins in the hour it counts (rules 11.2)";

const LISTED: &[Listed] = &[
    Listed { case: "rotation-001", version: None, files: DAYS, why: MISSED_DAY },
    Listed { case: "rotation-002", version: None, files: DAYS, why: MISSED_DAY },
    Listed { case: "rotation-003", version: None, files: DAYS, why: MISSED_DAY },
    Listed { case: "rotation-010", version: None, files: DAYS, why: MISSED_DAY },
    Listed {
        case: "rotation-005",
        version: None,
        files: DAYS,
        why: "hours and days never go back (rules 11.2)",
    },
    Listed {
        case: "rotation-007",
        version: Some("ossec-4.3"),
        files: &["firewall.", "logs/firewall/"],
        why: "an event is filed under its own day, the first one of a day too (rules 11.2)",
    },
    Listed {
        case: "rootcheck-007",
        version: None,
        files: LOGS,
        why: "an empty text is no finding (integrity B7)",
    },
    Listed {
        case: "syscheck-002",
        version: Some("ossec-4.3"),
        files: LOGS,
        why: "a file that is gone before it was known is no new file (integrity A8)",
    },
    Listed {
        case: "syscheck-027",
        version: None,
        files: LOGS,
        why: "only a sum that is exactly -1 is a deletion (integrity A8)",
    },
    Listed {
        case: "syscheck-029",
        version: Some("ossec-4.3"),
        files: LOGS,
        why: "a sum with fewer fields whose fields are equal is no change (integrity A8)",
    },
    Listed {
        case: "syscheck-038",
        version: None,
        files: LOGS,
        why: "a message with an empty name is refused (integrity A7)",
    },
];

/// Recorded text, the part of the recording it stands in, and what is wanted instead.
const AMENDED: &[(&str, &str, &str, &str)] = &[
    // A token inside a value is not expanded (rules 10.3).
    (
        "custom-002",
        "alerts.log",
        "LOG=Dec  1 08:00:00 web1 tst: a t, $RULEID",
        "LOG=Dec  1 08:00:00 web1 tst: a $RULEGROUP $RULEID",
    ),
    // Compliance items come out whole (rules 10.6).
    (
        "json-001",
        ".json",
        r#""PCI_DSS":["10.2.V","10.2.V"],"CIS":["1."]"#,
        r#""PCI_DSS":["10.2.4","10.2.5"],"CIS":["1.2"]"#,
    ),
    ("json-001", ".json", r#""PCI_DSS":[""],"CIS":["dss"]"#, r#""PCI_DSS":[""],"CIS":[""]"#),
];

/// The row of an answer.
pub(crate) fn find(case: &Case, answer: &Answer) -> Option<&'static Listed> {
    LISTED.iter().find(|listed| {
        case.id.starts_with(listed.case)
            && listed.version.is_none_or(|version| version == answer.version)
    })
}

/// Replaces recorded text by what is wanted.
///
/// # Errors
///
/// The text that is to be replaced, if it does not occur in any file.
pub(crate) fn amend(case: &Case, files: &mut Files) -> Result<(), &'static str> {
    for (_, ending, recorded, wanted) in AMENDED.iter().filter(|(id, ..)| case.id.starts_with(id)) {
        let mut is_used = false;
        for (_, text) in files.iter_mut().filter(|(name, _)| name.ends_with(ending)) {
            let before = bartizan_conformance::latin1(text);
            let after = before.replace(recorded, wanted);
            is_used |= before != after;
            *text = bytes(&after);
        }
        // 2.8 writes no JSON.
        if !is_used && files.keys().any(|name| name.ends_with(ending)) {
            return Err(recorded);
        }
    }
    Ok(())
}

/// Which kind of log a dated file belongs to, named as its undated file.
pub(crate) fn kind_of(path: &str) -> Option<&'static str> {
    let (folder, _) = path.strip_prefix("logs/")?.split_once('/')?;
    let (_, ending) = path.rsplit_once('.')?;
    KINDS.into_iter().find(|kind| kind.split_once('.') == Some((folder, ending)))
}
