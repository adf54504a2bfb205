//! As much HTTP as fetching metrics needs: `GET /metrics`, one answer, end. No body is read, nothing is kept open.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context as _;

use crate::cli::run::metrics;
use crate::cli::service::protocol::Status;

/// Opens the address.
pub(super) fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let told = || format!("cannot listen on {address} for metrics");
    let listener = TcpListener::bind(address).with_context(told)?;
    listener.set_nonblocking(true).with_context(told)?;
    Ok(listener)
}

/// The answer to a request that is not for metrics; `request` is its head.
pub(super) fn refuse(request: &[u8]) -> Option<Vec<u8>> {
    let line = request.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let mut words = line.split(|&byte| byte == b' ');
    let (method, target, version) = (words.next(), words.next(), words.next());
    if !version.is_some_and(|version| version.starts_with(b"HTTP/1.")) || words.next().is_some() {
        return Some(response("400 Bad Request", "text/plain", "bad request\n"));
    }
    let path = target.unwrap_or_default().split(|&byte| byte == b'?').next().unwrap_or_default();
    match (method, path) {
        (Some(b"GET"), b"/metrics") => None,
        (Some(b"GET"), _) => Some(response("404 Not Found", "text/plain", "see /metrics\n")),
        _ => Some(response("405 Method Not Allowed", "text/plain", "only GET\n")),
    }
}

/// The metrics, or that there are none yet.
pub(super) fn answer(status: Option<&Status>) -> Vec<u8> {
    match status.map(metrics::text) {
        Some(Ok(text)) => response("200 OK", metrics::CONTENT_TYPE, &text),
        _ => response("503 Service Unavailable", "text/plain", "not yet\n"),
    }
}

fn response(status: &str, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_metrics_are_answered() {
        let status = |request: &str| {
            refuse(request.as_bytes()).map(|answer| {
                let answer = String::from_utf8(answer).expect("text");
                answer.split(' ').nth(1).expect("a number").to_owned()
            })
        };
        assert_eq!(status("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), None);
        assert_eq!(status("GET /metrics?x=1 HTTP/1.0\r\n\r\n"), None);
        assert_eq!(status("GET / HTTP/1.1\r\n\r\n").as_deref(), Some("404"));
        assert_eq!(status("POST /metrics HTTP/1.1\r\n\r\n").as_deref(), Some("405"));
        assert_eq!(status("GET /metrics\r\n\r\n").as_deref(), Some("400"));
        assert_eq!(status("\r\n\r\n").as_deref(), Some("400"));
    }
}
