//! The sections of `<ossec_config>`: who reads each, and what help and manual say.

use bartizan_base::Span;

use super::context::Context;
use super::table::{Names, OptionInfo, Origin, Status, read_section, read_section_by};
use super::{
    Configuration, active_responses_of, agentless, alerts, client, codes, database_output,
    email_alerts, global, localfile, remote, reports, response, rootcheck, rules_section, syscheck,
    syslog_output,
};
use crate::xml::Element;

/// A section.
pub struct Section {
    /// The name of its element.
    pub name: &'static str,
    /// What it is for, in one line.
    pub help: &'static str,
    /// Whether anything comes of it.
    pub status: Status,
    /// Who knows it.
    pub origin: Origin,
    options: fn() -> Vec<OptionInfo>,
    pub(super) read: fn(&mut Configuration, &Element, &mut Context<'_>),
}

impl Section {
    /// Its options, in the order of the manual.
    #[must_use]
    pub fn options(&self) -> Vec<OptionInfo> {
        (self.options)()
    }
}

macro_rules! options {
    ($table:expr) => {
        || $table.iter().map(super::table::Opt::info).collect()
    };
}

const OSSEC: Origin = Origin::Since(28);

/// Every section of OSSEC, and those of Wazuh that mean something here.
pub const SECTIONS: &[Section] = &[
    Section {
        name: "global",
        help: "Mail, what is written down, and who is never acted on",
        status: Status::Used,
        origin: OSSEC,
        options: options!(global::GLOBAL),
        read: |c, e, context| read_section(global::GLOBAL, e, &mut c.global, context),
    },
    Section {
        name: "rules",
        help: "Which decoders, rules and lists are loaded",
        status: Status::Used,
        origin: OSSEC,
        options: options!(rules_section::RULES),
        read: |c, e, context| {
            if !c.rules.entries.is_empty() {
                let message = "several `<rules>` sections are joined";
                let help = "OSSEC uses the last one only";
                context.warn(codes::JOINED, e.name_span.clone(), message, help);
            }
            read_section(rules_section::RULES, e, &mut c.rules, context);
        },
    },
    Section {
        name: "ruleset",
        help: "Which decoders, rules and lists are loaded, in Wazuh's way",
        status: Status::Used,
        origin: Origin::Wazuh,
        options: options!(rules_section::RULESET),
        read: |c, e, context| {
            c.rules.is_ruleset = true;
            read_section(rules_section::RULESET, e, &mut c.rules, context);
        },
    },
    Section {
        name: "alerts",
        help: "From which level on alerts are written and mailed",
        status: Status::Used,
        origin: OSSEC,
        options: options!(alerts::ALERTS),
        read: |c, e, context| read_section(alerts::ALERTS, e, &mut c.alerts, context),
    },
    Section {
        name: "localfile",
        help: "Which logs are read",
        status: Status::Used,
        origin: OSSEC,
        options: options!(localfile::LOCALFILE),
        read: |c, e, context| {
            let place = Some(context.place(&e.name_span));
            let mut block = localfile::Localfile { place, ..Default::default() };
            read_section(localfile::LOCALFILE, e, &mut block, context);
            localfile::finish(&block, e, context);
            c.localfiles.push(block);
        },
    },
    Section {
        name: "syscheck",
        help: "Which files are watched for changes",
        status: Status::Used,
        origin: OSSEC,
        options: options!(syscheck::SYSCHECK),
        read: |c, e, context| read_section(syscheck::SYSCHECK, e, &mut c.syscheck, context),
    },
    Section {
        name: "rootcheck",
        help: "Looking for rootkits, and policies",
        status: Status::NotYet,
        origin: OSSEC,
        options: options!(rootcheck::ROOTCHECK),
        read: |c, e, context| read_section(rootcheck::ROOTCHECK, e, &mut c.rootcheck, context),
    },
    Section {
        name: "command",
        help: "Programs that act on alerts",
        status: Status::NotYet,
        origin: OSSEC,
        options: options!(response::COMMAND),
        read: |c, e, context| {
            let place = Some(context.place(&e.name_span));
            let mut block = response::Command { place, ..Default::default() };
            read_section(response::COMMAND, e, &mut block, context);
            response::finish_command(e, context);
            c.commands.push(block);
        },
    },
    Section {
        name: "active-response",
        help: "Which alerts are acted on, and how",
        status: Status::NotYet,
        origin: OSSEC,
        options: options!(response::ACTIVE_RESPONSE),
        read: active_responses_of,
    },
    Section {
        name: "remote",
        help: "Listening for agents and syslog senders",
        status: Status::Used,
        origin: OSSEC,
        options: options!(remote::REMOTE),
        read: |c, e, context| {
            let place = Some(context.place(&e.name_span));
            let mut block = remote::Remote { place, ..Default::default() };
            read_section_by(Names::AnyCase, remote::REMOTE, e, &mut block, context);
            remote::finish(&block, e, context);
            c.remotes.push(block);
        },
    },
    Section {
        name: "client",
        help: "Which server an agent talks to",
        status: Status::NotYet,
        origin: OSSEC,
        options: options!(client::CLIENT),
        read: |c, e, context| {
            let client = c.client.get_or_insert_with(Default::default);
            read_section(client::CLIENT, e, client, context);
        },
    },
    Section {
        name: "email_alerts",
        help: "Mails to certain people about certain alerts",
        status: Status::NotYet,
        origin: OSSEC,
        options: options!(email_alerts::EMAIL_ALERTS),
        read: |c, e, context| {
            let place = Some(context.place(&e.name_span));
            let mut block = email_alerts::EmailAlert { place, ..Default::default() };
            read_section(email_alerts::EMAIL_ALERTS, e, &mut block, context);
            email_alerts::finish(&block, e, context);
            c.email_alerts.push(block);
        },
    },
    Section {
        name: "syslog_output",
        help: "Alerts to other machines",
        status: Status::NotYet,
        origin: OSSEC,
        options: options!(syslog_output::SYSLOG_OUTPUT),
        read: |c, e, context| {
            let place = Some(context.place(&e.name_span));
            let mut block = syslog_output::SyslogOutput { place, ..Default::default() };
            read_section(syslog_output::SYSLOG_OUTPUT, e, &mut block, context);
            syslog_output::finish(&block, e, context);
            c.syslog_outputs.push(block);
        },
    },
    Section {
        name: "database_output",
        help: "Alerts into a database",
        status: Status::NotYet,
        origin: OSSEC,
        options: options!(database_output::DATABASE_OUTPUT),
        read: |c, e, context| {
            read_section(database_output::DATABASE_OUTPUT, e, &mut c.database_output, context);
        },
    },
    Section {
        name: "reports",
        help: "Daily reports by mail",
        status: Status::NotYet,
        origin: OSSEC,
        options: options!(reports::REPORTS),
        read: |c, e, context| {
            let place = Some(context.place(&e.name_span));
            let mut block = reports::Report { place, ..Default::default() };
            read_section(reports::REPORTS, e, &mut block, context);
            reports::finish(&block, &e.name_span, context);
            c.reports.push(block);
        },
    },
    Section {
        name: "agentless",
        help: "Watching machines without an agent",
        status: Status::NotYet,
        origin: OSSEC,
        options: options!(agentless::AGENTLESS),
        read: |c, e, context| {
            let place = Some(context.place(&e.name_span));
            let mut block = agentless::Agentless { place, ..Default::default() };
            read_section(agentless::AGENTLESS, e, &mut block, context);
            agentless::finish(&block, e, context);
            c.agentless.push(block);
        },
    },
];

/// Sections of Wazuh that are ignored (config 27.1).
pub const WAZUH_SECTIONS: &[&str] = &[
    "client_buffer",
    "labels",
    "logging",
    "sca",
    "wodle",
    "vulnerability-detection",
    "vulnerability-detector",
    "indexer",
    "task-manager",
    "wdb",
    "agent-upgrade",
    "fluent-forward",
    "agent-key-polling",
    "cluster",
    "gcp-pubsub",
    "gcp-bucket",
    "github",
    "office365",
    "ms-graph",
    "rule_test",
    "api",
    "integration",
    "auth",
    "socket",
    "anti_tampering",
];

/// Checks that need a whole section, or all of them.
pub(super) fn finish(c: &mut Configuration, at: &Span, context: &mut Context<'_>) {
    global::finish(&c.global, at, context);
    database_output::finish(&c.database_output, at, context);
    if let Some(client) = &mut c.client {
        client::finish(client, at, context);
    }
    for block in &c.active_responses {
        let span = block.place.as_ref().map_or(at.clone(), |place| place.span.clone());
        response::finish_response(block, &c.commands, &span, context);
    }
    remote::finish_all(&c.remotes, at, context);
    localfile::drop_repeated(&mut c.localfiles, context);
}
