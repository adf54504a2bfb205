//! `agent.conf`: what a server tells its agents to do (config 19).
//!
//! ```text
//! AgentConf::read   checks all blocks, as the server does before it hands them out
//! AgentConf::apply  reads the blocks that are meant for an agent over its own configuration
//! ```

use std::sync::Arc;

use bartizan_base::{Deviation, Diagnostic, Dialect, Source, Subject, diagnostic};
use bartizan_pattern::{Language, Options, Pattern};

use super::context::Context;
use super::{Configuration, codes, sections, table};
use crate::xml::{self, Document, Element, ReadOptions};

/// An `agent.conf` that was read.
#[derive(Clone, Debug)]
pub struct AgentConf {
    document: Document,
    dialect: Dialect,
}

/// Who an agent is, as the attributes of blocks are compared with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentIdentity {
    /// Its name.
    pub name: Vec<u8>,
    /// What `uname` says: `Linux host 5.10 …`.
    pub os: Vec<u8>,
    /// Its `<config-profile>`.
    pub profile: Vec<u8>,
}

/// Sections that mean something here.
const SECTIONS: [&str; 3] = ["syscheck", "rootcheck", "localfile"];
/// Attributes of a block.
const ATTRIBUTES: [&str; 4] = ["name", "os", "profile", "overwrite"];

impl AgentConf {
    /// Reads and checks a file. The diagnostics are sorted.
    #[must_use]
    pub fn read(source: &Arc<Source>, dialect: Dialect) -> (Option<Self>, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let options = ReadOptions { dialect, variables: false };
        let document = xml::read(source, options, &mut diagnostics);
        let read = document.map(|document| Self { document, dialect });
        if let Some(read) = &read {
            let mut context = Context::new(&read.document, dialect, &mut diagnostics);
            for block in &read.document.roots {
                // Each block by itself: they are for different agents.
                check_block(block, &mut context);
                read_block(block, &mut Configuration::default(), false, &mut context);
            }
            context.finish();
        }
        diagnostic::sort(&mut diagnostics);
        (read, diagnostics)
    }

    /// Reads the blocks that are meant for `agent` over its configuration: lists are appended, values replaced.
    ///
    /// Commands are left out unless the agent allows them, since they would give the server its machine.
    pub fn apply(
        &self,
        agent: &AgentIdentity,
        remote_commands: bool,
        configuration: &mut Configuration,
    ) {
        let mut unheard = Vec::new();
        let mut context = Context::new(&self.document, self.dialect, &mut unheard);
        let blocks = self.document.roots.iter().filter(|block| block.name == b"agent_config");
        for block in blocks.filter(|block| is_meant(block, agent, self.dialect)) {
            read_block(block, configuration, remote_commands, &mut context);
        }
    }
}

fn check_block(block: &Element, context: &mut Context<'_>) {
    if block.name != b"agent_config" {
        let name = String::from_utf8_lossy(&block.name).into_owned();
        let help = table::did_you_mean(&name, ["agent_config"]).unwrap_or_default();
        let message = format!("expected `<agent_config>`, found `<{name}>`");
        context.fail(codes::UNKNOWN_ROOT, block.name_span.clone(), message, &help);
        return;
    }
    for attribute in &block.attributes {
        let name = String::from_utf8_lossy(&attribute.name).into_owned();
        if !ATTRIBUTES.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            // Told, and the block used all the same (config 19).
            let help = table::did_you_mean(&name, ATTRIBUTES).unwrap_or_default();
            let message = format!("unknown attribute `{name}`; it is ignored");
            context.warn(codes::INVALID_ATTRIBUTE, attribute.name_span.clone(), message, &help);
        } else if let Err(error) = compile(&attribute.value, context.dialect) {
            let message = format!("the pattern of `{name}` does not compile: {error}");
            context.fail(codes::BAD_PATTERN, attribute.value_span.clone(), message, "");
        }
    }
}

fn compile(pattern: &[u8], dialect: Dialect) -> Result<Pattern, bartizan_pattern::PatternError> {
    let options = Options { utf8_check: dialect.has(Deviation::Utf8Check) };
    Pattern::compile(Language::OsMatch, pattern, options)
}

/// Whether all attributes of a block fit the agent.
fn is_meant(block: &Element, agent: &AgentIdentity, dialect: Dialect) -> bool {
    [("name", &agent.name), ("os", &agent.os), ("profile", &agent.profile)].iter().all(
        |(name, value)| {
            block.attribute(name).is_none_or(|attribute| {
                let folded = value.to_ascii_lowercase();
                compile(&attribute.value, dialect)
                    .is_ok_and(|pattern| pattern.is_match(Subject::new(value, &folded)))
            })
        },
    )
}

fn read_block(
    block: &Element,
    configuration: &mut Configuration,
    remote_commands: bool,
    context: &mut Context<'_>,
) {
    for element in &block.children {
        let name = String::from_utf8_lossy(&element.name).into_owned();
        let section = sections::SECTIONS.iter().find(|section| section.name == name);
        match section.filter(|section| section.origin.is_known(context.dialect)) {
            Some(section) if SECTIONS.contains(&section.name) => {
                read_guarded(section, element, configuration, remote_commands, context);
            }
            Some(_) => {
                let message = format!("section `<{name}>` has no effect in agent.conf");
                context.warn(codes::NO_EFFECT_HERE, element.name_span.clone(), message, "");
            }
            None => {
                let help = table::did_you_mean(&name, SECTIONS).unwrap_or_default();
                let message = format!("unknown section `<{name}>`");
                context.fail(codes::UNKNOWN_SECTION, element.name_span.clone(), message, &help);
            }
        }
    }
}

/// Reads a section and takes commands out again, which no server may give (config 19).
fn read_guarded(
    section: &sections::Section,
    element: &Element,
    configuration: &mut Configuration,
    remote_commands: bool,
    context: &mut Context<'_>,
) {
    let blocks = configuration.localfiles.len();
    let prefilter = configuration.syscheck.prefilter_cmd.clone();
    context.enter(section.status);
    (section.read)(configuration, element, context);
    context.enter(table::Status::Used);
    if remote_commands {
        return;
    }
    let is_command = |block: &super::localfile::Localfile| {
        block.command.is_some() || block.format.is_some_and(super::localfile::LogFormat::is_command)
    };
    let given = configuration.localfiles.get(blocks..).unwrap_or_default();
    let refused = given.iter().any(is_command) || configuration.syscheck.prefilter_cmd != prefilter;
    if refused {
        let message = "commands in agent.conf are left out by agents";
        let help = "unless `logcollector.remote_commands=1` stands in their own internal options";
        context.warn(codes::NO_EFFECT_HERE, element.name_span.clone(), message, help);
    }
    let mut at = 0;
    configuration.localfiles.retain(|block| {
        at += 1;
        at <= blocks || !is_command(block)
    });
    configuration.syscheck.prefilter_cmd = prefilter;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (AgentConf, Vec<Diagnostic>) {
        let (read, said) = AgentConf::read(&Source::new("agent.conf", text), Dialect::OURS);
        (read.unwrap(), said)
    }

    fn agent(name: &str, os: &str, profile: &str) -> AgentIdentity {
        let bytes = |s: &str| s.as_bytes().to_vec();
        AgentIdentity { name: bytes(name), os: bytes(os), profile: bytes(profile) }
    }

    const BLOCKS: &str = "<agent_config><syscheck><frequency>100</frequency></syscheck></agent_config>\n\
        <agent_config name='^web' os='Linux'><syscheck><frequency>200</frequency>\
        <ignore>/x</ignore></syscheck></agent_config>\n\
        <agent_config profile='db'><localfile><log_format>command</log_format>\
        <command>df</command></localfile></agent_config>";

    #[test]
    fn blocks_are_for_the_agents_that_fit_all_attributes() {
        let (conf, _) = read(BLOCKS);
        for (who, seconds) in [
            (agent("web1", "Linux web1 5.10", ""), 200),
            (agent("web1", "Microsoft Windows", ""), 100),
            (agent("mail", "Linux mail 5.10", ""), 100),
        ] {
            let mut configuration = Configuration::default();
            conf.apply(&who, false, &mut configuration);
            assert_eq!(configuration.syscheck.frequency.as_secs(), seconds, "{who:?}");
        }
    }

    #[test]
    fn lists_are_appended_to_the_agents_own() {
        let (conf, _) = read(BLOCKS);
        let mut configuration = Configuration::default();
        configuration.syscheck.ignore.push(super::super::syscheck::Ignored::Prefix(b"/y".to_vec()));
        conf.apply(&agent("web1", "Linux", ""), false, &mut configuration);
        assert_eq!(configuration.syscheck.ignore.len(), 2);
    }

    #[test]
    fn commands_are_left_out_unless_the_agent_allows_them() {
        let (conf, said) = read(BLOCKS);
        assert!(said.iter().any(|d| d.message.contains("commands")), "{said:?}");
        for (allowed, blocks) in [(false, 0), (true, 1)] {
            let mut configuration = Configuration::default();
            conf.apply(&agent("x", "y", "dbserver"), allowed, &mut configuration);
            assert_eq!(configuration.localfiles.len(), blocks);
        }
    }

    #[test]
    fn every_value_is_checked() {
        for (text, code) in [
            ("<ossec_config></ossec_config>", codes::UNKNOWN_ROOT),
            ("<agent_config><bogus/></agent_config>", codes::UNKNOWN_SECTION),
            (
                "<agent_config><syscheck><frequency>x</frequency></syscheck></agent_config>",
                codes::INVALID_VALUE,
            ),
            (
                "<agent_config><rootcheck><bogus>x</bogus></rootcheck></agent_config>",
                codes::UNKNOWN_OPTION,
            ),
            ("<agent_config nmae='x'></agent_config>", codes::INVALID_ATTRIBUTE),
        ] {
            let (_, said) = read(text);
            assert!(said.iter().any(|d| d.code == code), "{text}: {said:?}");
        }
    }
}
