//! Patterns compiled once, however many rules have them.

use std::collections::HashMap;
use std::sync::Arc;

use bartizan_pattern::{Language, Options, Pattern, PatternError};

/// The patterns of a rule set.
#[derive(Debug)]
pub(super) struct Patterns {
    options: Options,
    known: HashMap<Language, HashMap<Vec<u8>, Arc<Pattern>>>,
}

impl Patterns {
    pub(super) fn new(options: Options) -> Self {
        Self { options, known: HashMap::new() }
    }

    /// The pattern of that text, compiled if it is new.
    pub(super) fn compile(
        &mut self,
        language: Language,
        text: &[u8],
    ) -> Result<Arc<Pattern>, PatternError> {
        let known = self.known.entry(language).or_default();
        if let Some(pattern) = known.get(text) {
            return Ok(Arc::clone(pattern));
        }
        let pattern = Arc::new(Pattern::compile(language, text, self.options)?);
        known.insert(text.to_vec(), Arc::clone(&pattern));
        Ok(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_of_one_language_share_a_pattern() {
        let mut patterns = Patterns::new(Options::default());
        let first = patterns.compile(Language::OsMatch, b"^a").unwrap();
        assert!(Arc::ptr_eq(&first, &patterns.compile(Language::OsMatch, b"^a").unwrap()));
        assert!(!Arc::ptr_eq(&first, &patterns.compile(Language::OsRegex, b"^a").unwrap()));
    }
}
