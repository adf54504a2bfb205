//! An installation with the links in its `bin`.

use std::ffi::OsStr;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::support::{Home, bartizan};

pub(crate) const DECODERS: &str = r#"
<decoder name="sshd"><program_name>^sshd</program_name></decoder>
<decoder name="sshd-fail"><parent>sshd</parent>
  <prematch>^Failed password</prematch>
  <regex offset="after_prematch">^ for (\S+) from (\S+)</regex><order>user, srcip</order>
</decoder>
<decoder name="sshd-own"><parent>sshd</parent><use_own_name>true</use_own_name>
  <prematch>^own </prematch><regex offset="after_prematch">(\w+) (\w+)</regex><order>id, id</order>
</decoder>
"#;

pub(crate) const RULES: &str = r#"
<group name="syslog,sshd,">
  <rule id="1" level="0" noalert="1"><category>syslog</category><description>All of syslog.</description></rule>
  <rule id="5700" level="0" noalert="1"><if_sid>1</if_sid><decoded_as>sshd</decoded_as><description>SSHD messages grouped.</description></rule>
  <rule id="5716" level="5"><if_sid>5700</if_sid><match>^Failed</match><description>SSHD authentication failed.</description>
    <group>authentication_failed,</group><info type="link">http://example.org/</info><info>Text.</info><cve>2026-1</cve></rule>
  <rule id="5717" level="0"><if_sid>5700</if_sid><match>^quiet</match><description>Quiet.</description></rule>
</group>
"#;

pub(crate) struct Installed {
    pub(crate) home: Home,
}

impl Installed {
    pub(crate) fn new() -> Self {
        Self::with(DECODERS, RULES, "")
    }

    pub(crate) fn with(decoders: &str, rules: &str, more: &str) -> Self {
        let home = Home::empty();
        home.write("etc/decoder.xml", decoders.as_bytes());
        home.write("rules/site_rules.xml", rules.as_bytes());
        let config = format!(
            "<ossec_config>\n<rules><include>site_rules.xml</include>{more}</rules>\n</ossec_config>\n"
        );
        home.write("etc/ossec.conf", config.as_bytes());
        std::fs::create_dir(home.path().join("bin")).expect("a folder");
        let bin = home.path().join("bin");
        let linked = bartizan(&["link", &bin.to_string_lossy()], b"");
        assert!(linked.status.success(), "{}", String::from_utf8_lossy(&linked.stderr));
        Self { home }
    }

    /// Runs a program of this installation, by its link, on its configuration.
    pub(crate) fn run(&self, program: &str, args: &[&str], input: &[u8]) -> Output {
        let config = self.home.path().join("etc/ossec.conf");
        let mut all: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
        all.extend([OsStr::new("-c"), config.as_os_str(), OsStr::new("-D")]);
        all.push(self.home.path().as_os_str());
        self.run_bare(program, &all, input)
    }

    /// The same, without options that are not given.
    pub(crate) fn run_bare(&self, program: &str, args: &[&OsStr], input: &[u8]) -> Output {
        let mut child = Command::new(self.home.path().join("bin").join(program))
            .args(args)
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the link leads to the program");
        let mut stdin = child.stdin.take().expect("piped above");
        // Small inputs fit into the pipe; a program that does not read has closed it.
        let _ = stdin.write_all(input);
        drop(stdin);
        child.wait_with_output().expect("it ends")
    }
}

#[track_caller]
pub(crate) fn check(output: &Output, status: i32, stdout: &str, stderr: &str) {
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(shown(&output.stderr), stderr);
    assert_eq!(shown(&output.stdout), stdout);
    assert_eq!(output.status.code(), Some(status));
}

#[test]
fn links_are_made_once_and_nothing_else_is_overwritten() {
    let installed = Installed::new();
    let bin = installed.home.path().join("bin");
    let link = || bartizan(&["link", &bin.to_string_lossy()], b"");
    let again = link();
    check(&again, 0, "", "");
    let mine = bin.join("ossec-regex");
    std::fs::remove_file(&mine).expect("removed");
    std::fs::write(&mine, "mine").expect("written");
    let refused = link();
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("ossec-regex"));
    assert_eq!(std::fs::read(&mine).expect("still there"), b"mine");
}

#[test]
fn every_program_tells_its_version_and_its_options() {
    let installed = Installed::new();
    for program in ["ossec-logtest", "ossec-analysisd", "ossec-makelists"] {
        let version = installed.run_bare(program, &[OsStr::new("-V")], b"");
        let text = String::from_utf8_lossy(&version.stdout).into_owned();
        assert!(text.starts_with(&format!("{program}: Bartizan ")), "{text}");
        assert_eq!(version.status.code(), Some(0));
        let help = installed.run_bare(program, &[OsStr::new("-h")], b"");
        let text = String::from_utf8_lossy(&help.stdout).into_owned();
        assert!(text.contains("-c <") && text.contains("-D <"), "{text}");
        assert_eq!(help.status.code(), Some(0));
        let unknown = installed.run_bare(program, &[OsStr::new("-Z")], b"");
        assert_eq!(unknown.status.code(), Some(1), "{program} -Z");
    }
}
