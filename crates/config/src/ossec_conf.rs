//! `ossec.conf`: one file, one structure (config 1 to 19).
//!
//! ```text
//! load ─▶ xml::read ─▶ sections (a table of options each) ─▶ Configuration ─▶ RulesSection::files
//! ```
//!
//! Everything is checked in one go, and all mistakes are told. Sections may come any number of times: single
//! values are replaced, lists appended. Nothing depends on the order of options. What is not implemented yet
//! is checked all the same, and one warning says so.

pub mod agent_conf;
pub mod agentless;
pub mod alerts;
pub mod allow_list;
pub mod client;
pub mod codes;
mod context;
pub mod database_output;
pub mod email_alerts;
pub mod files;
pub mod global;
pub mod localfile;
pub mod remote;
pub mod reports;
pub mod response;
pub mod rootcheck;
pub mod rules_section;
pub mod schedule;
pub mod sections;
pub mod senders;
pub mod syscheck;
pub mod syslog_output;
pub mod table;
mod value;

use std::path::Path;
use std::sync::Arc;

use bartizan_base::{Diagnostic, Dialect, Flavour, Severity, Source, Span, diagnostic};

pub use context::{Context, Wrong};
pub use value::Value;

use crate::xml::{self, Document, Element, ReadOptions};
use table::Status;

/// What an `ossec.conf` says.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// `<global>`.
    pub global: global::Global,
    /// `<alerts>`.
    pub alerts: alerts::Alerts,
    /// `<rules>`, `<ruleset>`.
    pub rules: rules_section::RulesSection,
    /// `<localfile>` blocks.
    pub localfiles: Vec<localfile::Localfile>,
    /// `<syscheck>`.
    pub syscheck: syscheck::Syscheck,
    /// `<rootcheck>`.
    pub rootcheck: rootcheck::Rootcheck,
    /// `<remote>` blocks.
    pub remotes: Vec<remote::Remote>,
    /// `<client>`, if there is one.
    pub client: Option<client::Client>,
    /// `<command>` blocks.
    pub commands: Vec<response::Command>,
    /// `<active-response>` blocks.
    pub active_responses: Vec<response::ActiveResponse>,
    /// Active response is switched off altogether: a block holds nothing but `<disabled>yes</disabled>`.
    pub active_response_disabled: bool,
    /// `<email_alerts>` blocks.
    pub email_alerts: Vec<email_alerts::EmailAlert>,
    /// `<syslog_output>` blocks.
    pub syslog_outputs: Vec<syslog_output::SyslogOutput>,
    /// `<database_output>`.
    pub database_output: database_output::DatabaseOutput,
    /// `<reports>` blocks.
    pub reports: Vec<reports::Report>,
    /// `<agentless>` blocks.
    pub agentless: Vec<agentless::Agentless>,
}

/// Where the configuration is below the home of an installation.
pub const FILE: &str = "etc/ossec.conf";

/// Reads the configuration of an installation.
///
/// The diagnostics are sorted. The configuration is missing if the file cannot be read at all; with errors in
/// it, it holds what could be read, and whoever starts something asks
/// [`any_error`](bartizan_base::diagnostic::any_error) first.
#[must_use]
pub fn load_home(home: &Path, dialect: Dialect) -> (Option<Configuration>, Vec<Diagnostic>) {
    load(&home.join(FILE), dialect)
}

/// Reads a configuration file; as [`load_home`].
#[must_use]
pub fn load(path: &Path, dialect: Dialect) -> (Option<Configuration>, Vec<Diagnostic>) {
    match Source::read(path, path) {
        Ok(source) => read(&source, dialect),
        Err(error) => {
            let said = Diagnostic::new(Severity::Error, codes::UNREADABLE, None, error.to_string());
            (None, vec![said])
        }
    }
}

/// Reads a configuration that is in memory already; as [`load_home`].
#[must_use]
pub fn read(source: &Arc<Source>, dialect: Dialect) -> (Option<Configuration>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    // Variables are never replaced here (config 2).
    let options = ReadOptions { dialect, variables: false };
    let configuration = xml::read(source, options, &mut diagnostics)
        .map(|document| read_document(&document, dialect, &mut diagnostics));
    diagnostic::sort(&mut diagnostics);
    (configuration, diagnostics)
}

fn read_document(
    document: &Document,
    dialect: Dialect,
    diagnostics: &mut Vec<Diagnostic>,
) -> Configuration {
    let mut configuration = Configuration::default();
    // Who says nothing about it gets JSON, too, except where OSSEC would write none.
    configuration.global.jsonout_output = dialect.flavour() == Flavour::Bartizan;
    let mut context = Context::new(document, dialect, diagnostics);
    let mut at = Span::default();
    for root in &document.roots {
        at = root.name_span.clone();
        if root.name == b"ossec_config" {
            read_root(root, &mut configuration, &mut context);
        } else {
            refuse_root(root, &mut context);
        }
    }
    sections::finish(&mut configuration, &at, &mut context);
    context.finish();
    // What a full disk or a half-done deployment leaves must not start without a word. OSSEC takes an empty
    // file (config 2), so its dialects do.
    if document.roots.is_empty() && dialect.flavour() == Flavour::Bartizan {
        let place = document.place(&(0..0));
        let message = "there is no <ossec_config> in this file";
        diagnostics.push(Diagnostic::error(codes::MISSING, place, message));
    }
    configuration
}

fn read_root(root: &Element, configuration: &mut Configuration, context: &mut Context<'_>) {
    for element in &root.children {
        let section = sections::SECTIONS
            .iter()
            .find(|section| section.name.as_bytes() == element.name)
            .filter(|section| section.origin.is_known(context.dialect));
        match section {
            Some(section) => {
                context.enter(section.status);
                (section.read)(configuration, element, context);
                context.enter(Status::Used);
            }
            None => refuse_section(element, context),
        }
    }
}

fn refuse_root(root: &Element, context: &mut Context<'_>) {
    let name = String::from_utf8_lossy(&root.name).into_owned();
    let help = match root.name.as_slice() {
        b"agent_config" => "this is what `agent.conf` begins with, not `ossec.conf`".to_owned(),
        b"decoder" | b"group" | b"var" => "this is a file of decoders or rules".to_owned(),
        _ => table::did_you_mean(&name, ["ossec_config"])
            .unwrap_or_else(|| "all sections stand in `<ossec_config>`".to_owned()),
    };
    let message = format!("expected `<ossec_config>`, found `<{name}>`");
    context.fail(codes::UNKNOWN_ROOT, root.name_span.clone(), message, &help);
}

fn refuse_section(element: &Element, context: &mut Context<'_>) {
    let name = String::from_utf8_lossy(&element.name).into_owned();
    let is_wazuh = sections::WAZUH_SECTIONS.contains(&name.as_str());
    if is_wazuh && !context.is_strict() {
        let message = format!("section `<{name}>` is Wazuh's; it is ignored");
        context.warn(codes::IGNORED_SECTION, element.name_span.clone(), message, "");
        return;
    }
    let known = sections::SECTIONS.iter().filter(|s| s.origin.is_known(context.dialect));
    let help = match (is_wazuh, name.as_str()) {
        (true, _) | (_, "ruleset") => Some("it is Wazuh's; this dialect refuses it".to_owned()),
        _ => table::did_you_mean(&name, known.map(|section| section.name)),
    };
    let message = format!("unknown section `<{name}>`");
    let help = help.unwrap_or_default();
    context.fail(codes::UNKNOWN_SECTION, element.name_span.clone(), message, &help);
}

/// Reads an `<active-response>`. A block that says nothing but `disabled` is the master switch (config 16).
fn active_responses_of(
    configuration: &mut Configuration,
    element: &Element,
    context: &mut Context<'_>,
) {
    let place = Some(context.place(&element.name_span));
    let mut block = response::ActiveResponse { place, ..Default::default() };
    table::read_section(response::ACTIVE_RESPONSE, element, &mut block, context);
    response::check_block(&block, element, context);
    let is_switch = !block.is_response() && block.repeated_offenders.is_empty();
    if is_switch && block.disabled == Some(true) {
        configuration.active_response_disabled = true;
    }
    configuration.active_responses.push(block);
}
