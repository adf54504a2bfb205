//! Single options of `ossec.conf`: what a value does, and where ours and the dialects differ.

use std::time::Duration;

use bartizan_base::{Diagnostic, Dialect, Severity, Source};
use bartizan_config::Configuration;
use bartizan_config::ossec_conf::localfile::{Localfile, LogFormat, Meaning, Newline};
use bartizan_config::ossec_conf::syscheck::Ignored;
use bartizan_config::ossec_conf::{self, sections};
use bartizan_pattern::Language;
use proptest::prelude::*;

fn read_in(dialect: Dialect, sections: &str) -> (Configuration, Vec<Diagnostic>) {
    let text = format!("<ossec_config>{sections}</ossec_config>");
    let (configuration, said) = ossec_conf::read(&Source::new("ossec.conf", text), dialect);
    (configuration.expect("well-formed"), said)
}

fn read(sections: &str) -> Configuration {
    read_in(Dialect::OURS, sections).0
}

fn codes(dialect: Dialect, sections: &str, severity: Severity) -> Vec<&'static str> {
    let (_, said) = read_in(dialect, sections);
    said.iter().filter(|d| d.severity == severity).map(|d| d.code).collect()
}

/// Errors in our dialect and in OSSEC's.
#[track_caller]
fn errors(sections: &str, ours: &[&str], theirs: &[&str]) {
    assert_eq!(codes(Dialect::OURS, sections, Severity::Error), ours, "ours: {sections}");
    assert_eq!(codes(Dialect::OSSEC_4_3, sections, Severity::Error), theirs, "4.3: {sections}");
}

#[test]
fn nothing_said_means_the_defaults() {
    let c = read("");
    assert_eq!((c.global.stats, c.global.memory_size, c.global.logall), (4, 8192, false));
    assert_eq!((c.alerts.log_alert_level, c.alerts.email_alert_level), (1, 7));
    assert!(c.syscheck.auto_ignore && !c.syscheck.alert_new_files);
    assert!(c.localfiles.is_empty() && c.rules.entries.is_empty());
}

#[test]
fn the_last_of_single_values_counts_and_lists_grow_over_all_sections() {
    let c = read(
        "<global><stats>3</stats><allow_list>10.0.0.1</allow_list></global>\
         <global><stats>5</stats><white_list>a.example.org</white_list></global>\
         </ossec_config><ossec_config><global><allow_list>10.0.0.2</allow_list></global>",
    );
    assert_eq!(c.global.stats, 5);
    assert_eq!((c.global.allow_list.address_count(), c.global.allow_list.hosts().len()), (2, 1));
    assert!(c.global.allow_list.contains_address(b"10.0.0.2", Dialect::OURS));
    assert!(c.global.allow_list.contains_host(b"A.example.org"));
}

#[test]
fn blanks_are_left_out_by_ours_with_a_warning() {
    let section = "<global><logall>\n yes </logall></global>";
    errors(section, &[], &["C0004"]);
    assert!(read(section).global.logall);
    assert_eq!(codes(Dialect::OURS, section, Severity::Warning), ["C0101"]);
}

#[test]
fn empty_sections_are_fine() {
    errors("<global></global><rules/><syscheck></syscheck>", &[], &[]);
}

#[test]
fn a_file_without_any_element_is_an_error_in_ours_and_nothing_in_the_dialects() {
    let source = Source::new("ossec.conf", "\n");
    let codes = |dialect| {
        let (_, said) = ossec_conf::read(&source, dialect);
        said.iter().map(|d| d.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(Dialect::OURS), ["C0005"]);
    assert!(codes(Dialect::OSSEC_4_3).is_empty());
}

#[test]
fn numbers_are_checked_by_ours_and_wrap_in_the_dialect() {
    for (option, value, wraps_to) in [("log_alert_level", "300", 44), ("log_alert_level", "", 0)] {
        let section = format!("<alerts><{option}>{value}</{option}></alerts>");
        errors(&section, &["C0004"], &[]);
        let (c, _) = read_in(Dialect::OSSEC_4_3, &section);
        assert_eq!(c.alerts.log_alert_level, wraps_to);
    }
    errors("<alerts><log_alert_level>-1</log_alert_level></alerts>", &["C0004"], &["C0004"]);
    assert_eq!(read("<global><memory_size>5</memory_size></global>").global.memory_size, 2048);
}

#[test]
fn yes_and_no_are_the_only_words_and_others_are_advised() {
    for value in ["Yes", "1", "true", "on"] {
        let (_, said) =
            read_in(Dialect::OURS, &format!("<global><logall>{value}</logall></global>"));
        assert_eq!(said[0].help.as_deref(), Some("write `yes`"), "{value}");
    }
}

#[test]
fn what_only_others_know_is_refused_in_the_dialect() {
    for section in [
        "<global><picviz_output>no</picviz_output></global>",
        "<global><agents_disconnection_time>15m</agents_disconnection_time></global>",
        "<remote><connection>syslog</connection><deny-ips>1.2.3.4</deny-ips></remote>",
        "<alerts><use_geoip>yes</use_geoip></alerts>",
    ] {
        errors(section, &[], &["C0003"]);
    }
    for section in ["<ruleset></ruleset>", "<wodle name='syscollector'></wodle>", "<sca/>"] {
        errors(section, &[], &["C0002"]);
    }
    let new = "<global><logall_json>yes</logall_json></global>";
    assert_eq!(codes(Dialect::ossec_2_8(), new, Severity::Error), ["C0003"]);
}

#[test]
fn an_option_without_effect_is_told_once_with_its_count() {
    let (_, said) = read_in(
        Dialect::OURS,
        "<syscheck><directories check_all='yes'>/a</directories>\
         <directories check_all='yes'>/b</directories></syscheck>\
         <syscheck><directories check_all='yes'>/c</directories></syscheck>",
    );
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].code, "C0900");
    assert!(said[0].message.contains("`directories` in `<syscheck>` (3 times)"), "{}", said[0]);
}

#[test]
fn localfiles_keep_their_locations_and_formats() {
    let c = read(
        "<localfile><location>/var/log/a</location><log_format>syslog</log_format>\
         <location>/var/log/b*</location></localfile>\
         <localfile><log_format>multi-line: 3</log_format><location>/var/log/c</location></localfile>\
         <localfile><log_format>journald</log_format></localfile>\
         <localfile><log_format>full_command</log_format><command>df</command>\
         <frequency>hourly</frequency></localfile>",
    );
    let formats: Vec<_> = c.localfiles.iter().filter_map(|block| block.format).collect();
    assert_eq!(
        formats,
        [LogFormat::Syslog, LogFormat::MultiLine(3), LogFormat::Journald, LogFormat::FullCommand]
    );
    let paths: Vec<_> =
        c.localfiles[0].locations.iter().map(|l| l.path.display().to_string()).collect();
    assert_eq!(paths, ["/var/log/a", "/var/log/b*"]);
    assert_eq!(c.localfiles[3].frequency, Some(Duration::from_secs(3600)));
}

#[test]
fn only_formats_of_other_systems_are_warned_about() {
    for format in LogFormat::all() {
        let rest = match format {
            _ if format.is_command() => {
                "<command>df</command><frequency>0</frequency><alias>d</alias>"
            }
            LogFormat::MultiLineRegex => {
                "<location>/l</location><multiline_regex>x</multiline_regex>"
            }
            _ => "<location>/l</location>",
        };
        let section = format!("<localfile><log_format>{format}</log_format>{rest}</localfile>");
        let said = read_in(Dialect::OURS, &section).1;
        assert_eq!(said.len(), usize::from(format.is_foreign()), "{format}: {said:?}");
    }
    let json = "<localfile><log_format>json</log_format><location>/l</location></localfile>";
    errors(json, &[], &["C0004"]);
}

#[test]
fn a_file_that_is_named_twice_is_read_once() {
    let block = "<localfile><log_format>syslog</log_format><location>/l</location></localfile>";
    let (c, said) = read_in(Dialect::OURS, &block.repeat(2));
    let locations: usize = c.localfiles.iter().map(|block| block.locations.len()).sum();
    assert_eq!((locations, said[0].code), (1, "C0011"));
}

#[test]
fn the_server_side_of_syscheck_is_in_use() {
    let section = "<syscheck><ignore>/etc/mtab</ignore><ignore type='sregex'>.log$</ignore>\
        <auto_ignore>no</auto_ignore><alert_new_files>yes</alert_new_files></syscheck>";
    let (c, said) = read_in(Dialect::OURS, section);
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(
        c.syscheck.ignore,
        [Ignored::Prefix(b"/etc/mtab".to_vec()), Ignored::Sregex(b".log$".to_vec())]
    );
    assert!(!c.syscheck.auto_ignore && c.syscheck.alert_new_files);
}

#[test]
fn later_attributes_take_back_what_earlier_ones_gave() {
    let c = read(
        "<syscheck><directories check_all='yes' check_md5sum='no'> /a, /b </directories></syscheck>",
    );
    let watched = &c.syscheck.directories[0];
    assert_eq!(watched.paths.len(), 2);
    assert!(watched.checks.sha1 && watched.checks.perm && !watched.checks.md5);
    errors("<syscheck><directories>/etc</directories></syscheck>", &[], &["C0004"]);
    errors("<syscheck><directories whodata='yes'>/etc</directories></syscheck>", &[], &["C0008"]);
    errors(
        "<syscheck><directories chekc_all='yes'>/e</directories></syscheck>",
        &["C0008"],
        &["C0008"],
    );
}

#[test]
fn responses_find_their_commands_wherever_those_stand() {
    let command =
        "<command><name>c</name><executable>c.sh</executable><expect>srcip</expect></command>";
    let response = "<active-response><command>c</command><location>local,server</location>\
        <level>6</level><rules_id>1 2|3</rules_id></active-response>";
    errors(&format!("{command}{response}"), &[], &[]);
    errors(&format!("{response}{command}"), &[], &["C0007"]);
    errors(response, &["C0007"], &["C0007"]);
    let c = read(&format!("{command}{response}"));
    assert_eq!(c.active_responses[0].rules_id, [1, 2, 3]);
    let location = c.active_responses[0].location.unwrap();
    assert!(location.local && location.server && !location.all);
}

#[test]
fn only_a_block_that_says_nothing_else_switches_responses_off() {
    let alone = "<active-response><disabled>yes</disabled></active-response>";
    assert!(read(alone).active_response_disabled);
    let command = "<command><name>c</name><executable>c.sh</executable><expect/></command>";
    let block = "<active-response><disabled>yes</disabled><command>c</command>\
        <location>local</location></active-response>";
    let c = read(&format!("{command}{block}"));
    assert!(!c.active_response_disabled);
    assert_eq!(c.active_responses[0].disabled, Some(true));
}

#[test]
fn mail_settings_do_not_depend_on_their_order() {
    let c = read(
        "<global><smtp_server>mx</smtp_server><smtp_port>26</smtp_port>\
         <email_notification>yes</email_notification></global>",
    );
    assert_eq!((c.global.mail.server.as_deref(), c.global.mail.port), (Some("mx"), Some(26)));
}

#[test]
fn a_wrong_root_is_told_with_what_it_may_be() {
    for (text, help) in [
        ("<ossec_confg></ossec_confg>", "did you mean `ossec_config`?"),
        (
            "<agent_config></agent_config>",
            "this is what `agent.conf` begins with, not `ossec.conf`",
        ),
    ] {
        let (_, said) = ossec_conf::read(&Source::new("f", text), Dialect::OURS);
        assert_eq!(said[0].code, "C0001");
        assert_eq!(said[0].help.as_deref(), Some(help));
    }
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let (configuration, said) = ossec_conf::load_home("/nonexistent".as_ref(), Dialect::OURS);
    assert!(configuration.is_none());
    assert_eq!(said[0].code, "C0012");
}

#[test]
fn every_table_names_each_option_once_and_says_what_it_is_for() {
    for section in sections::SECTIONS {
        let options = section.options();
        assert!(!options.is_empty() && !section.help.is_empty(), "{}", section.name);
        for option in &options {
            let same = options.iter().filter(|other| other.name == option.name).count();
            assert_eq!(same, 1, "{} in {}", option.name, section.name);
            assert!(!option.help.is_empty() && !option.takes.is_empty(), "{}", option.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn any_value_in_any_option_is_read_without_a_panic(
        value in ".{0,12}",
        number in prop::sample::select(vec!["0", "1", "yes", "no", "99999999999999999999", "!", ",", "a@b", "1:", ":"]),
    ) {
        let value = value.replace(['<', '>', '\0'], "");
        for dialect in [Dialect::OURS, Dialect::OSSEC_4_3, Dialect::ossec_2_8()] {
            for section in sections::SECTIONS {
                let options: String = section
                    .options()
                    .iter()
                    .map(|o| format!("<{0} type='{1}'>{1}</{0}><{0}>{2}{1}</{0}>", o.name, value.replace('\'', ""), number))
                    .collect();
                let text = format!("<{0}>{options}</{0}>", section.name);
                let source = Source::new("f", format!("<ossec_config>{text}</ossec_config>"));
                let (_, said) = ossec_conf::read(&source, dialect);
                for d in said {
                    let _ = d.to_string();
                }
            }
        }
    }
}

/// One block, of a format and further elements, and the codes of what is said about it.
fn localfile(format: &str, rest: &str) -> (Localfile, Vec<&'static str>) {
    let section = format!(
        "<localfile><log_format>{format}</log_format><location>/l</location>{rest}</localfile>"
    );
    let (c, said) = read_in(Dialect::OURS, &section);
    (c.localfiles.into_iter().next().expect("a block"), said.iter().map(|d| d.code).collect())
}

#[test]
fn the_options_of_wazuh_are_read() {
    let (block, said) = localfile(
        "json",
        "<only-future-events max-size='5KB'>no</only-future-events><age>2h</age>\
         <exclude>/l/*.old</exclude><exclude>/l/x</exclude><ignore_binaries>yes</ignore_binaries>\
         <ignore>debug</ignore><restrict type='osmatch'>a|b</restrict><target>agent</target>\
         <out_format>x $(log)</out_format><label key='a.b'>v</label><label key='_c'>w</label>",
    );
    assert_eq!(said, ["C0105"]);
    assert_eq!((block.only_future_events, block.max_size), (Some(false), Some(5_120)));
    assert_eq!(block.age, Some(Duration::from_secs(7_200)));
    assert_eq!(block.exclude.len(), 2);
    assert!(block.ignore_binaries);
    assert_eq!(block.ignore[0].pattern, b"(?-i)debug");
    assert_eq!(block.restrict[0].language, Language::OsMatch);
    assert_eq!(block.labels, [("a.b".to_owned(), "v".to_owned())]);
    assert_eq!(block.out_format.as_deref(), Some("x $(log)"));

    let regex = "<multiline_regex match='end' replace='wspace' timeout='7'>x$</multiline_regex>";
    let (block, said) = localfile("multi-line-regex", regex);
    assert_eq!(said, [""; 0]);
    let regex = block.multiline_regex.unwrap();
    assert_eq!(
        (regex.pattern.as_slice(), regex.meaning, regex.newline, regex.timeout.as_secs()),
        (&b"(?-i)x$"[..], Meaning::End, Newline::Blank, 7)
    );
}

#[test]
fn values_that_localfile_cannot_use_are_pointed_at() {
    for (format, rest, code) in [
        ("syslog", "<age>0</age>", "C0004"),
        ("syslog", "<age>5y</age>", "C0004"),
        ("syslog", "<ignore type='perl'>x</ignore>", "C0008"),
        ("syslog", "<ignore>(</ignore>", "C0010"),
        ("syslog", "<only-future-events max-size='x'>no</only-future-events>", "C0008"),
        ("json", "<label>v</label>", "C0004"),
        ("multi-line-regex", "", "C0005"),
        ("multi-line-regex", "<multiline_regex timeout='0'>x</multiline_regex>", "C0008"),
        ("multi-line-regex", "<multiline_regex match='middle'>x</multiline_regex>", "C0008"),
        ("multi-line-regex", "<multiline_regex>(</multiline_regex>", "C0010"),
    ] {
        let section = format!(
            "<localfile><log_format>{format}</log_format><location>/l</location>{rest}</localfile>"
        );
        let (_, said) = read_in(Dialect::OURS, &section);
        assert_eq!(said.iter().map(|d| d.code).collect::<Vec<_>>(), [code], "{rest}");
    }
}

#[test]
fn options_that_do_not_fit_or_cannot_be_done_are_told() {
    for (format, rest, code) in [
        ("syslog", "<alias>x</alias>", "C0105"),
        ("syslog", "<label key='a'>x</label>", "C0105"),
        ("journald", "<ignore>x</ignore>", "C0105"),
        ("syslog", "<query>*</query>", "C0105"),
        ("syslog", "<target>siem</target>", "C0900"),
        ("syslog", "<out_format target='siem'>x</out_format>", "C0900"),
    ] {
        assert_eq!(localfile(format, rest).1, [code], "{format} {rest}");
    }
}

fn syslog(options: &str) -> String {
    format!("<remote><connection>syslog</connection>{options}</remote>")
}

#[test]
fn listeners_for_syslog_are_done_and_those_for_agents_are_not() {
    let syslog = syslog("<port>5140</port><protocol>tcp</protocol><allowed-ips>any</allowed-ips>");
    assert!(read_in(Dialect::OURS, &syslog).1.is_empty());
    let (_, said) = read_in(Dialect::OURS, "<remote><connection>secure</connection></remote>");
    assert_eq!(said.len(), 1);
    assert!(said[0].message.starts_with("`connection secure` in `<remote>` is accepted, but"));
}

#[test]
fn ports_and_transports_have_their_defaults() {
    use bartizan_config::ossec_conf::remote::Transport::{self, Tcp, Tls, Udp};
    let transports = |options: &str| -> Vec<(Transport, u16)> {
        let c = read(&syslog(options));
        c.remotes[0].transports().map(|t| (t, c.remotes[0].port(t))).collect()
    };
    assert_eq!(transports(""), [(Udp, 514)]);
    assert_eq!(transports("<protocol>tls, udp,udp</protocol>"), [(Udp, 514), (Tls, 6514)]);
    assert_eq!(transports("<port>7</port><protocol>tcp</protocol>"), [(Tcp, 7)]);
}

#[test]
fn entries_of_senders_are_what_they_say_or_refused() {
    for wrong in ["10.0.0.2/abc", "10.0.0.0/33", "localhost", "10.0.0", "10.0.0.0/255.0.255.0"] {
        let entry = syslog(&format!("<allowed-ips>{wrong}</allowed-ips>"));
        errors(&entry, &["C0004"], &[]);
        // What OSSEC takes for everybody is nobody in its dialects, too.
        let (c, _) = read_in(Dialect::OSSEC_4_3, &entry);
        assert!(c.remotes[0].allowed.is_empty(), "{wrong}");
    }
    let c = read(&syslog("<allowed-ips>10.0.0.0/255.255.255.0</allowed-ips>"));
    assert!(c.remotes[0].allowed.contains("10.0.0.7".parse().unwrap()));
}

#[test]
fn senders_that_ossec_would_let_in_are_told() {
    let warnings = |options: &str| codes(Dialect::OURS, &syslog(options), Severity::Warning);
    assert_eq!(warnings("<allowed-ips>0.0.0.0/0</allowed-ips>"), ["C0109"]);
    assert_eq!(
        warnings("<allowed-ips>10.0.0.1</allowed-ips><allowed-ips>!10.0.0.2</allowed-ips>"),
        ["C0109"]
    );
    assert_eq!(
        warnings("<allowed-ips>!10.0.0.2</allowed-ips><allowed-ips>any</allowed-ips>"),
        [""; 0]
    );
    errors(&syslog("<allowed-ips>!10.0.0.2</allowed-ips>"), &["C0006"], &[]);
    errors(
        &syslog("<allowed-ips>any</allowed-ips><denied-ips>!10.0.0.2</denied-ips>"),
        &["C0006"],
        &[],
    );
}

#[test]
fn lists_of_senders_count_for_all_listeners() {
    let blocks = syslog("<allowed-ips>10.0.0.0/24</allowed-ips>") + &syslog("<port>515</port>");
    assert!(read_in(Dialect::OURS, &blocks).1.is_empty());
    let (allowed, _) = ossec_conf::remote::senders(&read(&blocks).remotes);
    assert!(allowed.contains("10.0.0.7".parse().unwrap()));
    let nobody = syslog("") + &syslog("<port>515</port>");
    assert_eq!(codes(Dialect::OURS, &nobody, Severity::Warning), ["C0104"; 2]);
}

#[test]
fn tls_needs_its_files_and_is_ours_alone() {
    let allowed = "<allowed-ips>any</allowed-ips>";
    let tls = format!("<protocol>tls</protocol>{allowed}");
    errors(&syslog(&tls), &["C0005", "C0005"], &["C0004"]);
    let files = "<certificate>/a</certificate><key>b</key><client_ca>c</client_ca>";
    assert!(read_in(Dialect::OURS, &syslog(&format!("{tls}{files}"))).1.is_empty());
    errors(&syslog(&format!("{allowed}{files}")), &[], &["C0003"; 3]);
    errors(
        "<remote><connection>secure</connection><protocol>tls</protocol></remote>",
        &["C0006"],
        &["C0004"],
    );
}

#[test]
fn t15_every_option_of_wazuh_is_read_and_only_other_systems_are_warned_about() {
    let text = "<localfile><log_format>json</log_format><location>/l/*.json</location>\
         <only-future-events max-size='10MB'>no</only-future-events><exclude>/l/x%d*</exclude>\
         <ignore_binaries>yes</ignore_binaries><age>1d</age><ignore type='osregex'>a</ignore>\
         <restrict>b</restrict><target>agent</target><out_format target='agent'>$(log)</out_format>\
         <label key='k'>v</label></localfile>\
         <localfile><log_format>multi-line-regex</log_format><location>/l/m</location>\
         <multiline_regex match='all' replace='tab' timeout='120'>x</multiline_regex></localfile>\
         <localfile><log_format>journald</log_format><location>journald</location>\
         <filter field='PRIORITY' ignore_if_missing='yes'>[0-3]</filter></localfile>\
         <localfile><log_format>full_command</log_format><command>df</command><alias>d</alias>\
         <frequency>60</frequency></localfile>\
         <localfile><log_format>macos</log_format><location>macos</location>\
         <query type='log' level='info'>process == 'sshd'</query></localfile>\
         <localfile><log_format>eventchannel</log_format><location>Security</location>\
         <query>*</query><reconnect_time>5s</reconnect_time></localfile>";
    let (c, said) = read_in(Dialect::OURS, text);
    assert_eq!(c.localfiles.len(), 6);
    let said: Vec<_> = said.iter().map(|d| (d.code, d.severity)).collect();
    assert_eq!(said, [("C0105", Severity::Warning); 2]);
}
