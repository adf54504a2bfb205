//! Taking over a changed configuration while everything goes on.
//!
//! ```text
//! asked ─▶ a thread reads, checks, compiles ─┬▶ usable: exchanged between two events, inputs and files follow
//!                                            └▶ not: nothing changes, and whoever asked is told why
//! ```
//!
//! Whoever asks while one is on its way gets the next one, which begins afterwards: the files may have changed since.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use bartizan_base::Diagnostic;
use jiff::Timestamp;
use serde_json::Value;

use super::Running;
use super::control::Ticket;
use super::inputs::{self, Inputs};
use super::listening::{self, Plan};
use super::snapshot;
use super::wake::Waker;
use crate::cli::service::protocol::{Answer, LastReload, Reloaded};
use crate::cli::site::{self, Site};
use crate::cli::{Common, check, complain, inform};

/// A configuration that can be taken over.
struct Fresh {
    site: Site,
    inputs: Inputs,
    plan: Plan,
    warnings: usize,
    took: Duration,
}

/// Why one cannot.
struct Refused {
    error: String,
    diagnostics: Vec<Value>,
    /// The same for people.
    texts: Vec<String>,
}

/// Reloads: that on its way, and those that were.
pub(super) struct Reloads {
    common: Common,
    from_start: bool,
    waker: Waker,
    running: Option<OnItsWay>,
    /// Who waits for the next one.
    next: Option<Vec<Ticket>>,
    /// Those that succeeded.
    pub(super) count: u64,
    pub(super) last: Option<LastReload>,
}

struct OnItsWay {
    asked: Vec<Ticket>,
    result: Receiver<Result<Fresh, Refused>>,
}

/// One that is over, with those who asked for it.
pub(super) struct Done {
    pub(super) asked: Vec<Ticket>,
    result: Result<Fresh, Refused>,
}

impl Reloads {
    /// None yet. `waker` wakes the main loop when one is done.
    pub(super) fn new(common: Common, from_start: bool, waker: Waker) -> Self {
        Self { common, from_start, waker, running: None, next: None, count: 0, last: None }
    }

    /// Asks for one, or for another one after that on its way.
    pub(super) fn ask(&mut self, ticket: Option<Ticket>) {
        self.next.get_or_insert_default().extend(ticket);
    }

    /// Whether one is on its way.
    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Begins what was asked for, if nothing is on its way. True when something began.
    pub(super) fn begin(&mut self) -> bool {
        if self.running.is_some() {
            return false;
        }
        let Some(asked) = self.next.take() else { return false };
        let (give, result) = channel();
        let (common, from_start) = (self.common.clone(), self.from_start);
        let waker = self.waker.another();
        let thread = thread::Builder::new().name("reload".to_owned()).spawn(move || {
            // Whoever asked may be gone by then.
            let _ = give.send(read(&common, from_start));
            if let Ok(waker) = waker {
                waker.wake();
            }
        });
        if let Err(error) = thread {
            // The channel is closed, which is told as any other failure.
            complain(&format!("bartizan: cannot start a thread: {error}"));
        }
        self.running = Some(OnItsWay { asked, result });
        true
    }

    /// The one on its way, if it is done.
    pub(super) fn done(&mut self) -> Option<Done> {
        let result = match self.running.as_ref()?.result.try_recv() {
            Ok(result) => result,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(Refused::because("reading it failed")),
        };
        let asked = self.running.take()?.asked;
        Some(Done { asked, result })
    }

    /// Takes over what is usable. The answer for those who asked.
    pub(super) fn finish(&mut self, result: Done, running: &mut Running) -> Answer {
        let at = snapshot::time(Timestamp::now());
        match result.result {
            Ok(fresh) => {
                let reloaded = exchange(fresh, running);
                inform(&format!(
                    "bartizan: configuration taken over: {} rules, {} decoders, {} inputs; nothing was analysed for \
                     {:.1} ms",
                    reloaded.rules, reloaded.decoders, reloaded.inputs, reloaded.pause_milliseconds
                ));
                self.count += 1;
                self.last = Some(LastReload { at, error: None, reloaded: Some(reloaded.clone()) });
                Answer::Reloaded(reloaded)
            }
            Err(Refused { error, diagnostics, texts }) => {
                texts.iter().for_each(|text| complain(text));
                complain(&format!("bartizan: {error}; the old configuration stays in force"));
                self.last = Some(LastReload { at, error: Some(error.clone()), reloaded: None });
                Answer::Failed { error, diagnostics }
            }
        }
    }
}

impl Refused {
    #[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
    fn of(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            error: site::errors(&diagnostics),
            texts: diagnostics.iter().map(ToString::to_string).collect(),
            diagnostics: diagnostics.iter().map(check::object).collect(),
        }
    }

    fn because(error: &str) -> Self {
        Self { error: error.to_owned(), diagnostics: Vec::new(), texts: Vec::new() }
    }
}

/// Reads everything anew.
fn read(common: &Common, from_start: bool) -> Result<Fresh, Refused> {
    let started = Instant::now();
    let (site, warnings) = site::load(common).usable().map_err(Refused::of)?;
    if site.ruleset.rules.rules.is_empty() {
        return Err(Refused::because(super::NO_RULES));
    }
    let plan = listening::plan(&site).map_err(Refused::of)?;
    let inputs = inputs::find(&site, from_start);
    Ok(Fresh { site, inputs, plan, warnings: warnings.len(), took: started.elapsed() })
}

/// Exchanges the old for the new. Everything that was read before has been analysed and written.
fn exchange(fresh: Fresh, running: &mut Running) -> Reloaded {
    let Fresh { site, inputs, plan, warnings, took } = fresh;
    let ruleset = Arc::clone(&site.ruleset);
    let started = Instant::now();
    let Running { sources, listening, watcher, home } = running;
    let problems = inputs.change(sources, &mut |location, seen| watcher.see(location, seen));
    listening.change(plan, home, watcher, sources);
    let old = watcher.change(site);
    let pause = started.elapsed();
    // To take apart what was compiled takes a while, too.
    thread::spawn(move || drop(old));
    inputs.announce(&problems);
    Reloaded {
        rules: ruleset.rules.rules.len(),
        decoders: ruleset.decoders.table().infos.len().saturating_sub(1),
        inputs: inputs.count(),
        warnings,
        load_milliseconds: milliseconds(took),
        pause_milliseconds: milliseconds(pause),
    }
}

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
