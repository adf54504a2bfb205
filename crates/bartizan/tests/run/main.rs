//! `bartizan run`, the real binary, on homes of its own: what it reads, writes, survives and says.

mod files;
mod following;
mod hostile;
mod listening;
mod managed;
mod metrics;
mod own_log;
mod reloading;
mod restarting;
mod scene;
mod sealing;
mod service;
mod starting;
mod stopping;
#[path = "../support/mod.rs"]
mod support;
mod torture;
mod unwritable;
