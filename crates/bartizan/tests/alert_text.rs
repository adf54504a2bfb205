//! `logtest -a`: the text of alerts.log, as both originals wrote it for whole logs.

mod support;

use support::{Home, not_required, server_name};

/// What may differ is replaced: time and number of the alert, the date, the name of the machine.
fn comparable(text: &str, host: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut is_second = false;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("** Alert ") {
            lines.push(format!("** Alert {}", rest.split_once(':').map_or(rest, |(_, rest)| rest)));
            is_second = true;
        } else if std::mem::take(&mut is_second) {
            // `2026 Nov 24 08:31:38 HOST->stdin`
            let place = line.get(21..).unwrap_or(line);
            let place = place
                .strip_prefix(&format!("{host}->"))
                .map_or(place.to_owned(), |rest| format!("HOST->{rest}"));
            lines.push(place);
        } else {
            lines.push(line.to_owned());
        }
    }
    lines
}

#[track_caller]
fn check(ruleset: &str, corpus: &str) {
    let Some(folder) = bartizan_conformance::folder() else { return };
    let home = Home::stock(ruleset).expect("recorded beside the answers");
    let name = format!("expected/{ruleset}.{corpus}.alerts.log");
    let expected =
        bartizan_conformance::latin1(&std::fs::read(folder.join(&name)).expect("readable"));
    let mut expected = comparable(&expected, "vm");
    for entry in not_required(&name) {
        let line = entry["line"].as_u64().expect("a line") as usize;
        entry["answer"].as_str().expect("a line of text").clone_into(&mut expected[line - 1]);
    }
    let log = std::fs::read(folder.join(format!("logs/{corpus}.log"))).expect("readable");
    let output = home.run(&["logtest", "-a", "--dialect", ruleset], &log);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let got = comparable(&bartizan_conformance::latin1(&output.stdout), &server_name());
    for (at, (wanted, line)) in expected.iter().zip(&got).enumerate() {
        assert_eq!(
            line,
            wanted,
            "line {} of {name}, after\n{}",
            at + 1,
            expected[at.saturating_sub(5)..at].join("\n")
        );
    }
    assert_eq!(got.len(), expected.len(), "lines of {name}");
}

macro_rules! corpora {
    ($($name:ident $ruleset:literal $corpus:literal),* $(,)?) => {
        $( #[test] fn $name() { check($ruleset, $corpus); } )*
    };
}

corpora! {
    alerts_of_the_linux_log_are_written_as_by_4_3 "ossec-4.3" "Linux",
    alerts_of_the_openssh_log_are_written_as_by_4_3 "ossec-4.3" "OpenSSH",
    alerts_of_the_rule_test_lines_are_written_as_by_4_3 "ossec-4.3" "ini",
    alerts_of_the_linux_log_are_written_as_by_2_8 "ossec-2.8" "Linux",
    alerts_of_the_openssh_log_are_written_as_by_2_8 "ossec-2.8" "OpenSSH",
    alerts_of_the_rule_test_lines_are_written_as_by_2_8 "ossec-2.8" "ini",
}
