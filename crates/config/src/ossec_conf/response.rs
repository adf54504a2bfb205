//! `<command>` and `<active-response>`: what is done about alerts (config 16).

use std::time::Duration;

use bartizan_base::{Place, Span};
use bartizan_pattern::Language;

use super::codes;
use super::context::{Context, Wrong};
use super::table::{Opt, Origin, did_you_mean, ignored};
use super::value::{Value, rule_ids};
use crate::xml::Element;

/// A `<command>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// `<name>`.
    pub name: Option<String>,
    /// File in `active-response/bin`. `<executable>`.
    pub executable: Option<String>,
    /// What of an alert it needs. `<expect>`.
    pub expect: Option<Expect>,
    /// Whether it can be undone. `<timeout_allowed>`.
    pub timeout_allowed: bool,
    /// Added to its input (Wazuh). `<extra_args>`.
    pub extra_args: Option<String>,
    /// The block.
    pub place: Option<Place>,
}

/// What of an alert a command needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the words of expect")]
pub struct Expect {
    pub user: bool,
    pub srcip: bool,
    pub filename: bool,
}

/// An `<active-response>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActiveResponse {
    /// This block is not used. `<disabled>`.
    pub disabled: Option<bool>,
    /// Name of a command. `<command>`.
    pub command: Option<(String, Place)>,
    /// Where it runs. `<location>`.
    pub location: Option<ResponseLocation>,
    /// Id of the one agent. `<agent_id>`.
    pub agent_id: Option<String>,
    /// For alerts of this level and above. `<level>`; 0 is none.
    pub level: u8,
    /// For these rules. `<rules_id>`.
    pub rules_id: Vec<u32>,
    /// OS_Regex pattern for the groups. `<rules_group>`.
    pub rules_group: Option<Vec<u8>>,
    /// When it is undone. `<timeout>`, seconds.
    pub timeout: Duration,
    /// Longer times for those who come again. `<repeated_offenders>`, minutes.
    pub repeated_offenders: Vec<Duration>,
    /// The block.
    pub place: Option<Place>,
}

/// Where a response runs; several are possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseLocation {
    /// Where the event came from.
    pub local: bool,
    /// On the server.
    pub server: bool,
    /// On one agent.
    pub defined_agent: bool,
    /// On all agents.
    pub all: bool,
}

/// Rows of the tables.
type CommandRow = Opt<Command>;
type ResponseRow = Opt<ActiveResponse>;

/// Every option of `<command>`.
pub const COMMAND: &[Opt<Command>] = &[
    CommandRow::new("name", "text", "Name that active responses use", |c, v, context| {
        v.refuse_empty(context)?;
        c.name = Some(v.string());
        Ok(())
    }),
    CommandRow::new("executable", "file", "File in active-response/bin", |c, v, context| {
        v.refuse_empty(context)?;
        c.executable = Some(v.string());
        Ok(())
    }),
    CommandRow::new("expect", "user, srcip, filename", "What of an alert it needs", expect),
    CommandRow::new("timeout_allowed", "yes or no", "Whether it can be undone", |c, v, _| {
        v.yes_no().map(|yes| c.timeout_allowed = yes)
    }),
    CommandRow::new("extra_args", "text", "Added to its input", |c, v, _| {
        c.extra_args = Some(v.string());
        Ok(())
    })
    .origin(Origin::Wazuh),
];

/// Every option of `<active-response>`.
pub const ACTIVE_RESPONSE: &[Opt<ActiveResponse>] = &[
    ResponseRow::new("disabled", "yes or no", "Do not use this block", |c, v, _| {
        c.disabled = Some(v.yes_no()?);
        Ok(())
    }),
    ResponseRow::new("command", "name", "Which command", |c, v, context| {
        c.command = Some((v.string(), context.place(&v.span())));
        Ok(())
    }),
    ResponseRow::new("location", "local, server, defined-agent or all", "Where it runs", location),
    ResponseRow::new("agent_id", "id", "The one agent, for defined-agent", |c, v, _| {
        c.agent_id = Some(v.string());
        Ok(())
    }),
    ResponseRow::new("level", "0 to 20", "For alerts of this level and above", |c, v, _| {
        c.level = v.number(0..=20)? as u8;
        Ok(())
    }),
    ResponseRow::new("rules_id", "numbers of rules", "For these rules", |c, v, context| {
        c.rules_id.extend(rule_ids(v, b",", context)?);
        Ok(())
    }),
    ResponseRow::new(
        "rules_group",
        "OS_Regex pattern",
        "For rules of these groups",
        |c, v, context| {
            v.check_pattern(Language::OsRegex, context);
            c.rules_group = Some(v.bytes().to_vec());
            Ok(())
        },
    ),
    ResponseRow::new("timeout", "seconds", "When it is undone", timeout),
    ResponseRow::new(
        "repeated_offenders",
        "minutes, separated by commas",
        "Longer times for the next",
        offenders,
    ),
    ResponseRow::new("ca_store", "path", "Nothing here", ignored).origin(Origin::Wazuh),
];

fn expect(c: &mut Command, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    let mut expect = Expect::default();
    for word in v.string().split([',', ' ', '\t']).filter(|word| !word.is_empty()) {
        match word.to_ascii_lowercase().as_str() {
            "user" | "username" => expect.user = true,
            "srcip" => expect.srcip = true,
            "filename" => expect.filename = true,
            _ => {
                let help = did_you_mean(word, ["user", "srcip", "filename"]).unwrap_or_default();
                let message = format!("`{word}` is nothing a command can expect; it is ignored");
                context.warn(codes::NO_EFFECT_HERE, v.span(), message, &help);
            }
        }
    }
    c.expect = Some(expect);
    Ok(())
}

const WHERE: &str = "`local`, `server`, `defined-agent` or `all`, or several with commas";

/// OSSEC searches the words anywhere in the text; combinations are kept (config 16).
fn location(c: &mut ActiveResponse, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    let text = v.string().to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let found = ResponseLocation {
        local: has(&["local"]),
        server: has(&["as", "analysisd", "analysis-server", "server"]),
        defined_agent: has(&["defined-agent"]),
        all: has(&["all", "any"]),
    };
    if found == ResponseLocation::default() {
        let known = ["local", "server", "defined-agent", "all"];
        let wrong = Wrong::expected(WHERE);
        return Err(match did_you_mean(&text, known) {
            Some(help) => wrong.help(help),
            None => wrong,
        });
    }
    let known =
        ["local", "server", "defined-agent", "all", "any", "as", "analysisd", "analysis-server"];
    for word in text.split([',', ' ', '\t']).filter(|w| !w.is_empty() && !known.contains(w)) {
        let message = format!("expected {WHERE}; `{word}` is none");
        let help = did_you_mean(word, known).unwrap_or_default();
        context.warn(codes::NO_EFFECT_HERE, v.span(), message, &help);
    }
    c.location = Some(found);
    Ok(())
}

fn timeout(c: &mut ActiveResponse, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    // OSSEC takes anything that is no number for 0 (config 16).
    let seconds = match v.number(0..=u64::from(u32::MAX)) {
        Err(_) if context.is_strict() => 0,
        other => other?,
    };
    c.timeout = Duration::from_secs(seconds);
    Ok(())
}

fn offenders(
    c: &mut ActiveResponse,
    v: &Value<'_>,
    context: &mut Context<'_>,
) -> Result<(), Wrong> {
    for item in v.string().split(',').map(str::trim).filter(|item| !item.is_empty()) {
        match item.parse::<u32>() {
            Ok(minutes) => c.repeated_offenders.push(Duration::from_secs(u64::from(minutes) * 60)),
            Err(_) if context.is_strict() => {}
            Err(_) => {
                let what = format!("numbers of minutes, separated by commas; `{item}` is none");
                return Err(Wrong::expected(what));
            }
        }
    }
    Ok(())
}

pub(super) fn finish_command(section: &Element, context: &mut Context<'_>) {
    context.needs(section, "name", "");
    context.needs(section, "executable", "");
    // Wazuh does without (config 27.2).
    if context.is_strict() {
        context.needs(section, "expect", "it may be empty");
    }
}

impl ActiveResponse {
    /// Whether the block says anything but `disabled` and `repeated_offenders`.
    #[must_use]
    pub fn is_response(&self) -> bool {
        let nothing = Self {
            disabled: self.disabled,
            repeated_offenders: self.repeated_offenders.clone(),
            place: self.place.clone(),
            ..Self::default()
        };
        *self != nothing
    }
}

/// What a block needs that is a response.
pub(super) fn check_block(block: &ActiveResponse, section: &Element, context: &mut Context<'_>) {
    if block.disabled != Some(true) && block.is_response() {
        context.needs(section, "command", "");
        context.needs(section, "location", "it is `local`, `server`, `defined-agent` or `all`");
    }
}

/// Checks a response against the commands, which in OSSEC have to stand before it.
pub(super) fn finish_response(
    block: &ActiveResponse,
    commands: &[Command],
    span: &Span,
    context: &mut Context<'_>,
) {
    if block.disabled == Some(true) || !block.is_response() {
        return;
    }
    if let Some((name, place)) = &block.command {
        check_command(block, name, &place.span, commands, context);
    }
    if block.location.is_some_and(|l| l.defined_agent) && block.agent_id.is_none() {
        let message = "`defined-agent` needs `agent_id`";
        context.fail(codes::MISSING, span.clone(), message, "");
    }
    if block.level == 0 && block.rules_id.is_empty() && block.rules_group.is_none() {
        let message = "this response is for no alert";
        let help = "add `level`, `rules_id` or `rules_group`";
        context.warn(codes::INCOMPLETE, span.clone(), message, help);
    }
}

fn check_command(
    block: &ActiveResponse,
    name: &str,
    span: &Span,
    commands: &[Command],
    context: &mut Context<'_>,
) {
    let named = |c: &&Command| c.name.as_deref() == Some(name);
    let Some(command) = commands.iter().find(named) else {
        let known = commands.iter().filter_map(|c| c.name.as_deref());
        let help = did_you_mean(name, known).unwrap_or_default();
        let message = format!("no `<command>` is called `{name}`");
        context.fail(codes::UNDEFINED, span.clone(), message, &help);
        return;
    };
    let below = command.place.as_ref().is_some_and(|place| place.span.start > span.start);
    if below && context.is_strict() {
        let message = format!("command `{name}` is defined below; OSSEC wants it above");
        context.fail(codes::UNDEFINED, span.clone(), message, "");
    }
    if block.timeout > Duration::ZERO && !command.timeout_allowed {
        let message = format!("command `{name}` cannot be undone, so `timeout` is not allowed");
        let help = "add `<timeout_allowed>yes</timeout_allowed>` to the command";
        context.fail(codes::CONTRADICTION, span.clone(), message, help);
    }
}
