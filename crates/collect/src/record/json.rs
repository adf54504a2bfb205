//! `json`: an object a line, with labels added (collection 9.2).
//!
//! A line is not parsed: numbers and blanks stay as they were written, and whether it is JSON is for the
//! decoder to find out.

use std::sync::Arc;

use super::{Format, Out};
use crate::line::Line;
use crate::start::Now;

/// Members that are added to each object, as they are written there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(Option<Arc<str>>);

impl Labels {
    /// Of keys and values; dots in a key make objects in objects.
    #[must_use]
    pub fn new<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut root = Node::default();
        for (key, value) in labels {
            root.insert(key, value);
        }
        let mut text = String::new();
        root.write_members(&mut text);
        Self((!text.is_empty()).then(|| text.into()))
    }
}

/// A label, or those whose keys begin alike.
#[derive(Default)]
struct Node<'a> {
    value: Option<&'a str>,
    members: Vec<(&'a str, Node<'a>)>,
}

impl<'a> Node<'a> {
    /// The last value of a key counts.
    fn insert(&mut self, key: &'a str, value: &'a str) {
        let (first, rest) = key.split_once('.').unwrap_or((key, ""));
        let at = self.members.iter().position(|(name, _)| *name == first);
        let at = at.unwrap_or_else(|| {
            self.members.push((first, Node::default()));
            self.members.len() - 1
        });
        let Some((_, node)) = self.members.get_mut(at) else { return };
        if rest.is_empty() {
            *node = Node { value: Some(value), members: Vec::new() };
        } else {
            node.value = None;
            node.insert(rest, value);
        }
    }

    fn write_members(&self, text: &mut String) {
        for (at, (name, node)) in self.members.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            write_string(name, text);
            text.push(':');
            match node.value {
                Some(value) => write_string(value, text),
                None => {
                    text.push('{');
                    node.write_members(text);
                    text.push('}');
                }
            }
        }
    }
}

/// Writes a string of JSON, with its quotes.
fn write_string(value: &str, text: &mut String) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            c if u32::from(c) < 0x20 => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
}

#[derive(Debug)]
pub(super) struct Json {
    labels: Labels,
    text: Vec<u8>,
}

impl Json {
    pub(super) fn new(labels: Labels) -> Self {
        Self { labels, text: Vec::new() }
    }
}

impl Format for Json {
    fn line(&mut self, line: &Line<'_>, _now: Now, out: &mut Out<'_>) {
        let trimmed = line.text.trim_ascii();
        let inner = trimmed.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
        let Some(inner) = inner else {
            // An event all the same, as a line of syslog is.
            out.unfit();
            return out.emit(*line);
        };
        let Some(labels) = &self.labels.0 else { return out.emit(*line) };
        self.text.clear();
        self.text.push(b'{');
        self.text.extend_from_slice(inner.trim_ascii());
        if !inner.trim_ascii().is_empty() {
            self.text.push(b',');
        }
        self.text.extend_from_slice(labels.as_bytes());
        self.text.push(b'}');
        out.emit(Line { text: &self.text, ..*line });
    }

    fn takes_rests(&self) -> bool {
        true
    }
}
