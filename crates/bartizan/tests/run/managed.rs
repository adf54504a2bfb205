//! Under a service manager: what it is told, through a socket like its own.

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::scene::{PATIENCE, Running, Scene};

struct Manager {
    socket: UnixDatagram,
}

impl Manager {
    fn start(scene: &Scene) -> (Self, Running) {
        let path = scene.path("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("set");
        let mut command = Command::new(env!("CARGO_BIN_EXE_bartizan"));
        command.args(["run", "-D"]).arg(scene.home.path());
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000");
        (Self { socket }, Running::spawn(command))
    }

    /// The next message that is not only a sign of life.
    #[track_caller]
    fn next(&self) -> String {
        loop {
            let message = self.any();
            if message != "WATCHDOG=1\n" {
                return message;
            }
        }
    }

    #[track_caller]
    fn any(&self) -> String {
        let mut bytes = [0; 4096];
        let count = self.socket.recv(&mut bytes).expect("a message in time");
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    }
}

#[test]
fn a_manager_is_told_of_readiness_reloads_life_and_the_end() {
    let scene = Scene::new();
    let (manager, running) = Manager::start(&scene);
    assert_eq!(manager.next(), "READY=1\nSTATUS=watching\n");
    for _ in 0..3 {
        while manager.any() != "WATCHDOG=1\n" {}
    }
    running.signal(Signal::SIGHUP);
    let reloading = manager.next();
    let time = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect(&reloading);
    assert!(time.trim_end().parse::<u64>().is_ok(), "{reloading}");
    assert_eq!(manager.next(), "READY=1\nSTATUS=watching\n");
    scene.home.write("rules/app_rules.xml", b"<group");
    running.signal(Signal::SIGHUP);
    assert!(manager.next().starts_with("RELOADING=1\n"));
    let failed = manager.next();
    assert!(failed.starts_with("READY=1\nSTATUS=watching; the last reload failed: "), "{failed}");
    running.signal(Signal::SIGTERM);
    assert_eq!(manager.next(), "STOPPING=1\n");
    assert_eq!(running.wait().status.code(), Some(0));
    manager.socket.set_read_timeout(Some(Duration::from_millis(1))).expect("set");
}

#[test]
fn a_manager_that_went_away_stops_nothing() {
    let scene = Scene::new();
    let (manager, running) = Manager::start(&scene);
    manager.next();
    drop(manager);
    scene.log("line 1");
    scene.wait_for_alerts(&running, 1);
    running.stop();
}
