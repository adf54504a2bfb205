//! A changed configuration is taken over while everything goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::scene::{Scene, Writer};
use crate::support::Home;

fn reload(scene: &Scene) -> (i32, Value) {
    let (status, printed, said) = scene.run(&["reload", "--json"]);
    (status, serde_json::from_str(&printed).expect(&said))
}

#[test]
fn new_rules_count_from_one_event_to_the_next() {
    let scene = Scene::new();
    let running = scene.start();
    scene.log("line one");
    scene.wait_for_alerts(&running, 1);
    let rules = scene.read("rules/app_rules.xml");
    scene.home.write("rules/app_rules.xml", rules.replace("level=\"3\"", "level=\"9\"").as_bytes());
    let (status, answer) = reload(&scene);
    assert_eq!((status, &answer["answer"]), (0, &"reloaded".into()), "{answer}");
    scene.log("line two");
    scene.wait_for_alerts(&running, 2);
    let levels: Vec<_> = scene.alerts().iter().map(|a| a["rule"]["level"].clone()).collect();
    assert_eq!(levels, [3, 9]);
    assert_eq!(scene.status()["reloads"], 1);
    running.stop();
}

#[test]
fn a_broken_file_changes_nothing_and_whoever_asked_is_told_where() {
    let scene = Scene::new();
    let running = scene.start();
    let rules = scene.read("rules/app_rules.xml");
    scene.home.write("rules/app_rules.xml", rules.replace("level=\"3\"", "level=\"x\"").as_bytes());
    let (status, answer) = reload(&scene);
    assert_eq!((status, &answer["answer"]), (2, &"failed".into()));
    let first = &answer["diagnostics"][0];
    assert_eq!((&first["line"], &first["severity"]), (&4.into(), &"error".into()), "{answer:#}");
    let (status, _, said) = scene.run(&["reload"]);
    assert_eq!(status, 2);
    assert!(said.contains("app_rules.xml:4:") && said.contains("stays in force"), "{said}");
    let told = || running.said().matches("the old configuration stays in force").count();
    running.wait_until("both are told in the log", || told() == 2);
    // A signal is answered in the log only.
    running.signal(Signal::SIGHUP);
    running.wait_until("it is told in the log", || told() == 3);
    scene.log("line one");
    scene.wait_for_alerts(&running, 1);
    let last = &scene.status()["last_reload"];
    assert!(last["error"].as_str().is_some_and(|error| error.contains("1 error")), "{last}");
    running.stop();
}

#[test]
fn inputs_and_files_follow_the_configuration() {
    let scene = Scene::new();
    let running = scene.start();
    scene.append("app.log", b"Nov 25 10:00:00 web1 app: half ");
    scene.home.write("more.log", b"");
    let more = scene.path("more.log").display().to_string();
    let more = format!(
        "<localfile><log_format>syslog</log_format><location>{more}</location></localfile>"
    );
    let config = scene.read("etc/ossec.conf");
    let config = config.replace("<global>", "<global><logall>yes</logall>");
    let config = config.replace("</ossec_config>", &format!("{more}</ossec_config>"));
    scene.home.write("etc/ossec.conf", config.as_bytes());
    assert_eq!(reload(&scene).0, 0);
    scene.append("app.log", b"a line\nNov 25 10:00:00 web1 app: line 1\n");
    scene.append("more.log", b"Nov 25 10:00:00 web1 app: line 2\n");
    scene.wait_for_alerts(&running, 2);
    running.wait_until("everything is archived", || {
        scene.read("logs/archives/archives.log").lines().count() == 3
    });
    assert!(scene.read("logs/archives/archives.log").contains("app: half a line\n"));
    running.stop();
    let mut numbers = scene.numbers();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2]);
}

/// Rules and decoders of OSSEC 4.3, and one more that alerts on each numbered line.
fn stock() -> Option<Scene> {
    let home = Home::stock("ossec-4.3")?;
    let read = |name: &str| std::fs::read_to_string(home.path().join(name)).expect("a file");
    let stock = read("etc/ossec.conf");
    let (_, rules) = stock.split_once("<rules>").expect("rules");
    let (rules, _) = rules.split_once("</rules>").expect("their end");
    let decoders = read("etc/decoder.xml")
        + "\n<decoder name=\"app\"><program_name>^app</program_name></decoder>\n";
    home.write("etc/decoder.xml", decoders.as_bytes());
    home.write(
        "rules/lines_rules.xml",
        b"<group name=\"app,\"><rule id=\"100100\" level=\"3\"><decoded_as>app</decoded_as>\
          <description>A line.</description></rule></group>",
    );
    let localfile = |name: &str| {
        let path = home.path().join(name).display().to_string();
        home.write(name, b"");
        format!("<localfile><log_format>syslog</log_format><location>{path}</location></localfile>")
    };
    let config = format!(
        "<ossec_config><global><jsonout_output>yes</jsonout_output></global>\
         <rules>{rules}<include>lines_rules.xml</include></rules>{}{}</ossec_config>",
        localfile("app.log"),
        localfile("auth.log"),
    );
    home.write("etc/ossec.conf", config.as_bytes());
    Some(Scene::of(home))
}

#[test]
fn the_whole_stock_ruleset_is_exchanged_while_lines_come_and_nothing_is_lost_or_forgotten() {
    let Some(scene) = stock() else { return };
    let running = scene.start_with(&["--quiet"]);
    let fail = |from: u32, to: u32| {
        for number in from..=to {
            let line = format!(
                "Nov 25 10:00:00 web1 sshd[{number}]: Failed password for root from 192.0.2.7 port {number} ssh2\n"
            );
            scene.append("auth.log", line.as_bytes());
        }
    };
    let count = |rule: u64| scene.rules().iter().filter(|&&id| id == rule).count();
    fail(1, 5);
    running.wait_until("the first failures are told", || count(5716) == 5);
    let is_over = Arc::new(AtomicBool::new(false));
    let mut writer = Writer::new(&scene);
    let writing = {
        let is_over = Arc::clone(&is_over);
        std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                writer.write(50);
            }
            writer.number()
        })
    };
    for _ in 0..4 {
        let (status, answer) = reload(&scene);
        assert_eq!(status, 0, "{answer:#}");
        let pause = answer["pause_milliseconds"].as_f64().expect("a number");
        println!("{} rules were exchanged with a pause of {pause} ms", answer["rules"]);
        assert!(pause < 1_000.0, "nothing was analysed for {pause} ms");
    }
    is_over.store(true, Ordering::Relaxed);
    let last = writing.join().expect("it wrote");
    // Rule 5720 counts eight of 5716 from one address: it can fire only if those before the reloads count.
    fail(6, 9);
    running.wait_until("the composite fires", || count(5720) > 0);
    running.wait_until("the last line is told", || scene.numbers().len() >= last as usize);
    let ended = running.stop();
    let numbers = scene.numbers();
    assert!(
        numbers == (1..=last).collect::<Vec<u32>>(),
        "{} of {last}\n{}",
        numbers.len(),
        ended.said
    );
    assert_eq!(count(5716) + count(5720), 9);
}
