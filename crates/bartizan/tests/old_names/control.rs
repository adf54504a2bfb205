//! `ossec-control`.

use std::ffi::OsStr;

use crate::installed::Installed;

/// Stops what was started, however the test ends.
struct Guard<'a>(&'a Installed);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        control(self.0, &["stop"]);
    }
}

/// Status and lines, by the link in `bin`.
fn control(home: &Installed, args: &[&str]) -> (i32, Vec<String>, String) {
    let args: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
    let output = home.run_bare("ossec-control", &args, b"");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap_or(-1), text.lines().map(str::to_owned).collect(), said)
}

#[test]
fn its_words_do_what_they_say_and_its_statuses_tell() {
    let home = Installed::new();
    let daemons =
        |how: &str| ["ossec-logcollector", "ossec-analysisd"].map(|d| format!("{d} {how}"));
    let stopped = control(&home, &["status"]);
    assert_eq!((stopped.0, stopped.1.as_slice()), (1, &daemons("not running...")[..]));
    let _guard = Guard(&home);
    let started = control(&home, &["start"]);
    assert_eq!(started.0, 0, "{started:?}");
    assert_eq!(
        started.1[1..],
        ["Started ossec-analysisd...", "Started ossec-logcollector...", "Completed."]
    );
    let running = control(&home, &["status"]);
    assert_eq!((running.0, running.1.as_slice()), (0, &daemons("is running...")[..]));
    assert_eq!(control(&home, &["start"]).1[1], "ossec-analysisd already running...");
    assert_eq!(control(&home, &["reload"]).0, 0);
    // Nothing is stopped that could not be started again.
    home.home.write("rules/site_rules.xml", b"<group");
    for word in ["restart", "reload", "start"] {
        let broken = control(&home, &[word]);
        assert_eq!(broken.0, 1, "{word}: {broken:?}");
        let last = broken.1.last().map(String::as_str);
        let expected = "OSSEC analysisd: Testing rules failed. Configuration error. Exiting.";
        assert_eq!(last, Some(expected), "{word}");
    }
    assert_eq!(control(&home, &["status"]).0, 0);
    let stopped = control(&home, &["stop"]);
    assert_eq!(stopped.0, 0);
    assert_eq!(stopped.1[..2], ["Killing ossec-logcollector .. ", "Killing ossec-analysisd .. "]);
    assert!(stopped.1[2].ends_with(" Stopped"), "{stopped:?}");
    let again = control(&home, &["stop"]);
    assert_eq!((again.0, again.1[0].as_str()), (0, "ossec-logcollector not running .."));
}

#[test]
fn other_words_are_told_how_it_is_called() {
    let home = Installed::new();
    let path = home.home.path().join("bin/ossec-control").display().to_string();
    for args in [&[][..], &["help"]] {
        let (status, lines, _) = control(&home, args);
        assert_eq!(status, 1);
        let usage = format!("Usage: {path} {{start|stop|reload|restart|status|enable|disable}}");
        assert_eq!(lines, ["", &usage, ""]);
    }
    let (status, lines, _) = control(&home, &["enable", "everything"]);
    assert_eq!(status, 1);
    assert_eq!(lines[1], "Invalid enable option.");
    assert_eq!(lines[3], "Enable options: database, client-syslog, agentless, debug");
    assert_eq!(control(&home, &["enable", "client-syslog"]).0, 0);
    assert_eq!(control(&home, &["disable", "client-syslog"]).0, 0);
    let noted = std::fs::read_to_string(home.home.path().join("bin/.process_list"));
    assert_eq!(noted.expect("noted"), "CSYSLOG_DAEMON=\"ossec-csyslogd\"\nCSYSLOG_DAEMON=\"\"\n");
}
