//! Loading rule texts in tests: the seven templates first, as in the recordings.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at a surprise")]
#![allow(dead_code, reason = "each test file uses a part")]

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use bartizan_base::{DecoderTable, Diagnostic, Dialect, FieldNames, Source};
use bartizan_config::xml::{self, ReadOptions};
use bartizan_decode::{DecoderOptions, DecoderSet};
use bartizan_pattern::cdb::List;
use bartizan_rules::load::{LoadContext, load};
use bartizan_rules::{NodeIndex, RuleOptions, RuleSet, Test};

pub(crate) const DIALECTS: [&str; 3] = ["bartizan", "ossec-4.3", "ossec-2.8"];

/// What a rule set is loaded from.
pub(crate) struct Texts {
    pub(crate) rules: Vec<(String, Vec<u8>)>,
    pub(crate) decoders: DecoderTable,
    pub(crate) field_names: FieldNames,
    pub(crate) lists: HashMap<Vec<u8>, Arc<List>>,
    pub(crate) options: RuleOptions,
    pub(crate) dialect: Dialect,
}

impl Texts {
    /// The templates and nothing else.
    pub(crate) fn new(dialect: &str) -> Self {
        let names = vec![b"sshd".to_vec(), b"tst".to_vec()];
        let decoders = DecoderTable { names, ..DecoderTable::default() };
        Self {
            rules: vec![("templates.xml".into(), templates())],
            decoders,
            field_names: FieldNames::default(),
            lists: HashMap::new(),
            options: RuleOptions::default(),
            dialect: Dialect::parse(dialect).unwrap(),
        }
    }

    /// Adds a file.
    #[must_use]
    pub(crate) fn file(mut self, path: &str, text: impl Into<Vec<u8>>) -> Self {
        self.rules.push((path.into(), text.into()));
        self
    }

    /// Loads; the messages are returned either way.
    pub(crate) fn load(&self) -> (Option<RuleSet>, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let options = ReadOptions { dialect: self.dialect, variables: true };
        let documents: Vec<_> = self
            .rules
            .iter()
            .map(|(path, text)| Source::new(path.as_str(), text.clone()))
            .filter_map(|source| xml::read(&source, options, &mut diagnostics))
            .collect();
        let context = LoadContext {
            decoders: &self.decoders,
            field_names: &self.field_names,
            lists: &self.lists,
            options: self.options,
            dialect: self.dialect,
        };
        let rules = load(&documents, &context, &mut diagnostics);
        (rules, diagnostics)
    }
}

/// Loads rules in a group `t,`, and expects no error.
#[track_caller]
pub(crate) fn loaded(dialect: &str, rules: &str) -> RuleSet {
    let text = if rules.contains("<group name") {
        rules.to_owned()
    } else {
        format!("<group name=\"t,\">\n{rules}\n</group>")
    };
    let (rules, diagnostics) = Texts::new(dialect).file("local_rules.xml", text).load();
    rules.unwrap_or_else(|| panic!("{dialect}: {}", shown(&diagnostics)))
}

/// Messages as a person sees them.
pub(crate) fn shown(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|d| format!("{d}\n")).collect()
}

/// The forest from the top, each node as its id and, in brackets, what is below.
pub(crate) fn forest(rules: &RuleSet) -> String {
    siblings(rules, &rules.roots)
}

/// What stands below the syslog template.
pub(crate) fn below_syslog(rules: &RuleSet) -> String {
    let is_syslog = |node: &&NodeIndex| rules.rule(rules.node(**node).rule).id == 1;
    let node = rules.roots.iter().find(is_syslog).unwrap();
    siblings(rules, &rules.node(*node).children)
}

fn siblings(rules: &RuleSet, nodes: &[NodeIndex]) -> String {
    let node = |at: &NodeIndex| {
        let node = rules.node(*at);
        let id = rules.rule(node.rule).id;
        match node.children.as_slice() {
            [] => id.to_string(),
            children => format!("{id}({})", siblings(rules, children)),
        }
    };
    nodes.iter().map(node).collect::<Vec<_>>().join(" ")
}

/// The names of a rule's conditions in the order of tests.
pub(crate) fn tests_of(rules: &RuleSet, id: u32) -> String {
    let rule = rules.rule(rules.by_id[&id]);
    let names = rule.conditions.iter().map(|condition| match &condition.test {
        Test::Text { field, pattern, negated } => {
            let not = if *negated { "!" } else { "" };
            format!("{not}{field:?}={}", String::from_utf8_lossy(pattern.source()))
        }
        Test::Action(text) => format!("Action={}", String::from_utf8_lossy(text)),
        Test::Decoder(_) => "Decoder".into(),
        Test::Dynamic { .. } => "Dynamic".into(),
        Test::SrcIp(_) => "SrcIp".into(),
        Test::DstIp(_) => "DstIp".into(),
        Test::Compiled(_) => "Compiled".into(),
        Test::MinSize(n) => format!("MinSize={n}"),
        Test::Time(_) => "Time".into(),
        Test::Weekday(_) => "Weekday".into(),
        Test::CheckDiff => "CheckDiff".into(),
        Test::FirstTimeSeen => "FirstTimeSeen".into(),
        Test::List(list) => format!("List={}", String::from_utf8_lossy(&list.name)),
        Test::Correlation(_) => "Correlation".into(),
        Test::Never => "Never".into(),
    });
    names.collect::<Vec<_>>().join(" ")
}

/// The decoders of these files; `None` with messages where they are refused.
pub(crate) fn decoders(
    files: &[(&str, Vec<u8>)],
    dialect: Dialect,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(DecoderTable, FieldNames)> {
    let options = ReadOptions { dialect, variables: true };
    let sources = files.iter().map(|(path, text)| Source::new(*path, text.clone()));
    let documents: Vec<_> =
        sources.filter_map(|source| xml::read(&source, options, diagnostics)).collect();
    let options = DecoderOptions { dialect, ..DecoderOptions::default() };
    let set = DecoderSet::load(&documents, &options, diagnostics)?;
    let is_whole = documents.len() == files.len();
    is_whole.then(|| (set.table().clone(), set.field_names().clone()))
}

/// The rules that `ossec.conf` in `folder` includes.
pub(crate) fn stock(folder: &Path, dialect: &str) -> Texts {
    let mut texts = Texts::new(dialect);
    texts.rules.clear();
    let read = |path: &str| std::fs::read(folder.join(path)).unwrap();
    let config = String::from_utf8_lossy(&read("ossec.conf")).into_owned();
    let includes = config.split("<include>").skip(1);
    for include in includes.filter_map(|rest| rest.split("</include>").next()) {
        if !config.contains(&format!("<!-- <include>{include}</include> -->")) {
            let path = format!("rules/{include}");
            let text = read(&path);
            texts = texts.file(&path, text);
        }
    }
    let mut diagnostics = Vec::new();
    let found = decoders(&[("decoder.xml", read("decoder.xml"))], texts.dialect, &mut diagnostics);
    (texts.decoders, texts.field_names) =
        found.unwrap_or_else(|| panic!("{}", shown(&diagnostics)));
    texts
}

fn templates() -> Vec<u8> {
    let names = ["syslog", "firewall", "ids", "web-log", "squid", "windows", "ossec"];
    let groups = (1..).zip(names).map(|(id, name)| {
        format!(
            "<group name=\"{name}\">\n  <rule id=\"{id}\" level=\"0\" noalert=\"1\">\n    \
             <category>{name}</category>\n    <description>{name}</description>\n  </rule>\n</group>\n"
        )
    });
    groups.collect::<String>().into_bytes()
}
