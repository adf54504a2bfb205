//! OS_Match, also called sregex or match (decoding 4.4): literal text, `^`, `$`, `|`, no escapes.

use bartizan_base::limits::PATTERN_BYTES;

use crate::error::PatternError;
use crate::node::{Anchor, Node, Tree};
use crate::os_regex::literal;

/// Parses a pattern. With `check` bytes that are not UTF-8 are refused, as the original does.
pub(crate) fn parse(source: &[u8], check: bool) -> Result<Tree, PatternError> {
    check_length(source)?;
    if check && let Err(error) = std::str::from_utf8(source) {
        let at = error.valid_up_to();
        let message = "this byte is not part of UTF-8 text: save the file as UTF-8";
        return Err(PatternError::syntax(at..at + 1, message));
    }
    let mut alternatives = Vec::new();
    let mut current = Vec::new();
    let mut at = 0;
    while let Some(&byte) = source.get(at) {
        let (node, length) = match byte {
            b'^' => (Node::Anchor(Anchor::Start), 1),
            b'$' => (Node::Anchor(Anchor::End), 1),
            b'|' => {
                alternatives.push(Node::concat(std::mem::take(&mut current)));
                at += 1;
                continue;
            }
            _ => literal(source.get(at..).unwrap_or_default(), byte),
        };
        current.push(node);
        at += length;
    }
    alternatives.push(Node::concat(current));
    Ok(Tree {
        node: Node::alternate(alternatives),
        groups: 0,
        characters: true,
        references: Vec::new(),
    })
}

/// Refuses what is longer than the original takes.
pub(crate) fn check_length(source: &[u8]) -> Result<(), PatternError> {
    if source.len() > PATTERN_BYTES { Err(PatternError::too_long(source.len())) } else { Ok(()) }
}
