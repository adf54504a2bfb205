//! Program names: one short text that repeats, and on which many patterns depend.
//!
//! For a new name all patterns of rules are asked once. Names with the same answers form one class; plans are
//! made for classes.

use std::collections::HashMap;
use std::sync::Arc;

use bartizan_base::{Event, EventMap, limits};
use bartizan_pattern::Pattern;
use bartizan_rules::{RuleSet, Test, TextField};

/// Classes told apart at most. Beyond that names are [`ProgramClass::UNKNOWN`], until all start again.
const CLASSES: usize = 4_096;

/// A class of program names that all patterns of the rules answer alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ProgramClass(pub(super) u32);

impl ProgramClass {
    /// There is no program name.
    pub(super) const ABSENT: Self = Self(0);
    /// Nothing is known of the name: patterns must be asked.
    pub(super) const UNKNOWN: Self = Self(u32::MAX);
}

/// All patterns on program names, and what is known of names.
#[derive(Debug)]
pub(super) struct Programs {
    patterns: Vec<Arc<Pattern>>,
    /// Number of a pattern by its address: rules share patterns, and these are kept alive here.
    numbers: HashMap<usize, usize>,
    by_name: EventMap<Box<[u8]>, ProgramClass>,
    /// Names that are kept at most; all are forgotten together beyond.
    most: usize,
    classes: HashMap<Vec<u64>, ProgramClass>,
    answers: Vec<Vec<u64>>,
    /// Answers for the name that is asked; the buffer is used again.
    asked: Vec<u64>,
}

/// Answers of the patterns for one class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answers<'a> {
    bits: &'a [u64],
    numbers: &'a HashMap<usize, usize>,
}

impl Answers<'_> {
    /// Whether names of the class match `pattern`.
    pub(super) fn of(self, pattern: &Arc<Pattern>) -> Option<bool> {
        let number = *self.numbers.get(&address(pattern))?;
        Some(self.bits.get(number / 64)? & (1 << (number % 64)) != 0)
    }
}

/// What a pattern is known by: rules share patterns, and whoever asks keeps them alive.
pub(super) fn address(pattern: &Arc<Pattern>) -> usize {
    Arc::as_ptr(pattern).addr()
}

impl Programs {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let mut patterns: Vec<Arc<Pattern>> = Vec::new();
        let mut numbers = HashMap::new();
        for condition in rules.rules.iter().flat_map(|rule| &rule.conditions) {
            if let Test::Text { field: TextField::ProgramName, pattern, .. } = &condition.test {
                numbers.entry(address(pattern)).or_insert_with(|| {
                    patterns.push(Arc::clone(pattern));
                    patterns.len() - 1
                });
            }
        }
        // Class 0 is "no program name": every pattern answers no.
        let none = vec![0; patterns.len().div_ceil(64)];
        let classes = HashMap::new();
        Self {
            patterns,
            numbers,
            by_name: EventMap::default(),
            most: rules.options.memory.program_names,
            classes,
            answers: vec![none],
            asked: Vec::new(),
        }
    }

    /// The class of the event's program name.
    pub(super) fn class(&mut self, event: &Event) -> ProgramClass {
        let Some(name) = event.program_name else { return ProgramClass::ABSENT };
        if let Some(&class) = self.by_name.get(event.bytes(name)) {
            return class;
        }
        self.asked.clear();
        self.asked.resize(self.patterns.len().div_ceil(64), 0);
        for (number, pattern) in self.patterns.iter().enumerate() {
            if pattern.is_match(event.subject(name))
                && let Some(word) = self.asked.get_mut(number / 64)
            {
                *word |= 1 << (number % 64);
            }
        }
        let class = self.class_of_asked();
        if event.bytes(name).len() > limits::PROGRAM_NAME_BYTES {
            return class;
        }
        if self.by_name.len() >= self.most {
            self.by_name.clear();
        }
        self.by_name.insert(event.bytes(name).into(), class);
        class
    }

    /// Names whose class is known.
    pub(super) fn names(&self) -> usize {
        self.by_name.len()
    }

    /// Forgets all names and classes. Plans of classes must be forgotten too.
    pub(super) fn start_again(&mut self) {
        self.by_name.clear();
        self.classes.clear();
        self.answers.truncate(1);
    }

    fn class_of_asked(&mut self) -> ProgramClass {
        if let Some(&class) = self.classes.get(&self.asked) {
            return class;
        }
        if self.answers.len() >= CLASSES {
            return ProgramClass::UNKNOWN;
        }
        let class = ProgramClass(self.answers.len() as u32);
        self.answers.push(self.asked.clone());
        self.classes.insert(self.asked.clone(), class);
        class
    }

    /// What is known of a class.
    pub(super) fn answers(&self, class: ProgramClass) -> Option<Answers<'_>> {
        let bits = self.answers.get(class.0 as usize)?;
        Some(Answers { bits, numbers: &self.numbers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bartizan_base::Timestamp;

    fn ask(programs: &mut Programs, event: &mut Event, name: &[u8]) {
        event.reset(b'1', b"f", b"log", Timestamp(0));
        event.program_name = Some(event.append(name));
        programs.class(event);
    }

    fn programs() -> Programs {
        let (patterns, numbers) = (Vec::new(), HashMap::new());
        let (by_name, classes) = (EventMap::default(), HashMap::new());
        Programs {
            patterns,
            numbers,
            by_name,
            most: 100,
            classes,
            answers: vec![Vec::new()],
            asked: Vec::new(),
        }
    }

    #[test]
    fn long_program_names_are_not_kept() {
        let (mut programs, mut event) = (programs(), Event::default());
        ask(&mut programs, &mut event, &[b'a'; limits::PROGRAM_NAME_BYTES + 1]);
        assert_eq!(programs.by_name.len(), 0);
        ask(&mut programs, &mut event, &[b'a'; limits::PROGRAM_NAME_BYTES]);
        assert_eq!(programs.by_name.len(), 1);
    }

    #[test]
    fn program_names_without_end_start_again() {
        let (mut programs, mut event) = (programs(), Event::default());
        for number in 0..=programs.most {
            ask(&mut programs, &mut event, number.to_string().as_bytes());
        }
        assert_eq!(programs.by_name.len(), 1);
    }
}
