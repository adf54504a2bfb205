//! `ossec-analysisd -t`.

use crate::installed::{DECODERS, Installed, RULES, check};

#[test]
fn a_configuration_without_mistakes_ends_with_0() {
    let installed = Installed::new();
    check(&installed.run("ossec-analysisd", &["-t"], b""), 0, "", "");
    let all = ["-t", "-f", "-d", "-d", "-u", "ossec", "-g", "ossec"];
    check(&installed.run("ossec-analysisd", &all, b""), 0, "", "");
}

#[test]
fn mistakes_end_with_1_and_are_all_told() {
    let rules = RULES.replace("level=\"5\"", "level=\"five\"").replace("5700<", "5799<");
    let decoders = DECODERS.replace("<parent>sshd</parent>", "<parent>shd</parent>");
    let broken = Installed::with(&decoders, &rules, "<include>missing.xml</include>");
    let output = broken.run("ossec-analysisd", &["-t"], b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for place in ["etc/decoder.xml:", "rules/site_rules.xml:", "etc/ossec.conf:2:"] {
        assert!(said.contains(place), "{place}\n{said}");
    }
    let missing = Installed::new();
    std::fs::remove_file(missing.home.path().join("etc/ossec.conf")).expect("removed");
    let output = missing.run("ossec-analysisd", &["-t"], b"");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn without_t_it_says_what_to_run() {
    let output = Installed::new().run("ossec-analysisd", &["-f"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("bartizan run -c"));
}
