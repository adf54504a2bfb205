//! What a service manager is told: ready, reloading, alive, stopping. Where there is none, nothing.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;

use crate::cli::complain;

/// The service manager.
pub(super) struct Notify {
    /// How often it wants to hear that we are alive.
    every: Option<Duration>,
    last: Option<Instant>,
}

impl Notify {
    /// The manager that started us, if one did.
    pub(super) fn new() -> Self {
        // Half of the time it waits, as it advises.
        let every = sd_notify::watchdog_enabled().map(|timeout| timeout / 2);
        Self { every, last: None }
    }

    /// Reading has begun.
    pub(super) fn ready() {
        tell(&[NotifyState::Ready, NotifyState::Status("watching")]);
    }

    /// A new configuration is being read.
    pub(super) fn reloading() {
        // A manager that knows of reloads wants the time with it.
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(error) => complain(&format!("bartizan: the clock cannot be read: {error}")),
        }
    }

    /// It was taken over, or refused for this reason.
    pub(super) fn reloaded(error: Option<&str>) {
        // A line feed would begin another message.
        let text = error.map(|error| error.replace('\n', " "));
        let text = text.map(|error| format!("watching; the last reload failed: {error}"));
        let text = text.as_deref().unwrap_or("watching");
        tell(&[NotifyState::Ready, NotifyState::Status(text)]);
    }

    /// The end begins.
    pub(super) fn stopping() {
        tell(&[NotifyState::Stopping]);
    }

    /// The main loop goes round.
    pub(super) fn alive(&mut self) {
        let Some(every) = self.every else { return };
        if self.last.is_none_or(|last| last.elapsed() >= every) {
            self.last = Some(Instant::now());
            tell(&[NotifyState::Watchdog]);
        }
    }
}

/// A manager that cannot be told is no reason to stop watching.
fn tell(state: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(state);
}
