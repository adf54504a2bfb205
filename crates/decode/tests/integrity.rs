//! What the original daemons made of integrity messages, host information and events of firewalls: the lines
//! they archived and the databases they left.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests speak to the person who runs them"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use bartizan_base::{Deviation, Dialect, Event, Source, Timestamp};
use bartizan_config::xml;
use bartizan_conformance::{bytes, json_lines, latin1};
use bartizan_decode::builtin::{Database, IntegrityStore, Outcome};
use bartizan_decode::firewall::{self, Firewall};
use bartizan_decode::{
    DecodeScratch, DecoderOptions, DecoderSet, Intake, Integrity, IntegrityOptions, PluginContext,
    Silent, predecode,
};
use serde_json::Value;

/// Databases in memory, by the path they would have.
#[derive(Default)]
struct Memory {
    files: BTreeMap<String, Vec<u8>>,
    maintained: BTreeSet<Vec<u8>>,
}

fn path(database: Database<'_>) -> String {
    match database {
        Database::Syscheck(location) => format!("queue/syscheck/{}", latin1(location)),
        Database::Rootcheck(location) => format!("queue/rootcheck/{}", latin1(location)),
        Database::Hostinfo => "queue/fts/hostinfo".into(),
    }
}

impl IntegrityStore for Memory {
    fn read(&mut self, database: Database<'_>) -> io::Result<Vec<u8>> {
        Ok(self.files.get(&path(database)).cloned().unwrap_or_default())
    }

    fn append(&mut self, database: Database<'_>, line: &[u8]) -> io::Result<()> {
        self.files.entry(path(database)).or_default().extend_from_slice(line);
        Ok(())
    }

    fn overwrite(&mut self, database: Database<'_>, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let file = self.files.entry(path(database)).or_default();
        let start = usize::try_from(offset).unwrap();
        file[start..start + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn complete(&mut self, location: &[u8]) -> io::Result<()> {
        self.files.insert(format!("queue/syscheck/.{}.cpt", latin1(location)), b"#!X".into());
        self.maintained.remove(location);
        Ok(())
    }

    fn is_complete(&mut self, location: &[u8]) -> bool {
        self.files.contains_key(&format!("queue/syscheck/.{}.cpt", latin1(location)))
    }

    fn is_in_maintenance(&mut self, location: &[u8]) -> bool {
        self.maintained.contains(location)
    }
}

/// A daemon that archives what it decodes.
struct Daemon {
    set: DecoderSet,
    dialect: Dialect,
    intake: Intake,
    integrity: Integrity,
    store: Memory,
    event: Event,
    scratch: DecodeScratch,
    archive: Vec<u8>,
    firewall: Vec<u8>,
}

impl Daemon {
    fn new(decoders: &[u8], options: IntegrityOptions) -> Self {
        let dialect = options.dialect;
        let mut diagnostics = Vec::new();
        let read = xml::ReadOptions { dialect, variables: true };
        let source = Source::new("decoder.xml", decoders);
        let document = xml::read(&source, read, &mut diagnostics).expect("well-formed");
        let load = DecoderOptions { dialect, ..DecoderOptions::default() };
        let set = DecoderSet::load(&[document], &load, &mut diagnostics).expect("decoders");
        Self {
            integrity: Integrity::new(&set, options),
            set,
            dialect,
            intake: Intake::new(dialect),
            store: Memory::default(),
            event: Event::default(),
            scratch: DecodeScratch::default(),
            archive: Vec::new(),
            firewall: Vec::new(),
        }
    }

    /// Takes a datagram in; whether it became an event.
    fn take(&mut self, datagram: &[u8], at: i64) -> bool {
        let event = &mut self.event;
        // A sender ends its text with a NUL.
        let datagram = [datagram, b"\0"].concat();
        if self.intake.datagram(&datagram, Timestamp(at), event).is_err() {
            return false;
        }
        predecode(event, self.dialect, b"vm");
        let full_log = event.full_log;
        if Integrity::decodes(event.kind) {
            if !matches!(self.integrity.decode(event, &mut self.store), Outcome::Event) {
                return false;
            }
        } else {
            let context = PluginContext::default();
            self.set.decode(event, &mut self.scratch, &context, &mut Silent);
            assert_eq!(event.full_log, full_log);
        }
        let mut head = date(at);
        if event.hostname != event.location {
            head.extend_from_slice(event.bytes(event.hostname));
            head.extend_from_slice(b"->");
        }
        head.extend_from_slice(event.bytes(event.location));
        head.push(b' ');
        match firewall::normalise(event, self.dialect) {
            Firewall::Other => {}
            Firewall::Incomplete => return false,
            Firewall::Normalised => {
                self.firewall.extend_from_slice(&head);
                firewall::write_connection(event, &mut self.firewall);
                self.firewall.push(b'\n');
            }
        }
        self.archive.extend_from_slice(&head);
        self.archive.extend_from_slice(event.bytes(event.full_log));
        self.archive.push(b'\n');
        true
    }
}

/// The date of a second in December 2025.
fn date(at: i64) -> Vec<u8> {
    let seconds = at - 1_764_547_200;
    let (day, second) = (seconds / 86_400 + 1, seconds % 86_400);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("2025 Dec {day:02} {hour:02}:{minute:02}:{second:02} ").into_bytes()
}

const FILLER: &[u8] = b"<decoder name=\"a\"><prematch>^zz</prematch></decoder>";

/// The options that the text of a `<syscheck>` section gives.
fn options(config: &str, dialect: Dialect) -> IntegrityOptions {
    let ignores = config.split("<ignore").skip(1).filter_map(|rest| {
        let text = rest.split('>').nth(1)?.split('<').next()?;
        Some(bytes(text))
    });
    IntegrityOptions {
        dialect,
        auto_ignore: !config.contains("<auto_ignore>no"),
        alert_new_files: config.contains("<alert_new_files>yes"),
        ignore: ignores.collect(),
    }
}

/// Cases whose recording shows a defect that is never reproduced (integrity, "do not keep").
const DEFECTS: [(&str, &str); 7] = [
    ("syscheck-002", "a file that is gone before it was known is no new file"),
    ("syscheck-024", "the last real hash is remembered: the database line differs"),
    ("syscheck-027", "only a sum that is exactly -1 is a deletion"),
    ("syscheck-029", "the fields that both sums have are equal"),
    ("syscheck-037", "lines of a text are not cut at 255 bytes"),
    ("syscheck-038", "a message with an empty name is refused"),
    ("rootcheck-007", "an empty text is no finding"),
];

fn check_daemon(topic: &str) {
    let mut same = 0;
    let mut different = Vec::new();
    for case in json_lines(&format!("daemon/{topic}.jsonl")).unwrap_or_default() {
        let id = case["id"].as_str().unwrap_or_default();
        let is_off = case["options"].as_str().is_some_and(|text| text.contains("log_fw=0"));
        if DEFECTS.iter().any(|(defect, _)| id.starts_with(defect)) || is_off {
            continue;
        }
        for name in ["ossec-4.3", "ossec-2.8"] {
            let expected = &case["expect"][name];
            if !expected["archives.log"].is_string() {
                continue;
            }
            let dialect = Dialect::parse(name).unwrap();
            let decoders = case["decoders"].as_str().map_or(FILLER.to_vec(), bytes);
            let config = case["config"].as_str().unwrap_or_default();
            let mut daemon = Daemon::new(&decoders, options(config, dialect));
            for (path, text) in case["existing_files"].as_object().into_iter().flatten() {
                let text = bytes(text.as_str().unwrap_or_default());
                daemon.store.files.insert(path.clone(), text);
            }
            let start = case["start"].as_i64().unwrap_or(1_764_576_000);
            for datagram in case["datagrams"].as_array().into_iter().flatten() {
                let at = start + datagram["at"].as_i64().unwrap_or_default();
                daemon.take(&bytes(datagram["data"].as_str().unwrap_or_default()), at);
            }
            let got = (latin1(&daemon.archive), latin1(&daemon.firewall), files(&daemon.store));
            let text = |key: &str| expected[key].as_str().unwrap_or_default().to_owned();
            let wanted = (text("archives.log"), text("firewall.log"), recorded_files(expected));
            if got == wanted {
                same += 1;
            } else {
                different.push(format!("{id} in {name}:\nrecorded {wanted:#?}\ngot {got:#?}"));
            }
        }
    }
    println!("{topic}: {same} cases as recorded");
    let shown = different.join("\n");
    assert!(different.is_empty(), "{} differ:\n{shown}", different.len());
}

fn files(store: &Memory) -> BTreeMap<String, String> {
    store.files.iter().map(|(path, text)| (path.clone(), latin1(text))).collect()
}

fn recorded_files(expected: &Value) -> BTreeMap<String, String> {
    let databases = ["queue/syscheck/", "queue/rootcheck/", "queue/fts/hostinfo"];
    let files = expected["files"].as_object().into_iter().flatten();
    files
        .filter(|(path, _)| databases.iter().any(|start| path.starts_with(start)))
        .map(|(path, text)| (path.clone(), text.as_str().unwrap_or_default().to_owned()))
        .collect()
}

#[test]
fn syscheck_messages_are_taken_in_as_recorded() {
    check_daemon("syscheck");
}

#[test]
fn rootcheck_messages_are_taken_in_as_recorded() {
    check_daemon("rootcheck");
}

#[test]
fn hostinfo_messages_are_taken_in_as_recorded() {
    check_daemon("hostinfo");
}

#[test]
fn events_of_firewalls_are_normalised_as_recorded() {
    check_daemon("firewall");
}

/// What a step of a recording of the server came to: the text of its event, or nothing.
fn server_steps(case: &Value, dialect: Dialect) -> Vec<Option<String>> {
    let config = case["config"].as_str().unwrap_or_default();
    let mut daemon = Daemon::new(FILLER, options(config, dialect));
    let existing = case["existing_files"].as_object().into_iter().flatten();
    for (path, _) in existing.filter(|(path, _)| path.ends_with(".maint")) {
        let name = path.trim_start_matches("syscheck/.").trim_end_matches(".maint");
        daemon.store.maintained.insert(name.strip_suffix(".syscheck").unwrap_or(name).into());
    }
    let steps = case["steps"].as_array().into_iter().flatten();
    steps
        .map(|step| {
            let message = bytes(step["message"].as_str().unwrap_or_default());
            let is_event = daemon.take(&message, 1_764_576_000);
            is_event.then(|| latin1(daemon.event.bytes(daemon.event.full_log)))
        })
        .collect()
}

/// Compares a case that is to be kept. In the rules of 2.8 a step without alert may still have an event, of a
/// rule of level 0.
fn check_kept(case: &Value, dialect: Dialect, has_quiet_rules: bool) -> Result<(), String> {
    let got = server_steps(case, dialect);
    for (at, (step, got)) in case["steps"].as_array().into_iter().flatten().zip(got).enumerate() {
        // An empty name is refused whatever the version.
        if step["message"].as_str().is_some_and(|text| text.ends_with(' ')) {
            continue;
        }
        for alert in step["alerts"].as_array().into_iter().flatten() {
            let text = alert["text"].as_str().unwrap_or_default();
            if got.as_deref() != Some(text) {
                return Err(format!("{} step {at}: recorded {text:?}, got {got:?}", case["id"]));
            }
        }
        let is_syscheck = step["message"].as_str().is_some_and(|text| text.starts_with('8'));
        let is_silent = step["alerts"].as_array().is_some_and(Vec::is_empty);
        if is_syscheck && is_silent && got.is_some() && !has_quiet_rules {
            return Err(format!("{} step {at}: recorded nothing, got {got:?}", case["id"]));
        }
    }
    Ok(())
}

#[test]
fn servers_report_what_is_to_be_kept() {
    for (file, name) in [("server", "ossec-4.3"), ("server-2.8", "ossec-2.8")] {
        let cases = json_lines(&format!("integrity/{file}.jsonl")).unwrap_or_default();
        for case in cases.iter().filter(|case| case["mark"] == "KEEP") {
            for dialect in [Dialect::parse(name).unwrap(), Dialect::OURS] {
                if let Err(difference) = check_kept(case, dialect, name == "ossec-2.8") {
                    panic!("{dialect}: {difference}");
                }
            }
        }
    }
}

/// The events a case has by default, by their first line.
#[track_caller]
fn check_fixed(id: &str, expected: &[Option<&str>]) {
    let Some(cases) = json_lines("integrity/server.jsonl") else { return };
    let case = cases.iter().find(|case| case["id"] == id).expect("a case of that name");
    let got = server_steps(case, Dialect::OURS);
    let got: Vec<_> =
        got.iter().map(|text| text.as_deref().and_then(|text| text.lines().next())).collect();
    assert_eq!(got, expected);
}

#[test]
fn defects_of_the_server_are_gone() {
    let changed = Some("Integrity checksum changed for: '/etc/f'");
    check_fixed("placeholder", &[None, None, changed]);
    check_fixed("fields-6-7", &[None, None, None, None, changed, changed, None, changed]);
    check_fixed("control-characters", &[None; 5]);
}

#[test]
fn a_change_of_permissions_from_nothing_has_no_line() {
    let Some(cases) = json_lines("integrity/server.jsonl") else { return };
    let case = cases.iter().find(|case| case["id"] == "permission-zero").expect("the case");
    let last = server_steps(case, Dialect::OSSEC_4_3).pop().flatten();
    assert_eq!(last.as_deref(), Some("Integrity checksum changed for: '/p0'\n"));
}

fn syscheck_events(dialect: Dialect, messages: &[&str]) -> Vec<Option<String>> {
    let mut daemon = Daemon::new(FILLER, options("<alert_new_files>yes", dialect));
    let mut texts = Vec::new();
    for message in messages {
        let is_event = daemon.take(message.as_bytes(), 1_764_576_000);
        texts.push(is_event.then(|| latin1(daemon.event.bytes(daemon.event.full_log))));
    }
    texts
}

#[test]
fn a_diff_is_shown_by_default() {
    let sum = |size: u32| format!("8:syscheck:{size}:33188:0:0:m:s /etc/a");
    let messages = [sum(1), format!("{}\n1c1\n< a\n---\n> b\n", sum(2))];
    let texts = syscheck_events(Dialect::OURS, &messages.each_ref().map(String::as_str));
    let changed = "Integrity checksum changed for: '/etc/a'\nSize changed from '1' to '2'\n\
                   What changed:\n1c1\n< a\n---\n> b\n";
    assert_eq!(texts[1].as_deref(), Some(changed));
}

#[test]
fn unknown_files_that_are_gone_and_empty_names_are_nothing() {
    for dialect in [Dialect::OURS, Dialect::OSSEC_4_3] {
        let messages = ["8:syscheck:-1 /f", "8:syscheck:1:2:3:4:m:s ", "8:syscheck: "];
        assert_eq!(syscheck_events(dialect, &messages), [None, None, None]);
    }
}

#[test]
fn a_returned_host_is_reported_and_a_prefix_of_another_is_new_by_default() {
    let messages = [
        "3:f:Host: 10.0.0.90 (), open ports: 22(tcp)",
        "3:f:Host: 10.0.0.9 (), open ports: 22(tcp)",
        "3:f:Host: 10.0.0.9 (), open ports: 23(tcp)",
        "3:f:Host: 10.0.0.9 (), open ports: 22(tcp)",
        "3:f:Host: 10.0.0.9 (), open ports: 22(tcp)",
    ];
    let names = |dialect: Dialect| -> Vec<Option<String>> {
        let mut daemon = Daemon::new(FILLER, options("", dialect));
        let mut name = |message: &&str| {
            let is_event = daemon.take(message.as_bytes(), 1_764_576_000);
            let info = daemon.set.table().info(daemon.event.decoded.decoder);
            is_event.then(|| latin1(&info.own_name))
        };
        messages.iter().map(&mut name).collect()
    };
    let (new, modified) = (Some("hostinfo_new".to_owned()), Some("hostinfo_modified".to_owned()));
    assert_eq!(
        names(Dialect::OURS),
        [new.clone(), new.clone(), modified.clone(), modified.clone(), None]
    );
    assert!(Dialect::OSSEC_4_3.has(Deviation::IntegrityMessages));
    assert_eq!(names(Dialect::OSSEC_4_3), [new, modified.clone(), modified, None, None]);
}
