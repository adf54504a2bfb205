//! Rule set and settings of a case, from the configuration its daemons had.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use bartizan_alert::custom::Template;
use bartizan_analysis::{Ruleset, RulesetFiles, Settings};
use bartizan_base::{Dialect, Source};
use bartizan_config::internal_options::InternalOptions;
use bartizan_config::ossec_conf::rules_section::EntryKind;
use bartizan_config::{Configuration, ossec_conf};
use bartizan_conformance::latin1;

use crate::case::Case;

/// What the configuration says about outputs.
pub(crate) struct Wanted {
    pub(crate) archives: bool,
    pub(crate) alerts_json: bool,
    pub(crate) archives_json: bool,
    pub(crate) custom: Option<Template>,
}

/// Stock rule sets take long to compile, so each is compiled once.
static STOCK: LazyLock<Mutex<HashMap<Dialect, Arc<Ruleset>>>> = LazyLock::new(Mutex::default);

/// The rule set of a case and its outputs; no rule set if it is refused.
pub(crate) fn open(case: &Case, dialect: Dialect) -> (Option<Arc<Ruleset>>, Wanted) {
    let configuration = configuration(case, dialect);
    let options = Source::new("local_internal_options.conf", case.options.clone());
    let (options, _) = InternalOptions::read(&[options], dialect);
    let settings = Settings::of(&configuration, &options, dialect);
    let global = &configuration.global;
    let wanted = Wanted {
        archives: global.logall,
        alerts_json: global.jsonout_output,
        archives_json: global.logall_json,
        custom: global.custom_alert_output.as_deref().map(Template::parse),
    };
    let (Some(rules), Some(decoders)) = (&case.rules, &case.decoders) else {
        if !(case.config.is_empty() && case.options.is_empty()) {
            return (compile(&stock_files(dialect), settings), wanted);
        }
        let mut stock = STOCK.lock().expect("no test panics while it compiles");
        let compiled = stock.entry(dialect).or_insert_with(|| {
            compile(&stock_files(dialect), settings).expect("a stock rule set compiles")
        });
        return (Some(Arc::clone(compiled)), wanted);
    };
    let files = RulesetFiles {
        decoders: vec![Source::new("decoder.xml", decoders.clone())],
        rules: vec![
            Source::new("templates.xml", templates()),
            Source::new("case_rules.xml", rules.clone()),
        ],
        ..RulesetFiles::default()
    };
    (compile(&files, settings), wanted)
}

fn configuration(case: &Case, dialect: Dialect) -> Configuration {
    let json = match dialect.is_2_8() {
        true => "",
        false => "<jsonout_output>yes</jsonout_output><logall_json>yes</logall_json>",
    };
    let text = format!(
        "<ossec_config><global><email_notification>no</email_notification><logall>yes</logall>\
         {json}</global><alerts><log_alert_level>1</log_alert_level></alerts>{}</ossec_config>",
        latin1(&case.config)
    );
    let source = Source::new("ossec.conf", bartizan_conformance::bytes(&text));
    let (configuration, said) = ossec_conf::read(&source, dialect);
    assert!(!bartizan_base::diagnostic::any_error(&said), "{}: {said:?}", case.id);
    configuration.expect("well-formed")
}

fn compile(files: &RulesetFiles, settings: Settings) -> Option<Arc<Ruleset>> {
    Ruleset::compile(files, settings, &mut Vec::new()).map(Arc::new)
}

/// The seven templates that stand before the rules of every case.
fn templates() -> String {
    let names = ["syslog", "firewall", "ids", "web-log", "squid", "windows", "ossec"];
    (1..).zip(names).fold(String::new(), |text, (id, name)| {
        text + &format!(
            "<group name=\"{name}\">\n<rule id=\"{id}\" level=\"0\" noalert=\"1\">\
             <category>{name}</category><description>t</description></rule>\n</group>\n"
        )
    })
}

/// The stock files of a version, the rules in the order of its configuration.
fn stock_files(dialect: Dialect) -> RulesetFiles {
    let folder = bartizan_conformance::folder().expect("there are recordings");
    let folder = folder.join(dialect.to_string());
    let read = |name: &str| {
        let path = folder.join(name);
        Source::read(&path, &path).expect("readable")
    };
    let (configuration, _) = ossec_conf::load(&folder.join("ossec.conf"), dialect);
    let entries = configuration.expect("well-formed").rules.entries;
    let rules = entries.iter().filter(|entry| entry.kind == EntryKind::Rule);
    RulesetFiles {
        decoders: vec![read("decoder.xml")],
        rules: rules.map(|rule| read(&format!("rules/{}", latin1(&rule.value)))).collect(),
        ..RulesetFiles::default()
    }
}
