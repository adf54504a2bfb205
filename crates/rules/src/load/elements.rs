//! Every element a `<rule>` may have: one table that the reader, its messages and the manual are made from
//! (rules 2.2).

use bartizan_pattern::Language;

use crate::condition::{SameTests, TextField};

/// An element of a rule.
#[derive(Clone, Copy, Debug)]
pub struct ElementKind {
    /// Its name.
    pub name: &'static str,
    /// What it asks or sets, in one line.
    pub help: &'static str,
    /// What several of it mean.
    pub repeat: Repeat,
    /// Whose element it is.
    pub known: Known,
    /// Whether the name must be written in lower case.
    pub exact_case: bool,
    pub(super) sets: Sets,
}

/// What several elements of one name in one rule mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Their texts are joined with nothing in between.
    Joined,
    /// The last one counts.
    Last,
    /// All are kept.
    All,
    /// It is a flag: once is as good as twice.
    Flag,
}

/// Who knows an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// OSSEC 2.8 and later.
    Always,
    /// OSSEC 3 and later (decoding 15).
    SinceOssec3,
    /// Only Wazuh (rules 14.2); refused under deviation `strict-loading`.
    Wazuh,
}

/// A flag of [`SameTests`].
pub(super) type SameFlag = fn(&mut SameTests) -> &mut bool;

/// What an element sets.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sets {
    Plain(TextField, Language),
    Pcre2(TextField),
    Action,
    Field,
    SrcIp,
    DstIp,
    Compiled,
    Decoder,
    Category,
    Time,
    Weekday,
    List,
    CheckDiff,
    FirstTimeSeen,
    IfSid,
    IfLevel,
    IfGroup,
    IfMatchedSid,
    IfMatchedGroup,
    IfMatchedRegex,
    Same(SameFlag),
    NotSame(SameFlag),
    Ignore,
    CheckIfIgnored,
    Options,
    Description,
    Group,
    Info,
    Cve,
    /// Read and left out; it changes nothing about which rule fires.
    Nothing,
    /// Known by name only: leaving it out would change which rule fires.
    Unsupported,
}

const fn element(
    name: &'static str,
    repeat: Repeat,
    sets: Sets,
    help: &'static str,
) -> ElementKind {
    ElementKind { name, help, repeat, known: Known::Always, exact_case: false, sets }
}

/// A text of the event in the plain form.
const fn plain(name: &'static str, field: TextField, help: &'static str) -> ElementKind {
    element(name, Repeat::Joined, Sets::Plain(field, Language::OsMatch), help)
}

/// The same in the PCRE2 form.
const fn pcre2(name: &'static str, field: TextField) -> ElementKind {
    let help = "PCRE2 form of the element without _pcre2";
    let kind = element(name, Repeat::Joined, Sets::Pcre2(field), help);
    ElementKind { known: Known::SinceOssec3, ..kind }
}

const fn flag(name: &'static str, sets: Sets, help: &'static str) -> ElementKind {
    element(name, Repeat::Flag, sets, help)
}

const fn lower_case(kind: ElementKind) -> ElementKind {
    ElementKind { exact_case: true, ..kind }
}

const fn since_ossec3(kind: ElementKind) -> ElementKind {
    ElementKind { known: Known::SinceOssec3, ..kind }
}

const fn wazuh(name: &'static str, sets: Sets, help: &'static str) -> ElementKind {
    ElementKind { known: Known::Wazuh, ..element(name, Repeat::Flag, sets, help) }
}

const fn unsupported(name: &'static str) -> ElementKind {
    wazuh(name, Sets::Unsupported, "Wazuh; not supported")
}

/// Every element, by kind.
#[rustfmt::skip]
pub const ELEMENTS: &[ElementKind] = &[
    element("description", Repeat::Joined, Sets::Description, "What the rule tells the reader of an alert"),
    element("group", Repeat::Joined, Sets::Group, "Groups of the rule, each with a comma behind it"),
    element("info", Repeat::All, Sets::Info, "A detail: text, link, cve or osvdb"),
    element("cve", Repeat::All, Sets::Cve, "A CVE number"),
    element("options", Repeat::All, Sets::Options, "alert_by_email, no_email_alert, log_alert, no_log or no_ar"),

    element("if_sid", Repeat::Joined, Sets::IfSid, "Ids of the parents, separated by commas"),
    element("if_level", Repeat::Joined, Sets::IfLevel, "Parents are all rules of at least this level"),
    element("if_group", Repeat::Joined, Sets::IfGroup, "Parents are all rules with this text in their groups"),
    element("category", Repeat::Last, Sets::Category, "Kind of log, for a rule without parents"),
    element("decoded_as", Repeat::Last, Sets::Decoder, "Name of the decoder"),

    plain("match", TextField::Match, "Text in the log: OS_Match"),
    pcre2("match_pcre2", TextField::Match),
    element("regex", Repeat::Joined, Sets::Plain(TextField::Regex, Language::OsRegex), "Pattern in the log: OS_Regex"),
    pcre2("pcre2", TextField::Regex),
    plain("program_name", TextField::ProgramName, "Program name: OS_Match"),
    pcre2("program_name_pcre2", TextField::ProgramName),
    plain("id", TextField::Id, "Decoded id: OS_Match"),
    pcre2("id_pcre2", TextField::Id),
    element("action", Repeat::Joined, Sets::Action, "Decoded action: exactly this text"),
    plain("url", TextField::Url, "Decoded URL: OS_Match"),
    pcre2("url_pcre2", TextField::Url),
    since_ossec3(element("field", Repeat::All, Sets::Field, "Dynamic field with this name: OS_Regex")),
    element("srcip", Repeat::All, Sets::SrcIp, "Source address or network; ! negates"),
    element("dstip", Repeat::All, Sets::DstIp, "Destination address or network; ! negates"),
    plain("srcport", TextField::SrcPort, "Source port, as text: OS_Match"),
    pcre2("srcport_pcre2", TextField::SrcPort),
    plain("dstport", TextField::DstPort, "Destination port, as text: OS_Match"),
    pcre2("dstport_pcre2", TextField::DstPort),
    plain("user", TextField::User, "Destination user, else source user: OS_Match"),
    pcre2("user_pcre2", TextField::User),
    plain("srcgeoip", TextField::SrcGeoIp, "Country of the source: OS_Match"),
    pcre2("srcgeoip_pcre2", TextField::SrcGeoIp),
    plain("dstgeoip", TextField::DstGeoIp, "Country of the destination: OS_Match"),
    pcre2("dstgeoip_pcre2", TextField::DstGeoIp),
    plain("extra_data", TextField::ExtraData, "Decoded data: OS_Match"),
    pcre2("extra_data_pcre2", TextField::ExtraData),
    plain("hostname", TextField::Hostname, "Host name; the whole location for agents: OS_Match"),
    pcre2("hostname_pcre2", TextField::Hostname),
    plain("status", TextField::Status, "Decoded status: OS_Match"),
    pcre2("status_pcre2", TextField::Status),
    element("time", Repeat::Last, Sets::Time, "Time of the day, from - to; ! negates"),
    element("weekday", Repeat::Last, Sets::Weekday, "Days of the week"),
    element("compiled_rule", Repeat::Last, Sets::Compiled, "A built-in function"),
    element("list", Repeat::All, Sets::List, "Lookup of a field in a CDB list"),
    flag("check_diff", Sets::CheckDiff, "The log differs from the last one of this rule and host"),
    flag("if_fts", Sets::FirstTimeSeen, "The decoder's first-time-seen key is new"),

    element("if_matched_sid", Repeat::Last, Sets::IfMatchedSid, "Counts events of this rule"),
    element("if_matched_group", Repeat::Joined, Sets::IfMatchedGroup, "Counts events of rules with this group: OS_Match"),
    element("if_matched_regex", Repeat::Joined, Sets::IfMatchedRegex, "Counts events with this in the log: OS_Regex"),
    flag("same_source_ip", Sets::Same(|s| &mut s.same_source_ip), "Counted events have the same source address"),
    lower_case(flag("same_id", Sets::Same(|s| &mut s.same_id), "… the same id")),
    flag("same_user", Sets::Same(|s| &mut s.same_user), "… the same destination user"),
    flag("same_location", Sets::Same(|s| &mut s.same_location), "… the same host name, for agents the same location"),
    flag("same_src_port", Sets::Same(|s| &mut s.same_src_port), "… the same source port"),
    flag("same_dst_port", Sets::Same(|s| &mut s.same_dst_port), "… the same destination port"),
    lower_case(flag("different_url", Sets::Same(|s| &mut s.different_url), "… another URL")),
    since_ossec3(lower_case(flag("different_srcip", Sets::Same(|s| &mut s.different_srcip), "… another source address"))),
    since_ossec3(lower_case(flag("different_srcgeoip", Sets::Same(|s| &mut s.different_srcgeoip), "… another source country"))),
    flag("not_same_source_ip", Sets::NotSame(|s| &mut s.same_source_ip), "Takes back same_source_ip"),
    lower_case(flag("not_same_id", Sets::NotSame(|s| &mut s.same_id), "Takes back same_id")),
    flag("not_same_user", Sets::NotSame(|s| &mut s.same_user), "Takes back same_user"),
    flag("not_same_agent", Sets::NotSame(|s| &mut s.same_location), "Takes back same_location"),
    element("ignore", Repeat::All, Sets::Ignore, "Parts of the event to put on the ignore list when the rule fires"),
    element("check_if_ignored", Repeat::All, Sets::CheckIfIgnored, "Parts of the event to look up there"),

    wazuh("same_srcip", Sets::Same(|s| &mut s.same_source_ip), "Wazuh's name of same_source_ip"),
    wazuh("same_srcport", Sets::Same(|s| &mut s.same_src_port), "Wazuh's name of same_src_port"),
    wazuh("same_dstport", Sets::Same(|s| &mut s.same_dst_port), "Wazuh's name of same_dst_port"),
    wazuh("mitre", Sets::Nothing, "ATT&CK techniques; not shown in alerts"),
    wazuh("same_agent", Sets::Nothing, "No effect in Wazuh either"),
    wazuh("global_frequency", Sets::Nothing, "No effect: events of all agents are counted together anyway"),
    unsupported("location"), unsupported("protocol"), unsupported("system_name"), unsupported("data"),
    unsupported("same_dstip"), unsupported("same_srcuser"), unsupported("same_protocol"), unsupported("same_action"),
    unsupported("same_url"), unsupported("same_data"), unsupported("same_extra_data"), unsupported("same_status"),
    unsupported("same_system_name"), unsupported("same_srcgeoip"), unsupported("same_dstgeoip"), unsupported("same_field"),
    unsupported("different_dstip"), unsupported("different_srcport"), unsupported("different_src_port"),
    unsupported("different_dstport"), unsupported("different_dst_port"), unsupported("different_srcuser"),
    unsupported("different_user"), unsupported("different_protocol"), unsupported("different_action"),
    unsupported("different_id"), unsupported("different_data"), unsupported("different_extra_data"),
    unsupported("different_status"), unsupported("different_system_name"), unsupported("different_dstgeoip"),
    unsupported("different_location"), unsupported("different_field"), unsupported("not_same_field"),
];

/// The element of that name as OSSEC compares names: five of them are exact (rules 2.2).
pub(super) fn find(name: &[u8]) -> Option<&'static ElementKind> {
    ELEMENTS.iter().find(|kind| {
        let known = kind.name.as_bytes();
        if kind.exact_case { known == name } else { known.eq_ignore_ascii_case(name) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_names_must_be_in_lower_case() {
        let exact: Vec<_> = ELEMENTS.iter().filter(|k| k.exact_case).map(|k| k.name).collect();
        assert_eq!(
            exact,
            ["same_id", "different_url", "different_srcip", "different_srcgeoip", "not_same_id"]
        );
        assert!(find(b"SAME_ID").is_none());
        assert!(find(b"MATCH").is_some());
    }

    #[test]
    fn every_name_stands_once_and_has_a_help_line() {
        for (at, kind) in ELEMENTS.iter().enumerate() {
            assert!(ELEMENTS.iter().skip(at + 1).all(|other| other.name != kind.name));
            assert!(!kind.help.is_empty() && !kind.help.ends_with('.'), "{}", kind.name);
        }
    }
}
