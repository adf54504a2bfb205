//! Other settings for inputs that are being read.
//!
//! What stays as it is configured goes on undisturbed. Of the rest the places are kept: a file that is read in another
//! way from now on, or by another pattern, goes on where it was.

use std::collections::HashMap;
use std::sync::Arc;

use bartizan_config::ossec_conf::localfile::Localfile;

use crate::ledger::EarlierRun;
use crate::notice::Seen;
use crate::settings::{LocalFile, Machine, Problem};
use crate::start::{Now, Patience};

use super::Sources;

impl Sources {
    /// Reads what `settings` say from now on, and not what was said before. Lines that wait in files which are read no
    /// longer are handed on if they could not be found again.
    pub fn change(
        &mut self,
        settings: &[LocalFile],
        machine: Machine,
        patience: Patience,
        now: Now,
        sink: &mut dyn FnMut(&[u8], Seen<'_>),
    ) -> Vec<Problem> {
        let (mut fresh, problems) = Self::new(settings, machine, patience, now);
        std::mem::swap(&mut fresh.shared, &mut self.shared);
        // Files of an earlier run that are not there yet stay known.
        let earlier = fresh.shared.earlier.take();
        let mut positions: HashMap<_, _> = earlier.map(|run| run.positions).unwrap_or_default();
        for mut old in self.groups.drain(..) {
            match fresh.groups.iter_mut().find(|new| is_same(&old.setting, &new.setting)) {
                Some(new) => *new = old,
                None => {
                    let left = old.leave(&mut fresh.shared, sink);
                    positions.extend(left.into_iter().map(|place| (place.path.clone(), place)));
                }
            }
        }
        fresh.shared.earlier = Some(EarlierRun { positions, ended: now.wall });
        for old in self.commands.drain(..) {
            let path = old.position_path();
            if let Some(new) =
                fresh.commands.iter_mut().find(|new| is_same(&old.setting, &new.setting))
            {
                *new = old;
            } else if let Some(place) = old.position()
                && let Some(new) = fresh.commands.iter_mut().find(|new| new.position_path() == path)
            {
                new.resume(&place);
            }
        }
        if let Some(old) = self.journal.take() {
            if are_same(&self.journal_settings, &fresh.journal_settings) {
                fresh.journal = Some(old);
            } else if let (Some(new), Some(place)) = (&mut fresh.journal, old.position()) {
                new.resume(&place);
            }
        }
        *self = fresh;
        problems
    }
}

fn are_same(some: &[LocalFile], others: &[LocalFile]) -> bool {
    some.len() == others.len() && some.iter().zip(others).all(|(one, other)| is_same(one, other))
}

/// Whether two settings say the same, wherever they stand in a file.
fn is_same(one: &LocalFile, other: &LocalFile) -> bool {
    let bare = |setting: &LocalFile| {
        let options =
            Localfile { locations: Vec::new(), place: None, ..(*setting.options).clone() };
        LocalFile { options: Arc::new(options), ..setting.clone() }
    };
    bare(one) == bare(other)
}
