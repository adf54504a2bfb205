//! A small installation, and a program that runs in it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::Home;

/// How long something may take that takes a moment on an idle machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

const DECODERS: &str = r#"
<decoder name="app"><program_name>^app</program_name></decoder>
<decoder name="app-user"><parent>app</parent><use_own_name>true</use_own_name>
  <regex>^user (\S+)</regex><order>user</order><fts>name, user</fts>
</decoder>
"#;

/// 100 alerts on each `line`, 101 on users not seen before, 103 and 104 write and ask the ignore list, 105
/// alerts on what differs from the last time.
const RULES: &str = r#"
<group name="app,">
  <rule id="1" level="0" noalert="1"><category>syslog</category><description>t</description></rule>
  <rule id="100" level="3"><decoded_as>app</decoded_as><match>^line </match><description>A line.</description></rule>
  <rule id="101" level="5"><if_fts /><decoded_as>app-user</decoded_as><description>New user.</description></rule>
  <rule id="103" level="6"><decoded_as>app-user</decoded_as><match>leave</match><ignore>user</ignore><description>Left alone.</description></rule>
  <rule id="104" level="7"><decoded_as>app-user</decoded_as><match>probe</match><check_if_ignored>user</check_if_ignored><description>Probed.</description></rule>
  <rule id="105" level="8"><decoded_as>app</decoded_as><match>^state </match><check_diff /><description>Changed.</description></rule>
</group>
"#;

/// An installation with one log.
pub(crate) struct Scene {
    pub(crate) home: Home,
    written: u32,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with("<jsonout_output>yes</jsonout_output>", "")
    }

    /// One with more in `<global>` and in the root element.
    pub(crate) fn with(global: &str, more: &str) -> Self {
        let scene = Self { home: Home::empty(), written: 0 };
        scene.install(global, more);
        scene
    }

    /// One on a home that was made elsewhere.
    pub(crate) fn of(home: Home) -> Self {
        Self { home, written: 0 }
    }

    pub(crate) fn install(&self, global: &str, more: &str) {
        self.home.write("etc/decoder.xml", DECODERS.as_bytes());
        self.home.write("rules/app_rules.xml", RULES.as_bytes());
        let config = format!(
            "<ossec_config>\n<global>{global}</global>\n<rules><include>app_rules.xml</include></rules>\n\
             <localfile><log_format>syslog</log_format><location>{}</location></localfile>\n\
             {more}\n</ossec_config>\n",
            self.path("app.log").display()
        );
        self.home.write("etc/ossec.conf", config.as_bytes());
        self.home.write("app.log", b"");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Adds a line to the log, with a header.
    pub(crate) fn log(&self, text: &str) {
        self.append("app.log", format!("{HEADER}{text}\n").as_bytes());
    }

    /// Adds numbered lines to the log that rule 100 alerts on.
    pub(crate) fn log_lines(&mut self, count: u32) {
        let numbers = self.written + 1..=self.written + count;
        self.append("app.log", numbers.map(line).collect::<String>().as_bytes());
        self.written += count;
    }

    pub(crate) fn append(&self, name: &str, bytes: &[u8]) {
        let mut options = OpenOptions::new();
        let mut file = options.append(true).create(true).open(self.path(name)).expect("a file");
        file.write_all(bytes).expect("written");
    }

    /// Starts the program and waits until it reads.
    #[track_caller]
    pub(crate) fn start(&self) -> Running {
        self.start_with(&[])
    }

    #[track_caller]
    pub(crate) fn start_with(&self, args: &[&str]) -> Running {
        let running = self.start_unready(args);
        // Written after the first look at the files.
        let places = self.path("queue/positions.json");
        let known = std::fs::read(&places).ok();
        running.wait_until("it reads", || {
            running.said().contains("alerts go to") && (known.is_some() || places.exists())
        });
        running
    }

    pub(crate) fn start_unready(&self, args: &[&str]) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bartizan"));
        command.arg("run").args(args).arg("-D").arg(self.home.path());
        Running::spawn(command)
    }

    /// Starts the program in another time zone, and waits until it reads.
    #[track_caller]
    pub(crate) fn start_in(&self, zone: &str) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bartizan"));
        command.arg("run").arg("-D").arg(self.home.path()).env("TZ", zone);
        let running = Running::spawn(command);
        running.wait_until("it reads", || {
            running.said().contains("alerts go to") && self.path("queue/positions.json").exists()
        });
        running
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&std::fs::read(self.path(name)).unwrap_or_default()).into_owned()
    }

    /// The alerts written so far, as objects.
    pub(crate) fn alerts(&self) -> Vec<Value> {
        let text = self.read("logs/alerts/alerts.json");
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).expect("whole objects")).collect()
    }

    /// Rules of the alerts so far.
    pub(crate) fn rules(&self) -> Vec<u64> {
        self.alerts().iter().map(|alert| alert["rule"]["sidid"].as_u64().expect("an id")).collect()
    }

    /// The numbers of the lines that rule 100 alerted on.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        let alerts = self.alerts();
        let logs = alerts.iter().filter_map(|alert| alert["full_log"].as_str());
        logs.filter_map(|log| log.rsplit_once(": line ")?.1.parse().ok()).collect()
    }

    /// The number of the line that the last whole alert is about.
    pub(crate) fn last_number(&self) -> Option<u32> {
        let mut file = File::open(self.path("logs/alerts/alerts.json")).ok()?;
        let length = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(4096))).ok()?;
        let mut tail = String::new();
        file.read_to_string(&mut tail).ok()?;
        let last = tail.strip_suffix('\n')?.rsplit('\n').next()?;
        let alert: Value = serde_json::from_str(last).ok()?;
        alert["full_log"].as_str()?.rsplit_once(": line ")?.1.parse().ok()
    }

    /// Waits until there are so many alerts, and no more.
    #[track_caller]
    pub(crate) fn wait_for_alerts(&self, running: &Running, count: usize) {
        running.wait_until(&format!("{count} alerts"), || self.alerts().len() >= count);
        let alerts = self.alerts();
        assert_eq!(alerts.len(), count, "{alerts:#?}\n{}", running.said());
    }
}

/// What stands before the text of a line.
pub(crate) const HEADER: &str = "Nov 25 10:00:00 web1 app: ";

/// A numbered line.
pub(crate) fn line(number: u32) -> String {
    format!("{HEADER}line {number}\n")
}

/// A program that runs. It is killed when the test ends, however it ends.
pub(crate) struct Running {
    child: Child,
    readers: Vec<JoinHandle<()>>,
    said: Arc<Mutex<Vec<u8>>>,
    shown: Arc<Mutex<Vec<u8>>>,
}

/// A program that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) said: String,
    pub(crate) shown: Vec<u8>,
}

impl Running {
    pub(crate) fn spawn(mut command: Command) -> Self {
        if !command.get_envs().any(|(name, _)| name == "TZ") {
            command.env("TZ", "UTC");
        }
        command.env_remove("BARTIZAN_CONFIG").env_remove("BARTIZAN_HOME");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let (said, shown) = <(Arc<Mutex<Vec<u8>>>, Arc<Mutex<Vec<u8>>>)>::default();
        let readers = vec![
            collect(child.stderr.take().expect("piped"), Arc::clone(&said)),
            collect(child.stdout.take().expect("piped"), Arc::clone(&shown)),
        ];
        Self { child, readers, said, shown }
    }

    /// What it wrote to standard error so far.
    pub(crate) fn said(&self) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&said).into_owned()
    }

    /// What it wrote to standard output so far.
    pub(crate) fn shown(&self) -> Vec<u8> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds() {
            assert!(Instant::now() < end, "waited in vain until {what}; it said\n{}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("a process id");
        kill(Pid::from_raw(id), signal).expect("it can be signalled");
    }

    /// Sends a signal and waits for the end.
    #[track_caller]
    pub(crate) fn end(self, signal: Signal) -> Ended {
        self.signal(signal);
        self.wait()
    }

    /// Stops it as a service manager does.
    #[track_caller]
    pub(crate) fn stop(self) -> Ended {
        let ended = self.end(Signal::SIGTERM);
        assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
        ended
    }

    #[track_caller]
    pub(crate) fn wait(mut self) -> Ended {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                break status;
            }
            assert!(Instant::now() < end, "it does not end; it said\n{}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        };
        for reader in self.readers.drain(..) {
            reader.join().expect("read");
        }
        Ended { status, said: self.said(), shown: self.shown() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(mut from: impl Read + Send + 'static, to: Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut chunk) {
            let mut to = to.lock().unwrap_or_else(PoisonError::into_inner);
            to.extend_from_slice(&chunk[..count]);
        }
    })
}

/// A program that writes numbered lines into the log, as fast as one that logs much.
pub(crate) struct Writer {
    path: PathBuf,
    file: File,
    number: u32,
}

impl Writer {
    pub(crate) fn new(scene: &Scene) -> Self {
        let path = scene.path("app.log");
        let file = open(&path);
        Self { path, file, number: 0 }
    }

    pub(crate) fn write(&mut self, count: u32) {
        for _ in 0..count {
            self.number += 1;
            self.file.write_all(line(self.number).as_bytes()).expect("written");
            if self.number.is_multiple_of(10) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// Opens the log anew, as it is named now.
    pub(crate) fn reopen(&mut self) {
        self.file = open(&self.path);
    }

    pub(crate) fn truncate(&mut self) {
        self.file.set_len(0).expect("truncated");
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }
}

fn open(path: &std::path::Path) -> File {
    OpenOptions::new().append(true).create(true).open(path).expect("a log")
}
