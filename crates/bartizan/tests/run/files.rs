//! Which files come of a few lines.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::Home;

/// How long the lines may take to be read and judged.
const PATIENCE: Duration = Duration::from_secs(30);

const DECODERS: &str = r#"
<decoder name="filler"><prematch>^zz </prematch></decoder>
<decoder name="wall"><program_name>^wall$</program_name><type>firewall</type></decoder>
<decoder name="wall-fields"><parent>wall</parent><type>firewall</type>
  <regex>act=(\S+) proto=(\S+) src=(\S+) dst=(\S+)</regex><order>action, protocol, srcip, dstip</order>
</decoder>
"#;

const RULES: &str = r#"
<group name="t,">
  <rule id="1" level="0" noalert="1"><category>firewall</category><description>t</description></rule>
  <rule id="2" level="0" noalert="1"><category>syslog</category><description>t</description></rule>
  <rule id="100001" level="5"><if_sid>1</if_sid><action>DROP</action><description>dropped</description></rule>
</group>
"#;

const LINES: &str = "Dec  1 08:00:00 web1 wall: act=deny proto=tcp src=1.1.1.1 dst=2.2.2.2\n\
                     Dec  1 08:00:00 web1 wall: act=deny\n\
                     Dec  1 08:00:00 web1 other: nothing\n";

/// Stops the program however the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn home() -> Home {
    let home = Home::empty();
    home.write("etc/decoder.xml", DECODERS.as_bytes());
    home.write("rules/case.xml", RULES.as_bytes());
    home.write("app.log", LINES.as_bytes());
    let config = format!(
        "<ossec_config><global><email_notification>no</email_notification><logall>yes</logall>\
         <logall_json>yes</logall_json><jsonout_output>yes</jsonout_output>\
         <custom_alert_output>$RULEID $SRCIP $FULLLOG</custom_alert_output></global>\
         <rules><include>case.xml</include></rules>\
         <localfile><log_format>syslog</log_format><location>{}/app.log</location></localfile>\
         </ossec_config>",
        home.path().display()
    );
    home.write("etc/ossec.conf", config.as_bytes());
    home
}

/// Waits until the file has that many lines.
#[track_caller]
fn lines(path: &Path, count: usize) -> Vec<String> {
    let end = Instant::now() + PATIENCE;
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if text.lines().count() >= count || Instant::now() > end {
            assert_eq!(text.lines().count(), count, "{}: {text}", path.display());
            return text.lines().map(str::to_owned).collect();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_files_that_the_configuration_asks_for_are_written() {
    let home = home();
    let child = Command::new(env!("CARGO_BIN_EXE_bartizan"))
        .args(["run", "--quiet", "--from-start", "-D"])
        .arg(home.path())
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let _running = Running(child);
    let logs = home.path().join("logs");
    let place = format!("web1->{}/app.log", home.path().display());

    let archived = lines(&logs.join("archives/archives.log"), 2);
    assert!(archived[0].ends_with(&format!("{place} {}", LINES.lines().next().expect("a line"))));
    assert!(archived[1].ends_with("web1 other: nothing"), "incomplete events are left out");
    let archived = lines(&logs.join("archives/archives.json"), 2);
    assert!(archived[0].contains("\"action\":\"DROP\"") && archived[0].contains("100001"));
    let firewall = lines(&logs.join("firewall/firewall.log"), 1);
    assert!(firewall[0].ends_with(&format!("{place} DROP tcp 1.1.1.1:0->2.2.2.2:0")));
    let alerts = lines(&logs.join("alerts/alerts.log"), 1);
    assert_eq!(alerts[0], format!("100001 1.1.1.1 {}", LINES.lines().next().expect("a line")));
    assert!(lines(&logs.join("alerts/alerts.json"), 1)[0].contains("\"sidid\":100001"));
}
