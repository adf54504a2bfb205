//! Rule set and settings of a case.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use bartizan_alert::custom::Template;
use bartizan_analysis::{Ruleset, RulesetFiles, Settings};
use bartizan_base::{Dialect, Source};
use bartizan_config::xml::{self, Element, ReadOptions};

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
    let mut settings = Settings { dialect, ..Settings::default() };
    settings.rules.log_alert_level = 1;
    let is_4_3 = !dialect.is_2_8();
    let mut wanted =
        Wanted { archives: true, alerts_json: is_4_3, archives_json: is_4_3, custom: None };
    read_config(case, &mut settings, &mut wanted);
    read_options(&case.options, &mut settings);
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
    let config = read("ossec.conf");
    let options = ReadOptions { dialect, variables: false };
    let document = xml::read(&config, options, &mut Vec::new()).expect("well-formed");
    let sections = document.roots.iter().flat_map(|root| &root.children);
    let rules = sections.filter(|section| section.name == b"rules");
    let includes = rules.flat_map(|rules| &rules.children).filter(|e| e.name == b"include");
    RulesetFiles {
        decoders: vec![read("decoder.xml")],
        rules: includes.map(|include| read(&format!("rules/{}", text(include)))).collect(),
        ..RulesetFiles::default()
    }
}

fn text(element: &Element) -> String {
    String::from_utf8_lossy(&element.text).trim().to_owned()
}

fn read_config(case: &Case, settings: &mut Settings, wanted: &mut Wanted) {
    let config = [b"<ossec_config>", case.config.as_slice(), b"</ossec_config>"].concat();
    let source = Source::new("ossec.conf", config);
    let options = ReadOptions { dialect: settings.dialect, variables: false };
    let document = xml::read(&source, options, &mut Vec::new()).expect("well-formed");
    let sections = document.roots.iter().flat_map(|root| &root.children);
    for option in sections.flat_map(|section| &section.children) {
        let value = text(option);
        let number = || value.parse::<u32>().expect("a number");
        let yes = value == "yes";
        match option.name.as_slice() {
            b"memory_size" => settings.rules.memory_events = number() as usize,
            b"stats" => settings.statistics.level = number() as u16,
            b"logall" => wanted.archives = yes,
            b"jsonout_output" => wanted.alerts_json = yes,
            b"logall_json" => wanted.archives_json = yes,
            b"custom_alert_output" => wanted.custom = Some(Template::parse(&option.text)),
            b"auto_ignore" => settings.integrity.auto_ignore = yes,
            b"alert_new_files" => settings.integrity.alert_new_files = yes,
            b"ignore" => settings.integrity.ignore.push(value.into_bytes()),
            other => panic!("{}: option {}", case.id, String::from_utf8_lossy(other)),
        }
    }
}

fn read_options(options: &str, settings: &mut Settings) {
    for line in options.lines() {
        let (name, value) = line.split_once('=').expect("name=value");
        let number: u32 = value.trim().parse().expect("a number");
        match name {
            "analysisd.log_fw" => settings.log_firewall = number == 1,
            "analysisd.stats_mindiff" => settings.statistics.at_least = number,
            "analysisd.stats_maxdiff" => settings.statistics.at_most = number,
            "analysisd.stats_percent_diff" => settings.statistics.percent = number,
            "analysisd.sid_prev_matched_max" => settings.rules.sid_list_events = number as usize,
            other => panic!("option {other}"),
        }
    }
}
