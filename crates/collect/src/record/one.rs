//! Formats of which one record at a time waits for its lines: all they differ in is what a line means to it.

use std::fmt::Debug;
use std::time::Duration;

use super::held::{Held, PATIENCE};
use super::{Format, Out};
use crate::line::Line;
use crate::start::Now;

/// What a line means to the record that is open.
pub(super) trait OneRecord: Debug + Send {
    /// Takes a line in; `held` is the record, open or not.
    fn line(&mut self, held: &mut Held, line: &Line<'_>, now: Now, out: &mut Out<'_>);

    /// So long the record waits for its next line.
    fn patience(&self) -> Duration {
        PATIENCE
    }

    /// As [`Format::takes_rests`].
    fn takes_rests(&self) -> bool {
        false
    }
}

/// Such a format, with its record.
#[derive(Debug)]
pub(super) struct One<T> {
    held: Held,
    format: T,
}

impl<T: OneRecord> One<T> {
    pub(super) fn new(format: T) -> Self {
        Self { held: Held::default(), format }
    }

    /// The same for messages of another type than that of log lines.
    pub(super) fn of_kind(kind: u8, format: T) -> Self {
        Self { held: Held::of_kind(kind), format }
    }
}

impl<T: OneRecord> Format for One<T> {
    fn line(&mut self, line: &Line<'_>, now: Now, out: &mut Out<'_>) {
        self.format.line(&mut self.held, line, now, out);
    }

    fn expire(&mut self, now: Now, out: &mut Out<'_>) {
        if self.held.is_due(now, self.format.patience()) {
            self.held.end(out);
        }
    }

    fn flush(&mut self, out: &mut Out<'_>) {
        self.held.end(out);
    }

    fn held_from(&self) -> Option<u64> {
        self.held.start()
    }

    fn takes_rests(&self) -> bool {
        self.format.takes_rests()
    }
}
