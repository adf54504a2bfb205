//! `replay` with the built-in rules: whatever a log is called, its lines are analysed.

mod support;

use std::process::{Command, Output, Stdio};

use support::Home;

const LINE: &str =
    "Dec  1 08:00:00 web1 sshd[1]: Failed password for root from 203.0.113.7 port 4242 ssh2\n";

/// Runs `replay` in the folder `work` of a home.
fn replay(home: &Home, args: &[&str]) -> Output {
    std::fs::create_dir_all(home.path().join("work")).expect("a folder");
    Command::new(env!("CARGO_BIN_EXE_bartizan"))
        .arg("replay")
        .args(args)
        .current_dir(home.path().join("work"))
        .env_remove("BARTIZAN_CONFIG")
        .env_remove("BARTIZAN_HOME")
        .stdin(Stdio::null())
        .output()
        .expect("the binary starts")
}

#[test]
fn a_log_beside_the_folder_is_analysed_like_any_other() {
    let home = Home::empty();
    home.write("s.log", LINE.as_bytes());
    for path in ["../s.log", "../work/../s.log"] {
        let output = replay(&home, &[path]);
        let (said, alerts) = (
            String::from_utf8_lossy(&output.stderr),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        );
        assert!(said.contains("1 events, 1 alerts, 0 suppressed"), "{said}");
        assert!(alerts.contains(&format!("->{path}\n")), "{alerts}");
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn a_summary_is_an_object_a_rule_when_json_is_wanted() {
    let home = Home::empty();
    home.write("s.log", LINE.as_bytes());
    let output = replay(&home, &["../s.log", "--summary", "--json"]);
    let rows = support::objects(&output);
    assert_eq!(rows.len(), 2, "a rule, and the memory");
    assert_eq!(rows[0]["count"], 1);
    assert!(rows[0]["rule"].is_u64() && rows[0]["description"].is_string(), "{}", rows[0]);
}

#[test]
fn a_number_of_threads_beyond_reason_is_refused() {
    let output = replay(&Home::empty(), &["--threads", "20000", "x"]);
    assert_eq!(output.status.code(), Some(2));
}

/// All recorded logs through the whole program: the text of every alert, byte for byte.
#[test]
fn alerts_are_the_same_bytes_on_any_number_of_threads() {
    for stock in ["ossec-4.3", "ossec-2.8"] {
        let Some(home) = Home::stock(stock) else { return };
        let logs = bartizan_conformance::folder().expect("asked above").join("logs");
        let mut files = Vec::new();
        for name in ["Linux.log", "OpenSSH.log", "ini.log"] {
            files.push(logs.join(name).to_string_lossy().into_owned());
        }
        let alerts = |dialect: &str, threads: &str, format: &[&str]| {
            let mut args = vec!["replay", "--time", "log", "--threads", threads];
            args.extend(["--dialect", dialect]);
            args.extend(format);
            args.extend(files.iter().map(String::as_str));
            let output = home.run(&args, b"");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        for (dialect, format) in [(stock, &[][..]), ("bartizan", &[]), ("bartizan", &["--json"])] {
            let one = alerts(dialect, "1", format);
            assert!(one.len() > 500_000, "{} bytes of alerts", one.len());
            for threads in ["2", "8"] {
                let same = alerts(dialect, threads, format) == one;
                assert!(same, "{stock} as {dialect} with {threads} threads {format:?}");
            }
        }
    }
}
