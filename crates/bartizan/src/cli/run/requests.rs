//! What is asked of the running program, by signals and through the control socket.

use std::net::SocketAddr;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::Context as _;
use jiff::Timestamp;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::Running;
use super::control::{Control, Order};
use super::notify::Notify;
use super::reload::Reloads;
use super::snapshot::Snapshot;
use super::wake::{self, Wakened, Waker};
use crate::cli::service::protocol::Answer;
use crate::cli::{Common, complain};

/// Signals, as flags and as something that ends a wait.
pub(super) struct Signals {
    pub(super) stop: Arc<AtomicBool>,
    reload: Arc<AtomicBool>,
    waker: Waker,
    wakened: Wakened,
}

impl Signals {
    /// Listens to SIGTERM and SIGINT, which end the program (a second one at once), and to SIGHUP.
    pub(super) fn listen() -> anyhow::Result<Self> {
        let (stop, reload) = <(Arc<AtomicBool>, Arc<AtomicBool>)>::default();
        let (waker, wakened) = wake::pair().context("cannot make a pair of sockets")?;
        let told = "cannot listen to signals";
        for signal in [SIGTERM, SIGINT] {
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))
                .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
                .context(told)?;
        }
        signal_hook::flag::register(SIGHUP, Arc::clone(&reload)).context(told)?;
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            let stream = waker.another().context(told)?.into_stream();
            signal_hook::low_level::pipe::register(signal, stream).context(told)?;
        }
        Ok(Self { stop, reload, waker, wakened })
    }
}

/// Everything that is asked, and who is to be told.
pub(super) struct Requests {
    signals: Signals,
    /// `None` where there can be none.
    control: Option<Control>,
    reloads: Reloads,
    notify: Notify,
    /// It has begun to read.
    is_ready: bool,
    is_stopping: bool,
    started: (Instant, Timestamp),
}

/// What is needed to be asked.
pub(super) struct Asked<'a> {
    pub(super) common: &'a Common,
    pub(super) from_start: bool,
    pub(super) metrics: Option<SocketAddr>,
    /// The folder of state, locked.
    pub(super) home: &'a Path,
}

impl Requests {
    /// Listens. A socket that cannot be made is complained about, unless metrics were asked for, too.
    pub(super) fn listen(signals: Signals, asked: &Asked<'_>) -> anyhow::Result<Self> {
        let waker = |signals: &Signals| signals.waker.another().context("cannot copy a socket");
        let control = match Control::open(asked.home, waker(&signals)?, asked.metrics) {
            Ok(control) => Some(control),
            Err(error) if asked.metrics.is_none() => {
                complain(&format!("bartizan: {error:#}; only signals are answered"));
                None
            }
            Err(error) => return Err(error),
        };
        let reloads = Reloads::new(asked.common.clone(), asked.from_start, waker(&signals)?);
        let started = (Instant::now(), Timestamp::now());
        let (is_ready, is_stopping) = (false, false);
        let notify = Notify::new();
        Ok(Self { signals, control, reloads, notify, is_ready, is_stopping, started })
    }

    /// Says that reading has begun.
    pub(super) fn be_ready(&mut self, running: &Running) {
        if !std::mem::replace(&mut self.is_ready, true) {
            Notify::ready();
            self.publish(running);
        }
    }

    /// What ends a wait when something is asked.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.signals.wakened.as_fd()
    }

    /// Whether the end was asked for.
    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping
    }

    /// Does what was asked since the last call. Everything that was read has been analysed.
    pub(super) fn attend(&mut self, running: &mut Running) {
        self.signals.wakened.rest();
        while let Some(order) = self.control.as_ref().and_then(Control::order) {
            match order {
                Order::Stop => self.signals.stop.store(true, Ordering::Relaxed),
                Order::Reload(ticket) => self.reloads.ask(Some(ticket)),
            }
        }
        if self.signals.reload.swap(false, Ordering::Relaxed) {
            self.reloads.ask(None);
        }
        if self.signals.stop.load(Ordering::Relaxed) && !self.is_stopping {
            self.is_stopping = true;
            Notify::stopping();
        }
        if !self.is_stopping {
            self.reload(running);
        }
        self.notify.alive();
        self.publish(running);
    }

    fn reload(&mut self, running: &mut Running) {
        if let Some(done) = self.reloads.done() {
            let asked = done.asked.clone();
            let answer = self.reloads.finish(done, running);
            let error = match &answer {
                Answer::Failed { error, .. } => Some(error.as_str()),
                _ => None,
            };
            Notify::reloaded(error);
            if let Some(control) = &self.control {
                asked.into_iter().for_each(|ticket| control.answer(ticket, answer.clone()));
            }
        }
        if self.reloads.begin() {
            Notify::reloading();
        }
    }

    fn publish(&mut self, running: &Running) {
        let Some(control) = self.control.as_mut().filter(|_| self.is_ready) else { return };
        let (reloads, started) = (&self.reloads, self.started);
        let state = match (self.is_stopping, reloads.is_running()) {
            (true, _) => "stopping",
            (_, true) => "reloading",
            _ => "running",
        };
        control.publish(|| {
            let (mut status, places) = running.watcher.status(&running.sources);
            state.clone_into(&mut status.state);
            status.reloads = reloads.count;
            status.last_reload.clone_from(&reloads.last);
            Snapshot { taken: Instant::now(), started, status, places }
        });
    }
}
