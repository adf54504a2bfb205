//! The real PCRE2: caseless, bytes, as OSSEC calls it.

use std::cell::RefCell;
use std::fmt;

use bartizan_base::limits::CAPTURES;
use bartizan_base::text::OwnedSubject;
use bartizan_pattern::{Captures, Language, Options, Pattern};
use pcre2::bytes::{CaptureLocations, Regex, RegexBuilder};

/// The end of the match, and the captured texts of the groups that took part.
#[derive(PartialEq, Eq)]
pub(crate) struct Answer(pub(crate) Option<(usize, Vec<Vec<u8>>)>);

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((end, captures)) = &self.0 else { return f.write_str("no match") };
        write!(f, "end {end}")?;
        captures.iter().try_for_each(|text| write!(f, ", '{}'", text.escape_ascii()))
    }
}

/// One pattern in both engines.
pub(crate) struct Pair {
    pub(crate) text: String,
    theirs: Regex,
    locations: RefCell<CaptureLocations>,
    pub(crate) ours: Pattern,
}

impl Pair {
    /// Compiles in both, PCRE2 as OSSEC uses it; the error says which of them refused.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        Self::with("", text)
    }

    /// Compiles in both, PCRE2 without two optimisations that have defects: `\R+\s` does not find two line
    /// feeds, `\W+(a)?+( )` not two spaces, `(?=(a|a){0})` nothing at all.
    pub(crate) fn unoptimized(text: &str) -> Result<Self, String> {
        Self::with("(*NO_AUTO_POSSESS)(*NO_START_OPT)", text)
    }

    fn with(settings: &str, text: &str) -> Result<Self, String> {
        let theirs = RegexBuilder::new()
            .caseless(true)
            .jit_if_available(true)
            .max_jit_stack_size(Some(16 << 20))
            .build(&format!("{settings}{text}"));
        let ours = Pattern::compile(Language::Pcre2, text.as_bytes(), Options::default());
        match (theirs, ours) {
            (Ok(theirs), Ok(ours)) => {
                let locations = RefCell::new(theirs.capture_locations());
                Ok(Self { text: text.to_owned(), theirs, locations, ours })
            }
            (Err(_), Err(_)) => Err("both refuse".to_owned()),
            (Ok(_), Err(error)) => Err(format!("only ours refuses: {error}")),
            (Err(error), Ok(_)) => Err(format!("only theirs refuses: {error}")),
        }
    }

    /// Answers differently: both answers.
    pub(crate) fn difference(&self, subject: &OwnedSubject) -> Option<(Answer, Answer)> {
        let (theirs, ours) = (self.theirs(subject.subject().raw())?, self.ours(subject));
        if self.ours.budget_exceeded() > 0 {
            // Never silent, and only where backtracking is needed or a loop may turn without consuming.
            return None;
        }
        (theirs != ours).then_some((theirs, ours))
    }

    /// `None` where PCRE2 gives up.
    fn theirs(&self, subject: &[u8]) -> Option<Answer> {
        let mut locations = self.locations.borrow_mut();
        let Some(whole) = self.theirs.captures_read_at(&mut locations, subject, 0).ok()? else {
            return Some(Answer(None));
        };
        let captures = (1..locations.len())
            .filter_map(|group| locations.get(group))
            .map(|(from, to)| subject[from..to].to_vec());
        // The fast path of decoding 4.2 has no captures, but its patterns have no groups either.
        Some(Answer(Some((whole.end(), captures.take(CAPTURES).collect()))))
    }

    fn ours(&self, subject: &OwnedSubject) -> Answer {
        let raw = subject.subject().raw();
        let mut captures = Captures::default();
        let end = self.ours.captures(subject.subject(), &mut captures);
        assert_eq!(end, self.ours.find_end(subject.subject()), "find_end: {}", self.text);
        assert_eq!(end.is_some(), self.ours.is_match(subject.subject()), "is_match: {}", self.text);
        Answer(end.map(|end| (end, captures.iter().map(|range| raw[range].to_vec()).collect())))
    }
}

/// Checks one pattern against some subjects.
#[track_caller]
pub(crate) fn check(pattern: &str, subjects: &[&[u8]]) {
    let pair = Pair::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    for subject in subjects {
        if let Some((theirs, ours)) = pair.difference(&OwnedSubject::new(subject)) {
            panic!("{pattern} on '{}': PCRE2 {theirs:?}, ours {ours:?}", subject.escape_ascii());
        }
    }
}
