//! `ossec-regex` (decoding 4.7).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::installed::{Installed, check};

fn run(args: &[&[u8]], input: &[u8]) -> std::process::Output {
    let args: Vec<&OsStr> = args.iter().map(|arg| OsStr::from_bytes(arg)).collect();
    Installed::new().run_bare("ossec-regex", &args, input)
}

#[test]
fn lines_that_match_are_printed_for_each_language() {
    let input = b"one 1\ntwo\n\nx\na\nONE 22\nsome|one";
    let expected = "+OSRegex_Execute: one 1\n+OS_Regex       : one 1\n+OSMatch_Compile: one 1\n\
        +OS_Match2      : one 1\n+OSRegex_Execute: ONE 22\n+OS_Regex       : ONE 22\n\
        +OSMatch_Compile: ONE 22\n+OS_Match2      : ONE 22\n";
    check(&run(&[b"^one"], input), 0, expected, "");
    // Only one of the two languages knows classes.
    let expected = "+OSRegex_Execute: one 1\n+OS_Regex       : one 1\n\
        +OSRegex_Execute: ONE 22\n+OS_Regex       : ONE 22\n";
    check(&run(&[br"one \d"], input), 0, expected, "");
}

#[test]
fn text_is_utf8_as_4_3_wants_it() {
    let output = run(
        &["café".as_bytes()],
        "a café
"
        .as_bytes(),
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 4);
    let output = run(&[b"caf"], b"caf\xe9\n");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b""[..]));
    check(&run(&[b"caf\xe9"], b""), 255, "pattern does not compile with OSRegex_Compile\n", "");
}

#[test]
fn a_pattern_must_compile_in_both_languages() {
    check(&run(&[b"a(b"], b"ab\n"), 255, "pattern does not compile with OSRegex_Compile\n", "");
    let long = vec![b'a'; 3_000];
    check(&run(&[&long], b"ab\n"), 255, "pattern does not compile with OSRegex_Compile\n", "");
}

#[test]
fn without_a_pattern_it_tells_how_to_call_it() {
    for (args, status) in [(&[][..], 1), (&[&b"-h"[..]][..], 0)] {
        let output = run(args, b"");
        assert_eq!(output.status.code(), Some(status));
        assert!(output.stderr.starts_with(b"ossec-regex PATTERN"));
    }
}
