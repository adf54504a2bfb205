//! OS_Match: pattern and subject of a seed are its first line and the rest. Compared with the slow reference
//! where that can answer: both must be UTF-8.

#![no_main]

use bartizan_base::text::OwnedSubject;
use bartizan_fuzz::{claims::check_claims, first_line, reference::Reference};
use bartizan_pattern::{Language, Options, Pattern, word};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (pattern, subject) = first_line(data);
    let owned = OwnedSubject::new(subject);
    // The smallest of the languages has no reference but itself: it must only not fail.
    let _ = word::matches(pattern, subject);
    for utf8_check in [false, true] {
        let ours = Pattern::compile(Language::OsMatch, pattern, Options { utf8_check });
        let answer = ours.as_ref().is_ok_and(|ours| ours.is_match(owned.subject()));
        if let Ok(ours) = &ours {
            check_claims(ours, owned.subject());
        }
        let Ok(text) = std::str::from_utf8(pattern) else { continue };
        let theirs = Reference::os_match(text);
        assert_eq!(ours.is_ok(), theirs.is_some(), "compiles: {text:?}: {:?}", ours.err());
        let is_utf8 = std::str::from_utf8(subject).is_ok();
        if let Some(Ok(expected)) = theirs.filter(|_| is_utf8).map(|t| t.answer(subject)) {
            assert_eq!(answer, expected.is_some(), "{text:?} on {subject:?}");
        }
    }
});
