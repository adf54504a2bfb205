//! What people most often get wrong.

use crate::pattern::{Language, Pattern};
use crate::requirement::Requirement;

pub(super) fn of(pattern: &Pattern, requirement: &Requirement) -> Vec<String> {
    let source = pattern.source();
    let mut remarks = Vec::new();
    let mut say = |words: &str| remarks.push(words.to_owned());
    if *requirement == Requirement::AnyOf(Vec::new()) {
        say("it never matches: `^` holds only at the very start and `$` only at the very end");
    }
    match pattern.language() {
        Language::OsRegex => os_regex(source, &mut say),
        Language::OsMatch => os_match(source, &mut say),
        Language::Pcre2 => pcre2(source, &mut say),
    }
    if pattern.is_plain_anchored() && pattern.language() != Language::OsMatch {
        say("OSSEC refuses it as a decoder's extracting pattern: it captures nothing (error 1451)");
    }
    remarks
}

fn os_regex(source: &[u8], say: &mut impl FnMut(&str)) {
    let unescaped = |wanted: &[u8]| {
        let mut previous = [0, 0];
        source.iter().any(|&byte| {
            let is_plain = previous[1] != b'\\' && previous[0] != b'\\';
            previous = [previous[1], byte];
            is_plain && wanted.contains(&byte)
        })
    };
    if unescaped(b"+*") {
        say(
            "`+` and `*` repeat only one escape, as in `\\d+`; behind anything else they are literal",
        );
    }
    if unescaped(b".") {
        say("`.` is a literal dot; any character is `\\.`");
    }
    if unescaped(b"[") {
        say("`[` is literal: there are no classes but the escapes");
    }
    if unescaped(b"?") {
        say("`?` is literal: nothing can be optional");
    }
    if source.windows(2).any(|pair| pair == b"\\s") {
        say("`\\s` is the space only, no tab");
    }
    if source.windows(2).any(|pair| pair == b"\\w") {
        say("`\\w` includes `@` and `-`");
    }
}

fn os_match(source: &[u8], say: &mut impl FnMut(&str)) {
    if source.contains(&b'\\') {
        say("there are no escapes: the backslash is literal");
    }
    if source.iter().any(|byte| b"*+?[(".contains(byte)) {
        say("only `^`, `$` and `|` are special: everything else is literal");
    }
    if source.first() == Some(&b'!') {
        say("`!` is literal: it does not negate");
    }
    let has_empty = source.split(|&byte| byte == b'|').any(<[u8]>::is_empty);
    if has_empty {
        say("it matches everything: an alternative is empty");
    }
}

fn pcre2(source: &[u8], say: &mut impl FnMut(&str)) {
    if !source.is_ascii() {
        say("it sees bytes: a character outside ASCII is several of them, and its case counts");
    }
    let dotted = source.windows(5).any(|w| w == b"\\d+.\\");
    if dotted {
        say("`.` is any character: a literal dot is `\\.`");
    }
}
