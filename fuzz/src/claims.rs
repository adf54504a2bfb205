//! What a pattern says about itself must be true: the filters of the engine skip patterns because of it.

use bartizan_base::Subject;
use bartizan_pattern::{Pattern, Requirement, has_letters_outside_ascii};

/// Fails where a claim does not hold for `subject`.
///
/// # Panics
///
/// Then.
pub fn check_claims(pattern: &Pattern, subject: Subject<'_>) {
    let shown = pattern.explain();
    for text in shown.parts.iter().map(|part| &part.words).chain(&shown.remarks) {
        assert!(!text.is_empty(), "{shown:?}");
    }
    let is_utf8 = std::str::from_utf8(subject.raw()).is_ok();
    if pattern.sees_characters() && (has_letters_outside_ascii(subject.raw()) || !is_utf8) {
        return;
    }
    let matches = pattern.is_match(subject);
    if pattern.budget_exceeded() > 0 {
        return;
    }
    let folded = subject.folded();
    if let Requirement::AnyOf(literals) = pattern.requirement() {
        let found = literals.iter().any(|literal| literal.is_in(folded));
        assert!(found || !matches, "a match contains one of {literals:?}");
        let whole = literals.iter().any(|literal| literal.whole_match && literal.is_in(folded));
        assert!(matches || !whole, "one of {literals:?} is a match");
    }
    if let Some(strings) = pattern.complete_strings() {
        let is_one = strings.iter().any(|string| string == folded);
        assert_eq!(matches, is_one, "exactly {strings:?} match");
    }
    if let Some(prefix) = pattern.prefix_sets() {
        assert!(!matches || prefix.allows(folded), "a match starts as {prefix:?}");
    }
}
