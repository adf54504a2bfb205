//! Sources that are not heard: those that went silent, and files that cannot be read. Rules are told, once when it
//! begins and once when it ends.
//!
//! ```text
//! a line ─▶ hear: its source's rhythm learns          every few seconds ─▶ look: silent for too long?
//! a notice ─▶ note: cannot be read, can be read again                          unreadable for a while?
//! ```

use std::time::{Duration, Instant};

use bartizan_collect::{Notice, notice};
use bartizan_config::internal_options::Tolerance;

use super::account::Account;
use super::rhythm::Rhythm;

/// Between two looks whether somebody is silent.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// A file that cannot be read for less is no event: where logs are rotated there is none for a moment.
const UNREADABLE: Duration = Duration::from_secs(60);

/// What is known of all sources, by their numbers in the account.
pub(super) struct Silences {
    tolerance: Tolerance,
    now: Instant,
    /// Counts the looks at the inputs: a source learns once for each.
    turn: u64,
    looked: Option<Instant>,
    sources: Vec<Source>,
    /// What rules are to hear.
    events: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Source {
    rhythm: Rhythm,
    turn: u64,
    was_read: bool,
    unreadable: Option<Unreadable>,
}

/// A file that cannot be read.
#[derive(Clone, Debug)]
struct Unreadable {
    since: Instant,
    why: String,
    is_told: bool,
}

impl Silences {
    pub(super) fn new(tolerance: Tolerance, now: Instant) -> Self {
        let (sources, events) = (Vec::new(), Vec::new());
        Self { tolerance, now, turn: 0, looked: None, sources, events }
    }

    /// Goes on with other settings; what was learned stays.
    pub(super) fn change(&mut self, tolerance: Tolerance) {
        self.tolerance = tolerance;
    }

    /// A look at the inputs begins.
    pub(super) fn turn(&mut self, now: Instant) {
        self.now = now;
        self.turn += 1;
    }

    /// A line came from that source.
    pub(super) fn hear(&mut self, number: usize, location: &[u8]) {
        let (now, turn) = (self.now, self.turn);
        let tolerance = self.tolerance;
        let Some(source) = self.source(number) else { return };
        if source.turn == turn {
            return;
        }
        source.turn = turn;
        source.was_read = true;
        // What the program itself has to tell follows no rhythm.
        if location == notice::OWN_LOCATION.as_bytes() {
            return;
        }
        if let Some(lasted) = source.rhythm.hear(now, &tolerance) {
            let (name, seconds) = (String::from_utf8_lossy(location), lasted.as_secs());
            self.events.push(format!(
                "ossec: source is heard again: '{name}': after {seconds} seconds of silence."
            ));
        }
    }

    /// Something happened to a source that is a file.
    pub(super) fn note(&mut self, number: usize, location: &[u8], notice: &Notice) {
        let now = self.now;
        let Some(source) = self.source(number) else { return };
        match notice {
            Notice::Opened { .. } | Notice::Back => {
                source.was_read = true;
                if source.unreadable.take().is_some_and(|unreadable| unreadable.is_told) {
                    let name = String::from_utf8_lossy(location);
                    self.events.push(format!("ossec: source can be read again: '{name}'."));
                }
            }
            Notice::Missing
            | Notice::Unreadable(_)
            | Notice::ReadFailed(_)
            | Notice::NotAFile(_)
                if source.was_read =>
            {
                let why = notice.message();
                let before = source.unreadable.take();
                let (since, is_told) = before.map_or((now, false), |b| (b.since, b.is_told));
                source.unreadable = Some(Unreadable { since, why, is_told });
            }
            _ => {}
        }
    }

    /// Looks whether somebody has not been heard for too long, if it is time to. `is_read` says whether a source is
    /// still one: nobody waits for a file that was taken out of the configuration, or whose day is over.
    pub(super) fn look(&mut self, account: &Account, is_read: impl Fn(&[u8]) -> bool) {
        let now = self.now;
        if self.looked.is_some_and(|last| now.saturating_duration_since(last) < LOOK_EVERY) {
            return;
        }
        self.looked = Some(now);
        for (number, source) in self.sources.iter_mut().enumerate() {
            let Some(location) = account.name(number) else { continue };
            let is_late = |unreadable: &&mut Unreadable| {
                let lasting = now.saturating_duration_since(unreadable.since);
                !unreadable.is_told && lasting >= UNREADABLE
            };
            let name = String::from_utf8_lossy(location);
            if let Some(unreadable) = source.unreadable.as_mut().filter(is_late) {
                unreadable.is_told = true;
                let why = &unreadable.why;
                self.events.push(format!("ossec: source cannot be read: '{name}': {why}."));
            }
            let Some(silent) = source.rhythm.look(now, &self.tolerance) else { continue };
            if !is_read(location) {
                source.rhythm = Rhythm::default();
                continue;
            }
            let (lasting, usual) = (silent.lasting.as_secs(), silent.usual.as_secs());
            self.events.push(format!(
                "ossec: source went silent: '{name}': no line for {lasting} seconds, where {usual} are usual."
            ));
        }
    }

    /// Whether the silence of a source was told and lasts.
    pub(super) fn is_silent(&self, number: usize) -> bool {
        self.sources.get(number).is_some_and(|source| source.rhythm.is_silent())
    }

    /// What rules are to hear since the last call.
    pub(super) fn take_events(&mut self) -> Vec<String> {
        std::mem::take(&mut self.events)
    }

    /// `None` for those that are counted together.
    fn source(&mut self, number: usize) -> Option<&mut Source> {
        if number == 0 {
            return None;
        }
        if self.sources.len() <= number {
            self.sources.resize_with(number + 1, Source::default);
        }
        self.sources.get_mut(number)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use bartizan_config::internal_options::InternalOptions;

    use super::*;

    struct Scene {
        account: Account,
        silences: Silences,
        start: Instant,
    }

    impl Scene {
        fn new() -> Self {
            let start = Instant::now();
            let silences = Silences::new(InternalOptions::default().tolerance(), start);
            Self { account: Account::default(), silences, start }
        }

        fn at(&mut self, seconds: u64) {
            self.silences.turn(self.start + Duration::from_secs(seconds));
        }

        fn hear(&mut self, location: &str) {
            let number = self.account.take(location.as_bytes());
            self.silences.hear(number, location.as_bytes());
        }

        fn note(&mut self, location: &str, notice: &Notice) {
            let number = self.account.number(location.as_bytes());
            self.silences.note(number, location.as_bytes(), notice);
        }

        /// What rules hear after a look at that second.
        fn look(&mut self, seconds: u64, is_read: bool) -> Vec<String> {
            self.at(seconds);
            self.silences.look(&self.account, |_| is_read);
            self.silences.take_events()
        }
    }

    const DAY: u64 = 86_400;

    #[test]
    fn a_source_that_went_silent_is_told_and_so_is_its_return() {
        let mut scene = Scene::new();
        for second in (0..=2 * DAY).step_by(120) {
            assert_eq!(scene.look(second, true), [""; 0]);
            scene.hear("/var/log/auth.log");
            scene.hear("10.0.0.7");
            scene.hear(notice::OWN_LOCATION);
        }
        let told = |name: &str| {
            format!(
                "ossec: source went silent: '{name}': no line for 3610 seconds, where 120 are usual."
            )
        };
        assert_eq!(scene.look(2 * DAY + 3_590, true), [""; 0]);
        let events = scene.look(2 * DAY + 3_610, true);
        assert_eq!(events, ["/var/log/auth.log", "10.0.0.7"].map(told));
        assert!(scene.silences.is_silent(1));
        assert_eq!(scene.look(2 * DAY + 9_000, true), [""; 0]);
        scene.at(2 * DAY + 9_001);
        scene.hear("/var/log/auth.log");
        let again =
            "ossec: source is heard again: '/var/log/auth.log': after 9001 seconds of silence.";
        assert_eq!(scene.silences.take_events(), [again]);
    }

    #[test]
    fn nobody_waits_for_what_is_not_read_any_more() {
        let mut scene = Scene::new();
        for second in (0..=2 * DAY).step_by(120) {
            scene.at(second);
            scene.hear("/var/log/old.log");
        }
        assert_eq!(scene.look(4 * DAY, false), [""; 0]);
        assert_eq!(scene.look(9 * DAY, true), [""; 0]);
    }

    #[test]
    fn a_file_that_cannot_be_read_for_a_minute_is_told_and_so_is_its_return() {
        let mut scene = Scene::new();
        let opened = || Notice::Opened { from: 0 };
        // One that was never there is told in the log only.
        scene.note("/never", &Notice::Missing);
        scene.note("/a", &opened());
        scene.note("/b", &opened());
        scene.at(100);
        scene.note("/a", &Notice::Missing);
        scene.note("/b", &Notice::Missing);
        assert_eq!(scene.look(130, true), [""; 0]);
        // As after a rotation.
        scene.note("/b", &Notice::Back);
        scene.note("/a", &Notice::Unreadable(io::ErrorKind::PermissionDenied.into()));
        let told = ["ossec: source cannot be read: '/a': cannot be opened: permission denied."];
        assert_eq!(scene.look(160, true), told);
        assert_eq!(scene.look(500, true), [""; 0]);
        scene.note("/a", &Notice::Back);
        assert_eq!(scene.look(501, true), ["ossec: source can be read again: '/a'."]);
    }
}
