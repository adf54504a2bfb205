//! Telling about what anybody can cause, so that nobody can fill the log with it (collection 8.3).
//!
//! The first time is told at once, further ones once a minute with their count. A few senders are told by name, the
//! others together: addresses of datagrams can be made up.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::notice::{Notice, Repeated};

/// Senders told by name in a minute.
const NAMED: usize = 16;
/// How often further ones are told.
const EVERY: Duration = Duration::from_secs(60);

/// What a sender did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Denied,
    Malformed,
    Refused,
}

/// Who did what since when, for one listener.
#[derive(Debug, Default)]
pub(crate) struct Strangers {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    deed: Deed,
    sender: Option<IpAddr>,
    why: String,
    told: Instant,
    count: u64,
}

impl Strangers {
    /// Notes a deed; gives what is to be told at once.
    pub(crate) fn note(
        &mut self,
        deed: Deed,
        sender: IpAddr,
        why: &dyn Fn() -> String,
        now: Instant,
    ) -> Option<Notice> {
        let known = self.rows.iter_mut().find(|r| r.deed == deed && r.sender == Some(sender));
        if let Some(row) = known {
            row.count += 1;
            return None;
        }
        let is_named = self.rows.iter().filter(|row| row.sender.is_some()).count() < NAMED;
        let others = self.rows.iter_mut().find(|row| row.deed == deed && row.sender.is_none());
        if let (false, Some(others)) = (is_named, others) {
            others.count += 1;
            return None;
        }
        let sender = is_named.then_some(sender);
        self.rows.push(Row { deed, sender, why: why(), told: now, count: 0 });
        Some(notice(deed, sender, 1, why()))
    }

    /// Gives what is to be told now, or with `all` everything that was not told yet.
    pub(crate) fn tell(&mut self, now: Instant, all: bool, mut tell: impl FnMut(Notice)) {
        self.rows.retain_mut(|row| {
            if !all && now.saturating_duration_since(row.told) < EVERY {
                return true;
            }
            let count = std::mem::take(&mut row.count);
            if count > 0 {
                tell(notice(row.deed, row.sender, count, row.why.clone()));
                row.told = now;
            }
            count > 0
        });
    }
}

fn notice(deed: Deed, sender: Option<IpAddr>, count: u64, why: String) -> Notice {
    let who = Repeated { sender, count };
    match deed {
        Deed::Denied => Notice::Denied(who),
        Deed::Malformed => Notice::Malformed(who, why),
        Deed::Refused => Notice::Refused(who),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(strangers: &mut Strangers, sender: u32, now: Instant) -> Option<String> {
        let sender = IpAddr::from(sender.to_be_bytes());
        strangers.note(Deed::Denied, sender, &String::new, now).map(|notice| notice.message())
    }

    fn told(strangers: &mut Strangers, now: Instant, all: bool) -> Vec<String> {
        let mut told = Vec::new();
        strangers.tell(now, all, |notice| told.push(notice.message()));
        told
    }

    #[test]
    fn a_sender_is_told_once_a_minute_with_an_exact_count() {
        let (start, mut strangers) = (Instant::now(), Strangers::default());
        let first = note(&mut strangers, 7, start);
        assert_eq!(first.as_deref(), Some("message from '0.0.0.7' not allowed"));
        for _ in 0..99_999 {
            assert_eq!(note(&mut strangers, 7, start), None);
        }
        assert!(told(&mut strangers, start + EVERY / 2, false).is_empty());
        let expected = ["message from '0.0.0.7' (99999 times) not allowed"];
        assert_eq!(told(&mut strangers, start + EVERY, false), expected);
        assert_eq!(note(&mut strangers, 7, start + EVERY), None);
        assert_eq!(
            told(&mut strangers, start + EVERY, true),
            ["message from '0.0.0.7' not allowed"]
        );
    }

    #[test]
    fn a_quiet_sender_is_forgotten() {
        let (start, mut strangers) = (Instant::now(), Strangers::default());
        note(&mut strangers, 7, start);
        assert!(told(&mut strangers, start + EVERY, false).is_empty());
        assert!(note(&mut strangers, 7, start + EVERY).is_some());
    }

    #[test]
    fn many_senders_are_told_together() {
        let (start, mut strangers) = (Instant::now(), Strangers::default());
        let lines = (0..1000).filter(|&n| note(&mut strangers, n, start).is_some()).count();
        assert_eq!(lines, NAMED + 1);
        let expected = [format!("message from others ({} times) not allowed", 1000 - NAMED - 1)];
        assert_eq!(told(&mut strangers, start + EVERY, false), expected);
        assert!(strangers.rows.len() <= 1);
    }
}
