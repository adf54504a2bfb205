//! How often a source speaks, and when its silence means something.
//!
//! A log that says something every minute and has said nothing for hours is worth a look: its program has died, or
//! somebody stopped it. What is usual is learned for each source by itself: gaps between lines, weighted so that newer
//! ones count more, how far they differ, and the longest of late. Quiet nights belong to it once one was seen.

use std::time::{Duration, Instant};

use bartizan_config::internal_options::Tolerance;

/// Lines that come closer together than this are one arrival: bursts say nothing about rhythm.
const GRAIN: Duration = Duration::from_secs(60);
/// What a new gap counts against those before it.
const WEIGHT: f64 = 1.0 / 32.0;
/// In so many seconds, a week, the longest gap loses half of its length: it is forgotten after some weeks.
const HALF_LIFE: f64 = 7.0 * 86_400.0;

/// What was learned about a source.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rhythm {
    /// The first line, and the last.
    known: Option<(Instant, Instant)>,
    /// The last line that counted as an arrival.
    arrived: Option<Instant>,
    gaps: u32,
    /// In seconds.
    mean: f64,
    deviation: f64,
    longest: f64,
    is_silent: bool,
}

/// A silence that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Silent {
    /// How long it has lasted.
    pub(super) lasting: Duration,
    /// How long gaps usually are.
    pub(super) usual: Duration,
}

impl Rhythm {
    /// Learns from a line, which came now. Gives the length of a silence that had been told and ends with it.
    pub(super) fn hear(&mut self, now: Instant, tolerance: &Tolerance) -> Option<Duration> {
        let Some((first, last)) = self.known else {
            self.known = Some((now, now));
            self.arrived = Some(now);
            return None;
        };
        let gap = now.saturating_duration_since(last);
        let since = now.saturating_duration_since(self.arrived.unwrap_or(first));
        if since >= GRAIN {
            // A failure is not to be learned as usual, unless it comes again and again.
            let most = if self.is_silent { self.limit(tolerance) } else { Duration::MAX };
            self.learn(gap.clamp(GRAIN, most), since);
            self.arrived = Some(now);
        }
        self.known = Some((first, now));
        std::mem::take(&mut self.is_silent).then_some(gap)
    }

    /// Looks whether it is silent for too long. Told once, until it is heard again.
    pub(super) fn look(&mut self, now: Instant, tolerance: &Tolerance) -> Option<Silent> {
        let (first, last) = self.known?;
        let is_learned = self.gaps >= tolerance.gaps
            && last.saturating_duration_since(first) >= tolerance.learning;
        let lasting = now.saturating_duration_since(last);
        if !tolerance.is_on || self.is_silent || !is_learned || lasting <= self.limit(tolerance) {
            return None;
        }
        self.is_silent = true;
        Some(Silent { lasting, usual: Duration::from_secs_f64(self.mean) })
    }

    /// Whether its silence was told, and it was not heard since.
    pub(super) fn is_silent(&self) -> bool {
        self.is_silent
    }

    /// The longest silence that means nothing.
    fn limit(&self, tolerance: &Tolerance) -> Duration {
        let far = self.mean + tolerance.factor * self.deviation;
        Duration::from_secs_f64(far.max(2.0 * self.longest)).max(tolerance.least).max(GRAIN)
    }

    /// Learns a gap; `since` is the time from the arrival before.
    fn learn(&mut self, gap: Duration, since: Duration) {
        let gap = gap.as_secs_f64();
        self.gaps = self.gaps.saturating_add(1);
        // The first gaps count alike; later ones as newer ones should.
        let weight = WEIGHT.max(1.0 / f64::from(self.gaps));
        let off = (gap - self.mean).abs();
        let off = if self.gaps == 1 { gap / 2.0 } else { off };
        self.mean += weight * (gap - self.mean);
        self.deviation += weight * (off - self.deviation);
        self.longest = gap.max(self.longest * (-since.as_secs_f64() / HALF_LIFE).exp2());
    }
}

#[cfg(test)]
mod tests {
    use bartizan_config::internal_options::InternalOptions;

    use super::*;

    const HOUR: u64 = 3_600;
    const DAY: u64 = 24 * HOUR;

    fn tolerance() -> Tolerance {
        InternalOptions::default().tolerance()
    }

    /// A rhythm that heard a line at each of these seconds, and the moment of its last.
    fn heard(seconds: impl IntoIterator<Item = u64>) -> (Rhythm, Instant) {
        let (start, mut rhythm) = (Instant::now(), Rhythm::default());
        let mut now = start;
        for second in seconds {
            now = start + Duration::from_secs(second);
            assert_eq!(rhythm.look(now, &tolerance()), None, "silent at {second}");
            assert_eq!(rhythm.hear(now, &tolerance()), None);
        }
        (rhythm, now)
    }

    fn after(rhythm: &mut Rhythm, last: Instant, seconds: u64) -> Option<Silent> {
        rhythm.look(last + Duration::from_secs(seconds), &tolerance())
    }

    #[test]
    fn silence_far_beyond_the_usual_is_told_once_and_so_is_its_end() {
        let (mut rhythm, last) = heard((0..2 * DAY).step_by(300));
        assert_eq!(after(&mut rhythm, last, HOUR), None);
        let silent = after(&mut rhythm, last, HOUR + 1).expect("too long");
        assert_eq!((silent.lasting.as_secs(), silent.usual.as_secs()), (HOUR + 1, 300));
        assert!(rhythm.is_silent());
        assert_eq!(after(&mut rhythm, last, 2 * HOUR), None);
        let now = last + Duration::from_secs(3 * HOUR);
        assert_eq!(rhythm.hear(now, &tolerance()), Some(Duration::from_secs(3 * HOUR)));
        assert_eq!(rhythm.hear(now, &tolerance()), None);
        // The failure was not learned: the next one is told as well, not much later.
        assert!(after(&mut rhythm, now, 2 * HOUR + 10).is_some());
    }

    #[test]
    fn quiet_nights_are_usual_once_one_was_seen() {
        let is_day = |second: &u64| (8 * HOUR..20 * HOUR).contains(&(second % DAY));
        let (mut rhythm, last) = heard((8 * HOUR..5 * DAY).step_by(60).filter(is_day));
        assert_eq!(after(&mut rhythm, last, 13 * HOUR), None);
        assert!(after(&mut rhythm, last, 25 * HOUR).is_some());
    }

    #[test]
    fn nothing_is_told_before_enough_was_learned() {
        let (mut few, last) = heard([0, 100, DAY]);
        assert_eq!(after(&mut few, last, 100 * DAY), None);
        let (mut short, last) = heard((0..20 * HOUR).step_by(60));
        assert_eq!(after(&mut short, last, 100 * DAY), None);
        let (mut never, start) = (Rhythm::default(), Instant::now());
        assert_eq!(after(&mut never, start, 100 * DAY), None);
    }

    #[test]
    fn bursts_do_not_make_their_pauses_strange() {
        let burst = (0..600_u64).step_by(1);
        let all = (0..48).flat_map(|hour| burst.clone().map(move |second| hour * HOUR + second));
        let (mut rhythm, last) = heard(all);
        assert_eq!(after(&mut rhythm, last, 90 * 60), None);
        assert!(after(&mut rhythm, last, 4 * HOUR).is_some());
    }
}
