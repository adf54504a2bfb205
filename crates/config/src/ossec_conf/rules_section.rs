//! `<rules>` and Wazuh's `<ruleset>`: which decoders, rules and lists are loaded (config 10, rules 1.1).

use bartizan_base::{Place, Span};

use super::codes;
use super::context::{Context, Wrong};
use super::table::{Opt, Origin};
use super::value::Value;

/// Everything `<rules>` and `<ruleset>` name, in order. Several sections are joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesSection {
    /// What is named, in order.
    pub entries: Vec<RulesEntry>,
    /// Whether a `<ruleset>` was met: its order of files is another (rules 14.1).
    pub is_ruleset: bool,
}

/// One element of the section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesEntry {
    /// Which element.
    pub kind: EntryKind,
    /// The file or directory as written.
    pub value: Vec<u8>,
    /// Attribute `pattern` of a directory, and where it is.
    pub pattern: Option<(Vec<u8>, Span)>,
    /// Where the value is.
    pub place: Place,
}

/// What an element names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A rule file. `<include>`, `<rule>`, `<rule_include>`.
    Rule,
    /// A directory of rule files. `<rule_dir>`.
    RuleDir,
    /// A rule file of a directory that is left out. `<rule_exclude>`.
    RuleExclude,
    /// A decoder file. `<decoder>`, `<decoder_include>`.
    Decoder,
    /// A directory of decoder files. `<decoder_dir>`.
    DecoderDir,
    /// A decoder file of a directory that is left out. `<decoder_exclude>`.
    DecoderExclude,
    /// A list. `<list>`.
    List,
}

/// A row of the table.
type Row = Opt<RulesSection>;

/// Every option of `<rules>`.
pub const RULES: &[Opt<RulesSection>] = &[
    Row::new("include", "file", "A rule file, in rules/ if it has no /", |c, v, context| {
        c.push(EntryKind::Rule, v, context)
    }),
    Row::new("rule", "file", "Another name of include", |c, v, context| {
        c.push(EntryKind::Rule, v, context)
    }),
    Row::new("rule_dir", "directory", "All rule files of a directory", |c, v, context| {
        c.push(EntryKind::RuleDir, v, context)
    })
    .attributes(&["pattern"]),
    Row::new("decoder", "file", "A decoder file, instead of the usual two", |c, v, context| {
        c.push(EntryKind::Decoder, v, context)
    }),
    Row::new("decoder_dir", "directory", "All decoder files of a directory", |c, v, context| {
        c.push(EntryKind::DecoderDir, v, context)
    })
    .attributes(&["pattern"]),
    Row::new("list", "file", "A list that rules look values up in", |c, v, context| {
        c.push(EntryKind::List, v, context)
    }),
    Row::new("rule_exclude", "file", "A file of a directory to leave out", |c, v, context| {
        c.push(EntryKind::RuleExclude, v, context)
    })
    .origin(Origin::Wazuh),
    Row::new("decoder_exclude", "file", "A file of a directory to leave out", |c, v, context| {
        c.push(EntryKind::DecoderExclude, v, context)
    })
    .origin(Origin::Wazuh),
];

/// Every option of Wazuh's `<ruleset>`.
pub const RULESET: &[Opt<RulesSection>] = &[
    Row::new(
        "rule_include",
        "file",
        "A rule file, in ruleset/rules/ if it has no /",
        |c, v, context| c.push(EntryKind::Rule, v, context),
    ),
    Row::new("rule_dir", "directory", "All rule files of a directory", |c, v, context| {
        c.push(EntryKind::RuleDir, v, context)
    })
    .attributes(&["pattern"]),
    Row::new("rule_exclude", "file", "A file of a directory to leave out", |c, v, context| {
        c.push(EntryKind::RuleExclude, v, context)
    }),
    Row::new(
        "decoder_include",
        "file",
        "A decoder file, in ruleset/decoders/ if it has no /",
        |c, v, context| c.push(EntryKind::Decoder, v, context),
    ),
    Row::new("decoder_dir", "directory", "All decoder files of a directory", |c, v, context| {
        c.push(EntryKind::DecoderDir, v, context)
    })
    .attributes(&["pattern"]),
    Row::new("decoder_exclude", "file", "A file of a directory to leave out", |c, v, context| {
        c.push(EntryKind::DecoderExclude, v, context)
    }),
    Row::new("list", "file", "A list that rules look values up in", |c, v, context| {
        c.push(EntryKind::List, v, context)
    }),
];

impl RulesSection {
    fn push(
        &mut self,
        kind: EntryKind,
        v: &Value<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Wrong> {
        if v.bytes().is_empty() {
            return Err(Wrong::expected("the name of a file or directory; this element is empty"));
        }
        let pattern = v.attribute("pattern").map(|a| (a.value.clone(), a.value_span.clone()));
        if pattern.is_none() && matches!(kind, EntryKind::RuleDir | EntryKind::DecoderDir) {
            check_attributes(v, context);
        }
        let place = context.place(&v.span());
        self.entries.push(RulesEntry { kind, value: v.bytes().to_vec(), pattern, place });
        Ok(())
    }
}

/// A directory whose attributes are not `pattern`: OSSEC crashes (rules 1.1); the default is used instead.
fn check_attributes(v: &Value<'_>, context: &mut Context<'_>) {
    for attribute in &v.element.attributes {
        let name = String::from_utf8_lossy(&attribute.name).into_owned();
        let message = format!("unknown attribute `{name}`; it is ignored");
        let help = super::table::did_you_mean(&name, ["pattern"]).unwrap_or_default();
        context.warn(codes::IGNORED_ATTRIBUTE, attribute.name_span.clone(), message, &help);
    }
}
