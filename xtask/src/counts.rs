//! How many tests ran, read from what the test runners print.

use std::fmt;

/// Tests by outcome, summed over all test programs of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Did what they claim.
    pub passed: u64,
    /// Did not.
    pub failed: u64,
    /// Not run.
    pub skipped: u64,
}

impl Counts {
    /// Adds what a line says, if it is the closing line of a test program.
    pub(crate) fn read(&mut self, line: &str) {
        let line = without_colour(line);
        let list = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
            .or_else(|| line.split_once(" run: ").filter(|(before, _)| before.contains("Summary")));
        let Some((_, list)) = list else { return };
        for entry in list.split([';', ',']) {
            let mut words = entry.split_whitespace();
            let (Some(number), Some(word)) = (words.next(), words.next()) else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match word {
                "passed" => self.passed += number,
                "failed" | "timed" | "exec" => self.failed += number,
                "ignored" | "skipped" => self.skipped += number,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// The line without the escape sequences that colour it.
fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], passed: u64, failed: u64, skipped: u64) {
        let mut counts = Counts::default();
        lines.iter().for_each(|line| counts.read(line));
        assert_eq!(counts, Counts { passed, failed, skipped });
    }

    #[test]
    fn the_closing_lines_of_cargo_test_are_summed() {
        check(
            &[
                "running 3 tests",
                "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 9 filtered out; finished in 0.00s",
                "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s",
            ],
            4,
            2,
            1,
        );
    }

    #[test]
    fn the_closing_line_of_nextest_is_read_with_and_without_colour() {
        check(
            &["     Summary [   0.042s] 10 tests run: 9 passed (1 slow), 1 failed, 2 skipped"],
            9,
            1,
            2,
        );
        check(
            &[
                "\x1b[32;1m     Summary\x1b[0m [   1s] \x1b[1m2\x1b[0m tests run: \x1b[1m1\x1b[0m \x1b[32mpassed\x1b[0m, 1 timed out, 0 skipped",
            ],
            1,
            1,
            0,
        );
    }

    #[test]
    fn other_lines_count_nothing() {
        check(&["3 passed", "Summary of things: 3 passed", "test a ... ok", ""], 0, 0, 0);
    }
}
