//! What the fuzz targets share: how bytes are taken apart, and what must hold of every diagnostic.

pub mod claims;
pub mod reference;

use bartizan_base::{Diagnostic, Dialect};

/// The dialects; each must read anything.
#[must_use]
pub fn dialects() -> [Dialect; 3] {
    [Dialect::OURS, Dialect::OSSEC_4_3, Dialect::ossec_2_8()]
}

/// The part before the first line feed, and the rest: `pattern` and `subject` of a seed file.
#[must_use]
pub fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|&b| b == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, b""),
    }
}

/// The parts between lines that are exactly `---`.
pub fn sections(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(data);
    std::iter::from_fn(move || {
        let text = rest?;
        let mark = b"\n---\n";
        match text.windows(mark.len()).position(|window| window == mark) {
            Some(at) => {
                rest = Some(&text[at + mark.len()..]);
                Some(&text[..at])
            }
            None => {
                rest = None;
                Some(text)
            }
        }
    })
}

/// Diagnostics that are printed. Each looks through its file for the line it is on, which is nothing for a person and
/// much for a fuzzer.
const PRINTED: usize = 16;

/// A diagnostic points into its file and prints without control characters.
pub fn check_diagnostics(diagnostics: &[Diagnostic]) {
    for (number, diagnostic) in diagnostics.iter().enumerate() {
        if let Some(place) = &diagnostic.place {
            assert!(place.span.start <= place.span.end, "{diagnostic:?}");
            assert!(place.span.end <= place.source.text.len(), "{diagnostic:?}");
        }
        if number >= PRINTED {
            continue;
        }
        let shown = diagnostic.to_string();
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
    }
}
