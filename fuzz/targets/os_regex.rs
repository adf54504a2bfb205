//! OS_Regex: pattern and subject of a seed are its first line and the rest. Compared with the slow reference
//! where that can answer: both must be UTF-8.

#![no_main]

use bartizan_base::text::OwnedSubject;
use bartizan_fuzz::{claims::check_claims, first_line, reference::Reference};
use bartizan_pattern::{Captures, Language, Options, Pattern};
use libfuzzer_sys::fuzz_target;

/// PCRE2 nests no deeper than 250 groups.
const DEEPEST: usize = 200;

fuzz_target!(|data: &[u8]| {
    let (pattern, subject) = first_line(data);
    let text = std::str::from_utf8(pattern);
    let owned = OwnedSubject::new(subject);
    for utf8_check in [false, true] {
        let ours = Pattern::compile(Language::OsRegex, pattern, Options { utf8_check });
        let mut captures = Captures::default();
        let end = ours.as_ref().ok().and_then(|p| p.captures(owned.subject(), &mut captures));
        if let Ok(ours) = &ours {
            assert_eq!(end, ours.find_end(owned.subject()));
            assert_eq!(end.is_some(), ours.is_match(owned.subject()));
            check_claims(ours, owned.subject());
        }
        let Ok(text) = text else { continue };
        if pattern.iter().filter(|&&b| b == b'(').count() > DEEPEST {
            continue;
        }
        let theirs = Reference::os_regex(text);
        assert_eq!(ours.is_ok(), theirs.is_some(), "compiles: {text:?}: {:?}", ours.err());
        let is_utf8 = std::str::from_utf8(subject).is_ok();
        if let Some(Ok(answer)) = theirs.filter(|_| is_utf8).map(|t| t.answer(subject)) {
            let texts: Vec<Vec<u8>> =
                captures.iter().map(|range| subject[range].to_vec()).collect();
            assert_eq!(end.map(|end| (end, texts)), answer, "{text:?} on {subject:?}");
        }
    }
});
