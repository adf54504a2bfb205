//! Program names: one short text that repeats, and on which many patterns depend.
//!
//! For a new name all patterns of rules are asked once. Names with the same answers form one class; plans are
//! made for classes.

use std::collections::HashMap;
use std::sync::Arc;

use bartizan_base::Event;
use bartizan_pattern::Pattern;
use bartizan_rules::{RuleSet, Test, TextField};

/// Names kept at most; names come from the network. Beyond that a name is asked every time.
const NAMES: usize = 65_536;
/// Classes told apart at most. Beyond that names are [`ProgramClass::UNKNOWN`].
const CLASSES: usize = 4_096;

/// A class of program names that all patterns of the rules answer alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ProgramClass(pub(super) u32);

impl ProgramClass {
    /// There is no program name.
    pub(super) const ABSENT: Self = Self(0);
    /// Nothing is known of the name: patterns must be asked.
    const UNKNOWN: Self = Self(u32::MAX);
}

/// All patterns on program names, and what is known of names.
#[derive(Debug)]
pub(super) struct Programs {
    patterns: Vec<Arc<Pattern>>,
    /// Number of a pattern by its address: rules share patterns, and these are kept alive here.
    numbers: HashMap<usize, usize>,
    by_name: HashMap<Box<[u8]>, ProgramClass>,
    classes: HashMap<Vec<u64>, ProgramClass>,
    answers: Vec<Vec<u64>>,
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

fn address(pattern: &Arc<Pattern>) -> usize {
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
        Self { patterns, numbers, by_name: HashMap::new(), classes, answers: vec![none] }
    }

    /// The class of the event's program name.
    pub(super) fn class(&mut self, event: &Event) -> ProgramClass {
        let Some(name) = event.program_name else { return ProgramClass::ABSENT };
        if let Some(&class) = self.by_name.get(event.bytes(name)) {
            return class;
        }
        let mut bits = vec![0_u64; self.patterns.len().div_ceil(64)];
        for (number, pattern) in self.patterns.iter().enumerate() {
            if pattern.is_match(event.subject(name))
                && let Some(word) = bits.get_mut(number / 64)
            {
                *word |= 1 << (number % 64);
            }
        }
        let class = self.class_of(bits);
        if self.by_name.len() < NAMES {
            self.by_name.insert(event.bytes(name).into(), class);
        }
        class
    }

    fn class_of(&mut self, bits: Vec<u64>) -> ProgramClass {
        if let Some(&class) = self.classes.get(&bits) {
            return class;
        }
        if self.answers.len() >= CLASSES {
            return ProgramClass::UNKNOWN;
        }
        let class = ProgramClass(self.answers.len() as u32);
        self.answers.push(bits.clone());
        self.classes.insert(bits, class);
        class
    }

    /// What is known of a class.
    pub(super) fn answers(&self, class: ProgramClass) -> Option<Answers<'_>> {
        let bits = self.answers.get(class.0 as usize)?;
        Some(Answers { bits, numbers: &self.numbers })
    }
}
