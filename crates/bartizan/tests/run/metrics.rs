//! Figures for monitoring, fetched as monitoring does.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use crate::scene::Scene;

/// An address of this machine that nobody uses now.
fn address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").to_string()
}

fn get(address: &str, target: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n").expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    assert_eq!(length.and_then(|length| length.parse().ok()), Some(body.len()));
    (head.to_owned(), body.to_owned())
}

/// Names with labels, and values; every name was announced with a type.
fn figures(text: &str) -> HashMap<String, f64> {
    let text = text.strip_suffix("# EOF\n").expect("the end");
    let types: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let figures = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (name, value) = line.rsplit_once(' ').expect(line);
        let bare = name.split('{').next().expect(line);
        assert!(types.iter().any(|known| bare.starts_with(known)), "{line}");
        (name.to_owned(), value.parse().expect(line))
    });
    figures.collect()
}

#[test]
fn figures_are_served_as_text_and_add_up() {
    let mut scene = Scene::new();
    let address = address();
    let running = scene.start_with(&["--metrics", &address]);
    scene.log_lines(30);
    scene.log("nothing");
    let source = format!("source=\"{}\"", scene.path("app.log").display());
    let read = format!("bartizan_lines_read_total{{{source}}}");
    let mut found = HashMap::new();
    running.wait_until("all lines are counted", || {
        let (head, body) = get(&address, "/metrics");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("application/openmetrics-text; version=1.0.0"), "{head}");
        found = figures(&body);
        found.get(&read) == Some(&31.0)
    });
    let with =
        |outcome: &str| found[&format!("bartizan_lines_total{{{source},outcome=\"{outcome}\"}}")];
    let outcomes = ["alerted", "quiet", "filtered", "suppressed", "dropped"];
    let sum: f64 = outcomes.iter().map(|outcome| with(outcome)).sum();
    let queued = found[&format!("bartizan_lines_queued{{{source}}}")];
    assert_eq!((with("alerted"), with("quiet"), sum + queued), (30.0, 1.0, 31.0));
    assert_eq!(found["bartizan_alerts_total"], 30.0);
    assert!(get(&address, "/").0.starts_with("HTTP/1.1 404 "));
    running.stop();
}

#[test]
fn an_address_that_others_can_reach_is_served_only_when_that_is_asked_for() {
    let scene = Scene::new();
    let ended = scene.start_unready(&["--metrics", "0.0.0.0:0"]).wait();
    assert_eq!(ended.status.code(), Some(2));
    assert!(ended.said.contains("--metrics-for-all"), "{}", ended.said);
    scene.start_with(&["--metrics", "0.0.0.0:0", "--metrics-for-all"]).stop();
}

#[test]
fn clients_that_say_nothing_do_not_keep_others_out() {
    let scene = Scene::new();
    let address = address();
    let running = scene.start_with(&["--metrics", &address]);
    let silent: Vec<TcpStream> =
        (0..64).map(|_| TcpStream::connect(&address).expect("it listens")).collect();
    assert_eq!(scene.status()["state"], "running");
    drop(silent);
    running.wait_until("there is room again", || {
        let Ok(mut stream) = TcpStream::connect(&address) else { return false };
        let asked = stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n");
        let mut answer = String::new();
        asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.contains("200 OK")
    });
    running.stop();
}
