//! The steps that only a daemon takes, in our own dialect.

use std::sync::Arc;

use bartizan_analysis::{
    Engine, Input, Report, Role, Ruleset, RulesetFiles, Settings, Silence, StatisticsOptions,
};
use bartizan_base::{Source, StaticField, Timestamp};

const START: i64 = 1_764_576_000;

const DECODERS: &str = r#"
<decoder name="wall"><program_name>^wall$</program_name><type>firewall</type></decoder>
<decoder name="wall-fields"><parent>wall</parent><type>firewall</type>
  <regex>act=(\S+) proto=(\S+) src=(\S+) dst=(\S+)</regex><order>action, protocol, srcip, dstip</order>
</decoder>
<decoder name="other-server"><program_name>^ossec$</program_name><plugin_decoder>OSSECAlert_Decoder</plugin_decoder></decoder>
<decoder name="app"><program_name>^app$</program_name></decoder>
"#;

const RULES: &str = r#"
<group name="t,">
  <rule id="1" level="0" noalert="1"><category>firewall</category><description>t</description></rule>
  <rule id="2" level="0" noalert="1"><category>syslog</category><description>t</description></rule>
  <rule id="3" level="0" noalert="1"><category>ossec</category><description>t</description></rule>
  <rule id="11" level="5"><if_sid>1</if_sid><action>DROP</action><description>drop</description></rule>
  <rule id="12" level="3"><decoded_as>app</decoded_as><description>app</description></rule>
  <rule id="13" level="3"><category>ossec</category><description>integrity</description></rule>
</group>
"#;

fn engine(settings: Settings) -> Engine {
    let files = RulesetFiles {
        decoders: vec![Source::new("decoder.xml", DECODERS)],
        rules: vec![Source::new("rules.xml", RULES)],
        ..RulesetFiles::default()
    };
    let mut diagnostics = Vec::new();
    let ruleset = Ruleset::compile(&files, settings, &mut diagnostics);
    assert!(ruleset.is_some(), "{diagnostics:?}");
    Engine::new(Arc::new(ruleset.expect("asserted above")), Role::Daemon, b"vm", |_| 0)
}

fn see(engine: &mut Engine, at: i64, text: &str) -> Report {
    let text = format!("Dec  1 08:00:00 web1 {text}");
    let time = Timestamp(START + at);
    engine.analyse(Input { kind: b'1', location: b"f", text: text.as_bytes(), time })
}

fn rule_of(engine: &Engine, report: &Report) -> Option<u32> {
    report.rule.map(|rule| engine.ruleset().rules.rule(rule).id)
}

#[test]
fn an_event_of_a_firewall_is_normalised_before_rules_see_it() {
    let mut engine = engine(Settings::default());
    let report = see(&mut engine, 0, "wall: act=deny proto=tcp src=1.1.1.1 dst=2.2.2.2");
    assert_eq!(rule_of(&engine, &report), Some(11));
    assert!(report.logs_firewall && report.is_archived());
    let report = see(&mut engine, 0, "wall: act=deny");
    assert_eq!(report.silence, Some(Silence::IncompleteFirewall));
    assert!(!report.is_archived() && !report.logs_firewall);
}

#[test]
fn events_of_firewalls_stay_as_they_are_where_that_is_asked_for() {
    let mut engine = engine(Settings { log_firewall: false, ..Settings::default() });
    let report = see(&mut engine, 0, "wall: act=deny proto=tcp src=1.1.1.1 dst=2.2.2.2");
    assert_eq!(engine.event().field(StaticField::Action), Some(&b"deny"[..]));
    assert_eq!((rule_of(&engine, &report), report.logs_firewall), (None, false));
    assert!(see(&mut engine, 0, "wall: act=deny").is_archived());
}

#[test]
fn an_alert_of_another_server_is_reported_and_not_counted() {
    let mut engine = engine(Settings::default());
    let alert = |rule: u32| {
        format!("ossec: Alert Level: 3; Rule: {rule} - app; Location: (a) 1.2.3.4->f;  hello")
    };
    let report = see(&mut engine, 0, &alert(12));
    assert_eq!(rule_of(&engine, &report), Some(12));
    assert!(report.alerts() && report.is_archived());
    assert_eq!(report.fired_times, 0);
    let report = see(&mut engine, 0, &alert(77));
    assert_eq!(report.silence, Some(Silence::UnknownAlert));
    assert!(!report.alerts() && !report.is_archived());
    assert_eq!(see(&mut engine, 0, "app: a").fired_times, 1);
}

#[test]
fn times_a_rule_fired_are_counted_by_the_hour() {
    let mut engine = engine(Settings::default());
    engine.start(Timestamp(START));
    let times = [(0, 1), (3_599, 2), (3_600, 1), (3_599, 2), (7_200, 1)];
    for (number, (at, expected)) in times.into_iter().enumerate() {
        let report = see(&mut engine, at, &format!("app: n{number}"));
        assert_eq!(report.fired_times, expected, "at {at}");
    }
    let totals = engine.statistics_mut().take_totals();
    let texts: Vec<_> = totals.iter().map(|t| String::from_utf8_lossy(&t.text)).collect();
    assert_eq!(texts, ["8-12-3-2\n8--2--3--0--0\n\n", "9-12-3-2\n9--2--2--0--0\n\n"]);
}

#[test]
fn one_event_too_many_has_an_alert_before_its_own() {
    let statistics = StatisticsOptions { at_least: 10, percent: 5, ..StatisticsOptions::default() };
    let mut engine = engine(Settings { statistics, ..Settings::default() });
    for file in bartizan_analysis::AverageFile::all() {
        let number = if file.path() == "hourly-average/24" { "3" } else { "1" };
        engine.statistics_mut().load(file, number.as_bytes());
    }
    let reports: Vec<Report> =
        (0..20).map(|number| see(&mut engine, 0, &format!("app: n{number}"))).collect();
    let in_excess: Vec<&Report> = reports.iter().filter(|report| report.excess.is_some()).collect();
    let [report] = in_excess[..] else { panic!("{in_excess:?}") };
    let (excess, number) = report.excess.expect("filtered above");
    assert_eq!((excess.count, number, report.alert_number), (12, 12, 13));
    let event = engine.event_in_excess(&excess);
    assert_eq!(
        event.bytes(event.full_log),
        b"The average number of logs between 8:00 and 9:00 is 1. We reached 12."
    );
    assert_eq!(event.bytes(event.log), engine.event().bytes(engine.event().log));
}

#[test]
fn integrity_messages_that_bring_nothing_new_are_swallowed() {
    let mut engine = engine(Settings::default());
    let mut send = |message: &str| {
        let report = engine.analyse_datagram(message.as_bytes(), Timestamp(START));
        (report.silence, rule_of(&engine, &report))
    };
    let sum = |size: u32| format!("8:syscheck:{size}:33188:0:0:m:s /etc/a\0");
    assert_eq!(send(&sum(1)), (Some(Silence::Swallowed), None));
    assert_eq!(send(&sum(1)), (Some(Silence::Swallowed), None));
    assert_eq!(send(&sum(2)), (None, Some(13)));
    assert_eq!(send("3:f:Host: 1.1.1.1, x\0"), (None, Some(13)));
    assert_eq!(send("3:f:nonsense\0"), (Some(Silence::Malformed), None));
    assert!(matches!(send("9:a/b:text\0").0, Some(Silence::Database(_))));
    assert!(matches!(send("9:.:text\0").0, Some(Silence::Database(_))));
    assert!(matches!(send("1:abc\0").0, Some(Silence::Refused(_))));
}
