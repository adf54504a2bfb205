//! Finding and reading the recorded answers of the original programs, for tests.
//!
//! The recordings lie beside the checkout, in `../shared/conformance`, and are not part of the project. A test
//! that needs them asks [`folder`] and returns when there is none: it then says so, and in CI it fails instead
//! of passing by skipping.

use std::path::PathBuf;

/// The folder of recordings, or `None` (said on stderr) where it is absent.
///
/// # Panics
///
/// In CI (`CI` is set), where the recordings must be there.
#[expect(clippy::print_stderr, reason = "tests speak to the person who runs them")]
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let checkout = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = checkout.join("../shared/conformance");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "the recordings are not at {}", folder.display());
    eprintln!("skipped: no recordings at {}", folder.display());
    None
}

/// The recordings in `name` (relative to the folder), one JSON object a line.
///
/// # Panics
///
/// When the file cannot be read or a line is not JSON.
#[expect(clippy::expect_used, reason = "tests")]
#[must_use]
pub fn json_lines(name: &str) -> Option<Vec<serde_json::Value>> {
    let path = folder()?.join(name);
    let text = std::fs::read_to_string(&path).expect("the recording is readable");
    Some(text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

/// The bytes of a recorded string: the recordings are bytes read as Latin-1.
#[must_use]
pub fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

/// Bytes as the recordings write them.
#[must_use]
pub fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| char::from(b)).collect()
}
