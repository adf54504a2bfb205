//! The engine in the test's own process: thousands of small cases, each in several dialects, would take
//! minutes with a process for each. The answers are those of `bartizan logtest --json`, which the other tests
//! compare with the same recordings.

use std::collections::HashMap;
use std::sync::Arc;

use bartizan_analysis::{Engine, Input, Report, Role, Ruleset, RulesetFiles, Settings};
use bartizan_base::{Diagnostic, Dialect, Event, FieldName, Source, Timestamp};
use bartizan_pattern::cdb::List;
use serde_json::{Map, Value, json};

/// A small rule set and events for it.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Decoder files, as (path, text).
    pub decoders: Vec<(String, Vec<u8>)>,
    /// Rule files.
    pub rules: Vec<(String, Vec<u8>)>,
    /// Texts of CDB lists by the names that rules use.
    pub lists: Vec<(String, Vec<u8>)>,
    /// What the rest of the configuration says.
    pub settings: Settings,
    /// When each event is received, and the event.
    pub events: Vec<(i64, Vec<u8>)>,
}

impl Case {
    /// A case with the seven templates as its first rule file.
    pub fn with_templates() -> Self {
        Self { rules: vec![("rules/templates.xml".into(), templates())], ..Self::default() }
    }

    /// The rule set of the case, or what is wrong with it.
    pub fn compile(&self, dialect: Dialect) -> Result<Ruleset, Vec<Diagnostic>> {
        self.compile_with_files(dialect).map(|(ruleset, _)| ruleset)
    }

    /// The same, with the files it was compiled from.
    pub fn compile_with_files(
        &self,
        dialect: Dialect,
    ) -> Result<(Ruleset, RulesetFiles), Vec<Diagnostic>> {
        let sources = |files: &[(String, Vec<u8>)]| {
            files.iter().map(|(path, text)| Source::new(path, text.as_slice())).collect()
        };
        let mut lists = HashMap::new();
        for (name, text) in &self.lists {
            let list = Arc::new(List::from_text(text, dialect));
            lists.insert(format!("{name}.cdb").into_bytes(), Arc::clone(&list));
            lists.insert(name.clone().into_bytes(), list);
        }
        let files = RulesetFiles {
            decoders: sources(&self.decoders),
            rules: sources(&self.rules),
            lists,
            ..RulesetFiles::default()
        };
        let mut diagnostics = Vec::new();
        let settings = Settings { dialect, ..self.settings.clone() };
        let ruleset = Ruleset::compile(&files, settings, &mut diagnostics);
        let is_broken = bartizan_base::diagnostic::any_error(&diagnostics);
        ruleset.filter(|_| !is_broken).map(|ruleset| (ruleset, files)).ok_or(diagnostics)
    }

    /// What the tester answers to the events, as objects of `--json`; or the first error.
    pub fn answers(&self, dialect: Dialect) -> Result<Vec<Value>, String> {
        let ruleset = self.compile(dialect).map_err(|diagnostics| {
            let error = diagnostics.iter().find(|d| d.is_error());
            error.map_or_else(String::new, |error| format!("{}: {}", error.code, error.message))
        })?;
        Ok(answers(engine(ruleset, Role::Tester), &self.events))
    }
}

/// The seven rules every other rule stands below.
fn templates() -> Vec<u8> {
    let names = ["syslog", "firewall", "ids", "web-log", "squid", "windows", "ossec"];
    let rules = (1..).zip(names).map(|(id, name)| {
        format!(
            "<group name=\"{name}\"><rule id=\"{id}\" level=\"0\" noalert=\"1\">\
             <category>{name}</category><description>t</description></rule></group>\n"
        )
    });
    rules.collect::<String>().into_bytes()
}

/// An engine in UTC.
pub fn engine(ruleset: Ruleset, role: Role) -> Engine {
    let name = super::server_name();
    Engine::new(Arc::new(ruleset), role, name.as_bytes(), |_| 0)
}

/// The engine's answers to events of the location `stdin`.
pub fn answers(mut engine: Engine, events: &[(i64, Vec<u8>)]) -> Vec<Value> {
    events
        .iter()
        .map(|(at, text)| {
            let input = Input { kind: b'1', location: b"stdin", text, time: Timestamp(*at) };
            let mut header = Map::new();
            let report = engine.analyse_observed(
                input,
                &mut bartizan_decode::Silent,
                &mut bartizan_rules::NoObserver,
                |event| header = header_of(event),
            );
            answer(&engine, &report, header)
        })
        .collect()
}

fn header_of(event: &Event) -> Map<String, Value> {
    let mut header = Map::new();
    header.insert("hostname".into(), latin1(event.bytes(event.hostname)));
    let program = event.program_name.map_or(&b"(null)"[..], |text| event.bytes(text));
    header.insert("program_name".into(), latin1(program));
    header.insert("log".into(), latin1(event.bytes(event.log)));
    header
}

fn answer(engine: &Engine, report: &Report, mut answer: Map<String, Value>) -> Value {
    let event = engine.event();
    let ruleset = engine.ruleset();
    let info = ruleset.decoders.table().info(event.decoded.decoder);
    let is_2_8 = ruleset.settings.dialect.is_2_8();
    let decoder = match &info.parent {
        _ if info.name.is_empty() && info.id.0 == 0 => Value::Null,
        Some(parent) if is_2_8 => latin1(parent),
        _ => latin1(&info.name),
    };
    answer.insert("decoder".into(), decoder);
    let mut fields = Map::new();
    for &(name, value) in &event.decoded.assigned {
        let label = match name {
            FieldName::Static(field) => field.tester_label().to_owned(),
            FieldName::Dynamic(named) => {
                bartizan_conformance::latin1(ruleset.decoders.field_names().name(named))
            }
        };
        fields.insert(label, latin1(event.bytes(value)));
    }
    answer.insert("fields".into(), Value::Object(fields));
    let rule = report.rule.map(|index| ruleset.rules.rule(index));
    answer.insert("rule".into(), json!(rule.map(|rule| rule.id)));
    answer.insert("level".into(), json!(rule.map(|rule| rule.level)));
    let description = rule.map(|rule| latin1(rule.description.as_deref().unwrap_or(b"(null)")));
    answer.insert("description".into(), description.unwrap_or(Value::Null));
    answer.insert("alert".into(), report.alerts().into());
    Value::Object(answer)
}

fn latin1(bytes: &[u8]) -> Value {
    Value::String(bartizan_conformance::latin1(bytes))
}

/// A stock rule set with one recorded corpus.
pub fn stock(ruleset: &str) -> Option<Case> {
    let from = bartizan_conformance::folder()?.join(ruleset);
    let read = |name: &str| std::fs::read(from.join(name)).expect("readable");
    let config = String::from_utf8_lossy(&read("ossec.conf")).into_owned();
    let mut case = Case::default();
    case.decoders.push(("etc/decoder.xml".into(), read("decoder.xml")));
    for part in config.split("<include>").skip(1) {
        let name = part.split('<').next().unwrap_or_default();
        case.rules.push((format!("rules/{name}"), read(&format!("rules/{name}"))));
    }
    Some(case)
}
