//! Rules as sites write them, by the thousand, to see what they cost.
//!
//! Their texts are random, of common words of logs, a quarter each: two words and a number; a word and a number at
//! the beginning; a word, anything, a word; two alternatives. Half are tried for every event, half are below the
//! rule that takes the events of sshd. None matches anything in the corpus, as is usual for rules.

use std::fmt::Write as _;

use bartizan_analysis::RulesetFiles;
use bartizan_base::Source;

use crate::random::Random;

/// The rule for events of sshd, in OSSEC's rulesets.
const SSHD: u32 = 5700;
/// Where their ids begin.
const FIRST_ID: usize = 200_000;

const WORDS: [&str; 40] = [
    "failed",
    "session",
    "user",
    "connection",
    "error",
    "timeout",
    "request",
    "denied",
    "accepted",
    "invalid",
    "server",
    "service",
    "started",
    "stopped",
    "closed",
    "opened",
    "port",
    "address",
    "login",
    "password",
    "unable",
    "cannot",
    "file",
    "found",
    "access",
    "warning",
    "client",
    "remote",
    "local",
    "packet",
    "memory",
    "device",
    "kernel",
    "message",
    "process",
    "status",
    "update",
    "version",
    "queue",
    "mail",
];

/// The files of `files` and one with so many rules.
pub(crate) fn added_to(files: &RulesetFiles, count: usize, has_sshd: bool) -> RulesetFiles {
    let mut files = files.clone();
    files.rules.push(Source::new("more_rules.xml", text(count, has_sshd)));
    files
}

/// A file of so many rules.
pub(crate) fn text(count: usize, has_sshd: bool) -> String {
    let mut random = Random(7);
    let mut text = String::from("<group name=\"more,\">\n");
    for number in 0..count {
        let [a, b, c] = [(); 3].map(|()| random.of(&WORDS));
        let hex = format!("{:06x}", random.next() >> 40);
        let condition = match number / 2 % 4 {
            0 => format!("<match>{a} {b} {hex}</match>"),
            1 => format!("<match>^{a}{}: {b}</match>", random.below(1_000)),
            2 => format!("<regex>{a}-{hex} \\S+ {b}</regex>"),
            _ => format!("<match>{a} {hex}|{hex} {b} {c}</match>"),
        };
        let id = FIRST_ID + number;
        let parent = match number % 2 {
            1 if has_sshd => format!("<if_sid>{SSHD}</if_sid>"),
            _ => String::new(),
        };
        let _ = writeln!(
            text,
            "<rule id=\"{id}\" level=\"3\">{parent}{condition}<description>{a}</description></rule>"
        );
    }
    text.push_str("</group>\n");
    text
}
