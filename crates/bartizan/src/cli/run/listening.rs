//! Syslog from other machines: what is listened on, and what of it becomes lines and messages of our own.

use std::os::fd::BorrowedFd;
use std::path::Path;

use anyhow::Context as _;
use bartizan_base::Diagnostic;
use bartizan_collect::Line;
use bartizan_collect::Seen as Input;
use bartizan_collect::Sources;
use bartizan_collect::line::LOCAL_FILE;
use bartizan_listen::notice::{OWN_LOCATION, SYSLOG};
use bartizan_listen::{Counts, Listener, Notice, Seen, Settings, Surroundings, Transport};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::watcher::Watcher;
use crate::cli::complain;
use crate::cli::site::Site;

/// Where events wait on the disk, below the folder of state.
const SPOOL: &str = "queue/spool/syslog";
/// Descriptors that connections may need, and files beside them.
const DESCRIPTORS: u64 = 4_096;

/// Listeners, before they are opened.
#[derive(Clone)]
pub(super) struct Plan(Settings);

/// What the configuration asks for.
///
/// # Errors
///
/// What is wrong with certificates.
pub(super) fn plan(site: &Site) -> Result<Plan, Vec<Diagnostic>> {
    let remotes = site.configuration.as_ref().map(|c| c.remotes.as_slice());
    let (settings, diagnostics) = Settings::of(remotes.unwrap_or_default(), &site.home);
    if diagnostics.is_empty() { Ok(Plan(settings)) } else { Err(diagnostics) }
}

impl Plan {
    /// Opens them. The folder of state must be ours already.
    pub(super) fn start(self, state: &Path) -> anyhow::Result<Listening> {
        if self.0.listeners.is_empty() {
            return Ok(Listening { listener: None, plan: self });
        }
        if self.0.listeners.iter().any(|listener| listener.transport != Transport::Udp) {
            allow_descriptors();
        }
        let spool = Some(state.join(SPOOL));
        let surroundings = Surroundings { spool, ..Surroundings::default() };
        let listener = Listener::start(self.0.clone(), surroundings);
        let listener = Some(listener.context("cannot listen for syslog")?);
        Ok(Listening { listener, plan: self })
    }
}

/// Most systems allow few descriptors unless more are asked for.
fn allow_descriptors() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < DESCRIPTORS
    {
        // It cannot fail: less than allowed is asked for. If it did, fewer connections would be accepted.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, DESCRIPTORS.min(hard), hard);
    }
}

/// Listeners, open or not; perhaps none.
pub(super) struct Listening {
    listener: Option<Listener>,
    plan: Plan,
}

impl Listening {
    /// Whether anything is listened on.
    pub(super) fn is_on(&self) -> bool {
        self.listener.is_some()
    }

    /// Listens as `plan` says from now on. If that is something else, what came so far is analysed and written first.
    /// Where it cannot be done it is said, and everything stays as it was.
    pub(super) fn change(
        &mut self,
        plan: Plan,
        home: &Path,
        watcher: &mut Watcher,
        sources: &mut Sources,
    ) {
        if plan.0 == self.plan.0 {
            return;
        }
        self.close(watcher);
        if watcher.flush(sources) {
            self.commit();
        }
        self.say_goodbye();
        // The addresses are free only then.
        self.listener = None;
        let (old, open) = (self.plan.clone(), |plan: Plan| plan.start(home));
        match open(plan).or_else(|error| {
            complain(&format!("bartizan: {error:#}; listening as before"));
            open(old)
        }) {
            Ok(listening) => *self = listening,
            Err(error) => complain(&format!("bartizan: {error:#}; nothing is listened on")),
        }
    }

    /// What becomes readable when there is something to poll.
    pub(super) fn fds(&self) -> Vec<BorrowedFd<'_>> {
        self.listener.iter().map(Listener::fd).collect()
    }

    /// Gives what came to `watcher`. True if there is more.
    pub(super) fn poll(&mut self, watcher: &mut Watcher) -> bool {
        let Some(listener) = &mut self.listener else { return false };
        listener.poll(&mut |location, seen| see(watcher, location, seen))
    }

    /// Says that what came of everything so far is on the disk.
    pub(super) fn commit(&mut self) {
        if let Some(listener) = &mut self.listener {
            listener.commit();
        }
    }

    /// Ends listening, and gives what was received to `watcher`.
    pub(super) fn close(&mut self, watcher: &mut Watcher) {
        if let Some(listener) = &mut self.listener {
            listener.close(&mut |location, seen| see(watcher, location, seen));
        }
    }

    /// A line for each listener, with what happened.
    pub(super) fn say_goodbye(&self) {
        for (name, counts) in self.listener.iter().flat_map(Listener::counts) {
            if counts != Counts::default() {
                complain(&format!("bartizan: {name}: {}", summary(&counts)));
            }
        }
    }
}

fn see(watcher: &mut Watcher, location: &[u8], seen: Seen<'_>) {
    match seen {
        Seen::Event(event) => {
            let line = Line {
                text: event.text,
                kind: SYSLOG,
                is_cut: event.is_cut,
                is_incomplete: event.is_incomplete,
                ..Line::default()
            };
            watcher.see(location, Input::Line(line));
        }
        Seen::Notice(notice) => {
            let name = String::from_utf8_lossy(location);
            say(&name, &notice);
            if let Some(text) = notice.event_text(&name) {
                let line = Line { text: text.as_bytes(), kind: LOCAL_FILE, ..Line::default() };
                watcher.see(OWN_LOCATION.as_bytes(), Input::Line(line));
            }
        }
    }
}

fn say(name: &str, notice: &Notice) {
    complain(&format!("bartizan: {name}: {}", notice.message()));
}

fn summary(counts: &Counts) -> String {
    let mut text = format!("{} received", counts.received);
    for (count, what) in [
        (counts.queued + counts.spooled, "kept on the disk for the next run"),
        (counts.denied, "denied"),
        (counts.malformed, "malformed"),
        (counts.dropped(), "dropped"),
        (counts.lost_in_kernel, "dropped by the kernel"),
        (counts.cut, "cut"),
        (counts.odd, "with an odd priority"),
        (counts.refused, "connections refused"),
        (counts.closed_idle, "silent connections closed"),
    ] {
        if count > 0 {
            text += &format!(", {count} {what}");
        }
    }
    text
}
