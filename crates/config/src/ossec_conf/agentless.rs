//! `<agentless>`: watching machines without an agent, over SSH (config 18).

use std::time::Duration;

use bartizan_base::Place;

use super::codes;
use super::context::{Context, Wrong};
use super::table::Opt;
use super::value::Value;
use crate::xml::Element;

/// One group of machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agentless {
    /// Script in `agentless/`. `<type>`.
    pub kind: Option<String>,
    /// The machines. `<host>`.
    pub hosts: Vec<Host>,
    /// `<state>`.
    pub state: Option<State>,
    /// Time between runs. `<frequency>`, seconds.
    pub frequency: Duration,
    /// Port; 0 is the script's own. `<port>`.
    pub port: u16,
    /// `<run_command>`.
    pub run_command: Option<String>,
    /// `<arguments>`.
    pub arguments: String,
    /// The block.
    pub place: Option<Place>,
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// `user@host`.
    pub name: String,
    /// `use_su` or `use_sudo` in front of it.
    pub privilege: Privilege,
}

/// How the script becomes root there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Privilege {
    /// Not at all.
    #[default]
    None,
    /// With su.
    Su,
    /// With sudo.
    Sudo,
}

/// When a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Every `frequency`.
    Periodic,
    /// Every `frequency`, and the differences are told.
    PeriodicDiff,
    /// All the time.
    StayConnected,
}

impl Default for Agentless {
    fn default() -> Self {
        Self {
            kind: None,
            hosts: Vec::new(),
            state: None,
            frequency: Duration::from_secs(86_400),
            port: 0,
            run_command: None,
            arguments: String::new(),
            place: None,
        }
    }
}

/// A row of the table.
type Row = Opt<Agentless>;

/// Every option of `<agentless>`.
pub const AGENTLESS: &[Opt<Agentless>] = &[
    Row::new("type", "name of a script", "Script in agentless/", |c, v, context| {
        v.refuse_empty(context)?;
        c.kind = Some(v.string());
        Ok(())
    }),
    Row::new("host", "user@host", "A machine; may be repeated", host),
    Row::new("state", "periodic, periodic_diff or stay_connected", "When it runs", |c, v, _| {
        c.state = Some(v.one_of(&[
            ("periodic", State::Periodic),
            ("periodic_diff", State::PeriodicDiff),
            ("stay_connected", State::StayConnected),
        ])?);
        Ok(())
    }),
    Row::new("frequency", "seconds", "Time between runs", |c, v, context| {
        c.frequency = Duration::from_secs(v.loose_number(0..=u64::from(u32::MAX), context)?);
        Ok(())
    }),
    Row::new("port", "port", "Port of SSH there", |c, v, context| {
        c.port = v.loose_port(context)?;
        Ok(())
    }),
    Row::new("run_command", "command line", "What is run there", |c, v, _| {
        c.run_command = Some(v.string());
        Ok(())
    }),
    Row::new("arguments", "text", "Arguments of the script", |c, v, _| {
        c.arguments = v.string();
        Ok(())
    }),
];

fn host(c: &mut Agentless, v: &Value<'_>, context: &mut Context<'_>) -> Result<(), Wrong> {
    let text = v.string();
    let (privilege, name) = match (text.strip_prefix("use_su "), text.strip_prefix("use_sudo ")) {
        (Some(name), _) => (Privilege::Su, name),
        (_, Some(name)) => (Privilege::Sudo, name),
        _ => (Privilege::None, text.as_str()),
    };
    // Strictly: it becomes an argument of a program (config 18).
    let plain = |s: &str| {
        let ok = |b: u8| b.is_ascii_alphanumeric() || b"._-:[]".contains(&b);
        !s.is_empty() && !s.starts_with('-') && s.bytes().all(ok)
    };
    let sound = name.split_once('@').is_some_and(|(user, host)| plain(user) && plain(host));
    if !sound && !context.is_strict() {
        return Err(Wrong::expected("`user@host`, perhaps behind `use_su ` or `use_sudo `"));
    }
    c.hosts.push(Host { name: name.to_owned(), privilege });
    Ok(())
}

pub(super) fn finish(block: &Agentless, section: &Element, context: &mut Context<'_>) {
    for option in ["type", "host", "state"] {
        context.needs(section, option, "");
    }
    let periodic = matches!(block.state, Some(State::Periodic | State::PeriodicDiff));
    if periodic && block.frequency.is_zero() {
        let message = "`periodic` needs a `frequency` above 0";
        context.fail(codes::CONTRADICTION, section.name_span.clone(), message, "");
    }
}
