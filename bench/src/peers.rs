//! Other programs that do the same or a part of it, where they are installed.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::child;
use crate::material::Material;

/// Lines that a peer is given: they are slower.
const LINES: usize = 20_000;

/// A program to compare with.
struct Peer {
    name: &'static str,
    /// What it does of what we do.
    does: &'static str,
    /// Its arguments, if the log is given on standard input.
    arguments: &'static [&'static str],
    /// Whether it is given the log as an argument instead, before the others.
    takes_file: bool,
}

const PEERS: [Peer; 2] = [
    Peer {
        name: "ossec-logtest",
        does: "all, with the rules of its own installation",
        arguments: &["-a"],
        takes_file: false,
    },
    Peer {
        name: "fail2ban-regex",
        does: "one filter, sshd",
        arguments: &["sshd"],
        takes_file: true,
    },
];

/// What a peer took, or why it was not asked.
pub(crate) struct Answer {
    /// Its name and what it does.
    pub(crate) title: String,
    /// CPU seconds a line, start included.
    pub(crate) seconds: Result<f64, String>,
}

/// Asks all of them with the first lines of the corpus.
pub(crate) fn ask(material: &Material, folder: &Path) -> Result<Vec<Answer>> {
    let lines = material.lines.get(..LINES).unwrap_or(&material.lines);
    let log = folder.join("peers.log");
    let mut text = lines.join(&b'\n');
    text.push(b'\n');
    fs::write(&log, text)?;
    let seconds = |peer: &Peer| {
        let program = child::find(peer.name).ok_or("not installed")?;
        let mut command = vec![program];
        command.extend(peer.takes_file.then(|| log.display().to_string()));
        command.extend(peer.arguments.iter().map(|&argument| argument.to_owned()));
        let input = (!peer.takes_file).then_some(log.as_path());
        let cost = child::run(&command, input).map_err(|error| format!("{error:#}"))?;
        Ok(cost.cpu / lines.len().max(1) as f64)
    };
    let answer = |peer: &Peer| Answer {
        title: format!("{}: {}", peer.name, peer.does),
        seconds: seconds(peer),
    };
    Ok(PEERS.iter().map(answer).collect())
}
