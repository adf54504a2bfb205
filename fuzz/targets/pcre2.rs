//! PCRE2 elements: pattern and subject of a seed are its first line and the rest. Compared with PCRE2 where that
//! compiles the pattern, too.

#![no_main]

use bartizan_base::text::OwnedSubject;
use bartizan_fuzz::{claims::check_claims, first_line, reference::Reference};
use bartizan_pattern::{Captures, Language, Options, Pattern};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (pattern, subject) = first_line(data);
    let Ok(ours) = Pattern::compile(Language::Pcre2, pattern, Options::default()) else { return };
    let owned = OwnedSubject::new(subject);
    let mut captures = Captures::default();
    let end = ours.captures(owned.subject(), &mut captures);
    assert_eq!(end, ours.find_end(owned.subject()));
    assert_eq!(end.is_some(), ours.is_match(owned.subject()));
    check_claims(&ours, owned.subject());
    // A search that ran out of its budget may answer "no match"; that is counted, and not looked at here.
    let theirs = std::str::from_utf8(pattern).ok().and_then(Reference::pcre2);
    if ours.budget_exceeded() == 0
        && let Some(Ok(expected)) = theirs.map(|theirs| theirs.answer(subject))
    {
        let texts: Vec<Vec<u8>> = captures.iter().map(|range| subject[range].to_vec()).collect();
        assert_eq!(end.map(|end| (end, texts)), expected, "{pattern:?} on {subject:?}");
    }
});
