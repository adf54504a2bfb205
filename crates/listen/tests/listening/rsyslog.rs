//! A real rsyslog that forwards what it is told.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};

use bartizan_listen::Transport;

use crate::scene::{Plan, Scene};

/// Messages that are sent through it.
const COUNT: usize = 200;

/// A process that is killed when the test ends, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts one that forwards to `scene`; `None` where it is not installed.
#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn start(scene: &Scene, folder: &std::path::Path, forward: &str) -> Option<Running> {
    let config = format!(
        "global(workDirectory=\"{0}\")\n\
         module(load=\"imuxsock\" SysSock.Use=\"off\")\n\
         input(type=\"imuxsock\" Socket=\"{0}/log\" RateLimit.Interval=\"0\" UseSysTimeStamp=\"off\")\n\
         action(type=\"omfwd\" target=\"127.0.0.1\" port=\"{1}\" {forward})\n",
        folder.display(),
        scene.address(0).port()
    );
    fs::write(folder.join("rsyslog.conf"), config).expect("written");
    let mut command = Command::new("rsyslogd");
    command.arg("-n").arg("-f").arg(folder.join("rsyslog.conf"));
    command.arg("-i").arg(folder.join("pid")).stdin(Stdio::null());
    match command.spawn() {
        Ok(child) => Some(Running(child)),
        Err(error) => {
            eprintln!("skipped: rsyslogd does not start: {error}");
            None
        }
    }
}

#[track_caller]
fn check(transport: Transport, forward: &str) {
    let mut scene = Plan::new(&[transport]).start();
    let folder = tempfile::tempdir().expect("a folder");
    let Some(_running) = start(&scene, folder.path(), forward) else { return };
    let socket = UnixDatagram::unbound().expect("a socket");
    let path = folder.path().join("log");
    scene.poll_until("rsyslog listens", |_| socket.connect(&path).is_ok());
    for number in 0..COUNT {
        let text = format!("<38>Nov 25 10:00:00 sshd[4711]: number {number} of <13>some 5 words");
        socket.send(text.as_bytes()).expect("sent");
    }
    let is_ours = |text: &&String| text.contains("sshd[4711]: number ");
    scene
        .poll_until("all are there", |scene| scene.texts().iter().filter(is_ours).count() >= COUNT);
    let texts = scene.texts();
    for (number, text) in texts.iter().filter(is_ours).enumerate() {
        let expected = format!(" sshd[4711]: number {number} of <13>some 5 words");
        assert!(text.ends_with(&expected), "{forward}: {text}");
    }
    assert_eq!(scene.counts(0).malformed, 0);
}

#[test]
fn what_rsyslog_forwards_by_udp_arrives() {
    check(Transport::Udp, "protocol=\"udp\" template=\"RSYSLOG_TraditionalForwardFormat\"");
    check(Transport::Udp, "protocol=\"udp\" template=\"RSYSLOG_SyslogProtocol23Format\"");
}

#[test]
fn what_rsyslog_forwards_by_tcp_arrives() {
    for framing in ["traditional", "octet-counted"] {
        for template in ["RSYSLOG_TraditionalForwardFormat", "RSYSLOG_SyslogProtocol23Format"] {
            let forward =
                format!("protocol=\"tcp\" TCP_Framing=\"{framing}\" template=\"{template}\"");
            check(Transport::Tcp, &forward);
        }
    }
}
