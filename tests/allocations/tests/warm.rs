//! Once everything was seen, an event costs no allocation: not in the engine, not in the texts of alerts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bartizan_alert::{Alert, AlertId, Calendar, EventFacts, RuleFacts, archive, json, text};
use bartizan_allocations::{Counting, count};
use bartizan_analysis::{Engine, Input, Report, Role, Ruleset, RulesetFiles, Settings};
use bartizan_base::{Dialect, Source, Timestamp};
use bartizan_config::ossec_conf::{self, rules_section::EntryKind};
use jiff::tz::TimeZone;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Passes until nothing is new: the memory of events is full, lists are as long as they get.
const WARM_UP: usize = 3;

/// Places that are shown, at most.
const SHOWN: usize = 20;

/// When the first event comes: the beginning of an hour, since the end of one makes totals.
const START: i64 = 1_765_350_000;

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn source(path: &Path) -> Arc<Source> {
    Source::read(path, path).expect("readable")
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("one").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// A stock rule set of the recordings.
fn stock(folder: &Path, dialect: Dialect) -> RulesetFiles {
    let (configuration, _) = ossec_conf::load(&folder.join("ossec.conf"), dialect);
    let entries = configuration.expect("well-formed").rules.entries;
    let includes = entries.iter().filter(|entry| entry.kind == EntryKind::Rule);
    let rule = |name: &[u8]| {
        source(&folder.join("rules").join(String::from_utf8_lossy(name).into_owned()))
    };
    RulesetFiles {
        decoders: vec![source(&folder.join("decoder.xml"))],
        rules: includes.map(|entry| rule(&entry.value)).collect(),
        ..RulesetFiles::default()
    }
}

/// Our own rule set.
fn own() -> RulesetFiles {
    let folder = checkout().join("ruleset");
    RulesetFiles {
        decoders: vec![source(&folder.join("decoders.xml"))],
        rules: files_in(&folder.join("rules")).iter().map(|path| source(path)).collect(),
        ..RulesetFiles::default()
    }
}

fn lines(folder: &Path) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    for path in files_in(folder) {
        let text = fs::read(path).expect("readable");
        lines.extend(
            text.split(|&byte| byte == b'\n').filter(|l| !l.is_empty()).map(<[u8]>::to_vec),
        );
    }
    lines
}

/// An engine and what a daemon writes of its events.
struct Daemon {
    engine: Engine,
    ruleset: Arc<Ruleset>,
    calendar: Calendar,
    out: Vec<u8>,
    time: i64,
}

impl Daemon {
    fn new(files: &RulesetFiles, dialect: Dialect, role: Role) -> Self {
        let mut said = Vec::new();
        let mut settings = Settings { dialect, ..Settings::default() };
        // So that the memory of events is full after two passes.
        settings.rules.memory_events = 2_048;
        settings.rules.memory.history_events = 2_048;
        let ruleset = Ruleset::compile(files, settings, &mut said);
        assert!(ruleset.is_some(), "{said:#?}");
        let ruleset = Arc::new(ruleset.expect("as was asserted"));
        let engine = Engine::new(Arc::clone(&ruleset), role, b"server", |_| 0);
        let calendar = Calendar::new(TimeZone::UTC);
        Self { engine, ruleset, calendar, out: Vec::new(), time: START }
    }

    /// Feeds all lines, some in each second; counts alerts and notes what allocates where.
    fn pass(&mut self, lines: &[Vec<u8>], shows: bool) -> (u64, BTreeMap<String, Vec<usize>>) {
        let mut alerts = 0;
        let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (number, line) in lines.iter().enumerate() {
            self.time += i64::from(number % 100 == 0);
            let time = Timestamp(self.time);
            let ((), allocations) = count(|| {
                let input = Input { kind: b'1', location: b"/var/log/x", text: line, time };
                let report = self.engine.analyse(input);
                alerts += u64::from(report.alerts());
                self.write(&report, time);
            });
            if let Some(place) = allocations.first_place().filter(|_| shows && places.len() < SHOWN)
            {
                places.entry(place).or_default().push(number);
            }
        }
        (alerts, places)
    }

    /// Everything that there is to write of an event.
    fn write(&mut self, report: &Report, time: Timestamp) {
        self.out.clear();
        let date = *self.calendar.date(time);
        let event = EventFacts {
            event: self.engine.event(),
            decoder: self.ruleset.decoders.table().info(self.engine.event().decoded.decoder),
            names: self.ruleset.decoders.field_names(),
            date: &date,
            dialect: self.ruleset.settings.dialect,
        };
        archive::write_text(&event, &mut self.out);
        let rule = report.rule.map(|index| self.ruleset.rules.rule(index));
        let rule = rule.map(|rule| RuleFacts {
            id: rule.id,
            level: rule.level,
            description: rule.description.as_deref(),
            group: &rule.group,
            fired_times: report.fired_times,
            ..RuleFacts::default()
        });
        archive::write_json(&event, rule.as_ref(), &mut self.out);
        if let (true, Some(rule)) = (report.alerts(), rule) {
            let context = &self.engine.state().context;
            let id = AlertId { epoch: time.0, n: report.alert_number };
            let alert = Alert { event, rule, id, context: &|at| context.get(at) };
            text::write(&alert, &mut self.out);
            json::write(&alert, &mut self.out);
        }
    }
}

#[track_caller]
fn check(files: &RulesetFiles, lines: &[Vec<u8>], dialect: Dialect, role: Role) {
    let mut daemon = Daemon::new(files, dialect, role);
    for _ in 0..WARM_UP {
        daemon.pass(lines, false);
    }
    let (alerts, places) = daemon.pass(lines, true);
    assert!(alerts > 0, "nothing alerts");
    let told: String = places
        .iter()
        .map(|(place, numbers)| {
            let line = String::from_utf8_lossy(&lines[numbers[0]]);
            format!("  {place}: {} times, first for {line}\n", numbers.len())
        })
        .collect();
    assert!(places.is_empty(), "{dialect:?} as {role:?} allocates at\n{told}");
}

fn check_stock(name: &str, dialects: &[Dialect]) {
    let Some(folder) = bartizan_conformance::folder() else { return };
    let lines = lines(&folder.join("logs"));
    for &dialect in dialects {
        let files = stock(&folder.join(name), dialect);
        for role in [Role::Tester, Role::Daemon] {
            check(&files, &lines, dialect, role);
        }
    }
}

#[test]
fn the_counter_counts_and_only_while_it_is_asked() {
    let ((), none) = count(|| ());
    assert_eq!(none.calls, 0);
    let before = String::from("a");
    let (text, some) = count(|| {
        let mut text = before.clone();
        text.push_str("longer than it was");
        text
    });
    assert!(some.calls >= 2, "{some:?}");
    assert!(format!("{:?}", some.first).contains("the_counter_counts"));
    assert_ne!(text, before);
}

#[test]
fn stock_rules_of_4_3_allocate_nothing_once_warm() {
    check_stock("ossec-4.3", &[Dialect::OSSEC_4_3, Dialect::OURS]);
}

#[test]
fn stock_rules_of_2_8_allocate_nothing_once_warm() {
    check_stock("ossec-2.8", &[Dialect::ossec_2_8(), Dialect::OURS]);
}

/// Lines that are JSON: values that stand in the log and values that must be made, more members than are kept,
/// broken ones.
const JSON: [&str; 7] = [
    r#"{"srcip":"203.0.113.7","user":"eve","event":{"kind":"login","result":"denied"},"roles":["staff","admin"]}"#,
    r#"{"time":1764061200123,"took":1.5,"path":"C:\\temp\\x","text":"say \"caf\u00e9\"","event":{"kind":"login"}}"#,
    r#"Nov 25 09:00:01 web1 shop[7]: {"a":{"b":{"c":[1,{"d":[true,null]},"x\n"]}},"EVENT":{"Kind":"login"},"e":-2e3}"#,
    r#"{"event":{"kind":"log\u0069n"},"MEMBERS"}"#,
    r#"{"event":{"kind":"login"},MEMBERS}"#,
    r#"{"event":{"kind":"login"},"a\u002eb":{"\"":"\u0001"},"list":["login",["\t"]]} and more"#,
    "{\"event\":{\"kind\":\"login\"},\"raw\":\"\t\u{e9}\"}",
];

#[test]
fn logs_of_json_allocate_nothing_once_warm() {
    let mut files = own();
    let rules = r#"<group name="local,">
        <rule id="100100" level="3"><field name="event.kind">^login$</field><description>d</description></rule>
        <rule id="100101" level="9" frequency="2" timeframe="60"><if_matched_sid>100100</if_matched_sid>
          <same_source_ip /><field name="roles">admin</field><description>d</description></rule>
        <rule id="100102" level="3"><field name="list">login</field><description>d</description></rule>
        </group>"#;
    files.rules.push(Source::new("local_rules.xml", rules));
    let members: Vec<String> = (0..400).map(|n| format!("\"k{n}\":{{\"v\":{n}.25}}")).collect();
    let lines = JSON.map(|line| line.replace("MEMBERS", &members.join(",")).into_bytes());
    let lines: Vec<Vec<u8>> = lines.iter().cycle().take(2_500).cloned().collect();
    for role in [Role::Tester, Role::Daemon] {
        check(&files, &lines, Dialect::OURS, role);
    }
}

#[test]
fn our_own_rules_allocate_nothing_once_warm() {
    // `log 1 pass = LINE`
    let sample = |line: Vec<u8>| {
        let start = line.windows(3).position(|bytes| bytes == b" = ")?;
        line.starts_with(b"log ").then(|| line[start + 3..].to_vec())
    };
    let samples = lines(&checkout().join("ruleset/tests")).into_iter().filter_map(sample);
    // An output that changed is kept, in a file where there is one.
    let samples = samples.filter(|line| !line.starts_with(b"ossec: output:"));
    let samples: Vec<Vec<u8>> = samples.collect();
    let lines: Vec<Vec<u8>> = samples.iter().cycle().take(5_000).cloned().collect();
    for role in [Role::Tester, Role::Daemon] {
        check(&own(), &lines, Dialect::OURS, role);
    }
}
